"""`vaelab capstone`: every layout found, marks stay, and nothing that is handed in stops the rest."""

import csv
import io
import re
import zipfile
from pathlib import Path

import pytest

from vaelab import cli
from vaelab.grading.capstone import command
from vaelab.grading.capstone.capstone_score import CapstoneScore, Part
from vaelab.grading.capstone.card import Card, Run
from vaelab.grading.capstone.drawn import Shown
from vaelab.grading.capstone.handed_in import contents, find, only
from vaelab.grading.capstone.rules import CARD, POINTS, WEIGHTS, NotAcceptedError
from vaelab.grading.capstone.standard import Standard
from vaelab.grading.marking.submissions import Submission, SubmissionsError

HIDDEN = str(Path(__file__).resolve().parent.parent / "exercises" / "source" / "capstone" / "hidden.json")
PNG = "iVBORw0KGgo="
FULL = {WEIGHTS: b"weights", CARD: b"card"}


class Measured:
    """Stands in for the measuring: reads the file of weights as a word. Counts."""

    def __init__(self):
        self.seen = []

    def __call__(self, files, standard) -> CapstoneScore:
        word = files[WEIGHTS].decode()
        self.seen.append(word)
        scale = standard.scales["bound"]
        if word == "stop":
            raise KeyboardInterrupt
        if word == "bomb":
            raise AssertionError("a bug of ours")
        value = scale.end + 1 if word == "star" else scale.weak + 1
        bound = Part("bound", 1.7, "", value, scale)
        others = [Part(key, 1.0, "Complete.") for key in POINTS if key != "bound"]
        card = Card("Ada", "<b>tried</b>", "=cmd|' /C calc'!A0", runs=(Run(10, 2, 1.0),))
        shown = Shown([PNG], [(PNG, 0.004)], [float(len(word)) ** 2, 1.0])
        return CapstoneScore((bound, *others), "", ("Near one of ours.",), card, 1_000, shown=shown)


@pytest.fixture
def measured(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    found = Measured()
    monkeypatch.setattr(command, "score", found)
    return found


def put(where: str, files: dict[str, bytes] = FULL) -> None:
    """A folder, or a zip if its name says so."""
    path = Path("in") / where
    if path.suffix == ".zip":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(zipped(files))
        return
    path.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (path / name).write_bytes(data)


def zipped(files: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def inside(folder: str) -> dict[str, bytes]:
    return {f"{folder}/{name}": data for name, data in FULL.items()}


def grade(*more: str, folder: str = "in") -> int:
    return cli.main(["capstone", folder, "--hidden", HIDDEN, "--out", "scores.csv", *more])


def table() -> dict[str, dict[str, str]]:
    text = Path("scores.csv").read_text(encoding="utf-8-sig")
    return {row["student"]: row for row in csv.DictReader(io.StringIO(text, newline=""))}


@pytest.mark.parametrize(
    ("where", "files", "student"),
    [
        ("anna", FULL, "anna"),
        ("anna/capstone-submission", FULL, "anna"),
        ("anna.zip", FULL, "anna"),
        ("anna.zip", inside("capstone-submission"), "anna"),
        ("anna.zip", inside("work"), "anna"),
        ("class.zip", {"anna.zip": zipped(inside("capstone-submission"))}, "anna"),
        ("Anna Ek_12_assignsubmission_file_", FULL, "Anna Ek"),
        ("moodle.zip", {"Anna Ek_12_assignsubmission_file_/mine.zip": zipped(FULL)}, "Anna Ek"),
        ("ekanna_12_34_capstone-submission.zip", inside("capstone-submission"), "ekanna"),
        (".", {f"ekanna_12_34_{WEIGHTS}": b"w", "ekanna_12_35_card-1.toml": b"c"}, "ekanna"),
        (".", FULL, "in"),
    ],
)
def test_every_layout(measured, where, files, student):
    put(where, files)
    ((submission, found),) = find(Path("in")).items()
    assert (submission.student, submission.problem, sorted(found)) == (student, "", [CARD, WEIGHTS])


def test_a_class_with_broken_submissions_gets_a_row_each(measured, capsys):
    put("anna")
    put("bert", {WEIGHTS: b"bomb", CARD: b""})
    put("cleo", {CARD: b""})
    put("dora", {"essay.pdf": b"words"})
    put("emil.zip", inside("capstone-submission"))
    (Path("in") / "fritz.zip").write_bytes(b"PK no zip")
    put("gina", FULL)
    put("gina/run/epoch-1", {WEIGHTS: b"a checkpoint"})
    put("hans", {CARD: b""})
    (Path("in") / "hans" / WEIGHTS).symlink_to("/etc/passwd")
    assert grade("--html", "pages") == 0
    rows = table()
    assert {name: row["status"] for name, row in rows.items()} == {
        "anna": "accepted",
        "bert": "not graded",
        "cleo": "not accepted",
        "dora": "not accepted",
        "emil": "accepted",
        "fritz": "not accepted",
        "gina": "accepted",
        "hans": "not accepted",
    }
    assert (rows["anna"]["score"], rows["anna"]["bound"], rows["anna"]["of"]) == ("4.7", "1.7", "10")
    assert "a bug of ours" in rows["bert"]["note"] and "essay.pdf" in rows["dora"]["note"]
    assert rows["anna"]["failures written"].startswith("'=cmd"), "no formula"
    assert rows["anna"]["failures marks"] == "" and rows["anna"]["note"].startswith("Near one of ours.")
    assert measured.seen.count("a checkpoint") == 0
    pages = {path.name.split("-")[0]: path.read_text() for path in Path("pages").iterdir()}
    assert len(pages) == 9 and pages["index.html"].count("<a href") == 8
    assert "&lt;b&gt;tried" in pages["anna"] and "1.70 of 3" in pages["anna"]
    assert "Near one" not in pages["anna"] and "Near one" in pages["index.html"]
    assert "4.7 of 10  anna  accepted" in capsys.readouterr().out


def test_marks_survive_and_nothing_is_measured_twice(measured):
    put("anna")
    assert grade() == 0
    text = Path("scores.csv").read_text(encoding="utf-8-sig").rstrip("\r\n")
    Path("scores.csv").write_text(text + "2.5\n")
    assert grade("--html", "pages") == 0
    row = table()["anna"]
    assert (row["marks"], row["total"], row["failures marks"]) == ("2.5", "7.2", "2.5")
    assert "2.5 of 3" in next(Path("pages").glob("anna*")).read_text()
    assert measured.seen == ["weights"]
    put("anna", {WEIGHTS: b"better"})
    assert grade() == 0
    assert measured.seen == ["weights", "better"] and table()["anna"]["marks"] == "2.5"


def test_ctrl_c_keeps_what_is_done_and_leaves_the_table_alone(measured, capsys):
    put("anna")
    put("bert", {WEIGHTS: b"stop", CARD: b""})
    assert grade() == 130
    assert "goes on from there" in capsys.readouterr().out and not Path("scores.csv").exists()
    put("bert")
    assert grade() == 0
    assert measured.seen.count("weights") == 1, "bert's is the same as anna's, which was kept"


def test_a_learner_sees_the_report(measured, monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(
        command,
        "check_folder",
        lambda path, measure: asked.append(measure) or measured(FULL, Standard.read()),
    )
    put("anna")
    assert cli.main(["capstone", "in/anna"]) == 0
    assert "Bound on log p(x): 1.70 of 3 points." in capsys.readouterr().out
    assert cli.main(["capstone", "in/anna", "--rules-only"]) == 0
    assert cli.main(["capstone", "in/anna", "--html", "pages"]) == 0
    assert asked == [True, False, True]
    assert Path("pages/report.html").read_text(encoding="utf-8").count(f"base64,{PNG}") == 2


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["nowhere"], "There is no nowhere"),
        (["in", "--out", "x.csv"], "--hidden FILE"),
        (["in", "--hidden", HIDDEN], "--out capstone.csv"),
        (["in", "--hidden", HIDDEN, "--out", "x.csv", "--rules-only"], "--rules-only"),
        (["in", "--hidden", "nothing.json", "--out", "x.csv"], "no baselines"),
        (["in", "--hidden", HIDDEN, "--out", "x.csv"], "no model.safetensors"),
        (["in", "--hidden", HIDDEN, "--out", "notes.txt"], "Give --out another name"),
    ],
)
def test_what_cannot_be_done_is_said(measured, capsys, options, says):
    if "notes.txt" in options:
        put("anna")
        Path("notes.txt").write_text("not a table")
    assert cli.main(["capstone", *options]) == 2
    assert says in capsys.readouterr().err


TWO = {**inside("first"), **inside("second")}


@pytest.mark.parametrize(
    ("files", "says"),
    [
        (TWO, "2 models with a card"),
        ({**FULL, "again.zip": zipped(FULL)}, "2 models with a card"),
        ({f"a/{WEIGHTS}": b"", f"b/{WEIGHTS}": b""}, "card.toml is missing"),
        ({**FULL, "Card.toml.txt": b""}, "card.toml is there 2 times"),
        ({"notes.txt": b""}, "notes.txt"),
        ({**FULL, CARD: b" " * 2**17}, "64 KiB"),
        ({**FULL, f"run/epoch-1/{WEIGHTS}": b"a checkpoint"}, ""),
    ],
)
def test_learners_and_instructors_find_the_same_model_by_one_rule(measured, files, says):
    put("anna/mine.zip", files)
    for name, data in files.items():
        (Path("mine") / name).parent.mkdir(parents=True, exist_ok=True)
        (Path("mine") / name).write_bytes(data)
    for place in (Path("in/anna/mine.zip"), Path("mine")):
        if says:
            with pytest.raises(NotAcceptedError, match=re.escape(says)):
                contents(only(place))
        else:
            assert contents(only(place)) == FULL
    assert grade() == 0
    row = table()["anna"]
    assert (row["status"], says in row["note"]) == ("not accepted" if says else "accepted", True)


def test_a_class_is_compared_on_one_page_and_equal_pictures_are_remarked_for_both(measured):
    put("anna")
    put("bert", {WEIGHTS: b"weighty", CARD: b"another"})  # the stand-in draws by the length of this word
    put("cleo", {WEIGHTS: b"far from these words", CARD: b""})
    put("dora", {WEIGHTS: b"star", CARD: b""})
    for _ in range(2):  # the second time from what was kept
        assert grade("--html", "pages") == 0
        rows = table()
        assert "like those of bert" in rows["anna"]["note"] and "like those of anna" in rows["bert"]["note"]
        assert "like those" not in rows["cleo"]["note"] + rows["dora"]["note"]
        assert {name: row["stars"] for name, row in rows.items()} == dict.fromkeys(rows, "0") | {"dora": "1"}
    index = Path("pages/index.html").read_text(encoding="utf-8")
    assert index.count(f"base64,{PNG}") == 4, "everybody's samples"
    assert "like those of bert" in index and "★" in index and "14,609 nats" in index
    anna = next(Path("pages").glob("anna*")).read_text(encoding="utf-8")
    assert anna.count(f"base64,{PNG}") == 2, "a sample and a worst face"
    assert "bert" not in anna and "★" not in anna
    assert "★" in next(Path("pages").glob("dora*")).read_text(encoding="utf-8")
    assert "img-src data:" in anna, "pictures are shown, and none is fetched"


@pytest.mark.parametrize("points", [0.0, 0.1])
def test_the_blurred_faces_of_untrained_models_are_nobodys(measured, points):
    bound = Part("bound", points, "", 1.0, Standard.read().scales["bound"])
    card = Card("Ada", "", "", runs=(Run(10, 2, 1.0),))
    found = CapstoneScore((bound,), card=card, parameters=1, shown=Shown(sketch=[1.0]))
    results = {Submission(name, "x"): command._plain(found) for name in ("anna", "bert")}
    told = command._with_remarks(results).values()
    assert ["like those of" in result.note for result in told] == [points > 0] * 2


def test_no_such_place():
    with pytest.raises(SubmissionsError, match="neither a folder nor"):
        find(Path("nowhere"))
