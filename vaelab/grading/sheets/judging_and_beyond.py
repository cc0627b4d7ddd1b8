"""Checks of exercise 10, judging."""

import math

import numpy as np
import torch
from scipy.stats import linregress

from vaelab.grading import Exercise, agrees, diagnose, expect, number, same_shape, several

exercise = Exercise("10-judging-and-beyond", "Exercise 10: Judging")

q1 = exercise.question(
    "q1",
    "Find the bug",
    section="What it does not see",
    hint="Take three real pictures on a line, at 0, 1 and 3, and k = 1. Write down the table of distances, "
    "and what the code finds in its first row. Whose distance is the smallest there?",
    hidden_points=1,
)
TWO_SHARES = "Return two things: the precision, and the recall."


@q1.case(0.5, gate=True)
def two_crowds(s):
    random = np.random.default_rng(SEED)
    real = random.normal(size=(24, 2)) * random.uniform(0.1, 2, size=(24, 1))
    samples = random.normal(size=(30, 2)) + 0.5
    _balls(s, real, samples, (1, 2))


@q1.case(0.5)
def pictures_that_are_alike_and_more_neighbours(s):
    real = np.array([[0, 0], [0, 0], [4, 0], [0, 5.0], [9, 9], [11, 9.5]])
    samples = np.array([[0.1, 0], [3, 3.0], [10, 9], [30, 0], [0, 8.0], [-4, 0], [6.2, 5.1]])
    _balls(s, real, samples, (1, 3))


SEED = 14  # with these points no mistake looks like another one, and none lies at the edge of a ball


def _balls(s, real, samples, neighbours):
    """Check both shares on points so far from every edge that rounding changes nothing."""

    def shares(k):
        """What is right for these points, and what mistakes lead to."""
        apart = {
            (a, b): np.linalg.norm(one[:, None] - other[None], axis=2)
            for a, one in (("r", real), ("s", samples))
            for b, other in (("r", real), ("s", samples))
        }

        def share(points, centres, radius, how=np.any):
            return how(apart[points, centres] <= radius, axis=1).mean()

        def both(radius, **how):
            return [share("s", "r", radius("r"), **how), share("r", "s", radius("s"), **how)]

        def kth(offset):
            return lambda which: np.sort(apart[which, which], 1)[
                :, min(k + offset, len(apart[which, which]) - 1)
            ]

        right = both(kth(0))
        of_points = [  # balls around the points that are asked about
            (apart["s", "r"] <= kth(0)("s")[:, None]).any(1).mean(),
            (apart["r", "s"] <= kth(0)("r")[:, None]).any(1).mean(),
        ]
        no_twins = both(
            lambda which: np.sort(np.where(apart[which, which] == 0, np.inf, apart[which, which]), 1)[
                :, k - 1
            ]
        )
        mistakes = {
            "This is still what the code as given returns: it counts a picture as its own neighbour.": both(
                kth(-1)
            ),
            "Precision and recall have changed places.": right[::-1],
            "One neighbour too far.": both(kth(1)),
            "A sample counts if it lies in one ball or more. Here it has to lie in all of them.": both(
                kth(0), how=np.all
            ),
            "Each ball reaches the k-th neighbour, and not always the nearest one.": both(
                lambda w: np.sort(apart[w, w], 1)[:, 1]
            ),
            "The balls reach the farthest of all pictures.": both(lambda w: apart[w, w].max(1)),
            "The recall holds real pictures against real ones. The balls belong around the samples.": [
                right[0],
                1.0,
            ],
            "The recall keeps the balls around the real pictures. Turned round, they belong around the "
            "samples.": [right[0], of_points[1]],
            "A sample counts if it lies in any ball, and not only in that of its nearest picture.": [
                (apart[a, b].min(1) <= kth(0)(b)[apart[a, b].argmin(1)]).mean() for a, b in ("sr", "rs")
            ],
            "Pairs of a point and a ball are counted. A point counts once, if it lies in any.": both(
                kth(0), how=np.mean
            ),
            "Each ball has a radius of its own. Here all have the average one.": both(
                lambda w: kth(0)(w).mean()
            ),
            "Each ball has a radius of its own. Here all have the largest one.": both(
                lambda w: kth(0)(w).max()
            ),
            "The balls are drawn around the pictures that are asked about. They belong around the others.": (
                of_points
            ),
            "A twin is a neighbour like any other. Only the picture itself is left out.": (no_twins),
        }
        return right, mistakes

    mistakes, right, value = {}, [], []
    for k in neighbours:
        exact, wrong = shares(k)
        given = s.precision_and_recall(torch.tensor(real).float(), torch.tensor(samples).float(), k)
        value += [number(share) for share in several(given, 2, TWO_SHARES)]
        right += exact
        for message, pair in wrong.items():
            mistakes.setdefault(message, []).extend(pair)
    first = next((k for k in range(len(right)) if not agrees(value[k], right[k])), 0)
    share = ("precision", "recall")[first % 2]
    otherwise = (
        f"With k = {neighbours[first // 2]} the {share} of this check's points should be {right[first]:.3g}, "
        f"and it is {value[first]:.3g}."
    )
    diagnose(value, right, mistakes, otherwise)


q2 = exercise.question(
    "q2",
    "With infinitely many pictures",
    section="Real against real",
    hint="For the prediction: what is the square of 1 over the root of N? For the cure: the horizontal axis "
    "is 1/N, and infinitely many pictures lie at 0 there. Which of a line's two numbers is its height at 0?",
    hidden_points=1,
)
q2.prediction(
    0.5,
    "q2_share",
    options=(),
    right="ca2d45b9",
    why={
        "14d61c0a": "The errors of mean and covariance themselves are halved. The excess goes with their "
        "squares.",
        "0913526a": "Then more pictures would not help. Compare 100 and 400 pictures in the table.",
        "cb22614d": "More pictures, less excess: the share that is left is below 1.",
    },
)


@q2.case(0.5, gate=True)
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


@q2.case(0.5)
def lists_and_tensors_in_any_order(s):
    for counts, distances in (([50, 200, 500], [2.0, 1.4, 1.28]), ([500, 50, 200], [1.28, 2.0, 1.4])):
        value = s.at_infinity(counts, distances)
        diagnose(value, 1.2, {}, f"Wrong for {counts} pictures and distances of {distances}, as lists.")
        value = s.at_infinity(torch.tensor(counts), torch.tensor(distances))
        diagnose(
            value, 1.2, {}, f"Wrong for {counts} pictures and distances of {distances}, as tensors.", 1e-3
        )


@q2.case(0.5)
def points_that_scatter(s):
    counts, distances = [50, 100, 250, 1000], [4.1, 3.1, 3.4, 3.0]
    n, d = np.array(counts), np.array(distances)
    value = s.at_infinity(counts, distances)
    ends = {
        "Only the first and the last point are used. All of them should count.": [0, -1],
        "Only the last two points are used. All of them should count.": [-2, -1],
        "Only the first two points are used. All of them should count.": [0, 1],
    }
    mistakes = {message: linregress(1 / n[some], d[some]).intercept for message, some in ends.items()} | {
        "Each error counts by the square of its number of pictures. All should count alike.": np.polyfit(
            1 / n, d, 1, w=n
        )[1],
        "Each squared error counts by its number of pictures. All should count alike.": np.polyfit(
            1 / n, d, 1, w=n**0.5
        )[1],
        "This is a curve through the points. A straight line was asked for.": np.polyfit(1 / n, d, 2)[2],
    }
    otherwise = "These points lie on no line. Take the one with the least sum of squared errors."
    diagnose(value, linregress(1 / n, d).intercept, mistakes, otherwise)


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
def prices_of_three_pictures(s):
    log_p, D, levels = torch.tensor([500.0, -300.0, 2_000.0]), 192, 32
    value = s.bits_per_dimension(log_p, D, levels)
    same_shape(value, (3,), "One value for each picture.")
    nats = log_p / D
    bits = nats / math.log(2)
    mistakes = {
        "Prices below 0 are cut off. A very high density leads there, and that is for the reader to know.": (
            5 - bits
        ).clamp(min=0),
        "A price below 0 has lost its sign. A very high density leads there.": (5 - bits).abs(),
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
    otherwise = "Not yet right where the density is not 1, or the levels are not 256."
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


@q4.case(0.5, after=True)
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
    z = torch.tensor([[-1.0, -0.3, 0.25], [0.4, 0.45, 1.0]])  # two of them lie on a level
    for levels in (6, 3):
        expect(not agrees(s.snap(z, levels), z), "With nothing rounded, there is nothing to pass through.")
        (gradient,) = s.gradients("snap", z, levels)
        expect(gradient is not None, "No gradient arrives at z: everything is detached.")
        ones, stretch = np.ones((2, 3)), (levels - 1) / 2
        mistakes = {
            "The gradient is 0: it goes through the rounding, which has none to give.": 0 * ones,
            "The gradient is doubled: z itself goes in twice.": 2 * ones,
            "The gradient is turned round.": -ones,
            "This is the gradient of the stretched number. Undo the stretch before it passes.": stretch
            * ones,
            "The gradient is divided by the stretch: it passes too early.": ones / stretch,
            "Where a number lies on a level, as -1 and 1 do, no gradient arrives at it.": (
                z.abs() < 1
            ).float(),
        }
        otherwise = "The gradient should arrive at z unchanged, as if nothing had been rounded."
        diagnose(gradient, ones, mistakes, otherwise)


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
    share = number(s.q5_share)
    expect(0 <= share <= 1, "A share is between 0 and 1.")
    expect(
        not 0.55 < share < 0.8,
        "Are these the dots above the dashed line, or the honest ones? Count the copies: near to a training "
        "picture, and far from every new one.",
    )
    expect(
        0.195 <= share <= 0.405,
        "Count the dots that are near to a training picture and far from every new one. There are 60 in all.",
    )
