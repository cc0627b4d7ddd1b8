"""Checks of exercise 11, priors and pieces."""

import math

import numpy as np
import torch

from vaelab.grading import Exercise, agrees, diagnose, expect, number, same_shape, seeded
from vaelab.losses import gaussian_kl

exercise = Exercise("11-priors-and-pieces", "Exercise 11: Priors and pieces")

q1 = exercise.question(
    "q1",
    "Find the bug",
    section="A list of pieces",
    hint="What is detached stays where it is, and the other side moves to it. Go through both terms: who is "
    "to move, and who is to stay?",
    hidden_points=0.5,
)


@q1.case(1)
def the_value(s):
    vectors = torch.tensor([[1.0, 2.0], [0.0, -1.0], [3.0, 3.0]])
    chosen = torch.tensor([[0.0, 2.0], [2.0, -1.0], [3.0, 4.0]])
    value = s.pulls(vectors, chosen, 0.3)
    same_shape(value, (), "One number.")
    total = 6.0
    mistakes = {
        "The weight `commitment` has no effect on the value.": 2 * total,
        "The weight stands before both terms. It belongs to one of them.": 0.3 * 2 * total,
        "This is the value of one distance. Is the other missing, or do the weights add up to 1?": total,
        "Means, where sums over all numbers were asked for.": 1.3 * total / 6,
        "The distances are not squared.": 1.3 * math.sqrt(total),
        "Each row's distance is the root of its sum here. The squares themselves are to be added.": 1.3 * 4.0,
        "An average over the vectors, where their sum was asked for.": 1.3 * total / 3,
    }
    diagnose(value, 1.3 * total, mistakes, "Not yet the value of both terms together.")
    message = "Where `commitment` is left out, it should be 0.25."
    diagnose(s.pulls(vectors, chosen), 1.25 * total, {}, message)


@q1.case(1.5, gate=True)
def who_moves_to_whom(s):
    vectors = torch.tensor([[1.0, 2.0], [0.0, -1.0]])
    chosen = torch.tensor([[0.0, 2.5], [2.0, -1.0]])
    difference = (vectors - chosen).numpy()
    on_vectors, on_entries = s.gradients("pulls", vectors, chosen, 0.5)
    expect(on_vectors is not None or on_entries is not None, "No gradient arrives anywhere.")
    expect(on_entries is not None, "No gradient arrives at the entries: the list would never move.")
    expect(on_vectors is not None, "No gradient arrives at the vectors: the encoder would never commit.")
    pulls = {  # on the vectors, on the entries, in differences
        "This is still what the code as given returns: the sides that are held have changed places, or "
        "`commitment` stands at the other one.": (2, -1),
        "Nothing is held: each term moves both sides.": (3, -3),
        "The distance without the weight moves both sides: in it the vectors should be held.": (3, -2),
        "The distance with the weight moves both sides: in it the entries should be held.": (1, -3),
        "Both are pulled alike: the pull on the vectors should be `commitment` times as strong.": (2, -2),
    }
    for message, (one, other) in pulls.items():
        found = agrees(on_vectors, one * difference) and agrees(on_entries, other * difference)
        expect(not found, message)
    expect(
        not (agrees(on_vectors, -difference) or agrees(on_entries, 2 * difference)),
        "Turned round: something is pushed away, where it should be pulled.",
    )
    diagnose(
        on_entries, -2 * difference, {}, "The pull on the entries is not that of squares without a weight."
    )
    diagnose(on_vectors, difference, {}, "The pull on the vectors should be `commitment` times as strong.")


q2 = exercise.question(
    "q2",
    "A list of colours",
    section="Entries that nobody takes",
    hint="First all choices, by the list as it comes in, and how far each vector is from its entry. Then "
    "entry after entry: who chose it? Sort the vectors by their distance once, and hand them out to idle "
    "entries one after the other.",
    hidden_points=0.5,
)


@q2.case(1, gate=True)
def chosen_entries_move_to_the_mean(s):
    vectors = torch.tensor([[0.0, 1], [1, 0], [2, 2], [8, 8], [9, 9.5], [-6, 0]])
    entries = torch.tensor([[7.0, 7], [0.0, 0.5], [-4, 0]])
    value = s.next_list(vectors, entries)
    same_shape(value, (3, 2), "The new list has as many entries as the old one, of the same width.")
    right = torch.tensor([[8.5, 8.75], [1.0, 1.0], [-6, 0]])
    mistakes = {
        "This is the old list. Nothing has moved.": entries,
        "These are sums. An entry moves to the mean of those who chose it.": right
        * torch.tensor([[2.0], [3], [1]]),
        "Each entry moves to the mean of all vectors. Only those who chose it count.": vectors.mean(0).expand(
            3, 2
        ),
        "The entries have changed their order: the decoder would be lost.": right[[1, 0, 2]],
        "The entries are sorted: the decoder would be lost.": right[[2, 1, 0]],
        "Each entry moves half of the way. It moves to the mean.": (right + entries) / 2,
        "These are medians, number by number. The mean was asked for.": torch.tensor(
            [[8, 8.0], [1, 1], [-6, 0]]
        ),
        "Each entry moves onto one vector, its nearest. It moves to the mean of all who chose it.": (
            vectors[torch.cdist(entries, vectors).argmin(1)]
        ),
        "The mean runs over the old entry, too. Only vectors count.": torch.tensor(
            [[8, 49 / 6], [0.75, 0.875], [-5, 0]]
        ),
    }
    diagnose(
        value, right, mistakes, "Not yet. Three vectors choose the second entry, two the first, one the last."
    )


@q2.case(1)
def idle_entries_move_to_the_worst_served(s):
    vectors = torch.tensor([[0.0, 0], [0.2, 0], [0, 0.1], [5, 0], [0, -3.0], [0.1, 0.1]])
    entries = torch.tensor([[50.0, 50], [0, 0], [60, 60], [70, 80]])
    value = np.asarray(s.next_list(vectors, entries))
    same_shape(value, (4, 2), "The new list has as many entries as the old one, of the same width.")
    mean = vectors.mean(0)
    expect(
        value.dtype.kind == "f" and np.isfinite(value).all(),
        "Not a number, where nobody chose an entry: a mean over nothing.",
    )
    one = torch.tensor([[5.0, 0], [0, -3], [0.2, 0]])
    right = torch.stack([one[0], mean, one[1], one[2]])

    def others(*rows):
        return torch.stack([torch.tensor(rows[0]), mean, torch.tensor(rows[1]), torch.tensor(rows[2])])

    expect(
        not agrees(value[[0, 2, 3]], entries[[0, 2, 3]]),
        "Idle entries stay where they are. Nobody will ever choose them there.",
    )
    mistakes = {
        "An entry that nobody chose has gone to 0. It moves onto a vector.": others(*[[0.0, 0]] * 3),
        "All idle entries move onto the same vector, and two of them will be idle again.": others(
            *[[5.0, 0]] * 3
        ),
        "Idle entries move onto the best served vectors: there they are not needed.": others(
            [0.0, 0], [0, 0.1], [0.1, 0.1]
        ),
        "The first idle entry takes the vector that is served worst, the next one the second worst.": others(
            [0.2, 0], [0, -3.0], [5.0, 0]
        ),
        "Which vectors are served worst is told by the list as it came in, before its entries moved.": others(
            *[vectors[k].tolist() for k in (vectors - mean).norm(dim=1).argsort(descending=True)[:3]]
        ),
        "Idle entries move to the mean of all vectors, one onto the other.": mean.expand(4, 2),
    }
    diagnose(
        value, right, mistakes, "Not yet. Here three of four entries are idle; the second one serves all six."
    )


q3 = exercise.question(
    "q3",
    "What another prior gains",
    section="Let the prior go to the codes",
    hint="For one latent: shift and stretch both distributions so that the new prior becomes N(0, 1). "
    "The mean is then (mu - m) / s, the variance that of the posterior over s squared. Then it is the known "
    "KL.",
    hidden_points=0.5,
)


@q3.case(1, gate=True)
def one_latent(s):
    mu, log_var = torch.tensor([[2.0], [0.0]]), torch.tensor([[0.0], [math.log(0.25)]])
    m, log_s2 = torch.tensor([1.0]), torch.tensor([math.log(4.0)])
    value = s.gain(mu, log_var, m, log_s2)
    _gained(value, mu, log_var, m, log_s2, "Not yet, for one latent and a prior around 1, twice as wide.")


@q3.case(1, after=True)
def several_latents(s):
    generator = seeded(3)
    mu, log_var = torch.randn(2, 5, 3, generator=generator)
    m, log_s2 = torch.randn(2, 3, generator=generator)
    value = s.gain(mu, log_var, m, log_s2)
    _gained(value, mu, log_var, m, log_s2, "Right for one latent, and wrong for three.")


def _gained(value, mu, log_var, m, log_s2, otherwise):
    same_shape(value, (len(mu),), "One number a picture.")
    var, s2, away = log_var.exp(), log_s2.exp(), (mu - m).square()
    old, new = gaussian_kl(mu, log_var), gaussian_kl(mu, log_var, m, log_s2)

    def half(terms):
        return 0.5 * terms.sum(1)

    mistakes = {
        "That is the loss of the other one: look at the sign. A price that falls is a gain.": new - old,
        "That is the new price. What is gained is the old one less the new one.": new,
        "This KL is taken the other way round, from the new prior to the posterior.": old
        - gaussian_kl(m.expand_as(mu), log_s2.expand_as(mu), mu, log_var),
        "The spread of the new prior has no effect.": old - half(var + away - 1 - log_var),
        "The distance of the means is not measured in units of the new prior's spread.": old
        - half(var / s2 + away - 1 - log_var + log_s2),
        "The mean of the new prior has no effect.": old
        - half((var + mu.square()) / s2 - 1 - log_var + log_s2),
        "The logarithm of the new prior's variance is missing.": old - half((var + away) / s2 - 1 - log_var),
        "The half before the KL is missing.": old - 2 * new,
        "A picture pays for each of its latents: they are added up.": old - new / mu.shape[1],
        "Divided by the standard deviation, where the variance belongs.": old
        - half((var + away) / s2.sqrt() - 1 - log_var + log_s2),
        "`log_s2` is the logarithm of a variance, and here it is taken for that of a standard deviation.": old
        - gaussian_kl(mu, log_var, m, 2 * log_s2),
        "The new prior's variance is s squared, and here it is s.": old
        - gaussian_kl(mu, log_var, m, log_s2 / 2),
        "The means alone are compared: the posterior's own spread has no effect.": half(
            mu.square() - away / s2 - log_s2
        ),
    }
    diagnose(value, old - new, mistakes, otherwise)


q4 = exercise.question(
    "q4",
    "Read a table",
    section="The layer that nobody needs",
    hint="A top code is of use to the bottom where a wrong one makes the bottom dearer. And an ELBO is minus "
    "the error, less both prices.",
    written="q4_because",
)
q4.choice(
    1,
    "q4",
    right="03f0ccf3",
    why={
        "a7c97ed4": "That it hurts shows that the bottom makes use of its top code.",
        "6a23aa0d": "It spends next to nothing on its top. Who spends, and gets nothing for it?",
        "82b80cf8": "Equal ELBOs say that the sums are equal. How they come about is in the other columns.",
    },
)


@q4.case(1)
def the_bound_of_a(s):
    value = number(s.q4_elbo)
    mistakes = {
        "Look at the sign: this is the loss.": 102.0,
        "The price of the top is missing.": -96.0,
        "The price of the bottom is missing.": -88.0,
        "The error alone: both prices come on top.": -82.0,
        "That is with another picture's top code.": -119.0,
        "The prices are taken off the error. They come on top of it.": -62.0,
    }
    diagnose(value, -102.0, mistakes, "Not yet: minus the error, less one KL for each layer.")
