"""Pictures: readable by everyone, in both themes, several on a page."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
import torch
from PIL import Image

from vaelab import figures, latent
from vaelab.data import ImageSet
from vaelab.errors import DataError, PixelRangeError, ShapeError
from vaelab.figures.style import plain


def svg_of(picture):
    markup = picture._repr_html_()
    return ET.fromstring(markup[markup.index("<svg") : markup.index("</svg>") + 6])


def test_a_picture_carries_its_description_safely():
    picture = figures.image_grid(torch.rand(3, 1, 4, 4), alt='Three "noisy" <pictures>')
    assert 'aria-label="Three &quot;noisy&quot; &lt;pictures&gt;"' in picture._repr_html_()
    with pytest.raises(ValueError, match="alt text"):
        figures.image_grid(torch.rand(3, 1, 4, 4), alt=" ")


def test_text_takes_the_colour_and_font_of_the_page():
    """A colour written out would vanish in one of the two themes."""
    picture = figures.lines([0, 1], {"a": [0, 1], "b": [1, 0]}, xlabel="x", ylabel="y", alt="two lines")
    texts = [e for e in svg_of(picture).iter() if e.tag.endswith("}text")]
    assert {"x", "y", "a", "b"} <= {t.text for t in texts}
    assert all("currentColor" in t.get("style", "") for t in texts)
    assert "#000000" not in picture._repr_html_() and "white" not in picture._repr_html_()


def test_a_picture_brings_no_style_sheet():
    """A sheet inside an SVG holds for the whole page: Matplotlib's took the round ends off other lines."""
    picture = figures.lines([0, 1], {"": [0, 1]}, xlabel="x", ylabel="y", alt="line")
    assert "<style" not in picture._repr_html_()
    assert "stroke-linejoin:round" in svg_of(picture).get("style")


def test_logarithmic_axes_have_numbers_and_no_exponents():
    """An exponent is two thirds as high as the number, and on a phone that is nothing."""
    axes = {"xlabel": "x", "ylabel": "y", "log_x": True, "log_y": True}
    svg = svg_of(figures.lines([1, 1e4], {"": [1e-3, 1e7]}, **axes, alt="a line"))
    texts = {text for e in svg.iter() if e.tag.endswith("}text") for text in [e.text] if text}
    assert {"1", "100", "10,000", "0.001", "0.1", "10⁷"} <= texts
    narrow = svg_of(figures.lines([2, 6], {"": [1, 2]}, **axes, alt="a line"))
    assert {"2", "3", "4", "6"} <= {e.text for e in narrow.iter()}


def test_numbers_are_written_as_by_hand():
    numbers = {1e-4: "0.0001", 5: "5", 9e6: "9,000,000", 1e7: "10⁷", 2e7: "2·10⁷", 3e7: "3·10⁷"}
    numbers |= {2.5e12: "2.5·10¹²", 1e-5: "10⁻⁵", 5e-5: "5·10⁻⁵"}
    assert {value: plain(value) for value in numbers} == numbers


def test_every_class_is_drawn_and_has_a_name():
    codes, labels = torch.rand(6, 2), torch.tensor([0, 1, 2, 2, 1, 0])
    makers = {
        "scatter_panel": lambda names: figures.scatter_panel(codes, labels, names),
        "maps_with_prior": lambda names: figures.maps_with_prior({"": codes}, labels, names, alt="x").panels[
            0
        ],
        "flat_maps": lambda names: figures.flat_maps({"": codes}, labels, names, alt="x").panels[0],
    }
    for make in makers.values():
        axes = make(())
        assert [text.get_text() for text in axes.get_legend().get_texts()] == ["0", "1", "2"]
        assert sum(len(dots.get_offsets()) for dots in axes.collections) == 6
        with pytest.raises(DataError, match="Labels go up to 2, but there are only 2 class names"):
            make(("shirt", "shoe"))
    with pytest.raises(DataError, match="6 pictures or points need one label each"):
        figures.scatter_panel(codes, labels[:3])


def test_a_legend_of_classes_reads_from_left_to_right():
    codes, labels = torch.rand(20, 2), torch.arange(20) % 10
    names = [str(k) for k in range(10)]
    legend = figures.maps_with_prior({"": codes}, labels, names, alt="dots").panels[0].get_legend()
    columns = [texts.get_text() for texts in legend.get_texts()]
    assert columns == ["0", "5", "1", "6", "2", "7", "3", "8", "4", "9"]  # filled downwards


def test_pictures_on_one_page_do_not_share_ids():
    first, second = (
        figures.lines([0, 1], {"": [0, end]}, xlabel="x", ylabel="y", alt="line")._repr_html_()
        for end in (1, 2)
    )
    ids = [set(re.findall(r'\bid="([^"]+)"', markup)) for markup in (first, second)]
    assert ids[0] and not ids[0] & ids[1]
    for markup, own in zip((first, second), ids, strict=True):
        assert set(re.findall(r'(?:href="#|url\(#)([^")]+)', markup)) <= own


def test_the_same_picture_is_written_the_same():
    """Otherwise every build would change every page."""
    make = lambda: figures.latent_map(torch.eye(2), alt="two points")._repr_html_()  # noqa: E731
    assert make() == make()


def test_a_grid_puts_each_image_where_it_belongs():
    images = torch.zeros(6, 1, 2, 2)
    images[4] = 1  # second row, second column
    canvas = np.asarray(
        figures.image_grid(images, columns=3, alt="grid").panels[0].get_images()[0].get_array()
    )
    assert canvas.shape == (5, 8, 4)  # 2 rows and 3 columns of 2 pixels, 1 pixel between them
    assert (canvas[3:5, 3:5, :3] == 255).all() and canvas[..., :3].sum() == 4 * 3 * 255
    assert (canvas[2, :, 3] == 0).all()  # the gap is see-through


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_a_saved_picture_is_the_whole_picture(tmp_path, ending):
    rows = {name: torch.full((3, 1, 8, 8), level) for name, level in (("dark", 0.2), ("light", 0.8))}
    path = tmp_path / f"both.{ending}"
    figures.comparison(rows, alt="two rows", width=3).save(path)
    if ending == "png":
        pixels = np.asarray(Image.open(path).convert("L"))
        assert {51, 204} <= set(pixels.ravel().tolist())
    else:
        assert path.stat().st_size > 1000


def test_a_saved_picture_lies_as_on_a_wide_page(tmp_path):
    """Three panels, of which two fit beside one another: each is there to the pixel, in its place."""
    panels = [figures.line_panel([0, 1], {"": [0, k]}, xlabel="x", ylabel=str(k)) for k in range(3)]
    figures.Picture(*panels, alt="three lines").save(tmp_path / "all.png")
    whole = np.asarray(Image.open(tmp_path / "all.png").convert("RGB"))
    alone = []
    for k, axes in enumerate(panels):
        figures.Picture(axes, alt="one line").save(tmp_path / f"{k}.png")
        alone.append(np.asarray(Image.open(tmp_path / f"{k}.png").convert("RGB")))
    tall, wide, _ = alone[0].shape
    middle = (whole.shape[1] - wide) // 2
    places = [(0, 0), (0, whole.shape[1] - wide), (whole.shape[0] - tall, middle)]
    for (top, left), expected in zip(places, alone, strict=True):
        assert np.array_equal(whole[top : top + tall, left : left + wide], expected)
    assert 2 * wide < whole.shape[1] < 2 * wide + 50 and 2 * tall < whole.shape[0] < 2 * tall + 50


def test_a_saved_picture_has_the_names_of_its_panels(tmp_path):
    rows = {"above": torch.zeros(2, 1, 8, 8), "below": torch.ones(2, 1, 8, 8)}
    picture = figures.comparison(rows, alt="two rows", width=3)
    picture.save(tmp_path / "named.png")
    picture.names = ["", ""]
    picture.save(tmp_path / "nameless.png")
    named, nameless = (
        np.asarray(Image.open(tmp_path / f"{n}.png").convert("L")) for n in ("named", "nameless")
    )
    assert len(named) > len(nameless) and (named < 128).sum() > (nameless < 128).sum() + 50


def test_pictures_of_pictures_take_sets_floats_and_bytes_and_refuse_the_rest():
    as_bytes = torch.randint(0, 256, (3, 3, 4, 4), dtype=torch.uint8)
    expected = figures.image_grid(ImageSet(as_bytes), alt="grid")._repr_html_()
    for images in (as_bytes, as_bytes / 255, (as_bytes / 255).requires_grad_()):
        assert figures.image_grid(images, alt="grid")._repr_html_() == expected
    for images, error in ((as_bytes.numpy(), DataError), (as_bytes.float(), PixelRangeError)):
        with pytest.raises(error):
            figures.comparison({"all": images}, alt="grid")


def test_a_decoded_plane_has_its_coordinates_on_the_axes():
    z = latent.square_grid(-2, 2, steps=5)
    picture = figures.plane(torch.rand(25, 1, 4, 4), z, alt="plane", ticks=3)
    axes = picture.panels[0]
    assert [t.get_text() for t in axes.get_xticklabels()] == ["−2.0", "0.0", "2.0"]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["2.0", "0.0", "−2.0"]  # y grows upwards


def test_rows_to_compare_must_match():
    images = ImageSet(torch.zeros(3, 3, 4, 4, dtype=torch.uint8))
    assert figures.comparison({"original": images, "again": images}, alt="twice").names == [
        "original",
        "again",
    ]
    with pytest.raises(ShapeError, match="same number"):
        figures.comparison({"original": images, "again": images[:2]}, alt="twice")


def images_in(picture) -> list[str]:
    """For each row its own images, by number."""
    return [row.count("<img") for row in picture._repr_html_().split('style="display:grid')[1:]]


def test_large_pictures_are_images_of_their_own():
    faces = torch.rand(7, 3, 64, 64)
    assert images_in(figures.gallery(faces, alt="seven faces")) == [7]
    rows = figures.comparison({"a <b>": faces, "again": faces}, alt="twice")
    assert images_in(rows) == [7, 7] and "a &lt;b&gt;" in rows._repr_html_()
    assert images_in(figures.comparison({"digits": torch.rand(7, 1, 28, 28)}, alt="digits")) == []


def test_names_stand_over_the_pictures_of_a_gallery(tmp_path):
    faces = torch.rand(3, 3, 64, 64)
    picture = figures.gallery(faces, names=["hair", "<eyes>", "mouth"], alt="three")
    assert re.findall(r"panel-name\">([^<]*)</div><img", picture._repr_html_()) == [
        "hair",
        "&lt;eyes&gt;",
        "mouth",
    ]
    assert [text.get_text() for text in picture.panels[0].texts] == ["hair", "<eyes>", "mouth"]
    for several, names in ((faces, ["hair"]), (torch.rand(7, 3, 64, 64), list("abcdefg"))):
        with pytest.raises(ShapeError, match="one picture each, 6 at most"):
            figures.gallery(several, names=names, alt="wrong")


def test_a_gallery_is_saved_like_other_pictures(tmp_path):
    figures.gallery(torch.rand(7, 3, 64, 64), alt="seven faces").save(tmp_path / "faces.png")
    assert Image.open(tmp_path / "faces.png").width > 1000


def test_walks_shade_each_time_by_its_own_height_and_draw_a_line_for_each_point():
    times, places = torch.arange(4), torch.linspace(-1, 1, 5)
    density = torch.tensor([[0, 1, 0, 4, 0], [1, 1, 1, 1, 2], [2.0, 2, 2, 2, 2], [0, 0, 3, 0, 0]])
    ways = torch.rand(4, 3)
    picture = figures.walks(times, places, {"there": (density, ways)}, alt="three lines")
    axes = picture.panels[0]
    shades = np.asarray(axes.get_images()[0].get_array())[..., 3]  # (places, times)
    assert shades.shape == (5, 4) and shades.max(0) == pytest.approx(shades.max())
    assert shades[1, 0] == pytest.approx(shades[3, 0] / 4) and axes.get_images()[0].origin == "lower"
    drawn = np.stack([line.get_ydata() for line in axes.lines], 1)
    assert drawn == pytest.approx(ways.numpy())
