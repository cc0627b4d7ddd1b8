"""Fashion-MNIST and MNIST: the same pictures by every route, and every failed download told apart."""

import gzip
import hashlib
import os
import shutil
import tempfile
from collections import defaultdict
from itertools import repeat
from pathlib import Path

import numpy as np
import pytest
import torch
from local_remote import Remote
from PIL import Image
from torchvision import datasets

import vaelab
from vaelab import doctor
from vaelab.data import ImageSet, idx_files, mnist_files, places, sources
from vaelab.errors import DataError, MissingDataError, UnknownNameError

DEBIAN = Path("/usr/share/datasets")
NAMES = [f"{part}-{kind}-ubyte" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")]


def idx(values: np.ndarray) -> bytes:
    shape = b"".join(length.to_bytes(4, "big") for length in values.shape)
    return bytes([0, 0, 8, values.ndim]) + shape + values.astype(np.uint8).tobytes()


def four_files(train: int) -> dict[str, bytes]:
    """Picture i is one grey level, i modulo 251; its label is i modulo 10. Unpacked."""
    made = {}
    for part, count in (("train", train), ("t10k", 10_000)):
        number = np.arange(count)
        made[f"{part}-images-idx3-ubyte"] = idx(np.repeat(number % 251, 784).reshape(count, 28, 28))
        made[f"{part}-labels-idx1-ubyte"] = idx(number % 10)
    return made


def pack(files: dict[str, bytes]) -> dict[str, bytes]:
    return {f"{name}.gz": gzip.compress(data, 1) for name, data in files.items()}


@pytest.fixture(scope="module")
def contents():
    """Only the test part is whole, which keeps most tests quick."""
    return four_files(train=60)


@pytest.fixture(scope="module")
def packed(contents):
    return pack(contents)


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    """A machine without any data set, and a server nobody listens at instead of the real one."""
    monkeypatch.delenv("VAELAB_DATA", raising=False)
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(mnist_files, "SHARED", tmp_path / "debian")
    monkeypatch.setenv("VAELAB_CACHE", str(tmp_path / "cache"))
    for collection in (datasets.FashionMNIST, datasets.MNIST):
        monkeypatch.setattr(collection, "mirrors", ["http://127.0.0.1:9/"])
    yield tmp_path
    shutil.rmtree(tmp_path)  # pytest would keep these large files for three runs


def place(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture
def remote(packed, monkeypatch):
    remote = Remote(dict(packed))
    sums = [(name, hashlib.md5(data).hexdigest()) for name, data in packed.items()]
    for collection in (datasets.FashionMNIST, datasets.MNIST):
        monkeypatch.setattr(collection, "mirrors", [remote.url])
        monkeypatch.setattr(collection, "resources", sums)
    yield remote
    remote.switch_off()


def check(source: ImageSet, first: int = 0, last: int = 10_000):
    """The pictures of `four_files`, from number `first` to before number `last`."""
    numbers = torch.arange(first, last)
    assert source.images.shape == (len(numbers), 1, 28, 28) and source.images.dtype == torch.uint8
    assert torch.equal(source.images[:, 0, 27, 27].long(), numbers % 251)
    assert torch.equal(source.labels, numbers % 10)


def test_splits_cut_the_files_as_documented(machine):
    place(machine / "debian" / "fashion-mnist", four_files(train=60_000))
    check(sources.fashion_mnist("train"), 0, 55_000)
    check(sources.fashion_mnist("validation"), 55_000, 60_000)
    check(sources.fashion_mnist("test"), 0, 10_000)


@pytest.mark.skipif(
    not (DEBIAN / "fashion-mnist").is_dir(), reason="Debian's package dataset-fashion-mnist is not installed"
)
def test_the_real_fashion_mnist(monkeypatch):
    monkeypatch.setattr(mnist_files, "SHARED", DEBIAN)
    images = vaelab.load("fashion_mnist", split="test")
    assert len(images) == 10_000 and images.labels.bincount().tolist() == [1_000] * 10
    source = sources.fashion_mnist("train")
    assert source.class_names[source.labels[0]] == "Ankle boot"
    everything = torch.cat([source.images, sources.fashion_mnist("validation").images]).float() / 255
    assert everything.mean().item() == pytest.approx(0.2860, abs=1e-4)  # as published
    assert everything.std().item() == pytest.approx(0.3530, abs=1e-4)


@pytest.mark.parametrize(
    ("where", "kind"),
    [
        ("FashionMNIST/raw", "raw"),
        ("FashionMNIST", "gz"),
        ("fashion-mnist", "gz"),
        ("Fashion_MNIST/raw", "gz"),
    ],
)
def test_the_same_by_every_layout(machine, monkeypatch, contents, packed, where, kind):
    place(machine / "mine" / where, contents if kind == "raw" else packed)
    monkeypatch.setenv("VAELAB_DATA", str(machine / "mine"))
    check(sources.fashion_mnist("test"))


def test_names_and_folders_as_people_have_them(machine, monkeypatch, contents):
    """Kaggle's dots, a .gz that a browser unpacked without renaming, a variable that names the set itself."""
    files = {name.replace("-idx3", ".idx3"): data for name, data in contents.items() if "images" in name}
    files |= {f"{name}.gz": data for name, data in contents.items() if "labels" in name}
    monkeypatch.setenv("VAELAB_DATA", str(place(machine / "mnist", files)))
    check(sources.mnist("test"))
    with pytest.raises(MissingDataError):  # the same file names, but not this folder's set
        sources.fashion_mnist("test")


def test_order_of_places(machine, monkeypatch, contents):
    places = [machine / "mine" / "FashionMNIST", machine / "debian" / "fashion-mnist"]
    places.append(machine / "cache" / "FashionMNIST" / "raw")
    for folder in places:
        place(folder, {name: contents[name] for name in NAMES if "t10k" in name})
    monkeypatch.setenv("VAELAB_DATA", str(machine / "mine"))
    for folder in places:
        assert mnist_files.find(mnist_files.FASHION_MNIST, "t10k") == folder
        for file in folder.iterdir():
            file.unlink()
    assert mnist_files.find(mnist_files.FASHION_MNIST, "t10k") is None


def test_download_once_and_keep(machine, remote):
    for _ in range(2):
        check(sources.fashion_mnist("test"))
    assert len(remote.requests) == 8  # four files, each asked twice: torchvision looks for redirects first
    kept = machine / "cache" / "FashionMNIST" / "raw"
    assert sorted(file.name for file in kept.iterdir()) == sorted(NAMES)
    assert [file.name for file in (machine / "cache").iterdir()] == ["FashionMNIST"]


def test_mnist_downloads_too(remote):
    assert len(sources.mnist("test").images) == 10_000


def not_found(remote):
    remote.faults[f"{NAMES[3]}.gz"] = repeat(404)


def login_page(remote):
    remote.files[f"{NAMES[2]}.gz"] = b"<html><body>Please accept the terms of this hotel</body></html>"


def cut_off(remote):
    remote.faults[f"{NAMES[0]}.gz"] = repeat("cut")


def emptied(remote):
    remote.files[f"{NAMES[1]}.gz"] = b""


def other_content(remote):
    remote.files[f"{NAMES[1]}.gz"] = gzip.compress(idx(np.zeros(60)))


def switched_off(remote):
    remote.switch_off()


@pytest.mark.parametrize(
    ("fails", "words"),
    [
        (not_found, "404"),
        (login_page, "web page"),
        (cut_off, "half a download"),
        (emptied, "empty"),
        (other_content, "corrupted"),
        (switched_off, "refused"),
    ],
)
def test_a_failed_download_says_why_and_what_to_do(machine, remote, fails, words):
    fails(remote)
    with pytest.raises(MissingDataError) as caught:
        vaelab.load("fashion_mnist")
    message = str(caught.value)
    assert words in message
    for way in ("internet", "VAELAB_DATA", "dataset-fashion-mnist"):
        assert way in message
    assert list((machine / "cache").iterdir()) == []


def test_a_download_works_after_a_failed_one(remote):
    cut_off(remote)
    with pytest.raises(MissingDataError):
        sources.fashion_mnist()
    remote.faults.clear()
    check(sources.fashion_mnist("test"))


def test_a_server_that_falls_silent_is_given_up(monkeypatch, remote):
    monkeypatch.setattr(mnist_files, "_SILENCE", 0.2)
    remote.faults = defaultdict(lambda: repeat("silent"))
    with pytest.raises(MissingDataError, match="timed out"):
        sources.fashion_mnist()


def test_mnist_has_no_debian_package(machine):
    with pytest.raises(MissingDataError) as caught:
        sources.mnist()
    assert "VAELAB_DATA" in str(caught.value) and "apt" not in str(caught.value)


def test_a_cache_that_cannot_be_written(machine):
    (machine / "cache").write_text("a file where the folder should be")
    for read in (sources.fashion_mnist, sources.mnist):
        with pytest.raises(MissingDataError, match=r"(?s)cache cannot be written: File exists.*VAELAB_CACHE"):
            read()


def test_without_a_home_the_cache_is_a_temporary_folder_and_doctor_says_so(machine, monkeypatch):
    """As in a container whose user has neither HOME nor a name."""

    def unknown(*args, **options):
        raise RuntimeError("could not determine the home directory")

    monkeypatch.delenv("VAELAB_CACHE")
    monkeypatch.setattr(tempfile, "tempdir", str(machine))
    assert "temporary" not in doctor.report()
    monkeypatch.setattr(places.platformdirs, "user_cache_dir", unknown)
    monkeypatch.setattr(Path, "home", unknown)
    assert places.cache_dir().parent == machine
    said = doctor.report()
    assert "No home folder is known" in said and "Set the environment variable VAELAB_CACHE" in said
    with pytest.raises(MissingDataError, match="VAELAB_CACHE"):
        sources.mnist()


def test_doctor_says_that_the_cache_cannot_be_written(machine, monkeypatch):
    assert "cannot be written" not in doctor.report()
    (machine / "cache").write_text("a file where the folder should be")
    for cache in (machine / "cache", machine / "cache" / "deeper"):
        monkeypatch.setenv("VAELAB_CACHE", str(cache))
        said = doctor.report()
        assert f"It cannot be written ({machine / 'cache'}: Not a directory)" in said
        assert "VAELAB_CACHE to a folder that you may write to" in said


def test_scraps_of_a_killed_download_are_swept_up(machine, remote):
    old, running = machine / "cache" / ".download-old", machine / "cache" / ".download-running"
    old.mkdir(parents=True)
    running.mkdir()
    os.utime(old, (0, 0))
    sources.fashion_mnist("test")
    assert not old.exists() and running.exists()


@pytest.mark.parametrize("damage", [lambda data: data[:-1000], lambda data: b"", None])
def test_damaged_files_in_the_cache_are_fetched_again(machine, remote, contents, damage):
    cache = place(machine / "cache" / "FashionMNIST" / "raw", contents)
    victim = cache / "t10k-images-idx3-ubyte"
    if damage:
        victim.write_bytes(damage(contents[victim.name]))
        with pytest.warns(UserWarning, match="t10k-images-idx3-ubyte was deleted"):
            sources.fashion_mnist("test")
    else:
        victim.unlink()
    check(sources.fashion_mnist("test"))
    assert len(remote.requests) == 8


def test_damaged_files_in_the_cache_go_even_offline(machine, contents):
    victim = place(machine / "cache" / "FashionMNIST" / "raw", contents) / "t10k-labels-idx1-ubyte"
    victim.write_bytes(b"<html>")
    with pytest.warns(UserWarning, match="web page"), pytest.raises(MissingDataError, match="refused"):
        sources.fashion_mnist("test")
    assert not victim.exists()


def test_damaged_files_of_a_person_are_left_alone(machine, monkeypatch, remote, packed):
    mine = place(machine / "mine" / "FashionMNIST", packed)
    victim = mine / "t10k-labels-idx1-ubyte.gz"
    victim.write_bytes(packed[victim.name][:-9])
    monkeypatch.setenv("VAELAB_DATA", str(machine / "mine"))
    with pytest.raises(DataError, match=r"t10k-labels-idx1-ubyte\.gz cannot be used: .*half a download"):
        sources.fashion_mnist("test")
    assert victim.exists() and not remote.requests
    victim.unlink()
    with pytest.raises(DataError, match="lacks the file of t10k labels"):
        sources.fashion_mnist("test")


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("t10k-images-idx3-ubyte", idx(np.zeros((9, 28, 28))), r"\(9, 28, 28\), not \(10000, 28, 28\)"),
        ("t10k-labels-idx1-ubyte", idx(np.full(10_000, 25)), "a label 25"),
    ],
)
def test_another_set_under_the_same_names(machine, monkeypatch, contents, name, data, words):
    place(machine / "mine" / "FashionMNIST", {**contents, name: data})
    monkeypatch.setenv("VAELAB_DATA", str(machine / "mine"))
    with pytest.raises(DataError, match=words):
        sources.fashion_mnist("test")


def test_a_wrong_variable_is_mentioned(machine, monkeypatch, contents):
    place(machine / "debian" / "fashion-mnist", contents)
    monkeypatch.setenv("VAELAB_DATA", str(machine / "tpyo"))
    with pytest.warns(UserWarning, match="tpyo is not a folder"):
        check(sources.fashion_mnist("test"))


WHOLE = idx(np.arange(24).reshape(2, 3, 4))


def test_idx_reads_what_was_written(tmp_path):
    for data in (WHOLE, gzip.compress(WHOLE)):
        (tmp_path / "file").write_bytes(data)
        assert torch.equal(
            idx_files.read_idx(tmp_path / "file"), torch.arange(24, dtype=torch.uint8).reshape(2, 3, 4)
        )


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"\n <!DOCTYPE html>", "web page"),
        (WHOLE[:-5], "5 bytes are missing"),
        (WHOLE + b"xx", "2 bytes are too many"),
        (WHOLE[:10], "first bytes"),
        (b"\0\0\x0d\x03" + WHOLE[4:], "first bytes"),  # floats
        (b"PK\x03\x04 a zip archive", "first bytes"),
        (gzip.compress(WHOLE, mtime=0)[:-4], "half a download"),
        (gzip.compress(WHOLE, mtime=0)[:-8] + bytes(8), "compression is broken"),
        (
            gzip.compress(WHOLE, mtime=0)[:12] + bytes([255] * 9) + gzip.compress(WHOLE, mtime=0)[21:],
            "compression is broken",
        ),
        (gzip.compress(b"<html>", mtime=0), "first bytes"),
    ],
)
def test_idx_damage_is_told_apart(tmp_path, data, reason):
    (tmp_path / "file").write_bytes(data)
    with pytest.raises(DataError, match=reason):
        idx_files.read_idx(tmp_path / "file")


def test_resize_agrees_with_pillow():
    images = torch.randint(0, 256, (5, 3, 28, 28), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    for size in (7, 32):
        ours = sources.resize(images, size, batch_size=2)
        for image, small in zip(images, ours, strict=True):
            theirs = Image.fromarray(image.permute(1, 2, 0).numpy()).resize(
                (size, size), Image.Resampling.BILINEAR
            )
            assert np.abs(small.permute(1, 2, 0).numpy().astype(int) - np.asarray(theirs)).max() <= 1


def test_resizing_rounds_to_the_nearest_level():
    levels = torch.tensor([[10, 11], [11, 11]], dtype=torch.uint8)[None, None]
    assert sources.resize(levels, 1).item() == 11  # 10.75


def test_size_and_split(machine, contents):
    place(machine / "debian" / "fashion-mnist", contents)
    source = sources.fashion_mnist("test", size=14)
    assert torch.equal(source.images[:, 0, 5, 5].long(), torch.arange(10_000) % 251)
    assert source.images.shape == (10_000, 1, 14, 14)
    with pytest.raises(DataError, match="size, the height"):
        sources.fashion_mnist("test", size=0)
    with pytest.raises(UnknownNameError, match="'validation'"):
        sources.fashion_mnist("valid")
