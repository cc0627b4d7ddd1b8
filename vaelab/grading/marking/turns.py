"""Checks of several submissions at a time, in threads, with the same random numbers in any order."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from vaelab.grading import draws
from vaelab.grading.space import seed_all


class Turns:
    """Lets one check run at a time, since all share the generators of PyTorch, NumPy and `random`.

    While a check waits for its submission, which is where the time goes, others run.
    """

    def __init__(self):
        self._lock = threading.Lock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """For one question's checks: nobody else's run, and the generators start anew."""
        with self._lock:
            seed_all(draws.seed(0))
            yield

    def waiting(self, ask: Callable[[dict], dict]) -> Callable[[dict], dict]:
        """`ask`, called in a turn, which lets others have theirs until the reply is there."""

        def asked(message: dict) -> dict:
            state = _state()
            self._lock.release()
            try:
                return ask(message)
            finally:
                self._lock.acquire()
                _set(state)

        return asked


def _state() -> tuple[Any, ...]:
    import torch

    return torch.get_rng_state(), np.random.get_state(), random.getstate()


def _set(state: tuple[Any, ...]) -> None:
    import torch

    of_torch, of_numpy, of_python = state
    torch.set_rng_state(of_torch)
    np.random.set_state(of_numpy)
    random.setstate(of_python)
