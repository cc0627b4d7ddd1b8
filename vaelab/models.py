"""The two models of the course: the autoencoder and the variational autoencoder."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from vaelab import losses, priors
from vaelab.data import ImageSet
from vaelab.data.arguments import check_image_shape, check_tensors, whole_number
from vaelab.data.imageset import CHANNELS_LAST
from vaelab.errors import ModelError, ShapeError
from vaelab.nets import ImageShape, PlaceLinear, evaluating, keeping_random_state
from vaelab.priors import Prior, StandardNormal


class TakesPictures(nn.Module):
    """A model of pictures, and a clear word when one does not fit."""

    image_shape: ImageShape

    def _floats(self, x: ImageSet | Tensor) -> Tensor:
        """Pictures of any kind as floats of the weights' dtype, where the weights are."""
        like = next(self.parameters())
        if not (isinstance(x, Tensor) and x.is_floating_point()):
            x = ImageSet.of(x).float(device=like.device)
        return x.to(like)

    def _pictures(self, x: ImageSet | Tensor) -> Tensor:
        """The same, once it is sure that they fit this model."""
        x = self._floats(x)
        if x.shape[1:] != self.image_shape:
            raise ShapeError(wrong_shape(x.shape, self.image_shape))
        # Looking at a GPU's pixels makes the program wait for it, so training there skips this.
        if x.device.type == "cpu" or not self.training:
            losses.check_unit_range(x)
        return x


class _ImageModel(TakesPictures):
    """What both share: an encoder, a decoder, and the way between pictures and codes."""

    latent_dim: int
    network_dtype: torch.dtype  # of encoder and decoder: bf16 while `speed.applied` says so
    recipe: dict[str, Any]  # where `recipes.build` made the model: which recipe, and what was changed

    def __init__(self, encoder: nn.Module, decoder: nn.Module, latent_dim: int, image_shape: ImageShape):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
        self.latent_dim = whole_number("latent_dim, the numbers in a code,", latent_dim)
        self.image_shape = check_image_shape(image_shape)
        self.network_dtype = torch.float32

    def _run(self, network: nn.Module, x: Tensor) -> Tensor:
        """The encoder or the decoder, perhaps in bf16; what comes out goes on in float32."""
        if self.network_dtype == torch.float32:
            return network(x)
        with torch.autocast(x.device.type, self.network_dtype):
            return network(x).float()

    def _head(self) -> nn.Module:
        """A layer from the encoder's features to `latent_dim` numbers, with its dtype and device."""
        like = next(self.encoder.parameters(), torch.empty(0))
        with keeping_random_state(like.device), evaluating(self.encoder), torch.no_grad():
            features = self.encoder(like.new_zeros(1, *self.image_shape)).shape[1:]
        if len(features) != 1:
            raise ShapeError(
                f"An encoder gives features of shape (B, F), this one (B, {', '.join(map(str, features))}): "
                "let it end with nn.Flatten()."
            )
        return self._layer_from(features[0], device=like.device, dtype=like.dtype)

    def _layer_from(self, features: int, **options: Any) -> nn.Module:
        return nn.Linear(features, self.latent_dim, **options)

    def features(self, x: ImageSet | Tensor) -> Tensor:
        """What the encoder says of images (B, C, H, W), before any head: (B, F)."""
        return self._run(self.encoder, self._pictures(x))

    def decode(self, z: Tensor) -> Tensor:
        """Codes (B, latent_dim) -> images (B, C, H, W) in [0, 1].

        >>> from vaelab.recipes import build
        >>> build("small-portrait-vae").decode(torch.zeros(5, 64)).shape
        torch.Size([5, 3, 64, 64])
        """
        check_tensors(z=z)
        if z.ndim != 2 or z.shape[1] != self.latent_dim:
            raise ShapeError(
                f"Codes for this model have shape (B, {self.latent_dim}); these have {tuple(z.shape)}."
                + (" One code alone needs a batch axis: z[None]." if z.shape == (self.latent_dim,) else "")
            )
        return self._run(self.decoder, z.to(next(self.parameters())))  # where the weights are, of their dtype


def wrong_shape(shape: torch.Size, expected: ImageShape) -> str:
    """What to say of images that do not fit a model for `expected`, and what to do about it."""
    message = (
        f"This model takes images of shape (B, {', '.join(map(str, expected))}); these have {tuple(shape)}."
    )
    channels, height, width = expected
    if shape == expected:
        return message + " One image alone needs a batch axis: x[None]."
    if len(shape) == 3 and (channels, *shape[1:]) == (1, height, width):
        return message + " Grey images need an axis for their channel: x[:, None]."
    if shape == (height, width, channels):
        return message + " Its channels stand last, and it needs a batch axis: x.permute(2, 0, 1)[None]."
    if shape[1:] == (height, width, channels):
        return message + CHANNELS_LAST
    if len(shape) == 4 and shape[1] != channels and shape[1] in (1, 3):
        kind = {1: "grey pictures", 3: "colour pictures"}.get(channels, f"{channels} channels")
        change = f"image_shape={tuple(shape[1:])}"
        return message + f' It was built for {kind}: build it again with {change}, or --set "{change}".'
    if len(shape) == 4 and shape[1] == channels:
        return message + f" Load the pictures with size={height}, or build the model with another size."
    return message


class Autoencoder(_ImageModel):
    """Image -> code -> image, trained to give back what it was given.

    Images come as an `ImageSet`, as floats in [0, 1] or as uint8, (B, C, H, W).

    Args:
        encoder: (B, C, H, W) -> features (B, F).
        decoder: (B, latent_dim) -> (B, C, H, W).
        latent_dim: numbers in a code.
        image_shape: (C, H, W).
        reconstruction: (x, x_hat) -> (B,), what is to be made small; `losses.mse` by default.
    """

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Module,
        latent_dim: int,
        image_shape: ImageShape,
        reconstruction: Callable[[Tensor, Tensor], Tensor] = losses.mse,
    ):
        super().__init__(encoder, decoder, latent_dim, image_shape)
        self.reconstruction = reconstruction
        self.to_code = self._head()

    def encode(self, x: ImageSet | Tensor) -> Tensor:
        """Images (B, C, H, W) -> codes (B, latent_dim)."""
        return self.to_code(self.features(x))

    def forward(self, x: ImageSet | Tensor) -> Tensor:
        """The reconstruction: images (B, C, H, W) in [0, 1]."""
        return self.decode(self.encode(x))

    reconstruct = forward

    def loss(self, x: ImageSet | Tensor) -> dict[str, Tensor]:
        """{"loss"}: the reconstruction term, averaged over the batch."""
        x = self._floats(x)
        return {"loss": self.reconstruction(x, self(x)).mean()}


class VAEOutput(NamedTuple):
    """One pass through a VAE: the reconstruction, the posterior's parameters, and the code drawn from it."""

    x_hat: Tensor  # (B, C, H, W)
    mu: Tensor  # (B, latent_dim)
    log_var: Tensor  # (B, latent_dim)
    z: Tensor  # (B, latent_dim)


class VAE(_ImageModel):
    """A variational autoencoder (Kingma and Welling 2014; Rezende, Mohamed and Wierstra 2014).

    The encoder gives a posterior q(z | x) = N(mu, diag(exp(log_var))), the decoder a likelihood p(x | z), and
    the prior p(z) is N(0, I). Training makes the negative ELBO small:

        reconstruction + beta * KL( q(z | x) || p(z) ),    in nats per image.

    Images come as an `ImageSet`, as floats in [0, 1] or as uint8, (B, C, H, W).

    Args:
        encoder: (B, C, H, W) -> features (B, F).
        decoder: (B, latent_dim) -> (B, C, H, W).
        latent_dim: numbers in a code.
        image_shape: (C, H, W).
        likelihood: p(x | z): `losses.Bernoulli()` (the default), `losses.Gaussian(...)`,
            or `losses.Laplace(...)`.
        beta: weight of the KL term while training (Higgins et al., "beta-VAE", ICLR 2017); 1 is the ELBO.
        prior: what `sample` draws codes from; None is N(0, I). One of `vaelab.priors`, fitted to the codes
            once the model is trained: `model.prior = FlowMatching(model.latent_dim).fit(codes)`. It is saved
            with the weights. Loss and ELBO keep N(0, I), which training used.
    """

    likelihood: nn.Module
    beta: float
    prior: Prior | None

    # Several training processes replace it, so that each draws its share of one batch's noise.
    draw_noise: Callable[..., Tensor] = staticmethod(torch.randn_like)

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Module,
        latent_dim: int,
        image_shape: ImageShape,
        likelihood: nn.Module | None = None,
        beta: float = 1.0,
        prior: Prior | None = None,
    ):
        super().__init__(encoder, decoder, latent_dim, image_shape)
        self.likelihood = likelihood or losses.Bernoulli()
        self.beta = beta
        self.to_mu = self._head()
        self.to_log_var = self._head()
        self.register_module("prior", prior)

    def encode(self, x: ImageSet | Tensor) -> tuple[Tensor, Tensor]:
        """Images (B, C, H, W) -> mu and log_var of the posterior, (B, latent_dim) each.

        >>> from vaelab.recipes import build
        >>> [part.shape for part in build("small-portrait-vae").encode(torch.rand(5, 3, 64, 64))]
        [torch.Size([5, 64]), torch.Size([5, 64])]
        """
        features = self.features(x)
        return self.to_mu(features), self.to_log_var(features)

    def reparameterize(self, mu: Tensor, log_var: Tensor) -> Tensor:
        """A draw from N(mu, exp(log_var)) that gradients can pass: mu + sigma * eps, eps from N(0, I)."""
        return mu + torch.exp(log_var / 2) * self.draw_noise(mu)

    def forward(self, x: ImageSet | Tensor) -> VAEOutput:
        """Encode, draw one code an image, decode."""
        mu, log_var = self.encode(x)
        z = self.reparameterize(mu, log_var)
        return VAEOutput(self.decode(z), mu, log_var, z)

    def reconstruct(self, x: ImageSet | Tensor) -> Tensor:
        """Decode the posterior's mean: a reconstruction without the noise of a draw."""
        return self.decode(self.encode(x)[0])

    def elbo(self, x: ImageSet | Tensor) -> Tensor:
        """Evidence lower bound on log p(x), one draw an image, nats, shape (B,).

        The prior in it is N(0, I), whatever `prior` is; `beta` plays no part.

        >>> from vaelab.recipes import build
        >>> build("small-portrait-vae").elbo(torch.rand(5, 3, 64, 64)).shape
        torch.Size([5])
        """
        x = self._floats(x)
        output = self(x)
        return -self.likelihood(x, output.x_hat) - losses.gaussian_kl(output.mu, output.log_var)

    def loss(self, x: ImageSet | Tensor) -> dict[str, Tensor]:
        """{"loss", "reconstruction", "kl"}: nats per image, averaged over the batch."""
        x = self._floats(x)
        output = self(x)
        reconstruction = self.likelihood(x, output.x_hat).mean()
        kl = losses.gaussian_kl(output.mu, output.log_var).mean()
        return {"loss": reconstruction + self.beta * kl, "reconstruction": reconstruction, "kl": kl}

    @torch.no_grad()
    def sample(
        self,
        n: int,
        seed: int | torch.Generator | None = None,
        prior: Prior | None = None,
        noise: bool = False,
    ) -> Tensor:
        """New images: decode `n` draws from the prior, in evaluation mode, shape (n, C, H, W).

        A draw from the model itself, from p(x), is a code from p(z) and then pixels from p(x | z), noise and
        all: `noise=True`. That is what likelihoods and bounds speak of. To look at, or to compare with real
        pictures, one takes the mean of p(x | z) instead, which is what the decoder gives: without the grain,
        in [0, 1], and less varied in its pixels than the model says.

        Args:
            n: how many, at least 1.
            seed: the same seed gives the same codes on every device, and the same noise; None gives new ones
                each time. A CPU generator goes on from where it stands.
            prior: where codes are drawn from; None is the model's own `prior`, and N(0, I) where it has none.
                `priors.StandardNormal(model.latent_dim)` is N(0, I) in any case.
            noise: True to draw pixels from p(x | z). They may then leave [0, 1]; a Bernoulli's are 0 or 1.

        Raises:
            ModelError: noise, from a likelihood of one's own that has no `sample`.
            ShapeError: a prior of another `latent_dim`.

        >>> from vaelab.recipes import build
        >>> build("small-portrait-vae").sample(4, seed=0).shape
        torch.Size([4, 3, 64, 64])
        """
        n = whole_number("n, the number of samples,", n)
        pixels: Any = getattr(self.likelihood, "sample", None)
        if noise and pixels is None:
            raise ModelError(
                f"{type(self.likelihood).__name__} has no sample(x_hat, generator), so that no pixels can be "
                "drawn from it. noise=False gives the decoder's mean."
            )
        draws = priors.generator(seed)
        z = (prior or self.prior or StandardNormal(self.latent_dim)).sample(n, draws)
        with evaluating(self):
            x_hat = torch.cat([self.decode(part) for part in z.split(64)])  # few stay in a CPU's caches
        return pixels(x_hat, draws) if noise else x_hat


class GridVAE(VAE):
    """A VAE whose code is a small map: (C, H, W) numbers, each from its own part of the picture.

    The first stage of latent diffusion (Rombach, Blattmann, Lorenz, Esser and Ommer, "High-Resolution Image
    Synthesis with Latent Diffusion Models", CVPR 2022). Both heads are one linear layer that is the same at
    each place. Codes are rows all the same, (B, C * H * W), so that whatever works with codes works with
    these; `grid` shows them as maps.

    Args:
        encoder: (B, C, H, W) -> a feature map of `grid_shape`'s height and width, flattened: (B, F * h * w).
        decoder: codes (B, latent_dim) -> (B, C, H, W); it begins with `nn.Unflatten(1, grid_shape)`.
        grid_shape: (channels, height, width) of a code.
        Others: as for a VAE.

    Raises:
        ShapeError: features that are no map of the grid's height and width.
    """

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Module,
        grid_shape: ImageShape,
        image_shape: ImageShape,
        likelihood: nn.Module | None = None,
        beta: float = 1.0,
        prior: Prior | None = None,
    ):
        self.grid_shape = check_image_shape(grid_shape)
        super().__init__(encoder, decoder, math.prod(self.grid_shape), image_shape, likelihood, beta, prior)

    def _layer_from(self, features: int, **options: Any) -> nn.Module:
        channels, height, width = self.grid_shape
        if features % (height * width):
            raise ShapeError(
                f"The encoder gives {features} features, which are no map of {height}x{width} places: let it "
                "end with a map of that size, then nn.Flatten()."
            )
        return PlaceLinear(features // (height * width), channels, (height, width), **options)

    def grid(self, z: Tensor) -> Tensor:
        """Codes as the maps that they are: (B, latent_dim) -> (B, C, H, W) of `grid_shape`."""
        return z.unflatten(1, self.grid_shape)
