"""Which of the files that were handed in are a submission, and whose: one rule for learners and instructors.

A submission is the folder that has a card, in whatever folder or zip it lies. Checkpoints of a training are
called `model.safetensors` too and do not count, as they have no card. Two cards are two models: refused.
"""

import re
from collections import defaultdict
from collections.abc import Collection
from pathlib import Path

from vaelab.grading.capstone.rules import CARD, CARD_BYTES, WEIGHTS, WEIGHTS_BYTES, NotAcceptedError, means
from vaelab.grading.marking import owners
from vaelab.grading.marking.filetree import Entry, UnreadableError, files, top
from vaelab.grading.marking.submissions import Submission, SubmissionsError

EXERCISE = "capstone"
_SUBMISSION = f"a submission is {WEIGHTS} and {CARD}"
_COUNTED = re.compile(r"-\d+(?=\.\w+$)")  # Canvas: model-1.safetensors, handed in again

Found = dict[str, list[Entry]]  # model.safetensors or card.toml -> the files of that name, in one folder


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
    for student, handed_in in owners.by_student(place, leave_out, _of_a_loose_file):
        found |= _of(student, handed_in)
    if not found:
        raise SubmissionsError(f"There is no {WEIGHTS} or {CARD} in {place}.")
    return dict(sorted(found.items(), key=lambda pair: (pair[0].student.casefold(), pair[0].file)))


def only(path: Path) -> Found:
    """The submission in one folder or zip.

    Raises:
        NotAcceptedError: there is none, or more than one.
    """
    if not path.exists():
        raise NotAcceptedError(f"There is no folder or zip file {path.name!r}.")
    return _one(list(files([top(path)])))


def contents(found: Found) -> dict[str, bytes]:
    """Name -> bytes of a submission's two files.

    Raises:
        NotAcceptedError: one is missing, is there twice, is too large, or cannot be read.
    """
    return {name: _bytes(name, found.get(name, []), most) for name, most in _SIZES.items()}


_SIZES = {CARD: CARD_BYTES, WEIGHTS: WEIGHTS_BYTES}


def _bytes(name: str, same: list[Entry], most: int) -> bytes:
    if not same:
        raise NotAcceptedError(f"{name} is missing: {_SUBMISSION}.")
    if len(same) > 1:
        raise NotAcceptedError(f"{name} is there {len(same)} times: hand in one model.")
    try:
        data = same[0].read(WEIGHTS_BYTES)
    except UnreadableError as error:
        raise NotAcceptedError(f"{name}: {error}.") from None
    if len(data) > most:
        raise NotAcceptedError(f"{name} is larger than the {most >> 10:,} KiB that are allowed.")
    return data


def _of_a_loose_file(name: str) -> str | None:
    """Everybody's files have the same names, which say nothing of their student."""
    return "" if means(name) in (WEIGHTS, CARD) else None


def _of(student: str, handed_in: list[Entry]) -> dict[Submission, Found]:
    try:
        found = _one(handed_in)
    except NotAcceptedError as error:
        return {Submission(student, "/".join(handed_in[0].parts), EXERCISE, problem=str(error)): {}}
    return {Submission(student, _where(found), EXERCISE): found}


def _one(handed_in: list[Entry]) -> Found:
    """The submission among these files. Raises NotAcceptedError if there is none, or more than one."""
    by_folder: dict[tuple[str, ...], Found] = defaultdict(lambda: defaultdict(list))
    for file in handed_in:
        if (name := _plain_name(file)) in (WEIGHTS, CARD):
            by_folder[file.parts[:-1]][name].append(file)
    with_card = [found for found in by_folder.values() if CARD in found]
    if len(with_card) > 1:
        places = ", ".join(_where(found) for found in with_card[:3])
        raise NotAcceptedError(f"There are {len(with_card)} models with a card: hand in one ({places}).")
    if not by_folder:
        raise NotAcceptedError(_nothing(handed_in))
    return next(iter(with_card or by_folder.values()))


def _where(found: Found) -> str:
    return "/".join((found.get(WEIGHTS) or found[CARD])[0].parts)


def _nothing(handed_in: list[Entry]) -> str:
    """Why there is no submission among these files."""
    names = ", ".join(file.parts[-1] for file in handed_in[:5]) or "no files"
    refused = next((file.refused for file in handed_in if file.refused), "")
    if refused:
        return f"{refused}: {_SUBMISSION}"
    return f"no {WEIGHTS} and no {CARD}, but {names}: {_SUBMISSION}"


def _plain_name(file: Entry) -> str:
    """A file's name without what an LMS wrote around it."""
    name = file.parts[-1]
    return means(_COUNTED.sub("", name.rsplit("_", 1)[-1]) if owners.named_by_an_lms(name) else name)
