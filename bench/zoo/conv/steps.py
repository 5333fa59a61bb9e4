"""What the classifier does between its layers."""

from __future__ import annotations

import torch
from plan import Plan
from torch import Tensor
from torch.nn import functional as F


def preprocess(plan: Plan, images: Tensor) -> Tensor:
    """[batch, 3, height, width] images -> the same, normalised by channel and in the original's order of channels."""
    flips = plan.sizes["bgr"]
    if plan.has("channel-order"):
        flips = not flips  # fault: channel-order
    x = images.flip(1) if flips else images
    mean = torch.tensor(plan.sizes["mean"], dtype=x.dtype, device=x.device)[:, None, None]
    std = torch.tensor(plan.sizes["std"], dtype=x.dtype, device=x.device)[:, None, None]
    if plan.has("input-missing"):
        return x  # fault: input-missing
    if plan.has("input-255"):
        x = x / 255  # fault: input-255
    if plan.has("input-twice"):
        x = (x - mean) / std  # fault: input-twice
    return (x - mean) / std


def to_features(plan: Plan, x: Tensor) -> Tensor:
    """[batch, channels, height, width] -> [batch, features], flattened as the original's channels-last maps are."""
    if plan.sizes["head"] == "pool":
        x = x.mean((2, 3))
    elif plan.has("flatten-order"):
        x = x.flatten(1)  # fault: flatten-order
    else:
        x = x.permute(0, 2, 3, 1).flatten(1)
    if plan.has("extra-op"):
        x = F.normalize(x, dim=1)  # fault: extra-op
    return x


def finish(plan: Plan, logits: Tensor) -> Tensor:
    """[batch, classes] logits -> what the original gives out."""
    if plan.has("scalar-factor"):
        x = logits  # fault: scalar-factor
    else:
        x = logits / plan.sizes["temperature"]
    if plan.sizes["output"] == "logits":
        if plan.has("softmax-extra"):
            return x.softmax(-1)  # fault: softmax-extra
        return x
    if plan.has("softmax-missing"):
        return x  # fault: softmax-missing
    if plan.has("softmax-axis"):
        return x.softmax(0)  # fault: softmax-axis
    if plan.has("double-softmax"):
        return x.softmax(-1).softmax(-1)  # fault: double-softmax
    return x.softmax(-1)
