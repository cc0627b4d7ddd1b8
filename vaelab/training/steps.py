"""One step of training: gradients of a batch, however it has to be cut, and a guard before the weights."""

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from vaelab.errors import TrainingDivergedError
from vaelab.speed import is_out_of_memory
from vaelab.training.checkpoints import Position
from vaelab.training.share import Share


class Objective(nn.Module):
    """`model.loss` as a forward pass: what several processes keep in step."""

    def __init__(self, model: nn.Module):
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        return self.model.loss(x)


class Stepper:
    """Takes the steps of one run.

    Args:
        objective: as `accelerator.prepare` gave it.
        optimizer: a fused one.
        share: this process' part.
        position: where the run stands; its `parts` is how many pieces a batch is cut into.
        lr: named when training diverges.
    """

    def __init__(
        self,
        objective: nn.Module,
        optimizer: torch.optim.Optimizer,
        share: Share,
        position: Position,
        lr: float,
    ):
        self.objective, self.optimizer, self.share = objective, optimizer, share
        self.position, self.lr = position, lr
        self._taken = 0
        self._broken = torch.zeros(())
        self._unchecked: list[tuple[int, dict[str, Tensor]]] = []

    def step(self, x: Tensor, weight: float) -> dict[str, Tensor]:
        """One step on `x`; returns its loss terms. A loss that is not a number leaves the weights alone."""
        terms = self._gradients(x, weight)
        self._taken += 1
        self._broken = self._broken.to(x.device) + ~torch.isfinite(terms["loss"])
        self._broken = self.share.sum(self._broken)
        # The fused step skips the update where this is not 0, and does so on the device: nobody waits.
        self.optimizer.found_inf = self._broken
        self.optimizer.step()
        self._unchecked.append((self._taken, terms))
        return terms

    def check(self) -> None:
        """Raise TrainingDivergedError if the loss of a step since the last check was not a number.

        This makes a GPU wait, so it is not done at every step.
        """
        unchecked, self._unchecked = self._unchecked, []
        if not self._broken:
            return
        for number, terms in unchecked:
            if not torch.isfinite(terms["loss"]):
                raise TrainingDivergedError(_diverged(number, terms, self.lr))
        raise TrainingDivergedError("Training stopped: the loss became NaN or infinite in another process.")

    def _gradients(self, x: Tensor, weight: float) -> dict[str, Tensor]:
        """Gradients of the mean loss over `x`; cut into more parts when memory runs out, and said aloud."""
        while True:
            self.optimizer.zero_grad()
            try:
                return self._add_up(x, weight)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error) or not self._can_cut(x):
                    raise
            self._cut(x)  # outside the except block, which keeps the tensors of the failed step alive

    def _can_cut(self, x: Tensor) -> bool:
        """Several processes cannot: the others would wait for a step that this one takes twice."""
        return self.position.parts < len(x) and self.share.processes == 1

    def _cut(self, x: Tensor) -> None:
        self.position.parts *= 2
        if x.device.type == "cuda":
            torch.cuda.empty_cache()
        tqdm.write(
            f"A batch of {len(x)} pictures does not fit the memory of {x.device}: it now goes through in "
            f"{self.position.parts} parts, whose gradients are added up. Batch norm sees a part at a time."
        )

    def _add_up(self, x: Tensor, weight: float) -> dict[str, Tensor]:
        sums: dict[str, Tensor] = {}
        for part in x.chunk(self.position.parts):
            share = len(part) / len(x)
            terms = self.objective(part)
            self.share.accelerator.backward(terms["loss"] * (share * weight))
            for name, value in terms.items():
                sums[name] = sums.get(name, 0.0) + value.detach() * share
        return sums


def _diverged(number: int, terms: dict[str, Tensor], lr: float) -> str:
    values = ", ".join(f"{name} = {value.item():.4g}" for name, value in terms.items())
    return (
        f"Training stopped at step {number}: {values}. The weights are those before this step. A smaller "
        f"step size than lr={lr:g} usually helps; so does a look at log_var, whose exponential overflows "
        "first."
    )
