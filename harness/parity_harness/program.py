"""Modules that were read from a program instead of being made by a class: what they compute stands in a graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from torch import nn


class Program(Protocol):
    """One graph. It holds no values of the module, so that copies of the module share it."""

    def run(self, module: ProgramModule, args: Sequence[Any]) -> Any: ...


@dataclass(frozen=True)
class Facts:
    """What classes tell of ordinary modules, and here only the graph does."""

    layouts: Mapping[str, str] = field(default_factory=dict)
    """How a parameter is used (`expectedLayout` of docs/protocol.md), by its own name."""
    epsilon: float | None = None
    trains: bool = False
    """Something was recorded in training mode: dropout that drops, batch norms that take the batch's statistics."""


class Graphs:
    """The graphs of one module; more than one where it was called in several ways, which were recorded apart."""

    def __init__(self, programs: Mapping[str, Program], facts: Facts, parameters: Sequence[str] = ()) -> None:
        self.programs = dict(programs)
        self.facts = facts
        self.parameters = list(parameters)
        """Names of what forward() takes."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Graphs:
        return self


class ProgramModule(nn.Module):
    """A module whose forward() runs its graph."""

    def __init__(self, graphs: Graphs) -> None:
        super().__init__()
        self.graphs = graphs
        self.turn = next(iter(graphs.programs), "")
        """Which of the graphs the next call runs."""

    def forward(self, *args: Any) -> Any:
        return self.graphs.programs[self.turn].run(self, args)


def class_for(qualname: str | None, base: type[ProgramModule] = ProgramModule) -> type[ProgramModule]:
    """A class by the name that the module's own had when the program was made: it is what taps and messages show."""
    module, _, name = (qualname or "torch.nn.modules.module.Module").rpartition(".")
    module = module or "__main__"
    made: type[ProgramModule] = type(name, (base,), {"__module__": module, "__qualname__": name})
    return made
