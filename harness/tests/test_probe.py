from __future__ import annotations

from typing import Any

import pytest
import torch
from conftest import Recorded, Runner
from models import GPT2, MLP
from safetensors.torch import load_file, save_file

IDS = torch.tensor([[1, 5, 10, 0]])
TRANSPOSE = {"kind": "permute-parameter", "parameter": "blocks.1.up.weight", "permute": [1, 0]}


def probe(runner: Runner, cases: list[dict[str, Any]], reference: Recorded, *experiments: dict[str, Any]) -> Any:
    request = {"out": str(runner.folder / "probe"), "cases": cases, "force": reference.forcing()}
    answer = runner.ask("probe", **request, experiments=list(experiments))
    return {row["id"]: row for row in answer["experiments"]}


def output(row: dict[str, Any], case: str = "c0") -> torch.Tensor:
    assert row["status"] == "ran", row
    tensor: torch.Tensor = load_file(row["outputs"][case]["file"])[row["outputs"][case]["tensor"]]
    return tensor


@pytest.mark.parametrize("source", [MLP, GPT2])
def test_re_running_any_layer_without_a_change_gives_what_it_recorded(runner: Runner, source: str) -> None:
    runner.open(source)
    cases = runner.cases(**{"ids" if source is MLP else "input_ids": IDS})
    free = runner.record(cases)
    experiments: list[dict[str, Any]] = [{"id": f"e{i}", "tap": tap, "changes": []} for i, tap in enumerate(free.taps)]
    rows = probe(runner, cases, free, *experiments)
    for experiment in experiments:
        assert torch.equal(output(rows[experiment["id"]]), free.values()[experiment["tap"]]), experiment["tap"]


def test_a_repair_brings_the_layer_back_to_the_reference(runner: Runner) -> None:
    runner.open(MLP)
    cases = runner.cases(ids=IDS)
    reference = runner.record(cases, out="reference")
    runner.open(MLP, kwargs={"broken": 1})
    rows = probe(
        runner,
        cases,
        reference,
        {"id": "control", "tap": "blocks.1.up", "changes": []},
        {"id": "repaired", "tap": "blocks.1.up", "changes": [TRANSPOSE]},
        {"id": "parent", "tap": "blocks.1", "changes": [TRANSPOSE]},
        {"id": "elsewhere", "tap": "blocks.2.up", "changes": [TRANSPOSE]},
    )
    expected = reference.values()
    assert not torch.equal(output(rows["control"]), expected["blocks.1.up"])
    assert torch.equal(output(rows["repaired"]), expected["blocks.1.up"])
    assert torch.equal(output(rows["elsewhere"]), expected["blocks.2.up"])
    assert torch.equal(output(rows["parent"]), expected["blocks.1"]), "children are forced, so the fault does not show"
    again = runner.record(cases, out="again", force=reference.forcing()).values()
    assert not torch.equal(again["blocks.1.up"], expected["blocks.1.up"]), "the change was undone"


def test_a_parameter_can_be_replaced_from_a_file(runner: Runner) -> None:
    runner.open(MLP)
    cases = runner.cases(ids=IDS)
    free = runner.record(cases)
    save_file({"zero": torch.zeros(8, dtype=torch.float64)}, runner.folder / "new.safetensors")
    file = {"file": str(runner.folder / "new.safetensors"), "tensor": "zero"}
    changes = [
        {"kind": "replace-parameter", "parameter": f"blocks.0.norm.{name}", **file} for name in ("weight", "bias")
    ]
    rows = probe(runner, cases, free, {"id": "e", "tap": "blocks.0.norm", "changes": changes})
    assert output(rows["e"]).abs().max() == 0


@pytest.mark.parametrize(
    ("experiment", "why"),
    [
        ({"tap": "nowhere", "changes": []}, "The model has no module `nowhere`."),
        ({"tap": "blocks.1.up@2", "changes": []}, "`blocks.1.up@2` was not called in case c0."),
        ({"tap": "blocks.1.up[1]", "changes": []}, "has no such slot; it has its only tensor"),
        ({"tap": "head", "changes": [{**TRANSPOSE, "parameter": "head.weight"}]}, "its shape is [11, 8]"),
        ({"tap": "head", "changes": [{**TRANSPOSE, "parameter": "x"}]}, "no parameter or buffer of that name"),
    ],
)
def test_an_experiment_that_cannot_be_made_fails_with_its_reason(
    runner: Runner, experiment: dict[str, Any], why: str
) -> None:
    runner.open(MLP)
    cases = runner.cases(ids=IDS)
    free = runner.record(cases)
    rows = probe(runner, cases, free, {"id": "bad", **experiment}, {"id": "good", "tap": "head", "changes": []})
    assert rows["bad"]["status"] == "failed" and why in rows["bad"]["reason"]
    assert torch.equal(output(rows["good"]), free.values()["head"])


def test_layers_that_write_into_their_input_keep_state_or_raise_do_not_spoil_the_others(runner: Runner) -> None:
    runner.open(
        """
        import torch
        from torch import nn
        class Cache:
            def __init__(self): self.seen = []
        class InPlace(nn.Module):
            def forward(self, x): return x.add_(1)
        class Remembers(nn.Module):
            def forward(self, x, cache):
                cache.seen.append(x)
                return torch.stack(cache.seen).sum(0)
        class Once(nn.Module):
            count = 0
            def forward(self, x):
                self.count += 1
                if self.count > 2: raise RuntimeError("only twice")
                return x
        class Leaf(nn.Module):
            def forward(self, x): return x * 2
        class Outer(nn.Module):
            def __init__(self):
                super().__init__()
                self.leaf = Leaf()
            def forward(self, x): return self.leaf(self.leaf(x))
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.in_place, self.remembers, self.once, self.outer = InPlace(), Remembers(), Once(), Outer()
            def forward(self, x):
                cache = Cache()
                y = self.remembers(self.remembers(self.in_place(x), cache), cache)
                return self.outer(self.outer(self.once(y)))
        def build(): return Net().eval()
        """
    )
    cases = runner.cases(x=torch.ones(2))
    free = runner.record(cases)
    taps = ["in_place", "remembers", "remembers@2", "once", "outer", "outer@2", "outer.leaf@3", "(output)"]
    rows = probe(runner, cases, free, *[{"id": tap, "tap": tap, "changes": []} for tap in taps])
    for tap in taps:
        if tap not in ("once", "(output)"):
            assert torch.equal(output(rows[tap]), free.values()[tap]), tap
    for tap in ("once", "(output)"):
        assert rows[tap]["status"] == "failed" and rows[tap]["reason"].endswith("raised RuntimeError: only twice")
