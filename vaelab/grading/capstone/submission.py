"""From what was handed in to a model and its card. Everything here may be hostile; nothing of it is run."""

import inspect
import json
import math
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from safetensors import SafetensorError, safe_open

from vaelab import priors
from vaelab.edited import read_text
from vaelab.errors import VaelabError
from vaelab.grading.capstone import card as cards
from vaelab.grading.capstone.rules import (
    CARD,
    CARD_BYTES,
    IMAGE_SHAPE,
    PARAMETERS,
    PRIOR_NUMBERS,
    PRIOR_OPTIONS,
    WEIGHTS,
    WEIGHTS_BYTES,
    NotAcceptedError,
    means,
)
from vaelab.models import VAE
from vaelab.nets import count_parameters
from vaelab.recipes import RECIPES, build

_SIZES = {WEIGHTS: WEIGHTS_BYTES, CARD: CARD_BYTES}
_FLOATS = {"F16", "BF16", "F32", "F64"}
_LARGEST_WIDTH = 1_024  # of an option that counts something: no recipe within the limit needs more
_PRIORS = {kind.__name__: kind for kind in (priors.StandardNormal, *priors.KINDS.values())}


@dataclass(frozen=True)
class Submission:
    """What was handed in, read and within the rules. `parameters` are trainable ones, without the prior's."""

    model: VAE
    card: cards.Card
    parameters: int


def read(path: str | os.PathLike) -> Submission:
    """Read a submission, the card first.

    Args:
        path: a folder with `model.safetensors` and `card.toml`, or a zip of one.

    Raises:
        NotAcceptedError: the files are not there, cannot be read, or break a rule.
    """
    with _folder(Path(path).expanduser()) as folder:
        card = read_card(folder)
        model = read_model(_file(folder, WEIGHTS))
    if card.recipe and card.recipe != model.recipe["name"]:
        raise NotAcceptedError(
            f"The card says recipe {card.recipe[:50]!r}, the weights file {model.recipe['name']!r}: card and "
            "weights belong to two models."
        )
    return Submission(model, card, count_parameters(model))


def read_card(folder: Path) -> cards.Card:
    """The card in a folder, within the budget. Raises NotAcceptedError."""
    card = cards.read(read_text(_file(folder, CARD)))
    cards.check_budget(card)
    return card


def read_model(path: Path) -> VAE:
    """The model of a weights file and its prior, filled, on the CPU, in evaluation mode.

    Raises NotAcceptedError.
    """
    try:
        with safe_open(path, framework="pt") as file:
            name, changes = _recipe(file.metadata())
            _check_size(name, changes)
            model = build(name, **changes)
            model.prior = _prior(file.metadata(), model.latent_dim)
            wanted = {k: v for k, v in model.state_dict().items() if not k.startswith("likelihood.")}
            _check_tensors(file, wanted)
            for key, tensor in wanted.items():
                tensor.copy_(_finite(key, file.get_tensor(key)))
    except (SafetensorError, OSError) as error:
        raise NotAcceptedError(f"{WEIGHTS} is not a safetensors file, or is damaged: {error}") from None
    return model.eval()


@contextmanager
def _folder(path: Path) -> Iterator[Path]:
    """The folder itself, or one that holds the two files of a zip for as long as they are needed."""
    if path.is_dir():
        yield path
        return
    if not path.is_file():
        raise NotAcceptedError(f"There is no folder or zip file {path.name!r}.")
    with TemporaryDirectory() as unpacked:
        _unpack(path, Path(unpacked))
        yield Path(unpacked)


def _unpack(path: Path, folder: Path) -> None:
    """Only the two files, by their last name, and no more bytes than allowed, whatever the zip says."""
    try:
        with zipfile.ZipFile(path) as archive:
            for name, largest in _SIZES.items():
                found = [n for n in archive.namelist() if means(n.rpartition("/")[2]) == name]
                if len(found) > 1:
                    raise NotAcceptedError(
                        f"The zip file holds {name} {len(found)} times: hand in one model."
                    )
                for member in found:
                    with archive.open(member) as file:
                        (folder / name).write_bytes(file.read(largest + 1))
    except NotAcceptedError:
        raise
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError):
        raise NotAcceptedError(f"{path.name} is neither a folder nor a zip file that can be read.") from None


def _file(folder: Path, name: str) -> Path:
    same = sorted(path for path in folder.iterdir() if means(path.name) == name)
    path = next((path for path in same if path.name == name), same[0] if same else folder / name)
    if path.is_symlink() or not path.is_file():
        raise NotAcceptedError(f"{name} is missing: a submission is {WEIGHTS} and {CARD}.")
    if path.stat().st_size > _SIZES[name]:
        raise NotAcceptedError(f"{name} is larger than the {_SIZES[name] / 2**20:g} MiB that are allowed.")
    return path


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
    if count_parameters(model) > PARAMETERS:
        raise NotAcceptedError(
            f"The model has {count_parameters(model):,} parameters; {PARAMETERS:,} are allowed."
        )


def _prior(metadata: dict[str, str], latent_dim: int) -> priors.Prior | None:
    """The prior that the header names, for these codes and not yet filled; None if it names none."""
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
    kind, numbers = _PRIORS[name], options.pop("latent_dim", None)
    if type(numbers) is not int or numbers != latent_dim:
        raise NotAcceptedError(f"The prior must be for codes of {latent_dim} numbers, as the model's are.")
    for option, value in options.items():
        most = PRIOR_OPTIONS.get(option) if option in inspect.signature(kind).parameters else None
        if most is None:
            raise NotAcceptedError(f"{name} has no option {str(option)[:50]!r}.")
        if type(value) is not int or not 1 <= value <= most:
            raise NotAcceptedError(f"A prior's {option} may be from 1 to {most:,}, not {str(value)[:50]}.")
    with torch.device("meta"):  # as in `_check_size`
        count = sum(tensor.numel() for tensor in kind(latent_dim, **options).state_dict().values())
    if count > PRIOR_NUMBERS:
        raise NotAcceptedError(f"The prior has {count:,} numbers; {PRIOR_NUMBERS:,} are allowed.")
    return kind(latent_dim, **options)


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
