"""Graphs of torch.export, run op by op."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import fx, nn

from .program import ProgramModule
from .source import Place
from .stacktrace import place_in

aten: Any = torch.ops.aten

CHECKS = frozenset({"_assert_tensor_metadata", "_assert_scalar", "_assert_async", "sym_constrain_range",
                    "sym_constrain_range_for_size"})  # fmt: skip
"""Ops that only check: dtypes of the time of the export, which a run in float64 has not, and sizes."""


def op_of(node: fx.Node) -> str:
    """`linear` for torch.ops.aten.linear.default; empty for what is no ATen op."""
    target = node.target
    return str(target._schema.name).removeprefix("aten::") if isinstance(target, torch._ops.OpOverload) else ""


def canonical(path: str) -> str:
    """`h.0.lin@1`, the graph of a module's second call, belongs to the module `h.0.lin`."""
    return ".".join(part.partition("@")[0] for part in path.split("."))


class FxProgram:
    """The graph of one module. `path` is the name under which torch.export.unflatten keeps it."""

    def __init__(self, path: str, graph: fx.Graph, inner: nn.Module) -> None:
        """`inner`: where graphs that operators take as arguments (of `cond`, `no_grad`) are looked up."""
        self.path = path
        self._nodes = [node for node in graph.nodes if op_of(node) not in CHECKS]
        self._last = _last_uses(self._nodes)
        self._inner: dict[str, Any] = {}
        for node in self._nodes:
            if node.op == "get_attr":
                found = _look_up(inner, str(node.target))
                if isinstance(found, fx.GraphModule):
                    self._inner[str(node.target)] = FxProgram(path, found.graph, found)

    def run(self, module: ProgramModule, args: Sequence[Any]) -> Any:
        env: dict[fx.Node, Any] = {}
        given: Iterator[Any] = iter(args)
        for node in self._nodes:
            if node.op == "output":
                return fx.map_arg(node.args[0], env.__getitem__)
            env[node] = self._step(module, node, env, given)
            for used in self._last.get(node, ()):
                del env[used]
        return None

    def _step(self, module: ProgramModule, node: fx.Node, env: dict[fx.Node, Any], given: Iterator[Any]) -> Any:
        if node.op == "placeholder":
            return next(given)
        target = node.target
        if node.op == "get_attr":
            return self._inner.get(str(target)) or _look_up(module, canonical(str(target)))
        args = fx.map_arg(node.args, env.__getitem__)
        kwargs = fx.map_arg(node.kwargs, env.__getitem__)
        if node.op == "call_module":
            called = module.get_submodule(canonical(str(target)))
            if isinstance(called, ProgramModule):
                called.turn = f"{self.path}.{target}" if self.path else str(target)
            return called(*args, *kwargs.values())
        if callable(target):
            wrapped = next((at for at, part in enumerate(args) if isinstance(part, FxProgram)), None)
            if wrapped is not None:
                return _higher(target, module, args, wrapped)
            return target(*args, **kwargs)
        raise NotImplementedError(f"a node of the kind {node.op}")


def _higher(target: Callable[..., Any], module: ProgramModule, args: Sequence[Any], at: int) -> Any:
    """An operator that takes graphs: those that only change a setting around one are that graph."""
    if str(getattr(target, "__name__", "")).startswith("wrap_with_"):
        inner: FxProgram = args[at]
        return inner.run(module, args[at + 1 :])
    plain = [_as_function(part, module) if isinstance(part, FxProgram) else part for part in args]
    return target(*plain)


def _as_function(program: FxProgram, module: ProgramModule) -> Callable[..., Any]:
    return lambda *args: program.run(module, args)


def _look_up(module: nn.Module, path: str) -> Any:
    found: Any = module
    for part in path.split("."):
        found = getattr(found, part, None)
    return found


def _last_uses(nodes: Sequence[fx.Node]) -> dict[fx.Node, list[fx.Node]]:
    """By node, the values that nothing after it needs."""
    last: dict[fx.Node, fx.Node] = {}
    for node in nodes:
        last[node] = node
        for used in node.all_input_nodes:
            last[used] = node
    freed: dict[fx.Node, list[fx.Node]] = {}
    for used, node in last.items():
        freed.setdefault(node, []).append(used)
    return freed


def place_of_step(variables: dict[str, Any]) -> Place | None:
    """The line of the user's behind the step that a frame of `_step` is at, given the frame's variables."""
    node = variables.get("node")
    return place_in(node.meta.get("stack_trace")) if isinstance(node, fx.Node) else None


STEP = FxProgram._step.__code__
