"""Checks of exercise 6, the variational autoencoder."""

import math
from functools import cache, lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence
from torch.nn import functional as F

import vaelab
from vaelab import latent, losses, nets, recipes
from vaelab.grading import Exercise, agrees, diagnose, expect, number, same_shape, seeded, several

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
    generator = seeded(0)
    x = (torch.rand(3, 2, 4, 5, generator=generator) > 0.7).float()
    a = 2 * torch.randn(3, 2, 4, 5, generator=generator)
    mu, log_var = torch.randn(2, 3, 2, generator=generator)
    value = s.elbo(x, a, mu, log_var)
    expect(np.shape(value) != (), "This is one number for the whole batch. Give the bound of each picture.")
    same_shape(value, (3,), "One value for each picture.")
    prior = Normal(0, 1)
    kl, doubled, turned = (
        kl_divergence(*pair).sum(1)
        for pair in (
            (Normal(mu, (log_var / 2).exp()), prior),
            (Normal(mu, log_var.exp()), prior),
            (prior, Normal(mu, (log_var / 2).exp())),
        )
    )
    # Each pixel's cost. The formula goes on beyond pixels in [0, 1]: for swapped arguments.
    pixels, swapped, twice, negative = (
        F.softplus(logits) - p * logits for p, logits in ((x, a), (a, x), (x, torch.sigmoid(a)), (x, -a))
    )
    cost, error = pixels.sum((1, 2, 3)), (x - torch.sigmoid(a)).square().sum((1, 2, 3))
    mistakes = {
        "This is the loss, the negative of the bound.": cost + kl,
        "The KL is a price: the bound loses by it, and here it gains.": -cost + kl,
        "The sign of the reconstruction term is turned round: a cost has been added.": cost - kl,
        "The cost is averaged over the pixels. A picture's log-probability is a sum.": -cost / 40 - kl,
        "The KL is averaged over the latents, where their sum was asked for.": -cost - kl / 2,
        "Both terms are averages now. A log-probability is a sum, and so is the KL.": -cost / 40 - kl / 2,
        "The KL is missing.": -cost,
        "The KL is too large by a factor of two: where is its half?": -cost - 2 * kl,
        "In the KL, exp(log_var) is used as the standard deviation.": -cost - doubled,
        "This is KL(prior || posterior): the two have changed places.": -cost - turned,
        "The sigmoid is taken twice: the function with logits takes it by itself.": -twice.sum((1, 2, 3))
        - kl,
        "Pixels and logits have changed places.": -swapped.sum((1, 2, 3)) - kl,
        "Black and white have changed places.": -negative.sum((1, 2, 3)) - kl,
        "That is a squared error. For coins, the log-probability is the cross-entropy.": -error - kl,
        "That is half a squared error. For coins, the log-probability is the cross-entropy.": -error / 2 - kl,
        "The cost is that of the average picture, the same for all. Each picture has its own.": (
            -cost.mean() - kl
        ),
        "The cost is that of the whole batch. Each picture has its own.": -cost.sum() - kl,
        "The KL is that of the average picture, the same for all. Each picture has its own.": -cost
        - kl.mean(),
        "Only the white pixels count here. A black one has a probability, too.": -(x * pixels).sum((1, 2, 3))
        - kl,
        "The cost is summed over height and width, and averaged over the channels.": -cost / 2 - kl,
        "Only the first channel counts here. All numbers of a picture do.": -pixels[:, 0].sum((1, 2)) - kl,
        "The KL is that of the whole batch. Each picture has its own.": -cost - kl.sum(),
        "These are bits. In nats the logarithm is the natural one.": (-cost - kl) / math.log(2),
    }
    otherwise = (
        "Not yet. With all logits 0 and a posterior equal to the prior, D pixels give -D log 2, whatever the "
        "other pictures of the batch are."
    )
    diagnose(value, -cost - kl, mistakes, otherwise)


@q1.case(0.5)
def logits_as_large_as_they_come(s):
    x = torch.tensor([[1.0, 0.0, 1.0, 0.0]]).reshape(1, 1, 2, 2)
    logits = torch.tensor([-800.0, 900.0, 40.0, -150.0]).reshape(1, 1, 2, 2)  # too large for float64, too
    value = np.asarray(s.elbo(x, logits, torch.zeros(1, 2), torch.zeros(1, 2)), dtype=float)
    expect(
        np.isfinite(value).all(),
        "Not a finite number for logits of -800 and 900. Does a logarithm meet a probability that was "
        "rounded to 0, or does an exponential overflow?",
    )
    total = value.sum()
    expect(not agrees(total, -200.0), "A pixel's cost is capped at 100 nats. With logits no cap is needed.")
    expect(not -60 < total < -20, "Large costs come out too small: is the probability clipped on the way?")
    expect(agrees(value, [-1700.0]), "Wrong for logits of -800 and 900.")


q2 = exercise.question(
    "q2",
    "Half a face",
    section="Write it yourself",
    hint="One round is one pass through the VAE, with its draw. After it, what is known goes back to its "
    "place. PyTorch's `where` chooses between two pictures, pixel by pixel.",
    hidden_points=1,
)
# Toys: a code of four numbers that all are the mean of the pixels, sure or not; pictures of one grey.
LOG_VAR = -2.7726  # a standard deviation of 1/4
ENCODE = "lambda x: (x.flatten(1).mean(1, keepdim=True).repeat(1, 4), 0 * x.flatten(1)[:, :4] + log_var)"
SURE, WIDE = ENCODE.replace("log_var", "-100"), ENCODE.replace("log_var", str(LOG_VAR))
GREY = "lambda z: z.mean(1)[:, None, None, None] + z.new_zeros(len(z), 2, 3, 1)"


def _half_known():
    """Four pictures of six numbers with 1, 2, 3 and 6 of them lost; there they hold a first guess of 5."""
    x = torch.rand(4, 2, 3, 1, generator=seeded(7))
    lost = torch.tensor([[0, 0, 1, 0, 0, 0], [1, 0, 0, 0, 1, 0], [0, 1, 0, 1, 0, 1], [1] * 6]).bool()
    lost = lost.view(4, 2, 3, 1)
    return torch.where(lost, torch.tensor(5.0), x), ~lost


@q2.case(0.75, gate=True)
def what_is_lost_comes_from_the_decoder(s):
    x, known = _half_known()
    encode, decode = s.evaluate(SURE), s.evaluate(GREY)
    values = [np.asarray(s.mend(x, known, encode, decode, rounds)) for rounds in (1, 2, 3)]
    for value in values:
        same_shape(value, (4, 2, 3, 1), "Pictures of the same shape as before.")
        expect(
            value.dtype.kind in "fiu" and np.isfinite(value).all(), "There are values that are not numbers."
        )
    kept, lost = known.numpy(), ~known.numpy()
    expect(
        not (agrees(values[0][lost], x.numpy()[lost]) and not agrees(values[0][kept], x.numpy()[kept])),
        "The mask is turned round: `known` is True where a pixel is to stay as it is.",
    )
    expect(
        all(agrees(v[kept], x.numpy()[kept]) for v in values),
        "Known pixels have changed. They are to stay as they were given, after the last round, too.",
    )
    # The lost pixels of a picture are all alike here: sum of the known ones, and the number of the lost.
    fixed, count = np.where(kept, x.numpy(), 0).sum((1, 2, 3)), lost.sum((1, 2, 3))
    grey = [np.full(4, 5.0)]
    for _ in range(4):
        grey.append((fixed + count * grey[-1]) / 6)

    def filled(levels):
        return [np.broadcast_to(g[:, None, None, None], lost.shape)[lost] for g in levels]

    def goes(levels):
        return all(agrees(v[lost], f) for v, f in zip(values, filled(levels), strict=True))

    expect(not goes([grey[0]] * 3), "Nothing has been filled in: the first guess is still there.")
    expect(
        not goes([grey[1]] * 3),
        "From the second round on nothing changes. Each is to begin with the picture that the last one left, "
        "its known pixels back in place.",
    )
    expect(not goes(grey[2:5]), "One round too many.")
    expect(not goes(grey[:3]), "One round too few.")
    again = np.asarray(s.mend(x, known, encode, decode, 1))
    message = "The encoder of this check is sure, and yet you draw other codes than it says: from the prior?"
    expect(agrees(again, values[0]), message)
    otherwise = (
        "Not yet. Encode the picture as it stands, first guess included; decode; put the known pixels back; "
        "and again."
    )
    expect(goes(grey[1:4]), otherwise)
    message = "It writes into `x`, and the caller's pictures are lost. Work on a copy."
    expect(not s.changes("mend", x, known, encode, decode, 2), message)


@q2.case(0.75)
def the_code_is_drawn(s):
    n = 4_000
    x, known = torch.zeros(n, 2, 3, 1), torch.zeros(n, 2, 3, 1, dtype=torch.bool)
    known[:, 0] = True  # half of the pixels, and all are 0
    encode, decode = s.evaluate(WIDE), s.evaluate(GREY)

    def filled():
        value = np.asarray(s.mend(x, known, encode, decode, 2))
        same_shape(value, (n, 2, 3, 1), "Pictures of the same shape as before.")
        return value[:, 1, 0, 0]

    s.seed(1)
    first, second = filled(), filled()
    expect(
        first.std() > 1e-6 or not agrees(first, second),
        "Nothing is drawn: the decoder gets mu itself, as if the encoder were sure.",
    )
    expect(first.std() > 1e-6, "One draw for all pictures. Each needs one of its own.")
    expect(
        not agrees(first, second),
        "The same noise at every call: the seed is set inside. Who asks twice wants two answers.",
    )
    # Four numbers of a code vary by 1/4 each, and the decoder takes their mean. A round adds noise of 1/8; of
    # what the round before has added, half is still there.
    spread, right = float(first.std()), 0.125 * 1.25**0.5
    for factor, message in {
        (2.25 / 1.25) ** 0.5: "Both rounds use the same noise. Draw anew in each.",
        2: "One draw for all numbers of a code. Each number needs one of its own.",
        0.5 / 1.25**0.5: "Only in the first round is a code drawn.",
        1 / 1.25**0.5: "Only in the last round is a code drawn.",
        0.25: "exp(log_var) is used as the standard deviation. It is the variance.",
        4: "The noise has a standard deviation of 1, whatever log_var says.",
        4 * 2.7726: "log_var itself is used as the standard deviation. It is the logarithm of the variance.",
    }.items():
        expect(abs(spread / (right * factor) - 1) > 0.06, message)
    expect(
        abs(spread / right - 1) < 0.06,
        f"With log_var = {LOG_VAR} what is filled in should spread by {right:.2f} here, and it spreads by "
        f"{spread:.2f}. How does log_var become a standard deviation?",
    )


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
    given = number(s.q3_quiet)
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


def _pictures(count: int, shape: tuple[int, ...], seed: int) -> Tensor:
    """Pixels of 0 or more, so spread out that free outputs of a `_fresh` one run from about -6 to 6."""
    generator = seeded(seed)
    x = torch.rand(count, *shape, generator=generator)
    return 4 * x * (torch.rand(x.shape, generator=generator) < 0.4)


def _fresh(s, sizes: tuple[int, int, int], x: Tensor):
    """A new `Encoder`, its weights so large that it also reaches far if its hidden layer saturates.

    It sees pictures first, since layers that are told no size have no weights before.
    """
    larger = "[p.data.mul_(4) for p in e.parameters()]"
    return s.evaluate(f"(lambda e: (e(x), {larger}, e)[-1])(Encoder(*sizes))", sizes=list(sizes), x=x)


def answered(s, sizes: tuple[int, int, int], x: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """mu and log_var that a fresh `Encoder(*sizes)` gives."""
    answer = _fresh(s, sizes, x)(x)
    both = several(answer, 2, "The encoder should return two things: mu, log_var.")
    mu, log_var = map(np.asarray, both)
    same_shape(mu, (len(x), sizes[2]), "mu has one row for each picture.")
    same_shape(log_var, (len(x), sizes[2]), "log_var has one row for each picture.")
    return mu, log_var


def _outputs(s) -> tuple[np.ndarray, np.ndarray]:
    s.seed(0)
    return answered(s, (16, 32, 3), _pictures(400, (1, 4, 4), 1))


def _as_given(mu: np.ndarray, log_var: np.ndarray) -> bool:
    """Whether both outputs stop at 0, as those of the encoder with the bug do."""
    return mu.min() == 0 and log_var.min() == 0


@q4.case(0.75, gate=True)
def posteriors_of_any_width(s):
    mu, log_var = _outputs(s)
    given = "This is still what the code as given returns: no posterior is narrower than the prior."
    expect(not _as_given(mu, log_var), given)
    expect(np.isfinite(mu).all() and np.isfinite(log_var).all(), "There are values that are not numbers.")
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


@q4.case(0.25, gate=True)
def two_answers_that_learn(s):
    mu, log_var = _outputs(s)
    message = (
        "Both answers are the same numbers: where a picture lies says nothing of how wide its posterior is."
    )
    both_vary = np.ptp(mu) > 0 and np.ptp(log_var) > 0
    expect(not both_vary or abs(np.corrcoef(mu.ravel(), log_var.ravel())[0, 1]) < 0.999, message)
    s.seed(0)
    apart = _pictures(60, (1, 4, 4), 2).split(30)
    encoder = _fresh(s, (16, 32, 3), apart[0])
    for output in map(np.asarray, encoder(torch.cat([*apart, sum(apart) / 2]))):
        there, back, middle = np.split(output, 3)
        straight = np.allclose(there + back, 2 * middle, atol=1e-3, rtol=1e-3)
        expect(
            not straight,
            "The encoder is one linear map now: does its hidden layer have its ReLU, and have it behind it?",
        )
    learning = (
        "(lambda e, x: (lambda total: sum(p.numel() for p, g in zip(e.parameters(), __import__('torch')"
        ".autograd.grad(total, list(e.parameters()), allow_unused=True)) if g is not None and bool(g.any())) "
        "if total.requires_grad else 0)(sum(o.square().sum() for o in e(x))))(e, x)"
    )
    moved = s.evaluate(learning, e=encoder, x=_pictures(30, (1, 4, 4), 3))
    expect(
        number(moved) >= 16 * 32,
        "No gradient reaches the hidden layer, so it would never learn: something is detached on the way.",
    )


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
SLACK = 0.5  # nats: processors round differently, and eight epochs make something of it


@q6.case(0.5)
def the_target_on_new_digits(s):
    value = measured(s, "test")
    expect(
        value >= TARGET - SLACK,
        f"{value:.1f} nats. Three things can be changed. Which of them have you not moved yet, or not far "
        "enough, or too far?",
    )


def measured(s, split: str) -> float:
    """The mean ELBO on 200 digits of what the submission's setting leads to: trained on this side."""
    latents, hidden = (number(value) for value in (s.q6_latent_dim, s.q6_hidden))
    for given, name, most in ((latents, "q6_latent_dim", 32), (hidden, "q6_hidden", 256)):
        expect(given == int(given) and given >= 1, f"`{name}` is a whole number from 1 on.")
        expect(given <= most, f"`{name}`: at most {most} are allowed.")
    lr = number(s.q6_lr)
    expect(lr > 0, "`q6_lr`, the step size, is above 0.")
    x = _digits(split, 200)
    both = [_trained(int(latents), int(hidden), lr, seed) for seed in (0, 1)]  # ReLUs may die by bad luck
    with torch.no_grad():
        return max(-_loss(model, x, seeded(1)).item() for model in both)


@lru_cache(maxsize=8)
def _trained(latents: int, hidden: int, lr: float, seed: int):
    """What `train_vae` of the sheet does, with generators of its own: checks may run in several threads."""
    random, x = seeded(seed), _digits("train", 600)
    with nets.drawing_by(random):
        model = recipes.mayberay_digits_vae(latent_dim=latents, hidden=hidden)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    for _ in range(8):
        for rows in torch.randperm(len(x), generator=random).split(64):
            loss = _loss(model, x[rows], random)
            expect(loss.isfinite(), "The loss left all bounds. What has the size of a step to do with it?")
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return model


def _loss(model, x: Tensor, random: torch.Generator) -> Tensor:
    """Minus the ELBO, averaged over the pictures."""
    mu, log_var = model.encode(x)
    z = mu + (log_var / 2).exp() * torch.randn(mu.shape, generator=random)
    return (losses.bce(x, model.decode(z)) + losses.gaussian_kl(mu, log_var)).mean()


@cache
def _digits(split: str, n: int) -> Tensor:
    return (vaelab.load("digits", n=n, split=split).images > 127).float()
