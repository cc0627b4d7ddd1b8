"""Some picture files become rows of bytes: the work of one process. Needs no torch, so it starts quickly."""

import warnings
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from PIL import Image

from vaelab.data import picture_files
from vaelab.data.containers import Container

SKIPPED = 255  # stands for the group of a file that did not become a row

Grouping = Callable[[bytes], int]
"""Gives a file's group, 0 to 9, by its bytes."""


@dataclass(frozen=True)
class Form:
    """What each picture is made into: a central square, `size` pixels wide (see `picture_files.decode`)."""

    size: int
    channels: int = 3
    crop: int | None = None

    @property
    def shape(self) -> tuple[int, int, int]:
        return (self.channels, self.size, self.size)


@dataclass(frozen=True, eq=False)
class Chunk:
    """What became of some files: for each a row (zeros if it was skipped) and its group (or SKIPPED)."""

    rows: np.ndarray
    groups: list[int]
    skipped: list[tuple[str, str, int]]


def read_chunk(container: Container, names: list[str], form: Form, grouping: Grouping | None) -> Chunk:
    """Decode these files; one that cannot be read is noted, with its reason and its group (-1: unknown)."""
    rows, groups, skipped = np.zeros((len(names), *form.shape), np.uint8), [], []
    for row, name in zip(rows, names, strict=True):
        group = -1
        try:
            data = container.read(name)
            group = grouping(data) if grouping else 0
            row[:] = picture_files.decode(data, form.size, form.channels, form.crop)
            groups.append(group)
        except picture_files.UnreadablePictureError as reason:
            skipped.append((name, str(reason), group))
            groups.append(SKIPPED)
    return Chunk(rows, groups, skipped)


def numbered_chunk(number: int, *task) -> tuple[int, Chunk]:
    """`read_chunk` in a process of its own: with the task's number, for results come in any order."""
    with quiet_decoders():
        return number, read_chunk(*task)


@contextmanager
def quiet_decoders():
    """No warnings of Pillow's: odd metadata does not matter, and what does is in `skipped`.

    Not for use inside threads: they share the list of what is to be ignored.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="PIL")
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        yield
