"""Which files are the user's own, and how their paths are shown."""

from __future__ import annotations

import os
import sysconfig
from functools import cache

_HARNESS = os.path.dirname(os.path.abspath(__file__)) + os.sep
_STANDARD_LIBRARY = tuple(
    os.path.realpath(path) + os.sep for path in {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")} if path
)
_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
_own_folders: list[str] = []


@cache
def is_harness_file(filename: str) -> bool:
    return os.path.abspath(filename).startswith(_HARNESS)


@cache
def is_torch_file(filename: str) -> bool:
    return any(f"{folder}torch{os.sep}" in filename for folder in _INSTALLED)


def mark_as_own(folder: str) -> None:
    """Counts the files under `folder` as the user's even when it lies among installed packages."""
    _own_folders.append(os.path.abspath(folder) + os.sep)
    is_user_file.cache_clear()


@cache
def is_user_file(filename: str) -> bool:
    """True for a file that is neither Python's, nor an installed package's, nor the harness's."""
    if filename.startswith("<") or is_harness_file(filename):
        return False
    path = os.path.abspath(filename)
    own = max((folder for folder in _own_folders if path.startswith(folder)), key=len, default="")
    # Below the user's own folder only the rest of the path counts: a project may hold its virtual environment.
    if any(folder in path[len(own) - 1 if own else 0 :] for folder in _INSTALLED):
        return False
    return own.startswith(_STANDARD_LIBRARY) or not os.path.realpath(path).startswith(_STANDARD_LIBRARY)


def shown_path(filename: str) -> str:
    """Relative to the working directory when the file lies under it."""
    path = os.path.abspath(filename)
    relative = os.path.relpath(path)
    return path if relative.startswith(os.pardir) else relative
