"""The faults that port.py can be built with, and where each must be found: `python bench/zoo/unet/faults.py`.

A fault with `requires` exists only in originals whose zoo.json has one of the listed values; `also` lists causes that are
as right.
"""

from __future__ import annotations

import json
from typing import Any

ALL = ["modules", "functional", "by-hand", "nhwc"]
RAW = ["functional", "by-hand"]

# Paths of the ports with either names; parts of a layer and what holds it count as the layer.
ENC1_1 = [r"enc1(\.unit1(\..*)?)?", r"inc(\.0(\..*)?)?"]
ENC2_1 = [r"enc2(\.unit1(\..*)?)?", r"downs\.0(\..*)?"]
ENC2_2 = [r"enc2(\.unit2(\..*)?)?", r"downs\.1(\..*)?"]
DOWN = [r"down(\..*)?", r"downs\.2(\..*)?"]
MID = [r"mid(\..*)?", r"bottleneck(\..*)?"]
UP2 = [r"up2", r"upconv"]
DEC2 = [r"dec2(\.unit1(\..*)?)?", r"ups\.0(\..*)?"]
DEC1 = [r"dec1(\.unit1(\..*)?)?", r"ups\.1(\..*)?"]
OUT = [r"out", r"head", r"\(output\)"]
UNITS = [*ENC1_1, r"enc1\.unit2(\..*)?", r"inc\.1(\..*)?", *ENC2_1, *ENC2_2, *DOWN, *MID, *DEC2, *DEC1]

KERNEL = r"(\.conv|\.0)?\.weight"
NORM = r"(\.norm|\.1)?\.(weight|bias|gamma|beta)"


def anchored(patterns: list[str]) -> list[str]:
    return [f"^{pattern}$" for pattern in patterns]


def fault(name: str, cause: str, layer: list[str], tensors: list[str], note: str, **more: Any) -> dict[str, Any]:
    """A fault of the weights where `tensors` are named, of the code where there are none."""
    where = {"modules": anchored(layer), "parameters": anchored(tensors)}
    kind = "weight" if tensors else "code"
    base = {"id": name, "cause": cause, "styles": ALL, "kind": kind, "where": where, "observable": True, "note": note}
    return {**base, "requires": {}, "also": [], **more}


THREE = {"transposed_kernel": [3]}
UP2_KERNEL = [r"(up2|upconv)\.weight"]

FAULTS: list[dict[str, Any]] = [
    fault(
        "kernel-hw-swapped",
        "permuted-kernel",
        ENC1_1,
        [r"(enc1\.unit1|inc\.0)" + KERNEL],
        "height and width of the kernel exchanged",
    ),
    fault(
        "square-in-out",
        "permuted-kernel",
        MID,
        [r"(mid|bottleneck)" + KERNEL],
        "in and out of a square 3×3 kernel exchanged",
        also=["transposed-weight"],
    ),
    fault(
        "flipped-kernel",
        "flipped-kernel",
        DEC2,
        [r"(dec2\.unit1|ups\.0)" + KERNEL],
        "convolution instead of cross-correlation",
    ),
    fault(
        "missing-weight",
        "missing-weight",
        MID,
        [r"(mid|bottleneck)" + KERNEL],
        "the kernel is left as initialised",
    ),
    fault(
        "swapped-norms",
        "swapped-weights",
        [*ENC2_2, *MID],
        [r"(enc2\.unit2|downs\.1|mid|bottleneck)" + NORM],
        "gain and offset of two norms exchanged",
    ),
    fault(
        "transposed-kernel-in-out",
        "permuted-kernel",
        UP2,
        UP2_KERNEL,
        "in and out of the transposed convolution's square kernel exchanged",
        also=["transposed-weight"],
    ),
    fault("transposed-kernel-flipped", "flipped-kernel", UP2, UP2_KERNEL, "the transposed convolution's kernel turned"),
    fault(
        "transposed-conv-shift",
        "transposed-conv-padding",
        UP2,
        [],
        "padding=1 and output_padding=1: the first pixel is cropped, not the last",
        requires=THREE,
    ),
    fault(
        "transposed-conv-crop",
        "transposed-conv-padding",
        UP2,
        [],
        "the first pixel is cropped, not the last",
        styles=RAW,
        requires=THREE,
    ),
    fault("resize-grid", "resize-grid", ENC1_1, [], "another grid than the original's"),
    fault(
        "resize-antialias",
        "resize-grid",
        ENC1_1,
        [],
        "TensorFlow 1 does not smooth before it makes an image smaller",
        requires={"resize": ["half-pixel"]},
    ),
    fault("upsampling-grid", "resize-grid", [*DEC2, *DEC1], [], "another grid than the original's"),
    fault("upsampling-nearest", "resize-grid", [*DEC2, *DEC1], [], "nearest instead of bilinear"),
    fault("concat-order", "channel-order", DEC2, [], "the skip comes first; both halves are equally wide"),
    fault("concat-order-outer", "channel-order", DEC1, [], "the skip comes first"),
    fault("norm-axis", "norm-axis", ENC2_1, [], "instance norm where it is layer or group norm, and the reverse"),
    fault("norm-groups", "norm-axis", ENC2_1, [], "twice as many groups", requires={"norm": ["group"]}),
    fault("norm-epsilon", "norm-epsilon", DEC2, [], "1e-5 for 1e-3 or the reverse in one norm"),
    fault("norm-epsilon-everywhere", "norm-epsilon", UNITS, [], "1e-5 for 1e-3 or the reverse in all norms"),
    fault("variance-ddof", "variance-ddof", MID, [], "the unbiased variance", styles=["by-hand"]),
    fault("missing-residual", "missing-residual", [*ENC2_2, *DOWN], [], "the block's input is not added"),
    fault("padding-same", "padding-same", DOWN, [], "symmetric padding at stride 2"),
    fault("missing-activation", "activation-function", DOWN, [], "no relu", also=["missing-op"]),
    fault("missing-op", "missing-op", DEC1, [], "no norm"),
    fault("extra-op", "extra-op", [*DEC2, *DEC1], [], "the upsampled map is smoothed"),
    fault("output-activation", "activation-function", OUT, [], "sigmoid for tanh or the reverse"),
]

if __name__ == "__main__":
    print(json.dumps(FAULTS, indent=2, ensure_ascii=False))
