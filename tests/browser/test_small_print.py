"""Words inside figures can be read on the narrowest phone, where a wide figure shrinks to the column."""

import html
import re

import pytest
from visits import HTML, PAGES

COLUMN = 316  # pixels of a page 360 wide, in what follows a question
SMALLEST = 8.5  # pixels

SVG = re.compile(r'<svg [^>]*?style="width:([\d.]+)in.*?</svg>', re.DOTALL)
FONT = re.compile(r"font(?:-size)?:\s*(?:\w+\s+)*?([\d.]+)px")


def smallest_words(picture: re.Match) -> float:
    """Of a figure's words, in pixels of such a phone; its own units are points."""
    shrunk = min(1, COLUMN / (96 * float(picture[1])))
    return min((96 / 72 * float(size) * shrunk for size in FONT.findall(picture[0])), default=SMALLEST)


@pytest.mark.skipif(not PAGES, reason="there are no built pages: run `make book` first")
@pytest.mark.parametrize("page", PAGES)
def test_no_word_in_a_figure_is_too_small_for_a_phone(page):
    text = (HTML / page).read_text(encoding="utf-8")
    assert SVG.search(text) or page != "book/10-judging-and-beyond.html", "figures are written in another way"
    for picture in SVG.finditer(text):
        described = html.unescape(text[: picture.start()].rpartition('aria-label="')[2].partition('"')[0])
        assert smallest_words(picture) >= SMALLEST, described
