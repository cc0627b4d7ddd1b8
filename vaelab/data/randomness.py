"""Random numbers by address: the same (seed, index, column) gives the same number, always.

A drawn picture must not depend on how many were drawn before it or on the batch it came in, so nothing
here has a state. Each number is a hash of its address (SplitMix64: Steele, Lea and Flood, "Fast
splittable pseudorandom number generators", OOPSLA 2014).
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Factor:
    """One thing that varies from picture to picture: its range and what it means."""

    low: float
    high: float
    meaning: str


def _mix(z: np.ndarray) -> np.ndarray:
    """SplitMix64's finaliser: flipping any input bit flips about half of the output bits."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def uniforms(seed: int, indices, columns: int) -> np.ndarray:
    """Uniform numbers strictly between 0 and 1, one row per index.

    Args:
        seed: any integer; another seed gives an unrelated table.
        indices: integers, shape (N,): the rows of the endless table to read.
        columns: how many numbers each row has.

    Returns:
        float64 array of shape (N, columns).
    """
    rows = np.atleast_1d(np.asarray(indices)).astype(np.uint64)
    with np.errstate(over="ignore"):
        key = _mix(np.array([seed % 2**64], np.uint64) + np.uint64(0x632BE59BD9B4E019))
        rows = _mix(rows * np.uint64(0x9E3779B97F4A7C15) + key)
        cells = np.arange(1, columns + 1, dtype=np.uint64) * np.uint64(0xD1342543DE82EF95)
        bits = _mix(rows[:, None] + cells)
    return ((bits >> np.uint64(11)).astype(np.float64) + 0.5) / 2.0**53
