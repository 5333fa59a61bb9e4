"""What the candidate's shipped form gives: its outputs alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import nn

from .candidate import Candidate, call_model
from .cases import load_arguments
from .force import Forcing
from .keepstate import KeptState
from .tapfile import TapFile
from .taps import ForwardPass
from .tensorfile import TensorReader

FOLDER = "shipped"


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
