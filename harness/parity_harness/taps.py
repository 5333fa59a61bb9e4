"""Module outputs, taken by forward hooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import _disable_current_modes

from .errors import HarnessError
from .force import Forcing
from .tapid import TapId
from .tensorfile import dtype_name, why_not_storable
from .tree import slots


@dataclass(frozen=True)
class Taken:
    """One recorded tensor of one forward pass; its values went to the store."""

    tap: TapId
    type: str
    dtype: str
    shape: list[int]


Store = Callable[[str, torch.Tensor], None]


class ForwardPass:
    """What happens at the end of each module call of one forward pass: the output is recorded, then forced."""

    def __init__(self, forcing: Forcing, store: Store | None = None, keep: Set[str] | None = None) -> None:
        """Records by handing (tap id, tensor) to `store`, which must be done with the tensor when it returns."""
        self.taken: dict[str, Taken] = {}
        self.warnings: list[str] = []
        self.calls: dict[str, int] = {}
        self.failure: HarnessError | None = None
        self._forcing = forcing
        self._keep = keep
        self._store = store

    def completed(self, path: str, module: nn.Module, args: Any, kwargs: Any, output: Any) -> Any:
        """Counts the call, records the output and gives back what the module returns instead of it."""
        call = self.calls[path] = self.calls.get(path, 0) + 1
        try:
            # Our own copying is no part of the model: a perturbation or a change of precision must not act on it.
            with _disable_current_modes():
                if self._store is not None:
                    self._take(path, call, module, output, self._store)
                return self._forcing.apply(path, call, output)
        except HarnessError as error:
            # The model's code may well catch exceptions of its layers.
            self.failure = self.failure or error
            raise

    def _take(self, path: str, call: int, module: nn.Module, output: Any, store: Store) -> None:
        for slot, tensor in slots(output).items():
            tap = TapId(path, call, slot)
            name = str(tap)
            if self._keep is not None and name not in self._keep:
                continue
            refusal = why_not_storable(tensor)
            if refusal is not None:
                self.warnings.append(f"`{name}` was not recorded: {refusal}.")
                continue
            store(name, tensor)
            self.taken[name] = Taken(tap, type(module).__name__, dtype_name(tensor.dtype), list(tensor.shape))


Complete = Callable[[str, nn.Module, Any, Any, Any], Any]


def _hook(path: str, complete: Complete) -> Callable[..., Any]:
    def hook(module: nn.Module, args: Any, kwargs: Any, output: Any) -> Any:
        replaced = complete(path, module, args, kwargs, output)
        return None if replaced is output else replaced

    return hook


@contextmanager
def hooked(model: nn.Module, complete: Complete, paths: Set[str] | None = None) -> Iterator[None]:
    """Calls `complete` after every call of a module below the root (of those in `paths` only, where given).

    Our hooks come after the user's own and so see what the user's hooks made of an output. A module that lies under
    several names is known by its first one. The root has no hook: its output is what the call returns.
    """
    handles = []
    try:
        for path, module in model.named_modules():
            if path and (paths is None or path in paths):
                # Scripted modules refuse the method but run the hook. What they call themselves is called by their own
                # interpreter, without hooks.
                register = nn.Module.register_forward_hook
                handles.append(register(module, _hook(path, complete), with_kwargs=True))
        yield
    finally:
        for handle in handles:
            handle.remove()


def find_module(model: nn.Module, path: str) -> nn.Module | None:
    """The module at a path; None when there is none."""
    try:
        return model.get_submodule(path)
    except AttributeError:
        return None
