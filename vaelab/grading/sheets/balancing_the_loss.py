"""Checks of exercise 7, balancing the loss."""

import math
from functools import cache

import numpy as np
import torch
from torch.distributions import Normal, kl_divergence

from vaelab.grading import Exercise, WrongError, agrees, diagnose, expect, number, same_shape, seeded

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
        "These are grey levels. The noise level is asked for on the scale of the pixels, 0 to 1.": 255
        * right,
    }
    otherwise = (
        "Not yet. With 1,200 numbers a picture and a factor of 600 on the mean error, it should give 1."
    )
    diagnose(value, right, mistakes, otherwise)


@q1.case(1)
def every_mix_of_means_and_sums(s):
    ways = [(error, kl) for error in ("mean", "sum") for kl in ("sum", "mean")]
    value = [number(s.claimed_sigma(1200, 30, 2.0, error, 5.0, kl)) for error, kl in ways]
    mixes = np.array([1200, 1200, 1, 1]), np.array([1, 30, 1, 30])  # numbers a sum has more than a mean
    right = np.sqrt(0.5 * 5.0 * mixes[0] / (2.0 * mixes[1]))
    wrong = [k for k in range(4) if not agrees(value[k], right[k])]
    if wrong:
        first = wrong[0]
        otherwise = (
            f"With D = 1200, L = 30, a factor of 2 on the {ways[first][0]} of the error and a weight of 5 on "
            f"the {ways[first][1]} of the KL it gives {value[first]:.4g}, and should give {right[first]:.4g}."
        )
        diagnose(value, right, _mistakes_with_mixes(*mixes), otherwise)


def _mistakes_with_mixes(in_error, in_kl, weight=5.0):
    def sigma(in_error, in_kl, weight):
        return np.sqrt(0.5 * weight * in_error / (2.0 * in_kl))

    return {
        "The weight of the KL has no effect. A dearer code is the same as a noisier picture.": (
            sigma(in_error, in_kl, 1.0)
        ),
        "The weight of the KL works the wrong way round: a dearer code should mean more noise.": (
            sigma(in_error, in_kl, 1 / weight)
        ),
        "The number of latents has no effect, yet a mean of the KL is that much smaller than its sum.": sigma(
            in_error, 1, weight
        ),
        "The number of latents works the wrong way round: a mean makes the KL smaller.": (
            sigma(in_error, 1 / in_kl, weight)
        ),
        "Summed or averaged, the error is treated as a mean.": sigma(1200, in_kl, weight),
        "Summed or averaged, the error is treated as a sum.": sigma(1, in_kl, weight),
        "Summed or averaged, the KL is treated as a mean.": sigma(in_error, 30, weight),
        "The weight of the KL enters squared. It should stand where the variance does.": (
            sigma(in_error, in_kl, weight**2)
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
q2.prediction(
    0.5,
    "q2_times",
    options=(),
    right="f3a047ad",
    why={
        "34a4958f": "That is how many times too large the variance is. The question was about sigma.",
        "d2c7b95f": "Look at the derivative in sigma again, then ask for sigma and not for its square.",
        "cd2fd3f5": "Half of what it is: is it a root that you took?",
        "a127506a": "Twice what it is. Set the derivative in sigma to 0, for the loss as given and for the "
        "right one.",
        "49a42a49": "The loss as given would then be right. Where is its derivative in sigma 0?",
    },
)


@q2.case(0.5, gate=True)
def the_right_charge_for_noise(s):
    generator = seeded(1)
    x, x_hat = torch.rand(2, 4, 3, 5, 6, generator=generator)
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
        - 90 * log_sigma,
        "Half of the charge. Is the logarithm that of sigma, or that of its square?": error + 45 * log_sigma,
        "Twice the charge. Is the logarithm that of sigma, or that of its square?": error + 180 * log_sigma,
        "The charge counts the pixels of the whole batch. It should be that of one picture.": error
        + 360 * log_sigma,
        "The charge counts the pixels of one channel. Each of the three is a number of its own.": error
        + 30 * log_sigma,
        "The charge is always that of 784 numbers. Pictures of another size have others.": error
        + 784 * log_sigma,
        "The charge is always that of 28 numbers. A picture's numbers are its channels times its height "
        "times its width.": error + 28 * log_sigma,
        "The charge counts the pictures. It should count the numbers of one picture.": error + 4 * log_sigma,
        "In a normal density the squared error is divided by two variances, and here by one.": 2 * error
        + 90 * log_sigma,
        "The best sigma is right now, but this is an average over pixels. Beside a KL summed over "
        "latents, that is a beta of D.": error / 90 + log_sigma,
        "The whole batch is summed. An average over the pictures was asked for.": 4
        * (error + 90 * log_sigma),
        "This takes exp(log_sigma) for the variance. It is the standard deviation.": (
            squares / (2 * log_sigma.exp()) + 45 * log_sigma
        ),
        "The squared error is divided by sigma. A normal density has its square there.": (
            squares / (2 * log_sigma.exp()) + 90 * log_sigma
        ),
        "The charge takes the height for the width, too. These pictures have 5 rows and 6 columns.": error
        + 75 * log_sigma,
        "The charge takes the width for the height, too. These pictures have 5 rows and 6 columns.": error
        + 108 * log_sigma,
        "Only the error counts its pixels; for sigma it is once more as if a picture had one.": error
        + log_sigma.exp(),
    }
    otherwise = (
        "Not yet: minus the logarithm of the density of all pixels of a picture, averaged over the pictures."
    )
    diagnose(value, right - 45 * math.log(2 * math.pi), mistakes, otherwise)


@q2.case(0.5)
def sigma_and_the_network_learn(s):
    generator = seeded(2)
    x, x_hat = torch.rand(2, 3, 2, 4, 5, generator=generator)
    log_sigma = torch.tensor(-1.2)
    (_, to_pictures, to_sigma) = s.gradients("noise_loss", x, x_hat, log_sigma)
    expect(to_sigma is not None, "No gradient arrives at log_sigma, so it cannot learn.")
    expect(
        to_pictures is not None, "No gradient arrives at the reconstructions, so the network cannot learn."
    )
    squares = (x - x_hat).square().sum((1, 2, 3)).mean()
    diagnose(
        to_sigma, 40 - squares * math.exp(2.4), {}, "The gradient that arrives at log_sigma is not its own."
    )


q3 = exercise.question(
    "q3",
    "A thermostat for nats",
    section="What a nat buys",
    hint="Adding and taking away can lead below 0; multiplying cannot. So by what factor should beta change, "
    "if the KL is twice the target? If it is the target? And if it is 0? The exponential of something is "
    "never 0.",
    hidden_points=0.5,
)


@q3.case(0.5, gate=True)
def in_the_right_direction(s):
    for beta, target in ((1.0, 12.0), (0.03, 40.0), (50.0, 5.0)):
        dear, right, cheap, empty = (
            number(s.next_beta(beta, share * target, target)) for share in (2.0, 1.0, 0.5, 0.0)
        )
        expect(
            min(dear, right, cheap, empty) >= 0,
            f"From a beta of {beta:g} your rule can go below 0: then the code would be paid for growing.",
        )
        expect(
            not dear < beta < cheap,
            "Turned round: a code that spends too much should meet a higher price, one that spends too "
            "little a lower one.",
        )
        expect(dear > beta, "A KL of twice the target should make beta grow.")
        expect(cheap < beta, "A KL of half the target should make beta fall.")
        expect(abs(right / beta - 1) < 1e-3, "With the KL at its target, beta should stay where it is.")
        expect(
            empty > 0,
            "With an empty code, a KL of 0, beta falls to 0 at once. There a code costs nothing, and a rule "
            "that multiplies never gets away from 0.",
        )
        expect(empty < beta, "An empty code, a KL of 0, should make beta fall.")


@q3.case(0.5)
def the_target_is_met_and_kept(s):
    for start, target in ((1.0, 12.0), (100.0, 12.0), (0.01, 30.0)):
        regulated(s, start, target)


def regulated(s, beta: float, target: float, noise: float = 0.0, steps: int = 300) -> None:
    """Fail unless the submission's rule leads the best linear VAE of the digits to the target."""
    random, spent, begun = (
        np.random.default_rng(0),
        [],
        f"Begun at a beta of {beta:g}, with a target of {target:g}: ",
    )
    most = 0.1 if noise else 0.05
    for _ in range(steps):
        spent.append(_spent(beta * 0.25))
        beta = number(s.next_beta(beta, max(spent[-1] * (1 + noise * random.normal()), 0.0), target))
        expect(
            0 < beta < 1e12,
            f"{begun}beta ran off to {beta:.0e}. How large is the largest change that it allows?",
        )
    late = np.array(spent[-100:])
    swing = np.abs(np.diff(late)).mean() / target
    message = f"the last hundred steps spend {late.mean():.1f} nats on average. "
    if swing > 0.1 and not noise:
        raise WrongError(
            f"{begun}the KL swings between {late.min():.1f} and {late.max():.1f}. Smaller changes."
        )
    expect(abs(late.mean() / target - 1) < most, f"{begun}{message}{_advice(spent)}")
    kept = noise or abs(late / target - 1).max() < 0.05
    expect(kept, f"{begun}{message}But it is not kept to within a twentieth: smaller changes.")


def _advice(spent: list[float]) -> str:
    """What to do about a rule that ends far from its target after these nats."""
    if spent[-1] == spent[-100] > 0:
        return "There beta rests: does your rule leave it alone too far from the target?"
    if len(set(np.sign(np.diff(spent[1:])))) > 2:
        return "Does your rule change beta by more on one side of the target than on the other?"
    return "Larger changes."


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


@q5.case(1, gate=True)
def nats_where_a_direction_pays(s):
    value = s.linear_rates(VARIANCES, 0.5, 3.0)
    expect(np.shape(value) != (), "You return one number. One rate for each direction was asked for.")

    def best(noise):  # the KL of the best linear posteriors: variance `kept`, means that make up the rest
        kept = (noise / VARIANCES).clamp(max=1)
        return kl_divergence(Normal((1 - kept).sqrt(), kept.sqrt()), Normal(0.0, 1.0))

    right, halves = best(0.75), (VARIANCES / 0.75).log() / 2
    mistakes = {
        "A rate is never negative: a direction that does not pay gets no nats.": halves,
        "Twice the right value: a factor of a half is missing.": 2 * right,
        "These are bits. In nats the logarithm is the natural one.": right / math.log(2),
        "These are bits, and a factor of a half is missing.": 2 * right / math.log(2),
        "`beta` has no effect, yet a dearer code should get fewer nats.": best(0.25),
        "This compares a variance with `sigma`. Compare it with a variance.": best(1.5),
        "`beta` stands where it makes the code cheaper. It should make it dearer.": best(0.25 / 3),
        "`beta` enters squared. It multiplies the variance of the noise.": best(2.25),
        "`beta` decides which directions pay, and has no effect on what they get.": torch.where(
            right > 0, best(0.25), 0.0
        ),
        "The ratio is turned round: here the narrow directions get the nats.": (-halves).clamp(min=0),
        "A direction that does not pay should get 0, not be left out.": right[:3],
        "With a 1 added to the ratio, every direction gets nats, however narrow it is.": (
            (1 + VARIANCES / 0.75).log() / 2
        ),
        "A direction that does not pay should get 0: its size does not matter, and it is not turned round.": (
            halves.abs()
        ),
    }
    otherwise = "Not yet. A direction with e² times the variance of the noise, at beta = 1, gets one nat."
    diagnose(value, right, mistakes, otherwise)
    diagnose(s.linear_rates(VARIANCES, 0.5), best(0.25), {}, "Where `beta` is left out, it should be 1.")
    message = "It writes into `variances`, and the next call gets others. Work on a copy."
    expect(not s.changes("linear_rates", VARIANCES, 0.5), message)


@q5.case(0.5)
def twelve_nats_in_all(s):
    sigma = number(s.q5_sigma)
    expect(sigma > 0, "A noise level is above 0.")
    spent = _spent(sigma**2)
    expect(
        abs(_spent(sigma) - 12) > 0.3,
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


@cache
def _variances_of_digits():
    from vaelab.data import load

    pixels = load("digits", n=400).float().flatten(1).double()
    return (torch.linalg.svdvals(pixels - pixels.mean(0)).square() / len(pixels)).numpy()


def _spent(noise: float) -> float:
    """Nats that the best linear VAE of the digits spends at this variance of the noise: one number."""
    return float(np.log(np.maximum(_variances_of_digits() / noise, 1)).sum() / 2)


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
