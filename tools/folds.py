"""Sphinx extension: what the story of a page does not need is folded away, without markup in the notebooks.

- A section headed "Deeper: ..." becomes a fold with its minutes, which tools/minutes.py writes as its first
  paragraph. It is open in the page's source; `folds.js` closes it.
- A cell tagged `check` becomes a small mark at the end of the paragraph before it, which opens.
- A cell tagged `setup`, with the imports, becomes one quiet line.
"""

import html
import re

from docutils import nodes
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
DEEPER = "Deeper: "
MINUTES = re.compile(r"\d+ minutes?")
CLAIM = re.compile(r"# check: (\S.*)")
SCRIPT, STYLE = "folds.js", "folds.css"


def raw(text: str) -> nodes.raw:
    return nodes.raw("", text, format="html")


def tagged(doctree: nodes.document, tag: str) -> list[nodes.container]:
    return [node for node in doctree.findall(nodes.container) if f"tag_{tag}" in node["classes"]]


def unhide(app, doctree):
    """These cells are folded here and not by MyST-NB as well, if they are tagged `hide-cell` too."""
    for cell in tagged(doctree, "check") + tagged(doctree, "setup"):
        cell.attributes.pop("hide_mode", None)


def fold_setup(cell: nodes.container) -> None:
    cell.parent.insert(
        cell.parent.index(cell), raw('<details class="setup"><summary>Imports and device</summary>\n')
    )
    cell.parent.insert(cell.parent.index(cell) + 1, raw("</details>\n"))


def end_of(node: nodes.Node) -> nodes.Node:
    """The last paragraph in a box or a list, or the node itself."""
    while isinstance(node, nodes.Admonition | nodes.Sequential | nodes.list_item) and len(node):
        node = node[-1]
    return node


def mark_check(cell: nodes.container) -> None:
    """Move a check behind the words that it proves."""
    code = next((block.astext() for block in cell.findall(nodes.literal_block)), "")
    claim = CLAIM.match(code)
    if not claim:
        LOGGER.warning('A cell tagged "check" begins with a comment that says what it proves, '
                       '"# check: ...", not with "%s".', code.split("\n")[0], location=cell)  # fmt: skip
        return
    said = html.escape(f"Checked: {claim[1]}", quote=True)
    opening = raw(f'<details class="check"><summary title="{said}"><span>{said}</span></summary>\n')
    parent, place = cell.parent, cell.parent.index(cell)
    parent.remove(cell)
    before = end_of(parent[place - 1]) if place else None
    if isinstance(before, nodes.container) and "proved" in before["classes"]:  # a second check
        before += [opening, cell, raw("</details>\n")]
        return
    proved = nodes.container("", classes=["proved"])
    if isinstance(before, nodes.paragraph):
        before.replace_self(proved)
        proved += before
    else:
        parent.insert(place, proved)
    proved += [opening, cell, raw("</details>\n")]


def fold_deeper(section: nodes.section) -> None:
    title, first = section[0], section[1] if len(section) > 1 else None
    minutes = first.astext() if isinstance(first, nodes.paragraph) else ""
    if not MINUTES.fullmatch(minutes):
        LOGGER.warning('The section "%s" does not begin with its minutes: python -m tools.minutes --write '
                       'counts them.', title.astext(), location=section)  # fmt: skip
        return
    section.remove(first)
    section.insert(1, raw(f'<span class="minutes">{minutes}</span></summary>\n'))
    identity = section["ids"][0] if section["ids"] else ""
    section.insert(0, raw(f'<details class="fold deeper" id="fold-{identity}" open>\n<summary>\n'))
    section.append(raw("</details>\n"))


def fold_all(app, doctree, docname):
    if app.builder.format != "html":
        return
    for cell in tagged(doctree, "setup"):
        fold_setup(cell)
    for cell in tagged(doctree, "check"):
        mark_check(cell)
    for section in list(doctree.findall(nodes.section)):
        if section[0].astext().startswith(DEEPER):
            fold_deeper(section)


def equip_page(app, pagename, templatename, context, doctree):
    """The script of the folds, at once: what is folded is so before anybody sees it."""
    if '<details class="fold' in context.get("body", ""):
        app.add_js_file(SCRIPT)


def setup(app):
    app.add_css_file(STYLE)
    app.connect("doctree-read", unhide)
    app.connect("doctree-resolved", fold_all, priority=390)  # before tools/predictions.py
    app.connect("html-page-context", equip_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
