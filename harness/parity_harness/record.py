"""`record`: runs the cases and writes every tap."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from torch import nn

from .candidate import Candidate, call_model, case_list, keep_list
from .cases import fingerprints, load_arguments
from .editing import EditedRun, describe
from .edits import Edits, first_names, named_tensors, standing
from .entry import Stoppers
from .errors import HarnessError, raised_by_user
from .expressions import Scope
from .force import Forcing
from .keepstate import KeptState
from .opmode import OpMode
from .perturb import Jitter, perturbation
from .precision import double_copy, double_precision, widen
from .running import watched
from .shipped import compare_shipped, record_shipped
from .tapfile import TapFile
from .taps import ForwardPass, Taken
from .tensorfile import TensorReader

Progress = Callable[[int, int, str], None]
UNSUPPORTED = "PRECISION_UNSUPPORTED"


def record(candidate: Candidate, request: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Answers a `record` request: see docs/protocol.md."""
    wide = request.get("precision", "float32") == "float64"
    model = _widened(candidate) if wide else candidate.model
    device = next((one.device for one in (*model.parameters(), *model.buffers())), candidate.device)
    reader = TensorReader()
    keep = keep_list(request.get("taps", "all"))
    cases, table, seconds = case_list(request), TapTable(), dict[str, float]()
    warnings: dict[str, None] = {}
    inputs: dict[str, str] = {}
    count = sum(1 for _ in model.modules())
    edits, tensors = Edits(request.get("edits") or [], first_names(model)), named_tensors(model)
    made: set[int] = set()
    seed = int(request.get("seed", candidate.seed))
    # Each case meets the model as it was built: running statistics, counters, caches of one are not seen by the next.
    kept = KeptState(model)
    for done, case in enumerate(cases):
        name = str(case["id"])
        progress(done, len(cases), name)
        inputs.update(fingerprints(case, reader))
        mode, jitter = perturbation(request.get("perturb"))
        forcing = Forcing(request.get("force"), name, reader, jitter)
        arguments = load_arguments(case, reader, device, _adapting(candidate, jitter, wide))
        file = TapFile(Path(request["out"]) / f"{name}.safetensors", len(keep or ()) or count)
        edited = EditedRun(edits, Scope(tensors, reader, name, device, wide))
        watch = ForwardPass(forcing, file.add, keep, edited)
        with ExitStack() as run:
            run.callback(file.abandon)
            run.callback(kept.restore)
            run.enter_context(standing(model, edits, edited.scope))
            run.enter_context(watched(model, watch))
            if wide:
                run.enter_context(double_precision())
            if edits.needs_ops():
                run.enter_context(OpMode(watch))
            code = UNSUPPORTED if wide else "CANDIDATE_RAISED"
            _, seconds[name] = call_model(model, arguments, watch, case=name, seed=seed, under=mode, code=code)
            file.finish()
        made |= edited.made
        table.add(name, watch.taken)
        warnings.update(dict.fromkeys(watch.warnings))
    for edit in edits.placed:
        if edit["number"] not in made:
            raise HarnessError("CANDIDATE_FAILED", f"{describe(edit)} was never come to, in no case.")
    progress(len(cases), len(cases), "")
    for tap in sorted(keep or set()):
        if tap not in table.rows:
            warnings[f"`{tap}` did not occur in any case."] = None
    answer = {"taps": table.listing(candidate), "seconds": seconds, "inputs": inputs, "warnings": list(warnings)}
    if not request.get("shipped") or candidate.shipped is None:
        return answer
    shipped = record_shipped(candidate, candidate.shipped, cases, Path(request["out"]))
    if not candidate.is_reading:
        return {**answer, "shipped": shipped}
    # Only whether the program was understood is asked here, once.
    difference = compare_shipped(shipped, Path(request["out"]), list(seconds))
    if difference is None:
        return answer
    candidate.model, candidate.shipped = candidate.shipped, None
    candidate.warnings.append(f"{difference}: its outputs and weights alone are compared.")
    again = record(candidate, request, progress)
    return {**again, "warnings": [*again["warnings"], candidate.warnings[-1]]}


def _adapting(candidate: Candidate, jitter: Jitter | None, wide: bool) -> Callable[[torch.Tensor], torch.Tensor]:
    """What an input goes through on its way: the type that the model computes in, then the perturbation."""
    if wide:
        return widen
    return candidate.fit if jitter is None else lambda tensor: jitter(candidate.fit(tensor))


def _widened(candidate: Candidate) -> nn.Module:
    model = candidate.uncast()
    if candidate.device.type == "mps":  # which has no float64
        model = copy.deepcopy(model).cpu()
    try:
        return double_copy(model)
    except Stoppers as error:
        raise raised_by_user(error, "the model was being copied to float64", UNSUPPORTED) from None


class TapTable:
    """The taps of all cases in order of completion."""

    def __init__(self) -> None:
        self.rows: dict[str, Taken] = {}
        self._order: list[str] = []
        self._shapes: dict[str, dict[str, list[int]]] = {}

    def add(self, case: str, taken: Mapping[str, Taken]) -> None:
        """A tap that earlier cases did not have comes after the one that it followed in this case."""
        position = 0
        for name, tap in taken.items():
            if name in self.rows:
                # Cases mostly agree, and then the next tap is the one expected.
                if self._order[position : position + 1] != [name]:
                    position = self._order.index(name)
                position += 1
                known = self.rows[name].dtype
                if known != tap.dtype:
                    raise HarnessError(
                        "CANDIDATE_FAILED", f"`{name}` is {known} in one case and {tap.dtype} in case {case}."
                    )
            else:
                self.rows[name] = tap
                self._order.insert(position, name)
                position += 1
            self._shapes.setdefault(name, {})[case] = tap.shape

    def listing(self, candidate: Candidate) -> list[dict[str, Any]]:
        return [self._row(name, candidate) for name in self._order]

    def _row(self, name: str, candidate: Candidate) -> dict[str, Any]:
        taken = self.rows[name]
        return {
            "id": name,
            "path": taken.tap.path,
            "type": taken.type,
            "call": taken.tap.call,
            "slot": taken.tap.slot,
            "dtype": taken.dtype,
            "shapes": self._shapes[name],
            "source": candidate.sources.get(taken.tap.path),
            "isOutput": taken.tap.path == "",
        }
