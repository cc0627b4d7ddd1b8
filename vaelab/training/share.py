"""What one of several processes does: its rows of each batch, its cut of the noise, agreeing on things."""

import os
from collections.abc import Callable
from typing import TypeVar

import torch
from accelerate import Accelerator
from accelerate.utils import broadcast_object_list
from torch import Tensor, nn

from vaelab.devices import device as find_device
from vaelab.training.draws import seed_of
from vaelab.training.terms import RunningMean

T = TypeVar("T")


class Share:
    """One process' part in training. With a single process every method is the plain thing.

    Args:
        device: what the reader asked for; where nothing was, each process takes a GPU of its own.
    """

    def __init__(self, device: str | torch.device | None):
        found = find_device(device)
        several = "LOCAL_RANK" in os.environ  # set by `accelerate launch` and by `torchrun`
        # `fit` places model and images itself. Processes without GPUs have to be told so.
        self.accelerator = Accelerator(device_placement=False, cpu=several and found.type == "cpu")
        self.index, self.processes = self.accelerator.process_index, self.accelerator.num_processes
        self.leads = self.accelerator.is_main_process
        self.device = self.accelerator.device if several and device is None else found

    def agree(self, answer: T) -> T:
        """The first process' answer, in all of them."""
        answer = [answer]
        if self.processes > 1:
            broadcast_object_list(answer)
        return answer[0]

    def rows(self, batch: Tensor) -> tuple[Tensor, int]:
        """This process' rows of a batch, and how many of them count.

        A process left without rows takes one that counts 0, because all must take part in every step.
        """
        rows = batch[self.index :: self.processes]
        return (rows, len(rows)) if len(rows) else (batch[:1], 0)

    def weight(self, counted: int, batch: Tensor) -> float:
        """Makes the mean of the processes' gradients the gradient of the whole batch, short ones included."""
        return counted * self.processes / len(batch)

    def seed(self, model: nn.Module, batch: Tensor, *purpose: int | str) -> None:
        """Seed a step. Several processes cut a VAE's noise out of what one process would draw."""
        if self.processes == 1:
            torch.manual_seed(seed_of(*purpose))
            return
        torch.manual_seed(seed_of(*purpose, self.index))
        if hasattr(model, "draw_noise"):
            model.draw_noise = self._cut(len(batch), seed_of(*purpose))

    def unseed(self, model: nn.Module) -> None:
        """Let the model draw its noise by itself again."""
        vars(model).pop("draw_noise", None)

    def _cut(self, batch_size: int, seed: int) -> Callable[[Tensor], Tensor]:
        def draw(like: Tensor) -> Tensor:
            generator = torch.Generator(like.device).manual_seed(seed)
            whole = torch.randn(batch_size, *like.shape[1:], generator=generator, device=like.device)
            return whole[self.rows(torch.arange(batch_size))[0].to(like.device)]

        return draw

    def sum(self, value: Tensor) -> Tensor:
        """A tensor, added up over all processes."""
        return self.accelerator.reduce(value, "sum") if self.processes > 1 else value

    def add_up(self, running: RunningMean) -> RunningMean:
        """The running mean over all processes."""
        if self.processes == 1:
            return running
        totals = running.totals()
        row = torch.tensor([*totals.values(), running.count], dtype=torch.float64, device=self.device)
        *sums, count = self.sum(row).tolist()
        return RunningMean(dict(zip(totals, sums, strict=True)), int(count))

    def any(self, wish: bool) -> bool:
        """True in all processes if it is true in one."""
        return wish if self.processes == 1 else bool(self.sum(torch.tensor(int(wish), device=self.device)))
