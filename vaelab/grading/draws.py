"""What checks draw: the same for every learner, and something else where a class is graded.

A check draws by generators of its own alone: while a class is graded, others run beside it in threads, and
PyTorch's and NumPy's common ones belong to them all.

A reply that was learned from the checks at home then fits no question. `vaelab grade` keeps a secret, from
which the seeds are made: so whoever grades the same again draws the same again.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

SECRET = "secret.txt"  # beside the hidden checks
_secret = ""


@contextmanager
def by(secret: str) -> Iterator[None]:
    """Checks that run inside draw by this secret, in all threads."""
    global _secret
    _secret = secret
    try:
        yield
    finally:
        _secret = ""


def seed(number: int) -> int:
    """The seed that takes the place of this one."""
    if not _secret:
        return number
    return int.from_bytes(hashlib.sha256(f"{_secret} {number}".encode()).digest()[:4])


def seeded(number: int) -> Any:
    """A generator of PyTorch for what a check draws, in place of `torch.Generator().manual_seed(number)`."""
    import torch

    return torch.Generator().manual_seed(seed(number))
