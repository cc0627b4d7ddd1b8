"""What a pixel may be."""

from torch import Tensor

from vaelab.errors import PixelRangeError


def check_unit_range(x: Tensor) -> None:
    """Raise PixelRangeError where pixels lie outside [0, 1]."""
    if x.numel() and not (x.amin() >= 0 and x.amax() <= 1):  # written so that NaN fails too
        raise PixelRangeError(
            f"Pixel values must lie in [0, 1]; these run from {x.amin():.3g} to {x.amax():.3g}. "
            "Bytes become [0, 1] by dividing by 255 (ImageSet does it for you); [-1, 1] by (x + 1) / 2."
        )
