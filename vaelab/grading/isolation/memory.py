"""Watching how much memory a process and all its descendants hold together.

A limit of the system holds for one process; a submission can start many. Where there is no /proc, nothing is
watched.
"""

import subprocess
from pathlib import Path
from threading import Event, Thread

_SECONDS = 0.05
_COUNTED = ("RssAnon:", "RssShmem:", "VmSwap:")  # not files that are mapped, such as libraries


class MemoryGuard:
    """Kills a process when it and its descendants hold more than the limit.

    Attributes:
        exceeded: whether that happened.
    """

    def __init__(self, process: subprocess.Popen, most_bytes: int):
        self._process, self._most_bytes = process, most_bytes
        self._stopped = Event()
        self.exceeded = False
        Thread(target=self._watch, daemon=True).start()

    def stop(self) -> None:
        """Stop watching."""
        self._stopped.set()

    def _watch(self) -> None:
        while not self._stopped.wait(_SECONDS):
            if sum(map(_held, _family(self._process.pid))) > self._most_bytes:
                self.exceeded = True
                self._process.kill()
                return


def _family(pid: int) -> set[int]:
    """A process and its descendants."""
    found, new = set(), {pid}
    while new:
        found |= new
        new = {child for parent in new for child in _children(parent)} - found
    return found


def _children(pid: int) -> list[int]:
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return []
    return [int(child) for thread in threads for child in _read(thread / "children").split()]


def _held(pid: int) -> int:
    lines = _read(Path(f"/proc/{pid}/status")).splitlines()
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith(_COUNTED))


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # ended in the meantime
        return ""
