"""TensorFlow 1's GRUCell, which torch does not have: the reset gate acts on the state before the product."""

from __future__ import annotations

import torch
from loading import Variables, gru_scope, is_gru_forgotten
from plan import Plan
from torch import Tensor, nn


class GRU1Layer(nn.Module):
    def __init__(self, plan: Plan, layer: int) -> None:
        super().__init__()
        self.plan, self.place = plan, f"gru/cell_{layer}"
        self.hidden = 2 * plan.hidden
        self.gates = nn.Linear(2 * self.hidden, 2 * self.hidden)
        self.candidate = nn.Linear(2 * self.hidden, self.hidden)

    def forward(self, x: Tensor) -> Tensor:
        h = x.new_zeros(x.shape[0], self.hidden)
        outputs = []
        for step in x.unbind(1):
            h = self.step(step, h)
            outputs.append(h)
        return torch.stack(outputs, 1)

    def step(self, x: Tensor, h: Tensor) -> Tensor:
        gates = self.gates(torch.cat([x, h], 1))
        if self.plan.has("gru-hard-sigmoid", self.place):
            r, u = (gates * 0.2 + 0.5).clamp(0, 1).chunk(2, 1)  # fault: gru-hard-sigmoid
        elif self.plan.has("gru-gate-split", self.place):
            u, r = torch.sigmoid(gates).chunk(2, 1)  # fault: gru-gate-split
        else:
            r, u = torch.sigmoid(gates).chunk(2, 1)
        if self.plan.has("gru-reset", self.place):
            of_x, of_h = self.candidate.weight.chunk(2, 1)
            candidate = x @ of_x.T + r * (h @ of_h.T) + self.candidate.bias  # fault: gru-reset
        else:
            candidate = self.candidate(torch.cat([x, r * h], 1))
        return u * h + (1 - u) * torch.tanh(candidate)


class GRU1(nn.Module):
    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.cell_0 = GRU1Layer(plan, 0)
        self.cell_1 = GRU1Layer(plan, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.cell_1(self.cell_0(x))

    @torch.no_grad()
    def load(self, plan: Plan, variables: Variables) -> None:
        for layer, cell in enumerate((self.cell_0, self.cell_1)):
            if is_gru_forgotten(plan, layer):
                continue  # fault: gru-not-loaded
            for name, linear in (("gates", cell.gates), ("candidate", cell.candidate)):
                scope = f"{gru_scope(plan, layer)}/{name}"
                linear.weight.copy_(variables[f"{scope}/kernel"].T)
                linear.bias.copy_(variables[f"{scope}/bias"])
