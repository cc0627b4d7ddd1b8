"""Checks of exercise 12, from VAE to latent diffusion."""

import torch

from vaelab.grading import Exercise, agrees, diagnose, number, same_shape, seeded


def told_of_draws(value, again, what: str, otherwise: str) -> str:
    """`otherwise`, or that chance plays a part, if the same question has found another answer. (What is not a
    number differs from itself.)"""
    if agrees(again, value) or not agrees(value, value):
        return otherwise
    return f"Asked twice, it gives two results: {what}"


exercise = Exercise("12-from-vae-to-latent-diffusion", "Exercise 12: From VAE to latent diffusion")

q1 = exercise.question(
    "q1",
    "Find the bug",
    section="A thousand layers, and an encoder that learns nothing",
    hint="Multiply something by c: by how much does its variance grow? Which c leaves the share a of it?",
    hidden_points=0.5,
)


@q1.case(1, gate=True)
def shares_of_the_variance(s):
    x_0, eps = torch.tensor([[2.0, -1.0, 0.5], [1.0, 4.0, -2.0]]), torch.tensor([[1.0, 0, 3], [-2.0, 1, 1]])
    share = torch.tensor([0.36, 0.84])
    a = share[:, None]
    value = s.noised(x_0, share, eps)
    same_shape(value, (2, 3), "As large as the data.")
    mistakes = {
        "This is still what the code as given returns: `share` is of the variance.": a * x_0 + (1 - a) * eps,
        "The data are right. The noise has the wrong variance.": a.sqrt() * x_0 + (1 - a) * eps,
        "The noise is right. The data have the wrong variance.": a * x_0 + (1 - a).sqrt() * eps,
        "The shares of the deviations add up to 1 here. Those of the variances should.": a.sqrt() * x_0
        + (1 - a.sqrt()) * eps,
        "Each row has a share of its own. Here all have that of the first.": 0.6 * x_0 + 0.8 * eps,
        "`share` is that of the data, not of the noise.": (1 - a).sqrt() * x_0 + a.sqrt() * eps,
        "The variance is right at the ends only: the square of `share` is not the share.": a * x_0
        + (1 - a.square()).sqrt() * eps,
        "The root of both together: each part has a root of its own.": (a * x_0 + (1 - a) * eps).abs().sqrt(),
    }
    again, otherwise = s.noised(x_0, share, eps), "Not yet, for shares of 0.36 and 0.84."
    otherwise = told_of_draws(value, again, "`eps` is all the noise there is.", otherwise)
    diagnose(value, a.sqrt() * x_0 + (1 - a).sqrt() * eps, mistakes, otherwise)


@q1.case(0.5, after=True)
def from_data_to_noise_row_by_row(s):
    x_0, eps = torch.arange(9.0).view(3, 3), -torch.ones(3, 3)
    share = torch.tensor([1.0, 0.25, 0.0])
    right = torch.stack([x_0[0], 0.5 * x_0[1] - 0.75**0.5, eps[2]])
    a = share.sqrt()
    mistakes = {"Each *row* has its share; here each column has one.": a * x_0 + (1 - share).sqrt() * eps}
    message = "Not yet. A share of 1 leaves the data as they are, a share of 0 leaves noise alone."
    diagnose(s.noised(x_0, share, eps), right, mistakes, message)


q2 = exercise.question(
    "q2",
    "One long step",
    section="The way back",
    hint="Two lines. The first solves x_t = sqrt(a) data + sqrt(1 - a) noise for the data. The second is "
    "that equation again, with the other share.",
    hidden_points=0.5,
)


@q2.case(1, gate=True)
def guess_the_data_then_mix_again(s):
    x_t, guess = torch.tensor([[1.0, -0.5, 2.0]]), torch.tensor([[0.5, 1.0, -1.0]])
    a, b = 0.25, 0.64
    value = s.step_down(x_t, guess, a, b)
    same_shape(value, (1, 3), "As large as x_t.")
    data = (x_t - (1 - a) ** 0.5 * guess) / a**0.5
    mistakes = {
        "These are the guessed data. The noise is to be put back, only less of it.": data,
        "The data were shrunk, and no noise was put back.": b**0.5 * data,
        "The noise that is put back is that of layer t. Layer s has less.": b**0.5 * data
        + (1 - a) ** 0.5 * guess,
        "The data that are mixed again have the share of layer t.": a**0.5 * data + (1 - b) ** 0.5 * guess,
        "This is x_t again.": x_t,
        "Nothing was divided by the root of `share_t`: these are data that have been shrunk.": b**0.5
        * (x_t - (1 - a) ** 0.5 * guess)
        + (1 - b) ** 0.5 * guess,
        "The shares have changed places.": a**0.5 * (x_t - (1 - b) ** 0.5 * guess) / b**0.5
        + (1 - a) ** 0.5 * guess,
        "Roots are missing: the shares are those of variances.": b * (x_t - (1 - a) * guess) / a
        + (1 - b) * guess,
        "The noise comes back with a root too few.": b**0.5 * data + (1 - b) * guess,
        "The sign of the noise: it is taken out of x_t, then put back.": b**0.5 * data
        - (1 - b) ** 0.5 * guess,
        "x_t itself is mixed with noise. First find the data in it.": b**0.5 * x_t + (1 - b) ** 0.5 * guess,
    }
    right = b**0.5 * data + (1 - b) ** 0.5 * guess
    again, otherwise = s.step_down(x_t, guess, a, b), "Not yet, from a share of 0.25 to one of 0.64."
    otherwise = told_of_draws(value, again, "no fresh noise was to be added.", otherwise)
    diagnose(value, right, mistakes, otherwise)


@q2.case(0.5, after=True)
def down_to_the_data(s):
    x_t, guess = torch.tensor([[1.0, 2.0], [0.0, -3.0]]), torch.tensor([[0.5, -0.5], [2.0, 1.0]])
    right = (x_t - 0.6 * guess) / 0.8
    message = "Where `share_s` is 1 nothing but the guessed data should be left."
    diagnose(s.step_down(x_t, guess, 0.64, 1.0), right, {}, message)


q3 = exercise.question(
    "q3",
    "Many wishes at once",
    section="Ask for glasses",
    hint="Each wish has a difference: its guess less the guess for nothing. Multiply each difference by its "
    "strength, add them all up, and set out from nothing, once.",
    hidden_points=0.5,
)


@q3.case(1, gate=True)
def one_wish(s):
    nothing, told = torch.tensor([[1.0, 0.0], [2.0, -1.0]]), torch.tensor([[[2.0, 1.0], [0.0, -3.0]]])
    value, away = s.ask(nothing, told, torch.tensor([3.0])), told[0] - nothing
    same_shape(value, (2, 2), "As large as one guess.")
    mistakes = {
        "At a strength of 1 this would go twice as far as told. Set out from nothing.": told[0] + 3 * away,
        "The strength counts from nothing: 1 is the guess as told, and 3 goes three times as far.": nothing
        + 2 * away,
        "The guess for nothing has no part in it.": 3 * told[0],
        "The guess for the wish, whatever its strength (or the strengths were made to add up to 1).": told[0],
        "This goes the other way: away from the wish.": nothing - 3 * away,
        "These are the differences. Set out from the guess for nothing.": 3 * away,
        "Nothing and the wish change places.": told[0] - 3 * away,
        "The guess for the wish comes on top of nothing. It is their difference that counts.": nothing
        + 3 * told[0],
    }
    diagnose(value, nothing + 3 * away, mistakes, "Not yet, for one wish of strength 3.")


@q3.case(0.5, after=True)
def several_wishes_and_one_to_avoid(s):
    generator = seeded(0)
    nothing, told = torch.randn(4, 5, generator=generator), torch.randn(3, 4, 5, generator=generator)
    strengths = torch.tensor([2.0, -1.5, 0.75])
    w, away = strengths[:, None, None], told - nothing
    right = nothing + (w * away).sum(0)
    mistakes = {
        "Nothing was counted once for each wish. One sets out only once.": (nothing + w * away).sum(0),
        "An average over the wishes. Each goes as far as its own strength says.": nothing
        + (w * away).mean(0),
        "A strength below 0 goes away from its wish.": nothing + (w.abs() * away).sum(0),
        "Wishes of a strength below 0 are left out.": nothing + (w.clamp(min=0) * away).sum(0),
        "Only the first wish was heard.": nothing + 2 * away[0],
        "Only the last wish was heard.": nothing + 0.75 * away[2],
    }
    diagnose(s.ask(nothing, told, strengths), right, mistakes, "Right for one wish, and wrong for three.")


q4 = exercise.question(
    "q4",
    "The best guess",
    section="The whole training",
    hint="Noise and x_t are normal together. Then E[noise | x_t] is the covariance of the two, divided by "
    "the variance of x_t, times how far x_t is from its mean. All three can be read off x_t's formula.",
    hidden_points=0.5,
)


@q4.case(1.5, gate=True)
def the_mean_of_all_noises(s):
    x_t, a, m, sd = torch.tensor([-1.0, 0.7, 2.5]), 0.64, 0.5, 2.0
    value = s.best_guess(x_t, a, m, sd)
    same_shape(value, (3,), "As many guesses as numbers.")
    away, var = x_t - a**0.5 * m, a * sd**2 + 1 - a
    root = (1 - a) ** 0.5
    mistakes = {
        "This takes all data to be equal to m: then x_t would tell the noise. They are spread by s.": away
        / root,
        "That is how fast log q(x_t) falls. The noise is sqrt(1 - share) times that.": away / var,
        "That is the score: which way the density climbs. The noise has another sign and length.": -away
        / var,
        "Look at the sign: more noise makes x_t larger.": -root * away / var,
        "The mean of x_t is sqrt(share) m: data have been shrunk.": root * (x_t - m) / var,
        "Divided by the deviation of x_t, where its variance belongs.": root * away / var**0.5,
        "The spread of the data has no effect.": root * away,
        "s is a standard deviation. The variance of x_t has its square.": root * away / (a * sd + 1 - a),
        "The mean of the data has no effect.": root * x_t / var,
        "Neither the mean of the data nor their spread has an effect: this is right for N(0, 1).": root * x_t,
        "m is known. Here it is guessed from the numbers of `x_t`.": root * (x_t - x_t.mean()) / var,
        "The variance of x_t lacks the noise's part, 1 - share.": root * away / (a * sd**2),
        "The variance of x_t lacks that data have been shrunk.": root * away / (sd**2 + 1 - a),
        "The covariance of noise and x_t is the root of 1 - share.": (1 - a) * away / var,
        "These are data, the mean of all that might have led to x_t. Asked was their noise.": m
        + a**0.5 * sd**2 * away / var,
        "`share` is data's part of the variance, not the noise's.": a**0.5
        * (x_t - root * m)
        / ((1 - a) * sd**2 + a),
    }
    diagnose(value, root * away / var, mistakes, "Not yet, for a share of 0.64, m = 0.5 and s = 2.")


@q4.case(0.5, after=True)
def all_noise_and_no_noise(s):
    x_t = torch.tensor([[-2.0, 1.0], [0.3, 0.0]])
    diagnose(s.best_guess(x_t, 0.0, 3.0, 0.5), x_t, {}, "With nothing but noise x_t is the noise itself.")
    nothing = torch.zeros(2, 2)
    diagnose(s.best_guess(x_t, 1.0, 3.0, 0.5), nothing, {}, "Where no noise was added the best guess is 0.")


q5 = exercise.question(
    "q5",
    "Read a table",
    section="A second stage",
    hint="The middle column is what a second stage would reach that draws codes exactly as real faces have "
    "them. How far is each generator from that?",
    written="q5_because",
)
q5.choice(
    0.75,
    "q5",
    right="c8f37f8a",
    why={
        "4995fee9": "What second stage could draw better codes than those of real faces? How good are these?",
        "7bb877dc": "A second stage can take away what lies between the last two columns. How much is that?",
        "d4b11be9": "A's codes of real faces come back at a distance of 6.0, not 1.5. Whose doing is that?",
    },
)


@q5.case(0.75)
def a_perfect_second_stage(s):
    mistakes = {
        "That is for other real faces. Draws have to pass the first stage.": 1.5,
        "That is what it has now.": 9.4,
        "That is the difference. Which distance would be left?": 7.5,
        "That is A's first stage.": 6.0,
        "That is C's first stage.": 3.8,
        "Distances of the two stages do not add up like that.": 0.4,
    }
    diagnose(number(s.q5_distance), 1.9, mistakes, "Not yet: what would codes of real faces give?")
