"""The candidate as it is held between requests, and one forward pass through it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from .cases import Arguments, check_arguments, reseed
from .entry import Stoppers
from .errors import HarnessError, raised_by_user
from .source import Place
from .taps import ForwardPass


@dataclass
class Candidate:
    model: nn.Module
    device: torch.device
    seed: int
    sources: dict[str, Place | None] = field(default_factory=dict)
    """Where each module was constructed, by module path."""
    warnings: list[str] = field(default_factory=list)
    dtype: torch.dtype | None = None
    """What the model was cast to on request."""
    exact: nn.Module | None = None
    """The model before it was cast: what its weights are, and what float64 widens."""
    shipped: nn.Module | None = None
    """What is run in production instead of `model`, such as its compiled form: only its outputs can be seen."""
    is_reading: bool = False
    """Whether `model` is parity's own reading of `shipped`, a program that cannot be looked into."""

    def uncast(self) -> nn.Module:
        """The model with the weights that it was built with."""
        return self.model if self.exact is None else self.exact

    def fit(self, tensor: torch.Tensor) -> torch.Tensor:
        """A floating input in the type that the model was cast to."""
        return tensor.to(self.dtype) if self.dtype is not None and tensor.is_floating_point() else tensor


def call_model(
    model: nn.Module,
    arguments: Arguments,
    watch: ForwardPass,
    *,
    case: str,
    seed: int,
    under: AbstractContextManager[Any] | None = None,
    code: str = "CANDIDATE_RAISED",
) -> tuple[Any, float]:
    """Calls the model and lets `watch` see its output. Gives back the output and the seconds that the call took.

    no_grad rather than inference_mode: inference tensors that a model keeps (a cache, a buffer filled lazily) could
    not be used by a later pass that is not in that mode, and code that turns gradients on for a moment would raise.
    """
    check_arguments(model, arguments, case)
    positional, named = arguments
    reseed(seed)
    try:
        with torch.no_grad(), under or nullcontext():
            started = time.perf_counter()
            output = model(*positional, **named)
            seconds = time.perf_counter() - started
            watch.completed("", 1, model, positional, named, output)
    except HarnessError:
        raise
    except Stoppers as error:
        if watch.failure is not None:
            raise watch.failure from None
        raise raised_by_user(error, f"running case {case}", code) from None
    if watch.failure is not None:
        raise watch.failure
    return output, seconds


def keep_list(taps: object) -> set[str] | None:
    """The `taps` of a request as a set; None for "all"."""
    if taps == "all":
        return None
    if isinstance(taps, list):
        return {str(tap) for tap in taps}
    raise HarnessError("USAGE", f'`taps` must be "all" or a list of tap ids, not {taps!r}.')


def case_list(request: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    cases: list[Mapping[str, Any]] = request["cases"]
    return cases
