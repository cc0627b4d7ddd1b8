"""Hidden checks of exercise 7: other sizes, other numbers, and gradients."""

import math

import numpy as np
import torch
from torch.distributions import Normal

from vaelab.grading import HiddenCases, agrees, diagnose, expect
from vaelab.grading.sheets.balancing_the_loss import regulated

hidden = HiddenCases("07-balancing-the-loss")
hidden.rubric(
    "q6",
    {
        1: "says that with warm-up the KL rises while beta is small and falls back to about 0",
        2: "and that free bits fill the code but make the given objective worse: they change the goal",
    },
)


@hidden.case("q1", 1)
def other_pictures_and_numbers(s):
    value = s.evaluate(
        "[claimed_sigma(12_288, 128, factor, error, 0.3, kl) "
        "for factor in (0.7, 900.0) for error in ('mean', 'sum') for kl in ('sum', 'mean')]"
    )
    pixels, latents = np.array([12_288, 12_288, 1, 1] * 2), np.array([1, 128] * 4)
    variance = 0.5 * pixels * 0.3 / (np.repeat([0.7, 900.0], 4) * latents)
    diagnose(value, np.sqrt(variance), {}, "Wrong for other pictures, factors and weights.")


@hidden.case("q2", 1)
def other_pictures_and_a_sigma_that_learns(s):
    generator = torch.Generator().manual_seed(5)
    x, x_hat = torch.rand(2, 3, 1, 4, 7, generator=generator)
    log_sigma = (x - x_hat).square().mean().sqrt().log()
    (_, to_pictures, to_sigma) = s.gradients("noise_loss", x, x_hat, log_sigma)
    expect(to_sigma is not None, "No gradient arrives at log_sigma, so it cannot learn.")
    diagnose(to_sigma, 0.0, {}, "The best sigma is not the error that is made.", atol=1e-3)
    expect(to_pictures is not None, "No gradient arrives at the reconstructions.")
    right = -Normal(x_hat, log_sigma.exp()).log_prob(x).sum((1, 2, 3)).mean()
    without_constant = right - 14 * math.log(2 * math.pi)
    value = s.noise_loss(x, x_hat, log_sigma)
    expect(agrees(value, right) or agrees(value, without_constant), "Wrong for pictures of another size.")


@hidden.case("q3", 0.5)
def other_targets_and_noise(s):
    regulated(s, 10.0, 20.0)
    regulated(s, 0.3, 8.0, noise=0.1)
    regulated(s, 30.0, 25.0, noise=0.1)


@hidden.case("q5", 0.5)
def other_noise_and_no_beta(s):
    diagnose(
        s.linear_rates(torch.tensor([50.0, 0.02, 3.0, 0.3, 0.001]), 0.1),
        [0.5 * math.log(5000), 0.5 * math.log(2), 0.5 * math.log(300), 0.5 * math.log(30), 0],
        {},
        "Wrong for another noise level, with `beta` left out.",
    )
