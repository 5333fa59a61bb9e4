"""Weights in and out."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import nn

from .errors import HarnessError
from .stored import equals_stored
from .tapfile import write_tensors
from .tensorfile import why_not_storable

WRAPPERS = ("state_dict", "model_state_dict", "model", "module")
SHOWN = 10
"""How many keys a message lists before it says how many more there are."""

Weight = tuple[str, str, str, torch.Tensor, bool]


def own_tensors(model: nn.Module) -> Iterator[Weight]:
    """(name, module path, "parameter" or "buffer", tensor, persistent), under every name that a tensor has.

    A module under several paths is known by its first one, as its taps are.
    """
    first: dict[nn.Module, str] = {}
    for name, module in model.named_modules(remove_duplicate=False):
        prefix = f"{name}." if name else ""
        path = first.setdefault(module, name)
        for own, parameter in module._parameters.items():
            if parameter is not None:
                yield prefix + own, path, "parameter", parameter, True
        for own, buffer in module._buffers.items():
            if buffer is not None:
                yield prefix + own, path, "buffer", buffer, own not in module._non_persistent_buffers_set


Identity = tuple[Any, ...]


def identity_of(tensor: torch.Tensor) -> Identity:
    """Equal for two tensors that are the same elements of the same storage in the same order."""
    if tensor.layout != torch.strided or tensor.is_meta or tensor.numel() == 0:
        return ("object", id(tensor))
    return (tensor.device, tensor.data_ptr(), tuple(tensor.shape), tensor.stride(), tensor.dtype)


def write_weights(model: nn.Module, out: str, stored: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Every parameter and persistent buffer, once per storage, under its first name.

    Those that equal what is `stored` for them (see stored.py) are named in `equal` and not written.
    """
    kept: dict[str, torch.Tensor] = {}
    equal: list[str] = []
    seen: set[Identity] = set()
    warnings: list[str] = []
    for name, _, _, tensor, persistent in own_tensors(model):
        if not persistent or identity_of(tensor) in seen:
            continue
        seen.add(identity_of(tensor))
        refusal = why_not_storable(tensor)
        if refusal is not None:
            warnings.append(f"`{name}` was not written: {refusal}.")
            continue
        if name in stored and equals_stored(tensor, stored[name]):
            equal.append(name)
        else:
            kept[name] = tensor
    write_tensors(Path(out), kept)
    return {"file": out, "names": list(kept), "equal": equal, "warnings": warnings}


def load_weights(model: nn.Module, path: str) -> None:
    """Loads a state dict file into the model. Raises when a key is missing, unexpected or of another shape."""
    given = _unwrap(_read(path), path)
    expected = model.state_dict()
    shapes = [
        f"{name}: {list(given[name].shape)} in the file, {list(tensor.shape)} in the model"
        for name, tensor in expected.items()
        if name in given and isinstance(tensor, torch.Tensor) and given[name].shape != tensor.shape
    ]
    loaded = {identity_of(tensor) for name, tensor in expected.items() if name in given and torch.is_tensor(tensor)}
    missing = [
        name
        for name, tensor in expected.items()
        if name not in given and not (torch.is_tensor(tensor) and identity_of(tensor) in loaded)
    ]
    unexpected = [name for name in given if name not in expected]
    if missing or unexpected or shapes:
        raise HarnessError(
            "CANDIDATE_FAILED",
            f"{path} does not hold the weights of {type(model).__name__}: "
            f"{len(missing)} missing, {len(unexpected)} unexpected, {len(shapes)} of another shape.",
            hint=_hint(missing, unexpected),
            where={"file": path},
            detail="\n".join([*_list("missing", missing), *_list("unexpected", unexpected), *_list("shape", shapes)]),
        )
    model.load_state_dict(dict(given), strict=False)


def _list(title: str, lines: list[str]) -> Iterator[str]:
    yield from (f"{title}: {line}" for line in lines[:SHOWN])
    if len(lines) > SHOWN:
        yield f"{title}: … and {len(lines) - SHOWN} more"


def _hint(missing: list[str], unexpected: list[str]) -> str:
    for shorter, longer, advice in ((missing, unexpected, "Remove"), (unexpected, missing, "Add")):
        for name in longer:
            head, _, rest = name.partition(".")
            if rest and rest in shorter:
                return f"{advice} the prefix `{head}.` of the file's keys."
    return "Save the file with torch.save(model.state_dict(), …) from the same module classes."


def _read(path: str) -> Any:
    if not os.path.isfile(path):
        raise HarnessError("FILE_NOT_FOUND", f"The weights file {path} does not exist.", where={"file": path})
    try:
        if path.endswith(".safetensors"):
            return load_file(path)
        if path.endswith(".index.json"):
            return _read_shards(path)
        return torch.load(path, map_location="cpu", weights_only=True)
    except HarnessError:
        raise
    except pickle.UnpicklingError as error:
        raise HarnessError(
            "FORMAT_UNSUPPORTED",
            f"{path} holds more than tensors, and parity does not run code from a weights file.",
            hint="Save only the state dict: torch.save(model.state_dict(), …), or write safetensors.",
            where={"file": path},
            detail=str(error),
        ) from None
    except Exception as error:
        message = f"{path} cannot be read as PyTorch or safetensors weights: {error}."
        raise HarnessError("FORMAT_INVALID", message, where={"file": path}) from None


def _read_shards(path: str) -> dict[str, torch.Tensor]:
    """The tensors of an index (`model.safetensors.index.json`), each from the file that it names."""
    with open(path, encoding="utf-8") as file:
        places: dict[str, str] = json.load(file)["weight_map"]
    found: dict[str, torch.Tensor] = {}
    for name in dict.fromkeys(places.values()):
        if os.path.basename(name) != name:
            raise ValueError(f"it names {name!r}, which lies in another folder")
        shard = os.path.join(os.path.dirname(path), name)
        if not os.path.isfile(shard):
            message = f"The weights file {shard} does not exist, which {path} names."
            raise HarnessError("FILE_NOT_FOUND", message, where={"file": shard})
        held = load_file(shard) if name.endswith(".safetensors") else torch.load(shard, "cpu", weights_only=True)
        found.update({key: tensor for key, tensor in held.items() if places.get(key) == name})
    lost = [key for key in places if key not in found]
    if lost:
        raise ValueError(f"{places[lost[0]]} does not hold {lost[0]}")
    return found


def _unwrap(content: Any, path: str) -> Mapping[str, torch.Tensor]:
    """The state dict, also where a training script put it beside other things."""
    for name in ("", *WRAPPERS):
        inner = content if not name else content.get(name) if isinstance(content, Mapping) else None
        if isinstance(inner, Mapping) and inner and all(torch.is_tensor(value) for value in inner.values()):
            return inner
    raise HarnessError(
        "FORMAT_UNSUPPORTED",
        f"{path} holds no state dict.",
        hint="A state dict maps names to tensors: torch.save(model.state_dict(), …).",
        where={"file": path},
    )
