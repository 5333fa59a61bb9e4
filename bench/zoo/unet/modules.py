"""The layers as torch's own modules."""

from __future__ import annotations

from collections import OrderedDict

from plan import Plan, UnitSpec, group_count
from same import pad_same
from torch import Tensor, nn


class Conv2dSame(nn.Conv2d):
    """A convolution that pads as TensorFlow does."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(pad_same(x, self.kernel_size[0], self.stride[0]))


class ConvTranspose2dSame(nn.ConvTranspose2d):
    """Doubles height and width and crops at the end, as TensorFlow does."""

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        return super().forward(x)[..., : 2 * height, : 2 * width]


def make_conv(plan: Plan, spec: UnitSpec) -> nn.Conv2d:
    if spec.stride == 1:
        return nn.Conv2d(spec.inputs, spec.outputs, 3, padding=1)
    if plan.has("padding-same", spec.scope):
        return nn.Conv2d(spec.inputs, spec.outputs, 3, spec.stride, padding=1)  # fault: padding-same
    return Conv2dSame(spec.inputs, spec.outputs, 3, spec.stride)


def make_norm(plan: Plan, spec: UnitSpec) -> nn.Module:
    groups, epsilon = group_count(plan, spec), plan.sizes["epsilon"]
    if plan.has("norm-epsilon", spec.scope):
        return nn.GroupNorm(groups, spec.outputs, eps=plan.wrong_epsilon)  # fault: norm-epsilon
    if plan.has("norm-epsilon-everywhere", spec.scope):
        return nn.GroupNorm(groups, spec.outputs, eps=plan.wrong_epsilon)  # fault: norm-epsilon-everywhere
    if plan.has("norm-groups", spec.scope):
        return nn.GroupNorm(2 * groups, spec.outputs, eps=epsilon)  # fault: norm-groups
    if plan.has("norm-axis", spec.scope):
        if plan.sizes["norm"] == "instance":
            return nn.GroupNorm(1, spec.outputs, eps=epsilon)  # fault: norm-axis
        return nn.InstanceNorm2d(spec.outputs, eps=epsilon, affine=True)  # fault: norm-axis
    if plan.sizes["norm"] == "instance":
        return nn.InstanceNorm2d(spec.outputs, eps=epsilon, affine=True)
    return nn.GroupNorm(groups, spec.outputs, eps=epsilon)


def make_unit(plan: Plan, spec: UnitSpec, named: bool) -> nn.Sequential:
    parts: OrderedDict[str, nn.Module] = OrderedDict(conv=make_conv(plan, spec))
    if plan.has("missing-op", spec.scope):
        parts["norm"] = nn.Identity()  # fault: missing-op
    else:
        parts["norm"] = make_norm(plan, spec)
    if plan.has("missing-activation", spec.scope):
        return nn.Sequential(parts) if named else nn.Sequential(*parts.values())  # fault: missing-activation
    parts["relu"] = nn.ReLU()
    return nn.Sequential(parts) if named else nn.Sequential(*parts.values())


def unit_tensors(unit: nn.Sequential) -> dict[str, Tensor]:
    """The tensors to load, by the rest of the variable's name."""
    conv, norm = unit[0], unit[1]
    found = {"kernel": conv.weight, "bias": conv.bias}
    if not isinstance(norm, nn.Identity):
        found |= {"norm/gamma": norm.weight, "norm/beta": norm.bias}
    return found


def make_transposed(plan: Plan, channels: int) -> nn.ConvTranspose2d:
    kernel = plan.sizes["transposed_kernel"]
    if plan.has("transposed-conv-shift"):
        padding = {"padding": 1, "output_padding": 1}
        return nn.ConvTranspose2d(channels, channels, kernel, 2, **padding)  # fault: transposed-conv-shift
    return ConvTranspose2dSame(channels, channels, kernel, 2)


def make_output(channels: int) -> nn.Conv2d:
    return nn.Conv2d(channels, 3, 1)
