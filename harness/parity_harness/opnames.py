"""What a functional call is called, in the words of docs/protocol.md."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import torch

from .opsignatures import SIGNATURES

Function = Callable[..., Any]

_OPERATORS = {
    "truediv": "div", "floordiv": "floor_divide", "mod": "remainder", "and": "bitwise_and", "or": "bitwise_or",
    "xor": "bitwise_xor", "invert": "bitwise_not", "lshift": "bitwise_left_shift", "rshift": "bitwise_right_shift",
}  # fmt: skip
"""Python's names of operators whose function torch calls otherwise."""

_ARITHMETIC = frozenset(
    {"add", "sub", "mul", "div", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor", "lshift", "rshift"}
)
_REFLECTED = frozenset(f"__r{name}__" for name in _ARITHMETIC)


@lru_cache(maxsize=4096)
def _plain(raw: str) -> tuple[str, bool]:
    if raw in _REFLECTED:
        return _plain(f"__{raw[3:]}")[0], True
    name = raw.strip("_")
    if raw.startswith("__i") and raw.endswith("__") and name[1:] in _ARITHMETIC:
        name = name[1:]
    if raw.startswith("__") and raw.endswith("__"):
        name = _OPERATORS.get(name, name)
    return name, False


def _raw_name(func: Function) -> str:
    if isinstance(func, torch._ops.OpOverload):
        return str(func._schema.name).partition("::")[2]
    raw: str = getattr(func, "__name__", "") or type(func).__name__
    if raw == "__get__":
        # A getter of a tensor: `x.T` is the op `T`.
        return str(getattr(getattr(func, "__self__", None), "__name__", raw))
    return raw


def op_name(func: Function) -> tuple[str, bool]:
    """The name without the underscores of operators and in-place variants; true when the operands are exchanged."""
    return _plain(_raw_name(func))


def op_qualname(func: Function) -> str:
    """`torch.nn.functional.gelu`, `torch.Tensor.add`, `torch.cat`: as a user would write it."""
    name = _raw_name(func)
    if isinstance(func, torch._ops.OpOverload):
        # Programs call operators themselves; the overload is found again from the arguments.
        return f"torch.ops.{func.namespace}.{name}"
    owner = getattr(func, "__objclass__", None)
    qualname = str(getattr(func, "__qualname__", name))
    module = str(getattr(func, "__module__", None) or "")
    if owner is not None or qualname.startswith(("Tensor.", "TensorBase.", "getset_descriptor.")):
        return f"torch.Tensor.{name}"
    if module == "torch._C._nn" or module.startswith("torch.nn.functional"):
        return f"torch.nn.functional.{name}"
    for space in ("linalg", "fft", "special"):
        if module == f"torch._C._{space}":
            return f"torch.{space}.{name.removeprefix(space + '_')}"
    if module in ("torch", "torch.functional", "torch._tensor", ""):
        return f"torch.{name}"
    return f"{module}.{name}"


@lru_cache(maxsize=4096)
def _signature(func: Function) -> tuple[str, ...] | None:
    try:
        parameters = inspect.signature(func).parameters.values()
    except (TypeError, ValueError):
        return None
    kinds = {parameter.kind for parameter in parameters}
    if inspect.Parameter.VAR_POSITIONAL in kinds:
        return None
    return tuple(
        parameter.name
        for parameter in parameters
        if parameter.kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    )


@lru_cache(maxsize=4096)
def _schema_names(func: Any) -> tuple[str, ...]:
    """Of an operator, in the words of torch's functions: `input` is what comes in, whatever its schema calls it."""
    names = [one.name for one in func._schema.arguments if not one.kwarg_only]
    renamed = {"self": "input", **({"indices": "input"} if func._schema.name == "aten::embedding" else {})}
    return tuple(renamed.get(name, name) for name in names)


def positional_names(func: Function) -> tuple[str, ...]:
    """Names of the positional parameters; none where they are not known."""
    name, reverse = op_name(func)
    if isinstance(func, torch._ops.OpOverload):
        return _schema_names(func)
    if not reverse and inspect.isfunction(func) and not _raw_name(func).startswith("__"):
        known = _signature(func)
        if known is not None:
            return ("input", *known[1:]) if known[:1] == ("self",) else known
    if op_qualname(func).startswith("torch.Tensor.") and f"Tensor.{name}" in SIGNATURES:
        return SIGNATURES[f"Tensor.{name}"]
    return SIGNATURES.get(name, ())


def gives_tensor(value: Any) -> bool:
    """True when a result is a tensor or a tuple or list with one in it, however deep."""
    if isinstance(value, torch.Tensor):
        return True
    if isinstance(value, (tuple, list)):
        return any(gives_tensor(part) for part in value)
    return False


def counts(func: Function, result: Any) -> bool:
    """Is this call an op: does it give a tensor, or write into one as `x[...] = y` does?"""
    return gives_tensor(result) or getattr(func, "__name__", "") == "__setitem__"
