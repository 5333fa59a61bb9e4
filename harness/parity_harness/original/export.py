"""One original, written as `model.ckpt.{index,data-*,meta}`."""

from __future__ import annotations

import os
import random
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import HarnessError
from .runtime import tensorflow

PREFIX = "model.ckpt"


@dataclass
class Exported:
    """What was written, but for the files themselves."""

    inputs: list[dict[str, Any]]
    """Name, dtype and shape of each; unknown sizes are -1, an unknown number of axes is null."""
    outputs: dict[str, str]
    """Tensors by name."""
    layers: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def export(request: Mapping[str, Any]) -> dict[str, Any]:
    """Answers `export {source, kwargs, weights, out, seed}`. `out` is a new folder, there only when all is written."""
    out = str(request["out"])
    if os.path.exists(out):
        raise HarnessError("USAGE", f"{out} exists already.", where={"file": out})
    parent = os.path.dirname(os.path.abspath(out))
    draft = tempfile.mkdtemp(prefix=".export-", dir=parent)
    try:
        done = _export_into(draft, request)
        os.rename(draft, out)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return {
        "prefix": os.path.join(out, PREFIX),
        "inputs": done.inputs,
        "outputs": [{"name": name, "tensor": tensor} for name, tensor in done.outputs.items()],
        "layers": done.layers,
        "warnings": done.warnings,
    }


def _export_into(folder: str, request: Mapping[str, Any]) -> Exported:
    from .code import export_code, is_code
    from .keras_file import export_keras_file

    source, weights = str(request["source"]), request.get("weights")
    kwargs, seed = request.get("kwargs") or {}, int(request.get("seed") or 0)
    if not is_code(source) and not os.path.isfile(source):
        raise HarnessError("FILE_NOT_FOUND", f"There is no file {source}.", where={"file": source})
    _seed(seed)
    prefix = os.path.join(folder, PREFIX)
    if is_code(source):
        sys.path.insert(0, os.getcwd())
        return export_code(source, kwargs, weights, prefix, seed)
    if kwargs:
        raise HarnessError("USAGE", "kwargs are arguments of a function, and the original is a file.")
    return export_keras_file(source, weights, prefix)


def _seed(seed: int) -> None:
    import numpy

    random.seed(seed)
    numpy.random.seed(seed % 2**32)
    tensorflow().random.set_seed(seed)
