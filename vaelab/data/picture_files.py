"""Picture files of any kind: find them in a tree of folders, make each a small square of bytes."""

import io
import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from PIL.TiffImagePlugin import PHOTOMETRIC_INTERPRETATION, TiffImageFile

# Named one by one, for Pillow has more: one of its readers starts a PostScript interpreter.
_FORMATS = ("JPEG", "PNG", "GIF", "BMP", "DIB", "WEBP", "TIFF", "PPM", "AVIF", "JPEG2000", "HEIF")
MAX_PIXELS = 100_000_000
_MAX_BYTES = 3 * MAX_PIXELS  # what that many take unpacked, which no file exceeds by much


class UnreadablePictureError(Exception):
    """One file that does not become a picture. The text is the reason."""


@cache
def formats() -> tuple[str, ...]:
    """The formats read here. HEIF is one of them where a plug-in for Pillow is loaded."""
    Image.init()
    return tuple(name for name in _FORMATS if name in Image.OPEN)


@cache
def suffixes() -> frozenset[str]:
    """File name endings of pictures. HEIC counts even where it cannot be read, so that it is reported."""
    known = {suffix for suffix, name in Image.registered_extensions().items() if name in formats()}
    return frozenset(known | {".heic", ".heif"})


def is_picture(name: str) -> bool:
    """Whether a path's ending is a picture's, and no part of it is hidden."""
    ending = os.path.splitext(name)[1].lower()
    return ending in suffixes() and "/." not in f"/{name}" and "__MACOSX/" not in name


def list_pictures(root: Path) -> tuple[list[str], list[tuple[str, str]]]:
    """All files below `root` with a picture's suffix, sorted by their path relative to it.

    Hidden files and folders (a leading dot) are passed over. A link to a folder outside `root` is followed,
    one to a folder inside is not: its pictures are found where they lie, and loops end.

    Returns:
        The paths relative to `root`, with slashes, and (folder, reason) for each folder that was closed.
    """
    unreadable: list[tuple[str, str]] = []

    def note(error: OSError):
        folder = Path(error.filename).relative_to(root)
        unreadable.append((folder.as_posix(), f"cannot be entered: {error.strerror}"))

    pictures = []
    for folder, names in _walk(root, note):
        inside = folder.relative_to(root).as_posix()
        within = "" if inside == "." else f"{inside}/"
        pictures += [within + name for name in names if is_picture(name)]
    return sorted(pictures), unreadable


def _walk(root: Path, onerror: Callable[[OSError], None]) -> Iterator[tuple[Path, list[str]]]:
    """Every visible folder once, however links lead to it."""
    inside, seen = root.resolve(), set()
    for folder, subfolders, names in os.walk(root, onerror=onerror, followlinks=True):
        real = Path(folder).resolve()
        if real in seen:
            subfolders.clear()
            continue
        seen.add(real)
        subfolders[:] = sorted(name for name in subfolders if _to_enter(Path(folder, name), inside))
        yield Path(folder), names


def _to_enter(folder: Path, inside: Path) -> bool:
    leads_back = folder.is_symlink() and folder.resolve().is_relative_to(inside)
    return not folder.name.startswith(".") and not leads_back


def mark_of(status: os.stat_result) -> tuple[int, int, int]:
    """What is another once a file's content is: its size, when it was written, and when it was put there.

    Bitmaps of one shape are of one size, and archives may give all their files one date. What the system
    notes of a file's last change (on Windows: of its making) nobody sets back.
    """
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def check_bytes(size: int) -> None:
    """Raise UnreadablePictureError for a file that would take too much memory, unpacked if it is packed."""
    if size > _MAX_BYTES:
        raise UnreadablePictureError(
            f"{size / 1e6:,.0f} MB, where pictures of {_MAX_BYTES / 1e6:,.0f} MB are read"
        )


def read_bytes(path: Path) -> bytes:
    """A file's content. Raises UnreadablePictureError with the reason."""
    if path.is_symlink() and not path.exists():
        raise UnreadablePictureError("a link to a file that is not there")
    if not path.is_file():  # opening a named pipe would wait for ever
        raise UnreadablePictureError("not a regular file")
    try:
        check_bytes(path.stat().st_size)
        data = path.read_bytes()
    except OSError as error:
        raise UnreadablePictureError(f"cannot be opened: {error.strerror}") from error
    if not data:
        raise UnreadablePictureError("empty file (0 bytes)")
    return data


def decode(data: bytes, size: int, channels: int = 3, crop: int | None = None) -> np.ndarray:
    """Turn a picture file's content into a square of bytes.

    The picture is turned upright as its EXIF tag says, cut to its central square and resized with an
    antialiased bilinear filter (smaller ones are enlarged). Transparent parts become white. Of an animation
    the first frame counts. 16 bits a channel are scaled to 8, not cut off.

    Args:
        data: the file's content.
        size: height and width of the result, in pixels.
        channels: 3 for red, green, blue; 1 for grey.
        crop: side of the central square in the file's own pixels; None takes the largest there is.

    Returns:
        uint8 array of shape (channels, size, size).

    Raises:
        UnreadablePictureError: with the reason.
    """
    try:
        with Image.open(io.BytesIO(data), formats=formats()) as image:
            if image.width * image.height > MAX_PIXELS:
                raise UnreadablePictureError(f"{image.width}x{image.height}: more than {MAX_PIXELS:,} pixels")
            if crop is None:
                # JPEG decodes faster at a half, quarter or eighth; with four times the size it does not show.
                image.draft(None, (4 * size, 4 * size))
            image.load()
            tones = _tones(image)
            picture = _eight_bit(_central_square(_upright(image), crop), *tones)
    except UnreadablePictureError:
        raise
    except Image.DecompressionBombError:
        raise UnreadablePictureError(f"more than {MAX_PIXELS:,} pixels") from None
    except Image.UnidentifiedImageError:
        raise UnreadablePictureError(_what_instead(data)) from None
    except Exception as error:  # a broken file makes decoders raise nearly anything
        raise UnreadablePictureError(f"broken: {error or type(error).__name__}") from error
    picture = picture.convert("RGB" if channels == 3 else "L").resize((size, size), Image.Resampling.BILINEAR)
    return np.asarray(picture).reshape(size, size, channels).transpose(2, 0, 1)


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # a broken EXIF block is no reason to lose the picture
        return image


def _central_square(image: Image.Image, crop: int | None) -> Image.Image:
    side = min(*image.size, crop or MAX_PIXELS)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return image.crop((left, top, left + side, top + side))


def _is_deep(image: Image.Image) -> bool:
    """Grey of more than 8 bits; Pillow reads deep colour as 8 bits by itself."""
    return image.mode.startswith("I") or image.mode == "F"


def _tones(image: Image.Image) -> tuple[float, float]:
    """The values that stand for black and white."""
    if not _is_deep(image):
        return 0.0, 255.0
    if image.mode == "F":
        return 0.0, 1.0
    if image.mode == "I" and image.format != "PPM":  # only of PPM does Pillow make 0 to 65535 in this mode
        raise UnreadablePictureError("signed or 32-bit integers: what is white? Save it with 8 or 16 bits")
    white_is_zero = isinstance(image, TiffImageFile) and image.tag_v2.get(PHOTOMETRIC_INTERPRETATION) == 0
    return (65535.0, 0.0) if white_is_zero else (0.0, 65535.0)


def _eight_bit(image: Image.Image, black: float, white: float) -> Image.Image:
    """8 bits a channel and no transparency, from any mode Pillow reads."""
    if not _is_deep(image):
        return _opaque(image)
    values = np.asarray(image)
    low, high = sorted((black, white))
    if not (values.min() >= low and values.max() <= high):  # put so that nan fails too
        raise UnreadablePictureError(f"values outside {low:g} to {high:g}; save it with 8 or 16 bits")
    return Image.fromarray(np.rint((values - black) * (255.0 / (white - black))).astype(np.uint8))


def _opaque(image: Image.Image) -> Image.Image:
    """Grey or colour on white."""
    if image.has_transparency_data:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image if image.mode in ("L", "RGB") else image.convert("RGB")


def _what_instead(data: bytes) -> str:
    if data[4:8] == b"ftyp" and data[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"hevc"):
        return "a HEIC photo, which Pillow cannot read: convert it to JPEG"
    if data.lstrip()[:1] == b"<":
        return "not a picture but a web page"
    if b"\0" not in data[:1000] and data[:1000].isascii():
        return "not a picture but a text file"
    return "not a picture"
