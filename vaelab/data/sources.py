"""Where images that are not drawn come from: known data sets, and any folder of pictures.

Each source is a function that returns a `Source`, one split in memory.
"""

import hashlib
import os
import warnings
from dataclasses import dataclass
from multiprocessing.pool import ThreadPool
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from vaelab.data import SPLITS, mnist_files, picture_files
from vaelab.errors import DataError, MissingDataError, UnknownNameError
from vaelab.progress import progress

_BAR_FROM = 500  # files, from which on a progress bar is worth its line
_SHARES = (("train", 0.8), ("validation", 0.9), ("test", 1.0))  # of a folder: upper ends


@dataclass(frozen=True, eq=False)
class Source:
    """One split of a data set.

    Attributes:
        name: where the pictures come from.
        images: uint8, shape (N, C, H, W).
        labels: int64, shape (N,), or None.
        class_names: what the labels mean.
        skipped: (file, reason) of each picture that could not be read.
    """

    name: str
    images: Tensor
    labels: Tensor | None = None
    class_names: tuple[str, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()


def fashion_mnist(split: str = "train", size: int | None = None) -> Source:
    """Fashion-MNIST: 70,000 grey pictures of clothes, 28x28, ten classes (Xiao, Rasul and Vollgraf, 2017).

    Read from `$VAELAB_DATA`, Debian's package or the cache, else downloaded into the cache.

    Args:
        split: "train" (the first 55,000 of the training file), "validation" (its last 5,000) or
            "test" (10,000).
        size: height and width in pixels; None keeps 28.

    Raises:
        MissingDataError: neither on this machine nor to be downloaded; the message says how to get it.
        DataError: a size that cannot be, or damaged files.
    """
    return _mnist_like("fashion_mnist", mnist_files.FASHION_MNIST, split, size)


def mnist(split: str = "train", size: int | None = None) -> Source:
    """MNIST: 70,000 handwritten digits, grey, 28x28 (LeCun, Cortes and Burges). As `fashion_mnist`."""
    return _mnist_like("mnist", mnist_files.MNIST, split, size)


def _mnist_like(name: str, collection: mnist_files.Collection, split: str, size: int | None) -> Source:
    if split not in SPLITS:
        raise UnknownNameError(f"split of {name!r}", split, SPLITS)
    if size is not None:
        _check_size(size)
    images, labels = mnist_files.read(collection, "t10k" if split == "test" else "train")
    rows = {"train": slice(55_000), "validation": slice(55_000, None), "test": slice(None)}[split]
    images = images[rows, None].clone()  # a copy: a slice would keep the whole file in memory
    return Source(
        name=name,
        images=images if size in (None, images.shape[-1]) else resize(images, size),
        labels=labels[rows].clone(),
        class_names=collection.class_names,
    )


def resize(images: Tensor, size: int, batch_size: int = 1_000) -> Tensor:
    """Resize pictures with an antialiased bilinear filter.

    Args:
        images: uint8, shape (N, C, H, W).
        size: new height and width in pixels.
        batch_size: pictures that are floats at one time.

    Returns:
        uint8, shape (N, C, size, size).
    """
    resized = torch.empty(*images.shape[:2], size, size, dtype=torch.uint8)
    for rows in torch.arange(len(images)).split(batch_size):
        smooth = F.interpolate(images[rows].float(), (size, size), mode="bilinear", antialias=True)
        resized[rows] = smooth.round().clamp(0, 255).to(torch.uint8)
    return resized


def folder(path: str | os.PathLike, split: str = "train", size: int = 64, channels: int = 3) -> Source:
    """Any tree of picture files, each cut to its central square and resized (see `picture_files.decode`).

    A picture's split follows from its file's bytes alone: 80 % train, 10 % validation, 10 % test on average.
    So identical copies never lie in two splits, and new pictures move no others. The order is that of the
    relative paths. Where all pictures lie in sub-folders, and there are at least two, the names of those
    directly below `path` are the classes.

    Args:
        path: the folder. Only files with a picture's suffix count; hidden ones do not.
        split: "train", "validation", "test" or "all".
        size: height and width in pixels.
        channels: 3 for colour, 1 for grey.

    Returns:
        A `Source`. Files of this split that could not be read are in `skipped`, and a warning names them.

    Raises:
        MissingDataError: no such folder.
        DataError: no folder, no pictures, none that can be read, or none in this split.
    """
    if split not in (*SPLITS, "all"):
        raise UnknownNameError("split of a folder", split, (*SPLITS, "all"))
    if channels not in (1, 3):
        raise DataError(f"channels must be 3 (colour) or 1 (grey), not {channels}.")
    _check_size(size)
    root = _existing_folder(path)
    files, skipped = picture_files.list_pictures(root)
    if not files:
        raise DataError(_nothing_found(root, skipped))
    squares, kept = [], []
    for file, result in zip(files, _read_all(root, files, split, size, channels), strict=True):
        if isinstance(result, str):
            skipped.append((file.as_posix(), result))
        elif result is not None:
            squares.append(result)
            kept.append(file)
    if not squares:
        raise DataError(_nothing_left(root, split, len(files), skipped))
    if skipped:
        warnings.warn(f"{root}: {_listing(skipped)}. All are listed in .skipped.", stacklevel=2)
    class_names = _class_names(files)
    return Source(
        name=root.resolve().name,
        images=torch.from_numpy(np.stack(squares)),
        labels=torch.tensor([class_names.index(file.parts[0]) for file in kept]) if class_names else None,
        class_names=class_names,
        skipped=tuple(skipped),
    )


def _read_all(root: Path, files: list[Path], split: str, size: int, channels: int) -> list:
    """For each file its square of bytes, the reason why there is none, or None: in another split."""

    def read(file: Path) -> np.ndarray | str | None:
        try:
            data = picture_files.read_bytes(root / file)
            wanted = split in ("all", split_of(data))
            return picture_files.decode(data, size, channels) if wanted else None
        except picture_files.UnreadablePictureError as reason:
            return str(reason)

    # Decoders let go of Python's lock, so threads are enough. Leaving the block by Ctrl-C stops them.
    with warnings.catch_warnings(), ThreadPool(min(16, os.cpu_count() or 1)) as pool:
        warnings.filterwarnings("ignore", module="PIL")  # odd metadata; what matters is in `skipped`
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        results = pool.imap(read, files)
        options = {"desc": f"Reading {root.name}", "total": len(files), "unit": "file"}
        return list(progress(results, wanted=len(files) >= _BAR_FROM, **options))


def split_of(data: bytes) -> str:
    """The split of a picture file, from a hash of its bytes: always the same, whatever else is there."""
    digest = hashlib.blake2b(data, digest_size=8).digest()
    place = int.from_bytes(digest, "big") / 2**64
    return next(name for name, end in _SHARES if place < end or end == 1.0)


def _class_names(files: list[Path]) -> tuple[str, ...]:
    """Names of the sub-folders that hold the pictures; none where a picture lies beside them.

    A single sub-folder is packaging (many archives have one), not a class.
    """
    names = sorted({file.parts[0] for file in files})
    return tuple(names) if len(names) > 1 and all(len(file.parts) > 1 for file in files) else ()


def _check_size(size: int) -> None:
    if not isinstance(size, int) or size < 1:
        raise DataError(
            f"size, the height and width in pixels, must be a whole number above 0, not {size!r}."
        )


def _existing_folder(path: str | os.PathLike) -> Path:
    root = Path(path).expanduser()
    if root.is_dir():
        return root
    if root.exists():
        raise DataError(f"{root} is a file, not a folder of pictures. If it is an archive, unpack it first.")
    raise MissingDataError(f"There is no folder {root} (seen from {Path.cwd()}). Check its spelling.")


def _nothing_found(root: Path, unreadable: list[tuple[str, str]]) -> str:
    if unreadable:
        return f"{root} has no pictures that can be reached: {_listing(unreadable)}. Check its permissions."
    names = ", ".join(sorted(picture_files.suffixes()))
    return f"{root} has no picture files, nor have its sub-folders. Files that end in {names} are read."


def _nothing_left(root: Path, split: str, count: int, skipped: list[tuple[str, str]]) -> str:
    if skipped:
        return (
            f"None of the picture files of {root} could be used for split {split!r}: {_listing(skipped)}. "
            "Replace them, or check how they were copied."
        )
    return (
        f"None of the {count} pictures of {root} falls into split {split!r}: a picture's bytes decide, "
        "and about one in ten is kept for validation, one in ten for test. Add pictures, or take them all "
        'with split="all".'
    )


def _listing(skipped: list[tuple[str, str]], most: int = 5) -> str:
    """One line: how many files could not be read, which, and why."""
    shown = "; ".join(f"{file} ({reason})" for file, reason in skipped[:most])
    more = f"; and {len(skipped) - most} more" if len(skipped) > most else ""
    files = "1 file" if len(skipped) == 1 else f"{len(skipped)} files"
    return f"{files} could not be read: {shown}{more}"
