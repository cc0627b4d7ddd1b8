"""Checkpoints: all that is needed to go on as if nothing had happened, in folders written atomically."""

import errno
import hashlib
import io
import json
import math
import os
import re
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from filelock import FileLock, Timeout
from safetensors.torch import load_file
from safetensors.torch import save as to_safetensors
from torch import nn

from vaelab import weights
from vaelab.data.arguments import folder_of, whole_number
from vaelab.errors import CheckpointError
from vaelab.files import DISK_IS_FULL, REMEDIES, flush_names, flush_to_disk
from vaelab.training.distributed import leads
from vaelab.training.history import History, RunningMean
from vaelab.training.same_run import check_same

_VERSION = 2
_MODEL, _OPTIMIZER, _STATE = "model.safetensors", "optimizer.pt", "state.json"
WITH_PRIOR = "with-prior.safetensors"  # `vaelab train` adds it: the model, with a prior for its codes
_FOLDER = re.compile(r"epoch-(?P<epoch>\d+)(-step-(?P<step>\d+))?")
_WRITING, _DELETING = ".writing-", ".deleting-"  # in front of the name of what is not whole
_WITHOUT_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP}  # said by network drives


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
    A checkpoint is written under another name and renamed when its bytes are on the disk. Whatever else lies
    in the folder, or in a checkpoint, stays where it is.

    Args:
        folder: made when training starts, if it is not there.
        keep: how many of the newest stay; the best one on validation stays as well.
    """

    def __init__(self, folder: str | os.PathLike, keep: int = 3):
        self.folder = folder_of("checkpoints", folder)
        self.keep = whole_number("keep, how many checkpoints stay,", keep)
        self._lock = FileLock(self.folder / ".lock", fallback_to_soft=False)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep every other training out of the folder meanwhile: two would delete each other's checkpoints.

        The lock is the operating system's, which takes it from a process that died; a file that stays would
        go on saying that somebody is there. Who holds it may come in again; of several processes in one
        training the first holds it for all.

        Raises:
            CheckpointError: another training is in the folder, or nothing can be written there.
        """
        if leads():
            self._acquire()
        try:
            yield
        finally:
            self._lock.release()

    def _acquire(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(blocking=False)
        except Timeout:
            raise CheckpointError(
                f"Another training is at work in {self.folder}. Wait until it has ended, or choose another "
                "folder."
            ) from None
        except OSError as error:
            if error.errno not in _WITHOUT_LOCKS:
                raise CheckpointError(
                    f"Nothing can be written to {self.folder}: {error.strerror or error}. "
                    f"{REMEDIES.get(error.errno or 0, 'Put that right, or choose another folder.')}"
                ) from error
            warnings.warn(
                f"The drive of {self.folder} knows no locks: let no second training run there.", stacklevel=4
            )
            return
        for left in (*self.folder.glob(f"{_WRITING}epoch-*"), *self.folder.glob(f"{_DELETING}epoch-*")):
            shutil.rmtree(left, ignore_errors=True)  # by a process that was killed

    def all(self) -> list[Path]:
        """The checkpoints, oldest first: in the order of their numbers."""
        order = {}
        for path in self.folder.glob("epoch-*"):
            match = _FOLDER.fullmatch(path.name)
            if match and path.is_dir():
                numbers = int(match["epoch"]), int(match["step"] or 0)
                if path.name == _name(*numbers):
                    order[path] = numbers
        return sorted(order, key=order.__getitem__)

    def save(self, model: nn.Module, optimizer: torch.optim.Optimizer, state: TrainingState) -> Path:
        """Write a checkpoint, then delete the ones that need not stay.

        Raises:
            CheckpointError: it could not be written; those already there are as they were.
        """
        path = self.folder / _name(state.epoch, state.step)
        beside = self.folder / f"{_WRITING}{path.name}"
        try:
            shutil.rmtree(beside, ignore_errors=True)
            beside.mkdir(parents=True)
            (beside / _MODEL).write_bytes(_model_bytes(model))
            (beside / _OPTIMIZER).write_bytes(_optimizer_bytes(optimizer))
            self._write_state(beside, state)
            _give_name(beside, path)
        except OSError as error:
            remedy = "make room" if error.errno in DISK_IS_FULL else "put that right"
            raise CheckpointError(
                f"The checkpoint {path} could not be written: {error.strerror or error}. Those before it are "
                f"unharmed: {remedy}, then go on with resume=True (on the command line: --resume)."
            ) from error
        finally:
            shutil.rmtree(beside, ignore_errors=True)
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
        target = folder / _STATE
        target.write_text(json.dumps(content, indent=1), encoding="utf-8")
        flush_to_disk(target)
        flush_names(folder)

    def _prune(self) -> None:
        best = self.best()
        for path in self.all()[: -self.keep]:
            try:
                if path != best and _is_ours(path):
                    shutil.rmtree(path.rename(self.folder / f"{_DELETING}{path.name}"))
            except OSError as error:  # open in another program, or on a drive that is gone for the moment
                warnings.warn(
                    f"The old checkpoint {path} could not be deleted: {error.strerror or error}.",
                    stacklevel=3,
                )

    def starting_point(
        self, resume: bool, settings: dict, precision: str | None = None, channels_last: bool | None = None
    ) -> tuple[Path, TrainingState] | None:
        """The checkpoint to go on from, with its state; None to start from the beginning.

        Args:
            resume: whether to go on.
            settings: what must be as it was when the run began.
            precision, channels_last: the same, where they are not None.

        Raises:
            CheckpointError: there are checkpoints but `resume` is False, they are another run's or another
                version's, or none is whole.
        """
        if not resume and self.all():
            raise CheckpointError(
                f"{self.folder} already holds checkpoints, the newest being {self.all()[-1].name}. Go on "
                "from it with resume=True (on the command line: --resume), or choose another folder."
            )
        found = self.newest()
        if found:
            state = found[1]
            chosen = {"precision": state.precision, "channels_last": state.channels_last}
            asked = {"precision": precision, "channels_last": channels_last}
            now = {name: chosen[name] if value is None else value for name, value in asked.items()}
            check_same(state.settings | chosen, settings | now, self.folder)
        return found

    def newest(self) -> tuple[Path, TrainingState] | None:
        """The newest checkpoint that is whole; a warning names the damaged ones that were passed over.

        Raises:
            CheckpointError: none is whole, or another version of vaelab wrote the newest.
        """
        for path in reversed(self.all()):
            try:
                return path, self.check(path)
            except _OtherVersion:
                raise  # what is whole for another version is not passed over, and so never written over
            except CheckpointError as error:
                warnings.warn(f"{error} Going back to the checkpoint before it.", stacklevel=3)
        if self.all():
            raise CheckpointError(f"No checkpoint in {self.folder} is whole: start again in another one.")
        return None

    def check(self, path: Path) -> TrainingState:
        """Read where a checkpoint stands, after comparing its files with their checksums."""
        state, sums = _read_state(path)
        try:
            damaged = [name for name, digest in sums.items() if _sha256(path / name) != digest]
        except OSError as error:
            raise CheckpointError(f"The checkpoint {path} is damaged: {error}.") from error
        if damaged:
            raise CheckpointError(
                f"The checkpoint {path} is damaged: {', '.join(damaged)} changed after it was written."
            )
        return state

    def best(self) -> Path | None:
        """The whole checkpoint with the lowest validation loss, among those at the end of an epoch.

        A loss that is not a number is not the lowest. A warning names a better one that is damaged.
        """
        scores = {}
        for path in self.all():
            with suppress(CheckpointError):
                state, _ = _read_state(path)
                loss = state.history.validation[-1]["loss"] if state.history.validation else math.nan
                if math.isfinite(loss) and state.step == 0:
                    scores[path] = loss
        for path in sorted(scores, key=scores.__getitem__):
            try:
                self.check(path)
                return path
            except CheckpointError as error:
                warnings.warn(f"{error} Going on to the next best.", stacklevel=3)
        return None

    @staticmethod
    def restore(path: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        """Fill model and optimizer. Raises CheckpointError if the checkpoint is another model's."""
        try:
            model.load_state_dict(load_file(path / _MODEL))
        except RuntimeError as error:
            raise CheckpointError(f"{path} holds the weights of another model: {error}") from error
        device = next(model.parameters()).device
        optimizer.load_state_dict(torch.load(path / _OPTIMIZER, map_location=device, weights_only=True))


class _OtherVersion(CheckpointError):
    """A checkpoint that is not ours to judge."""

    def __init__(self, path: Path, version: object):
        super().__init__(
            f"Another version of vaelab wrote {path}: checkpoints of version {version}, and this one knows "
            f"{_VERSION}. Nothing was changed. Go on with that vaelab, or choose another folder."
        )


def _name(epoch: int, step: int) -> str:
    middle = f"-step-{step:06}" if step else ""
    return f"epoch-{epoch:04}{middle}"


def _give_name(beside: Path, path: Path) -> None:
    """The last step of writing. In place of a damaged checkpoint, file by file: others' files stay in it."""
    if path.is_dir():
        (path / WITH_PRIOR).unlink(missing_ok=True)  # was fitted to what is replaced
        for name in (_MODEL, _OPTIMIZER, _STATE):
            (beside / name).replace(path / name)
    else:
        beside.rename(path)
    flush_names(path.parent)


def _is_ours(path: Path) -> bool:
    """Whether a checkpoint lies here, is of this version, and holds none (but hidden) of others' files."""
    names = {file.name for file in path.iterdir() if not file.name.startswith(".")}
    if path.is_symlink() or not names <= {_MODEL, _OPTIMIZER, _STATE, WITH_PRIOR}:
        return False
    try:
        _read_state(path)
    except CheckpointError as error:
        return not isinstance(error, _OtherVersion)
    return True


def _read_state(path: Path) -> tuple[TrainingState, dict[str, str]]:
    """Where a checkpoint stands, and the checksums of its files."""
    if (path / "position.json").exists() and not (path / _STATE).exists():  # as version 1 called it
        raise _OtherVersion(path, 1)
    try:
        content = json.loads((path / _STATE).read_text(encoding="utf-8"))
        version, sums = content.pop("version"), content.pop("sha256")
        if version == _VERSION:
            return TrainingState.from_json(content), dict(sums)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(f"The checkpoint {path} is damaged: {error}.") from error
    raise _OtherVersion(path, version)


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
