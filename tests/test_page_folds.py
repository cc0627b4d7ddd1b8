"""What is folded in the pages: after a question, deeper than the story, checks. Misuse fails the build."""

import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from sphinx_project import build

from tools import minutes
from vaelab.grading.source import NOTEBOOK_METADATA

QUESTION = """
.. admonition:: Predict first
   :class: predict

   Which one grows?

   1. The first.
   2. The *second*.

"""
RESULT = "\n.. image:: seen.png\n   :alt: a result\n\nA sentence between.\n"
ANSWER = "\n.. admonition:: Answer: 2\n   :class: answer\n\n   Because.\n\nThe story goes on.\n"
LOOK = QUESTION.replace("   1. The first.\n   2. The *second*.\n", "")


def page(tmp_path, text: str, *extensions: str) -> tuple[str, str]:
    (tmp_path / "seen.png").write_bytes(b"")
    html, warnings = build(
        tmp_path, extensions[0], {"index": f"Page\n====\n\n{text}"}, suppress_warnings=["image.not_readable"]
    )
    return html["index"], warnings


def folded(html: str) -> str:
    return re.search(r"<details class=\"fold.*</details>", html, re.DOTALL)[0]


def test_all_from_the_question_to_its_answer_is_one_fold(tmp_path):
    html, warnings = page(tmp_path, QUESTION + RESULT + ANSWER, "tools.predictions")
    assert not warnings
    inside = folded(html)
    assert 'data-right="2" open>' in inside and re.search(r'<ol class="[^"]*choices', html)
    assert all(text in inside for text in ("seen.png", "A sentence between.", "Because."))
    assert "Which one grows" not in inside and "The story goes on" not in inside


def test_formulas_in_answers_have_words_for_the_buttons_names(tmp_path):
    question = QUESTION.replace("The first.", r"Like :math:`\sigma^2`.")
    extensions = {"extensions": ["tools.predictions", "tools.unbroken"]}
    html = build(tmp_path, "", {"index": f"Page\n====\n\n{question}{ANSWER}"}, **extensions)[0]["index"]
    assert re.search(
        r'"unbroken"><span role="math" aria-label="sigma squared"><span [^>]*>.*</span></span>\.', html
    )


def test_a_question_may_offer_nothing_to_choose(tmp_path):
    html, warnings = page(tmp_path, LOOK + RESULT + ANSWER.replace(": 2", ""), "tools.predictions")
    assert not warnings and 'data-right="" open>' in folded(html)


MISUSES = {
    "no answer": (QUESTION + RESULT, 'needs a box with the class "answer"'),
    "the next question first": (2 * QUESTION + ANSWER, 'needs a box with the class "answer"'),
    "another section": (QUESTION + "\nPart\n----\n" + ANSWER, 'needs a box with the class "answer"'),
    "no question": (ANSWER, "has no question of its own"),
    "two answers": (QUESTION + ANSWER + ANSWER, "has no question of its own"),
    "no such choice": (QUESTION + ANSWER.replace("2", "3"), "a number from 1 to 2"),
    "no number": (QUESTION + ANSWER.replace(": 2", ""), "a number from 1 to 2"),
    "a number of nothing": (LOOK + ANSWER, 'write "Answer"'),
    "bullets": (QUESTION.replace("1.", "-").replace("2.", "-") + ANSWER, "as one numbered list"),
    "words after them": (QUESTION + "   And then?\n" + ANSWER, "as one numbered list"),
    "one choice": (QUESTION.replace("   1. The first.\n   2.", "   1.") + ANSWER, "has 1 answers to choose"),
}


@pytest.mark.parametrize(("text", "says"), MISUSES.values(), ids=MISUSES.keys())
def test_misuse_fails_the_build_with_what_to_write(tmp_path, text, says):
    _, warnings = page(tmp_path, text, "tools.predictions")
    assert says in warnings and "How a page is made" in warnings


def test_the_right_answers_have_no_usual_place():
    """Or guessing one number would pay, and nobody would think."""
    places = [
        int(found[1])
        for path in minutes.chapters()
        for cell in nbformat.read(path, as_version=4).cells
        if (found := re.search(r"\{admonition\} Answer: (\d)", cell.source))
    ]
    assert max(map(places.count, places)) <= max(2, 0.5 * len(places))


def notebook(tmp_path, *cells) -> tuple[str, str]:
    """A page made of a notebook: texts, and (source, tag) for code."""
    made = [
        new_code_cell(cell[0], metadata={"tags": [cell[1]]})
        if isinstance(cell, tuple)
        else new_markdown_cell(cell)
        for cell in ("# Page", *cells)
    ]
    nbformat.write(new_notebook(cells=made, metadata=NOTEBOOK_METADATA), tmp_path / "index.ipynb")
    html, warnings = build(
        tmp_path,
        "myst_nb",
        {},
        extensions=["myst_nb", "tools.folds"],
        nb_execution_mode="off",
        myst_enable_extensions=["colon_fence"],
    )
    return html["index"], warnings


CHECK = ("# check: it holds\nassert True", "check")
PROVED = r'class="proved docutils container">\s*<p>{}</p>\s*<details class="check">'


def test_a_check_is_a_mark_behind_the_words_it_proves(tmp_path):
    html, warnings = notebook(tmp_path, "It holds.", CHECK, CHECK, "More.")
    assert not warnings
    assert re.search(PROVED.format("It holds."), html)
    assert html.count('<summary title="Checked: it holds">') == 2
    assert html.count('class="proved') == 1, "the second stands behind the first"


def test_a_check_belongs_into_the_box_whose_words_it_proves(tmp_path):
    html, _ = notebook(tmp_path, ":::{admonition} Answer\n:class: answer\nBecause.\n:::", CHECK)
    assert re.search(PROVED.format("Because."), html)


def test_a_check_of_a_result_stands_by_itself(tmp_path):
    html, _ = notebook(tmp_path, "Text.", ("1 + 1", "shown"), CHECK)
    assert re.search(r'</div>\s*<div class="proved docutils container">\s*<details class="check">', html)


def test_a_check_says_what_it_proves(tmp_path):
    _, warnings = notebook(tmp_path, "Text.", ("# looks fine\nassert True", "check"))
    assert "begins with a comment that says what it proves" in warnings


def test_imports_are_one_quiet_line(tmp_path):
    html, warnings = notebook(tmp_path, ("import torch", "setup"))
    assert not warnings
    assert re.search(r'<details class="setup"><summary>Imports and device</summary>.*import', html, re.DOTALL)


DEEPER = "\nDeeper: why\n-----------\n\n*4 minutes*\n\nBecause.\n\nAnother part\n------------\n\nAfter.\n"


def test_a_section_that_goes_deeper_is_a_fold_with_its_minutes(tmp_path):
    html, warnings = page(tmp_path, "Text.\n" + DEEPER, "tools.folds")
    assert not warnings
    inside = folded(html)
    heading, body = inside.split("</summary>")
    assert "<h2>Deeper: why" in heading and '<span class="minutes">4 minutes</span>' in heading
    assert "Because." in body and "After." not in body and "4 minutes" not in body


def test_a_fold_without_its_minutes_fails_the_build(tmp_path):
    _, warnings = page(tmp_path, "Text.\n" + DEEPER.replace("*4 minutes*", "Now."), "tools.folds")
    assert "python -m tools.minutes --write" in warnings
