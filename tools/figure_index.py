"""Sphinx extension: the directive `{figure-index}` lists every figure of the book and leads to it.

A figure is what `vaelab.figures.Picture` writes into a page. It gets an anchor; its caption, or the first
sentence of its alt text where it has no caption, is its line in the list. The still picture of an explorer is
no figure: it makes room for the live one.
"""

import html
import re
import textwrap
from typing import NamedTuple

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from tools.page_data import in_order, link, of_pages, remember

FIGURES, INDEXES = "figures_of_pages", "figure_indexes"
FIGURE = re.compile(r'<figure class="vaelab-picture".*?</figure>', re.DOTALL)
EXPLORER = 'class="vaelab-explorer"'
LONGEST = 110  # characters of a line in the list


class Figure(NamedTuple):
    anchor: str
    text: str


class figure_list(nodes.General, nodes.Element):
    """Stands for the list until all pages are read."""


class FigureIndex(SphinxDirective):
    def run(self):
        of_pages(self.env, INDEXES)[self.env.docname] = True
        return [figure_list()]


def read_figures(app, doctree):
    """Note the figures of a page, and give each an anchor."""
    figures = []

    def with_anchor(match: re.Match) -> str:
        figures.append(Figure(f"figure-{len(figures) + 1}", short_text(match.group())))
        return match.group().replace("<figure", f'<figure id="{figures[-1].anchor}"', 1)

    for node in list(doctree.findall(nodes.raw)):
        text = node.astext()
        if node.get("format") == "html" and EXPLORER not in text and FIGURE.search(text):
            text = FIGURE.sub(with_anchor, text)
            node.replace_self(nodes.raw(text, text, **node.non_default_attributes()))
    if figures:
        of_pages(app.env, FIGURES)[app.env.docname] = figures


def short_text(figure: str) -> str:
    """The caption, or the first sentence of the alt text, cut where it is long."""
    if caption := re.search(r"<figcaption>(.*?)</figcaption>", figure, re.DOTALL):
        return html.unescape(caption[1]).strip()
    alt = html.unescape(re.search(r'aria-label="(.*?)"', figure, re.DOTALL)[1])
    return textwrap.shorten(re.split(r"(?<=[.])\s", alt, maxsplit=1)[0], LONGEST, placeholder=" …")


def fill_lists(app, doctree, docname):
    for node in list(doctree.findall(figure_list)):
        entries = nodes.definition_list(classes=["figure-index"])
        for page in in_order(app.env):
            if figures := of_pages(app.env, FIGURES).get(page):
                entries += _entry(app, docname, page, figures)
        node.replace_self(entries)


def _entry(app, docname: str, page: str, figures: list[Figure]) -> nodes.definition_list_item:
    title = nodes.term("", "", link(app, docname, page, "", app.env.titles[page].astext()))
    lines = nodes.bullet_list()
    for figure in figures:
        line = nodes.paragraph("", "", link(app, docname, page, figure.anchor, figure.text))
        lines += nodes.list_item("", line)
    return nodes.definition_list_item("", title, nodes.definition("", lines))


def indexes(app, env):
    """Pages with an index are written at each build: any page may have changed its figures."""
    return list(of_pages(env, INDEXES))


def setup(app):
    app.add_node(figure_list)
    app.add_directive("figure-index", FigureIndex)
    remember(app, FIGURES)
    remember(app, INDEXES)
    app.connect("doctree-read", read_figures)
    app.connect("env-updated", indexes)
    app.connect("doctree-resolved", fill_lists)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
