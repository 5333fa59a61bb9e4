"""Whole models as Keras saves them: `.keras` and `.h5`."""

from __future__ import annotations

import importlib
import os
import zipfile
from typing import Any

from ..errors import HarnessError, summarize
from ..places import shown_path
from .export import Exported
from .function import export_function
from .keras_model import describe_layers, output_names, trace_model
from .runtime import has_legacy_keras, keras
from .weights import load_weights

CODE_FORM = (
    "Write a function in a Python file that makes the model and returns it (it may load this file itself), and give "
    "that as the original: --reference original.py:build"
)

MOST_DETAIL = 2000
"""Keras quotes the whole configuration of a model in its errors."""

UNKNOWN_CLASS = ("Could not locate", "Unknown layer", "custom_objects", "Could not deserialize")


def export_keras_file(path: str, weights: str | None, prefix: str) -> Exported:
    """Loads the file with safe mode on and writes its graph and weights."""
    model = load_keras_file(path)
    if weights is not None:
        load_weights(model, weights)
    function, warnings = trace_model(model, calls=[])
    exported = export_function(function, prefix, model, output_names(model))
    exported.layers = describe_layers(model)
    exported.warnings = [*warnings, *exported.warnings]
    return exported


def load_keras_file(path: str) -> Any:
    library = keras(legacy=_asks_for_legacy(path) and has_legacy_keras())
    saving = getattr(library, "saving", None) or library.models
    try:
        return saving.load_model(path, compile=False)
    except Exception as error:
        raise _explain(path, error) from None


def _asks_for_legacy(path: str) -> bool:
    """Whether Keras 2 wrote it. Keras 3 reads most of what that wrote, but not all."""
    if zipfile.is_zipfile(path):
        try:
            with zipfile.ZipFile(path) as archive, archive.open("metadata.json") as file:
                return b'"keras_version": "2.' in file.read(1 << 16)
        except (KeyError, OSError, zipfile.BadZipFile):
            return False
    try:
        h5py: Any = importlib.import_module("h5py")
        with h5py.File(path, "r") as file:
            version = file.attrs.get("keras_version", "")
            return str(version.decode() if isinstance(version, bytes) else version).startswith("2.")
    except (ImportError, OSError):
        return False


def _explain(path: str, error: Exception) -> HarnessError:
    shown, text = shown_path(path), str(error)
    where = {"file": shown}
    if "ambda" in text and ("unsafe" in text or "safe_mode" in text):
        return HarnessError(
            "FORMAT_UNSUPPORTED",
            f"{shown} holds a Lambda layer: Python code inside a data file, which parity does not run.",
            where=where,
            hint=f"{CODE_FORM}, with safe_mode=False there if you trust the file.",
        )
    if "'tf_keras." in text:
        return HarnessError(
            "RUNTIME_MISSING",
            f"{shown} was saved by Keras 2 as the package tf_keras, which this environment does not have.",
            where=where,
            hint="Install it beside TensorFlow: pip install --no-deps tf_keras; or name an environment with "
            "it by --reference-python. An .h5 file or a SavedModel of the same model needs no tf_keras.",
        )
    if any(sign in text for sign in UNKNOWN_CLASS):
        return HarnessError(
            "FORMAT_UNSUPPORTED",
            f"{shown} uses a class that Keras does not know: {summarize(error).splitlines()[0][:300]}",
            where=where,
            hint=f"{CODE_FORM}. There its own classes can be imported or given as custom_objects.",
            detail=text[:MOST_DETAIL],
        )
    if "No model config found" in text or _holds_weights_only(path):
        return HarnessError(
            "FORMAT_UNSUPPORTED",
            f"{shown} holds weights without the model that uses them.",
            where=where,
            hint=f"Give the code that builds the model, and the weights beside it: --reference original.py:build "
            f"--reference-weights {os.path.basename(path)}",
        )
    return HarnessError(
        "FORMAT_INVALID",
        f"Keras cannot load {shown}: {summarize(error).splitlines()[0][:300]}",
        where=where,
        hint=f"If the file is whole, it may come from a version of Keras that this one cannot read. {CODE_FORM}",
        detail=text,
    )


def _holds_weights_only(path: str) -> bool:
    if zipfile.is_zipfile(path):
        return False
    try:
        h5py: Any = importlib.import_module("h5py")
        with h5py.File(path, "r") as file:
            return "model_config" not in file.attrs and len(file) > 0
    except (ImportError, OSError):
        return False
