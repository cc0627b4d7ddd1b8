"""A page to print, for somebody who has solved every question of every exercise."""

import math
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import vaelab
from vaelab.errors import VaelabError
from vaelab.grading.check_report import number
from vaelab.grading.page import document, table, text, write_all
from vaelab.grading.standing import Reached

_STYLE = """
body { max-width: 50rem; }
main { position: relative; padding: clamp(1.4rem, 6vw, 3.5rem); border: 1px solid var(--line); }
main::before { content: ""; position: absolute; inset: 6px; border: 1px solid var(--accent); opacity: 0.55;
  pointer-events: none; }
.head { text-align: center; }
.head svg { width: min(100%, 24rem); height: auto; }
.name { margin: 1.4rem 0 0.4rem; font: 600 clamp(1.6rem, 7vw, 2.6rem)/1.15 var(--serif); }
.head h1 { margin-top: 0.6rem; font-size: 1.15rem; font-weight: 500; letter-spacing: 0.08em;
  text-transform: uppercase; color: var(--accent); }
.did { max-width: 32rem; margin: 0 auto 1.8rem; }
table { font-size: 0.92rem; }
th, td { padding-block: 0.22rem; }
tbody th { overflow-wrap: break-word; }
footer { margin-top: 1.6rem; }
@media (max-width: 30rem) {
  body { padding-inline: 0.6rem; }
  main { padding: 1.1rem; }
  table { font-size: 0.82rem; }
}
@page { size: A4; margin: 14mm; }
@media print { body { max-width: none; font-size: 10.5pt; } }
"""


class NotYetError(VaelabError, ValueError):
    """The certificate cannot be written yet; the message says what is missing."""


def write(path: Path, reached: Sequence[Reached], name: str | None) -> Path:
    """Write the certificate.

    Args:
        path: an .html file.
        reached: in each exercise.
        name: whose certificate it is.

    Raises:
        NotYetError: if a point or the name is missing. Nothing is written then.
    """
    missing = [one for one in reached if not one.whole]
    if missing:
        lines = "".join(
            f"\n  {one.exercise.title}: {number(one.possible - one.points)} more of {number(one.possible)}"
            for one in missing
        )
        raise NotYetError(f"The certificate is for every question of every exercise. Still missing:{lines}")
    if not name or not name.strip():
        raise NotYetError("Whose certificate is it? Add --name 'Your Name'.")
    write_all(path.parent, {path.name: page(reached, name.strip(), date.today())})
    return path


def page(reached: Sequence[Reached], name: str, day: date) -> str:
    """The certificate as HTML."""
    rows = ((_title(r), text(r.date), number(r.points)) for r in reached)
    points, possible = (sum(getattr(one, name) for one in reached) for name in ("points", "possible"))
    total = f"all {number(points)}" if points == possible else f"{number(points)} of {number(possible)}"
    body = (
        f'<div class="head">{_bells()}<h1>Variational autoencoders</h1>'
        f'<p class="name">{text(name, 100)}</p>'
        f'<p class="did">has solved the course\'s {len(reached)} exercises, '
        f"with {total} points of their checks.<br>{day.day} {day:%B %Y}</p></div>"
        f"{table(('Exercise', 'Solved', 'Points'), rows, numbers={1, 2})}"
        "<footer>The checks ran on the learner's own computer, and nobody looked on. An instructor's hidden "
        f"checks and marks are not in these points. vaelab {text(vaelab.__version__)}</footer>"
    )
    return document(f"Certificate: {name}", body, style=_STYLE)


def _title(reached: Reached) -> str:
    return text(reached.exercise.title.removeprefix("Exercise "))


def _bells() -> str:
    """Posteriors under the prior that holds them together, as everywhere in the course."""
    curves = [(170, 26, 60), (260, 20, 78), (330, 24, 65), (420, 30, 52)]
    paths = "".join(
        f'<path d="{_bell(mean, width, height)}" fill="var(--accent)" fill-opacity="0.13" '
        'stroke="var(--accent)" stroke-width="1.5"/>'
        for mean, width, height in curves
    )
    return (
        '<svg viewBox="0 0 600 110" aria-hidden="true">'
        f'{paths}<path d="{_bell(300, 95, 92)}" fill="none" stroke="var(--ink)" stroke-width="1.5" '
        'stroke-dasharray="5 4"/><path d="M20 104H580" stroke="var(--line)"/></svg>'
    )


def _bell(mean: float, width: float, height: float) -> str:
    """A Gaussian's curve as an SVG path, three and a half standard deviations to either side."""
    points = [(mean + width * t / 4, height * math.exp(-((t / 4) ** 2) / 2)) for t in range(-14, 15)]
    return "M" + "L".join(f"{x:.1f} {104 - y:.1f}" for x, y in points)
