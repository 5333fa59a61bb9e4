"""Where a candidate runs, and in which type of floats."""

from __future__ import annotations

import copy

import torch
from torch import nn

from .candidate import Candidate
from .entry import Stoppers
from .errors import HarnessError, raised_by_user
from .forms import Loaded
from .program import ProgramModule
from .tensorfile import dtype_name

DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}


def find_device(name: str) -> torch.device:
    """The device of this name as tensors will report it. Raises RUNTIME_MISSING where there is none."""
    try:
        device = torch.device(name)
        # Resolves "cuda" to the device that tensors will report.
        return torch.empty(0, device=device).device
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise HarnessError(
            "RUNTIME_MISSING",
            f"The device `{name}` cannot be used: {reason}",
            hint="Use the device cpu, or another machine or Python: --python PATH.",
        ) from None


def find_dtype(name: object) -> torch.dtype | None:
    if name is None:
        return None
    if name not in DTYPES:
        raise HarnessError("USAGE", f"`{name}` is no type that a candidate can be cast to.", hint=", ".join(DTYPES))
    return DTYPES[str(name)]


def move(model: nn.Module, device: torch.device) -> nn.Module:
    if all(tensor.device == device for tensor in (*model.parameters(), *model.buffers())):
        return model
    try:
        return model.to(device)
    except Stoppers as error:
        raise raised_by_user(error, f"the model was being moved to {device}", "CANDIDATE_FAILED") from None


def set_dtype(candidate: Candidate, dtype: torch.dtype | None, loaded: Loaded) -> None:
    """Casts the candidate and keeps it as it was built beside that. Without a dtype nothing is changed."""
    if dtype is None:
        return
    model = candidate.model
    candidate.dtype = dtype
    if loaded.cast is not None:
        candidate.exact, candidate.model = model, move(loaded.cast, candidate.device)
        return
    floating = {tensor.dtype for tensor in (*model.parameters(), *model.buffers()) if tensor.is_floating_point()}
    if floating <= {dtype}:
        return
    if isinstance(model, (ProgramModule, torch.jit.ScriptModule)):
        raise HarnessError(
            "USAGE",
            f"The program computes in {', '.join(sorted(dtype_name(one) for one in floating))}: its types are part of "
            f"it, and it cannot be cast to {dtype_name(dtype)}.",
            hint="Cast the model before it is exported, or leave the dtype out.",
        )
    try:
        cast = copy.deepcopy(model).to(dtype)
    except Stoppers as error:
        raise raised_by_user(error, f"the model was being cast to {dtype_name(dtype)}", "CANDIDATE_FAILED") from None
    candidate.exact, candidate.model = model, cast
