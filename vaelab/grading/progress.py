"""What a learner has reached: the best score of each question, in `progress.json` beside the notebooks."""

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from vaelab.files import written_whole
from vaelab.grading.exercise import Exercise
from vaelab.grading.report import QuestionReport

FILE = "progress.json"


def read(folder: Path) -> dict[str, dict[str, dict]]:
    """Exercise -> question -> {"points", "possible", "date"}; empty where there is no readable file."""
    try:
        kept = json.loads((folder / FILE).read_text())
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def record(folder: Path, exercise: Exercise, reports: Iterable[QuestionReport]) -> None:
    """Keep what is better than before. A folder that cannot be written to is no reason to fail a check."""
    kept = read(folder)
    questions = kept.setdefault(exercise.name, {})
    better = {
        report.question.key: {
            "points": report.points,
            "possible": report.possible,
            "date": date.today().isoformat(),
        }
        for report in reports
        if report.points > questions.get(report.question.key, {}).get("points", 0)
    }
    if not better:
        return
    questions |= better
    try:
        with written_whole(folder / FILE) as path:
            path.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")
    except OSError:
        pass
