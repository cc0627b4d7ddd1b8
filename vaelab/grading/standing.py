"""How far a learner has come in the exercises: what `vaelab progress` shows."""

from dataclasses import dataclass
from pathlib import Path

from vaelab.errors import VaelabError
from vaelab.grading import progress_file
from vaelab.grading.check_report import number
from vaelab.grading.exercise import Exercise
from vaelab.grading.sheet import EXERCISES, exercise


class NoFolderError(VaelabError, ValueError):
    """There is no such folder."""


@dataclass(frozen=True)
class Reached:
    """What is reached in one exercise.

    Attributes:
        exercise: its public side.
        points: reached so far, without the instructor's hidden checks.
        possible: what can be reached without them.
        date: of the last better score, `YYYY-MM-DD`, or nothing.
        whole: whether every question is solved, if not each at the first try.
    """

    exercise: Exercise
    points: float
    possible: float
    date: str
    whole: bool


def default_folder() -> Path:
    """`exercises` if it is in the current folder, else the current folder."""
    return Path("exercises") if Path("exercises").is_dir() else Path(".")


def of(folder: Path) -> list[Reached]:
    """What is reached in each exercise, by the `progress.json` of a folder.

    Raises:
        NoFolderError: if there is no such folder.
        BrokenProgressError: if the file is broken.
    """
    if not folder.is_dir():
        raise NoFolderError(
            f"There is no folder {folder}. Name the one that the exercises' notebooks are in."
        )
    kept = progress_file.read(folder)
    return [_reached(exercise(name), kept.get(name, {})) for name in EXERCISES]


def _reached(exercise: Exercise, kept: dict[str, dict]) -> Reached:
    # What is possible comes from the sheet: the file may be older than a question.
    possible = {key: sum(case.points for case in q.cases) for key, q in exercise.questions.items()}
    points = {key: min(kept[key]["points"], most) for key, most in possible.items() if key in kept}
    dates = [kept[key].get("date", "") for key in points]
    whole = all(_solved(kept.get(key, {}), most) for key, most in possible.items())
    return Reached(exercise, sum(points.values()), sum(possible.values()), max(dates, default=""), whole)


def _solved(entry: dict, most: float) -> bool:
    """A letter that took a second try is not worth all its points, and solved all the same."""
    return entry.get("points", 0) >= most or entry.get("solved") is True


def table(reached: list[Reached]) -> str:
    """As lines for a terminal."""
    width = max(len(one.exercise.title) for one in reached)
    lines = [f"{'Exercise':{width}}  {'points':>12}  last better score"]
    for one in reached:
        score = f"{number(one.points)} of {number(one.possible)}"
        lines.append(f"{one.exercise.title:{width}}  {score:>12}  {one.date}".rstrip())
    total, possible = sum(one.points for one in reached), sum(one.possible for one in reached)
    lines.append(f"{'All':{width}}  {f'{number(total)} of {number(possible)}':>12}")
    return "\n".join([*lines, "", "Your instructor's hidden checks give more points on top."])
