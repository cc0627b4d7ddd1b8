"""The wardrobe: the same anywhere, at any size, as hard to sort as clothes are; and `load("clothes")`."""

import gzip
import shutil

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn
from torch.nn import functional as F

import vaelab
from vaelab.data import loading, mnist_files, wardrobe
from vaelab.data.loading import load_at_most
from vaelab.errors import DataError, UnknownNameError

TEST_START = 2**41
TOPS, SHOES = (0, 2, 3, 4, 6), (5, 7, 9)


def draw(start, count, seed=0, size=28):
    factors = wardrobe.draw_factors(torch.arange(start, start + count), seed)
    return wardrobe.render(factors, size), factors


def rows(factors, index):
    return {name: values[index] for name, values in factors.items()}


@pytest.mark.parametrize("size", [28, 45, 96])
def test_bytes_do_not_depend_on_the_batch(size):
    images, factors = draw(0, 60, size=size)
    assert images.shape == (60, 1, size, size) and images.dtype == torch.uint8
    for length in (1, 7):
        pieces = [wardrobe.render(rows(factors, slice(i, i + length)), size) for i in range(0, 60, length)]
        assert torch.equal(images, torch.cat(pieces))
    order = torch.randperm(60, generator=torch.Generator().manual_seed(0))
    assert torch.equal(images[order], wardrobe.render(rows(factors, order), size))
    assert wardrobe.render(rows(factors, slice(0, 0)), size).shape == (0, 1, size, size)


def test_a_piece_depends_on_seed_and_number_only():
    factors = wardrobe.draw_factors(torch.arange(64), 5)
    alone = wardrobe.draw_factors(torch.tensor([40, 3]), 5)
    assert all(torch.equal(alone[name], factors[name][[40, 3]]) for name in wardrobe.FACTORS)
    assert not torch.equal(draw(0, 8, seed=0)[0], draw(0, 8, seed=1)[0])


@pytest.mark.parametrize("size", [56, 84, 112])
def test_sizes_show_the_same_piece(size):
    large, factors = draw(0, 100, size=size)
    small = wardrobe.render(factors, 28).float()
    difference = (F.avg_pool2d(large.float(), size // 28) - small).abs().mean()
    # Seams and patterns finer than a pixel are painted paler, not the same to the byte.
    assert difference < 5
    assert (small.roll(1, 0) - small).abs().mean() > 8 * difference  # another piece


@pytest.mark.parametrize("size", [27, 129, 28.0, 0, True])
def test_a_size_outside_the_range_is_refused(size):
    with pytest.raises(DataError, match=r"Clothes are drawn at 28 to 128 pixels.* not"):
        vaelab.load("wardrobe", n=1, size=size)
    with pytest.raises(DataError, match=r"Clothes are drawn at 28 to 128 pixels.* not"):
        wardrobe.render(wardrobe.draw_factors(torch.arange(1), 0), size)


@pytest.mark.slow
def test_every_factor_is_in_its_range_and_changes_the_picture():
    """Its value is swapped with that of another piece of the same kind: so the label changes nothing here."""
    factors = wardrobe.draw_factors(torch.arange(400), 0)
    images = wardrobe.render(factors).float()
    label = factors["label"]
    order = label.argsort(stable=True)
    partner = torch.empty_like(order)
    partner[order] = order.roll(1)
    assert set(factors) == set(wardrobe.FACTORS)
    for name, factor in wardrobe.FACTORS.items():
        low, high = factors[name].min().item(), factors[name].max().item()
        assert factor.low - 1e-6 <= low < high <= factor.high + 1e-6, name
        if name == "label":
            continue
        swapped = wardrobe.render({**factors, name: factors[name][partner]}).float()
        change = (swapped - images).abs().mean((1, 2, 3))
        assert change.max() > 0.7, name  # mean grey levels over a whole picture
    assert wardrobe.FACTORS["label"].high == len(wardrobe.CLASS_NAMES) - 1


def test_the_label_chooses_the_painter_and_no_more():
    """A shirt with a pullover's factors looks like that pullover, a bag with them does not."""
    factors = wardrobe.draw_factors(torch.arange(300), 0)
    pullovers = rows(factors, factors["label"] == 2)
    images = wardrobe.render(pullovers)
    relabelled = {kind: {**pullovers, "label": torch.full_like(pullovers["label"], kind)} for kind in (6, 8)}
    assert torch.equal(wardrobe.render(relabelled[6]), images)
    assert (wardrobe.render(relabelled[8]).float() - images.float()).abs().mean() > 10


def test_labels_are_those_of_fashion_mnist_and_uniform():
    factors = wardrobe.draw_factors(torch.arange(20_000), 0)
    labels = wardrobe.labels(factors)
    assert labels.dtype == torch.int64
    assert mnist_files.FASHION_MNIST.class_names == wardrobe.CLASS_NAMES
    counts = labels.bincount(minlength=10).float()
    assert (
        (counts - 2000) ** 2 / 2000
    ).sum() < 27.9  # 9 degrees of freedom: 1 in 1000, and the draw is fixed


def test_every_piece_can_be_seen():
    images, _ = draw(0, 1000)
    lit = (images > 25).float().mean((1, 2, 3))
    assert lit.min() > 0.05 and images.amax((1, 2, 3)).min() > 30
    corners = images[:, 0, ::27, ::27].amax((1, 2))
    assert (corners == 0).float().mean() > 0.95  # background, but for the back of a boot or two
    assert 50 < images.float().mean() < 90  # Fashion-MNIST: 73


def test_a_piece_looks_the_same_for_good():
    """Figures rest on it. Another processor may round up a level."""
    images = vaelab.load("wardrobe", n=12, seed=11).images.float()
    each = [50.12, 34.75, 69.92, 59.17, 100.0, 56.0, 18.07, 58.65, 64.62, 55.55, 100.97, 55.75]
    assert images.mean((1, 2, 3)).tolist() == pytest.approx(each, abs=0.03)
    average = F.adaptive_avg_pool2d(images.mean((0, 1), keepdim=True), 2)
    assert average.flatten().tolist() == pytest.approx([46.2, 52.43, 72.99, 69.56], abs=0.03)


def confusions(labels, guesses):
    table = torch.zeros(10, 10)
    table.index_put_((labels, guesses), torch.ones(len(labels)), accumulate=True)
    return table


def check_confusions(labels, guesses):
    """Nearly all errors are within the tops, where shirts lead, or within the shoes."""
    table = confusions(labels, guesses)
    table.fill_diagonal_(0)
    within = sum(table[list(group)][:, list(group)].sum() for group in (TOPS, SHOES))
    assert within > 0.75 * table.sum()
    assert table.sum(1).argmax() == 6, "shirts should be the hardest"
    assert table[6, [0, 2, 4]].sum() > 0.8 * table[6].sum()


@pytest.mark.slow
def test_difficulty_for_a_linear_classifier():
    (x, f), (x_new, f_new) = draw(0, 5000), draw(TEST_START, 2000)
    classifier = LogisticRegression(C=0.02, max_iter=200, tol=1e-2)
    classifier.fit(x.flatten(1).numpy() / 255, wardrobe.labels(f))
    guesses = torch.tensor(classifier.predict(x_new.flatten(1).numpy() / 255))
    labels = wardrobe.labels(f_new)
    assert 0.75 < (guesses == labels).float().mean() < 0.85  # Fashion-MNIST, in the same way: 0.81
    check_confusions(labels, guesses)


@pytest.mark.slow
def test_difficulty_for_a_small_convolutional_network():
    torch.manual_seed(0)
    layers = [nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    layers += [nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    network = nn.Sequential(*layers, nn.Flatten(), nn.Linear(32 * 49, 64), nn.ReLU(), nn.Linear(64, 10))
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.02, 6 * 79)
    images, new = vaelab.load("wardrobe", n=5000), vaelab.load("wardrobe", n=2000, split="test")
    for _ in range(6):
        for chosen in torch.randperm(len(images)).split(64):
            loss = F.cross_entropy(network(images.float(chosen)), images.labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    with torch.no_grad():
        guesses = network(new.float()).argmax(1)
    assert 0.89 < (guesses == new.labels).float().mean() < 0.95  # Fashion-MNIST, in the same way: 0.86
    check_confusions(new.labels, guesses)


# ---- load("clothes") ----


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """A machine without Fashion-MNIST, on which a download fails the test."""

    def refuse(collection):
        pytest.fail("a download was started")

    monkeypatch.delenv("VAELAB_DATA", raising=False)
    monkeypatch.setenv("VAELAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(mnist_files, "SHARED", tmp_path / "debian")
    monkeypatch.setattr(mnist_files, "_download", refuse)
    loading._say.cache_clear()
    yield tmp_path
    loading._say.cache_clear()
    shutil.rmtree(tmp_path)


def put_fashion_mnist(folder, parts=("train", "t10k")):
    """Files in Fashion-MNIST's form: picture i is grey i modulo 251, its label i modulo 10."""
    folder.mkdir(parents=True)
    for part in parts:
        number = np.arange({"train": 60_000, "t10k": 10_000}[part])
        arrays = {"images-idx3": np.repeat(number % 251, 784).reshape(-1, 28, 28), "labels-idx1": number % 10}
        for kind, values in arrays.items():
            shape = b"".join(length.to_bytes(4, "big") for length in values.shape)
            data = bytes([0, 0, 8, values.ndim]) + shape + values.astype(np.uint8).tobytes()
            (folder / f"{part}-{kind}-ubyte.gz").write_bytes(gzip.compress(data, 1))


def test_clothes_are_the_wardrobe_where_there_is_no_fashion_mnist(bare, capsys):
    clothes = vaelab.load("clothes", n=20, seed=4)
    assert clothes.name == "wardrobe"
    said = capsys.readouterr().out
    assert said.count("\n") == 1 and "drawn" in said and 'load("fashion_mnist")' in said
    assert torch.equal(clothes.images, vaelab.load("wardrobe", n=20, seed=4).images)
    assert vaelab.load("clothes", n=5, split="test", size=64).shape == (1, 64, 64)
    assert len(load_at_most(5, "clothes", split="validation")) == 5
    assert capsys.readouterr().out == ""  # once is enough


@pytest.mark.parametrize("place", ["cache/FashionMNIST/raw", "debian/fashion-mnist", "own/fashion_mnist"])
def test_clothes_are_fashion_mnist_where_it_is(bare, capsys, monkeypatch, place):
    put_fashion_mnist(bare / place)
    if place.startswith("own"):
        monkeypatch.setenv("VAELAB_DATA", str(bare / "own"))
    clothes = vaelab.load("clothes", n=20, split="test")
    assert clothes.name == "fashion_mnist"
    assert clothes.class_names == wardrobe.CLASS_NAMES
    said = capsys.readouterr().out
    assert said.count("\n") == 1 and "Fashion-MNIST" in said and "drawn" not in said
    assert torch.equal(clothes.images, vaelab.load("fashion_mnist", n=20, split="test").images)
    assert load_at_most(10**6, "clothes", split="test").images.shape == (10_000, 1, 28, 28)


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("part", ["train", "t10k"])
def test_half_of_fashion_mnist_is_none(bare, part, split):
    """Or one split would be photographs and the other drawn."""
    put_fashion_mnist(bare / "cache" / "FashionMNIST", [part])
    assert vaelab.load("clothes", n=2, split=split).name == "wardrobe"


def test_only_one_of_several_processes_speaks(bare, capsys, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    vaelab.load("clothes", n=2)
    assert capsys.readouterr().out == ""


def test_a_name_that_is_nearly_clothes_gets_a_suggestion():
    with pytest.raises(UnknownNameError, match="clothes"):
        vaelab.load("cloths")
