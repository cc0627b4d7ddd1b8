"""How much of what a picture shows can be read off its code, by simple classifiers."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from vaelab.data.arguments import seed_number
from vaelab.errors import DataError, ShapeError


def linear_probe(codes: Tensor, labels: Tensor, test_codes: Tensor, test_labels: Tensor) -> float:
    """Share of test codes that a logistic regression, fitted on the other codes, puts in the right class.

    Every number of a code is scaled to the same spread, those of inactive dimensions too: leave these out
    (`codes[:, active]`) where labels are few.

    Args:
        codes, test_codes: (N, D) and (M, D); codes, features, or pixels in rows.
        labels, test_labels: one class each, (N,) and (M,), int64 or bool.

    Raises:
        ShapeError: tables that do not fit each other.
        DataError: labels of one class only.
    """
    return _probe(*_arrays(codes, labels, test_codes, test_labels))


class ProbeScore(NamedTuple):
    """Mean and standard deviation of a probe's accuracy over draws of the labelled examples."""

    mean: float
    std: float


def probe_by_label_count(
    codes: Tensor,
    labels: Tensor,
    test_codes: Tensor,
    test_labels: Tensor,
    counts: Sequence[int] = (10, 30, 100, 1000),
    draws: int = 5,
    seed: int = 0,
) -> dict[int, ProbeScore]:
    """`linear_probe` when only some of the codes have a label.

    Each draw has one example of each class and the others at random. Give the same call the pixels,
    `images.float().flatten(1)`, to see what the code is worth (as Kingma et al., "Semi-supervised learning
    with deep generative models", NeurIPS 2014, did with their model M1).

    Args:
        codes, labels, test_codes, test_labels: as for `linear_probe`.
        counts: numbers of labels, each at least the number of classes and at most N.
        draws: sets of labelled examples drawn for each count, at least 2.
        seed: of the draws; codes and pixels then get the same labelled examples.

    Returns:
        count -> ProbeScore(mean, std), shares between 0 and 1.

    Raises:
        DataError: a count out of range, or labels of one class only.
        ShapeError: tables that do not fit each other.
    """
    x, y, test_x, test_y = _arrays(codes, labels, test_codes, test_labels)
    if draws < 2:
        raise ValueError(f"draws must be at least 2, to see a spread, not {draws}.")
    classes = len(np.unique(y))
    for count in counts:
        if not classes <= count <= len(y):
            raise DataError(
                f"{count} labels cannot be drawn: there are {classes} classes, each of which needs one, and "
                f"{len(y)} examples in all."
            )
    scores = {}
    for count in counts:
        generator = np.random.default_rng([seed_number(seed), count])
        chosen = [_subset(y, count, generator) for _ in range(draws)]
        accuracies = [_probe(x[i], y[i], test_x, test_y) for i in chosen]
        scores[count] = ProbeScore(float(np.mean(accuracies)), float(np.std(accuracies, ddof=1)))
    return scores


def _subset(y: np.ndarray, count: int, generator: np.random.Generator) -> np.ndarray:
    """Indices of `count` examples: one of each class, the others at random."""
    order = generator.permutation(len(y))
    _, firsts = np.unique(y[order], return_index=True)
    others = np.delete(np.arange(len(y)), firsts)
    return order[np.concatenate([firsts, others])[:count]]


def _probe(x: np.ndarray, y: np.ndarray, test_x: np.ndarray, test_y: np.ndarray) -> float:
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000))
    return float(probe.fit(x, y).score(test_x, test_y))


def _arrays(codes, labels, test_codes, test_labels) -> list[np.ndarray]:
    for x, y in ((codes, labels), (test_codes, test_labels)):
        if x.ndim != 2 or y.shape != (len(x),):
            raise ShapeError(
                "A probe needs codes (N, D) and one label each, (N,); these are "
                f"{tuple(x.shape)} and {tuple(y.shape)}. Pictures become rows by .flatten(1)."
            )
    if codes.shape[1] != test_codes.shape[1]:
        raise ShapeError(
            f"The codes have {codes.shape[1]} numbers each, the test codes {test_codes.shape[1]}: "
            "they must come from the same model."
        )
    if len(labels.unique()) < 2:
        raise DataError("All labels are the same: a probe needs at least two classes to tell apart.")
    return [t.detach().cpu().numpy() for t in (codes, labels, test_codes, test_labels)]
