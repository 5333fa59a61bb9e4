"""The fork server: `python -m parity_harness.server` with a duplex socket as file descriptor 3.

It imports torch once and never runs user code itself. Each `open` forks a process that does; requests are passed on
to it and its answers back. The server sees the end of descriptor 3 and the death of that process at any moment.
"""

from __future__ import annotations

import importlib
import os
import select
import signal
import socket
import sys
from collections import deque
from collections.abc import Mapping
from typing import Any

# `python -m` puts the working directory first on the path. A file named `random.py` there must not be imported by
# torch; the forked process gets the directory back for the user's own imports.
if sys.path and sys.path[0] in ("", os.getcwd()):
    del sys.path[0]
# Compiled graphs have no modules to hook, and compiling costs more than the run.
os.environ.setdefault("TORCH_COMPILE_DISABLE", "1")
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")

import numpy
import torch

from .errors import HarnessError
from .offspring import Offspring, adopt_orphans, end_orphans
from .session import run_session
from .wire import Message, Wire

CONTROL = 3
GRACE = 1.0
"""Seconds between the end of a process's socket and its death; one that closed the socket and lives on is killed."""


class Server:
    def __init__(self, control: Wire) -> None:
        self._control = control
        self._waiting: deque[Message] = deque()
        self._child: Offspring | None = None
        self._asked: Message | None = None
        self._stopping = False
        self._wake, self._waker = os.pipe()
        os.set_blocking(self._waker, False)
        os.set_blocking(self._wake, False)

    def serve(self) -> None:
        """Answers until the control socket ends or SIGTERM comes; leaves no process behind."""
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.signal(signal.SIGTERM, self._stop)
        # Ctrl-C reaches every process of the terminal; parity decides what it means and closes the socket.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        adopt_orphans()
        try:
            while not self._stopping:
                self._step()
        except ConnectionError:
            pass  # nobody reads the answers any more
        finally:
            self._end_child()
            end_orphans()

    def _stop(self, number: int, frame: Any) -> None:
        self._stopping = True

    def _step(self) -> None:
        while self._waiting and self._asked is None and not self._stopping:
            self._begin(self._waiting.popleft())
        watched: list[Any] = [self._control, self._wake]
        if self._child is not None and self._child.status is None:
            watched.append(self._child.wire)
        ready, _, _ = select.select(watched, [], [])
        if self._wake in ready:
            os.read(self._wake, 4096)
        if self._control in ready and not self._hear():
            self._stopping = True
            return
        if self._child is not None:
            ended = self._child.poll()
            if ended or self._child.wire in ready:
                self._relay(ended)

    def _hear(self) -> bool:
        """Takes in requests. False at the end of the socket."""
        if not self._control.receive():
            return False
        while True:
            try:
                message = self._control.next_message()
            except ValueError as error:
                self._control.send({"id": None, "error": HarnessError("USAGE", f"Not a request: {error}").body()})
                continue
            if message is None:
                return True
            self._waiting.append(message)

    def _begin(self, message: Message) -> None:
        method = message.get("method")
        if method == "hello":
            self._reply(message, self._hello())
        elif method == "close":
            self._end_child()
            self._reply(message, {})
        elif method == "preload":
            self._reply(message, {"loaded": _preload(message.get("params") or {})})
        elif method == "open":
            self._end_child()
            self._child = Offspring(self._live, [CONTROL, self._wake, self._waker])
            self._ask(message)
        elif self._child is None:
            self._refuse(message, HarnessError("CANDIDATE_FAILED", f"`{method}` came before `open`."))
        elif self._child.poll():
            self._refuse(message, self._child.death("nothing was asked of it"))
        else:
            self._ask(message)

    def _live(self, wire: Wire) -> None:
        sys.path.insert(0, os.getcwd())
        run_session(wire)

    def _ask(self, message: Message) -> None:
        if self._child is None:
            return
        self._asked = message
        try:
            self._child.wire.send(message)
        except (BrokenPipeError, ConnectionResetError):
            return  # its death is noticed, and answered, in the next step

    def _relay(self, ended: bool) -> None:
        """Passes on what the child said; answers for it when it has died before it could."""
        child = self._child
        if child is None or child.gone:
            return
        # After its death only what already arrived is read: its own subprocesses may hold the other end open.
        connected = True
        while connected and child.wire.readable():
            connected = child.wire.receive()
        while (said := child.wire.next_message()) is not None:
            self._control.send(said)
            if "event" not in said:
                self._asked = None
        if connected and not ended:
            return
        if not ended:
            child.ends_within(GRACE)
        child.kill()
        if self._asked is not None:
            asked, self._asked = self._asked, None
            self._refuse(asked, child.death(f"answering `{asked.get('method')}`"))

    def _end_child(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child = None

    def _reply(self, message: Message, result: dict[str, Any]) -> None:
        self._control.send({"id": message.get("id"), "result": result})

    def _refuse(self, message: Message, error: HarnessError) -> None:
        self._control.send({"id": message.get("id"), "error": error.body()})

    def _hello(self) -> dict[str, Any]:
        return {
            "python": ".".join(str(part) for part in sys.version_info[:3]),
            "torch": torch.__version__.partition("+")[0],
            "numpy": numpy.__version__,
            "threads": torch.get_num_threads(),
        }


def _preload(request: Mapping[str, Any]) -> int:
    """Imports installed modules here, so that the next fork has them. Never the user's own: those change."""
    loaded = 0
    for name in request.get("modules") or []:
        if name in sys.modules:
            continue
        try:
            importlib.import_module(name)
            loaded += 1
        except Exception:  # the next process imports it for itself, and says what is wrong
            continue
    return loaded


def main() -> int:
    try:
        control = socket.socket(fileno=CONTROL)
    except OSError:
        print("parity_harness.server is started by parity, with a socket as file descriptor 3.", file=sys.stderr)
        return 2
    # Questions on standard input (input(), a debugger) must not wait for an answer that nobody gives.
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    Server(Wire(control)).serve()
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Everything is closed and reaped; taking torch down module by module would keep parity waiting for half a second.
    os._exit(code)
