"""`vaelab grade`: every layout found, nothing hostile gets out of its cell, marks and results stay."""

import csv
import errno
import io
import json
import os
import re
import shutil
import tempfile
import time
import zipfile
from collections import namedtuple
from collections.abc import Iterable
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
import torch

from tools import mutants
from vaelab import cli
from vaelab.grading import expect, scratch, seal, seeded
from vaelab.grading.exercise import Exercise
from vaelab.grading.isolation import sandbox
from vaelab.grading.isolation.limits import LIMITS
from vaelab.grading.marking import checks, filetree, scores
from vaelab.grading.marking.grade import _limits, grade
from vaelab.grading.marking.submissions import SubmissionsError, find
from vaelab.grading.safe_text import cell
from vaelab.grading.sheet import EXERCISES
from vaelab.grading.source import for_learners, read_source, solved
from vaelab.grading.space import Space, local

NAME = "04-kl-divergence"
ROOT = Path(__file__).resolve().parent.parent
RIGHT = "def double(x):\n    return 2 * x"
WRONG = "def double(x):\n    return x"  # right for 0 alone: 1 point
FULL = "2.5"
HIDDEN = """
from vaelab.grading import HiddenCases, expect

hidden = HiddenCases("04-kl-divergence")
hidden.rubric("q3", {1: "says something", 2: "and says why"})


@hidden.case("q1", 0.5)
def large_numbers(s):
    expect(s.double(10**6) == 2 * 10**6, "Wrong for a million.")
"""


def small(name: str) -> Exercise:
    """A question with 2 public points and half a hidden one, and a choice with a reason in words."""
    exercise = Exercise(name, "Exercise 4: small")
    q1 = exercise.question("q1", "Double", chapter=name, section="Two", hint="", hidden_points=0.5)
    q1.case(1)(nothing_stays_nothing)
    q1.case(1)(twice_as_much)
    q3 = exercise.question("q3", "Choose", chapter=name, section="Three", hint="", written="q3_because")
    q3.choice(1, "q3", right=seal(name, "q3", "b"), why={})
    return exercise


def nothing_stays_nothing(s):
    expect(s.double(0) == 0, "Twice nothing is nothing.")


def twice_as_much(s):
    expect(s.double(3) == 6, "Not twice as much.")


def notebook(*code: str, name: str = NAME) -> str:
    head = f'from vaelab import grading\ncheck = grading.sheet("{name}")'
    cells = [{"cell_type": "code", "source": text.splitlines(True), "metadata": {}} for text in (head, *code)]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells})


def ran(namespace: dict, status: str = "ran") -> SimpleNamespace:
    """What stands in for a submission in a sandbox."""
    return SimpleNamespace(status=status, errors=[], space=local(namespace), revive=lambda: None)


class FakeSandbox:
    """Runs notebooks right here, and counts them."""

    def __init__(self):
        self.runs = 0

    @contextmanager
    def opened(self, cells, *options, isolated=True):
        self.runs += 1
        namespace = {}
        for source in cells:
            exec(source, namespace)
        yield ran(namespace)


@pytest.fixture
def here(monkeypatch, tmp_path):
    """A folder to be in, with hidden checks of a small exercise."""
    monkeypatch.setattr(checks, "exercise", small)
    monkeypatch.chdir(tmp_path)
    for folder in ("in", f"hidden/{NAME}"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "hidden" / NAME / "hidden.py").write_text(HIDDEN)


@pytest.fixture
def fake(monkeypatch, here):
    """No sandbox."""
    fake = FakeSandbox()
    monkeypatch.setattr(sandbox, "opened", fake.opened)
    monkeypatch.setattr(sandbox, "require_isolation", lambda: None)
    return fake


def put(where: str, text: str | bytes) -> Path:
    path = Path("in") / where
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def graded(**options) -> dict[tuple[str, str], dict]:
    """(student, file) -> row."""
    assert grade(Path("in"), Path("scores.csv"), **{"hidden": Path("hidden"), "jobs": 2} | options) == 0
    return {(row["student"], row["file"]): row for row in rows("scores.csv")}


def rows(path: str) -> list[dict]:
    return list(csv.DictReader(io.StringIO(Path(path).read_text(encoding="utf-8-sig"), newline="")))


LAYOUTS = {
    "flat": (
        ["anna_04-kl-divergence.ipynb", "bert_04-kl-divergence (1).ipynb", "cleo.ipynb", "readme.txt"],
        ["anna", "bert", "cleo"],
    ),
    "one's own": (["04-kl-divergence.ipynb"], ["in"]),
    "folders": (
        ["anna/04-kl-divergence.ipynb", "bert/exercises/work.ipynb", "cleo/data/essay.pdf"],
        ["anna", "bert", "cleo"],
    ),
    "dates in names": (
        ["anna/kl_2024_11_28.ipynb", "bert/hw_2024_11_kl.ipynb", "cleo/week_4_2_kl.ipynb"],
        ["anna", "bert", "cleo"],
    ),
    "dates in flat names": (["a_2024_11_kl.ipynb", "b_2024_11_kl.ipynb"], ["a_2024_11_kl", "b_2024_11_kl"]),
    "one student": (["anna/work.zip/04.ipynb"], ["anna"]),
    "one date": (["anna/kl_2024_11_28.ipynb"], ["anna"]),
    "moodle": (
        [
            "Anna Ek_1_assignsubmission_file_/04-kl-divergence.ipynb",
            "Anna Ek_2_assignsubmission_file_/04-kl-divergence.ipynb",
            "Participant_3_assignsubmission_file_/work.ipynb",
            "Bert Ek_4_assignsubmission_file_04-kl-divergence.ipynb",
        ],
        ["Anna Ek", "Anna Ek", "Bert Ek", "Participant 3"],
    ),
    "canvas": (
        ["ekanna_12_67_04-kl-divergence-1.ipynb", "ekbert_LATE_13_68_a.zip/b/x.ipynb", "ekanna_12_69_x.pdf"],
        ["ekanna", "ekbert"],
    ),
    "zips": (["anna.zip/exercises/04-kl-divergence.ipynb", "bert.zip/bert/x.ipynb"], ["anna", "bert"]),
    "a zip of folders": (["kl 4.zip/kl 4/anna/04.ipynb", "kl 4.zip/kl 4/bert/04.ipynb"], ["anna", "bert"]),
    "a zip of zips": (["week 4.zip/anna.zip/04.ipynb", "week 4.zip/bert.zip/04.ipynb"], ["anna", "bert"]),
    "zips of an LMS": (
        [
            "monday.zip/Anna Ek_1_assignsubmission_file_/04.ipynb",
            "monday.zip/Bert Ek_2_assignsubmission_file_/04.ipynb",
            "friday.zip/Anna Ek_9_assignsubmission_file_/04.ipynb",
            "canvas.zip/ekcleo_3_4_04.ipynb",
            "canvas.zip/ekdora_5_6_04.ipynb",
        ],
        ["Anna Ek", "Anna Ek", "Bert Ek", "ekcleo", "ekdora"],
    ),
    "names further down": (
        [
            "anna/04.ipynb",
            "mallory/anna_1_assignsubmission_file_/04.ipynb",
            "mallory/bert_1_2_04.ipynb",
            "mallory/more.zip/anna_7_assignsubmission_file_/04.ipynb",
            "mallory/anna/04.ipynb",
            "nora.zip/anna_7_assignsubmission_file_/04.ipynb",
            "nora.zip/bert/04.ipynb",
        ],
        ["anna", "mallory", "mallory", "mallory", "mallory", "nora", "nora"],
    ),
    "names further down in an LMS's folders": (
        ["Mallory_1_assignsubmission_file_/Anna_2_assignsubmission_file_/04.ipynb"],
        ["Mallory"],
    ),
}  # fmt: skip


def lay_out(files: list[str], above: str = "") -> None:
    """Put a notebook at each path; what a path calls .zip is one, and may lie in another."""
    for file in files:
        if ".zip/" not in file:
            put(above + file, notebook(RIGHT))
    for name in dict.fromkeys(file.partition(".zip/")[0] for file in files if ".zip/" in file):
        inside = [file.removeprefix(f"{name}.zip/") for file in files if file.startswith(f"{name}.zip/")]
        lay_out(inside, f"{above}{name}.zip/")
        folder = Path("in") / above / f"{name}.zip"
        archive = folder.rename(folder.with_suffix(".folder"))
        shutil.make_archive(str(folder.with_suffix("")), "zip", archive)
        shutil.rmtree(archive)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_whose_work_it_is(here, layout, capsys):
    files, students = LAYOUTS[layout]
    lay_out(files)
    assert [s.student for s in find(Path("in"))] == students
    assert "More than one layout" not in capsys.readouterr().out


def test_a_class_of_files_of_one_name(here):
    for number in range(51):
        put(f"student{number:02}/week_4_2_kl-divergence.ipynb", notebook(RIGHT))
    found = find(Path("in"))
    assert [s.student for s in found] == [f"student{number:02}" for number in range(51)]
    assert not any(s.problem for s in found)


def test_mixed_layouts_are_told_in_one_line(here, capsys):
    lay_out(["anna/04.ipynb", "Bo Ek_7_assignsubmission_file_/04.ipynb", "cleo_04-kl-divergence.ipynb"])
    lay_out([f"mallory/{number}.ipynb" for number in range(51)])
    assert {s.student: bool(s.problem) for s in find(Path("in"))} == {
        "anna": False, "Bo Ek": False, "cleo": False, "mallory": True
    }  # fmt: skip
    assert capsys.readouterr().out == (
        "More than one layout: folders or archives (2), loose files (1), names of an LMS (1). "
        "Each is taken for its own student's.\n"
    )


def test_scores_of_a_class(fake):
    put("folder/anything.ipynb", notebook(WRONG))
    put("folder/.ipynb_checkpoints/anything-checkpoint.ipynb", notebook(RIGHT))
    put("essay/essay.pdf", "words")
    with zipfile.ZipFile(Path("in") / "zip.zip", "w") as archive:
        archive.writestr("work.ipynb", notebook(RIGHT))
        archive.writestr("__MACOSX/._work.ipynb", "x")
    found = {student: row for (student, _), row in graded().items()}
    assert {student: row["q1"] for student, row in found.items()} == {"zip": FULL, "folder": "1", "essay": ""}
    assert {row["score"] for row in found.values()} == {FULL, "1", "0"} and found["zip"]["of"] == "3.5"
    assert found["essay"]["note"] == "no notebook: essay.pdf"
    assert found["folder"]["failed"] == "q1 twice as much; q1 large numbers; q3 the right choice"


def test_a_table_that_excel_has_open_or_that_is_a_folder_is_said(fake, monkeypatch, capsys):
    put("anna.ipynb", notebook(RIGHT))
    Path("folder.csv").mkdir()
    options = ["--hidden", "hidden", "--jobs", "1"]
    assert cli.main(["grade", "in", "--out", "folder.csv", *options]) == 2
    assert "A folder is in the way" in capsys.readouterr().err

    def in_use(path):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))  # as Windows has it

    graded()
    monkeypatch.setattr(scores, "read_text", in_use)
    assert cli.main(["grade", "in", "--out", "scores.csv", *options]) == 2
    assert "is the table open in another program? Close it" in capsys.readouterr().err


def test_a_full_disk_is_said_and_nothing_is_run_in_vain(fake, monkeypatch, capsys):
    for student in "abcdefgh":
        put(f"{student}.ipynb", notebook(RIGHT, f"# {student}"))
    command = ["grade", "in", "--out", "scores.csv", "--hidden", "hidden", "--jobs", "1"]
    size = 1500  # bytes of a disk: room for two results, and no table

    def opened(path, mode="r", *args, **options):
        if mode == "a" and path.exists() and path.stat().st_size >= size:
            raise OSError(errno.ENOSPC, "No space left on device")  # where a disk is full, it names no file
        return open(path, mode, *args, **options)

    with monkeypatch.context() as full:
        full.setattr(Path, "open", opened)
        assert cli.main(command) == 2
    said = capsys.readouterr().err
    assert "No space left on device: scores.csv.resume. Make room" in said and "before is kept" in said
    assert "Traceback" not in said and "another program" not in said and 2 <= fake.runs < 8
    before = fake.runs
    kept = sum(line.startswith("[") for line in Path("scores.csv.resume").read_text().splitlines())

    def no_room(*args, **options):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(scores.csv.DictWriter, "writerows", no_room)
        assert cli.main(command) == 2
    said = capsys.readouterr().err
    assert "No space left on device" in said and "another program" not in said and "is kept" in said
    assert cli.main(command) == 0 and len(rows("scores.csv")) == 8
    assert fake.runs == before + 8 - kept and kept >= 1


def test_a_class_archive_is_given_itself(fake):
    with zipfile.ZipFile("class.zip", "w") as archive:
        archive.writestr("anna/work.ipynb", notebook(RIGHT))
        inner = io.BytesIO()
        with zipfile.ZipFile(inner, "w") as own:
            own.writestr("deep/work.ipynb", notebook(RIGHT))
        archive.writestr("bert/all of it.zip", inner.getvalue())
    found = find(Path("class.zip"))
    assert [(s.student, s.exercise, s.problem) for s in found] == [("anna", NAME, ""), ("bert", NAME, "")]


def test_a_page_compares_the_class(fake):
    for student, answer in (("anna", RIGHT), ("bert", WRONG), ("cleo", WRONG), ("dora", "")):
        put(f"{student}.ipynb", notebook(answer, f"# {student}", 'q3 = "b"'))
    graded(html=Path("pages"))
    page = Path("pages/index.html").read_text(encoding="utf-8")
    assert "4 graded, half of them at 2 or more of 3.5 points" in page
    counts = re.findall(r'<th scope="row">(\d to [\d.]+)</th><td class="number">(\d)', page)
    assert counts == [("0 to 1", "0"), ("1 to 2", "1"), ("2 to 3", "2"), ("3 to 3.5", "1")]
    assert "q1 Double: 1 of 4 have all of it" in page and "q3 Choose: 4 of 4 have all of it" in page
    assert "2 × Not twice as much." in page and "1 × <code>double</code> is not defined yet" in page


def test_two_notebooks_for_one_exercise_are_both_graded_and_say_so(fake):
    put("anna/a.ipynb", notebook(RIGHT))
    put("anna/b.ipynb", notebook(WRONG))
    found = graded()
    assert [row["q1"] for row in found.values()] == [FULL, "1"]
    assert {row["note"] for row in found.values()} == {"one of 2 notebooks for this exercise"}


def test_what_is_broken_or_hostile_gets_a_row_and_the_rest_is_graded(fake, tmp_path):
    (tmp_path / "secret.ipynb").write_text(notebook(RIGHT))
    good = notebook(RIGHT)
    put(f"cut_{NAME}.ipynb", good[:100])
    put("deep.ipynb", "[" * 200_000)
    put("list.ipynb", "[1, 2]")
    put("binary.ipynb", b"\xff\xfe\x00")
    put("other.ipynb", notebook(name="99-other"))
    put("large.ipynb", b'{"cells": "')
    os.truncate("in/large.ipynb", 200 << 20)
    put("good.ipynb", good)
    put("broken.zip", b"PK\x03\x04 no more")
    (tmp_path / "in" / "linked.ipynb").symlink_to(tmp_path / "secret.ipynb")
    (tmp_path / "in" / "linked folder").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "in" / "pipe.ipynb")
    with zipfile.ZipFile(tmp_path / "in" / "slips.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../escaped.ipynb", good)
        archive.writestr("/etc/absolute.ipynb", good)
        archive.writestr("C:\\windows.ipynb", good)
        archive.writestr("bomb.ipynb", b"0" * (60 << 20))
        link = zipfile.ZipInfo("link.ipynb")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    before = sorted(tmp_path.parent.rglob("*"))
    found = {file: row for (_, file), row in graded(html=Path("pages")).items()}
    assert {file: row["note"] for file, row in found.items()} == {
        f"cut_{NAME}.ipynb": "not a notebook: its JSON is cut off, broken, or something else",
        "deep.ipynb": "not a notebook: its JSON is cut off, broken, or something else",
        "list.ipynb": "not a notebook: its JSON is cut off, broken, or something else",
        "binary.ipynb": "not a notebook: not UTF-8",
        "other.ipynb": "for no exercise that is known here",
        "large.ipynb": "larger than 20 MB",
        "good.ipynb": "",
        "broken.zip": "the archive is broken: File is not a zip file",
        "linked.ipynb": "a link, which is not followed",
        "linked folder": "a link, which is not followed",
        "pipe.ipynb": "not a regular file",
        "slips.zip/escaped.ipynb": "a name that leads out of its archive",
        "slips.zip/etc/absolute.ipynb": "a name that leads out of its archive",
        "slips.zip/C:/windows.ipynb": "a name that leads out of its archive",
        "slips.zip/bomb.ipynb": "larger than 20 MB",
        "slips.zip/link.ipynb": "a link, which is not followed",
    }
    assert [row["score"] for row in found.values() if row["score"] != "0"] == [FULL]
    assert found["good.ipynb"]["status"] == "ran" and found["deep.ipynb"]["status"] == "not graded"
    new = {p for p in set(tmp_path.parent.rglob("*")) - set(before) if "pages" not in p.parts}
    assert {p.name for p in new} == {"scores.csv", "scores.csv.resume"}
    assert fake.runs == 1


def test_who_handed_in_nothing_gets_a_row_and_a_reason(fake, tmp_path):
    for folder in ("in/anna", "in/bert/deep/.git", "in/carl/data", "in/.hidden"):
        (tmp_path / folder).mkdir(parents=True)
    put("carl/one.ipynb", notebook(RIGHT))
    put(f"dora/{NAME}.ipynb", '{"nbformat": 4, "cells": []}')
    put(f"emil/{NAME}.ipynb", '{"nbformat": 3, "worksheets": [{"cells": []}]}')
    for student, names in (("fritz", ("deep/",)), ("gerd", ("a/", "a/one.ipynb", "a/data/")), ("hans", ())):
        with zipfile.ZipFile(tmp_path / "in" / f"{student}.zip", "w") as archive:
            for name in names:
                archive.writestr(name, "" if name.endswith("/") else notebook(RIGHT))
    found = {student: (file, row["note"], row["score"]) for (student, file), row in graded().items()}
    assert found == {
        "anna": ("anna/", "an empty folder", "0"),
        "bert": ("bert/deep/", "an empty folder", "0"),
        "carl": ("carl/one.ipynb", "", FULL),
        "dora": (f"dora/{NAME}.ipynb", "a notebook without code", "0"),
        "emil": (
            f"emil/{NAME}.ipynb",
            "a notebook as they were before 2015: open and save it in JupyterLab",
            "0",
        ),
        "fritz": ("fritz.zip/deep/", "an empty folder", "0"),
        "gerd": ("gerd.zip/a/one.ipynb", "", FULL),
        "hans": ("hans.zip/", "an empty archive", "0"),
    }


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("  +1", "'+1"),
        ("\t@SUM(1)", "'@SUM(1)"),
        ("\r=1", "'=1"),
        ("Anna;=1+1", "Anna;'=1+1"),
        ('x","=1', 'x","\'=1'),
        ("two\nlines,=1", "two lines,'=1"),
        ("\uff1d1", "'\uff1d1"),
        ("a\x00b\u202ec\ud800", "a\ufffdb\ufffdc\ufffd"),
        ("mu - 1", "mu - 1"),
        ("x" * 3_000, "x" * 2_000 + "…"),
    ],
)
def test_no_text_becomes_a_formula(text, harmless):
    assert cell(text) == harmless


def test_hostile_names_and_messages_stay_in_their_cells(fake):
    put("=cmd|'!A1,;=2\nx/<script>alert(1)<.ipynb", notebook('q3_because = "=1+1\\n<img src=x>"'))
    put("loud.ipynb", notebook('def double(x):\n    raise ValueError("=1,=2\\n<b>\\ud800")'))
    os.makedirs(b"in/\xff\xfe")
    Path(os.fsdecode(b"in/\xff\xfe"), "a.ipynb").write_text(notebook(RIGHT))
    graded(html=Path("pages"), cases=Path("cases.csv"))
    raw = Path("scores.csv").read_bytes() + Path("cases.csv").read_bytes()
    values = [value for row in rows("scores.csv") + rows("cases.csv") for value in row.values()]
    assert not [v for v in values if v.startswith(("=", "+", "-", "@")) or "\n" in v or ",=" in v]
    assert b"\xed\xa0\x80" not in raw and len(rows("scores.csv")) == 3
    pages = list(Path("pages").iterdir())
    assert len(pages) == 4 and all(
        page.name.replace("-", "a").replace(".html", "").isalnum() for page in pages
    )
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "<script" not in text and "<img" not in text and "<b>" not in text


def test_marks_survive_count_and_appear_in_the_feedback(fake):
    put("anna.ipynb", notebook(RIGHT, 'q3_because = "Because of -KL;\\n=1"'))
    (row,) = graded().values()
    assert row["q3 marks"] == "" and row["q3 written"] == "Because of -KL; '=1"
    text = Path("scores.csv").read_text(encoding="utf-8-sig")
    typed = list(csv.reader(io.StringIO(text, newline="")))
    typed[1][typed[0].index("q3 marks")] = "1,5"
    with open("scores.csv", "w", encoding="cp1252", newline="") as file:  # as a German Excel saves it
        csv.writer(file, delimiter=";").writerows(typed)
    (row,) = graded(html=Path("pages")).values()
    assert (row["q3 marks"], row["marks"]) == ("1,5", "1.5")
    assert row["total"] == "4"
    (page,) = Path("pages").glob("anna-*.html")
    assert "1.5 of 2" in page.read_text(encoding="utf-8")
    put("anna.ipynb", notebook(RIGHT, 'q3_because = "Another"'))
    (row,) = graded().values()
    assert row["q3 marks"] == "1,5" and "is another than the one that was marked" in row["note"]
    Path("in/anna.ipynb").rename("in/bert.ipynb")
    graded()
    assert "1,5" in Path("scores.before.csv").read_text(encoding="utf-8-sig")


def test_what_did_not_change_is_not_run_again_and_gives_the_same_bytes(fake):
    for student in ("anna", "bert", "cleo"):
        put(f"{student}.ipynb", notebook(RIGHT, f"# {student}"))
    outputs = []
    for _ in range(2):
        graded(html=Path("pages"), cases=Path("cases.csv"))
        written = ["scores.csv", "cases.csv", *sorted(map(str, Path("pages").iterdir()))]
        outputs.append([Path(name).read_bytes() for name in written])
    assert outputs[0] == outputs[1] and fake.runs == 3
    put("bert.ipynb", notebook(WRONG))
    graded()
    assert fake.runs == 4
    Path("scores.csv.resume").unlink()
    put("bert.ipynb", notebook(RIGHT, "# bert"))
    graded(jobs=1)
    assert Path("scores.csv").read_bytes() == outputs[0][0]


def test_ctrl_c_keeps_what_is_done(fake, monkeypatch, capsys):
    for student in ("anna", "bert", "cleo"):
        put(f"{student}.ipynb", notebook(RIGHT, f"# {student}"))
    from vaelab.grading.marking import grade as module

    def one_then_interrupt(running):
        yield next(iter(running))
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(module, "as_completed", one_then_interrupt)
        assert grade(Path("in"), Path("scores.csv"), hidden=Path("hidden"), jobs=1) == 130
    assert "goes on from there" in capsys.readouterr().out and not Path("scores.csv").exists()
    done = fake.runs
    Path("scores.csv.resume").write_text(Path("scores.csv.resume").read_text() + '["cut o')
    assert len(graded()) == 3 and fake.runs == 3 and done >= 1


SLOW = ran({}, "time limit while running")


@pytest.mark.parametrize(("alone", "score"), [(SLOW, "0"), (None, FULL)], ids=["late again", "not alone"])
def test_what_meets_a_limit_is_run_again_alone_and_that_stays(fake, monkeypatch, capsys, alone, score):
    put("anna.ipynb", notebook(RIGHT))
    put("bert.ipynb", notebook(RIGHT, "# bert"))
    runs = []

    @contextmanager
    def opened(cells, *options, **more):
        bert = "# bert" in cells
        runs.append(bert)
        late = bert and (alone if runs.count(True) > 1 else SLOW)
        with fake.opened(cells) as submission:
            yield late or submission

    monkeypatch.setattr(sandbox, "opened", opened)
    for _ in range(2):
        assert {name: row["score"] for (name, _), row in graded().items()} == {"anna": FULL, "bert": score}
    assert sorted(runs) == [False, True, True] and runs[-1] is True
    assert capsys.readouterr().out.count("1 notebook met a limit or ended early. Once more, alone") == 1


def test_many_notebooks_of_one_student_share_the_time_of_a_dozen():
    submission = namedtuple("Submission", "student number")
    limits = _limits([submission("anna", 1)] + [submission("eve", number) for number in range(48)])
    assert limits["anna"] == LIMITS
    assert (limits["eve"].run_seconds, limits["eve"].all_seconds) == (30, 60)


REPLIES = "def double(x):\n    return {0: 0, 3: 6}[x]"  # learned by heart


@pytest.mark.parametrize(("gate", "points"), [(", gate=True", "0"), ("", "2")])
def test_a_hidden_gate_takes_the_points_of_replies_learned_by_heart(fake, gate, points):
    path = Path("hidden") / NAME / "hidden.py"
    path.write_text(HIDDEN.replace('"q1", 0.5', f'"q1", 0.5{gate}'))
    put("anna.ipynb", notebook(RIGHT))
    put("eve.ipynb", notebook(REPLIES))
    found = graded(cases=Path("cases.csv"))
    assert (found["anna", "anna.ipynb"]["q1"], found["eve", "eve.ipynb"]["q1"]) == (FULL, points)


def test_graded_checks_draw_what_nobody_knows_and_the_same_again(fake, monkeypatch):
    drawn = []

    def notes_draws(s):
        told = Space(lambda message: drawn.append(message["seed"]) or {"value": None})
        told.seed(5)
        drawn.append(torch.rand((), generator=seeded(0)).item())

    monkeypatch.setattr("test_grade.nothing_stays_nothing", notes_draws)
    put("anna.ipynb", notebook(RIGHT))
    seen = []
    for secret in ("one", "one", "another"):
        Path("hidden/secret.txt").write_text(secret)
        Path("scores.csv.resume").unlink(missing_ok=True)
        graded()
        seen.append(drawn[-2:])
    notes_draws(None)
    assert seen[0] == seen[1] and len({tuple(draws) for draws in [*seen, drawn[-2:]]}) == 3
    assert drawn[-2] == 5  # as learners have it


def test_what_hidden_checks_ask_reaches_neither_words_nor_public_checks(fake):
    spy = """
asked, q3_because = [], "mine"
def double(x):
    global q3_because
    q3_because = f"asked for {x}"
    asked.append(x)
    return 2 * x
class Told:
    def strip(self): raise ValueError(asked)
    lower = __str__ = __float__ = strip
q3 = Told()
"""
    put("eve.ipynb", notebook(spy))
    (row,) = graded(cases=Path("cases.csv"), html=Path("pages")).values()
    assert row["q1"] == FULL and row["q3 written"] == "mine"
    (page,) = Path("pages").glob("eve-*.html")
    for told in (Path("cases.csv"), Path("scores.csv"), page):
        assert "1000000" not in told.read_text(encoding="utf-8-sig")


def test_exit_codes_and_what_is_left_alone(fake, capsys, monkeypatch):
    command = ["grade", "in", "--out", "scores.csv", "--hidden", "hidden"]
    assert cli.main(command) == 2 and "There is no notebook" in capsys.readouterr().err
    assert cli.main(["grade", "nowhere", "--out", "x.csv"]) == 2
    put("anna.ipynb", notebook(RIGHT))
    assert cli.main([*command[:4], "--hidden", "in"]) == 2
    assert "vaelab exercises build" in capsys.readouterr().err
    Path("essay.txt").write_text("dear diary")
    assert cli.main(["grade", "in", "--out", "essay.txt", "--hidden", "hidden"]) == 2
    assert Path("essay.txt").read_text() == "dear diary"
    assert cli.main([*command, "--jobs", "0"]) == 2 and "at least 1" in capsys.readouterr().err
    with pytest.raises(ValueError, match="at least 1"):
        grade(Path("in"), Path("scores.csv"), hidden=Path("hidden"), jobs=0)
    assert not Path("scores.csv").exists() and fake.runs == 0
    assert cli.main(command) == 0 and fake.runs == 1

    def none_here():
        raise sandbox.IsolationError("no sandbox here")

    monkeypatch.setattr(sandbox, "require_isolation", none_here)
    assert cli.main(["grade", "in", "--out", "other/scores.csv", "--hidden", "hidden"]) == 2
    assert not Path("other").exists()
    assert cli.main([*command, "--unsafe"]) == 0 and fake.runs == 2
    assert "--unsafe: submissions run as you" in capsys.readouterr().err


def test_hidden_checks_without_a_rubric_are_refused_before_anything_runs(fake):
    put("anna.ipynb", notebook(RIGHT))
    path = Path("hidden") / NAME / "hidden.py"
    path.write_text("\n".join(line for line in HIDDEN.splitlines() if "rubric" not in line))
    with pytest.raises(SubmissionsError, match="no rubric for q3"):
        grade(Path("in"), Path("scores.csv"), hidden=Path("hidden"))
    assert fake.runs == 0 and not Path("scores.csv").exists()


SECRET = """
@hidden.case("q1", 0.5)
def numbers_in_a_row(s):
    expect(s.evaluate("[double(n) for n in (271828, 314159)]") == [543656, 628318], "Wrong for some numbers.")


@hidden.case("q1", 0.5)
def one_number(s):
    expect(s.double(577215) == 1154430, f"Wrong for one number, twice as large as {s.half}.")
"""
SAYS_ALL = {
    "raises": 'def double(x):\n    raise ValueError(f"asked {x}")',
    "keeps": 'q3_because = ""\ndef double(x):\n    global q3_because\n    q3_because += f" {x}"',
    "names": "def double(x):\n    return type(f'Is{x}', (), {})()",
    "prints": "def double(x):\n    print(x)\n    return {'this': x, 'is': object()}",
}


@pytest.mark.parametrize("how", SAYS_ALL)
def test_a_page_tells_nothing_of_hidden_cases_but_the_instructors_sentences(fake, how):
    path = Path("hidden") / NAME / "hidden.py"
    path.write_text(HIDDEN + SECRET)
    put("anna.ipynb", notebook(SAYS_ALL[how]))
    graded(html=Path("pages"), cases=Path("cases.csv"))
    page = next(Path("pages").glob("anna-*.html")).read_text(encoding="utf-8")
    assert "numbers in a row" in page and not any(
        n in page for n in ("271828", "314159", "577215", "1000000")
    )
    if how == "raises":
        assert "`[double(n) for n in (271828, 314159)]` raised ValueError" in Path("cases.csv").read_text(
            "utf-8"
        )


@pytest.mark.parametrize("unwritten", ["", "def double(x):\n    ...", "double = ..."])
def test_hidden_cases_about_what_is_not_written_are_open(fake, unwritten):
    path = Path("hidden") / NAME / "hidden.py"
    path.write_text(HIDDEN + SECRET)
    put("anna.ipynb", notebook(unwritten))
    graded(cases=Path("cases.csv"))
    assert {row["status"] for row in rows("cases.csv")} == {"not answered yet"}
    put("anna.ipynb", notebook(WRONG))
    graded(cases=Path("cases.csv"))
    assert [row["status"] for row in rows("cases.csv") if row["hidden"] == "yes"] == ["failed"] * 2 + [
        "not answered yet"  # `half` is not there
    ]


def test_checks_are_never_taken_from_the_submissions(fake, monkeypatch):
    put("anna.ipynb", notebook(RIGHT))
    put(f"exercises/source/{NAME}/hidden.py", "raise SystemExit('taken over')")
    monkeypatch.chdir("in")
    places = checks._folders(None, Path("."))
    assert places and all(place.is_relative_to(ROOT) for place in places)


def test_too_many_notebooks_of_one_student_are_one_row(fake):
    for number in range(51):
        put(f"anna/{number}.ipynb", "{}")
    put("bert.ipynb", notebook(RIGHT))
    assert [(s.student, s.problem) for s in find(Path("in"))] == [
        ("anna", "51 notebooks of one student, where 50 are allowed"),
        ("bert", ""),
    ]


def test_no_such_place():
    with pytest.raises(SubmissionsError, match="neither a folder nor"):
        find(Path("nowhere"))


def test_what_a_killed_run_left_is_taken_away_and_a_sandbox_leaves_nothing(here, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "in"))
    for name, hours in (("old", 25), ("new", 1)):
        left = put(f"vaelab-grading-{name}/work", "x").parent
        os.utime(left, (time.time() - 3600 * hours,) * 2)
    scratch._tidy.cache_clear()
    with scratch.folder() as folder:
        assert sorted(path.name for path in Path("in").iterdir()) == sorted(
            (folder.name, "vaelab-grading-new")
        )
    monkeypatch.setattr(sandbox.Submission, "revive", lambda self: None)
    with sandbox.opened([]):
        assert [path.name for path in Path("in").iterdir()] == ["vaelab-grading-new"]


def test_in_the_real_sandbox(here, monkeypatch):
    """From the command to the table: a right answer, and beside it one that gives up."""
    try:
        sandbox.require_isolation()
    except sandbox.IsolationError as error:
        pytest.skip(str(error))
    put("anna.ipynb", notebook(RIGHT))
    put("bert.ipynb", notebook("raise SystemExit"))
    put("cleo.ipynb", notebook("import os\ndef double(x):\n    os._exit(0)", 'q3 = "b"'))
    quick = replace(LIMITS, libraries=("numpy",))  # PyTorch takes seconds
    monkeypatch.setattr("vaelab.grading.marking.grade.LIMITS", quick)
    options = ["--hidden", "hidden", "--jobs", "2", "--cases", "cases.csv"]
    assert cli.main(["grade", "in", "--out", "scores.csv", *options]) == 0
    anna, bert, cleo = rows("scores.csv")
    assert (anna["status"], anna["q1"]) == ("ran", FULL)
    assert bert["score"] == "0" and bert["status"] != "ran"
    assert (cleo["status"], cleo["q1"], cleo["q3"]) == ("ended its process", "0", "1")
    said = [row["message"] for row in rows("cases.csv") if row["student"] == "cleo" and row["message"]]
    assert said[0] == "`double` gave no answer: the notebook's process ended, as it does after a crash."


@pytest.mark.parametrize("name", EXERCISES)
def test_every_exercise_in_the_real_sandbox(tmp_path, monkeypatch, name):
    """Within its limits, without a network: a solved notebook earns everything, an untouched one nothing."""
    try:
        sandbox.require_isolation()
    except sandbox.IsolationError as error:
        pytest.skip(str(error))
    monkeypatch.chdir(tmp_path)
    source = read_source(mutants.SOURCE / name / "exercise.md")
    for student, made in (("solved", solved(source)), ("untouched", for_learners(source))):
        put(f"{student}/{name}.ipynb", nbformat.writes(made))
    table = graded(hidden=mutants.SOURCE)
    found = {
        student: (row["status"], row["note"], float(row["score"])) for (student, _), row in table.items()
    }
    assert found == {"solved": ("ran", "", 10), "untouched": ("ran", "", 0)}


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_archives_that_unpack_all_at_once_are_not_unpacked(fake, monkeypatch, packing):
    put("good.ipynb", notebook(RIGHT))
    with zipfile.ZipFile(Path("in") / "eve.zip", "w", packing) as archive:
        archive.writestr("bomb.ipynb", notebook(RIGHT))
    monkeypatch.setattr(zipfile, "_get_decompressor", lambda *_: pytest.fail("unpacked"))
    found = {file: row["note"] for (_, file), row in graded().items()}
    assert found == {"good.ipynb": "", "eve.zip/bomb.ipynb": "packed in a way that is not known here"}


def packed(names: Iterable[str], content: bytes = b"") -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name in names:
            archive.writestr(name, content)
    return data.getvalue()


@pytest.mark.parametrize(
    ("work", "says"),
    [
        ({"a.zip": packed(f"{n}.txt" for n in range(51))}, "more than 50 files"),
        ({f"{n}.txt": b"" for n in range(51)}, "more than 50 files"),
        ({"a.zip": packed((f"{n}.zip" for n in range(25)), packed([]))}, "more than 20 archives"),
        ({f"{n}.ipynb": b" " * (900 << 10) for n in range(3)}, "more than 2 MB"),
        ({"a.zip": packed(f"{n:0200}" for n in range(40_000))}, "too many files: their list is over 8 MB"),
        ({"a.zip": packed(["/".join("a" * 30) + ".ipynb"])}, "folders in folders, too deep"),
    ],
    ids=["many in an archive", "many on the disk", "many archives", "much", "a long list", "deep"],
)
def test_one_who_hands_in_too_much_costs_nobody_else_anything(here, monkeypatch, work, says):
    monkeypatch.setattr(filetree, "_MOST", {"files": 50, "archives": 20, "MB": 2})
    opened, once = [], zipfile.ZipFile
    monkeypatch.setattr(zipfile, "ZipFile", lambda *args: opened.append(args) or once(*args))
    put("anna/04.ipynb", notebook(RIGHT))
    put("mallory/04.ipynb", notebook(RIGHT))
    for name, content in work.items():
        put(f"mallory/homework/{name}", content)
    found = find(Path("in"))
    assert [s.problem for s in found if s.student == "anna"] == [""]
    assert any(says in s.problem for s in found if s.student == "mallory") and len(opened) <= 21


def test_what_is_over_the_budget_costs_nothing_that_was_found_before(here):
    put("anna/z.ipynb", notebook(RIGHT))
    put("anna/data.zip", packed(f"{number}.png" for number in range(5_001)))
    assert [(s.file, s.problem) for s in find(Path("in"))] == [
        ("anna", "more than 5,000 files of one student: the rest is not looked at"),
        ("anna/z.ipynb", ""),
    ]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_rows_of_one_name_do_not_share_marks(fake):
    with zipfile.ZipFile(Path("in") / "anna.zip", "w") as archive:
        archive.writestr("a.ipynb", notebook(RIGHT, 'q3_because = "one"'))
        archive.writestr("a.ipynb", notebook(WRONG, 'q3_because = "two"'))
    put("bert/a\x01.ipynb", notebook(RIGHT))
    put("bert/a\x02.ipynb", notebook(RIGHT))
    assert [file for _, file in graded()] == [
        "anna.zip/a.ipynb", "(2) anna.zip/a.ipynb", "bert/a\ufffd.ipynb", "(2) bert/a\ufffd.ipynb"
    ]  # fmt: skip

    def mark(cells):
        row = next(row for row in cells if row[2] == "anna.zip/a.ipynb")
        row[cells[0].index("q3 marks")] = "2"

    retyped(mark)
    assert [row["marks"] for row in graded(html=Path("pages")).values()].count("2") == 1
    assert len(list(Path("pages").iterdir())) == 5


@pytest.mark.parametrize(
    "line",
    [
        "[" * 200_000,
        "[[], {}]",
        '["x", {"questions": []}]',
        '["x", []]',
        "[1, 2, 3]",
    ],
    ids=range(5),
)
def test_a_state_file_that_is_none_of_ours_is_passed_over(fake, line):
    put("anna.ipynb", notebook(RIGHT))
    Path("scores.csv.resume").write_text(line)
    (row,) = graded().values()
    assert row["score"] == FULL
    damaged = Path("scores.csv.resume").read_text().replace('"status": "ran"', '"status": 3')
    Path("scores.csv.resume").write_text(damaged)
    (row,) = graded().values()
    assert row["score"] == FULL and fake.runs == 2


def retyped(change, encoding: str = "utf-8-sig") -> None:
    """Change the table as somebody does in a spreadsheet: `change` gets its cells, line by line."""
    cells = list(csv.reader(io.StringIO(Path("scores.csv").read_text(encoding="utf-8-sig"), newline="")))
    change(cells)
    with open("scores.csv", "w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows(cells)


@pytest.mark.parametrize("typed", ["99", "-3", "2/2", "1 pt", "2.01", "nan", "inf"])
def test_a_mark_that_cannot_be_one_is_told_and_does_not_count(fake, capsys, typed):
    put("anna.ipynb", notebook(RIGHT))
    graded()

    def mark(cells):
        cells[1][cells[0].index("q3 marks")] = typed

    retyped(mark)
    for _ in range(2):  # until it is put right
        capsys.readouterr()
        (row,) = graded(html=Path("pages")).values()
        assert (row["q3 marks"], row["marks"], row["total"]) == (typed, "", FULL)
        said = f"'{typed}' in q3 marks does not count: a mark is a number from 0 to 2"
        assert said in row["note"]
        assert f"scores.csv, line 2 (anna): {said}" in capsys.readouterr().out
    (page,) = Path("pages").glob("anna-*.html")
    assert "of 2</strong>" not in page.read_text(encoding="utf-8")


def test_a_mark_for_a_question_without_a_written_answer_is_told_and_stays(fake):
    put("anna.ipynb", notebook(RIGHT))
    graded()
    retyped(lambda cells: [cells[0].append("q1 marks"), cells[1].append("2")])
    for _ in range(2):
        (row,) = graded().values()
        assert (row["q1 marks"], row["marks"]) == ("2", "")
        assert "'2' in q1 marks does not count: there is nothing to mark" in row["note"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "utf-16", "cp1252"])
def test_the_instructors_own_columns_stay(fake, encoding):
    put("anna.ipynb", notebook(RIGHT))
    put("bert.ipynb", notebook(WRONG))
    graded()

    def comment(cells):
        before = cells[0].index("score")
        for row, mine in zip(cells, ("late marks", "2 days", ""), strict=True):
            row.insert(before, mine)
        for row, mine in zip(cells, ("Kommentar", "sch\xf6n,\nweiter so", ""), strict=True):
            row.append(mine)
        for row, mine in zip(cells, (["", "to do"], ["spoken to", ""], ["", ""]), strict=True):
            row += mine

    retyped(comment, encoding)
    put("cleo.ipynb", notebook(RIGHT))
    once = None
    for _ in range(2):
        found = graded()
        anna, bert, cleo = (found[name, f"{name}.ipynb"] for name in ("anna", "bert", "cleo"))
        assert anna["late marks"] == "2 days" and anna["Kommentar"] == "sch\xf6n,\nweiter so"
        assert "spoken to" in anna.values() and anna["to do"] == ""
        assert (anna["marks"], anna["total"], bert["Kommentar"], cleo["late marks"]) == ("", FULL, "", "")
        assert once in (None, Path("scores.csv").read_bytes())
        once = Path("scores.csv").read_bytes()
    Path("in/anna.ipynb").unlink()  # with it her row goes: what was typed there is kept beside
    graded()
    assert "weiter so" in Path("scores.before.csv").read_text(encoding="utf-8-sig")
