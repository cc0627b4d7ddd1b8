"""Checks of exercise 5, the reparameterization trick."""

import math
from functools import cache

import numpy as np
import torch

import vaelab
from vaelab import latent
from vaelab.grading import Exercise, agrees, diagnose, expect, number, same_shape
from vaelab.grading.compare import WrongError

exercise = Exercise("05-reparameterization", "Exercise 5: The reparameterization trick")
# Two pictures, three latents. No sigma equals its square, its logarithm or a neighbour.
MU = torch.tensor([[-3.0, 0.5, 4.0], [1.0, 2.0, -1.0]])
LOG_VAR = torch.tensor([[-3.0, -1.0, 1.5], [-2.0, 1.0, -0.4]])
SIGMA = torch.exp(LOG_VAR / 2)


def spreads(log_var: torch.Tensor) -> dict[str, torch.Tensor]:
    """Mistake -> the standard deviation it gives to the draws."""
    sigma = torch.exp(log_var / 2)
    return {
        "exp(log_var) is the variance, and this uses it as the standard deviation.": log_var.exp(),
        "The second output is a logarithm; this uses it as the standard deviation itself.": log_var.abs(),
        "The noise is not scaled: every code has a standard deviation of 1.": torch.ones_like(sigma),
        "All draws of a picture are equal. Is there no noise, or one for all of them?": (
            torch.zeros_like(sigma)
        ),
        "The spread is too small by one factor everywhere: is the noise uniform? It should be normal.": sigma
        / 12**0.5,
        "The spread is the square root of what it should be.": sigma.sqrt(),
    }


q1 = exercise.question(
    "q1",
    "Find the bug",
    section="Where the trick sits in a VAE",
    hint="Which term of the loss wants σ to be small, and by which way would the encoder hear of it? Make "
    "mu and log_var with `requires_grad=True`, call `sample_code(mu, log_var).sum().backward()`, and look at "
    "what has arrived.",
    hidden_points=0.5,
)


@q1.case(0.5, gate=True)
def every_sigma_can_be_learned(s):
    spread = np.std(_codes(s), axis=1)
    mu, log_var = gradients = s.gradients("sample_code", MU, LOG_VAR)
    as_given = mu is not None and log_var is None and agrees(spread, SIGMA, rtol=0.08)
    expect(
        not as_given,
        "This is still what the code as given returns: the draws are right, and every σ ends near 1.",
    )
    _gradients_arrive(gradients, 1.0)


@q1.case(0.5)
def the_draws_are_what_they_were(s):
    value = _codes(s)
    message = "The spread of the draws is no longer right."
    diagnose(value.std(1), SIGMA, spreads(LOG_VAR), message, rtol=0.08, atol=0.01)
    diagnose(value.mean(1), MU, {}, "The draws should lie around mu.", rtol=0, atol=0.25)
    noise = (value - MU[:, None].numpy()) / SIGMA[:, None].numpy()
    expect(np.ptp(noise, axis=2).max() > 1e-3, SHARED_BY_LATENTS)
    first, second = (s.sample_code(MU, LOG_VAR) for _ in range(2))
    expect(not agrees(first, second), SEED_INSIDE)


SHARED_BY_PICTURES = "All pictures of the batch share one noise."
SHARED_BY_LATENTS = "All latent numbers of a picture share one noise."
SEED_INSIDE = (
    "Two calls give the same codes. A seed set inside makes every step of a training draw the same noise."
)


def _codes(s) -> np.ndarray:
    """3,000 codes for each of the two pictures, (2, 3,000, 3): few enough for a loop over pictures."""
    s.seed(1)
    value = s.sample_code(MU.repeat_interleave(3_000, 0), LOG_VAR.repeat_interleave(3_000, 0))
    same_shape(value, (6_000, 3), "One code for each picture.")
    return np.asarray(value).reshape(2, 3_000, 3)


q2 = exercise.question(
    "q2",
    "Codes in opposite pairs",
    section="Move the noise outside",
    hint="Only the noise needs the new axis: make it of shape (k, B, L), and put its negative behind it. "
    "Scaling and moving it broadcasts by itself. Half of the log-variance is the logarithm of the "
    "standard deviation.",
    hidden_points=0.75,
)


def _paired(s, k: int) -> np.ndarray:
    value = s.opposite_codes(MU, LOG_VAR, k)
    expect(np.shape(value) != (2, 3), "This is one code for each picture. k pairs were asked for.")
    expect(np.shape(value) != (k, 2, 3), "These are k codes for each picture. k *pairs* are 2 k codes.")
    expect(np.shape(value) != (2, 2 * k, 3), "The axis of the draws comes first: (2 k, B, L).")
    same_shape(value, (2 * k, 2, 3), "k pairs of codes for each of B pictures.")
    value = np.asarray(value)
    expect(
        not np.allclose(value[:k], -value[k:], atol=1e-4),
        "The codes themselves have changed their sign. It is the noise that is turned round: opposite means "
        "on the other side of mu.",
    )
    return value


@q2.case(0.75, gate=True)
def gradients_reach_both_outputs(s):
    _paired(s, 4)
    for_mu, for_log_var = s.gradients("opposite_codes", MU, LOG_VAR, 4)
    # With opposite noise the slopes for log_var cancel in a sum: the first code alone must have one.
    first = s.evaluate("lambda mu, log_var: opposite_codes(mu, log_var, 4)[:1]")
    _gradients_arrive([for_mu, for_log_var], 8.0, cancels=True)
    of_first = s.evaluate(
        "__import__('torch').autograd.grad(first(m, l.requires_grad_()).sum(), l, allow_unused=True)[0]",
        first=first,
        m=MU,
        l=LOG_VAR,
    )
    expect(np.abs(np.asarray(of_first)).max() > 0, "The gradient for log_var is exactly zero.")


@q2.case(0.5)
def the_mean_and_the_spread_that_the_encoder_asks_for(s):
    s.seed(0)
    value = _paired(s, 10_000)[:10_000]
    diagnose(value.std(0), SIGMA, spreads(LOG_VAR), "The spread of the draws is wrong.", rtol=0.06, atol=0.01)
    diagnose(value.mean(0), MU, {}, "The draws should lie around mu.", rtol=0, atol=0.12)
    beyond = (np.abs(value - MU.numpy()) > 2 * SIGMA.numpy()).mean()
    expect(0.041 < beyond < 0.050, "Mean and spread are right, the shape is not: the noise should be normal.")


@q2.case(0.5)
def noise_of_its_own_and_its_opposite(s):
    first, second = (_paired(s, 4) for _ in range(2))
    eps = (first - MU.numpy()) / SIGMA.numpy()
    expect(np.ptp(eps[:4], axis=0).max() > 1e-3, "The k draws of a picture are all the same.")
    expect(np.ptp(eps[:4], axis=1).max() > 1e-3, SHARED_BY_PICTURES)
    expect(np.ptp(eps[:4], axis=2).max() > 1e-3, SHARED_BY_LATENTS)
    expect(not np.allclose(first, second, equal_nan=True), SEED_INSIDE)
    expect(
        not np.allclose(eps[0::2], -eps[1::2], atol=1e-3),
        "Each code is followed by its opposite. Asked for are first all k codes, then their opposites.",
    )
    expect(
        np.allclose(eps[:4], -eps[4:], atol=1e-3), "The second k codes are not the opposites of the first."
    )
    least = s.opposite_codes(MU[:1, :1], LOG_VAR[:1, :1], 1)
    same_shape(least, (2, 1, 1), "One pair for one picture with one latent still has its three axes.")


def _gradients_arrive(gradients: list, for_mu: float, cancels: bool = False) -> None:
    """Fail unless mu's gradients are `for_mu` and log_var's are there and scatter."""
    mu, log_var = gradients
    expect(
        mu is not None or log_var is not None,
        "The codes have no gradient: they are cut off from mu and log_var. Does something here detach, or "
        "draw with `sample`?",
    )
    expect(mu is not None, "No gradient reaches mu.")
    expect(log_var is not None, "No gradient reaches log_var: it will hear of nothing but the KL.")
    expect(np.abs(mu).max() > 0, "A gradient arrives and is exactly zero. That is what `torch.normal` does.")
    expect(np.allclose(mu, for_mu), "Each code should move with mu by the same amount.")
    expect(cancels or np.abs(log_var).max() > 0, "The gradient for log_var is exactly zero.")


q3 = exercise.question(
    "q3",
    "Read a plot",
    section="Move the noise outside",
    hint="z is a straight line in ε. Where is it at ε = 0, and by how much does it rise when ε grows by 1? "
    "Then square that rise, and take the logarithm.",
)


@cache
def _seen() -> tuple[float, float]:
    """What the encoder says about the picture and latent number of the plot: mu, log_var."""
    outputs = latent.encode(vaelab.pretrained("dlwp-digits-vae"), vaelab.load("digits", n=8, split="test"))
    return tuple(output[2, 0].item() for output in outputs)


@q3.case(0.5)
def the_mean(s):
    given, (mu, log_var) = number(s.q3_mu), _seen()
    sigma = math.exp(log_var / 2)
    expect(abs(given - sigma) > 0.06, "That is how steep the line is. Where is z when the noise is 0?")
    expect(abs(given - mu + 2.5 * sigma) > 0.1, "That is z at the left edge. The noise is 0 in the middle.")
    expect(abs(given - mu) <= 0.1, "Not there. Where is z when the noise is 0?")


@q3.case(0.5)
def the_log_variance(s):
    given, (_, log_var) = number(s.q3_log_var), _seen()
    sigma = math.exp(log_var / 2)

    def near(value: float, width: float) -> bool:
        return abs(given - value) <= width

    expect(
        not near(sigma, 0.06), "That is the standard deviation, the slope. Its square has which logarithm?"
    )
    expect(not near(sigma**2, 0.06), "That is the variance. The encoder gives its logarithm.")
    # -1.2 and -1.0: too close to tell apart within what the plot lets one read.
    expect(
        not near(log_var / 2, 0.28),
        "Is that the logarithm of σ instead of σ², or one to base 10? The encoder gives the natural one, "
        "of σ².",
    )
    expect(not near(-log_var, 0.4), "The sign: the spread is below 1, so its logarithm is negative.")
    expect(near(log_var, 0.4), "Not there. The slope of the line is the standard deviation.")


q4 = exercise.question(
    "q4",
    "Another distribution",
    section="`sample` and `rsample`",
    hint="Set u = 1 - exp(-z/m), bring the exponential to one side, take the logarithm of both sides, and "
    "multiply by what stands below z.",
    hidden_points=0.5,
)


@q4.case(0.75, gate=True)
def draws_with_the_right_distribution(s):
    log_mean, u = torch.tensor([0.5, -1.0, 1.5, 0.3]), torch.tensor([0.2, 0.7, 0.9, 0.004])
    value = s.draw_exponential(log_mean, u)
    same_shape(value, (4,), "One draw for each noise.")
    # 1 - u is uniform noise as well, so there are two right answers, and two forms of every mistake.
    standards = [torch.distributions.Exponential(1.0).icdf(noise) for noise in (u, 1 - u)]
    if any(agrees(value, log_mean.exp() * standard) for standard in standards):
        return
    for standard in standards:
        for message, wrong in _slips(log_mean, standard).items():
            expect(not agrees(value, wrong), message)
    distribution = torch.distributions.Exponential(torch.exp(-log_mean))
    expect(
        not agrees(value, distribution.cdf(u)),
        "This is the distribution function itself. It makes u from z; here z is to be made from u.",
    )
    raise WrongError("Put your result into F: it should give back u.")


def _slips(log_mean: torch.Tensor, standard: torch.Tensor) -> dict[str, torch.Tensor]:
    """Mistake -> draws, made from those of the exponential distribution with mean 1."""
    mean = log_mean.exp()
    return {
        "A draw cannot be negative: look at the sign.": -mean * standard,
        "The mean enters upside down: a larger mean should give larger draws.": standard / mean,
        "The network gives the logarithm of the mean, not the mean.": log_mean * standard,
        "The half belongs to a log-variance. Here the logarithm of the mean itself is given.": mean.sqrt()
        * standard,
        "The mean is missing: all draws come from the distribution with mean 1.": standard,
        "The mean is added. It should stretch the draws, not move them.": mean + standard,
        "That is a logarithm to base 10. The inverse of e's power is the natural one.": (
            mean * standard / math.log(10)
        ),
    }


@q4.case(0.25)
def gradients_reach_the_mean(s):
    log_mean, u = torch.tensor([0.5, -1.0, 1.5]), torch.tensor([0.2, 0.7, 0.9])
    value = np.asarray(s.draw_exponential(log_mean, u))
    (slopes,) = s.gradients("draw_exponential", log_mean, u, fixed=[1])
    expect(slopes is not None, "No gradient reaches log_mean: is the draw cut off from it?")
    # z is the mean times noise, so its slope along the logarithm of the mean is z itself.
    expect(agrees(slopes, value), "A gradient arrives, and it is not that of the draw.")


q5 = exercise.question(
    "q5",
    "Predict, then measure",
    section="The other way: the score function",
    hint="log q has two parts with log_var in them: -log_var / 2, and -(z - mu)² / (2 exp(log_var)). "
    "Differentiate with z fixed, then write z - mu as σε. For the other, z is allowed to move: f'(z) times "
    "the slope of z along log_var.",
    hidden_points=0.5,
)
q5.prediction(
    0.5,
    "q5_prediction",
    options=("a", "b", "c", "d"),
    right="33a94ebe",
    why={
        "ba370124": "One of the two never differentiates f: it looks at its height, and 10 more is 10 more.",
        "fac9cba3": "One of the two sees f only through its slope, and a constant has none.",
        "c7e9501f": "The score function is made of the height of f, the pathwise one of its slope.",
    },
)
F = "lambda z: z**3 + 2"
POINT = torch.tensor(0.7), torch.tensor(-1.0), torch.tensor([-1.7, -0.8, -0.2, 0.4, 1.1, 2.0])


@q5.case(0.75)
def the_score_function(s):
    mu, log_var, eps = POINT
    value = _estimates(s, "by_score")
    sigma = torch.exp(log_var / 2)
    height, score = (mu + sigma * eps) ** 3 + 2, (eps.square() - 1) / 2
    mistakes = {
        "This is the gradient for mu.": height * eps / sigma,
        "This is the gradient for the standard deviation; asked for is that for log_var.": (
            2 * height * score / sigma
        ),
        "This is the gradient for the variance; asked for is that for its logarithm.": (
            height * score / sigma**2
        ),
        "This is the gradient for the logarithm of σ. Where is the half of log σ²?": 2 * height * score,
        "The score must be 0 on average, and this one never falls below 0: a constant is missing.": (
            height * eps.square() / 2
        ),
        "This is the score alone. It has to be weighed with the height of f.": score,
        "The sign is turned round.": -height * score,
        "exp(log_var) is used as the standard deviation when z is made.": (
            ((mu + log_var.exp() * eps) ** 3 + 2) * score
        ),
        "This is the pathwise estimate.": _pathwise(mu, sigma, eps),
        "z moves with log_var here. Hold z fixed while you differentiate log q.": (-height / 2),
        "A baseline is taken off f. It is a good idea, and was not asked for here.": (
            (height - height.mean()) * score
        ),
        "The height at mu is taken off f. A baseline was not asked for here.": (
            (height - (mu**3 + 2)) * score
        ),
        "The logarithm of q itself is in it, where its slope was asked for.": height
        * torch.distributions.Normal(mu, sigma).log_prob(mu + sigma * eps),
    }
    otherwise = "Not yet: the height f(z) of each draw, times the slope of log q(z) along log_var."
    diagnose(value, height * score, mistakes, otherwise)


@q5.case(0.75)
def the_pathwise_estimator(s):
    mu, log_var, eps = POINT
    value = _estimates(s, "by_path")
    sigma = torch.exp(log_var / 2)
    right = _pathwise(mu, sigma, eps)
    height = (mu + sigma * eps) ** 3 + 2
    mistakes = {
        "This is the gradient for mu.": right * 2 / (sigma * eps),
        "This is the gradient for the standard deviation; asked for is that for log_var.": right * 2 / sigma,
        "This is the gradient for the logarithm of σ: its half, for log σ², is missing.": 2 * right,
        "This is the gradient for the variance; asked for is that for its logarithm.": right / sigma**2,
        "Every draw got the sum over all draws. Give each its own estimate.": right.sum().expand(6),
        "This is the score-function estimate.": height * (eps.square() - 1) / 2,
        "exp(log_var) is used as the standard deviation.": 2 * _pathwise(mu, sigma**2, eps),
        "exp(log_var) is used as the standard deviation when z is made.": _pathwise(mu, sigma**2, eps),
        "The sign is turned round.": -right,
    }
    otherwise = "Not yet: the slope of f at z, times the slope of z along log_var with the noise fixed."
    diagnose(value, right, mistakes, otherwise)


def _pathwise(mu: torch.Tensor, sigma: torch.Tensor, eps: torch.Tensor) -> torch.Tensor:
    """Estimates for f(z) = z³ + 2."""
    return 3 * (mu + sigma * eps) ** 2 * sigma * eps / 2


def _estimates(s, name: str) -> np.ndarray:
    estimator, f = getattr(s, name), s.evaluate(F)
    value, again = (estimator(f, *POINT) for _ in range(2))
    expect(np.shape(value) != (), "This is one number for all draws together. Give the estimate of each.")
    same_shape(value, (6,), "One estimate for each draw.")
    message = "The same `eps` twice, and two answers: nothing is to be drawn beside `eps`."
    expect(agrees(value, again), message)
    return value


q6 = exercise.question(
    "q6",
    "Noise that is held",
    section="Check it",
    hint="With ε known and fixed, z = μ + σε can be put anywhere by μ alone, whatever σ is. Which σ is "
    "cheapest then, and what does the decoder see of it?",
    written="q6_because",
)
q6.choice(
    1,
    "q6",
    right="c5438bd7",
    why={
        "e7ddbc08": "ε is a constant for the gradient in either case, held or fresh. μ and σ are what it "
        "passes to.",
        "06bd4f2a": "Each ε is a fair draw, before training. After thousands of steps on the same draws, is "
        "the loss still a fair estimate of the expectation?",
        "5e163f8b": "A small σ is expensive: the KL holds -log σ². To undo a noise that it knows, the "
        "encoder can move μ instead.",
    },
)
