"""Checks of exercise 1, two kinds of models."""

import math

import numpy as np
import torch
from scipy.special import softmax
from scipy.stats import multivariate_normal
from torch.distributions import Normal

from vaelab.grading import (
    Exercise,
    WrongError,
    agrees,
    diagnose,
    expect,
    number,
    same_shape,
    seeded,
    several,
)

exercise = Exercise("01-two-kinds-of-models", "Exercise 1: Two kinds of models")

q1 = exercise.question(
    "q1",
    "Find the bug",
    section="The generative one",
    hint="In one dimension, add up the density over a fine grid, for sigma = 1 and for sigma = 2. Which "
    "area should come out, and which does?",
    hidden_points=0.5,
)


@q1.case(0.75, gate=True)
def a_density_for_every_row(s):
    x = torch.tensor([[0.3, 1.0, -2.0], [1.5, 0.2, 0.7]])
    mean, sigma = torch.tensor([0.5, -0.5, 0.1]), torch.tensor([0.4, 2.0, 3.0])
    value = s.independent_log_density(x, mean, sigma)
    each = Normal(mean, sigma).log_prob(x)
    right, log_sigma = each.sum(1), sigma.log()
    mistakes = {
        "This is still what the code as given returns. Of two Gaussians around one mean it always "
        "prefers the wider one.": (right + log_sigma.sum()),
        "The new term has the wrong sign: it makes wide Gaussians higher.": right + 2 * log_sigma.sum(),
        "The new term is half of what it should be. Is it the variance's logarithm or the deviation's?": (
            right + 0.5 * log_sigma.sum()
        ),
        "The new term is twice what it should be. Is it the variance's logarithm or the deviation's?": (
            right - log_sigma.sum()
        ),
        "The distance is fine as it was: it is measured in deviations. Here sigma counts as a "
        "variance.": Normal(mean, sigma.sqrt()).log_prob(x).sum(1),
        "The distance is fine as it was. Here the square of sigma counts as the deviation.": (
            Normal(mean, sigma.square()).log_prob(x).sum(1)
        ),
        "The new term is right for one reading. Here all of the row's new terms enter once for each "
        "reading.": right - 2 * log_sigma.sum(),
        "One deviation stands for all readings in the new term. Each has its own.": (
            right + log_sigma.sum() - 3 * log_sigma[0]
        ),
        "One value for each row: add up over the readings.": each,
        "Added up over the rows. Each row has a value of its own: add up over its readings.": each.sum(0),
        "This is the density itself. Its logarithm was asked for.": right.exp(),
        "Averaged over the readings. Densities of independent readings multiply, so their logarithms "
        "add up.": each.mean(1),
        "The new term is the deviation itself, not its logarithm.": right + (log_sigma - sigma).sum(),
        "The new term enters once, averaged over the readings. Every reading has its own.": (
            right + log_sigma.sum() - log_sigma.mean()
        ),
        "The term with pi has gone. It is the same for all, but then this is no density.": right
        + 1.5 * math.log(2 * math.pi),
    }
    otherwise = (
        "Not this log density yet. Test it with one reading: the area under its exponential should be 1 for "
        "any sigma. Then with two: it should be the sum of what each gives alone."
    )
    diagnose(value, right, mistakes, otherwise)


@q1.case(0.25)
def a_stormy_minute(s):
    mean, sigma = torch.zeros(20), torch.full((20,), 0.5)
    value = s.independent_log_density(torch.full((3, 20), 8.0), mean, sigma)
    expect(
        np.isfinite(np.asarray(value, dtype=float)).all(),
        "Twenty readings far from the mean give something infinite: a density has rounded to 0 before its "
        "logarithm was taken. Stay with logarithms.",
    )
    right = Normal(mean, sigma).log_prob(torch.full((3, 20), 8.0)).sum(1)
    diagnose(value, right, {}, "Right for three readings a minute, wrong for twenty.")


q2 = exercise.question(
    "q2",
    "Three kinds of leaves",
    section="The generative one",
    hint="Go through the classes one by one. Pick the rows of that class, and forget about all others "
    "until its three results are done.",
    hidden_points=0.5,
)


def leaves():
    """Ten points of three classes, none of the numbers a coincidence; and K."""
    x = [[0.0, -4.0], [8.0, 3.0], [1.0, 2.0], [3.0, 8.0], [5.0, 6.0], [2.0, -7.0], [6.0, -2.5]]
    x += [[-1.0, 0.5], [7.5, -6.0], [-3.0, 5.0]]
    return torch.tensor(x, dtype=torch.float64), torch.tensor([2, 1, 0, 0, 0, 2, 1, 2, 1, 0]), 3


def fitted(s, x, y, K):
    """The three results as arrays."""
    results = s.fit_classes(x, y, K)
    three = several(results, 3, "Return three things: share, means, covariances.")
    return [np.asarray(part, dtype=float) for part in three]


@q2.case(0.5)
def how_frequent_each_class_is(s):
    share = fitted(s, *leaves())[0]
    counts = np.array([4, 3, 3])
    mistakes = {
        "These are counts. A share is a count divided by the number of all rows.": counts,
        "Every class has the same share here. Count the labels.": np.full(3, 1 / 3),
    }
    same_shape(share, (3,), "The shares come first: one number for each class.")
    if agrees(share, counts / 10):
        return
    x, _, K = leaves()
    of_others = fitted(s, x, torch.tensor([0, 1, 2, 0, 0, 0, 0, 1, 2, 0]), K)[0]
    otherwise = "Not the shares: of all rows, which part has label 0, which 1, and so on?"
    if agrees(share, of_others):
        otherwise = (
            "The shares are the same whatever labels come in. Does the function use its arguments, or the "
            "notebook's `x` and `y`?"
        )
    diagnose(share, counts / 10, mistakes, otherwise)


@q2.case(0.5)
def a_mean_for_each_class(s):
    x, y, K = leaves()
    means = fitted(s, x, y, K)[1]
    groups = [x.numpy()[y.numpy() == k] for k in range(K)]
    right = np.stack([g.mean(0) for g in groups])
    same_shape(means, (3, 2), "A mean has one number for each measurement, and each class has one.")
    mistakes = {
        "These are the sums over each class, not divided by its number of rows.": [g.sum(0) for g in groups],
        "The sum over a class is divided by the number of all rows. Divide by those of the class.": [
            g.sum(0) / 10 for g in groups
        ],
        "Every class has the mean of all rows.": np.tile(x.mean(0).numpy(), (3, 1)),
        "These are medians.": [np.median(g, axis=0) for g in groups],
        "These are medians, as `torch.median` takes them.": [
            np.quantile(g, 0.5, axis=0, method="lower") for g in groups
        ],
    }
    diagnose(means, right, mistakes, "Not the means of the three classes. Does row k belong to label k?")


@q2.case(0.75)
def a_covariance_for_each_class(s):
    x, y, K = leaves()
    found = fitted(s, x, y, K)[2]
    same_shape(
        found, (3, 2, 2), "A covariance has a row and a column for each measurement, not for each leaf."
    )
    expect(np.isfinite(found).all(), "Some covariances are not finite. Are there rows behind each of them?")
    groups = [x.numpy()[y.numpy() == k] for k in range(K)]
    right = [np.cov(g.T, bias=True) for g in groups]
    one_less = np.stack([np.cov(g.T) for g in groups])
    away = np.concatenate([g - g.mean(0) for g in groups])
    off_centre = [g - x.numpy().mean(0) for g in groups]
    if np.allclose(found, one_less):
        return
    squared = found @ found.swapaxes(1, 2)
    expect(
        not agrees(squared, right) and not agrees(squared, one_less),
        "These are roots of the covariances, as `cholesky` gives them. The covariances themselves were asked "
        "for.",
    )
    expect(
        max(np.abs(found[:, 0, 1]).max(), np.abs(found[:, 1, 0]).max()) > 1e-9,
        "Only the variances are there. Beside the diagonal stands what two measurements do together.",
    )
    mistakes = {
        "All classes share one covariance here, as in the chapter. This time each has its own.": (
            np.tile(away.T @ away / 10, (3, 1, 1))
        ),
        "Every class has the covariance of all rows together.": np.tile(np.cov(x.numpy().T), (3, 1, 1)),
        "The products are added up, but not divided by a number of rows.": [
            len(g) * c for g, c in zip(groups, right, strict=True)
        ],
        "The sum over a class is divided by the number of all rows. Divide by those of the class.": [
            len(g) * c / 10 for g, c in zip(groups, right, strict=True)
        ],
        "The deviations are taken from the mean of all rows, not from the class's own.": [
            o.T @ o / len(o) for o in off_centre
        ],
        "The products are of x itself. Take the mean off first.": [g.T @ g / len(g) for g in groups],
        "These are correlations: the variances belong on the diagonal, in square centimetres.": [
            np.corrcoef(g.T) for g in groups
        ],
    }
    otherwise = (
        "All classes have the same covariance here. This time each has its own."
        if agrees(found, found[[0, 0, 0]])
        else "Not the covariances. On the diagonal should stand each measurement's variance within the class."
    )
    diagnose(found, right, mistakes, otherwise)


@q2.case(0.25, after=True)
def two_classes_and_four_measurements(s):
    x = torch.randn(9, 4, generator=seeded(0), dtype=torch.float64)
    y = torch.tensor([1, 1, 0, 1, 0, 1, 1, 0, 1])
    share, means, covariances = fitted(s, x, y, 2)
    groups = [x[y == k].numpy() for k in range(2)]
    wrong = "Right for three classes in the plane, wrong for two classes of four measurements each."
    expect(agrees(share, [1 / 3, 2 / 3]) and agrees(means, [g.mean(0) for g in groups]), wrong)
    either = [[np.cov(g.T, bias=bias) for g in groups] for bias in (True, False)]
    expect(any(agrees(covariances, right) for right in either), wrong)


q3 = exercise.question(
    "q3",
    "Bayes' rule, however far away",
    section="The generative one",
    hint="Stay with logarithms: add the log of the share to each log density. A number taken off a whole "
    "row of logarithms changes none of its ratios; which number brings the row's sum to 1?",
    hidden_points=1,
)


def model():
    """Two unlike Gaussians in the plane, one three times as frequent: share, means, covariances."""
    share, means = [0.75, 0.25], [[0.0, 0.0], [2.0, 1.0]]
    covariances = [[[1.0, 0.3], [0.3, 0.5]], [[2.0, -0.4], [-0.4, 3.0]]]
    return [torch.tensor(part, dtype=torch.float64) for part in (share, means, covariances)]


@q3.case(0.75, gate=True)
def near_the_data(s):
    x = torch.tensor([[0.5, 0.2], [1.2, -0.4], [2.5, 2.0]], dtype=torch.float64)
    given = model()
    value = s.posterior(x, *given)
    share, means, covariances = (part.numpy() for part in given)
    density = _densities(x, means, covariances)
    heights = -np.linalg.slogdet(covariances)[1] / 2  # of the Gaussians, up to one factor
    joint = density + np.log(share)
    right = softmax(joint, 1)
    same_shape(value, (3, 2), "One row for each leaf, one column for each class.")
    mistakes = {
        "All classes count as equally frequent. What does the share say?": softmax(density, 1),
        "Each column adds up to 1. Each row should: the classes compete for one leaf.": softmax(joint, 0),
        "This is the joint density p(x, y). Divide by what all classes have together.": np.exp(joint),
        "This is the density p(x | y): the shares and the division by p(x) are missing.": np.exp(density),
        "These are logarithms. Probabilities were asked for.": np.log(right),
        "Each Gaussian's own height is missing: a wide one is lower, and that differs between classes.": (
            softmax(joint - heights, 1)
        ),
        "Each class has a covariance of its own. Here they share one.": softmax(
            np.log(share) + _densities(x, means, covariances.mean(0, keepdims=True).repeat(2, 0)), 1
        ),
        "Only the variances of each class enter, not its whole covariance: the clouds are tilted.": softmax(
            np.log(share) + _densities(x, means, covariances * np.eye(2)), 1
        ),
        "A softmax of densities exponentiates what is no logarithm.": softmax(np.exp(joint), 1),
        "Add the logarithm of the share. Here the share itself is added.": softmax(density + share, 1),
        "A logarithm is multiplied by the share. Densities multiply; their logarithms add up.": softmax(
            density * share, 1
        ),
        "This is a decision, all or nothing. How sure Bayes' rule is was asked for.": (
            joint == joint.max(1, keepdims=True)
        ).astype(float),
        "The covariance went in where `MultivariateNormal` takes its root (`scale_tril`) or its inverse "
        "(`precision_matrix`): its second argument is the covariance.": softmax(
            np.log(share) + _densities(x, means, np.tril(covariances) @ np.tril(covariances).swapaxes(1, 2)),
            1,
        ),
        "The covariance went in where its inverse belongs.": softmax(
            np.log(share) + _densities(x, means, np.linalg.inv(covariances)), 1
        ),
    }
    otherwise = (
        "Not Bayes' rule yet. For each class its own mean, covariance and share make the joint density; each "
        "row of those is divided by its sum."
    )
    diagnose(value, right, mistakes, otherwise, rtol=1e-3)


def _densities(x, means, covariances):
    """ln p(x | y), a column for each class."""
    each = zip(means, covariances, strict=True)
    return np.stack([multivariate_normal(m, c).logpdf(x) for m, c in each], 1)


@q3.case(0.75)
def far_from_the_data(s):
    share = torch.tensor([0.5, 0.5], dtype=torch.float64)
    means = torch.tensor([[0.0, 0.0], [2.0, 0.0]], dtype=torch.float64)
    covariances = torch.eye(2, dtype=torch.float64).repeat(2, 1, 1)
    x = torch.tensor([[1.3, 100.0], [-60.0, 0.0]], dtype=torch.float64)
    value = s.posterior(x, share, means, covariances)
    expect(
        np.isfinite(np.asarray(value, dtype=float)).all(),
        "Far away both densities round to 0, and 0 / 0 is no number. Stay with logarithms until the end.",
    )
    first = 1 / (1 + math.exp(0.6))
    mistakes = {
        "Far away all densities have rounded to 0, and the answer with them. Stay with logarithms "
        "until the end.": np.zeros((2, 2)),
        "Far away the answer has become one half: the shares, and nothing of the leaf. The densities have "
        "rounded to 0, or have been kept from it. Stay with logarithms until the end.": np.full((2, 2), 0.5),
    }
    otherwise = (
        "Wrong far away, where it was right near the data. At which step do the numbers become too small?"
    )
    diagnose(value, [[first, 1 - first], [1.0, 0.0]], mistakes, otherwise, rtol=0.02)


q4 = exercise.question(
    "q4",
    "Read a plot",
    section="Two strangers",
    hint="Two logarithms that differ by d nats are densities that differ by a factor of e to the d. The two "
    "probabilities have the same ratio, and add up to 1.",
    written="q4_because",
)


@q4.case(0.5)
def read_at_five_millimetres(s):
    value = number(s.q4_probability)
    for wrong, message in {
        0.187: "That is the probability of B. It should go to the curve that is higher.",
        0.332: "That is the joint density p(x, A). Divide by what both kinds have together.",
        0.7: "One curve's height divided by the sum of the heights: but these are logarithms.",
        0.3: "One curve's height divided by the sum of the heights: but these are logarithms.",
        0.967: "That takes the plot for logarithms to base ten. A nat is a step of a natural logarithm.",
        0.665: "That is the density of A alone. The other curve has a say, too.",
    }.items():
        expect(abs(value - wrong) > 0.015, message)
    expect(0 <= value <= 1, "A probability lies between 0 and 1: it is no ratio, and not in per cent.")
    expect(
        abs(value - 0.8135) <= 0.05,
        "Read both curves to a tenth of a nat, and make their difference a ratio first.",
    )


q4.choice(
    1,
    "q4",
    right="7ae3d3bf",
    why={
        "a86c140b": "Nearest in millimetres. How many of its own deviations is the bean away from each "
        "average?",
        "581164f2": "Low, both of them; but one is lower than the other by very many nats. What does "
        "Bayes' rule compare?",
        "9b0aa244": "It only says which of two is the better guess. Where does the other curve's own top "
        "lie, beside its value here?",
    },
)


q5 = exercise.question(
    "q5",
    "A guard with two eyes",
    section="Where the guard sleeps",
    hint="If 95 % are to stay, 5 % go: how much of that at each end? `quantile` gives the score below "
    "which a given share of the known ones lies.",
    hidden_points=0.5,
)
q5.prediction(
    0.5,
    "q5_turned_away",
    options=(0, 5, 50, 95),
    right="f7d34a07",
    why={
        "7be9b0dc": "As many as of bright ones, if dimming did not move a score. It moves it up.",
        "23bb88e4": "Dimming moves the scores of all digits the same way: up.",
        "0e83e213": "The guard turns away low scores, and a dim digit lies nearer to the middle than any "
        "bright one.",
    },
)


def shell(n, stretch, seed):
    """Scores ln p of n draws in 200 dimensions, `stretch` times as long as those of the density N(0, I)."""
    x = stretch * torch.randn(n, 200, generator=seeded(seed), dtype=torch.float64)
    return Normal(0.0, 1.0).log_prob(x).sum(1)


def let_in(s, known, scores, *keep):
    """The share that the guard lets in."""
    value = s.guard(known, scores, *keep)
    same_shape(value, (len(scores),), "One True or False for each score at the door.")
    return float(np.asarray(value, dtype=float).mean())


@q5.case(0.5)
def as_many_fine_ones_as_asked(s):
    known = shell(4_000, 1, 0)
    drawn = 0.5 + 0.35 * torch.rand((), generator=seeded(6)).item()
    for keep in (0.95, 0.8, drawn):
        share = let_in(s, known, known, keep)
        if abs(share - keep) >= 0.01:
            in_order = np.asarray(s.guard(known, known, keep), dtype=bool)[known.argsort().numpy()]
            raise WrongError(_too_many_or_too_few(in_order, keep, share))


def _too_many_or_too_few(let_in_by_rank, keep, share) -> str:
    """What is wrong with a guard that lets in another share of the known scores, the lowest coming first."""
    if let_in_by_rank[[0, -1]].all() and not let_in_by_rank[len(let_in_by_rank) // 2]:
        return "Turned round: it lets the strangers in and the known ones wait."
    ends = np.array([by_rank.argmax() for by_rank in (let_in_by_rank, let_in_by_rank[::-1])])
    if np.abs(ends / len(let_in_by_rank) - (1 - keep)).max() < 0.01:
        return f"It cuts off {1 - keep:.0%} at each end, so that too few stay. The two ends share them."
    return f"With keep={keep:.2f}, the guard lets in {share:.1%} of the very scores it knows."


@q5.case(0.25, after=True)
def strangers_of_both_sorts(s):
    known = shell(2_000, 1, 1)
    fine, noise, dimmed = (
        let_in(s, known, shell(1_000, stretch, i)) for i, stretch in enumerate((1, 3, 0.5), 2)
    )
    expect(
        max(abs(share - 0.95) for share in (fine, noise, dimmed)) > 0.02,
        "Of every pile, 95 % come in, of noise as well: the limits are those of the pictures at the door. "
        "Let the known scores draw them.",
    )
    expect(
        dimmed < 0.1,
        f"{dimmed:.0%} of dimmed examples come in. Their scores are too *high*: is there a limit there?",
    )
    expect(noise < 0.01, f"{noise:.0%} of the noise comes in. Its scores are far too low.")
    expect(fine > 0.92, f"Only {fine:.0%} of new, fine examples come in.")


@q5.case(0.25, after=True)
def equal_shares_at_the_bottom_and_at_the_top(s):
    known = -40 * shell(3_000, 1, 5).sub(shell(3_000, 1, 5).min()).div(10).log1p()  # crowded at one end
    inside = np.asarray(s.guard(known, known, 0.9), dtype=bool)
    low, high = known.quantile(0.05).item(), known.quantile(0.95).item()
    turned_away = [(~inside[known.numpy() < low]).mean(), (~inside[known.numpy() > high]).mean()]
    expect(
        min(turned_away) > 0.9 and inside.mean() > 0.89,
        "These scores are lopsided, and the two ends do not lose equal shares of them. Is the middle taken "
        "for a number and a width?",
    )
