"""Archives of pictures: what is damaged costs itself alone, links are followed, what was replaced is seen."""

import gzip
import os
import stat
import subprocess
import tarfile
import zipfile

import numpy as np
import pytest
from PIL import Image

import vaelab
from vaelab.data import picture_files
from vaelab.errors import DataError


@pytest.fixture
def faces(tmp_path):
    """A folder of three pictures, no two alike, that hardly compress."""
    (tmp_path / "faces").mkdir()
    for i in range(3):
        pixels = np.random.default_rng(i).integers(0, 256, (40, 40, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"faces/{i}.bmp")
    return tmp_path / "faces"


def load(path):
    return vaelab.load(path, split="all", size=16)


def as_tar(folder, **options):
    path = folder.with_suffix(".tar")
    with tarfile.open(path, "w", **options) as archive:
        archive.add(folder, "faces")
    return path


def as_zip(folder, method=zipfile.ZIP_DEFLATED):
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", method) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
    return path


def test_names_that_lead_out_of_an_archive_are_those_that_they_unpack_to(faces):
    """`zip -r faces.zip ../faces` writes such names, and so does `tar -P`."""
    (faces / "link.bmp").symlink_to("0.bmp")
    with zipfile.ZipFile(faces.with_suffix(".zip"), "w") as archive:
        for i in range(3):
            archive.write(faces / f"{i}.bmp", f"../faces/{i}.bmp")
        link = zipfile.ZipInfo("../faces/link.bmp")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "0.bmp")
    (faces / "out.bmp").symlink_to("../0.bmp")  # which is not in the archive
    with tarfile.open(faces.with_suffix(".tar"), "w") as archive:
        archive.add(faces, "../../faces")
        archive.add(faces / "1.bmp", "0.bmp")
    found = load(faces.with_suffix(".zip"))
    assert len(found) == 4 and not found.skipped
    with pytest.warns(UserWarning, match=r"1 file could not be read: faces/out\.bmp \(a link to a file that"):
        assert len(load(faces.with_suffix(".tar"))) == 5


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "faces.zip")
    with pytest.raises(DataError, match="is neither a folder nor a file"):
        load(tmp_path / "faces.zip")


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_one_damaged_picture_in_a_zip_costs_one_picture(faces, method):
    """Each unpacker has an error of its own, of no common kind."""
    path = as_zip(faces, method)
    data, first = bytearray(path.read_bytes()), 30 + len("0.bmp")
    data[first] |= 0x06  # for deflate: a kind of block that there is not
    for place in range(first + 20, first + 1_000, 97):
        data[place] ^= 0x55
    path.write_bytes(data)
    with pytest.warns(UserWarning, match=r"0\.bmp \(broken in the archive: "):
        assert len(load(path)) == 2


def test_a_picture_that_unpacks_to_more_than_is_read_is_named_and_not_unpacked(faces, monkeypatch):
    monkeypatch.setattr(picture_files, "_MAX_BYTES", 100_000)
    path = as_zip(faces)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.png", bytes(100_001))
    (faces / "bomb.png").write_bytes(bytes(100_001))
    unpacked, read = [], zipfile.ZipFile.read
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda self, m: unpacked.append(m.filename) or read(self, m))
    for place in (path, faces, as_tar(faces)):
        with pytest.warns(UserWarning, match=r"bomb\.png \(0 MB, where pictures of 0 MB are read\)"):
            assert len(load(place)) == 3
    assert sorted(unpacked) == ["0.bmp", "1.bmp", "2.bmp"]


@pytest.mark.parametrize("where", [0.3, 0.85])
def test_half_an_archive_is_told_in_words(faces, where):
    for path, words in ((as_tar(faces), "half a download"), (as_zip(faces), "half a download")):
        data = path.read_bytes()
        path.write_bytes(data[: int(where * 3 * 4_900)])
        with pytest.raises(DataError, match=words):
            load(path)


def test_what_is_damaged_between_the_files_of_an_archive_is_told_in_words(faces):
    path = as_tar(faces)
    data = bytearray(path.read_bytes())
    with tarfile.open(path) as archive:
        headers = [member.offset for member in archive]
    for place in headers[2:]:
        path.write_bytes(data[:place] + b"\x01" + data[place + 1 :])  # no longer a header
        with pytest.raises(DataError, match="a part in the middle is damaged"):
            load(path)
        path.write_bytes(data[:place])  # cut between two files
        with pytest.raises(DataError, match="its end is missing"):
            load(path)
    path = as_zip(faces)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"PK\x01\x02", b"PK\x01\x07"))  # its list of files
    with pytest.raises(DataError, match="is broken"):
        load(path)


@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_links_in_an_archive_are_pictures_as_in_a_folder_or_are_named(faces, kind):
    os.link(faces / "0.bmp", faces / "3.bmp")
    (faces / "4.bmp").symlink_to("3.bmp")
    (faces / "nowhere.bmp").symlink_to("5.bmp")
    (faces / "round.bmp").symlink_to("round.bmp")
    if kind == "tar":
        path = as_tar(faces)
    else:
        path = faces.with_suffix(".zip")
        with zipfile.ZipFile(path, "w") as archive:
            for file in sorted(faces.iterdir()):
                name = zipfile.ZipInfo(f"faces/{file.name}")
                name.external_attr = (stat.S_IFLNK if file.is_symlink() else stat.S_IFREG) << 16
                archive.writestr(name, os.readlink(file) if file.is_symlink() else file.read_bytes())
    with pytest.warns(UserWarning, match=r"2 files .*nowhere\.bmp"):
        found, expected = load(path), load(faces)
    assert len(found) == 5 and np.array_equal(found.images, expected.images)
    assert dict(found.skipped) == {
        "faces/nowhere.bmp": "a link to a file that is not in the archive",
        "faces/round.bmp": "a link that leads back to itself",
    }


def test_a_tar_of_the_folder_itself_and_one_of_before_1988(faces, tmp_path):
    """`tar -cf x.tar .` begins every name with "./", which is no hidden folder."""
    expected = load(faces).images
    for options in (["."], ["--format=v7", "."], ["0.bmp", "1.bmp", "./2.bmp", "0.bmp"]):
        subprocess.run(["tar", "-C", faces, "-cf", tmp_path / "x.tar", *options], check=True)
        assert np.array_equal(load(tmp_path / "x.tar").images, expected)


def test_classes_are_the_sub_folders_however_their_names_are_written(faces, tmp_path):
    with zipfile.ZipFile(tmp_path / "old.zip", "w") as archive:
        for kind in ("cats", "dogs"):
            archive.write(faces / "0.bmp", f".\\{kind}\\0.bmp")  # as some programs of Windows do
    assert load(tmp_path / "old.zip").class_names == ("cats", "dogs")
    (faces / "cats").mkdir()
    (faces / "dogs").mkdir()
    (faces / "0.bmp").rename(faces / "cats" / "0.bmp")
    (faces / "1.bmp").rename(faces / "dogs" / "0.bmp")
    (faces / "2.bmp").unlink()
    subprocess.run(["tar", "-C", faces, "-cf", tmp_path / "x.tar", "."], check=True)
    assert load(tmp_path / "x.tar").class_names == ("cats", "dogs")


def test_an_archive_is_known_by_its_bytes_not_by_its_name(faces, tmp_path):
    expected = load(faces).images
    assert np.array_equal(load(as_tar(faces).rename(tmp_path / "a.zip")).images, expected)
    assert np.array_equal(load(as_zip(faces).rename(tmp_path / "b.tar")).images, expected)
    whole = as_tar(faces).read_bytes()
    for name, content in {"c.tar.gz": gzip.compress(whole), "d.zip": gzip.compress(whole)[:100]}.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataError, match="which has to be read in one go: unpack it"):
            load(tmp_path / name)
    (tmp_path / "e.tar").write_bytes(b"")
    with pytest.raises(DataError, match="is an empty file"):
        load(tmp_path / "e.tar")


def test_files_with_holes_in_a_tar_are_named(faces, tmp_path):
    with (faces / "holes.bmp").open("wb") as file:
        file.truncate(1_000_000)
    subprocess.run(["tar", "--sparse", "-C", faces, "-cf", tmp_path / "x.tar", "."], check=True)
    with pytest.warns(UserWarning, match="without --sparse"):
        assert len(load(tmp_path / "x.tar")) == 3


@pytest.mark.parametrize("kind", ["folder", "tar"])
def test_pictures_replaced_under_their_old_size_and_date_are_seen(tmp_path, monkeypatch, kind):
    monkeypatch.setenv("VAELAB_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "faces"
    folder.mkdir()

    def red(level):
        for number in range(510):  # enough to be packed
            path = folder / f"{number:03}.bmp"
            Image.new("RGB", (8, 8), (level, number % 256, 0)).save(path)
            os.utime(path, (315_532_800, 315_532_800))
        place = folder if kind == "folder" else as_tar(folder)
        os.utime(place, (315_532_800, 315_532_800))
        return load(place).images[:, 0].float().mean().item()

    assert red(10) == pytest.approx(10)
    assert red(200) == pytest.approx(200)
