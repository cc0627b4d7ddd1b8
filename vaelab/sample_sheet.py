"""A sheet of new pictures, drawn a part at a time: as many as fit on it need little memory."""

import math

import torch
from PIL import Image
from torchvision.utils import make_grid

from vaelab import priors
from vaelab.data.arguments import whole_number
from vaelab.errors import DataError, ModelError
from vaelab.models import VAE

_PART = 1_000  # pictures that are drawn at a time
_GAP = 2  # pixels between two
_LONGEST = 16_383  # pixels of a side: a WebP file holds no more, and few programs show more


def sample_sheet(
    model: VAE, n: int, seed: int | None = None, prior: priors.Prior | None = None, noise: bool = False
) -> Image.Image:
    """`n` new pictures side by side, as `model.sample` draws them.

    Raises:
        DataError: more than a sheet can hold.
        ModelError: a model that diverged.
    """
    n = whole_number("n, the number of samples,", n)
    height, width = (side + _GAP for side in model.image_shape[1:])
    most = ((_LONGEST - _GAP) // width) * ((_LONGEST - _GAP) // height)
    if n > most:
        raise DataError(
            f"n={n:,} pictures of this size are more than a sheet of {_LONGEST:,} pixels holds, {most:,}. "
            "Give a smaller n, and draw several sheets, each with another seed."
        )
    draws = priors.generator(seed)
    sizes = [min(_PART, n - start) for start in range(0, n, _PART)]
    parts = [_bytes(model.sample(size, draws, prior, noise)) for size in sizes]
    sheet = make_grid(torch.cat(parts), nrow=max(1, round(math.sqrt(n))), padding=_GAP)
    return Image.fromarray(sheet.permute(1, 2, 0).numpy())


def _bytes(images: torch.Tensor) -> torch.Tensor:
    if not torch.isfinite(images).all():  # as bytes they would be black, like a picture
        raise ModelError(
            "This model draws pixels that are no numbers: its training diverged. Train it again, with a "
            "smaller step size."
        )
    return (images.mul(255) + 0.5).clamp(0, 255).to(torch.uint8).cpu()
