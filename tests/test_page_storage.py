"""The script that stands in for a storage that is denied comes before every other one."""

import re

import pytest
from sphinx_project import build

SOURCES = re.compile(r"<script(?: src=\"([^\"]*)\")?")
INDEX = "Title\n=====\n\n.. meta::\n   :description: words\n\nText.\n\n.. toctree::\n\n   below/page\n"


@pytest.mark.parametrize("page", ["index", "below/page", "search", "genindex"])
def test_it_is_the_first_script_of_every_kind_of_page(tmp_path, page):
    (tmp_path / "below").mkdir()
    build(tmp_path, "tools.page_storage", {"index": INDEX, "below/page": "Page\n====\n\nText.\n"})
    html = (tmp_path / "out" / f"{page}.html").read_text(encoding="utf-8")
    up = "../" * page.count("/")
    assert SOURCES.search(html)[1] == f"{up}_static/storage.js"
    assert page != "index" or '<meta content="words" name="description" />' in html
