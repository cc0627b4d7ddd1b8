"""Checks of exercise 4, KL divergence."""

import math

import numpy as np
import torch
from torch.distributions import Normal, kl_divergence

from vaelab.grading import Exercise, diagnose, expect, same_shape

exercise = Exercise("04-kl-divergence", "Exercise 4: KL divergence")

q1 = exercise.question(
    "q1",
    "Find the bug",
    section="Both terms must agree",
    hint="Give it pictures of two sizes with the same error in every pixel. Which term grows with the "
    "picture, and which should?",
    hidden_points=1,
)


@q1.case(1)
def both_terms_on_one_scale(s):
    torch.manual_seed(0)
    x, x_hat = torch.rand(4, 1, 6, 5), torch.rand(4, 1, 6, 5)
    mu, log_var = torch.randn(4, 3), torch.randn(4, 3)
    value = s.vae_loss(x, x_hat, mu, log_var)
    error = 0.5 * (x - x_hat).square().sum((1, 2, 3)).mean()
    kl = kl_divergence(Normal(mu, (0.5 * log_var).exp()), Normal(0, 1)).sum(1).mean()
    mistakes = {
        "This is still what the code as given returns. A model trained with it has codes that say next "
        "to nothing.": error / 30 + kl,
        "Now both are averages. The task asks for sums: this makes beta D / L.": error / 30 + kl / 3,
        "The error is summed now, but the KL is averaged over the latents.": error + kl / 3,
        "The sum runs over the whole batch. Average over the pictures.": 4 * (error + kl),
        "The error is summed over the whole batch, the KL averaged over it.": 4 * error + kl,
        "The half before the squared error has gone.": 2 * error + kl,
        "The KL is subtracted. It is a price too: both terms are to be made small.": error - kl,
        "Both terms are divided by the number of pixels. The balance is right, but sums were asked for.": (
            (error + kl) / 30
        ),
        "The error is right now, but the KL has been divided by the number of pixels.": error + kl / 30,
        "One value for each picture: average them over the batch.": (
            0.5 * (x - x_hat).square().sum((1, 2, 3))
            + kl_divergence(Normal(mu, (0.5 * log_var).exp()), Normal(0, 1)).sum(1)
        ),
    }
    otherwise = (
        "Not yet: half the squared error summed over pixels, plus the KL summed over latents, averaged over "
        "pictures."
    )
    diagnose(value, error + kl, mistakes, otherwise)


q2 = exercise.question(
    "q2",
    "To the prior",
    section="Two Gaussians: a formula, and two ways to check it",
    hint="Write the four terms for one latent number first: the mean squared, the variance, a constant, and "
    "the logarithm. Two carry a minus. Only then sum over the last axis.",
    hidden_points=1,
)


@q2.case(1, gate=True)
def no_price_for_the_prior_itself(s):
    value = s.gaussian_kl(torch.zeros(3, 2), torch.zeros(3, 2))
    mistakes = {
        "A distribution has KL 0 to itself. You have 1 for each latent: a constant is missing.": [2] * 3,
        "A distribution has KL 0 to itself. You have 1/2 for each latent: a constant is missing.": [1] * 3,
        "You return one value for each latent number. Sum over them.": torch.zeros(3, 2),
        "You return one value for the whole batch. Sum over the latent numbers only.": 0.0,
        "You return one value for each latent number, taken over the batch. That is the wrong axis.": [0.0]
        * 2,
        "The shape should be (B,): no axis should be left where the sum was.": [[0]] * 3,
    }
    diagnose(value, torch.zeros(3), mistakes, "N(0, 1) has KL 0 to itself, for each picture.")


@q2.case(1, gate=True)
def a_price_for_mean_and_width(s):
    mu = torch.tensor([[1.0, -3.0], [0.5, 0.0]])
    log_var = torch.tensor([[0.0, -1.0], [math.log(4), 0.0]])
    value = s.gaussian_kl(mu, log_var)
    same_shape(value, (2,), "One value for each picture.")
    var, sigma = log_var.exp(), (0.5 * log_var).exp()
    right = kl_divergence(Normal(mu, sigma), Normal(0, 1)).sum(1)
    mistakes = {
        "Twice the right value: look for a factor of a half.": 2 * right,
        "The sign is turned round. KL is never negative.": -right,
        "The average over the latent numbers, where their sum was asked for.": right / 2,
        "All pictures have the same value here. Each should have its own.": right.mean().expand(2),
        "This is in bits. Nats were asked for.": right / math.log(2),
        "This takes exp(log_var) for the standard deviation. It is the variance.": (
            kl_divergence(Normal(mu, var), Normal(0, 1)).sum(1)
        ),
        "The mean must enter squared: a mean of -1 is as far from 0 as a mean of 1.": (
            right + 0.5 * (mu - mu.square()).sum(1)
        ),
        "The mean enters by its size, and should enter squared.": (
            right + 0.5 * (mu.abs() - mu.square()).sum(1)
        ),
        "exp(0.5 * log_var) is the standard deviation; this formula wants the variance.": (
            right + 0.5 * (sigma - var).sum(1)
        ),
        "The logarithm has the wrong sign: a very narrow q must be dear.": right + log_var.sum(1),
        "The logarithm is missing: a very narrow q must be dear.": right + 0.5 * log_var.sum(1),
        "log_var is the logarithm of the variance already. It enters whole, beside the variance.": (
            right + 0.25 * log_var.sum(1)
        ),
        "This is the other direction, KL(prior || posterior).": (
            kl_divergence(Normal(0, 1), Normal(mu, sigma)).sum(1)
        ),
    }
    otherwise = (
        "Not right away from the prior. Two prices to compare with, of one latent number: mu = 1 with "
        "log_var = 0 costs 0.5 nats, mu = 0 with log_var = -1 costs 0.184."
    )
    diagnose(value, right, mistakes, otherwise)


q3 = exercise.question(
    "q3",
    "From any Gaussian to any other",
    section="Two Gaussians: a formula, and two ways to check it",
    hint="Measure q in units of p: its variance divided by p's, its distance in p's standard deviations, "
    "squared. Put these two where variance and squared mean stood in question 1.",
    hidden_points=1,
)


@q3.case(1, gate=True)
def two_examples(s):
    mu_q, var_q = torch.tensor([1.0, 0.5]), torch.tensor([0.25, 1.5])
    mu_p, var_p = torch.tensor([-1.0, 2.0]), torch.tensor([4.0, 0.5])
    value = s.kl_between(mu_q, var_q.log(), mu_p, var_p.log())
    q, p = Normal(mu_q, var_q.sqrt()), Normal(mu_p, var_p.sqrt())
    right, shift, ratio = kl_divergence(q, p), (mu_q - mu_p).square(), var_q / var_p
    without_shift = right - 0.5 * shift / var_p
    mistakes = {
        "This is KL(p || q): the two have changed places.": kl_divergence(p, q),
        "Added up: one value for each pair was asked for.": right.sum(),
        "Twice the right value: look for a factor of a half.": 2 * right,
        "The sign is turned round. KL is never negative.": -right,
        "A half too much everywhere. Put q = p: what must come out?": right + 0.5,
        "This is KL to the standard normal. The other Gaussian does not enter.": (
            kl_divergence(q, Normal(0, 1))
        ),
        "The distance of the means must be measured in p's standard deviations.": (
            without_shift + 0.5 * shift
        ),
        "The distance of the means is measured in q's standard deviations, not in p's.": (
            without_shift + 0.5 * shift / var_q
        ),
        "The distance is divided by p's variance before it is squared: measure it in standard deviations.": (
            without_shift + 0.5 * shift / var_p.square()
        ),
        "The distance of the means must be squared.": without_shift + 0.5 * (mu_q - mu_p) / var_p,
        "The means should be subtracted from each other, not added.": (
            without_shift + 0.5 * (mu_q + mu_p).square() / var_p
        ),
        "The ratio of the variances is upside down.": right + 0.5 * (1 / ratio - ratio),
        "log_var is the logarithm of the variance, not of the standard deviation.": (
            kl_divergence(Normal(mu_q, var_q), Normal(mu_p, var_p))
        ),
        "The logarithms have changed places: a q much narrower than p must be dear.": right + ratio.log(),
    }
    otherwise = (
        "Not yet. Two checks to try yourself: with q = p it must be 0, with p = N(0, 1) it must be what "
        "question 1 gives."
    )
    diagnose(value, right, mistakes, otherwise)


q4 = exercise.question(
    "q4",
    "Read a plot",
    section="Which way round? A target with two humps",
    hint="Write the divergence as an average of a log ratio. Over whose draws is the average taken? Where "
    "would one draw make it huge?",
    written="q4_because",
)
q4.choice(
    1,
    "q4",
    right="d7cef501",
    why={
        "0d142514": "A covers the valley between the humps, where p is almost 0. Which direction makes that "
        "expensive?",
        "a7548fe9": "Under KL(p || q), draws come from p. Half of them fall on the other hump: what does B "
        "say of them?",
        "532dd322": "One Gaussian cannot match both humps, but the two directions put a price on different "
        "failures.",
    },
)


q5 = exercise.question(
    "q5",
    "Predict, then measure",
    section="Two Gaussians: a formula, and two ways to check it",
    hint="Draw n times from q, and look at log q(z) - log p(z) for each draw. For the prediction: the error "
    "of an average of n draws falls with the square root of n.",
    hidden_points=0.5,
)
q5.choice(
    0.5,
    "q5_factor",
    right="a7cbe847",
    why={
        "470353c6": "Four times the draws give half the error. What has to be 4 is a square root.",
        "20c06004": "Fewer draws than even a plain division would need. An error falls more slowly than n "
        "grows.",
        "46fb25c7": "Not enough. Which power of n does the error of an average fall with?",
        "dc08a0bb": "More than needed. Which power of n does the error of an average fall with?",
        "bfeffdbb": "More than needed. Which power of n does the error of an average fall with?",
        "f4794a28": "Fewer draws make the error larger. Write how many times as many are needed.",
    },
    otherwise="Write how many times as many draws, as a number. Which power of n does the error fall with?",
)
BROAD = "torch.distributions.Normal(torch.tensor(1.0), torch.tensor(1.0))"
TWO_HUMPS = (
    "torch.distributions.MixtureSameFamily(torch.distributions.Categorical(torch.ones(2)), "
    "torch.distributions.Normal(torch.tensor([-2.0, 2.0]), 0.6))"
)


def on_a_grid() -> dict[str, float]:
    """What an average over draws of q = N(1, 1) tends to, with p of two humps, by quadrature.

    "spread" is the standard deviation of a single draw's log-ratio.
    """
    z = torch.linspace(-12, 12, 24_001, dtype=torch.float64)
    log_q = Normal(1.0, 1.0).log_prob(z)
    log_p = torch.logaddexp(Normal(-2.0, 0.6).log_prob(z), Normal(2.0, 0.6).log_prob(z)) - math.log(2)
    q, p, ratio = log_q.exp(), log_p.exp(), log_q - log_p
    means = {
        "right": q * ratio,
        "reverse": -p * ratio,
        "size": q * ratio.abs(),
        "weighted": q * q * ratio,
        "q": q * log_q,
        "p": -q * log_p,
    }
    found = {name: torch.trapezoid(values, z).item() for name, values in means.items()}
    found["spread"] = torch.trapezoid(q * (ratio - found["right"]) ** 2, z).sqrt().item()
    return found


def estimate(s, q: str, p: str, n: int) -> float:
    """What `monte_carlo_kl` gives for two distributions, each an expression among the submission's names."""
    value = s.monte_carlo_kl(s.evaluate(q), s.evaluate(p), n)
    same_shape(value, (), "One number: the average over all draws.")
    return float(value)


@q5.case(0.5)
def n_draws_at_a_time(s):
    s.seed(0)
    estimates = [estimate(s, BROAD, TWO_HUMPS, 25) for _ in range(100)]
    spread, usual = float(np.std(estimates)), on_a_grid()["spread"] / math.sqrt(25)
    expect(spread > usual / 2, "With n = 25, estimates hardly differ: they should be averages of n draws.")
    expect(spread < usual * 2, "With n = 25, estimates differ more than averages of 25 draws do.")


@q5.case(0.5)
def close_to_the_truth(s):
    s.seed(0)
    value = estimate(s, BROAD, TWO_HUMPS, 40_000)
    means = on_a_grid()
    right = means["right"]
    expect(abs(value) < 1_000, "It grows with the number of draws: average, where you add up.")
    mistakes = {
        "The sign is turned round: KL is never negative.": -right,
        "These draws come from p, and so the average is minus KL(p || q). The first distribution draws.": (
            -means["reverse"]
        ),
        "This is KL(p || q): draw from q, and put log q first.": means["reverse"],
        "Single draws may speak for p. Do not take the size of their log-ratios: the signs belong to "
        "them.": means["size"],
        "The draws come from q already. Weighting them by q once more counts q twice.": means["weighted"],
        "Only log q is averaged: p does not enter.": means["q"],
        "Only log p is averaged, with a minus: q's own logarithm does not enter.": means["p"],
        "This is in bits. Nats were asked for.": right / math.log(2),
    }
    otherwise = (
        f"{value:.3f} nats from 40,000 draws, which is further off than chance explains. Do all draws come "
        "from q, and does each enter once?"
    )
    diagnose(value, right, mistakes, otherwise, rtol=0, atol=0.06)
