"""An exercise: its questions, and the cases that check them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from vaelab.grading.choices import Choice, Prediction
from vaelab.grading.space import Space

Check = Callable[[Space], None]


@dataclass(frozen=True)
class Case:
    """One thing that is checked, for one misconception.

    Attributes:
        gate: if it fails, no case of the question gives points, and later ones do not say why they fail.
        after: its words take for granted that all cases before it passed.
    """

    question: str
    name: str
    points: float
    check: Check
    gate: bool = False
    hidden: bool = False
    after: bool = False


@dataclass
class Question:
    """A question of an exercise.

    Args:
        key: `q1`, `q2`, ...
        title: a few words.
        section: the heading to read again.
        hint: a second, stronger hint than the cases' messages give; not the answer.
        hidden_points: what the instructor's hidden cases give on top.
        written: the variable that holds a written answer, marked by hand.
        chapter: the page with that heading, such as `04-kl-divergence`; by default the exercise's namesake.
    """

    exercise: str
    key: str
    title: str
    section: str
    hint: str
    hidden_points: float = 0
    written: str | None = None
    chapter: str = ""
    cases: list[Case] = field(default_factory=list)

    def __post_init__(self):
        self.chapter = self.chapter or self.exercise

    @property
    def points(self) -> float:
        """Points of the whole question, the hidden ones included."""
        return sum(case.points for case in self.cases) + self.hidden_points

    def case(self, points: float, *, gate: bool = False, after: bool = False) -> Callable[[Check], Check]:
        """Register a check. Its name, underscores read as spaces, is what the learner sees.

        A check takes a `Space` and raises `WrongError` (through `expect`, `diagnose`, ...). If a `gate`
        fails, no other case of the question gives points, and later ones that fail do not say why. A case
        with `after` says why it fails only if all cases before it passed: its words may build on them.
        """
        return _registering(self.cases, self.key, points, gate=gate, after=after)

    def choice(
        self,
        points: float,
        variable: str,
        right: str,
        why: Mapping[str, str],
        otherwise: str = "It should be one of the letters, such as 'a'.",
    ) -> None:
        """A choice between letters or numbers; the right one is given by its `seal`, not to be read here.

        Args:
            points: for the right choice.
            variable: what the notebook calls the answer.
            right: the seal of the right one.
            why: for each wrong one, by its seal, the misconception behind it.
            otherwise: what to say of an answer that is neither.
        """

        choice = Choice(self.exercise, self.key, variable, right, why, otherwise)
        self.cases.append(Case(self.key, "the right choice", points, choice))

    def prediction(
        self,
        points: float,
        variable: str,
        options: Sequence[str | float],
        right: str,
        why: Mapping[str, str],
    ) -> None:
        """A guess that is to be made before something is measured. Any of the options earns the points.

        What came out, and the misconception behind a guess that was wrong, is told once all else of the
        question is right.

        Args:
            points: for guessing.
            variable: what the notebook calls the guess.
            options: what can be guessed, letters or numbers; none for any number.
            right: the seal of what comes true.
            why: for other guesses, by their seal, the misconception behind them.
        """
        guess = Prediction(self.exercise, self.key, variable, right, why, options=tuple(options))
        self.cases.append(Case(self.key, "a prediction", points, guess))


@dataclass
class Exercise:
    """The public side of an exercise: what a learner's notebook checks itself with."""

    name: str
    title: str
    questions: dict[str, Question] = field(default_factory=dict, init=False)

    def question(self, key: str, title: str, **options) -> Question:
        """Add a question; the options are those of `Question`."""
        self.questions[key] = Question(self.name, key, title, **options)
        return self.questions[key]

    @property
    def points(self) -> float:
        """Points of the whole sheet, the hidden ones included."""
        return sum(question.points for question in self.questions.values())


@dataclass
class HiddenCases:
    """Cases that only the instructor has, and how written answers are marked.

    Attributes:
        cases: the cases, in order.
        rubrics: question -> what earns how many marks, `{marks: what}`.
    """

    exercise: str
    cases: list[Case] = field(default_factory=list, init=False)
    rubrics: dict[str, Mapping[float, str]] = field(default_factory=dict, init=False)

    def rubric(self, question: str, marks: Mapping[float, str]) -> None:
        """What earns how many marks in the question's written answer, `{marks: what}`."""
        self.rubrics[question] = marks

    def case(self, question: str, points: float, *, gate: bool = False) -> Callable[[Check], Check]:
        """Register a hidden check. If a `gate` fails, the question's functions give no points at all."""
        return _registering(self.cases, question, points, gate=gate, hidden=True)


def _registering(cases: list[Case], question: str, points: float, **kind: bool) -> Callable[[Check], Check]:
    def register(check: Check) -> Check:
        cases.append(Case(question, check.__name__.replace("_", " "), points, check, **kind))
        return check

    return register
