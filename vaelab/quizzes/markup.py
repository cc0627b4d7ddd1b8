"""The few marks that a question's text may hold, as HTML: `code`, $math$ and *emphasis*.

Formulas become MathML, which browsers draw by themselves: no script, no font and no network is needed,
in a page as in JupyterLab, with or without JavaScript. Each carries its words for screen readers.
"""

import re
from html import escape, unescape
from xml.etree.ElementTree import Element

from latex2mathml.converter import convert_to_element

from vaelab.quizzes.aloud import aloud

_MARK = re.compile(r"`(?P<code>[^`]+)`|\$(?P<math>[^$]+)\$|\*(?P<emphasis>[^*\s][^*]*)\*")

_FULL_STOP = re.compile(r"<math(?:(?!</math>).)*</math>[.,;:?!)]+")  # no line may begin with one
# What a formula may become. Nothing of it can run, load, link or cover anything.
_ELEMENTS = re.compile(
    "math|mrow|mi|mn|mo|mtext|mspace|mstyle|mfrac|msqrt|mroot|msub|msup|msubsup|mover|munder|munderover|mtable|"
    "mtr|mtd"
)
_ATTRIBUTES = re.compile(
    "display|displaystyle|scriptlevel|mathvariant|stretchy|fence|form|accent|largeop|movablelimits|minsize|"
    "maxsize|width|linethickness|columnalign"
)
_VALUE = re.compile(r"[\w.%-]+")
# "ln x" needs a gap, "ln(x)" none.
_FUNCTION = re.compile(r'(<mi>(?:ln|log|exp)</mi>)(?!<mo stretchy="false">\()')


class MarkupError(ValueError):
    """Text whose marks do not pair up, or a formula that cannot be turned into MathML."""


def _mathml(formula: str) -> str:
    try:
        mathml, words = _written(convert_to_element(formula)), aloud(formula)
    except MarkupError as problem:
        raise MarkupError(f"the formula ${formula}$ has {problem}") from problem
    except Exception as problem:  # the library raises a class for each kind of slip
        raise MarkupError(f"the formula ${formula}$ is not complete: {type(problem).__name__}") from problem
    unknown = re.search(r"\\\w+", mathml)
    if unknown:
        raise MarkupError(f"the formula ${formula}$ has a command that is not known: {unknown[0]}")
    mathml = mathml.replace("<mi>~</mi>", "<mo>∼</mo>")  # \sim comes as a letter
    spaced = _FUNCTION.sub(r'\1<mspace width="0.17em" />', mathml)
    return spaced.replace("<math ", f'<math aria-label="{escape(words)}" ', 1)


def _written(element: Element) -> str:
    """An element of MathML as HTML. Raises MarkupError for what is not on the lists above, as of `\\href`."""
    attributes = {name: value for name, value in element.attrib.items() if name != "xmlns"}
    for name, value in attributes.items():
        if not (_ATTRIBUTES.fullmatch(name) and _VALUE.fullmatch(value)):
            raise MarkupError(f"{name}={value!r}, which is not allowed here")
    if not _ELEMENTS.fullmatch(element.tag):
        raise MarkupError(f"<{element.tag}>, which is not allowed here")
    tag = " ".join([element.tag, *(f'{name}="{value}"' for name, value in attributes.items())])
    # The library writes special characters as references.
    inside = escape(unescape(element.text or "")) + "".join(map(_written, element))
    return f"<{tag}>{inside}</{element.tag}>" if inside else f"<{tag} />"


def _marked(match: re.Match) -> str:
    if match["code"]:
        return f"<code>{escape(match['code'])}</code>"
    if match["math"]:
        return _mathml(match["math"])
    return f"<em>{html(match['emphasis'])}</em>"


def html(text: str) -> str:
    r"""One paragraph of text as HTML.

    Everything but the three marks is escaped. Raises MarkupError, a ValueError, for a mark without its
    partner and for a formula that cannot be drawn. Example: html("so $\mu = 0$ in `z`").
    """
    text = " ".join(text.split()).replace(" %", "\N{NO-BREAK SPACE}%")
    parts, end = [], 0
    for match in _MARK.finditer(text):
        parts += [text[end : match.start()], _marked(match)]
        end = match.end()
    parts.append(text[end:])
    for plain in parts[::2]:
        lonely = re.search(r"[`$*]", plain)
        if lonely:
            raise MarkupError(f"a {lonely[0]} without its partner near {plain.strip()[:40]!r}")
    joined = "".join(escape(part) if i % 2 == 0 else part for i, part in enumerate(parts))
    return _FULL_STOP.sub(r'<span class="vae-together">\g<0></span>', joined)
