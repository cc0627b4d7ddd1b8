"""Whose work a file is, and of which exercise.

One layout holds for the whole collection, and its top level decides: a folder or archive for each student, or
flat files (`anna_04-kl-divergence.ipynb`), or what Moodle and Canvas pack:

    Given Family_12345_assignsubmission_file_/04-kl-divergence.ipynb
    familygiven_12345_67890_04-kl-divergence-1.ipynb

Whatever lies in a folder or archive there belongs to its owner: names further down say nothing about that.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator
from pathlib import Path, PurePath

from vaelab.grading.marking.filetree import Entry, SubmissionsError, UnreadableError, files, top
from vaelab.grading.sheet import EXERCISES

_MOODLE = re.compile(r"(?P<student>.+?)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)_?.*", re.DOTALL)
_CANVAS = re.compile(r"(?P<student>[^_]+)_(?:LATE_)?(?P<id>\d+)_(?P<upload>\d+)_.+", re.DOTALL)
_NOBODY = {"exercises", "notebooks", "submissions", "capstone-submission"}  # no student's name
_ANONYMOUS = {"Participant"}  # Moodle's word for everybody, where marking is anonymous
_EDGES = " _-.,"

Loose = Callable[[str], str | None]


def by_student(place: Path, leave_out: Collection[Path], loose: Loose) -> Iterator[tuple[str, list[Entry]]]:
    """Each student's files. One who has handed in too much gets those that come first, and one that says so.

    Where there is more than one layout, a line says so.

    Args:
        place: a folder or .zip. Its name is a student's whom nothing else names.
        leave_out: files and folders that are not submissions.
        loose: gives the student of a file that lies at the top, by its name: empty if the name does not say
            so, None if the file is no submission.

    Raises:
        SubmissionsError: if there is no such place, or it cannot be read.
    """
    if not place.is_dir() and not (place.is_file() and place.suffix.lower() == ".zip"):
        raise SubmissionsError(f"{place} is neither a folder nor a .zip archive.")
    root = place.resolve().name if place.is_dir() else place.stem
    try:
        entries = _top_level(top(place, leave_out).look(), loose)
    except UnreadableError as error:
        raise SubmissionsError(f"{place}: {error}") from None
    siblings: dict[tuple[str, ...], list[Entry]] = defaultdict(list)
    for entry in entries:
        siblings[entry.parts[:-1]].append(entry)
    canvas = {above: _mostly_canvas(beside) for above, beside in siblings.items()}
    by_owner: dict[tuple[str, ...], list[Entry]] = defaultdict(list)
    layouts: Counter[str] = Counter()
    for entry in entries:
        if found := _owner(entry, canvas[entry.parts[:-1]], loose):
            student, number, layout = found
            # Of two archives of an LMS each may hold somebody of this name.
            by_owner[student or root, number, *entry.parts[:-1]].append(entry)
            layouts[layout] += 1
    if len(layouts) > 1:
        counts = ", ".join(f"{layout} ({count})" for layout, count in sorted(layouts.items()))
        print(f"More than one layout: {counts}. Each is taken for its own student's.")
    for (student, *_), theirs in by_owner.items():
        yield student, list(files(theirs))


def _owner(entry: Entry, canvas: bool, loose: Loose) -> tuple[str, str, str] | None:
    """The student, the LMS's number of them, and the layout; None for a loose file that is no submission."""
    name = entry.parts[-1]
    if match := _MOODLE.fullmatch(name) or (canvas and _CANVAS.fullmatch(name)):
        student = match["student"].strip()
        return (
            f"{student} {match['id']}" if student in _ANONYMOUS else student,
            match["id"],
            "names of an LMS",
        )
    if entry.is_folder:
        return _plain(entry), "", "folders or archives"
    student = PurePath(name).stem if entry.refused else loose(name)
    return None if student is None else (student, "", "loose files")


def _plain(folder: Entry) -> str:
    name = folder.parts[-1]
    return name[: -len(".zip")] if folder.is_archive else name


def _top_level(entries: list[Entry], loose: Loose) -> list[Entry]:
    """Down to where students are told apart: a folder or archive around all the others is nobody's."""
    work = [entry for entry in entries if entry.is_folder or loose(entry.parts[-1]) is not None]
    folders = [entry for entry in work if entry.is_folder]
    if not folders or len(folders) < len(work) or any(named_by_an_lms(f.parts[-1]) for f in folders):
        return entries
    if all(_packed_by_an_lms(_inside(folder)) for folder in folders):
        return [inside for folder in folders for inside in _inside(folder)]
    if len(folders) == 1 and _wraps(folders[0], loose):
        return _top_level(_inside(folders[0]), loose)
    return entries


def _wraps(folder: Entry, loose: Loose) -> bool:
    """Whether the only folder is nobody's: by its name, the name of its archive, or what it holds."""
    above = folder.parts[-2][: -len(".zip")] if len(folder.parts) > 1 else ""
    return _plain(folder).lower() in _NOBODY or folder.parts[-1] == above or _holds_students(folder, loose)


def _holds_students(folder: Entry, loose: Loose) -> bool:
    """Whether folders or archives of students lie in it, rather than one student's work."""
    inside = _inside(folder)
    folders = [entry for entry in inside if entry.is_folder]
    if any(not entry.is_folder and loose(entry.parts[-1]) is not None for entry in inside):
        return False
    if [entry.parts[-1] for entry in folders] == [_plain(folder)]:  # `week 4.zip/week 4/`
        return _holds_students(folders[0], loose)
    return len(folders) > 1 or bool(folder.is_archive and folders and folders[0].is_archive)


def _inside(folder: Entry) -> list[Entry]:
    try:
        return folder.look()
    except UnreadableError:
        return []


def _packed_by_an_lms(entries: list[Entry]) -> bool:
    """Whether all the names are an LMS's beyond doubt: a single date in a name can look like Canvas."""
    names = [entry.parts[-1] for entry in entries]
    if names and all(map(_MOODLE.fullmatch, names)):
        return True
    matches = [match for name in names if (match := _CANVAS.fullmatch(name))]
    people, uploads = ({match[key] for match in matches} for key in ("id", "upload"))
    return len(people) > 1 and len(uploads) == len(matches) == len(names)


def _mostly_canvas(entries: list[Entry]) -> bool:
    """Whether names of Canvas's form are its own: most have it, and no upload's number comes again.

    `week_4_2_sheet.ipynb` has it too.
    """
    matches = [match for entry in entries if (match := _CANVAS.fullmatch(entry.parts[-1]))]
    return 2 * len(matches) >= len(entries) and 2 * len({m["upload"] for m in matches}) > len(matches)


def named_by_an_lms(name: str) -> bool:
    """Whether a file's name may be one that an LMS wrote."""
    return bool(_MOODLE.fullmatch(name) or _CANVAS.fullmatch(name))


def exercise_of(name: str) -> str:
    """The exercise whose name stands in a file's name, or nothing."""
    plain = re.sub(r"[\s_]+", "-", name.lower())
    return next((exercise for exercise in EXERCISES if exercise in plain), "")


def of_a_notebook(name: str) -> str | None:
    """`anna_04-kl-divergence (1).ipynb` -> `anna`; the whole stem where no exercise is named."""
    stem, kind = PurePath(name).stem, PurePath(name).suffix
    if kind.lower() != ".ipynb":
        return None
    exercise = exercise_of(stem)
    if not exercise:
        return stem
    pattern = re.escape(exercise).replace(r"\-", r"[\s_-]+")
    return re.split(pattern, stem, maxsplit=1, flags=re.IGNORECASE)[0].strip(_EDGES)
