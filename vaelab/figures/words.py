"""Text under and over pictures and in tables, as HTML."""

import html
import re

_FORMULA = re.compile(r"\w+\([^()]*\)|\S+ = \S+")


def words(text: str) -> str:
    """Escaped, and short formulas, such as N(0, I), q(z | x) or d = 10, on one line each."""
    return html.escape(_FORMULA.sub(lambda formula: formula[0].replace(" ", "\N{NO-BREAK SPACE}"), text))
