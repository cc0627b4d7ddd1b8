"""What was handed in: which notebook is whose, and for which exercise. All is reported, nothing run."""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path

from vaelab.errors import VaelabError
from vaelab.grading.marking import owners
from vaelab.grading.marking.filetree import LARGEST, File, UnreadableError, files
from vaelab.grading.sheet import EXERCISES

_MOST_OF_ONE_STUDENT = 50
_SHEET = re.compile(r"\bsheet\(\s*[\"']([\w-]+)[\"']\s*\)")


class SubmissionsError(VaelabError, ValueError):
    """Nothing can be graded as asked; the message says what to do."""


@dataclass(frozen=True)
class Submission:
    """One row of the table: a notebook, or what was handed in in its place.

    Attributes:
        student: as the folder, the LMS or the file name says.
        file: where it lies, inside the folder that is graded.
        exercise: such as `04-kl-divergence`; empty if not known.
        digest: of the notebook's bytes.
        read: gives the notebook's text.
        problem: why it cannot be graded, or nothing.
        note: what the instructor should know.
    """

    student: str
    file: str
    exercise: str = ""
    digest: str = ""
    read: Callable[[], str] = str
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
    students = by_student(place, leave_out, lambda file: file.parts)
    found = [submission for student, handed in students for submission in _of(student, handed)]
    if not found:
        raise SubmissionsError(f"There is no notebook (.ipynb) in {place}.")
    return sorted(found, key=lambda s: (s.student.casefold(), s.exercise, s.file))


def by_student(
    place: Path, leave_out: Collection[Path], says: Callable[[File], tuple[str, ...]]
) -> list[tuple[str, list[File]]]:
    """Each student's files; `says` gives those parts of a file's path that may say whose it is.

    Raises:
        SubmissionsError: if there is no such place.
    """
    if not place.is_dir() and not (place.is_file() and place.suffix.lower() == ".zip"):
        raise SubmissionsError(f"{place} is neither a folder nor a .zip archive.")
    root = place.resolve().name if place.is_dir() else place.stem
    by_owner = defaultdict(list)
    for file in files(place, leave_out):
        by_owner[owners.owner(says(file), root)].append(file)
    return [(student, handed) for (student, _), handed in by_owner.items()]


def _of(student: str, handed_in: list[File]) -> list[Submission]:
    notebooks = [file for file in handed_in if file.kind == ".ipynb" or file.refused]
    if len(notebooks) > _MOST_OF_ONE_STUDENT:
        problem = f"{len(notebooks):,} notebooks of one student, where {_MOST_OF_ONE_STUDENT} are allowed"
        return [Submission(student, notebooks[0].parts[0], problem=problem)]
    if not notebooks:
        others = [file for file in handed_in if len(file.parts) > 1 or owners.known_to_lms(file.parts)]
        names = ", ".join(file.parts[-1] for file in others[:5])
        return (
            [Submission(student, "/".join(others[0].parts), problem=f"no notebook: {names}")]
            if others
            else []
        )
    return _counted([_looked_at(student, file) for file in notebooks])


def _counted(submissions: list[Submission]) -> list[Submission]:
    """Two notebooks for one exercise are both graded, and each says so."""
    exercises = [submission.exercise for submission in submissions]

    def note(submission: Submission) -> str:
        count = exercises.count(submission.exercise) if submission.exercise else 1
        more = f"one of {count} notebooks for this exercise" if count > 1 else ""
        return "; ".join(filter(None, (submission.note, more)))

    return [replace(submission, note=note(submission)) for submission in submissions]


def _looked_at(student: str, file: File) -> Submission:
    name = "/".join(file.parts)
    in_name = owners.exercise_of(file.parts[-1])
    try:
        data = file.read(LARGEST)
        in_notebook = _exercise_in(_text(data))
    except UnreadableError as error:
        return Submission(student, name, in_name, problem=str(error))
    exercise = in_notebook or in_name
    note = f"its name says {in_name}" if in_name and in_name != exercise else ""
    return Submission(
        student,
        name,
        exercise,
        digest=hashlib.sha256(data).hexdigest(),
        read=lambda: _text(file.read(LARGEST)),
        problem="" if exercise else "for no exercise that is known here",
        note=note,
    )


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableError("not a notebook: not UTF-8") from None


def _exercise_in(text: str) -> str:
    """The known exercise that a notebook's `sheet("...")` names, or nothing."""
    try:
        cells = json.loads(text)["cells"]
        code = [_source(cell) for cell in cells if cell.get("cell_type") == "code"]
        named = [name for source in code for name in _SHEET.findall(source)]
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        raise UnreadableError("not a notebook: its JSON is cut off, broken, or something else") from None
    return next((name for name in named if name in EXERCISES), "")


def _source(cell: dict) -> str:
    source = cell.get("source", "")
    return "".join(source) if isinstance(source, list) else source
