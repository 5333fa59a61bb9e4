"""A real server process, spoken to as parity speaks to it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

HARNESS = Path(__file__).resolve().parents[1]


class Runner:
    """The server as a child process; `folder` is its working directory and holds its log."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.events: list[dict[str, Any]] = []
        ours, theirs = socket.socketpair()
        ours.settimeout(60)
        self.log = folder / "log.txt"
        environment = {
            **os.environ,
            "PYTHONPATH": str(HARNESS),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "parity_harness.server"],
                cwd=folder,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=(3, theirs.fileno()),
                preexec_fn=lambda: os.dup2(theirs.fileno(), 3, inheritable=True) and None,
            )
        theirs.close()
        self.socket = ours
        self._stream = ours.makefile("rb")
        self._next = 0

    def send(self, method: str, params: dict[str, Any] | None = None) -> int:
        self._next += 1
        message = {"id": self._next, "method": method, "params": params or {}}
        self.socket.sendall(json.dumps(message).encode() + b"\n")
        return self._next

    def answer(self, identifier: int) -> dict[str, Any]:
        while True:
            line = self._stream.readline()
            assert line, f"the server closed the socket; its log:\n{self.log.read_text()[-2000:]}"
            message: dict[str, Any] = json.loads(line)
            assert message["id"] == identifier, message
            if "event" not in message:
                return message
            self.events.append(message)

    def ask(self, method: str, **params: Any) -> Any:
        message = self.answer(self.send(method, params))
        assert "error" not in message, json.dumps(message.get("error"), indent=1)
        return message["result"]

    def fail(self, method: str, **params: Any) -> dict[str, Any]:
        message = self.answer(self.send(method, params))
        assert "error" in message, f"expected an error, got {str(message)[:300]}"
        error: dict[str, Any] = message["error"]
        return error

    def write(self, name: str, source: str) -> str:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(source))
        return name

    def open(self, source: str, name: str = "model.py", **params: Any) -> Any:
        self.write(name, source)
        return self.ask("open", **{"entry": f"{name}:build", "kwargs": {}, **params})

    def cases(self, **inputs: torch.Tensor) -> list[dict[str, Any]]:
        """One case, c0, with these named inputs."""
        file = self.folder / "inputs.safetensors"
        save_file({f"c0/{name}": tensor for name, tensor in inputs.items()}, file)
        given = [
            {"parameter": name, "position": position, "file": str(file), "tensor": f"c0/{name}"}
            for position, name in enumerate(inputs)
        ]
        return [{"id": "c0", "inputs": given}]

    def record(self, cases: list[dict[str, Any]], out: str = "free", **params: Any) -> Recorded:
        request = {"out": str(self.folder / out), "cases": cases, "taps": "all", "precision": "float32", **params}
        answer = self.ask("record", **request)
        return Recorded(answer, {case["id"]: self.folder / out / f"{case['id']}.safetensors" for case in cases})

    def probe(
        self, cases: list[dict[str, Any]], reference: Recorded, *experiments: dict[str, Any]
    ) -> dict[str, dict[str, Any]]:
        """The answers of a `probe` under forcing to this recording, by experiment."""
        request = {"out": str(self.folder / "probe"), "cases": cases, "force": reference.forcing()}
        answer = self.ask("probe", **request, experiments=list(experiments))
        return {row["id"]: row for row in answer["experiments"]}

    def close(self) -> None:
        self._stream.close()
        self.socket.close()
        try:
            self.process.wait(20)
        finally:
            if self.process.poll() is None:
                self.process.kill()
            if self.process.stdin is not None:
                self.process.stdin.close()


class Recorded:
    def __init__(self, answer: dict[str, Any], files: dict[str, Path]) -> None:
        self.answer = answer
        self.taps: dict[str, dict[str, Any]] = {tap["id"]: tap for tap in answer["taps"]}
        self.files = files

    def values(self, case: str = "c0") -> dict[str, torch.Tensor]:
        loaded: dict[str, torch.Tensor] = load_file(self.files[case])
        return loaded

    def forcing(self, *taps: str, **extra: Any) -> dict[str, Any]:
        """This recording as the reference: every tap but the output, or the named ones."""
        names = taps or tuple(name for name, tap in self.taps.items() if not tap["isOutput"])
        return {
            "replace": [
                {
                    "tap": name,
                    "permute": None,
                    "reshape": None,
                    "files": {case: {"file": str(file), "tensor": name} for case, file in self.files.items()},
                    **extra,
                }
                for name in names
            ]
        }


def output(row: dict[str, Any], case: str = "c0", tap: str | None = None) -> torch.Tensor:
    """What one tap of an experiment held; the first one by default."""
    assert row["status"] == "ran", row
    place = row["outputs"][tap or next(iter(row["outputs"]))][case]
    tensor: torch.Tensor = load_file(place["file"])[place["tensor"]]
    return tensor


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    started = Runner(tmp_path_factory.mktemp("candidate"))
    yield started
    started.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Runner]]:
    """Starts servers of a test's own."""
    started: list[Runner] = []

    def begin() -> Runner:
        started.append(Runner(tmp_path))
        return started[-1]

    yield begin
    for one in started:
        one.close()
