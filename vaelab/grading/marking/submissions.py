"""What was handed in: which notebook is whose, and for which exercise. All is reported, nothing run."""

import json
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from vaelab.grading.marking import owners
from vaelab.grading.marking.filetree import LARGEST, Entry, SubmissionsError, UnreadableError
from vaelab.grading.safe_text import cell
from vaelab.grading.sheet import EXERCISES

_MOST_OF_ONE_STUDENT, _MOST_CELLS = 50, 5_000
_SHEET = re.compile(r"\bsheet\(\s*[\"']([\w-]+)[\"']\s*\)")


@dataclass(frozen=True)
class Submission:
    """One row of the table: a notebook, or what was handed in in its place.

    Attributes:
        student: as the folder, the LMS or the file name says.
        file: where it lies, inside the folder that is graded.
        exercise: such as `04-kl-divergence`; empty if not known.
        cells: the code of the notebook.
        problem: why it cannot be graded, or nothing.
        note: what the instructor should know.
    """

    student: str
    file: str
    exercise: str = ""
    cells: tuple[str, ...] = ()
    problem: str = ""
    note: str = ""


def find(place: Path, leave_out: Collection[Path] = ()) -> list[Submission]:
    """Every submission in a folder or .zip, by student, exercise and file.

    A student who handed in files, but no notebook, comes too. So does every link, broken archive and
    unreadable file. Loose files at the top that are no notebooks are passed over.

    Args:
        place: a folder of notebooks, a folder of students' folders, an LMS's archive, or a folder of those.
        leave_out: files and folders that are not submissions.

    Raises:
        SubmissionsError: if there is no such place, or nothing in it.
    """
    students = owners.by_student(place, leave_out, owners.of_a_notebook)
    found = [submission for student, handed in students for submission in _of(student, handed)]
    if not found:
        raise SubmissionsError(f"There is no notebook (.ipynb) in {place}.")
    return list(_told_apart(sorted(found, key=lambda s: (s.student.casefold(), s.exercise, s.file))))


def _told_apart(submissions: Iterable[Submission]) -> Iterator[Submission]:
    """Where a table would show two names alike, the second gets a number: marks are found again by them."""
    shown: set[str] = set()
    for submission in submissions:
        name, number = submission.file, 1
        while cell(name) in shown:
            number += 1
            name = f"({number}) {submission.file}"
        shown.add(cell(name))
        yield replace(submission, file=name)


def _of(student: str, handed_in: list[Entry]) -> list[Submission]:
    handed_in = [file for file in handed_in if file.parts[-1]] or handed_in[:1]  # an empty folder, if all are
    notebooks = [file for file in handed_in if file.kind == ".ipynb" or file.refused]
    if len(notebooks) > _MOST_OF_ONE_STUDENT:
        problem = f"{len(notebooks):,} notebooks of one student, where {_MOST_OF_ONE_STUDENT} are allowed"
        return [Submission(student, notebooks[0].parts[0], problem=problem)]
    if not notebooks:
        names = ", ".join(file.parts[-1] for file in handed_in[:5])
        return [Submission(student, "/".join(handed_in[0].parts), problem=f"no notebook: {names}")]
    return _counted([_looked_at(student, file) for file in notebooks])


def _counted(submissions: list[Submission]) -> list[Submission]:
    """Two notebooks for one exercise are both graded, and each says so."""
    exercises = [submission.exercise for submission in submissions]

    def note(submission: Submission) -> str:
        count = exercises.count(submission.exercise) if submission.exercise else 1
        more = f"one of {count} notebooks for this exercise" if count > 1 else ""
        return "; ".join(filter(None, (submission.note, more)))

    return [replace(submission, note=note(submission)) for submission in submissions]


def _looked_at(student: str, file: Entry) -> Submission:
    name = "/".join(file.parts)
    in_name = owners.exercise_of(file.parts[-1])
    try:
        cells = code_cells(file.read(LARGEST))
    except UnreadableError as error:
        return Submission(student, name, in_name, problem=str(error))
    named = [exercise for source in cells for exercise in _SHEET.findall(source)]
    exercise = next((e for e in named if e in EXERCISES), "") or in_name
    note = f"its name says {in_name}" if in_name and in_name != exercise else ""
    return Submission(
        student,
        name,
        exercise,
        cells,
        problem="" if exercise else "for no exercise that is known here",
        note=note if any(map(str.strip, cells)) else "a notebook without code",
    )


def code_cells(notebook: bytes) -> tuple[str, ...]:
    """The code of a notebook's cells. Raises UnreadableError; nothing here trusts the file."""
    try:
        content = json.loads(notebook.decode("utf-8-sig"))
        if "worksheets" in content:
            raise UnreadableError("a notebook as they were before 2015: open and save it in JupyterLab")
        cells = content["cells"]
        code = [cell.get("source", "") for cell in cells if cell.get("cell_type") == "code"]
        sources = tuple("".join(source if isinstance(source, list) else [source]) for source in code)
    except UnreadableError:
        raise
    except UnicodeDecodeError:
        raise UnreadableError("not a notebook: not UTF-8") from None
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        raise UnreadableError("not a notebook: its JSON is cut off, broken, or something else") from None
    if len(sources) > _MOST_CELLS:
        raise UnreadableError(f"more than {_MOST_CELLS:,} cells of code")
    return sources
