"""TensorFlow's own padding, pooling and resizing, which repairs of convolutional ports are made of."""

from __future__ import annotations

import itertools
import os

import numpy as np
import pytest
import torch

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
tf = pytest.importorskip("tensorflow")

from parity_harness.tf_forms import (  # noqa: E402
    avg_pool_same,
    conv_transpose_same,
    max_pool_same,
    pad_same,
    resize,
)

SIZES = [(8, 8), (9, 9), (7, 10), (5, 6)]


def _image(size: tuple[int, int], channels: int = 3) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(2, *size, channels)).astype(np.float32) - 1.5


def _torch(x: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(x.transpose(0, 3, 1, 2)))


def _close(ours: torch.Tensor, theirs: object) -> None:
    np.testing.assert_allclose(ours.numpy().transpose(0, 2, 3, 1), np.asarray(theirs), atol=2e-5)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("kernel", "stride", "dilation"), [(3, 2, 1), (3, 1, 1), (5, 3, 1), (2, 2, 1), (3, 1, 2)])
def test_same_convolutions_are_tensorflows(size: tuple[int, int], kernel: int, stride: int, dilation: int) -> None:
    x = _image(size)
    weight = np.random.default_rng(1).normal(size=(kernel, kernel, 3, 4)).astype(np.float32)
    theirs = tf.nn.conv2d(x, weight, stride, "SAME", dilations=dilation)
    padded = pad_same(_torch(x), kernel, stride, dilation)
    ours = torch.nn.functional.conv2d(
        padded, torch.from_numpy(weight.transpose(3, 2, 0, 1).copy()), None, stride, 0, dilation
    )
    _close(ours, theirs)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("kernel", "stride"), [(3, 2), (2, 2), (3, 1), ([2, 3], [1, 2])])
def test_same_pools_are_tensorflows(size: tuple[int, int], kernel: int, stride: int) -> None:
    x = _image(size)
    _close(max_pool_same(_torch(x), kernel, stride), tf.nn.max_pool2d(x, kernel, stride, "SAME"))
    _close(avg_pool_same(_torch(x), kernel, stride), tf.nn.avg_pool2d(x, kernel, stride, "SAME"))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("kernel", "stride"), [(3, 2), (2, 2), (4, 2), (5, 3), (1, 2)])
def test_transposed_convolutions_are_tensorflows(size: tuple[int, int], kernel: int, stride: int) -> None:
    x = _image(size)
    weight = np.random.default_rng(2).normal(size=(kernel, kernel, 4, 3)).astype(np.float32)
    shape = (2, size[0] * stride, size[1] * stride, 4)
    theirs = tf.nn.conv2d_transpose(x, weight, shape, stride, "SAME")
    ours = conv_transpose_same(_torch(x), torch.from_numpy(weight.transpose(3, 2, 0, 1).copy()), None, stride)
    _close(ours, theirs)


@pytest.mark.parametrize(("size", "wanted"), list(itertools.product(SIZES, [(16, 16), (5, 7), (13, 11)])))
@pytest.mark.parametrize("grid", ["legacy", "align-corners", "half-pixel"])
def test_resizes_are_tensorflows(size: tuple[int, int], wanted: tuple[int, int], grid: str) -> None:
    x = _image(size)
    like = torch.empty(2, 3, *wanted)
    flags = {"align_corners": grid == "align-corners", "half_pixel_centers": grid == "half-pixel"}
    _close(resize(_torch(x), like, "bilinear", grid), tf.raw_ops.ResizeBilinear(images=x, size=wanted, **flags))
    _close(resize(_torch(x), like, "nearest", grid), tf.raw_ops.ResizeNearestNeighbor(images=x, size=wanted, **flags))
