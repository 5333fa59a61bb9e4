"""The process that exports: in an environment without torch, spoken to as parity speaks to it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HARNESS = Path(__file__).resolve().parents[1]


class Exporter:
    def __init__(self, folder: Path, broken: str) -> None:
        hidden = folder / "hidden"
        hidden.mkdir()
        (hidden / f"{broken}.py").write_text(f"raise ModuleNotFoundError('hidden', name='{broken}')\n")
        ours, theirs = socket.socketpair()
        ours.settimeout(120)
        self.log = folder / "log.txt"
        environment = {**os.environ, "PYTHONPATH": f"{hidden}:{HARNESS}", "PYTHONDONTWRITEBYTECODE": "1"}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "parity_harness.original"],
                cwd=folder,
                env=environment,
                stdout=log,
                stderr=log,
                pass_fds=(3, theirs.fileno()),
                preexec_fn=lambda: os.dup2(theirs.fileno(), 3, inheritable=True) and None,
            )
        theirs.close()
        self.socket = ours
        self._stream = ours.makefile("rb")

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        self.socket.sendall(json.dumps({"id": 1, "method": method, "params": params}).encode() + b"\n")
        answer = json.loads(self._stream.readline())
        assert isinstance(answer, dict)
        return answer

    def close(self) -> int:
        self._stream.close()
        self.socket.close()
        return self.process.wait(20)


@pytest.fixture
def exporter(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Exporter]:
    made = Exporter(tmp_path, request.param)
    yield made
    if made.process.poll() is None:
        made.process.kill()


CHATTY = """
import tensorflow as tf
print("from the model")
def build():
    w = tf.Variable([[2.0]], name="w")
    return tf.function(lambda x: x @ w, input_signature=[tf.TensorSpec([None, 1], tf.float32, name="x")])
"""


@pytest.mark.parametrize("exporter", ["torch"], indirect=True)
def test_it_needs_no_torch_and_what_the_model_prints_disturbs_nothing(exporter: Exporter, tmp_path: Path) -> None:
    (tmp_path / "original.py").write_text(CHATTY)
    versions = exporter.ask("hello")["result"]
    assert versions["reference tensorflow"].startswith("2.")
    told = exporter.ask("export", source=str(tmp_path / "original.py") + ":build", out=str(tmp_path / "out"))
    assert told["result"]["outputs"] == [{"name": "output_0", "tensor": "matmul:0"}]
    written = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert written == ["model.ckpt.data-00000-of-00001", "model.ckpt.index", "model.ckpt.meta"]
    again = exporter.ask("export", source=str(tmp_path / "original.py") + ":build", out=str(tmp_path / "out"))
    assert again["error"]["code"] == "USAGE"
    assert exporter.ask("dance")["error"]["code"] == "USAGE"
    assert exporter.ask("close") == {"id": 1, "result": {}}
    assert exporter.close() == 0
    assert "from the model" in exporter.log.read_text()


@pytest.mark.parametrize("exporter", ["tensorflow"], indirect=True)
def test_an_environment_without_tensorflow_says_so(exporter: Exporter, tmp_path: Path) -> None:
    (tmp_path / "model.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    error = exporter.ask("export", source=str(tmp_path / "model.h5"), out=str(tmp_path / "out"))["error"]
    assert error["code"] == "RUNTIME_MISSING" and "has no TensorFlow" in error["message"]
    assert "--reference-python" in error["hint"]
