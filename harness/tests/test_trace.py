from __future__ import annotations

from typing import Any

import torch
from conftest import Recorded, Runner
from edit_models import KEEPS, ZOO
from models import MLP
from parity_harness.tree import flatten
from safetensors.torch import load_file

X = torch.randn(2, 5, 6, generator=torch.Generator().manual_seed(4))


def trace(
    runner: Runner, cases: list[dict[str, Any]], taps: list[str], force: Recorded | None = None, **extra: Any
) -> Any:
    request = {"out": str(runner.folder / "trace"), "cases": cases, "force": force.forcing() if force else None}
    answer = runner.ask("trace", **request, taps=taps, **{"edits": [], **extra})
    assert [row["tap"] for row in answer["traces"]] == taps
    return answer["traces"]


def names(row: dict[str, Any]) -> list[str]:
    return [f"{op['key']['module']}:{op['key']['index']}:{op['key']['name']}" for op in row["ops"]]


def line(text: str) -> dict[str, Any]:
    (number,) = [at for at, code in enumerate(ZOO.splitlines(), 1) if text in code]
    return {"file": "model.py", "line": number}


def stored(row: dict[str, Any]) -> dict[str, torch.Tensor]:
    values: dict[str, torch.Tensor] = load_file(row["file"])
    assert set(values) == {tensor["id"] for tensor in row["tensors"] if tensor["stored"]}
    return values


def recomputed(row: dict[str, Any], parameters: dict[str, torch.Tensor]) -> torch.Tensor:
    """The trace run again from what it holds alone: its inputs and the names of its functions."""
    values = {tensor["id"]: parameters[tensor["origin"]["name"]] for tensor in row["tensors"] if not tensor["stored"]}
    kept = stored(row)
    values.update(
        {t["id"]: kept[t["id"]].clone() for t in row["tensors"] if t["stored"] and t["origin"]["kind"] != "op"}
    )

    fresh: dict[str, torch.Tensor] = {}

    def real(argument: dict[str, Any]) -> Any:
        if "tensor" in argument:
            return fresh[argument["tensor"]]
        if "list" in argument:
            return [real(part) for part in argument["list"]]
        if "value" in argument:
            return argument["value"]
        return eval(argument["other"].replace("Ellipsis", "..."), {"torch": torch, "slice": slice, "cpu": "cpu"})

    for op in row["ops"]:
        # Attention asks whether query, key and value are one tensor.
        fresh = {name: tensor.clone() for name, tensor in values.items()}
        function: Any = {"torch": torch}
        for part in op["qualname"].split("."):
            function = function[part] if isinstance(function, dict) else getattr(function, part)
        kwargs = {name: real(value) for name, value in op["kwargs"].items() if name != "reversed"}
        args = [real(part) for part in op["args"]]
        writes = op["key"]["name"] == "setitem"
        if writes or op["key"]["name"] == "getitem":
            args[1] = tuple(args[1]) if isinstance(args[1], list) else args[1]
        result = function(*args, **kwargs)
        flat = [args[0]] if writes else [tensor for _, tensor in flatten(result)]
        for name, tensor in zip(op["outputs"], flat, strict=False):
            # The products inside of attention round by where in memory their factors lie.
            room = 1e-6 if op["key"]["name"] == "multi_head_attention_forward" else 0.0
            assert torch.allclose(kept[name], tensor, rtol=0, atol=room), (op["key"], name)
            values[name] = kept[name]
    return values[row["observed"]]


def test_a_trace_holds_all_that_it_takes_to_compute_the_tap_again(runner: Runner) -> None:
    runner.open(ZOO)
    cases = runner.cases(x=X)
    free = runner.record(cases)
    file = runner.folder / "weights.safetensors"
    runner.ask("weights", out=str(file))
    parameters = load_file(file)
    taps = [name for name in free.taps if name != "attend[1]"]
    for force in (None, free):
        for row in trace(runner, cases, taps, force):
            assert row["reason"] is None
            with torch.no_grad():
                assert torch.equal(recomputed(row, parameters), free.values()[row["tap"]]), row["tap"]


def test_slices_end_at_forced_tensors_inputs_and_parameters(runner: Runner) -> None:
    runner.open(ZOO)
    cases = runner.cases(x=X)
    free = runner.record(cases)
    taps = ["norm@2", "recurrent[out]", "front", "(output)", "nowhere", "norm@3"]
    norm, recurrent, front, output, nowhere, third = trace(runner, cases, taps, free)
    steps = ["mean", "sub", "pow", "mean", "add", "sqrt", "div", "mul"]
    assert names(norm) == [":0:add", *[f"norm:{index}:{name}" for index, name in enumerate(steps)]]
    assert {op["key"]["call"] for op in norm["ops"][1:]} == {2}
    origins = [tensor["origin"] for tensor in norm["tensors"] if tensor["origin"]["kind"] != "op"]
    assert {"kind": "tap", "tap": "front"} in origins and {"kind": "input", "name": "x"} in origins
    assert {"kind": "parameter", "name": "norm.scale"} in origins and len(origins) == 3
    assert names(recurrent) == ["recurrent:0:add", "recurrent:1:getitem", "recurrent:2:sub", "recurrent:3:setitem"]
    assert recurrent["ops"][2]["kwargs"] == {"reversed": {"value": True}}
    sources = [line("out += y"), *[line("out[:, 0] = 2 - h[0]")] * 3]
    assert [op["source"] for op in recurrent["ops"]] == sources
    assert front["ops"] == [] and front["observed"] == front["tensors"][0]["id"], "it gives its last layer's output on"
    assert front["tensors"][0]["origin"] == {"kind": "tap", "tap": "front.2"}
    assert output["tensors"][0]["origin"] == {"kind": "tap", "tap": "head"}
    for missing in (nowhere, third):
        assert missing["observed"] is None and missing["file"] is None and "was not called" in missing["reason"]


def test_a_library_module_is_shown_at_the_users_line_that_called_it(runner: Runner) -> None:
    runner.open(ZOO)
    cases = runner.cases(x=X)
    free = runner.record(cases)
    act, lstm = trace(runner, cases, ["act", "recurrent.lstm[0]"], free)
    (leaky,) = act["ops"]
    assert leaky["qualname"] == "torch.nn.functional.leaky_relu" and leaky["moduleType"] == "LeakyReLU"
    assert leaky["names"] == ["input", "negative_slope", "inplace"]
    assert leaky["source"] == line("self.act(")
    (_, _, call) = lstm["ops"]
    assert call["key"]["name"] == "lstm" and call["names"][:3] == ["input", "hx", "params"]
    assert [len(argument["list"]) for argument in call["args"] if "list" in argument] == [2, 4]
    assert len(call["outputs"]) == 3 and call["source"] == line("self.lstm(x)")


def test_ops_have_the_same_numbers_under_edits_and_the_edited_value_is_shown(runner: Runner) -> None:
    runner.open(MLP)
    cases = runner.cases(ids=torch.tensor([[1, 5, 10, 0]]))
    free = runner.record(cases)
    (plain,) = trace(runner, cases, ["blocks.1.down"], free)
    edit = {"kind": "op", "op": plain["ops"][0]["key"],
            "value": {"$": "call", "fn": "torch.sin", "args": [{"$": "argument", "at": 0}]}}  # fmt: skip
    (edited,) = trace(runner, cases, ["blocks.1.down"], free, edits=[edit])
    assert names(plain) == names(edited) == ["blocks.1:0:tanh", "blocks.1.down:0:linear"]
    (result,) = edited["ops"][0]["outputs"]
    assert torch.equal(stored(edited)[result], torch.sin(free.values()["blocks.1.up"]))


def test_writes_through_views_numbers_that_json_lacks_and_large_tensors(runner: Runner) -> None:
    runner.open(
        """
        import torch
        from torch import nn
        class Net(nn.Module):
            def forward(self, x):
                y = x * 2
                y[0].add_(1)
                mask = torch.zeros(2, dtype=torch.bool)
                big = torch.zeros(17 << 20)
                return y.masked_fill(mask, float("-inf")) + big[:2].to(torch.float32)
        def build(): return Net().eval()
        """
    )
    cases = runner.cases(x=torch.ones(2))
    (row,) = trace(runner, cases, ["(output)"])
    assert [op["key"]["name"] for op in row["ops"]] == [
        "mul", "getitem", "add", "zeros", "zeros", "masked_fill", "getitem", "to", "add",
    ]  # fmt: skip
    view_written = row["ops"][2]
    assert len(view_written["outputs"]) == 2 and row["ops"][5]["args"][0]["tensor"] == view_written["outputs"][1]
    assert row["ops"][5]["args"][2] == {"other": "-inf"}
    assert row["ops"][6]["args"][1] == {"other": "slice(None, 2, None)"}
    values = stored(row)
    assert values[view_written["outputs"][1]].tolist() == [3, 2]
    assert values[row["ops"][0]["outputs"][0]].tolist() == [2, 2], "the value at the time"
    (big,) = [tensor for tensor in row["tensors"] if tensor["shape"] == [17 << 20]]
    assert big["stored"] is False


def test_what_cannot_be_followed_is_said(runner: Runner) -> None:
    runner.open(KEEPS)
    cases = runner.cases(x=torch.randn(4, 3))
    counts, script, last = trace(runner, cases, ["counts", "scripted", "(output)"])
    assert script["ops"] == [] and "`scripted` computes could not be followed" in script["reason"]
    assert [op["key"]["name"] for op in counts["ops"]] == ["getitem", "add", "linear", "mul", "add"]
    assert last["observed"] is not None and any(op["key"]["name"] == "rand_like" for op in last["ops"])
    row = runner.record(cases).values()
    assert torch.equal(row["counts"], stored(counts)[counts["observed"]]), "a trace leaves no state behind"
