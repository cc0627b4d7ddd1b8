"""How a submission did, as plain data: to be kept in a file, and to be written out."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Lock

from vaelab.errors import VaelabError
from vaelab.faults import sentence
from vaelab.files import written_whole
from vaelab.grading.isolation.sandbox import RAN

NOT_GRADED = "not graded"
ACCEPTED = "accepted"  # a capstone within the rules


@dataclass(frozen=True)
class CaseResult:
    """How one case went; `detail` is for the instructor alone."""

    name: str
    hidden: bool
    status: str
    points: float
    possible: float
    message: str
    detail: str = ""

    @property
    def in_full(self) -> str:
        """All that there is to say."""
        return " ".join(filter(None, (self.message, self.detail)))


@dataclass(frozen=True)
class Result:
    """How a submission did.

    Attributes:
        status: `not graded`, or how the notebook ran.
        note: more about that.
        errors: those of the notebook's cells.
        questions: the cases by question.
        written: the written answers by question.
        alone: whether nothing else was graded meanwhile.
        extra: what else its pages show, as JSON has it.
    """

    status: str
    note: str = ""
    errors: list[str] = field(default_factory=list)
    questions: dict[str, list[CaseResult]] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)
    alone: bool = False
    extra: dict = field(default_factory=dict)

    @property
    def lasting(self) -> bool:
        """Whether another run must give the same.

        A limit that was met, or a process that ended, may be the neighbours' fault. Alone there are none.
        """
        return self.status.startswith((RAN, ACCEPTED)) or (self.alone and self.status != NOT_GRADED)

    def points(self, question: str | None = None) -> float:
        """Points earned in a question, or in all."""
        chosen = self.questions if question is None else [question]
        return sum(case.points for key in chosen for case in self.questions.get(key, []))

    def failed(self) -> list[tuple[str, CaseResult]]:
        """(question, case) of every case that did not pass."""
        return [
            (key, case) for key, cases in self.questions.items() for case in cases if case.status != "passed"
        ]


class NotKeptError(VaelabError, RuntimeError):
    """A result cannot be kept."""


class Kept:
    """Results that are there already, a line each in a file: an interrupted run goes on where it was."""

    def __init__(self, path: Path):
        self._path, self._lock = path, Lock()
        self._results = dict(_lines(path))

    def get(self, key: str) -> Result | None:
        """The result of this key, if it is there."""
        return self._results.get(key)

    def add(self, key: str, result: Result) -> None:
        """Keep one more, from any thread; in the file only if it lasts. Raises NotKeptError: a full disk."""
        self._results[key] = result
        if not result.lasting:
            return
        try:
            with self._lock, self._path.open("a", encoding="utf-8") as file:
                file.write("\n" + _line(key, result))  # the line before may have been cut off
        except OSError as error:  # which names no file, where the disk is full
            said = sentence(OSError(error.errno, error.strerror, str(self._path)))
            raise NotKeptError(
                f"{said} So no more was graded. What was before is kept: the same command goes on from there."
            ) from error

    def tidy(self, keys: Iterable[str]) -> None:
        """Leave these alone in the file, of those that last."""
        chosen = {key: self._results[key] for key in sorted(set(keys))}
        with written_whole(self._path) as path:
            lines = [_line(key, result) for key, result in chosen.items() if result.lasting]
            path.write_text("".join(lines), encoding="utf-8")


def _line(key: str, result: Result) -> str:
    return json.dumps([key, asdict(result)], sort_keys=True) + "\n"


def _lines(path: Path) -> Iterable[tuple[str, Result]]:
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8", errors="replace").split("\n"):
        try:
            key, kept = json.loads(line)
            hash(key)
            questions = {k: [CaseResult(**case) for case in cases] for k, cases in kept["questions"].items()}
            result = Result(**kept | {"questions": questions})
            if isinstance(result.lasting, bool) and result.points() >= 0:
                yield key, result
        except Exception:  # the line that an interrupted run was writing, or none of ours
            continue
