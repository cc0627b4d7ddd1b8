"""The capstone's pages: a learner's report, what students get back, and the instructor's page of a class."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from vaelab.grading.capstone import figures
from vaelab.grading.capstone.capstone_score import STAR, CapstoneScore
from vaelab.grading.capstone.drawn import Shown
from vaelab.grading.capstone.rules import POINTS, RUBRIC, TITLES
from vaelab.grading.check_report import number
from vaelab.grading.marking.feedback import file_name, head, marks, quoted, score
from vaelab.grading.marking.left_alone import INDEX, Command
from vaelab.grading.marking.results import ACCEPTED, CaseResult, Result
from vaelab.grading.marking.scores import Graded
from vaelab.grading.page import document, message, table, text, write_all

_ASKED = {"tried": "What you tried", "failures": "Failures"}
_POSSIBLE = sum(POINTS.values())
BEYOND = "beyond the end"  # the status of a measure that gets a star


def write(folder: Path, graded: Sequence[Graded]) -> None:
    """Write a page for each submission, and `index.html` of the class, which is not for students."""
    write_all(folder, {INDEX: index(graded)} | {file_name(row): page(row) for row in graded})


def report(folder: Path, score: CapstoneScore) -> Path:
    """Write a learner's own check as a page; returns where."""
    write_all(folder, {"report.html": document("Capstone", f"<h1>Capstone</h1>{score._repr_html_()}")})
    return folder / "report.html"


def page(graded: Graded) -> str:
    """The page of one submission. It shows nobody else's work, and no remark that is for the instructor."""
    submission, result = graded.submission, graded.result
    body = [
        head(submission, "Capstone"),
        score(result.points(), _POSSIBLE),
        f'<p class="soft">{text(submission.note.capitalize())}</p>' if submission.note else "",
        *(_details(graded) if result.status == ACCEPTED else [_refused(graded)]),
    ]
    return document(f"Capstone: {submission.student}", "\n".join(body))


def index(graded: Sequence[Graded]) -> str:
    """Everybody's scores, and everybody's samples one below the other."""
    about = "This page names everybody; those it links to are for one student."
    numbers = set(range(1, 8))
    body = [
        f'<header><h1>Capstone</h1><p class="soft">{about}</p></header>',
        table(_COLUMNS, map(_index_row, graded), numbers=numbers),
        "<h2>Samples</h2>",
        *(_strip(row) for row in graded if row.result.status == ACCEPTED),
    ]
    return document("Capstone: scores", "\n".join(body), kind="wide", by=Command.CAPSTONE)


_COLUMNS = ("Student", "Bound", "Fréchet", "Control", "Card", "Points", "Marks", "Total", "Status")


def _index_row(graded: Graded) -> tuple[str, ...]:
    result = graded.result
    return (
        f'<a href="{file_name(graded)}">{text(graded.submission.student)}</a>',
        *(_points(result, key) for key in POINTS),
        f"{result.points():.2f}",
        "" if graded.marks is None else number(graded.marks),
        f"{graded.total:.2f}",
        text(": ".join(filter(None, (result.status, result.note))), 500),
    )


def stars(result: Result) -> int:
    """How many of its measures are beyond the end of their scale."""
    return sum(case.status == BEYOND for cases in result.questions.values() for case in cases)


def _points(result: Result, key: str) -> str:
    """Points in one measure, and below them the value that earned them."""
    cases = result.questions.get(key, [])
    values = (f'<br><span class="soft">{text(case.detail)}</span>' for case in cases if case.detail)
    return "".join((*map(_star, cases), f"{result.points(key):.2f}", *values))


def _star(case: CaseResult) -> str:
    return f"{STAR} " if case.status == BEYOND else ""


def _strip(graded: Graded) -> str:
    result = graded.result
    earned = f"{result.points():.2f} of {number(_POSSIBLE)} {STAR * stars(result)}".rstrip()
    remark = f"<p>{text(result.note)}</p>" if result.note else ""
    return (
        f'<section><h3><span class="of">{earned}</span>{text(graded.submission.student)}</h3>'
        f"{figures.strip(Shown(**result.extra))}{remark}</section>"
    )


def _refused(graded: Graded) -> str:
    result = graded.result
    return f"<p><strong>{text(result.status.capitalize())}</strong>: {message(result.note)}</p>"


def _details(graded: Graded) -> Iterator[str]:
    cases = [(key, case) for key in POINTS for case in graded.result.questions[key]]
    rows = (
        (
            text(TITLES[key]),
            f"{_star(case)}{case.points:.2f} of {number(case.possible)}",
            message(case.message),
        )
        for key, case in cases
    )
    yield table(("Part", "Points", "Why"), rows, numbers={1})
    yield figures.faces(Shown(**graded.result.extra))
    for key, title in _ASKED.items():
        yield f"<section><h2>{title}</h2>{quoted(graded.result.written.get(key, ''))}</section>"
    yield marks(RUBRIC, graded.typed.get("failures", ""), " for the failures")
