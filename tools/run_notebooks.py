"""Run the notebooks that are not in the cache, several at a time, and check what they say.

    python -m tools.run_notebooks [--again] [NOTEBOOK ...]    (default: those of book/)

What a notebook shows goes into the cache that the book is built from, once all its cells have run and those
tagged `nbval-check-output` printed what is stored with them; that is compared in cached notebooks too.

A cell may use 120 seconds of processor time: its kernel's and its children's, on however busy a machine. The
limit in wall seconds is far away, and there for cells that wait for ever.
"""

import argparse
import asyncio
import atexit
import contextlib
import copy
import difflib
import itertools
import os
import re
import sys
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import nbformat
import psutil
from jupyter_cache import get_cache
from jupyter_cache.cache.main import CacheBundleIn
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from tools import alone, notebook_cache
from tools.clean_notebooks import CHECKED
from tools.ending import told

T = TypeVar("T")

CPU_SECONDS = 120.0  # for one cell
WALL_SECONDS = 1800
AT_ONCE = max(1, min(4, os.cpu_count() or 1))
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_HEAD = re.compile(r"(\d+) s to run on two CPU cores")  # tools/run_times.py writes it


class Loop(asyncio.SelectorEventLoop):
    """Leaves Ctrl-C to asyncio, which stops everything; nbclient would take it, and stop one kernel."""

    def add_signal_handler(self, *_):
        raise NotImplementedError


class CellFailedError(Exception):
    """A cell did not end, or its kernel died; the message says why."""


@dataclass
class Result:
    """What became of one notebook.

    Attributes:
        notebook: with its outputs.
        failures: (number of the cell among all cells, what is wrong) of each cell that failed.
        passed: code cells that ran and said what they should.
        cached: nothing was run, the outputs are those of the cache.
        wall, cpu: seconds; the processor's are those of the kernel and its children.
    """

    path: Path
    notebook: NotebookNode
    failures: list[tuple[int, str]] = field(default_factory=list)
    passed: int = 0
    cached: bool = False
    wall: float = 0.0
    cpu: float = 0.0

    def report(self) -> str:
        """One line, and for each failure the cell's source and what happened."""
        cost = "from the cache" if self.cached else f"{self.wall:.1f} s, {self.cpu:.1f} s of processor time"
        cells = len(code_cells(self.notebook))
        lines = [f"{self.path.name}: {self.passed} of {cells} cells passed; {cost}"]
        for number, reason in self.failures:
            source = "\n".join(f"    {line}" for line in self.notebook.cells[number].source.splitlines())
            lines += [f"\n{self.path}, cell {number}:\n{source}\n\n{_COLOURS.sub('', reason)}\n"]
        return "\n".join(lines)


def code_cells(notebook: NotebookNode) -> list[tuple[int, NotebookNode]]:
    """Cells that are run, with their numbers."""
    return [
        (number, cell)
        for number, cell in enumerate(notebook.cells)
        if cell.cell_type == "code" and cell.source.strip()
    ]


def said(outputs: list[NotebookNode]) -> str:
    """The text that a cell prints and returns."""
    parts = [
        output.text if output.output_type == "stream" else output.get("data", {}).get("text/plain", "") + "\n"
        for output in outputs
        if output.get("name") != "stderr"
    ]
    return "".join(parts)


def compare(result: Result, stored: NotebookNode) -> Result:
    """Note the tagged cells that say something else than what is stored with them."""
    cells = code_cells(result.notebook)
    failed = {number for number, _ in result.failures}
    reached = [number for number, _ in cells if not failed or number < min(failed)]
    for number in reached:
        cell = stored.cells[number]
        if CHECKED in cell.metadata.get("tags", []):
            before, after = said(cell.outputs), said(result.notebook.cells[number].outputs)
            if before != after:
                lines = (before.splitlines(), after.splitlines())
                diff = "\n".join(difflib.unified_diff(*lines, "stored", "printed now", lineterm=""))
                result.failures.append((number, f"prints something else than before:\n{diff}"))
    result.failures.sort()
    result.passed = len(set(reached) - {number for number, _ in result.failures})
    return result


def processor_seconds(process: psutil.Process) -> float:
    """Seconds of processor time of a process and its children, also of those that have ended."""
    total = 0.0
    with contextlib.suppress(psutil.NoSuchProcess):
        for member in [process, *process.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                total += sum(member.cpu_times()[:4])  # user and system; of itself and of its ended children
    return total


async def run_cell(client: NotebookClient, cell: NotebookNode, number: int, kernel: psutil.Process) -> None:
    """Run one cell within its limits.

    Raises:
        CellExecutionError: the cell raised an error.
        CellFailedError: it used too much time, or its kernel died.
    """
    start = processor_seconds(kernel)
    running = asyncio.ensure_future(client.async_execute_cell(cell, number))
    try:
        while not (await asyncio.wait({running}, timeout=0.5))[0]:
            if processor_seconds(kernel) - start > CPU_SECONDS:
                raise CellFailedError(f"used more than {CPU_SECONDS:g} seconds of processor time")
        await running
    except CellTimeoutError:
        raise CellFailedError(f"did not end within {WALL_SECONDS} seconds") from None
    except DeadKernelError:
        raise CellFailedError("its kernel died; perhaps the memory was used up") from None
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@asynccontextmanager
async def kernel_of(client: NotebookClient, environment: dict[str, str]) -> AsyncIterator[psutil.Process]:
    """A notebook's kernel, which ends with the block."""
    try:
        async with client.async_setup_kernel(env=environment):
            yield psutil.Process(client.km.provisioner.pid)
    finally:
        if client.km is None:  # stopped at its start or its end: nbclient would end it once more at exit
            atexit.unregister(client._cleanup_kernel)


async def run(path: Path, threads: int = 1) -> Result:
    """Run one notebook in a kernel of its own, as far as the first cell that fails."""
    stored = nbformat.read(path, as_version=4)
    result = Result(path, copy.deepcopy(stored))
    client = NotebookClient(
        result.notebook,
        kernel_name="python3",
        timeout=WALL_SECONDS,
        store_widget_state=False,
        record_timing=False,
        shutdown_kernel="immediate",
        resources={"metadata": {"path": str(path.resolve().parent)}},
    )
    environment = {"OMP_NUM_THREADS": str(threads)} | notebook_cache.notebook_environment()
    began = time.perf_counter()
    async with kernel_of(client, environment) as kernel:
        for number, cell in code_cells(result.notebook):
            try:
                await run_cell(client, cell, number, kernel)
            except (CellExecutionError, CellFailedError) as error:
                result.failures.append((number, getattr(error, "traceback", str(error))))
                break
        result.cpu = processor_seconds(kernel)
    result.wall = time.perf_counter() - began
    return compare(result, stored)


def cached(path: Path) -> Result | None:
    """A notebook as it is in the cache, compared with what is stored with it; None if it is not there."""
    stored = nbformat.read(path, as_version=4)
    try:
        _, found = get_cache(notebook_cache.CACHE).merge_match_into_notebook(copy.deepcopy(stored))
    except KeyError:
        return None
    return compare(Result(path, found, cached=True), stored)


def keep(result: Result) -> None:
    """Put a notebook that passed into the cache. Only this process writes there, one notebook at a time."""
    data = {"execution_seconds": result.wall}
    bundle = CacheBundleIn(result.notebook, str(result.path.resolve()), data=data)
    get_cache(notebook_cache.CACHE).cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


def expected_seconds(path: Path) -> float:
    """How long a notebook may take: what its head says, or else a second a cell."""
    text = path.read_text(encoding="utf-8")
    head = _HEAD.search(text)
    return float(head[1]) if head else text.count('"cell_type": "code"')


async def run_all(paths: list[Path]) -> list[Result]:
    """Run notebooks, a few at a time and the longest first; what passed is in the cache at the end."""
    threads = max(1, (os.cpu_count() or 1) // AT_ONCE)
    room, ended = asyncio.Semaphore(AT_ONCE), itertools.count(1)

    async def run_one(path: Path) -> Result:
        async with room:
            result = await run(path, threads)
        if not result.failures:
            keep(result)
        print(f"{next(ended)} of {len(paths)} run. {result.report()}", flush=True)
        return result

    longest_first = sorted(paths, key=expected_seconds, reverse=True)
    try:
        async with asyncio.TaskGroup() as group:  # on Ctrl-C it waits until each has ended its kernel
            running = [group.create_task(run_one(path)) for path in longest_first]
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [task.result() for task in running]


def wait_for(running: Coroutine[Any, Any, T]) -> T:
    """What comes of it; Ctrl-C ends it, with its kernels."""
    # This process asks IPython for its folder, too, which complains of a home that cannot be written.
    os.environ["IPYTHONDIR"] = str(notebook_cache.IPYTHON)
    with asyncio.Runner(loop_factory=Loop) as runner:
        return runner.run(running)


def fill_cache(paths: list[Path], again: bool = False) -> bool:
    """Run what is not in the cache, check everything, print how it went: whether all cells passed."""
    notebook_cache.refresh()
    known = [] if again else [result for path in paths if (result := cached(path))]
    for result in known:
        if result.failures:
            print(result.report())
    missing = [path for path in paths if path not in {result.path for result in known}]
    if missing:
        minutes = max(1, round(sum(map(expected_seconds, missing)) / AT_ONCE / 60))
        lot = f"{len(missing)} of {len(paths)}, up to {AT_ONCE} at a time"
        print(f"To run: {lot}; about {minutes} min.", flush=True)
    results = known + wait_for(run_all(missing))
    passed, failed = sum(r.passed for r in results), sum(len(r.failures) for r in results)
    not_reached = sum(len(code_cells(r.notebook)) for r in results) - passed - failed
    print(
        f"Notebooks: {len(missing)} run, {len(known)} from the cache. Cells: {passed} passed, {failed} failed"
        + (f", {not_reached} not reached" if not_reached else "")
    )
    return not failed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--again", action="store_true", help="run them even if they are in the cache")
    parser.add_argument("notebooks", nargs="*", type=Path)
    arguments = parser.parse_args()
    with alone.turn(notebook_cache.__file__):
        return int(not fill_cache(arguments.notebooks or notebook_cache.of_the_book(), arguments.again))


if __name__ == "__main__":
    sys.exit(told(main))
