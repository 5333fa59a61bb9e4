"""TensorFlow and Keras, imported where they are first needed."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import os
import sys
from typing import Any

from ..errors import HarnessError, summarize


def tensorflow() -> Any:
    """The module. Raises RUNTIME_MISSING when this environment lacks it or it does not load."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        return importlib.import_module("tensorflow")
    except ImportError as error:
        what = (
            "has no TensorFlow"
            if isinstance(error, ModuleNotFoundError) and error.name == "tensorflow"
            else f"cannot load TensorFlow: {summarize(error)}"
        )
        raise HarnessError(
            "RUNTIME_MISSING",
            f"The Python that should export the original, {sys.executable}, {what}.",
            hint=f"{sys.executable} -m pip install tensorflow, or name another with --reference-python PATH.",
        ) from None


def keras(legacy: bool = False) -> Any:
    """Keras on TensorFlow: `keras`, or `tf_keras` for what Keras 2 made. Raises RUNTIME_MISSING without it."""
    tensorflow()
    name = "tf_keras" if legacy else "keras"
    if not legacy:
        backend = os.environ.setdefault("KERAS_BACKEND", "tensorflow")
        if backend != "tensorflow":
            raise HarnessError(
                "RUNTIME_MISSING",
                f"Keras would run on {backend}; parity runs originals with TensorFlow.",
                hint="Set KERAS_BACKEND=tensorflow in env of the reference.",
            )
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise HarnessError(
            "RUNTIME_MISSING",
            f"The Python that should export the original, {sys.executable}, has no usable {name}: {summarize(error)}.",
            hint=f"{sys.executable} -m pip install {name}, or name another with --reference-python PATH.",
        ) from None


def has_legacy_keras() -> bool:
    return importlib.util.find_spec("tf_keras") is not None


def versions() -> dict[str, str]:
    """What this environment has, without importing it: that takes seconds."""
    found = {"reference python": ".".join(str(part) for part in sys.version_info[:3])}
    for name, distributions in {
        "reference tensorflow": ("tensorflow-cpu", "tensorflow", "tensorflow-gpu", "tf-nightly"),
        "reference keras": ("keras",),
    }.items():
        for distribution in distributions:
            try:
                found[name] = importlib.metadata.version(distribution)
                break
            except importlib.metadata.PackageNotFoundError:
                continue
    return found
