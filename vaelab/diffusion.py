"""Diffusion: a deep hierarchical VAE whose encoder is fixed and only adds noise.

x_0 is data, and step by step it becomes noise: x_t = sqrt(alpha_bar_t) x_0 + sqrt(1 - alpha_bar_t) eps, with
eps from N(0, I) and alpha_bar falling from 1 to nearly 0. That is q, the encoder; nothing in it is learned.
The decoder p goes back from x_T, a draw of N(0, I). All it has to know is `denoise(x_t, t)`, which noise is
in x_t; `t` holds one time for each x_t, (B,), whole numbers from 0, the data, to `schedule.steps`, the noise.

The letters are those of Ho, Jain and Abbeel, "Denoising Diffusion Probabilistic Models", NeurIPS 2020, after
Sohl-Dickstein, Weiss, Maheswaranathan and Ganguli, "Deep Unsupervised Learning using Nonequilibrium
Thermodynamics", ICML 2015. Data may have any shape, (B, ...).

>>> schedule = Schedule.cosine(100)
>>> x_0, t = torch.zeros(2, 4, 8, 8), torch.tensor([1, 100])
>>> schedule.noised(x_0, t, torch.ones_like(x_0)).mean((1, 2, 3))  # hardly any noise; nothing else
tensor([0.0200, 0.9998])
"""

import math
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal

from vaelab.data.arguments import check_floats, check_tensors, real_number, whole_number
from vaelab.errors import DataError, ShapeError
from vaelab.priors import Mixture

Denoise = Callable[[Tensor, Tensor], Tensor]  # (x_t, t) -> the noise in x_t
Network = Callable[[Tensor, Tensor, Tensor], Tensor]  # the same, told something: (x_t, t, condition)


class Schedule:
    """How much of the data is left at each time: a table of alpha_bar.

    Args:
        alpha_bar: (steps + 1,), from 1 at time 0, the data, downwards; above 0 at the end.

    Raises:
        DataError: a table that does not begin with 1, does not fall at each step, or reaches 0.
    """

    def __init__(self, alpha_bar: Tensor):
        check_tensors(alpha_bar=alpha_bar)
        self.alpha_bar = alpha_bar.detach().cpu().double()
        falls = self.alpha_bar.ndim == 1 and len(alpha_bar) > 1 and bool((self.alpha_bar.diff() < 0).all())
        if not falls or self.alpha_bar[0] != 1 or self.alpha_bar[-1] <= 0:
            raise DataError(
                "alpha_bar is a row of numbers that begins with 1 and falls at each step, but not to 0: the "
                "share of the data's variance that is left."
            )
        self.steps = len(alpha_bar) - 1

    @classmethod
    def cosine(cls, steps: int = 1000, end: float = 0.02) -> "Schedule":
        """alpha_bar = cos^2 of an angle that grows evenly from `end` at t = 1 to pi/2 - `end` at t = `steps`.

        The cosine is that of Nichol and Dhariwal, "Improved Denoising Diffusion Probabilistic Models", ICML
        2021. Theirs goes on to both ends, from an infinite signal-to-noise ratio to 0; here it goes from
        1 / end^2 to end^2, as in Kingma et al. (2021), so that the ELBO closes as steps get finer.
        """
        steps = whole_number("steps, from data to noise,", steps, least=2)
        end = real_number("end, the angle at both ends,", end, above=0)
        angles = torch.linspace(end, math.pi / 2 - end, steps, dtype=torch.float64, device="cpu")
        return cls(torch.cat([angles.new_ones(1), angles.cos().square()]))

    def __repr__(self) -> str:
        return f"Schedule(steps={self.steps}, alpha_bar from 1 to {self.alpha_bar[-1]:.2g})"

    def left(self, t: Tensor, like: Tensor) -> Tensor:
        """alpha_bar at times t (B,), in the shape, dtype and place to be multiplied with `like`, (B, ...)."""
        check_tensors(t=t)
        check_floats(x=like)
        if t.is_floating_point() or t.shape != like.shape[:1]:
            raise ShapeError(
                f"Times are whole numbers, one for each of {len(like)} points, shape ({len(like)},); these "
                f"are {t.dtype} of shape {tuple(t.shape)}."
            )
        if not (on_cpu := t.cpu()).numel() or on_cpu.min() < 0 or on_cpu.max() > self.steps:
            raise DataError(f"Times go from 0 to {self.steps}, the schedule's steps.")
        return self.alpha_bar[on_cpu].to(like).view(-1, *[1] * (like.ndim - 1))

    def signal_to_noise(self, t: Tensor) -> Tensor:
        """alpha_bar / (1 - alpha_bar), variance of the data to variance of the noise: float64; inf at 0."""
        left = self.alpha_bar[t.cpu()]
        return left / (1 - left)

    def marginal(self, x_0: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance of q(x_t | x_0): sqrt(alpha_bar) x_0 and 1 - alpha_bar (Ho et al., eq. 4)."""
        left = self.left(t, x_0)
        return left.sqrt() * x_0, 1 - left

    def noised(self, x_0: Tensor, t: Tensor, eps: Tensor) -> Tensor:
        """x_t of data and noise, in one go: the reparameterised draw from q(x_t | x_0)."""
        mean, variance = self.marginal(x_0, t)
        return mean + variance.sqrt() * eps

    def posterior(
        self, x_t: Tensor, x_0: Tensor, t: Tensor, s: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Mean and variance of q(x_s | x_t, x_0), for an earlier time s; None is t - 1 (Ho et al., eq. 7).

        Two normal distributions are multiplied: what x_0 says of x_s, and what x_t says of it. With
        a = alpha_bar_t / alpha_bar_s, what one big step from s to t leaves:

            mean = sqrt(a) (1 - alpha_bar_s) / (1 - alpha_bar_t) x_t
                   + sqrt(alpha_bar_s) (1 - a) / (1 - alpha_bar_t) x_0
            variance = (1 - a) (1 - alpha_bar_s) / (1 - alpha_bar_t)
        """
        late, early = self.left(t, x_t), self.left(t - 1 if s is None else s, x_t)
        step = late / early
        from_noise = step.sqrt() * (1 - early) / (1 - late)
        from_data = early.sqrt() * (1 - step) / (1 - late)
        return from_noise * x_t + from_data * x_0, (1 - step) * (1 - early) / (1 - late)

    def data(self, x_t: Tensor, t: Tensor, eps: Tensor) -> Tensor:
        """The x_0 to which the noise `eps` was added; of an estimate of eps, the estimate of x_0."""
        left = self.left(t, x_t)
        return (x_t - (1 - left).sqrt() * eps) / left.sqrt()

    def noise(self, x_t: Tensor, t: Tensor, x_0: Tensor) -> Tensor:
        """The noise that was added to `x_0`, at times from 1 on; of an estimate of x_0, that of the noise."""
        left = self.left(t, x_t)
        return (x_t - left.sqrt() * x_0) / (1 - left).sqrt()

    def score(self, eps: Tensor, t: Tensor) -> Tensor:
        """The gradient of log q(x_t), where `eps` is the mean of x_t's noise: -eps / sqrt(1 - alpha_bar).

        Vincent, "A Connection Between Score Matching and Denoising Autoencoders", 2011; Song and Ermon,
        "Generative Modeling by Estimating Gradients of the Data Distribution", NeurIPS 2019.
        """
        return -eps / (1 - self.left(t, eps)).sqrt()

    def weights(self) -> Tensor:
        """What ||eps - eps_hat||^2 costs at times 1 to `steps`, in nats: (steps,), float64.

        KL(q(x_{t-1} | x_t, x_0) || p(x_{t-1} | x_t)) is this weight times the squared error, where p takes
        q's variance and its mean with the estimate of x_0 in the place of x_0 (Ho et al., eq. 12; in terms of
        signal to noise: Kingma, Salimans, Poole and Ho, "Variational Diffusion Models", NeurIPS 2021):

            1/2 (SNR(t - 1) / SNR(t) - 1)

        At t = 1 nothing is left but to say x_0 itself, with the variance 1 / SNR(1) that x_1 still has: the
        weight is then 1/2, and a constant comes on top, see `negative_elbo`.
        """
        ratio = self.signal_to_noise(torch.arange(1, self.steps + 1)).reciprocal()
        return torch.cat([ratio.new_tensor([0.5]), 0.5 * (ratio[1:] / ratio[:-1] - 1)])

    def times(self, count: int | None = None) -> list[int]:
        """`count` steps back from noise to data, evenly spaced; None takes all: [steps, ..., 0]."""
        count = whole_number("steps, back from noise to data,", self.steps if count is None else count)
        if count > self.steps:
            raise DataError(f"The schedule has {self.steps} steps, so sampling cannot take {count}.")
        return torch.linspace(self.steps, 0, count + 1, dtype=torch.float64).round().long().tolist()


# ---- the ELBO, and what it becomes ----


class Terms(NamedTuple):
    """Parts of the negative ELBO, in nats, shape (B,) each: they add up to it."""

    prior: Tensor  # KL(q(x_T | x_0) || N(0, I)); no weights can change it
    denoising: Tensor  # the KLs of all steps from x_T to x_1, added up
    reconstruction: Tensor  # -log p(x_0 | x_1)


def squared_error(denoise: Denoise, x_0: Tensor, schedule: Schedule, t: Tensor, eps: Tensor) -> Tensor:
    """||eps - denoise(x_t, t)||^2, summed over each point: (B,).

    Its mean over points, noise and times, all weights being 1, is the loss that networks are trained with
    (Ho et al., eq. 14).
    """
    return (eps - denoise(schedule.noised(x_0, t, eps), t)).square().flatten(1).sum(1)


@torch.no_grad()
def negative_elbo(
    denoise: Denoise, x_0: Tensor, schedule: Schedule, generator: torch.Generator | None = None
) -> Terms:
    """The negative ELBO of each point, all its steps, with one draw of noise for each: `steps` evaluations.

    With D numbers in a point:

        -log p(x_0) <= KL(q(x_T | x_0) || N(0, I)) + sum over t of weights_t ||eps - eps_hat(x_t, t)||^2
                       + D/2 log(2 pi / SNR(1))
    """
    weights = schedule.weights().tolist()
    costs = []
    for t in range(1, schedule.steps + 1):
        eps = torch.randn(x_0.shape, generator=generator).to(x_0)
        times = torch.full((len(x_0),), t, device=x_0.device)
        costs.append(weights[t - 1] * squared_error(denoise, x_0, schedule, times, eps))
    constant = _log_width(x_0, schedule)
    return Terms(prior_kl(x_0, schedule), x_0.new_zeros(len(x_0)) + sum(costs[1:]), costs[0] + constant)


@torch.no_grad()
def sampled_negative_elbo(
    denoise: Denoise, x_0: Tensor, schedule: Schedule, draws: int, generator: torch.Generator | None = None
) -> Tensor:
    """An unbiased estimate of the negative ELBO of each point, (B,), from `draws` of the times alone.

    Times are drawn in proportion to their weights, one from each of `draws` equal shares of their sum.
    """
    draws = whole_number("draws, of times,", draws)
    weights = schedule.weights()
    shares = (weights / weights.sum()).cumsum(0)
    total = x_0.new_zeros(len(x_0))
    for number in range(draws):
        u = (number + torch.rand(len(x_0), generator=generator, dtype=torch.float64)) / draws
        t = (torch.searchsorted(shares, u).clamp(max=schedule.steps - 1) + 1).to(x_0.device)
        eps = torch.randn(x_0.shape, generator=generator).to(x_0)
        total += squared_error(denoise, x_0, schedule, t, eps)
    return prior_kl(x_0, schedule) + weights.sum().item() / draws * total + _log_width(x_0, schedule)


def prior_kl(x_0: Tensor, schedule: Schedule) -> Tensor:
    """KL(q(x_T | x_0) || N(0, I)): what the last x_T still tells of the data, in nats, (B,)."""
    left = schedule.alpha_bar[-1].item()
    each = 0.5 * (left * x_0.square() - left - math.log1p(-left))
    return each.flatten(1).sum(1)


def _log_width(x_0: Tensor, schedule: Schedule) -> float:
    """D/2 log(2 pi sigma^2) of p(x_0 | x_1), whose variance is 1 / SNR(1)."""
    variance = 1 / schedule.signal_to_noise(torch.tensor(1)).item()
    return x_0[0].numel() / 2 * math.log(2 * math.pi * variance)


# ---- sampling ----


class Step(NamedTuple):
    """Where sampling stands."""

    t: int
    x_t: Tensor
    x_0: Tensor  # what x_t was taken to become, at the step that led to it


def walk(
    denoise: Denoise,
    x_T: Tensor,
    schedule: Schedule,
    steps: int | None = None,
    eta: float = 0.0,
    generator: torch.Generator | None = None,
) -> Iterator[Step]:
    """From noise to data, step by step: `steps` of them, the last with t = 0.

    x_s = sqrt(alpha_bar_s) x_0 + sqrt(1 - alpha_bar_s - sigma^2) eps + sigma fresh noise, with the estimates
    of x_0 and eps at t, and sigma^2 = eta^2 times the variance of q(x_s | x_t, x_0) (Song, Meng and Ermon,
    "Denoising Diffusion Implicit Models", ICLR 2021, equation 12).

    Args:
        denoise: the noise in (x_t, t).
        x_T: draws from N(0, I), (B, ...).
        schedule: the one that `denoise` knows.
        steps: how many; None takes all of the schedule's.
        eta: 1 draws from q(x_s | x_t, x_0), ancestral sampling: the hierarchical VAE's own way. 0 adds no
            noise (DDIM): what comes out is a function of x_T, and few steps do.
        generator: of the fresh noise, on the CPU.
    """
    eta, x = real_number("eta, the share of fresh noise,", eta, least=0), x_T
    for late, early in pairwise(schedule.times(steps)):
        t, s = (torch.full((len(x),), time, device=x.device) for time in (late, early))
        with torch.no_grad():
            eps = denoise(x, t)
            x_0 = schedule.data(x, t, eps)
            variance = eta**2 * schedule.posterior(x, x_0, t, s)[1]
            mean, width = schedule.marginal(x_0, s)
            x = mean + (width - variance).clamp(min=0).sqrt() * eps
            if eta and early:
                x = x + variance.sqrt() * torch.randn(x.shape, generator=generator).to(x)
        yield Step(early, x, x_0)


def sample(denoise: Denoise, x_T: Tensor, schedule: Schedule, **options) -> Tensor:
    """The data that `walk` arrives at; its `options` are `steps`, `eta` and `generator`."""
    x_0 = x_T
    for step in walk(denoise, x_T, schedule, **options):
        x_0 = step.x_t
    return x_0


def guided(network: Network, condition: Tensor, scale: float = 1.0) -> Denoise:
    """Classifier-free guidance: eps_unknown + scale (eps_condition - eps_unknown).

    scale 0 leaves the condition out, 1 is the conditional model itself, and more goes beyond it: towards
    where the condition is told most easily, at the price of variety (Ho and Salimans, "Classifier-Free
    Diffusion Guidance", 2022, equation 6, whose w is scale - 1).

    Args:
        network: (x_t, t, condition) -> noise, trained with conditions that were 0, "unknown", part of the
            time.
        condition: (B, A), one row for each point.
        scale: at least 0.
    """
    scale = real_number("scale, of guidance,", scale, least=0)

    def denoise(x_t: Tensor, t: Tensor) -> Tensor:
        told = condition.to(x_t)
        if scale in (0, 1):
            return network(x_t, t, told * scale)
        both = network(torch.cat([x_t, x_t]), torch.cat([t, t]), torch.cat([told, torch.zeros_like(told)]))
        with_it, without = both.chunk(2)
        return without + scale * (with_it - without)

    return denoise


# ---- where everything is known ----


def noised_mixture(mixture: Mixture, schedule: Schedule, t: int) -> Mixture:
    """q(x_t), the distribution of x_t, where x_0 comes from a mixture of normals: again a mixture.

    Means sqrt(alpha_bar) m, covariances alpha_bar C + (1 - alpha_bar) I, the same shares.
    """
    left = schedule.alpha_bar[t].item()
    means, covariances = _noised_normals(mixture, mixture.means.new_tensor([left]))
    noised = Mixture(mixture.latent_dim, mixture.components)
    noised.log_weights.copy_(mixture.log_weights)
    noised.means.copy_(means[0])
    noised.scale_trils.copy_(torch.linalg.cholesky(covariances[0]))
    return noised


def exact_denoiser(mixture: Mixture, schedule: Schedule) -> Denoise:
    """The best denoiser there can be, E[eps | x_t], where x_0 (N, latent_dim) comes from `mixture`.

    By `Schedule.score` it is -sqrt(1 - alpha_bar) times the gradient of log q(x_t): the gradients of the
    normals in the noised mixture, each counted by its share in x_t, p(component | x_t).
    """

    def denoise(x_t: Tensor, t: Tensor) -> Tensor:
        left = schedule.left(t, x_t)[:, 0]
        means, covariances = _noised_normals(mixture, left)
        from_mean = x_t[:, None] - means
        log_normal = MultivariateNormal(means, covariances, validate_args=False).log_prob(x_t[:, None])
        shares = (mixture.log_weights.to(x_t) + log_normal).softmax(1)
        gradients = -torch.linalg.solve(covariances, from_mean[..., None])[..., 0]
        return -(1 - left[:, None]).sqrt() * (shares[..., None] * gradients).sum(1)

    return denoise


def _noised_normals(mixture: Mixture, left: Tensor) -> tuple[Tensor, Tensor]:
    """Means (B, K, D) and covariances (B, K, D, D) of the mixture's normals, at so many alpha_bar (B,)."""
    roots = mixture.scale_trils.to(left)
    left = left[:, None, None, None]
    identity = torch.eye(mixture.latent_dim).to(left)
    covariances = left * (roots @ roots.mT) + (1 - left) * identity
    return left[..., 0].sqrt() * mixture.means.to(left), covariances
