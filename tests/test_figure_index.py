"""The list of figures has every figure of every page, in their order, and leads to it."""

import re
from html import unescape

from sphinx_project import build

from tools.figure_index import short_text
from vaelab import figures

PAGE = """
Page
====

.. raw:: html

   <div>{first}</div>

.. raw:: html

   <div class="vaelab-explorer">{still}</div>

.. raw:: html

   <div>{second}{third}</div>
"""


def picture(alt: str, caption: str = "") -> str:
    """A picture without lines in its HTML, so that it fits into the page above."""
    return figures.Picture(figures.panel(), alt=alt, caption=caption)._repr_html_().replace("\n", " ")


def test_the_list_leads_to_every_figure(tmp_path):
    page = PAGE.format(
        first=picture("A dot.", 'What "x > y" is'),
        still=picture("Live."),
        second=picture("A line from left to right. It is blue."),
        third=picture("Three.", "Three"),
    )
    pages = {"index": "Home\n====\n\n.. toctree::\n\n   list\n   page\n", "page": page}
    html, warnings = build(
        tmp_path, "tools.figure_index", pages | {"list": "List\n====\n\n.. figure-index::\n"}
    )
    assert not warnings
    listed = re.findall(r'href="page\.html#([^"]*)">(.*?)</a>', unescape(html["list"]))
    assert listed == [
        ("figure-1", 'What "x > y" is'),
        ("figure-2", "A line from left to right."),
        ("figure-3", "Three"),
    ]
    assert re.findall(r'<figure id="([^"]*)"', html["page"]) == ["figure-1", "figure-2", "figure-3"]
    assert html["page"].count("<figure") == 4  # the still picture of an explorer keeps its place


def test_long_alt_text_is_cut():
    text = short_text(picture("word " * 60))
    assert len(text) <= 110 and text.endswith(" …")
