from __future__ import annotations

import pytest
import torch
from conftest import Runner
from models import GPT2, MLP, in_process
from safetensors.torch import load_file
from torch import nn

IDS = torch.tensor([[1, 5, 10, 0]])


def outputs_of(model: nn.Module, *args: torch.Tensor) -> dict[str, torch.Tensor]:
    """Module outputs by plain hooks, as anybody would take them."""
    seen: dict[str, torch.Tensor] = {}
    handles = [
        module.register_forward_hook(lambda m, a, out, name=name: seen.__setitem__(name, out))
        for name, module in model.named_modules()
    ]
    with torch.no_grad():
        model(*args)
    for handle in handles:
        handle.remove()
    return seen


def test_records_exactly_what_the_modules_compute_in_order_of_completion(runner: Runner) -> None:
    runner.open(MLP)
    recorded = runner.record(runner.cases(ids=IDS))
    plain = outputs_of(in_process(MLP), IDS)
    values = recorded.values()
    assert set(values) == {name or "(output)" for name in plain}
    for name, value in plain.items():
        assert torch.equal(values[name or "(output)"], value), name
    names = list(recorded.taps)
    assert names == [name or "(output)" for name in plain]
    assert names.index("blocks.0.up") < names.index("blocks.0") < names.index("blocks.1.norm") < names.index("(output)")
    tap = recorded.taps["blocks.1.up"]
    assert (tap["path"], tap["type"], tap["call"], tap["slot"]) == ("blocks.1.up", "Linear", 1, None)
    assert tap["dtype"] == "float32" and tap["shapes"] == {"c0": [1, 4, 8]} and not tap["isOutput"]
    assert recorded.taps["(output)"]["isOutput"] and recorded.taps["(output)"]["path"] == ""
    assert recorded.answer["seconds"]["c0"] > 0


def test_records_the_gpt2_of_transformers_as_it_computes_in_process(runner: Runner) -> None:
    runner.open(GPT2)
    recorded = runner.record(runner.cases(input_ids=IDS))
    values = recorded.values()
    with torch.no_grad():
        expected = in_process(GPT2)(input_ids=IDS)
    logits = values.get("(output)[logits]", values.get("(output)"))
    assert logits is not None and torch.equal(logits, expected.logits)
    assert values["transformer.h.1.attn.c_attn"].shape == (1, 4, 24)
    assert "transformer.h.0.attn" in values, "an attention that returns (tensor, None) has one tensor: no slot"


def test_keeps_only_the_taps_that_were_asked_for_and_says_which_did_not_occur(runner: Runner) -> None:
    runner.open(MLP)
    recorded = runner.record(runner.cases(ids=IDS), taps=["blocks.1.up", "(output)", "blocks.9"])
    assert set(recorded.values()) == {"blocks.1.up", "(output)"}
    assert recorded.answer["warnings"] == ["`blocks.9` did not occur in any case."]


def test_slots_calls_and_containers_get_their_ids(runner: Runner) -> None:
    runner.open(
        """
        import collections, dataclasses, torch
        from torch import nn
        Pair = collections.namedtuple("Pair", "left right")
        @dataclasses.dataclass
        class Out:
            logits: torch.Tensor
            states: tuple
            text: str = "not a tensor"
        class Two(nn.Module):
            def forward(self, x): return Pair(x + 1, x + 2)
        class Nested(nn.Module):
            def forward(self, x): return [{"a": x, "b": None}, (x * 2, x * 3)]
        class Lone(nn.Module):
            def forward(self, x): return (x * 5, None)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.two, self.nested, self.lone, self.shared = Two(), Nested(), Lone(), nn.Linear(3, 3)
                self.alias, self.mode = self.shared, "not a module"
            def forward(self, x):
                a = self.two(x).left
                b = self.nested(a)[1][0]
                y = self.shared(self.shared(self.alias(self.lone(b)[0])))
                return Out(logits=y, states=(a, b > 0, b.long(), y.bfloat16()))
        def build(): return Net().eval()
        """
    )
    recorded = runner.record(runner.cases(x=torch.ones(2, 3)))
    assert list(recorded.taps) == [
        "two[left]", "two[right]", "nested[0.a]", "nested[1.0]", "nested[1.1]", "lone",
        "shared", "shared@2", "shared@3",
        "(output)[logits]", "(output)[states.0]", "(output)[states.1]", "(output)[states.2]", "(output)[states.3]",
    ]  # fmt: skip
    values = recorded.values()
    assert [values[f"(output)[states.{i}]"].dtype for i in range(4)] == [
        torch.float32, torch.bool, torch.int64, torch.bfloat16,
    ]  # fmt: skip
    assert recorded.taps["shared@3"]["call"] == 3 and recorded.taps["nested[1.0]"]["slot"] == "1.0"
    forced = runner.record(runner.cases(x=torch.ones(2, 3)), out="forced", force=recorded.forcing())
    assert all(torch.equal(forced.values()[name], value) for name, value in values.items())


def test_recorded_values_are_not_touched_by_later_in_place_operations(runner: Runner) -> None:
    runner.open(
        """
        import torch
        from torch import nn
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.same, self.relu = nn.Identity(), nn.ReLU(inplace=True)
            def forward(self, x):
                y = self.same(x - 1)
                self.relu(y)
                y.mul_(100)
                return y
        def build(): return Net().eval()
        """
    )
    values = runner.record(runner.cases(x=torch.tensor([0.0, 3.0]))).values()
    assert values["same"].tolist() == [-1, 2]
    assert values["relu"].tolist() == [0, 2]
    assert values["(output)"].tolist() == [0, 200]


def test_two_cases_with_different_layers_share_one_list_of_taps(runner: Runner) -> None:
    runner.open(
        """
        import torch
        from torch import nn
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.a, self.long_only, self.b = nn.Identity(), nn.Identity(), nn.Identity()
            def forward(self, x):
                x = self.a(x)
                if x.shape[0] > 2: x = self.long_only(x)
                return self.b(x)
        def build(): return Net().eval()
        """
    )
    short, long = runner.cases(x=torch.ones(2)), None
    file = runner.folder / "long.safetensors"
    from safetensors.torch import save_file

    save_file({"x": torch.ones(5)}, file)
    long = {"id": "c1", "inputs": [{"parameter": None, "position": 0, "file": str(file), "tensor": "x"}]}
    runner.events.clear()
    recorded = runner.record([*short, long])
    assert list(recorded.taps) == ["a", "long_only", "b", "(output)"]
    assert recorded.taps["long_only"]["shapes"] == {"c1": [5]}
    assert recorded.taps["a"]["shapes"] == {"c0": [2], "c1": [5]}
    assert [(event["done"], event["total"]) for event in runner.events] == [(0, 2), (1, 2), (2, 2)]


def test_user_hooks_wrappers_checkpointing_and_swallowed_errors_are_tolerated(runner: Runner) -> None:
    runner.open(
        """
        import torch
        from torch import nn
        from torch.utils.checkpoint import checkpoint
        class Fails(nn.Module):
            def forward(self, x): raise ValueError("handled by the model")
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.first, self.fails, self.direct = nn.Linear(3, 3), Fails(), nn.Linear(3, 3)
                self.second = nn.DataParallel(nn.Linear(3, 3))
                self.scripted = torch.jit.script(nn.Sequential(nn.Linear(3, 3), nn.Tanh()))
                self.compiled = torch.compile(nn.Linear(3, 3))
                self.first.register_forward_hook(lambda m, a, out: out + 1000)
            def forward(self, x):
                x = checkpoint(self.first, x, use_reentrant=False)
                try:
                    self.fails(x)
                except ValueError:
                    pass
                return self.compiled(self.scripted(self.second(self.direct.forward(x))))
        def build(): return torch.compile(Net().eval())
        """
    )
    recorded = runner.record(runner.cases(x=torch.ones(2, 3)))
    values = recorded.values()
    assert values["first"].min() > 900, "the user's own hook acts before the value is recorded"
    assert "fails" not in values and "direct" not in values
    assert {"second", "second.module", "scripted", "compiled", "(output)"} <= set(values)


def test_what_cannot_be_stored_is_a_warning_and_not_an_error(runner: Runner) -> None:
    runner.open(
        """
        import torch
        from torch import nn
        class Sparse(nn.Module):
            def forward(self, x): return x.to_sparse()
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.sparse = Sparse()
            def forward(self, x): return self.sparse(x).to_dense()
        def build(): return Net().eval()
        """
    )
    recorded = runner.record(runner.cases(x=torch.eye(3)))
    assert set(recorded.values()) == {"(output)"}
    assert recorded.answer["warnings"] == ["`sparse` was not recorded: its layout is sparse_coo."]


def test_nothing_is_left_behind_after_a_recording(runner: Runner) -> None:
    runner.open(MLP)
    first = runner.record(runner.cases(ids=IDS)).values()
    again = runner.record(runner.cases(ids=IDS), out="again")
    assert len(again.taps) == len(first), "no hook of the first run counts calls in the second"
    assert all(torch.equal(first[name], value) for name, value in again.values().items())
    assert [path.name for path in (runner.folder / "again").iterdir()] == ["c0.safetensors"]


def transposed(parameter: str, *order: int) -> dict[str, object]:
    value = {"$": "call", "fn": "torch.permute", "args": [{"$": "self"}, list(order)]}
    return {"kind": "parameter", "parameter": parameter, "value": value}


def test_edits_hold_for_one_run_only(runner: Runner) -> None:
    runner.open(MLP)
    cases = runner.cases(ids=IDS)
    before = runner.record(cases).values()
    patched = runner.record(cases, out="patched", edits=[transposed("blocks.1.up.weight", 1, 0)]).values()
    broken = outputs_of(in_process(MLP, broken=1), IDS)
    assert torch.equal(patched["(output)"], broken[""]) and not torch.equal(patched["(output)"], before["(output)"])
    assert torch.equal(runner.record(cases, out="after").values()["(output)"], before["(output)"])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (transposed("nowhere", 0), "has no parameter or buffer"),
        (transposed("head.weight", 1, 0), "its new value has the shape [8, 11], and its own shape is [11, 8]"),
        (transposed("head.weight", 0, 0), "`torch.permute` raised RuntimeError"),
        ({"kind": "rename"}, "`rename` is no kind of edit"),
    ],
)
def test_an_edit_that_cannot_be_made_says_why(runner: Runner, change: dict[str, object], why: str) -> None:
    runner.open(MLP)
    error = runner.fail(
        "record", out=str(runner.folder / "no"), cases=runner.cases(ids=IDS), taps="all", edits=[change]
    )
    assert why in error["message"]


def test_inputs_that_forward_does_not_take_are_named(runner: Runner) -> None:
    runner.open(MLP)
    error = runner.fail("record", out=str(runner.folder / "no"), cases=runner.cases(tokens=IDS), taps="all")
    assert error["code"] == "INPUTS_INVALID"
    assert "tokens" in error["message"] or "ids" in error["message"]
    assert error["hint"] == "Its signature is forward(ids, scale=None)."


def test_every_case_meets_the_model_as_it_was_built_whatever_it_keeps(runner: Runner) -> None:
    runner.open(
        """
        import torch
        from torch import nn
        from torch.nn import functional as F
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.register_buffer("mean", torch.zeros(2))
                self.register_buffer("variance", torch.ones(2))
                self.calls, self.seen = 0, []
            def forward(self, x):
                self.calls += 1
                self.seen.append(x)
                # As with a call that was told training=True: the stored statistics move, and no version counts it.
                F.batch_norm(x, self.mean, self.variance, training=True, momentum=0.5)
                return self.mean + self.calls + len(self.seen)
        def build(): return Net().eval()
        """
    )
    case = runner.cases(x=torch.tensor([[1.0, 3.0], [3.0, 7.0]]))[0]
    cases = [{**case, "id": name} for name in ("c0", "c1", "c2")]
    # The means of the batch are 2 and 5, half of which is taken over; one call, one tensor seen.
    wanted = torch.tensor([3.0, 4.5])
    for out in ("first", "second"):
        recorded = runner.record(cases, out=out)
        assert [recorded.values(name)["(output)"].tolist() for name in ("c0", "c1", "c2")] == [wanted.tolist()] * 3
    out = runner.folder / "weights.safetensors"
    runner.ask("weights", out=str(out))
    stored = load_file(out)
    assert stored["mean"].tolist() == [0.0, 0.0] and stored["variance"].tolist() == [1.0, 1.0]
