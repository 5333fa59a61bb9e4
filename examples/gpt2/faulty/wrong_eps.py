"""Fault: the layer norms of the blocks use another epsilon than the original's 1e-5."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from port import GPT2, Block, HParams, model_directory, read_hparams, read_state
from torch import nn


class WrongEpsBlock(Block):
    def __init__(self, hparams: HParams) -> None:
        super().__init__(hparams)
        self.ln_1 = nn.LayerNorm(hparams.n_embd, eps=1e-12)
        self.ln_2 = nn.LayerNorm(hparams.n_embd, eps=1e-12)


def build(directory: str | None = None) -> GPT2:
    folder = model_directory(directory)
    hparams = read_hparams(folder)
    model = GPT2(hparams)
    model.h = nn.ModuleList(WrongEpsBlock(hparams) for _ in range(hparams.n_layer))
    model.load_state_dict(read_state(folder))
    return model.eval()
