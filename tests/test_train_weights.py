"""How the shipped weights are made: plans that fit what ships, and a run that ends with a prior."""

from dataclasses import replace

import pytest

from tools import train_weights
from vaelab import weights
from vaelab.priors import FlowMatching


def test_each_model_that_ships_has_its_plan():
    assert set(train_weights.PLANS) == set(weights.names())


@pytest.mark.parametrize("name", train_weights.PLANS)
def test_cards_tell_of_the_plans_as_they_are(name):
    plan, card = train_weights.PLANS[name], weights.card(name)
    assert card["name"] == name and card["epochs"] == plan.epochs and card["seed"] == plan.seed
    assert card["data"].startswith(f"{plan.n} drawn {plan.data}, {plan.size}x{plan.size};")
    assert {key: card[key] for key in card if key == "pilots"} == train_weights.pilots(plan)


def test_a_run_with_checkpoints_goes_on_and_ends_with_a_prior(tmp_path, monkeypatch):
    monkeypatch.setattr(train_weights, "RUNS", tmp_path)
    shrunk = {"size": 16, "changes": {"image_shape": (3, 16, 16), "latent_dim": 3}, "n": 40, "epochs": 1}
    shrunk["prior"] = {"hidden": 8, "updates": 2}
    plan = replace(train_weights.PLANS["portrait-vae"], **shrunk)
    model, history = train_weights.train("portrait-vae", plan)
    assert len(history.train) == 1 and list((tmp_path / "portrait-vae").iterdir())
    assert isinstance(model.prior, FlowMatching) and model.prior.hidden == 8
    more, history = train_weights.train("portrait-vae", replace(plan, epochs=2))
    assert len(history.train) == 2 and isinstance(more.prior, FlowMatching)
    assert set(train_weights.noise_levels(more, plan)) == {"sigma in training"}
