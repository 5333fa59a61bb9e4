"""The layers as torch's own modules."""

from __future__ import annotations

from collections import OrderedDict

import torch
from plan import Plan, UnitSpec
from same import pad_same
from torch import Tensor, nn


class Conv2dSame(nn.Conv2d):
    """A convolution that pads as TensorFlow does."""

    def forward(self, x: Tensor) -> Tensor:
        padded = pad_same(x, self.kernel_size[0], self.stride[0], self.dilation[0])
        return super().forward(padded)


class MaxPool2dSame(nn.MaxPool2d):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(pad_same(x, self.kernel_size, self.stride, value=-torch.inf))


def make_conv(plan: Plan, spec: UnitSpec) -> nn.Conv2d:
    sizes = (spec.inputs, spec.outputs, spec.size)
    if plan.has("padding-same", spec.scope):
        return nn.Conv2d(*sizes, stride=spec.stride, padding=1, bias=spec.bias)  # fault: padding-same
    if plan.has("padding-same-depthwise", spec.scope):
        options = {"groups": spec.groups, "bias": spec.bias}
        return nn.Conv2d(*sizes, stride=spec.stride, padding=1, **options)  # fault: padding-same-depthwise
    if plan.has("dilation-forgotten", spec.scope):
        return nn.Conv2d(*sizes, padding=1)  # fault: dilation-forgotten
    if plan.has("missing-bias", spec.scope):
        return Conv2dSame(*sizes, dilation=spec.dilation, bias=False)  # fault: missing-bias
    if spec.stride == 1:
        padding = spec.dilation * (spec.size - 1) // 2
        return nn.Conv2d(*sizes, padding=padding, dilation=spec.dilation, groups=spec.groups, bias=spec.bias)
    return Conv2dSame(*sizes, stride=spec.stride, groups=spec.groups, bias=spec.bias)


def make_norm(plan: Plan, spec: UnitSpec) -> nn.BatchNorm2d:
    epsilon = plan.sizes["epsilon"]
    wrong = 1e-3 if epsilon < 1e-3 else 1e-5
    if plan.has("norm-epsilon", spec.scope):
        return nn.BatchNorm2d(spec.outputs, eps=wrong, momentum=0.01)  # fault: norm-epsilon
    if plan.has("norm-epsilon-everywhere", spec.scope):
        return nn.BatchNorm2d(spec.outputs, eps=wrong, momentum=0.01)  # fault: norm-epsilon-everywhere
    if plan.has("batchnorm-momentum", spec.scope):
        return nn.BatchNorm2d(spec.outputs, eps=epsilon, momentum=0.99)  # fault: batchnorm-momentum
    return nn.BatchNorm2d(spec.outputs, eps=epsilon, momentum=0.01)


def make_activation(plan: Plan, spec: UnitSpec) -> nn.Module:
    if plan.has("relu-for-relu6", spec.scope):
        return nn.ReLU()  # fault: relu-for-relu6
    if plan.has("leaky-default-slope", spec.scope):
        return nn.LeakyReLU()  # fault: leaky-default-slope
    if plan.has("missing-activation", spec.scope):
        return nn.Identity()  # fault: missing-activation
    if plan.has("extra-activation", spec.scope):
        return nn.ReLU6()  # fault: extra-activation
    if spec.activation == "leaky":
        return nn.LeakyReLU(plan.sizes["slope"])
    return {"relu6": nn.ReLU6, "relu": nn.ReLU, None: nn.Identity}[spec.activation]()


def make_unit(plan: Plan, spec: UnitSpec, named: bool) -> nn.Sequential:
    parts: OrderedDict[str, nn.Module] = OrderedDict(conv=make_conv(plan, spec))
    if spec.norm:
        parts["bn"] = make_norm(plan, spec)
    activation = make_activation(plan, spec)
    if not isinstance(activation, nn.Identity):
        parts["act"] = activation
    return nn.Sequential(parts) if named else nn.Sequential(*parts.values())


def unit_tensors(unit: nn.Sequential) -> dict[str, Tensor]:
    """The tensors to load, by the last part of the variable's name."""
    found: dict[str, Tensor] = {}
    for part in unit:
        if isinstance(part, nn.Conv2d):
            found["kernel"] = part.weight
            if part.bias is not None:
                found["bias"] = part.bias
        elif isinstance(part, nn.BatchNorm2d):
            found |= {"gamma": part.weight, "beta": part.bias}
            found |= {"moving_mean": part.running_mean, "moving_variance": part.running_var}
    return found


def make_max_pool(plan: Plan) -> nn.Module:
    if plan.has("pool-zero-padding"):
        return nn.Sequential(PadSame(3, 2), nn.MaxPool2d(3, 2))  # fault: pool-zero-padding
    if plan.has("pool-symmetric"):
        return nn.MaxPool2d(3, 2, padding=1)  # fault: pool-symmetric
    if plan.has("pool-ceil-mode"):
        return nn.MaxPool2d(3, 2, padding=1, ceil_mode=True)  # fault: pool-ceil-mode
    return MaxPool2dSame(3, 2)


class PadSame(nn.Module):
    def __init__(self, kernel: int, stride: int) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, x: Tensor) -> Tensor:
        return pad_same(x, self.kernel, self.stride)


def make_average_pool(plan: Plan) -> nn.Module:
    if plan.has("average-counts-padding"):
        return nn.AvgPool2d(3, 1, padding=1)  # fault: average-counts-padding
    if plan.has("missing-op"):
        return nn.Identity()  # fault: missing-op
    return nn.AvgPool2d(3, 1, padding=1, count_include_pad=False)


def make_dense(inputs: int, outputs: int) -> nn.Linear:
    return nn.Linear(inputs, outputs)


def dense_tensors(dense: nn.Linear) -> dict[str, Tensor]:
    return {"weight": dense.weight, "bias": dense.bias}
