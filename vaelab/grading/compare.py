"""What checks are written with: comparisons that fail with a sentence for the learner."""

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from vaelab.grading.space import Handle, SubmissionError


class WrongError(AssertionError):
    """The answer is wrong; the message says in words what the mistake is."""


def expect(condition: Any, message: str) -> None:
    """Fail with the message unless the condition holds. An object of the submission is no condition."""
    if isinstance(condition, Handle) or not bool(condition):
        raise WrongError(message)


def same_shape(actual: Any, expected: tuple[int, ...], message: str) -> None:
    """Fail unless `actual` has the expected shape; the two shapes are added to the message."""
    if isinstance(actual, Handle):
        raise WrongError(actual.no_number())
    if np.shape(actual) != tuple(expected):
        raise WrongError(f"{message} Expected shape {tuple(expected)}, got {np.shape(actual)}.")


def several(value: Any, count: int, message: str) -> list:
    """The things that a function returned, in a list or one array; fails unless there are so many."""
    value = list(value) if isinstance(value, np.ndarray) and value.ndim else value
    expect(isinstance(value, list) and len(value) == count, message)
    return value


def number(value: Any) -> float:
    """A number, however it is written: 0.8, "0.8", "0,8", "4/5", `torch.tensor([0.8])`.

    Raises:
        WrongError: if it is none.
    """
    value = _single(value)
    try:
        found = float(Fraction(value.strip().replace(",", ".")) if isinstance(value, str) else value)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError, SubmissionError):
        found = math.nan
    expect(math.isfinite(found), f"One number was expected here, such as 0.5, not {_named(value)}.")
    return found


def letter(value: Any) -> str:
    """A letter or a word in small letters, however it is written: "c", " C ", "(c)", "c)", "c.", ["c"].

    Raises:
        WrongError: if it is none.
    """
    value = _single(value)
    expect(isinstance(value, str), f"One letter was expected here, such as 'a', not {_named(value)}.")
    return value.strip("()[]{}.,:;'\"`* \t\n").lower()


def _single(value: Any) -> Any:
    """What stands alone in a list or an array."""
    while (isinstance(value, list) and len(value) == 1) or (
        isinstance(value, np.ndarray) and value.size == 1
    ):
        value = value[0] if isinstance(value, list) else value.item()
    return value


def _named(value: Any) -> str:
    if isinstance(value, str | float | int):
        return f"{value!r:.40}"
    return f"a {value.kind if isinstance(value, Handle) else type(value).__name__}"


def agrees(actual: Any, expected: Any, rtol: float = 1e-4, atol: float = 1e-5) -> bool:
    """Whether two arrays (NumPy or PyTorch) have one shape and equal values, up to rounding."""
    actual, expected = _array(actual), _array(expected)
    return (
        actual is not None
        and actual.shape == expected.shape
        and bool(np.allclose(actual, expected, rtol=rtol, atol=atol))
    )


def diagnose(
    actual: Any,
    expected: Any,
    mistakes: Mapping[str, Any],
    otherwise: str,
    rtol: float = 1e-4,
    atol: float = 1e-5,
) -> None:
    """Fail unless `actual` agrees with `expected`, with the message of the mistake that gives what was got.

    Args:
        actual: what the submission returned.
        expected: the right value.
        mistakes: message -> the value that this mistake leads to. The first that agrees is taken.
        otherwise: the message if none does.
        rtol, atol: relative and absolute tolerance.
    """
    if agrees(actual, expected, rtol, atol):
        return
    for message, value in mistakes.items():
        if agrees(actual, value, rtol, atol):
            raise WrongError(message)
    raise WrongError(otherwise)


def _array(value: Any) -> np.ndarray | None:
    if isinstance(value, Handle):
        raise SubmissionError(value.no_number())
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    try:
        array = np.asarray(value)
    except ValueError:  # rows of unequal length
        return None
    return array if array.dtype.kind in "fiub" else None
