"""Weights files: what is read is what was written, and what cannot be read says why."""

import inspect
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn

import vaelab
from vaelab import losses, priors, weights
from vaelab.errors import UnknownNameError, WeightsError


@pytest.fixture
def model():
    return vaelab.recipes.build("mayberay-digits-vae", image_shape=(1, 8, 8), hidden=5, latent_dim=3).eval()


def test_a_file_builds_its_own_model_again(model, tmp_path):
    path = weights.save(model, tmp_path / "new" / "m.safetensors", card={"seed": 3}, half=False)
    again = weights.load(path)
    z = torch.randn(4, 3)
    assert torch.equal(again.decode(z), model.decode(z))
    assert not again.training and again.image_shape == (1, 8, 8)
    assert json.loads((tmp_path / "new" / "m.json").read_text()) == {"seed": 3}


def test_half_precision_halves_the_file_and_hardly_moves_a_pixel(tmp_path):
    model = vaelab.recipes.build("gdl-celeba-vae", features=16).eval()
    whole = weights.save(model, tmp_path / "whole.safetensors", half=False)
    half = weights.save(model, tmp_path / "half.safetensors")
    assert half.stat().st_size < 0.55 * whole.stat().st_size
    difference = weights.load(half).sample(5, seed=0) - model.sample(5, seed=0)
    assert difference.abs().mean() < 1 / 255


class Own(nn.Module):
    """Somebody's own likelihood."""

    def forward(self, x, x_hat):
        return losses.mse(x, x_hat)


LIKELIHOODS = {
    "Bernoulli": losses.Bernoulli,
    "Gaussian": lambda: losses.Gaussian(0.07),
    "a learned Gaussian": lambda: losses.Gaussian(0.07, learned=True),
    "Laplace": lambda: losses.Laplace(0.3),
}


def small(name="mayberay-digits-vae"):
    return vaelab.recipes.build(name, size=16)


@pytest.mark.parametrize("half", [True, False])
@pytest.mark.parametrize("kind", LIKELIHOODS)
@pytest.mark.parametrize("recipe", ["mayberay-digits-vae", "small-portrait-vae", "portrait-vae"])
def test_a_likelihood_exchanged_after_building_comes_back(recipe, kind, half, tmp_path):
    """As chapter 7 does; the recipes come with a Bernoulli, a Gaussian, and one that learns its sigma."""
    model = small(recipe).eval()
    model.likelihood = LIKELIHOODS[kind]()
    again = weights.load(weights.save(model, tmp_path / "m.safetensors", half=half)).likelihood
    x, x_hat = torch.rand(2, 3, *model.image_shape)
    assert repr(again) == repr(model.likelihood)
    assert len(list(again.parameters())) == len(list(model.likelihood.parameters()))  # what learns, learns
    assert torch.equal(again(x, x_hat), model.likelihood(x, x_hat))


def test_all_that_a_model_is_given_comes_back(tmp_path):
    """Whatever argument the two classes have besides the networks that the recipe builds."""
    changed = {
        vaelab.VAE: {"likelihood": losses.Laplace(0.2), "beta": 30.0, "prior": priors.Mixture(2, 3)},
        vaelab.Autoencoder: {"reconstruction": losses.mae},
    }
    for kind, recipe in ((vaelab.VAE, "mayberay-digits-vae"), (vaelab.Autoencoder, "tds-face-ae")):
        known = {"encoder", "decoder", "latent_dim", "image_shape", *changed[kind]}
        assert set(inspect.signature(kind).parameters) == known
        model = small(recipe)
        for name, value in changed[kind].items():
            setattr(model, name, value)
        again = weights.load(weights.save(model, tmp_path / "m.safetensors"))
        for name, value in changed[kind].items():
            assert repr(getattr(again, name)) == repr(value)


PRIORS = {
    "normal": lambda: priors.Normal(2),
    "mixture": lambda: priors.Mixture(2, components=3),
    "flow": lambda: priors.FlowMatching(2, hidden=16, blocks=2, steps=7),
}


def with_prior(kind, model=None):
    model = (model or small()).eval()
    codes = torch.randn(200, 2, generator=torch.Generator().manual_seed(0)) * 3 + 1
    options = {"updates": 5} if kind == "flow" else {}
    model.prior = PRIORS[kind]().fit(codes, **options)
    return model


@pytest.mark.parametrize("half", [True, False])
@pytest.mark.parametrize("kind", PRIORS)
def test_a_fitted_prior_comes_back(kind, half, tmp_path):
    model = with_prior(kind)
    path = weights.save(model, tmp_path / "m.safetensors", half=half)
    again, z = weights.load(path), torch.randn(4, 2)
    assert type(again.prior) is type(model.prior) and repr(again.prior) == repr(model.prior)
    assert [p for p in again.prior.parameters() if p.requires_grad] == []
    close = pytest.approx(model.prior.log_prob(z).numpy(), abs=0.02 if half else 1e-9)
    assert again.prior.log_prob(z).numpy() == close
    assert again.sample(4, seed=0) == pytest.approx(model.sample(4, seed=0), abs=0.02 if half else 1e-6)
    assert {f"prior.{name}" for name in model.prior.state_dict()} < set(load_file(path))


def test_a_model_without_a_prior_of_its_own_is_described_as_before(tmp_path):
    """So that runs and files from before there were priors go on and load."""
    model = small()
    assert "prior" not in weights.description(model)
    assert weights.load(weights.save(model, tmp_path / "m.safetensors")).prior is None
    model.prior = priors.StandardNormal(2)
    again = weights.load(weights.save(model, tmp_path / "m.safetensors"))
    assert isinstance(again.prior, priors.StandardNormal)


def test_a_prior_of_ones_own_is_said(tmp_path):
    class Mine(priors.StandardNormal):
        pass

    model = small()
    model.prior = Mine(2)
    with pytest.raises(WeightsError, match=r"prior of this model, .*Mine, is none of vaelab\.priors"):
        weights.save(model, tmp_path / "m.safetensors")


def test_an_autoencoder_may_be_scored_by_a_likelihood(tmp_path):
    model = small("tds-face-ae")
    model.reconstruction = losses.Gaussian(0.3)
    again = weights.load(weights.save(model, tmp_path / "m.safetensors"))
    assert repr(again.reconstruction) == "Gaussian(sigma=0.3, learned=False)"


def test_a_trained_noise_level_comes_back_exactly_from_half_precision(tmp_path):
    model = small("small-portrait-vae")
    model.likelihood = losses.Gaussian(0.5, learned=True)
    with torch.no_grad():
        model.likelihood.log_sigma.fill_(-2.3456789)
    again = weights.load(weights.save(model, tmp_path / "m.safetensors"))
    assert again.likelihood.log_sigma.item() == model.likelihood.log_sigma.item()
    assert again.to_mu.weight.dtype == torch.float32


def test_numbers_that_half_precision_cannot_hold_stay_whole(tmp_path):
    model = small("small-portrait-vae")
    model.encoder[1].running_var.fill_(1e6)  # would become infinite, and every picture grey
    again = weights.load(weights.save(model, tmp_path / "m.safetensors"))
    assert torch.equal(again.encoder[1].running_var, torch.full((3,), 1e6))


def exchange_encoder(model):
    model.encoder = nn.Sequential(nn.Flatten(), nn.Linear(256, 16), nn.Tanh())  # the tensors would fit


EXCHANGED = {
    "likelihood of this model, Own": lambda model: setattr(model, "likelihood", Own()),
    "encoder of this model is not what": exchange_encoder,
    "decoder of this model is not what": lambda model: model.decoder.append(nn.Hardtanh(0, 1)),
    "to_mu of this model is not what": lambda model: setattr(model, "to_mu", nn.Linear(16, 2, bias=False)),
    "class of this model is not what": lambda model: setattr(
        model, "__class__", type("Mine", (vaelab.VAE,), {})
    ),
}


@pytest.mark.parametrize("message", EXCHANGED)
def test_what_cannot_come_back_is_said(message, tmp_path):
    """When it is saved, and, where a checkpoint had to be written all the same, when that is read."""
    model = small()
    EXCHANGED[message](model)
    with pytest.raises(WeightsError, match=message):
        weights.save(model, tmp_path / "m.safetensors")
    assert not list(tmp_path.iterdir())
    checkpoint = tmp_path / "model.safetensors"
    save_file(model.state_dict(), checkpoint, metadata=weights.description(model))
    with pytest.raises(WeightsError, match=f"cannot be loaded.*{message}"):
        weights.load(checkpoint)


def test_a_reconstruction_of_ones_own_is_said(tmp_path):
    model = small("tds-face-ae")
    model.reconstruction = lambda x, x_hat: losses.mse(x, x_hat)
    with pytest.raises(WeightsError, match=r"reconstruction of this model, .*lambda"):
        weights.save(model, tmp_path / "m.safetensors")


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ('["StudentT", {}]', r"no 'StudentT'.*another version"),
        ('["math", {}]', "no 'math'"),
        ('["Gaussian", {"sigma": -1}]', "greater than 0"),
        ('["Gaussian", {"colour": 1}]', "colour"),
        ("3.0", "cannot be understood"),
        ("{", "cannot be understood"),
    ],
)
def test_a_header_that_cannot_be_understood_is_said(model, said, message, tmp_path):
    """From another version of vaelab, or damaged."""
    header = weights.description(model) | {"likelihood": said}
    save_file(model.state_dict(), tmp_path / "m.safetensors", metadata=header)
    with pytest.raises(WeightsError, match=message):
        weights.load(tmp_path / "m.safetensors")


MLP = '{"name": "residual-mlp-vae", "changes": {%s}}'


@pytest.mark.parametrize(
    "header",
    [
        *(
            "[1]",
            "3",
            "null",
            "not json",
            "[" * 100_000,
            '{"name": 1}',
            '{"name": "portrait-vae", "changes": 3}',
        ),
        *(MLP % '"hidden": "x"', MLP % '"image_shape": [1, 2, 3, 4]', MLP % '"seed": [], "size": {}'),
        *(MLP % f'"hidden": {number}' for number in (10**12, 10**18, 10**30)),
        MLP % '"image_shape": [1, 1000000000, 1000000000]',
        MLP % '"blocks": 100',
    ],
)
def test_an_odd_recipe_is_said_and_a_giant_takes_no_memory(header, tmp_path):
    save_file({"a": torch.zeros(1)}, tmp_path / "m.safetensors", metadata={"recipe": header})
    with pytest.raises(WeightsError):
        weights.load(tmp_path / "m.safetensors")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"prior": '["FlowMatching", {"latent_dim": 3, "hidden": 10000000000}]'}, "another version"),
        ({"prior": '["FlowMatching", {"latent_dim": 3, "blocks": 50}]'}, "more than the .* parameters"),
        ({"prior": '["Velocity", {"latent_dim": 3, "hidden": 2, "blocks": 1}]'}, "no 'Velocity'"),
        ({"likelihood": '["mse", {}]'}, "cannot be understood"),
        ({"beta": '"much"'}, "beta must be a finite number"),
        ({"beta": "NaN"}, "beta must be a finite number"),
    ],
)
def test_odd_things_beside_the_recipe_are_said(model, given, message, tmp_path):
    header = weights.description(model) | given
    save_file(model.state_dict(), tmp_path / "m.safetensors", metadata=header)
    with pytest.raises(WeightsError, match=message):
        weights.load(tmp_path / "m.safetensors")


def test_a_file_is_looked_at_without_memory_before_its_model_is_made(model, tmp_path, monkeypatch):
    described, made = weights._described, []
    monkeypatch.setattr(weights, "_described", lambda header: made.append(described(header)) or made[-1])
    weights.load(weights.save(model, tmp_path / "m.safetensors"))
    assert [one.to_mu.weight.device.type for one in made] == ["meta", "cpu"]


def test_what_other_threads_build_while_a_file_is_looked_at_does_not_count():
    with ThreadPoolExecutor(1) as other, weights._OfAtMost(0):
        assert other.submit(vaelab.recipes.build, "mayberay-digits-vae").result().latent_dim == 2


def test_a_file_that_names_its_recipe_alone_loads_as_ever(tmp_path):
    """The first shipped ones, and those of earlier versions: the rest is the recipe's."""
    path = weights._SHIPPED / "small-portrait-vae.safetensors"
    with safe_open(path, framework="pt") as file:
        assert file.metadata().keys() == {"recipe"}
    model = weights.load(path)
    assert repr(model.likelihood) == f"Gaussian(sigma={model.likelihood.sigma:.4g}, learned=False)"
    assert model.beta == 1.0


def test_describing_changes_nothing(model):
    model.train()
    state, before = torch.get_rng_state(), repr(model)
    weights.description(model)
    assert torch.equal(torch.get_rng_state(), state) and repr(model) == before and model.training


def test_what_ships_is_small_and_carded():
    sizes = [path.stat().st_size for path in weights._SHIPPED.glob("*.safetensors")]
    assert max(sizes) < 5e6 and sum(sizes) < 14.5e6
    for name in weights.names():
        model, card = weights.pretrained(name), weights.card(name)
        assert {"data", "seed", "command", "hardware", "seconds", "metrics"} <= card.keys()
        assert card["name"] == model.recipe["name"] == name and card["command"].endswith(f" {name}")
        assert all(torch.isfinite(p).all() for p in model.parameters())


def test_errors_say_what_to_do(model, tmp_path):
    with pytest.raises(UnknownNameError, match="trained model called 'portrait-vea'"):
        vaelab.pretrained("portrait-vea")
    with pytest.raises(WeightsError, match="There is no weights file"):
        weights.load(tmp_path / "none.safetensors")
    (tmp_path / "page.safetensors").write_text("<html>quota exceeded</html>")
    with pytest.raises(WeightsError, match="not a weights file, or it is damaged"):
        weights.load(tmp_path / "page.safetensors")
    save_file({"a": torch.zeros(2)}, tmp_path / "other.safetensors")
    with pytest.raises(WeightsError, match="does not say which recipe"):
        weights.load(tmp_path / "other.safetensors")
    with pytest.raises(WeightsError, match=r"ends in \.safetensors"):
        weights.save(model, tmp_path / "model.pt")
    bare = vaelab.VAE(model.encoder, model.decoder, 3, (1, 8, 8))
    with pytest.raises(WeightsError, match="not built by recipes"):
        weights.save(bare, tmp_path / "m.safetensors")


def test_a_number_that_changed_on_the_way_is_noticed(model, tmp_path):
    path = weights.save(model, tmp_path / "model.safetensors")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="is damaged: its numbers are not those"):
        weights.load(path)


def test_weights_of_another_version_are_refused(model, tmp_path):
    path = tmp_path / "old.safetensors"
    recipe = {"name": "mayberay-digits-vae", "changes": {"latent_dim": 7}}
    save_file(model.state_dict(), path, metadata={"recipe": json.dumps(recipe)})
    with pytest.raises(WeightsError, match="another model or another version"):
        weights.load(path)
