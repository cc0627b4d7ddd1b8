"""Sphinx extension: on each page the first use of a term leads to its entry in the glossary.

So notebooks need no markup for it. A term is found with a plain plural as well. Other forms stand in the
entry itself, where readers do not see them:

- {also}`densities; probability density` adds forms;
- {only}`latents; latent code` replaces the term, for words that have other meanings, too.
"""

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from docutils import nodes
from sphinx import addnodes
from sphinx.util import logging

from tools.page_data import link, of_pages, remember

LOGGER = logging.getLogger(__name__)
NAME = "glossary_entries"
# Text in one of these is no running text, or a link already.
NOT_IN = (
    nodes.title, nodes.caption, nodes.legend, nodes.rubric, nodes.table, nodes.citation, nodes.footnote,
    nodes.reference, nodes.footnote_reference, addnodes.pending_xref, addnodes.desc, addnodes.glossary,
    nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.raw, nodes.comment,
)  # fmt: skip
NOT_IN_CLASS = {"cell", "choices", "sd-card-title", "sd-card-header"}


class Entry(NamedTuple):
    """One term of the glossary: the forms it is found by, its place, and its definition's first sentence."""

    forms: list[str]
    anchor: str
    hint: str


def forms_role(kind: str) -> Callable:
    """The roles `also` and `only`: a comment, which no page shows, that keeps its text."""

    def role(name, rawtext, text, lineno, inliner, options=None, content=()):
        return [nodes.comment("", text, kind=kind)], []

    return role


def read_glossary(app, doctree):
    """Take the entries out of the glossaries of a page."""
    entries = []
    for glossary in doctree.findall(addnodes.glossary):
        for item in glossary.findall(nodes.definition_list_item):
            terms = [child for child in item if isinstance(child, nodes.term)]
            extra = {"also": [], "only": []}
            for comment in list(item.findall(nodes.comment)):
                extra[comment["kind"]] += [" ".join(form.split()) for form in comment.astext().split(";")]
                comment.parent.remove(comment)
            names = [re.sub(r"\s*\(.*\)", "", term.astext()) for term in terms]
            forms = extra["only"] or [*names, *extra["also"]]
            entries.append(Entry(forms, terms[0]["ids"][0], first_sentence(item[-1].astext())))
    if entries:
        of_pages(app.env, NAME)[app.env.docname] = entries


def first_sentence(text: str) -> str:
    text = " ".join(text.split())
    return re.split(r"(?<=[.!?])\s", text, maxsplit=1)[0]


def searcher(forms: Iterable[str]) -> re.Pattern:
    """Finds any of the forms as whole words, the longest first; group number i is form i."""
    numbered = sorted(enumerate(forms), key=lambda pair: -len(pair[1]))
    choices = "|".join(f"(?P<f{i}>{_pattern(form)})" for i, form in numbered)
    return re.compile(rf"(?<![\w-])(?:{choices})(?![\w-])")


def _pattern(form: str) -> str:
    """Hyphen or space, capital at a sentence's start, plural: all count as the same form."""
    words = r"[\s-]+".join(map(re.escape, re.split(r"[\s-]+", form)))
    if form[0].islower():
        words = f"[{form[0]}{form[0].upper()}]" + words[1:]
    return words + "(?:s|es)?"


def link_first_uses(app, doctree, docname):
    entries_of = of_pages(app.env, NAME)
    if app.builder.format != "html" or docname in entries_of:
        return
    found_by = [(form, page, entry) for page, found in entries_of.items() for entry in found
                for form in entry.forms]  # fmt: skip
    if not found_by:
        return
    pattern, done = searcher(form for form, _, _ in found_by), set()
    for paragraph in doctree.findall(nodes.TextElement):
        join_lines(paragraph)
    for text in list(doctree.findall(nodes.Text)):
        if is_running_text(text):
            _link_in(text, pattern, found_by, done, lambda page, entry, words: link(
                app, docname, page, entry.anchor, words, classes=["first-use"], reftitle=entry.hint
            ))  # fmt: skip


def join_lines(element: nodes.TextElement) -> None:
    """Each line of the source is a text of its own; terms may stand across two."""
    i = 0
    while i < len(element) - 1:
        if isinstance(element[i], nodes.Text) and isinstance(element[i + 1], nodes.Text):
            element[i : i + 2] = [nodes.Text(element[i].astext() + element[i + 1].astext())]
        else:
            i += 1


def _link_in(text, pattern, found_by, done, make_link):
    """Put links into one piece of text; `done` holds the entries that the page has linked."""
    pieces, end, string = [], 0, text.astext()
    for match in pattern.finditer(string):
        form, page, entry = found_by[int(match.lastgroup[1:])]
        capital = match.group()[0] != form[0]
        if entry.anchor not in done and not (capital and _inside_sentence(text, match.start())):
            done.add(entry.anchor)
            pieces += [nodes.Text(string[end : match.start()]), make_link(page, entry, match.group())]
            end = match.end()
    if pieces:
        text.parent.replace(text, [*pieces, nodes.Text(string[end:])])


def _inside_sentence(text: nodes.Text, position: int) -> bool:
    """Whether words of the same sentence come before. A capital there means a title or a name."""
    paragraph = text.parent
    while not isinstance(paragraph, nodes.paragraph):
        paragraph = paragraph.parent
    before = ""
    for piece in paragraph.findall(nodes.Text):
        if piece is text:
            break
        before += piece.astext()
    before = (before + text.astext()[:position]).strip()
    return bool(before) and before[-1] not in ".!?"


def is_running_text(text: nodes.Text) -> bool:
    """Whether it stands in a paragraph that readers read as prose."""
    in_paragraph, node = False, text.parent
    while not isinstance(node, nodes.document | None):
        if isinstance(node, NOT_IN) or NOT_IN_CLASS.intersection(node["classes"]):
            return False
        if isinstance(node, nodes.paragraph):
            in_paragraph = True
            if len(node) == 1 and isinstance(node[0], nodes.emphasis):  # the promise under a page's title
                return False
        node = node.parent
    return in_paragraph


def check_entries(app, env):
    """No form may lead to two entries. A changed glossary concerns every page."""
    entries_of, seen = of_pages(env, NAME), {}
    for page, entries in entries_of.items():
        for entry in entries:
            for form in entry.forms:
                if seen.setdefault(form.lower(), entry.anchor) != entry.anchor:
                    LOGGER.warning("'%s' leads to two entries of the glossary: %s and %s.", form,
                                   seen[form.lower()], entry.anchor, location=page)  # fmt: skip
    before, env.glossary_entries_written = getattr(env, "glossary_entries_written", None), dict(entries_of)
    return list(env.found_docs) if before != entries_of else []


def setup(app):
    for kind in ("also", "only"):
        app.add_role(kind, forms_role(kind))
    remember(app, NAME)
    app.connect("doctree-read", read_glossary)
    app.connect("env-updated", check_entries)
    app.connect("doctree-resolved", link_first_uses)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
