"""Checks of exercise 6, the variational autoencoder."""

import dataclasses
import math
from functools import cache

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Bernoulli, Normal, kl_divergence

import vaelab
from vaelab import latent, losses
from vaelab.grading import Exercise, agrees, diagnose, expect, same_shape, several

exercise = Exercise("06-variational-autoencoders", "Exercise 6: The variational autoencoder")

q1 = exercise.question(
    "q1",
    "The ELBO from logits",
    section="The derivation",
    hint="The bound is what the decoder says of the picture, minus the price of the code. PyTorch has a "
    "binary cross-entropy that takes logits and never makes the probability; it asks for logits first, "
    "pixels second, and averages unless told otherwise.",
    hidden_points=1,
)


@q1.case(1, gate=True)
def the_bound_of_each_picture(s):
    generator = torch.Generator().manual_seed(0)
    x = (torch.rand(3, 1, 4, 5, generator=generator) > 0.7).float()
    logits = 2 * torch.randn(3, 1, 4, 5, generator=generator)
    mu, log_var = torch.randn(2, 3, 2, generator=generator)
    value = s.elbo(x, logits, mu, log_var)
    expect(np.shape(value) != (), "This is one number for the whole batch. Give the bound of each picture.")
    same_shape(value, (3,), "One value for each picture.")
    cost, kl = _cost(x, logits), _kl(mu, log_var).sum(1)
    error = (x - torch.sigmoid(logits)).square().sum((1, 2, 3))
    mistakes = {
        "This is the loss, the negative of the bound.": cost + kl,
        "The KL is a price: the bound loses by it, and here it gains.": -cost + kl,
        "The sign of the reconstruction term is turned round: a cost has been added.": cost - kl,
        "The cost is averaged over the pixels. A picture's log-probability is a sum.": -cost / 20 - kl,
        "The KL is averaged over the latents, where their sum was asked for.": -cost - kl / 2,
        "Both terms are averages now. A log-probability is a sum, and so is the KL.": -cost / 20 - kl / 2,
        "The KL is missing.": -cost,
        "The KL is too large by a factor of two: where is its half?": -cost - 2 * kl,
        "In the KL, exp(log_var) is used as the standard deviation.": -cost - _kl(mu, 2 * log_var).sum(1),
        "This is KL(prior || posterior): the two have changed places.": -cost
        - kl_divergence(Normal(0, 1), Normal(mu, (log_var / 2).exp())).sum(1),
        "The sigmoid is taken twice: the function with logits takes it by itself.": (
            -_cost(x, torch.sigmoid(logits)) - kl
        ),
        "Pixels and logits have changed places.": -_cost(logits, x) - kl,
        "Black and white have changed places.": -_cost(x, -logits) - kl,
        "That is a squared error. For coins, the log-probability is the cross-entropy.": -error - kl,
        "That is half a squared error. For coins, the log-probability is the cross-entropy.": -error / 2 - kl,
    }
    otherwise = "Not yet. With all logits 0 and a posterior equal to the prior, D pixels give -D log 2."
    diagnose(value, -cost - kl, mistakes, otherwise)


@q1.case(0.5)
def logits_as_large_as_they_come(s):
    x = torch.tensor([[1.0, 0.0, 1.0, 0.0]]).reshape(1, 1, 2, 2)
    logits = torch.tensor([-200.0, 300.0, 40.0, -150.0]).reshape(1, 1, 2, 2)
    value = np.asarray(s.elbo(x, logits, torch.zeros(1, 2), torch.zeros(1, 2)), dtype=float)
    expect(
        np.isfinite(value).all(),
        "Not a finite number for logits of -200 and 300: a rounded probability has met a logarithm.",
    )
    total = value.sum()
    expect(not agrees(total, -200.0), "A pixel's cost is capped at 100 nats. With logits no cap is needed.")
    expect(not -60 < total < -20, "Large costs come out too small: is the probability clipped on the way?")
    expect(agrees(value, [-500.0]), "Wrong for logits of -200 and 300.")


def _cost(x: Tensor, logits: Tensor) -> Tensor:
    """Binary cross-entropy, (B,). Its formula goes on beyond pixels in [0, 1]: for swapped arguments."""
    return -Bernoulli(logits=logits, validate_args=False).log_prob(x).sum((1, 2, 3))


def _kl(mu: Tensor, log_var: Tensor) -> Tensor:
    return kl_divergence(Normal(mu, (log_var / 2).exp()), Normal(0, 1))


q2 = exercise.question(
    "q2",
    "A tighter bound",
    section="When there is no grid: importance weighting",
    hint="First the logarithm of each draw's weight. Then the logarithm of the weights' average: of their "
    "sum, minus the logarithm of how many there are. PyTorch has the logarithm of a sum of exponentials.",
    hidden_points=1,
)


def _log_densities(draws: int, pictures: int, level: float, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    tables = torch.randn(3, draws, pictures, generator=generator)
    return level + 2 * tables[0], -3 + tables[1], 1 + tables[2]


@q2.case(1, gate=True)
def the_logarithm_of_an_average(s):
    likelihood, prior, q = given = _log_densities(4, 3, -12.0, 0)
    value = s.importance_bound(*given)
    expect(np.shape(value) != (4,), "One value for each draw. The average runs over the draws, axis 0.")
    expect(np.shape(value) != (), "One number for all pictures. Each picture has a bound of its own.")
    same_shape(value, (3,), "One value for each picture.")
    log_w, log_k = likelihood + prior - q, math.log(4)
    total = torch.logsumexp(log_w, 0)
    mistakes = {
        "This is the average of the logarithms, the ELBO. Average first.": log_w.mean(0),
        "The sum of the weights, where their average was asked for: is log K missing?": total,
        "log K is added, where the average of K weights divides by K.": total + log_k,
        "The division by K must take place inside the logarithm.": total / 4,
        "The largest weight alone. All K count.": log_w.amax(0),
        "These are the weights' logarithms, added up.": log_w.sum(0),
        "The average of the weights, without its logarithm.": log_w.exp().mean(0),
        "The prior is missing from the weights.": _average(likelihood - q),
        "q is missing: draws from q have to be weighed down by its density.": _average(likelihood + prior),
        "Only the likelihood is averaged. That would be right for draws from the prior.": (
            _average(likelihood)
        ),
        "q is multiplied where it should divide.": _average(likelihood + prior + q),
        "The weights are upside down.": _average(-log_w),
        "The prior divides where it should be multiplied.": _average(likelihood - prior - q),
        "This is the loss, the negative of the bound.": log_k - total,
        "An average of log w in which large weights count more is something else. Average w itself.": (
            (log_w.softmax(0) * log_w).sum(0)
        ),
    }
    otherwise = "Not yet. If all K weights are equal, the result is the logarithm of one of them."
    diagnose(value, total - log_k, mistakes, otherwise)


@q2.case(0.5)
def pictures_with_tiny_likelihoods(s):
    given = _log_densities(5, 3, -1_500.0, 1)
    value = np.asarray(s.importance_bound(*given), dtype=float)
    same_shape(value, (3,), "One value for each picture.")
    message = (
        "e^-1500 is 0 for a float, and the logarithm of 0 is minus infinity. Do not leave the logarithms."
    )
    expect(np.isfinite(value).all() and (value < -1_000).all(), message)
    right = _average(given[0] + given[1] - given[2])
    diagnose(value, right, {}, "Right for larger likelihoods, wrong for tiny ones.")


def _average(log_w: Tensor) -> Tensor:
    """Logarithm of the average weight, by way of the largest one."""
    largest = log_w.amax(0)
    return largest + (log_w - largest).double().exp().mean(0).log().float()


q3 = exercise.question(
    "q3",
    "Read a plot",
    section="The price, split in two",
    hint="A latent's KL is at least what it tells about the picture, in nats. What can a decoder have "
    "learned to do with a number that tells nothing, and that came as fresh noise at every step of the "
    "training?",
)


@cache
def _quiet() -> int:
    """How many latents of the plot are below the line."""
    faces = vaelab.load("portraits", n=64, size=64, split="test")
    mu, log_var = latent.encode(vaelab.pretrained("small-portrait-vae"), faces)
    return int((losses.gaussian_kl(mu, log_var, dim=None).mean(0) < 0.3).sum())


@q3.case(0.5)
def how_many_are_quiet(s):
    given = float(s.q3_quiet)
    expect(abs(given - (64 - _quiet())) > 1, "Is that the number of latents above the line?")
    expect(given != 64 and given != 0, "Count the bars that end below the dashed line.")
    expect(abs(given - _quiet()) <= 2, "Not there: find the last bar that ends below the dashed line.")


q3.choice(
    0.5,
    "q3",
    right="790afeb5",
    why={
        "921eb10f": "Counting numbers is not enough. How many nats about the face do those numbers carry?",
        "c86d5c20": "What did these latents look like in training, when codes were drawn? Nothing here is "
        "new to the decoder.",
        "e6f2c44e": "Detail is information too, and information has its price in nats.",
    },
)

q4 = exercise.question(
    "q4",
    "Find the bug",
    section="Where the encoder puts pictures",
    hint="Which log_var belongs to a posterior that is narrower than the prior? Send some pictures through, "
    "and look at the smallest value of each output.",
    hidden_points=0.5,
)


def _outputs(s) -> tuple[np.ndarray, np.ndarray]:
    """mu and log_var for inputs so spread out that free outputs run from about -6 to 6."""
    s.seed(0)
    x = 10 * torch.randn(400, 1, 4, 4, generator=torch.Generator().manual_seed(1))
    answer = s.evaluate("Encoder(16, 32, 3)")(x)
    both = several(answer, 2, "The encoder should return two things: mu, log_var.")
    mu, log_var = map(np.asarray, both)
    same_shape(mu, (400, 3), "mu has one row for each picture.")
    same_shape(log_var, (400, 3), "log_var has one row for each picture.")
    return mu, log_var


def _as_given(mu: np.ndarray, log_var: np.ndarray) -> bool:
    """Whether both outputs stop at 0, as those of the encoder with the bug do."""
    return mu.min() == 0 and log_var.min() == 0


@q4.case(0.75, gate=True)
def posteriors_of_any_width(s):
    mu, log_var = _outputs(s)
    given = "This is still what the code as given returns: no posterior is narrower than the prior."
    expect(not _as_given(mu, log_var), given)
    expect(np.ptp(log_var) > 0, "log_var is the same for every picture.")
    expect(
        log_var.min() <= 0,
        "log_var is always above 0 now. A variance has to be positive; its logarithm does not.",
    )
    message = "log_var is never below 0, so no posterior can be narrower than the prior."
    expect(log_var.min() < 0, message)
    expect(log_var.min() < -1.01, "log_var does not fall below -1 now. Which log_var has σ = 0.1?")
    expect(log_var.max() > 0, "log_var is never above 0 now. It is better left free on both sides.")


@q4.case(0.5)
def means_anywhere(s):
    mu, log_var = _outputs(s)
    given = "This is still what the code as given returns: all means lie in one corner."
    expect(not _as_given(mu, log_var), given)
    expect(mu.min() < 0, "mu is never below 0: all means in one corner, where the prior has a small share.")
    expect(mu.max() > 0, "mu is never above 0.")
    reaches_far = mu.min() < -1.01 and mu.max() > 1.01
    expect(reaches_far, "mu does not leave -1 to 1 on both sides now: the prior reaches further out.")


@q4.case(0.25)
def more_than_a_linear_map(s):
    s.seed(0)
    encoder = s.evaluate("Encoder(16, 32, 3)")
    x = 10 * torch.randn(20, 1, 4, 4, generator=torch.Generator().manual_seed(2))
    both = torch.cat([x, -x, torch.zeros_like(x)])
    for output in map(np.asarray, encoder(both)):
        same_shape(output, (60, 3), "One row of mu, and one of log_var, for each picture.")
        expect(np.isfinite(output).all(), "There are values that are not numbers, for ordinary pictures.")
        there, back, middle = np.split(output, 3)
        straight = np.allclose(there + back, 2 * middle, atol=1e-3)
        expect(not straight, "The encoder is one linear map now: the hidden layer has lost its ReLU.")


q5 = exercise.question(
    "q5",
    "Two models",
    section="The gap, measured",
    hint="Take L₁₀₀₀ for log p(x). Which model is ahead there? And what is the ELBO's distance from it, in "
    "the equation log p(x) = ELBO + ...?",
    written="q5_because",
)
q5.choice(
    1,
    "q5",
    right="ecb27648",
    why={
        "dec7410b": "The ELBO mixes two things: how probable the model makes the pictures, and how well the "
        "encoder fits. Which does the tighter bound speak of?",
        "e6752a65": "What importance weighting makes good is what the encoder got wrong. Is a large lift a "
        "praise?",
        "18af62cc": "A bound that has stopped climbing is, as a rule, close to log p(x), and log p(x) of the "
        "same pictures can be compared.",
    },
)

q6 = exercise.question(
    "q6",
    "A small experiment",
    section="Deeper: Eight numbers on paper",
    hint="Two numbers cannot hold pen, slant, width and shape. Sixteen hidden units cannot draw much "
    "either. And eight epochs are few steps: how large may each be?",
    hidden_points=0.5,
)
TARGET = -160.0
SLACK = 0.5  # one draw a picture; trained on a GPU, the learner's measurement had other noise
LARGEST = 427_344  # parameters, with 32 latents and 256 hidden units


@q6.case(0.5)
def the_target_on_new_digits(s):
    value = measured(s, "test")
    expect(
        value >= TARGET - SLACK,
        f"{value:.1f} nats. Three things can be changed. Which of them have you not moved yet, or not far "
        "enough, or too far?",
    )


def measured(s, split: str) -> float:
    """The mean ELBO of the submission's model on 200 digits, worked out on this side."""
    s.q6_model  # noqa: B018 - says so if there is no answer yet
    size = s.evaluate("sum(p.numel() for p in q6_model.parameters())")
    too_large = "This model is larger than 32 latent numbers and 256 hidden units."
    expect(float(size) <= LARGEST, too_large)
    x = _digits(split)
    outputs = s.evaluate("q6_model.cpu().encode(x)", x=x)
    mu, log_var = (torch.as_tensor(np.asarray(output)) for output in outputs)
    # With more axes, the KL of codes beyond the 32 would be averaged away.
    expect(mu.shape == (len(x), mu.shape[-1]), "mu has one row for each picture.")
    expect(mu.shape[1] <= 32, too_large)
    noise = torch.randn(mu.shape, generator=torch.Generator().manual_seed(0))
    z = mu + torch.exp(log_var / 2) * noise
    x_hat = torch.as_tensor(np.asarray(s.evaluate("q6_model.decode(z)", z=z))).reshape(x.shape)
    return (-losses.bce(x, x_hat) - losses.gaussian_kl(mu, log_var)).mean().item()


@cache
def _digits(split: str) -> Tensor:
    grey = vaelab.load("digits", n=200, split=split)
    return dataclasses.replace(grey, images=(grey.images > 127).to(torch.uint8) * 255).float()
