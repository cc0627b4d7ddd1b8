"""The pictures that a lab learns from, packed for a page; `frontend/src/lab/sets.js` unpacks them."""

import functools
import zlib

import torch

from vaelab.data import digits, load
from vaelab.explorers.page_file import PageFile
from vaelab.explorers.pictures import webp

FORMAT = 1
HELD = 500  # pictures that are never learned from, the first ones
_FACES = 2_000  # to learn from
_SIDE = 32
_COLUMNS = 50


@functools.cache
def pack(name: str) -> PageFile:
    """The set as a file for a page: "handwritten", "digits" or "faces"."""
    meta, data = _SETS[name]()
    return PageFile.of(f"lab-{name}", FORMAT, meta, data)


def _handwritten() -> tuple[dict, bytes]:
    """scikit-learn's 1,797 handwritten digits as they come, 8x8 and grey 0 to 16; the page enlarges them."""
    parts = [load("handwritten", split=split, size=8) for split in ("test", "validation", "train")]
    pixels = torch.cat([part.images for part in parts]).flatten(1)
    labels = torch.cat([part.labels for part in parts])
    greys = (pixels.float() * 16 / 255).round().byte().numpy()
    packer = zlib.compressobj(9, wbits=-15)  # what a browser calls "deflate-raw"
    data = packer.compress(greys.tobytes() + labels.byte().numpy().tobytes()) + packer.flush()
    return {"kind": "small", "count": len(labels), "held": HELD, "names": list(digits.CLASS_NAMES)}, data


def _digits() -> tuple[dict, bytes]:
    """What a page draws digits from: the most frequent skeleton of each, and the factors' ranges."""
    ranges = {
        name: [factor.low, factor.high, _kind(name)]
        for name, factor in digits.FACTORS.items()
        if name not in ("label", "variant")
    }
    skeletons = digits.skeletons()[:, 0].flatten(1)  # segment after segment: x, y of both ends
    data = (1e4 * skeletons).round().numpy().astype("<i2").tobytes()
    return {"kind": "digits", "held": HELD, "names": list(digits.CLASS_NAMES), "ranges": ranges}, data


def _kind(name: str) -> str:
    if name in digits.UNIFORM:
        return "flat"
    return "log" if name in digits.LOG_NORMAL else "bell"


def _faces() -> tuple[dict, bytes]:
    """Portraits of 32x32 in colour on one sheet, those with glasses and hats marked."""
    parts = [load("portraits", size=_SIDE, n=n, split=s) for n, s in ((HELD, "test"), (_FACES, "train"))]
    images = torch.cat([part.images for part in parts])
    worn = [parts[0].attribute_names.index(name) for name in ("Eyeglasses", "Wearing_Hat")]
    wears = torch.cat([part.attributes for part in parts])[:, worn].long()
    rows = images.unflatten(0, (-1, _COLUMNS)).permute(2, 0, 3, 1, 4)  # (3, row, H, column, W)
    sheet = rows.reshape(3, -1, _COLUMNS * _SIDE).float() / 255
    names = ["neither", "glasses", "a hat", "both"]
    meta = {"kind": "sheet", "count": len(images), "held": HELD, "names": names, "side": _SIDE}
    meta |= {"columns": _COLUMNS, "labels": (wears @ torch.tensor([1, 2])).tolist()}
    return meta, webp(sheet, quality=80)


_SETS = {"handwritten": _handwritten, "digits": _digits, "faces": _faces}
NAMES = tuple(_SETS)
