"""The port with raw parameters and torch.nn.functional: the weights lie in attention, MLP and block."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import torch
from ported import Faults, Ported
from rotary import rotate
from torch import Tensor, nn
from torch.nn import functional as F


def weight(*shape: int) -> nn.Parameter:
    return nn.Parameter(0.02 * torch.randn(*shape))


def bias(size: int) -> nn.Parameter:
    return nn.Parameter(torch.zeros(size))


def gain(size: int) -> nn.Parameter:
    return nn.Parameter(torch.ones(size))


class Attention(Ported):
    other_names: ClassVar = {
        "c_attn_w": "qkv_weight",
        "c_attn_b": "qkv_bias",
        "c_proj_w": "out_weight",
        "c_proj_b": "out_bias",
    }

    def __init__(self, config: dict[str, Any], faults: frozenset[str]) -> None:
        super().__init__()
        width = config["n_embd"]
        self.n_head = config["n_head"]
        self.rotary = config["positions"] == "rotary"
        self.faults = faults
        self.c_attn_w = weight(3 * width, width)
        self.c_attn_b = bias(3 * width)
        self.c_proj_w = weight(width, width)
        self.c_proj_b = bias(width)

    def split(self, x: Tensor) -> Tensor:
        if "head-layout" in self.faults:
            return x.unflatten(-1, (-1, self.n_head)).permute(0, 3, 1, 2)  # fault: head-layout
        return x.unflatten(-1, (self.n_head, -1)).transpose(1, 2)

    def forward(self, x: Tensor) -> Tensor:
        joined = F.linear(x, self.c_attn_w, self.c_attn_b)
        if "qkv-order" in self.faults:
            k, q, v = map(self.split, joined.chunk(3, dim=-1))  # fault: qkv-order
        else:
            q, k, v = map(self.split, joined.chunk(3, dim=-1))
        if self.rotary:
            q, k = rotate(q, self.faults), rotate(k, self.faults)
        if "attention-scale-missing" in self.faults:
            scores = torch.matmul(q, k.mT)  # fault: attention-scale-missing
        elif "attention-scale-width" in self.faults:
            scores = torch.matmul(q * x.shape[-1] ** -0.5, k.mT)  # fault: attention-scale-width
        else:
            scores = torch.matmul(q * q.shape[-1] ** -0.5, k.mT)
        hidden = torch.full((x.shape[1], x.shape[1]), -math.inf, dtype=x.dtype, device=x.device)
        if "attention-mask-missing" in self.faults:
            pass  # fault: attention-mask-missing
        elif "attention-mask-diagonal" in self.faults:
            scores = scores + hidden.triu(2)  # fault: attention-mask-diagonal
        elif "attention-mask-inverted" in self.faults:
            scores = scores + hidden.tril(-1)  # fault: attention-mask-inverted
        else:
            scores = scores + hidden.triu(1)
        if "softmax-axis" in self.faults:
            probabilities = F.softmax(scores, dim=1)  # fault: softmax-axis
        elif "double-softmax" in self.faults:
            probabilities = F.softmax(F.softmax(scores, dim=-1), dim=-1)  # fault: double-softmax
        else:
            probabilities = F.softmax(scores, dim=-1)
        if "dropout-active" in self.faults:
            probabilities = F.dropout(probabilities, 0.1)  # fault: dropout-active
        context = torch.matmul(probabilities, v)
        if "head-layout-merge" in self.faults:
            context = context.reshape(x.shape)  # fault: head-layout-merge
        else:
            context = context.transpose(1, 2).flatten(-2)
        if "missing-bias-attention" in self.faults:
            return F.linear(context, self.c_proj_w)  # fault: missing-bias-attention
        return F.linear(context, self.c_proj_w, self.c_proj_b)


class MLP(Ported):
    other_names: ClassVar = {
        "c_fc_w": "ff1_weight",
        "c_fc_b": "ff1_bias",
        "c_proj_w": "ff2_weight",
        "c_proj_b": "ff2_bias",
    }

    def __init__(self, config: dict[str, Any], faults: frozenset[str]) -> None:
        super().__init__()
        width, inner = config["n_embd"], config["mlp_ratio"] * config["n_embd"]
        self.faults = faults
        self.c_fc_w = weight(inner, width)
        self.c_fc_b = bias(inner)
        self.c_proj_w = weight(width, inner)
        self.c_proj_b = bias(width)

    def forward(self, x: Tensor) -> Tensor:
        x = F.linear(x, self.c_fc_w, self.c_fc_b)
        if "gelu-approximation" in self.faults:
            x = F.gelu(x)  # fault: gelu-approximation
        elif "gelu-sigmoid" in self.faults:
            x = x * F.sigmoid(1.702 * x)  # fault: gelu-sigmoid
        elif "activation-function-relu" in self.faults:
            x = F.relu(x)  # fault: activation-function-relu
        elif "activation-function-silu" in self.faults:
            x = F.silu(x)  # fault: activation-function-silu
        elif "missing-activation" in self.faults:
            pass  # fault: missing-activation
        else:
            x = F.gelu(x, approximate="tanh")
        if "missing-bias" in self.faults:
            return F.linear(x, self.c_proj_w)  # fault: missing-bias
        return F.linear(x, self.c_proj_w, self.c_proj_b)


class Block(Ported):
    other_names: ClassVar = {
        "ln_1_g": "norm1_weight",
        "ln_1_b": "norm1_bias",
        "attn": "self_attention",
        "ln_2_g": "norm2_weight",
        "ln_2_b": "norm2_bias",
        "mlp": "feed_forward",
    }

    def __init__(self, config: dict[str, Any], faults: frozenset[str]) -> None:
        super().__init__()
        width = config["n_embd"]
        self.width, self.epsilon, self.wrong_epsilon = (
            width,
            config["epsilon"],
            config["wrong_epsilon"],
        )
        self.faults = faults
        self.ln_1_g, self.ln_1_b = gain(width), bias(width)
        self.attn = Attention(config, faults)
        self.ln_2_g, self.ln_2_b = gain(width), bias(width)
        self.mlp = MLP(config, faults)

    def norm(self, x: Tensor, g: Tensor, b: Tensor) -> Tensor:
        if "norm-epsilon" in self.faults:
            return F.layer_norm(x, (self.width,), g, b, self.wrong_epsilon)  # fault: norm-epsilon
        if "norm-axis" in self.faults:
            return F.layer_norm(x, x.shape[1:], eps=self.epsilon) * g + b  # fault: norm-axis
        return F.layer_norm(x, (self.width,), g, b, self.epsilon)

    def forward(self, x: Tensor) -> Tensor:
        if "norm-order" in self.faults:
            x = self.norm(x + self.attn(x), self.ln_1_g, self.ln_1_b)  # fault: norm-order
        elif "missing-residual" in self.faults:
            x = self.attn(self.norm(x, self.ln_1_g, self.ln_1_b))  # fault: missing-residual
        elif "scalar-factor" in self.faults:
            x = x + 0.5 * self.attn(self.norm(x, self.ln_1_g, self.ln_1_b))  # fault: scalar-factor
        else:
            x = x + self.attn(self.norm(x, self.ln_1_g, self.ln_1_b))
        if "missing-op-norm" in self.faults:
            return x + self.mlp(x)  # fault: missing-op-norm
        return x + self.mlp(self.norm(x, self.ln_2_g, self.ln_2_b))


class GPT2(Ported):
    other_names: ClassVar = {
        "wte": "token_embedding",
        "wpe": "position_embedding",
        "h": "blocks",
        "ln_f_g": "final_norm_weight",
        "ln_f_b": "final_norm_bias",
    }

    def __init__(self, config: dict[str, Any], faults: Faults) -> None:
        super().__init__()
        self.config = config
        self.faults = faults.anywhere
        self.wte = weight(config["n_vocab"], config["n_embd"])
        if config["positions"] == "learned":
            self.wpe = weight(config["n_ctx"], config["n_embd"])
        self.h = nn.ModuleList(Block(config, faults.at(layer)) for layer in range(config["n_layer"]))
        self.ln_f_g, self.ln_f_b = gain(config["n_embd"]), bias(config["n_embd"])

    def forward(self, X: Tensor) -> Tensor:
        width, scale, length = (
            self.config["n_embd"],
            self.config["embedding_scale"],
            X.shape[1],
        )
        x = F.embedding(X, self.wte)
        if "embedding-scale-missing" in self.faults:
            pass  # fault: embedding-scale-missing
        elif "embedding-scale-extra" in self.faults:
            x = x * width**0.5  # fault: embedding-scale-extra
        elif "constant-precision" in self.faults:
            x = x * width**0.5  # fault: constant-precision
        elif scale == "sqrt":
            x = x * width**0.5
        elif scale == "bfloat16":
            x = x * torch.tensor(width**0.5).bfloat16().to(x.dtype)
        if self.config["positions"] == "learned":
            if "position-offset" in self.faults:
                x = x + F.pad(self.wpe, (0, 0, 0, 1))[1 : length + 1]  # fault: position-offset
            else:
                x = x + self.wpe[:length]
        for block in self.h:
            x = block(x)
        if "missing-op-final-norm" in self.faults:
            pass  # fault: missing-op-final-norm
        else:
            x = F.layer_norm(x, (width,), self.ln_f_g, self.ln_f_b, self.config["epsilon"])
        logits = F.linear(x, self.wte)
        if "logits-vs-probabilities" in self.faults:
            return F.softmax(logits, dim=-1)  # fault: logits-vs-probabilities
        return logits
