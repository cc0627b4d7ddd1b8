"""Walk off the data: noise on a picture's code, and how far that is from the codes of real pictures."""

import torch
from sklearn.covariance import ledoit_wolf
from torch import Tensor, nn
from traitlets import Float, Int, List, TraitError, Unicode, validate

from vaelab.data import ImageSet
from vaelab.data.arguments import seed_number
from vaelab.errors import DataError
from vaelab.explorers import pictures
from vaelab.explorers.codes import check_model, posterior, rounded, thumbnails
from vaelab.explorers.decoding import DecoderExplorer
from vaelab.explorers.explorer import one_of

_FEWEST, _MOST = 50, 1000  # pictures that say where the codes lie
_REACH, _STEP = 4.0, 0.25  # the walk, in standard deviations, and where on it distances are measured
_DIRECTIONS = 6


class Noise(DecoderExplorer):
    """See `noise`."""

    kind = Unicode("noise").tag(sync=True)
    amount = Float(0.0).tag(sync=True)  # standard deviations from the start
    picture = Int(0).tag(sync=True)  # where from; one more than the last: from zero
    direction = Int(0).tag(sync=True)
    codes = List(List(Float())).tag(sync=True)
    originals = List(Unicode()).tag(sync=True)  # data URIs of the pictures
    directions = List(List(Float())).tag(sync=True)  # draws from N(0, I)
    spread = List(Float()).tag(sync=True)  # of the codes, one a dimension
    distances = List().tag(sync=True)  # [from where][direction][step of the walk]
    step = Float(_STEP).tag(sync=True)
    reach = Float(_REACH).tag(sync=True)

    @validate("picture", "direction")
    def _known(self, proposal):
        picture = proposal.trait.name == "picture"
        return one_of(proposal, len(self.codes) + 1 if picture else len(self.directions))

    @validate("amount")
    def _on_the_way(self, proposal):
        if not 0 <= proposal.value <= self.reach:
            raise TraitError(f"amount goes from 0 to {self.reach} here, not {proposal.value}.")
        return proposal.value

    def still(self) -> str:
        steps = torch.tensor([0.0, 1.0, 2.0, 3.0])
        walk = torch.tensor(self.directions[0]) * torch.tensor(self.spread)
        faces = self._decode(torch.tensor(self.codes[0]) + steps[:, None] * walk)
        alt = "A decoded picture, and what is left of it after noise of 1, 2 and 3 standard deviations."
        return pictures.img(pictures.row(faces), alt, width=448)


def noise(
    model: nn.Module,
    images: ImageSet | Tensor,
    *,
    faces: int = 4,
    seed: int = 0,
    title: str = "Walk off the data",
) -> Noise:
    """A picture's code with noise added, decoded, and how far it has gone from the codes of real pictures.

    From a face the code is mu + amount * spread * eps, with eps a fixed draw from N(0, I); from zero it is
    amount * eps, at amount 1 a draw from the prior. "How far" compares the distance to the nearest code of
    the other pictures with what real codes have among themselves (the median distance to their nearest).
    Both are Mahalanobis distances (covariance after Ledoit and Wolf, "A well-conditioned estimator for
    large-dimensional covariance matrices", J. Multivariate Analysis 88, 2004), for an autoencoder's codes lie
    in a thin, lopsided cloud: plain distance would call a place beside the cloud near. Codes of a VAE are
    draws from the posterior here, as the decoder sees in training.

    Args:
        model: has `decode(z)`, `encode(x)` and `latent_dim`.
        images: at least 50, better some hundred, such as `vaelab.load("portraits", size=64, n=400,
            split="test")`; the first 1,000 count.
        faces: how many of them, from the first on, to start from: 1 to 6.
        seed: of the directions.
        title: heading.

    Raises:
        DataError: too few pictures.
        ValueError: faces out of range.
    """
    check_model(model)
    if not 1 <= faces <= 6:
        raise ValueError(f"faces, how many pictures to start from, goes from 1 to 6, not {faces}.")
    images = ImageSet.of(images)
    if len(images) < _FEWEST:
        raise DataError(
            f"Where codes lie cannot be said from {len(images)} pictures: give at least {_FEWEST}, better "
            "some hundred."
        )
    images = images[:_MOST]
    generator = torch.Generator().manual_seed(seed_number(seed))
    mu, log_var = posterior(model, images)
    cloud = mu if log_var is None else mu + (log_var / 2).exp() * torch.randn(mu.shape, generator=generator)
    directions = torch.randn(_DIRECTIONS, model.latent_dim, generator=generator)
    return Noise(
        model,
        codes=rounded(mu[:faces]),
        originals=thumbnails(images[:faces]),
        directions=rounded(directions),
        spread=rounded(cloud.std(0)),
        distances=rounded(_distances(cloud, mu[:faces], directions)),
        title=title,
    )


def _distances(cloud: Tensor, starts: Tensor, directions: Tensor) -> Tensor:
    """How far each step of each walk is from the cloud, 1 for as far as its codes' nearest neighbours.

    Args:
        cloud: (N, latent_dim); its first codes are of the same pictures as `starts`, and do not count there.
        starts: (F, latent_dim). Behind them comes one walk from zero.
        directions: (D, latent_dim).

    Returns:
        (F + 1, D, steps).
    """
    whiten = _whitening(cloud)
    points = cloud.double() @ whiten
    among = torch.cdist(points, points).fill_diagonal_(torch.inf).min(1).values.median()
    amounts = torch.arange(0, _REACH + _STEP / 2, _STEP)[:, None]
    table = torch.empty(len(starts) + 1, len(directions), len(amounts))
    for i, start in enumerate([*starts, torch.zeros_like(starts[0])]):
        scale, others = (cloud.std(0), torch.arange(len(cloud)) != i) if i < len(starts) else (1, slice(None))
        for j, direction in enumerate(directions):
            walk = (start + amounts * scale * direction).double() @ whiten
            table[i, j] = torch.cdist(walk, points[others]).min(1).values / among
    return table


def _whitening(codes: Tensor) -> Tensor:
    """The float64 matrix (latent_dim, latent_dim) after which codes spread alike in all directions."""
    covariance = torch.from_numpy(ledoit_wolf(codes.double().numpy())[0])
    variances, axes = torch.linalg.eigh(covariance)
    return axes / variances.clamp_min(1e-12).sqrt()
