from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from parity_harness.errors import HarnessError
from parity_harness.expressions import Place, Scope, evaluate
from parity_harness.opnames import op_name, op_qualname, positional_names
from parity_harness.tensorfile import TensorReader
from safetensors.torch import save_file
from torch import Tensor
from torch.overrides import TorchFunctionMode

X = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(0))
SELF = {"$": "self"}


def call(fn: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
    return {"$": "call", "fn": fn, "args": list(args), "kwargs": kwargs}


def value(expression: Any, case: str = "c0", wide: bool = False, **tensors: Tensor) -> Any:
    scope = Scope(tensors, TensorReader(), case, torch.device("cpu"), wide)
    return evaluate(expression, scope, Place("it", X))


EXPRESSIONS: dict[str, tuple[Any, Any]] = {
    "itself": (SELF, X),
    "a scalar stays one": (call("torch.add", SELF, 1, alpha=2), X + 2),
    "a shape stays a list": (call("torch.reshape", SELF, [4, 6]), X.reshape(4, 6)),
    "data becomes a tensor": (call("torch.mul", SELF, [1, 2, 3, 4.5]), X * torch.tensor([1, 2, 3, 4.5])),
    "data by keyword": (call("torch.mul", SELF, other=[[2], [3], [4]]), X * torch.tensor([[2], [3], [4]])),
    "data and a shape in one call": (
        call("F.layer_norm", SELF, [4], [1, 2, 3, 4.0], [0, 0, 1, 0.0]),
        F.layer_norm(X, [4], torch.tensor([1, 2, 3, 4.0]), torch.tensor([0, 0, 1, 0.0])),
    ),
    "a tensor made explicitly": (
        call("torch.tensor", [1, 2], dtype={"$": "dtype", "name": "float64"}),
        torch.tensor([1, 2], dtype=torch.float64),
    ),
    "infinity": (call("torch.clamp", SELF, {"$": "number", "value": "-inf"}, 0), X.clamp(-math.inf, 0)),
    "a method": (call("Tensor.permute", SELF, [2, 0, 1]), X.permute(2, 0, 1)),
    "a method with its full name": (call("torch.Tensor.transpose", SELF, 0, -1), X.transpose(0, 2)),
    "a function of torch.nn": (
        call("torch.nn.functional.gelu", SELF, approximate="tanh"),
        F.gelu(X, approximate="tanh"),
    ),
    "a list of tensors": (call("torch.cat", [SELF, SELF], dim=-1), torch.cat([X, X], -1)),
    "one in another": (call("torch.sum", call("F.pad", SELF, [1, 0]), [1]), F.pad(X, [1, 0]).sum(1)),
    "an index": (call("torch.index_select", SELF, 1, [2, 0]), X[:, [2, 0]]),
    "an equation": (call("torch.einsum", "abc->cb", SELF), torch.einsum("abc->cb", X)),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_expression_is_what_torch_computes(name: str) -> None:
    expression, expected = EXPRESSIONS[name]
    got = value(expression)
    assert torch.equal(got, expected) and got.dtype == expected.dtype


def test_tensors_come_from_the_model_and_from_files_by_case(tmp_path: Path) -> None:
    save_file({"a": torch.ones(2), "b": torch.zeros(2)}, tmp_path / "t.safetensors")
    file = str(tmp_path / "t.safetensors")
    by_case = {"$": "tensor", "files": {"c0": {"file": file, "tensor": "a"}, "c1": {"file": file, "tensor": "b"}}}
    assert value(by_case).tolist() == [1, 1] and value(by_case, case="c1").tolist() == [0, 0]
    assert value({"$": "tensor", "file": file, "tensor": "b"}, wide=True).dtype == torch.float64
    assert value({"$": "parameter", "name": "w"}, w=X) is not X and torch.equal(
        value({"$": "parameter", "name": "w"}, w=X), X
    )
    with pytest.raises(HarnessError, match="no tensor for case c7"):
        value(by_case, case="c7")


@pytest.mark.parametrize(
    "fn",
    [
        "torch.load", "torch.save", "torch.manual_seed", "torch.set_num_threads", "torch.compile", "torch.nn",
        "torch.jit", "torch.Tensor.add_", "torch.nn.functional.relu_", "torch.Tensor.__add__", "torch._C", "F._pad",
        "os.system", "torch.os.system", "torch.nn.functional.warnings", "torch.nn.Linear", "F.Tensor", "eval",
        "torch.Tensor.numpy.x",
        "torch.set_default_dtype", "F.Callable", "torch.Tensor.set_", "torch.Generator",
    ],
)  # fmt: skip
def test_only_functions_that_compute_a_new_tensor_can_be_called(fn: str) -> None:
    with pytest.raises(HarnessError, match="is no function that an expression can call"):
        value(call(fn, SELF))


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        (call("torch.mul", SELF, [[1, 2], [3, 4]]), "`torch.mul` raised RuntimeError: The size of tensor"),
        (call("torch.maximum", SELF, 0), "`torch.maximum` raised TypeError"),
        (call("torch.add", SELF, 1, out=SELF), "must not write into its arguments"),
        (call("F.relu", SELF, inplace=True), "must not write into its arguments"),
        ({"$": "nothing"}, "is no expression"),
        ({"$": "dtype", "name": "float33"}, "torch has no dtype `float33`"),
        ({"$": "parameter", "name": "w"}, "no parameter or buffer `w`"),
        ({"$": "argument", "at": 0}, "it is not given by a call"),
        ({"$": "tap", "tap": "h.0"}, "`h.0` has not been computed before it"),
    ],
)
def test_what_cannot_be_evaluated_says_why(expression: Any, why: str) -> None:
    with pytest.raises(HarnessError) as raised:
        value(expression)
    assert why in raised.value.message


class Names(TorchFunctionMode):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, bool, str, tuple[str, ...]]] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name, reverse = op_name(func)
        self.seen.append((name, reverse, op_qualname(func), positional_names(func)))
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize(
    ("code", "name", "qualname", "names"),
    [
        ("x + x", "add", "torch.Tensor.add", "input other"),
        ("2 + x", "add", "torch.Tensor.add", "input other"),
        ("x.__iadd__(1)", "add", "torch.Tensor.add_", "input other"),
        ("torch.add(x, 1)", "add", "torch.add", "input other"),
        ("2 - x", "sub reversed", "torch.Tensor.__rsub__", "input other"),
        ("2 / x", "div reversed", "torch.Tensor.__rdiv__", "input other"),
        ("2 ** x", "pow reversed", "torch.Tensor.__rpow__", "input exponent"),
        ("x ** 2", "pow", "torch.Tensor.pow", "input exponent"),
        ("x // 2", "floor_divide", "torch.Tensor.__floordiv__", "input other"),
        ("x @ x.mT", "matmul", "torch.Tensor.matmul", "input other"),
        ("x[0]", "getitem", "torch.Tensor.__getitem__", "input index"),
        ("-x", "neg", "torch.Tensor.neg", "input"),
        ("~(x > 0)", "bitwise_not", "torch.Tensor.__invert__", "input"),
        ("x[0].T", "T", "torch.Tensor.T", "input"),
        ("F.gelu(x)", "gelu", "torch.nn.functional.gelu", "input approximate"),
        ("F.relu_(x.clone())", "relu", "torch.relu_", "input"),
        ("F.layer_norm(x, (4,))", "layer_norm", "torch.nn.functional.layer_norm",
         "input normalized_shape weight bias eps"),
        ("F.max_pool1d(x, 2)", "max_pool1d", "torch.nn.functional.max_pool1d",
         "input kernel_size stride padding dilation ceil_mode"),
        ("torch.where(x > 0, x, 0)", "where", "torch.where", "condition input other"),
        ("x.where(x > 0, x)", "where", "torch.Tensor.where", "input condition other"),
        ("x.split(1)", "split", "torch.Tensor.split", "input split_size dim"),
        ("torch.split(x, 1)", "split", "torch.split", "tensor split_size_or_sections dim"),
        ("torch.linalg.norm(x)", "linalg_norm", "torch.linalg.norm", "input ord dim keepdim"),
    ],
)  # fmt: skip
def test_functions_have_one_name_however_they_are_written(code: str, name: str, qualname: str, names: str) -> None:
    with Names() as mode:
        eval(code, {"x": X.clone(), "torch": torch, "F": F})
    found, reverse, where, given = mode.seen[-1]
    assert (found + " reversed" * reverse, where, " ".join(given)) == (name, qualname, names)
