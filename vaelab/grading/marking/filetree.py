"""The files that were handed in, in folders and archives. Nothing is unpacked, no link is followed.

What is in an archive comes as if it lay in a folder of the archive's name.
"""

import io
import os
import re
import stat
import zipfile
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import BinaryIO

from vaelab.errors import VaelabError

LARGEST = 20 * 2**20  # bytes of one notebook
_MOST: dict[str, float] = {
    "files": 5_000,
    "archives": 20,
    "MB": 200,
}  # of one student; MB of notebooks and archives in archives
_LARGEST_INNER_ARCHIVE = 100 * 2**20
_LONGEST_LIST = 8 * 2**20  # bytes of an archive's list of its files: some 60,000
_PACKED = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # the others unpack more than is asked for
_DEEPEST = 12
_ARCHIVES_DEEP = 2  # an LMS's archive, and a student's in it
_IGNORED = {"__MACOSX", "__pycache__"}


class SubmissionsError(VaelabError, ValueError):
    """Nothing can be graded as asked; the message says what to do."""


class UnreadableError(VaelabError, ValueError):
    """A file that was handed in and cannot be read; the message says why."""


@dataclass(frozen=True)
class Entry:
    """A file, a folder, or an archive, which is both.

    Attributes:
        parts: the folders and archives on the way to it, and its own name; that of an empty folder is empty.
        read: of a file: gives its bytes, at most as many as are given. Raises `UnreadableError`.
        look: of a folder: gives what is in it by name, without what is hidden. Raises `UnreadableError`.
        refused: why it is not looked into, or nothing.
        size: in bytes, as the disk or the archive says.
        path: where it lies, if not in an archive.
        depth: how many archives it lies in.
    """

    parts: tuple[str, ...]
    read: Callable[[int], bytes] | None = None
    look: Callable[[], list["Entry"]] | None = None
    refused: str = ""
    size: int = 0
    path: Path | None = None
    depth: int = 0

    @property
    def is_folder(self) -> bool:
        return self.look is not None

    @property
    def is_archive(self) -> bool:
        return self.is_folder and self.read is not None

    @property
    def kind(self) -> str:
        """The ending of its name, such as `.ipynb`."""
        return Path(self.parts[-1]).suffix.lower()


def top(place: Path, leave_out: Collection[Path] = ()) -> Entry:
    """The folder or .zip that is to be looked into, without these files and folders."""
    if place.is_dir():
        return _on_disk(place, (), frozenset(path.resolve() for path in leave_out))
    return _archive(_file_on_disk(place, (place.name,)))


def files(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Every file in one student's folders and archives, as far as the budget goes.

    An empty folder comes as a file without a name, for it may be all that somebody handed in.
    """
    left = dict(_MOST)
    for entry in entries:
        try:
            yield from _files(entry, left)
        except UnreadableError as error:
            yield _refused(entry.parts or ("",), str(error))
            return


def _files(entry: Entry, left: dict[str, float]) -> Iterator[Entry]:
    _spend(left, "files")
    if not entry.is_folder:
        if entry.kind == ".ipynb":
            _spend(left, "MB", min(entry.size, LARGEST) / 2**20)
        yield entry
        return
    if entry.is_archive:
        _spend(left, "archives")
        _spend(left, "MB", entry.size / 2**20 if entry.depth else 0)
    try:
        entries = entry.look()
    except UnreadableError as error:
        yield _refused(entry.parts or ("",), str(error))
        return
    if not entries:
        yield _refused((*entry.parts, ""), "an empty archive" if entry.is_archive else "an empty folder")
    for inside in sorted(entries, key=lambda inside: inside.is_folder):  # what lies nearest first
        yield from _files(inside, left)


def _spend(left: dict[str, float], what: str, amount: float = 1) -> None:
    """Raise `UnreadableError` if there is not so much left of what one student has: others wait for it."""
    left[what] -= amount
    if left[what] < 0:
        raise UnreadableError(f"more than {_MOST[what]:,} {what} of one student: the rest is not looked at")


def _on_disk(folder: Path, above: tuple[str, ...], left_out: Collection[Path]) -> Entry:
    return Entry(above, look=partial(_in_folder, folder, above, left_out))


def _in_folder(folder: Path, above: tuple[str, ...], left_out: Collection[Path]) -> list[Entry]:
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        raise UnreadableError(f"the folder cannot be opened: {error.strerror}") from None
    return [
        _entry_on_disk(entry, (*above, entry.name), left_out)
        for entry in entries
        if not _ignored(entry.name) and not (left_out and Path(entry.path).resolve() in left_out)
    ]


def _entry_on_disk(entry: os.DirEntry, parts: tuple[str, ...], left_out: Collection[Path]) -> Entry:
    if entry.is_symlink():
        return _refused(parts, "a link, which is not followed")
    if not entry.is_dir(follow_symlinks=False):
        return _opened_if_archive(_file_on_disk(Path(entry.path), parts))
    if len(parts) >= _DEEPEST:
        return _refused(parts, "folders in folders, too deep")
    return _on_disk(Path(entry.path), parts, left_out)


def _file_on_disk(path: Path, parts: tuple[str, ...]) -> Entry:
    return Entry(parts, partial(_bytes_of, path), size=_size(path), path=path)


def _size(path: Path) -> int:
    try:
        return path.stat(follow_symlinks=False).st_size
    except OSError:
        return 0  # it is told when it is read


def _bytes_of(path: Path, most: int) -> bytes:
    try:
        with _regular(path) as file:
            return _limited(file, most)
    except OSError as error:
        raise UnreadableError(f"cannot be read: {error.strerror}") from None


@contextmanager
def _regular(path: Path) -> Iterator[BinaryIO]:
    """The file, opened; never a link or a pipe that was put there meanwhile."""
    flags = os.O_RDONLY
    for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"):
        flags |= getattr(os, name, 0)
    with open(os.open(path, flags), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise UnreadableError("not a regular file")
        yield file


def _limited(file, most: int) -> bytes:
    data = file.read(most + 1)
    if len(data) > most:
        raise UnreadableError(f"larger than {most >> 20} MB")
    return data


def _opened_if_archive(file: Entry) -> Entry:
    """A file, or if it is an archive what is in it."""
    if file.kind != ".zip" or file.refused:
        return file
    if file.depth == _ARCHIVES_DEEP:
        return _refused(file.parts, "archives in archives, too deep")
    return _archive(file)


def _archive(file: Entry) -> Entry:
    return replace(file, look=partial(_in_archive, file))


Members = list[tuple[tuple[str, ...], zipfile.ZipInfo]]  # with the names on the way to each


def _in_archive(archive: Entry) -> list[Entry]:
    members = []
    with _told():
        for member in _opened(archive).infolist():
            names = re.split(r"[/\\]", member.filename, maxsplit=2 * _DEEPEST)
            steps = tuple(name for name in names if name not in ("", ".", ".."))
            if steps and not any(map(_ignored, steps)):
                members.append((steps, member))
    return _level(archive, archive.parts, members)


def _level(archive: Entry, above: tuple[str, ...], members: Members) -> list[Entry]:
    """What a folder in an archive holds, all that lies below it given."""
    entries: list[Entry] = []
    below: dict[str, Members] = defaultdict(list)
    for (name, *rest), member in sorted(members, key=lambda pair: pair[0]):
        if rest or member.is_dir():
            below[name] += [(tuple(rest), member)] if rest else []
        else:
            entries.append(_member(archive, (*above, name), member))
    for name, inside in below.items():
        parts = (*above, name)
        if len(parts) - len(archive.parts) >= _DEEPEST:
            entries.append(_refused(parts, "folders in folders, too deep"))
        else:
            entries.append(Entry(parts, look=partial(_level, archive, parts, inside)))
    return sorted(entries, key=lambda entry: entry.parts[-1])


def _member(archive: Entry, parts: tuple[str, ...], member: zipfile.ZipInfo) -> Entry:
    names = re.split(r"[/\\]", member.filename)
    if ".." in names or names[0] == "" or re.fullmatch(r"[A-Za-z]:", names[0]):
        return _refused(parts, "a name that leads out of its archive")
    if stat.S_ISLNK(member.external_attr >> 16):
        return _refused(parts, "a link, which is not followed")
    read = partial(_bytes_in, archive, member)
    return _opened_if_archive(Entry(parts, read, size=member.file_size, depth=archive.depth + 1))


def _bytes_in(archive: Entry, member: zipfile.ZipInfo, most: int) -> bytes:
    if member.compress_type not in _PACKED:
        raise UnreadableError("packed in a way that is not known here")
    with _told(), _opened(archive).open(member) as file:
        return _limited(file, most)


@lru_cache(maxsize=2)  # a class's archive and a student's in it: their files are read one after the other
def _opened(archive: Entry) -> zipfile.ZipFile:
    """The archive, its list of files read. Only the outermost may be large."""
    if archive.path:
        with _regular(archive.path) as file:
            _check_list(file)
        return zipfile.ZipFile(archive.path)
    packed = io.BytesIO(archive.read(_LARGEST_INNER_ARCHIVE))
    _check_list(packed)
    return zipfile.ZipFile(packed)


def _check_list(archive: BinaryIO) -> None:
    """Before it is read, which takes a second for each ten megabytes, and as much memory."""
    end = zipfile._EndRecData(archive)  # type: ignore[attr-defined]
    if end and end[zipfile._ECD_SIZE] > _LONGEST_LIST:  # type: ignore[attr-defined]
        raise UnreadableError(f"an archive of too many files: their list is over {_LONGEST_LIST >> 20} MB")


@contextmanager
def _told() -> Iterator[None]:
    """Whatever is wrong with an archive is an `UnreadableError`."""
    try:
        yield
    except UnreadableError:
        raise
    except (RuntimeError, NotImplementedError):
        raise UnreadableError("the archive is encrypted, or packed in a way that is not known here") from None
    except Exception as error:  # of many kinds: `struct.error`, `zlib.error`, `BadZipFile`, ...
        raise UnreadableError(f"the archive is broken: {error}") from None


def _refused(parts: tuple[str, ...], why: str) -> Entry:
    def read(most: int) -> bytes:
        raise UnreadableError(why)

    return Entry(parts, read, refused=why)


def _ignored(name: str) -> bool:
    return name.startswith(".") or name in _IGNORED
