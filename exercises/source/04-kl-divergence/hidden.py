"""Hidden checks of exercise 4: other sizes, other numbers, other types."""

import torch
from torch.distributions import Normal, kl_divergence

from vaelab.grading import HiddenCases, diagnose, expect
from vaelab.grading.sheets.kl_divergence import estimate

hidden = HiddenCases("04-kl-divergence")
hidden.rubric(
    "q4",
    {
        1: "names KL(q || p), the direction in a VAE's loss: q draws",
        2: "and says that q keeps to one hump: the other is lost, q is surer than it should be",
    },
)


@hidden.case("q2", 1)
def any_size_and_type(s):
    generator = torch.Generator().manual_seed(3)
    for dtype, shape in ((torch.float32, (5, 7)), (torch.float64, (1, 16))):
        mu = torch.randn(shape, generator=generator, dtype=dtype)
        log_var = 3 * torch.randn(shape, generator=generator, dtype=dtype)
        right = kl_divergence(Normal(mu, (0.5 * log_var).exp()), Normal(0, 1)).sum(1)
        diagnose(s.gaussian_kl(mu, log_var), right, {}, f"Wrong for {dtype} of shape {shape}.", rtol=1e-3)


@hidden.case("q3", 1)
def many_pairs_at_once(s):
    generator = torch.Generator().manual_seed(4)
    mu_q, log_var_q, mu_p, log_var_p = torch.randn(4, 3, 5, generator=generator)
    q, p = Normal(mu_q, (0.5 * log_var_q).exp()), Normal(mu_p, (0.5 * log_var_p).exp())
    value = s.kl_between(mu_q, log_var_q, mu_p, log_var_p)
    diagnose(
        value,
        kl_divergence(q, p),
        {"Summed: element by element was asked for.": kl_divergence(q, p).sum(-1)},
        "Wrong for many pairs at once.",
    )


@hidden.case("q1", 1)
def colour_and_other_sizes(s):
    generator = torch.Generator().manual_seed(5)
    x, x_hat = torch.rand(2, 7, 3, 4, 4, generator=generator)
    mu, log_var = torch.randn(2, 7, 9, generator=generator)
    kl = kl_divergence(Normal(mu, (0.5 * log_var).exp()), Normal(0, 1)).sum(1)
    right = (0.5 * (x - x_hat).square().sum((1, 2, 3)) + kl).mean()
    diagnose(s.vae_loss(x, x_hat, mu, log_var), right, {}, "Wrong for colour pictures.")


@hidden.case("q5", 0.5)
def another_pair_with_the_closed_form_beside_it(s):
    s.seed(1)
    q, p = (
        f"torch.distributions.Normal(torch.tensor({m}), torch.tensor({d}))"
        for m, d in ((-0.5, 0.8), (0.9, 1.4))
    )
    value = estimate(s, q, p, 20_000)
    right = kl_divergence(Normal(-0.5, 0.8), Normal(0.9, 1.4)).item()
    expect(abs(value - right) < 0.05, "Wrong for two normal distributions, where the formula tells.")
