"""Checks of exercise 4, KL divergence."""

import math

import numpy as np
import torch
from torch.distributions import Normal, kl_divergence

from vaelab.grading import (
    Exercise,
    SubmissionError,
    agrees,
    diagnose,
    expect,
    number,
    same_shape,
    seeded,
    several,
)

exercise = Exercise("04-kl-divergence", "Exercise 4: KL divergence")

q1 = exercise.question(
    "q1",
    "Find the bug",
    section="Both terms must agree",
    hint="Give it pictures of two sizes with the same error in every pixel. Which term grows with the "
    "picture, and which should?",
    hidden_points=1,
)


@q1.case(0.75, gate=True)
def both_terms_on_one_scale(s):
    draws = seeded(0)
    x, x_hat = torch.rand(2, 4, 3, 6, 5, generator=draws)
    mu, log_var = torch.randn(2, 4, 3, generator=draws)
    value = s.vae_loss(x, x_hat, mu, log_var)
    error = 0.5 * (x - x_hat).square().sum((1, 2, 3)).mean()
    kl = kl_divergence(Normal(mu, (0.5 * log_var).exp()), Normal(0, 1)).sum(1).mean()
    mistakes = {
        "This is still what the code as given returns. A model trained with it has codes that say next "
        "to nothing.": error / 90 + kl,
        "The error is summed over each colour, and averaged over the three of them.": error / 3 + kl,
        "The KL is summed over the whole batch, the error averaged over it.": error + 4 * kl,
        "The error is a mean over all pixels still, and the half has gone.": 2 * error / 90 + kl,
        "Now both are averages. The task asks for sums: this makes beta D / L.": error / 90 + kl / 3,
        "The error is summed now, but the KL is averaged over the latents.": error + kl / 3,
        "The sum runs over the whole batch. Average over the pictures.": 4 * (error + kl),
        "The error is summed over the whole batch, the KL averaged over it.": 4 * error + kl,
        "The half before the squared error has gone.": 2 * error + kl,
        "The KL is subtracted. It is a price too: both terms are to be made small.": error - kl,
        "Both terms are divided by the number of pixels. The balance is right, but sums were asked for.": (
            (error + kl) / 90
        ),
        "The error is right now, but the KL has been divided by the number of pixels.": error + kl / 90,
        "One value for each picture: average them over the batch.": (
            0.5 * (x - x_hat).square().sum((1, 2, 3))
            + kl_divergence(Normal(mu, (0.5 * log_var).exp()), Normal(0, 1)).sum(1)
        ),
    }
    if agrees(s.vae_loss(x, x, mu, log_var), kl):
        otherwise = (
            "Where x_hat is x, the KL alone is left, as it should be. But the error is not half the squared "
            "error, summed over a picture's pixel values and averaged over the pictures."
        )
    else:
        otherwise = (
            "Where x_hat is x, the KL alone should be left: each picture's sum over its latents, as given, "
            "averaged over the pictures. This gives something else."
        )
    diagnose(value, error + kl, mistakes, otherwise)


@q1.case(0.25)
def a_loss_that_can_train(s):
    generator = seeded(1)
    x, x_hat = torch.rand(2, 4, 3, 6, 5, generator=generator)
    mu, log_var = torch.randn(2, 4, 3, generator=generator)
    _, of_x_hat, of_mu, of_log_var = s.gradients("vae_loss", x, x_hat, mu, log_var)
    expect(
        of_x_hat is not None and of_mu is not None and of_log_var is not None,
        "No gradient reaches the reconstruction, mu or log_var: nothing would be learned from it. Return a "
        "tensor, without `.item()`, `detach` or NumPy.",
    )


q2 = exercise.question(
    "q2",
    "How many throws?",
    section="Two coins",
    hint="First one throw: for each face, its probability under p times the logarithm of a ratio. Add up. "
    "How often does that go into the logarithm of the odds?",
    hidden_points=0.5,
)
DICE = torch.tensor([0.5, 0.25, 0.25]), torch.tensor([0.3, 0.3, 0.4])


@q2.case(1, gate=True)
def a_die_against_another(s):
    p, q = DICE
    # The average evidence of a throw, each with one slip, and the throws that it leads to.
    there, back = (p * (p / q).log()).sum().item(), (q * (q / p).log()).sum().item()
    target = math.log(5e5)  # 142.1 throws: so the nearest whole number is too few
    mistakes = {
        "Rounded down, or to the nearest: the odds are not reached yet.": int(target / there),
        "A whole number of throws was asked for: round up.": target / there,
        "That is with KL(q || p), the evidence that throws of q would give.": math.ceil(target / back),
        "Evidence is in nats here and the odds in bits.": math.ceil(math.log2(5e5) / there),
        "Evidence is in bits here and the logarithm of the odds in nats.": math.ceil(
            target * math.log(2) / there
        ),
        "It is the logarithm of the odds that grows by the KL, not the odds.": math.ceil(5e5 / there),
        "That is the logarithm to base 10 of the odds. The KL is in nats.": math.ceil(
            math.log10(5e5) / there
        ),
        "A face counts as often as p shows it. Here every face counts the same.": math.ceil(
            target / abs((p / q).log().mean().item())
        ),
        "The average over the faces is taken, where their sum belongs: p has done the averaging.": math.ceil(
            3 * target / there
        ),
        "One throw too many, if it is not needed to reach the odds.": math.ceil(target / there) + 1,
        "Only q's logarithms enter: what p says of its own faces counts as well.": math.ceil(
            target / abs((p * q.log()).sum().item())
        ),
        "A negative number: the ratio is upside down.": math.ceil(-target / there),
    }
    otherwise = "Not yet. A coin of 3/4 against a fair one, odds 99 to 1: 0.131 nats a toss, so 36 tosses."
    value = s.throws_needed(p, q, 5e5)
    diagnose(number(value), math.ceil(target / there), mistakes, otherwise)
    none = number(s.throws_needed(p, q, 1))
    expect(none == 0, f"The odds are even before the first throw. For odds of 1 to 1 you ask for {none:g}.")


@q2.case(0.5)
def a_face_that_never_shows(s):
    for place in (2, 0, 1):
        p, q = (torch.tensor(die).roll(place + 1) for die in ([0.6, 0.4, 0.0], [0.4, 0.4, 0.2]))
        value = s.throws_needed(p, q, 1_000)
        expect(
            not isinstance(value, float) or math.isfinite(value),
            "0 times the logarithm of 0 is no number for a computer. A face that p never shows adds nothing.",
        )
        right = math.ceil(math.log(1_000) / (0.6 * math.log(1.5)))
        mistakes = {
            "The face that p never shows has changed the result. It adds nothing: p is 0 there.": math.ceil(
                math.log(1_000) / (0.6 * math.log(1.5) - 0.2)
            )
        }
        otherwise = f"Wrong where p never shows face {place + 1} of three: that adds nothing."
        diagnose(number(value), right, mistakes, otherwise)


q3 = exercise.question(
    "q3",
    "The cheapest prior",
    section="Two Gaussians: a formula, and two ways to check it",
    hint="Of the KL, only log s and the average of (σ² + (μ - m)²) / (2 s²) depend on the prior. The best m "
    "makes the sum of (μ - m)² smallest, whatever s. Then write one letter for the average of the brackets.",
    hidden_points=1,
)
CODES = (
    torch.tensor([[1.0, -3.0], [2.0, 0.5], [-1.5, 4.0], [0.2, 1.0]]),
    torch.tensor([[-1.0, 0.7], [0.5, -2.0], [1.2, 0.1], [-0.3, 1.5]]),
)


def told_prior(s, mu, log_var):
    """m and log s², each as an array (L,)."""
    two = several(s.cheapest_prior(mu, log_var), 2, "Return two things: m, and the logarithm of s squared.")
    for part in two:
        same_shape(part, (mu.shape[1],), "One prior for each latent number, the same for all pictures.")
    return [np.asarray(part, dtype=float) for part in two]


@q3.case(0.5)
def where_it_lies(s):
    mu, log_var = CODES
    precision = (-log_var).exp()
    mistakes = {
        "The prior for *all* latent numbers together. Each has its own.": mu.mean().expand(2),
        "Sure codes count for more here. In the average KL every picture counts the same for m.": (
            (mu * precision).sum(0) / precision.sum(0)
        ),
        "Zero is where the usual prior lies. Another m is cheaper.": torch.zeros(2),
        "This is the median.": mu.median(0).values,
        "This is the sum over the pictures.": mu.sum(0),
        "This is the logarithm of s squared. It comes second, after m.": (
            (log_var.exp().mean(0) + mu.var(0, correction=0)).log()
        ),
    }
    otherwise = (
        "Not where the average KL is smallest: at which m is the average of (mu - m) squared smallest?"
    )
    diagnose(told_prior(s, mu, log_var)[0], mu.mean(0), mistakes, otherwise)


@q3.case(1)
def how_wide_it_is(s):
    mu, log_var = CODES
    var, between = log_var.exp(), mu.var(0, correction=0)
    right = (var.mean(0) + between).log()
    mistakes = {
        "This is s squared. Its logarithm was asked for.": right.exp(),
        "This is log s. The logarithm of s *squared* was asked for.": right / 2,
        "The codes' own widths alone. Their means differ too, and a prior must reach them all.": (
            var.mean(0).log()
        ),
        "The spread of the means alone. Each code is wide itself.": between.log(),
        "Log-variances are averaged. It is the variances that add up.": log_var.mean(0),
        "The variances are averaged as logarithms. In the KL they enter as they are.": (
            (log_var.mean(0).exp() + between).log()
        ),
        "exp(log_var) is the variance already, not the standard deviation.": (
            (var.square().mean(0) + between).log()
        ),
        "exp(log_var / 2) is the standard deviation: its square enters.": (
            ((log_var / 2).exp().mean(0) + between).log()
        ),
        "The means' spread is taken with N - 1. In the average KL it is their average square.": (
            (var.mean(0) + mu.var(0)).log()
        ),
        "The means enter squared as they are, not their distance from m.": (
            (var.mean(0) + mu.square().mean(0)).log()
        ),
        "Deviations are averaged, and then squared. It is the variances that are averaged.": (
            ((log_var / 2).exp().mean(0).square() + between).log()
        ),
        "Deviations are added, where variances should be.": (
            2 * ((log_var / 2).exp().mean(0) + between.sqrt()).log()
        ),
        "This would be the product of all codes: very narrow. The prior has to cover each of them.": (
            (1 / (1 / var).sum(0)).log()
        ),
        "1, as the usual prior has it. Another width is cheaper.": torch.zeros(2),
    }
    otherwise = (
        "Not the cheapest width. Try one picture alone: its prior should be its own code, at a price of 0."
    )
    diagnose(told_prior(s, mu, log_var)[1], right, mistakes, otherwise)


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
    hint="Draw n times from q, and look at log q(z) - log p(z) for each draw: their average is the estimate. "
    "Averages of n draws scatter less than the draws, by the square root of n.",
    hidden_points=0.5,
)
q5.prediction(
    0.5,
    "q5_factor",
    options=(),
    right="a7cbe847",
    why={
        "470353c6": "Four times the draws give half the error.",
        "dc08a0bb": "More than needed: the error falls with the square root of n.",
    },
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
        "cut": q * ratio.clamp(min=0),
        "weighted": q * q * ratio,
        "q": q * log_q,
        "p": -q * log_p,
        "divided": q * log_q / log_p,
    }
    found = {name: torch.trapezoid(values, z).item() for name, values in means.items()}
    found["spread"] = torch.trapezoid(q * (ratio - found["right"]) ** 2, z).sqrt().item()
    return found


def estimate(s, q: str, p: str, n: int) -> tuple[float, float]:
    """What `kl_and_error` gives for two distributions, each an expression among the submission's names."""
    try:
        value = s.kl_and_error(s.evaluate(q), s.evaluate(p), n)
    except SubmissionError as error:
        expect(
            "NotImplementedError" not in str(error),
            "A mixture has no `rsample`, and its KL no formula. It has `sample` and `log_prob`.",
        )
        raise
    two = several(value, 2, "Return two numbers: the estimate, and its typical error.")
    return tuple(number(part) for part in two)


@q5.case(0.5, gate=True)
def close_to_the_truth(s):
    s.seed(0)
    value, _ = estimate(s, BROAD, TWO_HUMPS, 4_000)
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
        "Single draws may speak for p. Do not cut their log-ratios off at 0: what is below belongs to the "
        "average.": means["cut"],
        "The draws come from q already. Weighting them by q once more counts q twice.": means["weighted"],
        "Only log q is averaged: p does not enter.": means["q"],
        "Only log p is averaged, with a minus: q's own logarithm does not enter.": means["p"],
        "The logarithms are divided. A ratio's logarithm is the difference of the two.": means["divided"],
        "This is in bits. Nats were asked for.": right / math.log(2),
    }
    otherwise = (
        f"{value:.3f} nats from 4,000 draws, which is further off than chance explains. Do all draws come "
        "from q, and does each enter once?"
    )
    tolerance = 5 * means["spread"] / math.sqrt(4_000)
    nearest_first = dict(sorted(mistakes.items(), key=lambda mistake: abs(mistake[1] - value)))
    diagnose(value, right, nearest_first, otherwise, rtol=0, atol=tolerance)
    s.seed(0)
    back, _ = estimate(s, TWO_HUMPS, BROAD, 4_000)
    diagnose(
        back, means["reverse"], {}, "Wrong where the mixture is q, the one that draws.", rtol=0, atol=0.2
    )


@q5.case(0.5)
def n_draws_at_a_time(s):
    s.seed(0)
    told = np.array([estimate(s, BROAD, TWO_HUMPS, 25) for _ in range(60)])
    spread, usual = told[:, 0].std(), on_a_grid()["spread"] / math.sqrt(25)
    expect(
        spread > 0,
        "All calls give the same. Is there a seed inside, or points that are chosen and not drawn?",
    )
    expect(
        spread > usual / 2,
        "With n = 25, estimates hardly differ: they should be averages of 25 draws, and of no more.",
    )
    expect(spread < usual * 2, "With n = 25, estimates differ more than averages of 25 draws do.")
    errors = told[:, 1].mean()
    for factor, message in {
        5: "This is how single draws scatter. Their average scatters less: by which factor?",
        1 / 5: "Divided by n. The error of an average falls with the square root of n.",
    }.items():
        expect(abs(errors / usual / factor - 1) > 0.2, message)
    single = on_a_grid()["spread"] ** 2
    expect(
        abs(errors / (single / 25) - 1) > 0.2 or abs(errors / usual - 1) < 0.2,
        "This is a variance. Take its root.",
    )
    expect(abs(errors / usual - 1) < 0.2, "The error that is told is not the one that estimates have.")
    of_many = np.array([estimate(s, BROAD, TWO_HUMPS, 600)[1] for _ in range(4)])
    expect(
        np.abs(of_many / (usual * math.sqrt(25 / 600)) - 1).max() < 0.25,
        "From 600 draws the error can be told well, and this one is another at each call. It is the scatter "
        "of all n draws that tells it.",
    )


@q5.case(0.5, after=True)
def two_distributions_that_nearly_agree(s):
    s.seed(1)
    near = "torch.distributions.Normal(torch.tensor(0.1), torch.tensor(1.0))"
    standard = "torch.distributions.Normal(torch.tensor(0.0), torch.tensor(1.0))"
    values, errors = np.array([estimate(s, near, standard, 25) for _ in range(60)]).T
    expect(
        values.min() < 0,
        "A KL is never negative, but an estimate of a small one may be. Cut off at 0, or made positive, it "
        "is too large on average.",
    )
    expect(
        values.std() < 0.04,
        "Two distributions that nearly agree say nearly the same of one and the same draw. These estimates "
        "scatter as if each logarithm had draws of its own.",
    )
    expect(abs(values.mean() - 0.005) < 0.013, "Wrong for two distributions that nearly agree.")
    expect(
        abs(errors.mean() / 0.02 - 1) < 0.2,
        "The estimate is right where the two nearly agree; its error is not. It comes from the scatter of "
        "the differences, not from that of each logarithm.",
    )
