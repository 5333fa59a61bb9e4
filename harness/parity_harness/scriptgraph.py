"""Graphs of TorchScript, run op by op."""

from __future__ import annotations

import operator
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from .places import is_user_file, shown_path
from .program import ProgramModule
from .source import Place

Env = dict[str, Any]


class Unreadable(Exception):
    """What a graph holds that cannot be run here."""


def _number(value: Any) -> Any:
    return value.item() if isinstance(value, torch.Tensor) else value


PLAIN: Mapping[str, Callable[..., Any]] = {
    "size": lambda tensor, dim=None: list(tensor.shape) if dim is None else tensor.size(dim),
    "dim": lambda tensor: tensor.dim(), "numel": lambda tensor: tensor.numel(), "len": len,
    "Int": lambda value: int(_number(value)), "IntImplicit": lambda value: int(_number(value)),
    "Float": lambda value: float(_number(value)), "FloatImplicit": lambda value: float(_number(value)),
    "Bool": lambda value: bool(_number(value)), "ScalarImplicit": _number, "item": _number,
    "__is__": operator.is_, "__isnot__": operator.is_not, "__not__": operator.not_, "is_floating_point":
    lambda tensor: tensor.is_floating_point(), "__getitem__": operator.getitem, "__contains__": operator.contains,
    "append": lambda values, value: values.append(value) or values, "list": list, "keys": lambda values: list(values),
    "format": lambda text, *values: text.replace("{}", "%s") % values, "warn": lambda *given: None,
}  # fmt: skip
"""Ops that give no tensor, whatever they are given."""

NUMBERS: Mapping[str, Callable[..., Any]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv,
    "floordiv": operator.floordiv, "floor_divide": operator.floordiv, "remainder": operator.mod, "neg": operator.neg,
    "pow": operator.pow, "eq": operator.eq, "ne": operator.ne, "lt": operator.lt, "le": operator.le,
    "gt": operator.gt, "ge": operator.ge, "__and__": lambda a, b: a and b, "__or__": lambda a, b: a or b,
    "__xor__": operator.xor, "sqrt": lambda value: value**0.5,
}  # fmt: skip
"""Ops on numbers, texts and lists; on tensors they are those of torch."""

PRIMS: Mapping[str, Callable[..., Any]] = {
    "ListConstruct": lambda *values: list(values), "TupleConstruct": lambda *values: tuple(values),
    "NumToTensor": lambda value: torch.tensor(value), "unchecked_cast": lambda value: value,
    "TupleIndex": operator.getitem, "dtype": lambda tensor: tensor.dtype, "device": lambda tensor: tensor.device,
    "DictConstruct": lambda *values: dict(zip(values[::2], values[1::2], strict=True)),
    "min": min, "max": max, "is_cuda": lambda tensor: tensor.is_cuda, "layout": lambda tensor: tensor.layout,
    "data": lambda tensor: tensor.detach(), "Uninitialized": lambda: None,
}  # fmt: skip
UNPACKING = ("ListUnpack", "TupleUnpack")
CALLS = re.compile(r"forward\d*$")
"""What a trace calls a module's forward(), and its second and third call, which were recorded apart."""
CONTROL = ("If", "Loop", "Constant", "GetAttr", "CallMethod", "CallFunction", "RaiseException", "Print")


class ScriptProgram:
    """The graph of a module's forward(); its tensor constants are buffers of the module that runs it."""

    def __init__(self, script: Any, method: str = "forward") -> None:
        self._script = script
        self._prefix = f"constant_{'' if method == 'forward' else f'{method}_'}"
        self._graph = script._c._get_method(method).graph
        self._methods: dict[str, ScriptProgram] = {}
        self.constants: dict[str, torch.Tensor] = {}
        self._schemas: dict[str, Any] = {}
        for node in _every(self._graph):
            if node.kind() == "prim::Constant" and isinstance(_constant(node), torch.Tensor):
                name = self._prefix + node.output().debugName().replace(".", "_")
                self.constants[name] = _constant(node)

    def check(self) -> None:
        """Raises Unreadable with what cannot be run."""
        for node in _every(self._graph):
            space, _, name = node.kind().partition("::")
            if space == "prim" and name not in PRIMS and name not in UNPACKING and name not in CONTROL:
                raise Unreadable(f"its graph holds {node.kind()}")
            if node.kind() == "prim::CallFunction":
                _function(node)
            if space not in ("prim", "aten"):
                self._overload(node)
            if node.kind() == "prim::CallMethod" and not CALLS.match(node.s("name")):
                self._method(node.s("name"), node)

    def arguments(self) -> list[dict[str, Any]]:
        """Of every ATen op the arguments that are constants, by name."""
        found = []
        for node in _every(self._graph):
            if node.kind().startswith("aten::"):
                given = zip(self._schema(node).arguments, node.inputs(), strict=False)
                fixed = {one.name: value.node() for one, value in given if value.node().kind() == "prim::Constant"}
                found.append({name: _constant(constant) for name, constant in fixed.items()})
        return found

    def run(self, module: ProgramModule, args: Sequence[Any]) -> Any:
        inputs = [value.debugName() for value in self._graph.inputs()]
        env: Env = dict(zip(inputs, (module, *args), strict=False))
        self._block(module, self._graph, env)
        given = [env[value.debugName()] for value in self._graph.outputs()]
        return given[0] if len(given) == 1 else tuple(given)

    def _block(self, module: ProgramModule, block: Any, env: Env) -> None:
        for node in block.nodes():
            results = self._step(module, node, env)
            for value, result in zip(node.outputs(), results, strict=True):
                env[value.debugName()] = result

    def _step(self, module: ProgramModule, node: Any, env: Env) -> Sequence[Any]:
        """What the outputs of one node are."""
        space, _, name = node.kind().partition("::")
        if node.kind() == "prim::Constant":
            constant = self._prefix + node.output().debugName().replace(".", "_")
            return [getattr(module, constant) if constant in self.constants else _constant(node)]
        given = [env[value.debugName()] for value in node.inputs()]
        if space == "prim":
            return self._prim(module, node, name, given, env)
        if space == "aten" and name in PLAIN:
            return [PLAIN[name](*given)]
        if space == "aten" and name in NUMBERS and not any(isinstance(part, torch.Tensor) for part in given):
            return [NUMBERS[name](*given[:2])]
        schema = self._schema(node)
        named = {one.name: part for one, part in zip(schema.arguments, given, strict=False) if one.kwarg_only}
        result = self._overload(node)(*given[: len(given) - len(named)], **named)
        return [result] if node.outputsSize() == 1 else list(result) if node.outputsSize() > 1 else []

    def _prim(self, module: ProgramModule, node: Any, name: str, given: list[Any], env: Env) -> Sequence[Any]:
        if name == "GetAttr":
            return [_attribute(given[0], node.s("name"))]
        if name == "CallMethod":
            return [self._call(node, given)]
        if name == "CallFunction":
            return [_function(node)(*given[1:])]
        if name in UNPACKING:
            return list(given[0])
        if name == "If":
            block = list(node.blocks())[0 if bool(_number(given[0])) else 1]
            self._block(module, block, env)
            return [env[value.debugName()] for value in block.outputs()]
        if name == "Loop":
            return self._loop(module, next(iter(node.blocks())), given, env)
        if name == "RaiseException":
            raise RuntimeError(str(given[0]))
        if name == "Print":
            return []
        return [PRIMS[name](*given)]

    def _loop(self, module: ProgramModule, block: Any, given: list[Any], env: Env) -> list[Any]:
        most, goes_on, *carried = given
        names = [value.debugName() for value in block.inputs()]
        at = 0
        while at < int(_number(most)) and bool(_number(goes_on)):
            env.update(zip(names, (at, *carried), strict=True))
            self._block(module, block, env)
            goes_on, *carried = (env[value.debugName()] for value in block.outputs())
            at += 1
        return carried

    def _call(self, node: Any, given: list[Any]) -> Any:
        called, *args = given
        if CALLS.match(node.s("name")):
            if isinstance(called, ProgramModule):
                called.turn = node.s("name")
                return called(*args)
            return called(*args) if node.s("name") == "forward" else getattr(called, node.s("name"))(*args)
        if isinstance(called, ProgramModule):
            owner = getattr(called.graphs, "script", self._script)
            return ScriptProgram(owner, node.s("name")).run(called, args)
        return getattr(called, node.s("name"))(*args)

    def _method(self, name: str, node: Any) -> None:
        if name in self._methods or not self._script._c._has_method(name):
            return
        program = self._methods[name] = ScriptProgram(self._script, name)
        program.check()
        if program.constants:
            raise Unreadable(f"its method {name} holds constants of its own")

    def _schema(self, node: Any) -> Any:
        text = node.schema()
        if text not in self._schemas:
            self._schemas[text] = torch._C.parse_schema(text)
        return self._schemas[text]

    def _overload(self, node: Any) -> Callable[..., Any]:
        schema = self._schema(node)
        space, _, name = schema.name.partition("::")
        try:
            packet = getattr(getattr(torch.ops, space), name)
            found: Callable[..., Any] = getattr(packet, schema.overload_name or "default")
        except AttributeError:
            raise Unreadable(f"{schema.name} is not known to this torch") from None
        return found


def _every(block: Any) -> Iterator[Any]:
    for node in block.nodes():
        yield node
        for inner in node.blocks():
            yield from _every(inner)


def _constant(node: Any) -> Any:
    return None if node.outputsSize() == 0 else node.output().toIValue()


def _function(node: Any) -> Callable[..., Any]:
    """A function that the graph calls: those of torch.nn.functional are the ones that were scripted."""
    constant = next(iter(node.inputs()))
    qualname = str(constant.type()).removeprefix("__torch__.")
    found = getattr(functional, qualname.rpartition(".")[2], None)
    if not qualname.startswith("torch.nn.functional.") or found is None:
        raise Unreadable(f"it calls the function {qualname}")
    return found  # type: ignore[no-any-return]


def _attribute(owner: Any, name: str) -> Any:
    if isinstance(owner, ProgramModule):
        for table in (owner._modules, owner._parameters, owner._buffers):
            if name in table:
                return table[name]
        return getattr(owner.graphs.script, name)  # type: ignore[attr-defined]
    if isinstance(owner, nn.Module) or not isinstance(owner, (tuple, dict)):
        return getattr(owner, name)
    raise Unreadable(f"an attribute of {type(owner).__name__}")


_TRACED = re.compile(r"^(?P<file>[^\n]+?)\((?P<line>\d+)\): ", re.MULTILINE)
_SCRIPTED = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+)')


def place_of_node(variables: Mapping[str, Any]) -> Place | None:
    """The line of the user's behind the step that a frame of `_step` is at, if that file is here."""
    text = repr(variables["node"].sourceRange()) if "node" in variables else ""
    text = text.encode().decode("unicode_escape") if text.startswith("'") else text
    for found in (*_TRACED.finditer(text), *_SCRIPTED.finditer(text)):
        file = found["file"].strip("' ")
        if os.path.isabs(file) and is_user_file(file) and os.path.isfile(file):
            return {"file": shown_path(file), "line": int(found["line"])}
    return None


STEP = ScriptProgram._step.__code__
