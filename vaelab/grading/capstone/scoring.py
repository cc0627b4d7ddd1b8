"""Scoring a submission: `check_folder` for learners, `grade_folder` for instructors."""

import math
import os

from vaelab.errors import VaelabError
from vaelab.grading.capstone import submission
from vaelab.grading.capstone.capstone_score import CapstoneScore, Part
from vaelab.grading.capstone.card import Card
from vaelab.grading.capstone.likeness import remarks
from vaelab.grading.capstone.measures import MEASURES
from vaelab.grading.capstone.rules import POINTS, NotAcceptedError
from vaelab.grading.capstone.standard import Standard
from vaelab.models import VAE
from vaelab.priors import StandardNormal


def check_folder(path: str | os.PathLike, *, measure: bool = True) -> CapstoneScore:
    """A learner's own check, on public faces; the hidden ones give nearly the same. Never raises.

    Args:
        path: the submission, a folder or a zip of one.
        measure: False looks at files, rules and card only, at once; True also measures, half a minute.
    """
    return score(path, Standard.read(), measure=measure)


def grade_folder(path: str | os.PathLike, hidden: str | os.PathLike | Standard) -> CapstoneScore:
    """An instructor's score, on hidden faces. No submission makes it raise.

    Args:
        path: the submission, a folder or a zip of one.
        hidden: the file that `tools.capstone_baselines --seed` wrote, or what `Standard.read` made of it.

    Raises:
        StandardError: the hidden file cannot be read.
    """
    return score(path, hidden if isinstance(hidden, Standard) else Standard.read(hidden))


def score(path: str | os.PathLike, standard: Standard, *, measure: bool = True) -> CapstoneScore:
    """Score a submission against a standard: its faces, its baselines. The same every time on one machine."""
    try:
        found = submission.read(path)
    except NotAcceptedError as error:
        return _refused(str(error))
    except (VaelabError, OSError, RuntimeError, ValueError, ArithmeticError) as error:
        return _refused(f"This could not be read as a submission: {str(error)[:300]}")
    measured = [_measured(key, found, standard) for key in MEASURES] if measure else _unmeasured()
    return CapstoneScore(
        (*measured, _card_part(found.card)),
        remarks=remarks(found) if measure else (),
        card=found.card,
        parameters=found.parameters,
        prior=_prior(found.model),
    )


def _prior(model: VAE) -> str:
    """What the model's samples are drawn from, in words."""
    if model.prior is None or isinstance(model.prior, StandardNormal):
        return "N(0, I)"
    return f"its own prior, {type(model.prior).__name__}"


def _refused(why: str) -> CapstoneScore:
    return CapstoneScore((*_unmeasured(), Part("card")), why)


def _unmeasured() -> list[Part]:
    return [Part(key, message="Not measured.") for key in MEASURES]


def _measured(key: str, found: submission.Submission, standard: Standard) -> Part:
    scale = standard.scales[key]
    try:
        value = MEASURES[key](found.model, standard.faces)
    except (VaelabError, RuntimeError, ValueError, ArithmeticError) as error:  # finite weights, endless sums
        return Part(key, 0.0, f"The model's output could not be measured: {str(error)[:200]}", None, scale)
    if not math.isfinite(value):
        return Part(key, 0.0, "The model's output is not finite.", None, scale)
    return Part(key, round(POINTS[key] * scale.share(value), 1), "", value, scale)


def _card_part(card: Card) -> Part:
    missing = card.missing()
    if missing:
        return Part("card", 0.0, f"Still missing: {'; '.join(missing)}.")
    return Part("card", POINTS["card"], "Complete.")
