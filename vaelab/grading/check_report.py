"""What a learner sees of a check: text for a terminal, HTML for a notebook. Same words in both."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape

from vaelab.grading.exercise import Exercise, Question
from vaelab.grading.outcome import Outcome, Status
from vaelab.grading.page import message

_MARKS = {Status.PASSED: "✓", Status.FAILED: "✗", Status.OPEN: "·"}
_COLORS = {  # JupyterLab's own, so that they fit its theme
    Status.PASSED: "var(--jp-success-color1, #1a7f4b)",
    Status.FAILED: "var(--jp-error-color1, #b3362b)",
    Status.OPEN: "var(--jp-ui-font-color2, #6b7280)",
}


def number(points: float) -> str:
    """Points without needless decimals: 2, 1.5."""
    return f"{points:g}"


@dataclass(repr=False, eq=False)
class Hint:
    """A sentence for the learner."""

    text: str
    passed = False

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return f'<p class="vaelab-check">{message(self.text)}</p>'


@dataclass(repr=False, eq=False)
class QuestionReport:
    """How one question went.

    Attributes:
        question: what was asked.
        outcomes: how each case went.
        tried: what was chosen or guessed so far, by variable.
        silent: whether a written answer is asked for and empty.
    """

    question: Question
    outcomes: list[Outcome]
    tried: Mapping[str, list[str]] = field(default_factory=dict)
    silent: bool = False

    @property
    def points(self) -> float:
        """Points earned here."""
        return sum(outcome.points for outcome in self.outcomes)

    @property
    def possible(self) -> float:
        """Points that can be earned here; the instructor's hidden cases come on top."""
        return sum(outcome.case.points for outcome in self.outcomes)

    @property
    def passed(self) -> bool:
        """Whether every case passed."""
        return all(outcome.status is Status.PASSED for outcome in self.outcomes)

    @property
    def answered(self) -> bool:
        """Whether there is an answer at all."""
        return any(outcome.status is not Status.OPEN for outcome in self.outcomes)

    def score(self) -> str:
        """Such as "2 of 3 points, 1 more with your instructor's checks"."""
        return _score(self.points, self.possible, self.question.hidden_points)

    def notes(self) -> Iterator[str]:
        """What is said below the cases: what points wait for, and a written answer that is empty."""
        waits = any(o.status is Status.PASSED and not o.points and o.case.points for o in self.outcomes)
        gates = [f"“{o.case.name}”" for o in self.outcomes if o.case.gate and o.status is not Status.PASSED]
        if waits and gates:
            yield f"What passed counts as soon as {' and '.join(gates)} passes too."
        if self.silent and self.answered:
            yield f"Your written answer is empty: `{self.question.written}`. Your instructor reads it."

    def __repr__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        question = self.question
        yield f"{question.key}  {question.title}: {self.score()}"
        for outcome in self.outcomes:
            said = f": {outcome.message}" if outcome.message else ""
            yield f"  {_MARKS[outcome.status]} {outcome.case.name}{said}"
        yield from (f"  {note}" for note in self.notes())
        if not self.passed:
            yield f'  A stronger hint: check.hint("{question.key}")'
            yield f"  To read again: chapter {int(question.chapter[:2])}, “{question.section}”"

    def _repr_html_(self) -> str:
        question = self.question
        items = "".join(
            f"<li>{_mark(o.status)} <strong>{escape(o.case.name)}</strong> <em>({o.status})</em>"
            f"{': ' + message(o.message) if o.message else ''}</li>"
            for o in self.outcomes
        )
        return (
            f'<div class="vaelab-check"><p><strong>{escape(question.key)} {escape(question.title)}</strong>'
            f": {escape(self.score())}</p>"
            f'<ul style="list-style:none;padding-left:0.5em">{items}</ul>'
            f"{''.join(f'<p>{message(note)}</p>' for note in self.notes())}"
            f"{'' if self.passed else self._further()}</div>"
        )

    def _further(self) -> str:
        question = self.question
        place = f"../book/{question.chapter}.ipynb#{question.section.replace(' ', '-')}"
        return (
            f"<p>A stronger hint: <code>check.hint(&quot;{question.key}&quot;)</code>. To read again: "
            f'<a href="{escape(place)}">chapter {int(question.chapter[:2])}, '
            f"“{escape(question.section)}”</a></p>"
        )


@dataclass(repr=False, eq=False)
class SheetReport:
    """How the whole sheet went."""

    exercise: Exercise
    reports: list[QuestionReport]

    @property
    def passed(self) -> bool:
        """Whether every case of every question passed."""
        return all(report.passed for report in self.reports)

    def score(self) -> str:
        """Such as "6 of 8 points, 2 more with your instructor's checks"."""
        points, possible = (sum(getattr(r, name) for r in self.reports) for name in ("points", "possible"))
        return _score(points, possible, self.exercise.points - possible)

    def __repr__(self) -> str:
        lines = [f"{self.exercise.title}: {self.score()}"]
        for report in self.reports:
            question = report.question
            lines.append(f"  {_MARKS[_status(report)]} {question.key}  {question.title}: {report.score()}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{_mark(_status(r))}</td>"
            f'<td style="text-align:left">{escape(r.question.key)} {escape(r.question.title)}</td>'
            f'<td style="text-align:left">{escape(r.score())}</td></tr>'
            for r in self.reports
        )
        return (
            f'<div class="vaelab-check"><p><strong>{escape(self.exercise.title)}</strong>: '
            f"{escape(self.score())}</p><table>{rows}</table></div>"
        )


def _score(points: float, possible: float, hidden: float) -> str:
    unit = "point" if possible == 1 else "points"
    later = f", {number(hidden)} more with your instructor's checks" if hidden else ""
    return f"{number(points)} of {number(possible)} {unit}{later}"


def _status(report: QuestionReport) -> Status:
    return Status.PASSED if report.passed else Status.FAILED if report.answered else Status.OPEN


def _mark(status: Status) -> str:
    style = f"color:{_COLORS[status]};font-weight:bold"
    return f'<span style="{style}" role="img" aria-label="{status}">{_MARKS[status]}</span>'
