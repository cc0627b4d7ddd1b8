"""Where images that are not drawn come from: Fashion-MNIST, MNIST, and any folder of pictures."""

import os
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from vaelab.data import mnist_files, packing, picture_files
from vaelab.data.arguments import check_size, check_split
from vaelab.data.containers import Container, open_container
from vaelab.data.imageset import ImageSet
from vaelab.data.splits import SPLITS
from vaelab.errors import DataError, EmptySplitError


def fashion_mnist(split: str = "train", size: int | None = None) -> ImageSet:
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


def mnist(split: str = "train", size: int | None = None) -> ImageSet:
    """MNIST: 70,000 handwritten digits, grey, 28x28 (LeCun, Cortes and Burges). As `fashion_mnist`."""
    return _mnist_like("mnist", mnist_files.MNIST, split, size)


def _mnist_like(name: str, collection: mnist_files.Collection, split: str, size: int | None) -> ImageSet:
    check_split(repr(name), split, SPLITS)
    size = None if size is None else check_size(size)
    images, labels = mnist_files.read(collection, "t10k" if split == "test" else "train")
    rows = {"train": slice(55_000), "validation": slice(55_000, None), "test": slice(None)}[split]
    images = images[rows, None].clone()  # a copy: a slice would keep the whole file in memory
    return ImageSet(
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


def folder(path: str | os.PathLike, split: str = "train", size: int = 64, channels: int = 3) -> ImageSet:
    """Any tree of picture files, each cut to its central square and resized (see `picture_files.decode`).

    A picture's split follows from its file's bytes: 80 % train, 10 % validation, 10 % test on average. So
    identical copies never lie in two splits, and new pictures move no others. From three different pictures
    on, each split has at least one (see `splits.split_starts`). The order is that of the relative paths.
    Where all pictures lie in sub-folders, and there are at least two, the names of those directly below
    `path` are the classes. From 500 pictures on the result is kept in the cache, one file a size (see
    `vaelab.data.packing`).

    Args:
        path: the folder, or a zip or tar archive of one. Only files with a picture's suffix count; hidden
            ones do not.
        split: "train", "validation", "test" or "all".
        size: height and width in pixels.
        channels: 3 for colour, 1 for grey.

    Returns:
        An `ImageSet`. Files of this split that could not be read are in `skipped`, and a warning names them.

    Raises:
        MissingDataError: no such folder.
        DataError: no folder, no pictures, none that can be read, or none in this split.
    """
    check_split("a folder", split)
    if channels not in (1, 3):
        raise DataError(f"channels must be 3 (colour) or 1 (grey), not {channels}.")
    size = check_size(size)
    container = open_container(Path(path).expanduser())
    files, unreadable = container.pictures()
    if not files:
        raise DataError(_nothing_found(container.path, unreadable))
    form, title = packing.Form(size, channels), container.path.resolve().name
    packed = packing.pack(container, files, form, title, by_split=split != "all")
    group = 0 if split == "all" else SPLITS.index(split)
    rows = packed.rows(group)
    skipped = unreadable + [
        (file, why) for file, why, its_group in packed.skipped if its_group in (group, -1)
    ]
    if rows.start == rows.stop:
        raise _nothing_left(container.path, split, len(files), skipped)
    warn_of_skipped(container, skipped)
    class_names = _class_names(files)
    classes = np.array([class_names.index(file.split("/")[0]) if class_names else 0 for file in files])
    return ImageSet(
        images=packed.images[rows],
        name=title,
        labels=torch.from_numpy(classes[packed.files[rows]]) if class_names else None,
        class_names=class_names,
        skipped=tuple(skipped),
    )


def warn_of_missing(path: Path, title: str, found: int, whole: int) -> None:
    """Say so if a set is not all there."""
    if found < whole:
        warnings.warn(
            f"{path} has {found:,} of {title}'s {whole:,} pictures: it was not copied or unpacked to its "
            "end. They are used; to have all, delete it and fetch it again.",
            stacklevel=5,
        )


def warn_of_skipped(container: Container, skipped: Sequence[tuple[str, str]]) -> None:
    """One warning that names the first files that could not be read, and their number."""
    if skipped:
        warnings.warn(f"{container.path}: {_listing(skipped)}. All are listed in .skipped.", stacklevel=5)


def _class_names(files: list[str]) -> tuple[str, ...]:
    """Names of the sub-folders that hold the pictures; none where a picture lies beside them.

    A single sub-folder is packaging (many archives have one), not a class.
    """
    names = sorted({file.split("/")[0] for file in files})
    return tuple(names) if len(names) > 1 and all("/" in file for file in files) else ()


def _nothing_found(root: Path, unreadable: list[tuple[str, str]]) -> str:
    if unreadable:
        return f"{root} has no pictures that can be reached: {_listing(unreadable)}. Check its permissions."
    names = ", ".join(sorted(picture_files.suffixes()))
    return f"{root} has no picture files, nor have its sub-folders. Files that end in {names} are read."


def _nothing_left(root: Path, split: str, count: int, skipped: list[tuple[str, str]]) -> DataError:
    if skipped:
        return DataError(
            f"None of the picture files of {root} could be used for split {split!r}: {_listing(skipped)}. "
            "Replace them, or check how they were copied."
        )
    return EmptySplitError(
        f"{root} has {count} picture{'s' * (count > 1)}, and none for split {split!r}: three different ones "
        'are needed for one in each of three splits. Add pictures, or take them all with split="all" (on the '
        "command line: --split all)."
    )


def _listing(skipped: Sequence[tuple[str, str]], most: int = 5) -> str:
    """One line: how many files could not be read, which, and why."""
    shown = "; ".join(f"{file} ({reason})" for file, reason in skipped[:most])
    more = f"; and {len(skipped) - most} more" if len(skipped) > most else ""
    files = "1 file" if len(skipped) == 1 else f"{len(skipped)} files"
    return f"{files} could not be read: {shown}{more}"
