"""What must stay the same between the parts of one run, and the one error that names all that does not."""

import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from vaelab import losses, weights
from vaelab.data import ImageSet
from vaelab.errors import CheckpointError
from vaelab.nets import count_parameters
from vaelab.training.settings import Settings

_LOOK = "look of the "  # in front of "images" and "validation"
_PICTURES = 32  # that are compared
_LEVELS = 2  # of 255: by so much another machine may decode or draw a picture brighter or darker
_SHOWN = 6  # changes that an error names


def description(
    settings: Settings,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    images: ImageSet,
    validation: ImageSet | None,
    augment: Callable | None,
) -> dict[str, Any]:
    """All that a run's steps depend on, besides the weights; JSON can hold it.

    More epochs may be added, except where the step size falls towards the last of them.
    """
    values = asdict(settings)
    del values["initial_epoch"]
    if settings.schedule == "constant":
        del values["epochs"]
    values |= _model(model)
    values |= {"augment": in_words(augment), "images": _size(images), "validation": _size(validation)}
    values |= {_LOOK + "images": _look(images), _LOOK + "validation": _look(validation)}
    return values | dict(_optimizer(optimizer))


def check_same(before: dict, now: dict, folder: Path) -> None:
    """Raise CheckpointError, naming what changed, unless the two describe one run."""
    names = [name for name in before | now if not _alike(name, before.get(name), now.get(name))]
    if not names:
        return
    changes = [f"{name}={before.get(name)} (now {now.get(name)})" for name in names if _LOOK not in name]
    changes += [f"other {name.removeprefix(_LOOK)}" for name in names if _LOOK in name]
    more = f" and {len(changes) - _SHOWN} more" if len(changes) > _SHOWN else ""
    raise CheckpointError(
        f"The run in {folder} was started with {', '.join(changes[:_SHOWN])}{more}. Going on with anything "
        "else would be neither the one run nor the other: give the same, or another folder."
    )


def _alike(name: str, before: Any, now: Any) -> bool:
    if not name.startswith(_LOOK) or before is None or now is None:
        return before == now
    one, other = bytes.fromhex(before), bytes.fromhex(now)
    return len(one) == len(other) and all(abs(a - b) <= _LEVELS for a, b in zip(one, other, strict=True))


def _model(model: nn.Module) -> Iterator[tuple[str, Any]]:
    """How a model is built: by its recipe, or else by the kinds of its layers; and what its loss is."""
    yield "parameters", count_parameters(model)
    said = weights.description(model)
    yield from said.items()
    if hasattr(model, "beta"):
        yield "beta", float(model.beta)  # type: ignore[arg-type]
    likelihood = getattr(model, "likelihood", None)
    if isinstance(likelihood, losses.Gaussian) and not likelihood.learned:
        yield "sigma", float(f"{likelihood.sigma.item():.6g}")
    if "recipe" not in said:
        for name, part in model.named_modules():
            if not list(part.children()):
                yield f"layer {name}", type(part).__name__


def in_words(function: Callable | None) -> str | None:
    """A function by its name, or an object by what it says of itself; of what is inside nothing is known."""
    if function is None:
        return None
    if isinstance(function, functools.partial):
        given = [repr(value) for value in function.args]
        given += [f"{name}={value!r}" for name, value in function.keywords.items()]
        words = f"{in_words(function.func)}({', '.join(given)})"
    elif type(function).__repr__ is object.__repr__:
        words = type(function).__name__
    else:
        words = getattr(function, "__name__", None) or repr(function)
    return re.sub(r" at 0x[0-9a-fA-F]+", "", words)


def _size(images: ImageSet | None) -> str | None:
    return None if images is None else f"{len(images)} of {'x'.join(map(str, images.shape))}"


def _look(images: ImageSet | None) -> str | None:
    """Some pictures, evenly spread over the set, as the mean levels of their quarters: bytes in hex."""
    if images is None:
        return None
    count = min(len(images), _PICTURES)
    rows = torch.arange(count) * (len(images) - 1) // max(count - 1, 1)
    quarters = F.adaptive_avg_pool2d(images.float(rows), 2)
    return bytes((quarters * 255).round().to(torch.uint8).flatten().tolist()).hex()


def _optimizer(optimizer: torch.optim.Optimizer) -> Iterator[tuple[str, str]]:
    """Kind and options of an optimiser, without its step size and without how it is computed."""
    yield "optimizer", type(optimizer).__name__
    others = {"params", "lr", "initial_lr", "fused", "foreach", "capturable", "differentiable"}
    for number, group in enumerate(optimizer.param_groups):
        for name in sorted(group.keys() - others):
            yield f"optimizer.{number}.{name}" if number else f"optimizer.{name}", repr(group[name])
