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
from collections.abc import Iterable, Iterator
from pathlib import Path

import nbformat

from vaelab.errors import VaelabError

BEGIN, INSTEAD, END = "### BEGIN SOLUTION", "### INSTEAD", "### END SOLUTION"
_AFTER = {BEGIN: (None,), INSTEAD: (BEGIN,), END: (BEGIN, INSTEAD)}  # marker -> what may be open before it
_METADATA = {
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
    return jupytext.read(path, fmt="md:myst")


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
    return "\n".join(line for solution, line in _marked(source, learner=True) if not solution)


def without_markers(source: str) -> str:
    """Code with its solution, markers taken out.

    Raises:
        SourceError: if the markers do not match.
    """
    return "\n".join(line for _, line in _marked(source, learner=False))


def solution_lines(notebook: nbformat.NotebookNode) -> set[str]:
    """The lines of code that learners must not get, stripped of blanks."""
    lines = set()
    for cell in notebook.cells:
        lines |= {line.strip() for solution, line in _marked(cell.source, learner=True) if solution}
    return lines


def _marked(source: str, learner: bool) -> Iterator[tuple[bool, str]]:
    """(is solution, line), markers left out; with `learner`, what stands in the solution's place too."""
    state, instead, indent = None, None, ""
    for line in source.split("\n"):
        text = line.strip()
        if text not in (BEGIN, INSTEAD, END):
            if state == INSTEAD:
                instead.append(re.sub(r"^(\s*)# ?", r"\1", line))
            else:
                yield state == BEGIN, line
            continue
        if state not in _AFTER[text]:
            raise SourceError(f"{text} out of order in:\n{source}")
        if text == BEGIN:
            indent = line[: len(line) - len(line.lstrip())]
        elif text == END and learner:
            given = [f"{indent}...  # your answer"] if instead is None else instead
            yield from ((False, line) for line in given)
        state, instead = (None, None) if text == END else (text, [] if text == INSTEAD else None)
    if state is not None:
        raise SourceError(f"{END} is missing in:\n{source}")


def _changed(cell, source: str):
    make = nbformat.v4.new_code_cell if cell.cell_type == "code" else nbformat.v4.new_markdown_cell
    changed = make(source)
    tags = cell.metadata.get("tags", [])
    changed.metadata = {"tags": tags} if tags else {}
    return changed


def _made_of(cells: Iterable) -> nbformat.NotebookNode:
    notebook = nbformat.v4.new_notebook(cells=list(cells), metadata=_METADATA)
    notebook.nbformat_minor = 5
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
    return notebook
