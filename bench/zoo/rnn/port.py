"""The tagger in PyTorch: port of original.py in several styles, and with faults on demand."""

from __future__ import annotations

import math
from pathlib import Path
from types import ModuleType

import by_hand
import functional
import modules
import numpy as np
import torch
from loading import Variables, dense_kernel, embedding_table
from plan import Plan, read_plan
from sequences import mask_padding
from torch import Tensor, nn

STYLES = {"modules": modules, "functional": functional, "by-hand": by_hand}


def scale_embedding(plan: Plan, x: Tensor) -> Tensor:
    scaled = plan.sizes["embedding_scale"]
    if plan.has("embedding-scale"):
        scaled = not scaled  # fault: embedding-scale
    return x * math.sqrt(x.shape[-1]) if scaled else x


def make_logits(plan: Plan) -> nn.Linear:
    if plan.has("missing-bias"):
        return nn.Linear(2 * plan.hidden, plan.sizes["classes"], bias=False)  # fault: missing-bias
    return nn.Linear(2 * plan.hidden, plan.sizes["classes"])


class Tagger(nn.Module):
    """Named as the original's scopes."""

    def __init__(self, plan: Plan, layers: ModuleType) -> None:
        super().__init__()
        self.plan, self.layers = plan, layers
        self.embedding = nn.Embedding(plan.sizes["vocabulary"], plan.sizes["embedding"])
        self.bilstm = layers.make_bilstm(plan)
        self.gru = layers.make_gru(plan)
        self.projection = nn.Linear(2 * plan.hidden, 2 * plan.hidden)
        self.logits = make_logits(plan)

    def parts(self) -> tuple[nn.Module, ...]:
        return self.embedding, self.bilstm, self.gru, self.projection, self.logits

    def forward(self, tokens: Tensor, lengths: Tensor | None = None) -> Tensor:
        x = scale_embedding(self.plan, self.embedding(tokens))
        x = mask_padding(self.plan, self.layers.run_bilstm(self.plan, self.bilstm, x, lengths), lengths)
        x = mask_padding(self.plan, self.layers.run_gru(self.plan, self.gru, x), lengths)
        x = self.projection(x)
        if self.plan.has("missing-activation"):
            return self.logits(x)  # fault: missing-activation
        return self.logits(torch.tanh(x))


class Encoder(nn.Module):
    def __init__(self, plan: Plan, layers: ModuleType) -> None:
        super().__init__()
        self.plan, self.layers = plan, layers
        self.embed = nn.Embedding(plan.sizes["vocabulary"], plan.sizes["embedding"])
        self.rnn = layers.make_bilstm(plan)

    def forward(self, tokens: Tensor, lengths: Tensor | None) -> Tensor:
        x = scale_embedding(self.plan, self.embed(tokens))
        return mask_padding(self.plan, self.layers.run_bilstm(self.plan, self.rnn, x, lengths), lengths)


class Decoder(nn.Module):
    def __init__(self, plan: Plan, layers: ModuleType) -> None:
        super().__init__()
        self.plan, self.layers = plan, layers
        self.rnn = layers.make_gru(plan)

    def forward(self, x: Tensor, lengths: Tensor | None) -> Tensor:
        return mask_padding(self.plan, self.layers.run_gru(self.plan, self.rnn, x), lengths)


class Seq2Tags(nn.Module):
    """The same network with names of its own."""

    def __init__(self, plan: Plan, layers: ModuleType) -> None:
        super().__init__()
        self.encoder = Encoder(plan, layers)
        self.decoder = Decoder(plan, layers)
        projection = nn.Linear(2 * plan.hidden, 2 * plan.hidden)
        if plan.has("missing-activation"):
            self.head = nn.Sequential(projection, nn.Identity(), make_logits(plan))  # fault: missing-activation
        else:
            self.head = nn.Sequential(projection, nn.Tanh(), make_logits(plan))

    def parts(self) -> tuple[nn.Module, ...]:
        return self.encoder.embed, self.encoder.rnn, self.decoder.rnn, self.head[0], self.head[2]

    def forward(self, tokens: Tensor, lengths: Tensor | None = None) -> Tensor:
        return self.head(self.decoder(self.encoder(tokens, lengths), lengths))


@torch.no_grad()
def load(plan: Plan, layers: ModuleType, model: Tagger | Seq2Tags, variables: Variables) -> None:
    embedding, bilstm, gru, projection, logits = model.parts()
    embedding.weight.copy_(embedding_table(plan, variables))
    layers.load_bilstm(plan, bilstm, variables)
    layers.load_gru(plan, gru, variables)
    for scope, dense in (("projection", projection), ("logits", logits)):
        dense.weight.copy_(dense_kernel(plan, variables, scope).T)
        if dense.bias is not None:
            dense.bias.copy_(variables[f"{scope}/bias"])


def build(
    directory: str, style: str = "modules", names: str = "same", faults: tuple[str, ...] | list[str] = ()
) -> nn.Module:
    folder = Path(directory)
    plan, layers = read_plan(folder, faults), STYLES[style]
    model = {"same": Tagger, "other": Seq2Tags}[names](plan, layers)
    with np.load(folder / "weights.npz") as arrays:
        load(plan, layers, model, {name: torch.from_numpy(arrays[name]) for name in arrays.files})
    return model.eval()
