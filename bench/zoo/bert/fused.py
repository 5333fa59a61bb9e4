"""The port for speed: nn.MultiheadAttention with one projection where the original has three."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import torch
from ported import Faults, Ported
from torch import Tensor, nn


def activation(config: dict[str, Any], faults: frozenset[str]) -> nn.Module:
    right, wrong = ("none", "tanh") if config["gelu"] == "erf" else ("tanh", "none")
    if "gelu-approximation" in faults:
        return nn.GELU(approximate=wrong)  # fault: gelu-approximation
    if "activation-function-relu" in faults:
        return nn.ReLU()  # fault: activation-function-relu
    if "activation-function-silu" in faults:
        return nn.SiLU()  # fault: activation-function-silu
    if "missing-activation" in faults:
        return nn.Identity()  # fault: missing-activation
    return nn.GELU(approximate=right)


class Layer(Ported):
    other_names: ClassVar = {
        "attention": "self_attn",
        "attention_norm": "norm1",
        "intermediate": "linear1",
        "output": "linear2",
        "output_norm": "norm2",
    }

    def __init__(self, config: dict[str, Any], faults: frozenset[str]) -> None:
        super().__init__()
        width, inner = config["n_embd"], config["mlp_ratio"] * config["n_embd"]
        epsilon = config["epsilon"]
        self.faults = faults
        if "norm-epsilon" in faults:
            epsilon = config["wrong_epsilon"]  # fault: norm-epsilon
        self.attention = nn.MultiheadAttention(width, config["n_head"], batch_first=True)
        self.attention_norm = nn.LayerNorm(width, epsilon)  # fault: norm-epsilon
        self.intermediate = nn.Linear(width, inner)
        self.activation = activation(config, faults)
        if "missing-bias" in faults:
            self.output = nn.Linear(inner, width, bias=False)  # fault: missing-bias
        else:
            self.output = nn.Linear(inner, width)
        self.output_norm = nn.LayerNorm(width, epsilon)  # fault: norm-epsilon

    def attend(self, x: Tensor, padded: Tensor) -> Tensor:
        if "attention-mask-ignored" in self.faults:
            return self.attention(x, x, x, need_weights=False)[0]  # fault: attention-mask-ignored
        return self.attention(x, x, x, key_padding_mask=padded, need_weights=False)[0]

    def forward(self, x: Tensor, padded: Tensor) -> Tensor:
        attended = self.attend(x, padded)
        if "missing-residual" in self.faults:
            x = self.attention_norm(attended)  # fault: missing-residual
        elif "scalar-factor" in self.faults:
            x = self.attention_norm(torch.add(x, attended, alpha=0.5))  # fault: scalar-factor
        elif "norm-order" in self.faults:
            x = x + self.attention_norm(attended)  # fault: norm-order
        elif "missing-op-norm" in self.faults:
            x = x + attended  # fault: missing-op-norm
        else:
            x = self.attention_norm(x + attended)
        y = self.output(self.activation(self.intermediate(x)))
        if "extra-op-relu" in self.faults:
            y = y.relu()  # fault: extra-op-relu
        if "missing-residual-mlp" in self.faults:
            return self.output_norm(y)  # fault: missing-residual-mlp
        return self.output_norm(x + y)


class Bert(Ported):
    other_names: ClassVar = {
        "word_embeddings": "tokens",
        "position_embeddings": "positions",
        "token_type_embeddings": "segments",
        "embeddings_norm": "embed_norm",
        "layer": "layers",
        "pooler": "pool",
    }

    def __init__(self, config: dict[str, Any], faults: Faults) -> None:
        super().__init__()
        width = config["n_embd"]
        self.faults = faults.anywhere
        self.word_embeddings = nn.Embedding(config["n_vocab"], width)
        self.position_embeddings = nn.Embedding(config["n_ctx"], width)
        self.token_type_embeddings = nn.Embedding(2, width)
        self.embeddings_norm = nn.LayerNorm(width, config["epsilon"])
        self.layer = nn.ModuleList(Layer(config, faults.at(number)) for number in range(config["n_layer"]))
        self.pooler = nn.Sequential(nn.Linear(width, width), nn.Tanh())
        if "missing-op-tanh" in self.faults:
            self.pooler = nn.Sequential(nn.Linear(width, width))  # fault: missing-op-tanh

    def forward(self, ids: Tensor, mask: Tensor, segments: Tensor) -> tuple[Tensor, Tensor]:
        words = self.word_embeddings(ids)
        if "embedding-scale-extra" in self.faults:
            words = words * math.sqrt(words.shape[-1])  # fault: embedding-scale-extra
        positions = torch.arange(ids.shape[1], device=ids.device)
        if "position-offset" in self.faults:
            positions = (positions + 1) % self.position_embeddings.num_embeddings  # fault: position-offset
        x = words + self.position_embeddings(positions)
        if "token-type-constant" in self.faults:
            x = x + self.token_type_embeddings.weight[1]  # fault: token-type-constant
        elif "token-type-ignored" in self.faults:
            pass  # fault: token-type-ignored
        else:
            x = x + self.token_type_embeddings(segments)
        if "missing-op-embedding-norm" in self.faults:
            pass  # fault: missing-op-embedding-norm
        else:
            x = self.embeddings_norm(x)
        for layer in self.layer:
            x = layer(x, mask == 0)
        return x, self.pooler(x[:, 0])
