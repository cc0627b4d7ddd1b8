"""Muon: momentum whose steps turn all directions of a weight matrix alike."""

import math
from collections.abc import Callable, Iterable

import torch
from torch import Tensor

_ROUNDS = 5  # of the Newton-Schulz iteration
# Its polynomial, steep at 0: singular values from 0.002 of the matrix's norm on end between 0.68 and 1.21.
_A, _B, _C = 3.4445, -4.7750, 2.0315


class Muon(torch.optim.Optimizer):
    """Momentum, orthogonalised, for weight matrices (Muon), and Adam for biases and norms.

    A gradient's few large singular values drown its small ones; Muon steps along all of them equally, by
    taking U V^T in place of the momentum U S V^T (Jordan et al., "Muon", 2024). A convolution's weights count
    as a matrix (out, in * height * width). Steps are scaled to the size of Adam's, so that both share one
    step size and one schedule (Liu et al., "Muon is Scalable for LLM Training", 2025, equation 4).

    `torch.optim.Muon` takes matrices only, no convolutions.

    Args:
        parameters: all of a model.
        lr: the step size.
        momentum: share of the average gradient that is kept at each step (Nesterov's).
        betas: of Adam.
        weight_decay: share of a weight, times lr, that is taken away at each step; of matrices only.
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        lr: float = 2e-3,
        momentum: float = 0.95,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
    ):
        every = list(parameters)
        matrices = {"params": [p for p in every if p.ndim > 1], "matrices": True}
        others = {"params": [p for p in every if p.ndim <= 1], "matrices": False}
        defaults = {"lr": lr, "momentum": momentum, "betas": betas, "weight_decay": weight_decay}
        super().__init__([group for group in (matrices, others) if group["params"]], defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """One step of all weights that have a gradient."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            step = self._orthogonal if group["matrices"] else self._adam
            for weight in group["params"]:
                if weight.grad is not None:
                    weight.sub_(group["lr"] * step(weight, weight.grad, group))
        return loss

    def _orthogonal(self, weight: Tensor, gradient: Tensor, group: dict) -> Tensor:
        average = self.state[weight].setdefault("average", torch.zeros_like(weight))
        average.lerp_(gradient, 1 - group["momentum"])
        step = gradient.lerp(average, group["momentum"]).flatten(1)
        size = 0.2 * math.sqrt(max(step.shape))  # Adam's steps have a root mean square of about 0.2
        return (size * orthogonalised(step)).view_as(weight) + group["weight_decay"] * weight

    def _adam(self, weight: Tensor, gradient: Tensor, group: dict) -> Tensor:
        state, (slow, slower) = self.state[weight], group["betas"]
        average = state.setdefault("average", torch.zeros_like(weight)).lerp_(gradient, 1 - slow)
        square = state.setdefault("square", torch.zeros_like(weight))
        square.lerp_(gradient.square(), 1 - slower)
        state["steps"] = steps = state.get("steps", 0) + 1
        return average / (1 - slow**steps) / ((square / (1 - slower**steps)).sqrt() + 1e-8)


def orthogonalised(matrix: Tensor) -> Tensor:
    """About U V^T of a matrix U S V^T, (n, m), by the Newton-Schulz iteration: no singular values needed."""
    x = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(_ROUNDS):
        square = x @ x.T
        x = _A * x + (_B * square + _C * square @ square) @ x
    return x.T if matrix.shape[0] > matrix.shape[1] else x
