"""The numbers a run is described by, checked before it starts, and what follows from them at each step.

Every step draws from a seed of its own, so it does not matter how it was reached: a run that was killed and
resumed draws what it would have drawn anyway.
"""

import hashlib
import math
from dataclasses import dataclass

import torch
from torch import Tensor

from vaelab.data.arguments import real_number, whole_number
from vaelab.errors import UnknownNameError

SCHEDULES = ("constant", "cosine")


@dataclass
class Settings:
    """See `fit` for what each means. Raises ValueError when one is out of range."""

    epochs: int
    batch_size: int
    lr: float
    schedule: str
    kl_warm_up: float
    seed: int
    initial_epoch: int

    def __post_init__(self):
        # NumPy's numbers become Python's, which JSON can hold.
        self.epochs = whole_number("epochs", self.epochs)
        self.batch_size = whole_number("batch_size", self.batch_size)
        self.seed = whole_number("seed", self.seed, least=None)
        self.initial_epoch = whole_number("initial_epoch", self.initial_epoch, least=None)
        self.lr = real_number("lr, the step size,", self.lr, above=0)
        self.kl_warm_up = real_number("kl_warm_up, a number of epochs,", self.kl_warm_up, least=0)
        if not 0 <= self.initial_epoch <= self.epochs:
            raise ValueError(
                f"initial_epoch counts epochs that are done, from 0 to epochs={self.epochs}; "
                f"it is {self.initial_epoch}."
            )
        if self.schedule not in SCHEDULES:
            raise UnknownNameError("schedule", self.schedule, SCHEDULES)

    def step_size_factor(self, epochs_done: float) -> float:
        """What the step size is multiplied by when `epochs_done` of the epochs are done.

        "cosine" falls from 1 to 0 along half a cosine (Loshchilov and Hutter, "SGDR", ICLR 2017, equation 5).
        """
        return 1.0 if self.schedule == "constant" else (1 + math.cos(math.pi * epochs_done / self.epochs)) / 2

    def kl_weight(self, beta: float, epochs_done: float) -> float:
        """beta, climbing from 0 in a straight line over the first `kl_warm_up` epochs.

        (Sønderby et al., "Ladder Variational Autoencoders", NeurIPS 2016, section 2.3.)
        """
        return beta if epochs_done >= self.kl_warm_up else beta * epochs_done / self.kl_warm_up


def seed_of(*purpose: int | str) -> int:
    """A seed for one purpose, for instance seed_of(seed, "step", epoch, step): 63 bits from a hash."""
    digest = hashlib.blake2b("/".join(map(str, purpose)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def batch_order(count: int, batch_size: int, seed: int, epoch: int) -> list[Tensor]:
    """Row numbers of each batch of one epoch: all `count` rows once, shuffled.

    A last batch of one joins the batch before it: batch norm takes a spread, which one picture may not have.
    """
    generator = torch.Generator().manual_seed(seed_of(seed, "order", epoch))
    batches = list(torch.randperm(count, generator=generator).split(batch_size))
    if count > batch_size > 1 and len(batches[-1]) == 1:
        batches[-2:] = [torch.cat(batches[-2:])]
    return batches
