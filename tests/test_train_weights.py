"""How the shipped weights are made: plans that fit what ships, and a run that ends with a prior."""

import sys
from dataclasses import replace

import pytest
import torch

from benchmarks import faces
from tools import train_weights
from vaelab import learning, weights
from vaelab.latent_diffusion import LatentDiffusion
from vaelab.priors import FlowMatching
from vaelab.training import History


def test_each_model_that_ships_has_its_plan():
    assert set(train_weights.PLANS) == set(weights.names())


@pytest.mark.parametrize("name", sorted(train_weights.PLANS))
def test_cards_tell_of_the_plans_as_they_are(name):
    plan, card = train_weights.PLANS[name], weights.card(name)
    assert card["name"] == name and card["epochs"] == plan.epochs and card["seed"] == plan.seed
    assert card["data"].startswith(f"{plan.n} drawn {plan.data}, {plan.size}x{plan.size};")
    assert card["options"] == {"data": plan.data}
    assert card.get("prior") == (plan.prior or plan.diffusion)
    assert card.get("pilots") == train_weights.pilots(plan)


def test_a_finished_run_is_read_from_its_checkpoints_and_its_prior_fitted_alike(tmp_path, monkeypatch):
    monkeypatch.setattr(train_weights, "RUNS", tmp_path)
    shrunk = {"size": 32, "changes": {"image_shape": (3, 32, 32), "latent_dim": 3}, "n": 40, "epochs": 1}
    shrunk["prior"] = {"hidden": 8, "updates": 2}
    plan = replace(train_weights.PLANS["portrait-vae"], **shrunk)
    model, history = train_weights.train("portrait-vae", plan)
    assert len(history.train) == 1 and list((tmp_path / "portrait-vae").iterdir())
    assert isinstance(model.prior, FlowMatching) and model.prior.hidden == 8
    again, history = train_weights.train("portrait-vae", plan)  # nothing is left to train
    assert len(history.train) == 1
    for (name, first), second in zip(model.state_dict().items(), again.state_dict().values(), strict=True):
        assert torch.equal(first, second), name
    assert set(train_weights.noise_levels(again, plan)) == {"sigma in training"}


def test_a_latent_diffusion_that_was_interrupted_goes_on_with_the_same_command(tmp_path, monkeypatch):
    monkeypatch.setattr(train_weights, "RUNS", tmp_path)
    monkeypatch.setattr(learning, "_KEPT_EVERY", -1)
    options = {"network": "convolutional", "width": 8, "blocks": 1, "updates": 5, "batch_size": 8}
    plan = replace(
        train_weights.PLANS["grid-vae"],
        size=32,
        changes={"image_shape": (3, 32, 32)},
        n=40,
        epochs=1,
        diffusion=options,
    )
    whole, _ = train_weights.train("grid-vae", plan)
    assert isinstance(whole.prior, LatentDiffusion) and "Smiling" in whole.prior.attributes
    (kept := tmp_path / "grid-vae-prior.safetensors").unlink()
    follow, calls = learning._follow, []

    def interrupting(*arguments):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        follow(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(learning, "_follow", interrupting)
        with pytest.raises(SystemExit) as ended:
            train_weights.make("grid-vae", tmp_path / "out", plan)
    assert ended.value.code == 130
    assert kept.exists() and not (tmp_path / "out").exists()
    again, history = train_weights.train("grid-vae", plan)
    assert len(history.train) == 1
    assert torch.equal(again.sample(2, seed=0), whole.sample(2, seed=0))
    monkeypatch.setattr(train_weights, "metrics", lambda model, plan: {"squared error": 0.5})
    train_weights.make("grid-vae", tmp_path / "out", plan)
    shipped = weights.load(tmp_path / "out" / "grid-vae.safetensors")
    assert shipped.prior.sample(2, seed=0, wanted={"Smiling": True}).shape == (2, 64)


def test_after_ctrl_c_no_other_model_is_trained(tmp_path, monkeypatch):
    begun = []

    def interrupted(model, images, **options):
        begun.append(options["epochs"])
        return History(interrupted=True)

    few = {name: replace(plan, n=8, size=32, changes={"image_shape": (3, 32, 32)}, checkpoints=False)
           for name, plan in train_weights.PLANS.items() if name.endswith("portrait-vae")}  # fmt: skip
    monkeypatch.setattr(train_weights, "PLANS", few)
    monkeypatch.setattr(train_weights.vaelab, "fit", interrupted)
    monkeypatch.setattr(sys, "argv", ["train_weights", "all", "--out", str(tmp_path)])
    for command in (train_weights.main, lambda: faces.trained_for("portrait-vae", 60)):
        with pytest.raises(SystemExit) as ended:
            command()
        assert ended.value.code == 130
    assert begun == [8, 1] and not list(tmp_path.iterdir())  # epochs of the first model, and of the trial
