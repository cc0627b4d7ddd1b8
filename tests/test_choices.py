"""What is chosen and guessed: read however it is written, not had by trying; and words in their place."""

import json
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch

from vaelab.cli import main
from vaelab.grading import standing
from vaelab.grading.choices import plain, seal
from vaelab.grading.compare import expect, number
from vaelab.grading.exercise import Exercise
from vaelab.grading.outcome import Status, run
from vaelab.grading.sheet import Sheet
from vaelab.grading.space import local

NAME = "04-kl-divergence"
SAID = {"section": "Two coins", "hint": "Multiply.", "chapter": NAME}


def choosing() -> Exercise:
    """A choice of which c is right, beside a written answer; and a guess of which 16 comes true."""
    made = Exercise(NAME, "A sheet")
    why = {seal(NAME, "q1", wrong): f"Not {wrong}." for wrong in "abd"}
    question = made.question("q1", "Choose", written="q1_because", **SAID)
    question.choice(1, "q1", seal(NAME, "q1", "c"), why)
    guess = made.question("q2", "Guess, then measure", **SAID)
    guess.prediction(0.5, "guess", (4, 16), seal(NAME, "q2", 16), {seal(NAME, "q2", 4): "A square root."})
    guess.case(1)(lambda s: expect(s.measured, "Not measured yet."))
    return made


def check(folder=None, question="q1", **names):
    return Sheet(choosing(), local(names), folder)(question)


@pytest.mark.parametrize("answer", ["c", " C ", "(c)", "c)", "c.", '"c"', "**c**", ["c"], ("c",)])
def test_a_letter_is_read_however_it_is_written(answer):
    assert check(q1=answer).points == 1


@pytest.mark.parametrize("answer", [{"a", "c"}, ["a", "c"], "ac", lambda: "c", np.array([1.0, 2.0]), 3, True])
def test_what_is_no_letter_is_refused_in_plain_words(answer):
    (outcome,) = check(q1=answer).outcomes
    assert outcome.status is Status.FAILED and "letter" in outcome.message
    assert "Handle" not in outcome.message and "could not be read" not in outcome.message


@pytest.mark.parametrize(
    "value",
    [
        0.8,
        "0.8",
        " 0,8 ",
        "4/5",
        Fraction(4, 5),
        Decimal("0.8"),
        [0.8],
        np.float32(0.8),
        torch.tensor([[0.8]]),
    ],
)
def test_a_number_is_read_however_it_is_written(value):
    assert number(local({"x": value}).x) == pytest.approx(0.8)


@pytest.mark.parametrize("value", [{0.8}, "much", torch.tensor([0.8, 0.2]), float("nan"), "1/0", lambda: 0.8])
def test_what_is_no_number_is_refused_in_plain_words(value):
    question = Exercise(NAME, "A sheet").question("q1", "A number", **SAID)
    question.case(1)(lambda s: expect(number(s.x) == 0.8, ""))
    (outcome,) = run(question.cases, local({"x": value}))
    assert "One number was expected here" in outcome.message and "Handle" not in outcome.message


def test_a_number_in_other_spellings_has_one_seal():
    assert {plain(kind) for kind in (100, 100.0, "100", "1e2", np.float32(100), np.int64(100))} == {"100"}


@pytest.mark.parametrize(
    "use", [float, len, np.asarray, sorted, lambda x: x + 1, lambda x: x < 1, lambda x: x[0]]
)
def test_an_object_that_a_check_takes_for_numbers_is_called_by_its_type(use):
    question = Exercise(NAME, "A sheet").question("q1", "A set", **SAID)
    question.case(1)(lambda s: use(s.x))
    (outcome,) = run(question.cases, local({"x": {1, 2}}))
    assert outcome.message == "This gives a value of type set, where numbers were expected."


def test_each_further_letter_halves_what_the_right_one_is_worth(tmp_path):
    assert check(tmp_path, q1="a").points == 0
    assert check(tmp_path, q1="(A)").points == 0  # the same again, and a typing error, cost nothing
    assert check(tmp_path, q1="x").points == 0
    report = check(tmp_path, q1="c")
    assert (report.points, report.passed) == (0.5, True) and "After 1 other" in repr(report)
    assert check(tmp_path, q1="b").points == 0
    assert check(tmp_path, q1="c").points == 0.5  # who looked back is not punished
    kept = json.loads((tmp_path / "progress.json").read_text())[NAME]["q1"]
    assert (kept["points"], kept["solved"], kept["tried"]) == (0.5, True, {"q1": ["a", "c", "b"]})


def test_a_letter_that_took_two_tries_does_not_bar_the_certificate(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(standing, "exercise", lambda name: choosing())
    monkeypatch.setattr(standing, "EXERCISES", (NAME,))
    for letter in "ac":
        check(tmp_path, None, q1=letter, guess=4, measured=True)
    page = tmp_path / "c.html"
    assert main(["progress", str(tmp_path), "--certificate", str(page), "--name", "Anna"]) == 0
    assert "with 2 of 2.5 points" in page.read_text() and "2 of 2.5" in capsys.readouterr().out


def test_a_prediction_pays_for_being_made_and_the_first_is_kept(tmp_path):
    def guessed(guess, measured=...):
        report = check(tmp_path, "q2", guess=guess, measured=measured)
        return report.outcomes[0]

    assert guessed(...).status is Status.OPEN
    assert guessed(5).status is Status.FAILED and "4, 16" in guessed(5).message
    assert (guessed(4).points, guessed("16").points) == (0.5, 0.5)
    assert "first guess was 4" in guessed(16).message
    assert "A square root." not in guessed(4).message  # what comes out is told when it is measured
    assert "A square root." in guessed(4, True).message and "so it is" in guessed(16, True).message
    assert check(tmp_path, "q2", guess=4, measured=True).points == 1.5


@pytest.mark.parametrize("tried", ['["a"]', '{"q1": "a"}', '{"q1": [1]}'])
def test_tries_that_cannot_be_read_are_a_broken_file(tried, tmp_path):
    (tmp_path / "progress.json").write_text(f'{{"{NAME}": {{"q1": {{"points": 0, "tried": {tried}}}}}}}')
    assert check(tmp_path, q1="c").points == 1
    assert (tmp_path / "progress.json.broken").exists()


def test_an_empty_written_answer_is_noticed():
    for silent in ({}, {"q1_because": "\n"}):
        assert "Your written answer is empty: `q1_because`" in repr(check(q1="c", **silent))
    assert "written answer" not in repr(check(q1="c", q1_because="As it is."))
    assert "written answer" not in repr(check())  # nothing is answered at all


@pytest.mark.parametrize(
    "gate, after, spoken", [(True, False, False), (False, True, False), (False, False, True)]
)
def test_words_that_build_on_an_earlier_case_wait_for_it(gate, after, spoken):
    def said(near, far):
        question = Exercise(NAME, "A sheet").question("q1", "Two cases", **SAID)
        question.case(1, gate=gate)(lambda s: expect(s.near, "Wrong near."))
        question.case(1, after=after)(lambda s: expect(s.far, "Wrong far, where it was right near."))
        return run(question.cases, local({"near": near, "far": far}))[1]

    assert ("where it was right" in said(False, False).message) is spoken
    assert "where it was right" in said(True, False).message
    assert said(False, True).message == ""
    assert said(..., False).status is (Status.FAILED if spoken else Status.OPEN)
