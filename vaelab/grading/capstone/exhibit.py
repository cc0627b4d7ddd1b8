"""What an instructor's pages show of a submission beside its points: kept as text with its result."""

import json
from collections.abc import Hashable, Mapping
from dataclasses import asdict, dataclass, field
from itertools import combinations
from typing import TypeVar

import torch

from vaelab.grading.capstone.capstone_score import CapstoneScore
from vaelab.grading.capstone.drawn import Shown, distance
from vaelab.grading.capstone.rules import NEAR
from vaelab.grading.marking.results import Result

_KEY = "exhibit"  # among what was written, which is where a result keeps text
_Key = TypeVar("_Key", bound=Hashable)


@dataclass(frozen=True)
class Exhibit:
    """Of one submission; empty where nothing was measured.

    Attributes:
        shown: its pictures.
        values: measure -> its value in words.
        stars: measures beyond the end of their scale.
        learned: whether it redraws faces better than where points begin. Before that all models draw the
            same blurred face, and it says nothing that two are alike.
    """

    shown: Shown = field(default_factory=Shown)
    values: dict[str, str] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    learned: bool = False

    @classmethod
    def of(cls, score: CapstoneScore) -> "Exhibit":
        """From a score."""
        measured = [part for part in score.parts if part.value is not None]
        return cls(
            score.shown or Shown(),
            {part.key: part.measured() for part in measured},
            [part.key for part in measured if part.star],
            any(part.key == "bound" and part.points > 0 for part in measured),
        )

    @classmethod
    def read(cls, result: Result) -> "Exhibit":
        """From a result that has kept it."""
        if _KEY not in result.written:
            return cls()
        kept = json.loads(result.written[_KEY])
        return cls(**kept | {"shown": Shown(**kept["shown"])})

    def kept(self) -> dict[str, str]:
        """As text to keep with a result."""
        return {_KEY: json.dumps(asdict(self))}


def alike(exhibits: Mapping[_Key, Exhibit]) -> dict[_Key, list[_Key]]:
    """Whose pictures are like whose: for each that has any, the others."""
    found: dict[_Key, list[_Key]] = {}
    learned = [(key, torch.tensor(e.shown.sketch)) for key, e in exhibits.items() if e.learned]
    for (one, a), (other, b) in combinations(learned, 2):
        if distance(a, b) < NEAR:
            found.setdefault(one, []).append(other)
            found.setdefault(other, []).append(one)
    return found
