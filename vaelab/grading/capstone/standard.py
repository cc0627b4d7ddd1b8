"""From a measure to points: a straight line between what two baselines reach on the same faces."""

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
BASELINE_NAMES = ("weak", "published", "strong")
_DISTANCES = ("frechet",)


class StandardError(VaelabError, ValueError):
    """Baselines that cannot be read, or that are not in order."""


@dataclass(frozen=True)
class Scale:
    """From nothing at `weak` to everything at `strong`, in a straight line.

    Attributes:
        weak, strong: the baselines at the two ends.
        published: what the well-known model reaches, to compare with; it moves no points.
        distance: True if less is better. The line is then one in the logarithm, so that halving a distance is
            worth the same wherever it starts.
    """

    weak: float
    published: float
    strong: float
    distance: bool = False

    def __post_init__(self):
        if not (0 < self.strong < self.weak if self.distance else self.weak < self.strong):
            raise StandardError(f"Strong must be better than weak; they are {self.strong} and {self.weak}.")

    def share(self, value: float) -> float:
        """Share of the points, from 0 to 1. Past the ends it stays as it is there."""
        if not math.isfinite(value):
            return 0.0
        place, weak, strong = (
            -math.log(max(v, 1e-9)) if self.distance else v for v in (value, self.weak, self.strong)
        )
        return min(max((place - weak) / (strong - weak), 0.0), 1.0)


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
        """From measure -> baseline -> value. Raises StandardError if strong is not better."""
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
