"""Pictures: readable by everyone, in both themes, several on a page."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
import torch

from vaelab import figures, latent
from vaelab.data import ImageSet
from vaelab.errors import ShapeError


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


def test_a_decoded_plane_has_its_coordinates_on_the_axes():
    z = latent.square_grid(-2, 2, steps=5)
    picture = figures.plane(torch.rand(25, 1, 4, 4), z, alt="plane", ticks=3)
    axes = picture.panels[0]
    assert [t.get_text() for t in axes.get_xticklabels()] == ["-2.0", "0.0", "2.0"]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["2.0", "0.0", "-2.0"]  # y grows upwards


def test_rows_to_compare_must_match():
    images = ImageSet(torch.zeros(3, 3, 4, 4, dtype=torch.uint8))
    assert figures.comparison({"original": images, "again": images}, alt="twice").names == [
        "original",
        "again",
    ]
    with pytest.raises(ShapeError, match="same number"):
        figures.comparison({"original": images, "again": images[:2]}, alt="twice")
