"""Zip and tar archives: which files are in one, and what is in a file, read in place.

Nobody needs to unpack 200,000 files. A link stands for the file at its end, as it does in a folder.
"""

import fnmatch
import posixpath
import re
import stat
import tarfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from vaelab.data import picture_files
from vaelab.data.picture_files import UnreadablePictureError
from vaelab.errors import DataError

Listing = tuple[list[str], list[tuple[str, str]]]
_LINKS = 40  # in a row, as many as Linux follows


@dataclass(frozen=True)
class _Archive:
    """Files in an archive, by their names in it: relative, with slashes, without a leading "./"."""

    path: Path

    def members(self) -> dict[str, Any]:
        """Where each file is, or else, in words, why it cannot be read."""
        raise NotImplementedError

    def pictures(self) -> Listing:
        return sorted(filter(picture_files.is_picture, self.members())), []

    def find(self, pattern: str) -> list[str]:
        fits = re.compile(fnmatch.translate(pattern)).match
        return [name for name in self.members() if fits(name.rpartition("/")[2])]

    def read(self, name: str) -> bytes:
        """A file's content. Raises UnreadablePictureError with the reason."""
        member = self.members()[name]
        if isinstance(member, str):
            raise UnreadablePictureError(member)
        if not (data := self._content(member)):
            raise UnreadablePictureError("empty file (0 bytes)")
        return data

    def _content(self, member: Any) -> bytes:
        raise NotImplementedError


class Zip(_Archive):
    """Files in a zip archive."""

    def members(self) -> dict[str, zipfile.ZipInfo | str]:
        return _opened(_zip, self.path)[1]

    def _content(self, member: zipfile.ZipInfo) -> bytes:
        picture_files.check_bytes(member.file_size)  # more is never unpacked, whatever is packed
        try:
            return _opened(_zip, self.path)[0].read(member)
        except Exception as error:  # broken bytes make unpackers raise nearly anything
            raise UnreadablePictureError(f"broken in the archive: {error or type(error).__name__}") from error

    def marks(self, names: list[str]) -> list[tuple]:
        members = map(self.members().__getitem__, names)
        return [(m,) if isinstance(m, str) else (m.file_size, m.CRC) for m in members]


class Tar(_Archive):
    """Files in a tar archive that is not compressed."""

    def members(self) -> dict[str, tuple[int, int] | str]:
        return _opened(_tar, self.path)

    def _content(self, member: tuple[int, int]) -> bytes:
        start, size = member
        picture_files.check_bytes(size)
        with self.path.open("rb") as file:
            file.seek(start)
            data = file.read(size)
        if len(data) < size:
            raise UnreadablePictureError("broken in the archive: it ends too early")
        return data

    def marks(self, names: list[str]) -> list[tuple]:
        """A tar keeps no checksums, and times that may all be one: what counts is when it changed itself."""
        members, archive = self.members(), picture_files.mark_of(self.path.stat())
        return [(members[name], archive) for name in names]


def is_tar(start: bytes) -> bool:
    """Whether a file's first 512 bytes are a header of tar's, by its checksum: old archives have no name."""
    try:
        return bool(tarfile.TarInfo.frombuf(start, "utf-8", "surrogateescape"))
    except tarfile.HeaderError:
        return False


def _opened(how, path: Path):
    """What `how`, `_zip` or `_tar`, makes of an archive: anew when it is replaced by another."""
    return how(path, picture_files.mark_of(path.stat()))


@lru_cache(maxsize=4)
def _zip(path: Path, mark: tuple) -> tuple[zipfile.ZipFile, dict[str, zipfile.ZipInfo | str]]:
    """One open archive a process: reading the list of 200,000 files takes a second."""
    try:
        archive = zipfile.ZipFile(path)
    except Exception as error:  # broken bytes again
        raise _broken(path, str(error)) from error
    files = (info for info in archive.infolist() if not info.is_dir())
    return archive, _followed((info.filename.replace("\\", "/"), _in_zip(archive, info)) for info in files)


def _in_zip(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> "zipfile.ZipInfo | _Link":
    """The file itself, but for links: those are files with a name in them, and a mark of Unix's."""
    if not stat.S_ISLNK(info.external_attr >> 16):
        return info
    try:
        return _symbolic(info.filename, archive.read(info).decode())
    except Exception:  # broken bytes again: reading the link will say so
        return info


@lru_cache(maxsize=4)
def _tar(path: Path, mark: tuple) -> dict[str, tuple[int, int] | str]:
    """Where the bytes of each file start, and how many they are."""
    try:
        with tarfile.open(path, "r:") as archive:
            members = _followed((member.name, _in_tar(member)) for member in archive if not member.isdir())
            # tarfile takes whatever is no header for the end. The end is a block of zeros.
            archive.fileobj.seek(archive.offset)  # type: ignore[union-attr]
            whole = archive.fileobj.read(tarfile.BLOCKSIZE) == bytes(tarfile.BLOCKSIZE)  # type: ignore
    except (tarfile.TarError, ValueError) as error:
        raise _broken(path, str(error)) from error
    if not whole:
        raise _broken(path, "its end is missing, or a part in the middle is damaged")
    return members


def _in_tar(member: tarfile.TarInfo) -> "tuple[int, int] | _Link | str":
    if member.islnk():
        return _Link(_plain(member.linkname))
    if member.issym():
        return _symbolic(member.name, member.linkname)
    if member.issparse():
        return "kept without its zeros: make the archive again without --sparse"
    return (member.offset_data, member.size) if member.isfile() else "not a regular file"


# Names and links


@dataclass(frozen=True)
class _Link:
    """What a link leads to: a name in the same archive."""

    target: str


def _plain(name: str) -> str:
    """A name without "./" at its front, as "tar -cf x.tar ." writes it, and without "..", where it can be."""
    return posixpath.normpath(name).lstrip("/")


def _within(name: str) -> str:
    """A name without "../" at its front, as "zip -r x.zip ../faces" writes it: unpacking drops that, too."""
    return re.sub(r"^(\.\./)+", "", name)


def _symbolic(name: str, target: str) -> _Link:
    return _Link(_plain(posixpath.join(posixpath.dirname(name), target)))


def _followed(members: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Members by their plain names; of several with one name the last counts, as when they are unpacked.

    A link goes to what is there already, if only to its own name: so tar keeps a file that it is given twice.
    """
    found: dict[str, Any] = {}
    for name, member in members:
        found[_plain(name)] = found.get(member.target, member) if isinstance(member, _Link) else member

    def end(member: Any) -> Any:
        for _ in range(_LINKS):
            if not isinstance(member, _Link):
                return member
            member = found.get(member.target, "a link to a file that is not in the archive")
        return "a link that leads back to itself"

    return {_within(name): end(member) for name, member in found.items()}


def _broken(path: Path, why: str) -> DataError:
    return DataError(
        f"{path} is broken, or half a download: {why}. Fetch or copy it again; or unpack it, which saves "
        "what is whole, and give the folder."
    )
