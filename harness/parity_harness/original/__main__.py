"""`python -m parity_harness.original` with a duplex socket as file descriptor 3 answers one request after the other."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Mapping
from typing import Any

# `python -m` puts the working directory first on the path. A file named `random.py` there must not be imported by
# TensorFlow; the user's own code gets the directory back when it is imported.
if sys.path and sys.path[0] in ("", os.getcwd()):
    del sys.path[0]

from ..errors import HarnessError, user_traceback
from ..wire import Message, Wire
from .runtime import versions

CONTROL = 3


def serve(wire: Wire) -> None:
    """Answers until the socket ends."""
    while True:
        try:
            message = wire.read()
        except ValueError as error:
            wire.send({"id": None, "error": HarnessError("USAGE", f"Not a request: {error}").body()})
            continue
        if message is None:
            return
        reply = _reply(message)
        sys.stdout.flush()
        sys.stderr.flush()
        wire.send(reply)


def _reply(message: Message) -> Message:
    identifier = message.get("id")
    try:
        return {"id": identifier, "result": _answer(str(message.get("method")), message.get("params") or {})}
    except HarnessError as error:
        return {"id": identifier, "error": error.body()}
    except Exception as error:
        fault = HarnessError(
            "REFERENCE_FAILED",
            f"The harness raised {type(error).__name__}: {error}",
            hint="This is a fault of parity's own, or a model that it does not know how to export: please report it.",
            detail=user_traceback(error),
        )
        return {"id": identifier, "error": fault.body()}


def _answer(method: str, params: Mapping[str, Any]) -> dict[str, Any]:
    if method == "hello":
        return dict(versions())
    if method == "close":
        return {}
    if method == "export":
        from .export import export

        return export(params)
    raise HarnessError("USAGE", f"The runner knows no method `{method}`.")


def main() -> int:
    try:
        control = socket.socket(fileno=CONTROL)
    except OSError:
        print("parity_harness.original is started by parity, with a socket as file descriptor 3.", file=sys.stderr)
        return 2
    # Ctrl-C reaches every process of the terminal; parity decides what it means and closes the socket.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Questions on standard input (input(), a debugger) must not wait for an answer that nobody gives.
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    serve(Wire(control))
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Taking TensorFlow down module by module would keep parity waiting.
    os._exit(code)
