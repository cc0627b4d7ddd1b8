"""Files that people write and edit: all are read in one way, whatever program saved them last.

Notepad puts a mark in front (BOM), Windows ends lines with two characters, Excel may take an older encoding.
What cannot be understood is said with the file's name and the line.
"""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

from vaelab.errors import VaelabError


class EditedFileError(VaelabError, ValueError):
    """A file that was written or edited by a person and cannot be understood."""


def decoded(data: bytes) -> str:
    """Text in UTF-8 or, with its mark, in UTF-16; what is neither is taken for Windows' Western encoding."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", errors="replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_text(path: Path) -> str:
    """A file's text."""
    return decoded(path.read_bytes())


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file's content. Raises EditedFileError, which names file and line."""
    return toml(path, read_text(path))


def read_json(path: Path) -> Any:
    """A JSON file's content. Raises EditedFileError, which names file and line."""
    text = read_text(path)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise EditedFileError(_wrong(path, "JSON", text, error.lineno, error.msg)) from None
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits, 5,000 brackets
        raise EditedFileError(_wrong(path, "JSON", text, None, str(error))) from None


def toml(name: str | Path, text: str) -> dict[str, Any]:
    """The content of TOML that was read from a file of this name. Raises EditedFileError."""
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        said = str(error)
        place = re.search(r" \(at line (\d+), column \d+\)", said)
        line = int(place[1]) if place else None
        raise EditedFileError(
            _wrong(name, "TOML", text, line, said.replace(place[0], "") if place else said)
        ) from None


def _wrong(name: str | Path, kind: str, text: str, line: int | None, why: str) -> str:
    """What cannot be read, where, and the line itself."""
    there = "" if line is None else text.split("\n")[line - 1].strip()[:80]
    shown = "".join(letter for letter in there if letter.isprintable())
    place = "" if line is None else f", line {line}" + (f" ({shown})" if shown else "")
    return f"{name}{place}: this is not valid {kind}: {why[:200]}."
