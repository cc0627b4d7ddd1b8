"""Temporary folders. One that a killed process left behind is taken away a day later."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

_NAME = "vaelab-grading-"
_OLD = 24 * 3600  # seconds; none is needed for more than an hour


@contextmanager
def folder() -> Iterator[Path]:
    """A folder for as long as it is needed."""
    _tidy()
    with TemporaryDirectory(prefix=_NAME, ignore_cleanup_errors=True) as name:
        yield Path(name)


@cache  # once a process
def _tidy() -> None:
    for left in Path(gettempdir()).glob(f"{_NAME}*"):
        with suppress(OSError):  # somebody else's, or taken away just now
            if time.time() - left.stat(follow_symlinks=False).st_mtime > _OLD:
                shutil.rmtree(left)
