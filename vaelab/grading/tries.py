"""What a learner has chosen and guessed so far. A letter is not had by trying: each further one halves it."""

from dataclasses import replace

from vaelab.grading.choices import Choice, Prediction
from vaelab.grading.outcome import Outcome, Status
from vaelab.grading.space import Space

Tried = dict[str, list[str]]  # variable -> what stood there when it was checked, the first one first


def noted(tried: Tried, outcomes: list[Outcome], space: Space) -> Tried:
    """With what stands in the notebook now. Of a prediction only the first counts."""
    noted = {variable: list(answers) for variable, answers in tried.items()}
    for check in (o.case.check for o in outcomes if isinstance(o.case.check, Choice)):
        answers, now = noted.setdefault(check.variable, []), check.tried(space)
        if now is not None and now not in answers and not (answers and isinstance(check, Prediction)):
            answers.append(now)
    return {variable: answers for variable, answers in noted.items() if answers}


def counted(outcome: Outcome, tried: Tried, space: Space) -> Outcome:
    """With the points that are left after the tries before, and words about them."""
    check = outcome.case.check
    if not isinstance(check, Choice) or outcome.status is not Status.PASSED:
        return outcome
    answers, now = tried.get(check.variable, []), check.tried(space)
    before = answers.index(now) if now in answers else 0
    if isinstance(check, Prediction):
        kept = f"Your first guess was {answers[0]}, and that one is kept." if answers[:1] != [now] else ""
        said = kept or "It is kept, and worth the same whatever comes out."
        return replace(outcome, message=outcome.message or said)
    if before == 0:
        return outcome
    said = f"After {before} other{'s' * (before > 1)}: each halves what the letter is worth."
    return replace(outcome, points=outcome.points / 2**before, message=said)
