"""Named models: the ones of five well-known tutorials, layer for layer, and our own.

`build("tds-face-vae")` gives the source's model with its exact number of parameters;
`build("tds-face-vae", latent_dim=32)` the same with one thing changed.
"""

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, TypeVar, overload

import torch
from torch import nn

from vaelab import losses, nets
from vaelab.data.arguments import (
    check_image_shape,
    check_size,
    real_number,
    seed_number,
    share,
    switch,
    whole_number,
)
from vaelab.errors import UnknownNameError
from vaelab.models import VAE, Autoencoder, GridVAE
from vaelab.nets import ImageShape


@dataclass(frozen=True)
class Recipe:
    """A named model and where it comes from."""

    name: str
    source: str
    make: Callable[..., Autoencoder | VAE]

    @property
    def options(self) -> dict[str, Any]:
        """What `build` lets you change, with the source's own values."""
        return {name: p.default for name, p in inspect.signature(self.make).parameters.items()}

    @property
    def image_shape(self) -> ImageShape:
        return self.options["image_shape"]


RECIPES: dict[str, Recipe] = {}
_VAES = Literal[
    "tds-face-vae",
    "dlwp-digits-vae",
    "gdl-celeba-vae",
    "mayberay-digits-vae",
    "mayberay-faces-vae",
    "residual-mlp-vae",
    "small-portrait-vae",
    "portrait-vae",
]


@overload
def build(name: _VAES, *, seed: int = 0, size: int | None = None, **changes: Any) -> VAE: ...
@overload
def build(
    name: Literal["grid-vae"], *, seed: int = 0, size: int | None = None, **changes: Any
) -> GridVAE: ...
@overload
def build(
    name: Literal["tds-face-ae"], *, seed: int = 0, size: int | None = None, **changes: Any
) -> Autoencoder: ...
@overload
def build(name: str, *, seed: int = 0, size: int | None = None, **changes: Any) -> Autoencoder | VAE: ...
def build(name: str, *, seed: int = 0, size: int | None = None, **changes: Any) -> Autoencoder | VAE:
    """Build a model by its recipe's name.

    Args:
        name: one of `RECIPES`.
        seed: of the initial weights; PyTorch's own random state is left as it was.
        size: height and width of the pictures, as in `load(size=...)`; None takes the recipe's. For pictures
            with other channels, or that are not square, give `image_shape`, (C, H, W), instead.
        **changes: options of the recipe to change, see `RECIPES[name].options`.

    Raises:
        UnknownNameError: no such recipe, or no such option of it; the nearest names are suggested.
        ValueError: both a size and an `image_shape`.
        DataError: a size, seed or option that is no number, or none that can be.
        ShapeError: pictures that do not fit the recipe's layers.

    >>> build("portrait-vae", size=32).image_shape
    (3, 32, 32)
    """
    if not isinstance(name, str) or name not in RECIPES:
        raise UnknownNameError("recipe", name, RECIPES)
    recipe = RECIPES[name]
    for option, value in changes.items():
        if option not in recipe.options:
            raise UnknownNameError(f"option of {name!r}", option, [*recipe.options, "size"])
        changes[option] = _checked(option, value, recipe.options[option])
    if size is not None:
        if "image_shape" in changes:
            raise ValueError(f"Give size or image_shape, not both: {size} and {changes['image_shape']}.")
        size = check_size(size)
        changes["image_shape"] = (recipe.image_shape[0], size, size)
    with nets.drawing_by(torch.Generator().manual_seed(seed_number(seed))):
        model = recipe.make(**changes)
    model.recipe = {"name": name, "changes": changes}
    return model


def _checked(option: str, value: Any, default: Any) -> Any:
    """An option of the kind of its default: a shape, a switch, a whole number or another number."""
    if isinstance(default, tuple):
        return check_image_shape(value)
    if option == "dropout":
        return share(option, value)
    if isinstance(default, float):
        return real_number(option, value, least=0)
    if not isinstance(default, bool):
        return whole_number(option, value)
    switch(option, value)
    return value


_Make = TypeVar("_Make", bound=Callable[..., Autoencoder | VAE])


def _recipe(name: str, source: str) -> Callable[[_Make], _Make]:
    def register(make: _Make) -> _Make:
        RECIPES[name] = Recipe(name, source, make)
        return make

    return register


_TDS = '"Generating new faces with Variational Autoencoders", Towards Data Science'
_DLWP = "F. Chollet, Deep Learning with Python, section 8.4, as told in a reader's notes"
_GDL = "D. Foster, Generative Deep Learning, 2nd edition, chapter 3, as told in the Oxen.ai reading notes"
_MAYBERAY = 'Mayberay, "Generating Human Faces with Variational Autoencoders"'


@_recipe("tds-face-ae", _TDS)
def tds_face_ae(
    image_shape: ImageShape = (3, 128, 128),
    latent_dim: int = 200,
    batch_norm: bool = False,
    dropout: float = 0.0,
) -> Autoencoder:
    """Four stride-2 convolutions down to 200 numbers, four transposed ones back (S2)."""
    options: dict[str, Any] = {"batch_norm": batch_norm, "dropout": dropout}
    encoder = nets.conv_encoder(image_shape, (32, 64, 64, 64), **options)
    decoder = nets.conv_decoder(latent_dim, image_shape, (64, 64, 64, 32), **options)
    return Autoencoder(encoder, decoder, latent_dim, image_shape)


@_recipe("tds-face-vae", _TDS)
def tds_face_vae(
    image_shape: ImageShape = (3, 128, 128),
    latent_dim: int = 200,
    batch_norm: bool = False,
    dropout: float = 0.0,
    factor: float = 10_000.0,
) -> VAE:
    """The same with two heads, trained on 10,000 * mean squared error + KL (S10)."""
    options: dict[str, Any] = {"batch_norm": batch_norm, "dropout": dropout}
    encoder = nets.conv_encoder(image_shape, (32, 64, 64, 64), **options)
    decoder = nets.conv_decoder(latent_dim, image_shape, (64, 64, 64, 32), **options)
    return VAE(encoder, decoder, latent_dim, image_shape, losses.Gaussian.from_factor(factor, image_shape))


@_recipe("dlwp-digits-vae", _DLWP)
def dlwp_digits_vae(image_shape: ImageShape = (1, 28, 28), latent_dim: int = 2, beta: float = 1.0) -> VAE:
    """A small convolutional VAE with a 2-D code, its first weights drawn as Keras draws them (S16)."""
    relu = nn.ReLU()
    widths, strides = (32, 64, 64, 64), (1, 2, 1, 1)
    start = nets.shape_after(image_shape, widths, strides)
    encoder = nn.Sequential(
        *[
            nets.conv_block(a, b, stride=stride, activation=relu)
            for a, b, stride in zip((image_shape[0], *widths), widths, strides, strict=False)
        ],
        nn.Flatten(),
        nn.Linear(math.prod(start), 32),
        nn.ReLU(),
    )
    decoder = nn.Sequential(
        nn.Linear(latent_dim, math.prod(start)),
        nn.ReLU(),
        nn.Unflatten(1, start),
        nets.deconv_block(64, 32, activation=relu),
        nets.conv_block(32, image_shape[0], stride=1, activation=nets.Sigmoid()),
    )
    model = VAE(encoder, decoder, latent_dim, image_shape, losses.Bernoulli(), beta)
    nets.start_as_keras_does(model)
    return model


@_recipe("gdl-celeba-vae", _GDL)
def gdl_celeba_vae(
    image_shape: ImageShape = (3, 32, 32), latent_dim: int = 200, features: int = 128, factor: float = 2_000.0
) -> VAE:
    """Four batch-normed blocks of 128 features each way, 2,000 * mean squared error + KL (S22).

    The factor multiplies the reconstruction term in the book's code, not the KL as a sentence of it has
    it (E13).
    """
    channels = (features,) * 4
    start = nets.shape_after(image_shape, channels)
    encoder = nets.conv_encoder(image_shape, channels, batch_norm=True)
    decoder = nn.Sequential(
        nn.Linear(latent_dim, math.prod(start)),
        nn.BatchNorm1d(math.prod(start)),
        nets.LeakyReLU(0.3),
        nn.Unflatten(1, start),
        *[nets.deconv_block(features, features, batch_norm=True) for _ in channels],
        nets.deconv_block(features, image_shape[0], stride=1, activation=nets.Sigmoid()),
    )
    return VAE(encoder, decoder, latent_dim, image_shape, losses.Gaussian.from_factor(factor, image_shape))


@_recipe("mayberay-digits-vae", _MAYBERAY)
def mayberay_digits_vae(
    image_shape: ImageShape = (1, 28, 28), latent_dim: int = 2, hidden: int = 16, beta: float = 1.0
) -> VAE:
    """Fully connected, one hidden layer of 16 on each side (S25)."""
    encoder = nets.mlp_encoder(image_shape, (hidden,))
    decoder = nets.mlp_decoder(latent_dim, image_shape, (hidden,))
    return VAE(encoder, decoder, latent_dim, image_shape, losses.Bernoulli(), beta)


@_recipe("mayberay-faces-vae", _MAYBERAY)
def mayberay_faces_vae(image_shape: ImageShape = (3, 96, 96), latent_dim: int = 128) -> VAE:
    """Five batch-normed blocks from 32 to 512 channels, summed squared error + KL (S29).

    Built as published, its oddities included: linear layers in a row, which are one linear map (E12), and
    batch norm and LeakyReLU in front of the sigmoid, which slow the dark pixels (E9).
    """
    options: dict[str, Any] = {"batch_norm": True, "activation": nets.LeakyReLU(0.2)}
    channels = (32, 64, 128, 256, 512)
    start = nets.shape_after(image_shape, channels)
    encoder = nn.Sequential(
        nets.conv_encoder(image_shape, channels, **options), nn.Linear(math.prod(start), 512)
    )
    mirrored = (*channels[::-1], image_shape[0])
    decoder = nn.Sequential(
        nn.Linear(latent_dim, 512),
        nn.Linear(512, math.prod(start)),
        nn.Unflatten(1, start),
        *[nets.deconv_block(a, b, **options) for a, b in pairwise(mirrored)],
        nets.Sigmoid(),
    )
    # A sum of squared errors is the Gaussian's negative log-likelihood at sigma^2 = 1/2.
    return VAE(encoder, decoder, latent_dim, image_shape, losses.Gaussian(sigma=math.sqrt(0.5)))


@_recipe("residual-mlp-vae", "This course")
def residual_mlp_vae(
    image_shape: ImageShape = (1, 28, 28), latent_dim: int = 20, hidden: int = 384, blocks: int = 2
) -> VAE:
    """Fully connected, with two residual blocks on each side: for small grey pictures.

    On Fashion-MNIST it learns more in a CPU's minute than the usual plain network with one hidden layer of
    400; `python -m benchmarks fashion` compares them. Train it with lr=4e-3 and schedule="cosine".
    """
    pixels = math.prod(image_shape)
    encoder = nn.Sequential(nn.Flatten(), nets.residual_mlp(pixels, hidden, blocks))
    decoder = nn.Sequential(
        nets.residual_mlp(latent_dim, hidden, blocks),
        nn.Linear(hidden, pixels),
        nets.Sigmoid(),
        nn.Unflatten(1, image_shape),
    )
    return VAE(encoder, decoder, latent_dim, image_shape)


@_recipe("small-portrait-vae", "This course")
def small_portrait_vae(
    image_shape: ImageShape = (3, 64, 64), latent_dim: int = 64, sigma: float = 0.2
) -> VAE:
    """Our small face VAE, quick to train: batch norm, centred input, a decoder without checkerboards.

    - Batch norm on both sides and on the picture itself: the published network with it and with centred
      input reaches half the error in as many epochs. Opponent colours make faint hues as loud as light.
    - The decoder is a linear layer and (nearest x2, convolution 3x3) blocks: no checkerboards, few
      multiplications, and a web page can run it.
    - 64 numbers, more than the drawn faces have causes; those that are not needed follow the prior.
    - sigma says how exact the decoder must be. The published factor of 10,000 is sigma = 0.78, at which an
      error in a smile or in glasses hardly shows in the loss. Training starts loose and ends here; see
      `tools/train_weights.py` for that, and for the change of variables that keeps codes near the prior.
    """
    channels = (32, 64, 96, 128)
    start = nets.shape_after(image_shape, channels)
    colours = nets.OpponentColours() if image_shape[0] == 3 else nn.Identity()
    centre = nn.BatchNorm2d(image_shape[0])  # learns each colour's mean and spread, and takes them out
    encoder = nn.Sequential(colours, centre, nets.conv_encoder(image_shape, channels, batch_norm=True))
    decoder = nn.Sequential(
        nn.Linear(latent_dim, math.prod(start)),
        nn.Unflatten(1, start),
        nets.up_block(128, 96),
        nets.up_block(96, 64),
        nets.up_block(64, 32),
        nets.UpConv2d(32, image_shape[0]),
        nets.Sigmoid(),
    )
    return VAE(encoder, decoder, latent_dim, image_shape, losses.Gaussian(sigma))


@_recipe("portrait-vae", "This course")
def portrait_vae(image_shape: ImageShape = (3, 64, 64), latent_dim: int = 128, sigma: float = 0.2) -> VAE:
    """Our face VAE: sharp, since it learns how exact it can be, and still small enough for a web page.

    - sigma is learned. It starts loose and falls with the error, so that what is large is learned first, and
      what ships is what was trained with (Rybkin, Daniilidis and Levine, ICML 2021).
    - The picture comes and goes folded: 2x2 pixels as 4 channels (pixel shuffle, Shi et al., CVPR 2016). No
      layer works at the full size, where a CPU spends its time on little.
    - What the decoder has to spend it spends late, at half the picture's size, where edges are made.
    """
    silu = nn.SiLU()
    channels = image_shape[0]
    start = (160, *nets.shape_after(image_shape, (channels,) * 4)[1:])
    colours = nets.OpponentColours() if channels == 3 else nn.Identity()
    centre = nn.BatchNorm2d(channels)  # learns each colour's mean and spread, and takes them out
    options: dict[str, Any] = {"batch_norm": True, "activation": silu}
    encoder = nn.Sequential(
        colours,
        centre,
        nn.PixelUnshuffle(2),
        nets.conv_block(4 * channels, 32, stride=1, **options),
        nets.conv_block(32, 64, **options),
        nets.conv_block(64, 128, **options),
        nets.conv_block(128, 192, **options),
        nn.Flatten(),
    )
    decoder = nn.Sequential(
        nn.Linear(latent_dim, math.prod(start)),
        nn.Unflatten(1, start),
        nn.BatchNorm2d(160),
        silu,
        nets.up_block(160, 128, activation=silu),
        nets.up_block(128, 80, activation=silu),
        nets.up_block(80, 56, activation=silu),
        nets.residual_block(56, activation=silu),
        nn.Conv2d(56, 4 * channels, kernel_size=3, padding=1),
        nn.PixelShuffle(2),
        nets.Sigmoid(),
    )
    return _averaging_long(
        VAE(encoder, decoder, latent_dim, image_shape, losses.Gaussian(sigma, learned=True))
    )


_Model = TypeVar("_Model", bound=nn.Module)


def _averaging_long(model: _Model) -> _Model:
    """The model, with batch norms that average over more batches: it is trained in small ones."""
    for part in model.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.momentum = 0.02
    return model


@_recipe("grid-vae", "This course")
def grid_vae(
    image_shape: ImageShape = (3, 64, 64), channels: int = 4, sigma: float = 0.2, beta: float = 1.0
) -> GridVAE:
    """The first stage of latent diffusion: a code of 4 x 8 x 8 numbers, whose places see their neighbours.

    - No layer joins all places: what holds at one is learned for each, and all weights are convolutions'.
      What belongs together over a whole face is left to the prior, a `LatentDiffusion`.
    - Otherwise made like `portrait-vae`: picture folded, sigma learned, a residual block at half its size.
    - beta is 1, the ELBO: beside 12,288 sharp pixels the price of 256 numbers is small by itself. A hundredth
      of it made the rate five times as large in our pilots, and the pictures no better. (Rombach et al. take
      1e-6, with the absolute error at a scale of 1.)
    """
    silu = nn.SiLU()
    colours = nets.OpponentColours() if image_shape[0] == 3 else nn.Identity()
    centre = nn.BatchNorm2d(image_shape[0])
    _, height, width = nets.shape_after(image_shape, (channels,) * 3)
    options: dict[str, Any] = {"batch_norm": True, "activation": silu}
    encoder = nn.Sequential(
        colours,
        centre,
        nn.PixelUnshuffle(2),
        nets.conv_block(4 * image_shape[0], 32, stride=1, **options),
        nets.conv_block(32, 64, **options),
        nets.conv_block(64, 96, **options),
        nets.residual_block(96, activation=silu),
        nn.Flatten(),
    )
    decoder = nn.Sequential(
        nn.Unflatten(1, (channels, height, width)),
        nets.conv_block(channels, 128, stride=1, **options),
        nets.residual_block(128, activation=silu),
        nets.up_block(128, 80, activation=silu),
        nets.up_block(80, 48, activation=silu),
        nets.residual_block(48, activation=silu),
        nn.Conv2d(48, 4 * image_shape[0], kernel_size=3, padding=1),
        nn.PixelShuffle(2),
        nets.Sigmoid(),
    )
    grid_shape = (channels, height, width)
    likelihood = losses.Gaussian(sigma, learned=True)
    return _averaging_long(GridVAE(encoder, decoder, grid_shape, image_shape, likelihood, beta))
