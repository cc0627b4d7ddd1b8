"""The instructors' page names sections that the chapters have."""

import re
from pathlib import Path

import nbformat

BOOK = Path(__file__).parents[1] / "book"


def test_what_is_read_before_a_session_are_headings_of_the_chapters():
    page = (BOOK / "appendix-instructors.md").read_text(encoding="utf-8")
    named = re.findall(r'"([^"]+)"', " ".join(re.findall(r"\*Read before:\*(.*?)\n- ", page, re.DOTALL)))
    chapters = [nbformat.read(path, as_version=4) for path in BOOK.glob("[01]*.ipynb")]
    text = "\n".join(c.source for chapter in chapters for c in chapter.cells if c.cell_type == "markdown")
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    assert len(named) >= 6
    assert [name for name in (" ".join(n.split()) for n in named) if name not in headings] == []
