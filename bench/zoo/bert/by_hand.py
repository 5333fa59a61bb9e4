"""The port that spells every formula out, with kernels as the original stores them: [in, out]."""

from __future__ import annotations

import math
from typing import Any, ClassVar, NamedTuple

import torch
from ported import Faults, Ported
from torch import Tensor, nn


class Norm(Ported):
    other_names: ClassVar = {"gamma": "scale", "beta": "offset"}

    def __init__(self, config: dict[str, Any], faults: frozenset[str]) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(config["n_embd"]))
        self.beta = nn.Parameter(torch.zeros(config["n_embd"]))
        self.epsilon, self.wrong_epsilon = config["epsilon"], config["wrong_epsilon"]
        self.faults = faults

    def forward(self, x: Tensor) -> Tensor:
        if "norm-axis" in self.faults:
            u = x.mean(1, keepdim=True)
            s = (x - u).pow(2).mean(1, keepdim=True)  # fault: norm-axis
        elif "variance-ddof" in self.faults:
            u = x.mean(-1, keepdim=True)
            s = x.var(-1, keepdim=True)  # fault: variance-ddof
        else:
            u = x.mean(-1, keepdim=True)
            s = (x - u).pow(2).mean(-1, keepdim=True)
        if "norm-epsilon" in self.faults:
            x = (x - u) / torch.sqrt(s + self.wrong_epsilon)  # fault: norm-epsilon
        elif "norm-epsilon-placement" in self.faults:
            x = (x - u) / (torch.sqrt(s) + self.epsilon)  # fault: norm-epsilon-placement
        else:
            x = (x - u) / torch.sqrt(s + self.epsilon)
        if "missing-bias-norm" in self.faults:
            return self.gamma * x  # fault: missing-bias-norm
        return self.gamma * x + self.beta


class Dense(Ported):
    other_names: ClassVar = {"kernel": "w", "bias": "b"}

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.kernel = nn.Parameter(0.02 * torch.randn(n_in, n_out))
        self.bias = nn.Parameter(torch.zeros(n_out))

    def forward(self, x: Tensor) -> Tensor:
        return torch.einsum("...i,io->...o", x, self.kernel) + self.bias


class DenseWithoutBias(Dense):
    def forward(self, x: Tensor) -> Tensor:
        return torch.einsum("...i,io->...o", x, self.kernel)  # fault: missing-bias


def softmax(x: Tensor, axis: int) -> Tensor:
    exponentials = (x - x.max(dim=axis, keepdim=True).values).exp()
    return exponentials / exponentials.sum(dim=axis, keepdim=True)


def erf_gelu(x: Tensor) -> Tensor:
    return x * 0.5 * (1.0 + torch.erf(x / math.sqrt(2.0)))


def tanh_gelu(x: Tensor) -> Tensor:
    return 0.5 * x * (1.0 + torch.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * torch.pow(x, 3))))


class Attention(Ported):
    other_names: ClassVar = {"query": "q", "key": "k", "value": "v", "dense": "out"}

    def __init__(self, config: dict[str, Any], faults: frozenset[str]) -> None:
        super().__init__()
        width = config["n_embd"]
        self.n_head, self.size = config["n_head"], width // config["n_head"]
        self.faults = faults
        self.query = Dense(width, width)
        self.key = Dense(width, width)
        self.value = Dense(width, width)
        self.dense = Dense(width, width)

    def heads(self, x: Tensor) -> Tensor:
        """[batch, length, width] -> [batch, length, head, size]"""
        if "head-layout" in self.faults:
            return x.reshape(*x.shape[:2], self.size, self.n_head).transpose(-1, -2)  # fault: head-layout
        return x.reshape(*x.shape[:2], self.n_head, self.size)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        q, k, v = self.heads(self.query(x)), self.heads(self.key(x)), self.heads(self.value(x))
        scores = torch.einsum("bfnh,btnh->bnft", q, k)
        if "attention-scale-missing" in self.faults:
            pass  # fault: attention-scale-missing
        elif "attention-scale-width" in self.faults:
            scores = scores * (1.0 / math.sqrt(x.shape[-1]))  # fault: attention-scale-width
        elif "attention-scale-twice" in self.faults:
            scores = scores * (1.0 / self.size)  # fault: attention-scale-twice
        else:
            scores = scores * (1.0 / math.sqrt(self.size))
        if "attention-mask-ignored" in self.faults:
            adder = torch.zeros_like(mask)  # fault: attention-mask-ignored
        elif "attention-mask-inverted" in self.faults:
            adder = mask * -10000.0  # fault: attention-mask-inverted
        elif "attention-mask-constant" in self.faults:
            adder = (1.0 - mask) * -1.0  # fault: attention-mask-constant
        elif "attention-mask-infinite" in self.faults:
            adder = (1.0 - mask) * -1e9  # fault: attention-mask-infinite
        else:
            adder = (1.0 - mask) * -10000.0
        scores = scores + adder[:, None, None, :]
        if "softmax-axis" in self.faults:
            probabilities = softmax(scores, -2)  # fault: softmax-axis
        elif "double-softmax" in self.faults:
            probabilities = softmax(softmax(scores, -1), -1)  # fault: double-softmax
        else:
            probabilities = softmax(scores, -1)
        if "head-layout-merge" in self.faults:
            context = torch.einsum("bnft,btnh->bnfh", probabilities, v).reshape(x.shape)  # fault: head-layout-merge
        else:
            context = torch.einsum("bnft,btnh->bfnh", probabilities, v).reshape(x.shape)
        return self.dense(context)


class Layer(Ported):
    other_names: ClassVar = {
        "attention": "self_attention",
        "attention_norm": "norm1",
        "intermediate": "ff1",
        "output": "ff2",
        "output_norm": "norm2",
    }

    def __init__(self, config: dict[str, Any], faults: frozenset[str]) -> None:
        super().__init__()
        width, inner = config["n_embd"], config["mlp_ratio"] * config["n_embd"]
        self.erf = config["gelu"] == "erf"
        self.faults = faults
        self.attention = Attention(config, faults)
        self.attention_norm = Norm(config, faults)
        self.intermediate = Dense(width, inner)
        if "missing-bias" in faults:
            self.output = DenseWithoutBias(inner, width)  # fault: missing-bias
        else:
            self.output = Dense(inner, width)
        self.output_norm = Norm(config, faults)

    def activation(self, x: Tensor) -> Tensor:
        if "gelu-approximation" in self.faults:
            return tanh_gelu(x) if self.erf else erf_gelu(x)  # fault: gelu-approximation
        if "gelu-sigmoid" in self.faults:
            return x / (1 + torch.exp(-1.702 * x))  # fault: gelu-sigmoid
        if "activation-function-relu" in self.faults:
            return torch.clamp(x, min=0)  # fault: activation-function-relu
        if "activation-function-silu" in self.faults:
            return x / (1 + torch.exp(-x))  # fault: activation-function-silu
        if "missing-activation" in self.faults:
            return x  # fault: missing-activation
        return erf_gelu(x) if self.erf else tanh_gelu(x)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        attended = self.attention(x, mask)
        if "missing-residual" in self.faults:
            x = self.attention_norm(attended)  # fault: missing-residual
        elif "scalar-factor" in self.faults:
            x = self.attention_norm(x + 0.5 * attended)  # fault: scalar-factor
        elif "norm-order" in self.faults:
            x = x + self.attention_norm(attended)  # fault: norm-order
        elif "missing-op-norm" in self.faults:
            x = x + attended  # fault: missing-op-norm
        else:
            x = self.attention_norm(x + attended)
        y = self.output(self.activation(self.intermediate(x)))
        if "extra-op-relu" in self.faults:
            y = torch.relu(y)  # fault: extra-op-relu
        if "missing-residual-mlp" in self.faults:
            return self.output_norm(y)  # fault: missing-residual-mlp
        return self.output_norm(x + y)


class Outputs(NamedTuple):
    sequence_output: Tensor
    pooled_output: Tensor


class Bert(Ported):
    other_names: ClassVar = {
        "word_embeddings": "token_table",
        "position_embeddings": "position_table",
        "token_type_embeddings": "segment_table",
        "embeddings_norm": "embed_norm",
        "layer": "blocks",
        "pooler": "pool",
    }

    def __init__(self, config: dict[str, Any], faults: Faults) -> None:
        super().__init__()
        width = config["n_embd"]
        self.faults = faults.anywhere
        self.word_embeddings = nn.Parameter(0.02 * torch.randn(config["n_vocab"], width))
        self.position_embeddings = nn.Parameter(0.02 * torch.randn(config["n_ctx"], width))
        self.token_type_embeddings = nn.Parameter(0.02 * torch.randn(2, width))
        self.embeddings_norm = Norm(config, faults.at(-1))
        self.layer = nn.ModuleList(Layer(config, faults.at(number)) for number in range(config["n_layer"]))
        self.pooler = Dense(width, width)

    def embed(self, input_ids: Tensor, segment_ids: Tensor) -> Tensor:
        x = self.word_embeddings[input_ids]
        if "embedding-scale-extra" in self.faults:
            x = x * math.sqrt(x.shape[-1])  # fault: embedding-scale-extra
        if "token-type-constant" in self.faults:
            x = x + self.token_type_embeddings[torch.ones_like(segment_ids)]  # fault: token-type-constant
        elif "token-type-ignored" in self.faults:
            pass  # fault: token-type-ignored
        else:
            x = x + self.token_type_embeddings[segment_ids]
        positions = torch.arange(input_ids.shape[1], device=input_ids.device)
        if "position-offset" in self.faults:
            positions = torch.clamp(positions + 1, max=len(self.position_embeddings) - 1)  # fault: position-offset
        x = x + self.position_embeddings[positions]
        if "missing-op-embedding-norm" in self.faults:
            return x  # fault: missing-op-embedding-norm
        return self.embeddings_norm(x)

    def forward(self, input_ids: Tensor, input_mask: Tensor, segment_ids: Tensor) -> Outputs:
        x = self.embed(input_ids, segment_ids)
        for layer in self.layer:
            x = layer(x, input_mask.to(x.dtype))
        if "missing-op-tanh" in self.faults:
            return Outputs(x, self.pooler(x[:, 0]))  # fault: missing-op-tanh
        return Outputs(x, torch.tanh(self.pooler(x[:, 0])))
