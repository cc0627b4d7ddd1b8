"""Hidden checks of exercise 5: other sizes, other numbers."""

import numpy as np
import torch
from torch.distributions import Exponential, Normal

from vaelab.grading import HiddenCases, agrees, diagnose, expect, same_shape
from vaelab.grading.sheets.reparameterization import SHARED_BY_LATENTS, SHARED_BY_PICTURES

hidden = HiddenCases("05-reparameterization")
hidden.rubric(
    "q6",
    {
        1: "the difference of two losses: with the same noise, what is common to both cancels",
        2: "and nothing is fitted there, whereas training can fit draws that never change",
    },
)


@hidden.case("q2", 0.25, gate=True)
def any_size(s):
    s.seed(7)
    value = np.asarray(s.opposite_codes(torch.full((100, 60), -2.0), torch.full((100, 60), 0.8), 1))
    same_shape(value, (2, 100, 60), "One pair, many pictures, many latents.")
    expect(np.ptp(value[0], axis=0).max() > 1e-3, SHARED_BY_PICTURES)
    expect(np.ptp(value[0], axis=1).max() > 1e-3, SHARED_BY_LATENTS)
    expect(abs(value[0].mean() + 2) < 0.12, "Wrong mean for many pictures with many latents.")
    expect(abs(value[0].std() - np.exp(0.4)) < 0.08, "Wrong spread for many pictures with many latents.")
    expect(np.allclose(value.sum(0), -4, atol=1e-3), "The two codes of a pair do not lie opposite.")
    same_shape(s.opposite_codes(torch.zeros(3, 3), torch.zeros(3, 3), 3), (6, 3, 3), "Three of everything.")


@hidden.case("q2", 0.5)
def the_gradient_of_each_draw(s):
    first = "lambda mu, log_var: opposite_codes(mu, log_var, 1)[0]"
    mu, log_var = torch.zeros(6_000, 1), torch.full((6_000, 1), -3.0)
    slopes = s.evaluate(
        f"__import__('torch').autograd.grad(({first})(m.requires_grad_(), l.requires_grad_()).sum(), [m, l], "
        "allow_unused=True)",
        m=mu,
        l=log_var,
    )
    _slopes_scatter(*slopes)


@hidden.case("q1", 0.5, gate=True)
def the_gradient_of_each_code(s):
    _slopes_scatter(*s.gradients("sample_code", torch.zeros(6_000, 1), torch.full((6_000, 1), -3.0)))


def _slopes_scatter(for_mu, for_log_var) -> None:
    """z moves with mu at the rate 1, and with log_var at the rate sigma eps / 2."""
    message = "Each code should move with mu by the same amount."
    expect(for_mu is not None and agrees(for_mu, np.ones((6_000, 1))), message)
    expect(for_log_var is not None, "No gradient reaches log_var.")
    same_shape(for_log_var, (6_000, 1), "One gradient for each log_var.")
    sigma = np.exp(-1.5)
    expect(abs(np.std(for_log_var) / sigma - 0.5) < 0.04, "The gradient for log_var has the wrong size.")
    expect(abs(np.mean(for_log_var)) < 0.05 * sigma, "The gradient for log_var should be 0 on average.")


@hidden.case("q4", 0.5, gate=True)
def many_draws_in_a_table(s):
    generator = torch.Generator().manual_seed(2)
    u = torch.rand(1_000, 3, generator=generator).clamp(min=1e-3, max=1 - 1e-3)
    log_mean = torch.tensor([-2.0, 0.0, 3.0]).expand(1_000, 3).clone()
    value = s.draw_exponential(log_mean, u)
    right = Exponential(torch.exp(-log_mean))
    same_shape(value, (1_000, 3), "One draw for each noise.")
    fits = any(agrees(value, right.icdf(noise), rtol=1e-3) for noise in (u, 1 - u))
    expect(fits, "Wrong for a table of noise.")


@hidden.case("q5", 0.5, gate=True)
def another_function_and_many_draws(s):
    """Both must be right for each draw."""
    mu, log_var = torch.tensor(-0.4), torch.tensor(0.6)
    eps = torch.randn(1_000, generator=torch.Generator().manual_seed(3))
    sigma, z = torch.exp(log_var / 2), mu + torch.exp(log_var / 2) * eps
    f = s.evaluate("torch.sin")
    ell = log_var.expand_as(eps).clone().requires_grad_()
    score = torch.autograd.grad(Normal(mu, torch.exp(ell / 2)).log_prob(z).sum(), ell)[0]
    diagnose(
        s.by_score(f, mu, log_var, eps),
        z.sin() * score,
        {},
        "The score function is wrong for sin z.",
        atol=1e-4,
    )
    pathwise = z.cos() * sigma * eps / 2
    diagnose(
        s.by_path(f, mu, log_var, eps), pathwise, {}, "The pathwise estimator is wrong for sin z.", atol=1e-4
    )
