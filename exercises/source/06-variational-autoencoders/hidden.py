"""Hidden checks of exercise 6: other sizes, other numbers, other models."""

import torch
from torch.distributions import Bernoulli, Normal, kl_divergence

from vaelab.grading import HiddenCases, diagnose, expect
from vaelab.grading.sheets.variational_autoencoders import TARGET, answered, measured

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
    for shape in ((5, 3, 4, 6), (1, 1, 7, 2)):
        x = torch.randint(2, shape, generator=generator).float()
        logits = 3 * torch.randn(shape, generator=generator)
        mu, log_var = torch.randn(2, shape[0], 9, generator=generator)
        kl = kl_divergence(Normal(mu, (0.5 * log_var).exp()), Normal(0, 1)).sum(1)
        right = Bernoulli(logits=logits).log_prob(x).sum((1, 2, 3)) - kl
        diagnose(
            s.elbo(x, logits, mu, log_var), right, {}, f"Wrong for pictures of shape {shape}.", rtol=1e-3
        )


@hidden.case("q1", 0.5)
def very_sure_and_right_or_wrong(s):
    x = torch.tensor([1.0, 0.0, 1.0, 0.0]).reshape(2, 1, 1, 2)
    logits = torch.tensor([1_000.0, -1_000.0, -1_000.0, 1_000.0]).reshape(2, 1, 1, 2)
    value = s.elbo(x, logits, torch.zeros(2, 3), torch.zeros(2, 3))
    diagnose(value, [0.0, -2_000.0], {}, "Wrong for logits of -1000 and 1000.", atol=0.01)


@hidden.case("q2", 1, gate=True)
def more_rounds_of_another_model(s):
    generator = torch.Generator().manual_seed(6)
    x, known = torch.rand(5, 1, 2, 2, generator=generator), torch.rand(5, 1, 2, 2, generator=generator) < 0.5
    into, back = torch.randn(2, 4, 2, generator=generator)
    encode = s.evaluate("lambda x: (x.flatten(1) @ into, -100 + 0 * x.flatten(1) @ into)", into=into)
    decode = s.evaluate("lambda z: (z @ back.T).sigmoid().reshape(-1, 1, 2, 2)", back=back)
    right = x
    for _ in range(6):
        right = torch.where(known, x, (right.flatten(1) @ into @ back.T).sigmoid().reshape(x.shape))
    diagnose(s.mend(x, known, encode, decode, 6), right, {}, "Wrong after six rounds of another model.", 1e-3)
    whole = torch.ones_like(known)
    diagnose(s.mend(x, whole, encode, decode, 2), x, {}, "A picture with nothing lost should stay as it is.")


@hidden.case("q4", 0.5, gate=True)
def pictures_in_colour(s):
    s.seed(3)
    generator = torch.Generator().manual_seed(4)
    x = (
        3
        * torch.rand(300, 3, 4, 4, generator=generator)
        * (torch.rand(300, 3, 4, 4, generator=generator) < 0.4)
    )
    for output in answered(s, (48, 20, 5), x):
        expect(output.min() < -1.01 and output.max() > 1.01, "mu and log_var should be free on both sides.")


@hidden.case("q6", 0.5)
def the_target_on_other_digits(s):
    value = measured(s, "validation")
    expect(value >= TARGET - 5, f"{value:.1f} nats on digits that the notebook never saw.")
