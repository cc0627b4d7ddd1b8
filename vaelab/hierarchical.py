"""A VAE with two layers of latents: the top one says what kind of bottom code is to be expected.

    p(x, z1, z2) = p(x | z1) p(z1 | z2) p(z2),    p(z2) = N(0, I),

and the posterior goes the same way down, q(z2 | x) and then q(z1 | x, z2) (Sønderby et al., "Ladder
Variational Autoencoders", NeurIPS 2016; with dozens of layers, Vahdat and Kautz, "NVAE", NeurIPS 2020, and
Child, "Very Deep VAEs", ICLR 2021). The price of a picture is one KL for each layer.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from vaelab import losses, nets, priors
from vaelab.data import ImageSet
from vaelab.data.arguments import check_image_shape, check_tensors, real_number, whole_number
from vaelab.errors import ShapeError
from vaelab.models import TakesPictures


class TwoLayerOutput(NamedTuple):
    """One pass: the reconstruction, both codes as drawn, and what each layer costs."""

    x_hat: Tensor  # (B, C, H, W)
    top: Tensor  # z2, (B, top_dim)
    bottom: Tensor  # z1, (B, bottom_dim)
    kl_top: Tensor  # KL( q(z2 | x) || N(0, I) ), nats, (B,)
    kl_bottom: Tensor  # KL( q(z1 | x, z2) || p(z1 | z2) ) at the z2 that was drawn, nats, (B,)


class TwoLayerVAE(TakesPictures):
    """A hierarchical VAE with two layers of latents. Training makes small, in nats per image,

        -log p(x | z1) + beta * ( max(KL of the top, free) + max(KL of the bottom, free) ),

    each KL averaged over the batch. With `beta` 1 and `free_nats` 0 this is the negative ELBO. A layer that
    costs less than `free_nats` feels no pull to cost even less: free bits, which keep it from falling silent
    before anything below has learned to listen (Kingma et al., "Improved Variational Inference with Inverse
    Autoregressive Flow", NeurIPS 2016, appendix C.8).

    Args:
        encoder: images (B, C, H, W) -> features (B, F).
        top: features (B, F) -> mu and log_var of q(z2 | x), side by side: (B, 2 * top_dim).
        expect: z2 (B, top_dim) -> mu and log_var of p(z1 | z2): (B, 2 * bottom_dim).
        correct: features and z2 side by side (B, F + top_dim) -> what q(z1 | x, z2) has beyond p(z1 | z2):
            added to both of its parameters, (B, 2 * bottom_dim) (NVAE, section 3.2). 0 is "as expected".
        decoder: z1 (B, bottom_dim) -> images in [0, 1].
        top_dim, bottom_dim: numbers in each code.
        image_shape: (C, H, W).
        likelihood: p(x | z1), as for a `VAE`.
        free_nats: of each layer.
        beta: weight of both KLs while training; `vaelab.fit(kl_warm_up=...)` lets it climb.
    """

    def __init__(
        self,
        encoder: nn.Module,
        top: nn.Module,
        expect: nn.Module,
        correct: nn.Module,
        decoder: nn.Module,
        top_dim: int,
        bottom_dim: int,
        image_shape: nets.ImageShape,
        likelihood: nn.Module | None = None,
        free_nats: float = 0.0,
        beta: float = 1.0,
    ):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
        self.to_top, self.expect, self.correct = top, expect, correct
        self.top_dim = whole_number("top_dim, the numbers in a top code,", top_dim)
        self.bottom_dim = whole_number("bottom_dim, the numbers in a bottom code,", bottom_dim)
        self.image_shape = check_image_shape(image_shape)
        self.likelihood = likelihood or losses.Bernoulli()
        self.free_nats = real_number("free_nats", free_nats, least=0)
        self.beta = beta

    def expected(self, top: Tensor) -> tuple[Tensor, Tensor]:
        """p(z1 | z2): top codes (B, top_dim) -> mu and log_var of the bottom ones, (B, bottom_dim) each."""
        check_tensors(top=top)
        if top.ndim != 2 or top.shape[1] != self.top_dim:
            raise ShapeError(f"Top codes have shape (B, {self.top_dim}); these have {tuple(top.shape)}.")
        return _halves(self.expect(top), self.bottom_dim, "expect")

    def forward(self, x: ImageSet | Tensor) -> TwoLayerOutput:
        """Features, a top code, a bottom code, the reconstruction; one draw each."""
        features = self.encoder(self._pictures(x))
        mu, log_var = _halves(self.to_top(features), self.top_dim, "top")
        top = _draw(mu, log_var)
        kl_top = losses.gaussian_kl(mu, log_var)
        prior_mu, prior_log_var = self.expected(top)
        beyond = self.correct(torch.cat([features, top], 1))
        shift, stretch = _halves(beyond, self.bottom_dim, "correct")
        mu, log_var = prior_mu + shift, prior_log_var + stretch
        kl_bottom = losses.gaussian_kl(mu, log_var, prior_mu, prior_log_var)
        bottom = _draw(mu, log_var)
        return TwoLayerOutput(self.decoder(bottom), top, bottom, kl_top, kl_bottom)

    def elbo(self, x: ImageSet | Tensor) -> Tensor:
        """Evidence lower bound on log p(x), one draw of each code, nats, (B,)."""
        x = self._floats(x)
        out = self(x)
        return -self.likelihood(x, out.x_hat) - out.kl_top - out.kl_bottom

    def loss(self, x: ImageSet | Tensor) -> dict[str, Tensor]:
        """{"loss", "reconstruction", "kl", "kl_top", "kl_bottom"}: nats per image, batch averages."""
        x = self._floats(x)
        out = self(x)
        reconstruction = self.likelihood(x, out.x_hat).mean()
        top, bottom = out.kl_top.mean(), out.kl_bottom.mean()
        price = top.clamp(min=self.free_nats) + bottom.clamp(min=self.free_nats)
        return {
            "loss": reconstruction + self.beta * price,
            "reconstruction": reconstruction,
            "kl": top + bottom,
            "kl_top": top,
            "kl_bottom": bottom,
        }

    @torch.no_grad()
    def sample(self, n: int, seed: int | torch.Generator | None = None, top: Tensor | None = None) -> Tensor:
        """New images, (n, C, H, W): draw a top code, a bottom code that it lets expect, decode.

        Args:
            n: how many, at least 1.
            seed: the same seed gives the same images.
            top: top codes (n, top_dim) to be held; None draws them from N(0, I).
        """
        draws = priors.generator(seed)
        if top is None:
            top = priors.StandardNormal(self.top_dim).sample(n, draws)
        with nets.evaluating(self):
            mu, log_var = self.expected(top.to(next(self.parameters())))
            eps = torch.randn(mu.shape, generator=draws).to(mu)
            return self.decoder(mu + torch.exp(log_var / 2) * eps)


def _draw(mu: Tensor, log_var: Tensor) -> Tensor:
    return mu + torch.exp(log_var / 2) * torch.randn_like(mu)


def _halves(both: Tensor, size: int, name: str) -> tuple[Tensor, Tensor]:
    if both.shape[1:] != (2 * size,):
        raise ShapeError(
            f"The network `{name}` gives mu and log_var of {size} numbers side by side, (B, {2 * size}); "
            f"this one gives {tuple(both.shape)}."
        )
    return both[:, :size], both[:, size:]
