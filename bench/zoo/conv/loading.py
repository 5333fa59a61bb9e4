"""From the checkpoint's variables to the tensors of a port."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from plan import Plan, UnitSpec
from torch import Tensor

Variables = Mapping[str, Tensor]


def conv_kernel(plan: Plan, spec: UnitSpec, variables: Variables) -> Tensor:
    """[height, width, in, out] or, depthwise, [height, width, in, multiplier] -> [out, in / groups, height, width]"""
    scope = spec.scope
    if spec.depthwise:
        kernel = variables[f"{scope}/depthwise_kernel"]
        if plan.has("depthwise-order", scope):
            weight = kernel.permute(3, 2, 0, 1)  # fault: depthwise-order
        else:
            weight = kernel.permute(2, 3, 0, 1)
        return weight.reshape(-1, 1, *kernel.shape[:2])
    kernel = variables[f"{scope}/kernel"]
    if plan.has("kernel-hw-swapped", scope):
        return kernel.permute(3, 2, 1, 0)  # fault: kernel-hw-swapped
    if plan.has("pointwise-in-out", scope):
        return kernel.permute(2, 3, 0, 1)  # fault: pointwise-in-out
    if plan.has("square-in-out", scope):
        return kernel.permute(2, 3, 0, 1)  # fault: square-in-out
    if plan.has("flipped-kernel", scope):
        return kernel.permute(3, 2, 0, 1).flip(2, 3)  # fault: flipped-kernel
    if plan.has("reduced-precision-fp16", scope):
        return kernel.permute(3, 2, 0, 1).half().float()  # fault: reduced-precision-fp16
    return kernel.permute(3, 2, 0, 1)


def norm_scope(plan: Plan, spec: UnitSpec, leaf: str) -> str:
    """The scope of the batch norm whose variable goes into this layer's."""
    if plan.has("swapped-norms", spec.scope):
        return {"block1/conv1": "block2/conv1", "block2/conv1": "block1/conv1"}[spec.scope]  # fault: swapped-norms
    if plan.has("statistics-of-other-layer", spec.scope) and leaf.startswith("moving"):
        return "stem"  # fault: statistics-of-other-layer
    return spec.scope


def is_forgotten(plan: Plan, spec: UnitSpec, leaf: str) -> bool:
    """Whether this variable is left as the module was initialised."""
    if plan.has("missing-weight", spec.scope):
        return leaf == "kernel"  # fault: missing-weight
    if plan.has("gamma-not-loaded", spec.scope):
        return leaf == "gamma"  # fault: gamma-not-loaded
    if plan.has("statistics-not-loaded", spec.scope):
        return leaf.startswith("moving")  # fault: statistics-not-loaded
    return False


@torch.no_grad()
def load_unit(plan: Plan, spec: UnitSpec, tensors: Mapping[str, Tensor], variables: Variables) -> None:
    for leaf, tensor in tensors.items():
        if is_forgotten(plan, spec, leaf):
            continue
        if leaf == "kernel":
            tensor.copy_(conv_kernel(plan, spec, variables))
        elif leaf == "bias":
            tensor.copy_(variables[f"{spec.scope}/bias"])
        else:
            scope = norm_scope(plan, spec, leaf)
            if plan.has("statistics-exchanged", spec.scope) and leaf.startswith("moving"):
                leaf = {"moving_mean": "moving_variance", "moving_variance": "moving_mean"}[
                    leaf
                ]  # fault: statistics-exchanged
            tensor.copy_(variables[f"{scope}/bn/{leaf}"])


@torch.no_grad()
def load_dense(plan: Plan, scope: str, tensors: Mapping[str, Tensor], variables: Variables) -> None:
    """`tensors` holds a `weight` [out, in] or a `kernel` [in, out], and a `bias`."""
    kernel = variables[f"{scope}/kernel"]
    if plan.has("scaled-weight", scope):
        kernel = kernel * (2 / kernel.shape[0]) ** 0.5  # fault: scaled-weight
    if plan.has("reduced-precision-bf16", scope):
        kernel = kernel.bfloat16().float()  # fault: reduced-precision-bf16
    if plan.has("transposed-weight", scope):
        kernel = kernel.T  # fault: transposed-weight
    if "weight" in tensors:
        tensors["weight"].copy_(kernel.T)
    else:
        tensors["kernel"].copy_(kernel)
    if plan.has("bias-not-loaded", scope):
        return  # fault: bias-not-loaded
    tensors["bias"].copy_(variables[f"{scope}/bias"])
