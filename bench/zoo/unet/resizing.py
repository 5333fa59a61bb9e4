"""The grids on which TensorFlow resizes images, in torch."""

from __future__ import annotations

import torch
from plan import Plan
from torch import Tensor
from torch.nn import functional as F


def resize(x: Tensor, size: list[int], method: str) -> Tensor:
    """[batch, channels, height, width] -> the same in another size."""
    if method == "nearest":
        return F.interpolate(x, size, mode="nearest")
    if method == "nearest-half-pixel":
        return F.interpolate(x, size, mode="nearest-exact")
    if method == "legacy":
        return legacy_axis(legacy_axis(x, size[0], 2), size[1], 3)
    return F.interpolate(x, size, mode="bilinear", align_corners=method == "align-corners")


def legacy_axis(x: Tensor, size: int, axis: int) -> Tensor:
    """TensorFlow 1's bilinear grid: pixel i lies at i · old / new, without the half pixel."""
    old = x.shape[axis]
    at = torch.arange(size, device=x.device, dtype=x.dtype) * (old / size)
    low = at.floor().long()
    high = (low + 1).clamp(max=old - 1)
    share = (at - low).view([-1 if one == axis else 1 for one in range(4)])
    below, above = x.index_select(axis, low), x.index_select(axis, high)
    return below + (above - below) * share


OTHER_GRID = {
    "legacy": "half-pixel",
    "half-pixel": "align-corners",
    "align-corners": "half-pixel",
    "nearest": "nearest-half-pixel",
    "nearest-half-pixel": "nearest",
}


def resize_input(plan: Plan, x: Tensor) -> Tensor:
    size, method = plan.sizes["size"], plan.sizes["resize"]
    if plan.has("resize-grid"):
        return resize(x, size, OTHER_GRID[method])  # fault: resize-grid
    if plan.has("resize-antialias"):
        return F.interpolate(x, size, mode="bilinear", antialias=True)  # fault: resize-antialias
    return resize(x, size, method)


def upsample(plan: Plan, x: Tensor) -> Tensor:
    size, method = plan.sizes["size"], plan.sizes["upsampling"]
    if plan.has("upsampling-grid"):
        return resize(x, size, OTHER_GRID[method])  # fault: upsampling-grid
    if plan.has("upsampling-nearest"):
        return F.interpolate(x, scale_factor=2, mode="nearest")  # fault: upsampling-nearest
    x = resize(x, size, method)
    if plan.has("extra-op"):
        x = F.avg_pool2d(x, 3, 1, padding=1)  # fault: extra-op
    return x
