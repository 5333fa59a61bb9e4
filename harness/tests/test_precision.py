from __future__ import annotations

import torch
from conftest import Runner
from models import GPT2, MLP, in_process
from parity_harness.precision import double_copy

IDS = torch.tensor([[1, 5, 10, 0]])


def test_a_float64_run_equals_the_model_in_float64_and_leaves_the_model_alone(runner: Runner) -> None:
    runner.open(MLP)
    cases = runner.cases(ids=IDS)
    before = runner.record(cases).values()
    wide = runner.record(cases, out="wide", precision="float64")
    with torch.no_grad():
        expected = in_process(MLP).double()(IDS)
    assert torch.equal(wide.values()["(output)"], expected)
    assert {tap["dtype"] for tap in wide.taps.values()} == {"float64"}
    assert torch.equal(runner.record(cases, out="after").values()["(output)"], before["(output)"])
    forced = runner.record(cases, out="forced", precision="float64", force=wide.forcing())
    assert all(torch.equal(forced.values()[name], value) for name, value in wide.values().items())


def test_the_gpt2_of_transformers_runs_in_float64(runner: Runner) -> None:
    runner.open(GPT2)
    cases = runner.cases(input_ids=IDS)
    narrow, wide = runner.record(cases).values(), runner.record(cases, out="wide", precision="float64").values()
    for name, value in narrow.items():
        assert wide[name].dtype == torch.float64
        assert (wide[name] - value).abs().max() < 1e-5, name
    assert any(not torch.equal(wide[name].float(), value) for name, value in narrow.items())


def test_tied_parameters_stay_tied_and_buffers_and_plain_tensors_are_widened() -> None:
    model = in_process(MLP)
    model.register_buffer("table", torch.ones(3))
    model.positions = torch.ones(3, dtype=torch.bfloat16)
    model.counts = torch.ones(3, dtype=torch.int32)
    wide = double_copy(model)
    assert wide.get_parameter("head.weight") is wide.get_parameter("embed.weight")
    assert wide.get_parameter("head.weight").dtype == torch.float64
    assert wide.table.dtype == wide.positions.dtype == torch.float64 and wide.counts.dtype == torch.int32
    assert model.table.dtype == torch.float32 and model.head.weight.dtype == torch.float32


def test_casts_to_float32_inside_the_model_are_widened_too(runner: Runner) -> None:
    runner.open(
        """
        import torch
        from torch import nn
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.linear = nn.Linear(3, 3)
            def forward(self, x):
                half = torch.full((3,), 1 / 3, dtype=torch.float32)
                weights = torch.softmax(self.linear(x).float(), -1, dtype=torch.float32)
                return (weights + half).to(torch.float32) @ torch.eye(3, dtype=torch.float32)
        def build():
            torch.manual_seed(1)
            return Net().eval()
        """
    )
    cases = runner.cases(x=torch.rand(2, 3))
    narrow = runner.record(cases).values()["(output)"]
    wide = runner.record(cases, out="wide", precision="float64").values()["(output)"]
    assert wide.dtype == torch.float64 and not torch.equal(wide, wide.float().double())
    assert (wide - narrow).abs().max() < 1e-6


def test_a_model_that_insists_on_float32_is_reported_as_such(runner: Runner) -> None:
    runner.open(
        """
        import torch
        from torch import nn
        EYE = torch.eye(3)
        class Net(nn.Module):
            def forward(self, x):
                return x @ EYE
        def build(): return Net().eval()
        """
    )
    cases = runner.cases(x=torch.rand(2, 3))
    error = runner.fail("record", out=str(runner.folder / "wide"), cases=cases, taps="all", precision="float64")
    assert error["code"] == "PRECISION_UNSUPPORTED" and error["where"] == {"file": "model.py", "line": 7}
    runner.record(cases)


def test_perturbed_recordings_differ_by_rounding_only(runner: Runner) -> None:
    runner.open(GPT2)
    cases = runner.cases(input_ids=IDS)
    free = runner.record(cases)
    inner = "transformer.h.1.mlp.c_fc"
    for kind in ("permute-reductions", "jitter"):
        for force in (None, free.forcing()):
            perturb = {"kind": kind, "seed": 1}
            run = runner.record(cases, out=kind, perturb=perturb, force=force).values()
            again = runner.record(cases, out="again", perturb=perturb, force=force).values()
            assert all(torch.equal(again[name], value) for name, value in run.items()), "the seed decides"
            for name, value in free.values().items():
                difference = (run[name] - value).abs().max()
                assert difference < 1e-5, (kind, name)
            assert not torch.equal(run[inner], free.values()[inner]), (kind, force is None)
    error = runner.fail("record", out="x", cases=cases, taps="all", perturb={"kind": "shake"})
    assert error["code"] == "USAGE" and "shake" in error["message"]
