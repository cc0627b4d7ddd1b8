"""Contestants in processes of their own, timed in turn.

A process of its own keeps what one contestant does to the memory allocator, to PyTorch's settings and to the
peak of memory away from the others. Turns keep a machine's slow minutes from hitting only one of them.
"""

import contextlib
import multiprocessing
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch

from benchmarks import machine


@dataclass
class Timing:
    """What was measured of one contestant, round by round."""

    images: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    peak_mb: float = 0.0
    note: str = ""

    @property
    def rate(self) -> float:
        """Images a second of wall-clock time: the median round."""
        return statistics.median(n / s for n, s in zip(self.images, self.seconds, strict=True))

    def times_as_fast_as(self, other: "Timing") -> tuple[float, float, float]:
        """Ratio of speeds, round against round: median, smallest, largest."""
        ratios = [
            (n / s) / (m / t)
            for n, s, m, t in zip(self.images, self.seconds, other.images, other.seconds, strict=True)
        ]
        return statistics.median(ratios), min(ratios), max(ratios)


def run(makers: dict[str, tuple[Callable, Sequence]], rounds: int = 4) -> dict[str, Timing]:
    """Time each contestant `rounds` times, in turn, after one round to warm up.

    Args:
        makers: name -> (make, arguments). `make(*arguments)` runs in the new process and returns
            (work, note): `work()` does one round and returns how many images it trained on.
    """
    context = multiprocessing.get_context("spawn")  # a fork would inherit this process's settings
    contestants = {}
    timings = {name: Timing() for name in makers}
    try:
        for name, (make, arguments) in makers.items():
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, make, arguments), daemon=True)
            process.start()
            theirs.close()  # so that a contestant that dies is noticed here
            contestants[name] = (process, ours)
            ours.recv()  # one after the other: threads of two at once would wait for each other, probes too
        for round_ in range(1 + rounds):
            for name, (_, pipe) in contestants.items():
                pipe.send("go")
                images, seconds, cpu_seconds = pipe.recv()
                if round_ > 0:
                    timings[name].images.append(images)
                    timings[name].seconds.append(seconds)
                    timings[name].cpu_seconds.append(cpu_seconds)
        for name, (_, pipe) in contestants.items():
            pipe.send("stop")
            timings[name].peak_mb, timings[name].note = pipe.recv()
    except (EOFError, ConnectionError) as error:
        raise SystemExit("A contestant stopped; what it says about it is above.") from error
    finally:
        for process, pipe in contestants.values():
            pipe.close()  # ends a contestant that still waits for its turn
            process.join()
    return timings


def _serve(pipe, make: Callable, arguments: Sequence) -> None:
    torch.manual_seed(0)
    work, note = make(*arguments)
    pipe.send("made")
    with contextlib.suppress(EOFError, ConnectionError):  # the other side closed the pipe after an error
        while pipe.recv() == "go":
            start, cpu = time.perf_counter(), time.process_time()
            images = work()
            pipe.send((images, time.perf_counter() - start, time.process_time() - cpu))
        pipe.send((machine.peak_memory_mb(), note))
