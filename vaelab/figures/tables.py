"""Results as a table: HTML for a page and a notebook, aligned text for a terminal."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any

from vaelab.errors import ShapeError, UnknownNameError
from vaelab.figures.words import words

MOST_COLUMNS = 6  # with the rows' names; more do not fit a phone
_DIGITS = 3  # of the largest number of a column

# What a notebook needs, as it has no style sheet of ours; the book's adds to it.
_TABLE = "border-collapse:collapse;margin:1em auto;max-width:100%;font-variant-numeric:tabular-nums"
_ROW = "border-bottom:1px solid rgba(128,128,128,.35)"
_CELL = "border:0;padding:.25em .6em;vertical-align:baseline"
_CAPTION = "caption-side:bottom;text-align:left;padding-top:.4em"
_MARKED = ";background:rgba(0,114,178,.13);font-weight:bold"


class Table:
    """Named rows of numbers and words under a line of headings. Made by `table`."""

    def __init__(
        self, columns: Sequence[str], rows: list[list[str]], marked: Iterable[int], caption: str = ""
    ):
        self.columns, self.rows, self.marked, self.caption = list(columns), rows, set(marked), caption
        columnwise = enumerate(zip(*rows, strict=True))
        self.sides = ["left" if i == 0 or _are_words(texts) else "right" for i, texts in columnwise]

    def _repr_html_(self) -> str:
        head = "".join(
            _cell("th", *pair, ' scope="col"') for pair in zip(self.columns, self.sides, strict=True)
        )
        body = "".join(self._row(number, texts) for number, texts in enumerate(self.rows))
        caption = f'<caption style="{_CAPTION}">{words(self.caption)}</caption>' if self.caption else ""
        head = f'<thead><tr style="{_ROW}">{head}</tr></thead>'
        return f'<table class="vaelab-table" style="{_TABLE}">{caption}{head}<tbody>{body}</tbody></table>'

    def _row(self, number: int, texts: list[str]) -> str:
        (name, *values), (side, *sides) = texts, self.sides
        cells = _cell("th", name, side, ' scope="row"')
        cells += "".join(_cell("td", *pair) for pair in zip(values, sides, strict=True))
        marked = number in self.marked
        kind = ' class="vaelab-marked"' if marked else ""
        return f'<tr{kind} style="{_ROW}{_MARKED if marked else ""}">{cells}</tr>'

    def __repr__(self) -> str:
        lines = [self.columns, *self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.columns))]
        signs = ["  ", *("> " if number in self.marked else "  " for number in range(len(self.rows)))]
        if not self.marked:
            signs = [""] * len(lines)
        text = [sign + self._aligned(line, widths) for sign, line in zip(signs, lines, strict=True)]
        return "\n".join([*text, *([self.caption] if self.caption else [])])

    def _aligned(self, line: list[str], widths: list[int]) -> str:
        cells = zip(line, widths, self.sides, strict=True)
        return "   ".join(
            f"{text:{'<' if side == 'left' else '>'}{width}}" for text, width, side in cells
        ).rstrip()


def _are_words(texts: Iterable[str]) -> bool:
    return any(" " in text for text in texts)


def _cell(tag: str, text: str, side: str, attributes: str = "") -> str:
    """A cell. Words wrap, numbers do not."""
    together = ";white-space:nowrap" if tag == "td" and side == "right" else ""
    weight = ";font-weight:inherit" if 'scope="row"' in attributes else ""
    style = f"{_CELL};text-align:{side}{together}{weight}"
    return f'<{tag}{attributes} style="{style}">{words(text)}</{tag}>'


def table(
    rows: Mapping[Any, Any],
    columns: Sequence[str],
    *,
    mark: Any = (),
    decimals: int | Sequence[int | None] | None = None,
    caption: str = "",
) -> Table:
    """Results as a table of few digits, which fits a phone and reads in both themes.

    `figures.table({"ours": 8.8, "PCA": 10.5}, ["model", "distance"], mark="ours")`

    Args:
        rows: name of the row -> its values, or its one value: numbers, scalar tensors, words, or None for an
            empty place. A name may be a number.
        columns: the headings, that of the rows' names first. With a unit where there is one; six at most.
        mark: name of the row that matters, or several names.
        decimals: of all numbers, or of each column after the names. None: the largest number of a column
            gets three digits, and the others as many decimals. A column of integers stays whole.
        caption: a line under the table that says what to see.

    Raises:
        ShapeError: a row with too many or too few values.
        UnknownNameError: `mark` names no row.
    """
    if not rows or not 2 <= len(columns) <= MOST_COLUMNS:
        raise ValueError(
            f"A table needs rows, and 2 to {MOST_COLUMNS} columns with the names' own, not {len(rows)} rows "
            f"and {len(columns)} columns. Leave out what nobody compares, or make two tables."
        )
    values = {name: [_plain(value) for value in _listed(given)] for name, given in rows.items()}
    for name, listed in values.items():
        if len(listed) != len(columns) - 1:
            raise ShapeError(
                f"Row {name!r} has {len(listed)} values under {len(columns) - 1} headings: {columns[1:]}."
            )
    places = decimals if isinstance(decimals, Sequence) else [decimals] * (len(columns) - 1)
    if len(places) != len(columns) - 1:
        raise ShapeError(f"{len(places)} numbers of decimals for {len(columns) - 1} columns of values.")
    columnwise = zip(*values.values(), strict=True)
    written = [_column(list(column), many) for column, many in zip(columnwise, places, strict=True)]
    names = [name if isinstance(name, str) else f"{_plain(name):g}".replace("-", "−") for name in rows]
    lines = [list(line) for line in zip(names, *written, strict=True)]
    return Table(list(columns), lines, _numbers_of(mark, list(rows)), caption)


def _listed(given: Any) -> list:
    """The values of a row; a single one need not stand in a list."""
    if isinstance(given, str) or not hasattr(given, "__len__") or getattr(given, "ndim", 1) == 0:
        return [given]
    return list(given)


def _plain(value: Any) -> Any:
    """Python's own number for a scalar of NumPy or PyTorch."""
    return value.item() if hasattr(value, "item") else value


def _column(values: list, decimals: int | None) -> list[str]:
    """The texts of one column, all numbers with as many decimals."""
    if decimals is None:
        decimals = _decimals([v for v in values if _is_number(v) and math.isfinite(v)])
    return [_text(value, decimals) for value in values]


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _decimals(numbers: list[Real]) -> int:
    if all(isinstance(number, Integral) for number in numbers):
        return 0
    largest = max((abs(float(number)) for number in numbers), default=0.0)
    return max(0, _DIGITS - 1 - math.floor(math.log10(largest))) if largest else 1


def _text(value: Any, decimals: int) -> str:
    if value is None:
        return ""
    if not _is_number(value):
        return str(value)
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = f"{value:,.{decimals}f}"
    return text.replace("-", "−") if float(text.replace(",", "")) else text.lstrip("-")


def _numbers_of(mark: Any, names: list) -> list[int]:
    """The rows that are marked, by number."""
    several = isinstance(mark, Collection) and not isinstance(mark, str) and mark not in names
    wanted = list(mark) if several else [mark]
    for name in wanted:
        if name not in names:
            raise UnknownNameError("row", name, map(str, names))
    return [names.index(name) for name in wanted]
