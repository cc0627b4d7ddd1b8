"""Atomic writing: files that appear whole or not at all; and what to do where a disk or a folder refuses."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

DISK_IS_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_OTHER_PLACE = "Move it away, or name another place."
REMEDIES = {  # what the system says -> what to do
    **dict.fromkeys(DISK_IS_FULL, "Make room, or name a place on another disk."),
    **dict.fromkeys(
        (errno.EACCES, errno.EPERM, errno.EROFS),
        "You may not do that there: change its permissions, or name another place.",
    ),
    **dict.fromkeys(
        (errno.EEXIST, errno.ENOTDIR), f"A file is in the way, where a folder is needed. {_OTHER_PLACE}"
    ),
    errno.EISDIR: f"A folder is in the way, where a file is needed. {_OTHER_PLACE}",
    errno.ENOENT: "Check how it is spelt, and from which folder it is seen.",
    errno.ENAMETOOLONG: "Give it a shorter name.",
    errno.EMFILE: "Close other programs, or raise the limit: ulimit -n.",
}


def need_space(folder: Path, needed: int) -> None:
    """Raise OSError where a folder's disk has less room than so many bytes: at the start, not at the end."""
    if shutil.disk_usage(folder).free < needed:
        raise OSError(errno.ENOSPC, f"{needed / 1e6:,.0f} MB more are needed")


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Write a file atomically: to the path this gives, which is renamed to `path` on leaving.

    After an error nothing is left, and an OSError names `path`. The name changes only when the bytes are on
    the disk: a kill or a power cut leaves the old file or the new one.
    """
    temporary = None
    try:
        if path.is_dir():  # said at once, not when all is written
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        flush_to_disk(temporary)
        temporary.replace(path)
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        if temporary:
            temporary.unlink(missing_ok=True)


def flush_to_disk(path: Path) -> None:
    """Wait until a file's bytes are on the disk, not only on their way."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def flush_names(folder: Path) -> None:
    """Wait until the names in a folder are on the disk, where the system lets one (Windows does not)."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
