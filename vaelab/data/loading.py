"""`load`: one call for every set of pictures."""

import functools
import importlib
import os
from pathlib import Path
from types import ModuleType

import torch

from vaelab.data import mnist_files, painting
from vaelab.data.arguments import check_split, seed_number, whole_number
from vaelab.data.imageset import ImageSet
from vaelab.data.splits import SPLITS
from vaelab.errors import DataError, UnknownNameError
from vaelab.progress import progress
from vaelab.resources import need_memory

DRAWN = ("portraits", "digits", "cylinders", "wardrobe")
STORED = ("fashion_mnist", "mnist", "handwritten", "celeba", "ffhq")
CLOTHES = "clothes"  # Fashion-MNIST where it is, the wardrobe where it is not

# A drawn set is an endless table of pictures. Each split reads its own stretch of it, so splits never meet.
_SPLIT_START = {"train": 0, "validation": 2**40, "test": 2**41}
_DRAWN_COUNT = {"train": 10_000, "validation": 1_000, "test": 1_000}
_CHUNK = 512
_BAR_FROM = 1_000  # pictures, from which on a progress bar is worth its line


def load(
    name: str | os.PathLike,
    *,
    size: int | None = None,
    n: int | None = None,
    seed: int = 0,
    split: str = "train",
) -> ImageSet:
    """Load pictures by name, or from a folder or archive of picture files.

    >>> load("portraits", n=10, split="test").images.shape
    torch.Size([10, 3, 64, 64])

    Args:
        name: "portraits", "digits", "cylinders" or "wardrobe" (drawn on the spot, nothing to download),
            "fashion_mnist", "mnist" or "celeba" (read from this machine, or downloaded once), "ffhq" (read
            from this machine), "handwritten" (comes with scikit-learn), "clothes" (Fashion-MNIST if it is on
            this machine, else the wardrobe; a line says which), or the path of a folder, zip or tar file of
            pictures.
        size: height and width in pixels; None takes the set's own size (64 for photographs).
        n: how many pictures; None takes 10,000 drawn ones for training (1,000 for validation and test), or
            all there are of a stored set, in their files' order. Of a stored set, n pictures are picked at
            random and copied into memory. A smaller n with the same seed gives the first of a larger n.
        seed: which pictures: of a drawn set another seed draws others, of a stored one it picks others.
        split: "train", "validation" or "test", which never share a picture; photographs also know "all".

    Returns:
        An `ImageSet` of uint8 images, shape (n, C, size, size).

    Raises:
        UnknownNameError: no set or split of that name.
        MissingDataError: the set or folder is not on this machine; the message says how to get it.
        DataError: a size, a count, a seed or a folder that cannot be used.
    """
    n = None if n is None else whole_number("n, the number of pictures,", n)
    seed = seed_number(seed)
    name = _clothes() if name == CLOTHES else name
    if name in DRAWN:
        return _draw(name, size, n, seed, split)
    return _pick(_read(name, size, split), n, seed, split)


def load_at_most(
    n: int, name: str | os.PathLike, *, size: int | None = None, seed: int = 0, split: str = "train"
) -> ImageSet:
    """`load` n pictures, or all there are of a stored set that has fewer."""
    n = whole_number("n, the number of pictures,", n)
    name = _clothes() if name == CLOTHES else name
    if name in DRAWN:
        return load(name, size=size, n=n, seed=seed, split=split)
    found = load(name, size=size, split=split)
    return found if len(found) <= n else _pick(found, n, seed, split)


def lasting_name(name: str) -> str:
    """A set's name as it is, a path in full: it then means the same from any folder."""
    if name in (*DRAWN, *STORED, CLOTHES) or not _is_path(name):
        return name
    return os.path.abspath(Path(name).expanduser())


def _clothes() -> str:
    """The set that "clothes" stands for on this machine; nothing is downloaded.

    Both sets have the same ten labels. Only if all of Fashion-MNIST is here it is taken: otherwise one split
    could come from it and another from the wardrobe.
    """
    if mnist_files.find_all(mnist_files.FASHION_MNIST):
        _say("Clothes: photographs, those of Fashion-MNIST.")
        return "fashion_mnist"
    _say(
        'Clothes: drawn, from the wardrobe. Fashion-MNIST is not here; load("fashion_mnist") would fetch it.'
    )
    return "wardrobe"


@functools.cache
def _say(line: str) -> None:
    """Print a line, but once only. Of several processes, rank 0 speaks."""
    if int(os.environ.get("RANK", 0)) == 0:
        print(line)


def _draw(name: str, size: int | None, n: int | None, seed: int, split: str) -> ImageSet:
    check_split(repr(name), split, SPLITS)
    painter = importlib.import_module(f"vaelab.data.{name}")
    start, count = _SPLIT_START[split], n or _DRAWN_COUNT[split]
    size = painter.DEFAULT_SIZE if size is None else size
    what = "clothes" if name == "wardrobe" else name
    painting.check_size(what.capitalize(), size, painter.SIZES)  # before a bar is shown
    if count >= _BAR_FROM:
        need_memory(count * _bytes_of_one(painter, size), f"n={count:,} pictures")
    factors = painter.draw_factors(torch.arange(start, start + count), seed)
    return ImageSet(
        images=_paint(painter, factors, size, count, what),
        name=name,
        attributes=painter.attributes(factors) if hasattr(painter, "attributes") else None,
        attribute_names=getattr(painter, "ATTRIBUTE_NAMES", ()),
        factors=factors,
        labels=painter.labels(factors) if hasattr(painter, "labels") else None,
        class_names=getattr(painter, "CLASS_NAMES", ()),
    )


def _bytes_of_one(painter: ModuleType, size: int) -> int:
    """What one picture and its factors take."""
    factors = painter.draw_factors(torch.arange(1), 0)
    return sum(part.nbytes for part in (painter.render(factors, size), *factors.values()))


def _paint(painter: ModuleType, factors: dict, size: int, count: int, what: str) -> torch.Tensor:
    """Render in chunks, with a progress bar when it takes more than a moment."""
    starts = range(0, count, _CHUNK)
    chunks = progress(starts, wanted=count >= _BAR_FROM, desc=f"Drawing {what}", unit=f"x{_CHUNK}")
    return torch.cat(
        [painter.render({k: v[i : i + _CHUNK] for k, v in factors.items()}, size) for i in chunks]
    )


def _read(name: str | os.PathLike, size: int | None, split: str) -> ImageSet:
    # Only here: drawn sets need neither Pillow nor torchvision.
    from vaelab.data import celeba, ffhq, handwritten, sources

    if name in STORED:
        homes = {"celeba": celeba, "ffhq": ffhq, "handwritten": handwritten}
        read = getattr(homes.get(os.fspath(name), sources), os.fspath(name))
        return read(split) if size is None else read(split, size)
    if not isinstance(name, str | os.PathLike) or not os.fspath(name):
        raise DataError(f"name is that of a data set, or the path of a folder or archive; not {name!r}.")
    if not _is_path(name):
        raise UnknownNameError("data set (nor a folder)", os.fspath(name), (*DRAWN, *STORED, CLOTHES))
    path = Path(name).expanduser()
    size = 64 if size is None else size
    if celeba.is_here(path):
        return celeba.celeba(split, size, path)
    if ffhq.is_here(path):
        return ffhq.ffhq(split, size, path)
    return sources.folder(path, split, size)


def _pick(found: ImageSet, n: int | None, seed: int, split: str) -> ImageSet:
    """All, as they lie (a large set is a file, and stays there), or n at random."""
    if n is None:
        return found
    if n > len(found):
        raise DataError(
            f"n={n} pictures were asked for, but {found.name!r} ({split}) has {len(found)}. Give a smaller n."
        )
    return found[torch.randperm(len(found), generator=torch.Generator().manual_seed(seed))[:n]]


def _is_path(name: str | os.PathLike) -> bool:
    """A Path, an existing folder, or a string that is written like a path."""
    return not isinstance(name, str) or any(mark in name for mark in ("/", "\\", "~")) or Path(name).exists()
