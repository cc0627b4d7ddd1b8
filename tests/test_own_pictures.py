"""The first thing one does with one's own pictures: train, sample, evaluate, with no option but --data."""

import json
import math
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import vaelab
from vaelab import cli, commands, weights
from vaelab.recipes import RECIPES, build

SLOW = pytest.mark.slow
_OTHERS = RECIPES.keys() - {"gdl-celeba-vae"}  # with batch norm where there is one value a picture


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.setenv("VAELAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("VAELAB_DEVICE", "cpu")
    monkeypatch.chdir(tmp_path)


def take_pictures(count, sizes=(5, 40), folder="my-pictures"):
    """Pictures of mixed sizes, in ./my-pictures."""
    rng = np.random.default_rng(0)
    Path(folder).mkdir()
    for i in range(count):
        pixels = rng.integers(0, 256, (*rng.integers(*sizes, 2), 3), dtype=np.uint8)
        Image.fromarray(pixels).save(f"{folder}/{i:04}.png")


def train(*options, recipe="mayberay-digits-vae", data="./my-pictures", out="run"):
    """A run of one epoch, with a recipe that takes no time."""
    options = ["--recipe", recipe, "--epochs", "1", "--out", out, *options]
    return cli.main(["train", "--data", data, *options])


@pytest.fixture
def measured(capsys):
    def measure(model, *options):
        """What `vaelab evaluate` prints, which is JSON of numbers."""
        capsys.readouterr()
        assert cli.main(["evaluate", str(model), "--samples", "2", *options]) == 0
        found = json.loads(capsys.readouterr().out)
        assert all(math.isfinite(value) for value in found.values() if isinstance(value, (int, float)))
        return found

    return measure


@pytest.fixture
def refused(capsys):
    def refuse(*arguments):
        """The sentence with which a command says that it cannot. It names no option that there is not."""
        capsys.readouterr()
        assert cli.main([str(argument) for argument in arguments]) == 2
        [line] = capsys.readouterr().err.splitlines()
        options = cli._parser()._subparsers._group_actions[0].choices[arguments[0]]._option_string_actions
        for word in line.replace(".", " ").replace(")", " ").split():
            if word.startswith("--") and "`" not in line:
                assert word.rstrip(":,") in options, line
        return line

    return refuse


@pytest.mark.parametrize(
    "recipe", ["gdl-celeba-vae", *(pytest.param(r, marks=SLOW) for r in sorted(_OTHERS))]
)
@pytest.mark.parametrize("count", [3, *(pytest.param(n, marks=SLOW) for n in (2, 5, 17, 40, 129, 1_000))])
def test_any_number_of_own_pictures_goes_through_every_command(count, recipe, measured, refused, capsys):
    """1,000 are packed into a file, and of them 129 learned from: with batches of 128, one is left over."""
    take_pictures(count, (5, 300) if count < 100 else (5, 40))
    some = ["--n", "129"] if count == 1_000 else []
    assert train("--size", "32", *some, recipe=recipe) == 0
    assert "nan" not in capsys.readouterr().out
    split = "all" if count == 2 else "test"
    if count == 2:
        assert "none for split 'test': three different ones are needed" in refused("evaluate", "run")
    found = measured("run", "--split", split)
    assert found["data"] == str(Path("my-pictures").absolute()) and found["split"] == split
    assert 1 <= found["images"] <= max(2, count / 5 + 1)
    assert cli.main(["export", "run", "small.safetensors"]) == 0
    exported = measured("small.safetensors", "--split", split, "--data", "my-pictures")
    for name in ("data", "split", "images", "latent_dim"):
        assert exported[name] == found[name]
    error = found["mean_squared_error"]
    assert exported["mean_squared_error"] == pytest.approx(error, rel=0.02)  # of 16 bits
    if issubclass(RECIPES[recipe].make.__annotations__["return"], vaelab.VAE):
        assert (found.get("frechet") is None) == (found["images"] <= 64)
        assert cli.main(["sample", "run"]) == 0 and Path("samples.png").stat().st_size > 1_000
    else:
        assert "run is an autoencoder: it has no prior" in refused("sample", "run")
        assert found.keys() == {"data", "split", "images", "latent_dim", "mean_squared_error", "why_no_bound"}


@pytest.mark.parametrize("recipe", RECIPES)
def test_one_picture_is_too_few_and_so_are_its_copies(recipe, refused):
    take_pictures(1)
    for _ in range(2):
        line = refused("train", "--data", "my-pictures", "--recipe", recipe)
        assert "has too few pictures to train on: two different ones are needed" in line
        shutil.copy("my-pictures/0000.png", "my-pictures/copy.png")
    assert not Path("runs").exists()


def test_nothing_has_to_be_said_but_where_the_pictures_are(monkeypatch, capsys, measured):
    monkeypatch.setattr(commands, "_MOST_EPOCHS", 2)
    take_pictures(5)
    assert cli.main(["train", "--data", "./my-pictures"]) == 0
    shown = capsys.readouterr().out
    assert "3 to learn from, 1 to measure on. Epochs: 2. The run is kept in runs/my-pictures." in shown
    assert shown.splitlines()[-1].endswith("Look at it with: vaelab sample runs/my-pictures")
    assert cli.main(["sample", "runs/my-pictures"]) == 0
    assert measured("runs/my-pictures")["images"] == 1
    options = json.loads(Path("runs/my-pictures/run.json").read_text())
    assert options["recipe"] == "portrait-vae" and options["epochs"] == 2
    shutil.make_archive("cats.v1", "zip", "my-pictures")
    assert cli.main(["train", "--data", "cats.v1.zip"]) == 0 and Path("runs/cats.v1/run.json").exists()


def test_a_first_run_is_of_some_1500_steps_and_of_200_epochs_at_most():
    known = {32: 200, 1_000: 188, 10_000: 19, 162_770: 10}
    assert {images: commands._usual_epochs(images, 128) for images in known} == known
    assert commands._usual_epochs(10, 0) == 150  # a batch size that `fit` refuses, in its words


def test_as_many_are_measured_on_as_were_asked_for(measured, refused):
    take_pictures(40)
    assert train("--n", "3", "--validation", "1") == 0
    for n in (2, 1):
        assert measured("run", "--split", "train", "--n", str(n))["images"] == n
    line = refused("train", "--data", "my-pictures", "--n", "50")
    assert "n=50 pictures were asked for, but 'my-pictures' (train) has" in line
    assert "epochs must be a whole number" in refused("train", "--data", "my-pictures", "--epochs", "0")
    assert "--validation, how many" in refused("train", "--data", "my-pictures", "--validation", "0")


@pytest.mark.parametrize("prior", ["normal", "mixture"])
def test_a_prior_is_fitted_to_few_pictures_too(prior):
    take_pictures(3)
    assert train("--prior", prior, "--set", "latent_dim=40") == 0
    model = commands._find("run", "cpu")
    assert type(model.prior).__name__.lower().startswith(prior)
    assert cli.main(["sample", "run"]) == 0


def test_grey_and_coloured_pictures_fit_every_recipe_unless_a_shape_is_asked_for(capsys, refused):
    take_pictures(3)
    assert train() == 0
    assert "mayberay-digits-vae, for grey pictures, is built for colour pictures." in capsys.readouterr().out
    assert commands._find("run", "cpu").image_shape == (3, 28, 28)
    some = ("--n", "4", "--validation", "2")
    assert train("--size", "32", *some, data="digits", recipe="portrait-vae", out="digits") == 0
    assert commands._find("digits", "cpu").image_shape == (1, 32, 32)
    grey = ("--recipe", "mayberay-digits-vae", "--epochs", "1", "--set", "image_shape=(1, 28, 28)")
    assert "built for grey pictures" in refused("train", "--data", "my-pictures", *grey)
    wide = ("--set", "image_shape=(3, 32, 64)")
    assert "ask for their side with --size" in refused("train", "--data", "my-pictures", *wide)
    line = refused("evaluate", "dlwp-digits-vae", "--data", "my-pictures", "--split", "all")
    assert "dlwp-digits-vae is for grey pictures; those of" in line and "--data" in line


# ---- what a model was trained on ----


def test_what_a_shipped_model_was_trained_on_is_what_it_is_measured_on(measured):
    digits, faces = measured("dlwp-digits-vae", "--n", "4"), measured("tds-face-ae", "--n", "4")
    assert digits["data"] == "digits" and faces["data"] == "portraits"
    bound = vaelab.evaluation.evaluate(
        weights.pretrained("dlwp-digits-vae"), vaelab.load("digits", size=28, n=4, split="test")
    )
    assert digits["elbo"] == pytest.approx(bound["elbo"])
    assert cli.main(["export", "dlwp-digits-vae", "again.safetensors"]) == 0
    assert measured("again.safetensors", "--n", "4")["elbo"] == pytest.approx(bound["elbo"])


def test_where_it_is_not_known_what_a_model_was_trained_on_that_is_said(measured, refused):
    model = build("mayberay-digits-vae")
    weights.save(model, "mine.safetensors")
    weights.save(model, "odd.safetensors", card={"options": "none"})
    vaelab.fit(model, torch.rand(4, 1, 28, 28), epochs=1, checkpoints="notebook")
    for name in ("mine.safetensors", "odd.safetensors", "notebook"):
        assert f"What {name} was trained on is not written down" in refused("evaluate", name)
        assert measured(name, "--data", "digits", "--n", "4")["data"] == "digits"
    Path("odd.json").write_text("{")
    assert "odd.json, line 1" in refused("evaluate", "odd.safetensors")


def test_pictures_are_found_from_any_folder_and_where_they_were_moved_to(measured, refused, monkeypatch):
    take_pictures(5)
    assert train() == 0
    assert cli.main(["export", "run", "small.safetensors"]) == 0
    Path("elsewhere/my-pictures").mkdir(parents=True)
    monkeypatch.chdir("elsewhere")
    before = measured("../run")
    assert cli.main(["train", "--out", "../run", "--resume", "--epochs", "2"]) == 0
    assert cli.main(["train", "--out", "../run", "--resume", "--data", "../my-pictures"]) == 0
    line = refused("train", "--out", "../run", "--resume", "--data", "my-pictures")  # another of that name
    assert "was started with --data" in line
    os.rename("../my-pictures", "../moved")
    assert "which is not there. Say what to measure on: --data" in refused("evaluate", "../run")
    assert "say where it is now: --data" in refused("train", "--out", "../run", "--resume")
    assert cli.main(["train", "--out", "../run", "--resume", "--data", "../moved"]) == 0
    after = measured("../run/epoch-0001")
    assert after == before | {"data": str(Path("../moved").resolve())}


def test_exported_weights_do_not_tell_where_on_a_machine_the_pictures_are(refused, measured, tmp_path):
    take_pictures(3)
    Path("my-pictures").rename("digits")  # also the name of a set
    assert train(data="./digits") == 0
    for model, file in (("run", "once.safetensors"), ("once.safetensors", "again.safetensors")):
        assert cli.main(["export", model, file]) == 0
        told = Path(file).read_bytes() + Path(file).with_suffix(".json").read_bytes()
        assert str(tmp_path).encode() not in told and b'"./digits"' in told
        line = refused("evaluate", file)
        assert "was trained on own pictures, digits; its card does not tell where. Say what" in line
    assert measured(file, "--data", "./digits")["data"] == str(tmp_path / "digits")
    old = json.loads(Path("once.json").read_text())
    old["options"]["data"] = str(tmp_path / "digits")  # as cards were
    Path("once.json").write_text(json.dumps(old))
    assert measured("once.safetensors")["images"] == 1
    assert cli.main(["export", "once.safetensors", "again.safetensors"]) == 0
    assert str(tmp_path) not in Path("again.json").read_text()


def test_a_run_from_before_paths_were_kept_in_full_goes_on():
    take_pictures(5)
    assert train() == 0
    options = json.loads(Path("run/run.json").read_text())
    Path("run/run.json").write_text(json.dumps(options | {"data": "./my-pictures"}))
    assert cli.main(["train", "--out", "run", "--resume", "--data", "my-pictures"]) == 0
    assert json.loads(Path("run/run.json").read_text()) == options


def test_a_checkpoint_of_a_run_is_a_model_too(measured, refused, tmp_path):
    take_pictures(5)
    assert train() == 0 and cli.main(["train", "--out", "run", "--resume", "--epochs", "2"]) == 0
    first, second = (measured(f"run/epoch-000{number}") for number in (1, 2))
    assert first["elbo"] != second["elbo"] and first["data"] == second["data"]
    assert cli.main(["sample", "run/epoch-0001"]) == 0
    assert cli.main(["export", "run/epoch-0001", "first.safetensors"]) == 0
    told = measured("first.safetensors", "--data", "my-pictures")
    assert told["elbo"] == pytest.approx(first["elbo"], rel=0.01)
    assert json.loads(Path("first.json").read_text())["epochs"] == 1
    with Path("run/epoch-0001/model.safetensors").open("ab") as file:
        file.write(b"more")
    assert "epoch-0001 is damaged" in refused("sample", "run/epoch-0001")


# ---- autoencoders, seeds ----


def test_training_an_autoencoder_ends_with_what_can_be_done_with_it(capsys, refused):
    take_pictures(3)
    assert train("--size", "32", recipe="tds-face-ae", out="a run") == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.endswith('Measure it with: vaelab evaluate "a run"')
    line = refused("sample", "a run")
    assert 'What it can do is to rebuild pictures, and `vaelab evaluate "a run"` says how well' in line
    assert "tds-face-ae builds an autoencoder" in refused(
        "train", "--data", "my-pictures", "--recipe", "tds-face-ae", "--prior", "flow"
    )


@pytest.mark.parametrize("seed", ["12345678901234567890123", "-1"])
def test_any_whole_number_is_a_seed(seed, measured):
    take_pictures(3)
    assert train("--seed", seed, "--prior", "mixture") == 0
    assert measured("run", "--seed", seed)["images"] == 1
    assert cli.main(["sample", "run", "--seed", seed]) == 0


# ---- what was refused leaves nothing behind ----


@pytest.fixture
def unchanged(refused):
    def check(*arguments, run="run"):
        """The sentence of a command that was refused; the run is as it was, and goes on."""
        before = Path(run, "run.json").read_bytes()
        line = refused("train", "--out", run, "--resume", *arguments)
        assert Path(run, "run.json").read_bytes() == before
        assert cli.main(["train", "--out", run, "--resume"]) == 0
        return line

    return check


def test_a_resume_that_was_refused_leaves_the_run_as_it_was(unchanged, monkeypatch):
    take_pictures(5)
    take_pictures(5, sizes=(41, 50), folder="others")
    assert train("--schedule", "cosine") == 0
    assert "was started with epochs=1 (now 2)" in unchanged("--epochs", "2")
    assert "epochs must be a whole number" in unchanged("--epochs", "0")
    assert "is not on this machine" in unchanged("--device", "meta", "--prior", "normal")
    os.rename("my-pictures", "unplugged")
    options = Path("run/run.json").read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr("builtins.print", lambda *_, **__: None)
        assert cli.main(["train", "--out", "run", "--resume", "--data", "others"]) == 2
    assert Path("run/run.json").read_bytes() == options, "and not those of other pictures"
    os.rename("unplugged", "my-pictures")
    assert cli.main(["train", "--out", "run", "--resume"]) == 0


@pytest.mark.parametrize(
    "wrong",
    ["--epochs 0", "--batch-size 0", "--lr nan", "--kl-warm-up -1", "--schedule cos", "--device meta"],
)
def test_what_fit_would_refuse_is_said_before_pictures_are_read(wrong, refused, monkeypatch):
    take_pictures(3)
    monkeypatch.setattr(commands, "_pictures", None)  # which may take minutes
    refused("train", "--data", "my-pictures", "--epochs", "1", *wrong.split())
    assert not Path("runs").exists()


@pytest.mark.parametrize(("option", "own"), [("size", "--size"), ("seed", "--seed"), ("name", "--recipe")])
def test_what_is_no_option_of_a_recipe_has_one_of_its_own(option, own, refused):
    line = refused("train", "--data", "digits", "--set", f"{option}=16")
    assert f"--set {option}: that has an option of its own, {own}." in line


def test_exported_weights_take_no_file_for_their_card_that_is_none(refused):
    take_pictures(3)
    assert train() == 0
    options = Path("run/run.json").read_bytes()
    line = refused("export", "run", "run/run.safetensors")
    assert "run.json, where the card of run.safetensors goes, is another file" in line
    assert Path("run/run.json").read_bytes() == options and not Path("run/run.safetensors").exists()
    for _ in range(2):  # its own card is written anew
        assert cli.main(["export", "run", "run/small.safetensors"]) == 0


@pytest.mark.parametrize("content", ['{"tool": "another"}', "tool = 'another'"])
def test_a_run_file_of_another_program_stays(content, refused):
    take_pictures(3)
    Path("run").mkdir()
    Path("run/run.json").write_text(content)
    assert "run.json" in refused("train", "--data", "my-pictures", "--out", "run", "--epochs", "1")
    assert Path("run/run.json").read_text() == content


def test_what_is_to_be_put_back_into_a_run_file_is_understood_there(refused):
    take_pictures(3)
    assert train() == 0
    path = Path("run/run.json")
    options = json.loads(path.read_text())
    for name in options.keys() - {"prior"}:
        path.write_text(json.dumps({key: value for key, value in options.items() if key != name}))
        line = refused("train", "--out", "run", "--resume")
        told = json.loads("{" + line.split("for instance ")[1].split(", or start")[0] + "}")
        assert told.keys() == {name}
        path.write_text(json.dumps(options | told))
        assert commands._resumed(Path("run"), dict.fromkeys(options))[name] == told[name]


# ---- divergence ----


def test_a_run_that_diverges_in_its_last_step_is_not_done(refused, capsys):
    take_pictures(3)
    assert train("--lr", "1e30") == 2
    said = capsys.readouterr()
    assert "Done" not in said.out
    assert "Training stopped after epoch 1: on the validation pictures loss = nan" in said.err
    assert "run has no checkpoints" in refused("sample", "run")


def test_of_a_model_that_diverged_no_picture_and_no_number_is_given(refused):
    model = build("mayberay-digits-vae")
    vaelab.fit(model, torch.rand(4, 1, 28, 28), epochs=1, lr=1e30, checkpoints="run")  # nothing to measure on
    line = refused("evaluate", "run", "--data", "digits", "--n", "4", "--samples", "2")
    assert "run has no finite elbo" in line and "on these pictures: most likely its training diverged" in line
    with torch.no_grad():
        next(model.decoder.parameters()).fill_(math.nan)
    weights.save(model, "broken.safetensors")
    assert "draws pixels that are no numbers: its training diverged" in refused(
        "sample", "broken.safetensors"
    )
    assert not Path("samples.png").exists()


# ---- what is said ----


@pytest.mark.skipif(os.name == "nt", reason="a shell of Unix")
@pytest.mark.parametrize(
    "name", ["a run", "cats&dogs", "50$", "it's", "(new)", 'a "b"', "a;b", "ä*", "plain_1.2"]
)
def test_a_path_that_is_told_can_be_typed(name):
    told = subprocess.run(["sh", "-c", f"printf %s {commands._typed(name)}"], capture_output=True, text=True)
    assert told.stdout == name and (name != "plain_1.2" or commands._typed(name) == name)
