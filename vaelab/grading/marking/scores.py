"""The table of scores: a row for each submission, and columns for the marks that the instructor types in.

It opens in Excel (UTF-8 with its mark), and what Excel saves, with semicolons or in an older encoding, is
read back. What students wrote cannot become a formula.
"""

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from vaelab.files import written_whole
from vaelab.grading.marking.checks import Checks
from vaelab.grading.marking.results import Result
from vaelab.grading.marking.submissions import Submission, SubmissionsError
from vaelab.grading.safe_text import cell

FIRST = ("student", "exercise", "file", "status", "note", "score", "of", "marks", "total")
_WRITTEN, _MARKS = " written", " marks"
Key = tuple[str, str]  # exercise and file: a spreadsheet leaves them as they are, unlike a student's 007


@dataclass(frozen=True)
class Graded:
    """A submission, how it did, and the instructor's marks.

    Attributes:
        submission: what was handed in.
        result: how it did.
        checks: of its exercise, if that is known.
        typed: question -> what stands in its column of marks.
    """

    submission: Submission
    result: Result
    checks: Checks | None = None
    typed: Mapping[str, str] = field(default_factory=dict)

    @property
    def marks(self) -> float | None:
        """The sum of the marks typed so far; None if there are none yet."""
        found = [mark for text in self.typed.values() if (mark := as_number(text)) is not None]
        return sum(found) if found else None

    @property
    def total(self) -> float:
        """Points and marks."""
        return self.result.points() + (self.marks or 0)

    def key(self) -> Key:
        """What its row is found again by."""
        return self.submission.exercise, cell(self.submission.file)


def as_number(text: str) -> float | None:
    """What was typed as a number, with a decimal point or comma; None if it is none."""
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def with_marks(
    submission: Submission,
    result: Result,
    checks: Checks | None,
    typed: Mapping[Key, Mapping[str, tuple[str, str]]],
) -> Graded:
    """A row with the marks that were typed for it, as `typed_marks` gives them.

    It says so if an answer is another than the one that was marked.
    """
    row = Graded(submission, result, checks)
    marks = typed.get(row.key(), {})
    changed = [k for k, (_, answer) in marks.items() if answer != cell(result.written.get(k, ""))]
    if changed:
        note = f"the answer to {', '.join(changed)} is another than the one that was marked"
        row = replace(row, result=replace(result, note="; ".join(filter(None, (result.note, note)))))
    return replace(row, typed={key: mark for key, (mark, _) in marks.items()})


def keep_marks_of_others(path: Path, graded: Iterable[Graded], typed: Mapping[Key, object]) -> None:
    """Copy an earlier table that has marks of submissions that are gone, before it is written anew."""
    if lost := set(typed) - {row.key() for row in graded}:
        before = path.with_name(f"{path.stem}.before{path.suffix}")
        before.write_bytes(path.read_bytes())
        print(f"Marks of {len(lost)} submissions that are gone: the old table is kept as {before}.")


@contextmanager
def perhaps_open_elsewhere() -> Iterator[None]:
    """Around the writing: a file that cannot be written is a `SubmissionsError` that says what to do."""
    try:
        yield
    except OSError as error:
        raise SubmissionsError(
            f"{error}. Is the table open in another program? Close it and run the same command again: what "
            "is graded is kept."
        ) from None


def write(path: Path, graded: Sequence[Graded]) -> None:
    """One row a submission, one column a question. The same rows give the same bytes."""
    write_rows(path, columns(graded), (_row(row) for row in graded))


def columns(graded: Iterable[Graded]) -> list[str]:
    """The header: questions of all exercises together, then the written answers."""
    checks = [row.checks for row in graded if row.checks]
    questions = sorted({key for c in checks for key in c.cases}, key=_natural)
    written = sorted({k for c in checks for k, q in c.exercise.questions.items() if q.written}, key=_natural)
    pairs = [f"{key}{kind}" for key in written for kind in (_WRITTEN, _MARKS)]
    return [*FIRST, *questions, "failed", *pairs]


def _natural(key: str) -> tuple[int, str]:
    return len(key), key


def _row(graded: Graded) -> dict[str, str]:
    result, checks = graded.result, graded.checks
    row = first_cells(graded, f"{checks.points:g}" if checks else "", checks.cases if checks else ())
    row["failed"] = cell("; ".join(f"{key} {case.name}" for key, case in result.failed()))
    row |= {f"{key}{_WRITTEN}": cell(text) for key, text in result.written.items()}
    return row | {f"{key}{_MARKS}": mark_cell(text) for key, text in graded.typed.items()}


def first_cells(graded: Graded, possible: str, questions: Iterable[str]) -> dict[str, str]:
    """What every table has: whose, what, how it went, points and marks."""
    submission, result = graded.submission, graded.result
    row = {
        **_names(graded),
        "status": cell(result.status),
        "note": cell("; ".join(filter(None, (submission.note, result.note)))),
        "score": f"{result.points():g}",
        "of": possible,
        "marks": "" if graded.marks is None else f"{graded.marks:g}",
        "total": f"{graded.total:g}",
    }
    return row | {key: f"{result.points(key):g}" for key in questions}


def mark_cell(typed: str) -> str:
    """As it was typed: a negative mark is a number, not a formula."""
    return cell(typed) if as_number(typed) is None else typed


def _names(graded: Graded) -> dict[str, str]:
    exercise, file = graded.key()
    return {"student": cell(graded.submission.student), "exercise": exercise, "file": file}


def write_cases(path: Path, graded: Iterable[Graded]) -> None:
    """One row for each case of each submission."""
    rows = (
        {
            **_names(row),
            "question": key,
            "case": cell(case.name),
            "hidden": "yes" if case.hidden else "no",
            "status": cell(case.status),
            "points": f"{case.points:g}",
            "of": f"{case.possible:g}",
            "message": cell(case.message),
        }
        for row in graded
        for key, cases in row.result.questions.items()
        for case in cases
    )
    header = (*FIRST[:3], "question", "case", "hidden", "status", "points", "of", "message")
    write_rows(path, header, rows)


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    """Write a table that Excel opens. Text in it must have been through `safe_text.cell`."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, header, restval="", quoting=csv.QUOTE_MINIMAL)
    writer.writeheader()
    writer.writerows(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as temporary:
        temporary.write_bytes(text.getvalue().encode("utf-8-sig"))


def typed_marks(path: Path) -> dict[Key, dict[str, tuple[str, str]]]:
    """Marks typed into an earlier table: row -> question -> (mark, the answer it was given for).

    Raises:
        SubmissionsError: if the file is no such table. It is not to be overwritten then.
    """
    if not path.exists():
        return {}
    try:
        text = _decoded(path)
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
        rows, header = list(reader), reader.fieldnames or ()
    except (OSError, csv.Error) as error:
        raise SubmissionsError(f"{path} cannot be read: {error}. Marks typed there would be lost.") from None
    if text and not {"exercise", "file", "student"} <= set(header):
        raise SubmissionsError(
            f"{path} is no table that `vaelab grade` wrote: it is left alone. Give --out another name."
        )
    return {_key(row): marks for row in rows if (marks := _marks(row))}


def _key(row: Mapping[str, str]) -> Key:
    return row["exercise"] or "", row["file"] or ""


def _marks(row: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    keys = [name.removesuffix(_MARKS) for name in row if name and name.endswith(_MARKS)]
    return {
        key: (row[key + _MARKS].strip(), row.get(key + _WRITTEN) or "") for key in keys if row[key + _MARKS]
    }


def _decoded(path: Path) -> str:
    data = path.read_bytes()
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _delimiter(text: str) -> str:
    header = text.split("\n", 1)[0]
    return max(",;\t", key=header.count)
