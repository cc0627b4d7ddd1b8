"""The training images nearest to a sample: has the model learned, or copied?"""

from collections.abc import Callable

import torch
from torch import Tensor

from vaelab.data import ImageSet
from vaelab.errors import DataError, ShapeError
from vaelab.evaluation.inputs import evaluating_features

_SPARE = 8  # candidates looked at more closely than asked for
Pictures = ImageSet | Tensor


@torch.no_grad()
def nearest_neighbours(
    queries: Pictures,
    images: Pictures,
    n: int = 5,
    *,
    features: Callable[[Tensor], Tensor] | None = None,
    exclude: Tensor | None = None,
    batch_size: int = 1_000,
) -> tuple[Tensor, Tensor]:
    """The `n` pictures of `images` nearest to each query, nearest first, by Euclidean distance.

    Args:
        queries, images: pictures, as an ImageSet or a tensor (N, C, H, W) of floats in [0, 1] or bytes; or
            features or codes, (N, F). `images` may be large: it is read in batches.
        features: turns pictures into what is to be compared, for instance `portrait_features()`; None
            compares all numbers as they are, which for pictures are pixels.
        exclude: for each query the index in `images` that does not count, shape (Q,), int64; -1 for none.
            Where the queries are taken from `images`, this is their own place.
        batch_size: of `images`, at a time.

    Returns:
        distances (Q, n) and indices (Q, n) into `images`, both on the CPU.

    Raises:
        DataError: `images` has fewer than `n` pictures to choose from.
        ShapeError: queries and images of different shapes, or `exclude` not one index a query.
    """
    queries, images = _pictures_or_rows(queries), _pictures_or_rows(images)
    available = len(images) - (exclude is not None)
    if not 1 <= n <= available:
        raise DataError(f"n, the number of neighbours, must be from 1 to {available} here, not {n}.")
    if exclude is not None and exclude.shape != (len(queries),):
        raise ShapeError(
            f"exclude needs one index a query, shape ({len(queries)},); it has {tuple(exclude.shape)}."
        )
    with evaluating_features(features):
        wanted = _rows(queries, slice(None), features)
        best = torch.empty(len(wanted), 0)
        places = torch.empty(len(wanted), 0, dtype=torch.long)
        for index in torch.arange(len(images)).split(batch_size):
            distances = _distances(wanted, _rows(images, index, features))
            if exclude is not None:
                distances.masked_fill_(exclude.cpu()[:, None] == index, torch.inf)
            best = torch.cat([best, distances], 1)
            places = torch.cat([places, index.expand(len(wanted), -1)], 1)
            best, order = best.topk(min(n + _SPARE, best.shape[1]), largest=False)
            places = places.gather(1, order)
        return _exactly(wanted, images, best, places, n, features)


def memorisation_ratio(
    queries: Pictures, images: Pictures, *, features: Callable[[Tensor], Tensor] | None = None
) -> Tensor:
    """Distance to the nearest picture of `images` over the distance to the second nearest, (Q,) in [0, 1].

    Near 1 a query lies among the images, near 0 it is a copy of one of them; below 1/3 it is counted as
    memorised (Yoon et al., "Diffusion probabilistic models generalize when they fail to memorize", ICML
    2023 workshop). Compare with the ratio of pictures that the model never saw.
    """
    nearest, second = nearest_neighbours(queries, images, 2, features=features)[0].T
    return torch.where(nearest == 0, 0.0, nearest / second)  # also where a picture is there twice


def _exactly(wanted, images, rough, places, n, features) -> tuple[Tensor, Tensor]:
    """Distances of the candidates without the rounding of a matrix product, and the `n` smallest."""
    distances = torch.stack(
        [
            (_rows(images, index, features).double() - query.double()).square().sum(1).sqrt()
            for query, index in zip(wanted, places, strict=True)
        ]
    ).masked_fill(rough.isinf(), torch.inf)
    distances, order = distances.sort(dim=1, stable=True)
    return distances[:, :n].float(), places.gather(1, order)[:, :n]


def _pictures_or_rows(given: Pictures) -> Pictures:
    """Features and codes as they are, all else as an ImageSet."""
    return given if isinstance(given, Tensor) and given.ndim == 2 else ImageSet.of(given)


def _rows(pictures: Pictures, index, features: Callable[[Tensor], Tensor] | None) -> Tensor:
    """Pictures, or what `features` makes of them, as rows of float32 on the CPU."""
    x = pictures.float(index) if isinstance(pictures, ImageSet) else pictures[index]
    return (x if features is None else features(x)).flatten(1).float().cpu()


def _distances(a: Tensor, b: Tensor) -> Tensor:
    if a.shape[1] != b.shape[1]:
        raise ShapeError(
            f"A query has {a.shape[1]} numbers and an image {b.shape[1]}: load both at the same size."
        )
    return torch.cdist(a, b, compute_mode="use_mm_for_euclid_dist")
