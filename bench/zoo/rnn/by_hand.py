"""The cells as the original writes them: kernels [in, out], x @ kernel, gates in TensorFlow's order."""

from __future__ import annotations

import torch
from functional import GRU, BiLSTM, run_bilstm, run_gru
from gru1 import GRU1
from loading import Variables, gru_bias, gru_scope, is_gru_forgotten, lstm_scope
from plan import Plan
from torch import Tensor, nn

__all__ = ["load_bilstm", "load_gru", "make_bilstm", "make_gru", "run_bilstm", "run_gru"]


def hard_sigmoid(x: Tensor) -> Tensor:
    return (0.2 * x + 0.5).clamp(0, 1)


class HandLSTM(nn.Module):
    def __init__(self, plan: Plan, place: str, inputs: int, hidden: int, gates: int) -> None:
        super().__init__()
        self.plan, self.place, self.hidden = plan, place, hidden
        self.kernel = nn.Parameter(torch.randn(inputs + hidden, gates * hidden) * 0.1)
        self.bias = nn.Parameter(torch.zeros(gates * hidden))

    def forward(self, x: Tensor) -> Tensor:
        batch, steps, _ = x.shape
        h, c = x.new_zeros(batch, self.hidden), x.new_zeros(batch, self.hidden)
        outputs = []
        for t in range(steps):
            h, c = self.step(x[:, t], h, c)
            outputs.append(h)
        return torch.stack(outputs, 1)

    def step(self, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        gates = torch.cat([x, h], 1) @ self.kernel + self.bias
        if self.plan.has("lstm-gate-split", self.place):
            i, f, j, o = gates.chunk(4, 1)  # fault: lstm-gate-split
        else:
            i, j, f, o = gates.chunk(4, 1)
        sigmoid = torch.sigmoid
        if self.plan.has("lstm-hard-sigmoid", self.place):
            sigmoid = hard_sigmoid  # fault: lstm-hard-sigmoid
        if self.plan.has("forget-bias-step", self.place):
            c = c * sigmoid(f) + sigmoid(i) * torch.tanh(j)  # fault: forget-bias-step
        else:
            c = c * sigmoid(f + self.plan.sizes["forget_bias"]) + sigmoid(i) * torch.tanh(j)
        return torch.tanh(c) * sigmoid(o), c


class HandGRU(nn.Module):
    def __init__(self, plan: Plan, place: str, inputs: int, hidden: int, gates: int) -> None:
        super().__init__()
        self.plan, self.place, self.hidden = plan, place, hidden
        self.kernel = nn.Parameter(torch.randn(inputs, gates * hidden) * 0.1)
        self.recurrent_kernel = nn.Parameter(torch.randn(hidden, gates * hidden) * 0.1)
        self.bias = nn.Parameter(torch.zeros(2, gates * hidden))

    def forward(self, x: Tensor) -> Tensor:
        batch, steps, _ = x.shape
        h = x.new_zeros(batch, self.hidden)
        outputs = []
        for t in range(steps):
            h = self.step(x[:, t], h)
            outputs.append(h)
        return torch.stack(outputs, 1)

    def step(self, x: Tensor, h: Tensor) -> Tensor:
        of_x, of_h = x @ self.kernel + self.bias[0], h @ self.recurrent_kernel + self.bias[1]
        if self.plan.has("gru-gate-split", self.place):
            (xr, xz, xh), (hr, hz, hh) = of_x.chunk(3, 1), of_h.chunk(3, 1)  # fault: gru-gate-split
        else:
            (xz, xr, xh), (hz, hr, hh) = of_x.chunk(3, 1), of_h.chunk(3, 1)
        sigmoid = torch.sigmoid
        if self.plan.has("gru-hard-sigmoid", self.place):
            sigmoid = hard_sigmoid  # fault: gru-hard-sigmoid
        z, r = sigmoid(xz + hz), sigmoid(xr + hr)
        if self.plan.has("gru-reset", self.place):
            of_reset = (r * h) @ self.recurrent_kernel + self.bias[1]
            candidate = torch.tanh(xh + of_reset[:, -self.hidden :])  # fault: gru-reset
        else:
            candidate = torch.tanh(xh + r * hh)
        return z * h + (1 - z) * candidate


def make_bilstm(plan: Plan) -> BiLSTM:
    return BiLSTM(plan, HandLSTM)


@torch.no_grad()
def load_bilstm(plan: Plan, rnn: BiLSTM, variables: Variables) -> None:
    for direction, layer in (("fw", rnn.fw), ("bw", rnn.bw)):
        scope = f"{lstm_scope(plan, direction)}/lstm_cell"
        kernel = variables[f"{scope}/kernel"]
        if plan.has("lstm-kernel-transposed", f"bilstm/{direction}"):
            kernel = kernel.T  # fault: lstm-kernel-transposed
        layer.kernel.copy_(kernel)
        if plan.has("lstm-bias-not-loaded", f"bilstm/{direction}"):
            continue  # fault: lstm-bias-not-loaded
        layer.bias.copy_(variables[f"{scope}/bias"])


def make_gru(plan: Plan) -> GRU | GRU1:
    return GRU1(plan) if plan.sizes["gru"] == "gru1" else GRU(plan, HandGRU)


@torch.no_grad()
def load_gru(plan: Plan, rnn: GRU | GRU1, variables: Variables) -> None:
    if isinstance(rnn, GRU1):
        rnn.load(plan, variables)
        return
    for layer, cell in enumerate((rnn.cell_0, rnn.cell_1)):
        if is_gru_forgotten(plan, layer):
            continue  # fault: gru-not-loaded
        scope = gru_scope(plan, layer)
        cell.kernel.copy_(variables[f"{scope}/kernel"])
        cell.recurrent_kernel.copy_(variables[f"{scope}/recurrent_kernel"])
        cell.bias.copy_(gru_bias(plan, variables, layer))
