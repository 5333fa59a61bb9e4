"""The forked process: builds the model once and answers requests about it."""

from __future__ import annotations

import faulthandler
import os
import sys
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from .candidate import Candidate
from .cases import seed_everything
from .compiled import compile_model
from .describe import describe
from .devices import find_device, find_dtype, move, set_dtype
from .edits import Edits, first_names, named_tensors, standing
from .errors import HarnessError, user_traceback
from .expressions import Scope
from .forms import load_form
from .probe import probe
from .reads import installed_modules, user_files, watch_reads
from .record import record
from .source import ConstructionSites
from .tensorfile import TensorReader
from .trace import trace
from .weights import load_weights, write_weights
from .wire import Message, Wire

INTERRUPTED = HarnessError("INTERRUPTED", "The candidate was interrupted.")


def open_candidate(request: Mapping[str, Any]) -> Candidate:
    """Builds the model that an `open` request names, moves it to its device and loads its weights."""
    seed = int(request.get("seed") or 0)
    _settle(int(request.get("threads") or 0))
    seed_everything(seed)
    # Before anything is built: a large model takes minutes.
    device = find_device(str(request.get("device") or "cpu"))
    dtype = find_dtype(request.get("dtype"))
    sites = ConstructionSites()
    with sites.watching():
        loaded = load_form(request, device)
    model = loaded.model
    if request.get("weights"):
        load_weights(model, request["weights"])
    _check_values(model)
    sources = {path: sites.place(module) for path, module in model.named_modules()}
    candidate = Candidate(move(model, device), device, seed, sources, loaded.warnings)
    set_dtype(candidate, dtype, loaded)
    if loaded.shipped is not None:
        candidate.shipped, candidate.is_reading = move(loaded.shipped, device), True
    if request.get("compile"):
        candidate.shipped, candidate.is_reading = compile_model(candidate.model), False
    return candidate


def _settle(threads: int) -> None:
    """The settings under which one run equals the next, as far as they cost nothing."""
    if threads > 0:
        torch.set_num_threads(threads)
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = False
    torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction = False
    # The fused path of nn.MultiheadAttention skips its submodules, and whether it is taken depends on our hooks.
    torch.backends.mha.set_fastpath_enabled(False)


def _check_values(model: nn.Module) -> None:
    for name, tensor in (*model.named_parameters(), *model.named_buffers()):
        if tensor.is_meta:
            raise HarnessError(
                "CANDIDATE_FAILED",
                f"`{name}` is on the meta device: the model was built without values.",
                hint="Load its weights before returning it, or name a file of weights.",
                where={"key": name},
            )


class Session:
    """Answers the requests that the server passes on, one at a time."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._candidate: Candidate | None = None

    def serve(self) -> None:
        while (message := self._wire.read()) is not None:
            identifier = message.get("id")
            try:
                reply = {"id": identifier, "result": self._answer(identifier, message)}
            except HarnessError as error:
                reply = {"id": identifier, "error": error.body()}
            except KeyboardInterrupt:
                reply = {"id": identifier, "error": INTERRUPTED.body()}
            except Exception as error:
                reply = {"id": identifier, "error": _own_fault(error)}
            _flush()
            self._wire.send(reply)

    def _answer(self, identifier: Any, message: Message) -> dict[str, Any]:
        method, request = message["method"], message.get("params") or {}
        if method == "imports":
            # Also where opening failed: the file with the error is the one to watch.
            return {"files": user_files(), "modules": installed_modules()}
        if method == "open":
            if request.get("watch"):
                watch_reads()
            self._candidate = open_candidate(request)
            return describe(self._candidate)
        if self._candidate is None:
            raise HarnessError("CANDIDATE_FAILED", f"`{method}` needs an opened candidate, and opening it failed.")

        def progress(done: int, total: int, what: str) -> None:
            self._wire.send({"id": identifier, "event": "progress", "done": done, "total": total, "what": what})

        if method == "weights":
            return _weights(self._candidate, request)
        if method == "record":
            return record(self._candidate, request, progress)
        if method == "trace":
            return trace(self._candidate, request, progress)
        if method == "probe":
            return probe(self._candidate, request, progress)
        raise HarnessError("USAGE", f"The runner knows no method `{method}`.")


def _weights(candidate: Candidate, request: Mapping[str, Any]) -> dict[str, Any]:
    """The model's weights, with edits of parameters made while they are written."""
    model, edits = candidate.uncast(), Edits(request.get("edits") or [], first_names(candidate.model))
    if any(edit["kind"] != "parameter" for edit in (*edits.standing, *edits.placed)):
        raise HarnessError("USAGE", "`weights` takes edits of parameters only.")
    scope = Scope(named_tensors(model), TensorReader(), "", candidate.device)
    with torch.no_grad(), standing(model, edits, scope):
        return write_weights(model, request["out"], request.get("stored") or {})


def _own_fault(error: Exception) -> dict[str, Any]:
    hint = "This is a fault of parity's own, or a request that breaks its protocol: please report it."
    message = f"The harness raised {type(error).__name__}: {error}"
    return HarnessError("CANDIDATE_FAILED", message, hint=hint, detail=user_traceback(error)).body()


def _flush() -> None:
    """What the user's code printed belongs in the log before the answer arrives."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # the user's code may have closed or replaced it
            continue


def run_session(wire: Wire) -> None:
    """The forked process's whole life. Ends without running the server's own exit handlers."""
    faulthandler.enable()
    code = 0
    try:
        Session(wire).serve()
    except ConnectionError:
        pass
    except BaseException:
        sys.excepthook(*sys.exc_info())
        code = 1
    _flush()
    os._exit(code)
