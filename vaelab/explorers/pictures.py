"""Pictures inside HTML: data URIs, which need no file beside the page."""

import base64
import html
import io

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional


def data_uri(image: Tensor, *, lossless: bool = True) -> str:
    """A picture as a WebP data URI.

    Args:
        image: floats in [0, 1], shape (C, H, W), one channel or three.
        lossless: False for a file several times smaller that is not exact.
    """
    return "data:image/webp;base64," + base64.b64encode(webp(image, lossless=lossless)).decode("ascii")


def webp(image: Tensor, *, lossless: bool = False, quality: int = 85) -> bytes:
    """A picture, floats in [0, 1] of shape (C, H, W), as a WebP file."""
    pixels = (255 * image.detach().cpu()).round().clamp(0, 255).byte()
    pixels = pixels.expand(3, -1, -1).permute(1, 2, 0).contiguous().numpy()
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "WEBP", lossless=lossless, quality=quality, method=6)
    return buffer.getvalue()


def img(image: Tensor, alt: str, *, width: int = 224, lossless: bool = True) -> str:
    """An `<img>` of a picture (C, H, W) in [0, 1], `width` CSS pixels wide, less where there is no room.

    `lossless=False` makes it several times smaller and not exact.

    Raises:
        ValueError: no alt text.
    """
    if not alt.strip():
        raise ValueError("A picture needs alt text: say in a sentence what it shows.")
    return (
        f'<img class="vae-still" src="{data_uri(image, lossless=lossless)}" alt="{html.escape(alt)}" '
        f'style="width:{width}px;max-width:100%">'
    )


def shrunk(images: Tensor, most: float) -> Tensor:
    """Pictures (N, C, H, W) whose longer side is at most so many pixels; smaller ones as they are."""
    factor = most / max(images.shape[2:])
    if factor >= 1:
        return images
    size = [max(1, round(factor * side)) for side in images.shape[2:]]
    return functional.interpolate(images, size, mode="bilinear", antialias=True)


def row(images: Tensor, gap: int = 2) -> Tensor:
    """Pictures (N, C, H, W) side by side with a white gap between: one picture, (C, H, W')."""
    white = images.new_ones(*images.shape[1:3], gap)
    parts = [part for image in images for part in (white, image)]
    return torch.cat(parts[1:], dim=2)
