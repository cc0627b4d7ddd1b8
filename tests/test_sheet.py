"""The learner's side: a check answers whatever it meets, scores fairly, and keeps the best."""

import json
import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from vaelab import grading
from vaelab.errors import UnknownNameError
from vaelab.grading import outcome
from vaelab.grading.choices import seal
from vaelab.grading.compare import diagnose, expect
from vaelab.grading.exercise import Exercise
from vaelab.grading.outcome import Status
from vaelab.grading.sheet import Sheet
from vaelab.grading.space import local


@pytest.fixture
def exercise():
    made = Exercise("04-kl-divergence", "A sheet")
    options = {"chapter": "04-kl-divergence", "section": "Two coins", "hint": "Multiply."}
    double = made.question("q1", "Double it", hidden_points=1, **options)

    @double.case(1, gate=True)
    def twice_three_is_six(s):
        diagnose(s.double(torch.tensor(3.0)), 6.0, {"Squared, not doubled.": 9.0}, "Not yet.")

    @double.case(2)
    def a_number(s):
        expect(np.isfinite(s.double(1.0)), "Return a number.")

    choice = made.question("q2", "Choose", **options)
    choice.choice(
        1,
        "q2",
        right=seal("04-kl-divergence", "q2", "b"),
        why={seal("04-kl-divergence", "q2", "a"): "Half the truth."},
    )
    return made


def outcomes(exercise, folder=None, **names):
    report = Sheet(exercise, local(names), folder)("q1")
    return [(o.status, o.points) for o in report.outcomes], report.outcomes[0].message


class EqualToAll:
    def __eq__(self, other):
        return True

    def __array__(self, *_, **__):
        return np.array(6.0)


@pytest.mark.parametrize(
    "double, says",
    [
        (lambda x: x**2, "Squared, not doubled."),
        (lambda x: 1 / 0, "ZeroDivisionError"),
        (lambda: 1, "TypeError"),
        (lambda x: EqualToAll(), "type EqualToAll, where numbers"),
        (lambda x: [[1], [2, 3]], "Not yet"),
        (lambda x: "6", "Not yet"),
        (lambda x: (_ for _ in ()), "type generator, where numbers"),
        (6, ""),
    ],
)
def test_a_wrong_answer_fails_with_a_sentence_and_no_points(exercise, double, says):
    (gate, second), message = outcomes(exercise, double=double)
    assert gate == (Status.FAILED, 0) and second[1] == 0
    assert says in message and len(message) > 5


@pytest.mark.parametrize("unanswered", [{}, {"double": ...}, {"double": lambda x: None}])
def test_no_answer_is_no_failure(exercise, unanswered):
    (gate, _), _ = outcomes(exercise, **unanswered)
    assert gate == (Status.OPEN, 0)


def test_a_call_that_is_too_slow_to_be_graded_says_so(exercise, monkeypatch):
    def busy(x):
        began = time.process_time()
        while time.process_time() - began < 0.6:
            pass
        return 2 * x

    monkeypatch.setattr(outcome, "LIMITS", replace(outcome.LIMITS, answer_seconds=0.5))
    (passed, _), message = outcomes(exercise, double=busy)
    said = "Too slow to be graded: one call took 1 seconds of processor time, where 0.5 are allowed."
    assert (passed, message) == ((Status.PASSED, 1), said)
    assert outcomes(exercise, double=lambda x: 2 * x)[1] == ""


def test_points_behind_a_gate_need_the_gate(exercise):
    assert outcomes(exercise, double=lambda x: 2 * x)[0] == [(Status.PASSED, 1), (Status.PASSED, 2)]
    assert outcomes(exercise, double=lambda x: x + 1)[0] == [(Status.FAILED, 0), (Status.PASSED, 0)]
    report = Sheet(exercise, local({"double": lambda x: x + 1}), None)("q1")
    assert "as soon as “twice three is six” passes" in repr(report)
    assert "as soon as “twice three is six” passes" in report._repr_html_()


def test_work_in_place_does_not_reach_the_check(exercise):
    assert outcomes(exercise, double=lambda x: x.mul_(2))[0][0] == (Status.PASSED, 1)


@pytest.mark.parametrize("answer, points", [("b", 1), (" B ", 1), ("a", 0), ("c", 0), (3, 0), ([], 0)])
def test_a_choice_is_compared_by_its_seal(exercise, answer, points):
    assert Sheet(exercise, local({"q2": answer}), None)("q2").points == points


def test_a_number_may_be_chosen_as_any_kind_of_number():
    kinds = (100, 100.0, "100", np.float32(100), np.int64(100))
    assert len({seal("x", "q1", kind) for kind in kinds}) == 1


def test_reports_say_the_same_as_text_and_as_html(exercise):
    check = Sheet(exercise, local({"double": lambda x: x**2}), None)
    report = check("q1")
    for said in (repr(report), report._repr_html_()):
        assert "0 of 3 points, 1 more" in said and "Squared, not doubled." in said and "Two coins" in said
    assert "0 of 4 points" in repr(check()) and "<table>" in check()._repr_html_()
    assert repr(check.hint("q1")) == "Multiply."
    assert "no question 'q7'" in repr(check("q7")) and not check("q7").passed
    assert "no question ['q1']" in repr(check(["q1"]))


def test_a_message_cannot_bring_markup_into_the_notebook(exercise):
    def double(x):
        raise ValueError("<script>alert(1)</script>")

    assert "<script>" not in Sheet(exercise, local({"double": double}), None)("q1")._repr_html_()


def test_the_best_score_is_kept_beside_the_notebook(exercise, tmp_path):
    def kept():
        return json.loads((tmp_path / "progress.json").read_text())["04-kl-divergence"]["q1"]["points"]

    outcomes(exercise, tmp_path)
    assert not (tmp_path / "progress.json").exists()
    outcomes(exercise, tmp_path, double=lambda x: 2 * x)
    assert kept() == 3
    outcomes(exercise, tmp_path, double=lambda x: x)
    assert kept() == 3


def test_gradients_are_those_of_the_closed_form():
    space = local({"f": lambda a, b: (a**2 * b, a), "cut": lambda a, b: (a.detach() * b).sum()})
    a, b = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0])
    first, second = space.gradients("f", a, b, output=0)
    assert first.tolist() == [6, 16] and second.tolist() == [1, 4]
    assert space.gradients("cut", a, b)[0] is None
    assert not a.requires_grad


def test_an_unknown_exercise_is_told_with_the_nearest_name():
    with pytest.raises(UnknownNameError, match="04-kl-divergence"):
        grading.sheet("04-kl")
