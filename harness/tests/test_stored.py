from __future__ import annotations

from pathlib import Path

import numpy
import pytest
import torch
from parity_harness.stored import equals_stored


def store(path: Path, array: numpy.ndarray, **how: object) -> dict[str, object]:
    path.write_bytes(b"head" * 3 + array.tobytes())
    return {"file": str(path), "offset": 12, "dtype": str(array.dtype), "shape": list(array.shape), **how}


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int64", "int32", "uint8", "bool"])
def test_a_kernel_stored_in_out_equals_the_linear_weight_made_from_it(tmp_path: Path, dtype: str) -> None:
    kernel = (numpy.arange(12).reshape(1, 3, 4) % 2).astype(dtype)
    weight = torch.from_numpy(kernel[0].T.copy())
    assert equals_stored(weight, store(tmp_path / "a", kernel, permute=[0, 2, 1]))
    other = ~kernel if dtype == "bool" else 1 - kernel
    assert not equals_stored(weight, store(tmp_path / "b", other.astype(dtype), permute=[0, 2, 1]))


def test_one_bit_in_one_element_makes_the_difference(tmp_path: Path) -> None:
    values = numpy.random.default_rng(0).normal(size=(64, 64)).astype("float32")
    stored = store(tmp_path / "a", values, permute=None)
    weight = torch.from_numpy(values.copy())
    assert equals_stored(weight, stored)
    weight[63, 63] = float(numpy.nextafter(values[63, 63], numpy.float32(9)))
    assert not equals_stored(weight, stored)


def test_a_square_kernel_in_the_other_orientation_is_not_equal(tmp_path: Path) -> None:
    values = numpy.random.default_rng(0).normal(size=(8, 8)).astype("float32")
    assert not equals_stored(torch.from_numpy(values), store(tmp_path / "a", values, permute=[1, 0]))


def test_what_cannot_be_told_is_not_equal(tmp_path: Path) -> None:
    nan = numpy.full((2,), numpy.nan, "float32")
    assert not equals_stored(torch.from_numpy(nan), store(tmp_path / "a", nan, permute=None))
    ones = numpy.ones((2,), "float32")
    assert not equals_stored(torch.ones(2, dtype=torch.float64), store(tmp_path / "b", ones, permute=None))
    assert not equals_stored(torch.ones(3), store(tmp_path / "c", ones, permute=None))
    assert not equals_stored(torch.ones(2), {**store(tmp_path / "d", ones, permute=None), "dtype": "bfloat16"})


def test_a_scalar_equals_its_stored_value(tmp_path: Path) -> None:
    assert equals_stored(torch.tensor(3.0), store(tmp_path / "a", numpy.asarray(3.0, "float32"), permute=None))
