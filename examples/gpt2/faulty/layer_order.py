"""Fault: the loader counts blocks from 1, the checkpoint from 0. Index -1 is the last block: no error says so."""

from __future__ import annotations

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from port import GPT2, model_directory, read_hparams, read_state


def build(directory: str | None = None) -> GPT2:
    folder = model_directory(directory)
    model = GPT2(read_hparams(folder))
    state = read_state(folder)
    shared = {name: value for name, value in state.items() if not name.startswith("h.")}
    model.load_state_dict(shared, strict=False)
    for name, value in state.items():
        if found := re.match(r"h\.(\d+)\.(.+)", name):
            block = model.h[int(found[1]) - 1]
            block.load_state_dict({found[2]: value}, strict=False)
    return model.eval()
