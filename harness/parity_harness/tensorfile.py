"""safetensors files: the only way tensors travel between processes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from .errors import HarnessError

STORABLE = frozenset(
    {
        torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2,
        torch.int64, torch.int32, torch.int16, torch.int8, torch.uint64, torch.uint32, torch.uint16, torch.uint8,
        torch.bool, torch.complex64,
    }
)  # fmt: skip


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
    if tensor.dtype not in STORABLE:
        return f"safetensors cannot hold {dtype_name(tensor.dtype)}"
    return None


def contiguous_copy(tensor: torch.Tensor) -> torch.Tensor:
    """A row-major copy on the CPU that shares nothing with the original."""
    copied = torch.empty(tensor.shape, dtype=tensor.dtype, device="cpu")
    return copied.copy_(tensor.detach())


def write_tensors(path: Path, tensors: Mapping[str, torch.Tensor]) -> None:
    """Writes under a temporary name and renames, so that nobody ever reads half a file."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(dict(tensors), temporary)
        os.replace(temporary, path)
    except Exception as error:  # an OSError, or the writer's own class for a full disk
        with suppress(OSError):
            temporary.unlink()
        raise _cannot_write(path, error) from None


def _cannot_write(path: Path, error: Exception) -> HarnessError:
    return HarnessError(
        "CANDIDATE_FAILED",
        f"Cannot write {path}: {error}.",
        hint="Is the disk full, or the folder not writable?",
        where={"file": str(path)},
    )


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
