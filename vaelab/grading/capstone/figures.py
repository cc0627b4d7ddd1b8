"""A model's pictures as HTML that needs nothing else: the same in a notebook and on a page of feedback."""

from collections.abc import Iterable
from html import escape

from vaelab.grading.capstone.drawn import FACES, Shown

_SIDE = 84  # pixels of a page
_ROW = "display:flex;flex-wrap:wrap;gap:4px;margin:0.4rem 0"


def faces(shown: Shown) -> str:
    """Samples, and the worst faces beside the same redrawn."""
    pairs = [_image(png, f"A face and the same redrawn; error {e:.2g}", 2) for png, e in shown.worst]
    errors = ", ".join(f"{error:.2g}" for _, error in shown.worst)
    return (
        f"<h3>Samples</h3>{strip(shown)}<h3>The worst faces</h3>"
        f"<p>Each beside the same redrawn: of {FACES.count} public faces those with the largest mean squared "
        f"error ({errors}).</p>{_row(pairs)}"
    )


def strip(shown: Shown) -> str:
    """Samples in a row."""
    return _row(_image(png, f"Sample {i}") for i, png in enumerate(shown.samples, 1))


def _row(images: Iterable[str]) -> str:
    return f'<div style="{_ROW}">{"".join(images)}</div>'


def _image(png: str, alt: str, faces: int = 1) -> str:
    """A little enlarged: eight faces fit a row of a page, four one of a phone."""
    return (
        f'<img src="data:image/png;base64,{escape(png)}" alt="{escape(alt)}" width="{_SIDE * faces}" '
        f'height="{_SIDE}" style="border-radius:4px;max-width:none">'
    )
