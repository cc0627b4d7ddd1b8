"""MNIST's true files, where `$VAELAB_DATA` has them: the counts, labels and bytes that everybody knows."""

import hashlib

import pytest

import vaelab
from benchmarks import mnist
from vaelab.data import mnist_files

pytestmark = [pytest.mark.slow, pytest.mark.mnist]

# Pictures of each digit, 0 to 9, as counted in the training and the test file.
LABELS = {
    "train": [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
    "t10k": [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
}
# SHA-256 of the pixels alone, so that a packed file and a plain one agree.
PIXELS = {
    "train": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
    "t10k": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
}


@pytest.mark.parametrize(("part", "count"), [("train", 60_000), ("t10k", 10_000)])
def test_every_picture_is_there_as_published(part, count):
    images, labels = mnist_files.read(mnist_files.MNIST, part)
    assert images.shape == (count, 28, 28)
    assert labels.bincount().tolist() == LABELS[part]
    assert hashlib.sha256(images.numpy().tobytes()).hexdigest() == PIXELS[part]


def test_the_splits_are_all_of_it():
    splits = {split: vaelab.load("mnist", split=split) for split in ("train", "validation", "test")}
    assert {split: len(images) for split, images in splits.items()} == {
        "train": 55_000,
        "validation": 5_000,
        "test": 10_000,
    }
    both = splits["train"].labels.bincount() + splits["validation"].labels.bincount()
    assert both.tolist() == LABELS["train"]
    assert splits["train"].labels[:5].tolist() == [5, 0, 4, 1, 9]


def test_the_comparison_runs_on_them(tmp_path):
    def data(split):
        return mnist.mnist(split, n=256)

    (row,) = mnist.table(data, epochs=1, samples=2, run=tmp_path, each=True)
    assert 100 < float(row["-log p(x), 2 samples"]) < 784
