"""Running the cases of a question against a submission."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from vaelab.grading.choices import Choice, Prediction
from vaelab.grading.compare import WrongError
from vaelab.grading.exercise import Case
from vaelab.grading.isolation.limits import LIMITS
from vaelab.grading.space import Space, SubmissionError, UnansweredError

TOO_SLOW = "Too slow to be graded"


class Status(StrEnum):
    """How a case went."""

    PASSED = "passed"
    FAILED = "failed"
    OPEN = "not answered yet"


@dataclass(frozen=True)
class Outcome:
    """How one case went.

    Attributes:
        message: what it says to the learner.
        points: what it earns.
        detail: what the instructor alone may read.
    """

    case: Case
    status: Status
    message: str = ""
    points: float = 0
    detail: str = ""


def run(cases: Iterable[Case], space: Space, before: Sequence[Outcome] = ()) -> list[Outcome]:
    """Run cases of one question. Never raises: whatever goes wrong is a failed case.

    Args:
        cases: what is run.
        space: what is asked.
        before: outcomes of earlier cases of the question. They come first in what is returned.
    """
    outcomes = list(before)
    for case in cases:
        outcomes.append(_in_its_place(_run(case, space), outcomes))
    if all(o.status is Status.PASSED for o in outcomes):
        return [*before, *(_told(outcome, space) for outcome in outcomes[len(before) :])]
    gates = [o.case for o in outcomes if o.case.gate and o.status is not Status.PASSED]
    return [outcome if _spared(outcome.case, gates) else replace(outcome, points=0) for outcome in outcomes]


def _spared(case: Case, gates: list[Case]) -> bool:
    """Whether it keeps its points although these gates are closed: what was chosen or guessed does, where
    they are hidden ones. The others ask for a function."""
    return not gates or (isinstance(case.check, Choice) and all(gate.hidden for gate in gates))


def _in_its_place(outcome: Outcome, before: list[Outcome]) -> Outcome:
    """Without its words if they build on a case that has not passed: they would mislead there."""
    unwritten = before and all(o.status is Status.OPEN for o in before)
    if unwritten and outcome.case.hidden and outcome.status is Status.FAILED:
        return replace(outcome, status=Status.OPEN, message="")
    needed = [o for o in before if o.case.gate or outcome.case.after]
    missed = next((o for o in needed if o.status is not Status.PASSED), None)
    if missed is None or outcome.status is Status.PASSED:
        return outcome
    status = Status.OPEN if missed.status is Status.OPEN else outcome.status
    return replace(outcome, status=status, message=f"First “{missed.case.name}”, then this.")


def _told(outcome: Outcome, space: Space) -> Outcome:
    """With what a prediction came to, once everything else is right."""
    check = outcome.case.check
    if not isinstance(check, Prediction):
        return outcome
    try:
        return replace(outcome, message=check.outcome(space))
    except (WrongError, SubmissionError, UnansweredError):  # another answer than a moment ago
        return outcome


def _run(case: Case, space: Space) -> Outcome:
    space._slowest = 0.0
    outcome, most = _checked(case, space), LIMITS.answer_seconds
    if space._slowest <= most:
        return outcome
    took = f"{space._slowest:.0f} seconds of processor time"
    slow = f"{TOO_SLOW}: one call took {took}, where {most:g} are allowed."
    return replace(outcome, message=f"{outcome.message} {slow}".strip())


def _checked(case: Case, space: Space) -> Outcome:
    try:
        case.check(space)
    except UnansweredError as error:
        return _not_passed(case, Status.OPEN, str(error), "")
    except WrongError as error:
        return Outcome(case, Status.FAILED, str(error))
    except SubmissionError as error:
        return _not_passed(case, Status.FAILED, str(error), "Your code met an error or a limit here.")
    except Exception as error:  # the check stumbled over something no answer should be
        short = "This could not be read as an answer"
        return _not_passed(case, Status.FAILED, f"{short}: {error}"[:500], f"{short}.")
    return Outcome(case, Status.PASSED, points=case.points)


def _not_passed(case: Case, status: Status, said: str, to_learners: str) -> Outcome:
    """What the submission's code says, or the check's, could tell learners what a hidden case asks."""
    return Outcome(case, status, to_learners, detail=said) if case.hidden else Outcome(case, status, said)
