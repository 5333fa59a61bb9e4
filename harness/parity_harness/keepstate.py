"""What a model keeps between runs, put back after each: buffers, and the attributes of its modules."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy

_INTERNAL = frozenset(vars(nn.Module()))
"""Attributes that every module has: hooks and the tables of parameters, buffers and modules. `training` is not one."""
COMPARED = 1 << 14
"""Elements; more channels than any normalization has."""


class KeptState:
    """The state of a model at one moment.

    Buffers are kept as copies, parameters are not: a forward pass does not write into them, and copies would double the
    memory of a large model. Of attributes the binding is kept, and of lists, dicts and sets the contents, one deep.
    """

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        self._buffers: list[tuple[nn.Module, str, torch.Tensor | None, torch.Tensor | None, int]] = []
        self._attributes: list[tuple[nn.Module, dict[str, tuple[Any, Any, int]]]] = []
        for module in model.modules():
            for name, buffer in module._buffers.items():
                copied = None if buffer is None or is_lazy(buffer) else buffer.detach().clone()
                self._buffers.append((module, name, buffer, copied, _version(buffer)))
            if isinstance(module, torch.jit.ScriptModule):
                continue  # what it keeps besides lies out of Python's reach
            own = {name: value for name, value in vars(module).items() if name == "training" or name not in _INTERNAL}
            self._attributes.append(
                (module, {name: (part, _contents(part), _version(part)) for name, part in own.items()})
            )

    def restore(self) -> None:
        """Puts back what has changed since. The objects are the same ones; their contents too."""
        for module, name, buffer, copied, version in self._buffers:
            if isinstance(module, torch.jit.ScriptModule):
                if getattr(module, name) is not buffer:
                    setattr(module, name, buffer)
            elif module._buffers.get(name) is not buffer:
                module._buffers[name] = buffer
            if buffer is not None and copied is not None and _written(buffer, copied, version):
                buffer.data.copy_(copied)
        for module, kept in self._attributes:
            own = vars(module)
            for name, (value, contents, version) in kept.items():
                if own.get(name, own) is not value:
                    own[name] = value
                if contents is not None:
                    _refill(value, contents, version)
            if len(own) > len(kept) + len(_INTERNAL) - 1:
                for name in [name for name in own if name not in kept and name not in _INTERNAL]:
                    del own[name]


def _written(buffer: torch.Tensor, copied: torch.Tensor, version: int) -> bool:
    """Batch normalization writes its running statistics without counting it as a write: small buffers are compared."""
    return _version(buffer) != version or (buffer.numel() <= COMPARED and not torch.equal(buffer, copied))


def _version(value: Any) -> int:
    try:
        return value._version if isinstance(value, torch.Tensor) else 0
    except RuntimeError:  # inference tensors keep none
        return -1


def _contents(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.detach().clone() if not value.is_meta else None
    return value.copy() if type(value) in (list, dict, set) else None


def _refill(value: Any, contents: Any, version: int) -> None:
    if isinstance(value, torch.Tensor):
        if _version(value) != version:
            value.data.copy_(contents)
    elif isinstance(value, list):
        if len(value) != len(contents) or any(a is not b for a, b in zip(value, contents, strict=True)):
            value[:] = contents
    elif len(value) != len(contents) or (
        isinstance(value, dict) and any(value.get(key, value) is not part for key, part in contents.items())
    ):
        value.clear()
        value.update(contents)
