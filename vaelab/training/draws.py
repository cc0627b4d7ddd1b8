"""Randomness of a run: every step draws from a seed of its own, so it does not matter how it was reached.

A run that was killed and resumed therefore draws what it would have drawn anyway.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor


def seed_of(*purpose: int | str) -> int:
    """A seed for one purpose, for instance seed_of(seed, "step", epoch, step): 63 bits from a hash."""
    digest = hashlib.blake2b("/".join(map(str, purpose)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


@contextmanager
def own_random_state(device: torch.device) -> Iterator[None]:
    """Draws inside do not disturb the reader's random state."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        yield


def batch_order(count: int, batch_size: int, seed: int, epoch: int) -> list[Tensor]:
    """Row numbers of each batch of one epoch: all `count` rows once, shuffled."""
    generator = torch.Generator().manual_seed(seed_of(seed, "order", epoch))
    return list(torch.randperm(count, generator=generator).split(batch_size))
