"""Checks of exercise 2, autoencoders."""

from functools import cache

import numpy as np
import torch

import vaelab
from vaelab.grading import Exercise, WrongError, agrees, diagnose, expect, same_shape, seeded, several

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
    x = _grey(0.1, 0.3)
    value = _loss_of("lambda pictures: 0 * pictures", s, x)
    noisy = _noisy(x)
    if agrees(value, noisy.square().mean(), **NOISY):
        raise WrongError(_noise_in_the_target(s, x))
    mistakes = {
        "This compares the noise, or the noisy picture, with the clean one. It is what the model draws "
        "that counts.": (noisy - x).square().mean(),
        "The sum over all pixels, where their mean was asked for.": x.square().sum(),
        "The sum over the pixels of a picture, where the mean over all was asked for.": x.square().sum() / 16,
        "The root of the mean squared error: no root was asked for.": x.square().mean().sqrt(),
        "The absolute error. The squared error was asked for.": x.mean(),
        "Half the squared error. A mean squared error has no half.": x.square().mean() / 2,
    }
    otherwise = "For a model that draws only black, this should be the mean of the clean pictures' squares."
    diagnose(value, x.square().mean(), mistakes, otherwise, **NOISY)
    learns = "getattr(denoising_loss(__import__('torch').nn.Conv2d(3, 3, 1), x), 'requires_grad', False)"
    message = "No gradient arrives at the model. Return a tensor, without `.item()`, `detach` or NumPy."
    expect(s.evaluate(learns, x=x), message)


def _noise_in_the_target(s, x) -> str:
    """Black is compared with something noisy: with what, a model that changes nothing tells."""
    paid = float(_loss_of("lambda pictures: pictures", s, x))
    after = s.evaluate("(lambda y: (denoising_loss(lambda p: 0 * p, y), y)[1])(x.clone())", x=x)
    if not agrees(after, x):
        return "The noise is added to `x` itself, in place: then the clean picture is gone."
    if paid < 1e-6:
        return "This is still what the code as given returns: a model that draws only black pays too much."
    if agrees(paid, (_noisy(x) - x).square().mean(), **NOISY):
        return "The wrong way round: here the model sees the clean picture, and the noisy one is its target."
    return "There is noise in what the drawing is compared with. The model should draw the clean picture."


@q1.case(0.25, gate=True)
def a_model_that_changes_nothing(s):
    x = _grey(0.5, 0.5)
    mistakes = {
        "A model that changes nothing has taken no noise away, and gets away with 0.": 0.0,
        "The noise is no longer cut off at 0 and 1, so the model gets pixels that no picture has.": 0.16,
    }
    otherwise = "For a model that changes nothing, the loss should be the size of the noise."
    value = _loss_of("lambda pictures: pictures", s, x)
    diagnose(value, (_noisy(x) - x).square().mean(), mistakes, otherwise, **NOISY)


@q1.case(0.25)
def noise_of_its_own_at_each_call_for_every_pixel(s):
    x = _grey(0.5, 0.5)
    s.seed(0)
    same = s.evaluate("lambda pictures: pictures")
    first, second = (float(s.denoising_loss(same, x)) for _ in range(2))
    expect(
        abs(first - second) > 0,
        "Two calls draw the same noise. A seed set inside, or noise kept from an earlier call, and the model "
        "learns these very pictures by heart.",
    )
    shown = "lambda saw: (denoising_loss(lambda p: (saw.append(p.detach().clone()), p)[1], x), saw)[1]"
    seen = np.concatenate(s.evaluate(f"({shown})([])", x=x))  # a call may show the batch or one picture
    for axis, many in enumerate(
        ("All pictures of the batch", "All colours of a picture", "All rows of a picture", "All columns")
    ):
        alike = np.ptp(seen, axis).max() == 0
        expect(not alike, f"{many} share one noise. Each pixel needs its own.")


def _grey(first: float, second: float) -> torch.Tensor:
    """Eight pictures of one grey and eight of another, in three colours."""
    return (
        torch.tensor([first, second]).repeat_interleave(8)[:, None, None, None].expand(16, 3, 28, 28).clone()
    )


def _loss_of(model, s, x):
    s.seed(0)
    value = s.denoising_loss(s.evaluate(model), x)
    same_shape(value, (), "The loss is one number.")
    return value


def _noisy(x, seed=2):
    generator = seeded(seed)
    return (x + 0.4 * torch.randn(x.shape, generator=generator)).clamp(0, 1)


q2 = exercise.question(
    "q2",
    "What one number sees",
    section="Deeper: Every layer and every weight",
    hint="Begin with no layer at all: one number sees one pixel, itself. Then add layers from the picture's "
    "side, one by one: by how much does each widen the view, counted in *pixels*? How far apart are the "
    "neighbours that this layer looks at, in pixels?",
    hidden_points=0.5,
)
STACK, GAPS = [(6, 3), (4, 2), (3, 2)], [(2, 3), (3, 1)]
TWO = "Return two numbers: the window's width, and the step from one window to the next."


@q2.case(1)
def the_width_of_the_window(s):
    mistakes = {
        "The kernels are added up. Each layer's kernel counts steps of the layer before, not pixels.": 13,
        "Each layer widens the view by its kernel less one, in *pixels*: the strides are left out.": 11,
        "The kernels are multiplied. Neighbouring windows overlap.": 72,
        "A layer's own stride does not widen its own window: it moves the next one.": 58,
        "The layers are taken from the last to the first.": 29,
        "One too few: one number behind no layer sees one pixel.": 26,
        "The kernel itself is added, where one of its numbers lies in the window already.": 37,
        "The first layer's stride is taken for all layers. Each has its own.": 33,
        "Strides are added up. A stride counts steps of the layer before it: they multiply.": 25,
        "This is the step. The window's width comes first.": 12,
    }
    otherwise = (
        "Not yet. Two layers of kernel 3 and stride 1 see 5 pixels; with a stride of 2 in the first, 7."
    )
    diagnose(several(s.window(STACK), 2, TWO)[0], 27, mistakes, otherwise)
    counted = (
        "The pixels are counted that the number depends on. Between them lie others here: the width is that "
        "from the window's first pixel to its last."
    )
    otherwise = f"Right for the kernels and strides {STACK}, wrong for {GAPS}."
    diagnose(several(s.window(GAPS), 2, TWO)[0], 8, {counted: 6}, otherwise)


@q2.case(0.5)
def the_step_from_window_to_window(s):
    mistakes = {
        "Strides are added up. Two layers of stride 2 skip three of four.": 7,
        "This is the last layer's stride: in numbers of the layer before, not in pixels.": 2,
        "This is the first layer's stride alone.": 3,
        "The stride of the last layer is left out: it is what sets neighbours apart.": 6,
        "The first layer's stride is taken for all layers. Each has its own.": 27,
    }
    otherwise = "Not yet. Behind two layers of stride 2, neighbours look at places 4 pixels apart."
    two = several(s.window(STACK), 2, TWO)
    expect(not agrees(two, [12, 27]), "This is the window's width, which comes first.")
    diagnose(two[1], 12, mistakes, otherwise)


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
        "1 everywhere, as in the chapter, or as if each layer met 178 pixels. Sizes change.": [1] * 4,
        "Always 0. Then the way up ends at 177.": [0] * 4,
        "The one that differs belongs to the decoder's last layer. Is this the encoder's order?": [
            1,
            0,
            0,
            0,
        ],
    }
    otherwise = (
        "Not yet. The way down is 178, 89, 45, 23, 12. What does each step up give without output padding?"
    )
    diagnose(s.output_paddings(178, [(3, 2, 1)] * 4), [0, 0, 0, 1], mistakes, otherwise)


@q3.case(1)
def other_strides(s):
    mistakes = {
        "Only 0 or 1 comes out. With a stride of three, three sizes shrink to one.": [1, 0],
        "These are in the encoder's order. The decoder begins at the smallest picture.": [0, 2],
        "Only even or odd counts here. That works for kernel 3, stride 2, padding 1.": [0, 1],
        "This looks at the size and the stride alone. Kernel and padding matter too.": [1, 2],
        "Always 0. The floor has thrown something away here.": [0, 0],
        "Always 1. What did the floor throw away in each layer?": [1, 1],
    }
    from_the_end = (
        "The encoder's layers are gone through from the last to the first. It is the first one that "
    )
    mistakes |= {
        from_the_end + "the `n` pixels meet.": [3, 1],
        from_the_end + "meets the `n` pixels.": [1, 3],
    }
    otherwise = "Wrong for a kernel of 4 with a stride of 3 and a kernel of 7 with a stride of 4."
    diagnose(s.output_paddings(38, [(4, 3, 1), (7, 4, 2)]), [2, 0], mistakes, otherwise)
    with_one = [(4, 3, 1), (3, 1, 1), (7, 4, 2)]
    mistakes = {
        "A layer with a stride of 1 is left out. Its output padding is 0, and belongs into the list.": [1, 2],
        "This is what is missing to the next whole step. What lies beyond the last one was asked for.": [
            3,
            0,
            1,
        ],
        "What the floor threw away in all layers has come together in the last one.": [0, 0, 5],
    }
    otherwise = "Right for layers with strides of 3 and 4, wrong with one of stride 1 between them."
    diagnose(s.output_paddings(37, with_one), [1, 0, 2], mistakes, otherwise)


q4 = exercise.question(
    "q4",
    "The error of PCA",
    section="How many numbers?",
    hint="What PCA with k numbers gets wrong lies along the directions after the k-th. Add up their "
    "squared singular values, and turn that sum over all pictures and pixels into an average.",
    hidden_points=0.5,
)


# Of the covariance of the first pictures; and the errors for the second ones.
EIGENVALUES = np.array([0.116453706, 0.0555206069, 0.016575862, 0.0130683582, 0.000777665321])
WIDE = [0.0318, 0.023815, 0.018411, 0.013649, 0.009463, 0.006156, 0.003833, 0.002174, 0.001149, 0.000549]
WIDE += [0.000229, 0, 0]


@q4.case(1, gate=True)
def the_error_for_every_size_of_the_code(s):
    x = np.random.default_rng(1).random((12, 5)) * np.linspace(0.2, 1, 5) + np.linspace(0.1, 0.6, 5)
    value = s.pca_errors(torch.tensor(x, dtype=torch.float32))
    same_shape(value, (6,), "With five singular values there are six sizes, from 0 numbers to 5.")
    right, centred = _left(EIGENVALUES) / 5, x - x.mean(0)
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


@q4.case(0.5)
def fewer_pictures_than_pixels(s):
    x = np.random.default_rng(2).random((12, 20)) * np.linspace(0.2, 1, 20)
    value = s.pca_errors(torch.tensor(x, dtype=torch.float32))
    same_shape(value, (13,), "Twelve pictures have twelve singular values, however many pixels.")
    expect(
        not np.allclose(np.asarray(value, dtype=float)[7:], 0, atol=1e-6),
        "After the first few directions nothing seems to be left, but there are eleven. (`pca_lowrank` finds "
        "six if nobody asks for more.)",
    )
    diagnose(value, WIDE, {}, "Right for twelve pictures of 5 pixels, wrong for twelve of 20.", rtol=1e-3)


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
q5.prediction(
    0.5,
    "q5_enough",
    options=range(785),  # more than there are pixels is never needed
    right="8b38487c",
    why={
        "60dbb2e1": "Nearly. PCA is given the mean picture for nothing: what do two points need?",
        "29d2fd64": "That is enough for any digits whatever.",
        "8508f11d": "One too few: two points need one direction, three need two.",
    },
)
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
q6.prediction(
    0.25,
    "q6_noise",
    options=("a", "b", "c"),
    right="ee144828",
    why={
        "2d377d9d": "The decoder can draw nothing but what its codes are for.",
        "6edca4c9": "Sixteen numbers cannot hold 784 of noise.",
    },
)


@q6.case(0.25, gate=True)
def a_code_of_at_most_16_numbers(s):
    _ = s.denoiser
    codes = s.evaluate("denoiser.encode(x)", x=digits(8))
    expect(np.ndim(codes) == 2, "The encoder should give one row of numbers for each picture.")
    same_shape(codes, (8, np.shape(codes)[1]), "The encoder should give one row of numbers for each picture.")
    width = np.shape(codes)[1]
    expect(width <= 16, f"Your code has {width} numbers. At most 16 were allowed.")
    drawn = s.evaluate("denoiser.decode(z)", z=torch.as_tensor(np.asarray(codes)))
    same_shape(drawn, (8, 1, 28, 28), "The decoder should draw pictures of the digits' size.")
    other_order = s.evaluate("denoiser.decode(z)", z=torch.as_tensor(np.asarray(codes)[::-1].copy()))
    expect(
        np.shape(other_order) == np.shape(drawn)
        and np.allclose(np.asarray(other_order)[::-1], drawn, atol=1e-3),
        "The same codes in another order give other pictures: the decoder knows more than its code.",
    )
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
    expect(
        error > 0.01,  # what is stored comes back without any
        f"An error of {error:.4f} on digits that it should not have seen is too good for so much noise. Does "
        "it know these very digits?",
    )
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
def digits(n, seed=0):
    """Clean digits that nobody trained on, (n, 1, 28, 28)."""
    return vaelab.load("digits", size=28, n=n, split="test", seed=seed).float()
