"""Module outputs, taken at the end of each module's call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import _disable_current_modes

from .editing import EditedRun
from .errors import HarnessError
from .force import Forcing
from .running import Frame
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
    """One forward pass: at the end of each module's call the output is edited, then recorded, then forced."""

    def __init__(
        self,
        forcing: Forcing,
        store: Store | None = None,
        keep: Set[str] | None = None,
        edited: EditedRun | None = None,
    ) -> None:
        """Records by handing (tap id, tensor) to `store`, which must be done with the tensor when it returns."""
        self.taken: dict[str, Taken] = {}
        self.warnings: list[str] = []
        self.failure: HarnessError | None = None
        self.frame: Frame | None = None
        self.calls: dict[str, int] = {}
        """How many calls of each module have begun."""
        self.paused = 0
        """While positive, what runs is the harness's own and neither counted nor changed."""
        self.edited = edited
        self._forcing = forcing
        self._keep = keep
        self._store = store

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Runs code that is no part of the model. A failure is kept: the model's code may catch exceptions."""
        self.paused += 1
        try:
            yield
        except HarnessError as error:
            self.failure = self.failure or error
            raise
        finally:
            self.paused -= 1

    def call(self, path: str, module: nn.Module, args: Any, kwargs: Any, plain: Callable[..., Any]) -> Any:
        """Runs one call of a module; `plain` is the call itself. Gives what the module is to return."""
        number = self.calls[path] = self.calls.get(path, 0) + 1
        frame = self.frame = Frame(path, number, module, self.frame)
        try:
            if self.edited is not None and (path, number) in self.edited.inputs:
                with self.aside():
                    args, kwargs = self.edited.change_inputs(frame, args, kwargs)
            output = plain(module, *args, **kwargs)
        finally:
            self.frame = frame.parent
        # The root's output is what the whole run returns: whoever started the run completes it.
        return self.completed(path, number, module, args, kwargs, output) if path else output

    def completed(self, path: str, call: int, module: nn.Module, args: Any, kwargs: Any, output: Any) -> Any:
        """Edits and records the output and gives back what the module returns instead of it."""
        with self.aside():
            if self.edited is not None and (path, call) in self.edited.outputs:
                output = self.edited.change_output(path, call, module, args, kwargs, output)
            # Our own copying is no part of the model: a perturbation or a change of precision must not act on it.
            with _disable_current_modes():
                if self._store is not None:
                    self._take(path, call, module, output, self._store)
                forced = self._forcing.apply(path, call, output)
                if self.edited is not None:
                    self.edited.keep_output(path, call, forced)
                return forced

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
