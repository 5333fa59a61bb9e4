from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from conftest import Runner, output
from edit_models import ZOO
from models import MLP, in_process
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

X = torch.randn(2, 5, 6, generator=torch.Generator().manual_seed(4))
SELF = {"$": "self"}


def call(fn: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
    return {"$": "call", "fn": fn, "args": list(args), "kwargs": kwargs}


def at(module: str, index: int, name: str, call: int = 1) -> dict[str, Any]:
    return {"module": module, "call": call, "index": index, "name": name}


def op(module: str, index: int, name: str, value: Any, call: int = 1) -> dict[str, Any]:
    return {"kind": "op", "op": at(module, index, name, call), "value": value}


def hand_norm(self: Any, x: Tensor, eps: float = 1e-5, unbiased: bool = False) -> Tensor:
    centred = x - x.mean(-1, keepdim=True)
    spread = (centred**2).mean(-1, keepdim=True) if not unbiased else centred.var(-1, keepdim=True)
    return centred / torch.sqrt(spread + eps) * self.scale  # type: ignore[no-any-return]


def by_hand(change: Callable[[Any], object]) -> dict[str, Tensor]:
    """What every module of the zoo gives when it is changed by hand."""
    # The harness turns it off too: whether it is taken depends on more than the model.
    torch.backends.mha.set_fastpath_enabled(False)
    model = in_process(ZOO)
    change(model)
    found: dict[str, Tensor] = {}
    with torch.no_grad():
        found["(output)"] = model(X.clone())
    return found


def patch(module: Any, forward: Callable[..., Any]) -> None:
    module.forward = forward.__get__(module)


def swap_lstm_sum(self: Any, pair: Any, *, flag: bool) -> Any:
    x, y = pair
    out, (h, c) = self.lstm(x)
    out -= y
    out[:, 0] = 2 - h[0]
    return {"out": out, "state": (h, c), "flag": flag}


def other_reflected(self: Any, pair: Any, *, flag: bool) -> Any:
    x, y = pair
    out, (h, c) = self.lstm(x)
    out += y
    out[:, 0] = 3 - c[0]
    return {"out": out, "state": (h, c), "flag": flag}


def half_set(self: Any, pair: Any, *, flag: bool) -> Any:
    x, y = pair
    out, (h, c) = self.lstm(x)
    out += y
    out = out * 0.5
    return {"out": out, "state": (h, c), "flag": flag}


def zoo_forward(self: Any, x: Tensor, *, dim: int = -1, again: bool = False) -> Tensor:
    y = self.front(self.norm(x))
    y = self.norm(y + x)
    got = self.recurrent((y, x), flag=True)
    z, _ = self.attend(got["out"], got["out"], got["out"] if again else y)
    return self.head(self.act(self.batch(F.softmax(z, dim=dim) @ torch.eye(6))))  # type: ignore[no-any-return]


def roll_gates(model: Any) -> None:
    model.act.negative_slope = 0.7
    weight = model.recurrent.lstm.weight_ih_l0.data
    weight.copy_(weight.roll(-6, 0))


R = "recurrent"
LAST_CELL = call("torch.select", {"$": "result", "op": at("recurrent.lstm", 2, "lstm"), "slot": 2}, 0, 0)
CHANGES: dict[str, tuple[list[dict[str, Any]], Callable[[Any], object]]] = {
    "an attribute of a class of the user's": (
        [{"kind": "attribute", "module": "norm", "attribute": "eps", "value": 1}],
        lambda m: setattr(m.norm, "eps", 1.0),
    ),
    "an argument of an operator": (
        [op("norm", 4, "add", {"$": "original", "arguments": {"other": 1e-3}}, call=n) for n in (1, 2)],
        lambda m: patch(m.norm, lambda self, x: hand_norm(self, x, 1e-3)),
    ),
    "another formula made of an earlier result": (
        [
            op("norm", 3, "mean", call("torch.var", {"$": "result", "op": centred}, -1, keepdim=True), centred["call"])
            for centred in (at("norm", 1, "sub", 1), at("norm", 1, "sub", 2))
        ],
        lambda m: patch(m.norm, lambda self, x: hand_norm(self, x, unbiased=True)),
    ),
    "an in-place operator": (
        [op(R, 0, "add", call("torch.sub", {"$": "argument", "at": 0}, {"$": "argument", "at": "other"}))],
        lambda m: patch(m.recurrent, swap_lstm_sum),
    ),
    "a reflected operator": (
        [op(R, 2, "sub", {"$": "original", "arguments": {"input": LAST_CELL, "1": 3}})],
        lambda m: patch(m.recurrent, other_reflected),
    ),
    "an item assignment": (
        [op(R, 3, "setitem", call("torch.mul", {"$": "argument", "at": 0}, 0.5))],
        lambda m: patch(m.recurrent, half_set),
    ),
    "a keyword of a composite function": (
        [op("", 1, "softmax", {"$": "original", "arguments": {"dim": 1}})],
        lambda m: patch(m, lambda self, x: zoo_forward(self, x, dim=1)),
    ),
    "a keyword that was not given": (
        [op("front.1", 0, "relu", call("F.leaky_relu", {"$": "argument", "at": "input"}, negative_slope=0.5))],
        lambda m: m.front.__setitem__(1, nn.LeakyReLU(0.5)),
    ),
    "an argument of a module by keyword": (
        [{"kind": "input", "module": "attend", "call": 1, "at": "value", "value": {"$": "argument", "at": 0}}],
        lambda m: patch(m, lambda self, x: zoo_forward(self, x, again=True)),
    ),
    "a slot of a module's output": (
        [{"kind": "output", "tap": f"{R}.lstm[0]", "value": call("torch.flip", SELF, [1])}],
        lambda m: m.recurrent.lstm.register_forward_hook(lambda mod, args, out: (out[0].flip(1), out[1])),
    ),
    "a part of the weights of attention": (
        [
            {
                "kind": "parameter",
                "parameter": "attend.in_proj_weight",
                "value": call("torch.roll", SELF, 6, 0),
            }
        ],
        lambda m: setattr(m.attend, "in_proj_weight", nn.Parameter(m.attend.in_proj_weight.detach().roll(6, 0))),
    ),
    "a buffer": (
        [{"kind": "parameter", "parameter": "batch.running_var", "value": [1, 2, 3, 4, 5]}],
        lambda m: setattr(m.batch, "running_var", torch.tensor([1.0, 2, 3, 4, 5])),
    ),
    "gates of a recurrent layer and a slope at once": (
        [
            {
                "kind": "parameter",
                "parameter": f"{R}.lstm.weight_ih_l0",
                "value": call("torch.index_select", SELF, 0, [*range(6, 24), *range(6)]),
            },
            {"kind": "attribute", "module": "act", "attribute": "negative_slope", "value": 0.7},
        ],
        roll_gates,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_an_edit_computes_what_the_model_changed_by_hand_computes(runner: Runner, name: str) -> None:
    edits, change = CHANGES[name]
    runner.open(ZOO)
    cases = runner.cases(x=X)
    before = runner.record(cases).values()["(output)"]
    assert torch.equal(before, by_hand(lambda model: None)["(output)"])
    edited = runner.record(cases, out="edited", edits=edits).values()["(output)"]
    expected = by_hand(change)["(output)"]
    assert not torch.equal(expected, before), "a change that changes nothing proves nothing"
    assert torch.equal(edited, expected)
    assert torch.equal(runner.record(cases, out="after").values()["(output)"], before), "undone"


def test_edits_work_in_float64_and_under_perturbations(runner: Runner) -> None:
    runner.open(ZOO)
    cases = runner.cases(x=X)
    save_file({"three": torch.tensor(3.0)}, runner.folder / "three.safetensors")
    three = {"$": "tensor", "file": str(runner.folder / "three.safetensors"), "tensor": "three"}
    edits = [op("norm", 4, "add", call("torch.mul", SELF, three), call=1)]
    single = runner.record(cases, edits=edits).values()["norm"]
    wide = runner.record(cases, out="wide", edits=edits, precision="float64").values()["norm"]
    plain = runner.record(cases, out="plain", precision="float64").values()["norm"]
    assert wide.dtype == torch.float64
    assert (wide - single).abs().max() < 1e-5 < (wide - plain).abs().max()
    for kind in ("permute-reductions", "jitter"):
        moved = runner.record(cases, out=kind, edits=edits, perturb={"kind": kind, "seed": 1}).values()["norm"]
        assert 0 < (moved - single).abs().max() < 1e-4, kind


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (op("norm", 3, "gelu", SELF), "`gelu` (functional call 3 of `norm`) is not there: at that place `mean` is"),
        (op("norm", 33, "mean", SELF), "`mean` (functional call 33 of `norm`) was never come to"),
        (op("nowhere", 0, "mean", SELF), "no module `nowhere`"),
        (op("norm", 3, "mean", call("torch.mul", SELF)), "`torch.mul` raised TypeError"),
        (op("norm", 3, "mean", {"$": "argument", "at": "weight"}),
         "was given no argument 'weight'; it was given 0, 1, keepdim"),
        (op("norm", 3, "mean", {"$": "result", "op": at("head", 0, "linear")}), "has not been called before"),
        (op("norm", 3, "mean", {"$": "original", "arguments": {"dim": 7}}), "with other arguments raised IndexError"),
        ({"kind": "output", "tap": "attend[7]", "value": SELF}, "has no such slot"),
        ({"kind": "output", "tap": "norm", "value": {"$": "original"}}, "is not a functional call"),
        ({"kind": "input", "module": "attend", "call": 1, "at": "mask", "value": 1}, "was given no argument 'mask'"),
        ({"kind": "attribute", "module": "norm", "attribute": "epsilon", "value": 1}, "has no attribute `epsilon`"),
        ({"kind": "attribute", "module": "norm", "attribute": "scale", "value": 1}, "no plain attribute"),
        ({"kind": "parameter", "parameter": "norm.scale", "value": "x"}, "its new value is str, no tensor"),
    ],
)  # fmt: skip
def test_an_edit_that_cannot_be_made_says_why_and_leaves_the_model_as_it_was(
    runner: Runner, edit: dict[str, Any], why: str
) -> None:
    runner.open(ZOO)
    cases = runner.cases(x=X)
    free = runner.record(cases)
    also = {"kind": "parameter", "parameter": "norm.scale", "value": call("torch.neg", SELF)}
    slope = {"kind": "attribute", "module": "act", "attribute": "negative_slope", "value": 9}
    error = runner.fail("record", out=str(runner.folder / "no"), cases=cases, taps="all", edits=[also, slope, edit])
    assert why in error["message"]
    again = runner.record(cases, out="again").values()
    assert all(torch.equal(again[name], value) for name, value in free.values().items())


def test_the_result_of_an_edit_is_the_models_own_to_write_into(runner: Runner) -> None:
    runner.open(
        """
        import torch
        from torch import nn
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.scale = nn.Parameter(torch.ones(3))
            def forward(self, x):
                y = torch.relu(x)
                y += 5
                return y + x
        def build(): return Net().eval()
        """
    )
    cases = runner.cases(x=torch.tensor([-1.0, 0.0, 2.0]))
    for value in ({"$": "parameter", "name": "scale"}, {"$": "argument", "at": 0}, call("torch.ones_like", SELF)):
        edited = runner.record(cases, edits=[op("", 0, "relu", value)]).values()["(output)"]
        start = torch.tensor([-1.0, 0.0, 2.0]) if "at" in value else torch.ones(3)
        assert torch.equal(edited, start + 5 + torch.tensor([-1.0, 0.0, 2.0]))
    file = runner.folder / "weights.safetensors"
    runner.ask("weights", out=str(file))
    assert torch.equal(load_file(file)["scale"], torch.ones(3))


def test_an_experiment_on_one_layer_gives_what_the_layer_changed_by_hand_gives(runner: Runner) -> None:
    runner.open(MLP)
    cases = runner.cases(ids=torch.tensor([[1, 5, 10, 0]]))
    free = runner.record(cases)
    values = free.values()
    rows = runner.probe(
        cases,
        free,
        {"id": "sigmoid", "taps": ["blocks.1.down"],
         "edits": [op("blocks.1", 0, "tanh", call("torch.sigmoid", {"$": "argument", "at": 0}))]},
        {"id": "sum", "taps": ["blocks.2", "blocks.2.norm"],
         "edits": [op("blocks.2", 1, "add",
                      call("torch.sub", {"$": "argument", "at": 0}, {"$": "tap", "tap": "blocks.0.up"}))]},
        {"id": "eps", "taps": ["blocks.0.norm"],
         "edits": [{"kind": "attribute", "module": "blocks.0.norm", "attribute": "eps", "value": 1}]},
        {"id": "control", "taps": ["blocks.1.down"], "edits": []},
    )  # fmt: skip
    model = in_process(MLP)
    with torch.no_grad():
        down = model.blocks[1].down(torch.sigmoid(values["blocks.1.up"]))
        norm = F.layer_norm(values["embed"], (8,), model.blocks[0].norm.weight, model.blocks[0].norm.bias, 1.0)
    assert torch.equal(output(rows["sigmoid"]), down)
    assert torch.equal(output(rows["sum"]), values["blocks.1"] - values["blocks.0.up"])
    assert torch.equal(output(rows["sum"], tap="blocks.2.norm"), values["blocks.2.norm"])
    assert torch.equal(output(rows["eps"]), norm)
    assert torch.equal(output(rows["control"]), values["blocks.1.down"])
