"""Where a model comes from, as far as it is written down: how it was trained, and on which pictures.

A run says so in its `run.json`, a weights file in the card beside it.
"""

from pathlib import Path

from vaelab import run_file, weights
from vaelab.edited import read_json
from vaelab.errors import DataError, MissingDataError

_SAY = "Say what to measure on: --data with a folder of pictures, or the name of a set."

_SOMEWHERE = "./"  # before the name of own pictures in a card: no set is meant that has the same name


def is_checkpoint(folder: Path) -> bool:
    """Whether a folder is one checkpoint of a run, not the run."""
    return (folder / "state.json").is_file()


def options_of(model: str) -> dict:
    """The options that a model was trained with; empty where nobody wrote them down.

    Args:
        model: a run's folder, a checkpoint in it, a weights file, or a shipped name.
    """
    path = Path(model).expanduser()
    if path.is_dir():
        return run_file.read(path.parent if is_checkpoint(path) else path)
    is_file = path.suffix.lower() == ".safetensors"
    card = _card(path.with_suffix(".json")) if is_file else weights.card(model)
    options = card.get("options")
    return options if isinstance(options, dict) else {}


def to_tell(options: dict) -> dict:
    """Options for whoever gets the weights: of a path, which tells of a person's machine, the last name."""
    data = options.get("data")
    if not isinstance(data, str) or not Path(data).is_absolute():
        return options
    return options | {"data": f"{_SOMEWHERE}{Path(data).name}"}


def trained_on(model: str) -> str:
    """The pictures that a model was trained on: a set's name, or a path that is there.

    Raises:
        DataError: nobody wrote it down, or a weights file's card tells no more than a folder's name.
        MissingDataError: it is a path, and nothing is there.
    """
    data = options_of(model).get("data")
    if data is None:
        raise DataError(f"What {model} was trained on is not written down. {_SAY}")
    if data.startswith(_SOMEWHERE) and not Path(model).expanduser().is_dir():
        name = data.removeprefix(_SOMEWHERE)
        raise DataError(f"{model} was trained on own pictures, {name}; its card does not tell where. {_SAY}")
    if Path(data).is_absolute() and not Path(data).exists():
        raise MissingDataError(f"{model} was trained on {data}, which is not there. {_SAY}")
    return data


def _card(file: Path) -> dict:
    found = read_json(file) if file.exists() else {}
    return found if isinstance(found, dict) else {}
