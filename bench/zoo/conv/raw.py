"""What the styles without torch's layers have in common: modules that only hold parameters and buffers."""

from __future__ import annotations

import torch
from plan import Plan, UnitSpec
from torch import Tensor, nn


class RawUnit(nn.Module):
    def __init__(self, plan: Plan, spec: UnitSpec) -> None:
        super().__init__()
        self.plan, self.spec = plan, spec
        shape = (spec.outputs, spec.inputs // spec.groups, spec.size, spec.size)
        self.weight = nn.Parameter(torch.randn(shape) * 0.05)
        has_bias = spec.bias and not plan.has("missing-bias", spec.scope)
        self.bias = nn.Parameter(torch.zeros(spec.outputs)) if has_bias else None
        if spec.norm:
            self.gamma = nn.Parameter(torch.ones(spec.outputs))
            self.beta = nn.Parameter(torch.zeros(spec.outputs))
            self.register_buffer("mean", torch.zeros(spec.outputs))
            self.register_buffer("variance", torch.ones(spec.outputs))


def unit_tensors(unit: RawUnit) -> dict[str, Tensor]:
    """The tensors to load, by the last part of the variable's name."""
    found = {"kernel": unit.weight}
    if unit.bias is not None:
        found["bias"] = unit.bias
    if unit.spec.norm:
        found |= {"gamma": unit.gamma, "beta": unit.beta, "moving_mean": unit.mean, "moving_variance": unit.variance}
    return found
