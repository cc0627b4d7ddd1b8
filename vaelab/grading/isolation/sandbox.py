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
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

from vaelab.errors import VaelabError
from vaelab.grading import scratch
from vaelab.grading.isolation import bubblewrap
from vaelab.grading.isolation.launch import ENVIRONMENT, MissingError, command
from vaelab.grading.isolation.limits import LIMITS, Limits
from vaelab.grading.isolation.pipe import Pipe, PipeError
from vaelab.grading.isolation.watch import Watch
from vaelab.grading.safe_text import printable
from vaelab.grading.space import Space

RAN = "ran"  # the status of a notebook without errors

_START_SECONDS = 600  # on the wall, for Python to start and to import PyTorch on a busy machine
_BACKSTOP = 10  # seconds on the wall for each that a step may take; the rest is for others
_MOST_ERRORS = 50


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
    with opened('{"cells": []}', Limits(libraries=())):
        pass


class Submission:
    """A notebook that has run and waits for questions.

    Attributes:
        space: what checks hold. Once the process is dead, every message gets a reply that says why.
        errors: which cells raised what: short, in the submission's words, without control characters.
        status: how it went, in our words; a later death changes it.
    """

    def __init__(self, status: str, ask: Callable[[dict], dict] | None = None):
        self.status = status
        self.errors: list[str] = []
        self.space = Space(ask or self._nobody)

    def revive(self) -> None:
        """Start it again if it has ended, so that one question does not cost the next its answers."""

    def _nobody(self, message: dict) -> dict:
        return {"none": f"nothing was run ({self.status})"}


@contextmanager
def opened(notebook: str, limits: Limits = LIMITS, *, isolated: bool = True) -> Iterator[Submission]:
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
    with nullcontext() if isolated else scratch.folder() as folder:
        submission = _Running(notebook, limits, folder)
        try:
            submission.revive()
            yield submission
        finally:
            submission.kill()


class _Running(Submission):
    """The process, the pipe to it, and who watches what it uses. If it ends, it can be started again."""

    def __init__(self, notebook: str, limits: Limits, folder: Path | None):
        super().__init__(RAN, self.ask)
        self._notebook, self._limits, self._folder = notebook, limits, folder  # a folder means: not isolated
        self._seconds, self._starts, self._alive = limits.all_seconds, limits.starts, False
        self._said: dict[int, str] = {}  # what cells raised
        self._ended: dict[int, str] = {}  # and how some ended the process: those are left out from then on
        self._stopped: list[int] = []  # cells that took too long
        self._trouble = self._why = self._gone = ""

    def revive(self) -> None:
        """Start it again if it has ended, without the cells that ended it."""
        while not self._alive and self._starts > 0 and self._seconds > 0:
            self._starts -= 1
            self._start()
            self._run()
        said = sorted((self._said | self._ended).items())[:_MOST_ERRORS]
        self.errors = [f"cell {number}: {text}" for number, text in said]
        self.status = self._trouble or (_with_errors(len(said)) if said else RAN)

    def _start(self) -> None:
        limits = self._limits
        self._complaint = ""  # of bubblewrap
        self._process, identity = (_unsafe(self._folder), None) if self._folder else _isolated(limits)
        self._alive = True
        self._watch = Watch(self._process, limits)
        self._pipe = Pipe(self._process.stdin, self._process.stdout, limits.reply_bytes)
        try:
            self._pipe.ask({"limits": asdict(limits), "identity": identity}, _START_SECONDS)
        except PipeError as error:
            self.kill()
            ended = f"its first process ended ({self._process.returncode}) and did not say why."
            late = f"Python did not start within {_START_SECONDS} seconds."
            raise IsolationError(self._complaint or (late if error.reason == "late" else ended)) from None
        self._watch.ready()

    def _run(self) -> None:
        """Run all cells, one at a time."""
        count = self._step({"notebook": self._notebook}, self._limits.run_seconds).get("cells", 0)
        if not isinstance(count, int) or count > self._limits.cells:
            self._give_up("not a notebook" if count is None else "notebook too large")
            return
        self._said, self._stopped = {}, []
        left = self._limits.run_seconds
        for number in (n for n in range(1, count + 1) if n not in self._ended):
            before, most = self._watch.used, left / 2
            reply = self._step({"cell": number - 1}, most)
            if not self._alive:
                self._ended[number] = self._why
                return
            if self._watch.late:
                self._trouble = self._trouble or "time limit while running"
                self._stopped.append(number)
                self._said[number] = f"was stopped: {_too_long(most)}"
            elif "error" in reply:
                self._said[number] = _line(reply["error"])
            left = max(0.1, left - (self._watch.used - before))

    def ask(self, message: dict) -> dict:
        """What the submission answers to one message."""
        if not self._alive:
            return {"none": self._gone}
        reply = self._step(message, self._limits.answer_seconds, "answering")
        if self._alive and self._watch.late:
            self._trouble = self.status = self._trouble or "time limit while answering"
            reply = {"none": f"{_too_long(self._limits.answer_seconds)}, the limit for one call"}
        if self._alive and self._seconds <= 0:
            self._give_up("time limit while answering")
            self._gone = f"in all, {_too_long(self._limits.all_seconds)}"
        elif "missing" in reply and self._stopped:
            cells = " and ".join(f"cell {number}" for number in self._stopped)
            reply = {"none": f"it is not defined, for {cells} took too long and was stopped"}
        return reply | {key: _line(reply[key]) for key in ("error", "missing", "none") if key in reply}

    def _step(self, message: dict, seconds: float, doing: str = "running") -> dict:
        """The reply, or one that says why there is none."""
        seconds, before = min(seconds, self._seconds), self._watch.used
        try:
            with self._watch.step(seconds):
                return self._pipe.ask(message, _BACKSTOP * (seconds + 6))
        except PipeError as error:
            self.kill()
            status, self._why = self._reason(error, seconds, doing)
            self._gone = f"the notebook had ended before ({self._why})"
            self._trouble = self.status = self._trouble or status
            return {"none": self._why}
        finally:
            self._seconds -= self._watch.used - before

    def _reason(self, error: PipeError, seconds: float, doing: str) -> tuple[str, str]:
        """Why it has ended: the status, and in a sentence for its author."""
        limits = self._limits
        reasons = {
            "late": (f"time limit while {doing}", _too_long(seconds)),
            "ended": ("ended its process", "the notebook's process ended, as it does after a crash"),
            "garbage": ("sent too much", "it sent more than can be read"),
            "memory": ("memory limit", f"it held more than {limits.memory_bytes / 2**30:g} GB of memory"),
            "files": ("too many files", f"it made more than {limits.files:,} files"),
        }
        return reasons[self._watch.exceeded.replace("time", "late") or error.reason]

    def _give_up(self, status: str) -> None:
        self.kill()
        self._starts, self._trouble, self._gone = 0, status, f"nothing was run ({status})"

    def kill(self) -> None:
        """End it and everything it has started."""
        if not self._alive:
            return
        self._alive = False
        self._watch.stop()
        _end(self._process)
        self._pipe.close()
        if stderr := self._process.stderr:
            with stderr:
                self._complaint = _line(stderr.read(500).decode(errors="replace"))


def _too_long(seconds: float) -> str:
    unit = "second" if seconds == 1 else "seconds"
    return f"it took more than {seconds:.3g} {unit} of processor time and waiting"


def _with_errors(count: int) -> str:
    return f"ran with errors in {count} cell{'s' * (count > 1)}"


def _line(text: Any) -> str:
    """What a submission said, as one short line."""
    return printable(" ".join(str(text)[:2000].split()), 300)


def _isolated(limits: Limits) -> tuple[subprocess.Popen, int | None]:
    try:
        return bubblewrap.start(limits.disk_bytes)
    except MissingError as error:
        raise IsolationError(str(error)) from None


def _unsafe(folder: Path) -> subprocess.Popen:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment = {**ours, **ENVIRONMENT, "HOME": str(folder), "MPLCONFIGDIR": str(folder)}
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
