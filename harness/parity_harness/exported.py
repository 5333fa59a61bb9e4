"""Programs of torch.export (.pt2) as candidates: their modules, names and weights, run from their graphs."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import fx, nn
from torch.utils import _pytree as pytree

from .entry import Stoppers
from .errors import HarnessError, summarize
from .fxfacts import facts_of
from .fxgraph import FxProgram, canonical
from .limits import limits_of, refuse
from .program import Facts, Graphs, ProgramModule, class_for

MADE_BY = "Write it with torch.export.save(torch.export.export(model.eval(), args), FILE)."


class ExportedModel(ProgramModule):
    """The whole program: takes what the exported forward() took, by position or by name, and gives what it gave."""

    def __init__(self, graphs: Graphs, inputs: Inputs) -> None:
        super().__init__(graphs)
        self.program_inputs = inputs

    @property
    def limits(self) -> Mapping[str, Any]:
        """Sizes that the program allows, by input and axis."""
        return self.program_inputs.limits

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        flat = self.program_inputs.arrange(args, kwargs)
        return self.program_inputs.restore(super().forward(*flat))


class Inputs:
    """What the program takes and gives, in the order and form of the exported forward()."""

    def __init__(self, program: Any) -> None:
        signature = program.module_call_graph[0].signature
        specs = [spec.arg for spec in program.graph_signature.input_specs if spec.kind.name == "USER_INPUT"]
        placeholders = {node.name: node for node in program.graph.nodes if node.op == "placeholder"}
        if signature.in_spec.num_leaves != len(specs) or not _is_flat(signature.in_spec):
            raise HarnessError(
                "FORMAT_UNSUPPORTED",
                "The program takes tensors inside of lists, tuples or dicts, and parity feeds tensors by name.",
                hint="Export a forward() that takes each tensor as an argument of its own.",
            )
        names = [str(name) for name in signature.forward_arg_names or [spec.name for spec in specs]]
        self._out_spec = signature.out_spec
        self.constants = {name: spec.value for name, spec in zip(names, specs, strict=True) if hasattr(spec, "value")}
        values = [placeholders[spec.name].meta.get("val") if spec.name in placeholders else None for spec in specs]
        self.values = dict(zip(names, values, strict=True))
        self.limits = {
            name: None if name in self.constants else limits_of(value, program.range_constraints)
            for name, value in self.values.items()
        }
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        constants = self.constants
        required = [inspect.Parameter(name, kind) for name in names if name not in constants]
        fixed = [inspect.Parameter(name, kind, default=constants[name]) for name in names if name in constants]
        self.names = names
        self.signature = inspect.Signature([*required, *fixed])

    def __deepcopy__(self, memo: dict[int, Any]) -> Inputs:
        return self

    def arrange(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Any]:
        bound = self.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        flat = []
        for name in self.names:
            value = bound.arguments[name]
            if name in self.constants and value is not self.constants[name] and value != self.constants[name]:
                raise refuse(name, f"was exported with {name}={self.constants[name]!r} and takes nothing else for it")
            flat.append(self._as_exported(name, value))
        return flat

    def _as_exported(self, name: str, value: Any) -> Any:
        wanted = self.values[name]
        if not isinstance(value, torch.Tensor) or not isinstance(wanted, torch.Tensor):
            return value
        # Ids, masks and flags come in the original's type of integer; the program takes the one it was exported with.
        if not wanted.is_floating_point() and not value.is_floating_point() and value.dtype != wanted.dtype:
            value = value.to(wanted.dtype)
        for at, (size, axis) in enumerate(zip(value.shape, self.limits[name] or [], strict=False)):
            if not axis.takes(size):
                raise refuse(name, f"takes {axis} for axis {at} of {name}, and was given {list(value.shape)}")
        if value.dim() != wanted.dim():
            raise refuse(name, f"takes {wanted.dim()} axes for {name}, and was given {list(value.shape)}")
        return value

    def restore(self, flat: Any) -> Any:
        return pytree.tree_unflatten(flat, self._out_spec)


def _is_flat(spec: Any) -> bool:
    """(args, kwargs) whose members are tensors or plain values."""
    return all(leaf.is_leaf() for side in spec.children() for leaf in side.children())


def load_exported(path: str, device: torch.device) -> nn.Module:
    """Reads the program. Raises FORMAT_INVALID for what is none, FORMAT_UNSUPPORTED for what parity cannot feed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program = torch.export.load(path)
            if device.type != "cpu":
                from torch.export.passes import move_to_device_pass

                program = move_to_device_pass(program, str(device))
            unflattened = torch.export.unflatten(program)
    except Stoppers as error:
        raise HarnessError(
            "FORMAT_INVALID",
            f"{path} cannot be read as a program of torch.export: {summarize(error)}",
            hint=f"{MADE_BY} This is torch {torch.__version__.partition('+')[0]}; another version may have written it.",
            where={"file": path},
        ) from None
    return rebuild(unflattened, Inputs(program))


def rebuild(unflattened: nn.Module, inputs: Inputs) -> ExportedModel:
    """The unflattened program as modules of ours.

    Those of torch.export.unflatten cannot be copied (their graphs hold fake tensors), check dtypes that a run in
    float64 does not have, keep calls of one module apart, and say in no class what they are.
    """
    graphs: dict[str, dict[str, fx.Graph]] = {}
    types: dict[str, str] = {}
    for path, module in unflattened.named_modules(remove_duplicate=False):
        if isinstance(module, fx.GraphModule) or not isinstance(getattr(module, "graph", None), fx.Graph):
            continue
        graphs.setdefault(canonical(path), {})[path] = module.graph
        # A list of modules has a graph without nodes, and the type of what it holds.
        types.setdefault(canonical(path), getattr(module, "_ty", None) or "" if len(module.graph.nodes) > 0 else "")
    outer = graphs.pop("")
    root_type = class_for(types.get("") or None, ExportedModel)
    made = root_type(_graphs_of(outer, unflattened, list(inputs.signature.parameters)), inputs)  # type: ignore[call-arg]
    _give_signature(root_type, inputs.signature)
    for path in sorted(graphs, key=lambda one: one.count(".")):
        module = class_for(types[path] or None)(_graphs_of(graphs[path], unflattened))
        _put(made, path, module)
    for path, module in unflattened.named_modules(remove_duplicate=False):
        if not isinstance(module, fx.GraphModule):
            _move_tensors(module, _reach(made, canonical(path)))
    return made.eval()  # type: ignore[return-value]


def _graphs_of(graphs: Mapping[str, fx.Graph], unflattened: nn.Module, names: Sequence[str] = ()) -> Graphs:
    programs = {path: FxProgram(path, graph, unflattened.get_submodule(path)) for path, graph in graphs.items()}
    taken = [str(node.target) for node in next(iter(graphs.values())).nodes if node.op == "placeholder"]
    return Graphs(programs, facts_of(graphs.values()), names or taken)


def _give_signature(kind: type[ProgramModule], signature: inspect.Signature) -> None:
    def forward(self: ExportedModel, *args: Any, **kwargs: Any) -> Any:
        return ExportedModel.forward(self, *args, **kwargs)

    own = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    forward.__signature__ = signature.replace(parameters=[own, *signature.parameters.values()])  # type: ignore[attr-defined]
    kind.forward = forward  # type: ignore[method-assign, assignment]


def _put(root: nn.Module, path: str, module: nn.Module) -> None:
    outer, _, name = path.rpartition(".")
    _reach(root, outer)._modules[name] = module


def _reach(root: nn.Module, path: str) -> nn.Module:
    """The module of that path; containers on the way that no graph belongs to are made."""
    found = root
    for part in path.split(".") if path else []:
        if part not in found._modules:
            found._modules[part] = class_for(None)(Graphs({}, Facts()))
        found = found._modules[part]  # type: ignore[assignment]
    return found


def _move_tensors(old: nn.Module, new: nn.Module) -> None:
    for name, parameter in old._parameters.items():
        new._parameters.setdefault(name, parameter)
    for name, buffer in old._buffers.items():
        if name not in new._buffers:
            new.register_buffer(name, buffer, persistent=name not in old._non_persistent_buffers_set)
    for name, value in vars(old).items():
        # Constants of the program: buffers of no state dict, so that they move and widen with the model.
        if isinstance(value, torch.Tensor) and name not in new._buffers:
            new.register_buffer(name, value, persistent=False)
