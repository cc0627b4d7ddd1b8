"""Checks of what is chosen or guessed: a letter, or a number. The right one stands there as a seal."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vaelab.grading.compare import WrongError, expect, letter, number
from vaelab.grading.space import Space


@dataclass(frozen=True)
class Choice:
    """A choice between letters or numbers; see `Question.choice`."""

    exercise: str
    question: str
    variable: str
    right: str
    why: Mapping[str, str]
    otherwise: str = "It should be one of the letters, such as 'a'."

    def __call__(self, space: Space) -> None:
        given = self._seal(getattr(space, self.variable))
        expect(given == self.right, self.why.get(given, self.otherwise))

    def tried(self, space: Space) -> str | None:
        """What stands there now, if it is one of the answers that the question knows."""
        try:
            return self._known(getattr(space, self.variable))
        except Exception:  # not answered, or nothing that can be read
            return None

    def _known(self, answer: Any) -> str:
        expect(self._seal(answer) in {self.right, *self.why}, self.otherwise)
        return plain(answer)

    def _seal(self, answer: Any) -> str:
        return seal(self.exercise, self.question, answer)


@dataclass(frozen=True)
class Prediction(Choice):
    """A guess, worth the same whatever comes out; see `Question.prediction`."""

    options: tuple[str | float, ...] = ()

    def __call__(self, space: Space) -> None:
        self._known(getattr(space, self.variable))

    def outcome(self, space: Space) -> str:
        """Whether it came true."""
        guess = plain(getattr(space, self.variable))
        if self._seal(guess) == self.right:
            return f"You guessed {guess}, and so it is."
        return f"You guessed {guess}; it came out otherwise. {self.why.get(self._seal(guess), '')}".strip()

    def _known(self, answer: Any) -> str:
        if not self.options:
            return plain(number(answer))
        given, known = plain(answer), [plain(option) for option in self.options]
        named = known if len(known) < 10 else [*known[:2], "...", known[-1]]
        expect(given in known, f"A prediction is one of these: {', '.join(named)}.")
        return given


def plain(answer: Any) -> str:
    """A letter or a number as text, however it is written: "(B)" is "b", and 100.0 is "100".

    Raises:
        WrongError: if it is neither.
    """
    try:
        return f"{number(answer):g}"
    except WrongError:
        return letter(answer)


def seal(exercise: str, question: str, answer: Any) -> str:
    """A choice as it stands in a public check: comparable, not readable."""
    return hashlib.sha256(f"{exercise} {question} {plain(answer)}".encode()).hexdigest()[:8]
