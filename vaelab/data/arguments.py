"""Checks of what a caller asks for: numbers, shapes, tensors and splits. What cannot be gets a sentence."""

import math
import os
from collections.abc import Sequence
from numbers import Integral, Real
from pathlib import Path

import torch
from torch import Tensor

from vaelab.data.splits import SPLITS
from vaelab.errors import DataError, ShapeError, UnknownNameError

_LARGEST = 2**63 - 1  # the largest number with which PyTorch counts


def is_whole(value: object) -> bool:
    """Whether a value is a whole number: Python's or NumPy's, but not True, False or 2.0."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def whole_number(what: str, value, least: int | None = 1) -> int:
    """`value` as an int, or else a DataError that says `what` it has to be, and how large at `least`."""
    if not is_whole(value) or (least is not None and value < least):
        bound = "" if least is None else f" of at least {least}"
        raise DataError(f"{what} must be a whole number{bound}, not {value!r}.")
    if least is not None and value > _LARGEST:
        raise DataError(f"{what} must be a whole number of at most 2**63 - 1, not {value!r}.")
    return int(value)


def seed_number(seed) -> int:
    """A seed as PyTorch and NumPy take it, from 0 and below 2**64: of any whole number, long or negative."""
    return whole_number("seed", seed, least=None) % 2**64


def switch(what: str, value: bool, more: tuple = ()) -> None:
    """Raise DataError for what is neither True nor False, nor one of `more`, such as None."""
    if not isinstance(value, bool) and value not in more:
        known = " or ".join(map(repr, (True, False, *more)))
        raise DataError(f"{what} is {known}, not {value!r}.")


def share(what: str, value) -> float:
    """A part of a whole as a float: from 0, for none of it, to below 1. DataError for what is none."""
    if not _is_real(value) or not 0 <= value < 1:
        raise DataError(f"{what} is a share, from 0 to below 1, not {value!r}. 0 switches it off.")
    return float(value)


def real_number(what: str, value, *, least: float = -math.inf, above: float = -math.inf) -> float:
    """`value` as a float, or else a DataError that says `what` must be finite, and how large."""
    if not _is_real(value) or value < least or value <= above:
        bound = f" greater than {above:g}" if above > -math.inf else f" of at least {least:g}"
        raise DataError(f"{what} must be a finite number{bound}, not {value!r}.")
    return float(value)


def folder_of(what: str, value) -> Path:
    """A path, ~ included; DataError for what is none."""
    if not isinstance(value, str | os.PathLike) or value == "":
        raise DataError(f"{what} is the path of a folder, not {value!r}.")
    return Path(value).expanduser()


def _is_real(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def check_tensors(**values) -> None:
    """Raise DataError for whichever of these, given by name, is no tensor."""
    for name, value in values.items():
        if not isinstance(value, Tensor):
            kind = type(value).__name__
            raise DataError(f"{name} must be a tensor, not {kind}: torch.as_tensor makes one of numbers.")


def check_floats(**values) -> None:
    """Raise DataError for whichever of these, given by name, is no tensor of floats.

    What is computed takes the number format of what is given: whole numbers would be cut off in silence.
    """
    check_tensors(**values)
    for name, value in values.items():
        if not value.is_floating_point():
            cure = (
                "ImageSet(x).float() makes pixels" if value.dtype == torch.uint8 else ".float() makes floats"
            )
            raise DataError(f"{name} holds whole numbers, {value.dtype}: {cure} of them.")


def classes(labels, count: int, names: Sequence[str] = ()) -> tuple[Tensor, list[str]]:
    """Classes of `count` things, and a name for each class: its number where `names` has none at all.

    Args:
        labels: what becomes a tensor (count,) of whole numbers from 0, or of True and False.

    Raises:
        DataError: labels of another kind, or one that has no name.
    """
    labels = torch.as_tensor(labels)
    if labels.shape != (count,) or labels.is_floating_point() or (labels < 0).any():
        raise DataError(
            f"{count} pictures or points need one label each, whole numbers from 0; these labels are "
            f"{labels.dtype} of shape {tuple(labels.shape)}."
        )
    labels = labels.long()
    needed = int(labels.max()) + 1 if count else 0
    known = list(map(str, names)) or [str(k) for k in range(needed)]
    if len(known) < needed:
        raise DataError(f"Labels go up to {needed - 1}, but there are only {len(known)} class names.")
    return labels, known


def check_image_shape(value) -> tuple[int, int, int]:
    """An image shape as three ints; ShapeError or DataError for what is none."""
    if not isinstance(value, Sequence) or len(value) != 3:
        raise ShapeError(f"image_shape is (channels, height, width), three whole numbers, not {value!r}.")
    channels, height, width = (whole_number("Each of image_shape, (C, H, W),", number) for number in value)
    return channels, height, width


def check_size(size) -> int:
    """A size as an int; DataError, in words, for one that no picture can have."""
    return whole_number("size, the height and width in pixels,", size)


def check_split(what: str, split: str, known: tuple[str, ...] = (*SPLITS, "all")) -> None:
    """Raise UnknownNameError for a split that is not `known`; by default those of photographs are."""
    if split not in known:
        raise UnknownNameError(f"split of {what}", split, known)
