"""What all explorers are: a widget in a notebook, and HTML that lives in a page without a kernel."""

import html
import json
from pathlib import Path

import anywidget
import ipywidgets
from traitlets import TraitError, Unicode

STATIC = Path(__file__).parent / "static"
_OWN = frozenset(ipywidgets.DOMWidget.class_trait_names())


def one_of(proposal, count: int) -> int:
    """A trait's new value, the number of one of `count` things; TraitError for another."""
    if not 0 <= proposal.value < count:
        raise TraitError(f"{proposal.trait.name} goes from 0 to {count - 1} here, not {proposal.value}.")
    return proposal.value


class Explorer(anywidget.AnyWidget):
    """A picture that answers to the hand.

    Its synced traits are its whole specification. In JupyterLab they are a widget's state: `observe`,
    `jslink` and `HBox` work. In a built page the same values stand in a `<div data-spec=...>`, which the
    page's script brings to life, without a kernel, a server or a network.

    Attributes:
        kind: which module of the front end draws it.
        title: the line above it, and its name for screen readers.
    """

    _esm = STATIC / "widget.mjs"
    _css = STATIC / "widget.css"

    kind = Unicode().tag(sync=True)
    title = Unicode().tag(sync=True)

    def spec(self) -> dict:
        """The values of all traits that make up this explorer, fit for JSON."""
        names = set(self.trait_names(sync=True)) - _OWN
        return {name: getattr(self, name) for name in sorted(names) if not name.startswith("_")}

    def still(self) -> str:
        """HTML to look at where no script runs, and until one does: a picture with alt text, or text."""
        return f"<p>{html.escape(self.title)}: this needs JavaScript.</p>"

    def to_html(self) -> str:
        """The explorer for a built page. The page must have the explorers' script, as the book has."""
        spec = html.escape(json.dumps(self.spec(), separators=(",", ":"), allow_nan=False), quote=True)
        return f'<div class="vaelab-explorer" data-kind="{self.kind}" data-spec="{spec}">{self.still()}</div>'

    def _repr_mimebundle_(self, **options):
        bundle = super()._repr_mimebundle_(**options)
        if bundle is None:
            return None
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        data = {**data, "text/plain": f"{self.kind} explorer: {self.title}", "text/html": self.to_html()}
        return data, metadata

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.title!r})"
