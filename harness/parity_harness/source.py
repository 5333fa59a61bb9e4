"""Where each module was constructed, in the user's own files."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from torch import nn

from .places import is_harness_file, is_torch_file, is_user_file, shown_path

Place = dict[str, Any]


def _constructs(frame: FrameType, module: nn.Module) -> bool:
    """True for a frame of the module's own __init__ chain: the module was not constructed there, it is under way."""
    code = frame.f_code
    if code.co_name != "__init__" or code.co_argcount == 0:
        return False
    return frame.f_locals.get(code.co_varnames[0]) is module


def is_library(filename: str) -> bool:
    return not (is_harness_file(filename) or is_torch_file(filename) or filename.startswith("<"))


def _site_of(module: nn.Module) -> tuple[str, int] | None:
    """The innermost line of the user's; else the innermost one outside torch (a library such as transformers)."""
    fallback: tuple[str, int] | None = None
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        filename = frame.f_code.co_filename
        if is_user_file(filename):
            if not _constructs(frame, module):
                return filename, frame.f_lineno
        elif fallback is None and is_library(filename) and not _constructs(frame, module):
            fallback = filename, frame.f_lineno
        frame = frame.f_back
    return fallback


class ConstructionSites:
    """Watches nn.Module being constructed, copied and unpickled.

    Sites are kept by id: when a module dies, the module that takes over its id overwrites the entry, so an entry that
    is looked up for a living module is its own.
    """

    def __init__(self) -> None:
        self._sites: dict[int, tuple[str, int] | None] = {}

    @contextmanager
    def watching(self) -> Iterator[None]:
        sites = self._sites
        construct, restore = nn.Module.__init__, nn.Module.__setstate__

        def __init__(self: nn.Module, *args: Any, **kwargs: Any) -> None:
            sites[id(self)] = _site_of(self)
            construct(self, *args, **kwargs)

        def __setstate__(self: nn.Module, state: Any) -> None:
            sites[id(self)] = _site_of(self)
            restore(self, state)  # type: ignore[no-untyped-call]

        nn.Module.__init__ = __init__  # type: ignore[method-assign]
        nn.Module.__setstate__ = __setstate__  # type: ignore[method-assign]
        try:
            yield
        finally:
            nn.Module.__init__ = construct  # type: ignore[method-assign]
            nn.Module.__setstate__ = restore  # type: ignore[method-assign]

    def place(self, module: nn.Module) -> Place | None:
        site = self._sites.get(id(module))
        return None if site is None else {"file": shown_path(site[0]), "line": site[1]}
