"""The cells as loops of F.linear over raw parameters in torch's layout."""

from __future__ import annotations

import torch
from gru1 import GRU1
from loading import Variables, gru_weights, is_gru_forgotten, lstm_weights
from plan import Plan
from sequences import reverse
from torch import Tensor, nn
from torch.nn import functional as F


class Recurrent(nn.Module):
    """Holds the weights of one layer, `gates` blocks of rows each."""

    def __init__(self, plan: Plan, place: str, inputs: int, hidden: int, gates: int) -> None:
        super().__init__()
        self.plan, self.place, self.hidden = plan, place, hidden
        self.w_ih = nn.Parameter(torch.randn(gates * hidden, inputs) * 0.1)
        self.w_hh = nn.Parameter(torch.randn(gates * hidden, hidden) * 0.1)
        self.b_ih = nn.Parameter(torch.zeros(gates * hidden))
        self.b_hh = nn.Parameter(torch.zeros(gates * hidden))


class LSTMLayer(Recurrent):
    def forward(self, x: Tensor) -> Tensor:
        h = c = x.new_zeros(x.shape[0], self.hidden)
        outputs = []
        for step in x.unbind(1):
            gates = F.linear(step, self.w_ih, self.b_ih) + F.linear(h, self.w_hh, self.b_hh)
            i, f, g, o = gates.chunk(4, 1)
            if self.plan.has("lstm-hard-sigmoid", self.place):
                i, f, o = F.hardsigmoid(i), F.hardsigmoid(f), F.hardsigmoid(o)  # fault: lstm-hard-sigmoid
            else:
                i, f, o = torch.sigmoid(i), torch.sigmoid(f), torch.sigmoid(o)
            c = f * c + i * torch.tanh(g)
            h = o * torch.tanh(c)
            outputs.append(h)
        return torch.stack(outputs, 1)


class BiLSTM(nn.Module):
    def __init__(self, plan: Plan, layer: type[nn.Module]) -> None:
        super().__init__()
        self.plan = plan
        sizes = (plan.sizes["embedding"], plan.hidden, 4)
        self.fw = layer(plan, "bilstm/fw", *sizes)
        self.bw = layer(plan, "bilstm/bw", *sizes)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        forward = self.fw(x)
        if self.plan.has("backward-not-reversed"):
            backward = self.bw(x)  # fault: backward-not-reversed
        elif self.plan.has("backward-left-reversed"):
            backward = self.bw(reverse(self.plan, x, lengths))  # fault: backward-left-reversed
        else:
            backward = reverse(self.plan, self.bw(reverse(self.plan, x, lengths)), lengths)
        return torch.cat([forward, backward], -1)


class GRULayer(Recurrent):
    def forward(self, x: Tensor) -> Tensor:
        h = x.new_zeros(x.shape[0], self.hidden)
        outputs = []
        for step in x.unbind(1):
            h = self.step(F.linear(step, self.w_ih, self.b_ih), h)
            outputs.append(h)
        return torch.stack(outputs, 1)

    def step(self, of_x: Tensor, h: Tensor) -> Tensor:
        xr, xz, xn = of_x.chunk(3, 1)
        hr, hz, hn = F.linear(h, self.w_hh, self.b_hh).chunk(3, 1)
        if self.plan.has("gru-hard-sigmoid", self.place):
            r, z = F.hardsigmoid(xr + hr), F.hardsigmoid(xz + hz)  # fault: gru-hard-sigmoid
        else:
            r, z = torch.sigmoid(xr + hr), torch.sigmoid(xz + hz)
        if self.plan.has("gru-reset", self.place):
            n = torch.tanh(
                xn + F.linear(r * h, self.w_hh[-self.hidden :], self.b_hh[-self.hidden :])
            )  # fault: gru-reset
        else:
            n = torch.tanh(xn + r * hn)
        return (1 - z) * n + z * h


class GRU(nn.Module):
    def __init__(self, plan: Plan, layer: type[nn.Module]) -> None:
        super().__init__()
        width = 2 * plan.hidden
        self.cell_0 = layer(plan, "gru/cell_0", width, width, 3)
        self.cell_1 = layer(plan, "gru/cell_1", width, width, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.cell_1(self.cell_0(x))


def make_bilstm(plan: Plan) -> BiLSTM:
    return BiLSTM(plan, LSTMLayer)


def run_bilstm(plan: Plan, rnn: BiLSTM, x: Tensor, lengths: Tensor | None) -> Tensor:
    return rnn(x, lengths)


@torch.no_grad()
def load_bilstm(plan: Plan, rnn: BiLSTM, variables: Variables) -> None:
    for direction, layer in (("fw", rnn.fw), ("bw", rnn.bw)):
        for name, value in lstm_weights(plan, variables, direction).items():
            getattr(layer, name).copy_(value)


def make_gru(plan: Plan) -> GRU | GRU1:
    return GRU1(plan) if plan.sizes["gru"] == "gru1" else GRU(plan, GRULayer)


def run_gru(plan: Plan, rnn: GRU | GRU1, x: Tensor) -> Tensor:
    return rnn(x)


@torch.no_grad()
def load_gru(plan: Plan, rnn: GRU | GRU1, variables: Variables) -> None:
    if isinstance(rnn, GRU1):
        rnn.load(plan, variables)
        return
    for layer, cell in enumerate((rnn.cell_0, rnn.cell_1)):
        if is_gru_forgotten(plan, layer):
            continue  # fault: gru-not-loaded
        for name, value in gru_weights(plan, variables, layer).items():
            getattr(cell, name).copy_(value)
