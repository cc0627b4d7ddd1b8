"""load and ImageSet: repeatable, disjoint splits, and clear words for what cannot be."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import stats
from torch.utils.data import DataLoader, Subset

import vaelab
from vaelab.data import DRAWN, ImageSet, cylinders, imageset, loading, randomness
from vaelab.data.loading import load_at_most
from vaelab.errors import DataError, MissingDataError, PixelRangeError, UnknownNameError


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


def test_a_drawn_picture_stays_the_same_for_good():
    """Other numbers would change every figure of the course; other stretches could let the splits meet."""
    starts = {"train": 0, "validation": 2**40, "test": 2**41}
    for split, start in starts.items():
        images = vaelab.load("cylinders", n=600, split=split, seed=5, size=32)
        factors = cylinders.draw_factors(torch.arange(start, start + 600), 5)
        assert torch.equal(images.factor("height"), factors["height"])
        some = {name: values[505:520] for name, values in factors.items()}
        assert torch.equal(images.images[505:520], cylinders.render(some, 32))  # over the edge of a chunk
    expected = [[0.572118047, 0.981350829], [0.033354437, 0.355641339]]
    assert randomness.uniforms(7, [0, 2**40], 2) == pytest.approx(np.array(expected), abs=1e-9)


def test_how_many_pictures_there_are_without_a_number(monkeypatch):
    monkeypatch.setattr(loading, "_paint", lambda *_: torch.zeros(_[3], 1, 2, 2, dtype=torch.uint8))
    counts = {split: len(vaelab.load("digits", split=split)) for split in ("train", "validation", "test")}
    assert counts == {"train": 10_000, "validation": 1_000, "test": 1_000}


@pytest.fixture
def numbered():
    """300 pictures, each a single grey level by its number, so that batches can be told apart."""
    grey = (torch.arange(300) % 256).to(torch.uint8)
    return ImageSet(
        grey[:, None, None, None].expand(-1, 1, 2, 2).contiguous(),
        attributes=torch.stack([torch.arange(300) % 5 == 0, torch.arange(300) % 2 == 0], 1),
        attribute_names=("Fifth", "Even"),
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
    assert not torch.equal(shuffled, torch.cat(list(numbered.batches(128, shuffle=True, seed=5))))
    assert torch.equal(in_order, torch.cat(list(numbered.batches(128, seed=5))))
    for wrong in (0, 2.0, True):
        with pytest.raises(DataError, match="batch_size must be a whole number"):
            next(numbered.batches(wrong))


@pytest.mark.parametrize("workers", [0, 2])
def test_a_set_works_in_a_data_loader(numbered, workers):
    loader = DataLoader(numbered, batch_size=128, num_workers=workers)
    x, y = (torch.cat(parts) for parts in zip(*loader, strict=True))
    assert torch.equal(x, numbered.float()) and torch.equal(y, numbered.labels)
    assert [len(x) for x, _ in loader] == [128, 128, 44]
    generator = torch.Generator().manual_seed(0)
    loader = DataLoader(numbered, batch_size=64, shuffle=True, num_workers=workers, generator=generator)
    x, y = (torch.cat(parts) for parts in zip(*loader, strict=True))
    assert x.dtype == torch.float32 and not torch.equal(x, numbered.float())
    assert torch.equal(x.flatten(1)[:, 0].sort().values, numbered.float().flatten(1)[:, 0].sort().values)
    levels = torch.arange(300) % 256
    known = {(level.item(), label.item()) for level, label in zip(levels, numbered.labels, strict=True)}
    assert {(round(255 * a[0, 0, 0].item()), b.item()) for a, b in zip(x, y, strict=True)} <= known


def test_a_set_without_labels_gives_its_loader_pictures_alone(numbered):
    unlabelled = ImageSet(numbered.float())
    assert torch.equal(torch.cat(list(DataLoader(unlabelled, batch_size=100))), unlabelled.images)
    few = Subset(numbered, [7, 3])
    [(x, y)] = DataLoader(few, batch_size=2)
    assert torch.equal(x, numbered.float([7, 3])) and y.tolist() == [1, 0]


def test_own_floats_are_a_set_like_any_other():
    own = torch.rand(20, 3, 4, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    images = ImageSet(own, labels=torch.arange(20))
    assert ImageSet.of(images) is images and ImageSet.of(own).images is own
    assert torch.equal(images.float(), own.float()) and images.float().dtype == torch.float32
    assert torch.equal(torch.cat(list(images.batches(8))), own.float())
    shuffled = torch.cat(list(images.batches(8, shuffle=True)))
    assert {row.sum().item() for row in shuffled} == {row.sum().item() for row in own.float()}
    assert images[5:].labels.tolist() == list(range(5, 20)) and torch.equal(images[-2].images, own[-2:-1])
    assert images.resident("cpu") is images
    images.float().zero_()
    images.float(slice(3)).zero_()
    ImageSet(own.float()).float().zero_()
    assert own.min() > 0  # a batch may be changed: the set's own numbers stay


def test_floats_given_away_are_never_the_sets_own():
    images = ImageSet(torch.ones(3, 1, 2, 2))
    images.float().zero_()
    assert images.images.min() == 1


@pytest.mark.parametrize("wrong", [[[0.5]], np.zeros((2, 1, 4, 4)), None, "portraits"])
def test_what_is_no_picture_is_refused(wrong):
    with pytest.raises(DataError, match=f"Pictures come as an ImageSet.* not as {type(wrong).__name__}"):
        ImageSet.of(wrong)


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
    other = vaelab.load(tmp_path, size=2, n=20, split="all", seed=1).images[:, 0, 0, 0]
    assert not torch.equal(other, levels[20])
    assert torch.equal(load_at_most(20, tmp_path, size=2, split="all").images[:, 0, 0, 0], levels[20])
    assert torch.equal(load_at_most(61, tmp_path, size=2, split="all").images[:, 0, 0, 0], levels[None])
    assert len(load_at_most(60, tmp_path, split="all")) == len(vaelab.load(tmp_path, n=60, split="all")) == 60
    assert torch.equal(load_at_most(5, "digits", seed=2).images, vaelab.load("digits", n=5, seed=2).images)
    with pytest.raises(DataError, match=r"n=61 pictures were asked for, but .* \(all\) has 60"):
        vaelab.load(tmp_path, n=61, split="all")


def test_choosing_pictures_takes_everything_known_along(numbered):
    numbered = replace(numbered, name="mine", skipped=(("a.png", "broken"),))
    known = ("name", "attribute_names", "class_names", "skipped")
    for index in (torch.tensor([4, 7]), slice(2), -1, np.int64(3), numbered.labels == 1, [1, 2]):
        assert all(getattr(numbered[index], name) == getattr(numbered, name) for name in known)
        assert numbered[index].images.ndim == 4
    chosen = numbered[torch.tensor([4, 7])]
    assert chosen.factor("number").tolist() == [4.0, 7.0]
    assert chosen.attribute("Even").tolist() == [True, False]
    assert chosen.labels.tolist() == [1, 1]
    for index, number in ((-1, 299), (-2, 298), (-300, 0), (0, 0), (299, 299), (np.int64(3), 3)):
        assert len(numbered[index]) == 1 and numbered[index].factor("number").item() == number
    for index in (300, -301):
        with pytest.raises(IndexError, match=f"no picture {index}: this set has 300"):
            numbered[index]
    assert numbered[-3:].factor("number").tolist() == [297, 298, 299]
    assert repr(numbered) == "ImageSet('mine': 300 images, 1x2x2, 3 classes, 2 attributes, 1 factors)"


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


@pytest.mark.parametrize("wrong", [0, -1, 2.0, True, "2", np.float32(2), torch.tensor(2), float("nan")])
def test_counts_and_sizes_are_whole_numbers(tmp_path, wrong):
    Image.new("L", (2, 2)).save(tmp_path / "a.png")
    for name in ("digits", tmp_path, "portraits", "cylinders"):
        with pytest.raises(DataError, match=f"at least 1, not {re.escape(repr(wrong))}"):
            vaelab.load(name, n=wrong)
    for name in (tmp_path, "fashion_mnist", "celeba", "ffhq"):
        with pytest.raises(DataError, match="size, the height and width in pixels, must be a whole number"):
            vaelab.load(name, size=wrong)
    for name in DRAWN:
        with pytest.raises(DataError, match=f"in whole numbers, not {re.escape(repr(wrong))}"):
            vaelab.load(name, n=1, size=wrong)


@pytest.mark.parametrize("wrong", [1.5, 64.0, True, None, "1"])
def test_a_seed_is_a_whole_number_and_may_be_any(tmp_path, wrong):
    Image.new("L", (2, 2)).save(tmp_path / "a.png")
    for name in ("digits", tmp_path):
        with pytest.raises(DataError, match="seed must be a whole number, not"):
            vaelab.load(name, n=1, seed=wrong)
        for right in (-1, 2**63, 2**70, np.int64(3)):
            assert len(vaelab.load(name, n=1, seed=right)) == 1


def test_numpys_whole_numbers_are_as_good_as_pythons():
    images = vaelab.load("digits", n=np.int64(2), size=np.int32(40)).images
    assert torch.equal(images, vaelab.load("digits", n=2, size=40).images)


@pytest.mark.parametrize("size", [31, 257, 32.0])
def test_a_size_that_cannot_be_drawn(size):
    with pytest.raises(DataError, match=rf"32 to 256 pixels.* not {size}"):
        vaelab.load("portraits", n=1, size=size)


@pytest.mark.parametrize("wrong", [3, None, ["digits"]])
def test_a_name_is_a_name_or_a_path(wrong):
    with pytest.raises(DataError, match=r"name is that of a data set, or the path.* not "):
        vaelab.load(wrong)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (torch.zeros(2, 1, 4, 4, dtype=torch.int64), "uint8"),
        (2 * torch.ones(2, 1, 4, 4), r"must lie in \[0, 1\]"),
        (-torch.ones(2, 1, 4, 4), r"must lie in \[0, 1\]"),
        (torch.full((2, 1, 4, 4), torch.nan), r"must lie in \[0, 1\]"),
        (torch.zeros(2, 4, 4, dtype=torch.uint8), r"\(N, C, H, W\)"),
        (torch.zeros(2, 4, 4, 3, dtype=torch.uint8), "1 channel"),
    ],
)
def test_arrays_that_are_not_images(images, message):
    for make in (ImageSet, ImageSet.of):
        with pytest.raises((DataError, PixelRangeError), match=message):
            make(images)


@pytest.mark.parametrize("table", ["labels", "attributes", "factors"])
def test_every_picture_needs_a_row_of_what_is_known(table):
    rows = torch.zeros(2)
    with pytest.raises(DataError, match="3 images, but 2 rows"):
        ImageSet(torch.zeros(3, 1, 2, 2), **{table: {"x": rows} if table == "factors" else rows})
