"""Files that are written whole: at every moment the old content or the new one lies under the name."""

import os

import pytest

from vaelab import files


def test_a_file_changes_its_content_in_one_step(tmp_path, monkeypatch):
    path, on_disk = tmp_path / "a.json", []
    path.write_text("old")
    monkeypatch.setattr(files.os, "fsync", lambda _: on_disk.append(path.read_text()))
    with files.written_whole(path) as temporary:
        temporary.write_text("new")
        assert temporary.parent == tmp_path  # a rename is one step only within a file system
        assert path.read_text() == "old"
    assert path.read_text() == "new" and os.listdir(tmp_path) == ["a.json"]
    assert on_disk == ["old"]  # the bytes are on the disk before the name changes


def test_an_error_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("old")
    with pytest.raises(RuntimeError, match="half way"), files.written_whole(path) as temporary:
        temporary.write_text("ne")
        raise RuntimeError("half way")
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["a.json"]


@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_others_may_read_what_the_umask_lets_them(tmp_path, mask):
    before = os.umask(mask)
    try:
        with files.written_whole(tmp_path / "a") as temporary:
            temporary.write_text("new")
        assert os.umask(mask) == mask  # looking at it changes nothing
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o666 & ~mask
