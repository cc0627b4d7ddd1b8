"""Grading a class: how long `vaelab grade` takes for 100 notebooks, sandbox and feedback pages included.

    python -m benchmarks.grading

Every exercise that has a source is there, solved, empty and with one wrong answer in turn. No two notebooks
are equal, so none is spared.
"""

import tempfile
import time
from collections import Counter
from pathlib import Path

import nbformat

from benchmarks import tables
from tools import mutants
from vaelab.grading.marking.grade import grade
from vaelab.grading.sheet import EXERCISES
from vaelab.grading.source import for_learners, read_source, solved

JOBS = 2


def table(count: int = 100) -> list[dict]:
    """Seconds for all of them, and how many a minute."""
    with tempfile.TemporaryDirectory() as home:
        kinds = write_class(Path(home) / "class", count)
        out = Path(home) / "scores.csv"
        start = time.perf_counter()
        grade(Path(home) / "class", out, html=Path(home) / "feedback", hidden=mutants.SOURCE, jobs=JOBS)
        seconds = time.perf_counter() - start
    return [
        {
            "submissions": count,
            "of these": ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items())),
            "at a time": JOBS,
            "seconds": f"{seconds:.0f}",
            "submissions a minute": f"{60 * count / seconds:.0f}",
        }
    ]


def write_class(folder: Path, count: int) -> Counter:
    """A folder for each student, with one notebook; how many there are of each kind."""
    names = [name for name in EXERCISES if (mutants.SOURCE / name / "exercise.md").exists()]
    makers = (("solved", _solved), ("empty", _empty), ("with one wrong answer", _mutated))
    kinds = Counter()
    for number in range(count):
        name, (kind, make) = names[number % len(names)], makers[number // len(names) % len(makers)]
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


def main() -> None:
    print(tables.markdown(table()))


if __name__ == "__main__":
    main()
