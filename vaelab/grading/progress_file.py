"""What a learner has reached, in `progress.json` beside the notebooks: the best score of each question."""

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from vaelab.edited import EditedFileError, read_json
from vaelab.errors import VaelabError
from vaelab.files import written_whole
from vaelab.grading.check_report import QuestionReport
from vaelab.grading.exercise import Exercise
from vaelab.grading.tries import Tried

FILE = "progress.json"
_REMEDY = (
    "Put it right, or move it away and run the checks again. The next better score sets it aside as "
    f"{FILE}.broken."
)


class BrokenProgressError(VaelabError, ValueError):
    """A `progress.json` that is there and cannot be understood."""


def read(folder: Path) -> dict[str, dict[str, dict]]:
    """Exercise -> question -> points, possible, solved, date, tried; empty where there is no file.

    Raises:
        BrokenProgressError: if the file is broken.
    """
    path = folder / FILE
    try:
        kept = read_json(path)
    except FileNotFoundError:
        return {}
    except EditedFileError as error:
        raise BrokenProgressError(f"{error} {_REMEDY}") from None
    except OSError as error:
        raise BrokenProgressError(f"{path} cannot be read: {error.strerror}. {_REMEDY}") from None
    if not _well_formed(kept):
        raise BrokenProgressError(f"{path} is not what the checks write. {_REMEDY}")
    return kept


def _well_formed(kept: Any) -> bool:
    try:
        entries = [entry for questions in kept.values() for entry in questions.values()]
        tried = [answers for entry in entries for answers in entry.get("tried", {}).values()]
        scores = all(
            isinstance(e["points"], int | float) and isinstance(e.get("date", ""), str) for e in entries
        )
    except (AttributeError, KeyError, TypeError):
        return False
    return scores and all(isinstance(a, list) and all(isinstance(one, str) for one in a) for a in tried)


def tried(folder: Path, exercise: Exercise) -> dict[str, Tried]:
    """Question -> what was chosen and guessed there before; empty where the file is broken."""
    kept, _ = _read_or_broken(folder)
    return {key: entry.get("tried", {}) for key, entry in kept.get(exercise.name, {}).items()}


def record(folder: Path, exercise: Exercise, reports: Iterable[QuestionReport]) -> None:
    """Keep what is better than before. A folder that cannot be written to is no reason to fail a check.

    A broken file is set aside, not lost.
    """
    kept, broken = _read_or_broken(folder)
    questions = kept.setdefault(exercise.name, {})
    entries = {report.question.key: _entry(report, questions.get(report.question.key)) for report in reports}
    changed = {key: entry for key, entry in entries.items() if entry and entry != questions.get(key)}
    if not changed:
        return
    questions |= changed
    try:
        if broken:
            _set_aside(folder / FILE)
        with written_whole(folder / FILE) as path:
            path.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    except OSError:
        pass


def _read_or_broken(folder: Path) -> tuple[dict[str, dict[str, dict]], bool]:
    try:
        return read(folder), False
    except BrokenProgressError:
        return {}, True


def _entry(report: QuestionReport, before: dict | None) -> dict | None:
    """What is kept of a question: the best score, and all that was tried."""
    entry = before
    if report.points > (before or {}).get("points", 0):
        entry = {
            "points": report.points,
            "possible": report.possible,
            "solved": report.passed,
            "date": date.today().isoformat(),
        }
    if not report.tried:
        return entry
    return (entry or {"points": 0, "possible": report.possible}) | {"tried": dict(report.tried)}


def _set_aside(path: Path) -> None:
    """Rename to `progress.json.broken`, or with a number if that is taken."""
    aside, number = path.with_name(f"{FILE}.broken"), 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{FILE}.broken{number}")
    path.rename(aside)
