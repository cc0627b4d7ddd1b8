"""From `exercises/source/` to what learners and instructors get.

exercises/NN-name.ipynb          the learner's notebook
book/exercises/NN-name.md        its task in the book, with the plots that are to be read
exercises/hidden/NN-name/        for the instructor: hidden.py and the solved notebook (not in git)
exercises/hidden/secret.txt      for the instructor: what graded checks draw by (made once, not in git)
exercises/hidden/capstone/       for the instructor: the capstone's baselines on hidden faces (not in git)
"""

import re
import secrets
from pathlib import Path

import nbformat

from vaelab.files import written_whole
from vaelab.grading.draws import SECRET
from vaelab.grading.sheet import EXERCISES
from vaelab.grading.source import HIDDEN, SourceError, for_learners, read_source, solved

CAPSTONE = "capstone"
_FIGURE, _PLOT_DATA = "figure", "plot-data"
_WAITS = re.compile(r"if (\w+) is not \.\.\.:\n")  # how a plot begins that is drawn after a prediction
_HEAD = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---
"""


def build(root: Path) -> list[Path]:
    """Make all of it anew; returns the files written.

    Args:
        root: the folder of the repository.

    Raises:
        SourceError: if there are no sources, or one cannot be read. What was there stays.
    """
    sources = root / "exercises" / "source"
    if not sources.is_dir():
        raise SourceError(f"There is no {sources}: run this in a clone of the course, or pass its folder")
    texts = public_files(root) | hidden_files(root)
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return sorted(texts)


def public_files(root: Path) -> dict[Path, str]:
    """Path -> text of what learners get."""
    texts = {}
    for name in (*EXERCISES, CAPSTONE):
        notebook = for_learners(_source(root, name))
        texts[root / "exercises" / f"{name}.ipynb"] = _text(notebook)
        texts[root / "book" / "exercises" / f"{name}.md"] = page(name, notebook)
    return texts


def hidden_files(root: Path) -> dict[Path, str]:
    """Path -> text of what only the instructor gets."""
    texts = {}
    for name in EXERCISES:
        folder = root / "exercises" / "hidden" / name
        texts[folder / "solved.ipynb"] = _text(solved(_source(root, name)))
        texts[folder / "hidden.py"] = (_folder(root, name) / "hidden.py").read_text(encoding="utf-8")
    secret = root / "exercises" / "hidden" / SECRET
    texts[secret] = secret.read_text(encoding="utf-8") if secret.is_file() else f"{secrets.token_hex(16)}\n"
    baselines = root / "exercises" / "hidden" / CAPSTONE / "hidden.json"
    texts[baselines] = (_folder(root, CAPSTONE) / "hidden.json").read_text(encoding="utf-8")
    return texts


def page(name: str, notebook: nbformat.NotebookNode) -> str:
    """The task as a page of the book: text, the code to complete, and the plots that are to be read.

    Plots are drawn when the book is built: imports and cells tagged `plot-data` run there too, unseen.
    """
    head, *cells = notebook.cells
    imports = next(cell for cell in cells if cell.cell_type == "code")
    has_plot = any(_is_plot(cell) for cell in cells)
    parts = [head.source, _how_to_open(name)]
    for cell, following in zip(cells, [*cells[1:], None], strict=True):
        if cell.cell_type == "markdown":
            parts += [] if _belongs_to_an_answer(cell, following) else [cell.source]
        elif any(tag.startswith("q") for tag in _tags(cell)):
            parts.append(f"```python\n{cell.source.strip()}\n```")
        elif _is_plot(cell):
            parts.append(_plot(cell.source))
        elif _FIGURE in _tags(cell):
            parts.append("*Here the notebook draws a figure.*")
        elif has_plot and (cell is imports or _PLOT_DATA in _tags(cell)):
            parts.append(_code_cell("remove-cell", cell.source))
    text = "\n\n".join(part.replace("](../book/", "](../") for part in parts) + "\n"
    return f"{_HEAD}\n{text}" if has_plot else text


def _tags(cell: nbformat.NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def _is_plot(cell: nbformat.NotebookNode) -> bool:
    """Whether it draws what a question asks to read, its code hidden."""
    return {_FIGURE, HIDDEN} <= set(_tags(cell))


def _plot(source: str) -> str:
    """A plot without its code. One that waits for a prediction is folded."""
    waits = _WAITS.match(source)
    if not waits:
        return _code_cell("remove-input", source)
    unindented = re.sub(r"^    ", "", source[waits.end() :], flags=re.MULTILINE)
    prompts = "".join(f'  code_prompt_{what.lower()}: "{what} the plot"\n' for what in ("Show", "Hide"))
    options = f"---\nmystnb:\n{prompts}tags: [remove-input, hide-output]\n---"
    return _cell(options, unindented)


def _code_cell(tags: str, source: str) -> str:
    return _cell(f":tags: [{tags}]\n", source)


def _cell(options: str, source: str) -> str:
    return f"```{{code-cell}} ipython3\n{options}\n{source.strip()}\n```"


def _belongs_to_an_answer(cell: nbformat.NotebookNode, following: nbformat.NotebookNode | None) -> bool:
    """Whether a text only leads to what a right answer shows, or to a check."""
    leads_to_check = following is not None and "check(" in following.source
    is_task = cell.source.startswith("##") and cell.source.count("\n") > 0
    return cell.source.startswith("If the check is content") or (leads_to_check and not is_task)


def _how_to_open(name: str) -> str:
    return (
        "This page shows the task; the checks answer in the notebook. In a copy of the course, type\n"
        f"`make lab` and open `exercises/{name}.ipynb`. Without one,\n"
        f"{{download}}`download it <../../exercises/{name}.ipynb>` and run it where `vaelab` is installed."
    )


def _folder(root: Path, name: str) -> Path:
    return root / "exercises" / "source" / name


def _source(root: Path, name: str) -> nbformat.NotebookNode:
    return read_source(_folder(root, name) / "exercise.md")


def _text(notebook: nbformat.NotebookNode) -> str:
    return nbformat.writes(notebook, version=4) + "\n"
