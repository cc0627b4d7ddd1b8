"""`run.json`: the options that a run was started with, in its folder. People read it, and edit it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vaelab.edited import read_json
from vaelab.errors import CheckpointError, UnknownNameError
from vaelab.files import written_whole
from vaelab.priors import KINDS

FILE = "run.json"
# Numbers are looked at where they are used, in `fit` and `load`.
_KINDS: dict[str, tuple[type, str]] = {
    "data": (str, "a name or a folder"),
    "recipe": (str, "a recipe's name"),
    "schedule": (str, "a schedule's name"),
    "augment": (bool, "true or false"),
    "set": (list, 'a list such as ["latent_dim=32"]'),
}


def read(folder: Path) -> dict[str, Any]:
    """The options, as far as the file says them; empty where there is no file.

    Raises:
        EditedFileError: it is no JSON; the message names the line.
        CheckpointError: it is something else's, or an option is of the wrong kind.
    """
    path = folder / FILE
    if not path.exists():
        return {}
    options = read_json(path)
    if not isinstance(options, dict):
        raise CheckpointError(f"{path} is not what `vaelab train` writes: options by name, in braces.")
    for name, (kind, what) in _KINDS.items():
        if name in options and not isinstance(options[name], kind):
            raise CheckpointError(f"{path}: {name} must be {what}, not {json.dumps(options[name])}.")
    if not all(isinstance(change, str) for change in options.get("set", [])):
        raise CheckpointError(f"{path}: set must be {_KINDS['set'][1]}, not {json.dumps(options['set'])}.")
    prior = options.get("prior")
    if prior is not None and prior not in [*KINDS]:
        raise UnknownNameError(f"prior (in {path})", prior, KINDS)
    return options


def need(options: Mapping[str, Any], names: Mapping[str, Any], folder: Path) -> None:
    """Raise CheckpointError if an option is missing; `names` has the options and their usual values."""
    missing = [f'"{name}": {json.dumps(usual)}' for name, usual in names.items() if name not in options]
    if missing:
        raise CheckpointError(
            f"{folder / FILE} lacks an option that the run was started with: put it back, for instance "
            f"{', '.join(missing)}, or start a new run in another folder."
        )


def write(folder: Path, options: Mapping[str, Any]) -> None:
    """Write it, whole or not at all; the folder is made if it is not there.

    Raises:
        CheckpointError, EditedFileError: a file of this name is there, and `vaelab train` did not write it.
    """
    before = read(folder)
    if before and not before.keys() >= {"data", "recipe"}:
        raise CheckpointError(
            f"{folder / FILE} is not what `vaelab train` writes, so it stays as it is. Choose another "
            "folder, or move it away."
        )
    folder.mkdir(parents=True, exist_ok=True)
    with written_whole(folder / FILE) as temporary:
        temporary.write_text(json.dumps(options, indent=1) + "\n", encoding="utf-8")
