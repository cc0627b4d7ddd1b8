"""Hidden checks of exercise 10: other sizes, other numbers, other types."""

import numpy as np
import torch
from sklearn.neighbors import NearestNeighbors

from vaelab.grading import HiddenCases, diagnose, expect, number, several
from vaelab.grading.sheets.judging_and_beyond import TWO_SHARES

hidden = HiddenCases("10-judging-and-beyond")
hidden.rubric(
    "q5",
    {
        1: "says that the Fréchet distance does not notice copies, or looks better for them",
        2: "and that A's samples are as near to new pictures, which it cannot have copied: soft pictures "
        "are near to all",
    },
)


@hidden.case("q1", 1)
def crowds_of_two_sizes(s):
    generator = torch.Generator().manual_seed(6)
    real = torch.randn(80, 8, generator=generator)
    samples = 0.8 * torch.randn(160, 8, generator=generator) + 0.3
    for k in (1, 3, 5):
        reach = NearestNeighbors(n_neighbors=k + 1).fit(real).kneighbors(real)[0][:, -1]
        apart = torch.cdist(samples, real).numpy()
        clear = (np.abs(apart - reach) > 1e-3).all(1)  # rounding decides nothing there
        crowd = samples[clear]
        mine = NearestNeighbors(n_neighbors=k + 1).fit(crowd).kneighbors(crowd)[0][:, -1]
        right = [(apart[clear] <= reach).any(1).mean(), (mine >= apart[clear].T).any(1).mean()]
        value = several(s.precision_and_recall(real, crowd, k), 2, TWO_SHARES)
        message = f"Wrong for 80 real pictures, {len(crowd)} samples and k = {k}."
        diagnose([number(v) for v in value], right, {}, message, atol=0.015)


@hidden.case("q2", 1)
def more_tensors_in_any_order(s):
    counts = torch.tensor([3000, 500, 1500, 700, 10_000])
    distances = torch.tensor([8.1, 9.6, 8.2, 8.9, 7.6])
    columns = np.stack([np.ones(5), 1 / counts.numpy()], axis=1)
    right = np.linalg.lstsq(columns, distances.double().numpy(), rcond=None)[0][0]
    diagnose(
        s.at_infinity(counts, distances), right, {}, "Wrong for tensors, or for counts out of order.", 1e-3
    )


@hidden.case("q3", 0.5)
def other_pictures_and_levels(s):
    log_p = torch.tensor([20_500.0, -8_400.0, 0.0, 90_000.0])
    right = 8 - np.log2(np.e) * log_p.numpy() / 12_288
    diagnose(s.bits_per_dimension(log_p, 12_288), right, {}, "Wrong for large pictures.")
    diagnose(s.bits_per_dimension(log_p[2:3], 5, 2), [1.0], {}, "Wrong for two levels.")


@hidden.case("q4", 0.5)
def pictures_in_and_out_and_any_levels(s):
    generator = torch.Generator().manual_seed(7)
    z = 2 * torch.rand(2, 3, 4, 4, generator=generator) - 1
    for levels in (3, 6, 9):
        entries = torch.linspace(-1, 1, levels)
        nearest = entries[(z[..., None] - entries).abs().argmin(-1)]
        diagnose(s.snap(z, levels), nearest, {}, f"Wrong for {levels} levels.")
    (gradient,) = s.gradients("snap", z, 4)
    expect(gradient is not None and np.allclose(gradient, 1), "The gradient does not pass unchanged.")
