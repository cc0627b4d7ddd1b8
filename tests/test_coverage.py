"""The coverage page lists where each row runs, and the build fails if one does not."""

import json
import re
from pathlib import Path

import pytest
from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx_project import build

from tools import coverage

BOOK = Path(__file__).parent.parent / "book"
ROWS = """
[[row]]
id = "S1"
what = "A system"
source = "A tutorial"

[[row]]
id = "E1"
what = "A slip"
source = "Another"
"""
PAGES = {
    "index": "Home\n====\n\n.. toctree::\n\n   chapter\n   list\n",
    "list": "List\n====\n\n.. row-coverage:: S\n\n.. row-coverage:: E\n",
}


class FakeCell(Directive):
    """Stands for a notebook's cell as myst-nb writes it: its index, then its tags."""

    required_arguments, final_argument_whitespace = 1, True

    def run(self):
        index, *tags = self.arguments[0].split()
        cell = nodes.container(nb_element="cell_code", cell_index=int(index), cell_metadata={"tags": tags})
        return [cell]


def setup(app):
    coverage.setup(app)
    app.add_directive("fake-cell", FakeCell)


@pytest.fixture
def built(tmp_path):
    def build_with(chapter: str):
        (tmp_path / "rows.toml").write_text(ROWS, encoding="utf-8")
        pages = PAGES | {"chapter": "Chapter\n=======\n\n" + chapter}
        return build(tmp_path, __name__, pages, coverage_rows="rows.toml")

    return build_with


def test_each_row_links_to_its_cells(built):
    html, warnings = built("Here\n----\n\n.. fake-cell:: 4 row-S1 row-E1\n\n.. fake-cell:: 7 check row-E1\n")
    assert not warnings
    assert 'id="cell-4"' in html["chapter"] and 'id="cell-7"' in html["chapter"]
    system, slip = re.findall(r"<dd>.*?</dd>", html["list"], re.DOTALL)
    assert re.findall(r'href="(chapter[^"]*)">([^<]*)', system) == [
        ("chapter.html", "Chapter"), ("chapter.html#cell-4", "Here"),
    ]  # fmt: skip
    assert ("chapter.html#cell-7", "check") in re.findall(r'href="(chapter[^"]*)">([^<]*)', slip)


def test_a_row_that_runs_nowhere_and_a_tag_without_a_row_are_warnings(built):
    _, warnings = built(".. fake-cell:: 1 row-S1 row-S99\n")
    assert "Row E1 runs nowhere" in warnings and "row-S99 names no row" in warnings
    assert "Row S1" not in warnings


def test_a_row_is_told_once(tmp_path):
    path = tmp_path / "rows.toml"
    path.write_text(ROWS + ROWS, encoding="utf-8")
    with pytest.raises(ValueError, match="two rows S1"):
        coverage.read_rows(path)


def test_every_row_of_the_book_runs_in_a_cell_and_every_tag_names_a_row():
    notebooks = [json.loads(path.read_text(encoding="utf-8")) for path in BOOK.glob("*.ipynb")]
    cells = [cell for notebook in notebooks for cell in notebook["cells"] if cell["cell_type"] == "code"]
    tagged = [row for cell in cells for row in coverage.rows_in(cell["metadata"].get("tags", []))]
    missing, unknown = coverage.missing_and_unknown(coverage.read_rows(BOOK / "rows.toml"), tagged)
    assert not unknown, f"Tags that name no row of rows.toml: {unknown}"
    assert not missing, f"Rows that run in no cell: {missing}"
