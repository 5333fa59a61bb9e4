"""The layers as torch's fused recurrent modules; where torch has none, a loop over nn.Linear."""

from __future__ import annotations

import torch
from gru1 import GRU1
from loading import Variables, gru_weights, is_gru_forgotten, lstm_weights
from plan import Plan
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

FUSED = {"w_ih": "weight_ih", "w_hh": "weight_hh", "b_ih": "bias_ih", "b_hh": "bias_hh"}


def make_bilstm(plan: Plan) -> nn.LSTM:
    width = plan.sizes["embedding"]
    if plan.has("batch-first-forgotten"):
        return nn.LSTM(width, plan.hidden, bidirectional=True)  # fault: batch-first-forgotten
    return nn.LSTM(width, plan.hidden, batch_first=True, bidirectional=True)


def run_bilstm(plan: Plan, rnn: nn.LSTM, x: Tensor, lengths: Tensor | None) -> Tensor:
    if lengths is None:
        return rnn(x)[0]
    if plan.has("padding-not-packed"):
        return rnn(x)[0]  # fault: padding-not-packed
    packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
    outputs, _ = rnn(packed)
    return pad_packed_sequence(outputs, batch_first=True, total_length=x.shape[1])[0]


@torch.no_grad()
def load_bilstm(plan: Plan, rnn: nn.LSTM, variables: Variables) -> None:
    for direction, suffix in (("fw", "_l0"), ("bw", "_l0_reverse")):
        for name, value in lstm_weights(plan, variables, direction).items():
            getattr(rnn, FUSED[name] + suffix).copy_(value)


def make_gru(plan: Plan) -> nn.GRU | GRU1:
    width = 2 * plan.hidden
    return GRU1(plan) if plan.sizes["gru"] == "gru1" else nn.GRU(width, width, num_layers=2, batch_first=True)


def run_gru(plan: Plan, rnn: nn.GRU | GRU1, x: Tensor) -> Tensor:
    return rnn(x)[0] if isinstance(rnn, nn.GRU) else rnn(x)


@torch.no_grad()
def load_gru(plan: Plan, rnn: nn.GRU | GRU1, variables: Variables) -> None:
    if isinstance(rnn, GRU1):
        rnn.load(plan, variables)
        return
    for layer in range(2):
        if is_gru_forgotten(plan, layer):
            continue  # fault: gru-not-loaded
        for name, value in gru_weights(plan, variables, layer).items():
            getattr(rnn, f"{FUSED[name]}_l{layer}").copy_(value)
