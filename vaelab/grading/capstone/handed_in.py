"""Which of the files that a class handed in are whose submission. Nothing is unpacked or read here."""

import re
from collections import defaultdict
from collections.abc import Collection
from pathlib import Path

from vaelab.grading.capstone.rules import CARD, WEIGHTS, WEIGHTS_BYTES, means
from vaelab.grading.marking import owners
from vaelab.grading.marking.filetree import File, UnreadableError
from vaelab.grading.marking.submissions import Submission, SubmissionsError, by_student

EXERCISE = "capstone"
_MOST_OF_ONE_STUDENT = 5  # half a minute each
_COUNTED = re.compile(r"-\d+(?=\.\w+$)")  # Canvas: model-1.safetensors, handed in again

Found = dict[str, list[File]]  # model.safetensors or card.toml -> the files of that name, in one folder


def find(place: Path, leave_out: Collection[Path] = ()) -> dict[Submission, Found]:
    """Every submission in a folder or .zip, by student and file.

    A student who handed in something else comes too, as a submission with a problem.

    Args:
        place: one submission, a folder of students' folders or zips, or an LMS's archive.
        leave_out: files and folders that are not submissions.

    Raises:
        SubmissionsError: if there is no such place, or nothing in it.
    """
    found = {}
    for student, files in by_student(place, leave_out, _of_a_loose_file):
        found |= _of(student, files)
    if not found:
        raise SubmissionsError(f"There is no {WEIGHTS} or {CARD} in {place}.")
    return dict(sorted(found.items(), key=lambda pair: (pair[0].student.casefold(), pair[0].file)))


def contents(found: Found) -> dict[str, bytes]:
    """Name -> bytes of a submission's files.

    Raises:
        UnreadableError: one is there twice, is too large, or cannot be read.
    """
    for name, same in found.items():
        if len(same) > 1:
            raise UnreadableError(f"{name} is there {len(same)} times: hand in one model")
    return {name: same[0].read(WEIGHTS_BYTES) for name, same in found.items()}


def _of_a_loose_file(name: str) -> str | None:
    """Everybody's files have the same names, which say nothing of their student."""
    return "" if means(name) in (WEIGHTS, CARD) else None


def _of(student: str, files: list[File]) -> dict[Submission, Found]:
    by_folder: dict[tuple[str, ...], Found] = defaultdict(lambda: defaultdict(list))
    for file in files:
        if (name := _plain_name(file)) in (WEIGHTS, CARD):
            by_folder[file.parts[:-1]][name].append(file)
    if not by_folder:
        return _something_else(student, files)
    # Checkpoints of a training are called model.safetensors too; a submission has a card.
    chosen = [found for found in by_folder.values() if CARD in found] or [*by_folder.values()][:1]
    paths = ["/".join((found.get(WEIGHTS) or found[CARD])[0].parts) for found in chosen]
    count = len(chosen)
    if count > _MOST_OF_ONE_STUDENT:
        problem = f"{count:,} submissions of one student, where {_MOST_OF_ONE_STUDENT} are allowed"
        return {Submission(student, paths[0], EXERCISE, problem=problem): {}}
    note = f"one of {count} submissions of this student" if count > 1 else ""
    return {
        Submission(student, path, EXERCISE, note=note): found
        for path, found in zip(paths, chosen, strict=True)
    }


def _plain_name(file: File) -> str:
    """A file's name without what an LMS wrote around it."""
    name = file.parts[-1]
    return means(_COUNTED.sub("", name.rsplit("_", 1)[-1]) if owners.named_by_an_lms(name) else name)


def _something_else(student: str, files: list[File]) -> dict[Submission, Found]:
    """Neither weights nor card."""
    names = ", ".join(file.parts[-1] for file in files[:5])
    why = next((f.refused for f in files if f.refused), f"no {WEIGHTS} and no {CARD}: {names}")
    return {Submission(student, "/".join(files[0].parts), EXERCISE, problem=why): {}}
