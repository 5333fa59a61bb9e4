"""Fault: two square kernels in different blocks are loaded as the checkpoint has them, [in, out]."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from port import GPT2, model_directory, read_hparams, read_state


def build(directory: str | None = None) -> GPT2:
    folder = model_directory(directory)
    model = GPT2(read_hparams(folder))
    state = read_state(folder)
    for name in ("h.1.attn.c_proj.weight", "h.3.attn.c_proj.weight"):
        state[name] = state[name].T
    model.load_state_dict(state)
    return model.eval()
