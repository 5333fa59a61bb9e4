"""The layers as calls of torch.nn.functional on raw parameters."""

from __future__ import annotations

import torch
from plan import Plan, UnitSpec, group_count
from same import pad_same
from torch import Tensor, nn
from torch.nn import functional as F


class FunctionalUnit(nn.Module):
    def __init__(self, plan: Plan, spec: UnitSpec) -> None:
        super().__init__()
        self.plan, self.spec = plan, spec
        self.weight = nn.Parameter(torch.randn(spec.outputs, spec.inputs, 3, 3) * 0.05)
        self.bias = nn.Parameter(torch.zeros(spec.outputs))
        self.gamma = nn.Parameter(torch.ones(spec.outputs))
        self.beta = nn.Parameter(torch.zeros(spec.outputs))

    def forward(self, x: Tensor) -> Tensor:
        x = self.convolve(x)
        if self.plan.has("missing-op", self.spec.scope):
            return F.relu(x)  # fault: missing-op
        x = self.normalise(x)
        if self.plan.has("missing-activation", self.spec.scope):
            return x  # fault: missing-activation
        return F.relu(x)

    def convolve(self, x: Tensor) -> Tensor:
        spec = self.spec
        if self.plan.has("padding-same", spec.scope):
            return F.conv2d(x, self.weight, self.bias, spec.stride, padding=1)  # fault: padding-same
        return F.conv2d(pad_same(x, 3, spec.stride), self.weight, self.bias, spec.stride)

    def normalise(self, x: Tensor) -> Tensor:
        plan, scope, gamma, beta = self.plan, self.spec.scope, self.gamma, self.beta
        groups, epsilon = group_count(plan, self.spec), plan.sizes["epsilon"]
        if plan.has("norm-epsilon", scope):
            return F.group_norm(x, groups, gamma, beta, plan.wrong_epsilon)  # fault: norm-epsilon
        if plan.has("norm-epsilon-everywhere", scope):
            return F.group_norm(x, groups, gamma, beta, plan.wrong_epsilon)  # fault: norm-epsilon-everywhere
        if plan.has("norm-groups", scope):
            return F.group_norm(x, 2 * groups, gamma, beta, epsilon)  # fault: norm-groups
        if plan.has("norm-axis", scope):
            if plan.sizes["norm"] == "instance":
                return F.group_norm(x, 1, gamma, beta, epsilon)  # fault: norm-axis
            return F.instance_norm(x, weight=gamma, bias=beta, eps=epsilon)  # fault: norm-axis
        if plan.sizes["norm"] == "instance":
            return F.instance_norm(x, weight=gamma, bias=beta, eps=epsilon)
        return F.group_norm(x, groups, gamma, beta, epsilon)


class Transposed(nn.Module):
    def __init__(self, plan: Plan, channels: int) -> None:
        super().__init__()
        self.plan = plan
        size = plan.sizes["transposed_kernel"]
        self.weight = nn.Parameter(torch.randn(channels, channels, size, size) * 0.05)
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        plan, weight, bias = self.plan, self.weight, self.bias
        height, width = x.shape[-2:]
        if plan.has("transposed-conv-shift"):
            return F.conv_transpose2d(x, weight, bias, 2, padding=1, output_padding=1)  # fault: transposed-conv-shift
        full = F.conv_transpose2d(x, weight, bias, 2)
        if plan.has("transposed-conv-crop"):
            return full[..., -2 * height :, -2 * width :]  # fault: transposed-conv-crop
        return full[..., : 2 * height, : 2 * width]


class Output(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(3, channels, 1, 1) * 0.05)
        self.bias = nn.Parameter(torch.zeros(3))

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.weight, self.bias)


def make_unit(plan: Plan, spec: UnitSpec, named: bool) -> FunctionalUnit:
    return FunctionalUnit(plan, spec)


def unit_tensors(unit: FunctionalUnit) -> dict[str, Tensor]:
    """The tensors to load, by the rest of the variable's name."""
    return {"kernel": unit.weight, "bias": unit.bias, "norm/gamma": unit.gamma, "norm/beta": unit.beta}


def make_transposed(plan: Plan, channels: int) -> Transposed:
    return Transposed(plan, channels)


def make_output(channels: int) -> Output:
    return Output(channels)
