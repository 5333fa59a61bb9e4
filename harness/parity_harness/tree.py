"""Tensors inside the containers that forward() takes and returns."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch

MAX_DEPTH = 8
"""Deeper nesting than this is not a model's output but a cycle or somebody's object graph."""


def _is_namedtuple(value: object) -> bool:
    return isinstance(value, tuple) and hasattr(value, "_fields")


def _children(value: Any) -> list[tuple[str, Any]]:
    """Keyed parts of a container; nothing for a leaf."""
    if isinstance(value, Mapping):
        return [(str(key), part) for key, part in value.items()]
    if _is_namedtuple(value):
        return list(zip(value._fields, value, strict=True))
    if isinstance(value, (tuple, list)):
        return [(str(index), part) for index, part in enumerate(value)]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [(field.name, getattr(value, field.name, None)) for field in dataclasses.fields(value)]
    return []


def flatten(value: Any) -> list[tuple[str, torch.Tensor]]:
    """Every tensor with its path of keys joined by dots, in the container's order. A bare tensor has the path ""."""
    return list(_walk(value, "", 0))


def _walk(value: Any, path: str, depth: int) -> Iterator[tuple[str, torch.Tensor]]:
    if isinstance(value, torch.Tensor):
        yield path, value
    elif depth < MAX_DEPTH:
        for key, part in _children(value):
            yield from _walk(part, f"{path}.{key}" if path else key, depth + 1)


def slots(value: Any) -> dict[str | None, torch.Tensor]:
    """The tensors of an output by slot: None for its only tensor, else their paths."""
    found = flatten(value)
    if len(found) == 1:
        return {None: found[0][1]}
    return dict(found)


Change = Callable[[str, torch.Tensor], torch.Tensor]


def replace(value: Any, change: Change) -> Any:
    """The same container with each tensor t at path p replaced by change(p, t); the rest stays the same objects."""
    return _rebuild(value, change, "", 0)


def _rebuild(value: Any, change: Change, path: str, depth: int) -> Any:
    if isinstance(value, torch.Tensor):
        return change(path, value)
    if depth >= MAX_DEPTH:
        return value
    old = _children(value)
    new = [_rebuild(part, change, f"{path}.{key}" if path else key, depth + 1) for key, part in old]
    if all(fresh is part for fresh, (_, part) in zip(new, old, strict=True)):
        return value
    if _is_namedtuple(value):
        return value._make(new)
    if isinstance(value, Mapping):
        return _rebuilt_mapping(value, new)
    if isinstance(value, tuple):
        # torch.return_types.* are tuples that take one sequence, like tuple itself.
        return type(value)(new)
    if isinstance(value, list):
        rebuilt = copy.copy(value)
        rebuilt[:] = new
        return rebuilt
    rebuilt = copy.copy(value)
    for (name, part), fresh in zip(old, new, strict=True):
        if fresh is not part:
            object.__setattr__(rebuilt, name, fresh)
    return rebuilt


def _rebuilt_mapping(value: Mapping[Any, Any], new: list[Any]) -> Any:
    rebuilt: Any = copy.copy(value)
    # ModelOutput forbids update() and keeps its attributes in step when an item is set.
    for (key, part), fresh in zip(list(value.items()), new, strict=True):
        if fresh is not part:
            rebuilt[key] = fresh
    return rebuilt
