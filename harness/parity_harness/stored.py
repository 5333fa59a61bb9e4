"""Parameters held against the bytes of a checkpoint, without copying either."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy
import torch

DTYPES = {
    "float64": "<f8",
    "float32": "<f4",
    "float16": "<f2",
    "int64": "<i8",
    "int32": "<i4",
    "int16": "<i2",
    "int8": "i1",
    "uint8": "u1",
    "bool": "?",
}
"""Dtypes that numpy has too; others are not answered here."""


def equals_stored(tensor: torch.Tensor, stored: Mapping[str, Any]) -> bool:
    """Whether every element equals the stored one: `file`, `offset`, `dtype`, `shape`, then `permute` as in a layout.

    False also for what cannot be told here; NaN equals nothing. The file is mapped, not read.
    """
    code = DTYPES.get(str(stored["dtype"]))
    shape = tuple(int(size) for size in stored["shape"])
    if code is None or tensor.layout != torch.strided or tensor.is_meta or 0 in shape:
        return False
    mapped = numpy.memmap(stored["file"], dtype=code, mode="r", offset=int(stored["offset"]), shape=shape or (1,))
    with warnings.catch_warnings():
        # torch warns that the array cannot be written to; nothing writes.
        warnings.simplefilter("ignore")
        other = torch.from_numpy(mapped)
    if stored.get("permute") is not None:
        other = other.permute(stored["permute"])
    if other.numel() != tensor.numel() or other.dtype != tensor.dtype:
        return False
    return torch.equal(tensor.detach().cpu(), other.reshape(tensor.shape))
