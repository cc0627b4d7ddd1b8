"""Trained weights: the ones that come with vaelab by name, anybody's by path.

A weights file is safetensors: numbers only, nothing that runs when it is opened. Its header says which
recipe it belongs to, and which likelihood, beta and prior the model had, so that `load` can build it by
itself; a learned prior's numbers are among the weights, under "prior.". A checksum of all numbers is in the
header too. The card beside it (`<name>.json`) says how it was made.
"""

import hashlib
import inspect
import json
import os
import textwrap
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, overload

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load as from_safetensors
from safetensors.torch import save as to_safetensors
from torch import nn
from torch.overrides import TorchFunctionMode

from vaelab import latent_diffusion, losses, priors
from vaelab.data.arguments import real_number
from vaelab.devices import device as find_device
from vaelab.errors import UnknownNameError, WeightsError
from vaelab.files import written_whole
from vaelab.models import VAE, Autoencoder, GridVAE
from vaelab.recipes import build

_SHIPPED = Path(__file__).parent
_LOST = "cannot be built again"  # where a header says why
# Where what a model is given comes from, if not from losses.
_ROOMS: dict[str, tuple[ModuleType, ...]] = {"prior": (priors, latent_diffusion)}


def names() -> list[str]:
    """Models that come with vaelab, already trained."""
    return [path.stem for path in sorted(_SHIPPED.glob("*.safetensors")) if "recipe" in _header(path)]


@overload
def pretrained(
    name: Literal["dlwp-digits-vae", "portrait-vae", "small-portrait-vae", "tds-face-vae"],
    device: str | torch.device = "cpu",
) -> VAE: ...
@overload
def pretrained(name: Literal["grid-vae"], device: str | torch.device = "cpu") -> GridVAE: ...
@overload
def pretrained(name: Literal["tds-face-ae"], device: str | torch.device = "cpu") -> Autoencoder: ...
@overload
def pretrained(name: str, device: str | torch.device = "cpu") -> Autoencoder | VAE: ...
def pretrained(name: str, device: str | torch.device = "cpu") -> Autoencoder | VAE:
    """A model that comes trained with vaelab, in evaluation mode; `card(name)` says how it was made.

    Raises:
        UnknownNameError: no weights of that name; the nearest are suggested.

    >>> pretrained("portrait-vae").sample(16, seed=0).shape
    torch.Size([16, 3, 64, 64])
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
        half: True for 16-bit floats, half the size. Pixels then move by about 0.001. Single numbers, such as
            a noise level, and what 16 bits cannot hold stay whole.

    Raises:
        WeightsError: another ending, a model that `load` could not build again, or a file in the card's place
            that is none: without weights beside it, it was written by somebody else.
    """
    path = Path(path).expanduser()
    if path.suffix.lower() != ".safetensors":
        raise WeightsError(f"A weights file's name ends in .safetensors; {path.name!r} does not.")
    header = description(model)
    if _LOST in header:
        raise WeightsError(header[_LOST])
    said, beside = None if card is None else _card_text(card), path.with_suffix(".json")
    if said is not None and beside.exists() and not path.exists():
        raise WeightsError(
            f"{beside}, where the card of {path.name} goes, is another file. Give the weights another name."
        )
    tensors = {name: _stored(value, half) for name, value in model.state_dict().items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    header["sha256"] = _checksum(to_safetensors(tensors))
    with written_whole(path) as temporary:
        temporary.write_bytes(to_safetensors(tensors, metadata=header))  # whose errors are the system's own
    if said is not None:
        with written_whole(beside) as temporary:
            temporary.write_text(said, encoding="utf-8")
    return path


def _checksum(file: bytes) -> str:
    """SHA-256 of a weights file's numbers: what stands behind its header, whose length comes first."""
    start = 8 + int.from_bytes(file[:8], "little")
    return hashlib.sha256(memoryview(file)[start:]).hexdigest()


def _card_text(card: dict) -> str:
    try:
        return json.dumps(card, indent=2, ensure_ascii=False) + "\n"
    except (TypeError, ValueError) as error:
        raise WeightsError(f"A card holds what JSON can: text, numbers, lists, dicts. {error}.") from error


def description(model: nn.Module) -> dict[str, str]:
    """What a model is besides its weights: the metadata of a safetensors file, from which `load` builds it.

    Returns:
        JSON by name: "recipe", and what may have been exchanged since, "likelihood", "beta" and, if it has
        one, "prior" of a VAE, "reconstruction" of an Autoencoder. Numbers that learn are not in it, but among
        the weights. A model that cannot be built from this has "cannot be built again", the reason why, in
        words.
    """
    said: dict[str, str] = {}
    try:
        for name in _exchangeable(model):
            if (value := getattr(model, name)) is not None:
                said[name] = _json(_in_words(name, value))
        return {"recipe": _json(_recipe_of(model)), **said}
    except WeightsError as error:
        return {
            **said,
            _LOST: f"{error}, so a file could not say how to build it again. Save its state_dict with "
            "safetensors.torch.save_file instead.",
        }


def _json(value: Any) -> str:
    """JSON, in which NumPy's and PyTorch's single numbers are Python's."""
    return json.dumps(value, default=lambda number: number.item())


def _exchangeable(model: nn.Module) -> list[str]:
    """What the model's class is given besides its networks and their shapes."""
    fixed = ("encoder", "decoder", "latent_dim", "image_shape")
    kinds = [kind for kind in (VAE, Autoencoder) if isinstance(model, kind)]
    return [name for kind in kinds for name in inspect.signature(kind).parameters if name not in fixed]


def _in_words(name: str, value: Any) -> float | list:
    """A number as it is; what is of `losses` or `priors` as [name, options], without what is a tensor."""
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, torch.Tensor) and value.numel() == 1:
        return value.item()
    kind = value if inspect.isfunction(value) else type(value)
    rooms = [room.__name__ for room in _ROOMS.get(name, (losses,))]
    if kind.__module__ not in rooms:
        raise WeightsError(f"The {name} of this model, {kind.__qualname__}, is none of {' or '.join(rooms)}")
    options = {key: getattr(value, key) for key in inspect.signature(kind).parameters if hasattr(value, key)}
    return [kind.__name__, {k: v for k, v in options.items() if not isinstance(v, torch.Tensor)}]


def _from_words(name: str, words: Any) -> Any:
    if name == "beta":
        return real_number(name, words, least=0)
    kind, options = words
    rooms = _ROOMS.get(name, (losses,))
    found = [getattr(room, kind, None) for room in rooms]
    kinds = [kind for kind, room in zip(found, rooms, strict=True) if _is_of(kind, room, name)]
    if not kinds:
        raise WeightsError(
            f"{rooms[0].__name__} has no {kind!r}: the file comes from another version of vaelab."
        )
    made: Any = kinds[0]
    return made if inspect.isfunction(made) else made(**options)


def _is_of(kind: Any, room: ModuleType, name: str) -> bool:
    """Whether it was made in this module, and not only imported there; a prior must be one."""
    if getattr(kind, "__module__", None) != room.__name__:
        return False
    return name != "prior" or (inspect.isclass(kind) and issubclass(kind, priors.Prior))


def _recipe_of(model: nn.Module) -> dict[str, Any]:
    """The recipe that builds this very model, but for its weights."""
    recipe = getattr(model, "recipe", None)
    if recipe is None:
        raise WeightsError("This model was not built by recipes.build")
    changed = _layers(model).items() ^ _layers(build(recipe["name"], **recipe["changes"])).items()
    if changed:
        raise WeightsError(
            f"{min(changed)[0]} of this model is not what the recipe {recipe['name']!r} builds"
        )
    return recipe


def _layers(model: nn.Module) -> dict[str, str]:
    """Each part's layers in words, and the model's own class; what may be exchanged is left out."""
    parts = {name: str(part) for name, part in model.named_children() if name not in _exchangeable(model)}
    return {"class": type(model).__qualname__, **parts}


def load(path: str | os.PathLike, device: str | torch.device = "cpu") -> Autoencoder | VAE:
    """Build the model that a weights file belongs to and fill it, in evaluation mode.

    Raises:
        WeightsError: not there, not a weights file, damaged, or made for another version of the recipe.
    """
    path = Path(path).expanduser()
    header = _header(path)
    if _LOST in header:
        raise WeightsError(f"{path} cannot be loaded. {header[_LOST]}")
    if "recipe" not in header:
        raise WeightsError(f"{path} does not say which recipe it belongs to; vaelab's own files do.")
    shapes = _shapes(path)
    try:
        with torch.device("meta"), _OfAtMost(len(shapes)):
            _described(header).load_state_dict(shapes)
        file = path.read_bytes()
        if header.get("sha256") not in (None, _checksum(file)):  # older files have none
            raise WeightsError(f"{path} is damaged: its numbers are not those written. Make it again.")
        model = _described(header)
        model.load_state_dict(from_safetensors(file))
    except RuntimeError as error:
        raise WeightsError(
            f"The weights in {path} were made for another model or another version of it: "
            + textwrap.shorten(str(error), 400, placeholder=" ...")
        ) from error
    except WeightsError:
        raise
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError) as error:
        said = textwrap.shorten(str(error).rstrip("."), 400, placeholder=" ...")
        raise WeightsError(
            f"What {path} says of its model cannot be understood: {said}. It comes from another program, or "
            "from another version of vaelab."
        ) from error
    return model.to(find_device(device)).eval()


def _described(header: dict[str, str]) -> Autoencoder | VAE:
    """The model that a header describes, its weights not yet filled in."""
    recipe = json.loads(header["recipe"])
    model = build(recipe["name"], **recipe["changes"])
    for name in header.keys() & _exchangeable(model):
        setattr(model, name, _from_words(name, json.loads(header[name])))
    return model


def _shapes(path: Path) -> dict[str, torch.Tensor]:
    """A file's tensors without their numbers: on the meta device they have shapes alone."""
    with safe_open(path, framework="pt") as file:
        return {
            name: torch.empty(file.get_slice(name).get_shape(), device="meta")
            for name in file.keys()  # noqa: SIM118 (no mapping)
        }


class _OfAtMost(TorchFunctionMode):
    """For models of at most so many parameters, or a few more: a short file can describe a giant.

    A layer makes each of them by `torch.empty`. What other threads build meanwhile does not count.
    """

    def __init__(self, parameters: int):
        super().__init__()
        self.parameters, self._left = parameters, parameters + 10  # some tensors are made on the way

    def __torch_function__(self, function: Callable, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self._left -= function is torch.empty
        if self._left < 0:
            raise RuntimeError(f"it describes more than the {self.parameters} parameters that are there")
        return function(*args, **(kwargs or {}))


def _stored(value: torch.Tensor, half: bool) -> torch.Tensor:
    value = value.detach().cpu().contiguous()
    if not half or not value.is_floating_point() or value.ndim == 0:
        return value
    small = value.half()
    return small if torch.isfinite(small).all() else value


def _header(path: Path) -> dict[str, str]:
    if not path.is_file():
        raise WeightsError(f"There is no weights file {path}. `vaelab export` writes one from a run.")
    try:
        with safe_open(path, framework="pt") as file:
            return file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise WeightsError(
            f"{path} is not a weights file, or it is damaged: {error}. Copy or make it again."
        ) from error
