"""The port of nn modules, one per scope of the original."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import torch
from ported import Faults, Ported
from torch import Tensor, nn
from torch.nn import functional as F


def layer_norm(config: dict[str, Any], faults: frozenset[str]) -> nn.LayerNorm:
    if "norm-epsilon" in faults:
        return nn.LayerNorm(config["n_embd"], eps=config["wrong_epsilon"])  # fault: norm-epsilon
    return nn.LayerNorm(config["n_embd"], eps=config["epsilon"])


class Embeddings(Ported):
    other_names: ClassVar = {
        "word_embeddings": "tokens",
        "position_embeddings": "positions",
        "token_type_embeddings": "segments",
        "LayerNorm": "norm",
    }

    def __init__(self, config: dict[str, Any], faults: frozenset[str]) -> None:
        super().__init__()
        width = config["n_embd"]
        self.faults = faults
        self.word_embeddings = nn.Embedding(config["n_vocab"], width)
        self.position_embeddings = nn.Embedding(config["n_ctx"], width)
        self.token_type_embeddings = nn.Embedding(2, width)
        self.LayerNorm = layer_norm(config, faults)
        self.dropout = nn.Dropout(0.1)

    def forward(self, input_ids: Tensor, token_type_ids: Tensor) -> Tensor:
        positions = torch.arange(input_ids.shape[1], device=input_ids.device)
        if "position-offset" in self.faults:
            last = self.position_embeddings.num_embeddings - 1
            positions = (positions + 1).clamp(max=last)  # fault: position-offset
        words = self.word_embeddings(input_ids)
        if "embedding-scale-extra" in self.faults:
            words = words * math.sqrt(words.shape[-1])  # fault: embedding-scale-extra
        x = words + self.position_embeddings(positions)
        if "token-type-constant" in self.faults:
            x = x + self.token_type_embeddings(torch.ones_like(token_type_ids))  # fault: token-type-constant
        elif "token-type-ignored" in self.faults:
            pass  # fault: token-type-ignored
        else:
            x = x + self.token_type_embeddings(token_type_ids)
        if "missing-op-embedding-norm" in self.faults:
            return self.dropout(x)  # fault: missing-op-embedding-norm
        return self.dropout(self.LayerNorm(x))


class SelfAttention(Ported):
    other_names: ClassVar = {"query": "q", "key": "k", "value": "v"}

    def __init__(self, config: dict[str, Any], faults: frozenset[str]) -> None:
        super().__init__()
        width = config["n_embd"]
        self.n_head = config["n_head"]
        self.faults = faults
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.dropout = nn.Dropout(0.1)

    def split(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        if "head-layout" in self.faults:
            return x.view(batch, length, width // self.n_head, self.n_head).permute(0, 3, 1, 2)  # fault: head-layout
        return x.view(batch, length, self.n_head, width // self.n_head).transpose(1, 2)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        batch, length, width = x.shape
        size = width // self.n_head
        query, key, value = self.split(self.query(x)), self.split(self.key(x)), self.split(self.value(x))
        scores = query @ key.transpose(-1, -2)
        if "attention-scale-missing" in self.faults:
            pass  # fault: attention-scale-missing
        elif "attention-scale-width" in self.faults:
            scores = scores / math.sqrt(width)  # fault: attention-scale-width
        elif "attention-scale-twice" in self.faults:
            scores = scores / size  # fault: attention-scale-twice
        else:
            scores = scores / math.sqrt(size)
        if "attention-mask-ignored" in self.faults:
            pass  # fault: attention-mask-ignored
        elif "attention-mask-inverted" in self.faults:
            scores = scores + mask[:, None, None, :] * -10000.0  # fault: attention-mask-inverted
        elif "attention-mask-constant" in self.faults:
            scores = scores + (1 - mask[:, None, None, :]) * -1.0  # fault: attention-mask-constant
        elif "attention-mask-infinite" in self.faults:
            scores = scores + (1 - mask[:, None, None, :]) * -1e9  # fault: attention-mask-infinite
        else:
            scores = scores + (1 - mask[:, None, None, :]) * -10000.0
        if "softmax-axis" in self.faults:
            weights = scores.softmax(dim=-2)  # fault: softmax-axis
        elif "double-softmax" in self.faults:
            weights = scores.softmax(dim=-1).softmax(dim=-1)  # fault: double-softmax
        else:
            weights = scores.softmax(dim=-1)
        weights = self.dropout(weights)
        if "dropout-active" in self.faults:
            weights = F.dropout(weights, 0.1)  # fault: dropout-active
        context = weights @ value
        if "head-layout-merge" in self.faults:
            return context.reshape(batch, length, width)  # fault: head-layout-merge
        return context.transpose(1, 2).reshape(batch, length, width)


class AttentionOutput(Ported):
    other_names: ClassVar = {"dense": "proj", "LayerNorm": "norm"}

    def __init__(self, config: dict[str, Any], faults: frozenset[str]) -> None:
        super().__init__()
        width = config["n_embd"]
        self.faults = faults
        if "missing-bias-attention" in faults:
            self.dense = nn.Linear(width, width, bias=False)  # fault: missing-bias-attention
        else:
            self.dense = nn.Linear(width, width)
        self.LayerNorm = layer_norm(config, faults)

    def forward(self, x: Tensor, skipped: Tensor) -> Tensor:
        x = self.dense(x)
        if "missing-residual" in self.faults:
            return self.LayerNorm(x)  # fault: missing-residual
        if "scalar-factor" in self.faults:
            return self.LayerNorm(0.5 * x + skipped)  # fault: scalar-factor
        if "norm-order" in self.faults:
            return self.LayerNorm(x) + skipped  # fault: norm-order
        if "missing-op-norm" in self.faults:
            return x + skipped  # fault: missing-op-norm
        return self.LayerNorm(x + skipped)


class Attention(Ported):
    other_names: ClassVar = {"self": "heads", "output": "out"}

    def __init__(self, config: dict[str, Any], faults: frozenset[str]) -> None:
        super().__init__()
        self.self = SelfAttention(config, faults)
        self.output = AttentionOutput(config, faults)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        return self.output(self.self(x, mask), x)


class Intermediate(Ported):
    other_names: ClassVar = {"dense": "ff1"}

    def __init__(self, config: dict[str, Any], faults: frozenset[str]) -> None:
        super().__init__()
        self.erf = config["gelu"] == "erf"
        self.faults = faults
        self.dense = nn.Linear(config["n_embd"], config["mlp_ratio"] * config["n_embd"])

    def forward(self, x: Tensor) -> Tensor:
        x = self.dense(x)
        if "gelu-approximation" in self.faults:
            return F.gelu(x, approximate="tanh" if self.erf else "none")  # fault: gelu-approximation
        if "gelu-sigmoid" in self.faults:
            return x * torch.sigmoid(1.702 * x)  # fault: gelu-sigmoid
        if "activation-function-relu" in self.faults:
            return F.relu(x)  # fault: activation-function-relu
        if "activation-function-silu" in self.faults:
            return F.silu(x)  # fault: activation-function-silu
        if "missing-activation" in self.faults:
            return x  # fault: missing-activation
        return F.gelu(x, approximate="none" if self.erf else "tanh")


class Output(Ported):
    other_names: ClassVar = {"dense": "ff2", "LayerNorm": "norm"}

    def __init__(self, config: dict[str, Any], faults: frozenset[str]) -> None:
        super().__init__()
        width, inner = config["n_embd"], config["mlp_ratio"] * config["n_embd"]
        self.faults = faults
        if "missing-bias" in faults:
            self.dense = nn.Linear(inner, width, bias=False)  # fault: missing-bias
        else:
            self.dense = nn.Linear(inner, width)
        self.LayerNorm = layer_norm(config, faults)

    def forward(self, x: Tensor, skipped: Tensor) -> Tensor:
        x = self.dense(x)
        if "extra-op-relu" in self.faults:
            x = F.relu(x)  # fault: extra-op-relu
        if "missing-residual-mlp" in self.faults:
            return self.LayerNorm(x)  # fault: missing-residual-mlp
        return self.LayerNorm(x + skipped)


class Layer(Ported):
    other_names: ClassVar = {"attention": "self_attention", "intermediate": "expand", "output": "contract"}

    def __init__(self, config: dict[str, Any], faults: frozenset[str]) -> None:
        super().__init__()
        self.attention = Attention(config, faults)
        self.intermediate = Intermediate(config, faults)
        self.output = Output(config, faults)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        attended = self.attention(x, mask)
        return self.output(self.intermediate(attended), attended)


class Encoder(Ported):
    other_names: ClassVar = {"layer": "blocks"}

    def __init__(self, config: dict[str, Any], faults: Faults) -> None:
        super().__init__()
        self.layer = nn.ModuleList(Layer(config, faults.at(number)) for number in range(config["n_layer"]))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        for layer in self.layer:
            x = layer(x, mask)
        return x


class Pooler(Ported):
    other_names: ClassVar = {"dense": "fc"}

    def __init__(self, config: dict[str, Any], faults: frozenset[str]) -> None:
        super().__init__()
        self.faults = faults
        self.dense = nn.Linear(config["n_embd"], config["n_embd"])

    def forward(self, x: Tensor) -> Tensor:
        if "missing-op-tanh" in self.faults:
            return self.dense(x[:, 0])  # fault: missing-op-tanh
        return torch.tanh(self.dense(x[:, 0]))


class Bert(Ported):
    other_names: ClassVar = {"embeddings": "embed", "encoder": "transformer", "pooler": "pool"}

    def __init__(self, config: dict[str, Any], faults: Faults) -> None:
        super().__init__()
        self.faults = faults.anywhere
        self.embeddings = Embeddings(config, faults.at(-1))
        self.encoder = Encoder(config, faults)
        self.pooler = Pooler(config, faults.at(-1))

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> tuple[Tensor, Tensor]:
        x = self.embeddings(input_ids, token_type_ids)
        x = self.encoder(x, attention_mask.to(x.dtype))
        if "extra-op-norm" in self.faults:
            x = F.layer_norm(x, x.shape[-1:])  # fault: extra-op-norm
        return x, self.pooler(x)
