"""Checks that get values of odd shapes from a submission: none is slow over them, none is passed by them."""

import time

import numpy as np
import pytest

from tools import mutants
from vaelab.grading.outcome import Status, run
from vaelab.grading.sheet import EXERCISES
from vaelab.grading.space import Space
from vaelab.grading.values import encode

LARGE = np.zeros(700_000, np.uint8)
ODD = {
    "column": encode(LARGE[:, None]),
    "pair of columns": [encode(LARGE[:, None])] * 2,
    "no columns": {"$array": "", "type": "<f8", "shape": [1 << 16, 0], "torch": False},
    "long list": [0] * 50_000,
    "not a number": encode(float("nan")),
}


@pytest.mark.slow
@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize("name", EXERCISES)
def test_odd_values_are_soon_refused(name, odd):
    def ask(message):
        return {"object": 0, "type": "function"} if message["do"] == "get" else {"value": odd}

    for cases in mutants.cases(name).values():
        for space in (Space(ask), Space(lambda message: {"value": odd})):
            began = time.process_time()
            passed = [o.case.name for o in run(cases, space) if o.status is Status.PASSED]
            assert passed == [] and time.process_time() - began < 10


def case(name: str, words: str):
    return next(c for cases in mutants.cases(name).values() for c in cases if c.name == words)


def answering(case, replies: dict):
    """The outcome, where messages are answered by the first key that their text contains."""

    def ask(message):
        return next(
            (r for key, r in replies.items() if key in str(message)), {"object": 0, "type": "function"}
        )

    (outcome,) = run([case], Space(ask))
    return outcome


def test_what_is_no_number_is_not_bent():
    outputs = [encode(np.full((400, 3), np.nan))] * 2
    encoder = {"object": 0, "type": "Encoder"}
    of_pictures = "[400, 1, 4, 4]"
    replies = {"lambda e": encoder, of_pictures: {"value": outputs}, "'seed'": {"value": None}}
    outcome = answering(case("06-variational-autoencoders", "posteriors of any width"), replies)
    assert outcome.status is Status.FAILED and "not numbers" in outcome.message
