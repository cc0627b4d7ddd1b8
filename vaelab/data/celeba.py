"""CelebA: 202,599 photographs of celebrities' faces, 40 yes-or-no attributes (Liu, Luo, Wang and Tang,
"Deep learning face attributes in the wild", ICCV 2015).

The pictures are the aligned ones, 178x218 pixels. They are cut to the central 148x148, as PyTorch-VAE and
many others do: the face fills the frame, and little of the background is left to learn.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import torch

from vaelab.data import celeba_download, packing, places
from vaelab.data.arguments import check_size, check_split
from vaelab.data.containers import Container, Folder, open_container
from vaelab.data.imageset import ImageSet
from vaelab.data.sources import warn_of_missing, warn_of_skipped
from vaelab.data.splits import SPLITS
from vaelab.errors import DataError

COUNT = 202_599
CROP = 148
ATTRIBUTE_NAMES = (
    "5_o_Clock_Shadow", "Arched_Eyebrows", "Attractive", "Bags_Under_Eyes", "Bald", "Bangs", "Big_Lips",
    "Big_Nose", "Black_Hair", "Blond_Hair", "Blurry", "Brown_Hair", "Bushy_Eyebrows", "Chubby",
    "Double_Chin", "Eyeglasses", "Goatee", "Gray_Hair", "Heavy_Makeup", "High_Cheekbones", "Male",
    "Mouth_Slightly_Open", "Mustache", "Narrow_Eyes", "No_Beard", "Oval_Face", "Pale_Skin", "Pointy_Nose",
    "Receding_Hairline", "Rosy_Cheeks", "Sideburns", "Smiling", "Straight_Hair", "Wavy_Hair",
    "Wearing_Earrings", "Wearing_Hat", "Wearing_Lipstick", "Wearing_Necklace", "Wearing_Necktie", "Young",
)  # fmt: skip
"""In the files' order and spelling."""

_NAMES = ("celeba", "celebadataset", "imgalignceleba")
_FETCH_AGAIN = "Delete it and fetch it again."


def celeba(split: str = "train", size: int = 64, place: Path | None = None) -> ImageSet:
    """CelebA in its official split: 162,770 pictures to train, 19,867 to validate, 19,962 to test.

    It is looked for in `$VAELAB_DATA`, in Kaggle's folders and in the cache; else it is downloaded, from
    Kaggle if `kagglehub` is installed, or else from the authors' Google Drive. 1.4 GB come; the packed array
    takes 2.5 GB more at 64 pixels (see `vaelab.data.packing`). For non-commercial research only.

    Args:
        split: "train", "validation", "test" or "all", in the pictures' order.
        size: height and width in pixels.
        place: a folder or zip, as Kaggle, torchvision or the authors lay it out; None looks for it as above.

    Raises:
        MissingDataError: neither here nor to be downloaded; the message says why, and how to get it.
        DataError: files that are not CelebA's, or damaged.
    """
    check_split("'celeba'", split)
    size = check_size(size)
    path = place or find() or celeba_download.download()
    container = open_container(path)
    split_of = _splits(container)
    attributes = _attributes(container, split_of)
    container, pictures = _pictures(container, len(split_of))
    faces = sorted((face for face in split_of if face in pictures), key=lambda face: (split_of[face], face))
    if not faces:
        raise DataError(f"{path} has CelebA's lists, but not its pictures. {celeba_download.ways_to_get()}")
    warn_of_missing(path, "CelebA", len(faces), COUNT)
    files, form = [pictures[face] for face in faces], packing.Form(size, crop=CROP)
    packed = packing.pack(container, files, form, "celeba")
    skipped = tuple((file, why) for file, why, _ in packed.skipped)
    warn_of_skipped(container, skipped)
    first, last = (0, len(SPLITS)) if split == "all" else (SPLITS.index(split), SPLITS.index(split) + 1)
    rows = packing.stretch([split_of[faces[i]] for i in packed.files], first, last)
    if rows.start == rows.stop:
        raise DataError(f"{path} has no picture of split {split!r}. {_FETCH_AGAIN}")
    known = b"".join(attributes[faces[i]] for i in packed.files[rows])
    return ImageSet(
        images=packed.images[rows],
        name="celeba",
        attributes=torch.frombuffer(bytearray(known), dtype=torch.bool).view(-1, len(ATTRIBUTE_NAMES)),
        attribute_names=ATTRIBUTE_NAMES,
        skipped=skipped,
    )


def find() -> Path | None:
    """Where CelebA lies on this machine: a folder or an archive. Nothing is downloaded."""
    known = places.entries_named(_NAMES, places.own_dir()) + celeba_download.here()
    return next(filter(is_here, known), None)


def is_here(path: Path) -> bool:
    """Whether a folder or zip holds CelebA's list of splits, the sign by which it is known."""
    try:
        return path.exists() and bool(open_container(path).find("list_eval_partition.*"))
    except DataError:
        return False


# The lists and the pictures


def _table(container: Container, stem: str, known: str) -> Iterator[list[str]]:
    """The words of each line of a list: Kaggle's have commas between them, the authors' blanks."""
    found = [name for name in container.find(f"{stem}.*") if name.endswith((".csv", ".txt"))]
    if not found:
        raise DataError(f"{container.path} has no {stem}.csv (or .txt), the list with {known}.")
    text = container.read(found[0]).decode(errors="replace")
    return (line.replace(",", " ").split() for line in text.splitlines())


def _stem(name: str) -> str:
    return name.rpartition("/")[2].partition(".")[0]


def _splits(container: Container) -> dict[str, int]:
    """Face -> the number of its split. A face is called by its file's name without ending."""
    lines = _table(container, "list_eval_partition", "the splits")
    splits = {_stem(line[0]): int(line[1]) for line in lines if len(line) == 2 and line[1] in ("0", "1", "2")}
    if not splits:
        raise DataError(f"list_eval_partition in {container.path} is not CelebA's. {_FETCH_AGAIN}")
    return splits


def _attributes(container: Container, faces: Iterable[str]) -> dict[str, bytes]:
    """Face -> a byte an attribute, 1 or 0."""
    lines = _table(container, "list_attr_celeba", "the attributes")
    count = len(ATTRIBUTE_NAMES)
    if not any(tuple(line[-count:]) == ATTRIBUTE_NAMES for line in islice(lines, 2)):
        raise DataError(f"list_attr_celeba in {container.path} is not CelebA's: other names. {_FETCH_AGAIN}")
    whole = (line for line in lines if len(line) == 1 + count)
    attributes = {_stem(line[0]): bytes(word == "1" for word in line[1:]) for line in whole}
    if missing := sum(face not in attributes for face in faces):
        raise DataError(f"list_attr_celeba in {container.path} lacks {missing:,} pictures. {_FETCH_AGAIN}")
    return attributes


def _pictures(container: Container, wanted: int) -> tuple[Container, dict[str, str]]:
    """Where the pictures are, and face -> file. They may lie in a zip beside the lists."""
    found = _faces(container)
    for name in container.find("img_align_celeba.zip") if len(found) < wanted else ():
        if not isinstance(container, Folder):
            raise DataError(f"{container.path} holds another archive, {name}. Unpack the outer one.")
        inner = open_container(container.path / name)
        if len(faces := _faces(inner)) > len(found):
            container, found = inner, faces
    return container, found


def _faces(container: Container) -> dict[str, str]:
    """Face -> file: those with six digits for a name. CelebA's other editions have the same names."""
    found = {}
    for file in container.pictures()[0]:
        folder = file.rpartition("/")[0].rpartition("/")[2].lower()
        if re.fullmatch(r"\d{6}", _stem(file)) and folder != "img_celeba" and "mask" not in folder:
            found[_stem(file)] = file
    return found
