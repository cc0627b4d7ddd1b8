"""Running a submission apart from everything else, and asking it: `with opened(cells) as submission`.

The notebook runs in a process of its own (`worker.py`). Under Linux, bubblewrap puts that process into
namespaces of its own (`bubblewrap.py`), a filter of system calls closes what namespaces leave open
(`seccomp.py`), and memory, time, files and processes are limited. Answers come through a pipe (`pipe.py`) as
JSON. What a hidden check expects never leaves this side.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

from vaelab.grading import scratch
from vaelab.grading.isolation import bubblewrap
from vaelab.grading.isolation.launch import ENVIRONMENT, IsolationError, command
from vaelab.grading.isolation.limits import LIMITS, Limits
from vaelab.grading.isolation.pipe import Pipe, PipeError
from vaelab.grading.isolation.watch import Watch
from vaelab.grading.safe_text import printable
from vaelab.grading.space import Space

RAN = "ran"  # the status of a notebook without errors

_START_SECONDS = 600  # on the wall, for Python to start and to import PyTorch on a busy machine
_BACKSTOP = 10  # seconds on the wall for each that a step may take; the rest is for others
_MOST_ERRORS = 50


def require_isolation() -> None:
    """Try a sandbox once.

    Raises:
        IsolationError: if there can be none. The message says what is missing and what to do.
    """
    with opened([], Limits(libraries=())):
        pass


@contextmanager
def opened(cells: Sequence[str], limits: Limits = LIMITS, *, isolated: bool = True) -> Iterator["Submission"]:
    """Run a notebook. Inside the `with` it can be asked; afterwards nothing of it is left.

    Args:
        cells: its code.
        limits: what it may use.
        isolated: False is `--unsafe`: a process of its own, with limits where the system has them.

    Raises:
        IsolationError: if it cannot be kept apart. Nothing is raised for what a submission does.
    """
    with nullcontext() if isolated else scratch.folder() as folder:
        submission = Submission(cells, limits, folder)
        try:
            submission.revive()
            yield submission
        finally:
            submission.kill()


class Submission:
    """A notebook that has run and waits for questions: its process, the pipe to it, and who watches it.

    Attributes:
        space: what checks hold. Once the process is dead, every message gets a reply that says why.
    """

    def __init__(self, cells: Sequence[str], limits: Limits, folder: Path | None):
        self.space = Space(self.ask)
        self._cells, self._limits, self._folder = cells, limits, folder  # a folder means: not isolated
        self._seconds, self._starts, self._alive = limits.all_seconds, limits.starts, False
        self._said: dict[int, str] = {}  # what cells raised
        self._ended: dict[int, str] = {}  # and how some ended the process: those are left out from then on
        self._stopped: list[int] = []  # cells that took too long
        self._trouble = self._gone = ""

    @property
    def errors(self) -> list[str]:
        """Which cells raised what: short, in the submission's words, without control characters."""
        said = sorted((self._said | self._ended).items())[:_MOST_ERRORS]
        return [f"cell {number}: {text}" for number, text in said]

    @property
    def status(self) -> str:
        """How it went, in our words; a later death changes it."""
        count = len(self.errors)
        return self._trouble or (f"ran with errors in {count} cell{'s' * (count > 1)}" if count else RAN)

    def revive(self) -> None:
        """Start it again if it has ended, without the cells that ended it: so that one question does not
        cost the next its answers."""
        while not self._alive and self._starts > 0 and self._seconds > 0:
            self._starts -= 1
            self._start()
            self._run()

    def _start(self) -> None:
        limits = self._limits
        self._complaint = ""  # of bubblewrap
        self._process, identity = (
            (_unsafe(self._folder), None) if self._folder else bubblewrap.start(limits.disk_bytes)
        )
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
        self._said, self._stopped = {}, []
        left = self._limits.run_seconds
        for number, source in enumerate(self._cells, 1):
            if number in self._ended:
                continue
            before, most = self._watch.used, left / 2
            reply = self._step({"cell": number, "source": source}, most)
            if not self._alive:
                self._ended[number] = reply["none"]
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
            self._trouble = self._trouble or "time limit while answering"
            reply = {"none": f"{_too_long(self._limits.answer_seconds)}, the limit for one call"}
        if self._alive and self._seconds <= 0:
            self.kill()
            self._trouble = "time limit while answering"
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
            status, why = self._reason(error, seconds, doing)
            self._gone = f"the notebook had ended before ({why})"
            self._trouble = self._trouble or status
            return {"none": why}
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


def _line(text: Any) -> str:
    """What a submission said, as one short line."""
    return printable(" ".join(str(text)[:2000].split()), 300)


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
