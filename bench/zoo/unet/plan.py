"""What a port of the encoder-decoder is built from: the sizes, the layers, and the faults that it is to have."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# The layer at which each fault is injected, by the original's scope.
PLACES = {
    "kernel-hw-swapped": "enc1/unit1",
    "square-in-out": "mid",
    "flipped-kernel": "dec2/unit1",
    "missing-weight": "mid",
    "swapped-norms": "enc2/unit2 and mid",
    "transposed-kernel-in-out": "up2",
    "transposed-kernel-flipped": "up2",
    "transposed-conv-shift": "up2",
    "transposed-conv-crop": "up2",
    "resize-grid": "resize",
    "resize-antialias": "resize",
    "upsampling-grid": "up1",
    "upsampling-nearest": "up1",
    "concat-order": "dec2",
    "concat-order-outer": "dec1",
    "norm-axis": "enc2/unit1",
    "norm-groups": "enc2/unit1",
    "norm-epsilon": "dec2/unit1",
    "norm-epsilon-everywhere": "*",
    "variance-ddof": "mid",
    "missing-residual": "enc2",
    "padding-same": "down",
    "missing-activation": "down",
    "missing-op": "dec1/unit1",
    "extra-op": "up1",
    "output-activation": "out",
}


@dataclass(frozen=True)
class Plan:
    sizes: dict[str, Any]
    faults: frozenset[str]

    def has(self, fault: str, scope: str | None = None) -> bool:
        """Whether the fault is to be made, and at this scope where one is given."""
        return fault in self.faults and (scope is None or scope in PLACES[fault] or PLACES[fault] == "*")

    @property
    def wrong_epsilon(self) -> float:
        return 1e-3 if self.sizes["epsilon"] < 1e-3 else 1e-5


@dataclass(frozen=True)
class UnitSpec:
    """A 3×3 convolution, a norm and relu."""

    scope: str
    inputs: int
    outputs: int
    stride: int = 1


def read_plan(directory: Path, faults: tuple[str, ...] | list[str]) -> Plan:
    unknown = sorted(set(faults) - PLACES.keys())
    if unknown:
        raise ValueError(f"no such fault: {', '.join(unknown)}; there are {', '.join(PLACES)}")
    return Plan(json.loads((directory / "zoo.json").read_text()), frozenset(faults))


def units(plan: Plan) -> dict[str, UnitSpec]:
    """The convolutional layers by scope."""
    c = plan.sizes["channels"]
    specs = [
        UnitSpec("enc1/unit1", 3, c),
        UnitSpec("enc1/unit2", c, c),
        UnitSpec("enc2/unit1", c, 2 * c),
        UnitSpec("enc2/unit2", 2 * c, 2 * c),
        UnitSpec("down", 2 * c, 2 * c, stride=2),
        UnitSpec("mid", 2 * c, 2 * c),
        UnitSpec("dec2/unit1", 4 * c, 2 * c),
        UnitSpec("dec1/unit1", 3 * c, c),
    ]
    return {spec.scope: spec for spec in specs}


def group_count(plan: Plan, spec: UnitSpec) -> int:
    """Groups of channels that are normalised together."""
    return {"instance": spec.outputs, "group": plan.sizes["groups"], "layer": 1}[plan.sizes["norm"]]
