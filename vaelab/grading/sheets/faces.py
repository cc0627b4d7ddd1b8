"""Checks of exercise 8, faces."""

from functools import cache

import numpy as np
import torch
from torch import nn

import vaelab
from vaelab import recipes
from vaelab.grading import Exercise, agrees, diagnose, expect, same_shape, several

exercise = Exercise("08-faces", "Exercise 8: Faces")

q1 = exercise.question(
    "q1",
    "From files to pictures",
    section="Deeper: A folder of your own pictures",
    hint="Four steps, in this order: cut, move the axis of the channels, turn bytes into numbers from 0 to "
    "1, average. Half of what is too much is cut off at the top, half of the rest at the left.",
    hidden_points=0.5,
)
ROUNDING = 0.0045  # a library that rounds to whole bytes, perhaps twice, is right, too


@q1.case(0.5)
def the_shape(s):
    value = s.prepare(_photographs(), 12, 4)
    expect(np.shape(value) != (2, 4, 4, 3), "The channels come first in a network: (N, 3, size, size).")
    same_shape(value, (2, 3, 4, 4), "Two pictures, three channels, four by four pixels.")


@q1.case(1, gate=True)
def the_pixels(s):
    pictures = _photographs()
    x = pictures.permute(0, 3, 1, 2).float() / 255
    right = _blocks(x[:, :, 3:15, 1:13])
    scrambled = pictures[:, 3:15, 1:13].reshape(2, 3, 12, 12).float() / 255
    mistakes = {
        "The values still run to 255. The network wants them up to 1.": 255 * right,
        "The values run from -1 to 1. The sigmoid of the decoder ends at 0 and 1.": 2 * right - 1,
        "The colours are torn apart: `reshape` and `view` do not move an axis.": _blocks(scrambled),
        "The square is cut from the top left corner, not from the centre.": _blocks(x[:, :, :12, :12]),
        "Centred from left to right, but not from top to bottom.": _blocks(x[:, :, :12, 1:13]),
        "Centred from top to bottom, but not from left to right.": _blocks(x[:, :, 3:15, :12]),
        "Rows and columns have changed places: faces lie on their side.": right.mT,
        "Single pixels are picked out. The mean of each block was asked for.": x[:, :, 3:15:3, 1:13:3],
        "Only the middle of each block is taken, as `interpolate` does. The mean was asked for.": x[
            :, :, 4:15:3, 2:13:3
        ],
        "The largest value of each block was taken. The mean was asked for.": (
            nn.functional.max_pool2d(x[:, :, 3:15, 1:13], 3)
        ),
        "The whole picture is squeezed into the square. Cut first.": nn.functional.adaptive_avg_pool2d(x, 4),
        "A small square is cut out of the middle: nothing has been made smaller.": x[:, :, 7:11, 5:9],
        "Red and blue have changed places.": right.flip(1),
    }
    otherwise = "Not yet. Give it pictures of a single colour first, and look at the values."
    diagnose(s.prepare(pictures, 12, 4), right, mistakes, otherwise, atol=ROUNDING)
    white = s.prepare(torch.full_like(pictures, 255), 12, 4)
    expect(agrees(white, np.ones((2, 3, 4, 4))), "White should come out as 1: the largest byte is 255.")


def _blocks(x):
    return nn.functional.avg_pool2d(x, 3)


def _photographs():
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 200, (2, 18, 14, 3), generator=generator, dtype=torch.uint8)


q2 = exercise.question(
    "q2",
    "A batch norm that disappears",
    section="Deeper: Two published networks, layer by layer",
    hint="Write the norm as `scale * a + shift` with one scale and one shift a channel. Put the "
    "convolution, with its bias, in the place of `a`. What multiplies the picture is the new weight, all "
    "the rest the new bias.",
    hidden_points=0.5,
)


WEIGHT_AND_BIAS = "Return two things: the new weight, and the new bias."


@q2.case(0.75)
def the_weight(s):
    given = _layer()
    weight, _, gamma, _, _, var, eps = given
    right, scale = _folded(*given)[0], _scale(*given)
    by_input = weight * scale[None, :, None, None]
    mistakes = {
        "The scale is laid along the input channels. The norm stands behind the convolution.": by_input,
        "This divides by the variance. The norm divides by its root.": _scaled(weight, gamma / (var + eps)),
        "`eps` is left out. In this check it is far larger than usual, so that it shows.": (
            _scaled(weight, gamma / var.sqrt())
        ),
        "`eps` is added to the standard deviation. Its place is under the root.": (
            _scaled(weight, gamma / (var.sqrt() + eps))
        ),
        "The learned scale gamma is missing.": _scaled(weight, 1 / (var + eps).sqrt()),
        "The weight is unchanged: the norm's scale belongs in it.": weight,
        "This multiplies by the deviation, where the norm divides.": (
            _scaled(weight, gamma * (var + eps).sqrt())
        ),
    }
    otherwise = "Not yet. With gamma 1, mean 0 and a variance of 1 - eps the weight should stay as it is."
    diagnose(several(s.fold(*given), 2, WEIGHT_AND_BIAS)[0], right, mistakes, otherwise)


@q2.case(0.75)
def the_bias(s):
    given = _layer()
    _, bias, gamma, beta, mean, var, eps = given
    right, scale = _folded(*given)[1], _scale(*given)
    mistakes = {
        "The convolution's own bias is lost. The norm sees it, too.": beta - mean * scale,
        "The convolution's own bias is not scaled. It goes through the norm like all else.": (
            bias + beta - mean * scale
        ),
        "The running mean is missing.": bias * scale + beta,
        "The running mean is added, where the norm takes it away.": (bias + mean) * scale + beta,
        "The running mean is not scaled. The norm divides after taking it away.": bias * scale - mean + beta,
        "The learned shift beta is missing.": (bias - mean) * scale,
        "The shift beta is scaled as well. The norm adds it at the very end.": (bias - mean + beta) * scale,
        "The bias is unchanged. The norm's mean and shift belong in it.": bias,
        "`eps` is left out.": (bias - mean) * gamma / var.sqrt() + beta,
        "This divides by the variance. The norm divides by its root.": (bias - mean) * gamma / (var + eps)
        + beta,
    }
    otherwise = "Not yet. For a black picture, convolution and norm together give the new bias."
    diagnose(several(s.fold(*given), 2, WEIGHT_AND_BIAS)[1], right, mistakes, otherwise)


def _scaled(weight, scale):
    return weight * scale[:, None, None, None]


def _folded(weight, bias, gamma, beta, mean, var, eps):
    """What PyTorch's batch norm makes of the weight (a norm without shifts) and of the bias."""
    none, norm = torch.zeros_like(mean), nn.functional.batch_norm
    rows = norm(weight.flatten(1).T, none, var, gamma, none, eps=eps)
    return rows.T.reshape(weight.shape), norm(bias[None], mean, var, gamma, beta, eps=eps)[0]


def _scale(weight, *others):
    return (_folded(weight, *others)[0] / weight)[:, 0, 0, 0]


def _layer():
    generator = torch.Generator().manual_seed(1)
    weight = torch.randn(3, 3, 2, 2, generator=generator)
    bias, gamma, beta, mean = torch.randn(4, 3, generator=generator)
    return weight, bias, gamma, beta, mean, 0.3 + 2 * torch.rand(3, generator=generator), 0.5


q3 = exercise.question(
    "q3",
    "Find the bug",
    chapter="02-autoencoders",
    section="Deeper: Options need a test",
    hint="Which layers of the model look at the whole batch, and when do they keep something of it? Then "
    "think of the next epoch: what would it notice of your look? And if nobody was training?",
    hidden_points=0.5,
)


@q3.case(0.5, gate=True)
def the_error_does_not_depend_on_the_other_faces(s):
    x = _small_pictures()
    value = s.error_on(_model(s).train(), x)
    same_shape(value, (), "The error is one number.")
    right, training = _errors(x)
    mistakes = {
        "This is still what the code as given returns: a picture's error depends on those that come "
        "with it.": training,
        "The sum over all pixels, where their mean was asked for.": right * x.numel(),
        "The root of the error: the mean squared error was asked for.": right**0.5,
    }
    otherwise = "Not yet. Each picture should be redrawn as it would be alone."
    diagnose(value, right, mistakes, otherwise, rtol=1e-3)


@q3.case(0.5, gate=True)
def the_model_is_left_as_it_was(s):
    model, sums = _model(s), "[float(v.double().sum()) for v in model.train().buffers()]"
    before = s.evaluate(sums, model=model)
    s.error_on(model, _small_pictures())
    modes = s.evaluate("[m.training for m in model.modules()]", model=model)
    after = s.evaluate(sums, model=model)
    message = "The running averages have moved: the test pictures have left a trace in the model."
    expect(before == after, message)
    expect(
        all(modes),
        "The model was in training mode, and is in evaluation mode now. The next epoch would suffer.",
    )


def _model(s):
    """A small VAE where the submission runs; `_errors` has the same one."""
    return s.evaluate(f"__import__('vaelab').recipes.build{RECIPE}")


RECIPE = "('small-portrait-vae', image_shape=(3, 16, 16), latent_dim=4)"


@torch.no_grad()
def _errors(x):
    """The right error, and that of training mode."""
    model = recipes.build("small-portrait-vae", image_shape=(3, 16, 16), latent_dim=4)
    right = (model.eval().reconstruct(x) - x).square().mean().item()
    return right, (model.train().reconstruct(x) - x).square().mean().item()


def _small_pictures():
    return torch.rand(6, 3, 16, 16, generator=torch.Generator().manual_seed(2))


q4 = exercise.question(
    "q4",
    "The cloud of all codes",
    section="Do the codes follow the prior?",
    hint="A draw is its posterior's mean plus something of its own. Two things make it vary: which picture "
    "was chosen, and where in its Gaussian the draw fell. The second is independent from latent to latent.",
    hidden_points=0.5,
)


MEAN_AND_COVARIANCE = "Return two things: the mean, and the covariance."


@q4.case(0.25)
def the_mean(s):
    mu, log_var = _posteriors()
    mistakes = {
        "The sum over the pictures: the parts of the mixture weigh 1/N each.": mu.sum(0),
        "One mean for each picture, over its latents. Wanted is one for each latent.": mu.mean(1),
        "One mean for everything. Wanted is one for each latent.": mu.mean(),
    }
    otherwise = "Not yet: a mixture's mean is the average of its parts' means."
    diagnose(several(s.cloud(mu, log_var), 2, MEAN_AND_COVARIANCE)[0], mu.mean(0), mistakes, otherwise)


@q4.case(0.75, gate=True)
def the_covariance(s):
    mu, log_var = _posteriors()
    spread = log_var.exp().mean(0)
    of_means = torch.cov(mu.T, correction=0)
    right = of_means + spread.diag()
    mistakes = {
        "Only the means' covariance: each posterior has a width of its own, too.": of_means,
        "Only the posteriors' widths: their means lie in different places, too.": spread.diag(),
        "Divided by N - 1. These are all parts of the mixture, not a sample of it.": torch.cov(mu.T)
        + spread.diag(),
        "The variances are added everywhere. Within a posterior the latents are independent.": of_means
        + spread,
        "Standard deviations are added where variances should be.": of_means
        + (0.5 * log_var).exp().mean(0).diag(),
        "log_var is averaged before the exponential. The average of the variances is another "
        "number.": of_means + log_var.mean(0).exp().diag(),
        "log_var is added as it is. It is the logarithm of a variance.": of_means + log_var.mean(0).diag(),
        "The average of mu times mu, without taking the mean away.": mu.T @ mu / 4 + spread.diag(),
        "The variances alone. Means of different latents may move together.": of_means.diag().diag()
        + spread.diag(),
        "The variances as a row. Wanted is the whole matrix.": of_means.diag() + spread,
        "A sum over the pictures: the parts of the mixture weigh 1/N each.": 4 * right,
        "The widths are summed over the pictures: they weigh 1/N each.": of_means + 4 * spread.diag(),
    }
    otherwise = (
        "Not yet. With all means at 0 it should be the average of the posteriors' variances, on the diagonal."
    )
    diagnose(several(s.cloud(mu, log_var), 2, MEAN_AND_COVARIANCE)[1], right, mistakes, otherwise)


def _posteriors():
    mu, log_var = torch.randn(2, 4, 3, generator=torch.Generator().manual_seed(3))
    return 1 + mu, log_var - 0.5


q5 = exercise.question(
    "q5",
    "Predict: a crop that is off",
    section="How it is built",
    hint="Follow the face through the layers. Up to where does its picture only move along? And what would "
    "always drawing the average face cost?",
    written="q5_because",
)
q5.choice(
    1,
    "q5",
    right="2384c359",
    why={
        "728a7d1e": "True of the convolutions. But what do the layers next to the code see?",
        "80a93319": "A batch norm sees a channel's values, not where they lie. It cannot move anything.",
        "ce2a4c2c": "The shifted face still has its wall, skin and hair, and these the model can tell.",
    },
)

q6 = exercise.question(
    "q6",
    "Where is the face?",
    section="What comes back",
    hint="Two loops make the list of places. Stack the crops into one batch, redraw it in evaluation mode "
    "without gradients, and take one error for each crop: the mean over its channels, rows and columns.",
    hidden_points=0.5,
)


@q6.case(1.5)
def two_faces_found(s):
    for person, place in ((3, (20, 9)), (11, (3, 29))):
        found(s, person, place)


def found(s, person, place):
    """Fail unless the submission finds a portrait at this place of a canvas, to within three pixels."""
    value = s.find_face(s.ours, _canvas(person, place))
    numbers = np.asarray(value).ravel()
    expect(len(numbers) == 2, "Return two numbers: the top row and the left column.")
    row, column = (int(v) for v in numbers)
    off = (row - place[0], column - place[1])
    if max(map(abs, off)) <= 3:
        return
    told = f"Your crop at ({row}, {column}) lies {_directions(*off)}. "
    expect(not agrees([column, row], place, atol=3), told + "Row first, then column.")
    expect(
        not agrees([row - 32, column - 32], place, atol=3),
        told + "That is the face's centre: the corner was asked for.",
    )
    expect(
        (row, column) != (0, 0),
        told + "That is the first place of all: are the crops compared with one another?",
    )
    expect((row, column) != (16, 16), told + "Does it change with the canvas, and are the steps small?")
    expect(
        max(row, column) <= 32,
        told + "Places go from 0 to 32. Is this a crop's number, or another of its corners?",
    )
    expect(max(map(abs, off)) > 8, told + "Close. Smaller steps would help.")
    expect(False, told + "Is it the smallest error that you take, and one error for each crop?")


def _directions(down, across):
    """In which directions a crop is off by more than three pixels, in words."""
    words = [("too low", "too high")[down < 0]] if abs(down) > 3 else []
    words += [("too far right", "too far left")[across < 0]] if abs(across) > 3 else []
    return " and ".join(words)


@cache
def _portrait(person):
    return vaelab.load("portraits", size=64, n=24, split="test").float(slice(person, person + 1))


def _canvas(person, place):
    """A portrait at (top, left) of 96 x 96 pixels; its edges are stretched to fill the rest."""
    (top, left) = place
    return nn.functional.pad(_portrait(person), (left, 32 - left, top, 32 - top), mode="replicate")[0]
