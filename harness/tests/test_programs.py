"""Candidates that are programs: torch.export's and TorchScript's, against the modules that they were made from."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import Runner, output
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(6, eps=1e-3)
        self.lin = nn.Linear(6, 6)

    def forward(self, x: Tensor) -> Tensor:
        return x + F.gelu(self.lin(self.norm(x)))


class Model(nn.Module):
    """One block that is called twice, a convolution, a weight that is multiplied as it lies, constants, two outputs."""

    def __init__(self) -> None:
        super().__init__()
        self.emb = nn.Embedding(11, 6)
        self.block = Block()
        self.conv = nn.Conv1d(6, 4, 3, padding=1)
        self.plain = nn.Parameter(torch.randn(4, 5))
        self.scale = torch.full((4,), 1.7)
        self.register_buffer("shift", torch.arange(4.0))

    def forward(self, ids: Tensor, mask: Tensor) -> dict[str, Tensor]:
        x = self.block(self.block(self.emb(ids)))
        first = self.block(x[:, :1])
        y = self.conv(x.transpose(1, 2)).transpose(1, 2) * self.scale + self.shift
        return {"y": (y * mask[:, :, None]) @ self.plain, "first": first}


class Branching(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(6, 6), nn.Linear(6, 6)])
        self.steps = 3

    def forward(self, x: Tensor, twice: bool = True) -> Tensor:
        for _ in range(self.steps):
            x = x + 1.0
        for layer in self.layers:
            x = F.relu(layer(x))
        if twice and x.dim() > 1:
            x = torch.cat([x, x], dim=-1)
        return x


IDS, MASK = torch.tensor([[1, 5, 10, 0], [2, 2, 3, 9]]), torch.tensor([[1.0, 1, 1, 0], [1, 1, 1, 1]])


def model() -> Model:
    torch.manual_seed(3)
    return Model().eval()


def hooked(module: nn.Module, *args: Any) -> dict[str, Tensor]:
    """What hooks see in the module itself: the first calls, and `block@2`, `block@3` for the later ones."""
    seen: dict[str, Tensor] = {}
    counts: dict[str, int] = {}

    def keep(name: str) -> Any:
        def hook(_: nn.Module, __: Any, result: Tensor) -> None:
            counts[name] = counts.get(name, 0) + 1
            seen[name if counts[name] == 1 else f"{name}@{counts[name]}"] = result.detach().clone()

        return hook

    handles = [part.register_forward_hook(keep(name)) for name, part in module.named_modules() if name]
    with torch.no_grad():
        module(*args)
    for handle in handles:
        handle.remove()
    return seen


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("programs")
    sizes = {"ids": {0: torch.export.Dim("b"), 1: torch.export.Dim("s", max=8)}}
    sizes["mask"] = sizes["ids"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.export.save(torch.export.export(model(), (IDS, MASK), dynamic_shapes=sizes), folder / "open.pt2")
        torch.export.save(torch.export.export(model(), (IDS, MASK)), folder / "fixed.pt2")
        torch.jit.trace(model(), (IDS, MASK), strict=False).save(folder / "traced.pt")
        torch.manual_seed(4)
        torch.jit.script(Branching().eval()).save(folder / "scripted.pt")
    return folder


FORMS = [("open.pt2", "pt2"), ("traced.pt", "torchscript")]


@pytest.mark.parametrize(("file", "form"), FORMS)
def test_modules_keep_names_classes_weights_and_what_they_compute(
    runner: Runner, programs: Path, file: str, form: str
) -> None:
    described = runner.ask("open", entry=str(programs / file), form=form)
    assert described["warnings"] == []
    assert [one["name"] for one in described["inputs"]] == ["ids", "mask"]
    classes = {one["path"]: one["qualname"] for one in described["modules"]}
    assert classes["block.lin"] == "torch.nn.modules.linear.Linear"
    assert classes["block"].endswith(".Block")
    epsilons = {one["path"]: one["epsilon"] for one in described["modules"]}
    assert epsilons["block.norm"] == 1e-3
    layouts = {one["name"]: one["expectedLayout"] for one in described["parameters"]}
    assert layouts["block.lin.weight"] == "linear"
    assert layouts["conv.weight"] == "conv"
    assert layouts["emb.weight"] == "embedding"
    assert layouts["plain"] == ("conv1d" if form == "pt2" else "unknown")

    recorded = runner.record(runner.cases(ids=IDS.int(), mask=MASK), shipped=True)
    assert recorded.answer["warnings"] == []
    values, own = recorded.values(), hooked(model(), IDS, MASK)
    assert {name for name in values if not name.startswith("(output)")} == own.keys()
    for name, tensor in own.items():
        torch.testing.assert_close(values[name], tensor, rtol=1e-6, atol=1e-6)
    for name, tensor in model()(IDS, MASK).items():
        torch.testing.assert_close(values[f"(output)[{name}]"], tensor.detach(), rtol=1e-6, atol=1e-6)

    runner.ask("weights", out=str(runner.folder / "weights.safetensors"), stored={})
    written = load_file(runner.folder / "weights.safetensors")
    for name, tensor in model().state_dict().items():
        assert torch.equal(written[name], tensor), name


@pytest.mark.parametrize(("file", "form"), FORMS)
def test_float64_forcing_edits_and_traces_work_as_on_modules(
    runner: Runner, programs: Path, file: str, form: str
) -> None:
    runner.ask("open", entry=str(programs / file), form=form)
    cases = runner.cases(ids=IDS, mask=MASK)
    recorded = runner.record(cases)
    wide = runner.record(cases, out="wide", precision="float64").values()
    double = model().double()
    double.scale = double.scale.double()
    expected = double(IDS, MASK.double())["y"].detach()
    assert wide["(output)[y]"].dtype == torch.float64
    torch.testing.assert_close(wide["(output)[y]"], expected, rtol=1e-12, atol=1e-12)

    other = {
        "kind": "parameter",
        "parameter": "block.lin.weight",
        "value": {"$": "call", "fn": "torch.t", "args": [{"$": "self"}]},
    }
    eps = {
        "kind": "op",
        "op": {"module": "block.norm", "call": 1, "index": 0, "name": "layer_norm"},
        "value": {"$": "original", "arguments": {"eps": 0.5}},
    }
    rows = runner.probe(
        cases,
        recorded,
        {"id": "t", "taps": ["block.lin"], "edits": [other]},
        {"id": "e", "taps": ["block.norm"], "edits": [eps]},
    )
    own = hooked(model(), IDS, MASK)
    lin = model().block.lin
    torch.testing.assert_close(output(rows["t"]), F.linear(own["block.norm"], lin.weight.T, lin.bias).detach())
    norm = model().block.norm
    torch.testing.assert_close(output(rows["e"]), F.layer_norm(own["emb"], [6], norm.weight, norm.bias, 0.5).detach())

    request = {"out": str(runner.folder / "trace"), "cases": cases, "force": recorded.forcing(), "edits": []}
    [trace] = runner.ask("trace", **request, taps=["block@2"])["traces"]
    assert trace["reason"] is None
    assert [op["key"]["name"] for op in trace["ops"]] == ["gelu", "add"]
    assert trace["ops"][0]["source"]["file"].endswith("test_programs.py")


def test_sizes_that_a_program_does_not_take_are_told_and_refused(runner: Runner, programs: Path) -> None:
    described = runner.ask("open", entry=str(programs / "open.pt2"), form="pt2")
    assert described["inputs"][0]["sizes"][1] == {"least": 0, "most": 8, "step": 1}
    described = runner.ask("open", entry=str(programs / "fixed.pt2"), form="pt2")
    assert described["inputs"][1]["sizes"] == [{"least": 2, "most": 2, "step": 1}, {"least": 4, "most": 4, "step": 1}]
    cases = runner.cases(ids=IDS[:1], mask=MASK[:1])
    error = runner.fail("record", out=str(runner.folder / "no"), cases=cases, taps="all", precision="float32")
    assert error["code"] == "INPUTS_INVALID"
    assert error["message"] == "The program takes the size 2 for axis 0 of ids, and was given [1, 4]."


def test_a_scripted_program_is_followed_through_loops_branches_and_functions(runner: Runner, programs: Path) -> None:
    described = runner.ask("open", entry=str(programs / "scripted.pt"), form="torchscript")
    assert described["warnings"] == []
    assert [(one["name"], one["required"]) for one in described["inputs"]] == [("x", True), ("twice", False)]
    x = torch.randn(2, 6, generator=torch.Generator().manual_seed(1))
    values = runner.record(runner.cases(x=x), shipped=True).values()
    torch.manual_seed(4)
    plain = Branching().eval()
    assert torch.equal(values["(output)"], plain(x).detach())
    for name, tensor in hooked(plain, x).items():
        assert torch.equal(values[name], tensor), name


def test_what_cannot_be_followed_is_called_as_it_is_with_a_warning(runner: Runner) -> None:
    class Waiting(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.jit._wait(torch.jit._fork(torch.relu, x))  # type: ignore[no-any-return]

    class Outer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = Waiting()
            self.lin = nn.Linear(3, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.inner(self.lin(x))  # type: ignore[no-any-return]

    torch.manual_seed(0)
    outer = Outer().eval()
    torch.jit.script(outer).save(runner.folder / "waiting.pt")
    described = runner.ask("open", entry=str(runner.folder / "waiting.pt"), form="torchscript")
    [warning] = described["warnings"]
    assert warning.startswith(
        "What is computed inside of some modules of the program is not seen: inner (its graph holds"
    )
    x = torch.randn(2, 3)
    values = runner.record(runner.cases(x=x), shipped=True).values()
    assert set(values) == {"lin", "inner", "(output)"}
    assert torch.equal(values["(output)"], outer(x).detach())


@pytest.mark.parametrize("form", ["pt2", "torchscript"])
def test_a_broken_file_is_refused(runner: Runner, form: str, programs: Path) -> None:
    whole = (programs / ("open.pt2" if form == "pt2" else "traced.pt")).read_bytes()
    (runner.folder / "broken").write_bytes(whole[: len(whole) // 2])
    error = runner.fail("open", entry=str(runner.folder / "broken"), form=form)
    assert error["code"] == "FORMAT_INVALID"
    assert error["where"] == {"file": str(runner.folder / "broken")}


def test_a_program_is_not_cast(runner: Runner, programs: Path) -> None:
    error = runner.fail("open", entry=str(programs / "open.pt2"), form="pt2", dtype="bfloat16")
    assert error["code"] == "USAGE"
    assert "cannot be cast to bfloat16" in error["message"]
