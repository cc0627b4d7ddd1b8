"""Hidden checks of exercise 10: other sizes, other numbers, other types."""

import numpy as np
import torch

from vaelab.evaluation import frechet_distance
from vaelab.grading import HiddenCases, diagnose, expect

hidden = HiddenCases("10-judging-and-beyond")
hidden.rubric(
    "q5",
    {
        1: "says that the Fréchet distance does not notice copies, or looks better for them",
        2: "and that A's samples are as near to new pictures, which it cannot have copied: soft pictures "
        "are near to all",
    },
)


@hidden.case("q1", 1, gate=True)
def more_features_and_a_cloud_from_itself(s):
    generator = torch.Generator().manual_seed(6)
    a, b = (
        torch.randn(n, 16, generator=generator) @ torch.randn(16, 16, generator=generator) for n in (90, 140)
    )
    diagnose(
        s.frechet(a, b),
        frechet_distance(a, b),
        {},
        "Wrong for 16 features and clouds of two sizes.",
        rtol=1e-3,
    )
    diagnose(s.frechet(a, a), 0.0, {}, "A cloud's distance from itself should be 0.", atol=1e-2)


@hidden.case("q2", 1, gate=True)
def tensors_in_any_order(s):
    counts = torch.tensor([3000, 500, 1500, 700, 10_000])
    distances = torch.tensor([8.1, 9.6, 8.2, 8.9, 7.6], dtype=torch.float64)
    columns = np.stack([np.ones(5), 1 / counts.numpy()], axis=1)
    right = np.linalg.lstsq(columns, distances.numpy(), rcond=None)[0][0]
    diagnose(s.at_infinity(counts, distances), right, {}, "Wrong for tensors, or for counts out of order.")


@hidden.case("q3", 0.5, gate=True)
def other_pictures_and_levels(s):
    log_p = torch.tensor([20_500.0, -8_400.0, 0.0], dtype=torch.float64)
    right = 8 - np.log2(np.e) * log_p.numpy() / 12_288
    diagnose(s.bits_per_dimension(log_p, 12_288), right, {}, "Wrong for large pictures.")
    diagnose(s.bits_per_dimension(log_p[2:], 5, 2), [1.0], {}, "Wrong for two levels.")


@hidden.case("q4", 0.5, gate=True)
def pictures_in_and_out_and_any_levels(s):
    generator = torch.Generator().manual_seed(7)
    z = 2 * torch.rand(2, 3, 4, 4, generator=generator) - 1
    for levels in (3, 6, 9):
        entries = torch.linspace(-1, 1, levels)
        nearest = entries[(z[..., None] - entries).abs().argmin(-1)]
        diagnose(s.snap(z, levels), nearest, {}, f"Wrong for {levels} levels.")
    (gradient,) = s.gradients("snap", z.double(), 6)
    expect(gradient is not None and np.allclose(gradient, 1), "The gradient does not pass unchanged.")
