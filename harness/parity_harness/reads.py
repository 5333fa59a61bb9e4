"""What the user's code is made of: the files that it read and the modules that it imported."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Any

from .places import is_harness_file, is_torch_file, is_user_file

_read: dict[str, None] = {}
_watching = False
_NEVER_KEPT = ("tensorflow", "jax", "jaxlib", "keras")
"""Runtimes that start threads when they are imported: a fork of a process that has them may hang."""
_MOST_FILES = 4096
"""A port that reads a folder of a million images is watched by the first of them."""


def watch_reads() -> None:
    """From now on every file that this process opens for reading is noted. There is no way back."""
    global _watching
    if not _watching:
        _watching = True
        sys.addaudithook(_note)


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "open" or len(_read) >= _MOST_FILES:
        return
    path, mode = arguments[0], arguments[1]
    if isinstance(path, bytes):
        path = os.fsdecode(path)
    if isinstance(path, str) and (mode is None or "r" in str(mode)):
        _read[path] = None


def user_files() -> list[str]:
    """Files of the user's that modules came from or that were read, absolute; compiled ones stand for their sources."""
    named = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
    return sorted({os.path.abspath(path) for path in (*_known(named), *_read) if _is_theirs(path)})


def _known(paths: Iterable[object]) -> list[str]:
    return [path for path in paths if isinstance(path, str)]


def _is_theirs(path: str) -> bool:
    if path.startswith(("/proc/", "/sys/", "/dev/")) or path.endswith((".pyc", ".so")) or not is_user_file(path):
        return False
    return os.path.isfile(path)


def installed_modules() -> list[str]:
    """Names of the installed modules that are loaded, in the order in which they were."""
    names = []
    for name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None)
        top = name.partition(".")[0]
        if not isinstance(path, str) or top in _NEVER_KEPT or name == "__main__":
            continue
        if is_harness_file(path) or is_torch_file(path) or is_user_file(path):
            continue
        if getattr(getattr(module, "__spec__", None), "name", None) == name:
            names.append(name)
    return names
