"""Fault: the two layer norms of one block are loaded into each other."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from port import GPT2, model_directory, read_hparams, read_state


def build(directory: str | None = None) -> GPT2:
    folder = model_directory(directory)
    model = GPT2(read_hparams(folder))
    state = read_state(folder)
    for leaf in ("weight", "bias"):
        first, second = f"h.2.ln_1.{leaf}", f"h.2.ln_2.{leaf}"
        state[first], state[second] = state[second], state[first]
    model.load_state_dict(state)
    return model.eval()
