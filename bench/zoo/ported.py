"""What the ports of the zoo share: modules whose parts go by two names, and the faults that a port is built with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from torch import nn


class Ported(nn.Module):
    """A module that `rename` can give other part names; its code goes on calling them as it was written."""

    other_names: ClassVar[Mapping[str, str]] = {}

    def __getattr__(self, name: str) -> Any:
        aliases = self.__dict__.get("aliases", {})
        return super().__getattr__(aliases.get(name, name))


def rename(model: nn.Module) -> None:
    """Calls the parts of every `Ported` module by the names that its class lists in `other_names`."""
    for module in list(model.modules()):
        if not isinstance(module, Ported):
            continue
        aliases = dict(module.other_names)
        for parts in (module._modules, module._parameters):
            for name in list(parts):
                parts[aliases.get(name, name)] = parts.pop(name)
        module.aliases = aliases


class Faults:
    """Faults by id: `norm-epsilon` is in every layer to which it applies, `norm-epsilon@1` in layer 1 alone."""

    def __init__(self, given: Iterable[str], known: Iterable[str]) -> None:
        self.given = [one.partition("@")[::2] for one in given]
        unknown = {name for name, _ in self.given} - set(known)
        if unknown:
            raise ValueError(f"no such faults: {', '.join(sorted(unknown))}")

    def at(self, layer: int) -> frozenset[str]:
        return frozenset(name for name, only in self.given if only in ("", str(layer)))

    @property
    def anywhere(self) -> frozenset[str]:
        return frozenset(name for name, _ in self.given)
