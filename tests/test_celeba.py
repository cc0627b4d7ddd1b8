"""CelebA and FFHQ: every layout gives the same faces, and every failed download is told apart.

A local server plays Kaggle (kagglehub itself talks to it) and Google Drive.
"""

import errno
import hashlib
import io
import json
import shutil
import zipfile
from itertools import repeat
from pathlib import Path
from types import SimpleNamespace

import kagglehub
import pytest
import torch
from kagglesdk import kaggle_env
from local_remote import Remote
from PIL import Image
from torchvision import datasets

import vaelab
from vaelab.data import celeba, celeba_download, downloads, ffhq
from vaelab.errors import DataError, DownloadError, MissingDataError, UnknownNameError

COUNT = 30
SPLITS = {"train": range(20), "validation": range(20, 25), "test": range(25, 30)}
TABLES = ("list_attr_celeba", "list_eval_partition")
ZIP = "img_align_celeba.zip"


def face(i: int) -> bytes:
    """178x218: red is the number, green is 200 only in the central 148x148, all else is black."""
    image = Image.new("RGB", (178, 218), (10 * (i % 25), 0, 0))
    image.paste((10 * (i % 25), 200, 0), (15, 35, 163, 183))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")  # the content decides, not the name: no loss here
    return buffer.getvalue()


def holds(i: int, attribute: int) -> bool:
    return (i * 7 + attribute) % 3 == 0


def table(rows: list[list[str]], header: list[str], ending: str) -> str:
    if ending == ".csv":
        return "\r\n".join(",".join(row) for row in [["image_id", *header], *rows])
    heading = [str(COUNT), " ".join(header) + " "] if len(header) > 1 else []
    return "\n".join([*heading, *("  ".join(row) for row in rows)]) + "\n"


def lists(ending: str) -> dict[str, bytes]:
    names = [f"{i + 1:06}.jpg" for i in range(COUNT)]
    number = {i: str(n) for n, split in enumerate(SPLITS.values()) for i in split}
    values = [["1" if holds(i, a) else "-1" for a in range(40)] for i in range(COUNT)]
    attributes = [[name, *row] for name, row in zip(names, values, strict=True)]
    partition = [[name, number[i]] for i, name in enumerate(names)]
    texts = (table(attributes, list(celeba.ATTRIBUTE_NAMES), ending), table(partition, ["partition"], ending))
    return {name + ending: text.encode() for name, text in zip(TABLES, texts, strict=True)}


def pictures(folder: str = "", count: int = COUNT) -> dict[str, bytes]:
    return {f"{folder}{i + 1:06}.jpg": face(i) for i in range(count)}


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


KAGGLE = lists(".csv") | pictures("img_align_celeba/img_align_celeba/")
DRIVE = lists(".txt") | {ZIP: zipped(pictures("img_align_celeba/"))}
AUTHORS = {
    "Anno/list_attr_celeba.txt": DRIVE["list_attr_celeba.txt"],
    "Eval/list_eval_partition.txt": DRIVE["list_eval_partition.txt"],
    f"Img/{ZIP}": DRIVE[ZIP],
}
TORCHVISION = lists(".txt") | pictures("img_align_celeba/") | pictures("img_celeba/", 3)


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    """A machine without data, without a login, and without waiting."""
    for name in ("VAELAB_DATA", "KAGGLE_API_TOKEN", "KAGGLE_USERNAME", "KAGGLE_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("VAELAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path / "kagglehub"))
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(celeba, "COUNT", COUNT)
    monkeypatch.setattr(downloads, "PAUSES", (0, 0))
    return tmp_path


@pytest.fixture
def remote(monkeypatch):
    """Kaggle and Google Drive, both working."""
    version = json.dumps({"currentVersionNumber": 2}).encode()
    remote = Remote(dict(DRIVE) | {"GetDataset": version, "DownloadDataset": zipped(KAGGLE)})
    remote.content_types["GetDataset"] = "application/json"
    monkeypatch.setitem(kaggle_env._env_to_endpoint, kaggle_env.KaggleEnv.PROD, remote.url.rstrip("/"))
    monkeypatch.setattr(celeba_download, "_DRIVE", remote.url + "{}?confirm=t")
    sums = [(name, hashlib.md5(data).hexdigest(), name) for name, data in DRIVE.items()]
    monkeypatch.setattr(datasets.CelebA, "file_list", sums)
    yield remote
    remote.switch_off()


def put(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def check(images: vaelab.ImageSet, numbers, size: int = 64):
    assert images.shape == (3, size, size) and images.name == "celeba"
    assert images.images[:, 0, 0, 0].tolist() == [10 * (i % 25) for i in numbers]
    assert (images.images[:, 1] == 200).all()  # nothing but the central square
    assert images.attribute_names == celeba.ATTRIBUTE_NAMES
    for a, name in enumerate(celeba.ATTRIBUTE_NAMES):
        assert images.attribute(name).tolist() == [holds(i, a) for i in numbers]


@pytest.mark.parametrize("files", [KAGGLE, DRIVE, AUTHORS, TORCHVISION], ids=["K", "D", "A", "T"])
def test_every_layout_gives_the_same_faces(machine, monkeypatch, files):
    put(machine / "data" / "CelebA", files)
    monkeypatch.setenv("VAELAB_DATA", str(machine / "data"))
    for split, numbers in SPLITS.items():
        check(vaelab.load("celeba", split=split), numbers)
    check(vaelab.load(machine / "data" / "CelebA", split="all", size=32), range(COUNT), 32)


def test_kaggles_zip_need_not_be_unpacked(machine, monkeypatch):
    put(machine / "data", {"celeba.zip": zipped(KAGGLE)})
    monkeypatch.setenv("VAELAB_DATA", str(machine / "data"))
    check(vaelab.load("celeba"), SPLITS["train"])
    with pytest.raises(UnknownNameError, match="'validation'"):
        vaelab.load("celeba", split="valid")


def test_as_torchvision_reads_it(machine, monkeypatch):
    """The same pictures, attributes and splits as torchvision's class, an independent reader."""
    others = ("identity_CelebA", "list_bbox_celeba", "list_landmarks_align_celeba")
    more = {f"{name}.txt": b"".join(b"%06d.jpg 1\n" % (i + 1) for i in range(COUNT)) for name in others}
    more = {name: data if "identity" in name else b"30\na\n" + data for name, data in more.items()}
    put(machine / "celeba", TORCHVISION | more)
    monkeypatch.setattr(datasets.CelebA, "file_list", [])
    for split, numbers in SPLITS.items():
        theirs = datasets.CelebA(machine, split={"validation": "valid"}.get(split, split))
        ours = vaelab.load(machine / "celeba", split=split, size=148)
        assert theirs.attr_names[:40] == list(ours.attribute_names)
        assert torch.equal(theirs.attr.bool(), ours.attributes)
        check(ours, numbers, 148)


def test_a_part_of_celeba_is_used_and_said(machine):
    put(machine / "celeba", {name: data for name, data in TORCHVISION.items() if "000004" not in name})
    with pytest.warns(UserWarning, match="has 29 of CelebA's 30 pictures"):
        check(vaelab.load(machine / "celeba"), [i for i in SPLITS["train"] if i != 3])


def test_a_broken_face_is_skipped_and_named(machine):
    put(machine / "celeba", TORCHVISION | {"img_align_celeba/000002.jpg": face(1)[:200]})
    with pytest.warns(UserWarning, match=r"1 file could not be read: img_align_celeba/000002\.jpg"):
        images = vaelab.load(machine / "celeba")
    check(images, [i for i in SPLITS["train"] if i != 1])


def without(name):
    return {key: data for key, data in DRIVE.items() if not key.startswith(name)}


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (without("img"), "has CelebA's lists, but not its pictures"),
        (without("list_attr"), r"no list_attr_celeba\.csv \(or \.txt\)"),
        (DRIVE | {"list_attr_celeba.txt": b"<html>"}, "list_attr_celeba .* is not CelebA's"),
        (DRIVE | {"list_eval_partition.txt": b"<html>"}, "list_eval_partition .* is not CelebA's"),
        (DRIVE | {"list_attr_celeba.txt": DRIVE["list_attr_celeba.txt"][:-90]}, "lacks 1 pictures"),
        (DRIVE | {ZIP: b"<html>Quota exceeded"}, "web page"),
        (DRIVE | {ZIP: DRIVE[ZIP][:-50]}, "half a download"),
    ],
)
def test_what_is_wrong_with_a_persons_files(machine, files, words):
    with pytest.raises(DataError, match=words):
        vaelab.load(put(machine / "celeba", files))


# Downloads


def test_kaggle_is_asked_first_and_once(machine, remote):
    check(vaelab.load("celeba"), SPLITS["train"])
    assert [name for name, _ in remote.requests] == ["GetDataset", "DownloadDataset"]
    remote.switch_off()  # from now on without a network
    check(vaelab.load("celeba", split="test"), SPLITS["test"])


def test_drive_is_the_second_way_and_keeps_the_zip(machine, remote, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "kagglehub", None)  # not installed
    check(vaelab.load("celeba"), SPLITS["train"])
    assert sorted(file.name for file in (machine / "cache" / "celeba").iterdir()) == sorted(DRIVE)
    count = len(remote.requests)
    check(vaelab.load("celeba", split="test"), SPLITS["test"])
    assert len(remote.requests) == count


QUOTA = b"<html><title>Google Drive - Quota exceeded</title><p>Too many users have viewed or downloaded"
LOGIN = b'<html><title>Sign in</title><a href="https://accounts.google.com/">'


def kaggle(*faults):
    return lambda remote, _: remote.faults.update({"GetDataset": faults})


def archive(*faults):
    return lambda remote, _: remote.faults.update({"DownloadDataset": faults})


def kaggle_html_as_zip(remote, _):
    remote.files["DownloadDataset"] = b"<html>hotel</html>"


def kaggle_corrupts(_, monkeypatch):
    def download(*_):
        raise kagglehub.exceptions.DataCorruptionError("X-Goog-Hash")

    monkeypatch.setattr(kagglehub, "dataset_download", download)


def kaggle_disk_full(_, monkeypatch):
    def download(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(kagglehub, "dataset_download", download)


def drive(*faults, page=LOGIN, name=ZIP):
    def fail(remote, monkeypatch):
        remote.page = page
        remote.faults[name] = faults

    return fail


def drive_falls_silent(remote, monkeypatch):
    monkeypatch.setattr(downloads, "SILENCE", 0.2)
    remote.faults[ZIP] = repeat("silent")


def drive_corrupts(remote, _):
    remote.files[ZIP] = remote.files[ZIP][:-1] + b"?"


def disk_full(_, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=100))


@pytest.mark.parametrize(
    ("fails", "words", "next_step"),
    [
        (kaggle(401), "asks for a login (status 401)", "token from kaggle.com/settings"),
        (archive(403), "asks for a login (status 403)", "token from kaggle.com/settings"),
        (kaggle(404), "not there any more", "another way"),
        (kaggle(*repeat(503, 9)), "keeps failing", "goes on where it stopped"),
        (archive(*repeat("cut", 9)), "keeps failing", "goes on where it stopped"),
        (kaggle("page"), "a web page", "browser"),
        (kaggle_html_as_zip, "a web page", "browser"),
        (kaggle_corrupts, "wrong checksum", "again"),
        (kaggle_disk_full, "disk is full", "KAGGLEHUB_CACHE"),
        (drive(*repeat("page", 9), page=QUOTA), "quota", "24 hours"),
        (drive("page", page=LOGIN), "login page", "browser"),
        (drive(403, page=b"<title>Forbidden</title>"), "status 403 (Forbidden)", "another way"),
        (drive(*repeat(500, 9)), "status 500", "goes on where it stopped"),
        (drive_falls_silent, "did not answer", "goes on where it stopped"),
        (drive_corrupts, "checksum", "again"),
        (disk_full, "disk is full", "VAELAB_CACHE"),
        (lambda remote, _: remote.switch_off(), "no connection", "Check the network"),
        (lambda remote, _: remote.switch_off(), "cannot be reached: no network?", "Connect this machine"),
    ],
)
def test_every_failure_has_its_words_and_the_next_step(machine, remote, monkeypatch, fails, words, next_step):
    """Both ways fail: one as asked, the other by a login page. Both are told, and no half file is left."""
    login = DownloadError("a login is missing", "Log in.")

    def other(*_):
        raise login

    fails(remote, monkeypatch)
    at_drive = "drive" in fails.__qualname__ or fails in (disk_full,) or words == "no connection"
    monkeypatch.setattr(celeba_download, "from_kaggle" if at_drive else "from_drive", other)
    with pytest.raises(MissingDataError) as caught:
        vaelab.load("celeba")
    message = str(caught.value)
    for expected in (words, next_step, "a login is missing. Log in.", "VAELAB_DATA", "celeba.zip"):
        assert expected in message
    assert not list(machine.glob(f"cache/celeba/{ZIP}"))
    assert not list(machine.glob("kagglehub/**/*.complete"))
    if "web page" in words or "full" in words or "checksum" in words:
        assert not [*machine.glob("kagglehub/**/*.archive"), *machine.glob("cache/celeba/*.part")]


def test_a_cut_download_goes_on_where_it_stopped(machine, remote, monkeypatch):
    """At Kaggle and at Drive: what is asked for again is the rest."""
    remote.files["DownloadDataset"] = zipped(
        KAGGLE | {"more.bin": bytes(5_000_000)}
    )  # kagglehub writes by the MB
    remote.faults["DownloadDataset"] = ["cut"]
    check(vaelab.load("celeba"), SPLITS["train"])
    assert ("DownloadDataset", f"bytes={2 * 2**20}-") in remote.requests
    monkeypatch.setattr(downloads, "SILENCE", 3)  # longer than an answer takes on a busy machine
    remote.faults[ZIP] = ["cut", 503, "stalls", None]
    celeba_download.from_drive()
    asked = [int(wanted[6:-1]) for name, wanted in remote.requests if name == ZIP and wanted]
    assert asked[:2] == [len(DRIVE[ZIP]) // 2] * 2 and asked[2] > asked[1]


def test_a_download_goes_on_in_another_session(machine, remote):
    remote.faults[ZIP] = ["cut", *repeat(500, 3)]
    with pytest.raises(DownloadError, match="status 500"):
        celeba_download.from_drive()
    assert celeba.find() is None  # half of it is not taken for all of it
    celeba_download.from_drive()
    assert remote.requests[-1] == (ZIP, f"bytes={len(DRIVE[ZIP]) // 2}-")
    check(vaelab.load("celeba"), SPLITS["train"])


def test_a_server_without_ranges_begins_anew(machine, remote):
    remote.faults[ZIP] = ["cut", "no ranges"]
    home = celeba_download.from_drive()
    assert (home / ZIP).read_bytes() == DRIVE[ZIP]


def test_a_leftover_of_another_file_is_thrown_away(machine, remote):
    put(machine / "cache" / "celeba", {f"{ZIP}.part": DRIVE[ZIP] + b"more"})
    assert (celeba_download.from_drive() / ZIP).read_bytes() == DRIVE[ZIP]
    put(machine / "cache" / "celeba", {f"{ZIP}.part": DRIVE[ZIP]})
    (machine / "cache" / "celeba" / ZIP).unlink()
    assert (celeba_download.from_drive() / ZIP).read_bytes() == DRIVE[ZIP]  # it was whole


def test_drives_question_about_large_files_is_answered(machine, remote):
    remote.page = b"""<html><form id="download-form" action="/img_align_celeba.zip" method="get">
        <input type="hidden" name="id" value="a&amp;b"><input name="confirm" value="t"></form>"""
    remote.faults[ZIP] = ["page"]
    assert (celeba_download.from_drive() / ZIP).read_bytes() == DRIVE[ZIP]


def test_a_cache_that_cannot_be_written(machine, remote):
    (machine / "cache").write_text("a file where the folder should be")
    with pytest.raises(DownloadError, match=r"cannot be written.*VAELAB_CACHE"):
        celeba_download.from_drive()


# FFHQ


def ffhq_files(folder: str, numbers) -> dict[str, bytes]:
    return {f"{folder}{i // 1000 * 1000:05}/{i:05}.png": face(i % 25) for i in numbers}


NUMBERS = [0, 1, 2, 59_999, 60_000, 64_999, 65_000, 69_999]


@pytest.mark.parametrize("layout", ["folder", "zip", "tar"])
def test_ffhq_and_its_splits(machine, monkeypatch, layout):
    monkeypatch.setattr(ffhq, "COUNT", len(NUMBERS))
    monkeypatch.setenv("VAELAB_DATA", str(machine / "data"))
    folder = put(machine / "data" / "thumbnails128x128", ffhq_files("", NUMBERS))
    if layout != "folder":
        shutil.make_archive(str(folder), layout, machine / "data", folder.name)
        shutil.rmtree(folder)
    for split, numbers in (("train", NUMBERS[:4]), ("validation", NUMBERS[4:6]), ("test", NUMBERS[6:])):
        images = vaelab.load("ffhq", split=split)
        assert images.images[:, 0, 30, 30].tolist() == [10 * (i % 25) for i in numbers]
    assert len(vaelab.load(next((machine / "data").iterdir()), split="all")) == len(NUMBERS)
    monkeypatch.setattr(ffhq, "COUNT", 70_000)
    with pytest.warns(UserWarning, match="has 8 of FFHQ's 70,000"):
        vaelab.load("ffhq")


def test_ffhq_says_how_to_get_it(machine):
    with pytest.raises(MissingDataError, match=r"(?s)thumbnails128x128.*VAELAB_DATA"):
        vaelab.load("ffhq")
    (machine / "ffhq").mkdir()
    with pytest.raises(DataError, match=r"none of FFHQ's pictures"):
        vaelab.load(machine / "ffhq")
