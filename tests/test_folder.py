"""A folder of pictures: every odd kind is read rightly, every broken one is named, splits never mix."""

import os
import struct
import zlib

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image
from skimage.data import lfw_subset

import vaelab
from vaelab.data import sources
from vaelab.data.splits import place_of, split_starts
from vaelab.errors import DataError, MissingDataError, UnknownNameError

RED, BLUE, WHITE = (200, 30, 30), (30, 30, 200), (255, 255, 255)


def halves(left, right, mode="RGB", size=(40, 40)):
    image = Image.new(mode, size, right)
    image.paste(left, (0, 0, size[0] // 2, size[1]))
    return image


def red_left_blue_right(path):
    halves(RED, BLUE).save(path)


def transparent_right(path):
    halves((*RED, 255), (0, 0, 0, 0), "RGBA").save(path)


def transparent_palette(path):
    image = halves(0, 1, "P")
    image.putpalette([*RED, *BLUE])
    image.save(path, transparency=1)


def cmyk(path):
    halves((55, 225, 225, 0), (225, 225, 55, 0), "CMYK").save(path, quality=95)


def lying_on_its_side(path):
    """Stored as a camera held upright stores it: turned, with a tag that says so."""
    exif = Image.Exif()
    exif[0x0112] = 6
    halves(RED, BLUE).transpose(Image.Transpose.ROTATE_90).save(path, exif=exif, quality=95)


def animated(path):
    frames = [halves(RED, BLUE), halves(BLUE, RED)]
    frames[0].save(path, save_all=True, append_images=frames[1:], lossless=True)


def wide(path):
    """Black, red, blue, black: the central square is the middle two."""
    image = Image.new("RGB", (80, 40), 0)
    image.paste(halves(RED, BLUE), (20, 0))
    image.save(path)


def tall(path):
    """Black, red and blue, black: the central square is the middle."""
    image = Image.new("RGB", (40, 80), 0)
    image.paste(halves(RED, BLUE), (0, 20))
    image.save(path)


def large_photo(path):
    halves(RED, BLUE, size=(1600, 1600)).save(path, quality=95)


def single_row(path):
    halves(RED, BLUE, size=(2, 2)).save(path)


DEEP = np.tile(np.array([51400, 12850], np.uint16).repeat(20), (40, 1))  # 200 and 50 in 8 bits


@pytest.mark.parametrize(
    ("name", "write", "left", "right"),
    [
        ("plain.png", red_left_blue_right, RED, BLUE),
        ("SHOUTED.PNG", red_left_blue_right, RED, BLUE),
        ("plain.bmp", red_left_blue_right, RED, BLUE),
        ("misnamed.jpg", lambda p: halves(RED, BLUE).save(p, "PNG"), RED, BLUE),
        ("grey.png", lambda p: halves(200, 50, "L").save(p), (200,) * 3, (50,) * 3),
        ("bilevel.png", lambda p: halves(1, 0, "1").save(p), WHITE, (0,) * 3),
        ("transparent.png", transparent_right, RED, WHITE),
        ("grey-transparent.png", lambda p: halves((90, 255), (0, 0), "LA").save(p), (90,) * 3, WHITE),
        ("palette.png", transparent_palette, RED, WHITE),
        ("palette.gif", transparent_palette, RED, WHITE),
        ("print.jpg", cmyk, RED, BLUE),
        ("turned.jpg", lying_on_its_side, RED, BLUE),
        ("animated.webp", animated, RED, BLUE),
        ("wide.png", wide, RED, BLUE),
        ("tall.png", tall, RED, BLUE),
        ("photo.jpg", large_photo, RED, BLUE),
        ("tiny.png", single_row, RED, BLUE),
        ("deep.png", lambda p: Image.fromarray(DEEP).save(p), (200,) * 3, (50,) * 3),
        ("deep.tif", lambda p: tifffile.imwrite(p, DEEP), (200,) * 3, (50,) * 3),
        ("deep-big-endian.tif", lambda p: tifffile.imwrite(p, DEEP, byteorder=">"), (200,) * 3, (50,) * 3),
        (
            "negative.tif",
            lambda p: tifffile.imwrite(p, 65535 - DEEP, photometric="miniswhite"),
            (200,) * 3,
            (50,) * 3,
        ),
        ("float.tif", lambda p: tifffile.imwrite(p, (DEEP / 65535).astype("f4")), (200,) * 3, (50,) * 3),
        ("deep.pgm", lambda p: Image.fromarray(DEEP).save(p), (200,) * 3, (50,) * 3),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_kind_of_picture_looks_as_a_viewer_shows_it(tmp_path, name, write, left, right):
    write(tmp_path / name)
    source = sources.folder(tmp_path, "all", size=8)
    assert source.images.shape == (1, 3, 8, 8) and source.images.dtype == torch.uint8
    image = source.images[0].float()
    near = 6 if name.endswith("jpg") else 1
    for row in (0, 4, 7):
        assert image[:, row, 0].tolist() == pytest.approx(left, abs=near)
        assert image[:, row, 7].tolist() == pytest.approx(right, abs=near)


@pytest.mark.parametrize("name", ["fine.png", "fine.jpg"])
def test_fine_detail_is_averaged_not_sampled(tmp_path, name):
    """A chessboard of single pixels is plain grey from afar; taking every 8th pixel would give moire."""
    board = (np.indices((512, 512)).sum(0) % 2 * 255).astype(np.uint8)
    Image.fromarray(board).save(tmp_path / name, quality=100)
    image = sources.folder(tmp_path, "all", size=60, channels=1).images[0, 0].float()
    assert image.mean() == pytest.approx(127.5, abs=1.5)
    assert image[2:-2, 2:-2].std() < 3


def test_a_jpeg_read_at_reduced_scale_looks_the_same(tmp_path):
    """Reading at less than four times the wanted size changes this picture by 4 levels and more."""
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    picture = Image.fromarray(noise).resize((1024, 1024), Image.Resampling.BICUBIC)
    for kind in ("png", "jpg"):
        (tmp_path / kind).mkdir()
        picture.save(tmp_path / kind / f"a.{kind}", quality=95, subsampling=0)
    png, jpg = (sources.folder(tmp_path / kind, "all", size=64).images.float() for kind in ("png", "jpg"))
    assert (png - jpg).abs().mean() < 1.5


def png_header(width, height):
    """A PNG that claims a size and has no pixels: decompression bombs start so."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    header = struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    return b"\x89PNG\r\n\x1a\n" + header + struct.pack(">I", 1000) + b"IDAT" + bytes(1000)


@pytest.fixture
def broken(tmp_path):
    """A folder with one good picture and every kind of bad one; the reason each must be given."""
    noise = np.random.default_rng(0).integers(0, 256, (90, 90, 3), dtype=np.uint8)
    for suffix in ("jpg", "png", "webp", "tif"):
        whole = tmp_path / f"good.{suffix}"
        Image.fromarray(noise).save(whole)
        (tmp_path / f"cut.{suffix}").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
        if suffix != "jpg":
            whole.unlink()
    (tmp_path / "empty.png").touch()
    (tmp_path / "notes.jpg").write_text("not a picture at all")
    (tmp_path / "page.jpg").write_text("\n<!DOCTYPE html><html>Please log in</html>")
    (tmp_path / "program.jpg").write_bytes(bytes(range(256)) * 4)
    (tmp_path / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(100))
    (tmp_path / "bomb.png").write_bytes(png_header(60_000, 60_000))
    (tmp_path / "giant.png").write_bytes(png_header(11_000, 11_000))
    (tmp_path / "script.jpg").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n")
    tifffile.imwrite(tmp_path / "science.tif", np.linspace(-40, 3000, 100, dtype="f4").reshape(10, 10))
    tifffile.imwrite(tmp_path / "counts.tif", np.arange(100, dtype="i4").reshape(10, 10))
    (tmp_path / "dangling.png").symlink_to(tmp_path / "gone.png")
    os.mkfifo(tmp_path / "pipe.jpg")  # opening it would wait for ever
    return tmp_path, {
        "cut.jpg": "truncated",
        "cut.png": "broken",
        "cut.webp": "broken",
        "cut.tif": "broken",
        "empty.png": "empty",
        "notes.jpg": "text",
        "page.jpg": "web page",
        "program.jpg": "not a picture",
        "phone.heic": "convert it to JPEG",
        "bomb.png": "100,000,000 pixels",
        "giant.png": "11000x11000",
        "script.jpg": "text",
        "science.tif": "outside 0 to 1",
        "counts.tif": "32-bit",
        "dangling.png": "link",
        "pipe.jpg": "regular file",
    }


def test_broken_pictures_are_named_with_their_reason(broken):
    path, reasons = broken
    with pytest.warns() as caught:
        source = sources.folder(path, "all")
    assert len(source.images) == 1
    skipped = dict(source.skipped)
    assert skipped.keys() == reasons.keys()
    for file, reason in reasons.items():
        assert reason in skipped[file], file
    assert len(caught) == 1
    message = str(caught[0].message)
    assert "16 files could not be read" in message and "bomb.png" in message and "\n" not in message


def test_folder_of_broken_pictures(broken):
    path, _ = broken
    (path / "good.jpg").unlink()
    with pytest.raises(DataError, match=r"None of the picture files .*16 files could not be read: bomb\.png"):
        vaelab.load(path, split="all")


def test_a_broken_exif_block_costs_nothing(tmp_path):
    halves(RED, BLUE).save(tmp_path / "a.jpg", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff nonsense")
    assert len(sources.folder(tmp_path, "all").images) == 1


def grey(path, level):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (4, 4), level).save(path)


def levels(source):
    return source.images[:, 0, 0, 0].tolist()


def test_what_counts_as_a_picture_and_in_which_order(tmp_path):
    root = tmp_path / "root"
    for level, name in enumerate(["b/2.png", "b/10.png", "a.png", "a-b.png", "B.png", "b/c/1.png"]):
        grey(root / name, level)
    for name in [".hidden.png", ".cache/x.png", "__MACOSX/._a.png"]:
        grey(root / name, 99)
    (root / "readme.txt").write_text("no picture")
    (root / "b" / "loop").symlink_to(root, target_is_directory=True)
    (root / "a-link").symlink_to(root / "b", target_is_directory=True)
    grey(tmp_path / "elsewhere" / "z.png", 50)
    (tmp_path / "elsewhere" / "back").symlink_to(tmp_path, target_is_directory=True)
    (root / "linked").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    # B.png, a-b.png, a.png, b/10.png, b/2.png, b/c/1.png, linked/z.png; every picture once
    assert levels(sources.folder(root, "all", channels=1)) == [4, 3, 2, 1, 0, 5, 50]


@pytest.fixture
def many(tmp_path):
    for level in range(250):
        grey(tmp_path / f"{level:03}.png", level)
    return tmp_path


def test_splits_share_nothing_and_cover_all(many):
    parts = {split: levels(sources.folder(many, split)) for split in ("train", "validation", "test")}
    assert (
        sorted(level for part in parts.values() for level in part)
        == levels(sources.folder(many, "all"))
        == list(range(250))
    )
    assert len(parts["train"]) == pytest.approx(200, abs=20)
    assert len(parts["validation"]) == pytest.approx(25, abs=14)


def test_copies_follow_their_picture_and_newcomers_move_nothing(many):
    before = {split: set(levels(sources.folder(many, split))) for split in ("train", "validation", "test")}
    for file in sorted(many.glob("*.png"))[:200]:
        (many / f"copy of {file.name}").write_bytes(file.read_bytes())
    for level in range(250, 256):
        grey(many / "new" / f"{level}.png", level)
    for split, old in before.items():
        after = levels(sources.folder(many, split))
        assert {level for level in after if level < 250} == old
        assert len(after) >= 1.5 * len(old)  # the copies are there


def test_some_of_a_folder_are_drawn_by_the_seed(many):
    def some(seed):
        return levels(vaelab.load(many, size=1, n=30, seed=seed, split="all"))

    assert some(1) == some(1) and len(set(some(1))) == 30
    assert set(some(1)) != set(some(2)) and max(some(1)) > 150  # not just the first


def test_a_picture_keeps_its_split_for_good():
    """Another hash would hand test pictures of saved runs to training."""
    places = [place_of(b"picture %d" % number) for number in range(30)]
    assert [number for number, place in enumerate(places) if 0.8 <= place < 0.9] == [2, 7, 8, 21, 28]
    assert [number for number, place in enumerate(places) if place >= 0.9] == [27]


def test_every_byte_of_a_file_counts(tmp_path):
    """Bitmaps begin alike, with a header and the lowest row: by a hash of that, all would be copies."""
    for level in range(60):
        Image.fromarray(np.array([[level] * 32, [0] * 32], np.uint8)).save(tmp_path / f"{level}.bmp")
    heads = {(tmp_path / f"{level}.bmp").read_bytes()[:1_070] for level in range(60)}
    assert len(heads) == 1
    counts = [len(sources.folder(tmp_path, split)) for split in ("train", "validation", "test")]
    assert sum(counts) == 60 and min(counts) > 1


def parts(places):
    """How many pictures each split has."""
    return np.bincount(np.searchsorted(split_starts(places), places, side="right"), minlength=3)


def test_each_split_of_three_pictures_and_more_has_one_and_as_few_as_possible_move():
    rng = np.random.default_rng(0)
    for count in [*range(3, 12), 40] * 30:
        places = np.sort(rng.uniform(0.7 if count % 2 else 0, 1, count))
        rng.shuffle(places)
        wanted = np.searchsorted((0.8, 0.9), np.sort(places), side="right")
        chosen = np.searchsorted(split_starts(places), np.sort(places), side="right")
        assert set(chosen) == {0, 1, 2}
        cuts = [(i, j) for i in range(1, count - 1) for j in range(i + 1, count)]
        fewest = min((wanted != np.repeat(range(3), (i, j - i, count - j))).sum() for i, j in cuts)
        assert (wanted != chosen).sum() == fewest


def test_a_place_at_a_border_one_picture_two_and_copies():
    assert parts(np.array([0.1, 0.8, 0.85, 0.9])).tolist() == [1, 2, 1]
    assert parts(np.array([0.99])).tolist() == [1, 0, 0]
    assert parts(np.array([0.1, 0.2])).tolist() == parts(np.array([0.95, 0.99])).tolist() == [1, 1, 0]
    assert parts(np.array([0.1, 0.2, 0.3, 0.3, 0.2])).tolist() == [1, 2, 2]  # copies stay together
    assert split_starts(np.array([])) == (1, 1)


@pytest.mark.parametrize("count", [3, 5, 17, 40])
def test_few_pictures_fill_every_split(tmp_path, count):
    for level in range(count):
        grey(tmp_path / f"{level:02}.png", level)
    (tmp_path / "broken.png").write_bytes(b"none of the pictures")
    with pytest.warns(UserWarning, match="broken"):
        found = [levels(sources.folder(tmp_path, split)) for split in ("train", "validation", "test", "all")]
    assert sorted(found[0] + found[1] + found[2]) == found[3] == list(range(count))
    assert all(part == sorted(part) and part for part in found)


def test_subfolders_are_classes_and_keep_their_numbers_in_every_split(tmp_path):
    for level in range(120):
        grey(tmp_path / ("cats", "dogs/small", "newts")[level % 3] / f"{level}.png", level)
    grey(tmp_path / "axolotls" / "one.png", 150)  # alone, so that two splits have no axolotl
    for split in ("train", "validation", "test", "all"):
        source = sources.folder(tmp_path, split)
        assert source.class_names == ("axolotls", "cats", "dogs", "newts")
        assert source.labels.dtype == torch.int64
        assert source.labels.tolist() == [0 if level == 150 else 1 + level % 3 for level in levels(source)]


@pytest.mark.parametrize("names", [["a.png", "b.png"], ["all/a.png", "all/b.png"], ["a.png", "sub/b.png"]])
def test_no_classes_without_two_subfolders(tmp_path, names):
    for level, name in enumerate(names):
        grey(tmp_path / name, level)
    source = sources.folder(tmp_path, "all")
    assert source.labels is None and source.class_names == ()


def test_real_faces_come_back_as_they_were_saved(tmp_path):
    faces = (lfw_subset()[:100] * 255).round().astype(np.uint8)
    for number, face in enumerate(faces):
        Image.fromarray(face).save(tmp_path / f"{number:03}.png")
    same = sources.folder(tmp_path, "all", size=25, channels=1)
    assert np.array_equal(same.images[:, 0].numpy(), faces)
    loaded = vaelab.load(tmp_path, size=32, split="all")
    assert loaded.images.shape == (100, 3, 32, 32)
    assert loaded.images.float().mean() == pytest.approx(faces.mean(), abs=2)


def test_a_missing_folder_an_empty_one_and_a_file(tmp_path):
    with pytest.raises(MissingDataError, match=r"no folder .*nowhere"):
        vaelab.load(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"has no picture files.*\.jpeg.*\.png"):
        vaelab.load(tmp_path)
    archive = tmp_path / "pictures.7z"
    archive.write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(600))
    with pytest.raises(DataError, match=r"is a file, not a folder of pictures.*unpack"):
        vaelab.load(archive)


def test_wrong_wishes(tmp_path):
    red_left_blue_right(tmp_path / "one.png")
    assert len(sources.folder(tmp_path, "train")) == 1
    with pytest.raises(DataError, match=r'three different ones.*split="all"'):
        sources.folder(tmp_path, "validation")
    with pytest.raises(UnknownNameError, match="'train'"):
        sources.folder(tmp_path, "trian")
    with pytest.raises(DataError, match="channels must be 3"):
        sources.folder(tmp_path, "all", channels=4)
    for size in (0, -3, 64.0, True, "64"):
        with pytest.raises(DataError, match="size, the height"):
            sources.folder(tmp_path, "all", size=size)
