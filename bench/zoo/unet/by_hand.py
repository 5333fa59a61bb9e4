"""The layers with the norms written out as the original's are."""

from __future__ import annotations

import torch
from functional import FunctionalUnit, make_output, make_transposed, unit_tensors
from plan import Plan, UnitSpec, group_count
from torch import Tensor

__all__ = ["make_output", "make_transposed", "make_unit", "unit_tensors"]


class HandUnit(FunctionalUnit):
    def normalise(self, x: Tensor) -> Tensor:
        plan, scope = self.plan, self.spec.scope
        batch, channels, height, width = x.shape
        groups, epsilon = group_count(plan, self.spec), plan.sizes["epsilon"]
        if plan.has("norm-epsilon", scope):
            epsilon = plan.wrong_epsilon  # fault: norm-epsilon
        if plan.has("norm-epsilon-everywhere", scope):
            epsilon = plan.wrong_epsilon  # fault: norm-epsilon-everywhere
        if plan.has("norm-groups", scope):
            groups = 2 * groups  # fault: norm-groups
        if plan.has("norm-axis", scope):
            groups = 1 if groups == channels else channels  # fault: norm-axis
        grouped = x.reshape(batch, groups, -1)
        mean = grouped.mean(-1, keepdim=True)
        if plan.has("variance-ddof", scope):
            variance = grouped.var(-1, keepdim=True)  # fault: variance-ddof
        else:
            variance = (grouped - mean).square().mean(-1, keepdim=True)
        y = ((grouped - mean) * torch.rsqrt(variance + epsilon)).reshape(batch, channels, height, width)
        return y * self.gamma[:, None, None] + self.beta[:, None, None]


def make_unit(plan: Plan, spec: UnitSpec, named: bool) -> HandUnit:
    return HandUnit(plan, spec)
