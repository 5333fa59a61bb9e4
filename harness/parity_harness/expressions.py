"""Expressions of docs/protocol.md, evaluated with torch."""

from __future__ import annotations

import inspect
import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch.overrides import get_overridable_functions

from .errors import HarnessError, summarize
from .tensorfile import TensorReader
from .tf_forms import FORMS
from .tree import flatten

Expression = Any
NUMBERS = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}
_SPACES = {
    "torch.nn.functional.": torch.nn.functional, "F.": torch.nn.functional,
    "torch.Tensor.": torch.Tensor, "Tensor.": torch.Tensor, "torch.": torch,
}  # fmt: skip
_MAKERS = frozenset({
    "tensor", "as_tensor", "zeros", "ones", "full", "zeros_like", "ones_like", "full_like", "arange", "linspace", "eye",
    "tril_indices", "triu_indices", "broadcast_tensors", "meshgrid", "complex", "polar",
})  # fmt: skip
"""Functions that take no tensor, which torch therefore does not list among those that can be overridden."""


def _fault(message: str) -> HarnessError:
    return HarnessError("CANDIDATE_FAILED", message)


class Scope:
    """What an expression can refer to. Each of the three places an edit can be at knows its own."""

    def __init__(
        self,
        tensors: Mapping[str, torch.Tensor],
        reader: TensorReader,
        case: str,
        device: torch.device,
        wide: bool = False,
    ) -> None:
        """`wide`: tensors from files are cast to float64."""
        self.tensors = tensors
        self.reader = reader
        self.case = case
        self.device = device
        self.wide = wide
        self.results: dict[tuple[str, int, int], tuple[str, Any]] = {}
        """What functional calls gave that some expression refers to: (module, call, index) -> (name, result)."""
        self.taps: dict[str, torch.Tensor] = {}


@dataclass(frozen=True)
class Place:
    """The edited value and the call that gives it, where it is a call's."""

    what: str
    value: Any
    argument: Callable[[int | str], Any] | None = None
    original: Callable[[Mapping[str, Any]], Any] | None = None
    step: int = 0
    """Which step of a loop it is, for edits that are made in all of them."""


def references(expression: Expression) -> Iterator[Mapping[str, Any]]:
    """Every object with a `$` in it, outermost first."""
    if isinstance(expression, list):
        for part in expression:
            yield from references(part)
    elif isinstance(expression, Mapping):
        yield expression
        for part in expression.get("args") or []:
            yield from references(part)
        for group in ("kwargs", "arguments"):
            for part in (expression.get(group) or {}).values():
                yield from references(part)


def evaluate(expression: Expression, scope: Scope, place: Place) -> Any:
    """The expression's value. Raises HarnessError for whatever cannot be had, and for what torch refuses."""
    if expression is None or isinstance(expression, (bool, int, float, str)):
        return expression
    if isinstance(expression, list):
        return [evaluate(part, scope, place) for part in expression]
    if isinstance(expression, Mapping):
        rule = _RULES.get(str(expression.get("$")))
        if rule is not None:
            return rule(expression, scope, place)
    raise _fault(f"{expression!r} is no expression.")


def _number(expression: Mapping[str, Any], scope: Scope, place: Place) -> Any:
    if expression["value"] not in NUMBERS:
        raise _fault(f"`{expression['value']}` is none of the numbers {', '.join(NUMBERS)}.")
    return NUMBERS[expression["value"]]


def _dtype(expression: Mapping[str, Any], scope: Scope, place: Place) -> Any:
    dtype = getattr(torch, str(expression["name"]).removeprefix("torch."), None)
    if not isinstance(dtype, torch.dtype):
        raise _fault(f"torch has no dtype `{expression['name']}`.")
    return dtype


def _argument(expression: Mapping[str, Any], scope: Scope, place: Place) -> Any:
    if place.argument is None:
        raise _fault(f"{place.what} is not given by a call: it has no argument {expression['at']!r}.")
    return place.argument(expression["at"])


def _parameter(expression: Mapping[str, Any], scope: Scope, place: Place) -> Any:
    found = scope.tensors.get(str(expression["name"]))
    if found is None:
        raise _fault(f"The model has no parameter or buffer `{expression['name']}`.")
    return found.detach()


def _tensor(expression: Mapping[str, Any], scope: Scope, place: Place) -> Any:
    stored = expression
    if "files" in expression:
        if scope.case not in expression["files"]:
            raise _fault(f"The expression has no tensor for case {scope.case}.")
        stored = expression["files"][scope.case]
    tensor = scope.reader.read(stored["file"], stored["tensor"]).to(scope.device)
    return tensor.double() if scope.wide and tensor.is_floating_point() else tensor


def _result(expression: Mapping[str, Any], scope: Scope, place: Place) -> Any:
    op = expression["op"]
    step = op.get("step") or {"call": 0, "index": 0}
    call, index = int(op["call"]) + place.step * int(step["call"]), int(op["index"]) + place.step * int(step["index"])
    key = str(op["module"]), call, index
    if key not in scope.results:
        raise _fault(f"{show_op(op)} has not been called before {place.what}.")
    name, result = scope.results[key]
    if name != op["name"]:
        raise _fault(f"{show_op(op)} is not there: at that place `{name}` is called.")
    if expression.get("slot") is None:
        return result
    tensors = flatten(result)
    if int(expression["slot"]) >= len(tensors):
        raise _fault(f"{show_op(op)} gives {len(tensors)} tensors; there is no number {expression['slot']}.")
    return tensors[int(expression["slot"])][1]


def _tap(expression: Mapping[str, Any], scope: Scope, place: Place) -> Any:
    if expression["tap"] not in scope.taps:
        raise _fault(f"`{expression['tap']}` has not been computed before {place.what}.")
    return scope.taps[expression["tap"]]


def _original(expression: Mapping[str, Any], scope: Scope, place: Place) -> Any:
    if place.original is None:
        raise _fault(f"{place.what} is not a functional call: there is no original to call again.")
    exchanged = {name: evaluate(part, scope, place) for name, part in (expression.get("arguments") or {}).items()}
    return place.original(exchanged)


def _call(expression: Mapping[str, Any], scope: Scope, place: Place) -> Any:
    name = str(expression["fn"])
    function = find_function(name)
    args = [evaluate(part, scope, place) for part in expression.get("args") or []]
    kwargs = {key: evaluate(part, scope, place) for key, part in (expression.get("kwargs") or {}).items()}
    if kwargs.get("inplace") or "out" in kwargs:
        raise _fault(f"`{name}` must not write into its arguments here.")
    return call_with_lists(function, name, args, kwargs, scope.device)


_RULES: dict[str, Callable[[Mapping[str, Any], Scope, Place], Any]] = {
    "self": lambda expression, scope, place: place.value,
    "number": _number,
    "dtype": _dtype,
    "argument": _argument,
    "parameter": _parameter,
    "tensor": _tensor,
    "result": _result,
    "tap": _tap,
    "call": _call,
    "original": _original,
}


def show_op(op: Mapping[str, Any]) -> str:
    """An op key in words: `gelu` (call 0 of `h.0.mlp`)."""
    module = f"`{op['module']}`" if op["module"] else "the model itself"
    again = "" if int(op["call"]) == 1 else f" in its call {op['call']}"
    return f"`{op['name']}` (functional call {op['index']} of {module}{again})"


@cache
def find_function(name: str) -> Callable[..., Any]:
    """The function of that name in torch, torch.nn.functional or torch.Tensor that computes on tensors.

    Raises HarnessError for anything else: private names, functions that write in place, settings of torch, classes.
    """
    form = FORMS.get(name.removeprefix("parity.")) if name.startswith("parity.") else None
    if form is not None:
        return form
    for prefix, space in _SPACES.items():
        if name.startswith(prefix):
            leaf = name.removeprefix(prefix)
            found = getattr(space, leaf, None) if leaf.isidentifier() else None
            if found is None or leaf.startswith("_") or leaf.endswith("_") or inspect.isclass(found):
                break
            known = leaf in _MAKERS or any(found is other for other in get_overridable_functions().get(space, []))
            if callable(found) and (known or space is torch.nn.functional or _computes(space, leaf)):
                return found  # type: ignore[no-any-return]
            break
    raise HarnessError(
        "CANDIDATE_FAILED",
        f"`{name}` is no function that an expression can call.",
        hint="Functions of torch, torch.nn.functional and torch.Tensor that compute a new tensor.",
    )


def _computes(space: Any, leaf: str) -> bool:
    return any(getattr(other, "__name__", "") == leaf for other in get_overridable_functions().get(space, []))


def _list_of_numbers(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(_list_of_numbers(part) for part in value)
    return isinstance(value, (bool, int, float))


def call_with_lists(
    function: Callable[..., Any], name: str, args: list[Any], kwargs: dict[str, Any], device: torch.device
) -> Any:
    """Calls a function. Where it refuses the types, lists of numbers become tensors: as few as possible.

    Whether a list is a shape or data only the function knows: it is asked with lists first. What it refuses for another
    reason is not asked again.
    """
    places: list[int | str] = [
        at for at, value in enumerate(args) if isinstance(value, list) and _list_of_numbers(value)
    ]
    places += [at for at, value in kwargs.items() if isinstance(value, list) and _list_of_numbers(value)]
    refusal: BaseException | None = None
    for count in range(len(places) + 1):
        for chosen in itertools.combinations(places, count):
            try:
                return function(
                    *[torch.tensor(value, device=device) if at in chosen else value for at, value in enumerate(args)],
                    **{
                        at: torch.tensor(value, device=device) if at in chosen else value
                        for at, value in kwargs.items()
                    },
                )
            except (TypeError, AttributeError) as error:
                refusal = refusal or error
            except Exception as error:
                raise _fault(f"`{name}` raised {summarize(error)}") from None
    raise _fault(f"`{name}` raised {summarize(refusal) if refusal else 'nothing'}") from None
