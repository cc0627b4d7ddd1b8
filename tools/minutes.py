"""Count how long a chapter takes to read, honestly, and write it into its head and its folds.

    python -m tools.minutes [--write | --check] [NOTEBOOK ...]    (default: the chapters)

Without an option a table is printed; --check fails where a head or a fold says something else.

What counts: 200 words of prose a minute; a piece of code, a formula, a citation or a link within a line is
one word, and a figure's caption is prose. A cell of code that stands open takes half a minute, so does an
explorer; a formula on a line of its own, a figure and a table ten seconds each. The quiz, the list of sources
and what is folded away (code, checks, imports) count nothing; what follows a prediction counts, as readers
open it. A section "Deeper: ..." counts by itself.
"""

import argparse
import ast
import math
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode

BOOK = Path(__file__).resolve().parent.parent / "book"
WORDS_A_MINUTE = 200
FORMULA, RESULT, CODE, EXPLORER = 1 / 6, 1 / 6, 0.5, 0.5  # minutes
MOST, MOST_TOGETHER = 25, 235  # of a chapter's story, and of the first ten together

FOLDED = {"hide-input", "hide-cell", "remove-input", "remove-cell", "check", "setup"}
UNSEEN = {"hide-cell", "remove-cell", "check", "setup"}  # with what they show
UNCOUNTED = ("Check yourself", "Sources and further reading")

_HEADING = re.compile(r"^(#+) (.+)$")
_DISPLAY = re.compile(r"\$\$.*?\$\$|\\begin\{(\w+\*?)\}.*?\\end\{\1\}", re.DOTALL)
_ONE_WORD = re.compile(r"\{[\w:-]+\}`[^`]*`|\[[^\]]*\]\([^)]*\)|\$[^$]+\$|`[^`]+`|https?://\S+")
_MARKUP = re.compile(r"^(:{3,}.*|`{3,}.*|:[\w-]+:.*|\(\S+\)=|\+\+\+)$", re.MULTILINE)
_WORD = re.compile(r"[^\W_]+(?:['’.,-][^\W_]+)*")  # 1,630 and standard-deviation are one

_HEAD = re.compile(
    r"^\*\*Time:\*\* \d+ minutes to read(?:, \d+ more in the folds headed Deeper)?", re.MULTILINE
)
_FOLD = re.compile(r"(^#+ Deeper: .+\n)(?:\n?\*\d+ minutes?\*\n)?", re.MULTILINE)


@dataclass
class Reading:
    """What one notebook asks of a reader, in minutes.

    Attributes:
        story: what every reader reads.
        folds: the title of each Deeper section -> its minutes.
        words, cells: of the story, for the table.
    """

    story: float = 0.0
    folds: dict[str, float] = field(default_factory=dict)
    words: int = 0
    cells: int = 0

    @property
    def deeper(self) -> int:
        return sum(map(whole, self.folds.values()))


def whole(minutes: float) -> int:
    """Minutes as they are written: rounded up, so that nobody is late."""
    return max(1, math.ceil(minutes - 0.05))


def words_of(text: str) -> int:
    """Words of prose in a markdown text, without its display formulas."""
    text = _MARKUP.sub("", _DISPLAY.sub("", text))
    return len(_WORD.findall(_ONE_WORD.sub(" word ", text)))


def text_minutes(text: str) -> float:
    return words_of(text) / WORDS_A_MINUTE + FORMULA * len(_DISPLAY.findall(text))


def captions(source: str) -> str:
    """The captions that a cell writes under its figures."""
    try:
        calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.keyword)]
    except SyntaxError:  # a shell command
        return ""
    texts = [
        call.value.value for call in calls if call.arg == "caption" and isinstance(call.value, ast.Constant)
    ]
    return " ".join(map(str, texts))


def code_minutes(cell: NotebookNode) -> float:
    """Minutes for one cell of code and what it shows."""
    tags, source = set(cell.metadata.get("tags", [])), cell.source
    if tags & UNSEEN or "quiz(" in source:
        return 0.0
    minutes = 0.0 if tags & FOLDED else CODE
    if "figures." in source:
        minutes += RESULT
    if re.search(r"\bexplorers\.\w+\(", source):
        minutes += EXPLORER
    return minutes + text_minutes(captions(source))


def open_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """Cells whose code stands open."""
    return [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code" and not FOLDED & set(cell.metadata.get("tags", []))
    ]


def pieces(notebook: NotebookNode):
    """The notebook in its order: ("heading", level and title), ("text", ...) and ("code", cell)."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            yield "code", cell
            continue
        text, fenced = [], False
        for line in cell.source.splitlines():
            fenced ^= line.startswith("```")
            heading = None if fenced else _HEADING.match(line)
            if heading:
                yield "text", "\n".join(text)
                text = []
                yield "heading", (len(heading[1]), heading[2])
            else:
                text.append(line)
        yield "text", "\n".join(text)


def count(notebook: NotebookNode) -> Reading:
    """How long a notebook takes."""
    reading, fold, level, counted = Reading(), None, 0, True
    for kind, piece in pieces(notebook):
        if kind == "heading":
            if fold is None or piece[0] <= level:
                level, title = piece
                fold = title if title.startswith("Deeper: ") else None
                counted = title not in UNCOUNTED
                if fold:
                    reading.folds[fold] = 0.0
            piece = piece[1]
        if not counted:
            continue
        minutes = code_minutes(piece) if kind == "code" else text_minutes(piece)
        if fold:
            reading.folds[fold] += minutes
            continue
        reading.story += minutes
        reading.words += words_of(captions(piece.source) if kind == "code" else piece)
        reading.cells += kind == "code" and not FOLDED & set(piece.metadata.get("tags", []))
    return reading


def with_minutes(text: str, reading: Reading) -> str:
    """A markdown text with the counted minutes in its head's line and under its Deeper headings."""
    more = f", {reading.deeper} more in the folds headed Deeper" if reading.folds else ""
    text = _HEAD.sub(f"**Time:** {whole(reading.story)} minutes to read{more}", text)

    def under(match: re.Match) -> str:
        minutes = whole(reading.folds[match[1].lstrip("# ").rstrip()])
        return f"{match[1]}\n*{minutes} minute{'s' * (minutes > 1)}*\n"

    return _FOLD.sub(under, text)


def chapters() -> list[Path]:
    return sorted(BOOK.glob("[0-9]*.ipynb"))


def renew(path: Path, write: bool) -> tuple[Reading, bool]:
    """Count one notebook; whether it says what was counted. With `write` it does afterwards."""
    notebook = nbformat.read(path, as_version=4)
    reading, fresh = count(notebook), True
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            text = with_minutes(cell.source, reading)
            fresh &= text == cell.source
            cell.source = text
    if write and not fresh:
        path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8", newline="\n")
    return reading, fresh


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write the minutes into the notebooks")
    parser.add_argument("--check", action="store_true", help="fail where a notebook says something else")
    parser.add_argument("notebooks", nargs="*", type=Path)
    arguments = parser.parse_args()
    stories, stale = [], []
    print(f"{'':40} story  deeper  words  open cells")
    for path in arguments.notebooks or chapters():
        reading, fresh = renew(path, arguments.write)
        stories.append(whole(reading.story))
        stale += [path.name] * (not fresh)
        print(f"{path.stem:40} {stories[-1]:5} {reading.deeper:7} {reading.words:6} {reading.cells:11}")
    print(f"{'in all':40} {sum(stories):5}    (at most {MOST} a chapter)")
    if not arguments.notebooks:
        print(f"{'the first ten':40} {sum(stories[:10]):5}    (at most {MOST_TOGETHER})")
    if stale and not arguments.write:
        print(f"Say something else: {', '.join(stale)}. `python -m tools.minutes --write` writes it.")
    return int(arguments.check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
