from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from parity_harness.errors import HarnessError
from parity_harness.tapfile import TapFile, write_tensors
from parity_harness.tensorfile import NAMES, TensorReader, why_not_storable
from safetensors.torch import load_file


def test_every_type_and_shape_is_read_back_by_the_reference_library(tmp_path: Path) -> None:
    tensors = {
        "odd": torch.tensor([True, False, True]),
        "scalar": torch.tensor(2.5),
        "half": torch.arange(3).half(),
        "empty": torch.zeros(0, 4),
        "turned": torch.arange(6.0).reshape(2, 3).t(),
        "expanded": torch.ones(1, 3).expand(4, 3),
        "conjugate": torch.tensor([1 + 2j, 3 - 1j]).conj(),
        **{f"of {name}": torch.arange(8).to(dtype) for dtype, name in NAMES.items()},
    }
    write_tensors(tmp_path / "t.safetensors", tensors)
    loaded = load_file(tmp_path / "t.safetensors")
    assert set(loaded) == set(tensors)
    for name, tensor in tensors.items():
        assert loaded[name].dtype == tensor.dtype and loaded[name].shape == tensor.shape, name
        assert torch.equal(loaded[name].to(torch.complex128), tensor.to(torch.complex128)), name


def test_more_tensors_than_expected_still_fit(tmp_path: Path) -> None:
    file = TapFile(tmp_path / "t.safetensors", 0)
    tensors = {f"{'long' * 20}.{number}": torch.full((500,), float(number)) for number in range(200)}
    for name, tensor in tensors.items():
        file.add(name, tensor)
    file.finish()
    loaded = load_file(tmp_path / "t.safetensors")
    assert all(torch.equal(loaded[name], tensor) for name, tensor in tensors.items())


def test_the_file_appears_only_when_it_is_complete_and_leaves_nothing_behind(tmp_path: Path) -> None:
    file = TapFile(tmp_path / "t.safetensors", 1)
    file.add("a", torch.ones(4))
    assert not (tmp_path / "t.safetensors").exists()
    file.abandon()
    assert list(tmp_path.iterdir()) == []


def test_values_are_those_of_the_moment_they_were_added(tmp_path: Path) -> None:
    file = TapFile(tmp_path / "t.safetensors", 2)
    even, odd = torch.ones(4), torch.ones(3)
    file.add("even", even)
    file.add("odd", odd)
    even.zero_()
    odd.zero_()
    file.finish()
    loaded = load_file(tmp_path / "t.safetensors")
    assert loaded["even"].sum() == 4 and loaded["odd"].sum() == 3
    header = (tmp_path / "t.safetensors").read_bytes()[8:]
    assert header.startswith(b"{") and json.JSONDecoder().raw_decode(header.decode("latin1"))[0].keys() == loaded.keys()


def test_reading_names_the_file_and_the_tensor_that_is_missing(tmp_path: Path) -> None:
    write_tensors(tmp_path / "t.safetensors", {"a": torch.ones(1)})
    reader = TensorReader()
    assert reader.read(str(tmp_path / "t.safetensors"), "a").item() == 1
    with pytest.raises(HarnessError, match="holds no tensor `b`"):
        reader.read(str(tmp_path / "t.safetensors"), "b")
    (tmp_path / "cut.safetensors").write_bytes((tmp_path / "t.safetensors").read_bytes()[:-2])
    with pytest.raises(HarnessError, match=r"cut\.safetensors is no safetensors file") as cut:
        reader.read(str(tmp_path / "cut.safetensors"), "a")
    assert cut.value.code == "FORMAT_INVALID"


@pytest.mark.parametrize(
    ("tensor", "why"),
    [
        (torch.eye(2).to_sparse(), "its layout is sparse_coo"),
        (torch.empty(2, device="meta"), "meta device"),
        (torch.ones(2, dtype=torch.complex128), "cannot hold complex128"),
    ],
)
def test_what_no_file_can_hold_is_said(tensor: torch.Tensor, why: str) -> None:
    assert why in (why_not_storable(tensor) or "")
