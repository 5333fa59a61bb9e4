from __future__ import annotations

import torch
from conftest import Runner
from models import GPT2, MLP
from safetensors.torch import save_file

IDS = torch.tensor([[1, 5, 10, 0]])


def test_forcing_a_model_with_its_own_recording_gives_no_local_error_at_all(runner: Runner) -> None:
    for source, name in ((MLP, "ids"), (GPT2, "input_ids")):
        runner.open(source)
        cases = runner.cases(**{name: IDS})
        free = runner.record(cases)
        forced = runner.record(cases, out="forced", force=free.forcing())
        assert list(forced.taps) == list(free.taps)
        for tap, value in free.values().items():
            assert torch.equal(forced.values()[tap], value), tap


def test_under_forcing_only_the_faulty_layer_differs(runner: Runner) -> None:
    runner.open(MLP)
    cases = runner.cases(ids=IDS)
    reference = runner.record(cases, out="reference")
    runner.open(MLP, kwargs={"broken": 1})
    free = runner.record(cases, out="free").values()
    forced = runner.record(cases, out="forced", force=reference.forcing()).values()
    expected = reference.values()
    assert [name for name, value in forced.items() if not torch.equal(value, expected[name])] == ["blocks.1.up"]
    assert not torch.equal(free["(output)"], expected["(output)"])


def test_the_reference_is_permuted_and_reshaped_to_the_candidate(runner: Runner) -> None:
    runner.open(
        """
        import torch
        from torch import nn
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv, self.after = nn.Conv2d(2, 3, 1), nn.Identity()
            def forward(self, x): return self.after(self.conv(x))
        def build(): return Net().eval()
        """
    )
    cases = runner.cases(x=torch.zeros(2, 2, 4, 5))
    wanted = torch.arange(2 * 3 * 4 * 5, dtype=torch.float32).reshape(2, 3, 4, 5)
    # The reference is channels-last, in float64.
    save_file({"r": wanted.permute(0, 2, 3, 1).contiguous().double()}, runner.folder / "r.safetensors")
    files = {"c0": {"file": str(runner.folder / "r.safetensors"), "tensor": "r"}}
    entry = {"tap": "conv", "permute": [0, 3, 1, 2], "reshape": None, "files": files}
    forced = runner.record(cases, force={"replace": [entry]}).values()
    assert torch.equal(forced["after"], wanted) and forced["after"].dtype == torch.float32
    assert forced["conv"].abs().max() < 10, "what the layer itself computed is recorded before it is replaced"

    save_file({"r": torch.zeros(7)}, runner.folder / "short.safetensors")
    short = {
        **entry,
        "permute": None,
        "files": {"c0": {"file": str(runner.folder / "short.safetensors"), "tensor": "r"}},
    }
    error = runner.fail("record", out=str(runner.folder / "no"), cases=cases, taps="all", force={"replace": [short]})
    assert error["code"] == "CANDIDATE_FAILED" and error["where"] == {"key": "conv"}
    assert (
        "shape [7] cannot take the place of `conv` of shape [2, 3, 4, 5]: it has 7 elements, not 120"
        in error["message"]
    )


def test_one_slot_is_replaced_and_the_container_keeps_its_type(runner: Runner) -> None:
    runner.open(
        """
        import collections, dataclasses, torch
        from torch import nn
        from transformers.modeling_outputs import BaseModelOutput
        Pair = collections.namedtuple("Pair", "left right")
        @dataclasses.dataclass
        class Data:
            left: torch.Tensor
            right: torch.Tensor
        class Give(nn.Module):
            def __init__(self, make):
                super().__init__()
                self.make = make
            def forward(self, x): return self.make(x, x + 1)
        makers = {
            "tuple": lambda a, b: (a, b), "list": lambda a, b: [a, b], "pair": Pair, "data": Data,
            "dict": lambda a, b: {"left": a, "right": b}, "max": lambda a, b: torch.max(torch.stack([a, b]), 0),
            "model": lambda a, b: BaseModelOutput(last_hidden_state=a, attentions=(b,)),
        }
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.give = nn.ModuleDict({name: Give(make) for name, make in makers.items()})
            def forward(self, x):
                for name, give in self.give.items():
                    out, plain = give(x), makers[name](x, x)
                    assert type(out) is type(plain), name
                pair, data, model = self.give["pair"](x), self.give["data"](x), self.give["model"](x)
                return pair.left, data.left, model.last_hidden_state, model["last_hidden_state"], model.attentions[0]
        def build(): return Net().eval()
        """
    )
    cases = runner.cases(x=torch.zeros(2))
    save_file({"r": torch.tensor([7.0, 8.0])}, runner.folder / "r.safetensors")
    files = {"c0": {"file": str(runner.folder / "r.safetensors"), "tensor": "r"}}
    taps = ["give.tuple[0]", "give.list[1]", "give.dict[left]", "give.max[0]"]
    taps += ["give.pair[left]", "give.data[left]", "give.model[last_hidden_state]"]
    taps += ["give.pair@2[left]", "give.data@2[left]", "give.model@2[last_hidden_state]"]
    free = runner.record(cases, out="names")
    assert set(taps) <= set(free.taps), sorted(free.taps)
    force = {"replace": [{"tap": tap, "permute": None, "reshape": None, "files": files} for tap in taps]}
    forced = runner.record(cases, force=force).values()
    outputs = [forced[f"(output)[{i}]"].tolist() for i in range(5)]
    assert outputs == [[7, 8], [7, 8], [7, 8], [7, 8], [1, 1]]


def test_a_forced_tensor_may_be_written_into_by_the_model(runner: Runner) -> None:
    source = """
        import torch
        from torch import nn
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.a, self.b = nn.Identity(), nn.Identity()
            def forward(self, x):
                y = self.a(x)
                y.add_(1)
                return self.b(y)
        def build(): return Net().eval()
    """
    runner.open(source)
    cases = runner.cases(x=torch.zeros(3))
    free = runner.record(cases)
    for attempt in ("one", "two"):
        forced = runner.record(cases, out=attempt, force=free.forcing("a"))
        assert forced.values()["b"].tolist() == [1, 1, 1]
