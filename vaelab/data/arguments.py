"""Checks of what a caller asks for: whole numbers and splits. What cannot be gets a sentence."""

from numbers import Integral

from vaelab.data.splits import SPLITS
from vaelab.errors import DataError, UnknownNameError


def is_whole(value: object) -> bool:
    """Whether a value is a whole number: Python's or NumPy's, but not True, False or 2.0."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def whole_number(what: str, value, least: int | None = 1) -> int:
    """`value` as an int, or else a DataError that says `what` it has to be, and how large at `least`."""
    if not is_whole(value) or (least is not None and value < least):
        bound = "" if least is None else f" of at least {least}"
        raise DataError(f"{what} must be a whole number{bound}, not {value!r}.")
    return int(value)


def check_size(size) -> int:
    """A size as an int; DataError, in words, for one that no picture can have."""
    return whole_number("size, the height and width in pixels,", size)


def check_split(what: str, split: str, known: tuple[str, ...] = (*SPLITS, "all")) -> None:
    """Raise UnknownNameError for a split that is not `known`; by default those of photographs are."""
    if split not in known:
        raise UnknownNameError(f"split of {what}", split, known)
