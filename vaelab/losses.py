"""What a VAE is scored by: reconstruction terms, KL divergences and likelihoods.

Everything that is a log-probability is in nats (natural logarithms) and per image: one number for each
picture of the batch, summed over its pixels or latent dimensions. Averaging over the batch comes last, and
is done by whoever calls.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vaelab.data.arguments import check_floats, real_number
from vaelab.data.pixels import check_unit_range
from vaelab.errors import PixelRangeError, ShapeError

# ---- reconstruction terms: (B, C, H, W) twice -> (B,) ----


def mse(x: Tensor, x_hat: Tensor) -> Tensor:
    """Mean squared error over each image's pixels, shape (B,). There is no root in it: it is not the RMSE.

    >>> mse(torch.ones(2, 3, 4, 4), torch.full((2, 3, 4, 4), 0.5))
    tensor([0.2500, 0.2500])
    """
    _check_same_shape(x, x_hat)
    return (x - x_hat).square().flatten(1).mean(1)


def mae(x: Tensor, x_hat: Tensor) -> Tensor:
    """Mean absolute error over each image's pixels, shape (B,)."""
    _check_same_shape(x, x_hat)
    return (x - x_hat).abs().flatten(1).mean(1)


def bce(x: Tensor, x_hat: Tensor) -> Tensor:
    """Binary cross-entropy in nats, **summed** over each image's pixels, shape (B,).

    For black-and-white pixels (0 or 1) this is the negative Bernoulli log-likelihood. For grey ones it is
    the usual stand-in for it: its minimum is still at x_hat = x, but it is no longer a log-probability
    (Loaiza-Ganem and Cunningham, "The continuous Bernoulli", NeurIPS 2019).

    Args:
        x: target pixels in [0, 1].
        x_hat: predicted probabilities in [0, 1]. A pixel's loss is capped at 100 nats, as in PyTorch; where a
            model diverged and gives NaN, so is the loss.

    Raises:
        PixelRangeError: pixels, or predictions, outside [0, 1]. A GPU does not look, as it would have to wait
            for the answer: there such predictions have the loss NaN.
    """
    _check_same_shape(x, x_hat)
    with torch.no_grad():
        outside = x_hat.clamp(0, 1) != x_hat  # NaN too. PyTorch would raise, or on a GPU end all work on it
    if x.device.type == "cpu":
        check_unit_range(x)
        if outside.any():
            _check_probabilities(x_hat)
    per_pixel = F.binary_cross_entropy(x_hat.masked_fill(outside, 0.5), x, reduction="none")
    return per_pixel.masked_fill(outside, math.nan).flatten(1).sum(1)


def gaussian_nll(x: Tensor, x_hat: Tensor, sigma: float | Tensor) -> Tensor:
    """Negative log-density of the pixels under N(x_hat, sigma^2), in nats, summed over pixels, shape (B,).

    D/2 log(2 pi sigma^2) + ||x - x_hat||^2 / (2 sigma^2), D pixels (channels included).

    Args:
        sigma: standard deviation of the pixel noise, greater than 0, in units of pixel value. A number is
            checked; a tensor is not looked at, since a GPU would have to wait for the answer.

    >>> gaussian_nll(torch.zeros(2, 1, 8, 8), torch.zeros(2, 1, 8, 8), sigma=1.0)  # 32 log(2 pi)
    tensor([58.8121, 58.8121])
    """
    _check_same_shape(x, x_hat)
    _check_positive("sigma, a standard deviation,", sigma)
    sigma = torch.as_tensor(sigma, dtype=x_hat.dtype, device=x_hat.device)
    per_pixel = 0.5 * ((x - x_hat) / sigma).square() + torch.log(sigma) + 0.5 * math.log(2 * math.pi)
    return per_pixel.flatten(1).sum(1)


def laplace_nll(x: Tensor, x_hat: Tensor, scale: float | Tensor) -> Tensor:
    """Negative log-density of the pixels under Laplace(x_hat, scale), in nats, summed over pixels, (B,).

    D log(2 scale) + ||x - x_hat||_1 / scale: what the absolute error assumes about the noise.

    >>> laplace_nll(torch.zeros(2, 1, 8, 8), torch.zeros(2, 1, 8, 8), scale=1.0)  # 64 log 2
    tensor([44.3614, 44.3614])
    """
    _check_same_shape(x, x_hat)
    _check_positive("scale", scale)
    scale = torch.as_tensor(scale, dtype=x_hat.dtype, device=x_hat.device)
    return ((x - x_hat).abs() / scale + torch.log(2 * scale)).flatten(1).sum(1)


# ---- Kullback-Leibler divergences ----


def gaussian_kl(
    mu: Tensor,
    log_var: Tensor,
    prior_mu: float | Tensor = 0.0,
    prior_log_var: float | Tensor = 0.0,
    dim: int | tuple[int, ...] | None = -1,
) -> Tensor:
    """KL divergence KL( N(mu, exp(log_var)) || N(prior_mu, exp(prior_log_var)) ) of Gaussians, in nats.

    Their covariances are diagonal. With the default prior N(0, I) this is
    1/2 sum(mu^2 + sigma^2 - 1 - log sigma^2) (Kingma and Welling, "Auto-Encoding Variational Bayes", 2014,
    appendix B).

    Args:
        mu: means, for instance (B, latent_dim).
        log_var: log-variances, the shape of `mu`. The variance is exp(log_var), sigma is exp(log_var / 2).
        prior_mu, prior_log_var: the second Gaussian; numbers, or tensors that broadcast against `mu`.
        dim: the axis (or axes) to sum over: -1, the latent dimensions, gives one number an image. None
            sums nothing and gives the KL of each dimension.

    Returns:
        Numbers of at least 0, with no upper bound: shape of `mu` without `dim`.

    >>> gaussian_kl(torch.ones(5, 2), torch.zeros(5, 2))  # 1/2 mu^2 for each of two dimensions
    tensor([1., 1., 1., 1., 1.])
    """
    check_floats(mu=mu, log_var=log_var)
    if mu.shape != log_var.shape:
        raise ShapeError(
            f"mu has shape {tuple(mu.shape)} and log_var {tuple(log_var.shape)}: they must be the same."
        )
    prior_mu = torch.as_tensor(prior_mu, dtype=mu.dtype, device=mu.device)
    prior_log_var = torch.as_tensor(prior_log_var, dtype=mu.dtype, device=mu.device)
    log_ratio = log_var - prior_log_var  # log(sigma^2 / prior_sigma^2)
    distance = (mu - prior_mu).square() / prior_log_var.exp()
    kl = 0.5 * (distance + log_ratio.exp() - 1 - log_ratio)
    return kl if dim is None else kl.sum(dim)


def categorical_kl(p: Tensor, q: Tensor, dim: int = -1) -> Tensor:
    """KL(p || q) = sum p log(p / q) of two tables of probabilities, in nats, summed over `dim`.

    Terms with p = 0 count 0. Where q = 0 and p > 0 the answer is infinite: q calls impossible what p does.
    """
    return torch.special.xlogy(p, p).sum(dim) - torch.special.xlogy(p, q).sum(dim)


# ---- likelihoods p(x | z): modules, since a learned noise level is a parameter ----


class Bernoulli(nn.Module):
    """Each pixel is a coin that lands 1 with probability x_hat. Calling it gives `bce`, in nats, (B,)."""

    def forward(self, x: Tensor, x_hat: Tensor) -> Tensor:
        return bce(x, x_hat)

    def sample(self, x_hat: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """A draw from p(x | z), every pixel 0 or 1; from a CPU generator, or from PyTorch's own."""
        return (torch.rand(x_hat.shape, generator=generator).to(x_hat) < x_hat).to(x_hat.dtype)


class Gaussian(nn.Module):
    """Each pixel is x_hat plus normal noise of standard deviation sigma. Calling it gives nats, (B,).

    Args:
        sigma: the noise level (where learning starts, if `learned`), in units of pixel value.
        learned: True to make log(sigma) a parameter, one for all pixels (Rybkin, Daniilidis and Levine,
            "Simple and Effective VAE Training with Calibrated Decoders", ICML 2021).
    """

    log_sigma: Tensor

    def __init__(self, sigma: float = 1.0, learned: bool = False):
        super().__init__()
        _check_positive("sigma, a standard deviation,", sigma)
        log_sigma = torch.tensor(math.log(sigma))
        if learned:
            self.log_sigma = nn.Parameter(log_sigma)
        else:
            self.register_buffer("log_sigma", log_sigma)

    @classmethod
    def from_factor(cls, factor: float, image_shape: tuple[int, int, int]) -> "Gaussian":
        """The Gaussian whose negative log-likelihood is `factor` * mean squared error plus a constant.

        Many tutorials train on factor * MSE + KL. That is an ELBO with the noise level in disguise:
        factor = D / (2 sigma^2), where D is the number of pixels, channels included.
        """
        _check_positive("factor", factor)
        return cls(sigma=math.sqrt(math.prod(image_shape) / (2 * factor)))

    @property
    def sigma(self) -> Tensor:
        """The noise level, a scalar tensor."""
        return self.log_sigma.exp()

    @property
    def learned(self) -> bool:
        """Whether training changes the noise level."""
        return isinstance(self.log_sigma, nn.Parameter)

    def forward(self, x: Tensor, x_hat: Tensor) -> Tensor:
        return gaussian_nll(x, x_hat, self.sigma)

    def sample(self, x_hat: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """A draw from p(x | z): `x_hat` plus noise, which may leave [0, 1]; from a CPU generator, or None."""
        check_floats(x_hat=x_hat)
        return x_hat + self.sigma.to(x_hat) * torch.randn(x_hat.shape, generator=generator).to(x_hat)

    def extra_repr(self) -> str:
        return f"sigma={self.sigma.item():.4g}, learned={self.learned}"


class Laplace(nn.Module):
    """Each pixel is x_hat plus Laplace noise of a fixed scale: what the absolute error assumes."""

    def __init__(self, scale: float = 1.0):
        super().__init__()
        _check_positive("scale", scale)
        self.scale = scale

    def forward(self, x: Tensor, x_hat: Tensor) -> Tensor:
        return laplace_nll(x, x_hat, self.scale)

    def sample(self, x_hat: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """A draw from p(x | z): `x_hat` plus noise, which may leave [0, 1]; from a CPU generator, or None."""
        check_floats(x_hat=x_hat)
        # The difference of two exponential draws is a Laplace draw.
        one, other = torch.empty(2, *x_hat.shape).exponential_(generator=generator).to(x_hat)
        return x_hat + self.scale * (one - other)

    def extra_repr(self) -> str:
        return f"scale={self.scale:.4g}"


def _check_positive(name: str, value: float | Tensor) -> None:
    if not isinstance(value, Tensor):
        real_number(name, value, above=0)


def _check_probabilities(x_hat: Tensor) -> None:
    """Raise PixelRangeError for numbers outside [0, 1]; a NaN is none."""
    numbers = x_hat[~x_hat.isnan()]
    if len(numbers) and not (numbers.amin() >= 0 and numbers.amax() <= 1):
        raise PixelRangeError(
            f"x_hat are probabilities, in [0, 1]; these run from {numbers.amin():.3g} to "
            f"{numbers.amax():.3g}. Let the decoder end with nets.Sigmoid()."
        )


def _check_same_shape(x: Tensor, x_hat: Tensor) -> None:
    check_floats(x=x, x_hat=x_hat)
    if x.shape != x_hat.shape:  # otherwise broadcasting would quietly compare the wrong pixels
        raise ShapeError(
            f"The images have shape {tuple(x.shape)} and the reconstructions {tuple(x_hat.shape)}; "
            "a reconstruction term compares pixel with pixel, so both must be the same."
        )
