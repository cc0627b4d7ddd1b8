"""The process that a submission runs in: it runs the cells, then answers messages.

Everything here happens beside the submission's code, which may change any of it; nothing here is relied on
for safety, but that limits are set before that code runs.
"""

import importlib
import json
import os
import random
import signal
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np

from vaelab.grading.isolation.cells import compiled
from vaelab.grading.isolation.pipe import written
from vaelab.grading.isolation.shell import Shell
from vaelab.grading.space import Server, seed_all

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
    setup = channel.receive()
    limits = setup["limits"]
    _keep_to(limits, setup["identity"])
    for name in limits["libraries"]:
        importlib.import_module(name)
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, _stop)
    channel.send({})
    work = Work(limits["reply_bytes"])
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
        rest = b"\n" + self._number + b" " + written(reply) + b"\n"
        while rest:
            rest = rest[os.write(self._replies, rest) :]


class Work:
    """What the submission is and does. Its seeds are fixed: a score does not hang on chance."""

    def __init__(self, reply_bytes: int):
        self._reply_bytes = reply_bytes
        module = types.ModuleType("__main__")
        sys.modules["__main__"] = module
        self._namespace = module.__dict__
        shell = Shell(self._namespace)
        self._namespace |= {"get_ipython": lambda: shell, "display": lambda *objects, **options: None}
        self._server = Server(self._namespace)
        seed_all(0)
        # What NumPy's generators without a seed begin with: the system's randomness otherwise.
        np.random.bit_generator.randbits = random.Random(0).getrandbits

    def answer(self, message: dict) -> dict:
        """The reply to one message."""
        if "cell" in message:
            return self._run(f"cell {message['cell']}", message["source"])
        with interruptible():
            return self._sendable(self._server.answer(message))

    def _sendable(self, reply: dict) -> dict:
        if len(written(reply)) < self._reply_bytes:
            return reply
        return {"none": f"what it gives is too large: at most {self._reply_bytes >> 20} MB can be sent"}

    def _run(self, name: str, source: str) -> dict:
        try:
            with interruptible():
                exec(compiled(source, name), self._namespace)
        except BaseException as error:  # SystemExit and KeyboardInterrupt end a cell, not the sheet
            return {"error": _said(error)}
        finally:
            if "matplotlib.pyplot" in sys.modules:
                sys.modules["matplotlib.pyplot"].close("all")
        return {}


_running = False


@contextmanager
def interruptible() -> Iterator[None]:
    """The grader's signal raises `TimeLimitError` in what runs inside."""
    global _running
    _running = True
    try:
        yield
    finally:
        _running = False


def _stop(number: int, frame: Any) -> None:
    """It comes again and again. An import is left alone: some modules cannot be loaded a second time."""
    while frame and _running:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return
        frame = frame.f_back
    if _running:
        raise TimeLimitError


def _keep_to(limits: dict, identity: int | None) -> None:
    """Take on an identity without rights, and limits that cannot be raised again."""
    if identity is not None:
        os.setgroups([])
        os.setresgid(identity, identity, identity)
        os.setresuid(identity, identity, identity)
    if resource is None:
        return
    seconds = int(limits["all_seconds"]) + 60
    for name, most in (
        ("AS", limits["memory_bytes"] + _LIBRARIES),
        ("CORE", 0),
        ("CPU", seconds),
        ("DATA", limits["memory_bytes"]),
        ("FSIZE", limits["file_bytes"]),
        ("NOFILE", limits["open_files"]),
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
