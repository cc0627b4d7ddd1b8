"""The score of a submission as data, and as text for a terminal and HTML for a notebook: the same words."""

from dataclasses import dataclass, field
from html import escape

from vaelab.grading.capstone.card import Card
from vaelab.grading.capstone.rules import PARAMETERS, PICTURES, POINTS, TITLES
from vaelab.grading.capstone.standard import Scale
from vaelab.grading.check_report import number

_FORMATS = {"bound": ("{:,.0f}", " nats"), "frechet": ("{:.1f}", ""), "control": ("{:.2f}", "")}


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

    def says(self) -> str:
        """The value and where it lies between the baselines, or why there is none."""
        if self.value is None:
            return self.message
        form, unit = _FORMATS[self.key]
        weak, published, strong = (
            form.format(v) for v in (self.scale.weak, self.scale.published, self.scale.strong)
        )
        return (
            f"{form.format(self.value)}{unit}. Points begin at {weak} and are all there at {strong}; "
            f"tds-face-vae reaches {published}."
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
    """

    parts: tuple[Part, ...]
    problem: str = ""
    remarks: tuple[str, ...] = ()
    card: Card | None = None
    parameters: int | None = None
    prior: str = "N(0, I)"
    possible: float = field(default=sum(POINTS.values()), init=False)

    @property
    def accepted(self) -> bool:
        """Whether it was read and keeps to the rules."""
        return not self.problem

    @property
    def points(self) -> float:
        """Out of 10, in tenths."""
        return round(sum(part.points for part in self.parts), 1)

    def size(self) -> str:
        """How much of the two limits an accepted submission uses, and its prior."""
        return (
            f"{self.parameters:,} of {PARAMETERS:,} parameters; {self.card.pictures:,} of {PICTURES:,} "
            f"pictures, as the card tells. Samples are drawn from {self.prior}."
        )

    def __repr__(self) -> str:
        lines = [
            f"{p.title}: {number(p.points)} of {number(p.possible)} points. {p.says()}" for p in self.parts
        ]
        return "\n  ".join([self._head(), *lines, *self._below()])

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th scope="row" style="text-align:left">{escape(p.title)}</th>'
            f'<td style="text-align:right;white-space:nowrap">{number(p.points)} of {number(p.possible)}</td>'
            f'<td style="text-align:left">{escape(p.says())}</td></tr>'
            for p in self.parts
        )
        return (
            f'<div class="vaelab-check"><p><strong>{escape(self._head())}</strong></p>'
            f'<table><thead><tr><th scope="col">Part</th><th scope="col">Points</th><th scope="col">Why</th>'
            f"</tr></thead><tbody>{rows}</tbody></table>"
            f"{''.join(f'<p>{escape(line)}</p>' for line in self._below())}</div>"
        )

    def _head(self) -> str:
        if not self.accepted:
            return f"Capstone: not accepted, 0 of {number(self.possible)} points. {self.problem}"
        return f"Capstone: {number(self.points)} of {number(self.possible)} points"

    def _below(self) -> list[str]:
        sizes = [self.size()] if self.accepted else []
        return sizes + [f"Remark: {remark}" for remark in self.remarks]
