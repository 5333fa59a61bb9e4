"""The forked process seen from the server: started, watched, ended with everything it started."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
import time
from collections.abc import Callable

from .errors import HarnessError
from .wire import Wire

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def _prctl(option: int, value: int) -> None:
    """Linux only; elsewhere the end of the socket has to do."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def adopt_orphans() -> None:
    """Makes this process the parent of whatever its descendants leave behind, so that it can end that too."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


class Offspring:
    """One forked process, in a process group of its own."""

    def __init__(self, live: Callable[[Wire], None], to_cut: list[int]) -> None:
        """Forks; `live` runs in the new process, with `to_cut` leading nowhere there, and never returns."""
        ours, theirs = socket.socketpair()
        sys.stdout.flush()
        sys.stderr.flush()
        server = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.setsid()
                _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
                if os.getppid() != server:
                    os._exit(1)
                ours.close()
                signal.set_wakeup_fd(-1)
                for number in (signal.SIGCHLD, signal.SIGTERM):
                    signal.signal(number, signal.SIG_DFL)
                signal.signal(signal.SIGINT, signal.default_int_handler)
                nothing = os.open(os.devnull, os.O_RDWR)
                for descriptor in to_cut:
                    # Kept taken: a program that writes to descriptor 3 must not hit a file of ours that got the number.
                    os.dup2(nothing, descriptor, inheritable=False)
                live(Wire(theirs))
            finally:
                os._exit(1)
        theirs.close()
        self.wire = Wire(ours)
        self.status: int | None = None
        self.gone = False

    def poll(self) -> bool:
        """True once the process has ended."""
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid == self.pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is not None

    def ends_within(self, seconds: float) -> bool:
        """Waits for the end of the process for a while; True when it came."""
        deadline = time.monotonic() + seconds
        while not self.poll() and time.monotonic() < deadline:
            time.sleep(0.002)
        return self.status is not None

    def kill(self) -> None:
        """Ends the process, its group and what else it started, and waits for its end. Once is enough."""
        if self.gone:
            return
        self.gone = True
        # Where the process ended by itself, its subprocesses may have outlived it.
        _kill_group(self.pid)
        if self.status is None:
            _, status = os.waitpid(self.pid, 0)
            self.status = os.waitstatus_to_exitcode(status)
        self.wire.close()
        end_orphans()

    def death(self, doing: str) -> HarnessError:
        """How the process ended, as an error."""
        status = self.status or 0
        if status >= 0:
            return HarnessError(
                "RUNNER_DIED",
                f"The candidate's process ended by itself with exit code {status} while {doing}.",
                hint="Does the model's code call os._exit, or a library that does? The log's last lines may tell.",
            )
        name = _signal_name(-status)
        hints = {
            "SIGKILL": "Nothing in Python does that. Did the machine run out of memory? Use fewer or shorter cases.",
            "SIGSEGV": "Native code crashed; the log's last lines show the Python line that called it.",
            "SIGABRT": "Native code gave up; the log's last lines may tell why.",
            "SIGBUS": "A file that was mapped into memory became shorter, or the disk is full.",
            "SIGILL": "A library was built for another processor.",
        }
        hint = hints.get(name, "Something outside the candidate ended it.")
        return HarnessError("RUNNER_DIED", f"The candidate's process was killed by {name} while {doing}.", hint=hint)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return
    except PermissionError:  # macOS says so for a group of zombies
        return


def _children() -> list[int]:
    """Living children of this process, adopted ones included; none where the system does not tell."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
            return [int(pid) for pid in file.read().split()]
    except OSError:
        return []


def end_orphans() -> None:
    """Kills what the candidate started in groups of its own. What dies hands its own children over, so repeat."""
    for _ in range(100):
        children = _children()
        if not children:
            return
        for pid in children:
            try:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            except (ProcessLookupError, ChildProcessError, PermissionError):
                continue
