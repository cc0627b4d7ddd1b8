"""Clean notebooks for git: no outputs, no counters, stable cell ids.

    python -m tools.clean_notebooks [--check] [NOTEBOOK ...]    (default: all that git knows or would add)

The text of cells tagged `nbval-check-output` stays: `make test` compares it with what the cell prints.
A table of `vaelab.figures` has such a text, too.
With --check nothing is written; the exit code says whether something would change.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat

from vaelab.grading.source import NOTEBOOK_METADATA

CHECKED = "nbval-check-output"
TABLE = 'class="vaelab-table"'
CELL_METADATA = ("tags", "mystnb", "editable", "slideshow", "jupyter")


class UncheckableCell(ValueError):
    """A cell is tagged for comparison, but there is nothing to compare, or it could never agree."""


def checked_outputs(cell, number: int) -> list:
    """The outputs of a tagged cell, reduced to text."""
    tagged = f"cell {number} is tagged {CHECKED}"
    if not cell.outputs:
        raise UncheckableCell(
            f"{tagged} but has no stored output: run and save the notebook, or drop the tag"
        )
    for output in cell.outputs:
        if output.output_type == "error":
            raise UncheckableCell(f"{tagged} but its stored output is an error")
        if output.output_type == "stream" and output.name != "stdout":
            raise UncheckableCell(f"{tagged} and writes to stderr, which differs between machines")
        if TABLE in "".join(output.get("data", {}).get("text/html", "")):
            del output.data["text/html"]
        if set(output.get("data", {})) - {"text/plain"}:
            raise UncheckableCell(f"{tagged} and shows more than text: print the text in a cell of its own")
        if "data" in output:
            output.metadata = {}
        if "execution_count" in output:
            output.execution_count = 1
    return cell.outputs


def clean(notebook):
    """Clean a notebook in place and return it."""
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
        cell.metadata = {key: cell.metadata[key] for key in CELL_METADATA if cell.metadata.get(key)}
        cell.pop("attachments", None)
        if cell.cell_type != "code":
            continue
        cell.outputs = checked_outputs(cell, number) if CHECKED in cell.metadata.get("tags", []) else []
        cell.execution_count = 1 if cell.outputs else None
    notebook.metadata = NOTEBOOK_METADATA
    notebook.nbformat, notebook.nbformat_minor = 4, 5  # the first format with cell ids
    return notebook


def clean_text(text: str) -> str:
    """A notebook file's text, cleaned."""
    return nbformat.writes(clean(nbformat.reads(text, as_version=4)), version=4) + "\n"


def all_notebooks() -> list[Path]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", "*.ipynb"]
    listed = subprocess.run(command, capture_output=True, text=True).stdout if shutil.which("git") else ""
    named = map(Path, listed.splitlines())
    # A copy that was unpacked has no history, and perhaps nobody here has git.
    paths = [path for path in named if path.exists()] or [
        path for folder in ("book", "exercises") for path in Path(folder).glob("*.ipynb")
    ]
    return sorted(paths)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only report; fail if one is not clean")
    parser.add_argument("notebooks", nargs="*", type=Path)
    arguments = parser.parse_args()
    failed = False
    for path in arguments.notebooks or all_notebooks():
        old = path.read_text(encoding="utf-8")
        try:
            new = clean_text(old)
        except UncheckableCell as problem:
            print(f"{path}: {problem}", file=sys.stderr)
            failed = True
            continue
        if new == old:
            continue
        if arguments.check:
            print(f"{path}: not clean; run `make format`", file=sys.stderr)
            failed = True
        else:
            path.write_text(new, encoding="utf-8", newline="\n")
            print(f"cleaned {path}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
