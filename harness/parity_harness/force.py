"""Teacher forcing: module outputs replaced by the reference's tensors."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch

from .errors import HarnessError
from .tapid import TapId, parse_tap
from .tensorfile import TensorReader
from .tree import replace, slots

Jitter = Callable[[torch.Tensor], torch.Tensor]


class Forcing:
    """The reference's tensors for one case, by tap. They are read when they are needed, not before."""

    def __init__(
        self, request: Mapping[str, Any] | None, case: str, reader: TensorReader, jitter: Jitter | None = None
    ) -> None:
        self._reader = reader
        self._jitter = jitter
        self._entries: dict[tuple[str, int], dict[str | None, Mapping[str, Any]]] = {}
        self._case = case
        for entry in (request or {}).get("replace", []):
            if case in entry["files"]:
                tap = parse_tap(entry["tap"])
                self._entries.setdefault((tap.path, tap.call), {})[tap.slot] = entry

    def paths(self) -> set[str]:
        return {path for path, _ in self._entries}

    def whole(self, path: str, call: int, output: Any) -> bool:
        """True when every tensor of this output is forced."""
        entries = self._entries.get((path, call))
        return entries is not None and slots(output).keys() <= entries.keys()

    def apply(self, path: str, call: int, output: Any) -> Any:
        """The output with its forced tensors put in; the same object when there is nothing to force."""
        entries = self._entries.get((path, call))
        if not entries:
            return output
        present = slots(output)
        if None in present:
            wanted = entries.get(None)
            if wanted is None:
                return output
            return replace(output, lambda _, tensor: self._value(wanted, TapId(path, call, None), tensor))

        def change(slot: str, tensor: torch.Tensor) -> torch.Tensor:
            entry = entries.get(slot)
            return tensor if entry is None else self._value(entry, TapId(path, call, slot), tensor)

        return replace(output, change)

    def _value(self, entry: Mapping[str, Any], tap: TapId, output: torch.Tensor) -> torch.Tensor:
        place = entry["files"][self._case]
        value = self._reader.read(place["file"], place["tensor"])
        shape = list(value.shape)
        first, permute = place.get("reshapeFirst"), entry.get("permute")
        if first is not None:
            if math.prod(first) != value.numel():
                raise _misfit(tap, shape, permute, output, f"it cannot be split into {first}")
            value = value.reshape(first)
        if permute is not None and sorted(permute) != list(range(value.dim())):
            raise _misfit(tap, shape, permute, output, f"{permute} is no order of its axes")
        if permute is not None:
            value = value.permute(permute)
        if value.numel() != math.prod(output.shape):
            raise _misfit(tap, shape, permute, output, f"it has {value.numel()} elements, not {output.numel()}")
        # The output's own strides are kept: what follows in the model (a view, a kernel chosen by memory format) must
        # see a tensor that differs from the model's own in its values only.
        forced = torch.empty_like(output).copy_(value.reshape(output.shape))
        return forced if self._jitter is None else self._jitter(forced)


def _misfit(tap: TapId, shape: list[int], permute: list[int] | None, output: torch.Tensor, why: str) -> HarnessError:
    turned = "" if permute is None else f", permuted by {permute},"
    return HarnessError(
        "CANDIDATE_FAILED",
        f"The reference's tensor of shape {shape}{turned} cannot take the place of `{tap}` of shape "
        f"{list(output.shape)}: {why}.",
        hint="Check the pair in the map: the two taps do not hold the same quantity, or their layout differs.",
        where={"key": str(tap)},
    )
