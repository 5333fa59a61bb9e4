"""The port with raw parameters and torch.nn.functional: one module per layer, which holds all its weights."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import torch
from ported import Faults, Ported
from torch import Tensor, nn
from torch.nn import functional as F


def weight(*shape: int) -> nn.Parameter:
    return nn.Parameter(0.02 * torch.randn(*shape))


def bias(size: int) -> nn.Parameter:
    return nn.Parameter(torch.zeros(size))


def gain(size: int) -> nn.Parameter:
    return nn.Parameter(torch.ones(size))


class Layer(Ported):
    other_names: ClassVar = {
        "query_kernel": "wq",
        "query_bias": "bq",
        "key_kernel": "wk",
        "key_bias": "bk",
        "value_kernel": "wv",
        "value_bias": "bv",
        "attention_output_kernel": "wo",
        "attention_output_bias": "bo",
        "attention_output_gamma": "norm1_scale",
        "attention_output_beta": "norm1_shift",
        "intermediate_kernel": "w1",
        "intermediate_bias": "b1",
        "output_kernel": "w2",
        "output_bias": "b2",
        "output_gamma": "norm2_scale",
        "output_beta": "norm2_shift",
    }

    def __init__(self, config: dict[str, Any], faults: frozenset[str]) -> None:
        super().__init__()
        width, inner = config["n_embd"], config["mlp_ratio"] * config["n_embd"]
        self.n_head = config["n_head"]
        self.epsilon, self.wrong_epsilon = config["epsilon"], config["wrong_epsilon"]
        self.erf = config["gelu"] == "erf"
        self.faults = faults
        self.query_kernel, self.query_bias = weight(width, width), bias(width)
        self.key_kernel, self.key_bias = weight(width, width), bias(width)
        self.value_kernel, self.value_bias = weight(width, width), bias(width)
        self.attention_output_kernel, self.attention_output_bias = weight(width, width), bias(width)
        self.attention_output_gamma, self.attention_output_beta = gain(width), bias(width)
        self.intermediate_kernel, self.intermediate_bias = weight(inner, width), bias(inner)
        self.output_kernel, self.output_bias = weight(width, inner), bias(width)
        self.output_gamma, self.output_beta = gain(width), bias(width)

    def norm(self, x: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
        if "norm-epsilon" in self.faults:
            return F.layer_norm(x, gamma.shape, gamma, beta, self.wrong_epsilon)  # fault: norm-epsilon
        if "norm-axis" in self.faults:
            return F.layer_norm(x, x.shape[1:], eps=self.epsilon) * gamma + beta  # fault: norm-axis
        return F.layer_norm(x, gamma.shape, gamma, beta, self.epsilon)

    def activation(self, x: Tensor) -> Tensor:
        if "gelu-approximation" in self.faults:
            return F.gelu(x, approximate="tanh" if self.erf else "none")  # fault: gelu-approximation
        if "gelu-sigmoid" in self.faults:
            return x * F.sigmoid(1.702 * x)  # fault: gelu-sigmoid
        if "activation-function-relu" in self.faults:
            return F.relu(x)  # fault: activation-function-relu
        if "activation-function-silu" in self.faults:
            return F.silu(x)  # fault: activation-function-silu
        if "missing-activation" in self.faults:
            return x  # fault: missing-activation
        return F.gelu(x, approximate="none" if self.erf else "tanh")

    def split(self, x: Tensor) -> Tensor:
        if "head-layout" in self.faults:
            return x.unflatten(-1, (-1, self.n_head)).permute(0, 3, 1, 2)  # fault: head-layout
        return x.unflatten(-1, (self.n_head, -1)).transpose(1, 2)

    def attend(self, x: Tensor, mask: Tensor) -> Tensor:
        q = self.split(F.linear(x, self.query_kernel, self.query_bias))
        k = self.split(F.linear(x, self.key_kernel, self.key_bias))
        v = self.split(F.linear(x, self.value_kernel, self.value_bias))
        if "attention-scale-missing" in self.faults:
            scores = torch.matmul(q, k.mT)  # fault: attention-scale-missing
        elif "attention-scale-width" in self.faults:
            scores = torch.matmul(q, k.mT) / x.shape[-1] ** 0.5  # fault: attention-scale-width
        elif "attention-scale-twice" in self.faults:
            scores = torch.matmul(q, k.mT) / q.shape[-1]  # fault: attention-scale-twice
        else:
            scores = torch.matmul(q, k.mT) / q.shape[-1] ** 0.5
        padded = (mask == 0)[:, None, None, :]
        if "attention-mask-ignored" in self.faults:
            pass  # fault: attention-mask-ignored
        elif "attention-mask-inverted" in self.faults:
            scores = scores.masked_fill(~padded, -1e4)  # fault: attention-mask-inverted
        elif "attention-mask-constant" in self.faults:
            scores = scores.masked_fill(padded, -1.0)  # fault: attention-mask-constant
        elif "attention-mask-infinite" in self.faults:
            scores = scores.masked_fill(padded, -math.inf)  # fault: attention-mask-infinite
        else:
            scores = scores + padded * -10000.0
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
            return F.linear(context, self.attention_output_kernel)  # fault: missing-bias-attention
        return F.linear(context, self.attention_output_kernel, self.attention_output_bias)

    def feed_forward(self, x: Tensor) -> Tensor:
        inner = self.activation(F.linear(x, self.intermediate_kernel, self.intermediate_bias))
        if "missing-bias" in self.faults:
            return F.linear(inner, self.output_kernel)  # fault: missing-bias
        return F.linear(inner, self.output_kernel, self.output_bias)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        gamma, beta = self.attention_output_gamma, self.attention_output_beta
        if "missing-residual" in self.faults:
            x = self.norm(self.attend(x, mask), gamma, beta)  # fault: missing-residual
        elif "scalar-factor" in self.faults:
            x = self.norm(x + 0.5 * self.attend(x, mask), gamma, beta)  # fault: scalar-factor
        elif "norm-order" in self.faults:
            x = x + self.norm(self.attend(x, mask), gamma, beta)  # fault: norm-order
        else:
            x = self.norm(x + self.attend(x, mask), gamma, beta)
        if "missing-residual-mlp" in self.faults:
            return self.norm(self.feed_forward(x), self.output_gamma, self.output_beta)  # fault: missing-residual-mlp
        return self.norm(x + self.feed_forward(x), self.output_gamma, self.output_beta)


class Bert(Ported):
    other_names: ClassVar = {
        "word_embeddings": "token_table",
        "position_embeddings": "position_table",
        "token_type_embeddings": "segment_table",
        "embeddings_gamma": "norm_scale",
        "embeddings_beta": "norm_shift",
        "layer": "blocks",
        "pooler_kernel": "pool_weight",
        "pooler_bias": "pool_bias",
    }

    def __init__(self, config: dict[str, Any], faults: Faults) -> None:
        super().__init__()
        width = config["n_embd"]
        self.epsilon = config["epsilon"]
        self.faults = faults.anywhere
        self.word_embeddings = weight(config["n_vocab"], width)
        self.position_embeddings = weight(config["n_ctx"], width)
        self.token_type_embeddings = weight(2, width)
        self.embeddings_gamma, self.embeddings_beta = gain(width), bias(width)
        self.layer = nn.ModuleList(Layer(config, faults.at(number)) for number in range(config["n_layer"]))
        self.pooler_kernel, self.pooler_bias = weight(width, width), bias(width)

    def forward(self, input_ids: Tensor, input_mask: Tensor, segment_ids: Tensor) -> dict[str, Tensor]:
        length, width = input_ids.shape[1], self.word_embeddings.shape[1]
        x = F.embedding(input_ids, self.word_embeddings)
        if "embedding-scale-extra" in self.faults:
            x = x * width**0.5  # fault: embedding-scale-extra
        if "token-type-constant" in self.faults:
            x = x + self.token_type_embeddings[1]  # fault: token-type-constant
        elif "token-type-ignored" in self.faults:
            pass  # fault: token-type-ignored
        else:
            x = x + F.embedding(segment_ids, self.token_type_embeddings)
        if "position-offset" in self.faults:
            x = x + F.pad(self.position_embeddings, (0, 0, 0, 1))[1 : length + 1]  # fault: position-offset
        else:
            x = x + self.position_embeddings[:length]
        x = F.layer_norm(x, (width,), self.embeddings_gamma, self.embeddings_beta, self.epsilon)
        for layer in self.layer:
            x = layer(x, input_mask)
        pooled = F.linear(x[:, 0], self.pooler_kernel, self.pooler_bias)
        if "missing-op-tanh" in self.faults:
            return {"sequence_output": x, "pooled_output": pooled}  # fault: missing-op-tanh
        return {"sequence_output": x, "pooled_output": F.tanh(pooled)}
