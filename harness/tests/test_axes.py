"""Tensors whose axes the port orders in another way than the original."""

from __future__ import annotations

import torch
from conftest import Runner
from parity_harness.cases import fingerprint
from safetensors.torch import save_file

PORT = """
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.flat, self.after = nn.Conv2d(3, 2, 1), nn.Flatten(), nn.Identity()
    def forward(self, images):
        assert images.is_contiguous()
        return self.after(self.flat(self.conv(images).contiguous(memory_format=torch.channels_last)))
def build(): return Net().eval()
"""


def test_an_input_is_fed_in_the_ports_own_order_and_is_still_known_by_what_is_stored(runner: Runner) -> None:
    runner.open(PORT)
    images = torch.randn(2, 4, 5, 3)
    stored = runner.cases(images=images)
    turned = [{**stored[0], "inputs": [{**stored[0]["inputs"][0], "permute": [0, 3, 1, 2]}]}]
    fed = runner.record(turned, out="fed")
    answer = runner.ask("record", out=str(runner.folder / "again"), cases=turned, taps="all")
    assert answer["inputs"] == {"c0/images": fingerprint(images)}
    direct = runner.record(runner.cases(images=images.permute(0, 3, 1, 2).contiguous()), out="direct")
    assert torch.equal(fed.values()["conv"], direct.values()["conv"])


def test_an_order_of_other_axes_is_refused_with_the_inputs_name(runner: Runner) -> None:
    runner.open(PORT)
    stored = runner.cases(images=torch.zeros(2, 4, 5, 3))
    stored[0]["inputs"][0]["permute"] = [0, 2, 1]
    error = runner.fail("record", out=str(runner.folder / "refused"), cases=stored, taps="all")
    assert error["code"] == "INPUTS_INVALID" and "[0, 2, 1]" in error["message"]


def test_what_the_reference_keeps_merged_is_split_before_its_axes_are_exchanged(runner: Runner) -> None:
    runner.open(PORT)
    cases = runner.cases(images=torch.zeros(2, 3, 4, 5))
    image = torch.arange(2 * 4 * 5 * 2, dtype=torch.float32).reshape(2, 4, 5, 2)
    save_file({"r": image.reshape(2, -1).clone()}, runner.folder / "flat.safetensors")
    place = {"file": str(runner.folder / "flat.safetensors"), "tensor": "r", "reshapeFirst": [2, 4, 5, 2]}
    entry = {"tap": "flat", "permute": [0, 3, 1, 2], "reshape": None, "files": {"c0": place}}
    forced = runner.record(cases, out="split", force={"replace": [entry]}).values()
    assert torch.equal(forced["after"], image.permute(0, 3, 1, 2).reshape(2, -1))

    place["reshapeFirst"] = [2, 4, 5, 3]
    error = runner.fail("record", out=str(runner.folder / "x"), cases=cases, taps="all", force={"replace": [entry]})
    assert "cannot be split" in error["message"] and error["where"]["key"] == "flat"
