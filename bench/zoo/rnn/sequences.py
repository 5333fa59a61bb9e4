"""Padded sequences."""

from __future__ import annotations

import torch
from plan import Plan
from torch import Tensor


def length_mask(lengths: Tensor, steps: int) -> Tensor:
    """[batch] -> [batch, steps, 1], true where a step belongs to the sequence."""
    return (torch.arange(steps, device=lengths.device) < lengths[:, None]).unsqueeze(-1)


def reverse(plan: Plan, x: Tensor, lengths: Tensor | None) -> Tensor:
    """[batch, steps, width], each sequence reversed and its padding left where it is."""
    if lengths is None:
        return x.flip(1)
    if plan.has("padding-not-packed"):
        return x.flip(1)  # fault: padding-not-packed
    steps = torch.arange(x.shape[1], device=x.device)
    index = torch.where(steps < lengths[:, None], lengths[:, None] - 1 - steps, steps)
    return x.gather(1, index.unsqueeze(-1).expand_as(x))


def mask_padding(plan: Plan, x: Tensor, lengths: Tensor | None) -> Tensor:
    """[batch, steps, width] with zeros after the end of each sequence."""
    if lengths is None:
        return x
    if plan.has("mask-missing"):
        return x  # fault: mask-missing
    return x * length_mask(lengths, x.shape[1])
