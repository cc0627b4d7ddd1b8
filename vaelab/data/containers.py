"""A folder, a zip and a tar archive: one way to list the files in them and to read one."""

import zipfile
from dataclasses import dataclass
from pathlib import Path

from vaelab.data import picture_files
from vaelab.data.archives import Listing, Tar, Zip, is_tar
from vaelab.errors import DataError, MissingDataError

_COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")  # gzip, bzip2, xz, zstd


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
        """For each file what changes when its content does."""

        def mark(name: str) -> tuple:
            try:
                return picture_files.mark_of((self.path / name).stat())
            except OSError:
                return (-1, -1, -1)

        return [mark(name) for name in names]


Container = Folder | Zip | Tar


def open_container(path: Path) -> Container:
    """The folder, zip or tar archive at a path, told apart by its first bytes: names can be wrong.

    Raises:
        MissingDataError: nothing is there.
        DataError: a file that is no archive; the message says what it is instead.
    """
    if path.is_dir():
        return Folder(path)
    if not path.exists():
        raise MissingDataError(f"There is no folder {path} (seen from {Path.cwd()}). Check its spelling.")
    if not path.is_file():  # a named pipe would be waited for without end
        raise DataError(f"{path} is neither a folder nor a file that can be read at any place in it.")
    with path.open("rb") as file:
        start = file.read(512)
    if is_tar(start):
        return Tar(path)
    if start.startswith(_COMPRESSED):
        raise DataError(f"{path} is a compressed archive, which has to be read in one go: unpack it.")
    if path.suffix.lower() == ".zip" or start[:4] == b"PK\x03\x04":
        _check_zip(path, start)
        return Zip(path)
    raise DataError(
        f"{path} is {'a file' if start else 'an empty file'}, not a folder of pictures, nor a zip or tar "
        "archive. If it is another kind of archive, unpack it first."
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
