"""Running the cases of a question against a submission."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from vaelab.grading.compare import WrongError
from vaelab.grading.exercise import Case
from vaelab.grading.isolation.limits import LIMITS
from vaelab.grading.space import Space, SubmissionError, UnansweredError


class Status(StrEnum):
    """How a case went."""

    PASSED = "passed"
    FAILED = "failed"
    OPEN = "not answered yet"


@dataclass(frozen=True)
class Outcome:
    """How one case went, and what it says to the learner."""

    case: Case
    status: Status
    message: str = ""
    points: float = 0


def run(cases: Iterable[Case], space: Space, before: Iterable[Outcome] = ()) -> list[Outcome]:
    """Run cases of one question. Never raises: whatever goes wrong is a failed case.

    Args:
        cases: what is run.
        space: what is asked.
        before: outcomes of earlier cases of the question. They come first in what is returned.
    """
    outcomes = [*before, *(_run(case, space) for case in cases)]
    if all(o.status is Status.PASSED for o in outcomes if o.case.gate):
        return outcomes
    return [Outcome(o.case, o.status, o.message, 0) for o in outcomes]


def _run(case: Case, space: Space) -> Outcome:
    space._slowest = 0.0
    outcome, most = _checked(case, space), LIMITS.answer_seconds
    if space._slowest <= most:
        return outcome
    took = f"{space._slowest:.0f} seconds of processor time"
    slow = f"Too slow to be graded: one call took {took}, where {most:g} are allowed."
    return replace(outcome, message=f"{outcome.message} {slow}".strip())


def _checked(case: Case, space: Space) -> Outcome:
    try:
        case.check(space)
    except UnansweredError as error:
        return Outcome(case, Status.OPEN, str(error))
    except (WrongError, SubmissionError) as error:
        return Outcome(case, Status.FAILED, str(error))
    except Exception as error:  # the check stumbled over something no answer should be
        return Outcome(case, Status.FAILED, f"This could not be read as an answer: {error}"[:500])
    return Outcome(case, Status.PASSED, points=case.points)
