"""Hidden checks of exercise 11: other sizes, other numbers, other types."""

import math

import torch

from vaelab.grading import HiddenCases, diagnose
from vaelab.losses import gaussian_kl
from vaelab.vq import usage

hidden = HiddenCases("11-priors-and-pieces")
hidden.rubric(
    "q4",
    {
        1: "takes A, since its bottom codes follow the top one",
        2: "and says of C that its top was paid for or made free (free bits), while nothing below learned to "
        "read it",
    },
)


@hidden.case("q1", 0.5, gate=True)
def wider_vectors_and_another_weight(s):
    generator = torch.Generator().manual_seed(4)
    vectors, chosen = torch.randn(2, 30, 8, generator=generator, dtype=torch.float64)
    both = s.gradients("pulls", vectors, chosen, 2.0)
    difference = (vectors - chosen).numpy()
    diagnose(both[0], 4 * difference, {}, "Wrong for another commitment: the pull on vectors.")
    diagnose(both[1], -2 * difference, {}, "Wrong for another commitment: the pull on entries.")


@hidden.case("q2", 0.5, gate=True)
def grids_and_lists_of_any_size(s):
    generator = torch.Generator().manual_seed(5)
    shares = torch.rand(40, generator=generator) ** 3
    index = torch.multinomial(shares, 600, replacement=True, generator=generator).view(6, 10, 10)
    diagnose(s.perplexity(index, 64), usage(index, 64)["perplexity"], {}, "Wrong for a grid of integers.")
    one = torch.full((5,), 2)
    diagnose(s.perplexity(one, 3), 1.0, {}, "Where one entry is always chosen, the perplexity is 1.")


@hidden.case("q3", 0.5, gate=True)
def many_latents_and_the_same_prior(s):
    generator = torch.Generator().manual_seed(6)
    mu, log_var = torch.randn(2, 7, 20, generator=generator, dtype=torch.float64)
    m, log_s2 = torch.randn(2, 20, generator=generator, dtype=torch.float64)
    right = gaussian_kl(mu, log_var) - gaussian_kl(mu, log_var, m, log_s2)
    diagnose(s.gain(mu, log_var, m, log_s2), right, {}, "Wrong for twenty latents.")
    nothing = torch.zeros(20, dtype=torch.float64)
    same = s.gain(mu, log_var, nothing, nothing)
    diagnose(same, [0.0] * 7, {}, "Where the new prior is N(0, I), there is nothing to gain.", atol=1e-6)
    wide = s.gain(mu, log_var, nothing, nothing + math.log(4))
    right = gaussian_kl(mu, log_var) - gaussian_kl(mu, log_var, nothing, nothing + math.log(4))
    diagnose(wide, right, {}, "Wrong for a prior twice as wide.")
