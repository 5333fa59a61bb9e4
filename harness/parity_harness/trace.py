"""`trace`: what the candidate computes between forced tensors and its taps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch

from .candidate import Candidate, call_model, case_list
from .cases import load_arguments
from .editing import EditedRun, parameter_names
from .edits import Edits, first_names, named_tensors, standing
from .errors import HarnessError
from .expressions import Scope
from .force import Forcing
from .keepstate import KeptState
from .opmode import OpMode
from .record import Progress
from .running import watched
from .tapfile import TapFile
from .tensorfile import TensorReader, why_not_storable
from .tracing import Capture, Node, Op, TracePass

LARGEST = 64 << 20
"""Bytes; a larger tensor is described but not written."""


class Slice:
    """The ops on which one tap depends, and their tensors."""

    def __init__(self, tap: str, watch: TracePass) -> None:
        self.tap = tap
        self.observed = watch.observed.get(tap)
        self.ops: list[int] = []
        self.tensors: list[int] = []
        self.stored: set[int] = set()
        self.wanted: set[int] = set()
        if self.observed is None:
            return
        ops: set[int] = set()
        tensors = {self.observed}
        waiting = [self.observed]
        while waiting:
            origin = watch.nodes[waiting.pop()].origin
            if origin["kind"] == "op" and origin["op"] not in ops:
                ops.add(origin["op"])
                op = watch.ops[origin["op"]]
                waiting += [number for number in op.inputs if number not in tensors]
                tensors.update(op.inputs, op.outputs)
        self.ops, self.tensors = sorted(ops), sorted(tensors)
        self.wanted = {number for number in tensors if watch.nodes[number].origin["kind"] != "parameter"}

    def reason(self, case: str, nodes: Sequence[Node]) -> str | None:
        """Why the trace is not whole."""
        if self.observed is None:
            return f"`{self.tap}` was not called in case {case}, or gives no tensor of that name."
        unseen = {nodes[number].origin["module"] for number in self.tensors if nodes[number].origin["kind"] == "module"}
        if unseen:
            return f"What `{min(unseen)}` computes could not be followed: it does not go through torch's functions."
        return None


class Values:
    """Writes the tensors of the slices in a second pass, each at the moment at which it has its number."""

    def __init__(self, slices: Sequence[Slice], nodes: Sequence[Node], out: Path) -> None:
        self.files: dict[str, Path] = {}
        self._nodes = nodes
        self._open: dict[str, TapFile] = {}
        self._slices = {one.tap: one for one in slices}
        self._wanted: dict[int, list[Slice]] = {}
        for index, one in enumerate(slices):
            self.files[one.tap] = out / f"{index}.safetensors"
            for number in one.wanted:
                self._wanted.setdefault(number, []).append(one)

    def capture(self, number: int, tensor: torch.Tensor) -> None:
        for one in self._wanted.get(number, ()):
            node = self._nodes[number]
            # A pass that went another way than the first would give other tensors these numbers.
            same = node.shape == list(tensor.shape) and node.dtype == str(tensor.dtype).removeprefix("torch.")
            if not same or tensor.nbytes > LARGEST or why_not_storable(tensor) is not None:
                continue
            if one.tap not in self._open:
                self._open[one.tap] = TapFile(self.files[one.tap], len(one.wanted))
            self._open[one.tap].add(f"t{number}", tensor)
            one.stored.add(number)

    def finish(self, tap: str) -> None:
        """Nothing that a tap depends on comes up after it."""
        file = self._open.pop(tap, None)
        if file is not None:
            file.finish()

    def abandon(self) -> None:
        for file in self._open.values():
            file.abandon()


def trace(candidate: Candidate, request: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Answers a `trace` request: see docs/protocol.md. Two passes: the first finds what the second is to write."""
    cases = case_list(request)
    if len(cases) != 1:
        raise HarnessError("USAGE", f"`trace` takes one case, not {len(cases)}.")
    name, taps = str(cases[0]["id"]), [str(tap) for tap in request["taps"]]
    progress(0, 2, name)
    tracer = _Tracer(candidate, request, cases[0], name)
    first = tracer.run(None, None)
    slices = [Slice(tap, first) for tap in dict.fromkeys(taps)]
    values = Values(slices, first.nodes, Path(request["out"]))
    progress(1, 2, name)
    try:
        second = tracer.run(values.capture, values.finish)
    finally:
        values.abandon()
    if [op.key for op in second.ops] != [op.key for op in first.ops]:
        for one in slices:
            one.stored.clear()
    progress(2, 2, name)
    shown = {one.tap: _show(one, first, values, name) for one in slices}
    return {"traces": [shown[tap] for tap in taps]}


class _Tracer:
    def __init__(self, candidate: Candidate, request: Mapping[str, Any], case: Mapping[str, Any], name: str) -> None:
        self._candidate = candidate
        self._request = request
        self._case = case
        self._name = name
        self._reader = TensorReader()
        self._state = KeptState(candidate.model)
        self._edits = Edits(request.get("edits") or [], first_names(candidate.model))

    def run(self, capture: Capture | None, finished: Any) -> TracePass:
        candidate, model = self._candidate, self._candidate.model
        scope = Scope(named_tensors(model), self._reader, self._name, candidate.device)
        edited = EditedRun(self._edits, scope)
        forcing = Forcing(self._request.get("force"), self._name, self._reader)
        watch = TracePass(model, forcing, edited, capture, finished)
        arguments = load_arguments(self._case, self._reader, candidate.device, candidate.fit)
        watch.add_inputs(*arguments, parameter_names(model))
        try:
            with ExitStack() as run:
                run.enter_context(standing(model, self._edits, scope))
                run.enter_context(watched(model, watch))
                mode = OpMode(watch, watch)
                call_model(model, arguments, watch, case=self._name, seed=candidate.seed, under=mode)
        finally:
            self._state.restore()
        left = edited.not_made()
        if left is not None:
            raise HarnessError("CANDIDATE_FAILED", f"{left}.")
        return watch


def _show(one: Slice, watch: TracePass, values: Values, case: str) -> dict[str, Any]:
    places = {number: place for place, number in enumerate(one.ops)}
    return {
        "tap": one.tap,
        "observed": None if one.observed is None else f"t{one.observed}",
        "file": str(values.files[one.tap]) if one.stored else None,
        "reason": one.reason(case, watch.nodes),
        "ops": [_show_op(watch.ops[number]) for number in one.ops],
        "tensors": [_show_tensor(number, watch.nodes[number], places, number in one.stored) for number in one.tensors],
    }


def _show_op(op: Op) -> dict[str, Any]:
    return {
        "key": op.key,
        "qualname": op.qualname,
        "moduleType": op.module_type,
        "names": op.names,
        "args": op.args,
        "kwargs": op.kwargs,
        "outputs": [f"t{number}" for number in op.outputs],
        "source": op.source,
    }


def _show_tensor(number: int, node: Node, places: Mapping[int, int], stored: bool) -> dict[str, Any]:
    origin = node.origin if node.origin["kind"] != "op" else {"kind": "op", "op": places[node.origin["op"]]}
    return {"id": f"t{number}", "shape": node.shape, "dtype": node.dtype, "origin": origin, "stored": stored}
