"""Sphinx extension: what follows a question stays folded until the reader has guessed.

A chapter writes a box with the class `predict`, which ends with two to four answers as a numbered list, or
with none; then the cells that show what happens; then a box with the class `answer`, titled "Answer: 2", or
"Answer" where there was nothing to choose. All from the end of the question to the end of the answer is one
fold. It is open in the page's source, so that nothing is lost without scripts; `folds.js` closes it.
"""

import html
import re
from collections.abc import Iterator

from docutils import nodes
from sphinx.util import logging

from vaelab.quizzes.aloud import aloud

LOGGER = logging.getLogger(__name__)
CHOICES = range(2, 5)  # how many there may be
TITLE = re.compile(r"Answer(?:: (\d+))?")
HOW = '(CONTRIBUTING.md, "How a page is made")'

CLOSED = {True: "Choose an answer to see what happens, or just look", False: "Think first, then look"}
OPENING = """<details class="fold predicted" id="predicted-{number}" data-right="{right}" open>
<summary><span class="fold-closed">{closed}</span><span class="fold-open">What happens</span></summary>
"""


class Misuse(Exception):
    """A question or an answer that stands wrong; the message says how to write it."""


def boxes(doctree: nodes.document, kind: str) -> Iterator[nodes.Element]:
    """The boxes of a class, `predict` or `answer`."""
    return (box for box in doctree.findall(nodes.Admonition) if kind in box["classes"])


def siblings_after(node: nodes.Element) -> list[nodes.Node]:
    return node.parent[node.parent.index(node) + 1 :]


def answer_of(question: nodes.Element) -> nodes.Element:
    """The answer in the same section."""
    for node in siblings_after(question):
        classes = node.get("classes", []) if isinstance(node, nodes.Element) else []
        if "answer" in classes:
            return node
        if "predict" in classes or isinstance(node, nodes.section):
            break
    raise Misuse('needs a box with the class "answer" after it, before the next question or heading')


def choices_of(question: nodes.Element) -> nodes.enumerated_list | None:
    """The numbered list of answers at the question's end."""
    lists = list(question.findall(nodes.Sequential))
    if not lists:
        return None
    if len(lists) > 1 or lists[0] is not question[-1] or not isinstance(lists[0], nodes.enumerated_list):
        raise Misuse("ends with its answers, as one numbered list: 1., 2., ...")
    if len(lists[0]) not in CHOICES:
        raise Misuse(
            f"has {len(lists[0])} answers to choose from; give {CHOICES[0]} to {CHOICES[-1]}, or none"
        )
    return lists[0]


def right_choice(answer: nodes.Element, count: int) -> str:
    """The number in the answer's title, or "" where there was no choice."""
    title = answer[0].astext()
    match = TITLE.fullmatch(title)
    if count and not (match and match[1] and 1 <= int(match[1]) <= count):
        raise Misuse(
            f'is answered under the title "{title}"; write "Answer: " and a number from 1 to {count}'
        )
    if not count and title != "Answer":
        raise Misuse(f'offers nothing to choose and is answered under the title "{title}"; write "Answer"')
    return match[1] or ""


def fold(question: nodes.Element, number: int) -> nodes.Element:
    """Put the fold around what follows a question; gives the answer that it ends with."""
    answer = answer_of(question)
    choices = choices_of(question)
    right = right_choice(answer, len(choices or ()))
    if choices:
        choices["classes"].append("choices")
    opening = OPENING.format(number=number, right=right, closed=CLOSED[choices is not None])
    parent = question.parent
    parent.insert(parent.index(question) + 1, nodes.raw("", opening, format="html"))
    parent.insert(parent.index(answer) + 1, nodes.raw("", "</details>\n", format="html"))
    return answer


def fold_all(app, doctree, docname):
    if app.builder.format != "html":
        return
    answered = []
    for number, question in enumerate(list(boxes(doctree, "predict")), start=1):
        try:
            answered.append(fold(question, number))
        except Misuse as problem:
            LOGGER.warning('The question "%s" %s %s.', _start(question), problem, HOW, location=question)
    for answer in boxes(doctree, "answer"):
        if not any(answer is known for known in answered):
            LOGGER.warning('The answer "%s" has no question of its own before it %s.', _start(answer), HOW,
                           location=answer)  # fmt: skip


def say_formulas(app, doctree, docname):
    """Words for each formula in an answer: browsers leave formulas themselves out of a button's name."""
    lists = [node for node in doctree.findall(nodes.enumerated_list) if "choices" in node["classes"]]
    for formula in [formula for choices in lists for formula in choices.findall(nodes.math)]:
        opening = f'<span role="math" aria-label="{html.escape(aloud(formula.astext()))}">'
        said = [nodes.raw("", opening, format="html"), formula, nodes.raw("", "</span>", format="html")]
        formula.parent.replace(formula, said)


def _start(box: nodes.Element) -> str:
    return " ".join(box[1].astext().split()[:8]) if len(box) > 1 else ""


def setup(app):
    app.connect("doctree-resolved", fold_all, priority=400)  # before links to the glossary are made
    app.connect("doctree-resolved", say_formulas, priority=600)  # after tools/unbroken.py
    return {"parallel_read_safe": True, "parallel_write_safe": True}
