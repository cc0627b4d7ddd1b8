"""Hidden checks of exercise 6: other sizes, other numbers, other types."""

import numpy as np
import torch
from torch.distributions import Bernoulli, Normal, kl_divergence

from vaelab.grading import HiddenCases, agrees, diagnose, expect, same_shape
from vaelab.grading.sheets.variational_autoencoders import TARGET, measured

hidden = HiddenCases("06-variational-autoencoders")
hidden.rubric(
    "q5",
    {
        1: "only the encoder, or the family of q, can be improved: longer, larger, a richer shape",
        2: "and with the decoder fixed log p(x) is fixed, so the ELBO can rise to about -94 and no further",
    },
)


@hidden.case("q1", 0.5, gate=True)
def colour_and_other_sizes(s):
    generator = torch.Generator().manual_seed(5)
    for dtype, shape in ((torch.float32, (5, 3, 4, 6)), (torch.float64, (1, 1, 7, 2))):
        x = torch.randint(2, shape, generator=generator).to(dtype)
        logits = 3 * torch.randn(shape, generator=generator, dtype=dtype)
        mu, log_var = torch.randn(2, shape[0], 9, generator=generator, dtype=dtype)
        kl = kl_divergence(Normal(mu, (0.5 * log_var).exp()), Normal(0, 1)).sum(1)
        right = Bernoulli(logits=logits).log_prob(x).sum((1, 2, 3)) - kl
        diagnose(s.elbo(x, logits, mu, log_var), right, {}, f"Wrong for {dtype} of shape {shape}.", rtol=1e-3)


@hidden.case("q1", 0.5)
def very_sure_and_right_or_wrong(s):
    x = torch.tensor([1.0, 0.0, 1.0, 0.0]).reshape(2, 1, 1, 2)
    logits = torch.tensor([1_000.0, -1_000.0, -1_000.0, 1_000.0]).reshape(2, 1, 1, 2)
    value = s.elbo(x, logits, torch.zeros(2, 3), torch.zeros(2, 3))
    diagnose(value, [0.0, -2_000.0], {}, "Wrong for logits of -1000 and 1000.", atol=0.01)


@hidden.case("q2", 0.5, gate=True)
def one_draw_and_many(s):
    generator = torch.Generator().manual_seed(6)
    for draws in (1, 300):
        given = [m + torch.randn(draws, 2, generator=generator) for m in (-90.0, -3.0, 1.0)]
        log_w = (given[0] + given[1] - given[2]).double().numpy()
        right = np.logaddexp.reduce(log_w, axis=0) - np.log(draws)
        diagnose(s.importance_bound(*given), right, {}, f"Wrong for K = {draws}.")


@hidden.case("q2", 0.5)
def even_tinier_likelihoods_and_uneven_weights(s):
    likelihood = torch.tensor([[-90_000.0, -300.0], [-90_400.0, -2_000.0]], dtype=torch.float64)
    zeros = torch.zeros_like(likelihood)
    value = s.importance_bound(likelihood, zeros, zeros)
    same_shape(value, (2,), "One value for each picture.")
    right = likelihood.amax(0) - np.log(2)
    expect(agrees(value, right, rtol=1e-6), "Wrong where weights, or pictures, are far apart.")


@hidden.case("q4", 0.5, gate=True)
def pictures_in_colour(s):
    s.seed(3)
    x = 10 * torch.randn(300, 3, 4, 4, generator=torch.Generator().manual_seed(4))
    outputs = s.evaluate("Encoder(48, 20, 5)")(x)
    expect(len(outputs) == 2, "The encoder should return mu and log_var.")
    for output in map(np.asarray, outputs):
        same_shape(output, (300, 5), "Five latents for each picture.")
        expect(output.min() < -1.01 and output.max() > 1.01, "mu and log_var should be free on both sides.")


@hidden.case("q6", 0.5)
def the_target_on_other_digits(s):
    value = measured(s, "validation")
    expect(value >= TARGET - 5, f"{value:.1f} nats on digits that the notebook never saw.")
