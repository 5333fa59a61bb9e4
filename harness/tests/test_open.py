from __future__ import annotations

from typing import Any

import pytest
import torch
from conftest import Runner
from models import GPT2, MLP, in_process
from safetensors.torch import load_file, save_file


def by(rows: list[dict[str, Any]], key: str) -> dict[str, dict[str, Any]]:
    return {row[key]: row for row in rows}


def test_describes_inputs_modules_and_parameters(runner: Runner) -> None:
    described = runner.open(MLP)
    assert described["inputs"] == [{"name": "ids", "required": True}, {"name": "scale", "required": False}]
    modules, parameters = by(described["modules"], "path"), by(described["parameters"], "name")
    assert list(modules) == [name for name, _ in in_process(MLP).named_modules()]
    up = modules["blocks.1.up"]
    assert (up["class"], up["qualname"]) == ("Linear", "torch.nn.modules.linear.Linear")
    assert up["parameters"] == ["weight", "bias"] and not up["training"]
    assert parameters["blocks.1.up.weight"] == {
        "name": "blocks.1.up.weight", "module": "blocks.1.up", "kind": "parameter", "persistent": True,
        "dtype": "float32", "shape": [8, 8], "sameAs": None, "expectedLayout": "linear",
    }  # fmt: skip
    assert parameters["embed.weight"]["expectedLayout"] == "embedding"
    assert parameters["blocks.1.norm.weight"]["expectedLayout"] == "vector"
    assert parameters["head.weight"]["sameAs"] == "embed.weight"
    assert described["warnings"] == []


def test_every_module_carries_the_line_that_constructed_it(runner: Runner) -> None:
    lines = MLP.splitlines()
    modules = by(runner.open(MLP)["modules"], "path")

    def line(path: str) -> str:
        assert modules[path]["source"]["file"] == "model.py"
        number: int = modules[path]["source"]["line"]
        return lines[number - 1].strip()

    assert line("blocks.1.up") == "self.up = nn.Linear(width, width)"
    assert line("blocks.2") == "self.blocks = nn.ModuleList([Block(8) for _ in range(3)])"
    assert line("embed") == "self.embed = nn.Embedding(11, 8)"
    assert line("") == "net = Net().eval()"


def test_library_modules_point_to_the_users_call_and_copies_to_the_copy(runner: Runner) -> None:
    modules = by(runner.open(GPT2)["modules"], "path")
    call = next(i for i, text in enumerate(GPT2.splitlines(), 1) if "return GPT2LMHeadModel" in text)
    assert modules["transformer.h.1.attn.c_attn"]["source"] == {"file": "model.py", "line": call}
    source = """
    import copy
    from torch import nn

    def build():
        one = nn.Linear(2, 2)
        return nn.Sequential(one, copy.deepcopy(one)).eval()
    """
    modules = by(runner.open(source)["modules"], "path")
    assert [modules[path]["source"]["line"] for path in ("0", "1", "")] == [6, 7, 7]


def test_layouts_follow_from_the_owner_and_not_from_the_shape(runner: Runner) -> None:
    described = runner.open(
        """
        import torch
        from torch import nn
        from transformers.pytorch_utils import Conv1D
        class Own(nn.Linear):
            def forward(self, x): return x @ self.weight
        class Same(nn.Linear):
            pass
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.own, self.same, self.conv1d = Own(4, 4), Same(4, 4), Conv1D(4, 4)
                self.conv, self.up = nn.Conv2d(4, 4, 3), nn.ConvTranspose2d(4, 4, 3)
                self.lstm, self.mha = nn.LSTM(4, 4), nn.MultiheadAttention(4, 2)
                self.raw = nn.Parameter(torch.zeros(4, 4))
                self.gain = nn.Parameter(torch.tensor(1.0))
                self.register_buffer("mask", torch.ones(4, 4, dtype=torch.bool), persistent=False)
                self.alias = self.same
            def forward(self, x): return x
        def build(): return Net()
        """
    )
    rows = by(described["parameters"], "name")
    assert {name: rows[name]["expectedLayout"] for name in rows if "bias" not in name and "alias" not in name} == {
        "raw": "unknown", "gain": "unknown", "mask": "unknown", "own.weight": "unknown", "same.weight": "linear",
        "conv1d.weight": "conv1d", "conv.weight": "conv", "up.weight": "conv-transpose",
        "lstm.weight_ih_l0": "linear", "lstm.weight_hh_l0": "linear",
        "mha.in_proj_weight": "linear", "mha.out_proj.weight": "linear",
    }  # fmt: skip
    assert (rows["mask"]["kind"], rows["mask"]["persistent"], rows["mask"]["dtype"]) == ("buffer", False, "bool")
    assert (rows["alias.weight"]["sameAs"], rows["alias.weight"]["module"]) == ("same.weight", "same")
    assert by(described["modules"], "path")[""]["training"]


def test_a_model_left_in_training_mode_is_reported_and_not_changed(runner: Runner) -> None:
    source = """
    from torch import nn
    def build(): return nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5))
    """
    described = runner.open(source)
    assert all(module["training"] for module in described["modules"])
    assert described["warnings"] == ["In training mode, and not computing what they compute in eval mode: 1."]
    cases = runner.cases(input=torch.ones(50, 2))
    first, second = (runner.record(cases, out=out).values()["1"] for out in ("a", "b"))
    assert (first == 0).any() and torch.equal(first, second), "dropout is active, and drawn from the seed"


def test_weights_are_written_once_per_storage(runner: Runner) -> None:
    runner.open(MLP)
    out = runner.folder / "weights.safetensors"
    answer = runner.ask("weights", out=str(out))
    expected, written = in_process(MLP).state_dict(), load_file(out)
    assert answer["names"] == [name for name in expected if name != "head.weight"] == list(answer["names"])
    assert set(written) == set(answer["names"])
    assert all(torch.equal(written[name], expected[name]) for name in written)


def test_weights_are_written_with_repairs_made_and_the_model_stays_as_it_was(runner: Runner) -> None:
    runner.open(MLP)
    state = in_process(MLP).state_dict()
    plain, repaired = runner.folder / "plain.safetensors", runner.folder / "repaired.safetensors"
    name = next(key for key, value in state.items() if value.dim() == 2 and value.shape[0] == value.shape[1])
    turned = {"$": "call", "fn": "torch.t", "args": [{"$": "self"}]}
    runner.ask("weights", out=str(repaired), edits=[{"kind": "parameter", "parameter": name, "value": turned}])
    runner.ask("weights", out=str(plain))
    before, after = load_file(plain), load_file(repaired)
    assert torch.equal(after[name], state[name].T) and not torch.equal(after[name], state[name])
    assert all(torch.equal(before[key], state[key]) for key in before)
    assert all(torch.equal(after[key], state[key]) for key in after if key != name)
    other = {"kind": "attribute", "module": "", "attribute": "training", "value": False}
    assert runner.fail("weights", out=str(plain), edits=[other])["code"] == "USAGE"


@pytest.mark.parametrize("kind", ["pt", "checkpoint.bin", "safetensors"])
def test_a_state_dict_file_is_loaded_into_the_model(runner: Runner, kind: str) -> None:
    state = {name: value + 1 for name, value in in_process(MLP).state_dict().items()}
    path = runner.folder / f"w.{kind}"
    if kind == "safetensors":
        save_file({name: value for name, value in state.items() if name != "head.weight"}, path)  # tied: stored once
    else:
        torch.save({"epoch": 3, "state_dict": state} if kind == "checkpoint.bin" else state, path)
    runner.open(MLP, weights=str(path))
    out = runner.folder / "written.safetensors"
    runner.ask("weights", out=str(out))
    assert all(torch.equal(value, state[name]) for name, value in load_file(out).items())


def test_a_state_dict_of_another_model_is_refused_key_by_key(runner: Runner) -> None:
    runner.write("model.py", MLP)
    state = in_process(MLP).state_dict()
    torch.save({f"module.{name}": value for name, value in state.items()}, runner.folder / "prefixed.pt")
    request = {"entry": "model.py:build", "kwargs": {}}
    error = runner.fail("open", **request, weights="prefixed.pt")
    assert error["hint"] == "Remove the prefix `module.` of the file's keys." and "33 missing" not in error["message"]
    assert "missing: embed.weight" in error["detail"] and "unexpected: module.embed.weight" in error["detail"]

    torch.save({**state, "blocks.0.up.bias": torch.ones(3), "more": torch.ones(1)}, runner.folder / "shape.pt")
    error = runner.fail("open", **request, weights="shape.pt")
    assert "0 missing, 1 unexpected, 1 of another shape" in error["message"]
    assert "shape: blocks.0.up.bias: [3] in the file, [8] in the model" in error["detail"]


class Evil:
    def __reduce__(self) -> Any:
        return (print, ("code from a weights file ran",))


def test_code_in_a_weights_file_is_not_run(runner: Runner) -> None:
    runner.write("model.py", MLP)
    torch.save({"a": Evil()}, runner.folder / "evil.pt")
    error = runner.fail("open", entry="model.py:build", kwargs={}, weights="evil.pt")
    assert error["code"] == "FORMAT_UNSUPPORTED" and "does not run code from a weights file" in error["message"]
    assert "code from a weights file ran" not in runner.log.read_text()
    (runner.folder / "noise.pt").write_bytes(b"no such format")
    assert runner.fail("open", entry="model.py:build", kwargs={}, weights="noise.pt")["code"].startswith("FORMAT_")
    assert runner.fail("open", entry="model.py:build", kwargs={}, weights="no.pt")["code"] == "FILE_NOT_FOUND"
