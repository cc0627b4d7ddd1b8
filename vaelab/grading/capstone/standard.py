"""From a measure to points: a straight line from what a baseline reaches on the same faces to the end."""

import json
import math
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from vaelab.edited import read_json
from vaelab.errors import VaelabError
from vaelab.files import written_whole
from vaelab.grading.capstone.measures import MEASURES, Faces

BASELINES = Path(__file__).with_name("baselines.json")
BASELINE_NAMES = ("weak", "published", "ours", "end")
_DISTANCES = ("frechet",)


class StandardError(VaelabError, ValueError):
    """Baselines that cannot be read, or that are not in order."""


@dataclass(frozen=True)
class Scale:
    """From nothing at `weak` to everything at `end`, in a straight line.

    Attributes:
        weak, end: where points begin, and where there are no more.
        published, ours: what the well-known model and the course's best reach, to compare with.
        distance: True if less is better. The line is then one in the logarithm, so that halving a distance is
            worth the same wherever it starts.
    """

    weak: float
    published: float
    ours: float
    end: float
    distance: bool = False

    def __post_init__(self):
        weak, ours, end = self.weak, self.ours, self.end
        if not (0 < end < ours < weak if self.distance else weak < ours < end):
            raise StandardError(
                f"The end must be better than ours, and ours than weak; they are {end}, {ours} and {weak}."
            )

    def share(self, value: float) -> float:
        """Share of the points, from 0 to 1. Past the ends it stays as it is there."""
        if not math.isfinite(value):
            return 0.0
        place, weak, end = (
            -math.log(max(v, 1e-9)) if self.distance else v for v in (value, self.weak, self.end)
        )
        return min(max((place - weak) / (end - weak), 0.0), 1.0)

    def beyond(self, value: float) -> bool:
        """Whether a value is better than the end: a star."""
        return value < self.end if self.distance else value > self.end


@dataclass(frozen=True)
class Standard:
    """Faces to measure on, and the baselines' values on them.

    Attributes:
        faces: the unseen portraits.
        scales: measure -> `Scale`.
        made: how the baselines were made, for people.
    """

    faces: Faces
    scales: dict[str, Scale]
    made: dict = field(default_factory=dict)

    @classmethod
    def read(cls, path: str | os.PathLike = BASELINES) -> "Standard":
        """The standard in a file that `tools.capstone_baselines` wrote; without a path the public one.

        Raises:
            StandardError: not there, not readable, or not complete.
        """
        try:
            content = read_json(Path(path))
            values = content["baselines"]
            return cls.of(Faces(**content["faces"]), values, content.get("made", {}))
        except (OSError, ValueError, KeyError, TypeError) as error:
            if isinstance(error, StandardError):
                raise
            raise StandardError(
                f"{path} holds no baselines ({error}). Make them: python -m tools.capstone_baselines"
            ) from None

    @classmethod
    def of(cls, faces: Faces, values: dict[str, dict[str, float]], made: dict) -> "Standard":
        """From measure -> baseline -> value. Raises StandardError if they are not in order."""
        scales = {name: Scale(**values[name], distance=name in _DISTANCES) for name in MEASURES}
        return cls(faces, scales, made)

    @property
    def values(self) -> dict[str, dict[str, float]]:
        """Measure -> baseline -> value."""
        return {
            name: {baseline: getattr(scale, baseline) for baseline in BASELINE_NAMES}
            for name, scale in self.scales.items()
        }

    def write(self, path: Path) -> None:
        """Write the file that `read` reads."""
        content = {
            "faces": asdict(self.faces),
            "baselines": self.values,
            "made": self.made,
        }
        with written_whole(path) as temporary:
            temporary.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
