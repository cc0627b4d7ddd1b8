"""Sphinx extension: a page that lists where each system and each error of the sources runs in the book.

`book/rows.toml` names the rows. A cell says with the tag `row-S2` that row S2 runs in it, and the directive
`{row-coverage} S` lists the rows whose names start with S, with links to those cells. A row that
runs nowhere is a warning, and so is a tag that names no row; both fail the build.
"""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from tools.page_data import in_order, link, of_pages, remember

LOGGER = logging.getLogger(__name__)
CELLS, LISTS = "row_cells", "row_lists"
TAG = "row-"


class Row(NamedTuple):
    what: str
    source: str


class Cell(NamedTuple):
    """A cell in which rows run: its place in the page, the section it is in, and whether it is a check."""

    rows: list[str]
    anchor: str
    section: str
    check: bool


class row_list(nodes.General, nodes.Element):
    """Stands for the list until all pages are read."""


def read_rows(path: Path) -> dict[str, Row]:
    """The rows of `rows.toml`, name -> what must run and which source it is from."""
    rows: dict[str, Row] = {}
    for row in tomllib.loads(path.read_text(encoding="utf-8"))["row"]:
        if row["id"] in rows:
            raise ValueError(f"{path.name} has two rows {row['id']}.")
        rows[row["id"]] = Row(row["what"], row["source"])
    return rows


def rows_in(tags: Iterable[str]) -> list[str]:
    """The rows that a cell's tags name."""
    return [tag.removeprefix(TAG) for tag in tags if tag.startswith(TAG)]


def missing_and_unknown(rows: Iterable[str], tagged: Iterable[str]) -> tuple[list[str], list[str]]:
    """Rows that run nowhere, and names in tags that are no rows."""
    rows, tagged = list(rows), list(dict.fromkeys(tagged))
    return [row for row in rows if row not in tagged], [name for name in tagged if name not in rows]


class RowCoverage(SphinxDirective):
    required_arguments = 1

    def run(self):
        path = Path(self.env.srcdir) / self.config.coverage_rows
        self.env.note_dependency(str(path))
        rows = {name: row for name, row in read_rows(path).items() if name.startswith(self.arguments[0])}
        of_pages(self.env, LISTS).setdefault(self.env.docname, {}).update(rows)
        return [row_list(rows=rows)]


def read_cells(app, doctree):
    """Note the cells of a page in which rows run, and give each an anchor."""
    cells = []
    for node in doctree.findall(nodes.container):
        tags = node.get("cell_metadata", {}).get("tags", [])
        if rows := rows_in(tags):
            anchor = f"cell-{node['cell_index']}"
            node["ids"].append(anchor)
            cells.append(Cell(rows, anchor, _section(node), "check" in tags))
    if cells:
        of_pages(app.env, CELLS)[app.env.docname] = cells


def _section(node: nodes.Node) -> str:
    while not isinstance(node, nodes.section):
        node = node.parent
        if node is None:
            return ""
    return node[0].astext()


def check_rows(app, env):
    """Warn of rows that run nowhere and of tags that name no row; write the lists anew."""
    lists = of_pages(env, LISTS)
    rows = {name: page for page, found in lists.items() for name in found}
    tagged = [(name, page) for page, cells in of_pages(env, CELLS).items() for c in cells for name in c.rows]
    missing, unknown = missing_and_unknown(rows, (name for name, _ in tagged))
    if lists:
        for name in missing:
            LOGGER.warning("Row %s runs nowhere: no cell has the tag %s%s.", name, TAG, name,
                           location=rows[name])  # fmt: skip
        for name, page in dict(tagged).items():
            if name in unknown:
                LOGGER.warning("The tag %s%s names no row of %s.", TAG, name, app.config.coverage_rows,
                               location=page)  # fmt: skip
    return list(lists)


def fill_lists(app, doctree, docname):
    for node in list(doctree.findall(row_list)):
        rows = nodes.definition_list()
        for name, row in node["rows"].items():
            term = nodes.term("", f"{name}  {row.what}")
            source = nodes.paragraph("", "", nodes.emphasis("", row.source))
            rows += nodes.definition_list_item(
                "", term, nodes.definition("", source, _places(app, docname, name))
            )
        node.replace_self(rows)


def _places(app, docname: str, row: str) -> nodes.Node:
    """One line a page: its title, then a link to each cell, with the section's name before its first."""
    lines = nodes.line_block(classes=["row-places"])
    found: Mapping[str, list[Cell]] = of_pages(app.env, CELLS)
    for page in in_order(app.env):
        if not (cells := [cell for cell in found.get(page, ()) if row in cell.rows]):
            continue
        title = link(app, docname, page, "", app.env.titles[page].astext())
        line = nodes.line("", "", title, nodes.Text(": "))
        for i, cell in enumerate(cells):
            new_section = i == 0 or cell.section != cells[i - 1].section
            text = cell.section if new_section else "check" if cell.check else "next cell"
            line += [nodes.Text(", " if i else ""), link(app, docname, page, cell.anchor, text)]
        lines += line
    return lines if len(lines) else nodes.paragraph("", "nowhere yet")


def setup(app):
    app.add_config_value("coverage_rows", "book/rows.toml", "env", str)
    app.add_node(row_list)
    app.add_directive("row-coverage", RowCoverage)
    remember(app, CELLS)
    remember(app, LISTS)
    app.connect("doctree-read", read_cells)
    app.connect("env-updated", check_rows)
    app.connect("doctree-resolved", fill_lists)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
