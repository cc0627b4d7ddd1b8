"""Trained weights: the ones that come with vaelab by name, anybody's by path.

A weights file is safetensors: numbers only, nothing that runs when it is opened. Its header says which
recipe it belongs to, so that `load` can build the model by itself; the card beside it (`<name>.json`) says
how it was made.
"""

import json
import os
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from vaelab.errors import UnknownNameError, WeightsError
from vaelab.files import written_whole
from vaelab.models import VAE, Autoencoder
from vaelab.recipes import build

_SHIPPED = Path(__file__).parent


def names() -> list[str]:
    """Models that come with vaelab, already trained."""
    return [path.stem for path in sorted(_SHIPPED.glob("*.safetensors")) if _recipe_in(path)]


def pretrained(name: str, device: str | torch.device = "cpu") -> Autoencoder | VAE:
    """A model that comes trained with vaelab, in evaluation mode; `card(name)` says how it was made.

    Raises:
        UnknownNameError: no weights of that name; the nearest are suggested.
    """
    if name not in names():
        raise UnknownNameError("trained model", name, names())
    return load(_SHIPPED / f"{name}.safetensors", device)


def card(name: str) -> dict:
    """How the weights of `pretrained(name)` were made: data, seed, command, hardware, time, metrics."""
    path = _SHIPPED / f"{name}.json"
    if not path.exists():
        raise UnknownNameError("card", name, [p.stem for p in _SHIPPED.glob("*.json")])
    return json.loads(path.read_text(encoding="utf-8"))


def save(model: nn.Module, path: str | os.PathLike, *, card: dict | None = None, half: bool = True) -> Path:
    """Write a model's weights, and its card beside them; each file appears whole or not at all.

    Args:
        model: built by `recipes.build`, which left its name in `model.recipe`.
        path: of the file to write, ending in ".safetensors".
        card: what to tell about these weights; JSON-serialisable.
        half: True for 16-bit floats, half the size. Pixels then move by about 0.001.

    Raises:
        WeightsError: the model has no recipe, or the path another ending.
    """
    path = Path(path).expanduser()
    if path.suffix != ".safetensors":
        raise WeightsError(f"A weights file's name ends in .safetensors; {path.name!r} does not.")
    recipe = getattr(model, "recipe", None)
    if recipe is None:
        raise WeightsError(
            "This model was not built by recipes.build, so its file could not say what to build when it is "
            "read again. Save its state_dict with safetensors.torch.save_file instead."
        )
    tensors = {name: _stored(value, half) for name, value in model.state_dict().items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as temporary:
        save_file(tensors, temporary, metadata=description(model))
    if card is not None:
        with written_whole(path.with_suffix(".json")) as temporary:
            temporary.write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def description(model: nn.Module) -> dict[str, str]:
    """What a weights file says about its model, so that `load` can build it: safetensors' metadata."""
    return {"recipe": json.dumps(model.recipe)} if hasattr(model, "recipe") else {}


def load(path: str | os.PathLike, device: str | torch.device = "cpu") -> Autoencoder | VAE:
    """Build the model that a weights file belongs to and fill it, in evaluation mode.

    Raises:
        WeightsError: not there, not a weights file, or made for another version of the recipe.
    """
    path = Path(path).expanduser()
    recipe = _recipe_in(path)
    if recipe is None:
        raise WeightsError(f"{path} does not say which recipe it belongs to; vaelab's own files do.")
    changes = {k: tuple(v) if isinstance(v, list) else v for k, v in recipe["changes"].items()}
    model = build(recipe["name"], **changes)
    fill(model, read(path), path)
    return model.to(device).eval()


def read(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a weights file. Raises WeightsError if it cannot be read."""
    with _opened(path) as file:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)


def fill(model: nn.Module, tensors: dict[str, torch.Tensor], path: Path) -> None:
    """Copy tensors into the model. Raises WeightsError if names or shapes do not fit."""
    try:
        model.load_state_dict(tensors)
    except RuntimeError as error:
        raise WeightsError(
            f"The weights in {path} were made for another model or another version of it: {error}"
        ) from error


def _stored(value: torch.Tensor, half: bool) -> torch.Tensor:
    value = value.detach().cpu().contiguous()
    return value.half() if half and value.is_floating_point() else value


def _recipe_in(path: Path) -> dict | None:
    with _opened(path) as file:
        text = (file.metadata() or {}).get("recipe")
    return json.loads(text) if text else None


def _opened(path: Path):
    if not path.is_file():
        raise WeightsError(f"There is no weights file {path}. `vaelab export` writes one from a run.")
    try:
        return safe_open(path, framework="pt")
    except (SafetensorError, OSError) as error:
        raise WeightsError(
            f"{path} is not a weights file, or it is damaged: {error}. Copy or make it again."
        ) from error
