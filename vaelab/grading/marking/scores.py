"""The table of scores: a row for each submission, and columns for the marks that the instructor types in.

It opens in Excel (UTF-8 with its mark), and what Excel saves, with semicolons or in an older encoding, is
read back. Columns that the instructor adds stay, at the right. What students wrote cannot become a formula.
"""

import csv
import io
import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from vaelab.edited import read_text
from vaelab.faults import sentence
from vaelab.files import written_whole
from vaelab.grading.marking import left_alone
from vaelab.grading.marking.checks import Checks
from vaelab.grading.marking.left_alone import Command
from vaelab.grading.marking.results import Result
from vaelab.grading.marking.submissions import Submission, SubmissionsError
from vaelab.grading.safe_text import cell

FIRST = ("student", "exercise", "file", "status", "note", "score", "of", "marks", "total")
_WRITTEN, _MARKS = " written", " marks"
_OURS = re.compile(r"q\d+( written| marks)?|failed")  # also a question's of an exercise that is gone
Key = tuple[str, str]  # exercise and file: a spreadsheet leaves them as they are, unlike a student's 007


@dataclass(frozen=True)
class Earlier:
    """A row of an earlier table.

    Attributes:
        place: file and line, for people.
        cells: what stands in it, by column.
        own: of that, what stands in the columns that the instructor added.
    """

    place: str
    cells: Mapping[str, str]
    own: Mapping[str, str]

    def marks(self) -> dict[str, str]:
        """Question -> what was typed into its column of marks, if anything was."""
        columns = [name for name in self.cells if name.endswith(_MARKS) and name not in self.own]
        return {c.removesuffix(_MARKS): text for c in columns if (text := self.cells[c].strip())}

    def answer(self, question: str) -> str:
        """The answer that it was given for."""
        return self.cells.get(question + _WRITTEN, "")

    def typed(self) -> bool:
        """Whether somebody typed something into it."""
        return bool(self.marks()) or any(text.strip() for text in self.own.values())


@dataclass(frozen=True)
class Graded:
    """A submission, how it did, and the instructor's marks.

    Attributes:
        submission: what was handed in.
        result: how it did.
        checks: of its exercise, if that is known.
        rubrics: what earns how many marks, by question.
        typed: question -> what stands in its column of marks.
        own: column -> what stands in it, of those that the instructor added.
    """

    submission: Submission
    result: Result
    checks: Checks | None = None
    rubrics: Mapping[str, Mapping[float, str]] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)
    own: Mapping[str, str] = field(default_factory=dict)

    @property
    def marks(self) -> float | None:
        """The sum of the marks typed so far, of those that can be one; None if there are none yet."""
        marks = (as_mark(text, self.rubrics.get(key)) for key, text in self.typed.items())
        found = [mark for mark in marks if mark is not None]
        return sum(found) if found else None

    @property
    def total(self) -> float:
        """Points and marks."""
        return self.result.points() + (self.marks or 0)

    def key(self) -> Key:
        """What its row is found again by."""
        return self.submission.exercise, cell(self.submission.file)


def as_mark(text: str, rubric: Mapping[float, str] | None) -> float | None:
    """What was typed as a mark, within the rubric; None if it is none, or where there is nothing to mark."""
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return value if rubric and 0 <= value <= max(rubric) else None


def with_marks(
    submission: Submission,
    result: Result,
    checks: Checks | None,
    rubrics: Mapping[str, Mapping[float, str]],
    earlier: Mapping[Key, Earlier],
) -> Graded:
    """A row with what was typed for it, as `earlier_rows` gives that.

    It says so if an answer is another than the one that was marked, or if a mark cannot be one.
    """
    row = Graded(submission, result, checks, rubrics)
    before = earlier.get(row.key())
    if before is None:
        return row
    typed = before.marks()
    changed = [key for key in typed if before.answer(key) != cell(result.written.get(key, ""))]
    notes = [f"the answer to {', '.join(changed)} is another than the one that was marked"] if changed else []
    for key, text in typed.items():
        rubric = rubrics.get(key)
        if as_mark(text, rubric) is None:
            why = f"a mark is a number from 0 to {max(rubric):g}" if rubric else "there is nothing to mark"
            notes.append(f"{text!r} in {key}{_MARKS} does not count: {why}")
            print(f"{before.place} ({cell(submission.student)}): {notes[-1]}.")
    note = "; ".join(filter(None, (result.note, *notes)))
    return replace(row, result=replace(result, note=note), typed=typed, own=before.own)


def keep_what_is_lost(path: Path, graded: Iterable[Graded], earlier: Mapping[Key, Earlier]) -> None:
    """Copy an earlier table in which something was typed for submissions that are gone."""
    here = {row.key() for row in graded}
    if lost := [key for key, row in earlier.items() if key not in here and row.typed()]:
        before = path.with_name(f"{path.stem}.before{path.suffix}")
        with written_whole(before) as temporary:
            temporary.write_bytes(path.read_bytes())
        print(f"Marks of {len(lost)} submissions that are gone: the old table is kept as {before}.")


@contextmanager
def what_is_graded_is_kept() -> Iterator[None]:
    """Around reading and writing the table, to say so. Windows lets nobody touch one that Excel has open."""
    try:
        yield
    except OSError as error:
        open_elsewhere = isinstance(error, PermissionError)
        ask = "Or is the table open in another program? Close it. " if open_elsewhere else ""
        raise SubmissionsError(
            f"{sentence(error)} {ask}What is graded is kept: the same command goes on from there."
        ) from None


def write(path: Path, graded: Sequence[Graded], own: Sequence[str]) -> None:
    """One row a submission, one column a question; `own` ones follow. The same rows give the same bytes."""
    rows, header = [_row(row) for row in graded], columns(graded)
    astray = [column for row in rows for column in row if column not in (*header, *own)]  # marks for nothing
    write_rows(path, [*header, *dict.fromkeys(astray), *own], rows)


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
    return row | {f"{key}{_MARKS}": text for key, text in graded.typed.items()} | graded.own


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


def _names(graded: Graded) -> dict[str, str]:
    exercise, file = graded.key()
    return {"student": cell(graded.submission.student), "exercise": exercise, "file": file}


_CASES = (*FIRST[:3], "question", "case", "hidden", "status", "points", "of", "message")


def require_cases(path: Path, out: Path) -> None:
    """Let a table of cases be written if nothing else is there, and nothing else is to be.

    Raises:
        SubmissionsError: it would take the place of another file.
    """
    if path.resolve() == out.resolve():
        raise SubmissionsError(f"--out and --cases are both {path}: give each a name of its own.")
    if not path.exists():
        return
    with what_is_graded_is_kept():
        text = read_text(path)
    if text and not _is_of_cases(text.split("\n", 1)[0].split(_delimiter(text))):
        raise SubmissionsError(
            f"{path} is no table of checks that `{Command.GRADE}` wrote: it is left alone. Give --cases "
            "another name."
        )


def _is_of_cases(header: Iterable[str]) -> bool:
    return set(_CASES) <= {name.strip(' "') for name in header}


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
            "message": cell(case.in_full),
        }
        for row in graded
        for key, cases in row.result.questions.items()
        for case in cases
    )
    write_rows(path, _CASES, rows)


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    """Write a table that Excel opens. What students wrote must have been through `safe_text.cell`."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, header, restval="", quoting=csv.QUOTE_MINIMAL)
    writer.writeheader()
    writer.writerows(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as temporary:
        temporary.write_bytes(text.getvalue().encode("utf-8-sig"))


def earlier_rows(
    path: Path, command: Command = Command.GRADE, ours: Container[str] = FIRST
) -> dict[Key, Earlier]:
    """The rows of an earlier table, by exercise and file.

    Args:
        path: of the table; it need not be there.
        command: the one that is to write it anew.
        ours: columns that the instructor did not add, besides those of questions.

    Raises:
        SubmissionsError: if the file is no such table, or another's. It is not to be overwritten then.
    """
    if not path.exists():
        return {}
    with what_is_graded_is_kept():
        text = read_text(path)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
        lines = [(reader.line_num, row) for row in reader if row]
    except csv.Error as error:
        raise SubmissionsError(f"{path} cannot be read: {error}. Marks typed there would be lost.") from None
    header = _named([row for _, row in lines])
    if text and (not {"exercise", "file", "student"} <= set(header) or _is_of_cases(header)):
        raise SubmissionsError(
            f"{path} is no table of scores that `{command}` wrote: it is left alone. Give --out another name."
        )
    rows, named = {}, [name.strip() for name in lines[0][1]] if lines else []
    for number, row in lines[1:]:
        cells = dict(zip(header, row, strict=False))
        others = {c: text for c, text in cells.items() if c not in ours and not _OURS.fullmatch(c)}
        added = {c: text for c, text in others.items() if text.strip() or c in named}
        rows[cells.get("exercise", ""), cells.get("file", "")] = Earlier(
            f"{path}, line {number}", cells, added
        )
    left_alone.require_table(path, {exercise for exercise, _ in rows}, command)
    return rows


def _named(rows: Sequence[Sequence[str]]) -> list[str]:
    """A name for each column, from the first row: one that is missing or there twice gets a number."""
    names: list[str] = []
    for number in range(max(map(len, rows), default=0)):
        name = rows[0][number].strip() if number < len(rows[0]) else ""
        names.append(f"{name or 'column'} {number + 1}" if not name or name in names else name)
    return names


def own_columns(earlier: Mapping[Key, Earlier]) -> list[str]:
    """The columns that the instructor added, in their order."""
    return list(dict.fromkeys(name for row in earlier.values() for name in row.own))


def _delimiter(text: str) -> str:
    header = text.split("\n", 1)[0]
    return max(",;\t", key=header.count)
