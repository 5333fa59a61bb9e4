"""Folders that `save_pretrained` of transformers wrote, as candidates."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from torch import nn

from .entry import Stoppers
from .errors import HarnessError, raised_by_user

SHOWN = 5


def load_pretrained(folder: str, named: str, kwargs: Mapping[str, Any]) -> tuple[nn.Module, list[str]]:
    """The model of a folder: of the class `named`, else of the one that its config.json names, else AutoModel's choice.

    From local files alone, never with code that lies in the folder. Attention is transformers' "eager" one, written in
    operations of its own: scores, mask and softmax can be seen and compared there, which a fused kernel hides.
    `kwargs` are passed on to from_pretrained.
    """
    config = _read_config(folder)
    if "auto_map" in config and not named:
        raise HarnessError(
            "FORMAT_UNSUPPORTED",
            f"{folder} names code of its own (auto_map in config.json), and parity runs no code from a model folder.",
            hint="Write a function that builds the model from code that you have read: port.py:build.",
            where={"file": os.path.join(folder, "config.json"), "key": "auto_map"},
        )
    os.environ["HF_HUB_OFFLINE"] = os.environ["TRANSFORMERS_OFFLINE"] = "1"
    try:
        import transformers
    except ImportError as error:
        raise HarnessError(
            "RUNTIME_MISSING",
            f"hf:{folder} needs the package transformers, which this Python cannot import: {error}.",
            hint="Install it there, or name the Python that has it: --python PATH.",
        ) from None
    transformers.logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    kind = _class(transformers, named or next(iter(config.get("architectures") or []), ""), folder, bool(named))
    options: dict[str, Any] = {"attn_implementation": "eager", **kwargs}
    try:
        model, info = kind.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, output_loading_info=True, **options
        )
    except Stoppers as error:
        raise raised_by_user(error, f"transformers was loading {folder}", "CANDIDATE_FAILED") from None
    if not isinstance(model, nn.Module):
        raise HarnessError("CANDIDATE_FAILED", f"{kind.__name__} of {folder} is no PyTorch model.")
    return model.eval(), _warnings(folder, info)


def _read_config(folder: str) -> dict[str, Any]:
    path = os.path.join(folder, "config.json")
    if not os.path.isfile(path):
        what = f"{folder} holds no config.json" if os.path.isdir(folder) else f"There is no folder {folder}"
        raise HarnessError(
            "FILE_NOT_FOUND",
            f"{what}: hf: takes a folder that save_pretrained of transformers wrote.",
            where={"file": folder},
        )
    try:
        with open(path, encoding="utf-8") as file:
            config = json.load(file)
    except (OSError, ValueError) as error:
        raise HarnessError("FORMAT_INVALID", f"{path} cannot be read: {error}.", where={"file": path}) from None
    if not isinstance(config, dict):
        raise HarnessError("FORMAT_INVALID", f"{path} holds no object.", where={"file": path})
    return config


def _class(transformers: Any, name: str, folder: str, is_named: bool) -> Any:
    if not name:
        return transformers.AutoModel
    found = getattr(transformers, name, None)
    if isinstance(found, type) and hasattr(found, "from_pretrained"):
        return found
    where = "was asked for" if is_named else f"is named in config.json of {folder}"
    raise HarnessError(
        "USAGE" if is_named else "FORMAT_UNSUPPORTED",
        f"transformers {transformers.__version__} has no model class {name}, which {where}.",
        hint="Pick a class of transformers: hf:DIR#BertModel.",
        where={"file": folder, "key": name},
    )


def _warnings(folder: str, info: Mapping[str, Any]) -> list[str]:
    said = []
    missing, unexpected = sorted(info.get("missing_keys") or ()), sorted(info.get("unexpected_keys") or ())
    if missing:
        said.append(f"{folder} holds no values for {_some(missing)}: transformers drew them at random.")
    if unexpected:
        said.append(f"The class does not use {_some(unexpected)} of {folder}.")
    return said


def _some(names: Sequence[Any]) -> str:
    more = len(names) - SHOWN
    return ", ".join(str(name) for name in names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
