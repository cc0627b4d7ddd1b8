"""Real handwriting: the 1,797 small digits that come with scikit-learn, so that nothing is downloaded.

Source: Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository,
1998.
"""

import numpy as np
import torch

from vaelab.data.arguments import check_split, is_whole
from vaelab.data.imageset import ImageSet
from vaelab.data.randomness import uniforms
from vaelab.data.sources import resize
from vaelab.data.splits import SPLITS
from vaelab.errors import DataError

COUNT = 1_797
SMALLEST = 8  # pixels wide, as they come
_WHITE = 16  # the brightest grey, as they come
_SPLITS = {"train": slice(1_437), "validation": slice(1_437, 1_617), "test": slice(1_617, None)}


def handwritten(split: str = "train", size: int = 28) -> ImageSet:
    """Digits that 13 people wrote, grey, 8x8 pixels with 17 shades; ten classes.

    Larger sizes are interpolated (bilinear), which keeps the strokes smooth and the mean brightness. The
    splits are one fixed shuffle, cut in three.

    Args:
        split: "train" (1,437), "validation" (180) or "test" (180).
        size: height and width in pixels, at least 8; at 8 the pixels are scikit-learn's, 16 made 255.

    Raises:
        UnknownNameError: no such split.
        DataError: a size below 8, or no whole number.
    """
    from sklearn.datasets import load_digits  # takes a second to import, so only when it is needed

    check_split("'handwritten'", split, SPLITS)
    if not is_whole(size) or size < SMALLEST:
        raise DataError(
            f"Handwritten digits come at 8x8 pixels and can be enlarged: size is a whole number of at least "
            f"{SMALLEST}, not {size!r}."
        )
    digits = load_digits()
    images = torch.from_numpy((digits.images * 255 / _WHITE).round().astype(np.uint8))[:, None]
    rows = uniforms(0, np.arange(COUNT), 1)[:, 0].argsort()[_SPLITS[split]]
    return ImageSet(
        images=resize(images[rows], size),
        name="handwritten",
        labels=torch.from_numpy(digits.target[rows]).long(),
        class_names=tuple("0123456789"),
    )
