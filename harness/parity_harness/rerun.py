"""One forced pass that keeps what is needed, and passes after it that compute only what lies around their taps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Set
from typing import Any

import torch
from torch import nn

from .editing import EditedRun
from .force import Forcing
from .leaving import may_leave
from .tapid import parse_tap
from .taps import ForwardPass
from .tensorfile import contiguous_copy
from .tree import MAX_DEPTH, replace, slots

Call = tuple[str, int]
"""A module's call: its path, and which one of it in this pass."""


class EndOfRun(BaseException):
    """Ends a pass that has all it was run for. No Exception, so that the model's own handlers let it through."""


class KeptCall:
    """What one module call gave in the main pass."""

    __slots__ = ("inside", "output", "parent")

    def __init__(self, parent: Call | None) -> None:
        self.parent = parent
        self.output: Any = None
        """The forced output; None when it was not forced as a whole, or is not needed."""
        self.inside: Counter[str] = Counter()
        """How many calls of which modules were made in it."""


class MainPass(ForwardPass):
    """The forced pass whose module outputs serve the passes after it."""

    def __init__(self, forcing: Forcing, taps: Set[str], needed: Set[str]) -> None:
        """`needed`: paths of modules that some pass will compute again; what surrounds them is not skipped then."""
        self.values: dict[str, torch.Tensor] = {}
        super().__init__(forcing, self._keep_value, taps)
        self.kept: dict[Call, KeptCall] = {}
        self._begun: list[str] = []
        self._order: list[Call] = []
        """Calls in the order of their beginning, without those that were made in a call that is skipped as a whole."""
        self.present: dict[Call, list[str | None]] = {}
        self._tapped = {(tap.path, tap.call) for tap in map(parse_tap, taps)}
        self._around = {path[:end] for path in needed for end in _ends(path)}

    def _keep_value(self, name: str, tensor: torch.Tensor) -> None:
        self.values[name] = contiguous_copy(tensor)

    def call(self, path: str, module: nn.Module, args: Any, kwargs: Any, plain: Callable[..., Any]) -> Any:
        key = path, self.calls.get(path, 0) + 1
        parent = self.frame
        self._order.append(key)
        self._begun.append(path)
        self.kept[key] = KeptCall(None if parent is None else (parent.path, parent.call))
        start = len(self._begun)
        output = super().call(path, module, args, kwargs, plain)
        if self.kept[key].output is not None:
            self.kept[key].inside = Counter(self._begun[start:])
        return output

    def completed(self, path: str, call: int, module: nn.Module, args: Any, kwargs: Any, output: Any) -> Any:
        forced = super().completed(path, call, module, args, kwargs, output)
        key = path, call
        if key in self._tapped:
            self.present[key] = list(slots(output))
        if path and self._forcing.whole(path, call, output) and plain_data(forced):
            self._keep_forced(key, forced)
        return forced

    def _keep_forced(self, key: Call, forced: Any) -> None:
        with self.aside():
            # The model may write into its own copy later on.
            self.kept[key].output = replace(forced, lambda _, tensor: tensor.clone())
        if key[0] not in self._around:
            # No pass looks into this call: what was made in it is never asked for.
            while self._order and self._order[-1] != key:
                self.kept[self._order.pop()].output = None

    def chain(self, key: Call) -> list[Call]:
        """The call and those that it was made in."""
        found: list[Call] = []
        current: Call | None = key
        while current is not None and current in self.kept:
            found.append(current)
            current = self.kept[current].parent
        return found


def _ends(path: str) -> list[int]:
    return [at for at, letter in enumerate(path) if letter == "."] + [len(path)]


def plain_data(value: Any, depth: int = 0) -> bool:
    """True for tensors, plain values and containers of them: an object could carry what the model does to it later."""
    if value is None or isinstance(value, (torch.Tensor, bool, int, float, str)):
        return True
    if depth >= MAX_DEPTH:
        return False
    if isinstance(value, Mapping):
        return all(plain_data(part, depth + 1) for part in value.values())
    return isinstance(value, (tuple, list)) and all(plain_data(part, depth + 1) for part in value)


class Rerun(ForwardPass):
    """A pass that ends with its last tap; whole calls that the main pass kept are not computed when `skip` is true."""

    def __init__(
        self, main: MainPass, forcing: Forcing, taps: Set[str], needed: Set[Call], edited: EditedRun | None, skip: bool
    ) -> None:
        self.values: dict[str, torch.Tensor] = {}
        super().__init__(forcing, self._keep_value, taps, edited)
        self._wanted = len(taps)
        self._kept = main.kept
        self._skip = skip
        self._needed = needed

    def _keep_value(self, name: str, tensor: torch.Tensor) -> None:
        self.values[name] = contiguous_copy(tensor)

    def complete(self) -> bool:
        """Whether it has all that it was run for."""
        return len(self.values) == self._wanted

    def call(self, path: str, module: nn.Module, args: Any, kwargs: Any, plain: Callable[..., Any]) -> Any:
        if self._skip:
            key = path, self.calls.get(path, 0) + 1
            kept = self._kept.get(key)
            if kept is not None and kept.output is not None and key not in self._needed:
                self.calls[path] = key[1]
                for inner, count in kept.inside.items():
                    self.calls[inner] = self.calls.get(inner, 0) + count
                self.paused += 1
                output = replace(kept.output, lambda _, tensor: tensor.clone())
                self.paused -= 1
                if self.edited is not None:
                    self.edited.keep_output(path, key[1], output)
                return output
        return super().call(path, module, args, kwargs, plain)

    def completed(self, path: str, call: int, module: nn.Module, args: Any, kwargs: Any, output: Any) -> Any:
        forced = super().completed(path, call, module, args, kwargs, output)
        if self.complete() and may_leave(self.frame):
            raise EndOfRun
        return forced
