"""Real handwriting: scikit-learn's digits, number for number, in three splits that share none."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

import vaelab
from vaelab.data.splits import SPLITS
from vaelab.errors import DataError, UnknownNameError


@pytest.fixture(scope="module")
def original():
    """scikit-learn's digits: bytes of shape (1797, 64), and labels."""
    digits = load_digits()
    return np.rint(digits.images / 16 * 255).astype(np.uint8).reshape(-1, 64), digits.target


def rows(images, labels):
    """Each picture with its label as a tuple, in an order of their own."""
    return sorted((*pixels, label) for pixels, label in zip(images.tolist(), labels.tolist(), strict=True))


def test_the_splits_together_are_all_pictures_with_their_labels(original):
    splits = [vaelab.load("handwritten", size=8, split=split) for split in SPLITS]
    assert [len(images) for images in splits] == [1_437, 180, 180]
    found = torch.cat([images.images for images in splits]).flatten(1)
    assert rows(found, torch.cat([images.labels for images in splits])) == rows(*original)


def test_the_splits_are_shuffled(original):
    """As they come, whole runs of pictures are one person's."""
    train = vaelab.load("handwritten", size=8)
    assert (train.labels[:500].numpy() != original[1][:500]).any()
    test = vaelab.load("handwritten", size=8, split="test")
    assert test.labels.bincount(minlength=10).min() >= 10


@pytest.mark.parametrize("size", [12, 28, 65])
def test_enlarging_keeps_the_mean_brightness(size):
    small, large = (vaelab.load("handwritten", size=s, split="test") for s in (8, size))
    assert large.images.shape == (180, 1, size, size)
    means = [images.images.float().mean((1, 2, 3)) for images in (small, large)]
    assert (means[0] - means[1]).abs().max() < 0.2  # of 255


def test_enlarged_strokes_are_smooth():
    """Neighbours differ by little: no blocks of equal pixels with steps between them."""
    large = vaelab.load("handwritten", size=64, split="test").images.float()
    assert (large[..., 1:] - large[..., :-1]).abs().max() <= 255 / 8 + 1


def test_what_is_taken_when_nothing_is_said():
    images = vaelab.load("handwritten")
    assert images.images.shape == (1_437, 1, 28, 28) and images.class_names == tuple("0123456789")
    assert len(vaelab.load("handwritten", n=100)) == 100


@pytest.mark.parametrize("size", [7, 0, 8.5, "28"])
def test_a_size_below_8_is_refused(size):
    with pytest.raises(DataError, match="at least 8"):
        vaelab.load("handwritten", size=size)


def test_an_unknown_split_is_named():
    with pytest.raises(UnknownNameError, match="test"):
        vaelab.load("handwritten", split="tset")
