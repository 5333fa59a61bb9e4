"""The model in float64."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from .dispatching import PlainMode

NARROW = frozenset({torch.float32, torch.float16, torch.bfloat16})


def widen(tensor: torch.Tensor) -> torch.Tensor:
    """float64 for any floating tensor; others unchanged."""
    return tensor.double() if tensor.is_floating_point() else tensor


def double_copy(model: nn.Module) -> nn.Module:
    """A float64 copy of the model; the model itself is left alone. Tied parameters stay tied.

    deepcopy looks every object up in `memo` first: with the wide tensors put there, parameters are copied once, wide,
    instead of copied and then widened, and what was one parameter in two places stays one. Tensors that are kept as
    plain attributes (position tables, masks) are widened too.
    """
    memo: dict[int, Any] = {}
    for module in model.modules():
        for parameter in module._parameters.values():
            if parameter is not None and id(parameter) not in memo:
                wide = parameter.detach().double() if parameter.is_floating_point() else parameter.detach().clone()
                memo[id(parameter)] = nn.Parameter(wide, requires_grad=False)
        for tensor in (*module._buffers.values(), *vars(module).values()):
            if isinstance(tensor, torch.Tensor) and id(tensor) not in memo:
                memo[id(tensor)] = tensor.detach().double() if tensor.is_floating_point() else tensor.detach().clone()
    # Scripted modules copy themselves and do not ask the memo; for all others nothing is left to do.
    return copy.deepcopy(model, memo).double()


class _Widening(PlainMode):  # type: ignore[no-untyped-call]
    """Casts to a narrower float, and tensors created as one, become float64: no step of the pass rounds to it."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Iterable[Any] = (), kwargs: Any = None) -> Any:
        options = dict(kwargs or {})
        if options.get("dtype") in NARROW:
            options["dtype"] = torch.float64
        return func(*args, **options)


@contextmanager
def double_precision() -> Iterator[None]:
    """Runs user code in float64: new tensors are float64 by default, casts to narrower floats are widened."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        with _Widening():
            yield
    finally:
        torch.set_default_dtype(before)
