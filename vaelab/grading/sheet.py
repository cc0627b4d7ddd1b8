"""What a learner holds: `check = sheet("04-kl-divergence")`, then `check("q1")`."""

import inspect
import os
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from vaelab.errors import UnknownNameError
from vaelab.grading import progress_file, tries
from vaelab.grading.check_report import Hint, QuestionReport, SheetReport
from vaelab.grading.exercise import Exercise
from vaelab.grading.outcome import run
from vaelab.grading.space import Space, SubmissionError, UnansweredError, local

EXERCISES = (
    "01-two-kinds-of-models",
    "02-autoencoders",
    "03-why-autoencoders-cannot-generate",
    "04-kl-divergence",
    "05-reparameterization",
    "06-variational-autoencoders",
    "07-balancing-the-loss",
    "08-faces",
    "09-latent-arithmetic",
    "10-judging-and-beyond",
    "11-priors-and-pieces",
    "12-from-vae-to-latent-diffusion",
)

GRADING = "VAELAB_GRADING"  # set where `vaelab grade` runs a submission


def exercise(name: str) -> Exercise:
    """The public side of an exercise.

    Raises:
        UnknownNameError: if there is no such exercise.
    """
    return module(name).exercise


def module(name: str) -> ModuleType:
    """The module with an exercise's public checks: `sheets/kl_divergence.py` for `04-kl-divergence`.

    Raises:
        UnknownNameError: if there is no such exercise.
    """
    if name not in EXERCISES:
        raise UnknownNameError("exercise", name, EXERCISES)
    return import_module(f"vaelab.grading.sheets.{name[3:].replace('-', '_')}")


def sheet(name: str) -> "Sheet":
    """The checks of an exercise, for the notebook that calls this; quiet ones where it is being graded.

    Args:
        name: the exercise, such as `04-kl-divergence`.

    Raises:
        UnknownNameError: if there is no such exercise.
    """
    if os.environ.get(GRADING):
        return QuietSheet()
    namespace = inspect.currentframe().f_back.f_globals
    return Sheet(exercise(name), local(namespace), Path.cwd())


class Sheet:
    """Checks one exercise against a notebook's variables. Calling it never raises."""

    def __init__(self, exercise: Exercise, space: Space, folder: Path | None):
        self._exercise, self._space, self._folder = exercise, space, folder

    def __call__(self, question: str | None = None) -> QuestionReport | SheetReport | Hint:
        """Check one question, or without an argument all of them, and say what is still wrong.

        The best score of each question is kept in `progress.json` beside the notebook, and the letters that
        were tried: each further one halves what the right one is worth.
        """
        if question is not None and question not in list(self._exercise.questions):
            return self._unknown(question)
        chosen = self._exercise.questions if question is None else [question]
        kept = {} if self._folder is None else progress_file.tried(self._folder, self._exercise)
        reports = [self._report(key, kept.get(key, {})) for key in chosen]
        if self._folder is not None:
            progress_file.record(self._folder, self._exercise, reports)
        return reports[0] if question is not None else SheetReport(self._exercise, reports)

    def hint(self, question: str) -> Hint:
        """A second, stronger hint for a question."""
        if question not in list(self._exercise.questions):
            return self._unknown(question)
        return Hint(self._exercise.questions[question].hint)

    def _report(self, key: str, tried: tries.Tried) -> QuestionReport:
        question, space = self._exercise.questions[key], self._space
        outcomes = run(question.cases, space)
        tried = tries.noted(tried, outcomes, space)
        counted = [tries.counted(outcome, tried, space) for outcome in outcomes]
        return QuestionReport(question, counted, tried, silent=self._silent(question.written))

    def _silent(self, written: str | None) -> bool:
        """Whether a written answer is asked for and empty."""
        try:
            return written is not None and not getattr(self._space, written)
        except (UnansweredError, SubmissionError):
            return True

    def _unknown(self, question: Any) -> Hint:
        known = ", ".join(f'"{key}"' for key in self._exercise.questions)
        return Hint(f"There is no question {question!r} here. The questions are {known}.")


class QuietSheet(Sheet):
    """What a submission holds while it is graded. Its own checks are not there: they know right values."""

    def __init__(self):
        pass

    def __call__(self, question: str | None = None) -> Hint:
        return Hint("Checks keep still while a submission is graded.")

    hint = __call__
