"""The faults that port.py can be built with, and where each must be found: `python bench/zoo/conv/faults.py`.

A fault with `requires` exists only in originals whose zoo.json has one of the listed values; `also` lists causes that are
as right.
"""

from __future__ import annotations

import json
from typing import Any

ALL = ["modules", "functional", "by-hand", "nhwc"]
MODULES = ["modules", "nhwc"]

# Paths of the ports with either names; parts of a layer and what holds it count as the layer.
STEM = [r"stem(\..*)?", r"features\.0(\..*)?"]
BLOCK1 = [r"block1(\.conv1(\..*)?)?", r"features\.1(\..*)?"]
BLOCK2 = [r"block2(\.conv1(\..*)?)?", r"features\.2(\..*)?"]
DEPTHWISE = [r"separable(\.depthwise(\..*)?)?", r"neck\.0(\..*)?"]
POINTWISE = [r"separable(\.pointwise(\..*)?)?", r"neck\.1(\..*)?"]
DILATED = [r"dilated(\..*)?", r"neck\.2(\..*)?"]
POOL1 = [r"pool1(\..*)?", r"maxpool(\..*)?"]
POOL2 = [r"pool2", r"neck(\.3)?"]
FC1 = [r"fc1", r"classifier\.0"]
FC2 = [r"fc2", r"classifier\.2", r"classifier\.3"]
OUTPUT = [r"logits", r"classifier(\.4)?", r"\(output\)"]

KERNEL = r"(\.conv|\.0)?\.(weight|kernel)"
NORM = r"(\.bn|\.1)?\.(weight|bias|gamma|beta|running_mean|running_var|mean|variance)"


def anchored(patterns: list[str]) -> list[str]:
    return [f"^{pattern}$" for pattern in patterns]


def parameters(layer: list[str], leaf: str) -> list[str]:
    """The layer's own parameters that `leaf` matches."""
    stems = [pattern.replace(r"(\..*)?", "") for pattern in layer]
    return [f"{stem}{leaf}" for stem in stems]


def weight(fault: str, cause: str, layer: list[str], leaf: str, note: str, **more: Any) -> dict[str, Any]:
    where = {"modules": anchored(layer), "parameters": anchored(parameters(layer, leaf))}
    return {"id": fault, "cause": cause, "styles": ALL, "kind": "weight", "where": where, **defaults(note, more)}


def code(fault: str, cause: str, layer: list[str], note: str, **more: Any) -> dict[str, Any]:
    where = {"modules": anchored(layer), "parameters": []}
    return {"id": fault, "cause": cause, "styles": ALL, "kind": "code", "where": where, **defaults(note, more)}


def defaults(note: str, more: dict[str, Any]) -> dict[str, Any]:
    return {"observable": True, "note": note, "requires": {}, "also": [], **more}


SOFTMAX = {"output": ["softmax"]}
NORMED = [*STEM, *BLOCK1, *BLOCK2, *DEPTHWISE, *POINTWISE]

FAULTS: list[dict[str, Any]] = [
    weight("kernel-hw-swapped", "permuted-kernel", STEM, KERNEL, "height and width of the kernel exchanged"),
    weight(
        "depthwise-order",
        "permuted-kernel",
        DEPTHWISE,
        KERNEL,
        "output channels ordered multiplier-major; with multiplier 1 there is no difference",
        requires={"multiplier": [2]},
    ),
    weight(
        "pointwise-in-out",
        "permuted-kernel",
        POINTWISE,
        KERNEL,
        "in and out of a square 1×1 kernel exchanged",
        also=["transposed-weight"],
    ),
    weight(
        "square-in-out",
        "permuted-kernel",
        BLOCK2,
        KERNEL,
        "in and out of a square 3×3 kernel exchanged",
        also=["transposed-weight"],
    ),
    weight("flipped-kernel", "flipped-kernel", BLOCK1, KERNEL, "convolution instead of cross-correlation"),
    weight("transposed-weight", "transposed-weight", FC2, KERNEL, "a square dense kernel is stored the other way"),
    weight("missing-weight", "missing-weight", DILATED, KERNEL, "the kernel is left as initialised"),
    code("missing-bias", "missing-bias", DILATED, "the convolution is built without its bias"),
    weight(
        "bias-not-loaded", "missing-weight", FC1, r"\.bias", "the bias is left as initialised", also=["missing-bias"]
    ),
    weight("gamma-not-loaded", "missing-weight", POINTWISE, NORM, "the norm's gain is left at 1"),
    weight(
        "statistics-not-loaded",
        "batchnorm-statistics",
        BLOCK2,
        NORM,
        "moving mean and variance are left at 0 and 1",
        also=["missing-weight"],
    ),
    weight("statistics-exchanged", "batchnorm-statistics", DEPTHWISE, NORM, "moving mean and variance exchanged"),
    weight(
        "statistics-of-other-layer",
        "batchnorm-statistics",
        BLOCK1,
        NORM,
        "moving mean and variance are those of the stem",
        also=["swapped-weights"],
    ),
    weight("swapped-norms", "swapped-weights", [*BLOCK1, *BLOCK2], NORM, "the batch norms of two blocks exchanged"),
    weight("scaled-weight", "scaled-weight", FC1, KERNEL, "an initialiser's gain is multiplied into the kernel"),
    weight("reduced-precision-fp16", "reduced-precision", POINTWISE, KERNEL, "the kernel went through float16"),
    weight("reduced-precision-bf16", "reduced-precision", FC2, KERNEL, "the kernel went through bfloat16"),
    code("norm-epsilon", "norm-epsilon", BLOCK1, "one batch norm has the other framework's default epsilon"),
    code(
        "norm-epsilon-everywhere", "norm-epsilon", NORMED, "all batch norms have the other framework's default epsilon"
    ),
    code(
        "norm-epsilon-placement",
        "norm-epsilon-placement",
        STEM,
        "epsilon is added to the deviation, not to the variance",
        styles=["by-hand"],
        also=["norm-epsilon"],
    ),
    code("padding-same", "padding-same", STEM, "symmetric padding at stride 2; wrong along even axes only"),
    code(
        "padding-same-depthwise",
        "padding-same",
        DEPTHWISE,
        "symmetric padding at stride 2; wrong along even axes only",
        requires={"separable_stride": [2]},
    ),
    code("pool-zero-padding", "pool-padding", POOL1, "the max pool is padded with 0; wrong where a border is negative"),
    code("pool-symmetric", "pool-padding", POOL1, "symmetric padding at stride 2", also=["padding-same"]),
    code(
        "pool-ceil-mode",
        "pool-padding",
        POOL1,
        "symmetric padding and ceil_mode: one row more at even sizes",
        requires={"head": ["pool"]},
        also=["padding-same"],
    ),
    code("average-counts-padding", "pool-padding", POOL2, "the padding counts in the average"),
    code("flatten-order", "flatten-order", FC1, "channels-first maps are flattened", requires={"head": ["flatten"]}),
    code("channel-order", "channel-order", STEM, "RGB taken for BGR"),
    code("input-255", "input-normalisation", STEM, "the images are divided by 255 first"),
    code("input-twice", "input-normalisation", STEM, "mean and deviation are applied twice"),
    code("input-missing", "input-normalisation", STEM, "the images are not normalised"),
    code("relu-for-relu6", "activation-function", STEM, "not bounded at 6"),
    code("leaky-default-slope", "activation-function", BLOCK1, "torch's slope of 0.01"),
    code("missing-activation", "activation-function", DEPTHWISE, "no relu6", also=["missing-op"]),
    code("extra-activation", "activation-function", POINTWISE, "relu6 after a linear layer", also=["extra-op"]),
    code("dilation-forgotten", "dilation-groups-stride", DILATED, "dilation 1"),
    code("missing-residual", "missing-residual", [*BLOCK1, *BLOCK2], "the block's input is not added"),
    code("scalar-factor", "scalar-factor", OUTPUT, "the logits are not divided by the temperature"),
    code("softmax-missing", "logits-vs-probabilities", OUTPUT, "logits instead of probabilities", requires=SOFTMAX),
    code(
        "softmax-extra",
        "logits-vs-probabilities",
        OUTPUT,
        "probabilities instead of logits",
        requires={"output": ["logits"]},
    ),
    code("softmax-axis", "softmax-axis", OUTPUT, "softmax over the batch", requires=SOFTMAX),
    code("double-softmax", "double-softmax", OUTPUT, "softmax of the probabilities", requires=SOFTMAX),
    code("missing-op", "missing-op", [*POOL2, *DILATED, *FC1], "no average pool"),
    code("extra-op", "extra-op", FC1, "the features are normalised to length 1"),
    code("training-mode", "training-mode", NORMED, "batch norms use the statistics of the batch"),
    code(
        "batchnorm-momentum",
        "batchnorm-momentum",
        NORMED,
        "0.99, TensorFlow's decay, where torch wants 0.01",
        styles=MODULES,
        observable=False,
    ),
]

if __name__ == "__main__":
    print(json.dumps(FAULTS, indent=2, ensure_ascii=False))
