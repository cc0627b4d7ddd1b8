"""A comma or a bracket beside a formula stays on the formula's line."""

import re

import pytest
from sphinx_project import build

FORMULA = r'<span class="math[^"]*">.{1,12}?</span>'


@pytest.mark.parametrize(
    ("text", "together"),
    [
        ("Take :math:`x`, then", f"{FORMULA},"),
        ("an edge (:math:`x`).", rf"\({FORMULA}\)\."),
        ("all of :math:`x` and", None),
        ("from :math:`x`:math:`y`; on", f"{FORMULA};"),
    ],
)
def test_marks_stay_with_their_formula_and_nothing_is_lost(tmp_path, text, together):
    html, _ = build(tmp_path, "tools.unbroken", {"index": f"Page\n====\n\n{text}\n"})
    unbroken = re.findall(rf'<span class="unbroken">((?:[^<]|{FORMULA})*)</span>', html["index"])
    assert len(unbroken) == (together is not None)
    assert together is None or re.fullmatch(together, unbroken[0])
    read = re.sub("<[^>]*>", "", html["index"])
    assert re.sub(r":math:`(.)`", r"\\(\1\\)", text) in read


def test_a_divergence_is_one_word_in_text_and_as_it_was_in_code(tmp_path):
    html, _ = build(
        tmp_path, "tools.unbroken", {"index": "Page\n====\n\nThe KL(p ‖ q), ``KL(p ‖ q)`` in code.\n"}
    )
    read = re.sub("<[^>]*>", "", html["index"]).replace("&#160;", "\u00a0")
    assert "The KL(p\u00a0‖\u00a0q), KL(p ‖ q) in code." in read
