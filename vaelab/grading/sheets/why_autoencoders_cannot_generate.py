"""Checks of exercise 3, why autoencoders cannot generate."""

import numpy as np
import torch

from vaelab.grading import Exercise, agrees, diagnose, expect, number, same_shape, seeded

exercise = Exercise("03-why-autoencoders-cannot-generate", "Exercise 3: Why autoencoders cannot generate")

q1 = exercise.question(
    "q1",
    "Find the bug",
    section="Shaking the codes",
    hint="Print the shape of `spread` for codes of shape (300, 200). How many deviations does the task "
    "speak of?",
    hidden_points=0.5,
)


@q1.case(1.5)
def loud_where_the_codes_are_loud(s):
    generator = seeded(0)
    scale, middle = torch.tensor([0.1, 1.0, 10.0]), torch.tensor([5.0, 0.0, -3.0])
    codes = scale * torch.randn(40, 3, generator=generator) + middle
    eps, a = torch.randn(40, 3, generator=generator), 0.7
    value = np.asarray(s.shaken(codes, a, eps), dtype=float)
    same_shape(value, (40, 3), "One noisy code for each code.")
    deviation = codes.var(0).sqrt()
    if agrees(value, codes + a * codes.var(0, correction=0).sqrt() * eps):
        return
    mistakes = {
        "This is still what the code as given returns: a number that hardly varies gets noise as loud "
        "as one that varies a lot.": (codes + a * codes.std(1, keepdim=True) * eps),
        "One deviation for everything: a number that hardly varies still gets loud noise.": (
            codes + a * codes.std() * eps
        ),
        "The noise is scaled by the variance. A deviation is its root.": codes + a * codes.var(0) * eps,
        "The noise is not scaled by the codes at all.": codes + a * eps,
        "The factor `a` has gone.": codes + deviation * eps,
        "Only the noise comes back. Add it to the codes.": a * deviation * eps,
        "The noise is divided by the deviation: quiet where it should be loud.": codes + a * eps / deviation,
        "The noise is scaled by the average size of a number, not by how much it varies.": (
            codes + a * codes.abs().mean(0) * eps
        ),
        "The noise is scaled by the mean of a number, not by how much it varies.": (
            codes + a * codes.mean(0) * eps
        ),
        "The noise is scaled by the root of a number's mean square: a deviation counts from the mean.": (
            codes + a * codes.square().mean(0).sqrt() * eps
        ),
    }
    noise = value - codes.numpy()
    otherwise = (
        "Not yet. Give it codes of which one number is ten times as spread out, and look at the noise there."
    )
    if not agrees(np.asarray(s.shaken(codes, a, 2 * eps)) - codes.numpy(), 2 * noise, atol=1e-3):
        otherwise = "Twice the `eps` should be twice the noise. Take it as it is given: it is all the noise."
    elif not agrees(np.asarray(s.shaken(codes, 2 * a, eps)) - codes.numpy(), 2 * noise, atol=1e-3):
        otherwise = "Twice the `a` should be twice the noise."
    diagnose(value, codes + a * deviation * eps, mistakes, otherwise)


q2 = exercise.question(
    "q2",
    "How many draws fall into holes?",
    section="A hat with two numbers",
    hint="Two tables of distances: codes against codes for the limit, draws against codes for the answer. "
    "In the first, who is every code's nearest neighbour if you do not look out?",
    hidden_points=0.5,
)


# How many of the 97 draws of `cloud` are in holes, and what each mistake makes of it.
IN_HOLES = 30 / 97
SLIPS = {
    "This is the share of draws that are *not* in holes.": 67 / 97,
    "This is a percentage, where a share was asked for.": 3000 / 97,
    "This is how many draws are in holes, where their share was asked for.": 30,
    "The limit is the distance that a share `1 - q` of the codes do not exceed.": 88 / 97,
    "The limit is the largest distance between neighbours. What does `q` say?": 1 / 97,
    "The limit is an average. It should be the distance that a share `q` of the codes do not exceed.": 51
    / 97,
    "The limit is the middle one of the distances. What does `q` say?": 56 / 97,
    "The limit comes from the draws' own distances. The codes should say what is near.": 20 / 97,
    "No draw is in a hole here: the limit is far too wide. Only each code's nearest other one counts for "
    "it.": 0,
    "For each code you look for the nearest draw. The question is asked for each draw.": 9 / 61,
    "For each draw you look at the middle of the codes. Its nearest code was asked for.": 60 / 97,
    "For each draw you look at its second nearest code. A draw is no code: its nearest one counts.": 47 / 97,
    "For each code you look at its second nearest other one. The nearest was asked for.": 12 / 97,
    "Every draw is in a hole here. Is each code its own nearest code, so that the limit is zero? Is an "
    "average taken where the nearest was asked for? Are the distances squared on one side only?": 1,
    "The distances are added up coordinate by coordinate. Take the straight line's length.": 34 / 97,
    "`q` is not used: this is the share for q = 0.95.": 4 / 97,
}


def cloud():
    """61 codes in twenty dimensions, and 97 draws, most of them a little beside the cloud."""
    generator = torch.Generator().manual_seed(0)  # the numbers above are those of these draws
    stretch = torch.linspace(0.1, 2, 20)
    codes, draws = (stretch * torch.randn(n, 20, generator=generator) + 3 for n in (61, 97))
    draws[:60] += 0.6 * torch.randn(60, 20, generator=generator)
    return codes, draws


@q2.case(1, gate=True)
def a_cloud_in_twenty_dimensions(s):
    codes, draws = cloud()
    value = s.share_in_holes(draws, codes, 0.8)
    same_shape(value, (), "One number.")
    otherwise = (
        "Not yet. Try five codes at 0, 1, 3, 6 and 10 on a line: the nearest other is 1, 1, 2, 3 and 4 away."
    )
    diagnose(value, IN_HOLES, SLIPS, otherwise, atol=2e-4)


@q2.case(0.5)
def five_codes_on_a_line(s):
    codes = torch.tensor([[0.0, 1.0], [1.0, 1.0], [3.0, 1.0], [6.0, 1.0], [10.0, 1.0]])
    away = [0.5] * 4 + [1.5] * 2 + [2.1] * 2 + [2.5] * 3 + [3.5] * 3 + [4.5, 4.6, 4.7, 4.8, 8.0, 8.0]
    draws = torch.stack([10 + torch.tensor(away), torch.ones(20)], 1)
    wrong = (
        "Right for a cloud, wrong for five codes on a line, of which three quarters have another within 3."
    )
    diagnose(s.share_in_holes(draws, codes, 0.75), 9 / 20, {}, wrong)
    diagnose(s.share_in_holes(draws, codes), 6 / 20, {}, "Wrong where `q` is left at 0.95.")
    twins = codes.clone()
    twins[1] = twins[0]
    on_one = torch.cat([draws, codes[4:].expand(4, 2)])
    left_out = (
        "Two codes are equal here: each is the other's nearest, at a distance of 0. Is every 0 left out, "
        "where only the code itself should be?"
    )
    wrong = "Wrong for five codes on a line, of which two are equal."
    diagnose(s.share_in_holes(on_one, twins, 0.25), 20 / 24, {left_out: 9 / 24}, wrong)


q3 = exercise.question(
    "q3",
    "Read a plot",
    section="Hats that fit",
    hint="Find the distance at which the dotted curve reaches 0.9, and go straight up or down from there. "
    "For the choice: which curve would belong to somebody who hands back training codes?",
    written="q3_because",
)


@q3.case(0.5)
def read_hat_b(s):
    value = number(s.q3_share)
    expect(0 <= value <= 1, "A share lies between 0 and 1.")
    for wrong, message in {
        SHARES["nearer"]: "That is the share of B's draws that are *nearer*.",
        0.1: "That is the share of the new portraits. Stay at that distance, and go to B's curve.",
        1.0: "That is hat C, or A's share that is nearer.",
    }.items():
        expect(abs(value - wrong) > 0.03, message)
    expect(
        abs(value - SHARES["further"]) <= 0.08,
        "Where the dotted curve is at 0.9, read off B's curve. It tells the share that is nearer.",
    )


q3.choice(
    1,
    "q3",
    right="315bb119",
    why={
        "4fa4ba5e": "Near to real codes is good up to a point. Whose pictures come out if a draw is nearly "
        "a training code?",
        "422778cd": "To lie as far from training codes as new portraits do is no sign of copying. Which "
        "curve is far closer?",
        "c1845236": "New, yes. But nobody told the decoder what to draw where hardly any "
        "portrait's code lies.",
    },
)


q4 = exercise.question(
    "q4",
    "A fitted normal from few codes",
    section="Mending the draws, one moment at a time",
    hint="Two ways lead there. A symmetric matrix has a square root by its eigenvalues, even if some of them "
    "are zero. Or: what are the mean and covariance of a sum of centred codes with random normal weights?",
    hidden_points=0.5,
)
CODES, DRAWS = 120, 4_000  # few enough for a loop over both
SHARES = {"nearer": 0.75, "further": 0.25}  # of hat B, read off the curves of question 3


def two_clumps():
    """Correlated codes far from the origin, in two clumps, (CODES, 3)."""
    z = torch.randn(CODES, 3, generator=seeded(0))
    z[:, 0] = 0.2 * z[:, 0] + 2 * (torch.arange(CODES) % 2) - 1
    return z @ torch.tensor([[2.0, 1.0, 0.0], [0.0, 1.0, -1.0], [0.0, 0.0, 0.5]]) + torch.tensor(
        [5.0, -3.0, 1]
    )


def drawn(s, codes):
    """Many draws, as float64."""
    s.seed(0)
    value = s.draw_like(codes, DRAWS)
    same_shape(value, (DRAWS, codes.shape[1]), "One row for each draw, as long as a code.")
    z = np.asarray(value, dtype=float)
    expect(
        np.isfinite(z).all(),
        "Some draws are not finite. Rounding can make an eigenvalue a little negative that should be 0.",
    )
    return z


@q4.case(0.75, gate=True)
def the_mean_and_shape_of_the_cloud(s):
    codes = two_clumps()
    z = drawn(s, codes)
    given = codes.numpy().astype(float)
    right, mean, found, spread = np.cov(given.T), given.mean(0), np.cov(z.T), z.std(0)
    expect(
        spread.min() > 1e-3,
        "The draws hardly differ from one another. Each row needs random numbers of its own.",
    )
    expect(
        np.abs(z.mean(0) / spread).max() > 0.08,
        "The draws scatter around zero. Where is the middle of the codes?",
    )
    expect(
        np.abs((z.mean(0) - mean) / spread).max() < 0.08,
        "The mean of the draws is not that of the codes.",
    )
    in_deviations = np.outer(spread, spread)  # all entries on one scale, so that one tolerance fits
    second_moment = given.T @ given / len(given)
    root = np.linalg.cholesky(right)
    mistakes = {
        "The deviations are right, but each number is drawn by itself. What the codes' numbers do together "
        "is missing.": np.diag(np.diag(right)),
        "Each number is drawn by itself, and its deviation is what should be its variance.": (
            np.diag(np.diag(right) ** 2)
        ),
        "The draws are stretched by the covariance itself. It takes its root: what is multiplied enters the "
        "covariance twice.": right @ right,
        "The draws have deviation 1 in all directions. They should have the codes' covariance.": np.eye(3),
        "The codes' mean has to be taken off before they are stretched: as it is, it adds to the spread.": (
            second_moment
        ),
        "The root is transposed. For draws in rows, which of its two axes must meet the noise?": (
            root.T @ root
        ),
        "The spread grows with the number of codes: a sum of many random parts is wider than one of few.": (
            (CODES - 1) * right
        ),
    }
    diagnose(
        found / in_deviations,
        right / in_deviations,
        {message: covariance / in_deviations for message, covariance in mistakes.items()},
        "The mean is right, the covariance of the draws is not that of the codes.",
        rtol=0,
        atol=0.12,
    )
    gap = torch.cdist(torch.from_numpy(z), codes.double()).min(1).values
    expect(
        gap.median() > 1e-3,
        "At least half of the draws are the codes themselves, drawn again. Nothing new can come from them.",
    )
    along = np.linalg.solve(np.array([[2.0, 0, 0], [1, 1, 0], [0, -1, 0.5]]), (z - mean).T)[0]
    kurtosis = (along**4).mean() / (along**2).mean() ** 2
    expect(
        abs(kurtosis - 3) < 0.5,
        "Mean and covariance are right, but the draws are no normal distribution: they repeat the clumps "
        "of the codes.",
    )


@q4.case(0.5)
def fewer_codes_than_numbers(s):
    codes = 0.1 * torch.randn(15, 30, generator=seeded(1)) + 2
    beside, spread, narrowest = beside_the_codes(drawn(s, codes), codes)
    expect(
        beside < 0.05,
        "Some of the spread points out of the flat piece of space that these fifteen codes span.",
    )
    expect(
        narrowest > 0.5,
        "In some of the directions that the codes span the draws hardly vary. There are fourteen of them. "
        "(`pca_lowrank` finds six if nobody asks for more.)",
    )
    either = min(abs(spread - 1), abs(spread - 14 / 15))  # divided by N - 1 or by N
    expect(either < 0.1, "With fewer codes than numbers, the spread of the draws is not the codes'.")


@q4.case(0.25)
def other_draws_at_each_call(s):
    codes = two_clumps()
    s.seed(0)
    first, second = (np.asarray(s.draw_like(codes, 3), dtype=float) for _ in range(2))
    expect(
        not np.allclose(first, second, equal_nan=True),
        "Two calls give the same draws: a seed is set inside. Then every set of faces is the same set.",
    )


def beside_the_codes(z, codes):
    """How far draws scatter beside the space that the codes span, along it, and in its least direction, each
    as a share of the codes' spread."""
    given = codes.numpy().astype(float)
    centred, away = given - given.mean(0), z - given.mean(0)
    axes = np.linalg.svd(centred, full_matrices=False)[2][: len(given) - 1]
    along = away @ axes.T
    scale = centred.var(0, ddof=1).sum()
    beside = ((away - along @ axes) ** 2).sum(1).mean() / scale
    narrowest = (along.var(0) / (centred @ axes.T).var(0)).min()
    return beside**0.5, along.var(0, ddof=1).sum() / scale, narrowest


q5 = exercise.question(
    "q5",
    "Predict, then translate",
    section="The loss does not care",
    hint="A matrix alone keeps zero at zero. Give each code one more number that is always 1, and least "
    "squares finds the offset as well. What is known goes left, what is wanted right.",
    hidden_points=0.5,
)
q5.prediction(
    0.5,
    "q5",
    options=("a", "b", "c"),
    right="76d8af06",
    why={
        "8147cfe6": "The loss is the same for any invertible map of the codes, and nothing makes two "
        "trainings stop at the same one.",
        "3454ac18": "That would need numbers that mean the same in both. And the average digit is at least "
        "in the right place: a clear picture of something else is not.",
    },
)


def dictionary(N, L, K, noise, seed):
    """Codes of the same pictures by two encoders, an affine map apart: from (N, L), to (N, K); new ones
    (9, L), and their translation (9, K)."""
    generator = seeded(seed)
    z = torch.randn(N + 9, L, generator=generator) * torch.linspace(0.5, 3, L) + 2
    matrix, offset = torch.randn(L, K, generator=generator), 4 + torch.randn(K, generator=generator)
    to = z @ matrix + offset + noise * torch.randn(N + 9, K, generator=generator)
    return z[:N], to[:N], z[N:], to[N:]


def linear(source, target, z):
    """The best translation without an offset."""
    return z @ torch.linalg.pinv(source) @ target


@q5.case(0.75, gate=True)
def an_exact_dictionary(s):
    source, target, z, right = dictionary(200, 4, 4, 0, 0)
    value = s.translate(z, source, target)
    same_shape(value, (9, 4), "One translated code for each new one.")
    neighbour = target[torch.cdist(z, source).argmin(1)]
    one_each = target.mean(0) + (z - source.mean(0)) * target.std(0) / source.std(0)
    shifted = linear(source - source.mean(0), target - target.mean(0), z - source.mean(0))
    turn = torch.linalg.svd((source - source.mean(0)).T @ (target - target.mean(0)))
    mistakes = {
        "The map has no offset: it sends zero to zero. A matrix alone is too little here.": (
            linear(source, target, z)
        ),
        "These are codes from the dictionary: what is not in it cannot be said. Fit a map.": neighbour,
        "The codes have come back as they were.": z,
        "Only the middle of the cloud is moved.": z + target.mean(0) - source.mean(0),
        "Each number is shifted and stretched by itself. The two mix their numbers: fit a whole "
        "matrix.": one_each,
        "The means were taken off, and the target's not put back.": shifted,
        "The target's mean is put back, but the source's not taken off the new codes.": (
            target.mean(0) + linear(source - source.mean(0), target - target.mean(0), z)
        ),
        "The new codes' own mean is taken off. The matrix was fitted without that of the dictionary.": (
            target.mean(0) + linear(source - source.mean(0), target - target.mean(0), z - z.mean(0))
        ),
        "This translates in the other direction.": source.mean(0)
        + linear(target - target.mean(0), source - source.mean(0), z - target.mean(0)),
        "This map only turns. The two encoders also stretch differently.": target.mean(0)
        + (z - source.mean(0)) @ turn.U @ turn.Vh,
        "Every code has become the average one.": target.mean(0).expand(9, -1),
    }
    otherwise = "These codes are exactly an affine map apart, and the translation is not exact yet."
    diagnose(value, right, mistakes, otherwise, rtol=1e-2, atol=1e-2)


@q5.case(0.75)
def a_noisy_dictionary_of_another_width(s):
    source, target, z, _ = dictionary(400, 5, 3, 1.0, 1)
    same_shape(s.translate(z, source, target), (9, 3), "Codes of 5 numbers should become codes of 3.")
    errors = np.asarray(s.translate(source, source, target), dtype=float) - target.numpy()
    # What least squares leaves over goes with nothing: neither the offset nor the codes.
    expect(
        np.abs(errors.mean(0)).max() < 0.01,
        "Right where the dictionary is exact. Where it is noisy, its own codes are translated with an error "
        "that is not 0 on average: is the offset that of least squares?",
    )
    spread = (source - source.mean(0)) / source.std(0)
    expect(
        np.abs(errors.T @ spread.numpy()).max() / 400 < 0.01,
        "Right where the dictionary is exact, not the least squared error where it is noisy.",
    )
    ours = np.asarray(s.translate(z[:1], source, target)), np.asarray(s.translate(z, source, target))[:1]
    expect(agrees(*ours, atol=1e-3), "A code's translation should not depend on the codes beside it.")
