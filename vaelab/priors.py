"""What codes are drawn from: N(0, I), a normal or a mixture fitted to codes, or a learned flow.

A VAE is trained with the prior N(0, I), but q(z), the posteriors of all images taken together, never quite
fills it, and what is decoded from the gaps is no picture. A prior fitted to draws of q(z) afterwards leaves
the gaps out, and the decoder as it is: a second stage of learning (Dai and Wipf, "Diagnosing and Enhancing
VAE Models", ICLR 2019).

All kinds are used alike. They know codes, (N, latent_dim), and nothing of the model these came from:
`latent.draw_codes` draws them. Until it is fitted, each kind is N(0, I).

>>> codes = torch.randn(500, 2) * torch.tensor([1.0, 3.0])
>>> prior = Normal(2).fit(codes)
>>> prior.sample(4, seed=0).shape, prior.log_prob(codes).shape
(torch.Size([4, 2]), torch.Size([500]))
"""

import math
import warnings
from collections.abc import Callable, Iterable
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal

from vaelab import nets
from vaelab.data.arguments import check_tensors, real_number, seed_number, whole_number
from vaelab.errors import DataError, ShapeError
from vaelab.learning import learn
from vaelab.progress import progress as progress_bar

_BOUND = 1e-6  # share of a latent's spread that is left once others are known: float32's rounding is below
_NUMBERS = 2**22  # in a hidden layer, for all codes and derivatives that go at a time
_BAR_FROM = 2**20  # rows through the network, from which on a progress bar is worth its line


class Prior(nn.Module):
    """A distribution of codes, p(z). The kinds below are priors; one's own gives `_draw` and `_log_density`.

    Args:
        latent_dim: numbers in a code.
    """

    def __init__(self, latent_dim: int):
        super().__init__()
        self.latent_dim = whole_number("latent_dim, the numbers in a code,", latent_dim)

    def fit(self, codes: Tensor, *, seed: int = 0) -> "Prior":
        """Learn the distribution of `codes`, in place; what was learned before is forgotten.

        Args:
            codes: draws of the aggregate posterior, (N, latent_dim): `latent.draw_codes(model, images)`.
                Means of posteriors will not do: they leave out the posteriors' own width.
            seed: of what is drawn while fitting, if anything is; PyTorch's own random state stays as it was.

        Returns:
            The prior itself.

        Raises:
            ShapeError, DataError: codes of another shape, too few of them, or a number that is not finite.
        """
        raise NotImplementedError

    @torch.no_grad()
    def sample(self, n: int, seed: int | torch.Generator | None = None) -> Tensor:
        """`n` codes, (n, latent_dim), where the prior's numbers are.

        Args:
            n: how many, at least 1.
            seed: the same seed gives the same codes on every device, up to rounding; None gives new ones each
                time. A CPU generator goes on from where it stands.
        """
        return self._draw(whole_number("n, the number of codes,", n), generator(seed))

    def log_prob(self, z: Tensor) -> Tensor:
        """log p(z) of each code, in nats: (N, latent_dim) -> (N,), float64 (float32 on Apple's GPUs)."""
        check_tensors(z=z)
        self._check_shape(z)
        like = next(self.buffers(), z)
        rows = z.to(like.device).to(nets.widest(like.device))
        density = self._log_density(rows)
        return (density if nets.widest(z.device) == torch.float64 else density.float()).to(z.device)

    def _draw(self, n: int, generator: torch.Generator | None) -> Tensor:
        """`n` codes, from draws on the CPU."""
        raise NotImplementedError

    def _log_density(self, z: Tensor) -> Tensor:
        """log p(z) of codes of the right shape, in their own dtype."""
        raise NotImplementedError

    def _check_shape(self, codes: Tensor) -> None:
        if codes.ndim != 2 or codes.shape[1] != self.latent_dim:
            raise ShapeError(
                f"Codes for this prior have shape (N, {self.latent_dim}); these have {tuple(codes.shape)}."
                + (
                    " One code alone needs a first axis: z[None]."
                    if codes.shape == (self.latent_dim,)
                    else ""
                )
            )

    def _fitting(self, codes: Tensor, groups: int = 1) -> Tensor:
        """Codes that can be fitted, as float64 on the CPU: enough for the spread of so many `groups`."""
        check_tensors(codes=codes)
        self._check_shape(codes)
        needed = groups * (self.latent_dim + 1)
        if len(codes) < needed:
            raise DataError(
                f"{len(codes)} codes cannot say how {self.latent_dim} numbers spread"
                + (f" in each of {groups} components" if groups > 1 else "")
                + f": fit needs at least {needed}, better some thousands. latent.draw_codes(model, images, "
                "draws=10) takes several from each picture."
            )
        codes = codes.detach().cpu().double()
        if not torch.isfinite(codes).all():
            raise DataError("Some codes are NaN or infinite: look at the model that they came from.")
        if (same := (codes == codes[0]).all(0)).any():
            raise DataError(
                f"Latent {int(same.nonzero()[0])} is the same number in all codes, so that no density can be "
                "fitted. Codes of a VAE must be drawn, not the means: latent.draw_codes(model, images)."
            )
        return codes


def generator(seed: int | torch.Generator | None) -> torch.Generator | None:
    """A CPU generator that begins at `seed`; None, for PyTorch's own, and a generator stay what they are."""
    if seed is None or isinstance(seed, torch.Generator):
        return seed
    return torch.Generator().manual_seed(seed_number(seed))


class StandardNormal(Prior):
    """N(0, I), what a VAE is trained with. There is nothing in it to be fitted."""

    def fit(self, codes: Tensor, *, seed: int = 0) -> "StandardNormal":
        """Look whether the codes have the right shape, and change nothing."""
        check_tensors(codes=codes)
        self._check_shape(codes)
        return self

    def _draw(self, n: int, generator: torch.Generator | None) -> Tensor:
        return torch.randn((n, self.latent_dim), generator=generator)

    def _log_density(self, z: Tensor) -> Tensor:
        return _log_standard_normal(z)


def _log_standard_normal(z: Tensor) -> Tensor:
    return -0.5 * (z.square() + math.log(2 * math.pi)).sum(1)


class Normal(Prior):
    """One normal distribution with any covariance, fitted in closed form: the codes' own mean and covariance.

    Args:
        latent_dim: numbers in a code.

    Attributes:
        mean: (latent_dim,).
        scale_tril: Cholesky factor L of the covariance L L^T, (latent_dim, latent_dim), lower triangular.
    """

    mean: Tensor
    scale_tril: Tensor

    def __init__(self, latent_dim: int):
        super().__init__(latent_dim)
        self.register_buffer("mean", torch.zeros(self.latent_dim))
        self.register_buffer("scale_tril", torch.eye(self.latent_dim))

    def fit(self, codes: Tensor, *, seed: int = 0) -> "Normal":
        """Maximum likelihood. Args and errors as for every prior; also latents that follow from others."""
        codes = self._fitting(codes)
        mean, spread = codes.mean(0), codes.std(0, correction=0)
        correlation = torch.cov(((codes - mean) / spread).T, correction=0).view(2 * (self.latent_dim,))
        root, failed = torch.linalg.cholesky_ex(correlation)
        bound = root.diagonal() < _BOUND
        if failed or bound.any():
            number = int(failed) - 1 if failed else int(bound.nonzero()[0])
            raise DataError(
                f"Latent {number} follows from the ones before it in all codes: their covariance has no "
                "inverse, so that no density can be fitted."
            )
        self.mean.copy_(mean)
        self.scale_tril.copy_(spread[:, None] * root)
        return self

    def _draw(self, n: int, generator: torch.Generator | None) -> Tensor:
        eps = torch.randn((n, self.latent_dim), generator=generator)
        return self.mean + eps.to(self.mean) @ self.scale_tril.T

    def _log_density(self, z: Tensor) -> Tensor:
        return _normal(self.mean.to(z), self.scale_tril.to(z)).log_prob(z)


def _normal(mean: Tensor, scale_tril: Tensor) -> MultivariateNormal:
    return MultivariateNormal(mean, scale_tril=scale_tril, validate_args=False)  # NaN has the density NaN


class Mixture(Prior):
    """Several normal distributions, each with its share, fitted by expectation maximisation (EM).

    The fitting is scikit-learn's `GaussianMixture` (Dempster, Laird and Rubin, "Maximum likelihood from
    incomplete data via the EM algorithm", 1977).

    Args:
        latent_dim: numbers in a code.
        components: how many normal distributions.

    Attributes:
        log_weights: logarithms of the shares, (components,).
        means: (components, latent_dim).
        scale_trils: Cholesky factors of the covariances, (components, latent_dim, latent_dim).
    """

    log_weights: Tensor
    means: Tensor
    scale_trils: Tensor

    def __init__(self, latent_dim: int, components: int = 10):
        super().__init__(latent_dim)
        self.components = whole_number("components, the normal distributions of a mixture,", components)
        count, size = self.components, self.latent_dim
        self.register_buffer("log_weights", torch.full((count,), -math.log(count)))
        self.register_buffer("means", torch.zeros(count, size))
        self.register_buffer("scale_trils", torch.eye(size).repeat(count, 1, 1))

    def fit(self, codes: Tensor, *, seed: int = 0, iterations: int = 200) -> "Mixture":
        """EM, from where k-means puts the components, until it hardly gains or for so many `iterations`.

        Other args and errors as for every prior: the more components, the more codes it needs.
        """
        from sklearn.exceptions import ConvergenceWarning  # takes a second
        from sklearn.mixture import GaussianMixture

        iterations = whole_number("iterations", iterations)
        codes = self._fitting(codes, self.components)
        mean, spread = codes.mean(0), codes.std(0)
        mixture = GaussianMixture(
            self.components, max_iter=iterations, random_state=seed_number(seed) % 2**32
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # what `iterations` is for
            mixture.fit(((codes - mean) / spread).numpy())
        roots = torch.linalg.cholesky(torch.from_numpy(mixture.covariances_))
        self.log_weights.copy_(torch.from_numpy(mixture.weights_).log())
        self.means.copy_(torch.from_numpy(mixture.means_) * spread + mean)
        self.scale_trils.copy_(spread[:, None] * roots)
        return self

    def _draw(self, n: int, generator: torch.Generator | None) -> Tensor:
        shares = self.log_weights.cpu().exp()
        component = torch.multinomial(shares, n, replacement=True, generator=generator)
        z = torch.randn((n, self.latent_dim), generator=generator).to(self.means)
        component = component.to(z.device)
        for number, (mean, root) in enumerate(zip(self.means, self.scale_trils, strict=True)):
            rows = component == number
            z[rows] = mean + z[rows] @ root.T
        return z

    def _log_density(self, z: Tensor) -> Tensor:
        parts = _normal(self.means.to(z), self.scale_trils.to(z))
        shares = Categorical(logits=self.log_weights.to(z), validate_args=False)
        mixture = MixtureSameFamily(shares, parts, validate_args=False)
        return torch.cat([mixture.log_prob(rows) for rows in z.split(1024)])


class Velocity(nn.Module):
    """The network of a flow: where a point is going at a time. (B, latent_dim), (B,) -> (B, latent_dim).

    A linear layer, residual blocks with layer norm (Ba, Kiros and Hinton, 2016), a linear layer. Time, from
    0 to 1, enters as the sines and cosines of t times each of `frequencies`. It begins as 0 everywhere.

    Args:
        latent_dim: numbers in a code.
        hidden: width of the layers between.
        blocks: how many residual blocks.
        frequencies: how many, from 1 to 1000 by equal factors.
        conditions: how many numbers more it is told, (B, conditions).
    """

    def __init__(self, latent_dim: int, hidden: int, blocks: int, frequencies: int = 16, conditions: int = 0):
        super().__init__()
        self.waves = nets.Waves(frequencies)
        self.first = nn.Linear(latent_dim + 2 * frequencies + conditions, hidden)
        self.blocks = nn.Sequential(*[_block(hidden) for _ in range(blocks)])
        self.last = nn.Linear(hidden, latent_dim)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, x: Tensor, t: Tensor, condition: Tensor | None = None) -> Tensor:
        told = [] if condition is None else [condition]
        return self.last(self.blocks(self.first(torch.cat([x, self.waves(t), *told], dim=1))))


def _block(hidden: int) -> nets.Residual:
    return nets.Residual(
        nn.LayerNorm(hidden), nn.Linear(hidden, hidden), nn.SiLU(), nn.Linear(hidden, hidden)
    )


class FlowMatching(Prior):
    """Noise carried to codes by a learned velocity: a continuous normalising flow.

    Codes are standardised, each latent by its mean and spread. A point starts as x_0 from N(0, I) and follows
    dx/dt = v(x, t) until t = 1, where it is such a code. The network v learns by flow matching: on the
    straight line x_t = (1 - t) x_0 + t x_1 from noise to a code it is to say x_1 - x_0, and where lines
    cross, their average (Lipman et al., "Flow Matching for Generative Modeling"; Liu, Gong and Liu, "Flow
    Straight and Fast"; both ICLR 2023).

    Its density follows a code back to the noise that it came from, and adds up how the velocity squeezes
    space on the way: log p(z) = log N(x_0; 0, I) - integral over t of tr(dv/dx) - sum of log spread (Chen,
    Rubanova, Bettencourt and Duvenaud, "Neural Ordinary Differential Equations", NeurIPS 2018). The trace is
    exact, no estimate, so that a code of 128 latents takes about half a second of one core. What is left is
    the error of the steps: at 40 of them some tenths of a nat for one code and hundredths for the mean of
    many, at 160 far less; set `prior.steps` to see. No gradients pass.

    Args:
        latent_dim: numbers in a code.
        hidden: width of the network; None takes 4 for each latent, but from 128 to 512.
        blocks: its residual blocks.
        steps: of Heun's method from t = 0 to 1, two evaluations of the network each.

    Attributes:
        velocity: the network, a `Velocity`. It works on standardised codes, (z - mean) / spread.
        mean, spread: of each latent, (latent_dim,).
        interrupted: whether the last `fit` was stopped early.
    """

    mean: Tensor
    spread: Tensor
    velocity: nn.Module

    def __init__(self, latent_dim: int, hidden: int | None = None, blocks: int = 3, steps: int = 40):
        super().__init__(latent_dim)
        hidden = min(max(4 * self.latent_dim, 128), 512) if hidden is None else hidden
        self.hidden = whole_number("hidden, the width of the network,", hidden)
        self.blocks = whole_number("blocks, of the network,", blocks)
        self.steps = whole_number("steps, from noise to a code,", steps)
        self.interrupted = False
        self.register_buffer("mean", torch.zeros(self.latent_dim))
        self.register_buffer("spread", torch.ones(self.latent_dim))
        self.velocity = self._new_network(seed=0)

    def _new_network(self, seed: int) -> Velocity:
        """The network before training: it does not learn by itself, as a part of a model that is trained."""
        with nets.drawing_by(torch.Generator().manual_seed(seed)):
            return Velocity(self.latent_dim, self.hidden, self.blocks).requires_grad_(False)

    def fit(
        self,
        codes: Tensor,
        *,
        updates: int = 4_000,
        batch_size: int = 512,
        lr: float = 1e-3,
        seed: int = 0,
        progress: bool = True,
    ) -> "FlowMatching":
        """Train a new network, where the prior's numbers are: some minutes for 128 latents on a CPU.

        AdamW (Loshchilov and Hutter, ICLR 2019), with a step size that falls to 0 along half a cosine. A
        running average of the weights is what is kept. Interrupting (Ctrl-C, or the stop button) ends it and
        keeps what was learned. The same seed gives the same result on the same machine.

        Args:
            codes: draws of the aggregate posterior, (N, latent_dim): `latent.draw_codes(model, images)`.
            updates: how often the weights change.
            batch_size: codes an update, drawn with replacement.
            lr: the step size at the start.
            seed: of all draws; PyTorch's own random state stays as it was.
            progress: whether to show a bar.

        Raises:
            ShapeError, DataError: as for every prior.
            TrainingDivergedError: the loss became NaN or infinite; the prior is as it was.
        """
        codes = self._fitting(codes)
        updates = whole_number("updates, of the weights,", updates)
        batch_size = whole_number("batch_size", batch_size)
        lr = real_number("lr, the step size,", lr, above=0)
        seed = seed_number(seed)
        draws = torch.Generator().manual_seed(seed)
        mean, spread = codes.mean(0), codes.std(0)
        data = ((codes - mean) / spread).to(self.mean)
        kept, self.interrupted = learn(
            self._new_network(seed).to(self.mean),
            lambda network: _flow_matching_loss(network, data, batch_size, draws),
            updates=updates,
            lr=lr,
            draws=draws,
            progress=progress,
        )
        self.mean.copy_(mean)
        self.spread.copy_(spread)
        self.velocity = kept
        return self

    def _draw(self, n: int, generator: torch.Generator | None) -> Tensor:
        x = torch.randn((n, self.latent_dim), generator=generator).to(self.mean)
        return self.mean + self.spread * _heun(self._speed, x, self._times())

    @torch.no_grad()
    def _log_density(self, z: Tensor) -> Tensor:
        x = (z - self.mean) / self.spread
        rows = max(1, _NUMBERS // (self.hidden * self.latent_dim))
        work = len(x) * self.latent_dim * 2 * self.steps
        bar = progress_bar(x.split(rows), wanted=work >= _BAR_FROM, desc="Following codes back to noise")
        return torch.cat([self._back_to_noise(part) for part in bar]) - self.spread.log().sum()

    def _back_to_noise(self, x: Tensor) -> Tensor:
        """log p(x) of standardised codes: beside each goes the integral of the trace, from 1 to 0."""
        start = torch.cat([x, x.new_zeros(len(x), 1)], dim=1)
        end = _heun(self._speed_and_trace, start, self._times()[::-1])
        return _log_standard_normal(end[:, :-1]) + end[:, -1]

    def _times(self) -> list[float]:
        return torch.linspace(0, 1, self.steps + 1, dtype=torch.float64).tolist()

    def _speed(self, x: Tensor, t: float) -> Tensor:
        return self.velocity(x, x.new_full((len(x),), t))

    def _speed_and_trace(self, state: Tensor, t: float) -> Tensor:
        """The velocity and the trace of its Jacobian, side by side: (B, latent_dim + 1).

        The network works in its own number format, as it does when it draws.
        """
        with torch.enable_grad():
            x = state[:, :-1].to(self.mean).clone().requires_grad_()
            speed = self._speed(x, t)
            axes = torch.eye(self.latent_dim).to(x)[:, None].expand(-1, len(x), -1)
            rows = torch.autograd.grad(speed, x, axes, is_grads_batched=True)[0]
        trace = rows.diagonal(dim1=0, dim2=2).sum(1)  # of (latent_dim, B, latent_dim)
        return torch.cat([speed.detach(), trace[:, None]], dim=1).to(state)


def _heun(field: Callable[[Tensor, float], Tensor], x: Tensor, times: Iterable[float]) -> Tensor:
    """Heun's method for dx/dt = field(x, t): each step takes the mean of the slopes at its two ends."""
    for start, end in pairwise(times):
        slope = field(x, start)
        x = x + (end - start) / 2 * (slope + field(x + (end - start) * slope, end))
    return x


def _flow_matching_loss(
    network: nn.Module, data: Tensor, batch_size: int, draws: torch.Generator | None
) -> Tensor:
    """Mean squared error of the velocity, at times spread evenly over [0, 1], each shifted at random."""
    size = (batch_size, data.shape[1])
    x_1 = data[torch.randint(len(data), (batch_size,), generator=draws).to(data.device)]
    x_0 = torch.randn(size, generator=draws).to(data)
    t = ((torch.arange(batch_size) + torch.rand(batch_size, generator=draws)) / batch_size).to(data)
    x_t = torch.lerp(x_0, x_1, t[:, None])
    return (network(x_t, t) - (x_1 - x_0)).square().mean()


KINDS: dict[str, type[Prior]] = {"normal": Normal, "mixture": Mixture, "flow": FlowMatching}
