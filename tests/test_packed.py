"""Packed arrays: the same pictures as the files, never half of them, and never in memory all at once."""

import json
import multiprocessing
import os
import resource
import shutil
import signal
import subprocess
import sys
import tarfile
import time
import warnings
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

import vaelab
from vaelab.data import packing
from vaelab.data.containers import Folder
from vaelab.data.splits import SPLITS, place_of
from vaelab.errors import DataError

COUNT = 1_300  # three chunks


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("VAELAB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "packed"


def write_pictures(folder: Path, count: int = COUNT) -> Path:
    """Picture i is all of one colour, the digits of i to the base 250; every 400th is broken."""
    folder.mkdir()
    for i in range(count):
        file = folder / f"{i:05}.png"
        if i % 400 == 399:
            file.write_bytes(b"no picture %d" % i)
        else:
            Image.new("RGB", (8, 8), (i % 250, i // 250, 7)).save(file)
    return folder


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return write_pictures(tmp_path_factory.mktemp("packed") / "pictures")


def numbers(images):
    pixels = images.images[:, :, 0, 0].long()
    return (pixels[:, 0] + 250 * pixels[:, 1]).tolist()


def split_of(file):
    return SPLITS[np.searchsorted((0.8, 0.9), place_of(file.read_bytes()), side="right")]


def load(folder, split="all"):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*could not be read")
        return vaelab.load(folder, size=8, split=split)


def test_a_folder_is_packed_once_and_each_split_is_a_stretch_of_the_file(pictures, cache, monkeypatch):
    everything = [i for i in range(COUNT) if i % 400 != 399]
    parts = {split: load(pictures, split) for split in ("train", "validation", "test")}
    monkeypatch.setattr(packing, "_build", None)  # nothing is packed again
    for split, part in parts.items():
        expected = [i for i in everything if split_of(pictures / f"{i:05}.png") == split]
        assert numbers(part) == numbers(load(pictures, split)) == expected
    [file] = cache.glob("*.npy")
    assert [other.suffix for other in sorted(cache.iterdir()) if other != file] == ["", ".json"]
    whole = np.load(file)  # numpy reads it as well
    assert np.array_equal(np.concatenate([part.images for part in parts.values()]), whole)
    owner = parts["train"].images.untyped_storage().data_ptr()
    assert parts["train"][:50].images.untyped_storage().data_ptr() == owner  # a view, no copy
    broken = [file for part in parts.values() for file, _ in part.skipped]
    assert sorted(broken) == ["00399.png", "00799.png", "01199.png"]


def test_few_pictures_and_many_are_read_alike(pictures, monkeypatch):
    packed = load(pictures, "validation")
    monkeypatch.setattr(packing, "CACHED_FROM", 10**9)
    in_memory = load(pictures, "validation")
    assert torch.equal(packed.images, in_memory.images) and packed.skipped == in_memory.skipped


def test_archives_give_what_their_folder_gives(pictures, tmp_path):
    with zipfile.ZipFile(tmp_path / "pictures.zip", "w") as archive:
        for file in sorted(pictures.iterdir(), reverse=True):
            archive.write(file, f"inside/{file.name}")
        archive.writestr("__MACOSX/inside/._00000.png", b"nothing")
    with tarfile.open(tmp_path / "pictures.tar", "w") as archive:
        archive.add(pictures, "inside")
    expected = numbers(load(pictures))
    assert numbers(load(tmp_path / "pictures.zip")) == numbers(load(tmp_path / "pictures.tar")) == expected


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><title>Google Drive - Quota exceeded</title>", "web page"),
        (b"PK\x03\x04" + bytes(100), "half a download"),
        (b"something else", "not that of a zip"),
    ],
)
def test_what_is_no_zip_is_told_apart(tmp_path, content, reason):
    (tmp_path / "faces.zip").write_bytes(content)
    with pytest.raises(DataError, match=reason):
        vaelab.load(tmp_path / "faces.zip")


def test_a_compressed_tar_has_to_be_unpacked(pictures, tmp_path):
    with tarfile.open(tmp_path / "pictures.tar.gz", "w:gz") as archive:
        archive.add(pictures / "00000.png")
    with pytest.raises(DataError, match="unpack it"):
        vaelab.load(tmp_path / "pictures.tar.gz")


def test_a_change_in_the_folder_is_seen_and_the_old_array_goes(tmp_path, cache):
    folder = write_pictures(tmp_path / "mine", 600)
    load(folder)
    [old] = cache.glob("*.npy")
    Image.new("RGB", (8, 8), (249, 4, 7)).save(folder / "00000.png")
    assert numbers(load(folder))[0] == 1249
    [new] = cache.glob("*.npy")
    assert new != old and len(list(cache.glob("*.json"))) == 1


@pytest.mark.parametrize("where", [0, -1])
def test_a_damaged_array_is_packed_again(pictures, cache, where):
    expected = numbers(load(pictures))
    [file] = cache.glob("*.npy")
    data = bytearray(file.read_bytes())
    data[where] ^= 1
    file.write_bytes(data if where else data[:-100])
    with pytest.warns(UserWarning, match="is damaged, so it is packed again"):
        again = vaelab.load(pictures, size=8, split="all")
    assert numbers(again) == expected == numbers(load(pictures))
    assert np.array_equal(np.load(file), again.images)


def test_an_array_is_taken_only_for_what_it_was_made_of(tmp_path, cache, monkeypatch):
    """Another size, crop, number of channels, order or version of the code needs other bytes."""
    (tmp_path / "mine").mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (20, 12, 12, 3), dtype=np.uint8)
    for i, pixels in enumerate(noise):
        Image.fromarray(pixels).save(tmp_path / "mine" / f"{i}.png")
    container, built, build = Folder(tmp_path / "mine"), [], packing._build
    names = container.pictures()[0]
    forms = [packing.Form(8), packing.Form(9), packing.Form(8, channels=1), packing.Form(8, crop=6)]
    ways = [(form, by_split) for form in forms for by_split in (False, True)]
    in_memory = [packing.pack(container, names, form, "mine", by_split) for form, by_split in ways]
    monkeypatch.setattr(packing, "CACHED_FROM", 10)
    monkeypatch.setattr(packing, "_processors", lambda: 1)
    monkeypatch.setattr(packing, "_build", lambda target, *rest: built.append(target) or build(target, *rest))
    for _ in range(2):
        for expected, (form, by_split) in zip(in_memory, ways, strict=True):
            found = packing.pack(container, names, form, "mine", by_split)
            assert torch.equal(found.images, expected.images)
            assert np.array_equal(found.files, expected.files)
            assert np.array_equal(found.groups, expected.groups)
    assert len(built) == len(set(built)) == len(list(cache.glob("*.npy"))) == len(ways)
    monkeypatch.setattr(packing, "_VERSION", packing._VERSION + 1)
    packing.pack(container, names, forms[0], "mine")
    assert len(set(built)) == len(ways) + 1
    packing.pack(container, names[::-1], forms[0], "mine")  # the same files in another order
    assert len(set(built)) == len(ways) + 2
    shutil.copytree(tmp_path / "mine", tmp_path / "other")
    packing.pack(Folder(tmp_path / "other"), names, forms[0], "mine")
    assert len(set(built)) == len(ways) + 3


PACK = """
import sys, time
import vaelab
from vaelab.data import packing

def three_chunks(tasks, all_of_them=packing._decoded):
    for number, result in enumerate(all_of_them(tasks)):
        yield result
        if number == 2:
            time.sleep(100)

packing._decoded, packing._processors, packing._CHUNK = three_chunks, lambda: 2, 128
vaelab.load(sys.argv[1], size=48, split="train")
"""


def test_a_killed_run_goes_on_where_it_was(tmp_path, cache):
    """Killed after three chunks of six: those that are done are not read again, a damaged one is.

    The process that packs has no `if __name__ == "__main__"`, as scripts often have none.
    """
    folder = write_pictures(tmp_path / "mine", 700)
    (tmp_path / "script.py").write_text(PACK)
    environment = os.environ | {"TQDM_DISABLE": "1", "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen([sys.executable, tmp_path / "script.py", str(folder)], env=environment)
    deadline = time.monotonic() + 100
    while not any(journal.read_text().count("}\n") == 3 for journal in cache.glob("*.journal")):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not list(cache.glob("*.npy"))
    [journal], [part] = cache.glob("*.journal"), cache.glob("*.part")
    done = [json.loads(line)["start"] for line in journal.read_text().splitlines() if line]
    assert len(done) == 3
    with part.open("r+b") as file:  # as after a power cut: noted, but not all of it on the disk
        file.seek(128 + (done[0] + 20) * 3 * 48 * 48)
        file.write(b"\xaa")
    read_again = []

    def decoded(tasks):
        read_again.extend(task[1][0] for task in tasks)
        return ((number, packing.read_chunk(*task)) for number, task in enumerate(tasks))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packing, "_decoded", decoded)
        patch.setattr(packing, "_CHUNK", 128)
        with pytest.warns(UserWarning, match="could not be read"):
            resumed = vaelab.load(folder, size=48)
    assert f"{done[0]:05}.png" in read_again
    assert not {f"{first:05}.png" for first in done[1:]} & set(read_again)
    [file] = cache.glob("*.npy")
    assert np.load(file).shape == (699, 3, 48, 48) and not list(cache.glob("*.part"))
    expected = [i for i in range(700) if i % 400 != 399]
    assert numbers(resumed) == [i for i in expected if split_of(folder / f"{i:05}.png") == "train"]


def fork(work, *args) -> multiprocessing.Process:
    """Start work in a process of its own, without importing PyTorch again: one thread, no warnings."""

    def run():
        torch.set_num_threads(1)
        warnings.simplefilter("ignore")
        packing._processors = lambda: 1
        work(*args)

    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    return process


def test_two_processes_pack_once(tmp_path, cache, monkeypatch):
    folder, built, build = write_pictures(tmp_path / "mine", 600), tmp_path / "built", packing._build

    def slow_build(*args):
        with built.open("a") as log:
            log.write("x")
        time.sleep(0.5)
        build(*args)

    monkeypatch.setattr(packing, "_build", slow_build)
    both = [fork(vaelab.load, folder) for _ in range(2)]
    for process in both:
        process.join(100)
    assert [process.exitcode for process in both] == [0, 0]
    [file] = cache.glob("*.npy")
    assert len(np.load(file)) == 599 and not list(cache.glob("*.part"))
    assert built.read_text() == "x"


def test_a_disk_that_is_too_small_is_noticed_at_once(pictures, cache, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1_000))
    with pytest.raises(DataError, match=r"not enough space.*VAELAB_CACHE"):
        vaelab.load(pictures, size=8)
    assert [file.name for file in cache.iterdir()] == [".lock"]


def load_onto_a_full_disk(folder, said):
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))  # a file that cannot grow
    try:
        vaelab.load(folder, size=48)
    except DataError as error:
        said.write_text(str(error))


def test_a_disk_that_fills_up_on_the_way_leaves_nothing(pictures, tmp_path, cache):
    fork(load_onto_a_full_disk, pictures, tmp_path / "said").join(100)
    said = (tmp_path / "said").read_text()
    assert "not enough space" in said and "larger disk" in said
    assert [file.name for file in cache.iterdir()] == [".lock"]


def test_a_cache_that_cannot_be_written(pictures, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("VAELAB_CACHE", str(tmp_path / "file"))
    with pytest.raises(DataError, match=r"cache cannot be written.*VAELAB_CACHE"):
        vaelab.load(pictures, size=8)


def anonymous_megabytes() -> float:
    """Memory of this process that is not just a file's pages, which the system can drop at any time."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("RssAnon:")[1].split()[0]) / 1024


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's /proc")
def test_shuffled_batches_of_a_large_file_need_no_memory(tmp_path):
    """200 MB in batches of 128: with all of it in memory, 200 MB would be added, not a few."""
    shape, path = (16_000, 3, 64, 64), tmp_path / "large.npy"
    with path.open("wb") as file:
        file.write(packing._header(shape))
        for start in range(0, 16_000, 1_000):
            file.write(np.full((1_000, *shape[1:]), start // 1_000, np.uint8).data)
    images = vaelab.ImageSet(packing._map(path, shape))
    before, total = anonymous_megabytes(), 0.0
    for x in images.batches(128, shuffle=True):
        total += 255 * x.mean((1, 2, 3)).sum().item()
    assert total == pytest.approx(16_000 * 7.5, rel=1e-4)
    assert anonymous_megabytes() - before < 60
    images.images[0] = 99  # a private mapping: the file stays as it is
    assert packing._map(path, shape)[0].max() == 0
    path.unlink()
