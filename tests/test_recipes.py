"""Recipes: exact sizes of the published models, and what may be changed about them."""

import pytest
import torch
from torch import nn

import vaelab
from vaelab import nets, recipes
from vaelab.errors import ShapeError, UnknownNameError

PUBLISHED = {  # trainable parameters, counted from the layers each tutorial prints
    "tds-face-ae": 1_829_131,
    "tds-face-vae": 2_648_531,
    "dlwp-digits-vae": 550_629,
    "gdl-celeba-vae": 1_351_315,
    "mayberay-digits-vae": 26_004,
    "mayberay-faces-vae": 8_060_681,
}


@pytest.mark.parametrize(("name", "parameters"), PUBLISHED.items())
def test_published_parameter_counts(name, parameters):
    assert nets.count_parameters(recipes.build(name)) == parameters


def test_halves_of_the_face_autoencoder_and_the_digits_vae():
    ae, vae = recipes.build("tds-face-ae"), recipes.build("dlwp-digits-vae")
    assert nets.count_parameters(ae.decoder) == 916_483
    assert nets.count_parameters(ae) - 916_483 == 912_648
    assert nets.count_parameters(vae.decoder) == 56_385
    assert nets.count_parameters(vae) - 56_385 == 494_244


@pytest.mark.parametrize("name", recipes.RECIPES)
def test_every_recipe_maps_images_to_images_in_the_unit_range(name):
    model = recipes.build(name).eval()
    x = torch.rand(2, *recipes.RECIPES[name].image_shape)
    x_hat = model.reconstruct(x)
    assert x_hat.shape == x.shape
    assert x_hat.min() >= 0 and x_hat.max() <= 1
    assert torch.isfinite(model.loss(x)["loss"])


def test_portrait_decoder_is_what_a_page_can_run():
    """Linear, then nearest x2 + 3x3 convolutions with batch norm: nothing else may slip in."""
    allowed = (nn.Linear, nn.Unflatten, nn.Upsample, nn.Conv2d, nn.BatchNorm2d, nn.LeakyReLU, nn.Sigmoid)
    layers = [m for m in recipes.build("portrait-vae").decoder.modules() if not isinstance(m, nn.Sequential)]
    assert all(isinstance(layer, allowed) for layer in layers)
    assert nets.count_parameters(recipes.build("portrait-vae")) < 2_000_000  # 4 MB as fp16


def test_batch_norm_and_dropout_options_work():
    """One published version misspells its batch-norm layer, so the option crashes when switched on (E10)."""
    model = recipes.build("tds-face-vae", image_shape=(3, 32, 32), batch_norm=True, dropout=0.25)
    kinds = [type(m) for m in model.modules()]
    assert nn.BatchNorm2d in kinds and nn.Dropout in kinds
    assert torch.isfinite(model.loss(torch.rand(4, 3, 32, 32))["loss"])


def test_same_seed_same_weights_and_global_random_state_untouched():
    state = torch.get_rng_state()
    a, b, c = (recipes.build("mayberay-digits-vae", seed=s) for s in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(a.to_mu.weight, b.to_mu.weight)
    assert not torch.equal(a.to_mu.weight, c.to_mu.weight)


def test_unknown_names_suggest_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean 'tds-face-vae'"):
        recipes.build("tds-faces-vae")
    with pytest.raises(UnknownNameError, match="Did you mean 'latent_dim'"):
        recipes.build("tds-face-vae", latent_dims=3)


def test_wrong_images_are_named():
    model = vaelab.recipes.build("mayberay-digits-vae")
    with pytest.raises(ShapeError, match=r"built for grey pictures.*image_shape=\(3, 28, 28\)"):
        model.encode(torch.rand(2, 3, 28, 28))
    with pytest.raises(ShapeError, match="size=28"):
        model.encode(torch.rand(2, 1, 32, 32))
    with pytest.raises(ShapeError, match=r"x\[None\]"):
        model.encode(torch.rand(1, 28, 28))
    with pytest.raises(ShapeError, match="multiples of 16"):
        recipes.build("tds-face-vae", image_shape=(3, 100, 100))
    with pytest.raises(ShapeError, match=r"\(B, 2\)"):
        model.decode(torch.zeros(3, 5))


def test_pixels_outside_the_unit_range_are_refused():
    model = vaelab.recipes.build("mayberay-digits-vae")
    for bad in (
        torch.full((2, 1, 28, 28), 255.0),
        torch.full((2, 1, 28, 28), -0.5),
        torch.full((2, 1, 28, 28), torch.nan),
    ):
        with pytest.raises(vaelab.errors.PixelRangeError, match=r"\[0, 1\]"):
            model.loss(bad)
    model.eval()
    with pytest.raises(vaelab.errors.PixelRangeError):
        model.encode(torch.full((2, 1, 28, 28), 1.5))
