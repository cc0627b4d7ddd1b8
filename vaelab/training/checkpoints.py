"""Checkpoints: all that is needed to go on as if nothing had happened, in folders written atomically."""

import hashlib
import io
import json
import os
import re
import shutil
import warnings
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from safetensors.torch import load_file
from safetensors.torch import save as to_safetensors
from torch import nn

from vaelab import weights
from vaelab.data.arguments import folder_of, whole_number
from vaelab.errors import CheckpointError
from vaelab.files import flush_to_disk
from vaelab.training.history import History, RunningMean

_VERSION = 2


@dataclass
class TrainingState:
    """Where training stands. With the seed it fixes every later draw, so it is the whole random state.

    Attributes:
        settings: what must not change between the parts of one run, for instance the batch size.
        history: as returned by `fit`.
        epoch: epochs that are complete.
        step: steps taken in the epoch that is not.
        terms: the running mean of the loss terms of that epoch so far.
        parts: pieces a batch is cut into because it did not fit the memory whole.
        precision, channels_last: the arithmetic that was chosen.
    """

    settings: dict
    history: History = field(default_factory=History)
    epoch: int = 0
    step: int = 0
    terms: RunningMean = field(default_factory=RunningMean)
    parts: int = 1
    precision: str | None = None
    channels_last: bool | None = None

    def to_json(self) -> dict:
        return {**asdict(self), "terms": {"sums": self.terms.totals(), "count": self.terms.count}}

    @classmethod
    def from_json(cls, values: dict) -> "TrainingState":
        history, terms = History(**values["history"]), RunningMean(**values["terms"])
        return cls(**{**values, "history": history, "terms": terms})


class Checkpoints:
    """A folder of checkpoints, one sub-folder each, `epoch-0003` or `epoch-0003-step-000120`.

    Each holds `model.safetensors`, `optimizer.pt` and `state.json`, which has the checksums of the other two.
    A checkpoint is written under another name and renamed when its bytes are on the disk.

    Args:
        folder: made if it is not there.
        keep: how many of the newest stay; the best one on validation stays as well.
    """

    def __init__(self, folder: str | os.PathLike, keep: int = 3):
        self.folder = folder_of("checkpoints", folder)
        self.keep = whole_number("keep, how many checkpoints stay,", keep)

    def all(self) -> list[Path]:
        """The checkpoints, oldest first: in the order of their numbers."""
        found = [(_FOLDER.fullmatch(path.name), path) for path in self.folder.glob("epoch-*")]
        order = {path: (int(match["epoch"]), int(match["step"] or 0)) for match, path in found if match}
        return sorted(order, key=order.__getitem__)

    def save(self, model: nn.Module, optimizer: torch.optim.Optimizer, state: TrainingState) -> Path:
        """Write a checkpoint, then delete the ones that need not stay.

        Raises:
            CheckpointError: it could not be written; those already there are as they were.
        """
        path = self.folder / _name(state)
        beside = self.folder / f".writing-{path.name}"
        try:
            self._clear(beside)
            beside.mkdir(parents=True)
            (beside / "model.safetensors").write_bytes(_model_bytes(model))
            (beside / "optimizer.pt").write_bytes(_optimizer_bytes(optimizer))
            self._write_state(beside, state)
            self._clear(path)
            beside.rename(path)
        except OSError as error:
            shutil.rmtree(beside, ignore_errors=True)
            raise CheckpointError(
                f"The checkpoint {path} could not be written: {error.strerror or error}. Those before it are "
                "unharmed: make room, then go on with resume=True (on the command line: --resume)."
            ) from error
        self._prune()
        return path

    def _write_state(self, folder: Path, state: TrainingState) -> None:
        files = sorted(folder.iterdir())
        for file in files:
            flush_to_disk(file)
        content = {
            "version": _VERSION,
            "sha256": {file.name: _sha256(file) for file in files},
            **state.to_json(),
        }
        target = folder / "state.json"
        target.write_text(json.dumps(content, indent=1), encoding="utf-8")
        flush_to_disk(target)

    def _prune(self) -> None:
        best = self.best()
        for path in self.all()[: -self.keep]:
            if path != best:
                self._clear(path)

    @staticmethod
    def _clear(path: Path) -> None:
        if path.exists():
            shutil.rmtree(path)

    def starting_point(self, resume: bool, settings: dict) -> tuple[Path, TrainingState] | None:
        """The checkpoint to go on from, with its state; None to start from the beginning.

        Raises:
            CheckpointError: there are checkpoints but `resume` is False, they are another run's, or none is
                whole.
        """
        if not resume and self.all():
            raise CheckpointError(
                f"{self.folder} already holds checkpoints, the newest being {self.all()[-1].name}. Go on "
                "from it with resume=True (on the command line: --resume), or choose another folder."
            )
        found = self.newest()
        if found:
            _check_same(found[1].settings, settings, self.folder)
        return found

    def newest(self) -> tuple[Path, TrainingState] | None:
        """The newest checkpoint that is whole; a warning names the damaged ones that were passed over."""
        for path in reversed(self.all()):
            try:
                return path, self.check(path)
            except CheckpointError as error:
                warnings.warn(f"{error} Going back to the checkpoint before it.", stacklevel=3)
        if self.all():
            raise CheckpointError(f"No checkpoint in {self.folder} is whole: start again in another one.")
        return None

    def check(self, path: Path) -> TrainingState:
        """Read where a checkpoint stands, after comparing its files with their checksums."""
        try:
            content = json.loads((path / "state.json").read_text(encoding="utf-8"))
            version, sums = content.pop("version"), content.pop("sha256")
            if version != _VERSION:
                raise CheckpointError(f"{path} was written by another version of vaelab.")
            state = TrainingState.from_json(content)
            damaged = [name for name, digest in sums.items() if _sha256(path / name) != digest]
        except CheckpointError:
            raise
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CheckpointError(f"The checkpoint {path} is damaged: {error}.") from error
        if damaged:
            raise CheckpointError(
                f"The checkpoint {path} is damaged: {', '.join(damaged)} changed after it was written."
            )
        return state

    def best(self) -> Path | None:
        """The checkpoint with the lowest validation loss, among those at the end of an epoch."""
        scores = {}
        for path in self.all():
            content = _read_json(path / "state.json")
            validation = content.get("history", {}).get("validation", [])
            if validation and content["step"] == 0:
                scores[path] = validation[-1]["loss"]
        return min(scores, key=scores.__getitem__) if scores else None

    @staticmethod
    def restore(path: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        """Fill model and optimizer. Raises CheckpointError if the checkpoint is another model's."""
        try:
            model.load_state_dict(load_file(path / "model.safetensors"))
        except RuntimeError as error:
            raise CheckpointError(f"{path} holds the weights of another model: {error}") from error
        device = next(model.parameters()).device
        optimizer.load_state_dict(torch.load(path / "optimizer.pt", map_location=device, weights_only=True))


def _check_same(before: dict, now: dict, folder: Path) -> None:
    names = [name for name in before | now if before.get(name) != now.get(name)]
    if names:
        changes = ", ".join(f"{name}={before.get(name)} (now {now.get(name)})" for name in names)
        raise CheckpointError(
            f"The run in {folder} was started with {changes}. Going on with other numbers would be neither "
            "the one run nor the other: give the same ones, or another folder."
        )


_FOLDER = re.compile(r"epoch-(?P<epoch>\d+)(-step-(?P<step>\d+))?")


def _name(state: TrainingState) -> str:
    middle = f"-step-{state.step:06}" if state.step else ""
    return f"epoch-{state.epoch:04}{middle}"


def _read_json(path: Path) -> dict:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _model_bytes(model: nn.Module) -> bytes:
    tensors = {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
    return to_safetensors(tensors, metadata=weights.description(model))


def _optimizer_bytes(optimizer: torch.optim.Optimizer) -> bytes:
    """Any optimiser's state. Moments keep their layout in memory, which a fused step expects."""
    buffer = io.BytesIO()
    torch.save(optimizer.state_dict(), buffer)
    return buffer.getvalue()
