"""`vaelab progress`: what is reached, a broken file kept, and a certificate for everything and no less."""

import json
import re
from datetime import date
from pathlib import Path

import pytest

from vaelab import cli
from vaelab.grading import progress_file, standing
from vaelab.grading.check_report import QuestionReport
from vaelab.grading.compare import expect
from vaelab.grading.exercise import Exercise
from vaelab.grading.outcome import run
from vaelab.grading.sheet import EXERCISES
from vaelab.grading.space import local


def small(name: str) -> Exercise:
    """An exercise of two questions, 2 and 1.5 points, and hidden ones that do not count here."""
    exercise = Exercise(name, f"Exercise {int(name[:2])}: {name[3:]}")
    for key, points in (("q1", 2), ("q2", 1.5)):
        question = exercise.question(key, "A question", chapter=name, section="", hint="", hidden_points=1)
        question.case(points)(lambda s, key=key: expect(getattr(s, key), "not yet"))
    return exercise


@pytest.fixture
def here(tmp_path, monkeypatch):
    """In an empty folder, with a small exercise for each chapter."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(standing, "exercise", small)
    return tmp_path


def answer(name: str, folder: Path = Path("."), **answers) -> None:
    exercise = small(name)
    reports = [QuestionReport(q, run(q.cases, local(answers))) for q in exercise.questions.values()]
    progress_file.record(folder, exercise, reports)


def answer_all(folder: Path = Path(".")) -> None:
    for name in EXERCISES:
        answer(name, folder, q1=True, q2=True)


def shown(capsys, *arguments: str) -> str:
    assert cli.main(["progress", *arguments]) == 0
    return capsys.readouterr().out


def test_points_dates_and_sum(here, capsys):
    answer("04-kl-divergence", q1=True)
    answer("04-kl-divergence", q1=False, q2=True)  # the best of each question counts
    answer("08-faces", q2=True)
    lines = shown(capsys).split("\n")
    today = date.today().isoformat()
    assert [line.split()[-4:] for line in lines if today in line] == [
        ["3.5", "of", "3.5", today],
        ["1.5", "of", "3.5", today],
    ]
    whole = 3.5 * len(EXERCISES)
    assert ["All", "5", "of", f"{whole:g}"] in [line.split() for line in lines]


def test_looks_into_exercises_first(here, capsys):
    (here / "exercises").mkdir()
    answer("08-faces", here / "exercises", q1=True)
    assert "2 of 3.5" in shown(capsys)
    assert "2 of 3.5" not in shown(capsys, str(here))
    assert cli.main(["progress", "nowhere"]) == 2 and "There is no folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    "broken",
    ["{", "[]", '{"08-faces": 3}', '{"08-faces": {"q1": {"points": "9"}}}', "[" * 100_000],
)
def test_a_broken_file_is_said_and_set_aside_not_lost(here, capsys, broken):
    file = here / "progress.json"
    file.write_text(broken)
    assert cli.main(["progress"]) == 2
    assert "progress.json" in capsys.readouterr().err and file.read_text() == broken
    answer("08-faces")  # nothing better: nothing is touched
    assert file.read_text() == broken
    answer("08-faces", q1=True)
    assert (here / "progress.json.broken").read_text() == broken
    assert json.loads(file.read_text())["08-faces"]["q1"]["points"] == 2
    file.write_text("again")
    answer("08-faces", q1=True)
    assert (here / "progress.json.broken").read_text() == broken
    assert (here / "progress.json.broken2").read_text() == "again"


def test_no_certificate_before_the_last_point(here, capsys):
    answer_all()
    kept = json.loads(Path("progress.json").read_text())
    kept["08-faces"]["q2"] = {"points": 1, "possible": 1.5}
    Path("progress.json").write_text(json.dumps(kept))
    order = ["progress", "--certificate", "c.html"]
    assert cli.main([*order, "--name", "Anna"]) == 2
    assert "Exercise 8: faces: 0.5 more of 3.5" in capsys.readouterr().err
    answer_all()
    assert cli.main(order) == 2 and "--name" in capsys.readouterr().err
    assert not Path("c.html").exists()


def test_certificate_needs_nothing_but_itself(here, capsys):
    answer_all()
    said = shown(capsys, "--certificate", "c.html", "--name", " Anna <script>Ek ")
    page = Path("c.html").read_text(encoding="utf-8")
    assert "Certificate: c.html" in said and "Anna &lt;script&gt;Ek" in page
    assert not re.search(r"<script|src=|href=|url\(|@import", page)
    assert page.count(">3.5</td>") == len(EXERCISES)
    assert f"all {3.5 * len(EXERCISES):g} points" in page
    assert "own computer" in page
