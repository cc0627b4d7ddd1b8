"""The instructor's page: everybody's score, and for each check how many passed and what the others did."""

from collections import Counter
from collections.abc import Iterator, Sequence
from math import ceil, floor
from statistics import median

from vaelab.grading.check_report import number
from vaelab.grading.exercise import Case
from vaelab.grading.marking.checks import Checks
from vaelab.grading.marking.feedback import file_name
from vaelab.grading.marking.left_alone import Command
from vaelab.grading.marking.results import CaseResult
from vaelab.grading.marking.scores import Graded
from vaelab.grading.page import bar, document, message, table, text

_MOST_MESSAGES = 5


def index(graded: Sequence[Graded]) -> str:
    """The page `index.html`. It is not for students: it names them all."""
    exercises = {row.submission.exercise: row.checks for row in graded if row.checks}
    sections = [
        _exercise(checks, [row for row in graded if row.submission.exercise == name])
        for name, checks in sorted(exercises.items())
    ]
    count = f"{len(graded)} submission" + ("s" if len(graded) != 1 else "")
    body = [
        "<header><h1>Scores</h1>",
        f'<p class="soft">{count}. This page names everybody; those it links to are for one student.</p>',
        "</header>",
        _everybody(graded),
        *sections,
    ]
    return document("Scores", "\n".join(body), kind="wide", by=Command.GRADE)


def _everybody(graded: Sequence[Graded]) -> str:
    rows = (
        (
            f'<a href="{file_name(row)}">{text(row.submission.student)}</a>',
            text(row.submission.exercise),
            number(row.result.points()),
            "" if row.marks is None else number(row.marks),
            number(row.total),
            text(row.result.status) + (f": {text(row.result.note, 200)}" if row.result.note else ""),
        )
        for row in graded
    )
    return table(("Student", "Exercise", "Points", "Marks", "Total", "Status"), rows, numbers={2, 3, 4})


def _exercise(checks: Checks, graded: list[Graded]) -> str:
    ran = [row for row in graded if row.result.questions]
    head = f"<h2>{text(checks.exercise.title)}</h2>"
    if not ran:
        return f'<section>{head}<p class="soft">Nothing could be graded.</p></section>'
    scores = [row.result.points() for row in ran]
    middle = median(scores)
    spread = f"half of them at {number(middle)} or more" if len(scores) > 1 else f"at {number(middle)}"
    about = f"<p>{len(ran)} graded, {spread} of {number(checks.points)} points.</p>"
    body = "".join((head, about, _distribution(scores, checks.points), *_questions(checks, ran)))
    return f"<section>{body}</section>"


def _distribution(scores: list[float], most: float) -> str:
    """How many have reached how much, in as many rows as there are whole points."""
    steps = [(low, min(low + 1, most)) for low in range(ceil(most))]
    counts = Counter(min(floor(score), len(steps) - 1) for score in scores)
    rows = (
        (f"{low} to {number(high)}", f"{counts[low]}{bar(counts[low] / len(scores))}") for low, high in steps
    )
    return table(("Points", "Submissions"), rows, numbers={1}, kind="checks")


def _questions(checks: Checks, ran: list[Graded]) -> Iterator[str]:
    for key, question in checks.exercise.questions.items():
        possible = sum(case.points for case in checks.cases[key])
        whole = sum(row.result.points(key) >= possible for row in ran)
        yield f"<h3>{text(key)} {text(question.title)}: {whole} of {len(ran)} have all of it</h3>"
        rows = (_case_row(case, _results(case, ran), len(ran)) for case in checks.cases[key])
        yield table(("Check", "What the others did", "Passed"), rows, numbers={2}, kind="checks")


def _results(case: Case, ran: list[Graded]) -> list[CaseResult]:
    cases = (found for row in ran for found in row.result.questions.get(case.question, []))
    return [found for found in cases if (found.name, found.hidden) == (case.name, case.hidden)]


def _case_row(case: Case, found: list[CaseResult], count: int) -> tuple[str, str, str]:
    passed = sum(result.status == "passed" for result in found)
    said = Counter(result.in_full or "(nothing more)" for result in found if result.status != "passed")
    # The most frequent first; the alphabet decides between equals, so that the page is the same each time.
    frequent = sorted(said.items(), key=lambda item: (-item[1], item[0]))
    lines = "".join(
        f'<span class="said">{times} × {message(words)}</span>' for words, times in frequent[:_MOST_MESSAGES]
    )
    if more := sum(times for _, times in frequent[_MOST_MESSAGES:]):
        lines += f'<span class="said soft">{more} × something else</span>'
    tag = ' <span class="tag">hidden</span>' if case.hidden else ""
    return text(case.name) + tag, lines, f"{passed} of {count}{bar(passed / count)}"
