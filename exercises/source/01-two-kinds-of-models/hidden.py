"""Hidden checks of exercise 1: other sizes, rare classes, lopsided scores."""

import numpy as np
import torch
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal, Normal

from vaelab.grading import HiddenCases, agrees, diagnose, expect

hidden = HiddenCases("01-two-kinds-of-models")
hidden.rubric(
    "q4",
    {
        1: "says that p(y | x) only compares the classes, so a large ratio of two small densities makes "
        "it sure",
        2: "and would look at p(x), beside its values at known beans",
    },
)


@hidden.case("q2", 0.5, gate=True)
def more_classes_and_measurements(s):
    generator = torch.Generator().manual_seed(2)
    y = torch.randint(5, (80,), generator=generator)
    x = torch.randn(80, 4, generator=generator, dtype=torch.float64) * 3 + y[:, None]
    share, means, covariances = s.fit_classes(x, y, 5)
    groups = [x[y == k].numpy().astype(float) for k in range(5)]
    expect(agrees(share, [len(g) / 80 for g in groups]), "Wrong shares for five classes.")
    expect(agrees(means, [g.mean(0) for g in groups], rtol=1e-3), "Wrong means for five classes.")
    either = [[np.cov(g.T, bias=bias) for g in groups] for bias in (True, False)]
    expect(
        any(agrees(covariances, right, rtol=1e-3, atol=1e-4) for right in either),
        "Wrong covariances for five classes of four measurements.",
    )


@hidden.case("q3", 1, gate=True)
def many_classes_one_of_them_rare(s):
    generator = torch.Generator().manual_seed(3)
    root = torch.randn(4, 5, 5, generator=generator, dtype=torch.float64)
    covariances = root @ root.mT + torch.eye(5, dtype=torch.float64)
    means = 2 * torch.randn(4, 5, generator=generator, dtype=torch.float64)
    share = torch.tensor([0.6, 0.3, 0.1 - 1e-6, 1e-6], dtype=torch.float64)
    x = 3 * torch.randn(20, 5, generator=generator, dtype=torch.float64)
    x[0] *= 30
    each = MultivariateNormal(means, covariances)
    evidence = MixtureSameFamily(Categorical(share), each).log_prob(x)
    right = (each.log_prob(x[:, None]) + share.log() - evidence[:, None]).exp()
    wrong = "Wrong for four classes in five dimensions, one class very rare."
    diagnose(s.posterior(x, share, means, covariances), right, {}, wrong, rtol=0.02, atol=1e-4)


@hidden.case("q1", 0.5, gate=True)
def minutes_of_many_readings(s):
    generator = torch.Generator().manual_seed(4)
    x, mean, sigma = (torch.rand(n, 60, generator=generator) for n in (7, 1, 1))
    mean, sigma = mean[0], sigma[0] + 0.05
    right = Normal(mean.double(), sigma.double()).log_prob(x.double()).sum(1)
    diagnose(
        s.independent_log_density(x, mean, sigma), right, {}, "Wrong for 60 readings a minute.", rtol=1e-3
    )


@hidden.case("q5", 0.5, gate=True)
def a_lopsided_set_of_scores(s):
    generator = torch.Generator().manual_seed(5)
    known = -50 * torch.rand(3_000, generator=generator, dtype=torch.float64).log().neg() + 700
    for keep in (0.95, 0.62):
        inside = np.asarray(s.guard(known, known, keep), dtype=bool)
        expect(
            inside.shape == (3_000,) and inside.any(), f"With keep={keep} and lopsided scores, none comes in."
        )
        ranks = known.argsort().argsort().numpy()[inside] / 3_000
        cut = (1 - keep) / 2
        expect(
            abs(ranks.min() - cut) < 0.005 and abs(ranks.max() - (1 - cut)) < 0.005,
            f"With keep={keep} and lopsided scores, {ranks.min():.1%} are cut off at the bottom and "
            f"{1 - ranks.max():.1%} at the top.",
        )
