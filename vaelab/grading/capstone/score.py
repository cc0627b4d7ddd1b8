"""The score of a submission: `check_folder` for learners, `grade_folder` for instructors."""

import math
import os
from dataclasses import dataclass, field

from vaelab.errors import VaelabError
from vaelab.grading.capstone import report, submission
from vaelab.grading.capstone.card import Card
from vaelab.grading.capstone.likeness import remarks
from vaelab.grading.capstone.measures import MEASURES
from vaelab.grading.capstone.rules import POINTS, TITLES, NotAcceptedError
from vaelab.grading.capstone.standard import Scale, Standard


@dataclass(frozen=True)
class Part:
    """One part of the score. `value` and `scale` are None where nothing was measured."""

    key: str
    points: float = 0.0
    message: str = ""
    value: float | None = None
    scale: Scale | None = None

    @property
    def title(self) -> str:
        return TITLES[self.key]

    @property
    def possible(self) -> float:
        return POINTS[self.key]


@dataclass(frozen=True)
class CapstoneScore:
    """How a submission did.

    Attributes:
        parts: bound, frechet, control, card, in this order.
        problem: why it was not accepted; empty if it was.
        remarks: what the instructor should look at; they change no points.
        card: as read; None if it could not be.
        parameters: of the model; None if it could not be built.
    """

    parts: tuple[Part, ...]
    problem: str = ""
    remarks: tuple[str, ...] = ()
    card: Card | None = None
    parameters: int | None = None
    possible: float = field(default=sum(POINTS.values()), init=False)

    @property
    def accepted(self) -> bool:
        """Whether it was read and keeps to the rules."""
        return not self.problem

    @property
    def points(self) -> float:
        """Out of 10, in tenths."""
        return round(sum(part.points for part in self.parts), 1)

    def __repr__(self) -> str:
        return report.text(self)

    def _repr_html_(self) -> str:
        return report.html(self)


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
    card = _card_part(found.card)
    if not measure:
        return CapstoneScore((*_unmeasured("Not measured."), card), "", (), found.card, found.parameters)
    measured = [_measured(key, found, standard) for key in MEASURES]
    return CapstoneScore((*measured, card), "", remarks(found), found.card, found.parameters)


def _refused(why: str) -> CapstoneScore:
    return CapstoneScore((*_unmeasured("Not measured."), Part("card")), why)


def _unmeasured(message: str) -> list[Part]:
    return [Part(key, message=message) for key in MEASURES]


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
