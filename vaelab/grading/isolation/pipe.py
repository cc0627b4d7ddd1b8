"""Messages to a process that may be hostile, and its replies.

A message is a line: a number nobody can guess, a blank, JSON. Its reply begins with the same number, so
nothing that was written before the question was asked can pass for an answer. Code in the same process can
still find the number and answer for itself. What hidden checks expect is not there; what public ones expect
stands in the package, for everybody to read.
"""

import json
import secrets
import time
from contextlib import suppress
from queue import Empty, Full, Queue
from threading import Thread
from typing import IO

_CHUNK = 1 << 16
_MOST_ITEMS = 500_000  # a list is far slower to look at than an array


class PipeError(Exception):
    """No reply: `reason` is "late", "ended" (the other side is gone) or "garbage" (too much was sent)."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


class Pipe:
    """Asks, and waits for the reply. The files are unbuffered."""

    def __init__(self, requests: IO[bytes], replies: IO[bytes], most_bytes: int):
        self._requests, self._replies, self._most_bytes = requests, replies, most_bytes
        self._chunks: Queue[bytes] = Queue(maxsize=8)  # who sends more has to wait
        self._closed = False
        Thread(target=self._read, daemon=True).start()

    def ask(self, message: dict, seconds: float) -> dict:
        """The reply, if it comes within so many seconds on the wall.

        Raises:
            PipeError: if there is none.
        """
        began, number = time.monotonic(), secrets.token_hex(16)
        line = f"{number} {json.dumps(message)}\n".encode()
        Thread(target=self._write, args=(line,), daemon=True).start()  # nobody may be reading
        reply = self._line(f"\n{number} ".encode(), began + seconds)
        return _parsed(reply)

    def close(self) -> None:
        """Stop asking."""
        self._closed = True
        self._requests.close()

    def _line(self, start: bytes, deadline: float) -> bytes:
        """The rest of the line that begins with `start`; whatever comes before is dropped."""
        received, searched = bytearray(), 0
        while (found := received.find(start, searched)) < 0:
            searched = max(0, len(received) - len(start))
            self._more(received, deadline)
        begin = searched = found + len(start)
        while (end := received.find(b"\n", searched)) < 0:
            searched = len(received)
            self._more(received, deadline)
        return bytes(received[begin:end])

    def _more(self, received: bytearray, deadline: float) -> None:
        if len(received) > self._most_bytes:
            raise PipeError("garbage")
        try:
            chunk = self._chunks.get(timeout=max(0, deadline - time.monotonic()))
        except Empty:
            raise PipeError("late") from None
        if not chunk:
            raise PipeError("ended")
        received += chunk

    def _read(self) -> None:
        with self._replies:
            chunk = b"..."
            while chunk:
                chunk = self._replies.read(_CHUNK)
                while not self._put(chunk):
                    if self._closed:
                        return

    def _put(self, chunk: bytes) -> bool:
        try:
            self._chunks.put(chunk, timeout=0.2)
        except Full:
            return False
        return True

    def _write(self, line: bytes) -> None:
        with suppress(OSError, ValueError):  # the other side is gone, or we are: reading says so
            while line:
                line = line[self._requests.write(line) :]


def _parsed(line: bytes) -> dict:
    """A reply, if it is one as the worker writes it. Else one that says so.

    To write it again and compare shows whatever JSON's reader lets pass: a key twice, NaN, half characters.
    """
    try:
        if sum(line.count(sign) for sign in (b",", b"[", b"{")) > _MOST_ITEMS:
            raise ValueError("too many values")
        reply = json.loads(line)
        if not isinstance(reply, dict) or written(reply) != line:
            raise ValueError("not as the worker writes")
    except (ValueError, RecursionError, MemoryError):
        return {"error": "an answer that could not be read"}
    return reply


def written(message: dict) -> bytes:
    """A message as JSON on one line; half characters become question marks. Raises ValueError for NaN."""
    return json.dumps(message, allow_nan=False, ensure_ascii=False).encode(errors="replace")
