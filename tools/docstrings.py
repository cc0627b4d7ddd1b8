"""Our docstrings as reStructuredText, which Sphinx reads.

They are plain prose with `code`, **stress**, lists, indented formulas, and sections (Args, Returns, ...) at
their end. What reStructuredText would take for marks of its own (z*, |rho|, x_) is escaped, so that
docstrings need not know of it.
"""

import re
from collections.abc import Callable, Iterator

# A section's heading, and the field that Sphinx makes of it.
SECTIONS = {
    "Args:": "Parameters",
    "Attributes:": "Attributes",
    "Returns:": "Returns",
    "Raises:": "Raises",
    "Warns:": "Warns",
}
_MARK = re.compile(
    r"`(?P<code>[^`]+)`"
    r"|\*\*(?P<strong>[A-Za-z][^*]*)\*\*"
    r'|(?P<string>\{"\w+"(?:, "\w+")*\}|(?<!\w)"[a-z0-9_.:/~-]+"(?!\w))'  # "cuda:1", not a paper's title
    r"|(?P<option>(?<![\w-])--[a-z][a-z-]*)"
)
_SPECIAL = re.compile(r"[\\*|`]|_(?!\w)")
_BEFORE, _AFTER = " \n-:/'\"<([{", " \n-.,:;!?/'\")]}>"
_ENTRY = re.compile(r"(?P<names>\*{0,2}\w+(?:, \*{0,2}\w+)*): (?P<text>.*)")

Resolve = Callable[[str], str | None]


def inline(text: str, resolve: Resolve) -> str:
    """One paragraph: code becomes literal text, or a link where `resolve` knows a full name for it."""
    parts, end = [], 0
    for match in _MARK.finditer(text):
        parts += [_escaped(text[end : match.start()]), _marked(match, resolve)]
        end = match.end()
    return "".join([*parts, _escaped(text[end:])])


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda match: "\\" + match[0], text.replace("->", "→"))


def _marked(match: re.Match, resolve: Resolve) -> str:
    if match["strong"]:
        return f"**{match['strong']}**"
    code = match["code"] or match["string"] or match["option"]
    full = resolve(code)
    mark = f":py:obj:`{code} <{full}>`" if full else f"``{code}``"
    before, after = match.string[: match.start()], match.string[match.end() :]
    # Marks touch nothing but spaces and punctuation, or else, as in `conv_block`s, an escaped space.
    left = "\\ " if before and before[-1] not in _BEFORE else ""
    return left + mark + ("\\ " if after and after[0] not in _AFTER else "")


def to_rst(lines: list[str], resolve: Resolve) -> list[str]:
    """A docstring's lines (indentation removed) as reStructuredText."""
    starts = [number for number, line in enumerate(lines) if line in SECTIONS]
    edges = [*starts, len(lines)]
    written = list(_prose(lines[: edges[0]], resolve))
    for start, stop in zip(starts, edges[1:], strict=True):
        written += _section(lines[start], lines[start + 1 : stop], resolve)
    return written


def _paragraphs(lines: list[str]) -> Iterator[list[str]]:
    paragraph: list[str] = []
    for line in [*lines, ""]:
        if line.strip():
            paragraph.append(line)
        elif paragraph:
            yield paragraph
            paragraph = []


def _prose(lines: list[str], resolve: Resolve) -> Iterator[str]:
    for paragraph in _paragraphs(lines):
        if all(line.startswith("    ") for line in paragraph):  # a formula, or code
            yield from ["::", "", *paragraph, ""]
        else:
            yield from [*inline("\n".join(paragraph), resolve).split("\n"), ""]


def _section(heading: str, lines: list[str], resolve: Resolve) -> Iterator[str]:
    """A field. Args and attributes are a list in it, errors a field each."""
    label = SECTIONS[heading]
    body = [line[4:] for line in lines]
    if label in ("Returns", "Warns"):
        yield f":{label}:"
        yield from (f"    {line}".rstrip() for line in _prose(body, resolve))
        return
    if label != "Raises":
        yield from [f":{label}:", ""]
    for names, text in _entries(body):
        text = inline(text, resolve)
        if label == "Raises":
            yield f":raises {names}: {text}"
        else:
            bold = ", ".join(f"**{_escaped(name)}**" for name in names.split(", "))
            yield f"    - {bold}: {text}"
    yield ""


def _entries(body: list[str]) -> Iterator[tuple[str, str]]:
    """(names, text) of each entry of a section; what an entry continues with is joined to one line."""
    entry: list[str] = []
    for line in [*(line for line in body if line.strip()), ""]:
        if not line.startswith(" ") and entry:
            found = _ENTRY.fullmatch(" ".join(entry))
            if not found:
                raise ValueError(f"An entry of a docstring's section reads 'name: text', not {entry[0]!r}.")
            yield found["names"], found["text"]
            entry = []
        entry.append(line.strip())
