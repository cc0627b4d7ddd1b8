"""Checks of exercise 7, balancing the loss."""

import math
from functools import cache

import numpy as np
import torch
from torch.distributions import Normal, kl_divergence

from vaelab.grading import Exercise, agrees, diagnose, expect, same_shape

exercise = Exercise("07-balancing-the-loss", "Exercise 7: Balancing the loss")

q1 = exercise.question(
    "q1",
    "What does this line claim?",
    section="A factor is a noise level",
    hint="Turn both terms into sums first: what number then stands before each sum? Divide the whole loss by "
    "the one before the KL. What is left before the summed error must be what a normal distribution puts "
    "there.",
    hidden_points=1,
)


@q1.case(0.5)
def a_factor_on_the_mean_error(s):
    value = [s.claimed_sigma(1200, 30, factor, "mean", 1.0, "sum") for factor in (24.0, 6.0)]
    right = np.array([5.0, 10.0])
    mistakes = {
        "That is the variance. The noise level is a standard deviation.": right**2,
        "The log-density of a normal distribution has a 2 under the squared error. It is missing here.": right
        * 2**0.5,
        "The 2 stands on the wrong side.": right * 2,
        "The number of pixel values plays no part here, and a mean over them is that much smaller than "
        "the sum.": right / 1200**0.5,
        "A larger factor on the error should claim less noise, and here it claims more.": 1 / right,
        "The factor on the error has no effect.": [600**0.5] * 2,
        "The KL is a sum already: the number of latents should play no part in this one.": right / 30**0.5,
    }
    otherwise = (
        "Not yet. With 1,200 numbers a picture and a factor of 600 on the mean error, it should give 1."
    )
    diagnose(value, right, mistakes, otherwise)


@q1.case(1)
def every_mix_of_means_and_sums(s):
    ways = [(error, kl) for error in ("mean", "sum") for kl in ("sum", "mean")]
    value = [s.claimed_sigma(1200, 30, 2.0, error, 5.0, kl) for error, kl in ways]
    mixes = np.array([1200, 1200, 1, 1]), np.array([1, 30, 1, 30])  # numbers a sum has more than a mean
    diagnose(
        value, _sigma(*mixes, 5.0), _mistakes_with_mixes(*mixes), "Not right for every mix of means and sums."
    )


def _sigma(in_error, in_kl, weight):
    """The answer for a factor of 2; `in_error`, `in_kl`: how many numbers a mean is taken over."""
    return np.sqrt(0.5 * weight * in_error / (2.0 * in_kl))


def _mistakes_with_mixes(in_error, in_kl, weight=5.0):
    return {
        "The weight of the KL has no effect. A dearer code is the same as a noisier picture.": (
            _sigma(in_error, in_kl, 1.0)
        ),
        "The weight of the KL works the wrong way round: a dearer code should mean more noise.": (
            _sigma(in_error, in_kl, 1 / weight)
        ),
        "The number of latents has no effect, yet a mean of the KL is that much smaller than its "
        "sum.": _sigma(in_error, 1, weight),
        "The number of latents works the wrong way round: a mean makes the KL smaller.": (
            _sigma(in_error, 1 / in_kl, weight)
        ),
        "Summed or averaged, the error is treated as a mean.": _sigma(1200, in_kl, weight),
        "Summed or averaged, the error is treated as a sum.": _sigma(1, in_kl, weight),
        "Summed or averaged, the KL is treated as a mean.": _sigma(in_error, 30, weight),
        "The weight of the KL enters squared. It should stand where the variance does.": (
            _sigma(in_error, in_kl, weight**2)
        ),
    }


q2 = exercise.question(
    "q2",
    "Find the bug",
    section="Let the model find its noise level",
    hint="Work out minus the logarithm of the density for a picture of one pixel, then for one of two. Hold "
    "each against the code, term by term. For the prediction: where is the derivative of the given loss in "
    "sigma 0?",
    hidden_points=1,
)
q2.choice(
    0.5,
    "q2_times",
    right="f3a047ad",
    why={
        "34a4958f": "That is how many times too large the variance is. The question is about sigma.",
        "d2c7b95f": "Look at the derivative in sigma again, then ask for sigma and not for its square.",
        "cd2fd3f5": "Half of what it should be: is it a root that you take?",
        "a127506a": "Twice what it should be. Set the derivative in sigma to 0, for the loss as given and "
        "for the right one.",
        "49a42a49": "The loss as given would then be right. Where is its derivative in sigma 0?",
    },
    otherwise="Set the derivative in sigma to 0, for the loss as given and for the right one, and divide the "
    "two.",
)


@q2.case(1)
def the_right_charge_for_noise(s):
    generator = torch.Generator().manual_seed(1)
    x, x_hat = torch.rand(2, 4, 1, 5, 6, generator=generator)
    log_sigma = torch.tensor(-0.7)
    value = s.noise_loss(x, x_hat, log_sigma)
    same_shape(value, (), "One number, the average over the batch.")
    squares = (x - x_hat).square().sum((1, 2, 3)).mean()
    error = squares / (2 * log_sigma.exp() ** 2)
    right = -Normal(x_hat, log_sigma.exp()).log_prob(x).sum((1, 2, 3)).mean()
    if agrees(value, right):  # with the constant, which was left free
        return
    mistakes = {
        "This is still what the loss as given returns. Trained with it, sigma grows far beyond the error "
        "that is made.": error + log_sigma,
        "The charge for sigma has gone. Now a larger sigma is always better.": error,
        "A larger sigma is now paid for, when it should cost something: look at the sign.": error
        - 30 * log_sigma,
        "Half of the charge. Is the logarithm that of sigma, or that of its square?": error + 15 * log_sigma,
        "Twice the charge. Is the logarithm that of sigma, or that of its square?": error + 60 * log_sigma,
        "The charge counts the pixels of the whole batch. It should be that of one picture.": error
        + 120 * log_sigma,
        "The best sigma is right now, but this is an average over pixels. Beside a KL summed over "
        "latents, that is a beta of D.": error / 30 + log_sigma,
        "The whole batch is summed. An average over the pictures was asked for.": 4
        * (error + 30 * log_sigma),
        "This takes exp(log_sigma) for the variance. It is the standard deviation.": (
            squares / (2 * log_sigma.exp()) + 15 * log_sigma
        ),
    }
    otherwise = (
        "Not yet: minus the logarithm of the density of all pixels of a picture, averaged over the pictures."
    )
    diagnose(value, right - 15 * math.log(2 * math.pi), mistakes, otherwise)


q3 = exercise.question(
    "q3",
    "Once, and again and again",
    section="Training got stuck",
    hint="How far into its cycle is a step? With a cycle of 20, steps 3, 23 and 43 are alike. Then: which "
    "share of the climb lies behind it, and what if that share is above one?",
    hidden_points=0.5,
)


@q3.case(0.5)
def one_climb(s):
    steps = np.array([0, 3, 6, 12, 13, 40])
    value = [s.kl_weight(step, 4.0, 12) for step in steps.tolist()]
    slope = 4 * steps / 12
    mistakes = {
        "It climbs beyond `beta`. From step `climb` on it should stay.": slope,
        "It climbs to 1, whatever `beta` is.": [0, 0.25, 0.5, 1, 1, 1],
        "One step early: at step 0 it should be 0.": np.minimum(slope + 1 / 3, 4),
        "It jumps from 0 to `beta`. A straight line was asked for.": [0, 0, 0, 4, 4, 4],
        "There is no climb: it is `beta` from the start.": [4] * 6,
        "It falls where it should climb.": np.maximum(4 - slope, 0),
        "It climbs and then falls back to 0. It should stay at `beta`.": [0, 1, 2, 4, 0, 0],
        "It starts anew, though no `cycle` was given.": [0, 1, 2, 0, 1 / 3, 4 / 3],
    }
    otherwise = "Not yet. Half-way up the climb, for instance, it should be half of `beta`."
    diagnose(value, [0, 1, 2, 4, 4, 4], mistakes, otherwise)


@q3.case(0.5)
def one_climb_in_every_cycle(s):
    steps = np.array([0, 6, 12, 19, 20, 23, 26, 39, 46])
    late = [0, 2, 4, 4, 4, 2 / 3, 5 / 3, 4, 5 / 3]
    value = [s.kl_weight(step, 4.0, 12, cycle=20) for step in steps.tolist()]
    mistakes = {
        "`cycle` has no effect: after the first climb nothing starts anew.": [0, 2, 4, 4, 4, 4, 4, 4, 4],
        "It starts anew every `climb` steps. That should happen every `cycle` steps.": 4 * (steps % 12) / 12,
        "It starts anew one step late: step `cycle` should be like step 0.": late,
        "It climbs during the whole cycle. It should arrive at step `climb`, and stay.": (
            4 * (steps % 20) / 20
        ),
        "It climbs beyond `beta`.": 4 * (steps % 20) / 12,
        "It starts anew only once.": [0, 2, 4, 4, 0, 1, 2, 4, 4],
    }
    diagnose(value, [0, 2, 4, 4, 0, 1, 2, 4, 2], mistakes, "Not yet right with a `cycle`.")


q4 = exercise.question(
    "q4",
    "Read a plot",
    section="What a nat buys",
    hint="Go along the line from e to a. How many nats of distortion does each further nat of rate save? "
    "Stop where it saves less than it costs.",
)
q4.choice(
    1,
    "q4",
    right="967967ef",
    why={
        "dfbda65c": "The smallest distortion, but at this price its 30 nats of rate cost 90.",
        "17e9fc6a": "That would be the choice at a price of 1, where the sum of the two is smallest. The "
        "price is 3.",
        "6ab61282": "On the way to this one, a further nat saves less than 2 nats of distortion and costs 3.",
        "67574a4e": "The cheapest code. But the next nats save more than 4 nats of distortion each, and cost "
        "3.",
    },
)

q5 = exercise.question(
    "q5",
    "A budget of twelve nats",
    section="The objective wants it",
    hint="Which directions vary more than the noise that beta and sigma claim? Only they pay, and the "
    "logarithm of a ratio says how much. More noise, fewer nats: halve the interval for sigma again and "
    "again.",
    hidden_points=0.5,
)
VARIANCES = torch.tensor([8.0, 2.0, 1.0, 0.4, 0.1])


@q5.case(1)
def nats_where_a_direction_pays(s):
    value = s.linear_rates(VARIANCES, 0.5, 3.0)
    expect(np.shape(value) != (), "You return one number. One rate for each direction was asked for.")
    right, halves = _rates(VARIANCES, 0.75), (VARIANCES / 0.75).log() / 2
    mistakes = {
        "A rate is never negative: a direction that does not pay gets no nats.": halves,
        "Twice the right value: a factor of a half is missing.": 2 * right,
        "These are bits. In nats the logarithm is the natural one.": right / math.log(2),
        "These are bits, and a factor of a half is missing.": 2 * right / math.log(2),
        "`beta` has no effect, yet a dearer code should get fewer nats.": _rates(VARIANCES, 0.25),
        "This compares a variance with `sigma`. Compare it with a variance.": _rates(VARIANCES, 1.5),
        "`beta` stands where it makes the code cheaper. It should make it dearer.": (
            _rates(VARIANCES, 0.25 / 3)
        ),
        "`beta` enters squared. It multiplies the variance of the noise.": _rates(VARIANCES, 2.25),
        "The ratio is turned round: here the narrow directions get the nats.": (-halves).clamp(min=0),
        "A direction that does not pay should get 0, not be left out.": right[:3],
        "With a 1 added to the ratio, every direction gets nats, however narrow it is.": (
            (1 + VARIANCES / 0.75).log() / 2
        ),
    }
    otherwise = "Not yet. A direction with e² times the variance of the noise, at beta = 1, gets one nat."
    diagnose(value, right, mistakes, otherwise)


@q5.case(0.5)
def twelve_nats_in_all(s):
    sigma = float(s.q5_sigma)
    expect(sigma > 0, "A noise level is above 0.")
    spent = _spent(sigma)
    expect(
        abs(_spent(math.sqrt(sigma)) - 12) > 0.3,
        "That is the variance of the noise that spends 12 nats. Give the standard deviation.",
    )
    expect(
        abs(spent - 12 * math.log(2)) > 0.1,
        "This spends 12 bits. With the natural logarithm the rates are nats.",
    )
    expect(
        abs(spent - 12) <= 0.3,
        f"At this noise level a linear VAE of the digits spends {spent:.1f} nats. Is that too much noise, or "
        "too little?",
    )


def _rates(variances, noise):
    """The KL of the best linear posteriors, on average: variance `kept`, means that make up the rest."""
    kept = (noise / variances).clamp(max=1)
    return kl_divergence(Normal((1 - kept).sqrt(), kept.sqrt()), Normal(0.0, 1.0))


@cache
def _variances_of_digits():
    from vaelab.data import load

    pixels = load("digits", n=400).float().flatten(1).double()
    return torch.linalg.svdvals(pixels - pixels.mean(0)).square().clamp(min=1e-12) / len(pixels)


def _spent(sigma: float) -> float:
    return _rates(_variances_of_digits(), sigma**2).sum().item()


q6 = exercise.question(
    "q6",
    "Choose, and say why",
    section="The objective wants it",
    hint="What must the variance of a direction exceed, before a nat is spent on it? Work it out for the "
    "model as it is, and after each change.",
    written="q6_because",
)
q6.choice(
    0.5,
    "q6",
    right="40712b63",
    why={
        "34098450": "Warm-up mends a bad start. Where does training end here: does any direction pay once "
        "beta is 100?",
        "292ca9ce": "More noise claimed, so even fewer directions pay than before.",
        "9c28698d": "Time helps a model that is stuck. Is this one, or does its objective ask for an empty "
        "code?",
    },
)
