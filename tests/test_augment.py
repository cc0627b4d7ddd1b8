"""Augmentation: each change is the one that is named, drawn once a picture, and repeatable."""

import pytest
import torch

import vaelab
from vaelab.data.augment import Augment
from vaelab.errors import DataError, PixelRangeError

NOTHING = {"flip": False, "crop": 0.0, "brightness": 0.0}


@pytest.fixture(scope="module")
def batch():
    return torch.rand(4_000, 3, 8, 8, generator=torch.Generator().manual_seed(0)) * 0.8


def ramp(count, size=64):
    """Pictures that grow brighter to the right by one 1/size a pixel, from 1/(2 size): a ruler."""
    return ((torch.arange(size) + 0.5) / size).expand(count, 1, size, size)


def test_switched_off_it_changes_nothing(batch):
    assert torch.equal(Augment(**NOTHING)(batch), batch)


def test_half_of_the_pictures_are_mirrored_and_twice_is_none(batch):
    torch.manual_seed(0)
    flipped = Augment(**NOTHING | {"flip": True})(batch)
    mirrored = (flipped == batch.flip(-1)).flatten(1).all(1)
    same = (flipped == batch).flatten(1).all(1)
    assert (mirrored ^ same).all()
    assert mirrored.sum().item() == pytest.approx(2_000, abs=4 * 1_000**0.5)  # four standard deviations
    torch.manual_seed(0)  # the same draws again put every picture back
    assert torch.equal(Augment(**NOTHING | {"flip": True})(flipped), batch)


def test_a_crop_is_a_square_inside_the_picture():
    """On a ramp of slope 1 a square of side s shows slope s, and its ends tell where it began."""
    torch.manual_seed(0)
    x = Augment(**NOTHING | {"crop": 0.3})(ramp(5_000))
    row = x[:, 0, 20]
    inner = row[:, 8:-8]
    side = (inner[:, -1] - inner[:, 0]) * 64 / 47
    assert side.min() > 0.7 - 1e-4 and side.max() < 1 + 1e-4
    assert side.mean().item() == pytest.approx(0.85, abs=0.005)  # uniform between 0.7 and 1
    left = row.mean(1) - side / 2
    assert left.min() > -5e-3 and (left + side).max() < 1 + 5e-3
    room = (left / (1 - side))[side < 0.9]  # uniform between the left edge and the right
    assert room.mean().item() == pytest.approx(0.5, abs=0.02) and room.std().item() > 0.25
    assert torch.allclose(x, x[:, :, :1].expand_as(x), atol=1e-5)  # and nothing is turned or sheared


def test_brightness_multiplies_each_picture_by_one_number(batch):
    torch.manual_seed(0)
    changed = Augment(**NOTHING | {"brightness": 0.2})(batch)  # 0.8 * 1.2 < 1: nothing is cut off
    gain = changed / batch
    assert (gain.flatten(1).std(1) < 1e-4).all()
    gain = gain.mean((1, 2, 3))
    assert gain.min() > 0.8 - 1e-4 and gain.max() < 1.2 + 1e-4
    assert gain.mean().item() == pytest.approx(1, abs=4 * 0.2 / 3**0.5 / 4_000**0.5)
    assert gain.std().item() == pytest.approx(0.2 / 3**0.5, rel=0.05)  # a uniform number's


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_shape_range_kind_and_repeatability(dtype):
    x = vaelab.load("portraits", size=32, n=20).float().to(dtype)
    before = x.clone()
    torch.manual_seed(3)
    state = torch.get_rng_state()
    first = Augment()(x)
    torch.set_rng_state(state)
    assert torch.equal(first, Augment()(x)) and not torch.equal(first, Augment()(x))
    assert first.shape == x.shape and first.dtype == dtype and torch.equal(x, before)
    assert first.min() >= 0 and first.max() <= 1
    assert (first - x).abs().mean() < 0.12  # still the same faces


def test_it_stays_on_the_batchs_device():
    assert Augment()(torch.zeros(2, 3, 8, 8, device="meta")).device.type == "meta"


def test_pictures_come_in_by_the_one_door(batch):
    levels = (batch * 255).round().to(torch.uint8)
    for images in (levels, vaelab.ImageSet(levels), vaelab.ImageSet(levels / 255)):
        assert torch.equal(Augment(**NOTHING)(images), levels / 255)
    with pytest.raises(DataError, match="ImageSet"):
        Augment()(levels.numpy())
    with pytest.raises(DataError, match=r"\(N, C, H, W\)"):
        Augment()(batch[0])
    with pytest.raises(PixelRangeError):
        Augment()(2 * batch - 1)


@pytest.mark.parametrize("wrong", [{"crop": 1.0}, {"crop": -0.1}, {"brightness": 2}])
def test_shares_out_of_range(wrong):
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} is a share"):
        Augment(**wrong)
