"""Edits of what functional calls and modules are given and give, in one forward pass."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import nn

from .edits import Edit, Edits
from .errors import HarnessError, summarize
from .expressions import Place, Scope, evaluate, references, show_op
from .opnames import op_name, positional_names
from .program import ProgramModule
from .running import Frame
from .tapid import TapId
from .tree import flatten, replace, slots

Exchange = Mapping[str, Any]


def _fault(message: str) -> HarnessError:
    return HarnessError("CANDIDATE_FAILED", message)


class Arguments:
    """The arguments of one call, found and exchanged by position or by name, however the call gave them."""

    def __init__(self, what: str, names: Sequence[str], args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        self.args = list(args)
        self.kwargs = dict(kwargs)
        self._what = what
        self._names = list(names)

    def _place(self, at: int | str) -> int | str:
        """A position in `args` or a key of `kwargs`; where the call gave no such argument, the name or the position."""
        if isinstance(at, str) and at.lstrip("-").isdecimal() and at not in self.kwargs:
            at = int(at)
        if isinstance(at, int):
            if at < len(self.args) or at >= len(self._names) or self._names[at] not in self.kwargs:
                return at
            return self._names[at]
        if at not in self.kwargs and at in self._names and self._names.index(at) < len(self.args):
            return self._names.index(at)
        return at

    def get(self, at: int | str) -> Any:
        place = self._place(at)
        if isinstance(place, int) and 0 <= place < len(self.args):
            return self.args[place]
        if isinstance(place, str) and place in self.kwargs:
            return self.kwargs[place]
        given = [*(str(number) for number in range(len(self.args))), *self.kwargs]
        raise _fault(f"{self._what} was given no argument {at!r}; it was given {', '.join(given) or 'none'}.")

    def exchange(self, at: int | str, value: Any) -> None:
        """A name that the call did not give is added; a position may follow the last one."""
        place = self._place(at)
        if isinstance(place, str):
            self.kwargs[place] = value
        elif 0 <= place < len(self.args):
            self.args[place] = value
        elif place == len(self.args):
            self.args.append(value)
        else:
            raise _fault(f"{self._what} was given {len(self.args)} arguments by position; there is no number {at}.")


def fit(value: Any, old: Any, what: str) -> Any:
    """The value in the form of what it replaces: numbers as tensors, a list as the tuple that the call gives."""
    if isinstance(old, torch.Tensor):
        if isinstance(value, (bool, int, float, list)):
            try:
                return torch.tensor(value, dtype=old.dtype, device=old.device)
            except (TypeError, ValueError, RuntimeError) as error:
                raise _fault(f"The new value of {what} is no tensor: {summarize(error)}") from None
        if not isinstance(value, torch.Tensor):
            raise _fault(f"The new value of {what} must be a tensor; it is {type(value).__name__}.")
        return value
    wanted = flatten(old)
    given = flatten(value)
    if len(wanted) != len(given):
        raise _fault(f"{what} gives {len(wanted)} tensors; its new value has {len(given)}.")
    new = dict(zip((path for path, _ in wanted), (tensor for _, tensor in given), strict=True))
    return replace(old, lambda path, _: new[path])


def _storages(value: Any) -> set[int]:
    found = set()
    for _, tensor in flatten(value):
        try:
            found.add(tensor.untyped_storage().data_ptr())
        except (RuntimeError, NotImplementedError):  # sparse and other tensors without a storage
            continue
    return found


class EditedRun:
    """The edits of one run, and what it has computed so far that an edit refers to."""

    def __init__(self, edits: Edits, scope: Scope) -> None:
        self.edits = edits
        self.scope = scope
        self.inputs = edits.inputs
        self.outputs = edits.outputs
        self.made: set[int] = set()
        """Numbers of the edits that have been made."""
        self.op_counts: dict[tuple[str, int], int] = {}

    def _value(self, edit: Edit, place: Place) -> Any:
        value = evaluate(edit["value"], self.scope, place)
        self.made.add(edit["number"])
        return value

    def change_inputs(self, frame: Frame, args: Any, kwargs: Any) -> tuple[Any, Any]:
        what = f"the input of `{frame.path}`" if frame.path else "the model's input"
        names = parameter_names(frame.module)
        for edit in self.inputs[frame.path, frame.call]:
            before = Arguments(what, names, args, kwargs)
            after = Arguments(what, names, args, kwargs)
            old = before.get(edit["at"])
            value = self._value(edit, Place(what, old, before.get))
            if isinstance(old, torch.Tensor):
                value = fit(value, old, what)
            after.exchange(edit["at"], value)
            args, kwargs = tuple(after.args), after.kwargs
        return args, kwargs

    def change_output(self, path: str, call: int, module: nn.Module, args: Any, kwargs: Any, output: Any) -> Any:
        given = Arguments(f"`{path}`" if path else "the model", parameter_names(module), args, kwargs)
        for slot, edit in self.outputs[path, call]:
            tap = TapId(path, call, slot)
            present = slots(output)
            if slot not in present:
                raise _fault(f"The output of `{tap}` has no such slot.")
            value = fit(self._value(edit, Place(f"`{tap}`", present[slot], given.get)), present[slot], f"`{tap}`")
            output = _with_slot(output, slot, value)
        return output

    def keep_output(self, path: str, call: int, output: Any) -> None:
        """Keeps what expressions refer to."""
        if (path, call) in self.edits.taps:
            for slot, tensor in slots(output).items():
                self.scope.taps[str(TapId(path, call, slot))] = tensor.clone()

    def concerns_op(self, frame: Frame) -> bool:
        """Is the next functional call of this frame edited or referred to?"""
        key = frame.path, frame.call, frame.ops
        return key in self.edits.op_places or bool(self.edits.series and self.edits.recurring(key))

    def change_op(self, frame: Frame, func: Callable[..., Any], args: Any, kwargs: Any, result: Any) -> Any:
        """What the call gives instead of `result`; `args` and `kwargs` are as they were before it."""
        key = frame.path, frame.call, frame.ops
        name, names = op_name(func)[0], positional_names(func)
        recurring = self.edits.recurring(key) if self.edits.series else []
        edits = [(edit, 0) for edit in self.edits.ops.get(key, ())]
        edits += [(edit, step) for edit, step in recurring if edit is not None]
        for edit, step in sorted(edits, key=lambda one: int(one[0]["number"])):
            op = edit["op"]
            if op["name"] != name:
                if step > 0:  # the loop is over
                    continue
                raise _fault(f"{show_op(op)} is not there: at that place `{name}` is called.")
            what = show_op(op)

            def original(exchanged: Exchange, what: str = what) -> Any:
                given = Arguments(what, names, args, kwargs)
                for at, value in exchanged.items():
                    given.exchange(at, value)
                try:
                    return func(*given.args, **given.kwargs)
                except Exception as error:
                    raise _fault(f"{what} with other arguments raised {summarize(error)}") from None

            given = Arguments(what, names, args, kwargs)
            value = self._value(edit, Place(what, result, given.get, original, step))
            value = fit(value, result, what)
            shared = _storages(args) | _storages(list(kwargs.values()))
            if any(part.get("$") == "parameter" for part in references(edit["value"])):
                shared |= self._fixed()
            if _storages(value) & shared:
                # The model may write into what a call gave; neither a parameter nor an argument may change by that.
                value = replace(value, lambda _, tensor: tensor.clone())
            result = value
        if key in self.edits.results or any(edit is None for edit, _ in recurring):
            self.scope.results[key] = name, replace(result, lambda _, tensor: tensor.clone())
        return result

    def _fixed(self) -> set[int]:
        return {tensor.untyped_storage().data_ptr() for tensor in self.scope.tensors.values() if _has_storage(tensor)}

    def not_made(self) -> str | None:
        """Why this run is not what was asked for: an edit was never come to. None when all were made."""
        for edit in self.edits.placed:
            if edit["number"] not in self.made:
                return f"{describe(edit)} was never come to"
        return None


def _with_slot(output: Any, slot: str | None, value: torch.Tensor) -> Any:
    return replace(output, lambda at, tensor: value if slot is None or at == slot else tensor)


def _has_storage(tensor: torch.Tensor) -> bool:
    return tensor.layout == torch.strided and not tensor.is_meta


def describe(edit: Edit) -> str:
    if edit["kind"] == "op":
        return show_op(edit["op"])
    if edit["kind"] == "output":
        return f"the output `{edit['tap']}`"
    again = "" if edit["call"] == 1 else f" (call {edit['call']})"
    return f"argument {edit['at']!r} of `{edit['module']}`{again}"


def parameter_names(module: nn.Module) -> list[str]:
    """Names of the positional parameters of a module's forward()."""
    if isinstance(module, ProgramModule) and module.graphs.parameters:
        return module.graphs.parameters
    try:
        parameters = inspect.signature(module.forward).parameters.values()
    except (TypeError, ValueError):
        return []
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [parameter.name for parameter in parameters if parameter.kind in kinds]
