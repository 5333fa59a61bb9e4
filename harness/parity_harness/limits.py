"""Sizes that a program allows for its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from .errors import HarnessError


@dataclass(frozen=True)
class Axis:
    """Sizes that one axis may have: from `least` to `most` (None: any), multiples of `step`."""

    least: int = 0
    most: int | None = None
    step: int = 1

    def takes(self, size: int) -> bool:
        return size >= self.least and (self.most is None or size <= self.most) and size % self.step == 0

    def __str__(self) -> str:
        if self.most == self.least:
            return f"the size {self.least}"
        bounds = f"sizes from {self.least}" + ("" if self.most is None else f" to {self.most}")
        return bounds if self.step == 1 else f"{bounds} in steps of {self.step}"

    def show(self) -> dict[str, int | None]:
        return {"least": self.least, "most": self.most, "step": self.step}


def limits_of(value: Any, ranges: Mapping[Any, Any]) -> list[Axis] | None:
    """The limits of every axis of a program's input, from the fake tensor that stands for it. None for no tensor."""
    if not isinstance(value, torch.Tensor):
        return None
    return [_axis(size, ranges) for size in value.shape]


def _axis(size: Any, ranges: Mapping[Any, Any]) -> Axis:
    if isinstance(size, int):
        return Axis(size, size)
    expression = size.node.expr
    symbols = list(expression.free_symbols)
    if len(symbols) != 1:
        return Axis()
    factor = expression.coeff(symbols[0], 1)
    if expression != factor * symbols[0] or not factor.is_Integer or factor < 1:
        return Axis()
    known = ranges.get(symbols[0])
    if known is None:
        return Axis(step=int(factor))
    # torch counts from 2 where it means any size (0 and 1 are special to it), and does not check such a bound.
    least = 0 if known.lower <= 2 else int(known.lower)
    most = int(known.upper) if known.upper.is_finite and known.upper < 2**31 else None
    return Axis(least * int(factor), None if most is None else most * int(factor), int(factor))


def refuse(name: str, why: str) -> HarnessError:
    return HarnessError(
        "INPUTS_INVALID",
        f"The program {why}.",
        hint="Give inputs of that shape, or export the program with dynamic_shapes.",
        where={"key": name},
    )
