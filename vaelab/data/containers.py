"""A folder, a zip and a tar archive: one way to list the files in them and to read one.

Archives are read in place, so nobody needs to unpack 200,000 files.
"""

import fnmatch
import re
import tarfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from vaelab.data import picture_files
from vaelab.data.picture_files import UnreadablePictureError
from vaelab.errors import DataError, MissingDataError

Listing = tuple[list[str], list[tuple[str, str]]]


@dataclass(frozen=True)
class Folder:
    """Files in a folder and its sub-folders, named by their path relative to it."""

    path: Path

    def pictures(self) -> Listing:
        """Names of the picture files, sorted, and (folder, reason) of what could not be entered."""
        return picture_files.list_pictures(self.path)

    def find(self, pattern: str) -> list[str]:
        """Names of files like `pattern`, in the folder itself or one below."""
        found = [*self.path.glob(pattern), *self.path.glob(f"*/{pattern}")]
        return [file.relative_to(self.path).as_posix() for file in found if file.is_file()]

    def read(self, name: str) -> bytes:
        """A file's content. Raises UnreadablePictureError with the reason."""
        return picture_files.read_bytes(self.path / name)

    def marks(self, names: list[str]) -> list[tuple]:
        """For each file what changes when its content does: its size and the time it was written."""

        def mark(name: str) -> tuple:
            try:
                status = (self.path / name).stat()
            except OSError:
                return (-1, -1)
            return (status.st_size, status.st_mtime_ns)

        return [mark(name) for name in names]


@dataclass(frozen=True)
class _Archive:
    """Files in an archive; `names` are all of them."""

    path: Path

    def names(self) -> Iterable[str]:
        raise NotImplementedError

    def pictures(self) -> Listing:
        return sorted(filter(picture_files.is_picture, self.names())), []

    def find(self, pattern: str) -> list[str]:
        fits = re.compile(fnmatch.translate(pattern)).match
        return [name for name in self.names() if fits(name.rpartition("/")[2])]


class Zip(_Archive):
    """Files in a zip archive."""

    def names(self) -> list[str]:
        return _opened(_zip, self.path).namelist()

    def read(self, name: str) -> bytes:
        try:
            return _opened(_zip, self.path).read(name) or _refuse_empty()
        except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError) as error:
            raise UnreadablePictureError(f"broken in the archive: {error}") from error

    def marks(self, names: list[str]) -> list[tuple]:
        archive = _opened(_zip, self.path)
        return [(info.file_size, info.CRC) for info in map(archive.getinfo, names)]


class Tar(_Archive):
    """Files in a tar archive that is not compressed."""

    def names(self) -> Iterable[str]:
        return _opened(_tar, self.path)

    def read(self, name: str) -> bytes:
        start, size = _opened(_tar, self.path)[name][:2]
        with self.path.open("rb") as file:
            file.seek(start)
            data = file.read(size)
        if len(data) < size:
            raise UnreadablePictureError("broken in the archive: it ends too early")
        return data or _refuse_empty()

    def marks(self, names: list[str]) -> list[tuple]:
        members = _opened(_tar, self.path)
        return [members[name][1:] for name in names]


Container = Folder | Zip | Tar


def open_container(path: Path) -> Container:
    """The folder, zip or tar archive at a path.

    Raises:
        MissingDataError: nothing is there.
        DataError: a file that is no archive; the message says what it is instead.
    """
    if path.is_dir():
        return Folder(path)
    if not path.exists():
        raise MissingDataError(f"There is no folder {path} (seen from {Path.cwd()}). Check its spelling.")
    with path.open("rb") as file:
        start = file.read(512)
    if path.suffix.lower() == ".zip" or start[:4] == b"PK\x03\x04":
        _check_zip(path, start)
        return Zip(path)
    if tarfile.is_tarfile(path):
        if start[257:262] != b"ustar":
            raise DataError(f"{path} is a compressed tar archive, which has to be read in one go: unpack it.")
        return Tar(path)
    raise DataError(
        f"{path} is a file, not a folder of pictures, nor a zip or tar archive. "
        "If it is another kind of archive, unpack it first."
    )


def _check_zip(path: Path, start: bytes) -> None:
    """Say what a file named .zip is, if it cannot be opened as one."""
    if zipfile.is_zipfile(path):
        return
    if not start:
        reason = "it is empty (0 bytes)"
    elif start.lstrip()[:1] == b"<":
        reason = "it is a web page that was saved under this name (a login, quota or error page?)"
    elif start[:2] == b"PK":
        reason = "its end, with the list of its files, is missing: half a download"
    else:
        reason = "its content is not that of a zip archive"
    raise DataError(
        f"{path} cannot be used: {reason}. Delete it and fetch it again. "
        "(A folder of pictures, or an archive unpacked to one, works too.)"
    )


def _opened(how, path: Path):
    """What `how`, `_zip` or `_tar`, makes of an archive: anew when it is replaced by another."""
    status = path.stat()
    return how(path, (status.st_size, status.st_mtime_ns))


@lru_cache(maxsize=4)
def _zip(path: Path, stamp: tuple[int, int]) -> zipfile.ZipFile:
    """One open archive a process: reading the list of 200,000 files takes a second."""
    return zipfile.ZipFile(path)


@lru_cache(maxsize=4)
def _tar(path: Path, stamp: tuple[int, int]) -> dict[str, tuple[int, int, float]]:
    """Name -> where its bytes start, how many they are, and when it was written."""
    with tarfile.open(path, "r:") as archive:
        return {m.name: (m.offset_data, m.size, m.mtime) for m in archive if m.isfile()}


def _refuse_empty():
    raise UnreadablePictureError("empty file (0 bytes)")
