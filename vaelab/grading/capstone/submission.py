"""From what was handed in to a model and its card. Everything here may be hostile; nothing of it is run."""

import inspect
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open

from vaelab import latent_diffusion, priors
from vaelab.edited import decoded
from vaelab.errors import VaelabError
from vaelab.grading import scratch
from vaelab.grading.capstone import card as cards
from vaelab.grading.capstone import handed_in
from vaelab.grading.capstone.rules import (
    CARD,
    CODE,
    IMAGE_SHAPE,
    PARAMETERS,
    PRIOR_NUMBERS,
    PRIOR_OPTIONS,
    WEIGHTS,
    NotAcceptedError,
)
from vaelab.models import VAE, GridVAE
from vaelab.nets import count_parameters
from vaelab.recipes import RECIPES, build

_FLOATS = {"F16", "BF16", "F32", "F64"}
_LARGEST_WIDTH = 1_024  # of an option that counts something: no recipe within the limit needs more
_KINDS = (priors.StandardNormal, *priors.KINDS.values(), latent_diffusion.LatentDiffusion)
_PRIORS = {kind.__name__: kind for kind in _KINDS}


@dataclass(frozen=True)
class Submission:
    """What was handed in, read and within the rules. `parameters` are trainable ones, without the prior's."""

    model: VAE
    card: cards.Card
    parameters: int


def read(path: str | os.PathLike) -> Submission:
    """Read a submission.

    Args:
        path: a folder with `model.safetensors` and `card.toml`, or a zip of one.

    Raises:
        NotAcceptedError: the files are not there, cannot be read, or break a rule.
    """
    return of(handed_in.contents(handed_in.only(Path(path).expanduser())))


def of(files: Mapping[str, bytes]) -> Submission:
    """A submission from the bytes of its two files, the card first. Raises NotAcceptedError."""
    card = cards.read(decoded(files[CARD]))
    cards.check_budget(card)
    with scratch.folder() as folder:
        path = folder / WEIGHTS
        path.write_bytes(files[WEIGHTS])
        model = read_model(path)
    if card.recipe and card.recipe != model.recipe["name"]:
        raise NotAcceptedError(
            f"The card says recipe {card.recipe[:50]!r}, the weights file {model.recipe['name']!r}: card and "
            "weights belong to two models."
        )
    return Submission(model, card, count_parameters(model))


def read_model(path: Path) -> VAE:
    """The model of a weights file and its prior, filled, on the CPU, in evaluation mode.

    Raises NotAcceptedError.
    """
    try:
        with safe_open(path, framework="pt") as file:
            name, changes = _recipe(file.metadata())
            _check_size(name, changes)
            model = build(name, **changes)
            model.prior = _prior(file.metadata(), model)
            wanted = {k: v for k, v in model.state_dict().items() if not k.startswith("likelihood.")}
            _check_tensors(file, wanted)
            for key, tensor in wanted.items():
                tensor.copy_(_finite(key, file.get_tensor(key)))
    except (SafetensorError, OSError) as error:
        raise NotAcceptedError(f"{WEIGHTS} is not a safetensors file, or is damaged: {error}") from None
    return model.eval()


def _recipe(metadata: dict | None) -> tuple[str, dict]:
    """Name and changed options of the recipe, each of a kind and size that is safe to build."""
    try:
        told = json.loads((metadata or {})["recipe"])
        name, changes = told["name"], dict(told["changes"])
    except (KeyError, TypeError, ValueError, RecursionError):
        raise NotAcceptedError(
            f"{WEIGHTS} does not say which recipe it belongs to: write it with `capstone.save`."
        ) from None
    if not isinstance(name, str) or name not in RECIPES:
        raise NotAcceptedError(f"There is no recipe {str(name)[:50]!r}. Known are {', '.join(RECIPES)}.")
    options = RECIPES[name].options
    shape = changes.get("image_shape", options["image_shape"])
    if not isinstance(shape, (list, tuple)) or list(shape) != list(IMAGE_SHAPE):
        raise NotAcceptedError(
            f"The model must be for images of shape {IMAGE_SHAPE}: set image_shape to that."
        )
    for option, value in changes.items():
        if option not in options:
            raise NotAcceptedError(f"{name} has no option {str(option)[:50]!r}.")
        if option != "image_shape" and not _allowed(value, options[option]):
            raise NotAcceptedError(f"{name} cannot be built with {option}={str(value)[:50]}.")
    return name, changes | {"image_shape": IMAGE_SHAPE}


def _allowed(value: object, default: object) -> bool:
    if type(default) is int:
        return type(value) is int and 1 <= value <= _LARGEST_WIDTH
    if type(default) is bool:
        return type(value) is bool
    return type(value) in (int, float) and 0 <= value < 1e9 and math.isfinite(value)


def _check_size(name: str, changes: dict) -> None:
    """Count the parameters without making them: on the meta device tensors have shapes and no memory."""
    try:
        with torch.device("meta"):
            model = RECIPES[name].make(**changes)
    except (VaelabError, ValueError, RuntimeError, ArithmeticError) as error:
        raise NotAcceptedError(f"{name} cannot be built with these options: {str(error)[:200]}") from None
    if not isinstance(model, VAE):
        raise NotAcceptedError(f"{name} is no VAE: it has no bound to score.")
    if model.latent_dim > CODE:
        raise NotAcceptedError(f"A code has {model.latent_dim:,} numbers; {CODE:,} are allowed.")
    if count_parameters(model) > PARAMETERS:
        raise NotAcceptedError(
            f"The model has {count_parameters(model):,} parameters; {PARAMETERS:,} are allowed."
        )


def _prior(metadata: dict[str, str], model: VAE) -> priors.Prior | None:
    """The prior that the header names, for this model's codes and not yet filled; None if it names none."""
    if "prior" not in metadata:
        return None
    try:
        name, options = json.loads(metadata["prior"])
        options = dict(options)
    except (TypeError, ValueError, RecursionError):
        raise NotAcceptedError(
            f"What {WEIGHTS} says of its prior cannot be read: write it with `capstone.save`."
        ) from None
    if not isinstance(name, str) or name not in _PRIORS:
        raise NotAcceptedError(f"There is no prior {str(name)[:50]!r}. Known are {', '.join(_PRIORS)}.")
    kind = _PRIORS[name]
    fixed = _fixed(kind, options, model)
    for option, value in options.items():
        most = PRIOR_OPTIONS.get(option) if option in inspect.signature(kind).parameters else None
        if most is None:
            raise NotAcceptedError(f"{name} has no option {str(option)[:50]!r}.")
        if type(value) is not int or not 1 <= value <= most:
            raise NotAcceptedError(f"A prior's {option} may be from 1 to {most:,}, not {str(value)[:50]}.")
    try:
        count = _numbers(kind, fixed, options)
    except VaelabError as error:
        raise NotAcceptedError(f"{name} cannot be built with these options: {str(error)[:200]}") from None
    if count > PRIOR_NUMBERS:
        raise NotAcceptedError(f"The prior has {count:,} numbers; {PRIOR_NUMBERS:,} are allowed.")
    return kind(**fixed, **options)


def _numbers(kind: type[priors.Prior], fixed: dict, options: dict) -> int:
    """How many numbers a prior would have, without making them, as in `_check_size`."""
    with torch.device("meta"):
        if kind is latent_diffusion.LatentDiffusion:  # its network alone: a schedule has to be made
            told = {name: p.default for name, p in inspect.signature(kind).parameters.items()} | options
            network = latent_diffusion.NETWORKS[fixed["network"]]
            made = network(fixed["grid_shape"], len(fixed["attributes"]), told["width"], told["blocks"])
        else:
            made = kind(**fixed, **options)
    return sum(tensor.numel() for tensor in made.state_dict().values())


def _fixed(kind: type[priors.Prior], options: dict, model: VAE) -> dict:
    """Takes from `options` those that are no plain counts, and looks at each: the codes' shape first."""
    if kind is not latent_diffusion.LatentDiffusion:
        told = options.pop("latent_dim", None)
        if type(told) is not int or told != model.latent_dim:
            raise NotAcceptedError(
                f"The prior must be for codes of {model.latent_dim} numbers, as the model's are."
            )
        return {"latent_dim": told}
    shape, names = options.pop("grid_shape", None), options.pop("attributes", [])
    network = options.pop("network", "residual")
    if not isinstance(model, GridVAE) or shape != list(model.grid_shape):
        raise NotAcceptedError("A LatentDiffusion prior must be for grids, those of the model's codes.")
    if not isinstance(names, list) or len(names) > 100 or not all(isinstance(n, str) for n in names):
        raise NotAcceptedError("A LatentDiffusion prior's attributes are a list of names.")
    if network not in list(latent_diffusion.NETWORKS):
        known = ", ".join(latent_diffusion.NETWORKS)
        raise NotAcceptedError(f"A LatentDiffusion prior has no network {str(network)[:50]!r}, but {known}.")
    return {"grid_shape": tuple(shape), "attributes": names, "network": network}


def _check_tensors(file, wanted: dict[str, torch.Tensor]) -> None:
    """Names, shapes and types, all before anything is read. The likelihood's own numbers play no part."""
    given = {name for name in file.keys() if not name.startswith("likelihood.")}  # noqa: SIM118 (no mapping)
    for what, names in (("lacks", wanted.keys() - given), ("has too much:", given - wanted.keys())):
        if names:
            raise NotAcceptedError(f"{WEIGHTS} does not fit its recipe: it {what} {_listed(names)}.")
    for name, tensor in wanted.items():
        part = file.get_slice(name)
        if tuple(part.get_shape()) != tuple(tensor.shape):
            raise NotAcceptedError(
                f"{WEIGHTS}: {name} has shape {tuple(part.get_shape())[:8]}, its recipe wants "
                f"{tuple(tensor.shape)}."
            )
        if tensor.is_floating_point() and part.get_dtype() not in _FLOATS:
            raise NotAcceptedError(f"{WEIGHTS}: {name} is of type {part.get_dtype()}; floats are wanted.")


def _listed(names: set[str]) -> str:
    shown = ", ".join(sorted(name[:60] for name in names)[:3])
    return shown + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _finite(name: str, tensor: torch.Tensor) -> torch.Tensor:
    if tensor.is_floating_point() and not torch.isfinite(tensor.float()).all():
        raise NotAcceptedError(f"{WEIGHTS}: {name} holds NaN or infinite numbers.")
    return tensor
