"""How the networks behind priors learn: one loop for all of them, which a break does not harm."""

import copy
import json
import math
import time
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from vaelab.errors import CheckpointError, TrainingDivergedError
from vaelab.files import written_whole
from vaelab.progress import progress as progress_bar

_DECAY = 0.998  # of the average of the weights: it reaches back some 500 updates
_KEPT_EVERY = 60  # seconds
_LOOK_EVERY = 100  # updates between looks at the weights: each look makes a GPU wait


def learn(
    network: nn.Module,
    loss: Callable[[nn.Module], Tensor],
    *,
    updates: int,
    lr: float,
    draws: torch.Generator,
    progress: bool = True,
    keep: Path | None = None,
) -> tuple[nn.Module, bool]:
    """Make `loss(network)` small; `network` itself stays as it is.

    AdamW (Loshchilov and Hutter, ICLR 2019), with a step size that falls to 0 along half a cosine. What comes
    back is an exponential moving average (EMA) of the weights. Interrupting ends it and keeps what was
    learned.

    Args:
        network: where learning starts.
        loss: draws a batch, from `draws`, and says how bad a network is on it.
        updates: how often the weights change.
        lr: the step size at the start.
        draws: the CPU generator of all that is drawn.
        progress: whether to show a bar.
        keep: a file to write to each minute and at the end; where it is there, learning goes on from it, and
            the result is the same, bit for bit, as without the break.

    Returns:
        The average, without gradients; and whether it was interrupted.

    Raises:
        TrainingDivergedError: the loss became NaN or infinite.
        CheckpointError: `keep` is of another run.
    """
    average = copy.deepcopy(network).requires_grad_(False)
    network = copy.deepcopy(network).requires_grad_()
    optimizer = torch.optim.AdamW(network.parameters(), lr=lr, fused=True)
    run = {"updates": updates, "lr": lr, "weights": sum(p.numel() for p in network.parameters())}
    first = _taken_up(keep, run, network, average, optimizer, draws) if keep and keep.exists() else 0
    step, interrupted, written = first, True, time.monotonic()
    bar = progress_bar(
        range(first, updates),
        wanted=progress,
        desc="Fitting the prior",
        unit="update",
        initial=first,
        total=updates,
    )
    try:
        for step in bar:
            for group in optimizer.param_groups:
                group["lr"] = lr * (1 + math.cos(math.pi * step / updates)) / 2
            value = loss(network)
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            _follow(average, network, min(_DECAY, (1 + step) / (10 + step)))
            put_down = keep and (time.monotonic() - written > _KEPT_EVERY or step + 1 == updates)
            if put_down or (step + 1) % _LOOK_EVERY == 0:
                _check(average, lr)
            if keep and put_down:
                _put_down(keep, run, step + 1, network, average, optimizer, draws)
                written = time.monotonic()
        interrupted = False
    except KeyboardInterrupt:
        bar.write(f"Interrupted after {step} of {updates} updates: the prior keeps what it has learned.")
    finally:
        bar.close()
    _check(average, lr)
    return average, interrupted


def _check(average: nn.Module, lr: float) -> None:
    """Raise TrainingDivergedError where weights are no numbers, as they are once the loss was none."""
    if not all(torch.isfinite(value).all() for value in average.parameters()):
        raise TrainingDivergedError(f"The prior's loss is no number: try a step size below lr={lr:g}.")


@torch.no_grad()
def _follow(average: nn.Module, network: nn.Module, decay: float) -> None:
    """An exponential moving average of the weights takes one step."""
    for kept, now in zip(average.parameters(), network.parameters(), strict=True):
        kept.lerp_(now, 1 - decay)


def _put_down(path: Path, run: dict, step: int, network, average, optimizer, draws: torch.Generator) -> None:
    """Write all that is needed to go on."""
    tensors = {"draws": draws.get_state()}
    for name, part in (("network", network), ("average", average)):
        tensors |= {f"{name}.{key}": value for key, value in part.state_dict().items()}
    for number, moments in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{number}.{key}": value for key, value in moments.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as temporary:
        metadata = {"run": json.dumps(run), "step": str(step)}
        save_file({key: value.contiguous() for key, value in tensors.items()}, temporary, metadata=metadata)


def _taken_up(path: Path, run: dict, network, average, optimizer, draws: torch.Generator) -> int:
    """Fill everything from `path`; the updates that were done."""
    with safe_open(path, framework="pt") as file:
        said = file.metadata() or {}
    if said.get("run") != json.dumps(run):
        raise CheckpointError(
            f"{path} was written by another run, {said.get('run', 'unknown')}, not {json.dumps(run)}. "
            "Name another file, or delete it."
        )
    tensors = load_file(path)
    draws.set_state(tensors.pop("draws"))
    groups: dict[str, dict[str, Tensor]] = {"network": {}, "average": {}, "optimizer": {}}
    for key, value in tensors.items():
        name, _, rest = key.partition(".")
        groups[name][rest] = value
    network.load_state_dict(groups["network"])
    average.load_state_dict(groups["average"])
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in groups["optimizer"].items():
        number, _, moment = key.partition(".")
        state.setdefault(int(number), {})[moment] = value
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
    return int(said["step"])
