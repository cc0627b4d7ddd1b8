"""What one submission may use. Learners are told the seconds, and `check()` says when a call takes more."""

from dataclasses import dataclass, replace

_MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Seconds are those in which it runs on a processor, all its processes together, and those in which none
    of them wants to: it sleeps, or waits. Seconds in which others have the processor do not count.

    Args:
        run_seconds: all cells of the notebook; one cell may take half of what is left.
        answer_seconds: one message of a check.
        all_seconds: everything together, also where the notebook has to be started again.
        starts: how often the notebook is started, if it ends.
        memory_bytes: all its processes together, and each alone; code of libraries is not counted.
        disk_bytes: all it writes. It is held in memory and gone afterwards.
        file_bytes: one file.
        files: all it makes.
        processes: processes and threads.
        open_files: at once, in one process.
        reply_bytes: one reply.
        libraries: what is imported before the clock starts.
    """

    run_seconds: float = 120
    answer_seconds: float = 10
    all_seconds: float = 240
    starts: int = 4
    memory_bytes: int = 4096 * _MIB
    disk_bytes: int = 512 * _MIB
    file_bytes: int = 256 * _MIB
    files: int = 20_000
    processes: int = 16
    open_files: int = 64
    reply_bytes: int = 4 * _MIB
    libraries: tuple[str, ...] = ("numpy", "torch", "vaelab")

    def shared(self, notebooks: int, fair: int = 12) -> "Limits":
        """For one of a student's notebooks: however many there are, they take the time of a dozen."""
        share = min(1, fair / notebooks)
        return replace(self, run_seconds=share * self.run_seconds, all_seconds=share * self.all_seconds)


LIMITS = Limits()
