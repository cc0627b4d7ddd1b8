"""Whose work a file is, and of which exercise, from its name and its folders.

Known are one folder a student, flat files (`anna_04-kl-divergence.ipynb`), and what Moodle and Canvas pack:

    Given Family_12345_assignsubmission_file_/04-kl-divergence.ipynb
    familygiven_12345_67890_04-kl-divergence-1.ipynb
"""

import re
from pathlib import PurePath

from vaelab.grading.sheet import EXERCISES

_MOODLE = re.compile(r"(?P<student>.+?)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)_?.*", re.DOTALL)
_CANVAS = re.compile(r"(?P<student>[^_]+)_(?:LATE_)?(?P<id>\d+)_\d+_.+", re.DOTALL)
_NOBODY = {"exercises", "notebooks", "submissions", "capstone-submission"}  # no student's name
_ANONYMOUS = {"Participant"}  # Moodle's word for everybody, where marking is anonymous
_EDGES = " _-.,"


def owner(parts: tuple[str, ...], root: str) -> tuple[str, str]:
    """(student, what tells apart two students of one name) of a file.

    Names in an archive are whatever its maker wrote: they join nobody's work to that of a namesake outside.

    Args:
        parts: the folders and archives on the way to it, and its own name.
        root: the student if nothing else says who it is.
    """
    for depth, part in enumerate(parts):
        if match := _MOODLE.fullmatch(part) or _CANVAS.fullmatch(part):
            student = match["student"].strip()
            name = f"{student} {match['id']}" if student in _ANONYMOUS else student
            return name, "/".join((*_archives(parts[:depth]), match["id"]))
    names = [part[:-4] for part in _archives(parts[:-1])]
    for depth, part in enumerate(parts[:-1]):
        if not _is_archive(part) and part.lower() not in _NOBODY and part not in names:
            return part, "/".join(_archives(parts[:depth]))
    return _prefix(parts[-1]) or (names[-1] if names else root), "/".join(_archives(parts[:-1]))


def _archives(parts: tuple[str, ...]) -> list[str]:
    return [part for part in parts if _is_archive(part)]


def _is_archive(part: str) -> bool:
    return part.lower().endswith(".zip")


def known_to_lms(parts: tuple[str, ...]) -> bool:
    """Whether an LMS wrote the student into one of the names."""
    return any(_MOODLE.fullmatch(part) or _CANVAS.fullmatch(part) for part in parts)


def exercise_of(name: str) -> str:
    """The exercise whose name stands in a file's name, or nothing."""
    plain = re.sub(r"[\s_]+", "-", name.lower())
    return next((exercise for exercise in EXERCISES if exercise in plain), "")


def _prefix(name: str) -> str:
    """`anna_04-kl-divergence (1).ipynb` -> `anna`; the whole stem where no exercise is named."""
    stem = PurePath(name).stem
    exercise = exercise_of(stem)
    if not exercise:
        return stem
    pattern = re.escape(exercise).replace(r"\-", r"[\s_-]+")
    return re.split(pattern, stem, maxsplit=1, flags=re.IGNORECASE)[0].strip(_EDGES)
