"""Checks of exercise 11, priors and pieces."""

import math

import numpy as np
import torch

from vaelab.grading import Exercise, agrees, diagnose, expect, same_shape
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
    value = s.pulls(vectors, chosen, 0.2)
    same_shape(value, (), "One number.")
    total = 6.0
    mistakes = {
        "The weight `commitment` has no effect on the value.": 2 * total,
        "The weight stands before both terms. It belongs to one of them.": 0.2 * 2 * total,
        "Half of it is missing: the loss has two terms, of the same value.": total,
        "Means, where sums over all numbers were asked for.": 1.2 * total / 6,
        "The distances are not squared.": 1.2 * math.sqrt(total),
    }
    diagnose(value, 1.2 * total, mistakes, "Not yet the value of both terms together.")


@q1.case(1.5, gate=True)
def who_moves_to_whom(s):
    vectors = torch.tensor([[1.0, 2.0], [0.0, -1.0]])
    chosen = torch.tensor([[0.0, 2.5], [2.0, -1.0]])
    difference = (vectors - chosen).numpy()
    on_vectors, on_entries = s.gradients("pulls", vectors, chosen, 0.5)
    expect(on_vectors is not None or on_entries is not None, "No gradient arrives anywhere.")
    expect(on_entries is not None, "No gradient arrives at the entries: the list would never move.")
    expect(on_vectors is not None, "No gradient arrives at the vectors: the encoder would never commit.")
    expect(
        not (agrees(on_vectors, 2 * difference) and agrees(on_entries, -difference)),
        "This is still what the code as given returns: the sides that are held have changed places, or "
        "`commitment` stands at the other one.",
    )
    expect(
        not agrees(on_vectors, 3 * difference),
        "Nothing is held: each term moves both sides.",
    )
    expect(
        not (agrees(on_vectors, 2 * difference) and agrees(on_entries, -2 * difference)),
        "The first term moves both sides: in it the vectors should be held.",
    )
    diagnose(on_entries, -2 * difference, {}, "The pull on the entries is not the first term's.")
    diagnose(on_vectors, difference, {}, "The pull on the vectors should be `commitment` times as strong.")


q2 = exercise.question(
    "q2",
    "How many entries are in use?",
    section="Entries that nobody takes",
    hint="Shares first: how often each entry occurs, divided by how many integers there are. The entropy is "
    "the sum of -p log p over those that occur.",
    hidden_points=0.5,
)


@q2.case(1)
def shares_by_hand(s):
    index = torch.tensor([0, 0, 0, 0, 1, 1, 2, 3])
    value = s.perplexity(index, 4)
    same_shape(value, (), "One number.")
    p = np.array([0.5, 0.25, 0.125, 0.125])
    nats = -(p * np.log(p)).sum()
    mistakes = {
        "That is the entropy itself. The perplexity is its exponential.": nats,
        "The entropy is in bits and the exponential in nats, or the other way round.": np.exp(
            nats / np.log(2)
        ),
        "The exponential is that of bits (2 to the power), and the entropy is in nats.": 2**nats,
        "That is how many entries occur at all, or the whole list. Here they have unequal shares.": 4.0,
        "Look at the sign: this is 1 over the perplexity.": np.exp(-nats),
        "The mean of the entries' terms, where the entropy is their sum.": np.exp(nats / 4),
        "Each entry's logarithm should weigh as much as its share.": np.exp(-np.log(p).mean()),
        "This is 1 over the sum of the squares of the shares: another count, with another formula.": 1
        / (p**2).sum(),
    }
    diagnose(value, np.exp(nats), mistakes, "Not yet. The shares here are 1/2, 1/4, 1/8 and 1/8.")


@q2.case(1)
def entries_that_do_not_occur(s):
    value = np.asarray(s.perplexity(torch.tensor([[1, 1], [5, 5]]), 8))
    expect(
        np.isfinite(value).all(),
        "NaN, where some entries do not occur: 0 log 0 has the limit 0, and a computer makes it NaN.",
    )
    mistakes = {
        "That is the whole list. Six of the eight entries do not occur.": 8.0,
        "The mean over all entries, where the entropy is a sum.": 2 ** (1 / 8),
    }
    diagnose(value, 2.0, mistakes, "Not yet. Two entries, equally common, should count as 2.")


q3 = exercise.question(
    "q3",
    "What another prior gains",
    section="Let the prior go to the codes",
    hint="For one latent: shift and stretch both distributions so that the new prior becomes N(0, 1). "
    "The mean is then (mu - m) / s, the variance that of the posterior over s squared. Then it is the known "
    "KL.",
    hidden_points=0.5,
)


@q3.case(1)
def one_latent(s):
    mu, log_var = torch.tensor([[2.0], [0.0]]), torch.tensor([[0.0], [math.log(0.25)]])
    m, log_s2 = torch.tensor([1.0]), torch.tensor([math.log(4.0)])
    value = s.gain(mu, log_var, m, log_s2)
    _gained(value, mu, log_var, m, log_s2, "Not yet, for one latent and a prior around 1, twice as wide.")


@q3.case(1)
def several_latents(s):
    generator = torch.Generator().manual_seed(3)
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
    value = float(s.q4_elbo)
    mistakes = {
        "Look at the sign: this is the loss.": 102.0,
        "The price of the top is missing.": -96.0,
        "The error alone: both prices come on top.": -82.0,
        "That is with another picture's top code.": -119.0,
        "The prices are taken off the error. They come on top of it.": -62.0,
    }
    diagnose(value, -102.0, mistakes, "Not yet: minus the error, less one KL for each layer.")
