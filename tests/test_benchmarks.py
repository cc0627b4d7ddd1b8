"""The benchmarks count right: a wrong count would make every ratio wrong."""

import json
import math
from collections import Counter
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from torch import nn

import vaelab
from benchmarks import (
    answers,
    contest,
    data,
    engines,
    fashion,
    gpu,
    grading,
    lab,
    machine,
    mnist,
    tables,
    training,
)
from tools import mutants
from tools.mutants import Answer, Verdict
from vaelab import recipes
from vaelab.grading.exercise import Case
from vaelab.grading.outcome import Outcome, Status
from vaelab.grading.sheet import EXERCISES
from vaelab.models import Autoencoder


def linear_autoencoder():
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(12, 10, bias=False))
    decoder = nn.Sequential(nn.Linear(5, 12, bias=False), nn.Sigmoid(), nn.Unflatten(1, (3, 2, 2)))
    return Autoencoder(encoder, decoder, 5, (3, 2, 2))


def test_multiplications_are_counted():
    """2 operations a weight forward, 2 for its gradient, 2 for its input's (not in the first layer)."""
    assert training.gigaflops(linear_autoencoder()) * 1e9 == 2 * (2 * 120 + 3 * 50 + 3 * 60)


def test_bytes_moved_are_counted():
    with gpu._Traffic() as counter:
        torch.ones(100).view(10, 10) + 1  # ones writes 400 bytes, the view none, the sum reads and writes
    assert counter.bytes == 400 + 800


def test_a_training_s_peak_of_memory_is_not_that_of_the_probes(monkeypatch):
    begun = []
    for module, name in ((machine, "matrix_rate"), (gpu, "copy_rate"), (machine, "forget_peak_memory")):
        monkeypatch.setattr(module, name, lambda *given, name=name, **options: begun.append(name) or 1.0)
    fit = vaelab.fit
    monkeypatch.setattr(
        vaelab, "fit", lambda *given, **options: begun.append("fit") or fit(*given, **options)
    )
    gpu.table("tds-face-vae", "cpu", pictures=8, size=32, epochs=1, batch_size=8, distinct=8)
    assert begun == ["matrix_rate", "copy_rate", "forget_peak_memory", "fit"]


@pytest.mark.skipif(math.isnan(data._anonymous_mb()), reason="only Linux tells what memory is no file's")
def test_memory_is_counted_in_megabytes():
    before = data._anonymous_mb()
    taken = np.ones(100_000_000, np.uint8)
    assert data._anonymous_mb() - before == pytest.approx(len(taken) / 1e6, abs=2)


def test_ratio_is_taken_round_by_round():
    fast = contest.Timing(images=[10, 10, 10], seconds=[1.0, 2.0, 4.0])
    slow = contest.Timing(images=[10, 10, 10], seconds=[2.0, 4.0, 12.0])
    assert fast.times_as_fast_as(slow) == (2.0, 2.0, 3.0)
    assert fast.rate == 5.0


def test_peers_are_built_as_published():
    example = fashion.ExampleVAE()
    assert sum(p.numel() for p in example.parameters()) == 652_824  # 784-400-2x20-400-784 with biases
    x = torch.rand(3, 3, 32, 32)
    model = recipes.build("tds-face-vae", image_shape=(3, 32, 32)).eval()
    torch.manual_seed(0)
    published = training.source_loss("tds-face-vae", model, x)
    torch.manual_seed(0)
    constant = model.likelihood(x, x)[0]  # the Gaussian's normalisation, which the sources leave out
    assert published.item() == pytest.approx((model.loss(x)["loss"] - constant).item(), rel=1e-5)


def test_neighbours_are_others():
    codes = torch.tensor([[0.0, 0], [0, 1], [5, 0], [5, 2], [9, 9]])
    assert lab.named(codes, torch.tensor([0, 0, 1, 2, 2])) == pytest.approx(3 / 5)


def test_table_is_markdown():
    rows = [{"way": "fit", "images/s": 120}, {"way": "plain loop", "images/s": 40}]
    assert tables.markdown(rows).splitlines() == [
        "| way        | images/s |",
        "| ---------- | -------: |",
        "| fit        |      120 |",
        "| plain loop |       40 |",
    ]


def test_tossed_pixels_are_white_as_often_as_their_grey_says():
    greys = torch.tensor([0.0, 0.25, 0.8, 1.0]).repeat(20_000, 1)
    white = mnist.toss(greys, torch.Generator().manual_seed(0))
    assert set(white.unique().tolist()) == {0.0, 1.0}
    assert white.mean(0).tolist() == pytest.approx([0, 0.25, 0.8, 1], abs=0.01)


def test_each_use_tosses_training_images_anew_and_the_others_stay():
    train, again = (mnist.stand_in("train", "each") for _ in range(2))
    assert (train.images > 0).logical_and(train.images < 255).any()  # grey: `fit` tosses them
    assert not torch.equal(mnist.toss(train.float()), mnist.toss(again.float()))
    for split, binarise in (("test", "each"), ("train", "once")):
        fixed, again = (mnist.stand_in(split, binarise) for _ in range(2))
        assert torch.equal(fixed.images, again.images) and set(fixed.images.unique().tolist()) == {0, 255}


def test_answers_are_counted_by_what_became_of_them():
    def verdict(wrong, *outcomes, says="axis"):
        case = Case("q1", "shape", 1, None)
        found = [Outcome(case, status, message) for status, message in outcomes]
        return Verdict("q1", Answer("", "", says), wrong, found)

    passed, failed = (Status.PASSED, ""), (Status.FAILED, "Which axis?")
    row = answers.row(
        "sheet",
        [
            verdict(False, passed, passed),
            verdict(False, passed, failed),
            verdict(True, passed, passed),
            verdict(True, passed, failed),
            verdict(True, failed, (Status.FAILED, "Too slow to be graded: 12 seconds"), says="root"),
        ],
    )
    assert list(row.values()) == ["sheet", 2, 1, 3, 1, 1, 1]
    assert answers.total("all", [row, row])["accepted"] == "2 (33.3 %)"


def test_each_list_of_answers_has_its_rows_and_a_sum(monkeypatch):
    passed = [Outcome(Case("q1", "shape", 1, None), Status.PASSED)]
    monkeypatch.setattr(mutants, "solution", lambda name: {})
    monkeypatch.setattr(
        mutants,
        "verdicts",
        lambda name, names, which: [Verdict("q1", Answer("", ""), which == "blind", passed)],
    )
    rows = answers.table(["04-kl-divergence", "05-reparameterization"])
    assert [(r["answers"], r["right"], r["wrong"]) for r in rows] == [
        ("04-kl-divergence, answers.py", 1, 0),
        ("05-reparameterization, answers.py", 1, 0),
        ("all answers.py", 2, 0),
        ("04-kl-divergence, blind.py", 0, 1),
        ("05-reparameterization, blind.py", 0, 1),
        ("all blind.py", 0, 2),
    ]


TWO_BROWSERS = """
import pytest

@pytest.fixture(autouse=True, params=["Fox 1", "Kit 2", "not here"])
def browser(request, record_property):
    if request.param == "not here":
        pytest.skip("not installed")
    record_property("browser", request.param)
    return request.param

@pytest.mark.parametrize("page", range(3))
def test_a_page_is_without_error(browser, page):
    assert (browser, page) != ("Kit 2", 1)

def test_a_quiz():
    pass
"""


def test_what_held_is_counted_for_each_browser(tmp_path, monkeypatch):
    tests = tmp_path / "test_two_browsers.py"
    tests.write_text(TWO_BROWSERS)
    monkeypatch.setattr(engines, "TESTS", str(tests))
    monkeypatch.setattr(tables, "RESULTS", tmp_path)
    assert engines.main() == 1, "a page failed"
    rows = json.loads((tmp_path / "engines.json").read_text())["rows"]
    assert [[*row.values()][:5] for row in rows] == [["Fox 1", 3, 3, 1, 1], ["Kit 2", 3, 2, 1, 1]]


def test_the_pages_are_told_from_the_other_tests_by_a_name_that_is_there():
    assert f"def {engines.PAGES}" in (engines.ROOT / engines.TESTS).read_text(encoding="utf-8")


def test_a_class_has_each_exercise_in_each_kind(tmp_path, monkeypatch):
    made = Counter()
    for kind in ("_solved", "_empty", "_mutated"):

        def make(name, number, kind=kind):
            made[name, kind] += 1
            return nbformat.v4.new_notebook()

        monkeypatch.setattr(grading, kind, make)
    exercises = [path for path in mutants.SOURCE.glob("*/exercise.md") if path.parent.name in EXERCISES]
    grading.write_class(tmp_path, 3 * len(exercises))
    assert len(made) == 3 * len(exercises) and set(made.values()) == {1}


def test_the_appendix_says_how_much_faster_fit_was_and_what_bounds_it():
    root = Path(__file__).resolve().parent.parent
    told = " ".join((root / "book/appendix-gpu.md").read_text(encoding="utf-8").split())

    def measured(name, way, column):
        rows = json.loads((root / f"benchmarks/kept/training-{name}.json").read_text(encoding="utf-8"))[
            "rows"
        ]
        found = [float(row[column].split("x")[0]) for row in rows if row["way"] == way]
        return f"{min(found):.1f} to {max(found):.1f} times"

    assert f"with bf16 was {measured('bf16', 'plain loop', 'fit is')} as fast as a plain loop" in told
    assert f"it was {measured('avx2', 'plain loop', 'fit is')} as fast; nothing but" in told
    assert f"the convolutions would be {measured('avx2', 'plain loop', 'convolutions alone')} as fast" in told
    assert f"And it was {measured('avx2', 'pythae', 'fit is')} as fast there" in told
