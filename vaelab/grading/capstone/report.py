"""What a score shows: text for a terminal, HTML for a notebook or a feedback page. Same words in both."""

from html import escape
from typing import TYPE_CHECKING

from vaelab.grading.capstone.rules import PARAMETERS, PICTURES
from vaelab.grading.report import number

if TYPE_CHECKING:
    from vaelab.grading.capstone.score import CapstoneScore, Part

_FORMATS = {"bound": ("{:,.0f}", " nats"), "frechet": ("{:.1f}", ""), "control": ("{:.2f}", "")}


def text(score: "CapstoneScore") -> str:
    """The score as lines."""
    lines = [_head(score)]
    lines += [
        f"  {p.title}: {number(p.points)} of {number(p.possible)} points. {says(p)}" for p in score.parts
    ]
    lines += [f"  {size(score)}"] if score.accepted else []
    return "\n".join([*lines, *(f"  Remark: {remark}" for remark in score.remarks)])


def html(score: "CapstoneScore") -> str:
    """The score as a table."""
    rows = "".join(
        f'<tr><th scope="row" style="text-align:left">{escape(p.title)}</th>'
        f'<td style="text-align:right;white-space:nowrap">{number(p.points)} of {number(p.possible)}</td>'
        f'<td style="text-align:left">{escape(says(p))}</td></tr>'
        for p in score.parts
    )
    below = [size(score)] if score.accepted else []
    below += [f"Remark: {remark}" for remark in score.remarks]
    return (
        f'<div class="vaelab-check"><p><strong>{escape(_head(score))}</strong></p>'
        f'<table><thead><tr><th scope="col">Part</th><th scope="col">Points</th><th scope="col">Why</th></tr>'
        f"</thead><tbody>{rows}</tbody></table>{''.join(f'<p>{escape(line)}</p>' for line in below)}</div>"
    )


def says(part: "Part") -> str:
    """What a part has to say: the value and where it lies between the baselines, or why there is none."""
    if part.value is None:
        return part.message
    form, unit = _FORMATS[part.key]
    weak, published, strong = (
        form.format(v) for v in (part.scale.weak, part.scale.published, part.scale.strong)
    )
    return (
        f"{form.format(part.value)}{unit}. Points begin at {weak} and are all there at {strong}; "
        f"tds-face-vae reaches {published}."
    )


def _head(score: "CapstoneScore") -> str:
    if not score.accepted:
        return f"Capstone: not accepted, 0 of {number(score.possible)} points. {score.problem}"
    return f"Capstone: {number(score.points)} of {number(score.possible)} points"


def size(score: "CapstoneScore") -> str:
    """How much of the two limits an accepted submission uses."""
    return (
        f"{score.parameters:,} of {PARAMETERS:,} parameters; {score.card.pictures:,} of {PICTURES:,} "
        "pictures, as the card tells."
    )
