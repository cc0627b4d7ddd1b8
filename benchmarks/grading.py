"""Grading a class: how long `vaelab grade` takes, and whether neighbours and a busy machine change a score.

    python -m benchmarks.grading                100 notebooks, twice
    python -m benchmarks.grading --count 6      to see that it runs

Every exercise that has a source is there, solved, empty and with one wrong answer in turn. No two notebooks
are equal, so none is spared. The class is graded alone; then beside four loops that want every processor, and
with five submissions more that hold much memory and fork sixty hogs. The tables of scores and of cases must
be the same both times, byte for byte, but for the hogs' own lines.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

import nbformat

from benchmarks import machine, tables
from tools import mutants
from vaelab.grading.marking.grade import grade
from vaelab.grading.sheet import EXERCISES
from vaelab.grading.source import for_learners, read_source, solved

JOBS = 2
LOOPS = 4
HOGS, FORKS = 5, 12  # submissions, and what each of them forks
HOG = f"""
import os, time
kept = b"x" * (1 << 30)
for _ in range({FORKS}):
    if os.fork() == 0:
        os.setsid()
        while True: pass
time.sleep(100)
"""


def table(count: int = 100, surroundings: Sequence[str] = ("alone",)) -> list[dict]:
    """Seconds for all of them, how many a minute, and whether the tables are those of the first time."""
    rows, first = [], None
    for name in surroundings:
        with tempfile.TemporaryDirectory() as home, SURROUNDINGS[name](Path(home) / "class"):
            kinds = write_class(Path(home) / "class", count)
            seconds, lines = _graded(Path(home))
        first = first or lines
        others = len(set(lines) ^ set(first))
        rows.append(
            {
                "the class": name,
                "submissions": count,
                "of these": ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items())),
                "at a time": JOBS,
                "seconds": f"{seconds:.0f}",
                "submissions a minute": f"{60 * count / seconds:.1f}",
                "same tables": f"NO: {others} lines differ" if others else "yes",
            }
        )
    return rows


def _graded(home: Path) -> tuple[float, list[bytes]]:
    """Seconds, and the lines of both tables that are not a hog's."""
    out, cases = home / "scores.csv", home / "cases.csv"
    start = time.perf_counter()
    grade(home / "class", out, html=home / "feedback", cases=cases, hidden=mutants.SOURCE, jobs=JOBS)
    seconds = time.perf_counter() - start
    lines = [line for path in (out, cases) for line in path.read_bytes().splitlines()]
    return seconds, [line for line in lines if not line.startswith(b"hog")]


@contextmanager
def _loops_and_hogs(folder: Path) -> Iterator[None]:
    """Busy loops outside, and hogs that are handed in with the rest."""
    for number in range(HOGS):
        notebook = for_learners(_source(EXERCISES[0]))
        notebook.cells.append(nbformat.v4.new_code_cell(f"number = {number}{HOG}"))
        path = folder / f"hog {number}" / "hog.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(LOOPS)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


SURROUNDINGS: dict[str, Callable] = {
    "alone": nullcontext,
    f"beside {LOOPS} busy loops, {HOGS * FORKS} hogs in it": _loops_and_hogs,
}


def write_class(folder: Path, count: int) -> Counter:
    """A folder for each student, with one notebook; how many there are of each kind."""
    names = [name for name in EXERCISES if (mutants.SOURCE / name / "exercise.md").exists()]
    makers = (("solved", _solved), ("empty", _empty), ("with one wrong answer", _mutated))
    kinds = Counter()
    for number in range(count):
        turn, place = divmod(number, len(names))
        name, (kind, make) = names[place], makers[(place + turn) % len(makers)]
        notebook = make(name, number)
        notebook.cells.append(nbformat.v4.new_code_cell(f"# student {number}"))
        path = folder / f"student {number:03}" / f"{name}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)
        kinds[kind] += 1
    return kinds


def _solved(name: str, number: int):
    return solved(_source(name))


def _empty(name: str, number: int):
    return for_learners(_source(name))


def _mutated(name: str, number: int):
    notebook = _solved(name, number)
    wrong = mutants.module(mutants.SOURCE / name / "answers.py").WRONG
    listed = [(key, answer) for key, answers in wrong.items() for answer in answers]
    key, answer = listed[number % len(listed)]
    (cell,) = [cell for cell in notebook.cells if key in cell.metadata.get("tags", [])]
    cell.source += f"\n\n{answer.code}"
    return notebook


def _source(name: str):
    return read_source(mutants.SOURCE / name / "exercise.md")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=100, help="notebooks in the class (default: 100)")
    rows, described = table(parser.parse_args().count, list(SURROUNDINGS)), machine.describe()
    print(f"{machine.in_words(described)}\n{tables.markdown(rows)}")
    tables.save("grading-class", described, rows)
    return 0 if {row["same tables"] for row in rows} == {"yes"} else 1


if __name__ == "__main__":
    sys.exit(main())
