"""The first thing one does with one's own pictures: train, sample, evaluate, with no option but --data."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vaelab import cli, commands

pytestmark = pytest.mark.filterwarnings("ignore:.*Frechet distance is far too high")
SLOW = pytest.mark.slow


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.setenv("VAELAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


def take_pictures(count, sizes):
    """Pictures of mixed sizes in ./my-pictures."""
    rng = np.random.default_rng(0)
    Path("my-pictures").mkdir()
    for i in range(count):
        pixels = rng.integers(0, 256, (*rng.integers(*sizes, 2), 3), dtype=np.uint8)
        Image.fromarray(pixels).save(f"my-pictures/{i:04}.png")


@pytest.mark.parametrize("recipe", ["small-portrait-vae", "tds-face-vae"])
@pytest.mark.parametrize("count", [3, 5, *(pytest.param(n, marks=SLOW) for n in (17, 40, 129, 1_000))])
def test_any_number_of_own_pictures_trains_samples_and_evaluates(count, recipe, capsys, monkeypatch):
    take_pictures(count, (5, 300) if count < 100 else (5, 40))
    if count == 1_000:  # all are loaded; a few are learned from, to save time
        pictures = commands._pictures
        monkeypatch.setattr(commands, "_pictures", lambda *how: [part[:64] for part in pictures(*how)])
    train = ["train", "--data", "./my-pictures", "--recipe", recipe, "--epochs", "1", "--out", "run"]
    assert cli.main(train) == 0
    assert "nan" not in capsys.readouterr().out
    assert cli.main(["sample", "run"]) == 0 and Path("samples.png").stat().st_size > 1_000
    capsys.readouterr()
    draws = ["--samples", "2"] if count > 20 else []  # the default, 100, only takes longer
    assert cli.main(["evaluate", "run", "--data", "./my-pictures", *draws]) == 0
    found = json.loads(capsys.readouterr().out)
    assert 1 <= found["images"] <= count / 5 + 1
    for name, value in found.items():
        if value is None:
            assert name == "frechet" and found["images"] == 1
            assert found["why_no_frechet"] == "it takes at least 2 pictures"
        elif not isinstance(value, str):
            assert math.isfinite(value), name


def test_as_many_are_measured_on_as_were_asked_for(capsys):
    take_pictures(40, (5, 40))
    chosen = ["--recipe", "small-portrait-vae", "--epochs", "1", "--out", "run"]
    train = ["train", "--data", "my-pictures", *chosen]
    assert cli.main([*train, "--n", "3", "--validation", "1"]) == 0
    for n in ("2", "1"):
        capsys.readouterr()
        assert cli.main(["evaluate", "run", "--split", "train", "--n", n, "--samples", "2"]) == 0
        assert json.loads(capsys.readouterr().out)["images"] == int(n)
    assert cli.main([*train[:-1], "other", "--n", "50"]) == 2
    assert "n=50 pictures were asked for, but 'my-pictures' (train) has" in capsys.readouterr().err
