"""Every exercise: its solution earns everything, an empty sheet nothing, each listed mistake is named."""

import random
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch

from tools import mutants
from vaelab.grading import draws
from vaelab.grading.outcome import Status, run
from vaelab.grading.sheet import EXERCISES, exercise, module
from vaelab.grading.source import for_learners, read_source, solved
from vaelab.grading.space import Server, Space, local, seed_all

ROOT = Path(__file__).resolve().parent.parent
CODE_QUESTION = re.compile(r"^\s*(def|class) ", re.MULTILINE)


@pytest.fixture(scope="module", params=EXERCISES)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def names(name):
    """What the solved notebook leaves behind: run once, for the solution and for the answers beside it."""
    return mutants.solution(name)


def score(name: str, namespace: dict) -> dict[str, list]:
    space = local(namespace)
    return {key: run(cases, space) for key, cases in mutants.cases(name).items()}


def test_the_solution_earns_every_point_of_ten(name, names):
    outcomes = [o for listed in score(name, names).values() for o in listed]
    assert [(o.case.name, o.message) for o in outcomes if o.status is not Status.PASSED] == []
    assert sum(o.points for o in outcomes) == pytest.approx(10)


def forget(name: str) -> None:
    """What the checks of an exercise keep from one call to the next."""
    for thing in vars(module(name)).values():
        if hasattr(thing, "cache_clear"):
            thing.cache_clear()


def random_state() -> tuple:
    return torch.get_rng_state(), np.random.get_state(), random.getstate()


def set_random_state(state: tuple) -> None:
    for put, value in zip((torch.set_rng_state, np.random.set_state, random.setstate), state, strict=True):
        put(value)


class Apart:
    """A submission as in a process of its own, where `vaelab grade` asks it: its draws are not the checks."""

    alone = threading.Lock()

    def __init__(self, names: dict):
        self._server = Server(names)
        with self.alone:
            self._state = random_state()

    def __call__(self, message: dict) -> dict:
        with self.alone:
            checks = random_state()
            set_random_state(self._state)
            try:
                return self._server.answer(message)
            finally:
                self._state = random_state()
                set_random_state(checks)


def test_checks_draw_from_generators_of_their_own(name, names):
    """So several submissions are checked at a time, in threads, and each as if it were alone."""
    forget(name)
    for key, cases in mutants.cases(name).items():
        seed_all(5)
        run(cases, Space(Apart(names)))
        drawn = torch.rand(2).tolist(), np.random.rand(2).tolist(), random.random()
        seed_all(5)
        assert drawn == (torch.rand(2).tolist(), np.random.rand(2).tolist(), random.random()), key


def test_checks_say_the_same_when_several_run_at_a_time(name, names):
    listed = mutants.cases(name).values()

    def outcomes(_) -> list:
        space = Space(Apart(names))
        return [run(cases, space) for cases in listed]

    seed_all(0)
    alone = outcomes(0)
    forget(name)
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(outcomes, range(4))) == [alone] * 4


def test_the_solution_is_right_whatever_graded_checks_draw(name, names):
    for secret in ("one", "another"):
        forget(name)
        with draws.by(secret):
            outcomes = [o for listed in score(name, names).values() for o in listed]
        forget(name)
        assert [(o.case.name, o.message) for o in outcomes if o.status is not Status.PASSED] == []


def test_the_empty_sheet_runs_and_earns_nothing(name):
    outcomes = [o for listed in score(name, mutants.empty(name)).values() for o in listed]
    assert [(o.case.question, o.case.name) for o in outcomes if o.points] == []


def test_hidden_points_are_those_that_the_sheet_announces(name):
    for key, question in exercise(name).questions.items():
        hidden = [c.points for c in mutants.cases(name)[key] if c.hidden]
        assert sum(hidden) == pytest.approx(question.hidden_points), key


def test_every_mistake_is_named_and_every_right_way_accepted(name, names):
    verdicts = list(mutants.verdicts(name, names))
    assert [f"{v.question}: {v.answer.name}" for v in verdicts if not v.right_verdict] == []


def test_each_code_question_has_six_mistakes_and_three_right_ways(name):
    notebook = read_source(mutants.SOURCE / name / "exercise.md")
    answers = mutants.module(mutants.SOURCE / name / "answers.py")
    for key in exercise(name).questions:
        (cell,) = [c for c in notebook.cells if key in c.metadata.get("tags", [])]
        if CODE_QUESTION.search(cell.source):
            assert len(answers.WRONG[key]) >= 6, key
            assert len(answers.RIGHT[key]) >= 3, key
        vague = [answer.name for answer in answers.WRONG.get(key, ()) if len(answer.says) < 3]
        assert vague == [], "a pattern that fits every message proves nothing"


def test_sections_to_read_again_are_headings_of_their_chapter(name):
    for question in exercise(name).questions.values():
        chapter = nbformat.read(ROOT / "book" / f"{question.chapter}.ipynb", as_version=4)
        headings = re.findall(r"^#+ (.+)$", "\n".join(c.source for c in chapter.cells), re.MULTILINE)
        assert question.section in headings, question.key


def test_no_line_of_a_solution_reaches_learners(name):
    source = read_source(mutants.SOURCE / name / "exercise.md")
    whole, given = ("\n".join(c.source for c in made(source).cells) for made in (solved, for_learners))
    public = Path(module(name).__file__).read_text()
    for line in set(map(str.strip, whole.split("\n"))) - set(map(str.strip, given.split("\n"))):
        if len(line) > 12:
            assert line not in given and line not in public, line


def test_every_question_has_a_hint(name):
    assert all(len(question.hint) > 20 for question in exercise(name).questions.values())


def test_how_written_answers_are_marked_is_not_to_be_read_in_what_learners_have(name):
    public = Path(module(name).__file__).read_text()
    rubrics = mutants.checks_of(name).rubrics
    assert set(rubrics) == {q.key for q in exercise(name).questions.values() if q.written} != set()
    for words in (what for rubric in rubrics.values() for what in rubric.values()):
        assert words[:30] not in public
