"""Does one number of the code stand for one true factor, and one factor for one number?"""

from typing import NamedTuple

import numpy as np
import torch
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.metrics import balanced_accuracy_score, mutual_info_score, r2_score
from torch import Tensor

from vaelab.data.arguments import seed_number
from vaelab.errors import DataError, ShapeError

_FEWEST = 100  # codes, below which a histogram says nothing
_FEW_VALUES = 10  # a factor with no more values than this is a set of classes, not a quantity


def mutual_information(codes: Tensor, factors: dict[str, Tensor], bins: int = 20) -> Tensor:
    """Share of each factor's entropy that each latent dimension tells, (latent_dim, factors), in [0, 1].

    I(z_j; v_k) / H(v_k) from histograms. Quantities are cut into `bins` equally full bins, so that
    stretching an axis changes nothing; yes-or-no factors and classes are taken as they are. A histogram of N
    codes finds about bins^2 / 2N nats where there is nothing: use thousands.

    Args:
        codes: (N, latent_dim), for instance the posteriors' means.
        factors: name -> (N,), floats, whole numbers or bool, for instance `images.factors`.
        bins: at least 2.

    Raises:
        ShapeError: factors and codes of different lengths.
        DataError: fewer than 100 codes, or a factor that never varies.
    """
    z, values = _checked(codes, factors)
    if bins < 2:
        raise ValueError(f"bins must be at least 2, not {bins}.")
    columns = [_equally_full(column, bins) for column in z.T]
    classes = [_numbered(v) if _is_class(v) else _equally_full(v, bins) for v in values.values()]
    table = [[mutual_info_score(c, v) / mutual_info_score(v, v) for v in classes] for c in columns]
    return torch.tensor(table, dtype=torch.float64)


def mutual_information_gap(codes: Tensor, factors: dict[str, Tensor], bins: int = 20) -> float:
    """MIG: how much more the best dimension tells of a factor than the second best; in [0, 1].

    Averaged over factors: 1 where each factor is told by one dimension and fully, 0 where each is told
    twice (Chen, Li, Grosse and Duvenaud, "Isolating sources of disentanglement in variational
    autoencoders", NeurIPS 2018, equation 6). One dimension may tell several factors: `dci` minds that.

    Args and errors as for `mutual_information`, which gives the whole table; at least two dimensions.
    """
    table = mutual_information(codes, factors, bins)
    if len(table) < 2:
        raise DataError("The gap is that between two dimensions: the codes have only one.")
    first, second = table.topk(2, dim=0).values
    return (first - second).mean().item()


class DCI(NamedTuple):
    """Three numbers in [0, 1], 1 the best; `importance` has shape (latent_dim, factors), columns sum to 1."""

    disentanglement: float  # does a dimension stand for one factor only?
    completeness: float  # is a factor in one dimension only?
    informativeness: float  # can the factors be told from the code at all?
    importance: Tensor


def dci(codes: Tensor, factors: dict[str, Tensor], seed: int = 0) -> DCI:
    """Disentanglement, completeness and informativeness.

    A random forest learns each factor from the code; how much it used each dimension makes a table whose
    rows and columns are scored by their entropy (Eastwood and Williams, "A framework for the quantitative
    evaluation of disentangled representations", ICLR 2018, section 2). Informativeness is measured on the
    last quarter of the codes, which the forests have not seen: R^2 for quantities, for classes balanced
    accuracy from 0 (guessing) to 1; below 0 counts as 0.

    Args:
        codes: (N, latent_dim), in no particular order.
        factors: name -> (N,), as for `mutual_information`.
        seed: of the forests.

    Raises:
        ShapeError, DataError: as for `mutual_information`; a class with no example in either part.
    """
    z, values = _checked(codes, factors)
    if z.shape[1] < 2 or len(values) < 2:
        raise DataError(
            f"DCI compares dimensions and factors: at least two of each are needed, not {z.shape[1]} "
            f"and {len(values)}."
        )
    learned = [_learn(z, v, seed, name) for name, v in values.items()]
    importance = np.stack([i for i, _ in learned], axis=1)
    weights = importance.sum(1) / importance.sum()
    disentanglement = (weights * _concentration(importance.T)).sum()
    completeness = _concentration(importance).mean()
    informativeness = np.mean([score for _, score in learned])
    table = torch.tensor(importance)
    return DCI(float(disentanglement), float(completeness), float(informativeness), table)


def _learn(z: np.ndarray, v: np.ndarray, seed: int, name: str) -> tuple[np.ndarray, float]:
    """Importance of each dimension for one factor (they sum to 1), and the score on unseen codes."""
    cut = len(z) * 3 // 4
    options = {"n_estimators": 20, "max_depth": 8, "random_state": seed_number(seed) % 2**32}
    if not _is_class(v):
        forest = RandomForestRegressor(**options).fit(z[:cut], v[:cut])
        score = r2_score(v[cut:], forest.predict(z[cut:]))
    else:
        v = _numbered(v)
        if len(np.unique(v[:cut])) < 2 or len(np.unique(v[cut:])) < 2:
            raise DataError(f"The factor {name!r} varies too rarely: give more codes, or leave it out.")
        forest = RandomForestClassifier(**options).fit(z[:cut], v[:cut])
        score = balanced_accuracy_score(v[cut:], forest.predict(z[cut:]), adjusted=True)
    return forest.feature_importances_, max(score, 0.0)


def _concentration(table: np.ndarray) -> np.ndarray:
    """For each column 1 where one row holds all of it, 0 where all rows share it equally."""
    sums = table.sum(0)
    shares = table / np.where(sums > 0, sums, 1)
    entropy = -(shares * np.log(np.where(shares > 0, shares, 1))).sum(0) / np.log(len(table))
    return np.where(sums > 0, 1 - entropy, 0)


def _is_class(v: np.ndarray) -> bool:
    return v.dtype == bool or len(np.unique(v)) <= _FEW_VALUES


def _numbered(v: np.ndarray) -> np.ndarray:
    """Classes as whole numbers from 0: scikit-learn takes any float for a quantity."""
    return np.unique(v, return_inverse=True)[1]


def _equally_full(v: np.ndarray, bins: int) -> np.ndarray:
    """The bin of each value, 0 to bins - 1; equal values share a bin."""
    edges = np.quantile(v, np.linspace(0, 1, bins + 1)[1:-1])
    return np.searchsorted(edges, v, side="right")


def _checked(codes: Tensor, factors: dict[str, Tensor]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    if codes.ndim != 2 or len(codes) < _FEWEST:
        raise DataError(
            f"Codes of shape (N, latent_dim) with N at least {_FEWEST} are needed; these have "
            f"{tuple(codes.shape)}."
        )
    if not factors:
        raise DataError("No factors were given: there is nothing to compare the codes with.")
    for name, v in factors.items():
        if v.shape != (len(codes),):
            raise ShapeError(
                f"{len(codes)} codes, but the factor {name!r} has shape {tuple(v.shape)}: give one a code."
            )
        if (v == v[0]).all():
            raise DataError(f"The factor {name!r} never varies: leave it out.")
    return codes.detach().cpu().numpy(), {name: v.cpu().numpy() for name, v in factors.items()}
