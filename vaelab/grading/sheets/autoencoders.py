"""Checks of exercise 2, autoencoders."""

from functools import cache

import numpy as np
import torch

import vaelab
from vaelab.grading import Exercise, diagnose, expect, same_shape, seal, several

exercise = Exercise("02-autoencoders", "Exercise 2: Autoencoders")

q1 = exercise.question(
    "q1",
    "Find the bug",
    section="The telephone game",
    hint="A network learns to give what it is scored on. Take two models whose loss you can work out: one "
    "draws only black, one changes nothing. What should each of them pay, and what does it pay here?",
    hidden_points=0.5,
)
NOISY = {"rtol": 0.03, "atol": 1e-4}  # a loss with noise in it is right within three parts in a hundred


@q1.case(0.5, gate=True)
def a_model_that_draws_black(s):
    x = torch.full((16, 1, 28, 28), 0.1)
    value = _loss_of("lambda pictures: 0 * pictures", s, x)
    noisy = _noisy(x)
    mistakes = {
        "This is still what the code as given returns: for a model that draws only black it is too much.": (
            noisy.square().mean()
        ),
        "This compares the noise, or the noisy picture, with the clean one. It is what the model draws "
        "that counts.": (noisy - x).square().mean(),
        "The sum over all pixels, where their mean was asked for.": x.square().sum(),
        "The sum over the pixels of a picture, where the mean over all was asked for.": x.square().sum() / 16,
        "The root of the mean squared error: no root was asked for.": x.square().mean().sqrt(),
        "The absolute error. The squared error was asked for.": x.mean() + 0.03,
    }
    otherwise = "For a model that draws only black, this should be the mean of the clean pictures' squares."
    diagnose(value, x.square().mean(), mistakes, otherwise, **NOISY)
    learns = "getattr(denoising_loss(__import__('torch').nn.Conv2d(1, 1, 1), x), 'requires_grad', False)"
    message = "No gradient arrives at the model. Return a tensor, without `.item()`, `detach` or NumPy."
    expect(s.evaluate(learns, x=x), message)


@q1.case(0.5, gate=True)
def a_model_that_changes_nothing(s):
    x = torch.full((16, 1, 28, 28), 0.5)
    mistakes = {
        "A model that changes nothing has taken no noise away, and gets away with 0.": 0.0,
        "The noise is no longer cut off at 0 and 1, so the model gets pixels that no picture has.": 0.16,
    }
    otherwise = "For a model that changes nothing, the loss should be the size of the noise."
    value = _loss_of("lambda pictures: pictures", s, x)
    diagnose(value, (_noisy(x) - x).square().mean(), mistakes, otherwise, **NOISY)


def _loss_of(model, s, x):
    s.seed(0)
    value = s.denoising_loss(s.evaluate(model), x)
    same_shape(value, (), "The loss is one number.")
    return value


def _noisy(x, seed=2):
    generator = torch.Generator().manual_seed(seed)
    return (x + 0.4 * torch.randn(x.shape, generator=generator)).clamp(0, 1)


q2 = exercise.question(
    "q2",
    "One layer, on paper",
    section="Deeper: Every layer and every weight",
    hint="Count the places where the kernel can stand: lay it at the left end of the padded row, and ask "
    "how many whole strides it can still go. For the parameters, ask how many numbers of the picture one "
    "output number is made from, and what is added at the end.",
    hidden_points=0.5,
)
LAYER = {"shape": (2, 7, 12), "channels": 5, "kernel": 6, "stride": 2, "padding": 3}
SHAPE_AND_COUNT = "Return two things: the shape, and the number of parameters."


@q2.case(0.75)
def the_shape_that_comes_out(s):
    mistakes = {
        "The padding goes on both sides of the row. Here it is counted once.": (5, 3, 5),
        "One too few in each direction: the place where the kernel begins counts as well.": (5, 3, 6),
        "A last stride that does not fit whole is rounded up. The kernel would hang over the edge.": (
            5,
            5,
            7,
        ),
        "Height and width have changed places.": (5, 7, 4),
        "The channels are still those of the picture that came in.": (2, 4, 7),
        "The order is (channels, height, width), as in PyTorch.": (4, 7, 5),
        "The size over the stride, rounded up, as if kernel and padding did not matter.": (5, 4, 6),
        "The padding is left out.": (5, 1, 4),
        "The result is not rounded to a whole number of pixels.": (5, 4.5, 7),
        "Both directions get the height. Pictures need not be square.": (5, 4, 4),
        "Both directions get the width. Pictures need not be square.": (5, 7, 7),
    }
    otherwise = (
        "Not yet. Try a row of 5 pixels and a kernel of 3, stride 1, no padding: the kernel has 3 places."
    )
    diagnose(several(s.conv_layer(*LAYER.values()), 2, SHAPE_AND_COUNT)[0], (5, 4, 7), mistakes, otherwise)


@q2.case(0.75)
def the_parameters(s):
    mistakes = {
        "The biases are missing.": 360,
        "One bias for the whole layer: every output channel has its own.": 361,
        "As many biases as input channels: it is the output that they are added to.": 362,
        "This takes a 3 x 3 window, as in the chapter. The kernel is an argument here.": 95,
        "The window has a height and a width.": 65,
        "Every output channel looks at all input channels, not at one of them.": 185,
        "The weights are counted anew at each place. A convolution uses the same ones everywhere.": (
            360 * 28 + 5
        ),
    }
    otherwise = "Not yet. With one channel in and one out, a kernel of 2 has four weights and a bias."
    diagnose(several(s.conv_layer(*LAYER.values()), 2, SHAPE_AND_COUNT)[1], 365, mistakes, otherwise)


q3 = exercise.question(
    "q3",
    "The way back",
    section="Deeper: Every layer and every weight",
    hint="Follow the row down and write down every size. On the way up, compare each of them with what the "
    "transposed convolution gives without output padding. The difference is also what the floor threw away "
    "on the way down.",
    hidden_points=0.5,
)


@q3.case(0.5)
def a_photograph_178_pixels_wide(s):
    mistakes = {
        "Always 1, as in the chapter. That is right for sizes that can be halved again and again.": [1] * 4,
        "Always 0. Then the way up ends at 177.": [0] * 4,
        "These are in the encoder's order. The decoder begins at the smallest picture.": [1, 0, 0, 0],
    }
    otherwise = (
        "Not yet. The way down is 178, 89, 45, 23, 12. What does each step up give without output padding?"
    )
    diagnose(s.output_paddings(178, [(3, 2, 1)] * 4), [0, 0, 0, 1], mistakes, otherwise)


@q3.case(1)
def other_strides(s):
    mistakes = {
        "Only 0 or 1 comes out. With a stride of three, three sizes shrink to one.": [1, 1],
        "These are in the encoder's order. The decoder begins at the smallest picture.": [1, 3],
        "Only even or odd counts here. That works for kernel 3, stride 2, padding 1.": [0, 1],
        "This looks at the size and the stride alone. Kernel and padding matter too.": [3, 2],
        "Always 0. The floor has thrown something away here.": [0, 0],
    }
    otherwise = "Wrong for a kernel of 5 with a stride of 3 and a kernel of 6 with a stride of 4."
    diagnose(s.output_paddings(32, [(5, 3, 2), (6, 4, 1)]), [3, 1], mistakes, otherwise)


q4 = exercise.question(
    "q4",
    "The error of PCA",
    section="How many numbers?",
    hint="What PCA with k numbers gets wrong lies along the directions after the k-th. Add up their "
    "squared singular values, and turn that sum over all pictures and pixels into an average.",
    hidden_points=0.5,
)


@q4.case(1.5)
def the_error_for_every_size_of_the_code(s):
    x = np.random.default_rng(1).random((12, 5)) * np.linspace(0.2, 1, 5) + np.linspace(0.1, 0.6, 5)
    value = s.pca_errors(torch.tensor(x, dtype=torch.float32))
    same_shape(value, (6,), "With five singular values there are six sizes, from 0 numbers to 5.")
    right, centred = pca_errors(x), x - x.mean(0)
    singular = np.linalg.svd(centred, compute_uv=False)
    of_raw = np.linalg.svd(x, compute_uv=False) ** 2
    by_row = np.linalg.svd(x - x.mean(1, keepdims=True), compute_uv=False) ** 2
    mistakes = {
        "The pictures are not centred: the mean picture counts as one of the directions.": _left(of_raw) / 60,
        "From each picture its own mean was taken. Take the mean picture from all of them.": _left(by_row)
        / 60,
        "The singular values enter squared: an error is a sum of squares.": _left(singular) / 60,
        "This is what PCA keeps. The error is what it leaves.": right[0] - right,
        "This is the error of a whole picture, summed over its pixels.": 5 * right,
        "The sum over all pictures and pixels, not yet their average.": 60 * right,
        "Averaged over the pixels, but summed over the pictures.": 12 * right,
        "Divided by N - 1. The mean over N pictures was asked for.": right * 12 / 11,
        "These are shares of the variance. The error itself was asked for.": right / right[0],
        "The directions are in the wrong order: PCA keeps the large ones.": _left(singular[::-1] ** 2) / 60,
        "This is the root of the error: a mean squared error was asked for.": np.sqrt(np.maximum(right, 0)),
    }
    otherwise = (
        "Not yet. The first value is the variance of a pixel, averaged over pixels, and the last one is 0."
    )
    diagnose(value, right, mistakes, otherwise)


def pca_errors(x):
    """Mean squared error of PCA for 0, 1, 2, ... numbers, from the eigenvalues of the covariance."""
    eigenvalues = np.linalg.eigvalsh(np.cov(x.T, bias=True))[::-1][: min(x.shape)]
    return _left(eigenvalues) / x.shape[1]


def _left(parts):
    return parts.sum() - np.concatenate([[0], np.cumsum(parts)])


q5 = exercise.question(
    "q5",
    "Predict, then read a plot",
    section="How many numbers?",
    hint="Two points lie on a line, three in a plane. How many directions do 60 points need, once their "
    "mean is known? And what do the directions of 60 digits know about the 61st?",
    written="q5_because",
)
PREDICTIONS = {
    "60dbb2e1": "Nearly. PCA is given the mean picture for nothing: how many directions do two points need?",
    "29d2fd64": "That is enough for any digits whatever. These are only 60 of them.",
    "bbd809a8": "That is enough for nearly any digits. These are only 60 of them.",
    "8508f11d": "One too few. How many directions do three points in general need?",
    "14fdb49e": "More than needed. How many directions do two points need, and three?",
}


@q5.case(0.5)
def the_prediction(s):
    given = seal(exercise.name, "q5", s.q5_enough)
    otherwise = "Write a whole number, and look where the lower curve reaches 0."
    expect(given == "8b38487c", PREDICTIONS.get(given, otherwise))


q5.choice(
    0.5,
    "q5",
    right="25266239",
    why={
        "70ff981e": "Fitted to all 400 digits, with as many numbers, PCA gets new ones better. So it is no "
        "noise.",
        "25118b55": "A network may store its training pictures, as PCA does here. Does that tell it anything "
        "about new ones?",
        "d65eea95": "The error is an average over digits. Would a single new digit lie in the directions of "
        "these 60?",
    },
)


q6 = exercise.question(
    "q6",
    "A denoiser of your own",
    section="How many numbers?",
    hint="One hidden layer of about a hundred units on each side of the code is enough, with a code of a "
    "dozen numbers or more, an activation behind each hidden layer, and a sigmoid at the end. If it learns "
    "too slowly, raise `lr` or `epochs`.",
    hidden_points=0.5,
)
TARGET = 0.045


@q6.case(0.5, gate=True)
def a_code_of_at_most_16_numbers(s):
    _ = s.denoiser
    codes = s.evaluate("denoiser.encode(x)", x=digits(8))
    expect(np.ndim(codes) == 2, "The encoder should give one row of numbers for each picture.")
    same_shape(codes, (8, np.shape(codes)[1]), "The encoder should give one row of numbers for each picture.")
    width = np.shape(codes)[1]
    expect(width <= 16, f"Your code has {width} numbers. At most 16 were allowed.")
    drawn = s.evaluate("denoiser.decode(z)", z=torch.as_tensor(np.asarray(codes)))
    same_shape(drawn, (8, 1, 28, 28), "The decoder should draw pictures of the digits' size.")
    whole = s.evaluate("denoiser.eval()(x)", x=digits(8))
    expect(
        np.shape(whole) == np.shape(drawn) and np.allclose(whole, drawn, atol=1e-3),
        "What the model draws should be made from the code alone: there is a way round the bottleneck.",
    )


@q6.case(0.5, gate=True)
def new_digits_below_the_target(s):
    _ = s.denoiser
    below_the_target(s, digits(200), seed=3)


def below_the_target(s, clean, seed, target=TARGET):
    """Fail unless the denoiser's error on noisy versions of new pictures is below the target."""
    noisy = _noisy(clean, seed)
    drawn = s.evaluate("denoiser.eval()(x)", x=noisy)
    same_shape(drawn, clean.shape, "The pictures that come out have another shape than those that go in.")
    drawn = torch.as_tensor(np.asarray(drawn))
    error = (drawn - clean).square().mean().item()
    if error < target:
        return
    got = f"An error of {error:.4f} on new digits, where {target} was the target. "
    lazy = clean.var(0, correction=0).mean().item()
    back = (drawn - noisy).square().mean().item()
    expect(
        drawn.std(0).mean() > 0.01,
        got + "It draws the same for every picture: has it been trained, and are its layers wide enough?",
    )
    expect(back > 0.01, got + "It gives back what it sees, noise included.")
    expect(
        drawn.mean() < 0.9 * noisy.mean(),
        got + "It draws grey fog: what was it asked for while training?",
    )
    expect(
        error < 0.95 * lazy,
        got + "The average digit does as well. Is the code too narrow, or the training too short?",
    )
    expect(False, got + "It is on its way: a wider layer, more latents, or more rounds.")


@cache
def digits(n):
    """Clean digits that nobody trained on, (n, 1, 28, 28)."""
    return vaelab.load("digits", size=28, n=n, split="test").float()
