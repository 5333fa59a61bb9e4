"""`probe`: single layers re-run, on the input they have under teacher forcing, with something changed."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from torch import nn

from .candidate import Candidate, call_model, case_list
from .cases import Arguments, load_arguments
from .changes import changed
from .entry import Stoppers
from .errors import HarnessError, summarize
from .force import Forcing
from .record import Progress
from .tapfile import write_tensors
from .tapid import TapId, parse_tap
from .taps import ForwardPass, find_module, hooked
from .tensorfile import TensorReader, contiguous_copy, why_not_storable
from .tree import replace, slots

Experiment = Mapping[str, Any]
Start = tuple[Arguments, dict[str, int], torch.Tensor]
"""How things stood when a call began: its arguments, the calls counted so far, the state of the random generator."""


class Outcome:
    """What one experiment gave: its outputs by case, or why there are none."""

    def __init__(self, experiment: Experiment, model: nn.Module) -> None:
        self.id = str(experiment["id"])
        self.tap = parse_tap(experiment["tap"])
        self.changes: Sequence[Mapping[str, Any]] = experiment.get("changes") or []
        self.outputs: dict[str, dict[str, str]] = {}
        self.reason: str | None = None
        if find_module(model, self.tap.path) is None:
            self.reason = f"The model has no module `{self.tap.path}`."

    def answer(self) -> dict[str, Any]:
        status = "ran" if self.reason is None else "failed"
        return {"id": self.id, "status": status, "reason": self.reason, "outputs": self.outputs}


class ProbingPass(ForwardPass):
    """A forced pass that stops at the probed calls and re-runs them."""

    def __init__(self, model: nn.Module, forcing: Forcing, outcomes: Sequence[Outcome], reader: TensorReader) -> None:
        super().__init__(forcing)
        self.results: dict[str, torch.Tensor] = {}
        self._model = model
        self._reader = reader
        self._wanted: dict[tuple[str, int], list[Outcome]] = {}
        for outcome in outcomes:
            if outcome.reason is None:
                self._wanted.setdefault((outcome.tap.path, outcome.tap.call), []).append(outcome)
        self._started: dict[str, int] = {}
        self._inputs: dict[tuple[str, int], Start] = {}
        self._probing: nn.Module | None = None
        self._fixed: dict[int, Any] = {id(part): part for part in model.modules()}
        self._fixed.update((id(part), part) for module in model.modules() for part in module._parameters.values())
        self._fixed.update((id(part), part) for module in model.modules() for part in module._buffers.values())

    def probed_paths(self) -> set[str]:
        return {path for path, _ in self._wanted}

    def missing(self, outcome: Outcome) -> bool:
        return outcome.reason is None and outcome.id not in self.results

    def started(self, path: str, args: Any, kwargs: Any) -> None:
        """Keeps the arguments of a call that will be re-run: the call itself may write into them."""
        if self._probing is not None:
            return
        call = self._started[path] = self._started.get(path, 0) + 1
        if (path, call) in self._wanted:
            self._inputs[path, call] = self._copy((list(args), dict(kwargs))), dict(self.calls), torch.get_rng_state()

    def completed(self, path: str, module: nn.Module, args: Any, kwargs: Any, output: Any) -> Any:
        if module is self._probing:
            return output
        if self._probing is None:
            call = self.calls.get(path, 0) + 1
            kept = self._inputs.pop((path, call), None)
            if kept is not None:
                self._rerun_all(self._wanted[path, call], module, kept)
        return super().completed(path, module, args, kwargs, output)

    def _rerun_all(self, outcomes: Sequence[Outcome], module: nn.Module, start: Start) -> None:
        inputs, calls, rng = start
        calls_now, rng_now, failure = self.calls, torch.get_rng_state(), self.failure
        self._probing = module
        try:
            for outcome in outcomes:
                # The layer's children count their calls from where they stood when the layer began.
                self.calls = dict(calls)
                torch.set_rng_state(rng)
                self._rerun(outcome, module, self._copy(inputs))
        finally:
            self._probing, self.calls, self.failure = None, calls_now, failure
            torch.set_rng_state(rng_now)

    def _rerun(self, outcome: Outcome, module: nn.Module, inputs: Arguments) -> None:
        try:
            with changed(self._model, outcome.changes, self._reader):
                output = module(*inputs[0], **inputs[1])
                self.results[outcome.id] = _slot_of(output, outcome.tap)
        except HarnessError as error:
            outcome.reason = error.message
        except Stoppers as error:
            outcome.reason = f"Re-running `{outcome.tap}` raised {summarize(error)}"

    def _copy(self, inputs: Arguments) -> Arguments:
        """Own copies of tensors and of whatever holds them (a cache object), but never of the model's parts."""
        try:
            return copy.deepcopy(inputs, dict(self._fixed))
        except Exception:  # an argument that cannot be copied: its tensors still can
            cloned: Arguments = replace(inputs, lambda _, tensor: tensor.clone())
            return cloned


def _slot_of(output: Any, tap: TapId) -> torch.Tensor:
    present = slots(output)
    if tap.slot not in present:
        listing = ", ".join("its only tensor" if slot is None else f"[{slot}]" for slot in present) or "no tensor"
        raise HarnessError("CANDIDATE_FAILED", f"The output of `{tap}` has no such slot; it has {listing}.")
    refusal = why_not_storable(present[tap.slot])
    if refusal is not None:
        raise HarnessError("CANDIDATE_FAILED", f"The output of `{tap}` cannot be written: {refusal}.")
    return contiguous_copy(present[tap.slot])


def probe(candidate: Candidate, request: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Answers a `probe` request: see docs/protocol.md. One forced pass per case serves all experiments."""
    model, reader = candidate.model, TensorReader()
    outcomes = [Outcome(experiment, model) for experiment in request["experiments"]]
    cases = case_list(request)
    for done, case in enumerate(cases):
        name = str(case["id"])
        progress(done, len(cases), name)
        watch = ProbingPass(model, Forcing(request.get("force"), name, reader), outcomes, reader)
        arguments = load_arguments(case, reader, candidate.device, lambda tensor: tensor)
        with ExitStack() as run:
            run.callback(_observe_starts(model, watch))
            run.enter_context(hooked(model, watch.completed))
            watch.started("", *arguments)
            call_model(model, arguments, watch, case=name, seed=candidate.seed)
        file = Path(request["out"]) / f"{name}.safetensors"
        write_tensors(file, watch.results)
        for outcome in outcomes:
            if outcome.id in watch.results:
                outcome.outputs[name] = {"file": str(file), "tensor": outcome.id}
            elif outcome.reason is None:
                outcome.reason = f"`{outcome.tap}` was not called in case {name}."
    progress(len(cases), len(cases), "")
    return {"experiments": [outcome.answer() for outcome in outcomes]}


def _observe_starts(model: nn.Module, watch: ProbingPass) -> Any:
    """Hooks the beginning of every probed call; gives back the function that removes the hooks."""

    def starting(path: str) -> Any:
        return lambda module, args, kwargs: watch.started(path, args, kwargs)

    handles = [
        nn.Module.register_forward_pre_hook(module, starting(path), with_kwargs=True)
        for path, module in model.named_modules()
        if path and path in watch.probed_paths()
    ]

    def remove() -> None:
        for handle in handles:
            handle.remove()

    return remove
