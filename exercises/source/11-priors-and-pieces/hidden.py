"""Hidden checks of exercise 11: other sizes, other numbers."""

import math

import numpy as np
import torch

from vaelab.grading import HiddenCases, diagnose
from vaelab.losses import gaussian_kl

hidden = HiddenCases("11-priors-and-pieces")
hidden.rubric(
    "q4",
    {
        1: "takes A, since its bottom codes follow the top one",
        2: "and says of C that its top was paid for or made free (free bits), while nothing below learned to "
        "read it",
    },
)


@hidden.case("q1", 0.5)
def wider_vectors_and_another_weight(s):
    generator = torch.Generator().manual_seed(4)
    vectors, chosen = torch.randn(2, 30, 8, generator=generator)
    both = s.gradients("pulls", vectors, chosen, 2.0)
    difference = (vectors - chosen).numpy()
    diagnose(both[0], 4 * difference, {}, "Wrong for another commitment: the pull on vectors.")
    diagnose(both[1], -2 * difference, {}, "Wrong for another commitment: the pull on entries.")


@hidden.case("q2", 0.5)
def many_colours_and_many_idle_ones(s):
    random = np.random.default_rng(5)
    vectors = random.normal(size=(200, 3)).astype("float32")
    entries = np.concatenate([random.normal(size=(9, 3)), 40 + random.normal(size=(6, 3))]).astype("float32")
    apart = np.linalg.norm(vectors[:, None] - entries[None], axis=2)
    choice, worst = apart.argmin(1), list(apart.min(1).argsort()[::-1])
    right = [
        vectors[choice == k].mean(0) if (choice == k).any() else vectors[worst.pop(0)] for k in range(15)
    ]
    value = s.next_list(torch.from_numpy(vectors), torch.from_numpy(entries))
    diagnose(
        value, np.stack(right), {}, "Wrong for 200 vectors and 15 entries, six of them far away.", 1e-3, 1e-4
    )


@hidden.case("q3", 0.5)
def many_latents_and_the_same_prior(s):
    generator = torch.Generator().manual_seed(6)
    mu, log_var = torch.randn(2, 7, 20, generator=generator)
    m, log_s2 = torch.randn(2, 20, generator=generator)
    nothing = torch.zeros(20)
    for prior, message in {
        (m, log_s2): "Wrong for twenty latents.",
        (nothing, nothing): "Where the new prior is N(0, I), there is nothing to gain.",
        (nothing, nothing + math.log(4)): "Wrong for a prior twice as wide.",
    }.items():
        right = gaussian_kl(mu, log_var) - gaussian_kl(mu, log_var, *prior)
        diagnose(s.gain(mu, log_var, *prior), right, {}, message, rtol=1e-3, atol=1e-3)
