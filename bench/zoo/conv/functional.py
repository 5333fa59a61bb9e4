"""The layers as calls of torch.nn.functional on raw parameters."""

from __future__ import annotations

import torch
from plan import Plan, UnitSpec
from raw import RawUnit, unit_tensors
from same import pad_same
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["dense_tensors", "make_average_pool", "make_dense", "make_max_pool", "make_unit", "unit_tensors"]


class FunctionalUnit(RawUnit):
    def forward(self, x: Tensor) -> Tensor:
        x = self.convolve(x)
        if self.spec.norm:
            x = self.normalise(x)
        return self.activate(x)

    def convolve(self, x: Tensor) -> Tensor:
        plan, spec = self.plan, self.spec
        weight, bias, stride, groups = self.weight, self.bias, spec.stride, spec.groups
        if plan.has("padding-same", spec.scope):
            return F.conv2d(x, weight, bias, stride, padding=1)  # fault: padding-same
        if plan.has("padding-same-depthwise", spec.scope):
            return F.conv2d(x, weight, bias, stride, padding=1, groups=groups)  # fault: padding-same-depthwise
        if plan.has("dilation-forgotten", spec.scope):
            return F.conv2d(x, weight, bias, padding="same")  # fault: dilation-forgotten
        if plan.has("missing-bias", spec.scope):
            return F.conv2d(x, weight, padding="same", dilation=spec.dilation)  # fault: missing-bias
        if stride == 1:
            return F.conv2d(x, weight, bias, padding="same", dilation=spec.dilation, groups=groups)
        return F.conv2d(pad_same(x, spec.size, stride), weight, bias, stride, groups=groups)

    def normalise(self, x: Tensor) -> Tensor:
        plan, scope, epsilon = self.plan, self.spec.scope, self.plan.sizes["epsilon"]
        mean, variance, gamma, beta = self.mean, self.variance, self.gamma, self.beta
        wrong = 1e-3 if epsilon < 1e-3 else 1e-5
        if plan.has("norm-epsilon", scope):
            return F.batch_norm(x, mean, variance, gamma, beta, eps=wrong)  # fault: norm-epsilon
        if plan.has("norm-epsilon-everywhere", scope):
            return F.batch_norm(x, mean, variance, gamma, beta, eps=wrong)  # fault: norm-epsilon-everywhere
        if plan.has("training-mode", scope):
            return F.batch_norm(x, mean, variance, gamma, beta, True, 0.01, epsilon)  # fault: training-mode
        return F.batch_norm(x, mean, variance, gamma, beta, eps=epsilon)

    def activate(self, x: Tensor) -> Tensor:
        plan, spec = self.plan, self.spec
        if plan.has("relu-for-relu6", spec.scope):
            return F.relu(x)  # fault: relu-for-relu6
        if plan.has("leaky-default-slope", spec.scope):
            return F.leaky_relu(x)  # fault: leaky-default-slope
        if plan.has("missing-activation", spec.scope):
            return x  # fault: missing-activation
        if plan.has("extra-activation", spec.scope):
            return F.relu6(x)  # fault: extra-activation
        if spec.activation == "leaky":
            return F.leaky_relu(x, plan.sizes["slope"])
        if spec.activation == "relu6":
            return F.relu6(x)
        return F.relu(x) if spec.activation == "relu" else x


class MaxPool(nn.Module):
    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan

    def forward(self, x: Tensor) -> Tensor:
        plan = self.plan
        if plan.has("pool-zero-padding"):
            return F.max_pool2d(pad_same(x, 3, 2), 3, 2)  # fault: pool-zero-padding
        if plan.has("pool-symmetric"):
            return F.max_pool2d(x, 3, 2, padding=1)  # fault: pool-symmetric
        if plan.has("pool-ceil-mode"):
            return F.max_pool2d(x, 3, 2, padding=1, ceil_mode=True)  # fault: pool-ceil-mode
        return F.max_pool2d(pad_same(x, 3, 2, value=-torch.inf), 3, 2)


class AveragePool(nn.Module):
    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan

    def forward(self, x: Tensor) -> Tensor:
        if self.plan.has("average-counts-padding"):
            return F.avg_pool2d(x, 3, 1, padding=1)  # fault: average-counts-padding
        if self.plan.has("missing-op"):
            return x  # fault: missing-op
        return F.avg_pool2d(x, 3, 1, padding=1, count_include_pad=False)


class Dense(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) * 0.05)
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight, self.bias)


def make_unit(plan: Plan, spec: UnitSpec, named: bool) -> FunctionalUnit:
    return FunctionalUnit(plan, spec)


def make_max_pool(plan: Plan) -> MaxPool:
    return MaxPool(plan)


def make_average_pool(plan: Plan) -> AveragePool:
    return AveragePool(plan)


def make_dense(inputs: int, outputs: int) -> Dense:
    return Dense(inputs, outputs)


def dense_tensors(dense: Dense) -> dict[str, Tensor]:
    return {"weight": dense.weight, "bias": dense.bias}
