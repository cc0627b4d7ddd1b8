"""Running a submission apart from everything else, and asking it: `with opened(text) as submission`.

The notebook runs in a process of its own (`worker.py`). Under Linux, bubblewrap puts that process into
namespaces of its own (`bubblewrap.py`), a filter of system calls closes what namespaces leave open
(`seccomp.py`), and memory, time, files and processes are limited. Answers come through a pipe (`pipe.py`) as
JSON. What a hidden check expects never leaves this side.
"""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vaelab.errors import VaelabError
from vaelab.grading.isolation import bubblewrap
from vaelab.grading.isolation.launch import ENVIRONMENT, MissingError, command
from vaelab.grading.isolation.memory import MemoryGuard
from vaelab.grading.isolation.pipe import Pipe, PipeError
from vaelab.grading.safe_text import printable
from vaelab.grading.space import Space, SubmissionError

RAN = "ran"  # the status of a notebook without errors

_MIB = 1 << 20
_GRACE = 3  # seconds between the worker's own time limit, which spares it, and the end of its process
_START_SECONDS = 60  # for Python to start on a busy machine
_MOST_ERRORS = 50


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Args:
        run_seconds: all cells of the notebook; one cell may take half of what is left.
        answer_seconds: one message of a check.
        all_answers_seconds: all messages together.
        memory_bytes: all its processes together, and each alone; code of libraries is not counted.
        disk_bytes: all it writes. It is held in memory and gone afterwards.
        file_bytes: one file.
        processes: processes and threads.
        files: open at once, in one process.
        reply_bytes: one reply.
        notebook_bytes: the notebook's text, outputs included.
    """

    run_seconds: float = 120
    answer_seconds: float = 10
    all_answers_seconds: float = 120
    memory_bytes: int = 4096 * _MIB
    disk_bytes: int = 512 * _MIB
    file_bytes: int = 256 * _MIB
    processes: int = 64
    files: int = 256
    reply_bytes: int = 4 * _MIB
    notebook_bytes: int = 50 * _MIB


class IsolationError(VaelabError, RuntimeError):
    """Submissions cannot be kept apart from this machine."""

    def __init__(self, reason: str):
        super().__init__(f"Submissions cannot be kept apart here: {reason}\n{_REMEDY}")


_REMEDY = """\
Debian, Ubuntu: sudo apt install bubblewrap libseccomp2. Fedora: sudo dnf install bubblewrap libseccomp.
Bubblewrap must be of version 0.7 or newer.
If it may not make namespaces: Ubuntu 24.04 needs the AppArmor profile bwrap-userns-restrict in force;
a container must allow user namespaces. macOS, Windows: grade under Linux, in WSL2 or in a virtual machine.
With --unsafe nothing is kept apart: a submission can then read, change and delete every file that you can,
the hidden checks and the other submissions among them."""


def require_isolation() -> None:
    """Try a sandbox once.

    Raises:
        IsolationError: if there can be none. The message says what is missing and what to do.
    """
    with opened('{"cells": []}'):
        pass


class Submission:
    """A notebook that has run and waits for questions.

    Attributes:
        space: what checks hold. Once the process is dead, every message raises `SubmissionError`.
        errors: which cells raised what: short, in the submission's words, without control characters.
        status: how it went, in our words; a later death changes it.
    """

    def __init__(self, status: str, ask: Callable[[dict], dict] | None = None):
        self.status = status
        self.errors: list[str] = []
        self.space = Space(ask or self._dead)

    def _dead(self, message: dict) -> dict:
        raise SubmissionError(f"nothing: there is nobody left to answer ({self.status})")


@contextmanager
def opened(notebook: str, limits: Limits = Limits(), *, isolated: bool = True) -> Iterator[Submission]:
    """Run a notebook. Inside the `with` it can be asked; afterwards nothing of it is left.

    Args:
        notebook: text of the .ipynb file.
        limits: what it may use.
        isolated: False is `--unsafe`: a process of its own, with limits where the system has them.

    Raises:
        IsolationError: if it cannot be kept apart. Nothing is raised for what a submission does.
    """
    if len(notebook) > limits.notebook_bytes:
        yield Submission("notebook too large")
        return
    with tempfile.TemporaryDirectory(prefix="vaelab-", ignore_cleanup_errors=True) as folder:
        submission = _Running(limits, isolated, Path(folder))
        try:
            submission.run(notebook)
            yield submission
        finally:
            submission.kill()


class _Running(Submission):
    """The process, the pipe to it, and who watches its memory."""

    def __init__(self, limits: Limits, isolated: bool, folder: Path):
        super().__init__(RAN, self.ask)
        self._complaint = ""  # of bubblewrap
        self._limits, self._time_left, self._alive = limits, limits.all_answers_seconds, True
        self._process, identity = _isolated(limits) if isolated else (_unsafe(folder), None)
        self._guard = MemoryGuard(self._process, limits.memory_bytes)
        self._pipe = Pipe(self._process.stdin, self._process.stdout, limits.reply_bytes)
        try:
            self._pipe.ask({"limits": asdict(limits), "identity": identity}, _START_SECONDS)
        except PipeError:
            self.kill()
            raise IsolationError(self._complaint or "the process did not start.") from None

    def run(self, notebook: str) -> None:
        """Run all cells."""
        try:
            reply, _ = self._pipe.ask({"notebook": notebook}, self._limits.run_seconds + _GRACE)
        except PipeError as error:
            self._died(error, "time limit while running")
            return
        errors = reply.get("errors")
        self.errors = [_line(text) for text in errors[:_MOST_ERRORS]] if isinstance(errors, list) else []
        self.status = _STATUS.get(str(reply.get("how")), self._with_errors())

    def _with_errors(self) -> str:
        count = len(self.errors)
        return f"ran with errors in {count} cell{'s' * (count > 1)}" if count else RAN

    def ask(self, message: dict) -> dict:
        """What the submission answers to one message."""
        if not self._alive:
            return self._dead(message)
        try:
            reply, seconds = self._pipe.ask(
                message, min(self._limits.answer_seconds, self._time_left) + _GRACE
            )
        except PipeError as error:
            self._died(error, "time limit while answering")
            return self._dead(message)
        self._time_left = max(0, self._time_left - seconds)
        return reply | {key: _line(reply[key]) for key in ("error", "missing") if key in reply}

    def _died(self, error: PipeError, too_late: str) -> None:
        self.kill()
        reasons = {"late": too_late, "ended": "ended its process", "garbage": "sent too much"}
        self.status = "memory limit" if self._guard.exceeded else reasons[error.reason]

    def kill(self) -> None:
        """End it and everything it has started."""
        if not self._alive:
            return
        self._alive = False
        self._guard.stop()
        _end(self._process)
        self._pipe.close()
        if stderr := self._process.stderr:
            with stderr:
                self._complaint = _line(stderr.read(500).decode(errors="replace"))


def _line(text: Any) -> str:
    """What a submission said, as one short line."""
    return printable(" ".join(str(text)[:2000].split()), 300)


_STATUS = {"no notebook": "not a notebook", "time limit": "time limit while running"}


def _isolated(limits: Limits) -> tuple[subprocess.Popen, int | None]:
    try:
        return bubblewrap.start(limits.disk_bytes)
    except MissingError as error:
        raise IsolationError(str(error)) from None


def _unsafe(folder: Path) -> subprocess.Popen:
    environment = {**os.environ, **ENVIRONMENT, "HOME": str(folder), "MPLCONFIGDIR": str(folder)}
    return subprocess.Popen(
        command(),
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env=environment,
        start_new_session=True,
    )


def _end(process: subprocess.Popen) -> None:
    """Kill the group. What runs in bubblewrap's namespaces dies with it."""
    try:
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    except OSError:  # gone already
        pass
    process.wait()
