"""Results as tables: few digits, the row that matters, and a text where there is no page."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest
import torch

from vaelab import figures
from vaelab.errors import ShapeError, UnknownNameError

HEAD = ["model", "distance", "latents"]
ROWS = {"ours": [torch.tensor(8.8249), 64], "a <linear> one": [np.float32(10.47), 1200], "none": [None, "–"]}


def cells(table) -> list[list[str]]:
    return [[cell.text or "" for cell in row] for row in ET.fromstring(table._repr_html_()).iter("tr")]


def test_a_column_has_as_many_digits_as_its_largest_number_needs():
    assert cells(figures.table(ROWS, HEAD)) == [
        HEAD,
        ["ours", "8.8", "64"],
        ["a <linear> one", "10.5", "1,200"],
        ["none", "", "–"],
    ]


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([0.2231, 0.001], ["0.223", "0.001"]),
        ([123.4, -0.2], ["123", "0"]),
        ([float("inf"), -float("inf"), float("nan"), -2.5], ["∞", "−∞", "–", "−2.50"]),
        ([0.0, 0.0], ["0.0", "0.0"]),
        ([200704, True, 0.5], ["200,704", "True", "0"]),
    ],
)
def test_numbers_are_written_as_people_write_them(values, texts):
    table = figures.table(dict(zip("abcd", values, strict=False)), ["", "x"])
    assert [row[1] for row in cells(table)[1:]] == texts


def test_decimals_may_be_given_for_all_columns_or_for_each():
    assert cells(figures.table({0.5: [1.0, 2.0]}, ["ε", "a", "b"], decimals=2))[1] == ["0.5", "1.00", "2.00"]
    each = figures.table({-1: [1.0, 2.0]}, ["ε", "a", "b"], decimals=[1, None])
    assert cells(each)[1] == ["−1", "1.0", "2.00"]
    with pytest.raises(ShapeError, match="1 numbers of decimals for 2 columns"):
        figures.table(ROWS, HEAD, decimals=[1])


def test_the_row_that_matters_is_told_by_more_than_a_colour():
    table = figures.table(ROWS, HEAD, mark="ours", caption="Lower is better.")
    marked = ET.fromstring(table._repr_html_()).find(".//tr[@class='vaelab-marked']")
    assert marked[0].text == "ours" and "font-weight:bold" in marked.get("style")
    assert repr(table).splitlines() == [
        "  model            distance   latents",
        "> ours                  8.8        64",
        "  a <linear> one       10.5     1,200",
        "  none                              –",
        "Lower is better.",
    ]


def test_a_table_that_cannot_be_drawn_says_why():
    with pytest.raises(ShapeError, match=r"Row 'ours' has 1 values under 2 headings"):
        figures.table({"ours": 1.0}, HEAD)
    with pytest.raises(UnknownNameError, match=r"no row called 'our'\. Did you mean 'ours'"):
        figures.table(ROWS, HEAD, mark=["our"])
    with pytest.raises(ValueError, match="2 to 6 columns"):
        figures.table({"ours": range(6)}, list("abcdefg"))
