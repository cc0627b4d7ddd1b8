"""What students get back for the capstone, a page each, and the instructor's page that lists them all."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from vaelab.grading.capstone.rules import POINTS, RUBRIC, TITLES
from vaelab.grading.check_report import number
from vaelab.grading.marking.feedback import file_name, head, marks, quoted, score
from vaelab.grading.marking.results import ACCEPTED
from vaelab.grading.marking.scores import Graded
from vaelab.grading.page import document, message, table, text, write_all

_ASKED = {"tried": "What you tried", "failures": "Failures"}
_POSSIBLE = sum(POINTS.values())


def write(folder: Path, graded: Sequence[Graded]) -> None:
    """Write a page for each submission, and `index.html`, which is not for students."""
    write_all(folder, {"index.html": index(graded)} | {file_name(row): page(row) for row in graded})


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
    """Everybody's scores."""
    rows = (
        (
            f'<a href="{file_name(row)}">{text(row.submission.student)}</a>',
            *(number(row.result.points(key)) for key in POINTS),
            number(row.result.points()),
            "" if row.marks is None else number(row.marks),
            number(row.total),
            text(": ".join(filter(None, (row.result.status, row.result.note))), 300),
        )
        for row in graded
    )
    columns = ("Student", "Bound", "Fréchet", "Control", "Card", "Points", "Marks", "Total", "Status")
    about = "This page names everybody; those it links to are for one student."
    body = (
        f'<header><h1>Capstone</h1><p class="soft">{about}</p></header>'
        f"{table(columns, rows, numbers=set(range(1, 8)))}"
    )
    return document("Capstone: scores", body, kind="wide")


def _refused(graded: Graded) -> str:
    result = graded.result
    return f"<p><strong>{text(result.status.capitalize())}</strong>: {message(result.note)}</p>"


def _details(graded: Graded) -> Iterator[str]:
    cases = [(TITLES[key], case) for key in POINTS for case in graded.result.questions[key]]
    rows = (
        (text(title), f"{number(case.points)} of {number(case.possible)}", message(case.message))
        for title, case in cases
    )
    yield table(("Part", "Points", "Why"), rows, numbers={1})
    for key, title in _ASKED.items():
        answer = graded.result.written.get(key, "")
        said = quoted(answer) if answer else '<p class="soft">Nothing was written.</p>'
        yield f"<section><h2>{title}</h2>{said}</section>"
    yield marks(RUBRIC, graded.typed.get("failures", ""), " for the failures")
