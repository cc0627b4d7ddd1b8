"""Words of pictures and tables: escaped, and with formulas that do not break."""

import pytest
import torch

from vaelab import figures
from vaelab.figures.words import words


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("drawn from N(0, I).", "drawn from N(0,~I)."),
        ("q(z | x), p(z) = N(0, 1)", "q(z~|~x), p(z) = N(0,~1)"),
        ("d = 10, then L = 8", "d~=~10, then L~=~8"),
        ("a < b (or so, at times)", "a &lt; b (or so, at times)"),
    ],
)
def test_a_short_formula_does_not_break(written, shown):
    assert words(written) == shown.replace("~", "\N{NO-BREAK SPACE}")


def test_pictures_rows_of_pictures_and_tables_use_it():
    face, digit = torch.rand(1, 3, 64, 64), torch.rand(1, 1, 28, 28)
    rows = [figures.comparison({"at t = 1": x}, alt="one", caption="from N(0, I)") for x in (face, digit)]
    for shown in (*rows, figures.table({"at t = 1": 1}, ["", "of 2"], caption="from N(0, I)")):
        assert "at t\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}1" in shown._repr_html_()
        assert "from N(0,\N{NO-BREAK SPACE}I)" in shown._repr_html_()


def test_words_of_a_plane_can_be_read_on_a_phone():
    """It is 4.6 inches wide, and a phone's column 300 pixels, at 72 to the inch where words are 1 high."""
    axes = figures.plane(torch.rand(9, 1, 4, 4), torch.rand(9, 2), alt="plane", ticks=3).panels[0]
    words_of = [axes.xaxis.label, axes.yaxis.label, *axes.get_xticklabels(), *axes.get_yticklabels()]
    assert min(text.get_size() for text in words_of) * 300 / (72 * axes.figure.get_figwidth()) >= 9
