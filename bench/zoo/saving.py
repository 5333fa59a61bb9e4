"""Saves an original of the zoo: the checkpoint trio, its weights for the ports, and what a port must know."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

os.environ["TF_CPP_MIN_LOG_LEVEL"] = os.environ.get("TF_CPP_MIN_LOG_LEVEL", "2")

import tensorflow as tf  # type: ignore[import-untyped]

v1 = tf.compat.v1

Array = NDArray[Any]
Feeds = Mapping[str, Array]


@dataclass(frozen=True)
class Graph:
    """What building an original gives: its placeholders, its outputs, and the values of its variables by name."""

    inputs: list[Any]
    outputs: list[Any]
    values: Mapping[str, Array]
    # Inputs that suit this model, one entry per case: keyed by the placeholders' names.
    cases: list[Feeds]


def save(out: Path, sizes: Mapping[str, Any], build: Callable[[], Graph]) -> None:
    """Writes `model.ckpt.*`, `weights.npz`, `zoo.json` and one `inputs-<n>.npz` per case to `out`."""
    out.mkdir(parents=True, exist_ok=True)
    with v1.Graph().as_default(), v1.Session() as session:
        graph = build()
        for variable in v1.global_variables():
            # Feeding the initial value sets the variable without adding an operation to the graph that is saved.
            session.run(variable.initializer, {variable.initializer.inputs[1]: graph.values[variable.op.name]})
        saver: Any = v1.train.Saver(save_relative_paths=True)
        saver.save(session, str(out / "model.ckpt"))
    np.savez(out / "weights.npz", **graph.values)
    for index, feeds in enumerate(graph.cases):
        np.savez(out / f"inputs-{index}.npz", **feeds)
    described = {
        **sizes,
        "inputs": [tensor.op.name for tensor in graph.inputs],
        "outputs": [tensor.name for tensor in graph.outputs],
        "cases": [f"inputs-{index}.npz" for index in range(len(graph.cases))],
    }
    (out / "zoo.json").write_text(json.dumps(described, indent=2) + "\n")


def arguments(description: str | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()
