"""TorchScript programs as candidates.

Hooks do not fire inside of a ScriptModule: its interpreter calls the modules. So the graph of each module's forward()
is run here, op by op, and what it calls are modules again. A module whose graph holds something that cannot be run this
way is called as it is, and what it computes inside is not seen. The program's own outputs are held against the result.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import nn

from .entry import Stoppers
from .errors import HarnessError, summarize
from .forms import Loaded
from .program import Facts, Graphs, ProgramModule, class_for
from .scriptgraph import ScriptProgram, Unreadable

_MANGLED = re.compile(r"___torch_mangle_\d+\.")
_LAYOUTS = {
    "Linear": "linear",
    "Embedding": "embedding",
    "EmbeddingBag": "embedding",
    "LSTM": "linear",
    "GRU": "linear",
}
_LAYOUTS |= {f"Conv{n}d": "conv" for n in (1, 2, 3)} | {f"ConvTranspose{n}d": "conv-transpose" for n in (1, 2, 3)}
SHOWN = 3


class ScriptGraphs(Graphs):
    """The graph of a module with the module itself, which holds plain attributes."""

    def __init__(self, programs: Mapping[str, ScriptProgram], script: Any, facts: Facts, parameters: list[str]) -> None:
        super().__init__(programs, facts, parameters)
        self.script = script


def load_scripted(path: str) -> Loaded:
    """Reads the program. Raises FORMAT_INVALID for what is none."""
    try:
        script = torch.jit.load(path, map_location="cpu")  # type: ignore[no-untyped-call]
    except Stoppers as error:
        raise HarnessError(
            "FORMAT_INVALID",
            f"{path} cannot be read as a TorchScript program: {summarize(error).partition(chr(10))[0]}",
            hint="Write it with torch.jit.trace(…).save(FILE) or torch.jit.script(…).save(FILE).",
            where={"file": path},
        ) from None
    reader = _Reader()
    model = reader.read("", script)
    if not isinstance(model, ProgramModule):
        what = f"The program's own forward() cannot be followed ({reader.closed[0][1]}): its outputs and weights alone"
        return Loaded(script, [f"{what} are compared."])
    return Loaded(model, reader.warnings(), script)


class _Reader:
    def __init__(self) -> None:
        self.closed: list[tuple[str, str]] = []
        """Modules that are called as they are, and why."""
        self._tensors: dict[Any, Any] = {}

    def read(self, path: str, script: Any) -> nn.Module:
        """The module with its children; the ScriptModule itself where its graph cannot be run."""
        if not hasattr(script, "forward") or not script._c._has_method("forward"):
            return self._fill(path, script, class_for(_qualname(script))(Graphs({}, Facts())))
        programs = {name: ScriptProgram(script, name) for name in _calls(script)}
        try:
            for program in programs.values():
                program.check()
        except Unreadable as reason:
            self.closed.append((path, str(reason)))
            return script  # type: ignore[no-any-return]
        schema = script._c._get_method("forward").schema
        names = [one.name for one in schema.arguments[1:]]
        kind = class_for(_qualname(script))
        if not path:
            _give_signature(kind, schema)
        graphs = ScriptGraphs(programs, script, _facts(script, programs["forward"]), names)
        return self._fill(path, script, kind(graphs), list(programs.values()))

    def _fill(self, path: str, script: Any, made: nn.Module, programs: Sequence[ScriptProgram] = ()) -> nn.Module:
        for name, child in script.named_children():
            made._modules[name] = self.read(f"{path}.{name}" if path else name, child)
        for name, parameter in script.named_parameters(recurse=False):
            made._parameters[name] = self._same(parameter)
        for name, buffer in script.named_buffers(recurse=False):
            made.register_buffer(name, self._same(buffer))
        for program in programs:
            for name, constant in program.constants.items():
                made.register_buffer(name, constant, persistent=False)
        return made.eval()

    def _same(self, tensor: Any) -> Any:
        """One object per tensor: each access to a ScriptModule gives another one."""
        return self._tensors.setdefault((tensor.data_ptr(), tuple(tensor.shape), tensor.stride()), tensor)

    def warnings(self) -> list[str]:
        if not self.closed:
            return []
        shown = "; ".join(f"{path} ({why})" for path, why in self.closed[:SHOWN])
        more = f" and {len(self.closed) - SHOWN} more" if len(self.closed) > SHOWN else ""
        return [f"What is computed inside of some modules of the program is not seen: {shown}{more}."]


def _calls(script: Any) -> list[str]:
    """`forward`, and `forward1`, … where a trace recorded further calls of the module."""
    names = ["forward"]
    while script._c._has_method(f"forward{len(names)}"):
        names.append(f"forward{len(names)}")
    return names


def _qualname(script: Any) -> str:
    return _MANGLED.sub("", script._c._type().qualified_name()).removeprefix("__torch__.")


def _facts(script: Any, program: ScriptProgram) -> Facts:
    module, _, name = _qualname(script).rpartition(".")
    layouts = {}
    if module.startswith("torch.nn.modules.") and name in _LAYOUTS:
        layouts = {own: _LAYOUTS[name] for own, _ in script.named_parameters(recurse=False) if "weight" in own}
    elif module.startswith("transformers.") and name == "Conv1D":
        layouts = {"weight": "conv1d"}
    told = program.arguments()
    epsilon = next((given["eps"] for given in told if isinstance(given.get("eps"), float)), None)
    drops = any(given.get("train") is True and given.get("p") != 0.0 for given in told)
    return Facts(layouts, epsilon, drops or any(given.get("training") is True for given in told))


def _give_signature(kind: type[ProgramModule], schema: Any) -> None:
    run: Callable[..., Any] = ProgramModule.forward
    signature = signature_of(schema)

    def forward(self: ProgramModule, *args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(self, *args, **kwargs)
        bound.apply_defaults()
        return run(*bound.arguments.values())

    forward.__signature__ = signature  # type: ignore[attr-defined]
    kind.forward = forward  # type: ignore[method-assign]


def signature_of(schema: Any) -> inspect.Signature:
    """Of a method of a program, `self` included."""
    kind, empty = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.empty
    defaults = {one.name: one.default_value if one.has_default_value() else empty for one in schema.arguments}
    return inspect.Signature([inspect.Parameter(name, kind, default=value) for name, value in defaults.items()])
