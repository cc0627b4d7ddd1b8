"""FFHQ: 70,000 photographs of faces from Flickr, as its authors' thumbnails of 128x128 pixels.

Source: Karras, Laine and Aila, "A style-based generator architecture for GANs", CVPR 2019.
"""

import re
from pathlib import Path, PurePosixPath

from vaelab.data import packing, places
from vaelab.data.arguments import check_size, check_split
from vaelab.data.containers import Container, open_container
from vaelab.data.imageset import ImageSet
from vaelab.data.sources import warn_of_missing, warn_of_skipped
from vaelab.errors import DataError, MissingDataError

COUNT = 70_000
_NAMES = ("ffhq", "thumbnails128x128", "ffhqthumbnails128x128", "ffhq128")
_SPLITS = {
    "train": range(60_000),
    "validation": range(60_000, 65_000),
    "test": range(65_000, 70_000),
    "all": range(70_000),
}


def ffhq(split: str = "train", size: int = 64, place: Path | None = None) -> ImageSet:
    """FFHQ's thumbnails from `$VAELAB_DATA`: 00000.png to 69999.png, in one folder or many, packed or not.

    The authors keep the first 60,000 for training and the last 10,000 for validation. Here the first half of
    those is "validation" and the second half "test".

    Args:
        split: "train", "validation", "test" or "all".
        size: height and width in pixels.
        place: a folder, a zip or a tar archive; None looks for it as above.

    Raises:
        MissingDataError: not on this machine; the message says how to get it.
        DataError: a folder or archive without FFHQ's pictures.
    """
    check_split("'ffhq'", split)
    size = check_size(size)
    path = place or find()
    if path is None:
        raise MissingDataError(f"FFHQ is not on this machine. {ways_to_get()}")
    container = open_container(path)
    found = _numbered(container)
    if not found:
        raise DataError(f"{path} has none of FFHQ's pictures, 00000.png to 69999.png. {ways_to_get()}")
    warn_of_missing(path, "FFHQ", len(found), COUNT)
    numbers, wanted = sorted(found), _SPLITS[split]
    packed = packing.pack(container, [found[number] for number in numbers], packing.Form(size), "ffhq")
    skipped = tuple((file, why) for file, why, _ in packed.skipped)
    warn_of_skipped(container, skipped)
    rows = packing.stretch([numbers[i] for i in packed.files], wanted.start, wanted.stop)
    if rows.start == rows.stop:
        raise DataError(f"{path} has no picture of split {split!r} ({wanted}). {ways_to_get()}")
    return ImageSet(packed.images[rows], name="ffhq", skipped=skipped)


def find() -> Path | None:
    """Where FFHQ lies on this machine: a folder or an archive, known by its name."""
    return next(iter(places.entries_named(_NAMES, places.own_dir())), None)


def is_here(path: Path) -> bool:
    """Whether a path bears FFHQ's name."""
    return path.exists() and places.plain_name(path) in _NAMES


def ways_to_get() -> str:
    """How to bring FFHQ to this machine."""
    return """To get it, follow the links on github.com/NVlabs/ffhq-dataset to the
  folder thumbnails128x128 (2 GB), or take a zip of it from a mirror. Put it, packed or not, into a folder,
  and set the environment variable VAELAB_DATA to that folder; or give its path in place of the name:
  load("pictures/thumbnails128x128")."""


def _numbered(container: Container) -> dict[int, str]:
    """Number -> file, of the pictures with five digits for a name."""
    files = map(PurePosixPath, container.pictures()[0])
    return {int(file.stem): str(file) for file in files if re.fullmatch(r"[0-6]\d{4}", file.stem)}
