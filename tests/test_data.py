"""load and ImageSet: repeatable, disjoint splits, and clear words for what cannot be."""

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import stats

import vaelab
from vaelab.data import DRAWN, ImageSet, imageset, randomness
from vaelab.errors import DataError, MissingDataError, UnknownNameError


@pytest.mark.parametrize("name", DRAWN)
def test_drawn_sets_are_repeatable_and_their_splits_never_meet(name):
    sets = {split: vaelab.load(name, n=40, split=split) for split in ("train", "validation", "test")}
    assert torch.equal(sets["train"].images, vaelab.load(name, n=40).images)
    assert torch.equal(sets["train"].images[:10], vaelab.load(name, n=10).images)
    assert not torch.equal(sets["train"].images, vaelab.load(name, n=40, seed=1).images)
    pictures = [image.numpy().tobytes() for part in sets.values() for image in part.images]
    assert len(set(pictures)) == 120


@pytest.mark.parametrize("name", DRAWN)
def test_factors_tell_everything_about_a_drawn_picture(name):
    """Rendering the factors again gives the picture: nothing hidden goes into it."""
    import importlib

    images = vaelab.load(name, n=12, seed=3)
    painter = importlib.import_module(f"vaelab.data.{name}")
    assert torch.equal(painter.render(images.factors, images.shape[1]), images.images)
    for factor, values in images.factors.items():
        limits = painter.FACTORS[factor]
        assert values.min() >= limits.low and values.max() <= limits.high, factor


def test_random_numbers_by_address():
    table = randomness.uniforms(7, np.arange(20_000), 3)
    assert np.array_equal(randomness.uniforms(7, [123, 5], 3), table[[123, 5]])
    assert np.array_equal(randomness.uniforms(7, [123], 2)[0], table[123, :2])
    for column in table.T:
        assert stats.kstest(column, "uniform").pvalue > 1e-3
    assert np.abs(np.corrcoef(table.T) - np.eye(3)).max() < 0.03
    assert np.abs(np.corrcoef(table[:, 0], randomness.uniforms(8, np.arange(20_000), 1)[:, 0])[0, 1]) < 0.03
    assert stats.kstest(randomness.normals(1, np.arange(20_000), 1)[:, 0], "norm").pvalue > 1e-3


@pytest.fixture
def numbered():
    """300 pictures, each a single grey level by its number, so that batches can be told apart."""
    grey = (torch.arange(300) % 256).to(torch.uint8)
    return ImageSet(
        grey[:, None, None, None].expand(-1, 1, 2, 2).contiguous(),
        attributes=(torch.arange(300) % 2 == 0)[:, None],
        attribute_names=("Even",),
        factors={"number": torch.arange(300.0)},
        labels=torch.arange(300) % 3,
        class_names=("a", "b", "c"),
    )


def test_batches_show_every_picture_once(numbered):
    in_order = torch.cat(list(numbered.batches(128)))
    assert torch.equal(in_order, numbered.images / 255)
    assert [len(x) for x in numbered.batches(128)] == [128, 128, 44]
    shuffled = torch.cat(list(numbered.batches(128, shuffle=True, seed=4)))
    assert not torch.equal(shuffled, in_order)
    assert torch.equal(shuffled.flatten().sort().values, in_order.flatten().sort().values)
    assert torch.equal(shuffled, torch.cat(list(numbered.batches(128, shuffle=True, seed=4))))
    with pytest.raises(DataError, match="batch_size"):
        next(numbered.batches(0))


def test_pictures_by_number_wherever_the_numbers_come_from(numbered):
    for index in (torch.tensor([299, 0, 7]), torch.tensor([-1, 0, 7])):
        assert torch.equal(numbered.float(index), numbered.images[[299, 0, 7]] / 255)
    even = numbered.attribute("Even")
    assert torch.equal(numbered.float(even), numbered.images[::2] / 255)
    assert numbered.float(3).shape == (1, 2, 2)
    with pytest.raises(IndexError):
        numbered.float(torch.tensor([300]))


def test_bytes_move_to_a_device_only_if_half_of_its_memory_holds_them(numbered, monkeypatch):
    assert numbered.resident("cpu") is numbered
    monkeypatch.setattr(imageset, "_free_bytes", lambda _: 2 * numbered.images.nbytes - 1)
    assert numbered.resident("meta") is numbered
    monkeypatch.setattr(imageset, "_free_bytes", lambda _: 2 * numbered.images.nbytes)
    moved = numbered.resident("meta")
    assert moved.images.device.type == "meta" and moved.labels is numbered.labels
    assert [len(x) for x in moved.batches(128, "meta", shuffle=True)] == [128, 128, 44]


@pytest.mark.gpu
@pytest.mark.parametrize("resident", [True, False])
def test_batches_on_a_gpu_are_those_of_the_cpu(numbered, resident):
    images = numbered.resident("cuda") if resident else numbered
    assert images.images.is_cuda == resident
    for shuffle in (True, False):
        here, there = (s.batches(128, d, shuffle=shuffle) for s, d in ((numbered, "cpu"), (images, "cuda")))
        for x, y in zip(here, there, strict=True):
            assert y.is_cuda and torch.equal(x, y.cpu())


def test_all_of_a_stored_set_is_not_copied_and_a_part_is_picked(tmp_path):
    for level in range(60):
        Image.new("L", (2, 2), level).save(tmp_path / f"{level:03}.png")
    levels = {n: vaelab.load(tmp_path, size=2, n=n, split="all").images[:, 0, 0, 0] for n in (None, 20, 50)}
    assert levels[None].tolist() == list(range(60))  # in the files' order
    assert torch.equal(levels[20], levels[50][:20])
    assert len(set(levels[50].tolist())) == 50 and levels[50].tolist() != sorted(levels[50].tolist())


def test_choosing_pictures_takes_everything_known_along(numbered):
    chosen = numbered[torch.tensor([4, 7])]
    assert chosen.factor("number").tolist() == [4.0, 7.0]
    assert chosen.attribute("Even").tolist() == [True, False]
    assert chosen.labels.tolist() == [1, 1]
    assert len(numbered[-1]) == 1 and numbered[-1].factor("number").item() == 299
    with pytest.raises(IndexError, match="this set has 300"):
        numbered[300]


def test_unknown_names_suggest_the_nearest(numbered):
    with pytest.raises(UnknownNameError, match="Did you mean 'portraits'"):
        vaelab.load("portrait")
    with pytest.raises(UnknownNameError, match="Did you mean 'validation'"):
        vaelab.load("digits", split="validate")
    with pytest.raises(UnknownNameError, match="'Even'"):
        numbered.attribute("even")
    with pytest.raises(UnknownNameError, match="number"):
        numbered.factor("height")
    with pytest.raises(MissingDataError, match="no-such-folder"):
        vaelab.load("./no-such-folder")


@pytest.mark.parametrize("n", [0, -1])
def test_a_count_must_be_positive(n):
    with pytest.raises(DataError, match=f"at least 1, not {n}"):
        vaelab.load("digits", n=n)


def test_a_size_that_cannot_be_drawn():
    with pytest.raises(DataError, match=r"32 to 256 pixels.* not 31"):
        vaelab.load("portraits", n=1, size=31)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (torch.rand(2, 1, 4, 4), "uint8"),
        (torch.zeros(2, 4, 4, dtype=torch.uint8), r"\(N, C, H, W\)"),
        (torch.zeros(2, 4, 4, 3, dtype=torch.uint8), "1 channel"),
    ],
)
def test_arrays_that_are_not_images(images, message):
    with pytest.raises(DataError, match=message):
        ImageSet(images)
