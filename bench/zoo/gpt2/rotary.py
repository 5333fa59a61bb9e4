"""Rotary positions."""

from __future__ import annotations

import torch
from torch import Tensor


def rotate(x: Tensor, faults: frozenset[str]) -> Tensor:
    """[batch, head, length, size] -> the same: the first half of the features pairs with the second."""
    length, half = x.shape[-2], x.shape[-1] // 2
    rates = 10000.0 ** (-torch.arange(half, dtype=x.dtype, device=x.device) / half)
    angles = torch.arange(length, dtype=x.dtype, device=x.device)[:, None] * rates
    cos, sin = angles.cos(), angles.sin()
    if "rope-layout" in faults:
        first, second = x[..., 0::2], x[..., 1::2]
        pairs = torch.stack([first * cos - second * sin, second * cos + first * sin], dim=-1)
        return pairs.flatten(-2)  # fault: rope-layout
    first, second = x.chunk(2, dim=-1)
    return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)
