"""What a port of the classifier is built from: the sizes, the layers, and the faults that it is to have."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# The layer at which each fault is injected, by the original's scope.
PLACES = {
    "kernel-hw-swapped": "stem",
    "depthwise-order": "separable/depthwise",
    "pointwise-in-out": "separable/pointwise",
    "square-in-out": "block2/conv1",
    "flipped-kernel": "block1/conv1",
    "transposed-weight": "fc2",
    "missing-weight": "dilated",
    "missing-bias": "dilated",
    "bias-not-loaded": "fc1",
    "gamma-not-loaded": "separable/pointwise",
    "statistics-not-loaded": "block2/conv1",
    "statistics-exchanged": "separable/depthwise",
    "statistics-of-other-layer": "block1/conv1",
    "scaled-weight": "fc1",
    "reduced-precision-fp16": "separable/pointwise",
    "reduced-precision-bf16": "fc2",
    "swapped-norms": "block1/conv1 and block2/conv1",
    "norm-epsilon": "block1/conv1",
    "norm-epsilon-everywhere": "*",
    "norm-epsilon-placement": "stem",
    "padding-same": "stem",
    "padding-same-depthwise": "separable/depthwise",
    "relu-for-relu6": "stem",
    "leaky-default-slope": "block1/conv1",
    "missing-activation": "separable/depthwise",
    "extra-activation": "separable/pointwise",
    "dilation-forgotten": "dilated",
    "training-mode": "*",
    "batchnorm-momentum": "*",
    "pool-zero-padding": "pool1",
    "pool-symmetric": "pool1",
    "pool-ceil-mode": "pool1",
    "average-counts-padding": "pool2",
    "missing-op": "pool2",
    "extra-op": "flatten",
    "flatten-order": "flatten",
    "channel-order": "preprocess",
    "input-255": "preprocess",
    "input-twice": "preprocess",
    "input-missing": "preprocess",
    "missing-residual": "block1",
    "scalar-factor": "scaled",
    "softmax-missing": "probabilities",
    "softmax-extra": "scaled",
    "softmax-axis": "probabilities",
    "double-softmax": "probabilities",
}


@dataclass(frozen=True)
class Plan:
    sizes: dict[str, Any]
    faults: frozenset[str]

    def has(self, fault: str, scope: str | None = None) -> bool:
        """Whether the fault is to be made, and at this scope where one is given."""
        return fault in self.faults and (scope is None or scope in PLACES[fault] or PLACES[fault] == "*")


@dataclass(frozen=True)
class UnitSpec:
    """Convolution, bias, batch norm, activation; the last three as far as the layer has them."""

    scope: str
    inputs: int
    outputs: int
    size: int = 3
    stride: int = 1
    dilation: int = 1
    depthwise: bool = False
    bias: bool = False
    norm: bool = True
    activation: str | None = None

    @property
    def groups(self) -> int:
        return self.inputs if self.depthwise else 1


def read_plan(directory: Path, faults: tuple[str, ...] | list[str]) -> Plan:
    unknown = sorted(set(faults) - PLACES.keys())
    if unknown:
        raise ValueError(f"no such fault: {', '.join(unknown)}; there are {', '.join(PLACES)}")
    return Plan(json.loads((directory / "zoo.json").read_text()), frozenset(faults))


def units(plan: Plan) -> dict[str, UnitSpec]:
    """The convolutional layers by scope."""
    sizes = plan.sizes
    channels, wide = sizes["channels"], sizes["channels"] * sizes["multiplier"]
    specs = [
        UnitSpec("stem", 3, channels, stride=2, activation="relu6"),
        UnitSpec("block1/conv1", channels, channels, bias=True, activation="leaky"),
        UnitSpec("block2/conv1", channels, channels, activation="leaky"),
        UnitSpec(
            "separable/depthwise",
            channels,
            wide,
            stride=sizes["separable_stride"],
            depthwise=True,
            activation="relu6",
        ),
        UnitSpec("separable/pointwise", wide, wide, size=1),
        UnitSpec("dilated", wide, wide, dilation=sizes["dilation"], bias=True, norm=False, activation="relu"),
    ]
    return {spec.scope: spec for spec in specs}


def dense_sizes(plan: Plan) -> dict[str, tuple[int, int]]:
    """Inputs and outputs of the dense layers by scope."""
    sizes = plan.sizes
    features = sizes["channels"] * sizes["multiplier"]
    if sizes["head"] == "flatten":
        height, width = sizes["size"]
        # Halved by the stem, by the pool, and where it is strided by the depthwise layer, always rounded up.
        by = 4 * sizes["separable_stride"]
        features *= -(-height // by) * -(-width // by)
    hidden = sizes["hidden"]
    return {"fc1": (features, hidden), "fc2": (hidden, hidden), "logits": (hidden, sizes["classes"])}
