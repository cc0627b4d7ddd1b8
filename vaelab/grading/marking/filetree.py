"""The files that were handed in, in folders and archives. Nothing is unpacked, no link is followed."""

import io
import os
import re
import stat
import zipfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from vaelab.errors import VaelabError

LARGEST = 20 * 2**20  # bytes of one notebook
_LARGEST_INNER_ARCHIVE = 100 * 2**20
_MOST_MEMBERS = (50_000, 2_000)  # files of an archive, and of one in it
_PACKED = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # the others unpack more than is asked for
_DEEPEST = 12
_ARCHIVES_DEEP = 2  # an LMS's archive, and a student's in it
_IGNORED = {"__MACOSX", "__pycache__"}
_EMPTY = "an empty folder"


class UnreadableError(VaelabError, ValueError):
    """A file that was handed in and cannot be read; the message says why."""


@dataclass(frozen=True)
class File:
    """A file that was handed in.

    Attributes:
        parts: the folders and archives on the way to it, and its own name.
        read: gives its bytes, at most as many as are given. Raises `UnreadableError`.
        refused: why it is not looked into, or nothing.
        path: where it lies, if not in an archive.
    """

    parts: tuple[str, ...]
    read: Callable[[int], bytes]
    refused: str = ""
    path: Path | None = None

    @property
    def kind(self) -> str:
        """The ending of its name, such as `.ipynb`."""
        return Path(self.parts[-1]).suffix.lower()


def files(place: Path, leave_out: Collection[Path] = ()) -> Iterator[File]:
    """Every file in a folder or .zip, in the order of their names, hidden ones left out.

    An empty folder in it comes as a file without a name, for it may be all that somebody handed in.
    What is in an archive comes as if it lay in a folder of the archive's name.
    """
    if place.is_dir():
        left_out = {path.resolve() for path in leave_out}
        yield from _in_folder(place, (), left_out)
    else:
        yield from _opened_if_archive(_on_disk(place, (place.name,)))


def _in_folder(folder: Path, above: tuple[str, ...], left_out: set[Path]) -> Iterator[File]:
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        yield _refused(above, f"the folder cannot be opened: {error.strerror}")
        return
    seen = [entry for entry in entries if not _ignored(entry.name)]
    if above and not seen:
        yield _refused((*above, ""), _EMPTY)
    for entry in seen:
        parts, path = (*above, entry.name), Path(entry.path)
        if left_out and path.resolve() in left_out:
            continue
        if entry.is_symlink():
            yield _refused(parts, "a link, which is not followed")
        elif entry.is_dir(follow_symlinks=False):
            if len(parts) < _DEEPEST:
                yield from _in_folder(path, parts, left_out)
            else:
                yield _refused(parts, "folders in folders, too deep")
        else:
            yield from _opened_if_archive(_on_disk(path, parts))


def _on_disk(path: Path, parts: tuple[str, ...]) -> File:
    return File(parts, lambda most: _bytes_of(path, most), path=path)


def _bytes_of(path: Path, most: int) -> bytes:
    flags = os.O_RDONLY
    for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"):  # a link or a pipe put there meanwhile does no harm
        flags |= getattr(os, name, 0)
    try:
        handle = os.open(path, flags)
        with open(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise UnreadableError("not a regular file")
            return _limited(file, most)
    except OSError as error:
        raise UnreadableError(f"cannot be read: {error.strerror}") from None


def _limited(file, most: int) -> bytes:
    data = file.read(most + 1)
    if len(data) > most:
        raise UnreadableError(f"larger than {most >> 20} MB")
    return data


def _opened_if_archive(file: File, depth: int = 0) -> Iterator[File]:
    if file.kind != ".zip":
        yield file
    elif depth == _ARCHIVES_DEEP:
        yield _refused(file.parts, "archives in archives, too deep")
    else:
        yield from _in_archive(file, depth)


def _in_archive(archive: File, depth: int) -> Iterator[File]:
    try:
        with _opened(archive) as opened:
            entries = opened.infolist()
            full = {entry.filename.rstrip("/").rpartition("/")[0] for entry in entries}
            members = [e for e in entries if not (e.is_dir() and e.filename.rstrip("/") in full)]
    except UnreadableError as error:
        yield _refused(archive.parts, str(error))
        return
    if len(members) > _MOST_MEMBERS[depth]:
        yield _refused(archive.parts, f"an archive of more than {_MOST_MEMBERS[depth]:,} files")
        return
    for member in sorted(members, key=lambda member: member.filename):
        yield from _member(archive, member, depth)


def _member(archive: File, member: zipfile.ZipInfo, depth: int) -> Iterator[File]:
    names = re.split(r"[/\\]", member.filename)
    parts = (*archive.parts, *(name for name in names if name not in ("", ".", "..")))
    if any(_ignored(name) for name in parts[len(archive.parts) :]):
        return
    if ".." in names or names[0] == "" or re.fullmatch(r"[A-Za-z]:", names[0]):
        yield _refused(parts, "a name that leads out of its archive")
    elif stat.S_ISLNK(member.external_attr >> 16):
        yield _refused(parts, "a link, which is not followed")
    elif member.is_dir():
        yield _refused((*parts, ""), _EMPTY)
    else:
        yield from _opened_if_archive(File(parts, lambda most: _bytes_in(archive, member, most)), depth + 1)


def _bytes_in(archive: File, member: zipfile.ZipInfo, most: int) -> bytes:
    if member.compress_type not in _PACKED:
        raise UnreadableError("packed in a way that is not known here")
    with _opened(archive) as opened, opened.open(member) as file:
        return _limited(file, most)


@contextmanager
def _opened(archive: File) -> Iterator[zipfile.ZipFile]:
    """The archive; whatever is wrong with it is an `UnreadableError`. Only the outermost may be large."""
    try:
        with zipfile.ZipFile(archive.path or io.BytesIO(_unpacked(archive))) as opened:
            yield opened
    except UnreadableError:
        raise
    except (RuntimeError, NotImplementedError):
        raise UnreadableError("the archive is encrypted, or packed in a way that is not known here") from None
    except Exception as error:  # of many kinds: `struct.error`, `zlib.error`, `BadZipFile`, ...
        raise UnreadableError(f"the archive is broken: {error}") from None


@lru_cache(maxsize=1)  # its files are read one after the other
def _unpacked(archive: File) -> bytes:
    return archive.read(_LARGEST_INNER_ARCHIVE)


def _refused(parts: tuple[str, ...], why: str) -> File:
    def read(most: int) -> bytes:
        raise UnreadableError(why)

    return File(parts, read, why)


def _ignored(name: str) -> bool:
    return name.startswith(".") or name in _IGNORED
