"""What TensorFlow computes and no single call of PyTorch does: expressions call these as `parity.<name>`.

Each depends on sizes that are known only when it runs, so it cannot be written with constants.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.nn import functional as F

Sizes = int | Sequence[int]


def _per_axis(value: Sizes, axes: int) -> list[int]:
    return [value] * axes if isinstance(value, int) else [int(one) for one in value] * (axes if len(value) == 1 else 1)


def _same_padding(size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """TensorFlow's SAME: as many outputs as strides begin, the odd pixel of padding at the end.

    tensorflow/core/framework/common_shape_fns.cc, GetWindowedOutputSizeVerbose.
    """
    outputs = -(-size // stride)
    total = max((outputs - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return total // 2, total - total // 2


def pad_same(x: torch.Tensor, kernel: Sizes, stride: Sizes, dilation: Sizes = 1, value: float = 0.0) -> torch.Tensor:
    """`x` [N, C, …spatial] padded as TensorFlow's SAME pads it for a window of that kernel, stride and dilation."""
    axes = x.dim() - 2
    kernels, strides, dilations = (_per_axis(one, axes) for one in (kernel, stride, dilation))
    amounts: list[int] = []
    for axis in reversed(range(axes)):
        amounts += _same_padding(int(x.shape[axis + 2]), kernels[axis], strides[axis], dilations[axis])
    return F.pad(x, amounts, value=value)


def max_pool_same(x: torch.Tensor, kernel: Sizes, stride: Sizes) -> torch.Tensor:
    """Max pooling with SAME padding: padded elements never win."""
    padded = pad_same(x, kernel, stride, value=-math.inf)
    pool: Callable[..., torch.Tensor] = (F.max_pool1d, F.max_pool2d, F.max_pool3d)[x.dim() - 3]
    return pool(padded, kernel, stride)


def avg_pool_same(x: torch.Tensor, kernel: Sizes, stride: Sizes) -> torch.Tensor:
    """Average pooling with SAME padding: padded elements do not count."""
    pool: Callable[..., torch.Tensor] = (F.avg_pool1d, F.avg_pool2d, F.avg_pool3d)[x.dim() - 3]
    summed = pool(pad_same(x, kernel, stride), kernel, stride)
    return summed / pool(pad_same(torch.ones_like(x), kernel, stride), kernel, stride)


def conv_transpose_same(
    x: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None,
    stride: Sizes,
    like: torch.Tensor | None = None,
    dilation: Sizes = 1,
    groups: int = 1,
) -> torch.Tensor:
    """TensorFlow's conv2d_transpose with SAME: the whole result, cropped as its convolution would be padded.

    The spatial size is that of `like`, or the input's times the stride.
    """
    axes = x.dim() - 2
    strides, dilations = _per_axis(stride, axes), _per_axis(dilation, axes)
    convolve: Callable[..., torch.Tensor] = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[axes - 1]
    whole = convolve(x, weight, None, stride, 0, 0, groups, dilation)
    for axis in range(axes):
        size = int(x.shape[axis + 2]) * strides[axis] if like is None else int(like.shape[axis + 2])
        before, _ = _same_padding(size, int(weight.shape[axis + 2]), strides[axis], dilations[axis])
        missing = before + size - int(whole.shape[axis + 2])
        if missing > 0:
            whole = F.pad(whole, [0, 0] * (axes - 1 - axis) + [0, missing])
        whole = whole.narrow(axis + 2, before, size)
    return whole if bias is None else whole + bias.reshape([1, -1] + [1] * axes)


def _source_positions(size: int, wanted: int, grid: str, like: torch.Tensor) -> torch.Tensor:
    """In float32, as TensorFlow computes them: a position that rounds otherwise is another weight of every pixel."""
    steps = torch.arange(wanted, dtype=torch.float32, device=like.device)
    if grid == "align-corners" and wanted > 1:
        return steps * (torch.tensor(float(size - 1)) / torch.tensor(float(wanted - 1))).to(steps)
    scale = (torch.tensor(float(size)) / torch.tensor(float(wanted))).to(steps)
    return (steps + 0.5) * scale - 0.5 if grid == "half-pixel" else steps * scale


def resize(x: torch.Tensor, like: torch.Tensor, method: str, grid: str) -> torch.Tensor:
    """`x` [N, C, H, W] resized to the height and width of `like`.

    `method`: nearest or bilinear. `grid`: legacy (TF1: position i takes i·in/out), align-corners (i·(in-1)/(out-1)) or
    half-pixel ((i + ½)·in/out - ½), as tensorflow/core/kernels/image/ has them.
    """
    result = x
    for axis in range(2, x.dim()):
        size, wanted = int(x.shape[axis]), int(like.shape[axis])
        at = _source_positions(size, wanted, grid, x)
        if method == "nearest":
            # Aligned corners round to the nearest, the others take the pixel that the position lies in.
            index = torch.floor(at + 0.5) if grid != "legacy" else torch.floor(at)
            result = result.index_select(axis, index.clamp(0, size - 1).long())
            continue
        low = torch.floor(at)
        share = (at - low).to(x.dtype).reshape([-1] + [1] * (x.dim() - 1 - axis))
        if grid == "half-pixel":
            share = torch.where((at < 0).reshape(share.shape), torch.zeros_like(share), share)
        first = result.index_select(axis, low.clamp(0, size - 1).long())
        second = result.index_select(axis, (low + 1).clamp(0, size - 1).long())
        result = first + (second - first) * share
    return result


def reverse_sequence(x: torch.Tensor, lengths: torch.Tensor, axis: int = 1, batch_axis: int = 0) -> torch.Tensor:
    """TensorFlow's reverse_sequence: the first `lengths[i]` steps of row i reversed, the others left where they are."""
    moved = x.movedim((batch_axis, axis), (0, 1))
    steps = torch.arange(moved.shape[1], device=x.device)
    ends = lengths.to(x.device).long().reshape(-1, 1)
    index = torch.where(steps < ends, ends - 1 - steps, steps)
    index = index.reshape(list(index.shape) + [1] * (moved.dim() - 2)).expand(moved.shape)
    return moved.gather(1, index).movedim((0, 1), (batch_axis, axis))


def mask_sequence(x: torch.Tensor, lengths: torch.Tensor, axis: int = 1, batch_axis: int = 0) -> torch.Tensor:
    """`x` times tf.sequence_mask(lengths): zeros from step `lengths[i]` of row i on."""
    moved = x.movedim((batch_axis, axis), (0, 1))
    steps = torch.arange(moved.shape[1], device=x.device)
    valid = steps < lengths.to(x.device).long().reshape(-1, 1)
    masked = moved * valid.reshape(list(valid.shape) + [1] * (moved.dim() - 2))
    return masked.movedim((0, 1), (batch_axis, axis))


def lstm_within_lengths(
    x: torch.Tensor,
    states: Sequence[torch.Tensor],
    weights: Sequence[torch.Tensor],
    has_biases: bool,
    layers: int,
    bidirectional: bool,
    batch_first: bool,
    lengths: torch.Tensor,
    pads_zeros: bool,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """nn.LSTM whose backward direction begins at the end of each sequence, not in its padding.

    `pads_zeros`: what it gives for padded steps is 0, as tf.nn.bidirectional_dynamic_rnn has it; else the cell runs on.
    """
    time, batch = (1, 0) if batch_first else (0, 1)
    directions = 2 if bidirectional else 1
    per_cell = 4 if has_biases else 2
    hidden, cell = [], []
    for layer in range(layers):
        outputs = []
        for direction in range(directions):
            at = layer * directions + direction
            own = list(weights[at * per_cell : (at + 1) * per_cell])
            state = [one[at : at + 1] for one in states]
            given = reverse_sequence(x, lengths, time, batch) if direction else x
            out, h, c = torch.lstm(given, state, own, has_biases, 1, 0.0, False, False, batch_first)
            outputs.append(reverse_sequence(out, lengths, time, batch) if direction else out)
            hidden.append(h)
            cell.append(c)
        x = torch.cat(outputs, -1)
        if pads_zeros:
            x = mask_sequence(x, lengths, time, batch)
    return x, torch.cat(hidden), torch.cat(cell)


FORMS: dict[str, Callable[..., Any]] = {
    form.__name__: form
    for form in (
        pad_same,
        max_pool_same,
        avg_pool_same,
        conv_transpose_same,
        resize,
        reverse_sequence,
        mask_sequence,
        lstm_within_lengths,
    )
}
