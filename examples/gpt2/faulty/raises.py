"""Fault: forward() raises in the third block."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from port import GPT2, MLP, model_directory, read_hparams, read_state
from torch import Tensor


class UnfinishedMLP(MLP):
    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError("the third block has no MLP yet")


def build(directory: str | None = None) -> GPT2:
    folder = model_directory(directory)
    hparams = read_hparams(folder)
    model = GPT2(hparams)
    model.h[2].mlp = UnfinishedMLP(hparams)
    model.load_state_dict(read_state(folder))
    return model.eval()
