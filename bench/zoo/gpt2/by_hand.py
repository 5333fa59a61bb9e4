"""The port that spells every formula out, with kernels as the original stores them: [in, out]."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import torch
from ported import Faults, Ported
from rotary import rotate
from torch import Tensor, nn


class Norm(Ported):
    other_names: ClassVar = {"g": "gamma", "b": "beta"}

    def __init__(self, config: dict[str, Any], faults: frozenset[str]) -> None:
        super().__init__()
        self.g = nn.Parameter(torch.ones(config["n_embd"]))
        self.b = nn.Parameter(torch.zeros(config["n_embd"]))
        self.epsilon, self.wrong_epsilon = config["epsilon"], config["wrong_epsilon"]
        self.faults = faults

    def forward(self, x: Tensor) -> Tensor:
        if "norm-axis" in self.faults:
            mean = x.mean(dim=1, keepdim=True)
            variance = ((x - mean) ** 2).mean(dim=1, keepdim=True)  # fault: norm-axis
        elif "variance-ddof" in self.faults:
            mean = x.mean(dim=-1, keepdim=True)
            variance = x.var(dim=-1, keepdim=True)  # fault: variance-ddof
        else:
            mean = x.mean(dim=-1, keepdim=True)
            variance = ((x - mean) ** 2).mean(dim=-1, keepdim=True)
        if "norm-epsilon" in self.faults:
            x = (x - mean) / torch.sqrt(variance + self.wrong_epsilon)  # fault: norm-epsilon
        elif "norm-epsilon-placement" in self.faults:
            x = (x - mean) / (torch.sqrt(variance) + self.epsilon)  # fault: norm-epsilon-placement
        else:
            x = (x - mean) / torch.sqrt(variance + self.epsilon)
        if "missing-bias-norm" in self.faults:
            return self.g * x  # fault: missing-bias-norm
        return self.g * x + self.b


class Conv1D(Ported):
    other_names: ClassVar = {"w": "kernel", "b": "bias"}

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.w = nn.Parameter(0.02 * torch.randn(n_in, n_out))
        self.b = nn.Parameter(torch.zeros(n_out))

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.w + self.b


class Conv1DWithoutBias(Conv1D):
    def forward(self, x: Tensor) -> Tensor:
        return x @ self.w  # fault: missing-bias


def softmax(x: Tensor, axis: int) -> Tensor:
    exponentials = torch.exp(x - x.amax(dim=axis, keepdim=True))
    return exponentials / exponentials.sum(dim=axis, keepdim=True)


def gelu(x: Tensor) -> Tensor:
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


class Attention(Ported):
    other_names: ClassVar = {"c_attn": "qkv", "c_proj": "out"}

    def __init__(self, config: dict[str, Any], faults: frozenset[str]) -> None:
        super().__init__()
        width = config["n_embd"]
        self.n_head = config["n_head"]
        self.rotary = config["positions"] == "rotary"
        self.faults = faults
        self.c_attn = Conv1D(width, 3 * width)
        self.c_proj = Conv1D(width, width)

    def split(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        if "head-layout" in self.faults:
            return x.reshape(batch, length, width // self.n_head, self.n_head).permute(0, 3, 1, 2)  # fault: head-layout
        return x.reshape(batch, length, self.n_head, width // self.n_head).permute(0, 2, 1, 3)

    def forward(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        q, k, v = (self.split(part) for part in self.c_attn(x).split(width, dim=-1))
        if "qkv-order" in self.faults:
            q, k = k, q  # fault: qkv-order
        if self.rotary:
            q, k = rotate(q, self.faults), rotate(k, self.faults)
        scores = torch.einsum("bhqd,bhkd->bhqk", q, k)
        if "attention-scale-missing" in self.faults:
            pass  # fault: attention-scale-missing
        elif "attention-scale-width" in self.faults:
            scores = scores * width**-0.5  # fault: attention-scale-width
        elif "attention-scale-twice" in self.faults:
            scores = scores * (self.n_head / width)  # fault: attention-scale-twice
        else:
            scores = scores * (width // self.n_head) ** -0.5
        position = torch.arange(length, device=x.device)
        if "attention-mask-diagonal" in self.faults:
            b = (position[:, None] + 1 >= position).to(x.dtype)  # fault: attention-mask-diagonal
        elif "attention-mask-inverted" in self.faults:
            b = (position[:, None] <= position).to(x.dtype)  # fault: attention-mask-inverted
        else:
            b = (position[:, None] >= position).to(x.dtype)
        if "attention-mask-missing" in self.faults:
            pass  # fault: attention-mask-missing
        elif "attention-mask-constant" in self.faults:
            scores = scores * b - 1.0 * (1 - b)  # fault: attention-mask-constant
        elif "attention-mask-float16" in self.faults:
            scores = scores * b - 1e4 * (1 - b)  # fault: attention-mask-float16
        else:
            scores = scores * b - 1e10 * (1 - b)
        if "softmax-axis" in self.faults:
            w = softmax(scores, -2)  # fault: softmax-axis
        elif "double-softmax" in self.faults:
            w = softmax(softmax(scores, -1), -1)  # fault: double-softmax
        else:
            w = softmax(scores, -1)
        if "head-layout-merge" in self.faults:
            a = torch.einsum("bhqk,bhkd->bhqd", w, v).reshape(batch, length, width)  # fault: head-layout-merge
        else:
            a = torch.einsum("bhqk,bhkd->bqhd", w, v).reshape(batch, length, width)
        return self.c_proj(a)


class MLP(Ported):
    other_names: ClassVar = {"c_fc": "ff1", "c_proj": "ff2"}

    def __init__(self, config: dict[str, Any], faults: frozenset[str]) -> None:
        super().__init__()
        width, inner = config["n_embd"], config["mlp_ratio"] * config["n_embd"]
        self.faults = faults
        self.c_fc = Conv1D(width, inner)
        if "missing-bias" in faults:
            self.c_proj = Conv1DWithoutBias(inner, width)  # fault: missing-bias
        else:
            self.c_proj = Conv1D(inner, width)

    def forward(self, x: Tensor) -> Tensor:
        x = self.c_fc(x)
        if "gelu-approximation" in self.faults:
            x = 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))  # fault: gelu-approximation
        elif "gelu-sigmoid" in self.faults:
            x = x / (1 + torch.exp(-1.702 * x))  # fault: gelu-sigmoid
        elif "activation-function-relu" in self.faults:
            x = torch.clamp(x, min=0)  # fault: activation-function-relu
        elif "activation-function-silu" in self.faults:
            x = x / (1 + torch.exp(-x))  # fault: activation-function-silu
        elif "missing-activation" in self.faults:
            pass  # fault: missing-activation
        else:
            x = gelu(x)
        x = self.c_proj(x)
        if "extra-op-relu" in self.faults:
            x = torch.relu(x)  # fault: extra-op-relu
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
        self.ln_1 = Norm(config, faults)
        self.attn = Attention(config, faults)
        self.ln_2 = Norm(config, faults)
        self.mlp = MLP(config, faults)

    def forward(self, x: Tensor) -> Tensor:
        if "norm-order" in self.faults:
            x = x + self.attn(x)
            x = self.ln_1(x)  # fault: norm-order
        elif "missing-residual" in self.faults:
            x = self.attn(self.ln_1(x))  # fault: missing-residual
        elif "scalar-factor" in self.faults:
            x = x + self.attn(self.ln_1(x)) * 0.5  # fault: scalar-factor
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
        self.wte = nn.Parameter(0.02 * torch.randn(config["n_vocab"], config["n_embd"]))
        if config["positions"] == "learned":
            self.wpe = nn.Parameter(0.01 * torch.randn(config["n_ctx"], config["n_embd"]))
        self.h = nn.ModuleList(Block(config, faults.at(layer)) for layer in range(config["n_layer"]))
        self.ln_f = Norm(config, faults.at(-1))

    def forward(self, input_ids: Tensor) -> Tensor:
        width, scale, length = (
            self.config["n_embd"],
            self.config["embedding_scale"],
            input_ids.shape[1],
        )
        x = self.wte[input_ids]
        if "embedding-scale-missing" in self.faults:
            pass  # fault: embedding-scale-missing
        elif "embedding-scale-extra" in self.faults:
            x = x * math.sqrt(width)  # fault: embedding-scale-extra
        elif "constant-precision" in self.faults:
            x = x * math.sqrt(width)  # fault: constant-precision
        elif scale == "sqrt":
            x = x * math.sqrt(width)
        elif scale == "bfloat16":
            x = x * float(torch.tensor(math.sqrt(width), dtype=torch.bfloat16))
        if self.config["positions"] == "learned":
            positions = torch.arange(length, device=x.device)
            if "position-offset" in self.faults:
                positions = torch.clamp(positions + 1, max=self.config["n_ctx"] - 1)  # fault: position-offset
            x = x + self.wpe[positions]
        for block in self.h:
            x = block(x)
        if "missing-op-final-norm" in self.faults:
            pass  # fault: missing-op-final-norm
        else:
            x = self.ln_f(x)
        logits = torch.einsum("btd,vd->btv", x, self.wte)
        if "logits-vs-probabilities" in self.faults:
            return softmax(logits, -1)  # fault: logits-vs-probabilities
        return logits
