"""Errors as the protocol carries them: what, where, what to do next."""

from __future__ import annotations

import os
import traceback
from types import TracebackType
from typing import Any

from .places import is_harness_file, is_torch_file, is_user_file, shown_path

ErrorBody = dict[str, Any]


class HarnessError(Exception):
    """A failure that the user can act on. `code` is one of the codes of src/errors.ts or PRECISION_UNSUPPORTED."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        hint: str | None = None,
        where: dict[str, Any] | None = None,
        detail: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.where = where
        self.detail = detail

    def body(self) -> ErrorBody:
        fields = {"hint": self.hint, "where": self.where, "detail": self.detail}
        present = {name: value for name, value in fields.items() if value is not None}
        return {"code": self.code, "message": self.message, **present}


def _is_noise(frame: traceback.FrameSummary, leading: bool) -> bool:
    if is_harness_file(frame.filename):
        return True
    # How a module call reaches forward(): two frames per nesting level that never tell the user anything.
    if frame.name in ("_call_impl", "_wrapped_call_impl") and is_torch_file(frame.filename):
        return True
    return leading and (is_torch_file(frame.filename) or frame.filename.startswith("<frozen "))


def _user_stack(stack: traceback.StackSummary) -> traceback.StackSummary:
    kept: list[traceback.FrameSummary] = []
    for frame in stack:
        if not _is_noise(frame, leading=not kept):
            kept.append(frame)
    return traceback.StackSummary.from_list(kept)


def _trim(captured: traceback.TracebackException) -> None:
    seen: set[int] = set()
    waiting = [captured]
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        current.stack = _user_stack(current.stack)
        waiting.extend(other for other in (current.__cause__, current.__context__) if other is not None)


def user_traceback(error: BaseException) -> str:
    """The traceback as the user would have seen it had they run their own file."""
    captured = traceback.TracebackException.from_exception(error)
    _trim(captured)
    return "".join(captured.format())


def place_of(error: BaseException) -> dict[str, Any] | None:
    """The innermost line of the user's own files that the exception passed through."""
    if isinstance(error, SyntaxError) and error.filename is not None and os.path.exists(error.filename):
        return {"file": shown_path(error.filename), "line": error.lineno or 1}
    found: dict[str, Any] | None = None
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        filename = trace.tb_frame.f_code.co_filename
        if is_user_file(filename):
            found = {"file": shown_path(filename), "line": trace.tb_lineno}
        trace = trace.tb_next
    return found


def summarize(error: BaseException) -> str:
    """One line: class and message."""
    name = type(error).__name__
    try:
        text = str(error).strip()
    except Exception:  # a user's exception class may have a broken __str__
        text = ""
    return f"{name}: {text}" if text else name


def _what_happened(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return f"called sys.exit({error.code!r})" if error.code is not None else "called sys.exit()"
    return f"raised {summarize(error)}"


def _hint_for(error: BaseException, side: str) -> str | None:
    if isinstance(error, ModuleNotFoundError) and error.name is not None:
        return f"Install the package that holds `{error.name}` into the Python environment that runs the {side}."
    if isinstance(error, SystemExit):
        return f"The {side} is imported, not run as a script: move work under `if __name__ == '__main__':`."
    if isinstance(error, MemoryError) or "can't allocate memory" in summarize(error):
        return "The machine ran out of memory: use fewer or shorter cases, or compare fewer taps."
    if isinstance(error, IndexError) and "index out of range in self" in str(error):
        return _hint_for_lookup(error)
    return None


def _hint_for_lookup(error: BaseException) -> str:
    """Says how long the table is and which ids it was asked for, read off the frame of the lookup."""
    trace: TracebackType | None = error.__traceback__
    said = "An id lies beyond the end of an embedding table"
    while trace is not None:
        seen = trace.tb_frame.f_locals
        weight, ids = seen.get("weight"), seen.get("input")
        rows = getattr(weight, "shape", None)
        if trace.tb_frame.f_code.co_name == "embedding" and rows is not None and ids is not None and ids.numel() > 0:
            said = f"The table has {rows[0]} rows, and the ids go from {int(ids.min())} to {int(ids.max())}"
        trace = trace.tb_next
    return (
        f"{said}. Generated ids cover the whole vocabulary of the original: a shorter table lost rows when it was "
        "loaded (parity causes embedding-rows). Ids of your own must lie inside (parity causes out-of-range-ids)."
    )


def raised_by_user(error: BaseException, doing: str, code: str | None = None, side: str = "candidate") -> HarnessError:
    """Wraps whatever the user's code raised. `doing` completes "While …, the candidate's code …"."""
    return HarnessError(
        code or ("CANDIDATE_RAISED" if side == "candidate" else "REFERENCE_FAILED"),
        f"While {doing}, the {side}'s code {_what_happened(error)}",
        hint=_hint_for(error, side),
        where=place_of(error),
        detail=user_traceback(error),
    )
