"""The same weights in transformers' GPT2LMHeadModel: other names, other weight layouts, a tied output layer."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from port import model_directory, read_hparams, read_state
from transformers import GPT2Config, GPT2LMHeadModel


def build(directory: str | None = None) -> Any:
    folder = model_directory(directory)
    hparams = read_hparams(folder)
    config = GPT2Config(
        vocab_size=hparams.n_vocab,
        n_positions=hparams.n_ctx,
        n_embd=hparams.n_embd,
        n_head=hparams.n_head,
        n_layer=hparams.n_layer,
        bos_token_id=hparams.n_vocab - 1,
        eos_token_id=hparams.n_vocab - 1,
        use_cache=False,
    )
    model: Any = GPT2LMHeadModel(config)
    state = {}
    for name, value in read_state(folder).items():
        # transformers' Conv1D keeps the checkpoint's [in, out]; the state dict of port.py holds [out, in].
        projection = name.endswith(".weight") and ".c_" in name
        state[f"transformer.{name}"] = value.T.contiguous() if projection else value
    state["lm_head.weight"] = state["transformer.wte.weight"]
    model.load_state_dict(state)
    return model.eval()
