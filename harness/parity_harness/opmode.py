"""Sees every functional call: numbers it, edits it, shows it to whoever traces."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import torch
from torch.overrides import TorchFunctionMode

from .opnames import counts
from .running import Frame
from .taps import ForwardPass
from .tree import flatten, replace


class OpObserver(Protocol):
    def before(self, args: Any, kwargs: Any) -> Any: ...

    def after(self, frame: Frame, func: Any, kept: Any, kwargs: Any, result: Any) -> None: ...


class OpMode(TorchFunctionMode):
    """Counts the functional calls that each module's forward makes itself.

    torch takes a mode off the stack while it handles a call, so that what a composite function of torch.nn.functional
    calls inside is not seen: it is one call, whatever other modes are there.
    """

    def __init__(self, watch: ForwardPass, observer: OpObserver | None = None) -> None:
        super().__init__()
        self._watch = watch
        self._observer = observer

    def __torch_function__(self, func: Any, types: Any, args: Iterable[Any] = (), kwargs: Any = None) -> Any:
        watch, kwargs = self._watch, kwargs or {}
        frame = watch.frame
        if frame is None or watch.paused:
            return func(*args, **kwargs)
        edited = watch.edited
        concerned = edited is not None and edited.concerns_op(frame)
        observer = self._observer
        if not concerned and observer is None:
            result = func(*args, **kwargs)
            if counts(func, result):
                frame.ops += 1
            return result
        with watch.aside():
            kept = observer.before(args, kwargs) if observer is not None else None
            own = _versions((args, kwargs)) if concerned else []
            copies = replace((list(args), dict(kwargs)), _copy) if concerned else None
        result = func(*args, **kwargs)
        if not counts(func, result):
            return result
        with watch.aside():
            if concerned and edited is not None and copies is not None:
                # The copies, for what the call wrote into: batch norms write their statistics and no version counts it.
                written = _versions((args, kwargs)) != own
                target = _written_result(args, result) if written else None
                shown = target if target is not None else result
                changed = edited.change_op(frame, func, copies[0], copies[1], shown)
                result = _put(target, changed, result) if target is not None else changed
            if observer is not None:
                observer.after(frame, func, kept, kwargs, result)
        frame.ops += 1
        return result


def _copy(path: str, tensor: torch.Tensor) -> torch.Tensor:
    # What a call may write into are activations; parameters and buffers are not copied for it.
    return tensor if isinstance(tensor, torch.nn.Parameter) else tensor.clone()


def _versions(value: Any) -> list[int]:

    found = []
    for _, tensor in flatten(value):
        try:
            found.append(tensor._version)
        except RuntimeError:  # inference tensors have none
            found.append(-1)
    return found


def _written_result(args: Any, result: Any) -> torch.Tensor | None:
    """The argument that an in-place call wrote into and gave back; `x[...] = y` gives nothing back."""
    arguments = list(args)
    if result is None:
        return arguments[0] if arguments and isinstance(arguments[0], torch.Tensor) else None
    return result if isinstance(result, torch.Tensor) and any(result is part for part in arguments) else None


def _put(target: torch.Tensor, value: torch.Tensor, result: Any) -> Any:
    """Writes an in-place call's new value where the call wrote its own."""
    if value is target:
        return result
    if value.shape != target.shape:
        # Nothing of another shape fits in; what the call gives can still be another tensor.
        return value if result is not None else result
    target.copy_(value)
    return result
