"""Sphinx extension: a comma or a bracket beside a formula stays on the formula's line, and KL(p ‖ q) on one.

To a browser a formula in running text is a box, and a line may break on either side of it.
"""

import re

from docutils import nodes

BEFORE, AFTER = re.compile(r"[(\[“]+$"), re.compile(r"^[.,;:!?)\]’”…]+")
CODE = (nodes.literal, nodes.FixedTextElement, nodes.math)


def keep_together(app, doctree, docname):
    for text in list(doctree.findall(nodes.Text)):
        if " ‖ " in text and not isinstance(text.parent, CODE):
            text.parent.replace(text, nodes.Text(text.replace(" ‖ ", "\u00a0‖\u00a0")))
    for formula in list(doctree.findall(nodes.math)):
        parent = formula.parent
        at = parent.index(formula)
        before, after = (_text(parent, at - 1), _text(parent, at + 1))
        opening, closing = BEFORE.search(before), AFTER.search(after)
        if not opening and not closing:
            continue
        parts = [formula.deepcopy()]
        if closing:
            parts.append(nodes.Text(closing[0]))
            parent[at + 1] = nodes.Text(after[closing.end() :])
        if opening:
            parts.insert(0, nodes.Text(opening[0]))
            parent[at - 1] = nodes.Text(before[: opening.start()])
        parent[at] = nodes.inline("", "", *parts, classes=["unbroken"])


def _text(parent: nodes.Element, at: int) -> str:
    beside = parent[at] if 0 <= at < len(parent) else None
    return beside.astext() if isinstance(beside, nodes.Text) else ""


def setup(app):
    app.connect("doctree-resolved", keep_together)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
