"""Linear peers of the face models: probabilistic PCA and factor analysis, whose log p(x) is known exactly.

Both say x = W z + mean + noise with z from N(0, I), so that x is normal with covariance W W^T + noise. In PCA
the noise is the same for all pixels (Tipping and Bishop, "Probabilistic principal component analysis", 1999),
in factor analysis each pixel has its own. Everything is maximum likelihood on the pictures' covariance, D x D
for D numbers a picture, in float64: for faces of 64x64 pixels 1.2 GB, a minute or two to add up and some
minutes to decompose. What comes out is kept in `runs/linear/`.
"""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from scipy import linalg
from torch import Tensor
from torch.distributions import LowRankMultivariateNormal

from vaelab.data import ImageSet
from vaelab.priors import generator
from vaelab.progress import progress

RUNS = Path("runs/linear")
MOST = 4_096  # components that PCA may have
ROUNDING = 1 / 255**2 / 12  # variance of what bytes leave out: no pixel's noise is less
BATCH = 500  # pictures at a time
_PATIENCE = 5  # iterations between two looks at the validation pictures


@dataclass(frozen=True)
class Covariance:
    """Mean and covariance of pictures: (D,) and (D, D), float64, divided by the number of pictures."""

    mean: Tensor
    matrix: Tensor

    @classmethod
    def of(cls, images: ImageSet) -> "Covariance":
        """Added up over all pictures, in their order."""
        size = math.prod(images.shape)
        mean, matrix = torch.zeros(size).double(), torch.zeros(size, size).double()
        for x in images.batches(BATCH):
            mean += x.flatten(1).double().sum(0)
        mean /= len(images)
        batches = progress(
            images.batches(BATCH), total=-(-len(images) // BATCH), wanted=size > 1_000, desc="Covariance"
        )
        for x in batches:
            rest = x.flatten(1).double() - mean
            matrix.addmm_(rest.T, rest)
        return cls(mean, matrix.div_(len(images)))


@dataclass(frozen=True)
class LinearGaussian:
    """p(x) = N(mean, W W^T + diag(noise)): a VAE whose decoder is linear and whose posterior is exact.

    Attributes:
        mean: (D,).
        loadings: W, (D, components).
        noise: variance of each pixel's noise, (D,).
    """

    mean: Tensor
    loadings: Tensor
    noise: Tensor

    @property
    def components(self) -> int:
        return self.loadings.shape[1]

    def log_prob(self, images: ImageSet) -> Tensor:
        """Exact log p(x) of each picture, nats, (N,), by the low-rank identities."""
        density = LowRankMultivariateNormal(self.mean, self.loadings, self.noise, validate_args=False)
        return torch.cat([density.log_prob(x.flatten(1).double()) for x in images.batches(BATCH)])

    def reconstruct(self, images: ImageSet) -> Tensor:
        """W z + mean with the z that explains each picture best, (N, C, H, W).

        Squared errors are weighed by the pixels' noise. For PCA this is the projection, of least error.
        """
        weighed = self.loadings / self.noise[:, None]
        root = torch.linalg.cholesky(weighed.T @ self.loadings)
        parts = []
        for x in images.batches(BATCH):
            z = torch.cholesky_solve(((x.flatten(1).double() - self.mean) @ weighed).T, root).T
            parts.append((self.mean + z @ self.loadings.T).view_as(x))
        return torch.cat(parts)

    def sample(self, n: int, seed: int, shape: tuple[int, int, int]) -> Tensor:
        """New pictures without the noise, cut off at 0 and 1, as `VAE.sample` gives them: (n, *shape)."""
        z = torch.randn((n, self.components), generator=generator(seed)).double()
        return (self.mean + z @ self.loadings.T).clamp(0, 1).float().view(n, *shape)


@dataclass(frozen=True)
class Components:
    """Principal components: they make a probabilistic PCA of any number up to all of them.

    Attributes:
        mean: (D,).
        total: variance of all pixels together, a scalar.
        variances: along the axes, the largest first, (K,).
        axes: orthonormal columns, (D, K).
    """

    mean: Tensor
    total: Tensor
    variances: Tensor
    axes: Tensor

    @classmethod
    def of(cls, covariance: Covariance, most: int = MOST) -> "Components":
        """The first `most` eigenvectors of the covariance."""
        size = len(covariance.mean)
        first = max(size - most, 0)
        if size > 1_000:
            print(f"Principal components of {size} numbers: some minutes", flush=True)
        values, vectors = linalg.eigh(
            covariance.matrix.numpy(), subset_by_index=[first, size - 1], check_finite=False
        )
        variances, axes = torch.from_numpy(values).flip(0), torch.from_numpy(vectors).flip(1)
        return cls(covariance.mean, covariance.matrix.trace(), variances, axes)

    def first(self, count: int) -> "Components":
        """The first `count` of them, the others forgotten."""
        return Components(self.mean, self.total, self.variances[:count], self.axes[:, :count].contiguous())

    def noise(self) -> Tensor:
        """Variance of the noise with 0 to K components, (K + 1,): the mean over the axes left out."""
        size, used = len(self.mean), _from_zero(self.variances)
        left = torch.arange(size, size - len(used), -1).clamp(min=1)
        return ((self.total - used) / left).clamp(min=ROUNDING)

    def log_prob(self, images: ImageSet) -> Tensor:
        """Mean log p(x) of `images` with 0 to K components, nats, (K + 1,), in one pass."""
        size, noise, total = len(self.mean), self.noise(), torch.zeros(len(self.variances) + 1).double()
        for x in images.batches(BATCH):
            rest = x.flatten(1).double() - self.mean
            squares = (rest @ self.axes).square()
            left = rest.square().sum(1, keepdim=True) - _from_zero(squares)
            total += (_from_zero(squares / self.variances) + left / noise).sum(0)
        left_out = size - torch.arange(len(noise))
        log_determinant = _from_zero(self.variances.log()) + left_out * noise.log()
        return -0.5 * (size * math.log(2 * math.pi) + log_determinant + total / len(images))

    def best(self, images: ImageSet) -> int:
        """The number of components whose log p(x) of `images` is highest."""
        return int(self.log_prob(images).argmax())

    def model(self, count: int) -> LinearGaussian:
        """Probabilistic PCA with `count` components."""
        noise = self.noise()[count]
        loadings = self.axes[:, :count] * (self.variances[:count] - noise).clamp(min=0).sqrt()
        return LinearGaussian(self.mean, loadings, noise.expand(len(self.mean)).clone())


def _from_zero(values: Tensor) -> Tensor:
    """Sums of the first 0, 1, 2, ... numbers of each row."""
    return torch.cat([values.new_zeros(*values.shape[:-1], 1), values.cumsum(-1)], -1)


def factor_analysis(
    covariance: Covariance,
    start: LinearGaussian,
    validation: ImageSet,
    iterations: int = 200,
    gain: float = 1.0,
) -> LinearGaussian:
    """Factor analysis with as many components as `start`, from there.

    Loadings and noise are improved in turn: given the noise, the best loadings are the first eigenvectors of
    the covariance whose pixels are divided by their noise; given the loadings, the noise is what they leave
    of each pixel's variance (Joreskog, "Some contributions to maximum likelihood factor analysis", 1967). The
    eigenvectors are those of the last turn, improved by one step of subspace iteration.

    Args:
        start: for instance probabilistic PCA.
        validation: the noise may fit the training pictures too closely, so these say when to stop: when so
            many iterations have passed, or five in a row have added less than `gain` nats to their log p(x).

    Returns:
        What gave the validation pictures their highest log p(x).
    """
    mean, matrix = covariance.mean, covariance.matrix
    noise, best, highest = start.noise, start, start.log_prob(validation).mean()
    basis = torch.linalg.qr(start.loadings / noise.sqrt()[:, None]).Q
    bar = progress(
        range(1, iterations + 1), wanted=len(mean) > 1_000, desc=f"Factor analysis, {start.components}"
    )
    for iteration in bar:
        root = noise.sqrt()[:, None]
        pulled = matrix @ (basis / root)
        values, turn = torch.linalg.eigh(basis.T @ (pulled / root))
        loadings = root * (basis @ turn) * (values - 1).clamp(min=0).sqrt()
        noise = (matrix.diagonal() - loadings.square().sum(1)).clamp(min=ROUNDING)
        basis = torch.linalg.qr(pulled / noise.sqrt()[:, None]).Q
        if iteration % _PATIENCE == 0:
            model = LinearGaussian(mean, loadings, noise)
            reached = model.log_prob(validation).mean()
            gained, highest = reached - highest, max(reached, highest)
            best = model if gained > 0 else best
            bar.set_postfix({"log p": f"{reached:.1f}"})
            if gained < gain:
                break
    bar.close()
    return best


class Peers:
    """The linear peers of one training set, fitted when asked for, and kept in `folder`.

    Files are named by a digest of the pictures: other pictures, other peers.
    """

    def __init__(self, train: ImageSet, validation: ImageSet, folder: Path = RUNS, most: int = MOST):
        self.train, self.validation, self.folder, self.most = train, validation, folder, most
        self.digest = hashlib.blake2b(train.images.contiguous().numpy(), digest_size=6).hexdigest()

    @cached_property
    def covariance(self) -> Covariance:
        """Of the training pictures: only needed while something is not fitted yet."""
        return Covariance.of(self.train)

    def components(self) -> Components:
        """Principal components, as many as the best number by validation, or the 256 that others ask for."""

        def fitted() -> dict[str, Tensor]:
            found = Components.of(self.covariance, self.most)
            return vars(found.first(max(found.best(self.validation), min(256, self.most))))

        return Components(**self._kept(f"components-{self.most}", fitted))

    def factors(self, count: int) -> LinearGaussian:
        """Factor analysis with `count` components."""

        def fitted() -> dict[str, Tensor]:
            return vars(factor_analysis(self.covariance, self.components().model(count), self.validation))

        return LinearGaussian(**self._kept(f"factors-{count}", fitted))

    def _kept(self, name: str, fitted: Callable[[], dict[str, Tensor]]) -> dict[str, Tensor]:
        path = self.folder / f"{self.digest}-{name}.safetensors"
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(".part")
            save_file({key: value.contiguous() for key, value in fitted().items()}, part)
            part.replace(path)  # a run that was broken off leaves no half of a file
        return load_file(path)
