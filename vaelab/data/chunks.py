"""Some picture files become rows of bytes: the work of one process. Needs no torch, so it starts quickly."""

import math
import warnings
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from PIL import Image

from vaelab.data import picture_files
from vaelab.data.containers import Container
from vaelab.data.splits import place_of


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
    """What became of some files: for each a row and its `splits.place_of`, zeros and nan if skipped."""

    rows: np.ndarray
    places: list[float]
    skipped: list[tuple[str, str, float]]


def read_chunk(container: Container, names: list[str], form: Form) -> Chunk:
    """Decode these files; one that cannot be read is noted, with its reason and its place (nan: unknown)."""
    rows, places, skipped = np.zeros((len(names), *form.shape), np.uint8), [], []
    for row, name in zip(rows, names, strict=True):
        place = math.nan
        try:
            data = container.read(name)
            place = place_of(data)
            row[:] = picture_files.decode(data, form.size, form.channels, form.crop)
            places.append(place)
        except picture_files.UnreadablePictureError as reason:
            skipped.append((name, str(reason), place))
            places.append(math.nan)
    return Chunk(rows, places, skipped)


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
