"""Edits that are made in every step of a loop in the user's code."""

from __future__ import annotations

from typing import Any

import torch
from conftest import Runner

CELL = """
import torch
from torch import nn

class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Linear(1, 1, bias=False)
        nn.init.constant_(self.scale.weight, 2.0)

    def forward(self, x):
        h = torch.zeros_like(x[0])
        for step in x.unbind(0):
            gate = torch.exp(step)
            h = h + self.scale(gate)
        return torch.add(h, 100)

def build():
    return Model()
"""
# Own calls of the model: getitem, zeros_like, unbind, then exp and add in each step, and a last add.
EXP = {"module": "", "call": 1, "index": 3, "name": "exp", "step": {"index": 2, "call": 0}}
LINEAR = {"module": "scale", "call": 1, "index": 0, "name": "linear", "step": {"index": 0, "call": 1}}
SELF = {"$": "self"}


def run(runner: Runner, x: torch.Tensor, *edits: dict[str, Any]) -> torch.Tensor:
    runner.open(CELL)
    return runner.record(runner.cases(x=x), edits=list(edits)).values()["(output)"]


def test_an_edit_with_a_step_is_made_in_every_step_and_not_behind_the_loop(runner: Runner) -> None:
    for steps in (1, 2, 5):
        x = torch.arange(1.0, steps + 1).reshape(steps, 1)
        value = {"$": "argument", "at": 0}
        found = run(runner, x, {"kind": "op", "op": EXP, "value": value})
        # exp is left out: the sum of 2·x, and the last addition untouched although it follows at an odd index.
        assert torch.equal(found, 2 * x.sum(0) + 100), steps


def test_what_it_refers_to_is_that_of_the_same_step(runner: Runner) -> None:
    x = torch.tensor([[1.0], [2.0], [3.0]])
    add = {"module": "", "call": 1, "index": 4, "name": "add", "step": {"index": 2, "call": 0}}
    value = {"$": "call", "fn": "torch.add", "args": [SELF, {"$": "result", "op": EXP}]}
    found = run(runner, x, {"kind": "op", "op": add, "value": value})
    # Every step adds 2·exp(x) and once more exp(x). Behind the loop an add stands where the next step's exp would.
    torch.testing.assert_close(found, 3 * x.exp().sum(0) + 100)


def test_the_calls_of_a_module_in_a_loop_are_all_edited(runner: Runner) -> None:
    x = torch.tensor([[0.0], [1.0]])
    value = {"$": "call", "fn": "torch.mul", "args": [SELF, 0.5]}
    found = run(runner, x, {"kind": "op", "op": LINEAR, "value": value})
    torch.testing.assert_close(found, x.exp().sum(0) + 100)
