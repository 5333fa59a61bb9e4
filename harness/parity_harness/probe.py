"""`probe`: the model re-run under teacher forcing with something changed."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch

from .candidate import Candidate, call_model, case_list
from .cases import Arguments, load_arguments
from .editing import EditedRun
from .edits import Edits, first_names, named_tensors, standing
from .entry import Stoppers
from .errors import HarnessError
from .expressions import Scope
from .force import Forcing
from .keepstate import KeptState
from .opmode import OpMode
from .record import Progress
from .rerun import Call, EndOfRun, MainPass, Rerun
from .running import Watched, watched
from .tapfile import TapFile
from .tapid import parse_tap
from .tensorfile import TensorReader

Values = dict[str, torch.Tensor]


class Experiment:
    """One experiment: what is asked, and what it gave by case, or why it gave nothing."""

    def __init__(self, request: Mapping[str, Any], names: Mapping[str, str]) -> None:
        self.id = str(request["id"])
        self.taps = [str(tap) for tap in request["taps"]]
        self.wanted = frozenset(self.taps)
        self.outputs: dict[str, dict[str, dict[str, str]]] = {tap: {} for tap in self.taps}
        self.reason: str | None = None
        missing = [tap for tap in self.taps if parse_tap(tap).path not in names]
        if missing:
            self.reason = f"The model has no module `{parse_tap(missing[0]).path}`."
        try:
            self.edits = Edits(request.get("edits") or [], names)
        except HarnessError as error:
            self.edits = Edits([], names)
            self.reason = self.reason or error.message
        self.tapped: set[Call] = {(tap.path, tap.call) for tap in map(parse_tap, self.taps)}

    def paths(self) -> set[str]:
        """Modules that must be computed for it."""
        return {path for path, _ in self.tapped | self.edits.calls()} | self.edits.modules()

    def answer(self) -> dict[str, Any]:
        ran = self.reason is None
        return {
            "id": self.id,
            "status": "ran" if ran else "failed",
            "reason": self.reason,
            "outputs": self.outputs if ran else {},
        }


class Case:
    """All runs of one case."""

    def __init__(
        self,
        candidate: Candidate,
        case: Mapping[str, Any],
        request: Mapping[str, Any],
        state: KeptState,
        watching: Watched,
    ) -> None:
        self.name = str(case["id"])
        self._candidate = candidate
        self._state = state
        self._watching = watching
        self._reader = TensorReader()
        self._tensors = named_tensors(candidate.model)
        self._arguments = load_arguments(case, self._reader, candidate.device, candidate.fit)
        self._forcing = Forcing(request.get("force"), self.name, self._reader)
        self._controls: dict[frozenset[str], tuple[bool, str | None]] = {}
        self.main = MainPass(self._forcing, frozenset(), frozenset())

    def run_main(self, experiments: list[Experiment]) -> None:
        taps = frozenset(tap for experiment in experiments for tap in experiment.taps)
        needed = frozenset(path for experiment in experiments for path in experiment.paths())
        self.main = MainPass(self._forcing, taps, needed)
        self._call(self.main)

    def _call(self, watch: MainPass | Rerun, edits: Edits | None = None) -> None:
        self._watching.watch = watch
        try:
            with ExitStack() as run:
                if edits is not None and watch.edited is not None:
                    run.enter_context(standing(self._candidate.model, edits, watch.edited.scope))
                mode = OpMode(watch) if edits is not None and edits.needs_ops() else None
                arguments: Arguments = copy.deepcopy(self._arguments)
                call_model(
                    self._candidate.model, arguments, watch, case=self.name, seed=self._candidate.seed, under=mode
                )
        except EndOfRun:
            if watch.failure is not None:
                raise watch.failure from None
        except HarnessError:
            # Behind the last tap the model only tidies up after itself.
            if not isinstance(watch, Rerun) or not watch.complete():
                raise
        finally:
            self._watching.watch = None
            self._state.restore()

    def _rerun(self, experiment: Experiment, edits: Edits, skip: bool) -> Values:
        """Raises HarnessError when the run does, and when an edit or a tap was not come to."""
        scope = Scope(self._tensors, self._reader, self.name, self._candidate.device)
        calls = experiment.tapped | edits.calls()
        modules = edits.modules()
        calls |= {key for key in self.main.kept if key[0] in modules}
        needed = {outer for key in calls for outer in self.main.chain(key)}
        watch = Rerun(self.main, self._forcing, experiment.wanted, needed, EditedRun(edits, scope), skip)
        self._call(watch, edits)
        lost = [tap for tap in experiment.taps if tap not in watch.values]
        if lost:
            raise HarnessError("CANDIDATE_FAILED", f"With the edits made, `{lost[0]}` was not come to.")
        left = watch.edited.not_made() if watch.edited is not None else None
        if left is not None:
            raise HarnessError("CANDIDATE_FAILED", f"{left} before {_listing(experiment.taps)} was complete.")
        return watch.values

    def run(self, experiment: Experiment) -> Values:
        """What the taps of an experiment hold. Raises HarnessError with the reason why there is nothing."""
        for tap in map(parse_tap, experiment.taps):
            present = self.main.present.get((tap.path, tap.call))
            if present is None:
                raise HarnessError("CANDIDATE_FAILED", f"`{tap}` was not called in case {self.name}.")
            if tap.slot not in present:
                listing = ", ".join("its only tensor" if slot is None else f"[{slot}]" for slot in present)
                message = f"The output of `{tap}` has no such slot; it has {listing or 'no tensor'}."
                raise HarnessError("CANDIDATE_FAILED", message)
            if str(tap) not in self.main.values:
                raise HarnessError("CANDIDATE_FAILED", next(iter(self.main.warnings), f"`{tap}` was not recorded."))
        skip, reason = self._control(experiment)
        if reason is not None:
            raise HarnessError("CANDIDATE_FAILED", reason)
        return self._rerun(experiment, experiment.edits, skip)

    def _control(self, experiment: Experiment) -> tuple[bool, str | None]:
        """Whether passes for these taps may skip modules, and why they cannot be run at all."""
        known = self._controls.get(experiment.wanted)
        if known is None:
            known = self._controls[experiment.wanted] = self._try_control(experiment)
        return known

    def _try_control(self, experiment: Experiment) -> tuple[bool, str | None]:
        nothing = Edits([], {})
        reason: str | None = None
        for skip in (True, False):
            try:
                values = self._rerun(experiment, nothing, skip)
            except HarnessError as error:
                reason = f"Re-running {_listing(experiment.taps)} without any change failed: {error.message}"
                continue
            if all(same_bits(values[tap], self.main.values[tap]) for tap in experiment.taps):
                return skip, None
            reason = (
                f"Re-running {_listing(experiment.taps)} without any change does not give the same again (it draws "
                "random numbers, or keeps state between runs)."
            )
        return False, reason


def _listing(taps: list[str]) -> str:
    return ", ".join(f"`{tap}`" for tap in taps)


def same_bits(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Bit for bit, NaN included. Both row-major."""
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    return torch.equal(one.reshape(-1).view(torch.uint8), other.reshape(-1).view(torch.uint8))


def probe(candidate: Candidate, request: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Answers a `probe` request: see docs/protocol.md."""
    names = first_names(candidate.model)
    experiments = [Experiment(row, names) for row in request["experiments"]]
    cases = case_list(request)
    state = KeptState(candidate.model)
    with watched(candidate.model) as watching:
        for done, row in enumerate(cases):
            progress(done, len(cases), str(row["id"]))
            runnable = [experiment for experiment in experiments if experiment.reason is None]
            case = Case(candidate, row, request, state, watching)
            case.run_main(runnable)
            path = Path(request["out"]) / f"{case.name}.safetensors"
            file = TapFile(path, sum(len(experiment.taps) for experiment in runnable))
            try:
                for experiment in runnable:
                    _run_one(experiment, case, file, path)
                file.finish()
            finally:
                file.abandon()
    progress(len(cases), len(cases), "")
    return {"experiments": [experiment.answer() for experiment in experiments]}


def _run_one(experiment: Experiment, case: Case, file: TapFile, path: Path) -> None:
    try:
        values = case.run(experiment)
    except HarnessError as error:
        experiment.reason = error.message
        return
    except Stoppers as error:
        experiment.reason = f"Re-running {_listing(experiment.taps)} raised {type(error).__name__}: {error}"
        return
    for tap, tensor in values.items():
        name = f"{experiment.id}/{tap}"
        file.add(name, tensor)
        experiment.outputs[tap][case.name] = {"file": str(path), "tensor": name}
