"""A safetensors file that is written while the model runs.

Recording is measured in memory traffic: keeping copies of all taps and writing them afterwards moves every byte twice
and needs room for all of them. Here a tensor is written at the hook, and the write is the copy. The header goes in
front but is known last, so room is left for it; the format lets a header end in spaces.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import torch

from .errors import HarnessError
from .tensorfile import NAMES, contiguous_copy

ALIGNMENT = 8
"""The largest element that torch reads in place; the file's tensors start at multiples of it."""


class TapFile:
    """Collects tensors under a temporary name; `finish` gives the file its own, `abandon` removes it."""

    def __init__(self, path: Path, expected: int) -> None:
        """`expected`: about how many tensors will come. More of them only cost a second copy of the file."""
        self._path = path
        self._temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        self._room = _padded(1024 + 256 * expected)
        self._end = 0
        self._entries: dict[str, dict[str, object]] = {}
        self._late: list[tuple[str, torch.Tensor]] = []
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: BinaryIO = self._temporary.open("w+b", buffering=0)
            self._file.seek(8 + self._room)
        except OSError as error:
            raise cannot_write(path, error) from None

    def add(self, name: str, tensor: torch.Tensor) -> None:
        """Writes the values as they are now. Tensors that would put later ones at odd offsets are kept for the end."""
        if tensor.nbytes % ALIGNMENT:
            self._late.append((name, contiguous_copy(tensor)))
        else:
            self._append(name, tensor)

    def _append(self, name: str, tensor: torch.Tensor) -> None:
        plain = tensor.detach().to("cpu").contiguous().resolve_conj().resolve_neg()
        size = plain.nbytes
        if size:
            self._write(plain.reshape(-1).view(torch.uint8).numpy().data)
        place = [self._end, self._end + size]
        self._entries[name] = {"dtype": NAMES[plain.dtype], "shape": list(plain.shape), "data_offsets": place}
        self._end += size

    def _write(self, data: memoryview) -> None:
        try:
            while data:
                data = data[self._file.write(data) :]
        except OSError as error:
            raise cannot_write(self._path, error) from None

    def finish(self) -> None:
        """Writes what was kept back and the header, and renames the file."""
        for name, tensor in sorted(self._late, key=lambda pair: -pair[1].element_size()):
            self._append(name, tensor)
        header = json.dumps(self._entries, separators=(",", ":")).encode()
        try:
            if len(header) > self._room:
                self._make_room(_padded(len(header)))
            self._file.seek(0)
            self._write(memoryview(self._room.to_bytes(8, "little") + header.ljust(self._room)))
            self._file.close()
            os.replace(self._temporary, self._path)
        except OSError as error:
            raise cannot_write(self._path, error) from None

    def _make_room(self, room: int) -> None:
        """Moves the tensors towards the end of the file, last block first."""
        block, left, distance = 1 << 24, self._end, room - self._room
        while left:
            size = min(block, left)
            left -= size
            self._file.seek(8 + self._room + left)
            data = self._read(size)
            self._file.seek(8 + self._room + left + distance)
            self._write(memoryview(data))
        self._room = room

    def _read(self, size: int) -> bytes:
        parts: list[bytes] = []
        while size and (part := self._file.read(size)):
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def abandon(self) -> None:
        """Removes the unfinished file; nothing happens after `finish`."""
        self._file.close()
        with suppress(OSError):
            self._temporary.unlink()


def _padded(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def cannot_write(path: Path, error: Exception) -> HarnessError:
    return HarnessError(
        "CANDIDATE_FAILED",
        f"Cannot write {path}: {error}.",
        hint="Is the disk full, or the folder not writable?",
        where={"file": str(path)},
    )


def write_tensors(path: Path, tensors: Mapping[str, torch.Tensor]) -> None:
    """Writes a whole file at once. Nobody ever reads half of it."""
    file = TapFile(path, len(tensors))
    try:
        for name, tensor in tensors.items():
            file.add(name, tensor)
        file.finish()
    finally:
        file.abandon()
