"""GPT-2 in plain PyTorch, ported from original/model.py: one module per scope, named after it."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

TINY = Path(__file__).resolve().parent / "models" / "tiny"


@dataclass(frozen=True)
class HParams:
    n_vocab: int
    n_ctx: int
    n_embd: int
    n_head: int
    n_layer: int


class Attention(nn.Module):
    def __init__(self, hparams: HParams) -> None:
        super().__init__()
        self.n_head = hparams.n_head
        self.c_attn = nn.Linear(hparams.n_embd, 3 * hparams.n_embd)
        self.c_proj = nn.Linear(hparams.n_embd, hparams.n_embd)

    def forward(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        heads = self.c_attn(x).view(batch, length, 3, self.n_head, width // self.n_head)
        query, key, value = heads.permute(2, 0, 3, 1, 4)
        scores = query @ key.transpose(-1, -2) / math.sqrt(width // self.n_head)
        visible = torch.ones(length, length, dtype=torch.bool, device=x.device).tril()
        weights = scores.masked_fill(~visible, -1e10).softmax(dim=-1)
        merged = (weights @ value).transpose(1, 2).reshape(batch, length, width)
        return cast(Tensor, self.c_proj(merged))


class MLP(nn.Module):
    def __init__(self, hparams: HParams) -> None:
        super().__init__()
        self.c_fc = nn.Linear(hparams.n_embd, 4 * hparams.n_embd)
        self.c_proj = nn.Linear(4 * hparams.n_embd, hparams.n_embd)

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, self.c_proj(F.gelu(self.c_fc(x), approximate="tanh")))


class Block(nn.Module):
    def __init__(self, hparams: HParams) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(hparams.n_embd, eps=1e-5)
        self.attn = Attention(hparams)
        self.ln_2 = nn.LayerNorm(hparams.n_embd, eps=1e-5)
        self.mlp = MLP(hparams)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.ln_1(x))
        return cast(Tensor, x + self.mlp(self.ln_2(x)))


class GPT2(nn.Module):
    def __init__(self, hparams: HParams) -> None:
        super().__init__()
        self.wte = nn.Embedding(hparams.n_vocab, hparams.n_embd)
        self.wpe = nn.Embedding(hparams.n_ctx, hparams.n_embd)
        self.h = nn.ModuleList(Block(hparams) for _ in range(hparams.n_layer))
        self.ln_f = nn.LayerNorm(hparams.n_embd, eps=1e-5)

    def forward(self, tokens: Tensor) -> Tensor:
        """[batch, length] token ids -> [batch, length, n_vocab] logits"""
        positions = torch.arange(tokens.shape[1], device=tokens.device)
        x = self.wte(tokens) + self.wpe(positions)
        for block in self.h:
            x = block(x)
        return F.linear(self.ln_f(x), self.wte.weight)


def model_directory(directory: str | Path | None = None) -> Path:
    """The argument, else the environment variable GPT2_MODEL, else the tiny model beside this file."""
    return Path(directory or os.environ.get("GPT2_MODEL") or TINY)


def read_hparams(directory: Path) -> HParams:
    return HParams(**json.loads((directory / "hparams.json").read_text()))


def state_from_variables(variables: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The checkpoint's variables by their names -> the state dict of `GPT2`."""
    state = {}
    for name, value in variables.items():
        scope, _, leaf = name.removeprefix("model/").rpartition("/")
        module = re.sub(r"^h(\d+)", r"h.\1", scope).replace("/", ".")
        if leaf in ("wte", "wpe"):
            state[f"{leaf}.weight"] = value
        elif leaf == "w":
            # [1, in, out] in the checkpoint, [out, in] in nn.Linear.
            state[f"{module}.weight"] = value.squeeze(0).T.contiguous()
        elif leaf == "g":
            state[f"{module}.weight"] = value
        elif leaf == "b":
            state[f"{module}.bias"] = value
        else:
            raise KeyError(f"the checkpoint holds {name}, which GPT-2 does not have")
    return state


def read_checkpoint(directory: Path) -> dict[str, Tensor]:
    """The model's variables in the TensorFlow checkpoint, without those of training (optimizer slots, the step).

    The only function here that needs TensorFlow.
    """
    import tensorflow as tf  # type: ignore[import-untyped]

    reader = tf.train.load_checkpoint(str(directory / "model.ckpt"))
    names = [name for name in reader.get_variable_to_shape_map() if re.search(r"^model/(.*/)?(wte|wpe|[wgb])$", name)]
    return {name: torch.from_numpy(reader.get_tensor(name)) for name in names}


def read_state(directory: Path) -> dict[str, Tensor]:
    """The state dict that convert.py wrote beside the checkpoint."""
    file = directory / "model.safetensors"
    if not file.exists():
        raise FileNotFoundError(f"{file} is missing: python {Path(__file__).parent / 'convert.py'} {directory}")
    return load_file(file)


def build(directory: str | None = None) -> GPT2:
    folder = model_directory(directory)
    model = GPT2(read_hparams(folder))
    model.load_state_dict(read_state(folder))
    return model.eval()


def build_from_checkpoint(directory: str | None = None) -> GPT2:
    """As `build`, straight from the checkpoint: needs TensorFlow, but no convert.py."""
    folder = model_directory(directory)
    model = GPT2(read_hparams(folder))
    model.load_state_dict(state_from_variables(read_checkpoint(folder)))
    return model.eval()
