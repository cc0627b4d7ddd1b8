"""How the shipped weights are made: plans that fit what ships, and a run that ends with a prior."""

from dataclasses import replace

import pytest
import torch

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
    assert card["options"] == {"data": plan.data}
    assert card.get("prior") == plan.prior and card.get("pilots") == train_weights.pilots(plan)


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
