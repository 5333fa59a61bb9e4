"""What a port of the tagger is built from: the sizes, and the faults that it is to have."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# The layer at which each fault is injected, by the original's scope.
PLACES = {
    "lstm-gate-order": "bilstm/fw",
    "lstm-gate-split": "bilstm/fw",
    "lstm-hard-sigmoid": "bilstm/bw",
    "forget-bias": "bilstm/bw",
    "forget-bias-step": "bilstm/bw",
    "lstm-bias-doubled": "bilstm/fw",
    "lstm-bias-not-loaded": "bilstm/bw",
    "lstm-kernel-transposed": "bilstm/fw",
    "directions-swapped": "bilstm/fw and bilstm/bw",
    "backward-not-reversed": "bilstm",
    "backward-left-reversed": "bilstm",
    "padding-not-packed": "bilstm",
    "batch-first-forgotten": "bilstm",
    "mask-missing": "bilstm",
    "gru-gate-order": "gru/cell_0",
    "gru-gate-split": "gru/cell_0",
    "gru-bias-summed": "gru/cell_1",
    "gru-reset": "gru/cell_1",
    "gru-hard-sigmoid": "gru/cell_0",
    "gru-recurrent-untransposed": "gru/cell_1",
    "gru-not-loaded": "gru/cell_1",
    "layer-order": "gru/cell_0 and gru/cell_1",
    "embedding-rows": "embedding",
    "embedding-padding-row": "embedding",
    "embedding-scale": "embedding",
    "transposed-weight": "projection",
    "missing-activation": "projection",
    "missing-bias": "logits",
}


@dataclass(frozen=True)
class Plan:
    sizes: dict[str, Any]
    faults: frozenset[str]

    def has(self, fault: str, scope: str | None = None) -> bool:
        """Whether the fault is to be made, and at this scope where one is given."""
        return fault in self.faults and (scope is None or scope in PLACES[fault])

    @property
    def hidden(self) -> int:
        return self.sizes["hidden"]


def read_plan(directory: Path, faults: tuple[str, ...] | list[str]) -> Plan:
    unknown = sorted(set(faults) - PLACES.keys())
    if unknown:
        raise ValueError(f"no such fault: {', '.join(unknown)}; there are {', '.join(PLACES)}")
    return Plan(json.loads((directory / "zoo.json").read_text()), frozenset(faults))
