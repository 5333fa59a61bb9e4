"""Module calls while a model runs: which module is the innermost, and how often each has been called."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from torch import nn

if TYPE_CHECKING:
    from .taps import ForwardPass


class Frame:
    """One module call that has not ended yet."""

    __slots__ = ("call", "module", "ops", "parent", "path")

    def __init__(self, path: str, call: int, module: nn.Module, parent: Frame | None) -> None:
        self.path = path
        self.call = call
        self.module = module
        self.parent = parent
        self.ops = 0
        """How many functional calls its forward has made itself so far."""


class Watched:
    """A model whose module calls go through `watch`, which may be exchanged between two runs."""

    def __init__(self) -> None:
        self.watch: ForwardPass | None = None


@contextmanager
def watched(model: nn.Module, watch: ForwardPass | None = None) -> Iterator[Watched]:
    """Hands every call of a module of this model to `watch.call`, the root's included.

    What Python finds when a module is called, nn.Module.__call__, is exchanged for the time: nothing is written into
    the user's modules, exceptions unwind the frames, the user's hooks of all kinds stay within the call, and scripted
    modules, which refuse hooks of ours, are called the same way. What they call themselves is called by their own
    interpreter and not seen. A module that lies under several names is known by its first one. Modules that are not
    part of the model are left alone: what they compute counts to the module that called them.
    """
    paths = {id(module): path for path, module in model.named_modules()}
    watching = Watched()
    watching.watch = watch
    plain = nn.Module.__call__

    def __call__(module: nn.Module, *args: Any, **kwargs: Any) -> Any:
        path = paths.get(id(module))
        current = watching.watch
        if path is None or current is None or current.paused:
            return plain(module, *args, **kwargs)
        return current.call(path, module, args, kwargs, plain)

    nn.Module.__call__ = __call__  # type: ignore[method-assign]
    try:
        yield watching
    finally:
        nn.Module.__call__ = plain  # type: ignore[method-assign]
