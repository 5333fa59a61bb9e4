"""Not a fault: a right port that writes to standard output and error, in every way there is."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from port import GPT2, model_directory, read_hparams, read_state
from torch import Tensor

LIBC = ctypes.CDLL(None)


def chatter(where: str) -> None:
    for line in range(500):
        print(f"{where}: line {line} of a log that nobody reads, longer than a pipe holds when nobody empties it")
    print('{"id": 1, "result": {"taps": [], "seconds": {}}}')
    print('{"id": 1, "error": {"code": "CANDIDATE_RAISED", "message": "not an error"}}', file=sys.stderr)
    print(f"{where}: no newline at the end", end="", flush=True)
    os.write(1, b'\n{"id": 2, "event": "progress", "done": 1, "total": 1}\n\xff\xfe not UTF-8\n')
    os.write(2, b"written to descriptor 2\n")
    LIBC.puts(b'{"id": 3, "result": {}}')
    LIBC.fflush(None)
    subprocess.run(["echo", f"{where}: a child process speaks"], check=True)
    warnings.warn(f"{where}: a warning", stacklevel=2)


chatter("import")


class ChattyGPT2(GPT2):
    def forward(self, tokens: Tensor) -> Tensor:
        chatter("forward")
        return super().forward(tokens)


def build(directory: str | None = None) -> GPT2:
    chatter("build")
    folder = model_directory(directory)
    model = ChattyGPT2(read_hparams(folder))
    model.load_state_dict(read_state(folder))
    return model.eval()
