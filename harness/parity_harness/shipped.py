"""What the candidate's shipped form gives: its outputs alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import nn

from .candidate import Candidate, call_model
from .cases import load_arguments
from .force import Forcing
from .keepstate import KeptState
from .tapfile import TapFile
from .taps import ForwardPass
from .tensorfile import TensorReader

FOLDER = "shipped"
SAME = 1e-4
"""Relative to the largest element: a program is fused when it is run as a whole, and fused sums round otherwise."""


def record_shipped(
    candidate: Candidate, shipped: nn.Module, cases: Sequence[Mapping[str, Any]], out: Path
) -> dict[str, Any]:
    """Runs the cases and writes `<out>/shipped/<case>.safetensors`, with the outputs under the ids of their taps."""
    reader, taps = TensorReader(), dict[str, None]()
    kept = KeptState(candidate.model)
    for case in cases:
        name = str(case["id"])
        file = TapFile(out / FOLDER / f"{name}.safetensors", 8)
        watch = ForwardPass(Forcing(None, name, reader), file.add)
        try:
            arguments = load_arguments(case, reader, candidate.device, candidate.fit)
            call_model(shipped, arguments, watch, case=name, seed=candidate.seed)
            file.finish()
        finally:
            file.abandon()
            kept.restore()
        taps.update(dict.fromkeys(watch.taken))
    return {"directory": str(out / FOLDER), "taps": list(taps)}


def compare_shipped(shipped: Mapping[str, Any], out: Path, cases: Sequence[str]) -> str | None:
    """Where the program and the reading of it differ; None when they give the same."""
    for case in cases:
        read = load_file(out / f"{case}.safetensors")
        for tap, whole in load_file(out / FOLDER / f"{case}.safetensors").items():
            own = read.get(tap)
            if own is None:
                return f"The program gives {tap}, which the reading of its graph does not"
            if own.shape != whole.shape or not _alike(own.double(), whole.double()):
                return f"The program gives another {tap} than its graph, read op by op, in case {case}"
    return None


def _alike(one: torch.Tensor, other: torch.Tensor) -> bool:
    scale = other.nan_to_num(0, 0, 0).abs().max().item() if other.numel() else 0.0
    return torch.allclose(one, other, rtol=SAME, atol=SAME * scale, equal_nan=True)
