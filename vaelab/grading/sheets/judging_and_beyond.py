"""Checks of exercise 10, judging and beyond."""

import math

import numpy as np
import torch
from scipy.linalg import sqrtm
from scipy.stats import linregress

from vaelab.evaluation import frechet_distance
from vaelab.grading import Exercise, agrees, diagnose, expect, same_shape

exercise = Exercise("10-judging-and-beyond", "Exercise 10: Judging and beyond")

q1 = exercise.question(
    "q1",
    "Find the bug",
    section="The Fréchet distance",
    hint="Take two features that go up and down together, and print what each line gives. Hold that against "
    "the chapter's formula: is it what the symbol there stands for? Where you can, try it by undoing the "
    "step.",
    hidden_points=1,
)


@q1.case(1)
def features_that_have_to_do_with_one_another(s):
    generator = torch.Generator().manual_seed(2)
    a, b = torch.randn(2, 300, 4, generator=generator)
    a, b = a @ torch.rand(4, 4, generator=generator), b @ torch.rand(4, 4, generator=generator) + 0.4
    value = s.frechet(a, b)
    expect(
        isinstance(value, int | float | np.generic | np.ndarray),
        "Return one real number. If yours is complex, what it has of an imaginary part is rounding.",
    )
    right = frechet_distance(a, b)
    diagnose(value, right, _mistakes_with_matrices(a.double(), b.double(), right), "Not the distance yet.")


def _mistakes_with_matrices(a, b, right):
    cov_a, cov_b = torch.cov(a.T), torch.cov(b.T)
    means, traces = (a.mean(0) - b.mean(0)).square().sum(), cov_a.trace() + cov_b.trace()
    product, cross = cov_a @ cov_b, (means + traces - right) / 2
    of_each = (sqrtm(cov_a) @ sqrtm(cov_b)).trace()
    cholesky = (torch.linalg.cholesky(cov_a) @ torch.linalg.cholesky(cov_b)).trace()
    one_triangle = torch.linalg.eigvalsh(product).clamp(min=0).sqrt().sum()
    spreads = cov_a.diagonal().sqrt(), cov_b.diagonal().sqrt()
    return {
        "This is still what the code as given returns. For related features, a cloud's distance from itself "
        "is far from 0.": means + traces - 2 * product.sqrt().trace(),
        "This compares the spread of each feature on its own. What two features have in common is "
        "lost.": means + (spreads[0] - spreads[1]).square().sum(),
        "The root of each matrix, then their product: that is the root of the product only for matrices that "
        "commute.": means + traces - 2 * of_each,
        "A Cholesky factor is not the root that is meant here: multiplied by itself it does not give the "
        "matrix.": means + traces - 2 * cholesky,
        "`eigvalsh` reads one half of the matrix and takes it for symmetric. This product is not.": (
            means + traces - 2 * one_triangle
        ),
        "The eigenvalues are added up without a root.": means + traces - 2 * product.trace(),
        "The root of a sum is not the sum of the roots.": means + traces - 2 * product.trace().sqrt(),
        "The cross term has gone. A cloud's distance from itself must be 0.": means + traces,
        "The cross term counts once. A cloud's distance from itself must be 0.": means + traces - cross,
        "The cross term is added. It is what two clouds have in common, so it must make them nearer.": (
            means + traces + 2 * cross
        ),
        "The singular values of the product are not its eigenvalues: it is not symmetric.": (
            means + traces - 2 * torch.linalg.svdvals(product).sqrt().sum()
        ),
        "The distance of the means must be squared, as it was.": means.sqrt() + traces - 2 * cross,
        "Each cloud's eigenvalues on their own tell how wide it is, and not where it points.": (
            means + traces - 2 * (torch.linalg.eigvalsh(cov_a) * torch.linalg.eigvalsh(cov_b)).sqrt().sum()
        ),
        "The means have gone.": traces - 2 * cross,
        "This is the root of what is asked for: papers print the square.": right**0.5,
    }


q2 = exercise.question(
    "q2",
    "With infinitely many pictures",
    section="Real against real",
    hint="For the prediction: what is the square of 1 over the root of N? For the cure: the horizontal axis "
    "is 1/N, and infinitely many pictures lie at 0 there. Which of a line's two numbers is its height at 0?",
    hidden_points=1,
)
q2.choice(
    0.5,
    "q2_share",
    right="ca2d45b9",
    why={
        "14d61c0a": "The errors of mean and covariance themselves are halved. The excess goes with their "
        "squares.",
        "0913526a": "Then more pictures would not help. Compare 100 and 400 pictures in the table.",
        "cb22614d": "More pictures, less excess: the share that is left is below 1.",
    },
    otherwise="Write a number between 0 and 1. How do squares of errors change that are themselves halved?",
)


@q2.case(1)
def points_on_a_line(s):
    counts, distances = [100, 200, 400], [3.5, 3.25, 3.125]
    value = s.at_infinity(counts, distances)
    same_shape(value, (), "One number.")
    n, d = np.array(counts), np.array(distances)
    mistakes = {
        "That is the slope of the line. What is its height at 1/N = 0?": 50.0,
        "The line is drawn over N, where infinity is nowhere on the axis. Draw it over 1/N.": np.polyfit(
            n, d, 1
        )[1],
        "The line is drawn over the root of 1/N. The excess falls with 1/N itself.": np.polyfit(
            n**-0.5, d, 1
        )[1],
        "The line is drawn over the logarithm of N. The excess falls with 1/N.": np.polyfit(np.log(n), d, 1)[
            1
        ],
        "The line is forced through the origin, so it meets the axis at 0 whatever was measured.": 0.0,
        "That is the last measurement. The excess of the largest pile is still in it.": 3.125,
        "That is the average of what was measured. Each of these is too large.": d.mean(),
        "That is the line at N = 1. Infinitely many pictures lie at 1/N = 0.": 53.0,
        "The two axes have changed places: the distances are the height, 1/N is the horizontal "
        "axis.": np.polyfit(d, 1 / n, 1)[1],
    }
    otherwise = "Not yet. These three points lie on one line over 1/N. Where does it meet 1/N = 0?"
    diagnose(value, 3.0, mistakes, otherwise)
    value = s.at_infinity([50, 200, 500], [2.0, 1.4, 1.28])
    diagnose(value, 1.2, {}, "Right for some points that lie on a line over 1/N, and wrong for others.")


@q2.case(0.5)
def points_that_scatter(s):
    counts, distances = [50, 100, 250, 1000], [4.1, 3.1, 3.4, 3.0]
    n, d = np.array(counts), np.array(distances)
    value = s.at_infinity(counts, distances)
    mistakes = {
        "Only the first and the last point are used. All of them should count.": (
            _line(n[[0, -1]], d[[0, -1]])
        ),
        "Only the last two points are used. All of them should count.": _line(n[-2:], d[-2:]),
        "Only the first two points are used. All of them should count.": _line(n[:2], d[:2]),
        "Points with more pictures count for more. The plain sum of squares was asked for.": np.polyfit(
            1 / n, d, 1, w=n
        )[1],
        "This is a curve through the points. A straight line was asked for.": np.polyfit(1 / n, d, 2)[2],
    }
    otherwise = (
        "Right only for points that lie on one line exactly, or not even there: take the line with the least "
        "sum of squared errors."
    )
    diagnose(value, _line(n, d), mistakes, otherwise)


def _line(n, d):
    """The height at infinity of the line over 1/N with the least squares."""
    return linregress(1 / n, d).intercept


q3 = exercise.question(
    "q3",
    "Nats, bits and levels",
    section="Bits, and what a byte can know",
    hint="Start with one pixel value: the probability of its level is density times interval. Minus its "
    "logarithm to the base 2 is the price in bits. A picture has D of them, so the interval enters D times.",
    hidden_points=0.5,
)


@q3.case(0.5)
def any_byte_is_as_good_as_any_other(s):
    value = s.bits_per_dimension(torch.zeros(3), 12)
    mistakes = {
        "A density of 1 everywhere makes all 256 levels equally likely. That cannot cost 0 bits: where "
        "is the length of the interval?": [0.0] * 3,
        "The price of a byte must be positive: look at the signs.": [-8.0] * 3,
        "These are nats. A bit is log 2 nats.": [math.log(256)] * 3,
        "The length of the interval enters once for each of the D numbers, not once for the picture.": (
            [8 / 12] * 3
        ),
        "That is the price of the whole picture. Divide by D.": [96.0] * 3,
        "The number of levels stands here without a logarithm.": [256.0] * 3,
        "One number for all pictures. One value a picture was asked for.": 8.0,
        "Multiplied by log 2, where a change from nats to bits divides.": [math.log(256) * math.log(2)] * 3,
    }
    otherwise = (
        "Not yet. With a density of 1 everywhere, all levels are equally likely: how many bits has a byte?"
    )
    diagnose(value, [8.0] * 3, mistakes, otherwise)


@q3.case(1)
def prices_of_two_pictures(s):
    log_p, D, levels = torch.tensor([500.0, -300.0]), 192, 32
    value = s.bits_per_dimension(log_p, D, levels)
    same_shape(value, (2,), "One value for each picture.")
    nats = log_p / D
    bits = nats / math.log(2)
    mistakes = {
        "The more probable a picture, the fewer bits it costs. Here it costs more: look at the sign.": 5
        + bits,
        "Two units are mixed: the levels are counted in bits, and log p(x) is still in nats.": 5 - nats,
        "Two units are mixed: log p(x) is in bits now, and the levels are counted in nats.": math.log(32)
        - bits,
        "These are nats. A bit is log 2 nats.": math.log(32) - nats,
        "The levels are taken for 256, whatever `levels` says.": 8 - bits,
        "log p(x) is that of a whole picture. Per number it is D times smaller.": 5 - log_p / math.log(2),
        "The length of the interval has no effect: this is minus the density's logarithm.": -bits,
        "The length of the interval makes pictures dearer, and here it makes them cheaper.": -bits - 5,
        "A change from nats to bits divides by log 2, and here it multiplies.": (math.log(32) - nats)
        * math.log(2),
        "The length of the interval enters once for each of the D numbers, not once for the picture.": (
            (math.log(32) - log_p) / (D * math.log(2))
        ),
    }
    otherwise = "Not yet right where the density is not 1."
    diagnose(value, np.log2(levels) - np.log2(np.e) * nats.numpy(), mistakes, otherwise)


q4 = exercise.question(
    "q4",
    "Straight through a rounding",
    section="A list of pieces",
    chapter="11-priors-and-pieces",
    hint="Stretch and shift the numbers so that the levels fall on 0, 1, 2, ...; round there, and undo both. "
    "Then add to z something that has the right value and that no gradient passes through.",
    hidden_points=0.5,
)


@q4.case(0.5)
def five_levels(s):
    z = torch.tensor([-1.0, -0.8, -0.35, 0.3, 0.6, 1.0])
    value = s.snap(z, 5)
    same_shape(value, (6,), "One value for each number of z.")
    mistakes = {
        "Five levels from -1 to 1 have four gaps between them. Here there are five.": (
            ((z + 1) * 2.5).round() / 2.5 - 1
        ),
        "The gaps are too small: the levels should reach from -1 to 1, a way of 2, and there should be 5 "
        "in all.": (z * 4).round() / 4,
        "Five gaps between 0 and 1. The levels should reach from -1 to 1, and there should be 5 in all.": (
            (z * 5).round() / 5
        ),
        "These are whole numbers. `levels` has no effect.": z.round(),
        "These are the numbers of the levels. Their values were asked for.": ((z + 1) * 2).round(),
        "Always rounded down. The nearest level was asked for.": ((z + 1) * 2).floor() / 2 - 1,
        "Always rounded up. The nearest level was asked for.": ((z + 1) * 2).ceil() / 2 - 1,
        "Nothing has been rounded.": z,
        "The shift to start at 0 has not been undone.": ((z + 1) * 2).round() / 2,
        "The stretch has not been undone.": ((z + 1) * 2).round() - 1,
    }
    otherwise = (
        "Not yet. With five levels, only -1, -0.5, 0, 0.5 and 1 should come out, each time the nearest."
    )
    diagnose(value, [-1, -1, -0.5, 0.5, 0.5, 1], mistakes, otherwise)


@q4.case(0.5)
def an_even_number_of_levels(s):
    z = torch.tensor([[-1.0, -0.8], [-0.25, 0.1], [0.6, 1.0]])
    values = [np.asarray(s.snap(z, levels)) for levels in (4, 2)]
    third = 1 / 3
    right = [[-1, -1], [-third, third], [third, 1]], [[-1, -1], [-1, 1], [1, 1]]
    around_zero = [(z * 1.5).round() / 1.5, (z * 0.5).round() / 0.5]
    mistakes = {
        "With an even number of levels, 0 is none of them, and the ends are.": torch.stack(around_zero),
    }
    otherwise = "Not yet for 4 levels and 2. With two levels, only -1 and 1 should come out."
    diagnose(np.stack(values), np.array(right), mistakes, otherwise)


@q4.case(0.5)
def the_gradient_passes(s):
    z = torch.tensor([[-0.9, -0.3, 0.2], [0.4, 0.45, 0.95]])
    expect(not agrees(s.snap(z, 3), z), "With nothing rounded, there is nothing to pass through.")
    (gradient,) = s.gradients("snap", z, 3)
    expect(gradient is not None, "No gradient arrives at z: everything is detached.")
    mistakes = {
        "The gradient is 0: it goes through the rounding, which has none to give.": np.zeros((2, 3)),
        "The gradient is doubled: z itself goes in twice.": np.full((2, 3), 2.0),
        "The gradient is turned round.": -np.ones((2, 3)),
    }
    otherwise = "The gradient should arrive at z unchanged, as if nothing had been rounded."
    diagnose(gradient, np.ones((2, 3)), mistakes, otherwise)


q5 = exercise.question(
    "q5",
    "Read a plot",
    section="Did it memorise?",
    hint="A model cannot have copied the new pictures. So what would dots of an honest model look like, "
    "whether its samples are soft or crisp: on which side of the dashed line?",
    written="q5_because",
)
q5.choice(
    0.5,
    "q5",
    right="0061a278",
    why={
        "6703f84b": "They are as near to the new pictures, which the model has never seen. What else makes "
        "pictures near to all?",
        "622b841a": "Crisp pictures are far from one another, copied or not. Do its dots lie on one side of "
        "the line?",
        "29fe028c": "A mean hides a small group. Look at each dot, and at the dashed line.",
    },
)


@q5.case(0.5)
def the_share_of_copies(s):
    share = float(s.q5_share)
    expect(share <= 1, "A share is between 0 and 1.")
    expect(
        not 0.55 < share < 0.8,
        "That is the share of dots above the dashed line. Of honest samples about half lie there, too.",
    )
    expect(
        0.195 <= share <= 0.405,
        "Count the dots that are near to a training picture and far from every new one. There are 60 in all.",
    )
