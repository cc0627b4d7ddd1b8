"""The process that a submission runs in: it runs the cells, then answers messages.

Everything here happens beside the submission's code, which may change any of it; nothing here is relied on
for safety, but that limits are set before that code runs.
"""

import json
import os
import signal
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from typing import Any

from vaelab.grading.isolation import seeding
from vaelab.grading.isolation.cells import Cell, read_cells
from vaelab.grading.isolation.shell import Shell
from vaelab.grading.space import Server

try:
    import resource
except ImportError:  # Windows
    resource = None


_LIBRARIES = 8 << 30  # bytes of addresses, most of them never used: PyTorch alone maps 3 GiB


class TimeLimitError(BaseException):
    """Code took too long. Not an `Exception`, so that a submission's `except Exception` lets it through."""


def main() -> None:
    """Serve the grader until it closes the pipe."""
    channel = Channel()
    limits = channel.receive()
    _keep_to(limits["limits"], limits["identity"])
    channel.send({})
    work = Work(limits["limits"])
    while True:
        message = channel.receive()
        try:
            channel.send(work.answer(message))
        except BaseException as error:  # whatever the submission raises, at whatever moment
            channel.send({"error": type(error).__name__})


class Channel:
    """The grader's messages and our replies, on descriptors of their own: 0, 1 and 2 lead nowhere."""

    def __init__(self):
        self._requests = os.fdopen(os.dup(0), "rb")
        self._replies = os.dup(1)
        for fd in (0, 1, 2):
            nowhere = os.open(os.devnull, os.O_RDWR)
            os.dup2(nowhere, fd)
            os.close(nowhere)

    def receive(self) -> dict:
        """The next message; ends the process when there is none."""
        line = self._requests.readline()
        if not line:
            os._exit(0)
        self._number, _, message = line.partition(b" ")
        return json.loads(message)

    def send(self, reply: dict) -> None:
        """Answer the last message."""
        rest = b"\n" + self._number + b" " + json.dumps(reply, allow_nan=False).encode() + b"\n"
        while rest:
            rest = rest[os.write(self._replies, rest) :]


class Work:
    """What the submission is and does."""

    def __init__(self, limits: dict):
        self._limits = limits
        module = types.ModuleType("__main__")
        sys.modules["__main__"] = module
        self._namespace = module.__dict__
        shell = Shell(self._namespace)
        self._namespace |= {"get_ipython": lambda: shell, "display": lambda *objects, **options: None}
        self._server = Server(self._namespace)

    def answer(self, message: dict) -> dict:
        """The reply to one message."""
        if "notebook" in message:
            return self._run(message["notebook"])
        seconds = self._limits["answer_seconds"]
        try:
            with at_most(seconds):
                return self._sendable(self._server.answer(message))
        except TimeLimitError:
            return {"error": f"nothing: it took longer than {seconds:g} seconds"}

    def _sendable(self, reply: dict) -> dict:
        if len(json.dumps(reply)) < self._limits["reply_bytes"]:
            return reply
        return {"error": "nothing: what it gives is too large to be sent"}

    def _run(self, notebook: str) -> dict:
        cells = read_cells(notebook)  # all are read before the first one runs
        if cells is None:
            return {"how": "no notebook"}
        seeding.fix()
        errors, left, late = [], self._limits["run_seconds"], False
        for cell in cells:
            began = monotonic()
            try:
                self._run_cell(cell, left / 2)
            except TimeLimitError:
                late = True
                errors.append(f"cell {cell.number}: took longer than {left / 2:.3g} seconds")
            except BaseException as error:  # SystemExit and KeyboardInterrupt end a cell, not the sheet
                errors.append(f"cell {cell.number}: {_said(error)}")
            left = max(0.1, left - (monotonic() - began))
        return {"how": "time limit" if late else "", "errors": errors}

    def _run_cell(self, cell: Cell, seconds: float) -> None:
        if cell.code is None:
            raise SyntaxError(cell.error)
        try:
            with at_most(seconds):
                exec(cell.code, self._namespace)
        finally:
            if "matplotlib.pyplot" in sys.modules:
                sys.modules["matplotlib.pyplot"].close("all")


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise `TimeLimitError` in what runs inside after so many seconds, where the system can."""
    if not hasattr(signal, "setitimer"):
        yield
        return
    signal.signal(signal.SIGALRM, _too_late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _too_late(number: int, frame: Any) -> None:
    raise TimeLimitError


def _keep_to(limits: dict, identity: int | None) -> None:
    """Take on an identity without rights, and limits that cannot be raised again."""
    if identity is not None:
        os.setgroups([])
        os.setresgid(identity, identity, identity)
        os.setresuid(identity, identity, identity)
    if resource is None:
        return
    seconds = int(limits["run_seconds"] + limits["all_answers_seconds"]) + 60
    for name, most in (
        ("AS", limits["memory_bytes"] + _LIBRARIES),
        ("CORE", 0),
        ("CPU", seconds),
        ("DATA", limits["memory_bytes"]),
        ("FSIZE", limits["file_bytes"]),
        ("NOFILE", limits["files"]),
        ("NPROC", limits["processes"]),
    ):
        _limit(name, most)


def _limit(name: str, most: int) -> None:
    kind = getattr(resource, f"RLIMIT_{name}", None)
    if kind is None:
        return
    _, hardest = resource.getrlimit(kind)
    most = most if hardest == resource.RLIM_INFINITY else min(most, hardest)
    with suppress(OSError, ValueError):  # macOS refuses some
        resource.setrlimit(kind, (most, most))


def _said(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}"[:500]
    except BaseException:
        return "an error that cannot be shown"
