"""The score of a submission as data, and as text for a terminal and HTML for a notebook: the same words."""

from dataclasses import dataclass, field

from vaelab.grading.capstone.card import Card
from vaelab.grading.capstone.drawn import Shown
from vaelab.grading.capstone.figures import faces
from vaelab.grading.capstone.rules import PARAMETERS, PICTURES, POINTS, TITLES
from vaelab.grading.capstone.standard import Scale
from vaelab.grading.page import text
from vaelab.grading.safe_text import printable

STAR = "★"
_FORMATS = {"bound": ("{:,.0f}", " nats"), "frechet": ("{:.2f}", ""), "control": ("{:.3f}", "")}
_LONGEST = 10_000  # letters of a report


@dataclass(frozen=True)
class Part:
    """One part of the score. `value` and `scale` are None where nothing was measured."""

    key: str
    points: float = 0.0
    message: str = ""
    value: float | None = None
    scale: Scale | None = None

    @property
    def title(self) -> str:
        return TITLES[self.key]

    @property
    def possible(self) -> float:
        return POINTS[self.key]

    @property
    def star(self) -> bool:
        """Whether the value is better than the end of its scale."""
        return self.value is not None and self.scale.beyond(self.value)

    def score(self) -> str:
        """Such as "2.33 of 3": hundredths, so that small steps show."""
        return f"{self.points:.2f} of {self.possible:g}" + (f" {STAR}" if self.star else "")

    def measured(self) -> str:
        """The value with its unit; nothing where nothing was measured."""
        form, unit = _FORMATS.get(self.key, ("", ""))
        return "" if self.value is None else form.format(self.value) + unit

    def says(self) -> str:
        """The value and where it lies between the baselines, or why there is none."""
        if self.value is None:
            return self.message
        form, scale = _FORMATS[self.key][0], self.scale
        weak, published, ours, end = map(form.format, (scale.weak, scale.published, scale.ours, scale.end))
        beyond = ": this is beyond" if self.star else ""
        return (
            f"{self.measured()}. Points begin at {weak} and end at {end}{beyond}; tds-face-vae reaches "
            f"{published}, portrait-vae {ours}."
        )


@dataclass(frozen=True)
class CapstoneScore:
    """How a submission did.

    Attributes:
        parts: bound, frechet, control, card, in this order.
        problem: why it was not accepted; empty if it was.
        remarks: what the instructor should look at; they change no points.
        card: as read; None if it could not be.
        parameters: of the model; None if it could not be built.
        prior: what its samples are drawn from.
        shown: its pictures; None if nothing was measured.
    """

    parts: tuple[Part, ...]
    problem: str = ""
    remarks: tuple[str, ...] = ()
    card: Card | None = None
    parameters: int | None = None
    prior: str = "N(0, I)"
    shown: Shown | None = None
    possible: float = field(default=sum(POINTS.values()), init=False)

    @property
    def accepted(self) -> bool:
        """Whether it was read and keeps to the rules."""
        return not self.problem

    @property
    def points(self) -> float:
        """Out of 10, in hundredths."""
        return round(sum(part.points for part in self.parts), 2)

    @property
    def stars(self) -> int:
        """How many values are better than the end of their scale."""
        return sum(part.star for part in self.parts)

    def size(self) -> str:
        """How much of the two limits an accepted submission uses, and its prior."""
        return (
            f"{self.parameters:,} of {PARAMETERS:,} parameters; {self.card.pictures:,} of {PICTURES:,} "
            f"pictures, as the card tells. Samples are drawn from {self.prior}."
        )

    def __repr__(self) -> str:
        lines = [f"{p.title}: {p.score()} points. {p.says()}" for p in self.parts]
        return printable("\n  ".join([self._head(), *lines, *self._below()]), _LONGEST)

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th scope="row" style="text-align:left">{text(p.title)}</th>'
            f'<td style="text-align:right;white-space:nowrap">{text(p.score())}</td>'
            f'<td style="text-align:left">{text(p.says())}</td></tr>'
            for p in self.parts
        )
        return (
            f'<div class="vaelab-check"><p><strong>{text(self._head())}</strong></p>'
            '<div style="overflow-x:auto"><table><thead><tr>'
            f'<th scope="col">Part</th><th scope="col">Points</th><th scope="col">Why</th>'
            f"</tr></thead><tbody>{rows}</tbody></table></div>"
            f"{''.join(f'<p>{text(line)}</p>' for line in self._below())}"
            f"{faces(self.shown) if self.shown else ''}</div>"
        )

    def _head(self) -> str:
        if not self.accepted:
            return f"Capstone: not accepted, 0 of {self.possible:g} points. {self.problem}"
        return f"Capstone: {self.points:.2f} of {self.possible:g} points {STAR * self.stars}".rstrip()

    def _below(self) -> list[str]:
        sizes = [self.size()] if self.accepted else []
        return sizes + [f"Remark: {remark}" for remark in self.remarks]
