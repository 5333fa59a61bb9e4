"""Tensors in safetensors files, the only way they travel between processes: what can be stored, and reading."""

from __future__ import annotations

import os
from typing import Any

import torch
from safetensors import safe_open

from .errors import HarnessError

NAMES = {
    torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16",
    torch.float8_e4m3fn: "F8_E4M3", torch.float8_e5m2: "F8_E5M2", torch.complex64: "C64",
    torch.int64: "I64", torch.int32: "I32", torch.int16: "I16", torch.int8: "I8",
    torch.uint64: "U64", torch.uint32: "U32", torch.uint16: "U16", torch.uint8: "U8", torch.bool: "BOOL",
}  # fmt: skip
"""The element types that safetensors has, by the names that its headers use."""


def dtype_name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def why_not_storable(tensor: torch.Tensor) -> str | None:
    """Why a tensor cannot be written, or None when it can."""
    if tensor.is_meta:
        return "it is on the meta device and has no values"
    if tensor.layout != torch.strided:
        return f"its layout is {str(tensor.layout).removeprefix('torch.')}"
    if tensor.is_quantized:
        return "it is quantized"
    if tensor.is_nested:
        return "it is a nested tensor"
    if tensor.dtype not in NAMES:
        return f"safetensors cannot hold {dtype_name(tensor.dtype)}"
    return None


def contiguous_copy(tensor: torch.Tensor) -> torch.Tensor:
    """A row-major copy on the CPU that shares nothing with the original."""
    copied = torch.empty(tensor.shape, dtype=tensor.dtype, device="cpu")
    return copied.copy_(tensor.detach())


class TensorReader:
    """Reads single tensors by file and name and keeps the files open."""

    def __init__(self, code: str = "INPUTS_INVALID") -> None:
        self._open: dict[str, tuple[Any, frozenset[str]]] = {}
        self._code = code

    def read(self, file: str, name: str) -> torch.Tensor:
        handle, names = self._open.get(file) or self._add(file)
        if name not in names:
            raise HarnessError(self._code, f"{file} holds no tensor `{name}`.", where={"file": file, "key": name})
        tensor: torch.Tensor = handle.get_tensor(name)
        return tensor

    def _add(self, file: str) -> tuple[Any, frozenset[str]]:
        if not os.path.isfile(file):
            raise HarnessError("FILE_NOT_FOUND", f"The tensor file {file} does not exist.", where={"file": file})
        try:
            handle = safe_open(file, framework="pt")
        except Exception as error:
            message = f"{file} is no safetensors file: {error}."
            raise HarnessError("FORMAT_INVALID", message, where={"file": file}) from None
        self._open[file] = handle, frozenset(handle.keys())  # type: ignore[no-untyped-call]
        return self._open[file]
