"""`vaelab grade` and `vaelab capstone` in one folder: neither writes over the other's table or pages."""

from pathlib import Path

import pytest
from test_capstone_command import FULL, HIDDEN, Measured
from test_grade import HIDDEN as HIDDEN_CHECKS
from test_grade import NAME, RIGHT, FakeSandbox, notebook, rows, small

from vaelab import cli
from vaelab.grading.capstone import command
from vaelab.grading.isolation import sandbox
from vaelab.grading.marking import checks

COMMANDS = {
    "grade": ["grade", "sheets", "--hidden", "hidden", "--jobs", "1"],
    "capstone": ["capstone", "capstones", "--hidden", HIDDEN],
}
BOTH_ORDERS = pytest.mark.parametrize(("first", "second"), [("grade", "capstone"), ("capstone", "grade")])


@pytest.fixture
def counted(monkeypatch, tmp_path):
    """A class with a sheet and a capstone each; how many of both were graded."""
    fake, measured = FakeSandbox(), Measured()
    monkeypatch.setattr(sandbox, "opened", fake.opened)
    monkeypatch.setattr(sandbox, "require_isolation", lambda: None)
    monkeypatch.setattr(checks, "exercise", small)
    monkeypatch.setattr(command, "score", measured)
    monkeypatch.chdir(tmp_path)
    for folder in ("sheets", f"hidden/{NAME}", "capstones/anna"):
        Path(folder).mkdir(parents=True)
    Path("hidden", NAME, "hidden.py").write_text(HIDDEN_CHECKS)
    Path("sheets/anna.ipynb").write_text(notebook(RIGHT))
    for name, data in FULL.items():
        Path("capstones/anna", name).write_bytes(data)
    return lambda: fake.runs + len(measured.seen)


def run(name: str, *more: str) -> int:
    return cli.main([*COMMANDS[name], *more])


def files() -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in Path().rglob("*") if path.is_file()}


@BOTH_ORDERS
def test_a_table_of_the_other_command_is_left_alone_before_anything_runs(counted, capsys, first, second):
    assert run(first, "--out", "scores.csv") == 0
    table = Path("scores.csv").read_text(encoding="utf-8-sig").splitlines()
    Path("scores.csv").write_text("\n".join([f"{table[0]},seminar", f"{table[1]},Monday", ""]))
    before, done = files(), counted()
    assert run(second, "--out", "scores.csv") == 2
    said = capsys.readouterr().err
    assert f"scores.csv is a table of `vaelab {first}`: it is left alone" in said
    own = said.split("such as ")[1].strip().removesuffix(".")
    assert files() == before and counted() == done
    assert run(second, "--out", own) == 0, "what the message tells to do"
    assert run(first, "--out", "scores.csv") == 0 and counted() == 2, "and nothing is graded twice"
    assert rows("scores.csv")[0]["seminar"] == "Monday" and len(rows(own)) == 1


@BOTH_ORDERS
def test_pages_of_the_other_command_are_left_alone(counted, capsys, first, second):
    assert run(first, "--out", "first.csv", "--html", "feedback") == 0
    before, done = files(), counted()
    assert run(second, "--out", "second.csv", "--html", "feedback") == 2
    said = capsys.readouterr().err
    assert f"index.html is a page of `vaelab {first}`" in said
    own = said.split("such as ")[1].strip().removesuffix(".")
    assert files() == before and counted() == done
    assert run(second, "--out", "second.csv", "--html", own) == 0
    assert run(first, "--out", "first.csv", "--html", "feedback") == 0, "its own it writes again"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_page_of_nobody_here_is_left_alone(counted, capsys, name):
    Path("index.html").write_text("<title>My home page</title>")
    assert run(name, "--out", "table.csv", "--html", ".") == 2
    assert f"index.html is no page that `vaelab {name}` wrote" in capsys.readouterr().err
    assert Path("index.html").read_text() == "<title>My home page</title>" and counted() == 0


def test_rows_that_an_instructor_adds_to_a_table_are_nobodys(counted):
    assert run("capstone", "--out", "capstone.csv") == 0
    with open("capstone.csv", "a", encoding="utf-8") as file:
        file.write("average of the class\n")
    assert run("capstone", "--out", "capstone.csv") == 0


def test_a_table_of_checks_takes_no_other_files_place_and_no_scores_take_its(counted, capsys):
    Path("essay.txt").write_text("dear diary")
    assert run("capstone", "--out", "capstone.csv") == 0
    for cases in ("essay.txt", "capstone.csv"):
        before = files()
        assert run("grade", "--out", "scores.csv", "--cases", cases) == 2
        assert f"{cases} is no table of checks" in capsys.readouterr().err and files() == before
    assert run("grade", "--out", "scores.csv", "--cases", "./scores.csv") == 2
    assert "give each a name of its own" in capsys.readouterr().err
    for _ in range(2):
        assert run("grade", "--out", "scores.csv", "--cases", "cases.csv") == 0
    before = files()
    assert run("grade", "--out", "cases.csv") == 2
    assert "no table of scores" in capsys.readouterr().err and files() == before
