"""The port of nn modules: one module per scope, as most people write it."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import torch
from ported import Faults, Ported
from rotary import rotate
from torch import Tensor, nn
from torch.nn import functional as F


def layer_norm(config: dict[str, Any], faults: frozenset[str]) -> nn.LayerNorm:
    if "norm-epsilon" in faults:
        return nn.LayerNorm(config["n_embd"], eps=config["wrong_epsilon"])  # fault: norm-epsilon
    return nn.LayerNorm(config["n_embd"], eps=config["epsilon"])


class Attention(Ported):
    other_names: ClassVar = {"c_attn": "qkv", "c_proj": "out"}

    def __init__(self, config: dict[str, Any], faults: frozenset[str]) -> None:
        super().__init__()
        width = config["n_embd"]
        self.n_head = config["n_head"]
        self.rotary = config["positions"] == "rotary"
        self.faults = faults
        self.c_attn = nn.Linear(width, 3 * width)
        if "missing-bias-attention" in faults:
            self.c_proj = nn.Linear(width, width, bias=False)  # fault: missing-bias-attention
        else:
            self.c_proj = nn.Linear(width, width)
        self.dropout = nn.Dropout(0.1)

    def forward(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        size = width // self.n_head
        joined = self.c_attn(x)
        if "head-layout" in self.faults:
            heads = joined.view(batch, length, 3, size, self.n_head).permute(2, 0, 4, 1, 3)  # fault: head-layout
        else:
            heads = joined.view(batch, length, 3, self.n_head, size).permute(2, 0, 3, 1, 4)
        if "qkv-order" in self.faults:
            key, query, value = heads  # fault: qkv-order
        else:
            query, key, value = heads
        if self.rotary:
            query, key = rotate(query, self.faults), rotate(key, self.faults)

        scores = query @ key.transpose(-1, -2)
        if "attention-scale-missing" in self.faults:
            pass  # fault: attention-scale-missing
        elif "attention-scale-width" in self.faults:
            scores = scores / math.sqrt(width)  # fault: attention-scale-width
        elif "attention-scale-twice" in self.faults:
            scores = scores / size  # fault: attention-scale-twice
        else:
            scores = scores / math.sqrt(size)

        ones = torch.ones(length, length, dtype=torch.bool, device=x.device)
        if "attention-mask-missing" in self.faults:
            visible = ones  # fault: attention-mask-missing
        elif "attention-mask-diagonal" in self.faults:
            visible = ones.tril(1)  # fault: attention-mask-diagonal
        elif "attention-mask-inverted" in self.faults:
            visible = ones.triu()  # fault: attention-mask-inverted
        else:
            visible = ones.tril()
        if "attention-mask-constant" in self.faults:
            scores = scores.masked_fill(~visible, -1.0)  # fault: attention-mask-constant
        elif "attention-mask-float16" in self.faults:
            scores = scores.masked_fill(~visible, -1e4)  # fault: attention-mask-float16
        else:
            scores = scores.masked_fill(~visible, -1e10)

        if "softmax-axis" in self.faults:
            weights = scores.softmax(dim=-2)  # fault: softmax-axis
        elif "double-softmax" in self.faults:
            weights = scores.softmax(dim=-1).softmax(dim=-1)  # fault: double-softmax
        else:
            weights = scores.softmax(dim=-1)
        weights = self.dropout(weights)
        if "dropout-active" in self.faults:
            weights = F.dropout(weights, 0.1)  # fault: dropout-active

        if "head-layout-merge" in self.faults:
            merged = (weights @ value).reshape(batch, length, width)  # fault: head-layout-merge
        else:
            merged = (weights @ value).transpose(1, 2).reshape(batch, length, width)
        return self.c_proj(merged)


class MLP(Ported):
    other_names: ClassVar = {"c_fc": "ff1", "c_proj": "ff2"}

    def __init__(self, config: dict[str, Any], faults: frozenset[str]) -> None:
        super().__init__()
        width, inner = config["n_embd"], config["mlp_ratio"] * config["n_embd"]
        self.faults = faults
        self.c_fc = nn.Linear(width, inner)
        if "missing-bias" in faults:
            self.c_proj = nn.Linear(inner, width, bias=False)  # fault: missing-bias
        else:
            self.c_proj = nn.Linear(inner, width)

    def forward(self, x: Tensor) -> Tensor:
        x = self.c_fc(x)
        if "gelu-approximation" in self.faults:
            x = F.gelu(x)  # fault: gelu-approximation
        elif "gelu-sigmoid" in self.faults:
            x = x * torch.sigmoid(1.702 * x)  # fault: gelu-sigmoid
        elif "activation-function-relu" in self.faults:
            x = F.relu(x)  # fault: activation-function-relu
        elif "activation-function-silu" in self.faults:
            x = F.silu(x)  # fault: activation-function-silu
        elif "missing-activation" in self.faults:
            pass  # fault: missing-activation
        else:
            x = F.gelu(x, approximate="tanh")
        x = self.c_proj(x)
        if "extra-op-relu" in self.faults:
            x = F.relu(x)  # fault: extra-op-relu
        return x


class Block(Ported):
    other_names: ClassVar = {
        "ln_1": "norm1",
        "attn": "self_attention",
        "ln_2": "norm2",
        "mlp": "feed_forward",
    }

    def __init__(self, config: dict[str, Any], faults: frozenset[str]) -> None:
        super().__init__()
        self.faults = faults
        self.ln_1 = layer_norm(config, faults)
        self.attn = Attention(config, faults)
        self.ln_2 = layer_norm(config, faults)
        self.mlp = MLP(config, faults)

    def forward(self, x: Tensor) -> Tensor:
        if "norm-order" in self.faults:
            x = self.ln_1(x + self.attn(x))  # fault: norm-order
        elif "missing-residual" in self.faults:
            x = self.attn(self.ln_1(x))  # fault: missing-residual
        elif "scalar-factor" in self.faults:
            x = x + 0.5 * self.attn(self.ln_1(x))  # fault: scalar-factor
        else:
            x = x + self.attn(self.ln_1(x))
        if "missing-op-norm" in self.faults:
            return x + self.mlp(x)  # fault: missing-op-norm
        if "missing-residual-mlp" in self.faults:
            return self.mlp(self.ln_2(x))  # fault: missing-residual-mlp
        return x + self.mlp(self.ln_2(x))


class GPT2(Ported):
    other_names: ClassVar = {
        "wte": "token_embedding",
        "wpe": "position_embedding",
        "h": "blocks",
        "ln_f": "final_norm",
    }

    def __init__(self, config: dict[str, Any], faults: Faults) -> None:
        super().__init__()
        self.config = config
        self.faults = faults.anywhere
        self.wte = nn.Embedding(config["n_vocab"], config["n_embd"])
        if config["positions"] == "learned":
            self.wpe = nn.Embedding(config["n_ctx"], config["n_embd"])
        self.h = nn.ModuleList(Block(config, faults.at(layer)) for layer in range(config["n_layer"]))
        self.ln_f = layer_norm(config, faults.at(-1))
        if "untied-embedding" in self.faults:
            self.lm_head = nn.Linear(config["n_embd"], config["n_vocab"], bias=False)  # fault: untied-embedding

    def embed(self, tokens: Tensor) -> Tensor:
        x = self.wte(tokens)
        width, scale = self.config["n_embd"], self.config["embedding_scale"]
        if "embedding-scale-missing" in self.faults:
            pass  # fault: embedding-scale-missing
        elif "embedding-scale-extra" in self.faults:
            x = x * math.sqrt(width)  # fault: embedding-scale-extra
        elif "constant-precision" in self.faults:
            x = x * math.sqrt(width)  # fault: constant-precision
        elif scale == "sqrt":
            x = x * math.sqrt(width)
        elif scale == "bfloat16":
            x = x * torch.tensor(math.sqrt(width), dtype=torch.bfloat16).to(x.dtype)
        if self.config["positions"] == "learned":
            positions = torch.arange(tokens.shape[1], device=tokens.device)
            if "position-offset" in self.faults:
                positions = (positions + 1).clamp(max=self.config["n_ctx"] - 1)  # fault: position-offset
            x = x + self.wpe(positions)
        return x

    def forward(self, tokens: Tensor) -> Tensor:
        """[batch, length] token ids -> [batch, length, vocabulary] logits"""
        x = self.embed(tokens)
        if "extra-op-norm" in self.faults:
            x = F.layer_norm(x, x.shape[-1:])  # fault: extra-op-norm
        for block in self.h:
            x = block(x)
        if "missing-op-final-norm" not in self.faults:
            x = self.ln_f(x)
        else:
            pass  # fault: missing-op-final-norm
        if "untied-embedding" in self.faults:
            return self.lm_head(x)  # fault: untied-embedding
        logits = F.linear(x, self.wte.weight)
        if "logits-vs-probabilities" in self.faults:
            return logits.softmax(dim=-1)  # fault: logits-vs-probabilities
        return logits
