"""Questions from a file: read, checked and turned into HTML.

A file holds three to five [[question]] tables with a `text`; each has two to five [[question.choice]]
tables with a `text`, a `why` (what is right about it, or which misconception it is) and, in one of them,
`right = true`.
"""

from pathlib import Path

from vaelab.edited import EditedFileError, read_text, toml
from vaelab.errors import UnknownNameError, VaelabError
from vaelab.quizzes.markup import MarkupError, html

FOLDER = Path(__file__).parent
QUESTIONS, CHOICES = range(3, 6), range(2, 6)  # how many there may be


class QuizError(VaelabError, ValueError):
    """A file of questions that does not follow the rules; the message names the file and the question."""


def names() -> list[str]:
    """The quizzes there are; each has the name of its chapter."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def _texts(table: dict, keys: set[str], optional: set[str] = frozenset()) -> dict[str, str]:
    """The table's texts as HTML; anything missing, empty or unknown is an error."""
    unknown = table.keys() - keys - optional - {"choice"}
    if unknown:
        known = ", ".join(sorted(keys | optional))
        raise QuizError(f"{sorted(unknown)[0]!r} is no key here; the keys are {known}")
    for key in keys:
        if not isinstance(table.get(key), str) or not table[key].strip():
            raise QuizError(f"{key!r} is missing or empty; write it as a text")
    return {key: html(table[key]) for key in sorted(keys)}  # in one order: a version is made of it


def _choice(table: dict) -> dict:
    right = table.get("right", False)
    if not isinstance(right, bool):
        raise QuizError("'right' is true or false, without quotation marks")
    return _texts(table, {"text", "why"}, {"right"}) | {"right": right}


def _question(table: dict) -> dict:
    tables = table.get("choice", [])
    if len(tables) not in CHOICES:
        raise QuizError(f"{len(tables)} choices; give {CHOICES[0]} to {CHOICES[-1]}")
    choices = []
    for number, choice in enumerate(tables, start=1):
        try:
            choices.append(_choice(choice))
        except (QuizError, MarkupError) as problem:
            raise QuizError(f"choice {number}: {problem}") from problem
    right = sum(choice["right"] for choice in choices)
    if right != 1:
        raise QuizError(f"{right} choices are marked `right = true`; mark exactly one")
    return _texts(table, {"text"}) | {"choices": choices}


def read(path: Path) -> list[dict]:
    """The questions of one file: [{"text", "choices": [{"text", "why", "right"}, ...]}, ...], texts as HTML.

    Raises QuizError, a ValueError, which names the file, the question and what to change.
    """
    try:
        content = toml(path.name, read_text(path))
    except EditedFileError as problem:
        raise QuizError(str(problem)) from problem
    tables = content.get("question", [])
    if len(tables) not in QUESTIONS or len(content) != 1:
        raise QuizError(
            f"{path.name} has {len(tables)} [[question]] tables; give {QUESTIONS[0]} to {QUESTIONS[-1]} "
            "and nothing beside them"
        )
    questions = []
    for number, table in enumerate(tables, start=1):
        try:
            questions.append(_question(table))
        except (QuizError, MarkupError) as problem:
            raise QuizError(f"{path.name}, question {number}: {problem}") from problem
    return questions


def load(name: str) -> list[dict]:
    """The questions of the quiz called `name`, as `read` gives them."""
    if name not in names():
        raise UnknownNameError("quiz", name, names())
    return read(FOLDER / f"{name}.toml")
