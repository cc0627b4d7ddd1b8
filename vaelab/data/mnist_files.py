"""Where the files of Fashion-MNIST and MNIST lie, and how they get there."""

import http.client
import shutil
import socket
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from vaelab.data.idx_files import DamagedFileError, read_idx
from vaelab.data.places import SHARED, cache_dir, entries_named, own_dir
from vaelab.errors import DataError, MissingDataError

_SCRATCH = ".download-"
_SILENCE = 60  # seconds without a byte after which a download is given up
_PARTS = {"train": 60_000, "t10k": 10_000}


@dataclass(frozen=True)
class Collection:
    """A data set in MNIST's four files."""

    title: str
    folder: str  # its folder's name and its class in torchvision.datasets
    class_names: tuple[str, ...]
    megabytes: int
    debian_package: str | None = None


FASHION_MNIST = Collection(
    title="Fashion-MNIST",
    folder="FashionMNIST",
    class_names=(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    megabytes=31,
    debian_package="dataset-fashion-mnist",
)
MNIST = Collection(title="MNIST", folder="MNIST", class_names=tuple("0123456789"), megabytes=12)


def find(collection: Collection, part: str = "train") -> Path | None:
    """The first folder with files of the set, or None. Nothing is downloaded.

    Order: `$VAELAB_DATA`, Debian's folder, our cache. Folder names are compared without case, hyphen
    or underscore, and torchvision's sub-folder `raw` is looked into.
    """
    return next((place for place in _places(collection) if _files(place, part)), None)


def find_all(collection: Collection) -> Path | None:
    """The first folder with all four files of the set, or None. Nothing is downloaded."""
    whole = (place for place in _places(collection) if all(len(_files(place, part)) == 2 for part in _PARTS))
    return next(whole, None)


def read(collection: Collection, part: str) -> tuple[Tensor, Tensor]:
    """Read the images and labels of one part, from this machine or else downloaded into the cache.

    Args:
        collection: FASHION_MNIST or MNIST.
        part: "train" (60,000 pictures) or "t10k" (10,000).

    Returns:
        images: uint8, shape (N, 28, 28). labels: int64, shape (N,).

    Raises:
        MissingDataError: not here and not to be downloaded; the message says how to get it.
        DataError: files that are here but damaged. Damaged files in our own cache are fetched anew.
    """
    place = find(collection, part)
    if place and not place.is_relative_to(cache_dir()):
        return _read_part(place, part)
    if place:
        try:
            return _read_part(place, part)
        except DamagedFileError as damage:
            damage.path.unlink(missing_ok=True)
            warnings.warn(f"{damage.path} was deleted and is fetched again: {damage.reason}.", stacklevel=4)
        except DataError:  # one file of the two is missing: the download brings both
            pass
    return _read_part(_download(collection), part)


def _places(collection: Collection) -> Iterator[Path]:
    """Folders that bear the set's name, each with its `raw`.

    The name decides because MNIST and Fashion-MNIST have the same file names.
    """
    for root in (own_dir(), SHARED, cache_dir()):
        for folder in entries_named([collection.folder], root):
            yield folder
            yield folder / "raw"


def _files(place: Path, part: str) -> dict[str, Path]:
    """The part's files in a folder: "images" and "labels", as far as they are there."""
    found: dict[str, Path] = {}
    for kind, axes in (("images", 3), ("labels", 1)):
        # Kaggle's copies are called train-images.idx3-ubyte.
        names = [f"{part}-{kind}{mark}idx{axes}-ubyte{end}" for end in ("", ".gz") for mark in "-."]
        here = [place / name for name in names if (place / name).is_file()]
        found |= {kind: here[0]} if here else {}
    return found


def _read_part(place: Path, part: str) -> tuple[Tensor, Tensor]:
    files, found = _files(place, part), {}
    for kind, shape in (("images", (_PARTS[part], 28, 28)), ("labels", (_PARTS[part],))):
        if kind not in files:
            raise DataError(f"{place} lacks the file of {part} {kind}. Put all four files of the set there.")
        found[kind] = read_idx(files[kind])
        if found[kind].shape != shape:
            raise DamagedFileError(files[kind], f"its shape is {tuple(found[kind].shape)}, not {shape}")
    if (largest := found["labels"].max()) > 9:
        raise DamagedFileError(files["labels"], f"it has a label {largest}; labels are 0 to 9")
    return found["images"], found["labels"].long()


def _download(collection: Collection) -> Path:
    """Fetch the four files into the cache. They arrive in a scratch folder beside it and move in whole."""
    home = cache_dir() / collection.folder / "raw"
    try:
        cache_dir().mkdir(parents=True, exist_ok=True)
        _sweep(cache_dir())
        with tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=cache_dir()) as scratch:
            arrived = _fetch(collection, scratch)
            home.mkdir(parents=True, exist_ok=True)
            for path in arrived:
                path.replace(home / path.name)
    except OSError as error:
        why = f"the cache cannot be written: {error.strerror or error} ({cache_dir()})"
        raise _not_to_be_had(collection, why) from error
    except RuntimeError as error:
        raise _not_to_be_had(collection, f"downloading it to {cache_dir()} failed: {error}") from error
    return home


def _not_to_be_had(collection: Collection, why: str) -> MissingDataError:
    ways = ways_to_get(collection)
    return MissingDataError(f"{collection.title} is not on this machine, and {why}.\n{ways}")


def _sweep(cache: Path) -> None:
    """Delete what a download left that was killed; a day is longer than any that still runs."""
    for left in cache.glob(f"{_SCRATCH}*"):
        if time.time() - left.stat().st_mtime > 86_400:
            shutil.rmtree(left, ignore_errors=True)


def _fetch(collection: Collection, scratch: str) -> list[Path]:
    """torchvision's download, checksums included. Raises RuntimeError with the cause in words."""
    from torchvision import datasets  # takes a second to import, so only when it is needed

    arrived = Path(scratch) / collection.folder / "raw"
    try:
        with _patience(_SILENCE):
            getattr(datasets, collection.folder)(scratch, download=True)
    except (RuntimeError, OSError, http.client.HTTPException) as error:
        raise RuntimeError(_why(error, arrived)) from error
    return sorted(arrived.glob("*-ubyte"))


@contextmanager
def _patience(seconds: float):
    """A time limit for silent connections: torchvision sets none and would wait for ever."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _why(error: Exception, arrived: Path) -> str:
    """The cause of a failed download: what is wrong with what arrived, or the error's own words."""
    for path in sorted(arrived.glob("*.gz")):
        try:
            read_idx(path)
        except DamagedFileError as damage:
            return f"{path.name} arrived, but {damage.reason}"
    return " ".join(str(error).split()) or type(error).__name__


def ways_to_get(collection: Collection) -> str:
    """The ways to bring the set to this machine, a numbered line each."""
    ways = [
        f"let it download: connect to the internet and load it ({collection.megabytes} MB, once); it comes "
        f"to {cache_dir()}, or to the folder that the environment variable VAELAB_CACHE names",
        f"put its four files in a folder {collection.folder} and set the environment variable VAELAB_DATA "
        "to the folder above it",
    ]
    if collection.debian_package:
        ways.append(f"on Debian or Ubuntu: sudo apt install {collection.debian_package}")
    numbered = "\n".join(f"  {i}. {way}" for i, way in enumerate(ways, 1))
    return f"There are these ways to get it:\n{numbered}"
