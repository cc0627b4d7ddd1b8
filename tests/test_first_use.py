"""The first use of each term on a page leads to the glossary, and nothing else does."""

import re

from docutils import nodes
from sphinx_project import build

from tools.first_use import join_lines

EXTENSION = "tools.first_use"
GLOSSARY = """
Words
=====

.. glossary::

   code word (CW)
      What an encoder writes. It has many uses. :also:`codeword; CW`

   encoder
      Makes a code word.

   rate
      What a code costs. :only:`rate-distortion`
"""
INDEX = "Home\n====\n\n.. toctree::\n\n   words\n   page\n"


def links(html: str) -> list[tuple[str, str]]:
    """Term and linked words of each link, in order."""
    found = re.findall(
        r'<a class="first-use[^"]*" href="words\.html#term-([^"]*)"[^>]*>(.*?)</a>', html, re.S
    )
    return [(term, re.sub("<.*?>", "", words)) for term, words in found]


def page(tmp_path, text: str) -> str:
    html, warnings = build(tmp_path, EXTENSION, {"index": INDEX, "words": GLOSSARY, "page": text})
    assert not warnings
    return html["page"]


def test_only_the_first_use_in_running_text_is_linked(tmp_path):
    html = page(tmp_path, """
The encoder
===========

.. note:: ``encoder`` and :math:`encoder` are not prose.

.. code::

   encoder

An *encoder* and another encoder.
""")  # fmt: skip
    assert links(html) == [("encoder", "encoder")]
    assert re.search(r"<p>An <em><a [^>]*>encoder</a></em> and another encoder\.</p>", html)


def test_plurals_other_forms_and_broken_lines_are_found_and_parts_of_words_are_not(tmp_path):
    text = "Page\n====\n\n- Two code\n  words, a CW.\n\nEncoders, a pre-encoder, encoderish.\n"
    assert links(page(tmp_path, text)) == [("code-word-CW", "code\nwords"), ("encoder", "Encoders")]


def test_the_lines_of_a_markdown_paragraph_are_joined():
    line, rest = nodes.Text("a code"), [nodes.Text("\n"), nodes.Text("word, "), nodes.strong("", "CW")]
    paragraph = nodes.paragraph("", "", line, *rest)
    join_lines(paragraph)
    assert [child.astext() for child in paragraph] == ["a code\nword, ", "CW"]


def test_a_capital_inside_a_sentence_is_a_name(tmp_path):
    html = page(tmp_path, 'Page\n====\n\nSee "The Great Encoder" first. An encoder is small.\n')
    assert links(html) == [("encoder", "encoder")]


def test_only_replaces_the_term_itself(tmp_path):
    html = page(tmp_path, "Page\n====\n\nThe learning rate, and the rate-distortion curve.\n")
    assert links(html) == [("rate", "rate-distortion")]


def test_the_definitions_first_sentence_is_the_title_and_forms_are_not_shown(tmp_path):
    html, warnings = build(
        tmp_path, EXTENSION, {"index": INDEX, "words": GLOSSARY, "page": "P\n=\n\nA codeword.\n"}
    )
    assert 'title="What an encoder writes."' in html["page"]
    assert "codeword" not in html["words"] and not links(html["words"]) and not warnings


def test_a_new_term_reaches_pages_that_did_not_change(tmp_path):
    old = {"index": INDEX, "words": GLOSSARY, "page": "Page\n====\n\nA picture and an encoder.\n"}
    assert links(build(tmp_path, EXTENSION, old)[0]["page"]) == [("encoder", "encoder")]
    html, _ = build(tmp_path, EXTENSION, {"words": GLOSSARY + "\n   picture\n      Pixels.\n"})
    assert links(html["page"]) == [("picture", "picture"), ("encoder", "encoder")]


def test_a_form_of_two_entries_is_a_warning(tmp_path):
    twice = GLOSSARY + "\n   writer\n      Writes. :also:`encoder`\n"
    _, warnings = build(tmp_path, EXTENSION, {"index": INDEX, "words": twice, "page": "P\n=\n"})
    assert "'encoder' leads to two entries" in warnings
