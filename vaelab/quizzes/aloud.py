r"""A formula in words, as one reads it to somebody: `\sigma = \frac{1}{2}` is "sigma equals 1 over 2".

Browsers leave formulas out of the names of what one may choose, so that a screen reader would say a sentence
with a hole in it. These words fill the hole.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from html import unescape
from itertools import pairwise
from xml.etree.ElementTree import Element

from latex2mathml.converter import convert_to_element

_SIGNS = {
    "=": "equals",
    "+": "plus",
    "-": "minus",
    "\N{MINUS SIGN}": "minus",
    "\N{DOT OPERATOR}": "times",
    "\N{MIDDLE DOT}": "times",
    "/": "over",
    "<": "is below",
    ">": "is above",
    "\N{DIVIDES}": "given",
    "~": "follows",
    "\N{PRIME}": "prime",
    "^": "hat",
    "\N{GREEK SMALL LETTER LAMDA}": "lambda",  # Unicode spells it without b
}
_THOUSANDS = "\0"  # the comma in 12,288
_BETWEEN = {*_SIGNS.values(), "from", "of"} - {"prime", "hat", "lambda"}  # no functions
_OPEN, _CLOSE = "open parenthesis", "close parenthesis"


def aloud(formula: str) -> str:
    r"""A formula, LaTeX without its dollar signs, in words. Example: aloud("p(x, y)") is "p of x, y"."""
    words = " ".join(_parentheses(list(_words(convert_to_element(formula)))))
    return re.sub(f" ?{_THOUSANDS} ?", ",", words.replace(" ,", ","))


def _words(element: Element) -> Iterator[str]:
    tag, parts = element.tag, list(element)
    if not parts:
        yield from _sign(element)
    elif tag == "mfrac":
        yield from (*_held(parts[0]), "over", *_held(parts[1]))
    elif tag == "msqrt":
        yield from ("the square root of", *_all(parts))
    elif tag == "msup":
        yield from (*_words(parts[0]), *_raised(parts[1]))
    elif tag == "msub":
        yield from (*_words(parts[0]), "sub", *_words(parts[1]))
    elif all(part.get("mathvariant") == "normal" for part in parts):  # a name such as KL
        yield "".join(_all(parts))
    elif [*_all(parts)] == [","]:
        yield _THOUSANDS
    else:
        yield from _all(parts)


def _all(parts: Iterable[Element]) -> Iterator[str]:
    return (word for part in parts for word in _words(part))


def _held(part: Element) -> Iterator[str]:
    words = [*_words(part)]
    yield from words if len(words) == 1 else ["(", *words, ")"]


def _raised(exponent: Element) -> Iterator[str]:
    power = [*_words(exponent)]
    yield from {"2": ["squared"], "prime": ["prime"]}.get(" ".join(power), ["to the power of", *power])


def _sign(element: Element) -> Iterator[str]:
    text = unicodedata.normalize("NFKC", unescape(element.text or "").strip())
    if text == "\N{DOUBLE VERTICAL LINE}":  # LaTeX's \|, which stands between the two of a KL, and \lVert
        yield "from" if element.get("fence") == "false" else "norm"
    elif text in _SIGNS:
        yield _SIGNS[text]
    elif text.isascii():
        yield from filter(None, [text])
    else:  # GREEK SMALL LETTER SIGMA
        yield from (unicodedata.name(sign, sign).rpartition(" ")[2].lower() for sign in text)


def _parentheses(words: list[str]) -> Iterator[str]:
    """`f(` as "f of", and others, which hold something together, in words."""
    opened = []
    for before, word in pairwise(["", *words]):
        if word == "(":
            applied = before.isalpha() and before not in _BETWEEN
            opened.append("" if applied else _CLOSE)
            yield "of" if applied else _OPEN
        elif word == ")":
            yield from filter(None, [opened.pop() if opened else _CLOSE])
        else:
            yield word
