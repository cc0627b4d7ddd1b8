"""Honest minutes: what counts, what does not, and what the chapters say."""

import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools import measure_pages, minutes


def counted(*cells) -> minutes.Reading:
    return minutes.count(new_notebook(cells=list(cells)))


def code(source: str, *tags: str):
    return new_code_cell(source, metadata={"tags": list(tags)})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Four words stand here.", 4),
        ("It's $\\mu = 0$, 1,630 and {doc}`02-autoencoders`, or `z + 1`.", 7),
        (":::{admonition} Predict first\n:class: predict\nWhich one?\n:::", 2),
        ("A [link to somewhere](page.md) {cite:p}`kingma2014auto`.", 3),
        ("$$\na = b + c\n$$\nthen", 1),
    ],
)
def test_words_are_those_that_one_reads(text, words):
    assert minutes.words_of(text) == words


def test_open_code_counts_and_folded_code_does_not():
    assert counted(code("a = 1"), code("b = 2")).story == 1.0
    assert counted(code("import torch", "setup"), code("# check: it is", "check")).story == 0
    assert counted(code("figures.lines(caption='two words')", "hide-input")).story == pytest.approx(
        1 / 6 + 0.01
    )
    assert counted(code("from vaelab.quizzes import quiz\nquiz('x')", "hide-input")).story == 0


def test_formulas_that_stand_alone_take_time():
    assert counted(new_markdown_cell("$$a$$\n\n$$b$$")).story == pytest.approx(2 / 6)


def test_a_deeper_section_counts_by_itself_until_the_next_heading_of_its_level():
    long = "word " * 400
    text = f"# A\n{long}\n### Deeper: b\n{long}\n#### c\n{long}\n### D\n{long}\n## Check yourself\n{long}"
    reading = counted(new_markdown_cell(text))
    assert reading.folds == {"Deeper: b": pytest.approx(4, abs=0.1)}
    assert reading.story == pytest.approx(4, abs=0.1)


HEAD = "# A\n\n**Time:** 3 minutes to read, 24 s to run on two CPU cores\n"


def test_minutes_are_written_into_the_head_and_under_the_fold():
    reading = minutes.Reading(story=11.2, folds={"Deeper: b": 3.5})
    text = HEAD + "\n## Deeper: b\n\nText.\n"
    new = minutes.with_minutes(text, reading)
    assert "**Time:** 12 minutes to read, 4 more in the folds headed Deeper, 24 s to run" in new
    assert "## Deeper: b\n\n*4 minutes*\n\nText.\n" in new
    assert minutes.with_minutes(new, reading) == new
    assert "**Time:** 2 minutes to read, 24 s" in minutes.with_minutes(
        new.partition("\n## ")[0], minutes.Reading(2)
    )


@pytest.mark.parametrize("path", minutes.chapters(), ids=lambda path: path.stem)
def test_a_chapter_breaks_no_more_rules_than_are_known(path):
    """Minutes, what the head says of them, long cells, printed numbers."""
    assert measure_pages.complaints(path.stem, measure_pages.read(path)) == []


@pytest.mark.parametrize("path", minutes.chapters(), ids=lambda path: path.stem)
def test_how_long_a_sheet_takes_is_said_on_the_sheet_alone(path):
    """Said in two places, the two drift apart."""
    cells = nbformat.read(path, as_version=4).cells
    (end,) = [cell.source for cell in cells if cell.source.startswith("Then put it to use")]
    assert not re.search(r"\b(minutes?|hours?)\b", end)


def test_ten_chapters_are_read_in_an_afternoon():
    assert measure_pages.complaints(measure_pages.TOGETHER, measure_pages.read_together()) == []


def test_known_breaches_are_only_ever_lowered(tmp_path, monkeypatch):
    monkeypatch.setattr(measure_pages, "ALLOWED", tmp_path / "known.toml")
    found = lambda count: {"01-one": {"sideways": measure_pages.Found(count, ["a table"] * count)}}  # noqa: E731
    measure_pages.lower(found(3))
    assert measure_pages.complaints("01-one", found(3)["01-one"]) == []
    assert "sideways 4, known are 3" in measure_pages.complaints("01-one", found(4)["01-one"])[0]
    measure_pages.lower(found(4))
    assert measure_pages.allowed() == {"01-one": {"sideways": 3}}
    measure_pages.lower({"02-two": found(0)["01-one"]})
    assert measure_pages.allowed() == {"01-one": {"sideways": 3}}, "a chapter that was not measured"
    assert "is put right" in measure_pages.complaints("01-one", found(0)["01-one"])[0]
    measure_pages.lower(found(0))
    assert measure_pages.allowed() == {}


def test_printed_numbers_are_seen():
    formatted = ['print(f"{loss:.3f} nats")', 'print("{:d} of {}".format(1, 2))']
    plain = ["print(history)", 'print(f"{name}: done")']
    seen = [bool(measure_pages.FORMATTED.search(line)) for line in formatted + plain]
    assert seen == [True, True, False, False]
