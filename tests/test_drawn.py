"""What digits and cylinders have in common: bytes that depend on the factors alone, at any size, anywhere."""

import pytest
import torch

import vaelab
from vaelab.data import cylinders, digits
from vaelab.errors import DataError

SIZES = [(digits, 28), (digits, 45), (digits, 64), (cylinders, 32), (cylinders, 64), (cylinders, 101)]


def rows(factors, index):
    return {name: values[index] for name, values in factors.items()}


@pytest.mark.parametrize(("painter", "size"), SIZES)
def test_bytes_do_not_depend_on_the_batch(painter, size):
    factors = painter.draw_factors(torch.arange(40), 0)
    images = painter.render(factors, size)
    channels = 1 if painter is digits else 3
    assert images.shape == (40, channels, size, size) and images.dtype == torch.uint8
    for length in (1, 3, 17):
        pieces = [painter.render(rows(factors, slice(i, i + length)), size) for i in range(0, 40, length)]
        assert torch.equal(images, torch.cat(pieces))
    order = torch.randperm(40)
    assert torch.equal(images[order], painter.render(rows(factors, order), size))


@pytest.mark.parametrize("painter", [digits, cylinders])
def test_the_readers_device_draws_the_same_to_one_grey_level(painter):
    factors = painter.draw_factors(torch.arange(100), 0)
    images = painter.render(factors, painter.DEFAULT_SIZE)
    on_device = painter.render(factors, painter.DEFAULT_SIZE, vaelab.device()).cpu()
    assert (on_device.int() - images.int()).abs().max() <= 1


@pytest.mark.parametrize(
    ("painter", "words", "wrong"), [(digits, "28 to 64", (27, 65, 0)), (cylinders, "32 to 256", (31, 257, 0))]
)
def test_size_out_of_range_says_what_is_possible(painter, words, wrong):
    factors = painter.draw_factors(torch.arange(1), 0)
    for size in wrong:
        with pytest.raises(DataError, match=f"{words} pixels.* not {size}"):
            painter.render(factors, size)
