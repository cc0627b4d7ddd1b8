"""An exercise's source, one notebook with solutions as MyST text, and the learner's notebook made from it.

In a code cell the lines between `### BEGIN SOLUTION` and `### END SOLUTION` are the solution. The learner
gets `...` in their place, or the lines that follow `### INSTEAD` (perhaps none), without their leading `# `:

    ### BEGIN SOLUTION
    std = (0.5 * log_var).exp()
    ### INSTEAD
    # std = log_var.exp()
    ### END SOLUTION

A cell tagged with a question's key, such as `q1`, holds its answer.
"""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

import nbformat

from vaelab.edited import read_text
from vaelab.errors import VaelabError

_MARKER = r"[ \t]*(### (?:BEGIN SOLUTION|INSTEAD|END SOLUTION))[ \t]*\n"
_LINES = rf"(?:(?!{_MARKER}).*\n)*"
_BLOCK = re.compile(
    rf"^(?P<indent>[ \t]*)### BEGIN SOLUTION[ \t]*\n(?P<solution>{_LINES})"
    rf"(?:[ \t]*### INSTEAD[ \t]*\n(?P<instead>{_LINES}))?[ \t]*### END SOLUTION[ \t]*\n",
    re.MULTILINE,
)
HIDDEN = "hide-input"  # the tag of a cell whose code would tell what its plot is to be read for
NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


class SourceError(VaelabError, ValueError):
    """An exercise's source that cannot be read."""


def read_source(path: Path) -> nbformat.NotebookNode:
    """The notebook with solutions, as written."""
    import jupytext  # takes a moment

    if not path.exists():
        raise SourceError(f"There is no {path}")
    return jupytext.reads(read_text(path), fmt="md:myst")


def solved(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook with its solutions, without the markers."""
    return _made_of(_changed(cell, without_markers(cell.source)) for cell in notebook.cells)


def for_learners(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook without its solutions."""
    return _made_of(_changed(cell, without_solution(cell.source)) for cell in notebook.cells)


def without_solution(source: str) -> str:
    """Code as the learner gets it.

    Raises:
        SourceError: if the markers do not match.
    """
    return _replaced(source, _given)


def without_markers(source: str) -> str:
    """Code with its solution, markers taken out.

    Raises:
        SourceError: if the markers do not match.
    """
    return _replaced(source, r"\g<solution>")


def _given(block: re.Match) -> str:
    """What the learner gets in the solution's place."""
    if block["instead"] is None:
        return f"{block['indent']}...  # your answer\n"
    return re.sub(r"^([ \t]*)# ?", r"\1", block["instead"], flags=re.MULTILINE)


def _replaced(source: str, put: str | Callable[[re.Match], str]) -> str:
    text = _BLOCK.sub(put, f"{source}\n")
    if left := re.search(f"^{_MARKER}", text, re.MULTILINE):
        raise SourceError(f"{left[1]} out of order, or one that belongs to it is missing, in:\n{source}")
    return text.removesuffix("\n")


def _changed(cell, source: str):
    make = nbformat.v4.new_code_cell if cell.cell_type == "code" else nbformat.v4.new_markdown_cell
    changed = make(source)
    tags = cell.metadata.get("tags", [])
    changed.metadata = {"tags": tags} if tags else {}
    if HIDDEN in tags:  # JupyterLab folds what has this, and only this
        changed.metadata["jupyter"] = {"source_hidden": True}
    return changed


def _made_of(cells: Iterable) -> nbformat.NotebookNode:
    notebook = nbformat.v4.new_notebook(cells=list(cells), metadata=NOTEBOOK_METADATA)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
    return notebook
