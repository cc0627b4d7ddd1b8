"""Large pictures in rows, each an image of its own: on a phone rows break."""

import base64
import html
import io
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from PIL import Image

from vaelab.figures.style import Picture
from vaelab.figures.words import words

LARGE = 48  # pixels: wider pictures are faces and the like, to be looked at one by one
IN_A_ROW, ON_A_PHONE = 6, 4
_NARROWEST, _WIDEST, _GAP = 72, 144, 6  # of a picture on the page, and between two
_THREE = 92  # so wide that a phone puts three in a row: six pictures then fill two rows


class Tiles(Picture):
    """Rows of pictures; saved to a file they look as the panels do.

    Args:
        rows: name of the row -> (N, H, W, 3) bytes.
        panels: the same as panels.
        wrap: break a row where it ends; otherwise a row stays one, and breaks in the middle on a phone.
        each: names over the single pictures of a row.
    """

    def __init__(
        self,
        rows: Mapping[str, np.ndarray],
        *panels: Axes,
        wrap: bool,
        alt: str,
        caption: str,
        each: Sequence[str] = (),
    ):
        super().__init__(*panels, alt=alt, caption=caption, names=list(rows))
        self.rows, self.wrap, self.each = rows, wrap, each

    def _repr_html_(self) -> str:
        alt = html.escape(self.alt, quote=True)
        rows = "".join(self._row(name, pictures) for name, pictures in self.rows.items())
        caption = f"<figcaption>{words(self.caption)}</figcaption>" if self.caption else ""
        return (
            '<figure class="vaelab-picture" style="margin:1em 0">'
            f'<div role="img" aria-label="{alt}">{rows}</div>{caption}</figure>'
        )

    def _row(self, name: str, pictures: np.ndarray) -> str:
        count = len(pictures)
        across = min(count, IN_A_ROW) if self.wrap else count
        width = across * _WIDEST + (across - 1) * _GAP
        share = f"calc((100% - {_GAP * (across - 1)}px) / {across})"
        narrowest = _THREE if count % ON_A_PHONE and not count % 3 else _NARROWEST
        columns = f"auto-fill,minmax(max({narrowest}px,{share}),1fr)" if self.wrap else f"{count},1fr"
        kind = "vaelab-row" if not self.wrap and count > ON_A_PHONE else "vaelab-tiles"
        style = (
            f"display:grid;gap:{_GAP}px;align-items:end;grid-template-columns:repeat({columns});"
            f"max-width:{width}px;margin:0 auto .5em;--half:{min(ON_A_PHONE, -(-count // 2))}"
        )
        tiles = "".join(map(_image, pictures))
        if self.each:
            tiles = "".join(
                f"<div>{_label(n)}{_image(p)}</div>" for n, p in zip(self.each, pictures, strict=True)
            )
        return f'{_label(name)}<div class="{kind}" style="{style}">{tiles}</div>'


def _label(name: str) -> str:
    return f'<div class="vaelab-panel-name">{words(name)}</div>' if name else ""


def _image(pixels: np.ndarray) -> str:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="png", optimize=True)
    data = base64.b64encode(buffer.getvalue()).decode()
    return f'<img alt="" src="data:image/png;base64,{data}" style="width:100%;height:auto;margin:0">'
