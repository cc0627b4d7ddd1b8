"""Watching from outside what a process and all its descendants use: they cannot hide it, nor stop the clock.

Limits of the system hold for one process; a submission can start many. Where there is no /proc, memory is
not watched and the clock is the one on the wall.
"""

import os
import signal
import subprocess
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock, Thread
from time import monotonic

from vaelab.grading.isolation.limits import Limits

_SECONDS = 0.05  # between two looks
_GRACE = 3  # seconds between a request to stop, which spares the process, and its end
_INODE = 1024  # bytes of the kernel's memory for a file, be it empty
_COUNTED = ("RssAnon:", "RssShmem:", "VmSwap:")  # not files that are mapped, such as libraries
_SHARED_OUT = ("Pss_Anon:", "Pss_Shmem:", "SwapPss:")  # the same, where each sharer counts its part
_PROC = os.path.isdir("/proc/self/task")
_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


class Watch:
    """Counts seconds and memory, asks the process to stop what takes too long, and kills it for the rest.

    Attributes:
        used: seconds of the steps so far, as `Limits` counts them.
        late: whether the last step took too long.
        exceeded: why the process was killed: "time", "memory", "files", or nothing.
    """

    def __init__(self, process: subprocess.Popen, limits: Limits):
        self.used, self.late, self.exceeded = 0.0, False, ""
        self._process, self._limits = process, limits
        self._worker = Process(process.pid, "", 0, 0, True)  # who is asked to stop
        self._until: float | None = None
        self._processor, self._own = 0.0, {}
        self._lock, self._stopped = Lock(), Event()
        Thread(target=self._watch, daemon=True).start()

    def ready(self) -> None:
        """The worker is there, and runs nothing of the submission yet."""
        self._worker = (family(self._process.pid) or [self._worker])[-1]

    @contextmanager
    def step(self, seconds: float) -> Iterator[None]:
        """What happens inside may take so many seconds."""
        with self._lock:
            self.late, self._until = False, self.used + seconds
        try:
            yield
        finally:
            with self._lock:
                self._until = None

    def stop(self) -> None:
        """Stop watching."""
        self._stopped.set()

    def _watch(self) -> None:
        before = monotonic()
        while not self._stopped.wait(_SECONDS):
            now, processes = monotonic(), family(self._process.pid)
            with self._lock:
                # We may have been late ourselves; what was between is not held against anybody.
                self._count(processes, min(now - before, 2 * _SECONDS))
                self._judge(processes)
            before = now

    def _count(self, processes: list["Process"], seconds: float) -> None:
        """Two sums of processor time, each too small at times, none too large: of all that were ever seen,
        and of those that live and those that they have waited for."""
        self._own |= {(p.pid, p.began): p.own for p in processes}
        now = max(self._processor, sum(self._own.values()), sum(p.own + p.ended for p in processes))
        spent, self._processor = now - self._processor, now
        if self._until is not None:
            self.used += spent if any(p.wants for p in processes) else max(spent, seconds)

    def _judge(self, processes: list["Process"]) -> None:
        files = self._files()
        if files > self._limits.files:
            self._kill("files")
        elif hold_more(processes, self._limits.memory_bytes - _INODE * files):
            self._kill("memory")
        elif self._until is None or self.used <= self._until:
            return
        elif self.used > self._until + _GRACE:
            self._kill("time")
        else:
            self.late = True
            self._ask_to_stop(processes)

    def _files(self) -> int:
        """How many it has made in the folder that lives in memory."""
        if self._worker.pid == self._process.pid:  # it has no such folder
            return 0
        try:
            place = os.statvfs(Path("/proc", str(self._worker.pid), "root", "tmp"))
        except OSError:
            return 0
        return place.f_files - place.f_ffree

    def _ask_to_stop(self, processes: list["Process"]) -> None:
        who = (self._worker.pid, self._worker.began)  # no later process of the same number
        alive = who in {(p.pid, p.began) for p in processes} if _PROC else self._process.poll() is None
        if alive and hasattr(signal, "SIGALRM"):
            with suppress(OSError):
                os.kill(self._worker.pid, signal.SIGALRM)

    def _kill(self, why: str) -> None:
        self.exceeded, self.late = why, self.late or why == "time"
        self._process.kill()


@dataclass(frozen=True)
class Process:
    """A process as /proc tells of it.

    Attributes:
        began: with the number, what tells it from a later one.
        own: seconds that it had a processor.
        ended: the same, of its children that ended and that it waited for.
        wants: whether one of its threads runs, or would.
    """

    pid: int
    began: str
    own: float
    ended: float
    wants: bool


def family(pid: int) -> list[Process]:
    """A process and its descendants. Parents stand before their children, and are looked at before them:
    so the seconds of a child that ends meanwhile are missed, but never counted twice."""
    found, next_ones = {}, deque([pid])
    while next_ones:
        pid = next_ones.popleft()
        if pid not in found and (looked := _look(pid)):
            found[pid], children = looked
            next_ones += children
    return list(found.values())


def _look(pid: int) -> tuple[Process, list[int]] | None:
    try:
        tasks = [f"/proc/{pid}/task/{name}" for name in os.listdir(f"/proc/{pid}/task")]
    except OSError:
        return None
    children = [int(child) for task in tasks for child in _read(f"{task}/children").split()]
    wants = any(_fields(task)[:1] == ["R"] for task in tasks)
    fields = _fields(f"/proc/{pid}")
    if not fields:
        return None
    own, ended = ((int(fields[i]) + int(fields[i + 1])) / _TICKS for i in (11, 13))
    return Process(pid, fields[19], own, ended, wants), children


def _fields(place: str) -> list[str]:
    return _read(f"{place}/stat").rpartition(")")[2].split()


def hold_more(processes: list[Process], most: float) -> bool:
    """Whether they hold more bytes than that. What children share with their parent counts once."""
    return all(
        sum(_kilobytes(f"/proc/{p.pid}/{file}", names) for p in processes) * 1024 > most
        for file, names in (("status", _COUNTED), ("smaps_rollup", _SHARED_OUT))  # the second takes long
    )


def _kilobytes(path: str, names: tuple[str, ...]) -> int:
    return sum(int(line.split()[1]) for line in _read(path).splitlines() if line.startswith(names))


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:  # ended in the meantime
        return ""
