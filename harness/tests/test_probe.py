from __future__ import annotations

from typing import Any

import pytest
import torch
from conftest import Runner, output
from edit_models import KEEPS
from models import GPT2, MLP
from safetensors.torch import load_file, save_file

IDS = torch.tensor([[1, 5, 10, 0]])
SELF = {"$": "self"}


def transpose(parameter: str) -> dict[str, Any]:
    value = {"$": "call", "fn": "torch.permute", "args": [SELF, [1, 0]]}
    return {"kind": "parameter", "parameter": parameter, "value": value}


TRANSPOSE = transpose("blocks.1.up.weight")


@pytest.mark.parametrize("source", [MLP, GPT2])
def test_re_running_any_layer_without_a_change_gives_what_it_recorded(runner: Runner, source: str) -> None:
    runner.open(source)
    cases = runner.cases(**{"ids" if source is MLP else "input_ids": IDS})
    free = runner.record(cases)
    experiments: list[dict[str, Any]] = [{"id": f"e{i}", "taps": [tap], "edits": []} for i, tap in enumerate(free.taps)]
    rows = runner.probe(cases, free, *experiments)
    for experiment in experiments:
        assert torch.equal(output(rows[experiment["id"]]), free.values()[experiment["taps"][0]]), experiment["id"]


def test_a_repair_brings_the_layer_back_to_the_reference(runner: Runner) -> None:
    runner.open(MLP)
    cases = runner.cases(ids=IDS)
    reference = runner.record(cases, out="reference")
    runner.open(MLP, kwargs={"broken": 1})
    rows = runner.probe(
        cases,
        reference,
        {"id": "control", "taps": ["blocks.1.up"], "edits": []},
        {"id": "repaired", "taps": ["blocks.1.up"], "edits": [TRANSPOSE]},
        {"id": "parent", "taps": ["blocks.1"], "edits": [TRANSPOSE]},
        {"id": "elsewhere", "taps": ["blocks.2.up"], "edits": [TRANSPOSE]},
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
        {"kind": "parameter", "parameter": f"blocks.0.norm.{name}", "value": {"$": "tensor", **file}}
        for name in ("weight", "bias")
    ]
    rows = runner.probe(cases, free, {"id": "e", "taps": ["blocks.0.norm"], "edits": changes})
    assert output(rows["e"]).abs().max() == 0


@pytest.mark.parametrize(
    ("experiment", "why"),
    [
        ({"taps": ["nowhere"], "edits": []}, "The model has no module `nowhere`."),
        ({"taps": ["blocks.1.up@2"], "edits": []}, "`blocks.1.up@2` was not called in case c0."),
        ({"taps": ["blocks.1.up[1]"], "edits": []}, "has no such slot; it has its only tensor"),
        ({"taps": ["head"], "edits": [transpose("head.weight")]}, "its own shape is [11, 8]"),
        ({"taps": ["head"], "edits": [transpose("x")]}, "no parameter or buffer of that name"),
    ],
)
def test_an_experiment_that_cannot_be_made_fails_with_its_reason(
    runner: Runner, experiment: dict[str, Any], why: str
) -> None:
    runner.open(MLP)
    cases = runner.cases(ids=IDS)
    free = runner.record(cases)
    rows = runner.probe(cases, free, {"id": "bad", **experiment}, {"id": "good", "taps": ["head"], "edits": []})
    assert rows["bad"]["status"] == "failed" and why in rows["bad"]["reason"]
    assert torch.equal(output(rows["good"]), free.values()["head"])


def test_layers_that_write_into_their_input_keep_state_or_raise_do_not_spoil_the_others(runner: Runner) -> None:
    runner.open(
        """
        import torch
        from torch import nn
        COUNT = []
        class Cache:
            def __init__(self): self.seen = []
        class InPlace(nn.Module):
            def forward(self, x): return x.add_(1)
        class Remembers(nn.Module):
            def forward(self, x, cache):
                cache.seen.append(x)
                return torch.stack(cache.seen).sum(0)
        class Once(nn.Module):
            def forward(self, x):
                COUNT.append(1)
                if len(COUNT) > 2: raise RuntimeError("only twice")
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
    rows = runner.probe(cases, free, *[{"id": tap, "taps": [tap], "edits": []} for tap in taps])
    for tap in taps:
        if tap != "once":
            assert torch.equal(output(rows[tap]), free.values()[tap]), tap
    assert rows["once"]["status"] == "failed" and rows["once"]["reason"].endswith("raised RuntimeError: only twice")


def test_a_model_with_state_hooks_scripts_and_modes_is_probed_and_left_as_it_was(runner: Runner) -> None:
    runner.open(KEEPS)
    cases = runner.cases(x=torch.randn(4, 3))
    free = runner.record(cases)
    runner.open(KEEPS)
    runner.ask("weights", out=str(runner.folder / "before.safetensors"))
    stored = load_file(runner.folder / "before.safetensors")
    taps = [*free.taps]
    edit = {"kind": "op", "op": {"module": "counts", "call": 1, "index": 2, "name": "mul"}, "value": SELF}
    rows = runner.probe(
        cases,
        free,
        *[{"id": tap, "taps": [tap], "edits": []} for tap in taps],
        {"id": "edited", "taps": ["counts"], "edits": [edit]},
        {"id": "after", "taps": ["hooked"], "edits": [{"kind": "output", "tap": "norm", "value": SELF}]},
    )
    for tap in taps:
        assert torch.equal(output(rows[tap]), free.values()[tap]), tap
    assert torch.equal(output(rows["edited"]), free.values()["counts"])
    assert torch.equal(output(rows["after"]), free.values()["hooked"])
    runner.ask("weights", out=str(runner.folder / "after.safetensors"))
    after = load_file(runner.folder / "after.safetensors")
    assert len(after) == len(stored) and all(torch.equal(after[name], tensor) for name, tensor in stored.items())
    again = runner.record(cases, out="again").values()
    assert all(torch.equal(again[tap], value) for tap, value in free.values().items()), "no state was left behind"


def test_an_experiment_does_not_compute_what_is_forced(runner: Runner) -> None:
    runner.open(
        """
        import torch
        from torch import nn
        class Part(nn.Module):
            def __init__(self):
                super().__init__()
                self.inner = nn.Linear(4, 4)
            def forward(self, x):
                print("computed", self.name, flush=True)
                return self.inner(x)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.parts = nn.ModuleList(Part() for _ in range(6))
                self.shared = self.parts[1]
                for at, part in enumerate(self.parts): part.name = at
            def forward(self, x):
                for part in self.parts: x = part(x)
                return self.shared(x)
        def build(): return Net().eval()
        """
    )
    cases = runner.cases(x=torch.randn(2, 4))
    free = runner.record(cases)

    def computed(*experiments: dict[str, Any]) -> list[str]:
        before = len(runner.log.read_text())
        rows = runner.probe(cases, free, *experiments)
        for experiment in experiments:
            tap = experiment["taps"][0]
            assert torch.equal(output(rows[experiment["id"]]), free.values()[tap])
        return [line.split()[1] for line in runner.log.read_text()[before:].splitlines() if line.startswith("computed")]

    main = [*"0123451"]
    once = {"id": "a", "taps": ["parts.3.inner"], "edits": []}
    assert computed(once) == [*main, "3", "3"], "the control and the experiment, up to the tap"
    training = {"kind": "attribute", "module": "parts.2", "attribute": "training", "value": True}
    assert computed(once, {**once, "id": "b"}, {**once, "id": "c", "edits": [training]}) == [*main, *"333", *"23"]
    assert computed({"id": "a", "taps": ["parts.1@2"], "edits": []}) == [*main, "1", "1"]


def test_a_layer_that_draws_or_counts_outside_of_itself_is_said_not_to_repeat(runner: Runner) -> None:
    runner.open(
        """
        import itertools, torch
        from torch import nn
        COUNT = itertools.count()
        class Counts(nn.Module):
            def forward(self, x): return x + next(COUNT)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.counts, self.after = Counts(), nn.Identity()
            def forward(self, x): return self.after(self.counts(x))
        def build(): return Net().eval()
        """
    )
    cases = runner.cases(x=torch.zeros(2))
    free = runner.record(cases)
    rows = runner.probe(cases, free, *[{"id": tap, "taps": [tap], "edits": []} for tap in ("counts", "after")])
    assert rows["counts"]["status"] == "failed"
    assert "`counts` without any change does not give the same again" in rows["counts"]["reason"]
    assert torch.equal(output(rows["after"]), free.values()["after"])
