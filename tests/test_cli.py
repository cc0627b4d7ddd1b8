"""The command line: quick to start, plain about errors."""

import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image

import vaelab
from vaelab import cli, evaluation, latent, priors
from vaelab.training import Checkpoints, History
from vaelab.training.checkpoints import TrainingState


def test_help_and_import_do_not_load_torch():
    """PyTorch takes seconds to import; neither asking for help nor `import vaelab` should wait for it."""
    for statement in ("import vaelab", "from vaelab import cli; cli._parser().format_help()"):
        code = f"import sys; {statement}; sys.exit('torch' in sys.modules)"
        assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_every_public_name_is_there():
    for name in vaelab.__all__:
        assert getattr(vaelab, name) is not None


def test_recipes_lists_the_exact_sizes(capsys):
    assert cli.main(["recipes"]) == 0
    assert "2,648,531 parameters" in capsys.readouterr().out


def test_doctor_names_device_versions_and_data(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("VAELAB_DEVICE", "cpu")
    assert cli.main(["doctor"]) == 0
    shown = capsys.readouterr().out
    for word in ("Device: cpu", "torch ", "portraits", "fashion_mnist", "Free disk space"):
        assert word in shown


@pytest.mark.parametrize(("threads", "said"), [(1, "1 thread)"), (2, "2 threads)")])
def test_one_thread_is_one_thread(monkeypatch, threads, said):
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    assert said in vaelab.device_summary("cpu")


def test_every_option_says_what_it_does():
    [commands] = (action for action in cli._parser()._actions if action.dest == "command")
    silent = {
        f"{name} {action.dest}"
        for name, command in commands.choices.items()
        for action in command._actions
        if not action.help
    }
    assert silent == set()


def test_an_error_is_a_sentence_not_a_traceback(capsys, monkeypatch):
    monkeypatch.setenv("VAELAB_DEVICE", "tpu")
    assert cli.main(["doctor"]) == 2
    assert capsys.readouterr().err.startswith("vaelab: 'tpu' is not a device name")


@pytest.fixture
def trained(tmp_path, monkeypatch, capsys):
    """A folder with a run of two epochs: small digits, an 8-unit model."""
    monkeypatch.setenv("VAELAB_DEVICE", "cpu")
    options = "--data digits --recipe mayberay-digits-vae --set hidden=8 --n 200 --validation 50 --epochs 2"
    assert cli.main(["train", *options.split(), "--out", str(tmp_path / "run")]) == 0
    assert "epoch 2: loss" in capsys.readouterr().out
    return tmp_path / "run"


def test_a_run_is_trained_sampled_measured_and_exported(trained, tmp_path, capsys):
    sheet = str(tmp_path / "s.png")
    assert cli.main(["sample", str(trained), "--n", "9", "--seed", "1", "--out", sheet]) == 0
    with Image.open(sheet) as image:
        assert image.size == (92, 92)  # 3 x 28 pixels and 4 gaps of 2
    capsys.readouterr()
    assert cli.main(["evaluate", str(trained), "--n", "60", "--samples", "5"]) == 0
    found = json.loads(capsys.readouterr().out)
    unseen = vaelab.load("digits", size=28, n=60, split="test")
    best = vaelab.weights.load(Checkpoints(trained).best() / "model.safetensors")
    assert (found.pop("data"), found.pop("split")) == ("digits", "test")
    assert found == pytest.approx(evaluation.report(best, unseen, samples=5))
    assert cli.main(["export", str(trained), str(tmp_path / "small.safetensors")]) == 0
    card = json.loads((tmp_path / "small.json").read_text())
    assert card["options"]["data"] == "digits" and card["epochs"] == 2
    assert vaelab.weights.load(tmp_path / "small.safetensors").latent_dim == 2


@pytest.mark.parametrize("ending", ["JPG", "jpeg", "Png", "webp"])
def test_an_ending_is_read_whatever_its_case(ending, tmp_path):
    sheet = tmp_path / f"s.{ending}"
    assert cli.main(["sample", "dlwp-digits-vae", "--n", "4", "--out", str(sheet)]) == 0
    with Image.open(sheet) as image:
        assert image.format == {"jpg": "JPEG"}.get(ending.lower(), ending.upper())
    if ending == "JPG":
        for name in ("w.SafeTensors", "d.JS"):
            assert cli.main(["export", "dlwp-digits-vae", str(tmp_path / name)]) == 0
        assert cli.main(["sample", str(tmp_path / "w.SafeTensors"), "--n", "4", "--out", str(sheet)]) == 0


def test_a_run_goes_on_and_refuses_to_become_another(trained, capsys):
    resume = ["train", "--out", str(trained), "--resume"]
    assert cli.main([*resume, "--epochs", "3"]) == 0
    assert "epoch 3: loss" in capsys.readouterr().out
    assert cli.main([*resume, "--lr", "0.1"]) == 2
    assert "started with --lr 0.001, not 0.1" in capsys.readouterr().err
    again = ["--data", "digits", "--recipe", "mayberay-digits-vae", "--epochs", "1"]
    assert cli.main(["train", *again, "--out", str(trained)]) == 2
    assert "already holds checkpoints" in capsys.readouterr().err
    assert json.loads((trained / "run.json").read_text())["epochs"] == 3


def opened(folder) -> vaelab.VAE:
    from vaelab import commands

    return commands._find(str(folder), "cpu")


def test_a_prior_is_fitted_to_the_codes_of_the_run(trained, tmp_path, capsys):
    """To those of the checkpoint that `sample` opens, once; another one when that is another."""
    resume = ["train", "--out", str(trained), "--resume"]
    assert opened(trained).prior is None
    assert cli.main([*resume, "--prior", "normal"]) == 0
    assert "Fitted a prior, normal, to 800 codes of epoch-0002" in capsys.readouterr().out
    model = opened(trained)
    codes = latent.draw_codes(model, vaelab.load("digits", size=28, n=200), draws=4)
    expected = priors.Normal(2).fit(codes)
    assert torch.equal(model.prior.mean, expected.mean)
    assert torch.equal(model.prior.scale_tril, expected.scale_tril)

    assert cli.main(resume) == 0  # it is there
    assert "Fitted" not in capsys.readouterr().out
    assert cli.main([*resume, "--prior", "mixture"]) == 0
    assert "Fitted a prior, mixture" in capsys.readouterr().out
    assert cli.main([*resume, "--epochs", "3"]) == 0
    assert ("of epoch-0003" in capsys.readouterr().out) == (Checkpoints(trained).best().name == "epoch-0003")
    assert isinstance(opened(trained).prior, priors.Mixture)
    assert cli.main(["export", str(trained), str(tmp_path / "small.safetensors")]) == 0
    assert isinstance(vaelab.weights.load(tmp_path / "small.safetensors").prior, priors.Mixture)


def test_a_run_from_before_there_were_priors_goes_on(trained, capsys):
    options = json.loads((trained / "run.json").read_text())
    del options["prior"]
    (trained / "run.json").write_text(json.dumps(options))
    assert cli.main(["train", "--out", str(trained), "--resume"]) == 0
    assert opened(trained).prior is None


def test_an_interrupted_prior_is_fitted_by_the_next_resume(trained, capsys, monkeypatch):
    class Impatient(priors.Normal):
        interrupted = True

    resume = ["train", "--out", str(trained), "--resume", "--prior", "normal"]
    with monkeypatch.context() as patch:
        patch.setitem(priors.KINDS, "normal", Impatient)
        assert cli.main(resume) == 130
    assert f"Go on with: vaelab train --out {trained} --resume" in capsys.readouterr().out
    assert opened(trained).prior is None
    assert cli.main(resume[:-2]) == 0
    assert isinstance(opened(trained).prior, priors.Normal)


def test_samples_come_from_the_prior_and_with_the_noise_that_are_asked_for(trained, tmp_path, monkeypatch):
    asked = []

    def sample(self, n, seed, prior, noise):
        asked.append((prior, noise))
        return torch.zeros(n, *self.image_shape)

    monkeypatch.setattr(vaelab.VAE, "sample", sample)
    sheet = ["sample", str(trained), "--out", str(tmp_path / "s.png"), "--n", "2"]
    assert cli.main(sheet) == cli.main([*sheet, "--prior", "standard", "--noise"]) == 0
    assert asked[0] == (None, False)
    assert isinstance(asked[1][0], priors.StandardNormal) and asked[1][1] is True
    assert cli.main([*sheet, "--prior", "learned"]) == 2
    assert cli.main(["train", "--out", str(trained), "--resume", "--prior", "normal"]) == 0
    assert cli.main([*sheet, "--prior", "learned"]) == 0
    assert asked[2] == (None, False)


_NEW_RUN = ("--data", "digits", "--recipe", "mayberay-digits-vae", "--epochs", "1")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "--out", "DIR"], "A new run needs --data"),
        (["train"], "Name the run's folder with --out, or what to learn from with --data"),
        (["train", "--out", "DIR", "--resume"], "no run in"),
        (
            ["train", *_NEW_RUN, "--keep", "0", "--out", "DIR"],
            "keep, how many checkpoints stay, must be a whole number of at least 1, not 0",
        ),
        (
            ["train", *_NEW_RUN, "--recipe", "tds-face-ae", "--prior", "normal", "--out", "DIR"],
            "--prior is for a VAE; tds-face-ae builds an autoencoder",
        ),
        (["sample", "dlwp-digits-vae", "--prior", "learned"], "dlwp-digits-vae has no learned prior"),
        (["sample", "portrait-vea"], "trained model called 'portrait-vea'"),
        (["sample", "DIR"], "no checkpoints"),
    ],
)
def test_commands_say_what_they_lack(arguments, message, tmp_path, capsys):
    assert cli.main([str(tmp_path) if word == "DIR" else word for word in arguments]) == 2
    assert message in capsys.readouterr().err


def test_what_the_help_calls_a_file_or_folder_is_a_path(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    arguments = ["grade", "~/class", "--out", "~/scores.csv", "--html", "pages"]
    options = cli._parser().parse_args(arguments)
    assert options.folder == tmp_path / "class" and options.out == tmp_path / "scores.csv"
    assert options.html == Path("pages") and options.cases is None
    assert cli._parser().parse_args(["exercises", "build"]).root == Path()
    with pytest.raises(SystemExit, match="2"):
        cli.main([*arguments, "--cases", ""])
    assert "--cases: the name of a file or folder is missing" in capsys.readouterr().err


def test_unknown_command_exits_with_usage(capsys):
    with pytest.raises(SystemExit, match="2"):
        cli.main(["trian"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            "train --data digits --btach-size 3",
            "unrecognized arguments: --btach-size 3. Did you mean --batch-size?",
        ),
        ("train --btach-size=3", "Did you mean --batch-size?"),
        ("train --latent-dim 3", "--set latent_dim=32"),
        ("sample portrait-vae --outt x.png", "Did you mean --out?"),
        ("sample portrait-vae --frobnicate", "error: unrecognized arguments: --frobnicate\n"),
        ("sample portrait-vae dlwp-digits-vae", "error: unrecognized arguments: dlwp-digits-vae\n"),
    ],
)
def test_an_option_that_there_is_not_is_told_with_what_was_meant(arguments, words, capsys):
    with pytest.raises(SystemExit, match="2"):
        cli.main(arguments.split())
    said = capsys.readouterr().err
    assert words in said and said.startswith(f"usage: vaelab {arguments.split()[0]} ")


def test_the_defaults_of_fit_are_those_of_the_command(capsys):
    """They stand once, in `fit`: the command takes them from there, and its help shows them."""
    from vaelab import commands

    known = {name: p.default for name, p in inspect.signature(vaelab.fit).parameters.items()}
    shared = known.keys() & commands._TRAIN_DEFAULTS.keys() - {"validation", "augment"}
    assert shared == {"batch_size", "lr", "schedule", "kl_warm_up", "seed", "precision"}
    assert {name: commands._TRAIN_DEFAULTS[name] for name in shared} == {name: known[name] for name in shared}
    with pytest.raises(SystemExit):
        cli.main(["train", "--help"])
    shown = " ".join(capsys.readouterr().out.split())
    assert f"over all processes (default {known['batch_size']})" in shown
    assert f"step size (default {known['lr']})" in shown


def test_what_is_opened_is_the_best_checkpoint(tmp_path):
    from vaelab import commands

    model, store = torch.nn.Linear(1, 1), Checkpoints(tmp_path)
    optimizer, scores = torch.optim.SGD(model.parameters(), lr=1.0), [{"loss": 1.0}, {"loss": 2.0}]
    for epoch in (1, 2):
        state = TrainingState({}, History(validation=scores[:epoch]), epoch=epoch)
        store.save(model, optimizer, state)
    assert commands._checkpoint(tmp_path).name == "epoch-0001"


def test_a_run_of_fit_is_opened_by_the_command(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("VAELAB_DEVICE", "cpu")
    model = vaelab.recipes.build("mayberay-digits-vae", image_shape=(1, 8, 8), hidden=8)
    model.likelihood = vaelab.losses.Gaussian(0.3)
    vaelab.fit(model, torch.rand(20, 1, 8, 8), epochs=1, checkpoints=tmp_path)
    assert cli.main(["sample", str(tmp_path), "--out", str(tmp_path / "s.png")]) == 0
    assert cli.main(["export", str(tmp_path), str(tmp_path / "small.safetensors")]) == 0
