"""Checks of exercise 8, faces."""

import copy
from functools import cache

import numpy as np
import torch
from torch.nn import functional as F

import vaelab
from vaelab import recipes
from vaelab.grading import Exercise, agrees, diagnose, expect, number, same_shape, seeded, several
from vaelab.grading.space import Handle

exercise = Exercise("08-faces", "Exercise 8: Faces")

q1 = exercise.question(
    "q1",
    "A chessboard in the picture",
    section="How it is built",
    hint="Take one dimension first: a row of two numbers, a kernel of three, a stride of two. Which pixels "
    "does the first write, which the second? In two dimensions a number writes to a pixel if it does so "
    "across and down.",
    hidden_points=0.5,
)


@q1.case(1, gate=True)
def who_writes_where(s):
    value = s.writers(2, 3, 2)
    for side, message in {
        4: "The picture is too small: where does the square of the last number end?",
        6: "The picture is too large: the first square begins at 0, the last one at stride times (size - 1).",
        2: "One value for each number of the map. One for each pixel of the picture was asked for.",
        3: "One value for each number of the kernel. One for each pixel of the picture was asked for.",
    }.items():
        expect(np.shape(value) != (side, side), message)
    expect(np.shape(value) != (5,), "That is one row. The picture has two sides.")
    same_shape(value, (5, 5), "The picture is (size - 1) * stride + kernel pixels wide and high.")
    row = np.array([1, 1, 2, 1, 1])
    mistakes = {
        "Across and down are added. A number writes to a pixel only if it reaches it in both.": row[:, None]
        + row,
        "These are shares of something. Whole numbers were asked for.": np.outer(row, row) / 9,
        "This counts across, and is the same in every row.": np.tile(row, (5, 1)),
        "This counts down, and is the same in every column.": np.tile(row[:, None], 5),
        "This marks who is written to at all. Count how often.": np.ones((5, 5)),
    }
    otherwise = (
        "Not yet. With two numbers a side, the middle pixel is written to by all four, the corners by one."
    )
    diagnose(value, np.outer(row, row), mistakes, otherwise)
    for size, kernel, stride, row in (
        (3, 4, 2, [1, 1, 2, 2, 2, 2, 1, 1]),
        (3, 2, 1, [1, 2, 2, 1]),
        (2, 2, 3, [1, 1, 0, 1, 1]),
        (1, 3, 2, [1, 1, 1]),
        (3, 5, 2, [1, 1, 2, 2, 3, 2, 2, 1, 1]),
    ):
        given = f"size {size}, kernel {kernel} and stride {stride}"
        value = s.writers(size, kernel, stride)
        same_shape(value, (len(row), len(row)), f"Wrong size of the picture for {given}.")
        middle = len(row) // 2
        told = f"the pixel in the middle should be written to {row[middle] ** 2} times"
        diagnose(value, np.outer(row, row), {}, f"Right for kernel 3 and stride 2. For {given}, {told}.")


@q1.case(0.5)
def kernels_without_a_chessboard(s):
    given = s.q1_kernels
    if isinstance(given, Handle):  # a set, a range
        given = s.evaluate("[*q1_kernels]")
    kernels = {number(kernel) for kernel in np.asarray(given, dtype=object).ravel().tolist()}
    expect(kernels <= set(range(1, 13)), "Kernels from 1 to 12, as a list of numbers.")
    expect(
        min(kernels) >= 4, "Behind a kernel smaller than the stride there are pixels that nobody writes to."
    )
    uneven = sorted(kernel for kernel in kernels if kernel % 4)
    expect(not uneven, "Not all of these are even. Look at the middle of a large picture, row by row.")
    expect(len(kernels) == 3, "These are even, and there are more.")


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
    layer, right, _, scale = _layer()
    weight, _, gamma, _, _, var, eps = layer
    mistakes = {
        message: weight * one[:, None, None, None]
        for message, one in {
            "This divides by the variance. The norm divides by its root.": gamma / (var + eps),
            "`eps` has no effect. In this check it is far larger than usual, so that it shows.": gamma
            / var.sqrt(),
            "`eps` is added to the standard deviation. Its place is under the root.": gamma
            / (var.sqrt() + eps),
            "The learned scale gamma is missing.": 1 / (var + eps).sqrt(),
            "The weight is unchanged: the norm's scale belongs in it.": torch.ones(3),
            "This multiplies by the deviation, where the norm divides.": gamma * (var + eps).sqrt(),
        }.items()
    }
    by_input = weight * scale[None, :, None, None]
    mistakes["The scale is laid along the input channels. The norm stands behind the convolution."] = by_input
    otherwise = "Not yet. With gamma 1, mean 0 and a variance of 1 - eps the weight should stay as it is."
    diagnose(several(s.fold(*layer), 2, WEIGHT_AND_BIAS)[0], right, mistakes, otherwise)


@q2.case(0.75)
def the_bias(s):
    layer, _, right, scale = _layer()
    _, bias, gamma, beta, mean, var, eps = layer
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
        "`eps` has no effect.": (bias - mean) * gamma / var.sqrt() + beta,
        "This divides by the variance. The norm divides by its root.": (bias - mean) * gamma / (var + eps)
        + beta,
    }
    otherwise = "Not yet. For a black picture, convolution and norm together give the new bias."
    diagnose(several(s.fold(*layer), 2, WEIGHT_AND_BIAS)[1], right, mistakes, otherwise)


@cache
def _layer():
    """A layer and its norm; the weight, the bias and the scale that PyTorch's batch norm makes of them."""
    generator = seeded(1)
    weight = torch.randn(3, 3, 2, 2, generator=generator)
    bias, gamma, beta, mean = torch.randn(4, 3, generator=generator)
    var, eps, none = 0.3 + 2 * torch.rand(3, generator=generator), 0.5, torch.zeros(3)
    rows = F.batch_norm(weight.flatten(1).T, none, var, gamma, none, eps=eps).T.reshape(weight.shape)
    shifted = F.batch_norm(bias[None], mean, var, gamma, beta, eps=eps)[0]
    return (weight, bias, gamma, beta, mean, var, eps), rows, shifted, (rows / weight)[:, 0, 0, 0]


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
    value = number(s.error_on(_model(s).train(), x))
    model = copy.deepcopy(_built())
    with torch.no_grad():
        errors = (model.eval().reconstruct(x) - x).square().mean((1, 2, 3))
        right = errors.mean().item()
        training = (model.train().reconstruct(x) - x).square().mean().item()
    if not agrees(value, right, rtol=1e-3):
        _counts_every_picture_once(s, x, value, errors)
    mistakes = {
        "This is still what the code as given returns: a picture's error depends on those that come "
        "with it.": training,
        "The sum over all pixels, where their mean was asked for.": right * x.numel(),
        "The sum over the pixels of a picture, where their mean was asked for.": right * x[0].numel(),
        "The root of the error: the mean squared error was asked for.": right**0.5,
    }
    otherwise = "Not yet. Each picture should be redrawn as it would be alone, by the model as it is."
    diagnose(value, right, mistakes, otherwise, rtol=1e-3)


def _counts_every_picture_once(s, x, value, errors) -> None:
    """Fail with the reason if a wrong error is one of draws, of some pictures, or of uneven batches."""
    replaced = torch.cat([x[:-1], 1 - x[-1:]])
    again, without = (number(s.error_on(_model(s).train(), pixels)) for pixels in (x, replaced))
    expect(agrees(value, again), "Two looks, two errors: something is drawn. Reconstruct from the mean code.")
    expect(not agrees(value, without), "The last picture has no effect on the error. All of them count.")
    message = "Averages of batches are averaged. The last batch is smaller, so its pictures count more."
    for size in (2, 4, 5, 8, 10, 16, 20):  # none divides 21
        of_batches = torch.stack([part.mean() for part in errors.split(size)]).mean()
        expect(not agrees(value, of_batches), message)


@q3.case(0.5, gate=True)
def the_model_is_left_as_it_was(s):
    for mode in ("train", "eval"):
        model = getattr(_model(s), mode)()
        flags = "[p.requires_grad for p in model.parameters()]"
        sums = "[float(v.double().sum()) for v in [*model.buffers(), *model.parameters()]]"
        before = s.evaluate(sums, model=model)
        number(s.error_on(model, _small_pictures()))
        modes = s.evaluate("[m.training for m in model.modules()]", model=model)
        message = "The running averages have moved: the test pictures have left a trace in the model."
        expect(before == s.evaluate(sums, model=model), message)
        message = "The weights ask for no gradient any more. The next epoch would learn nothing."
        expect(all(s.evaluate(flags, model=model)), message)
        if mode == "train":
            message = "The model was in training mode, and is not any more. The next epoch would suffer."
            expect(all(modes), message)
        else:
            message = "The model was in evaluation mode, and is in training mode now."
            expect(not any(modes), message)


def _model(s):
    """`_built`, where the submission runs."""
    state = {name: value.clone() for name, value in _built().state_dict().items()}
    return s.evaluate(
        f"(lambda m: (m.load_state_dict(state), m)[1])(__import__('vaelab').{SMALL})", state=state
    )


SMALL = "recipes.build('small-portrait-vae', image_shape=(3, 16, 16), latent_dim=4)"


@cache
def _built():
    """A small VAE whose running averages are not those of a new one, and whose posteriors are wide."""
    model = recipes.build("small-portrait-vae", image_shape=(3, 16, 16), latent_dim=4)
    for name, buffer in model.named_buffers():
        if "running" in name:
            buffer.fill_(0.4 if name.endswith("mean") else 2.0)
    model.to_log_var.bias.data.add_(8.0)
    return model


def _small_pictures():
    return pictures(21, (3, 16, 16), 2)


def pictures(n: int, shape: tuple[int, ...], seed: int) -> torch.Tensor:
    """Noise, each picture of a brightness of its own: so other seeds give other errors, and so do batches."""
    generator = seeded(seed)
    return torch.rand(n, *shape, generator=generator) * torch.rand(n, 1, 1, 1, generator=generator)


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
    value = several(s.cloud(mu, log_var), 2, MEAN_AND_COVARIANCE)[1]
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
    again = several(s.cloud(mu, log_var), 2, MEAN_AND_COVARIANCE)[1]
    message = "Asked twice, it gives two answers: this is measured on draws. The exact one needs none."
    expect(agrees(value, again), message)
    diagnose(value, right, mistakes, otherwise)
    message = "It writes into what it is given, and the next call gets another cloud. Work on a copy."
    expect(not s.changes("cloud", mu, log_var), message)


def _posteriors():
    mu, log_var = torch.randn(2, 4, 3, generator=seeded(3))
    return 1 + mu, log_var - 0.5


q5 = exercise.question(
    "q5",
    "Predict: a crop that is off",
    section="How it is built",
    hint="Follow the face through the layers. Up to where does its picture only move along? And what would "
    "always drawing the average face cost?",
    written="q5_because",
)
q5.prediction(
    1,
    "q5",
    options=("a", "b", "c", "d"),
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
    for person, place in ((3, (20, 9)), (11, (3, 32))):
        found(s, person, place)


# A copy of the sheet's model that notes each look.
WATCHED = (
    "(lambda m, asked: (setattr(m, 'asked', asked), "
    "m.encoder.register_forward_hook(lambda *_: asked.append(1)), m)[-1])"
    "(__import__('copy').deepcopy(ours), [])"
)


def found(s, person, place):
    """Fail unless the submission finds a portrait at this place of a canvas, to within three pixels."""
    canvas, model = _canvas(person, place), s.evaluate(WATCHED)
    value, left = s.evaluate("(find_face(model, canvas), canvas)", model=model, canvas=canvas)
    expect(value is not None and value is not ..., "`find_face` gives nothing: `return` the two numbers.")
    message = "The `model` that is handed in is never asked. It is the one to find the face."
    expect(s.evaluate("model.asked", model=model), message)
    expect(agrees(left, canvas), "It writes into `canvas`. Work on a copy.")
    numbers = [number(v) for v in np.asarray(value, dtype=object).ravel()]
    expect(len(numbers) == 2, "Return two numbers: the top row and the left column.")
    row, column = map(int, numbers)
    expect([row, column] == numbers, "Return two whole numbers: rows and columns of pixels.")
    off = (row - place[0], column - place[1])
    if max(map(abs, off)) <= 3:
        return
    told = f"Your crop at ({row}, {column}) lies {_directions(*off)}. "
    for message, other in {
        "Row first, then column.": (column, row),
        "That is the face's centre: the corner was asked for.": (row - 32, column - 32),
        "That is the lower right corner. The upper left one was asked for.": (row - 64, column - 64),
        "Are these the numbers of a crop, in steps of two, three, four, ...? Multiply by the step.": _nearest(
            (row, column), place
        ),
    }.items():
        expect(not agrees(other, place, atol=3), told + message)
    expect(
        (row, column) != (0, 0),
        told + "That is the first place of all: are the crops compared with one another?",
    )
    expect((row, column) != (16, 16), told + "Does it change with the canvas, and are the steps small?")
    expect(
        max(row, column) <= 32,
        told + "Places go from 0 to 32. Is this the number of a crop in a list, or another of its corners?",
    )
    expect(min(row, column) >= 0, told + "Places go from 0 to 32.")
    expect(max(map(abs, off)) > 8, told + "Close. Smaller steps would help, and the last place is 32.")
    expect(
        False, told + "Is it the smallest error that you take, one for each crop? And are the steps small?"
    )


def _nearest(crop, place):
    """The crop's numbers, times the step that leads nearest to the place."""
    return min(
        (tuple(step * n for n in crop) for step in range(2, 9)),
        key=lambda p: np.abs(np.subtract(p, place)).max(),
    )


def _directions(down, across):
    """In which directions a crop is off by more than three pixels, in words."""
    words = [("too low", "too high")[down < 0]] if abs(down) > 3 else []
    words += [("too far right", "too far left")[across < 0]] if abs(across) > 3 else []
    return " and ".join(words)


@cache
def _portrait(person):
    return vaelab.load("portraits", size=64, n=24, split="test").float(slice(person, person + 1))


def _canvas(person, place):
    """A portrait at (top, left) of 96 x 96 pixels, pasted over another one that is enlarged."""
    (top, left) = place
    canvas = F.interpolate(_portrait(person + 2), size=(96, 96), mode="bilinear")[0]
    canvas[:, top : top + 64, left : left + 64] = _portrait(person)[0]
    return canvas
