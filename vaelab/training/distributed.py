"""Distributed training: one process' rank among the world, its rows of each batch, its cut of the noise."""

import atexit
import os
from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch import distributed as dist
from torch.nn.parallel import DistributedDataParallel

from vaelab import nets
from vaelab.devices import device as find_device
from vaelab.training.history import RunningMean

T = TypeVar("T")


def leads() -> bool:
    """Whether this process has rank 0: of several, started by `torchrun`, it writes and speaks for all."""
    return int(os.environ.get("RANK", 0)) == 0


class Processes:
    """One process' part in distributed training. With a single process every method is the plain thing.

    `join` meets the others: the process group is PyTorch's, gloo on CPUs and NCCL on GPUs, and `torchrun`
    says through environment variables who is in it.

    Args:
        device: what the reader asked for; of GPUs without a number, each process takes one of its own.
    """

    def __init__(self, device: str | torch.device | None):
        self.rank, self.world_size = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
        self.device = find_device(device)
        if self.world_size > 1 and self.device == torch.device("cuda"):
            self.device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))

    def join(self) -> None:
        """Form the process group, once in a process: a second one would find the addresses of the first."""
        if self.world_size == 1 or dist.is_initialized():
            return
        if self.device.type == "cuda":
            torch.cuda.set_device(self.device)
        dist.init_process_group("nccl" if self.device.type == "cuda" else "gloo")
        atexit.register(dist.destroy_process_group)

    def objective(self, model: Any) -> Callable[[Tensor], dict[str, Tensor]]:
        """`model.loss`, whose gradients, with several processes, are averaged over all of them."""
        return model.loss if self.world_size == 1 else DistributedDataParallel(_Objective(model))

    def agree(self, answer: T) -> T:
        """The first process' answer, in all of them."""
        answers = [answer]
        if self.world_size > 1:
            dist.broadcast_object_list(answers, device=self.device)
        return answers[0]

    def share(self, batch: Tensor) -> tuple[Tensor, int]:
        """This process' rows of a batch, and how many of them count.

        A process left without rows takes one that counts 0, because all must take part in every step.
        """
        rows = batch[self.rank :: self.world_size]
        return (rows, len(rows)) if len(rows) else (batch[:1], 0)

    def seed(self, model: Any, batch_size: int, seed: int) -> None:
        """Seed a step. Several processes cut a VAE's noise out of what one process would draw."""
        nets.seed(seed + self.rank, self.device)
        if self.world_size > 1 and hasattr(model, "draw_noise"):
            model.draw_noise = self._cut(batch_size, seed)

    def unseed(self, model: nn.Module) -> None:
        """Let the model draw its noise by itself again."""
        if self.world_size > 1:
            vars(model).pop("draw_noise", None)

    def _cut(self, batch_size: int, seed: int) -> Callable[[Tensor], Tensor]:
        def draw(like: Tensor) -> Tensor:
            generator = torch.Generator(like.device).manual_seed(seed)
            whole = torch.randn(batch_size, *like.shape[1:], generator=generator, device=like.device)
            return whole[self.share(torch.arange(batch_size))[0].to(like.device)]

        return draw

    def sum(self, value: Tensor) -> Tensor:
        """A tensor, added up over all processes."""
        if self.world_size > 1:
            value = value.clone()
            dist.all_reduce(value)
        return value

    def any(self, wish: bool) -> bool:
        """True in all processes if it is true in one."""
        return wish if self.world_size == 1 else bool(self.sum(torch.tensor(int(wish), device=self.device)))

    def together(self, running: RunningMean) -> RunningMean:
        """A running mean over all processes."""
        if self.world_size == 1:
            return running
        totals = running.totals()
        numbers, wide = [*totals.values(), running.count], nets.widest(self.device)
        row = torch.tensor(numbers, dtype=wide, device=self.device)
        *sums, count = self.sum(row).tolist()
        return RunningMean(dict(zip(totals, sums, strict=True)), int(count))


class _Objective(nn.Module):
    """`model.loss` as a forward pass, which is what PyTorch keeps in step."""

    def __init__(self, model: Any):
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        return self.model.loss(x)
