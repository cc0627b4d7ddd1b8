"""The glossary can be searched by eye, and sends nobody to a page that does not know the term."""

import re
import unicodedata
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest

from tools.first_use import searcher

BOOK = Path(__file__).resolve().parent.parent / "book"
TEXT = (BOOK / "appendix-glossary.md").read_text(encoding="utf-8")
IN_OTHER_WORDS = {  # what the literature says -> what a page of ours says
    "amortised inference": "amortization gap",
    "Bernoulli likelihood": "one coin per pixel",
    "expectation": "average",
    "latent dimension": "latent",
    "loss factor": "factor",
    "nearest neighbour": "nearest",
    "outlier": "stranger",
    "score of a density": "score",
}


class Entry(NamedTuple):
    term: str
    forms: list[str]
    pages: list[str]


def entries() -> list[Entry]:
    glossary = re.search(r"```\{glossary\}\n(.*?)\n```", TEXT, re.DOTALL)[1]
    found = []
    for term, body in re.findall(r"^(\S.*)\n((?:  .*\n?)+)", glossary, re.MULTILINE):
        also = re.findall(r"\{(?:also|only)\}`([^`]*)`", body)
        forms = [" ".join(form.split()) for forms in also for form in forms.split(";")]
        name, short = re.fullmatch(r"(.*?)(?: \((.*)\))?", term).groups()
        found.append(
            Entry(term, [name, *[short] * bool(short), *forms], re.findall(r"\{doc\}`([^`]*)`", body))
        )
    return found


def in_order(term: str) -> str:
    """Capitals and accents do not count."""
    return "".join(c for c in unicodedata.normalize("NFD", term.casefold()) if not unicodedata.combining(c))


def words_of(page: str) -> str:
    notebook = nbformat.read(BOOK / f"{page}.ipynb", as_version=4)
    text = " ".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return " ".join(re.sub(r"\*+", "", text).split())


def test_terms_stand_in_the_order_of_the_alphabet():
    terms = [in_order(entry.term) for entry in entries()]
    assert len(terms) > 80 and terms == sorted(terms)


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.term)
def test_each_page_that_an_entry_names_uses_its_term(entry):
    assert entry.pages
    forms = [*entry.forms, *filter(None, [IN_OTHER_WORDS.get(entry.term)])]
    for page in entry.pages:
        assert searcher(forms).search(words_of(page)), f"{page} does not say {' or '.join(forms)}"
