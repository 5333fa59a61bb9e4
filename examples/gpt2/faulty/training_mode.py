"""Fault: eval() was forgotten, so that dropout is active."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from port import GPT2, MLP, HParams, model_directory, read_hparams, read_state
from torch import Tensor, nn


class DropoutMLP(MLP):
    def __init__(self, hparams: HParams) -> None:
        super().__init__(hparams)
        self.dropout = nn.Dropout(0.1)

    def forward(self, x: Tensor) -> Tensor:
        dropped: Tensor = self.dropout(super().forward(x))
        return dropped


def build(directory: str | None = None) -> GPT2:
    folder = model_directory(directory)
    hparams = read_hparams(folder)
    model = GPT2(hparams)
    for block in model.h:
        block.mlp = DropoutMLP(hparams)
    model.load_state_dict(read_state(folder))
    return model
