"""Hidden checks of exercise 4: other sizes, other numbers."""

import math

import torch
from torch.distributions import Categorical, Normal, kl_divergence

from vaelab.grading import HiddenCases, diagnose, expect, number
from vaelab.grading.sheets.kl_divergence import estimate, told_prior

hidden = HiddenCases("04-kl-divergence")
hidden.rubric(
    "q4",
    {
        1: "names KL(q || p), the direction in a VAE's loss: q draws",
        2: "and says that q keeps to one hump: the other is lost, q is surer than it should be",
    },
)


@hidden.case("q2", 0.5, gate=True)
def other_dice(s):
    generator = torch.Generator().manual_seed(3)
    for faces, odds in ((2, 3), (6, 99), (20, 1e9)):
        p, q = torch.rand(2, faces, generator=generator).softmax(1)
        right = math.log(odds) / kl_divergence(Categorical(p), Categorical(q)).item()
        value = number(s.throws_needed(p, q, odds))
        expect(
            right - 0.01 <= value < right + 1.01,
            f"Wrong for dice of {faces} faces and odds of {odds:g} to 1.",
        )
    p, q = torch.rand(2, 9, generator=generator).softmax(1)
    p[[0, 4]] = 0
    right = math.log(50) / kl_divergence(Categorical(p), Categorical(q)).item()
    value = number(s.throws_needed(p / p.sum(), q, 50))
    expect(right - 0.01 <= value < right + 1.01, "Wrong where p never shows two of nine faces.")


@hidden.case("q3", 1, gate=True)
def no_prior_is_cheaper(s):
    generator = torch.Generator().manual_seed(4)
    mu, log_var = 2 * torch.randn(2, 30, 5, generator=generator)
    m, log_s2 = (torch.tensor(part) for part in told_prior(s, mu, log_var))
    codes = Normal(mu.double(), (log_var.double() / 2).exp())
    prices = [
        kl_divergence(codes, Normal(m + shift, ((log_s2 + wider) / 2).exp())).mean(0)
        for shift, wider in ((0, 0), (0.02, 0), (-0.02, 0), (0, 0.02), (0, -0.02))
    ]
    expect(
        (torch.stack(prices).min(0).indices == 0).all(), "Another prior nearby is cheaper for these codes."
    )


@hidden.case("q1", 1, gate=True)
def colour_and_other_sizes(s):
    generator = torch.Generator().manual_seed(5)
    x, x_hat = torch.rand(2, 7, 3, 4, 4, generator=generator)
    mu, log_var = torch.randn(2, 7, 9, generator=generator)
    kl = kl_divergence(Normal(mu, (0.5 * log_var).exp()), Normal(0, 1)).sum(1)
    right = (0.5 * (x - x_hat).square().sum((1, 2, 3)) + kl).mean()
    diagnose(s.vae_loss(x, x_hat, mu, log_var), right, {}, "Wrong for colour pictures.")


@hidden.case("q5", 0.5, gate=True)
def another_pair_with_the_closed_form_beside_it(s):
    s.seed(1)
    q, p = (
        f"torch.distributions.Normal(torch.tensor({m}), torch.tensor({d}))"
        for m, d in ((-0.5, 0.8), (0.9, 1.4))
    )
    value, error = estimate(s, q, p, 4_000)
    right = kl_divergence(Normal(-0.5, 0.8), Normal(0.9, 1.4)).item()
    expect(abs(value - right) < 0.08, "Wrong for two normal distributions, where the formula tells.")
    # The log-ratio of a draw -0.5 + 0.8 e is -0.337 e² - 0.571 e, but for a constant.
    scatter = math.sqrt(2 * (0.5 - 0.8**2 / (2 * 1.4**2)) ** 2 + (0.8 * 1.4 / 1.4**2) ** 2)
    expect(
        abs(error / scatter * math.sqrt(4_000) - 1) < 0.2, "The error is wrong for two normal distributions."
    )
