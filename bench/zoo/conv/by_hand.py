"""The layers written out: padding, normalisation and activations in elementary operations, dense kernels [in, out]."""

from __future__ import annotations

import torch
from functional import AveragePool, MaxPool
from plan import Plan, UnitSpec
from raw import RawUnit, unit_tensors
from same import pad_same
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["dense_tensors", "make_average_pool", "make_dense", "make_max_pool", "make_unit", "unit_tensors"]


class HandUnit(RawUnit):
    def forward(self, x: Tensor) -> Tensor:
        plan, spec = self.plan, self.spec
        dilation = spec.dilation
        if plan.has("dilation-forgotten", spec.scope):
            dilation = 1  # fault: dilation-forgotten
        if plan.has("padding-same", spec.scope):
            x = F.pad(x, (1, 1, 1, 1))  # fault: padding-same
        elif plan.has("padding-same-depthwise", spec.scope):
            x = F.pad(x, (1, 1, 1, 1))  # fault: padding-same-depthwise
        else:
            x = pad_same(x, spec.size, spec.stride, dilation)
        x = F.conv2d(x, self.weight, stride=spec.stride, dilation=dilation, groups=spec.groups)
        if self.bias is not None:  # fault: missing-bias
            x = x + self.bias[:, None, None]
        if spec.norm:
            x = self.normalise(x)
        return self.activate(x)

    def normalise(self, x: Tensor) -> Tensor:
        plan, scope, epsilon = self.plan, self.spec.scope, self.plan.sizes["epsilon"]
        mean, variance = self.mean, self.variance
        if plan.has("training-mode", scope):
            mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3), correction=0)  # fault: training-mode
        if plan.has("norm-epsilon", scope):
            epsilon = 1e-3 if epsilon < 1e-3 else 1e-5  # fault: norm-epsilon
        if plan.has("norm-epsilon-everywhere", scope):
            epsilon = 1e-3 if epsilon < 1e-3 else 1e-5  # fault: norm-epsilon-everywhere
        centred = x - mean[:, None, None]
        if plan.has("norm-epsilon-placement", scope):
            scaled = centred / (torch.sqrt(variance) + epsilon)[:, None, None]  # fault: norm-epsilon-placement
        else:
            scaled = centred * torch.rsqrt(variance + epsilon)[:, None, None]
        return scaled * self.gamma[:, None, None] + self.beta[:, None, None]

    def activate(self, x: Tensor) -> Tensor:
        plan, spec = self.plan, self.spec
        if plan.has("relu-for-relu6", spec.scope):
            return x.clamp(min=0)  # fault: relu-for-relu6
        if plan.has("leaky-default-slope", spec.scope):
            return torch.maximum(x, 0.01 * x)  # fault: leaky-default-slope
        if plan.has("missing-activation", spec.scope):
            return x  # fault: missing-activation
        if plan.has("extra-activation", spec.scope):
            return x.clamp(0, 6)  # fault: extra-activation
        if spec.activation == "leaky":
            return torch.maximum(x, plan.sizes["slope"] * x)
        if spec.activation == "relu6":
            return x.clamp(0, 6)
        return x.clamp(min=0) if spec.activation == "relu" else x


class HandDense(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.kernel = nn.Parameter(torch.randn(inputs, outputs) * 0.05)
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.kernel + self.bias


def make_unit(plan: Plan, spec: UnitSpec, named: bool) -> HandUnit:
    return HandUnit(plan, spec)


def make_max_pool(plan: Plan) -> MaxPool:
    return MaxPool(plan)


def make_average_pool(plan: Plan) -> AveragePool:
    return AveragePool(plan)


def make_dense(inputs: int, outputs: int) -> HandDense:
    return HandDense(inputs, outputs)


def dense_tensors(dense: HandDense) -> dict[str, Tensor]:
    return {"kernel": dense.kernel, "bias": dense.bias}
