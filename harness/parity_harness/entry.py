"""From `file.py:callable` to a ready nn.Module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from .errors import HarnessError
from .user_code import Stoppers, call, describe, find_callable

__all__ = ["Stoppers", "load_model"]


def load_model(entry: str, kwargs: Mapping[str, Any]) -> nn.Module:
    """Imports the file or module, calls the callable with `kwargs` and checks what it returned."""
    found = find_callable(entry)
    if isinstance(found, nn.Module) and not kwargs:
        return _unwrap_compiled(found)
    returned = call(found, kwargs, entry)
    if not isinstance(returned, nn.Module):
        raise _not_a_module(entry, returned)
    return _unwrap_compiled(returned)


def _not_a_module(entry: str, returned: object) -> HarnessError:
    hint = "Return the torch.nn.Module itself."
    if returned is None:
        hint = "Does the function end without `return model`?"
    elif isinstance(returned, (tuple, list)) and any(isinstance(item, nn.Module) for item in returned):
        hint = "Return only the model."
    elif isinstance(returned, Mapping):
        hint = "That looks like a state dict: build the module, call load_state_dict on it and return the module."
    message = f"`{entry}` must return a torch.nn.Module; it returned {describe(returned)}."
    return HarnessError("CANDIDATE_FAILED", message, hint=hint)


def _unwrap_compiled(model: nn.Module) -> nn.Module:
    """The module inside a torch.compile wrapper: a compiled graph has no modules to look into."""
    original = getattr(model, "_orig_mod", None)
    return original if isinstance(original, nn.Module) else model
