"""What checks are written with: comparisons that fail with a sentence for the learner."""

from collections.abc import Mapping
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
    if np.shape(actual) != tuple(expected):
        raise WrongError(f"{message} Expected shape {tuple(expected)}, got {np.shape(actual)}.")


def several(value: Any, count: int, message: str) -> list:
    """The things that a function returned; fails unless there are so many."""
    expect(isinstance(value, list) and len(value) == count, message)
    return value


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
        raise SubmissionError(f"This gives a value of type {value.kind}, where numbers were expected.")
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    try:
        array = np.asarray(value)
    except ValueError:  # rows of unequal length
        return None
    return array if array.dtype.kind in "fiub" else None
