"""Scoring a submission: `check_folder` for learners, `score` for instructors."""

import math
import os
from collections.abc import Mapping

from vaelab.errors import VaelabError
from vaelab.grading.capstone import drawn, submission
from vaelab.grading.capstone.capstone_score import CapstoneScore, Part
from vaelab.grading.capstone.card import Card
from vaelab.grading.capstone.measures import MEASURES
from vaelab.grading.capstone.rules import NEAR, POINTS, SAME, NotAcceptedError
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


def score(
    handed_in: str | os.PathLike | Mapping[str, bytes], standard: Standard, *, measure: bool = True
) -> CapstoneScore:
    """Score a submission against a standard: its faces, its baselines. The same every time on one machine.

    Args:
        handed_in: a folder, a zip of one, or the bytes of the two files by name. Whatever is in them, nothing
            is raised.
        standard: for instructors what `Standard.read` makes of the file that
            `tools.capstone_baselines --seed` wrote.
        measure: as in `check_folder`.
    """
    try:
        found = submission.of(handed_in) if isinstance(handed_in, Mapping) else submission.read(handed_in)
        shown = drawn.show(found.model) if measure else None
        remarks = _whose(shown) if shown else ()
    except NotAcceptedError as error:
        return _refused(str(error))
    except (VaelabError, OSError, RuntimeError, ValueError, ArithmeticError) as error:
        return _refused(f"This could not be read as a submission: {str(error)[:300]}")
    measured = [_measured(key, found, standard) for key in MEASURES] if measure else _unmeasured()
    return CapstoneScore(
        (*measured, _card_part(found.card)),
        remarks=remarks,
        card=found.card,
        parameters=found.parameters,
        prior=_prior(found.model),
        shown=shown,
    )


def _whose(shown: drawn.Shown) -> tuple[str, ...]:
    """Raise NotAcceptedError for the pictures of a model that everybody has; remark on those like them."""
    distances = {name: drawn.distance(shown.sketch, other) for name, other in drawn.shipped().items()}
    for name, distance in distances.items():
        if distance < SAME:
            raise NotAcceptedError(
                f"This model redraws faces as {name} does, which comes with vaelab: a copy, whatever its "
                "weights look like. Train one of your own, from random weights."
            )
    return tuple(
        f"Its pictures are like those of {name}, which comes with vaelab (distance {distance:.2f}; 0 is a "
        f"copy, trainings of their own lie beyond {NEAR:g}). Ask how it was made."
        for name, distance in distances.items()
        if distance < NEAR
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
    return Part(key, round(POINTS[key] * scale.share(value), 2), "", value, scale)


def _card_part(card: Card) -> Part:
    missing = card.missing()
    if missing:
        return Part("card", 0.0, f"Still missing: {'; '.join(missing)}.")
    return Part("card", POINTS["card"], "Complete.")
