"""From the checkpoint's variables to the tensors of a port."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from plan import Plan
from torch import Tensor, nn

Variables = Mapping[str, Tensor]


def conv_kernel(plan: Plan, scope: str, kernel: Tensor) -> Tensor:
    """[height, width, in, out] -> [out, in, height, width]"""
    if plan.has("kernel-hw-swapped", scope):
        return kernel.permute(3, 2, 1, 0)  # fault: kernel-hw-swapped
    if plan.has("square-in-out", scope):
        return kernel.permute(2, 3, 0, 1)  # fault: square-in-out
    if plan.has("flipped-kernel", scope):
        return kernel.permute(3, 2, 0, 1).flip(2, 3)  # fault: flipped-kernel
    return kernel.permute(3, 2, 0, 1)


def transposed_kernel(plan: Plan, kernel: Tensor) -> Tensor:
    """[height, width, out, in] -> [in, out, height, width]"""
    if plan.has("transposed-kernel-in-out"):
        return kernel.permute(2, 3, 0, 1)  # fault: transposed-kernel-in-out
    if plan.has("transposed-kernel-flipped"):
        return kernel.permute(3, 2, 0, 1).flip(2, 3)  # fault: transposed-kernel-flipped
    return kernel.permute(3, 2, 0, 1)


def norm_scope(plan: Plan, scope: str) -> str:
    """The scope whose norm's variables this layer takes."""
    if plan.has("swapped-norms", scope):
        return {"enc2/unit2": "mid", "mid": "enc2/unit2"}[scope]  # fault: swapped-norms
    return scope


@torch.no_grad()
def load_unit(plan: Plan, scope: str, tensors: Mapping[str, Tensor], variables: Variables) -> None:
    for leaf, tensor in tensors.items():
        if leaf == "kernel":
            if plan.has("missing-weight", scope):
                continue  # fault: missing-weight
            tensor.copy_(conv_kernel(plan, scope, variables[f"{scope}/kernel"]))
        elif leaf == "bias":
            tensor.copy_(variables[f"{scope}/bias"])
        else:
            tensor.copy_(variables[f"{norm_scope(plan, scope)}/{leaf}"])


@torch.no_grad()
def load_ends(plan: Plan, up2: nn.Module, out: nn.Module, variables: Variables) -> None:
    up2.weight.copy_(transposed_kernel(plan, variables["up2/kernel"]))
    up2.bias.copy_(variables["up2/bias"])
    out.weight.copy_(variables["out/kernel"].permute(3, 2, 0, 1))
    out.bias.copy_(variables["out/bias"])
