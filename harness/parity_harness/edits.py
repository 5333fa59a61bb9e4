"""The edits of one run, by the place where they are made; and those of parameters and attributes made and undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from .errors import HarnessError, summarize
from .expressions import Place, Scope, evaluate, references
from .tapid import parse_tap

Edit = Mapping[str, Any]
OpPlace = tuple[str, int, int]
_MISSING = object()


def _fault(message: str, key: str | None = None) -> HarnessError:
    return HarnessError("CANDIDATE_FAILED", message, where=None if key is None else {"key": key})


class Edits:
    """A request's edits. Raises HarnessError for what is none."""

    def __init__(self, listing: Sequence[Edit], names: Mapping[str, str]) -> None:
        """`names`: what `first_names` says of the model."""
        self.ops: dict[OpPlace, list[Edit]] = {}
        self.outputs: dict[tuple[str, int], list[tuple[str | None, Edit]]] = {}
        self.inputs: dict[tuple[str, int], list[Edit]] = {}
        self.standing: list[Edit] = []
        """Edits of parameters and attributes, which stand from before the run until after it."""
        self.placed: list[Edit] = []
        """All others that must be made when the run comes to their place; optional ones may lie behind its end."""
        self.results: set[OpPlace] = set()
        self.series: list[tuple[Mapping[str, Any], Edit | None]] = []
        """Ops that recur in every step of a loop, with the edit that is made there or None where one refers to them."""
        self.taps: set[tuple[str, int]] = set()
        self._names = names
        for number, raw in enumerate(listing):
            self._add({**raw, "number": number})
        self.op_places = self.results | self.ops.keys()

    def _add(self, edit: Edit) -> None:
        kind = edit.get("kind")
        if kind == "op":
            if edit["op"].get("step"):
                self.series.append((edit["op"], edit))
            else:
                self.ops.setdefault(self.op_place(edit["op"]), []).append(edit)
        elif kind == "output":
            tap = parse_tap(edit["tap"])
            self.outputs.setdefault((self._path(tap.path), tap.call), []).append((tap.slot, edit))
        elif kind == "input":
            self.inputs.setdefault((self._path(str(edit["module"])), int(edit["call"])), []).append(edit)
        elif kind not in ("parameter", "attribute"):
            raise _fault(f"`{kind}` is no kind of edit: op, output, input, parameter and attribute are.")
        if kind in ("parameter", "attribute"):
            self.standing.append(edit)
        elif not edit.get("optional"):
            self.placed.append(edit)
        for reference in references(edit.get("value")) if kind != "attribute" else ():
            if reference.get("$") == "result":
                if reference["op"].get("step"):
                    self.series.append((reference["op"], None))
                else:
                    self.results.add(self.op_place(reference["op"]))
            elif reference.get("$") == "tap":
                tap = parse_tap(reference["tap"])
                self.taps.add((self._path(tap.path), tap.call))

    def _path(self, path: str) -> str:
        if path not in self._names:
            raise _fault(f"The model has no module `{path}`.", path)
        return self._names[path]

    def op_place(self, op: Mapping[str, Any]) -> OpPlace:
        return self._path(str(op["module"])), int(op["call"]), int(op["index"])

    def recurring(self, key: OpPlace) -> list[tuple[Edit | None, int]]:
        """Edits of recurring ops that are made at this place (None: one refers to it), with the step that it is in."""
        found = []
        for op, edit in self.series:
            step = step_of(op, (self._path(str(op["module"])), int(op["call"]), int(op["index"])), key)
            if step is not None:
                found.append((edit, step))
        return found

    def needs_ops(self) -> bool:
        return bool(self.op_places) or bool(self.series)

    def calls(self) -> set[tuple[str, int]]:
        """Module calls that must be computed for the edits to be made as they are written."""
        ops = {(module, call) for module, call, _ in self.op_places}
        recurring = {(self._path(str(op["module"])), int(op["call"])) for op, _ in self.series}
        return ops | recurring | set(self.outputs) | set(self.inputs) | self.taps

    def modules(self) -> set[str]:
        """Modules of which every call is computed: their parameter or attribute is edited, or a loop calls them."""
        found = {self._path(str(op["module"])) for op, _ in self.series if int(op["step"]["call"]) != 0}
        for edit in self.standing:
            name = edit["module"] if edit["kind"] == "attribute" else str(edit["parameter"]).rpartition(".")[0]
            found.add(self._names.get(str(name), str(name)))
        return found


def step_of(op: Mapping[str, Any], first: OpPlace, place: OpPlace) -> int | None:
    """In which step of the loop a recurring op is at this place; None when it never is."""
    by_index, by_call = int(op["step"]["index"]), int(op["step"]["call"])
    if first[0] != place[0] or (by_index <= 0 and by_call <= 0):
        return None
    index, call = place[2] - first[2], place[1] - first[1]
    step = index // by_index if by_index > 0 else call // by_call
    return step if step >= 0 and index == step * by_index and call == step * by_call else None


def first_names(model: nn.Module) -> dict[str, str]:
    """Every module path with the first path of the same module, by which its calls are counted."""
    first = {id(module): path for path, module in model.named_modules()}
    return {path: first[id(module)] for path, module in model.named_modules(remove_duplicate=False)}


def named_tensors(model: nn.Module) -> dict[str, torch.Tensor]:
    """Every parameter and buffer under each of its names."""
    return {
        **dict(model.named_parameters(remove_duplicate=False)),
        **dict(model.named_buffers(remove_duplicate=False)),
    }


@contextmanager
def standing(model: nn.Module, edits: Edits, scope: Scope) -> Iterator[None]:
    """Makes the edits of parameters and attributes, in order, and undoes them in reverse, whatever happens meanwhile.

    The data of a tensor is written, not the tensor exchanged: tied parameters change together, and whoever holds the
    tensor sees it. Raises HarnessError, with nothing changed, when an edit cannot be made.
    """
    undo: list[Callable[[], None]] = []
    try:
        for edit in edits.standing:
            if edit["kind"] == "parameter":
                _edit_parameter(edit, scope, undo)
            else:
                _edit_attribute(edit, model, undo)
        yield
    finally:
        for restore in reversed(undo):
            restore()


def _edit_parameter(edit: Edit, scope: Scope, undo: list[Callable[[], None]]) -> None:
    name = str(edit["parameter"])
    tensor = scope.tensors.get(name)
    if tensor is None:
        raise _fault(f"`{name}` cannot be changed: the model has no parameter or buffer of that name.", name)
    new = evaluate(edit["value"], scope, Place(f"`{name}`", tensor.detach()))
    if isinstance(new, (bool, int, float, list)):
        try:
            new = torch.tensor(new, dtype=tensor.dtype)
        except (TypeError, ValueError, RuntimeError) as error:
            raise _fault(f"`{name}` cannot be changed: its new value is no tensor: {summarize(error)}", name) from None
    if not isinstance(new, torch.Tensor):
        raise _fault(f"`{name}` cannot be changed: its new value is {type(new).__name__}, no tensor.", name)
    if new.shape != tensor.shape:
        shapes = f"its new value has the shape {list(new.shape)}, and its own shape is {list(tensor.shape)}"
        raise _fault(f"`{name}` cannot be changed: {shapes}.", name)
    old = tensor.detach().clone()
    undo.append(lambda: _write(tensor, old))
    # The new values may be a view of what they are written to.
    _write(tensor, new.clone())


def _write(tensor: torch.Tensor, values: torch.Tensor) -> None:
    tensor.data.copy_(values)


def _edit_attribute(edit: Edit, model: nn.Module, undo: list[Callable[[], None]]) -> None:
    path, name, value = str(edit["module"]), str(edit["attribute"]), edit["value"]
    key = f"{path}.{name}" if path else name
    try:
        module = model.get_submodule(path)
    except AttributeError:
        raise _fault(f"The model has no module `{path}`.", path) from None
    old = getattr(module, name, _MISSING)
    if old is _MISSING:
        raise _fault(f"`{path or 'the model'}` has no attribute `{name}`.", key)
    if isinstance(old, (torch.Tensor, nn.Module)) or callable(old) or name.startswith("_"):
        raise _fault(f"`{key}` is no plain attribute: it is {type(old).__name__}.", key)
    own = name in vars(module)

    def restore() -> None:
        if own:
            setattr(module, name, old)
        else:
            try:
                delattr(module, name)
            except AttributeError:  # a property: what its setter did is undone by the setter
                setattr(module, name, old)

    undo.append(restore)
    try:
        setattr(module, name, _like(value, old))
    except Exception as error:
        undo.pop()
        raise _fault(f"`{key}` cannot be set: {summarize(error)}", key) from None


def _like(value: Any, old: Any) -> Any:
    """JSON has neither tuples nor, as JavaScript writes it, 1.0."""
    if isinstance(old, tuple) and isinstance(value, list):
        return tuple(value)
    if isinstance(old, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value
