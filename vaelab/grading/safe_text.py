"""Text that students wrote, or named a file with, made fit for a spreadsheet and for a page."""

import re
import unicodedata

_LONGEST = 2_000
# A spreadsheet takes what begins so for a formula; the last four are the wide forms of =, +, - and @.
_FORMULA = "=+\\-@\uff1d\uff0b\uff0d\uff20"
_FORMULA_AHEAD = re.compile(rf"(^|[,;|])([\s\"']*)([{_FORMULA}])")
_ALLOWED = "\n\t\u200c\u200d"  # the last two join letters and emoji
_LINE_ENDS = re.compile(r"\s*[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]\s*")


def printable(text: str, longest: int = _LONGEST) -> str:
    """Text without control characters, turned reading direction and broken Unicode; cut if longer."""
    kept = "".join(
        c if c in _ALLOWED or unicodedata.category(c)[0] != "C" else "\ufffd" for c in text[:longest]
    )
    return kept + "…" if len(text) > longest else kept


def cell(text: str, longest: int = _LONGEST) -> str:
    """Text as one line that no spreadsheet takes for a formula, also if it splits it at a separator."""
    one_line = printable(_LINE_ENDS.sub(" ", text[: longest + 1]).replace("\t", " "), longest).strip()
    return _FORMULA_AHEAD.sub(r"\1\2'\3", one_line)


def slug(text: str, longest: int = 40) -> str:
    """Text as part of a file name: a-z, 0-9 and hyphens."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:longest].strip("-")
