"""What digits and cylinders have in common: bytes that depend on the factors alone, at any size, anywhere."""

import pytest
import torch
from torch.nn import functional as F

import vaelab
from vaelab.data import cylinders, digits, portraits, wardrobe
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


@pytest.mark.parametrize("painter", [cylinders, digits, portraits, wardrobe])
def test_a_missing_factor_is_named(painter):
    *rest, last = painter.FACTORS
    factors = painter.draw_factors(torch.arange(2), 0)
    with pytest.raises(DataError, match=f"missing: {last}. Start from draw_factors"):
        painter.render({name: factors[name] for name in rest})


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


# What drawn sets look like: mean grey level of each of 12 pictures, and of the 4x4 fields of their average.
LOOKS = {
    "portraits": (
        [103.46, 101.05, 118.19, 160.05, 143.13, 102.95, 132.78, 121.48, 120.38, 132.63, 100.06, 94.69],
        [
            142.94,
            129.38,
            131.94,
            145.54,
            126.89,
            108.53,
            109.05,
            131.3,
            117.98,
            106.6,
            106.71,
            119.23,
            119.97,
            94.82,
            93.92,
            123.04,
        ],
    ),
    "digits": (
        [43.03, 19.96, 45.71, 39.18, 34.84, 31.01, 27.86, 59.27, 24.8, 32.75, 31.26, 39.67],
        [
            0.0,
            23.59,
            52.34,
            8.5,
            0.05,
            99.24,
            92.82,
            2.38,
            13.08,
            78.02,
            97.84,
            3.46,
            5.71,
            54.37,
            41.06,
            0.0,
        ],
    ),
    "cylinders": (
        [196.09, 193.53, 193.62, 192.35, 197.75, 197.04, 190.71, 197.53, 193.87, 201.34, 207.29, 197.38],
        [
            208.64,
            209.34,
            206.48,
            197.7,
            218.71,
            183.76,
            185.45,
            208.49,
            219.92,
            161.11,
            142.8,
            187.42,
            216.53,
            197.61,
            193.98,
            206.75,
        ],
    ),
}


@pytest.mark.parametrize("name", LOOKS)
def test_a_drawn_picture_looks_the_same_for_good(name):
    """Figures, trained weights and right answers rest on it. Another processor may round up a level."""
    images = vaelab.load(name, n=12, seed=11).images.float()
    each, fields = LOOKS[name]
    assert images.mean((1, 2, 3)).tolist() == pytest.approx(each, abs=0.03)
    average = F.adaptive_avg_pool2d(images.mean((0, 1), keepdim=True), 4)
    assert average.flatten().tolist() == pytest.approx(fields, abs=0.03)


def test_what_is_known_of_drawn_pictures_comes_with_them():
    faces, numbers = vaelab.load("portraits", n=30), vaelab.load("digits", n=30)
    assert faces.attribute_names == portraits.ATTRIBUTE_NAMES and faces.name == "portraits"
    assert torch.equal(faces.attributes, portraits.attributes(faces.factors)) and faces.labels is None
    assert torch.equal(
        faces.attribute("Smiling"), faces.attributes[:, faces.attribute_names.index("Smiling")]
    )
    assert torch.equal(numbers.labels, digits.labels(numbers.factors)) and numbers.attributes is None
    assert numbers.class_names == tuple("0123456789")


def test_as_many_faces_have_each_attribute_for_good():
    factors = portraits.draw_factors(torch.arange(4_000), 0)
    counts = [
        289,
        938,
        1591,
        400,
        773,
        1071,
        296,
        793,
        1671,
        556,
        3165,
        540,
        2030,
        966,
        412,
        1206,
        2778,
        1829,
    ]
    assert portraits.attributes(factors).sum(0).tolist() == pytest.approx(counts, abs=1)
