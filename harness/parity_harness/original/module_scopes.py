"""Scopes for tf.Modules: their ops lie in none unless the author opened one."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

from .keras_model import is_keras_layer
from .runtime import tensorflow


@contextlib.contextmanager
def module_scopes(owner: Any) -> Iterator[None]:
    """While a function is traced, every call of a module inside `owner` opens a scope of its attribute's name."""
    tf = tensorflow()
    if not isinstance(owner, tf.Module) or is_keras_layer(owner):
        yield
        return
    paths = {
        id(module): "/".join(str(part) for part in path)
        for path, module in owner._flatten(predicate=lambda value: isinstance(value, tf.Module), with_path=True)
        if not is_keras_layer(module)
    }
    open_paths: list[str] = []
    patched: list[tuple[type, Any]] = []
    for kind in {type(module) for module in owner.submodules if not is_keras_layer(module)}:
        own = next((base for base in kind.__mro__ if "__call__" in vars(base)), None)
        if own is None or any(base is own for base, _ in patched):
            continue
        patched.append((own, vars(own)["__call__"]))
        type.__setattr__(own, "__call__", _scoped(vars(own)["__call__"], paths, open_paths, tf))
    try:
        yield
    finally:
        for kind, original in patched:
            type.__setattr__(kind, "__call__", original)


def _scoped(original: Any, paths: dict[int, str], open_paths: list[str], tf: Any) -> Any:
    def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        bound = original.__get__(self, type(self))
        path = paths.get(id(self))
        if path is None or path in open_paths:
            return bound(*args, **kwargs)
        outer = open_paths[-1] if open_paths else ""
        shown = path.removeprefix(f"{outer}/") if outer else path
        open_paths.append(path)
        try:
            with tf.name_scope(shown):
                return bound(*args, **kwargs)
        finally:
            open_paths.pop()

    return functools.wraps(getattr(original, "__wrapped__", original))(run) if callable(original) else run
