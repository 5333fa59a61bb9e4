"""JSON lines over a socket: one object per line, UTF-8, no line longer than MAX_LINE bytes."""

from __future__ import annotations

import json
import select
import socket
from collections import deque
from typing import Any

Message = dict[str, Any]

MAX_LINE = 64 * 1024 * 1024


class LineBuffer:
    """Cuts a stream of bytes into lines."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._held = 0
        self._lines: deque[bytes] = deque()

    def feed(self, data: bytes) -> None:
        """Adds received bytes. Raises ValueError when a line grows over MAX_LINE."""
        *complete, rest = data.split(b"\n")
        for line in complete:
            self._lines.append(b"".join([*self._parts, line]))
            self._parts, self._held = [], 0
        if rest:
            self._parts.append(rest)
            self._held += len(rest)
            if self._held > MAX_LINE:
                raise ValueError(f"a line of the protocol is longer than {MAX_LINE} bytes")

    def take(self) -> bytes | None:
        """The oldest complete line that was not taken yet, without its line feed."""
        return self._lines.popleft() if self._lines else None


class Wire:
    """One end of a duplex connection."""

    def __init__(self, connection: socket.socket) -> None:
        # accept(), socketpair() and Python's own descriptors are not inheritable; a descriptor that came from a
        # parent process is, and the user's subprocesses must not hold it open.
        connection.set_inheritable(False)
        connection.setblocking(True)
        self._socket = connection
        self._buffer = LineBuffer()

    def fileno(self) -> int:
        return self._socket.fileno()

    def receive(self) -> bool:
        """Waits for bytes and keeps them. False at the end of the stream."""
        try:
            data = self._socket.recv(1 << 16)
        except ConnectionError:
            return False
        self._buffer.feed(data)
        return bool(data)

    def readable(self) -> bool:
        """True when `receive` would not wait."""
        return bool(select.select([self._socket], [], [], 0)[0])

    def next_message(self) -> Message | None:
        """A message that has already arrived in full, or None. Raises ValueError for a line that is no JSON object."""
        line = self._buffer.take()
        while line is not None and not line.strip():
            line = self._buffer.take()
        if line is None:
            return None
        message = json.loads(line)
        if not isinstance(message, dict):
            raise ValueError("a line of the protocol must be a JSON object")
        return message

    def read(self) -> Message | None:
        """Waits for the next message; None at the end of the stream."""
        while (message := self.next_message()) is None:
            if not self.receive():
                return None
        return message

    def send(self, message: Message) -> None:
        self._socket.sendall(json.dumps(message, separators=(",", ":"), default=str).encode() + b"\n")

    def close(self) -> None:
        self._socket.close()
