"""One pass in which every functional call is noted with the tensors that it takes and gives."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import torch
from torch import nn
from torch.utils.weak import WeakTensorKeyDictionary

from .editing import EditedRun
from .force import Forcing
from .fxgraph import STEP, place_of_step
from .opnames import op_name, op_qualname, positional_names
from .places import is_harness_file, is_user_file, shown_path
from .running import Frame
from .scriptgraph import STEP as SCRIPT_STEP
from .scriptgraph import place_of_node
from .source import Place, is_library
from .tapid import TapId
from .taps import ForwardPass
from .tensorfile import dtype_name
from .tree import flatten, slots

Argument = dict[str, Any]


@dataclass
class Node:
    """One tensor at one moment: what is written into gets a new one."""

    shape: list[int]
    dtype: str
    origin: dict[str, Any]


@dataclass
class Op:
    key: dict[str, Any]
    qualname: str
    module_type: str
    names: list[str]
    args: list[Argument]
    kwargs: dict[str, Argument]
    inputs: list[int]
    source: Place | None
    outputs: list[int] = field(default_factory=list)


Capture = Callable[[int, torch.Tensor], None]


class TracePass(ForwardPass):
    """Notes ops and tensors, in order. Tensors are numbered as they come up, the same in every pass over one case."""

    def __init__(
        self,
        model: nn.Module,
        forcing: Forcing,
        edited: EditedRun | None,
        capture: Capture | None = None,
        finished: Callable[[str], None] | None = None,
    ) -> None:
        """`capture` is shown every tensor when it gets its number; `finished` hears of each tap that is complete."""
        super().__init__(forcing, None, frozenset(), edited)
        self.nodes: list[Node] = []
        self.ops: list[Op] = []
        self.observed: dict[str, int] = {}
        self._capture = capture
        self._finished = finished
        self._known: Any = WeakTensorKeyDictionary()
        self._parameters: dict[int, tuple[str, torch.Tensor]] = {}
        named = (*model.named_parameters(remove_duplicate=False), *model.named_buffers(remove_duplicate=False))
        for name, tensor in named:
            self._parameters.setdefault(id(tensor), (name, tensor))

    def add_inputs(self, positional: list[Any], named: Mapping[str, Any], names: list[str]) -> None:
        for at, value in enumerate(positional):
            if isinstance(value, torch.Tensor):
                self._number(value, {"kind": "input", "name": names[at] if at < len(names) else str(at)})
        for name, value in named.items():
            if isinstance(value, torch.Tensor):
                self._number(value, {"kind": "input", "name": name})

    def _number(self, tensor: torch.Tensor, origin: dict[str, Any], remember: bool = True) -> int:
        number = len(self.nodes)
        self.nodes.append(Node(list(tensor.shape), dtype_name(tensor.dtype), origin))
        if remember:
            self._known[tensor] = number, version_of(tensor)
        if self._capture is not None:
            self._capture(number, tensor)
        return number

    def _look_up(self, tensor: torch.Tensor) -> int | None:
        """The number of a tensor as it is now; None when it is new, or was written into by what could not be seen."""
        known = self._known.get(tensor)
        return known[0] if known is not None and known[1] == version_of(tensor) else None

    def _find(self, tensor: torch.Tensor, origin: dict[str, Any] | None = None) -> int:
        number = self._look_up(tensor)
        if number is not None:
            return number
        parameter = self._parameters.get(id(tensor))
        if parameter is not None and tensor not in self._known:
            return self._number(tensor, {"kind": "parameter", "name": parameter[0]})
        return self._number(tensor, origin or {"kind": "other"})

    def before(self, args: Any, kwargs: Any) -> Any:
        """What a call is given, as it is before the call, which may write into it."""
        inputs: list[int] = []

        def show(tensor: torch.Tensor) -> Argument:
            number = self._find(tensor)
            inputs.append(number)
            return {"tensor": f"t{number}"}

        shown = [argument(part, show) for part in args]
        named = {name: argument(part, show) for name, part in kwargs.items()}
        return shown, named, inputs, [(tensor, version_of(tensor)) for _, tensor in flatten((list(args), dict(kwargs)))]

    def after(self, frame: Frame, func: Any, kept: Any, kwargs: Any, result: Any) -> None:
        shown, named, inputs, versions = kept
        name, reverse = op_name(func)
        if reverse:
            named = {**named, "reversed": {"value": True}}
        key = {"module": frame.path, "call": frame.call, "index": frame.ops, "name": name}
        origin = {"kind": "op", "op": len(self.ops)}
        op = Op(
            key,
            op_qualname(func),
            type(frame.module).__name__,
            list(positional_names(func)),
            shown,
            named,
            inputs,
            user_line(),
        )
        written = [tensor for tensor, version in versions if version_of(tensor) != version]
        results = [tensor for _, tensor in flatten(result)]
        for tensor in results:
            # A call that gives a parameter back as it is (`contiguous`) does not make it a computed one.
            unchanged = id(tensor) in self._parameters and not written
            op.outputs.append(self._number(tensor, origin, remember=not unchanged))
        if written:
            given = {id(tensor) for tensor in results}
            # Views of what was written into have changed with it: they count writes together.
            stale = [tensor for tensor, (_, version) in self._known.items() if version_of(tensor) != version]
            first = [tensor for tensor in written if id(tensor) not in given]
            others = [tensor for tensor in stale if id(tensor) not in given | {id(part) for part in first}]
            op.outputs += [self._number(tensor, origin) for tensor in (*first, *others)]
        self.ops.append(op)

    def completed(self, path: str, call: int, module: nn.Module, args: Any, kwargs: Any, output: Any) -> Any:
        with self.aside():
            unseen = {"kind": "module", "module": path}
            for slot, tensor in slots(output).items():
                self.observed[str(TapId(path, call, slot))] = self._find(tensor, unseen)
        forced = super().completed(path, call, module, args, kwargs, output)
        with self.aside():
            before = slots(output)
            for slot, tensor in slots(forced).items():
                name = str(TapId(path, call, slot))
                if tensor is not before.get(slot):
                    self._number(tensor, {"kind": "tap", "tap": name})
                if self._finished is not None:
                    self._finished(name)
        return forced


def version_of(tensor: torch.Tensor) -> int:
    """How often a tensor, or a view of the same values, was written into; -1 where torch does not count."""
    try:
        return tensor._version
    except RuntimeError:
        return -1


def argument(value: Any, show: Callable[[torch.Tensor], Argument]) -> Argument:
    """An argument as the protocol shows it."""
    if isinstance(value, torch.Tensor):
        return show(value)
    if isinstance(value, float) and not math.isfinite(value):
        return {"other": "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"}
    if value is None or isinstance(value, (bool, str)) or type(value) in (int, float):
        return {"value": value}
    if isinstance(value, (list, tuple)):
        return {"list": [argument(part, show) for part in value]}
    if isinstance(value, slice):
        # A slice's bounds may be tensors of their own.
        for part in (value.start, value.stop, value.step):
            if isinstance(part, torch.Tensor):
                show(part)
        return {"other": f"slice({_bound(value.start)}, {_bound(value.stop)}, {_bound(value.step)})"}
    if value is Ellipsis:
        return {"other": "Ellipsis"}
    if isinstance(value, (torch.dtype, torch.device, torch.memory_format)):
        return {"other": str(value)}
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        return argument(value.item(), show)
    return {"other": type(value).__name__}


def _bound(value: Any) -> str:
    return "tensor" if isinstance(value, torch.Tensor) else repr(value)


def user_line() -> Place | None:
    """The innermost line of the user's that is running; else the innermost one outside torch (a library's).

    Of a program the line that its op comes from.
    """
    frame: FrameType | None = sys._getframe(1)
    fallback: Place | None = None
    while frame is not None:
        filename = frame.f_code.co_filename
        if frame.f_code is STEP:
            return place_of_step(frame.f_locals)
        if frame.f_code is SCRIPT_STEP:
            return place_of_node(frame.f_locals)
        if is_user_file(filename):
            return {"file": shown_path(filename), "line": frame.f_lineno}
        if fallback is None and not is_harness_file(filename) and is_library(filename):
            fallback = {"file": shown_path(filename), "line": frame.f_lineno}
        frame = frame.f_back
    return fallback
