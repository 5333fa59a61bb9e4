"""The user's own Python code: importing a file or module, finding a callable in it, calling it."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import sys
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from .errors import HarnessError, raised_by_user
from .places import mark_as_own, shown_path

FORM_HINT = "Name a function that returns the ready model: `model.py:build` or `package.module:build`."
Stoppers = (Exception, SystemExit, KeyboardInterrupt)


def find_callable(entry: str, side: str = "candidate") -> Any:
    """What `file.py:callable` or `package.module:callable` names. `side` is what messages call its code."""
    place, separator, attribute = entry.rpartition(":")
    if not separator or not place or not attribute:
        raise HarnessError("USAGE", f"`{entry}` does not say which callable builds the model.", hint=FORM_HINT)
    module = _import_file(place, side) if _is_path(place) else _import_module(place, side)
    return _find(module, attribute, place)


def call(found: Any, kwargs: Mapping[str, Any], entry: str, side: str = "candidate") -> Any:
    """What the callable returns. Errors tell what is wrong with the arguments, or what the user's code raised."""
    if not callable(found):
        place, _, attribute = entry.rpartition(":")
        what = f"`{attribute}` in {place} is not callable: it is {describe(found)}."
        raise HarnessError("USAGE", what, hint=FORM_HINT)
    _check_arguments(found, kwargs, entry)
    try:
        return found(**kwargs)
    except Stoppers as error:
        raise raised_by_user(error, f"`{entry}` was building the model", side=side) from None


def _is_path(place: str) -> bool:
    return os.path.exists(place) or place.endswith(".py") or os.sep in place


def _import_file(path: str, side: str) -> ModuleType:
    if not os.path.isfile(path):
        what = f"The {side}'s file {path} {'is a folder' if os.path.isdir(path) else 'does not exist'}."
        raise HarnessError("FILE_NOT_FOUND", what, where={"file": path}, hint=FORM_HINT)
    path = os.path.abspath(path)
    folder = os.path.dirname(path)
    mark_as_own(folder)
    sys.argv = [path]
    sys.path.insert(0, folder)
    stem = os.path.splitext(os.path.basename(path))[0]
    if os.path.isfile(os.path.join(folder, "__init__.py")):
        return _import_in_package(folder, stem, side)
    # A user's `random.py` must not become the module that everybody else imports as `random`.
    name = stem if stem not in sys.modules and stem not in sys.stdlib_module_names else f"parity_{side}_{stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        message = f"{shown_path(path)} is not a Python file."
        raise HarnessError("USAGE", message, where={"file": shown_path(path)}, hint=FORM_HINT)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Stoppers as error:
        raise raised_by_user(error, f"{shown_path(path)} was being imported", side=side) from None
    return module


def _import_in_package(folder: str, stem: str, side: str) -> ModuleType:
    """A file inside a package is imported under its full name, so that its relative imports work."""
    names = [stem]
    while os.path.isfile(os.path.join(folder, "__init__.py")):
        names.insert(0, os.path.basename(folder))
        folder = os.path.dirname(folder)
    sys.path.insert(0, folder)
    return _import_module(".".join(names), side)


def _import_module(name: str, side: str) -> ModuleType:
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            hint = f"There is no file of that name either. {FORM_HINT}"
            raise HarnessError("FILE_NOT_FOUND", f"There is no Python module `{name}`.", hint=hint) from None
        raise raised_by_user(error, f"`{name}` was being imported", side=side) from None
    except Stoppers as error:
        raise raised_by_user(error, f"`{name}` was being imported", side=side) from None
    if module.__file__ is not None:
        mark_as_own(os.path.dirname(module.__file__))
    return module


def _find(module: ModuleType, attribute: str, place: str) -> Any:
    found: Any = module
    for part in attribute.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            known = _callables(module)
            listing = ", ".join(known) if known else "none"
            message = f"{place} has no `{attribute}`. Callables that it defines: {listing}."
            raise HarnessError("USAGE", message, where={"file": place, "key": attribute}, hint=FORM_HINT) from None
    return found


def _callables(module: ModuleType) -> list[str]:
    return [
        name
        for name, value in vars(module).items()
        if callable(value) and not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
    ]


def _check_arguments(function: Callable[..., Any], kwargs: Mapping[str, Any], entry: str) -> None:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(**kwargs)
    except TypeError as error:
        raise HarnessError(
            "USAGE",
            f"`{entry}` cannot be called with {_listing(kwargs)}: {error}.",
            hint=f"Its signature is {entry.rpartition(':')[2]}{signature}.",
        ) from None


def _listing(kwargs: Mapping[str, Any]) -> str:
    if not kwargs:
        return "no arguments"
    return "the arguments " + ", ".join(f"{name}={value!r}" for name, value in kwargs.items())


def describe(value: object) -> str:
    """What a value is, for messages."""
    if value is None:
        return "None"
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of ({', '.join(type(item).__name__ for item in value)})"
    if isinstance(value, type):
        return f"the class {value.__name__}, not an instance"
    return f"a value of type {type(value).__module__}.{type(value).__qualname__}"
