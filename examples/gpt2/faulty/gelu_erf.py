"""Fault: PyTorch's default gelu, by erf, where the original uses the tanh approximation."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from port import GPT2, MLP, model_directory, read_hparams, read_state
from torch import Tensor
from torch.nn import functional as F


class ErfMLP(MLP):
    def forward(self, x: Tensor) -> Tensor:
        hidden: Tensor = self.c_proj(F.gelu(self.c_fc(x)))
        return hidden


def build(directory: str | None = None) -> GPT2:
    folder = model_directory(directory)
    hparams = read_hparams(folder)
    model = GPT2(hparams)
    for block in model.h:
        block.mlp = ErfMLP(hparams)
    model.load_state_dict(read_state(folder))
    return model.eval()
