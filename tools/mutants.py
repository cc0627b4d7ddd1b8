"""Plausible wrong answers must fail, and differently written right ones pass.

    python -m tools.mutants [EXERCISE ...] [--question q1] [--verbose]

Each exercise's `answers.py` lists them: `WRONG` and `RIGHT` map a question to `Answer`s. An answer's code
stands in for the question's cell (tagged with its key) among the names of the solved notebook.
"""

import argparse
import importlib.util
import os
import re
import sys
import types
from collections.abc import Iterator
from contextlib import chdir, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

from vaelab.grading.exercise import Case
from vaelab.grading.marking import checks
from vaelab.grading.outcome import Outcome, Status, run
from vaelab.grading.sheet import EXERCISES
from vaelab.grading.source import for_learners, read_source, solved
from vaelab.grading.space import local

SOURCE = Path(__file__).resolve().parent.parent / "exercises" / "source"


@dataclass(frozen=True)
class Answer:
    """An answer to a question.

    Args:
        name: what is special about it: the mistake, or how it is written.
        code: what stands in the answer's cell.
        says: for a wrong answer, a pattern that the message of a failed case must hold (regular expression,
            upper and lower case alike).
    """

    name: str
    code: str
    says: str = ""


@dataclass(frozen=True)
class Verdict:
    question: str
    answer: Answer
    wrong: bool
    outcomes: list[Outcome]

    @property
    def right_verdict(self) -> bool:
        """Whether a wrong answer failed with a message that fits, or a right one passed."""
        failed = [o for o in self.outcomes if o.status is not Status.PASSED]
        if not self.wrong:
            return not failed
        return any(re.search(self.answer.says, o.message, re.IGNORECASE) for o in failed if o.message)


def module(path: Path) -> ModuleType:
    """A Python file of `exercises/source`, loaded by its path."""
    spec = importlib.util.spec_from_file_location(f"{path.parent.name}.{path.stem}", path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def checks_of(name: str) -> checks.Checks:
    """How an exercise is graded, its hidden side included."""
    return checks.load([name], hidden=SOURCE, submissions=SOURCE)[name]


def cases(name: str) -> dict[str, list[Case]]:
    """All cases of an exercise by question, the hidden ones included."""
    return dict(checks_of(name).cases)


def namespace_of(notebook) -> dict:
    """The names a notebook leaves behind, run in an empty folder without showing anything."""
    os.environ["MPLBACKEND"] = "Agg"
    namespace = {"__name__": "__main__"}
    with TemporaryDirectory() as folder, chdir(folder), redirect_stdout(StringIO()):
        for number, cell in enumerate(notebook.cells):
            if cell.cell_type == "code":
                exec(compile(cell.source, f"cell {number}", "exec"), namespace)
    return namespace


def solution(name: str) -> dict:
    """The names of the solved notebook."""
    return namespace_of(solved(read_source(SOURCE / name / "exercise.md")))


def empty(name: str) -> dict:
    """The names of the learner's notebook with nothing filled in."""
    return namespace_of(for_learners(read_source(SOURCE / name / "exercise.md")))


def verdicts(name: str, names: dict, only: str | None = None, which: str = "answers") -> Iterator[Verdict]:
    """Every answer of a list (`answers.py`, `blind.py`), checked among the names of the solved notebook."""
    answers, its_cases = module(SOURCE / name / f"{which}.py"), cases(name)
    for wrong, listed in ((True, answers.WRONG), (False, answers.RIGHT)):
        for question, its_answers in listed.items():
            for answer in its_answers if only in (None, question) else ():
                space = local(_with(names, answer.code))
                yield Verdict(question, answer, wrong, run(its_cases[question], space))


def _with(names: dict, code: str) -> dict:
    """A copy of the names in which the code has run, and the functions of the old ones see the new ones."""
    changed: dict = {}
    for name, value in names.items():
        own = isinstance(value, types.FunctionType) and value.__globals__ is names
        changed[name] = _moved(value, changed) if own else value
    with redirect_stdout(StringIO()):
        exec(compile(code, "answer", "exec"), changed)
    return changed


def _moved(function: types.FunctionType, names: dict) -> types.FunctionType:
    moved = types.FunctionType(
        function.__code__, names, function.__name__, function.__defaults__, function.__closure__
    )
    moved.__kwdefaults__ = function.__kwdefaults__
    return moved


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("exercises", nargs="*", metavar="EXERCISE", default=EXERCISES)
    parser.add_argument("--question", help="only this one")
    parser.add_argument("--verbose", action="store_true", help="say how each answer went")
    options = parser.parse_args()
    bad = 0
    print(f"{'exercise':40} {'question':9} {'killed':>8} {'accepted':>9}")
    for name in options.exercises:
        found = list(verdicts(name, solution(name), options.question))
        for question in sorted({v.question for v in found}):
            print(_row(name, question, [v for v in found if v.question == question]))
        for verdict in found:
            bad += not verdict.right_verdict
            if options.verbose or not verdict.right_verdict:
                print(_story(verdict))
    return 1 if bad else 0


def _row(name: str, question: str, found: list[Verdict]) -> str:
    wrong, right = ([v.right_verdict for v in found if v.wrong is kind] for kind in (True, False))
    return f"{name:40} {question:9} {sum(wrong):>3} of {len(wrong)} {sum(right):>4} of {len(right)}"


def _story(verdict: Verdict) -> str:
    kind = "wrong" if verdict.wrong else "right"
    lines = [
        f"  {'ok ' if verdict.right_verdict else 'BAD'} {verdict.question} {kind}: {verdict.answer.name}"
    ]
    lines += [f"        {o.status}: {o.case.name}: {o.message}" for o in verdict.outcomes if o.message]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
