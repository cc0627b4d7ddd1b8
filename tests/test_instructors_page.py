"""What the instructors' page says of other files is what they hold."""

import json
import re
import tomllib
from pathlib import Path

import nbformat

BOOK = Path(__file__).parents[1] / "book"


PAGE = (BOOK / "appendix-instructors.md").read_text(encoding="utf-8")


def test_how_long_a_class_takes_is_what_was_measured():
    kept = json.loads((BOOK.parent / "benchmarks" / "kept" / "grading-class.json").read_text())
    rows = {row["the class"]: row for row in kept["rows"]}
    assert len(rows) == 2 and {row["submissions"] for row in rows.values()} == {100}
    assert {row["same tables"] for row in rows.values()} == {"yes"}
    alone, beside = (round(int(row["seconds"]) / 60) for row in rows.values())
    said = re.search(r"a hundred notebooks,.*?the\nsame scores", PAGE, re.DOTALL)[0]
    assert re.findall(r"\d+", said) == [str(alone), str(beside)]


def test_the_wheel_has_its_name():
    version = tomllib.loads((BOOK.parent / "pyproject.toml").read_text())["project"]["version"]
    assert f'"vaelab-{version}-py3-none-any.whl[grading]"' in PAGE


def test_the_command_lines_of_the_page_have_tables_and_folders_of_their_own():
    lines = re.findall(r"^vaelab (?:grade|capstone) .*$", PAGE, re.MULTILINE)
    written = [word for line in lines for word in re.findall(r"--(?:out|html|cases) (\S+)", line)]
    assert len(lines) == 2 and len(set(written)) == len(written) == 4


def test_what_is_read_before_a_session_are_headings_of_the_chapters():
    named = re.findall(r'"([^"]+)"', " ".join(re.findall(r"\*Read before:\*(.*?)\n- ", PAGE, re.DOTALL)))
    chapters = [nbformat.read(path, as_version=4) for path in BOOK.glob("[01]*.ipynb")]
    text = "\n".join(c.source for chapter in chapters for c in chapter.cells if c.cell_type == "markdown")
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    assert len(named) >= 6
    assert [name for name in (" ".join(n.split()) for n in named) if name not in headings] == []
