"""Recipes: exact sizes of the published models, and what may be changed about them."""

import math
import re
from pathlib import Path
from typing import get_args, get_overloads, get_type_hints

import pytest
import torch
from torch import nn

import vaelab
from vaelab import nets, recipes, weights
from vaelab.errors import ShapeError, UnknownNameError

PARAMETERS = {  # trainable ones, counted from the layers each tutorial prints
    "tds-face-ae": 1_829_131,
    "tds-face-vae": 2_648_531,
    "dlwp-digits-vae": 550_629,
    "gdl-celeba-vae": 1_351_315,
    "mayberay-digits-vae": 26_004,
    "mayberay-faces-vae": 8_060_681,
    "small-portrait-vae": sum(
        (
            6,  # norm of the picture
            9 * (3 * 32 + 32 * 64 + 64 * 96 + 96 * 128) + 3 * (32 + 64 + 96 + 128),  # convolutions and norms
            2 * (2_048 * 64 + 64),  # to_mu, to_log_var
            64 * 2_048 + 2_048,
            9 * (128 * 96 + 96 * 64 + 64 * 32) + 2 * (96 + 64 + 32),  # without a bias before a norm
            9 * 32 * 3 + 3,
        )
    ),
    "portrait-vae": sum(
        (
            6,
            9 * (12 * 32 + 32 * 64 + 64 * 128 + 128 * 192) + 3 * (32 + 64 + 128 + 192),
            2 * (3_072 * 128 + 128),
            128 * 2_560 + 2_560 + 2 * 160,
            9 * (160 * 128 + 128 * 80 + 80 * 56) + 2 * (128 + 80 + 56),
            2 * (9 * 56 * 56 + 3 * 56),  # the residual block
            9 * 56 * 12 + 12,
            1,  # sigma
        )
    ),
    "grid-vae": sum(
        (
            6,
            9 * (12 * 32 + 32 * 64 + 64 * 96) + 3 * (32 + 64 + 96),
            2 * (9 * 96 * 96 + 3 * 96),  # the encoder's residual block
            2 * (96 * 4 + 4),  # to_mu, to_log_var: the same at all places
            9 * 4 * 128 + 3 * 128,
            2 * (9 * 128 * 128 + 3 * 128) + 2 * (9 * 48 * 48 + 3 * 48),  # residual blocks
            9 * (128 * 80 + 80 * 48) + 2 * (80 + 48),
            9 * 48 * 12 + 12,
            1,
        )
    ),
}


@pytest.mark.parametrize(("name", "parameters"), PARAMETERS.items())
def test_parameter_counts(name, parameters):
    assert nets.count_parameters(recipes.build(name)) == parameters


def told(network: nn.Module) -> str:
    """The layers of a network in words, in their order: "conv 32 /2" is 32 channels, stride 2."""
    modules = network.named_modules(remove_duplicate=False)  # an activation may stand in several places
    return ", ".join(told_layer(m) for _, m in modules if not list(m.children()))


def told_layer(layer: nn.Module) -> str:
    match layer:
        case nets.UpConv2d():
            return f"up {layer.out_channels}"
        case nn.Conv2d() | nn.ConvTranspose2d():
            kind = "deconv" if layer.transposed else "conv"
            assert layer.kernel_size == (3, 3)
            return f"{kind} {layer.out_channels} /{layer.stride[0]}"
        case nn.Linear():
            return f"linear {layer.out_features}"
        case nn.LeakyReLU():
            return f"leaky {layer.negative_slope}"
        case nn.BatchNorm1d() | nn.BatchNorm2d():
            return "norm"
        case _:
            return type(layer).__name__.lower()


def blocks(kind: str, *widths: int, after: str) -> str:
    return ", ".join(f"{kind} {width} /2, {after}" for width in widths)


ALIKE = {"after": "norm, leaky 0.2"}
LAYERS = {  # of encoder and decoder, as each tutorial prints them; at 32x32 pixels, or 28x28 for digits
    "tds-face-ae": (
        blocks("conv", 32, 64, 64, 64, after="leaky 0.3") + ", flatten",
        "linear 256, unflatten, "
        + blocks("deconv", 64, 64, 32, after="leaky 0.3")
        + ", deconv 3 /2, sigmoid",
    ),
    "dlwp-digits-vae": (
        "conv 32 /1, relu, conv 64 /2, relu, conv 64 /1, relu, conv 64 /1, relu, flatten, linear 32, relu",
        "linear 12544, relu, unflatten, deconv 32 /2, relu, conv 1 /1, sigmoid",
    ),
    "gdl-celeba-vae": (
        blocks("conv", 128, 128, 128, 128, after="norm, leaky 0.3") + ", flatten",
        "linear 512, norm, leaky 0.3, unflatten, "
        + blocks("deconv", 128, 128, 128, 128, after="norm, leaky 0.3")
        + ", deconv 3 /1, sigmoid",
    ),
    "mayberay-digits-vae": ("flatten, linear 16, relu", "linear 16, relu, linear 784, sigmoid, unflatten"),
    "mayberay-faces-vae": (
        blocks("conv", 32, 64, 128, 256, 512, **ALIKE) + ", flatten, linear 512",
        "linear 512, linear 512, unflatten, " + blocks("deconv", 256, 128, 64, 32, 3, **ALIKE) + ", sigmoid",
    ),
    "residual-mlp-vae": (
        "flatten, linear 384, silu, linear 384, silu, linear 384, silu",
        "linear 384, silu, linear 384, silu, linear 384, silu, linear 784, sigmoid, unflatten",
    ),
    "small-portrait-vae": (
        "opponentcolours, norm, " + blocks("conv", 32, 64, 96, 128, after="norm, leaky 0.3") + ", flatten",
        "linear 512, unflatten, "
        + "".join(f"up {width}, norm, leaky 0.3, " for width in (96, 64, 32))
        + "up 3, sigmoid",
    ),
    "portrait-vae": (
        "opponentcolours, norm, pixelunshuffle, conv 32 /1, norm, silu, "
        + blocks("conv", 64, 128, 192, after="norm, silu")
        + ", flatten",
        "linear 640, unflatten, norm, silu, "
        + "".join(f"up {width}, norm, silu, " for width in (128, 80, 56))
        + "conv 56 /1, norm, silu, conv 56 /1, norm, silu, conv 12 /1, pixelshuffle, sigmoid",
    ),
}
_TWICE = "conv {0} /1, norm, silu, conv {0} /1, norm, silu"  # a residual block
LAYERS["grid-vae"] = (
    "opponentcolours, norm, pixelunshuffle, conv 32 /1, norm, silu, "
    + blocks("conv", 64, 96, after="norm, silu")
    + f", {_TWICE.format(96)}, flatten",
    f"unflatten, conv 128 /1, norm, silu, {_TWICE.format(128)}, up 80, norm, silu, up 48, norm, silu, "
    f"{_TWICE.format(48)}, conv 12 /1, pixelshuffle, sigmoid",
)
LAYERS["tds-face-vae"] = LAYERS["tds-face-ae"]


@pytest.mark.parametrize("name", recipes.RECIPES)
def test_layer_for_layer(name):
    model = recipes.build(name, size=28 if recipes.RECIPES[name].image_shape[0] == 1 else 32)
    assert (told(model.encoder), told(model.decoder)) == LAYERS[name]


def test_noise_levels_of_the_published_losses():
    """factor * MSE is sigma^2 = pixels / (2 factor); a sum of squared errors is sigma^2 = 1/2."""
    sigmas = {"mayberay-faces-vae": math.sqrt(0.5), "small-portrait-vae": 0.2, "portrait-vae": 0.2}
    sigmas["grid-vae"] = 0.2
    sigmas["tds-face-vae"] = math.sqrt(3 * 128 * 128 / 20_000)
    sigmas["gdl-celeba-vae"] = math.sqrt(3 * 32 * 32 / 4_000)
    for name in recipes.RECIPES.keys() - {"tds-face-ae"}:
        likelihood = recipes.build(name).likelihood
        if name in sigmas:
            assert likelihood.sigma.item() == pytest.approx(sigmas[name], rel=1e-6)
            assert likelihood.learned == (name in ("portrait-vae", "grid-vae"))
        else:
            assert repr(likelihood) == "Bernoulli()"


def test_codes_pictures_and_weights_of_the_kl_as_published():
    latent = {name: recipes.build(name).latent_dim for name in recipes.RECIPES}
    assert latent == {
        "tds-face-ae": 200,
        "tds-face-vae": 200,
        "dlwp-digits-vae": 2,
        "gdl-celeba-vae": 200,
        "mayberay-digits-vae": 2,
        "mayberay-faces-vae": 128,
        "residual-mlp-vae": 20,
        "small-portrait-vae": 64,
        "portrait-vae": 128,
        "grid-vae": 256,
    }
    assert recipes.build("grid-vae").grid_shape == (4, 8, 8)
    assert recipes.build("mayberay-faces-vae").image_shape == (3, 96, 96)
    assert all(recipes.build(name).beta == 1 for name in recipes.RECIPES.keys() - {"tds-face-ae"})
    for name in ("dlwp-digits-vae", "mayberay-digits-vae"):
        assert recipes.build(name, beta=7.0).beta == 7.0


def test_the_first_weights_of_chollets_network_are_drawn_as_keras_does():
    """Uniform within sqrt(6 / (inputs + outputs)), a convolution's counted nine times; biases 0."""
    model = recipes.build("dlwp-digits-vae")
    layers = [m for m in model.modules() if isinstance(m, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d))]
    assert len(layers) == 10
    for layer in layers:
        limit = math.sqrt(6 / (sum(layer.weight.shape[:2]) * layer.weight[0, 0].numel()))
        assert torch.count_nonzero(layer.bias) == 0
        assert layer.weight.abs().max() <= limit
        if layer.weight.numel() > 1_000:
            assert layer.weight.abs().max() > 0.98 * limit
            assert layer.weight.std().item() == pytest.approx(limit / math.sqrt(3), rel=0.05)
    ours = recipes.build("mayberay-digits-vae")
    assert torch.count_nonzero(ours.to_mu.bias) > 0  # PyTorch's way


def test_a_size_says_what_load_says():
    assert recipes.build("small-portrait-vae", size=32).image_shape == (3, 32, 32)
    assert recipes.build("mayberay-digits-vae", size=32).image_shape == (1, 32, 32)
    assert recipes.build("small-portrait-vae", size=32).recipe["changes"] == {"image_shape": (3, 32, 32)}
    with pytest.raises(ValueError, match="size or image_shape, not both"):
        recipes.build("small-portrait-vae", size=32, image_shape=(3, 32, 32))
    with pytest.raises(UnknownNameError, match="Did you mean 'size'"):
        recipes.build("small-portrait-vae", sizes=32)
    with pytest.raises(UnknownNameError, match=r"image_shape.*size"):
        recipes.build("small-portrait-vae", pixels=32)


def test_types_know_every_name():
    """`build` and `pretrained` promise a VAE, or an Autoencoder, by name: the lists must hold all names."""
    cases = (
        (recipes.build, recipes.build, recipes.RECIPES),
        (weights.pretrained, vaelab.pretrained, weights.names()),
    )
    for function, make, names in cases:
        promised = {}
        for hints in map(get_type_hints, get_overloads(function)):
            promised |= dict.fromkeys(get_args(hints["name"]), hints["return"])
        assert promised.keys() == set(names)
        assert all(type(make(name)) is kind for name, kind in promised.items())


def test_readmes_lines_are_those_that_the_type_checker_reads():
    here = Path(__file__).parent
    block = re.search(
        r"```python\n(.*?)```", (here.parent / "README.md").read_text(encoding="utf-8"), re.DOTALL
    )
    checked = [line.strip() for line in (here / "readme_types.py").read_text(encoding="utf-8").splitlines()]
    assert all(line in checked for line in block[1].splitlines())


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


@pytest.mark.parametrize("name", ["small-portrait-vae", "portrait-vae", "grid-vae"])
def test_portrait_decoders_are_small_enough_for_a_page(name):
    """What layers a page can run, the page decoder's own tests say."""
    assert nets.count_parameters(recipes.build(name).decoder) < 800_000  # 1.6 MB as fp16


def test_batch_norms_of_the_portrait_model_average_over_many_small_batches():
    small, ours, grids = (
        {m.momentum for m in recipes.build(name).modules() if isinstance(m, nn.BatchNorm2d)}
        for name in ("small-portrait-vae", "portrait-vae", "grid-vae")
    )
    assert small == {0.1} and ours == grids == {0.02}


def test_batch_norm_and_dropout_options_work():
    """One published version misspells its batch-norm layer, so the option crashes when switched on (E10)."""
    model = recipes.build("tds-face-vae", image_shape=(3, 32, 32), batch_norm=True, dropout=0.25)
    assert told(model.encoder).startswith("conv 32 /2, norm, leaky 0.3, dropout, conv 64")
    assert told(model.decoder).endswith("deconv 32 /2, norm, leaky 0.3, dropout, deconv 3 /2, sigmoid")
    assert {m.p for m in model.modules() if isinstance(m, nn.Dropout)} == {0.25}
    assert torch.isfinite(model.loss(torch.rand(4, 3, 32, 32))["loss"])


def test_same_seed_same_weights_and_global_random_state_untouched():
    state = torch.get_rng_state()
    a, b, c = (recipes.build("mayberay-digits-vae", seed=s) for s in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(a.to_mu.weight, b.to_mu.weight)
    assert not torch.equal(a.to_mu.weight, c.to_mu.weight)
    assert torch.equal(recipes.build("mayberay-digits-vae").to_mu.weight, build_seeded(0).to_mu.weight)


def build_seeded(seed):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return recipes.mayberay_digits_vae()


@pytest.mark.gpu
def test_building_leaves_the_gpus_random_state_alone():
    torch.zeros(1, device="cuda")
    state = torch.cuda.get_rng_state()
    recipes.build("mayberay-digits-vae", seed=7)
    assert torch.equal(torch.cuda.get_rng_state(), state)


def test_unknown_names_suggest_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean 'tds-face-vae'"):
        recipes.build("tds-faces-vae")
    with pytest.raises(UnknownNameError, match="Did you mean 'latent_dim'"):
        recipes.build("tds-face-vae", latent_dims=3)


def test_wrong_images_are_named():
    model = vaelab.recipes.build("mayberay-digits-vae")
    with pytest.raises(ShapeError, match=r"built for grey pictures.*image_shape=\(3, 28, 28\)"):
        model.encode(torch.rand(2, 3, 28, 28))
    with pytest.raises(ShapeError, match=r"size=28, or build the model with another size\.$"):
        model.encode(torch.rand(2, 1, 32, 32))
    with pytest.raises(ShapeError, match=r"built for colour pictures.*image_shape=\(1, 64, 64\)"):
        recipes.build("small-portrait-vae").encode(torch.rand(2, 1, 64, 64))
    with pytest.raises(ShapeError, match=r"x\[None\]"):
        model.encode(torch.rand(1, 28, 28))
    with pytest.raises(ShapeError, match="multiples of 16"):
        recipes.build("tds-face-vae", image_shape=(3, 100, 100))
    with pytest.raises(ShapeError, match="multiples of 4"):  # the other side
        nets.shape_after((1, 8, 6), (4, 4))
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
    for mode in (model.train, model.eval):
        mode()
        with pytest.raises(vaelab.errors.PixelRangeError):
            model.encode(torch.full((2, 1, 28, 28), 1.5))
