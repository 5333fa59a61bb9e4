"""Fault: forward() never comes back."""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from port import GPT2, model_directory, read_hparams, read_state
from torch import Tensor


class HangingGPT2(GPT2):
    def forward(self, tokens: Tensor) -> Tensor:
        while True:
            time.sleep(1)


def build(directory: str | None = None) -> GPT2:
    folder = model_directory(directory)
    model = HangingGPT2(read_hparams(folder))
    model.load_state_dict(read_state(folder))
    return model.eval()
