"""All cases of an exercise on the instructor's side: the public ones and the hidden ones."""

import hashlib
import runpy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import vaelab
from vaelab.grading import draws
from vaelab.grading.exercise import Case, Exercise
from vaelab.grading.marking.submissions import SubmissionsError
from vaelab.grading.sheet import exercise, module

_ROOT = Path(vaelab.__file__).resolve().parent.parent


@dataclass(frozen=True)
class Checks:
    """How an exercise is graded.

    Attributes:
        exercise: its public side.
        cases: all cases by question.
        rubrics: what earns how many marks, by question, where there is a written answer.
        digest: changes when a check, or what checks are written with, changes.
    """

    exercise: Exercise
    cases: Mapping[str, list[Case]]
    rubrics: Mapping[str, Mapping[float, str]]
    digest: str

    @property
    def points(self) -> float:
        """Points that can be earned."""
        return sum(case.points for cases in self.cases.values() for case in cases)


def load(names: Iterable[str], hidden: Path | None, submissions: Path) -> dict[str, Checks]:
    """The checks of each exercise.

    Args:
        names: exercises such as `04-kl-divergence`.
        hidden: the folder with `NN-name/hidden.py`; None looks for it where `vaelab exercises build` puts it.
        submissions: what is graded. Checks are never taken from there unasked.

    Raises:
        SubmissionsError: if hidden checks are missing.
    """
    return {name: _checks(name, _folders(hidden, submissions)) for name in names}


def _folders(hidden: Path | None, submissions: Path) -> list[Path]:
    if hidden is not None:
        return [hidden]
    places = [root / "exercises" / part for root in (Path.cwd(), _ROOT) for part in ("hidden", "source")]
    return [place for place in places if not place.resolve().is_relative_to(submissions.resolve())]


def _checks(name: str, folders: list[Path]) -> Checks:
    public = exercise(name)
    path = next((p for folder in folders if (p := folder / name / "hidden.py").is_file()), None)
    if path is None:
        looked = " or ".join(map(str, folders))
        raise SubmissionsError(
            f"The hidden checks of {name} are not in {looked}. `vaelab exercises build` makes them from "
            "exercises/source; name their folder with --hidden."
        )
    hidden = runpy.run_path(str(path))["hidden"]  # which leaves no copy beside a file that is kept hidden
    if stray := {case.question for case in hidden.cases} - set(public.questions):
        raise SubmissionsError(
            f"{path} has checks for {', '.join(sorted(stray))}, which {name} does not ask."
        )
    if bare := {q.key for q in public.questions.values() if q.written} - set(hidden.rubrics):
        raise SubmissionsError(
            f"{path} has no rubric for {', '.join(sorted(bare))}, which {name} asks to answer in words."
        )
    cases = {
        key: [*question.cases, *(case for case in hidden.cases if case.question == key)]
        for key, question in public.questions.items()
    }
    return Checks(public, cases, hidden.rubrics, _digest(name, path))


def secret(hidden: Path | None, submissions: Path) -> str:
    """What the draws of graded checks are made from. `vaelab exercises build` makes it, once."""
    files = [folder / draws.SECRET for folder in _folders(hidden, submissions)]
    return next((path.read_text(encoding="utf-8").strip() for path in files if path.is_file()), "no secret")


def _digest(name: str, hidden: Path) -> str:
    room = Path(__file__).parents[1]
    ours = sorted([*room.glob("*.py"), *room.glob("marking/*.py"), *room.glob("isolation/*.py")])
    digest = hashlib.sha256(vaelab.__version__.encode())
    for path in (*ours, Path(module(name).__file__), hidden):
        digest.update(path.read_bytes())
    return digest.hexdigest()
