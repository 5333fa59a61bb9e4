"""Fault: one weight is not loaded and keeps its fresh initialisation; strict=False hides it."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from port import GPT2, model_directory, read_hparams, read_state


def build(directory: str | None = None) -> GPT2:
    folder = model_directory(directory)
    model = GPT2(read_hparams(folder))
    state = read_state(folder)
    del state["h.1.mlp.c_fc.weight"]
    model.load_state_dict(state, strict=False)
    return model.eval()
