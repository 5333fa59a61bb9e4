"""The port for speed: three projections for one, scaled_dot_product_attention, an output layer tied to the table."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import torch
from ported import Faults, Ported
from rotary import rotate
from torch import Tensor, nn
from torch.nn import functional as F


class Attention(Ported):
    other_names: ClassVar = {"q": "to_q", "k": "to_k", "v": "to_v", "c_proj": "out"}

    def __init__(self, config: dict[str, Any], faults: frozenset[str]) -> None:
        super().__init__()
        width = config["n_embd"]
        self.n_head = config["n_head"]
        self.rotary = config["positions"] == "rotary"
        self.faults = faults
        self.q = nn.Linear(width, width)
        self.k = nn.Linear(width, width)
        self.v = nn.Linear(width, width)
        if "missing-bias-attention" in faults:
            self.c_proj = nn.Linear(width, width, bias=False)  # fault: missing-bias-attention
        else:
            self.c_proj = nn.Linear(width, width)

    def split(self, x: Tensor) -> Tensor:
        if "head-layout" in self.faults:
            return x.view(*x.shape[:2], -1, self.n_head).permute(0, 3, 1, 2)  # fault: head-layout
        return x.view(*x.shape[:2], self.n_head, -1).transpose(1, 2)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.split(self.q(x)), self.split(self.k(x)), self.split(self.v(x))
        if self.rotary:
            q, k = rotate(q, self.faults), rotate(k, self.faults)
        if "attention-mask-missing" in self.faults:
            context = F.scaled_dot_product_attention(q, k, v)  # fault: attention-mask-missing
        elif "attention-mask-diagonal" in self.faults:
            visible = torch.ones(q.shape[-2], q.shape[-2], dtype=torch.bool, device=x.device).tril(1)
            context = F.scaled_dot_product_attention(q, k, v, attn_mask=visible)  # fault: attention-mask-diagonal
        elif "attention-scale-missing" in self.faults:
            causal = {"is_causal": True, "scale": 1.0}
            context = F.scaled_dot_product_attention(q, k, v, **causal)  # fault: attention-scale-missing
        elif "attention-scale-width" in self.faults:
            causal = {"is_causal": True, "scale": x.shape[-1] ** -0.5}
            context = F.scaled_dot_product_attention(q, k, v, **causal)  # fault: attention-scale-width
        elif "attention-scale-twice" in self.faults:
            q = q / math.sqrt(q.shape[-1])
            context = F.scaled_dot_product_attention(q, k, v, is_causal=True)  # fault: attention-scale-twice
        elif "dropout-active" in self.faults:
            context = F.scaled_dot_product_attention(q, k, v, dropout_p=0.1, is_causal=True)  # fault: dropout-active
        else:
            context = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        if "head-layout-merge" in self.faults:
            context = context.reshape(x.shape)  # fault: head-layout-merge
        else:
            context = context.transpose(1, 2).reshape(x.shape)
        return self.c_proj(context)


def activation(faults: frozenset[str]) -> nn.Module:
    if "gelu-approximation" in faults:
        return nn.GELU()  # fault: gelu-approximation
    if "activation-function-relu" in faults:
        return nn.ReLU()  # fault: activation-function-relu
    if "activation-function-silu" in faults:
        return nn.SiLU()  # fault: activation-function-silu
    return nn.GELU(approximate="tanh")


def feed_forward(config: dict[str, Any], faults: frozenset[str]) -> nn.Sequential:
    wide, inner = config["n_embd"], config["mlp_ratio"] * config["n_embd"]
    if "missing-activation" in faults:
        return nn.Sequential(nn.Linear(wide, inner), nn.Identity(), nn.Linear(inner, wide))  # fault: missing-activation
    return nn.Sequential(nn.Linear(wide, inner), activation(faults), nn.Linear(inner, wide))


class Block(Ported):
    other_names: ClassVar = {
        "ln_1": "norm1",
        "attn": "self_attention",
        "ln_2": "norm2",
        "mlp": "feed_forward",
    }

    def __init__(self, config: dict[str, Any], faults: frozenset[str]) -> None:
        super().__init__()
        width, epsilon = config["n_embd"], config["epsilon"]
        self.faults = faults
        if "norm-epsilon" in faults:
            epsilon = config["wrong_epsilon"]  # fault: norm-epsilon
        self.ln_1 = nn.LayerNorm(width, epsilon)  # fault: norm-epsilon
        self.attn = Attention(config, faults)
        self.ln_2 = nn.LayerNorm(width, epsilon)  # fault: norm-epsilon
        self.mlp = feed_forward(config, faults)

    def forward(self, x: Tensor) -> Tensor:
        if "missing-residual" in self.faults:
            x = self.attn(self.ln_1(x))  # fault: missing-residual
        elif "scalar-factor" in self.faults:
            x = torch.add(x, self.attn(self.ln_1(x)), alpha=0.5)  # fault: scalar-factor
        else:
            x = x + self.attn(self.ln_1(x))
        if "missing-residual-mlp" in self.faults:
            return self.mlp(self.ln_2(x))  # fault: missing-residual-mlp
        return x + self.mlp(self.ln_2(x))


class GPT2(Ported):
    other_names: ClassVar = {
        "wte": "token_embedding",
        "wpe": "position_embedding",
        "h": "blocks",
        "ln_f": "final_norm",
        "lm_head": "output",
    }

    def __init__(self, config: dict[str, Any], faults: Faults) -> None:
        super().__init__()
        self.faults = faults.anywhere
        width = config["n_embd"]
        self.wte = nn.Embedding(config["n_vocab"], width)
        if config["positions"] == "learned":
            self.wpe = nn.Embedding(config["n_ctx"], width)
        self.learned = config["positions"] == "learned"
        self.h = nn.Sequential(*(Block(config, faults.at(layer)) for layer in range(config["n_layer"])))
        self.ln_f = nn.LayerNorm(width, config["epsilon"])
        self.lm_head = nn.Linear(width, config["n_vocab"], bias=False)
        if "untied-embedding" in self.faults:
            pass  # fault: untied-embedding
        else:
            self.lm_head.weight = self.wte.weight
        root = torch.tensor(math.sqrt(width))
        if "embedding-scale-missing" in self.faults:
            factor = torch.tensor(1.0)  # fault: embedding-scale-missing
        elif "embedding-scale-extra" in self.faults:
            factor = root  # fault: embedding-scale-extra
        elif "constant-precision" in self.faults:
            factor = root  # fault: constant-precision
        else:
            factor = {
                "none": torch.tensor(1.0),
                "sqrt": root,
                "bfloat16": root.bfloat16().float(),
            }[config["embedding_scale"]]
        self.register_buffer("embedding_factor", factor, persistent=False)

    def forward(self, input_ids: Tensor) -> dict[str, Tensor]:
        x = self.wte(input_ids) * self.embedding_factor
        if self.learned:
            positions = torch.arange(input_ids.shape[1], device=input_ids.device)
            if "position-offset" in self.faults:
                positions = (positions + 1) % self.wpe.num_embeddings  # fault: position-offset
            x = x + self.wpe(positions)
        return {"logits": self.lm_head(self.ln_f(self.h(x)))}
