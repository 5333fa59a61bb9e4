"""TensorFlow's SAME padding for any stride: the odd pixel goes to the end."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def same_padding(size: int, kernel: int, stride: int, dilation: int = 1) -> tuple[int, int]:
    """Pixels before and after one axis."""
    reach = (kernel - 1) * dilation + 1
    total = max((-(-size // stride) - 1) * stride + reach - size, 0)
    return total // 2, total - total // 2


def pad_same(x: Tensor, kernel: int, stride: int, dilation: int = 1, value: float = 0.0) -> Tensor:
    """[batch, channels, height, width], padded so that a valid convolution gives ceil(size / stride)."""
    height, width = x.shape[-2:]
    vertical = same_padding(height, kernel, stride, dilation)
    return F.pad(x, (*same_padding(width, kernel, stride, dilation), *vertical), value=value)
