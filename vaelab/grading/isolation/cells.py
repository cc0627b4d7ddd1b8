"""The code cells of a notebook, ready to run: nothing here trusts the file."""

import json
import linecache
from dataclasses import dataclass
from types import CodeType
from typing import Any


@dataclass(frozen=True)
class Cell:
    """A code cell: what to run, or why it cannot be run."""

    number: int
    code: CodeType | None = None
    error: str = ""


def read_cells(notebook: str) -> list[Cell] | None:
    """The code cells in order, counted from 1; None if this is no notebook."""
    try:
        content = json.loads(notebook)
        cells = content["cells"]
    except (ValueError, KeyError, TypeError, RecursionError, MemoryError):
        return None
    if not isinstance(cells, list):
        return None
    code = [cell for cell in cells if not isinstance(cell, dict) or cell.get("cell_type") == "code"]
    return [_cell(number, cell) for number, cell in enumerate(code, 1)]


def _cell(number: int, cell: Any) -> Cell:
    source = cell.get("source", "") if isinstance(cell, dict) else None
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        return Cell(number, error="not a cell")
    name = f"cell {number}"
    try:
        code = _compiled(source, name)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return Cell(number, error=f"{type(error).__name__}: {error}")
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)  # for inspect
    return Cell(number, code)


def _compiled(source: str, name: str) -> CodeType:
    """Plain Python as it is; `%magic`, `!command` and `object?` become calls of `get_ipython()`."""
    try:
        return compile(source, name, "exec", dont_inherit=True)
    except SyntaxError:
        from IPython.core.inputtransformer2 import TransformerManager

        changed = TransformerManager().transform_cell(source)
        return compile(changed, name, "exec", dont_inherit=True)
