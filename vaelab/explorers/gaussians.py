"""`kl` and `reparameterize`: Gaussians to drag, with the numbers that a VAE's loss takes from them."""

import math

import torch
from torch.distributions import Normal
from traitlets import Bool, Enum, Float, Int, Unicode

from vaelab import figures
from vaelab.explorers.explorer import Explorer

_DRAWS = (10, 100, 1000)
_FUNCTIONS = {"square": "z²", "wave": "sin 4z"}


class KLExplorer(Explorer):
    """What `kl` returns; means, standard deviations and `direction` can be set, observed and linked."""

    kind = Unicode("kl").tag(sync=True)
    mu_q = Float(1.0, min=-3, max=3).tag(sync=True)
    sigma_q = Float(0.6, min=0.1, max=2).tag(sync=True)
    mu_p = Float(0.0, min=-3, max=3).tag(sync=True)
    sigma_p = Float(1.0, min=0.1, max=2).tag(sync=True)
    direction = Enum(("q||p", "p||q"), "q||p").tag(sync=True)  # whose integrand is drawn

    def still(self) -> str:
        """Both densities, and what KL(q || p) adds up."""
        q, p = Normal(self.mu_q, self.sigma_q), Normal(self.mu_p, self.sigma_p)
        z = torch.linspace(-6, 6, 241, dtype=torch.float64)
        # Farther than 37 standard deviations a density is too small for a logarithm of it.
        densities = [g.log_prob(z).exp().clamp_min(1e-300) for g in (q, p)]
        kl = torch.distributions.kl_divergence(q, p).item()
        picture = figures.kl_integrand(
            z,
            *densities,
            alt=f"Left: two bell curves, q = N({self.mu_q:g}, {self.sigma_q:g}²) and p = N({self.mu_p:g}, "
            f"{self.sigma_p:g}²). Right: the curve q ln(q / p), whose area is KL(q || p) = {kl:.3f} nats.",
        )
        return picture._repr_html_()


class ReparameterizeExplorer(Explorer):
    """What `reparameterize` returns; all its traits can be set, observed and linked."""

    kind = Unicode("reparameterize").tag(sync=True)
    mu = Float(1.0, min=-2, max=2).tag(sync=True)
    sigma = Float(0.5, min=0.1, max=1.2).tag(sync=True)
    seed = Int(0, min=0, max=2**31 - 1).tag(sync=True)  # of the draws eps, made in the page
    draws = Enum(_DRAWS, 100).tag(sync=True)  # how many
    function = Enum(tuple(_FUNCTIONS), "square").tag(sync=True)
    hold = Bool(True).tag(sync=True)  # False: new eps at every move of mu or sigma

    def still(self) -> str:
        """Ten points under the bell curve, and where they go when mu grows and when sigma does."""
        eps = Normal(0.0, 1.0).icdf((torch.arange(10) + 0.5) / 10)
        picture = figures.draws_moving(
            eps.tolist(),
            mu=self.mu,
            sigma=self.sigma,
            nudge=0.4,
            alt="Two panels, each with ten points under a bell curve, joined by arrows to where they go. "
            "Left: the mean grows and all points move by the same amount. Right: the standard deviation "
            "grows and each point moves in proportion to its distance from the mean.",
        )
        return picture._repr_html_()


def kl(
    mu: float = 1.0,
    sigma: float = 0.6,
    *,
    mu_p: float = 0.0,
    sigma_p: float = 1.0,
    title: str = "Two Gaussians and their KL divergence",
) -> KLExplorer:
    """Two Gaussians to drag, what their KL divergence adds up, and the number in both directions, in nats.

    KL(q || p) is drawn as the area under q ln(q / p) and computed by the closed form (Kullback and Leibler,
    "On information and sufficiency", 1951; for a standard normal p: Kingma and Welling 2014, appendix B).

    Args:
        mu, sigma: mean, from -3 to 3, and standard deviation, from 0.1 to 2, of q at the start.
        mu_p, sigma_p: the same of p.
        title: the explorer's heading.

    Raises:
        ValueError: a number out of range.
    """
    return KLExplorer(
        title=title,
        mu_q=_within("mu", mu, -3, 3),
        sigma_q=_within("sigma, a standard deviation,", sigma, 0.1, 2),
        mu_p=_within("mu_p", mu_p, -3, 3),
        sigma_p=_within("sigma_p, a standard deviation,", sigma_p, 0.1, 2),
    )


def reparameterize(
    mu: float = 1.0,
    sigma: float = 0.5,
    *,
    seed: int = 0,
    draws: int = 100,
    function: str = "square",
    title: str = "Hold ε, move μ and σ",
) -> ReparameterizeExplorer:
    """Draws eps that stay while mu and sigma move z = mu + sigma eps, and two estimates of a gradient.

    The gradient is that of E[f(z)] with respect to mu and sigma. The pathwise estimator is f'(z) and
    f'(z) eps (Kingma and Welling 2014; Rezende et al. 2014), the score-function estimator f(z) eps / sigma
    and f(z) (eps^2 - 1) / sigma (Williams 1992). Both are unbiased; the exact value stands beside them.

    Args:
        mu, sigma: mean, from -2 to 2, and standard deviation, from 0.1 to 1.2, at the start.
        seed: of the draws, 0 to 2^31 - 1.
        draws: how many, 10, 100 or 1000.
        function: f, "square" for z^2 or "wave" for sin(4 z).
        title: the explorer's heading.

    Raises:
        ValueError: a number out of range, or an unknown function.
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**31:
        raise ValueError(f"seed must be a whole number from 0 to {2**31 - 1}, not {seed!r}.")
    if draws not in _DRAWS:
        raise ValueError(f"draws, the number of draws, must be 10, 100 or 1000, not {draws!r}.")
    if function not in _FUNCTIONS:
        known = " or ".join(f'"{key}" ({name})' for key, name in _FUNCTIONS.items())
        raise ValueError(f"function must be {known}, not {function!r}.")
    return ReparameterizeExplorer(
        title=title,
        mu=_within("mu", mu, -2, 2),
        sigma=_within("sigma, a standard deviation,", sigma, 0.1, 1.2),
        seed=seed,
        draws=draws,
        function=function,
    )


def _within(what: str, value: float, low: float, high: float) -> float:
    """The value as a float, or an error that says what is allowed."""
    if not math.isfinite(value) or not low <= value <= high:
        raise ValueError(f"{what} must be from {low:g} to {high:g}, not {value!r}.")
    return float(value)
