"""The forms in which a candidate may come, each read into a module whose calls can be watched."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from .entry import load_model
from .errors import HarnessError


@dataclass
class Loaded:
    model: nn.Module
    warnings: list[str] = field(default_factory=list)
    shipped: nn.Module | None = None
    """What is really run in production, where that is not `model`: only its outputs can be seen."""
    cast: nn.Module | None = None
    """The model as its own loader gives it in the type that was asked for."""


def load_form(request: Mapping[str, Any], device: torch.device) -> Loaded:
    """The candidate of an `open` request: code that builds it, a program, or a folder of transformers'."""
    form, entry, kwargs = str(request.get("form") or "python"), str(request["entry"]), request.get("kwargs") or {}
    if form == "python":
        return Loaded(load_model(entry, kwargs))
    if form != "hf" and not os.path.isfile(entry):
        raise HarnessError("FILE_NOT_FOUND", f"The program {entry} does not exist.", where={"file": entry})
    if form != "hf" and kwargs:
        raise HarnessError("USAGE", f"{entry} is a program: there is no function that takes {', '.join(kwargs)}.")
    if form == "pt2":
        from .exported import load_exported

        return Loaded(load_exported(entry, device))
    if form == "torchscript":
        from .scripted import load_scripted

        return load_scripted(entry)
    if form == "hf":
        from .pretrained import load_pretrained

        named, dtype = str(request.get("class") or ""), request.get("dtype")
        model, warnings = load_pretrained(entry, named, {"dtype": "float32", **kwargs})
        cast = None
        if dtype is not None and dtype != "float32":
            # from_pretrained keeps some tensors wide that a cast of the whole model would not.
            cast, _ = load_pretrained(entry, named, {**kwargs, "dtype": dtype})
        return Loaded(model, warnings, None, cast)
    raise HarnessError("USAGE", f"The runner knows no candidate of the form `{form}`.")
