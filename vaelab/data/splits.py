"""Which pictures are learned from, which tuned on, which tested on."""

import hashlib

import numpy as np

SPLITS = ("train", "validation", "test")

_STARTS = (0.8, 0.9)  # of validation and test, on the scale of `place_of`


def place_of(data: bytes) -> float:
    """A picture file's place between 0 and 1, a hash of all its bytes: it never changes."""
    digest = hashlib.blake2b(data, digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def split_starts(places: np.ndarray) -> tuple[float, float]:
    """Where validation and test start, so that each split of a folder has a picture.

    They start at 0.8 and 0.9: on average 80 % of the pictures are for training, 10 % for validation, 10 %
    for testing. Where one of the three would have none, as happens in a small folder, the starts slide by as
    few pictures as will do. Of two pictures one is for training and one for validation.

    Args:
        places: `place_of` each picture, in any order, shape (N,). Identical copies count once.
    """
    places = np.unique(places)
    count = len(places)
    validation, test = np.searchsorted(places, _STARTS)
    validation = min(max(validation, 1), max(count - 2, 1))
    test = min(max(test, validation + 1), max(count - 1, 2))
    starts = np.append(places, (1, 1, 1))  # nothing lies there
    return float(starts[validation]), float(starts[test])
