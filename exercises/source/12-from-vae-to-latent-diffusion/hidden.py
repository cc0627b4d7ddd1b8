"""Hidden checks of exercise 12: other sizes, other numbers, and what a right step cannot help doing."""

import math

import numpy as np
import torch

from vaelab.grading import HiddenCases, diagnose

hidden = HiddenCases("12-from-vae-to-latent-diffusion")
hidden.rubric(
    "q5",
    {
        1: "a code has far fewer numbers, so that many looks at it are cheap",
        2: "and the decoder sees to what is seen from near, the second stage to what belongs together",
    },
)


@hidden.case("q1", 0.5, gate=True)
def many_rows_of_many_numbers(s):
    generator = torch.Generator().manual_seed(1)
    x_0, eps = torch.randn(2, 40, 12, generator=generator)
    share = torch.rand(40, generator=generator)
    right = share.sqrt()[:, None] * x_0 + (1 - share).sqrt()[:, None] * eps
    diagnose(s.noised(x_0, share, eps), right, {}, "Wrong for 40 rows of 12 numbers.", 1e-3, 1e-4)


@hidden.case("q2", 0.5, gate=True)
def a_right_guess_lands_where_noising_lands(s):
    generator = torch.Generator().manual_seed(2)
    x_0, eps = torch.randn(2, 6, 50, generator=generator)
    for share_t, share_s in ((0.01, 0.3), (0.5, 0.51), (0.9, 1.0)):
        x_t = share_t**0.5 * x_0 + (1 - share_t) ** 0.5 * eps
        right = share_s**0.5 * x_0 + (1 - share_s) ** 0.5 * eps
        value = s.step_down(x_t, eps, share_t, share_s)
        diagnose(
            value,
            right,
            {},
            "With the true noise as the guess, a step should end on true noisy data.",
            1e-3,
            1e-3,
        )


@hidden.case("q3", 0.5, gate=True)
def five_wishes(s):
    generator = torch.Generator().manual_seed(3)
    nothing, told = torch.randn(7, 16, generator=generator), torch.randn(5, 7, 16, generator=generator)
    strengths = torch.tensor([0.0, 1.0, -2.0, 8.0, 0.3])
    right = nothing + torch.einsum("k,knd->nd", strengths, told - nothing)
    diagnose(s.ask(nothing, told, strengths), right, {}, "Wrong for five wishes.", 1e-3, 1e-3)
    nobody = s.ask(nothing, told, torch.zeros(5))
    diagnose(nobody, nothing, {}, "With strengths of 0 nothing is asked.", 1e-4, 1e-4)


@hidden.case("q4", 0.5, gate=True)
def by_adding_up_all_noises(s):
    """Against Bayes' rule on a fine grid of noises."""
    noise = np.linspace(-9, 9, 20_001)
    x_t = torch.tensor([-3.0, 0.0, 1.5])
    for share, m, spread in ((0.3, -1.0, 0.5), (0.95, 2.0, 1.0), (0.05, 0.0, 3.0)):
        data = (x_t.numpy()[:, None] - math.sqrt(1 - share) * noise) / math.sqrt(share)
        log_weight = -0.5 * ((data - m) / spread) ** 2 - 0.5 * noise**2
        weight = np.exp(log_weight - log_weight.max(1, keepdims=True))
        right = (weight * noise).sum(1) / weight.sum(1)
        diagnose(s.best_guess(x_t, share, m, spread), right, {}, "Wrong for other data.", 1e-3, 1e-3)
