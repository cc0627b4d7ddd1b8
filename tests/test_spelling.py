"""The spelling check catches a slip in any prose, and reads no code, formula or address."""

import pytest

from tools.spelling import WORDS, Speller, main


@pytest.fixture(scope="module")
def speller():
    return Speller({"autoencoder", "MNIST"})


@pytest.fixture
def unknown(speller, tmp_path):
    def of(text: str, name: str = "page.md") -> list[str]:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return speller.unknown(path)

    return of


@pytest.mark.parametrize(
    "text",
    [
        "A wrnog word.",
        "# A wrnog title",
        "A *wrnog* word, a [wrnog](https://example.org) link.",
        "| a | wrnog |\n|---|---|\n| b | c |",
        ":::{admonition} wrnog\n:class: tip\nText.\n:::",
        "::::{grid} 1 1 2 2\n:gutter: 3\n:::{grid-item-card} Read\nSome wrnog text.\n:::\n::::",
        "```{list-table} A title\n:header-rows: 1\n\n* - wrnog\n  - right\n```",
        "See {doc}`wrnog <02-autoencoders>`.",
        "![wrnog](picture.png)",
    ],
)
def test_a_slip_is_found_wherever_readers_see_it(unknown, text):
    assert unknown(text) == ["wrnog"]


def test_american_spellings_are_slips_here(unknown):
    assert unknown("The color of the center, the behavior of gray.") == [
        "color",
        "center",
        "behavior",
        "gray",
    ]
    assert unknown("The colour of the centre, the behaviour of grey, to normalise and to normalize.") == []


@pytest.mark.parametrize(
    "text",
    [
        "Write `wrnog = 1`, or $wrnog + x$, or\n\n$$wrnog$$\n\n```python\nwrnog\n```",
        "By {cite:t}`wrnog2014auto`, see {doc}`wrnog-page` and <https://wrnog.org/wrnog>.",
        "```{code-cell}\n:tags: [wrnog]\nwrnog\n```",
        "---\nwrnog: 1\n---\n\n# Title",
        ":::{admonition} Title\n:class: wrnog\nText.\n:::",
        'They write: "the wrnog color is what we all see".',
        "σε and μ, the Wrnog.ai notes, wrnog.toml",
    ],
)
def test_code_formulas_and_addresses_are_not_read(unknown, text):
    assert unknown(text) == []


def test_own_words_may_begin_a_sentence_and_have_a_plural(unknown):
    assert unknown("Autoencoders, an autoencoder's code, MNIST’s digits, but mnist.") == ["mnist"]


def test_notebooks_and_quizzes_are_read(unknown):
    cell = '{{"cell_type": "{}", "id": "{}", "metadata": {{}}, "source": "{} wrnog"{}}}'
    code = cell.format("code", "b", "wrogn", ', "outputs": [], "execution_count": null')
    cells = f"{cell.format('markdown', 'a', 'A', '')}, {code}"
    notebook = f'{{"cells": [{cells}], "metadata": {{}}, "nbformat": 4, "nbformat_minor": 5}}'
    assert unknown(notebook, "page.ipynb") == ["wrnog"]
    quiz = "[[question]]\ntext='A $wrogn$'\n[[question.choice]]\ntext='`wrogn`'\nwhy='so wrnog'\n"
    assert unknown(quiz, "quiz.toml") == ["wrnog"]


def test_the_list_of_words_stays_sorted(tmp_path, monkeypatch, capsys):
    shuffled = tmp_path / WORDS.name
    shuffled.write_text("nat\nautoencoder\n")
    monkeypatch.setattr("tools.spelling.WORDS", shuffled)
    assert main([]) == 1
    assert "not sorted" in capsys.readouterr().err
