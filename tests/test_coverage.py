"""Each system and each error of the sources runs in a cell, and "Check your sources" leads there.

`book/rows.toml` names the rows. A cell says with the tag `row-S2` that row S2 runs in it.
"""

import json
import re
import tomllib
from collections import Counter
from pathlib import Path

BOOK = Path(__file__).parent.parent / "book"
SOURCES = "appendix-check-your-sources"


def rows() -> list[str]:
    return [row["id"] for row in tomllib.loads((BOOK / "rows.toml").read_text(encoding="utf-8"))["row"]]


def cells(kind: str) -> list[tuple[str, dict]]:
    """(name of the notebook, cell) of the whole book."""
    notebooks = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in BOOK.glob("*.ipynb")}
    return [
        (name, cell)
        for name, book in notebooks.items()
        for cell in book["cells"]
        if cell["cell_type"] == kind
    ]


def places() -> dict[str, set[str]]:
    """Row -> the notebooks whose cells carry its tag."""
    found: dict[str, set[str]] = {}
    for name, cell in cells("code"):
        for tag in cell["metadata"].get("tags", []):
            if tag.startswith("row-"):
                found.setdefault(tag.removeprefix("row-"), set()).add(name)
    return found


def test_every_row_runs_in_a_cell_and_every_tag_names_a_row():
    assert [name for name, count in Counter(rows()).items() if count > 1] == []
    assert sorted(set(rows()) - places().keys()) == [], "these rows run nowhere"
    assert sorted(places().keys() - set(rows())) == [], "these tags name no row"


def test_what_the_tutorials_build_is_linked_where_it_runs():
    text = "".join("".join(cell["source"]) for name, cell in cells("markdown") if name == SOURCES)
    listed = text.partition("## What they build")[2].partition("\n## ")[0]
    linked = set(re.findall(r"\{doc\}`(?:[^`<]*<)?([\w-]+)", listed))
    needed = {name: where for name, where in places().items() if name.startswith("S")}
    assert [name for name, where in needed.items() if not where & linked] == []
