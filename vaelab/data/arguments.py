"""Checks of what a caller asks for: numbers, shapes, tensors and splits. What cannot be gets a sentence."""

import math
from collections.abc import Sequence
from numbers import Integral, Real

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


def real_number(what: str, value, *, least: float = -math.inf, above: float = -math.inf) -> float:
    """`value` as a float, or else a DataError that says `what` must be finite, and how large."""
    real = isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
    if not real or value < least or value <= above:
        bound = f" greater than {above:g}" if above > -math.inf else f" of at least {least:g}"
        raise DataError(f"{what} must be a finite number{bound}, not {value!r}.")
    return float(value)


def check_tensors(**values) -> None:
    """Raise DataError for whichever of these, given by name, is no tensor."""
    for name, value in values.items():
        if not isinstance(value, Tensor):
            kind = type(value).__name__
            raise DataError(f"{name} must be a tensor, not {kind}: torch.as_tensor makes one of numbers.")


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
