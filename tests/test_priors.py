"""Priors: densities known in closed form are met, draws follow them, and what cannot be gets a sentence."""

import math

import pytest
import torch
from scipy import stats
from torch import nn
from torch.distributions import MultivariateNormal

from vaelab import learning, priors
from vaelab.errors import DataError, ShapeError, TrainingDivergedError
from vaelab.learning import learn
from vaelab.priors import FlowMatching, Mixture, Normal, Prior, StandardNormal

MEAN = torch.tensor([1.0, -2.0, 0.5])
ROOT = torch.tensor([[2.0, 0.0, 0.0], [0.9, 0.3, 0.0], [-0.5, 0.2, 0.6]])
COVARIANCE = ROOT @ ROOT.T
EXACT = MultivariateNormal(MEAN.double(), scale_tril=ROOT.double())


def normal_codes(n: int, seed: int = 0) -> torch.Tensor:
    return MEAN + torch.randn(n, 3, generator=torch.Generator().manual_seed(seed)) @ ROOT.T


def all_kinds(latent_dim: int = 3) -> dict[str, Prior]:
    small = {"hidden": 16, "blocks": 1, "steps": 5}
    kinds = (StandardNormal(latent_dim), Normal(latent_dim), Mixture(latent_dim, 2))
    return {type(kind).__name__: kind for kind in (*kinds, FlowMatching(latent_dim, **small))}


KINDS = tuple(all_kinds())
FITTED = ("Normal", "Mixture", "FlowMatching")


def fitted(kind: str, seed: int = 0) -> Prior:
    options = {"updates": 20, "batch_size": 32} if kind == "FlowMatching" else {}
    return all_kinds()[kind].fit(normal_codes(300), seed=seed, **options)


# ---- densities ----


@pytest.mark.parametrize("kind", KINDS)
def test_until_it_is_fitted_a_prior_is_the_standard_normal(kind):
    prior, z = all_kinds()[kind], normal_codes(50)
    expected = stats.multivariate_normal.logpdf(z.double().numpy(), mean=[0, 0, 0])
    assert prior.log_prob(z).numpy() == pytest.approx(expected, abs=1e-6)
    assert prior.sample(2000, seed=1).std(0) == pytest.approx([1, 1, 1], abs=0.06)


def test_a_normal_takes_the_mean_and_covariance_of_the_codes():
    codes = normal_codes(1000)
    prior, z = Normal(3).fit(codes), normal_codes(50, seed=1)
    covariance = torch.cov(codes.T.double(), correction=0)
    expected = stats.multivariate_normal.logpdf(z.double().numpy(), codes.double().mean(0), covariance)
    assert prior.log_prob(z).numpy() == pytest.approx(expected, rel=1e-5, abs=1e-5)


def test_a_mixture_finds_the_one_that_the_codes_are_from():
    """Two tilted normals, one of latents far larger than the other: 30 and 70 of 100."""
    generator = torch.Generator().manual_seed(0)
    shares, size = torch.tensor([0.3, 0.7]), torch.tensor([1.0, 100.0, 0.01])
    means = torch.stack([MEAN, -MEAN]) * size
    roots = torch.stack([ROOT, torch.diag(torch.tensor([0.5, 1.5, 0.2]))]) * size[:, None]
    number = torch.multinomial(shares, 6000, replacement=True, generator=generator)
    eps = torch.randn(6000, 3, generator=generator)
    codes = means[number] + (roots[number] @ eps[:, :, None])[:, :, 0]
    parts = [MultivariateNormal(m.double(), scale_tril=r.double()) for m, r in zip(means, roots, strict=True)]

    def exact(z):
        each = [p.log_prob(z.double()) + math.log(s) for p, s in zip(parts, shares, strict=True)]
        return torch.logaddexp(*each)

    prior = Mixture(3, components=2).fit(codes[:5000])
    z = codes[5000:]
    assert (exact(z) - prior.log_prob(z)).abs().mean() < 0.05  # from 5,000 codes: 19 numbers to learn
    drawn = prior.sample(4000, seed=0)
    assert (exact(drawn) - prior.log_prob(drawn)).abs().mean() < 0.05
    assert (drawn.mean(0) / size - codes.mean(0) / size).abs().max() < 0.1
    right = [(part[:, 0] > 0).float().mean().item() for part in (drawn, codes)]
    assert right[0] == pytest.approx(right[1], abs=0.03)


class Linear(nn.Module):
    """The velocity that flow matching would learn for N(mean, covariance): known, as it is linear.

    x_t has mean t m and covariance S_t = (1 - t)^2 I + t^2 S, and x_1 - x_0 the covariance t S - (1 - t) I
    with it, so that E[x_1 - x_0 | x_t] = m + (t S - (1 - t) I) S_t^-1 (x_t - t m).
    """

    def __init__(self, mean, covariance):
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("covariance", covariance)

    def forward(self, x, t):
        t, one = t[0], torch.eye(len(self.mean)).to(x)
        together = (1 - t) ** 2 * one + t**2 * self.covariance
        slope = torch.linalg.solve(together, t * self.covariance - (1 - t) * one)
        return self.mean + (x - t * self.mean) @ slope


def exact_flow(steps: int) -> FlowMatching:
    prior = FlowMatching(3, steps=steps)
    prior.velocity = Linear((MEAN - 5) / 2, COVARIANCE / 4)
    prior.mean.fill_(5.0)
    prior.spread.fill_(2.0)
    return prior.double()


def test_a_flow_with_the_exact_velocity_has_the_exact_density():
    """Wrong signs, times or traces, or a forgotten spread, would move it by whole nats."""
    z = normal_codes(50)
    assert exact_flow(400).log_prob(z).numpy() == pytest.approx(EXACT.log_prob(z.double()).numpy(), abs=2e-3)


def test_heuns_error_falls_with_the_square_of_the_step():
    z = normal_codes(50)
    error = [(exact_flow(n).log_prob(z) - EXACT.log_prob(z.double())).abs().mean().item() for n in (40, 80)]
    assert error[0] < 0.1
    assert error[0] / error[1] == pytest.approx(4, rel=0.15)


def test_a_flow_with_the_exact_velocity_draws_from_its_density():
    prior = exact_flow(40)
    z = prior.sample(4000, seed=0)
    assert (z.mean(0) - MEAN).abs().max() < 0.1
    assert torch.cov(z.T) == pytest.approx(COVARIANCE, abs=0.15)


@pytest.mark.parametrize("rows", [1, 7])
def test_the_density_of_a_flow_does_not_depend_on_how_many_codes_go_at_a_time(rows, monkeypatch):
    z, prior = normal_codes(20), fitted("FlowMatching")
    whole = prior.log_prob(z)
    monkeypatch.setattr(priors, "_NUMBERS", rows * prior.hidden * 3)
    assert prior.log_prob(z).numpy() == pytest.approx(whole.numpy(), abs=1e-5)


def test_a_flow_learns_a_tilted_normal():
    """KL(codes || flow) in nats; N(0, I) in its place has 5.4, and a normal without the tilt 1.4."""
    prior = FlowMatching(3, hidden=48, blocks=2, steps=20)
    prior.fit(normal_codes(4000), updates=400, batch_size=256, lr=3e-3)
    z = normal_codes(1000, seed=1)
    kl = (EXACT.log_prob(z.double()) - prior.log_prob(z)).mean().item()
    assert -0.02 < kl < 0.1
    drawn = prior.sample(4000, seed=0)
    assert (drawn.mean(0) - MEAN).abs().max() < 0.15
    assert torch.cov(drawn.T) == pytest.approx(COVARIANCE, abs=0.4)


def two_rings(n: int, seed: int) -> torch.Tensor:
    """Radius 1 and 3, each 0.2 thick: as many codes on both."""
    generator = torch.Generator().manual_seed(seed)
    radius = torch.tensor([1.0, 3.0]).repeat(n // 2) + 0.2 * torch.randn(n, generator=generator)
    angle = 2 * math.pi * torch.rand(n, generator=generator)
    return torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1)


def log_rings(z: torch.Tensor) -> torch.Tensor:
    """Their log-density, but for the hole in the middle, where nearly nothing is."""
    radius = z.double().norm(dim=1)
    along = torch.logaddexp(*(torch.distributions.Normal(r, 0.2).log_prob(radius) for r in (1, 3)))
    return along - math.log(2) - torch.log(2 * math.pi * radius)


def test_a_flow_learns_what_no_normal_can():
    """Two rings. The best normal is 0.86 nats away and puts a quarter of its codes between them."""
    flow = FlowMatching(2, hidden=64, steps=20)
    flow.fit(two_rings(4000, seed=0), updates=600, batch_size=256, lr=1e-2)
    z = two_rings(1000, seed=1)
    assert 0 < (log_rings(z) - flow.log_prob(z)).mean() < 0.4
    assert ((flow.sample(2000, seed=0).norm(dim=1) - 2).abs() < 0.5).float().mean() < 0.15


# ---- draws ----


@pytest.mark.parametrize("kind", KINDS)
def test_draws_follow_their_seed(kind):
    prior = fitted(kind) if kind in FITTED else StandardNormal(3)
    z = prior.sample(6, seed=1)
    assert z.shape == (6, 3) and not z.requires_grad
    assert torch.equal(z, prior.sample(6, seed=1)) and not torch.equal(z, prior.sample(6, seed=2))
    assert not torch.equal(prior.sample(6), prior.sample(6))
    one = torch.Generator().manual_seed(1)
    assert torch.equal(z, prior.sample(6, seed=one)) and not torch.equal(z, prior.sample(6, seed=one))


def test_draws_of_normals_are_as_tilted_as_their_densities():
    """One normal, and a mixture of two that are the same: an L^T for an L would tilt them otherwise."""
    normal, mixture = Normal(3), Mixture(3, 2)
    normal.mean.copy_(MEAN)
    normal.scale_tril.copy_(ROOT)
    mixture.means.copy_(MEAN.expand(2, 3))
    mixture.scale_trils.copy_(ROOT.expand(2, 3, 3))
    for prior in (normal, mixture):
        z = prior.sample(20_000, seed=0)
        assert z.mean(0) == pytest.approx(MEAN, abs=0.05)
        assert torch.cov(z.T) == pytest.approx(COVARIANCE, abs=0.1)


@pytest.mark.gpu
@pytest.mark.parametrize("kind", FITTED)
def test_draws_and_densities_are_the_same_on_a_gpu(kind):
    prior = fitted(kind)
    z = prior.sample(50, seed=1)
    here, there = prior.log_prob(z), prior.to("cuda").log_prob(z)
    assert prior.sample(50, seed=1).cpu() == pytest.approx(z, abs=1e-3)
    assert there.numpy() == pytest.approx(here.numpy(), abs=1e-2)


def test_densities_are_in_double_precision():
    for kind, prior in all_kinds().items():
        assert prior.log_prob(torch.zeros(2, 3)).dtype == torch.float64, kind


# ---- fitting ----


@pytest.mark.parametrize("kind", FITTED)
def test_fitting_is_repeatable_and_leaves_the_random_state_alone(kind):
    before = torch.get_rng_state()
    first, second, other = fitted(kind), fitted(kind), fitted(kind, seed=1)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first.sample(5, seed=0), second.sample(5, seed=0))
    if kind == "FlowMatching":
        assert not torch.equal(first.velocity.first.weight, other.velocity.first.weight)
        assert not torch.equal(first.velocity.last.weight, other.velocity.last.weight)


def test_network_and_draws_of_a_flow_both_follow_the_seed(monkeypatch):
    network = FlowMatching._new_network
    with monkeypatch.context() as patch:  # without an average, the network stays as it began
        patch.setattr(learning, "_follow", lambda *_: None)
        began = [fitted("FlowMatching", seed).velocity.first.weight for seed in (0, 0, 1)]
    assert torch.equal(began[0], began[1]) and not torch.equal(began[0], began[2])
    monkeypatch.setattr(FlowMatching, "_new_network", lambda self, seed: network(self, 0))
    learned = [fitted("FlowMatching", seed).velocity.last.weight for seed in (0, 0, 1)]
    assert torch.equal(learned[0], learned[1]) and not torch.equal(learned[0], learned[2])


@pytest.mark.parametrize("kind", ["Mixture", "FlowMatching"])
def test_a_seed_of_a_fit_is_any_whole_number(kind):
    for seed in (-1, 2**64 + 1):
        fitted(kind, seed)
    for wrong in (1.5, None, "one"):
        with pytest.raises(DataError, match="seed must be a whole number"):
            fitted(kind, wrong)


def test_a_flow_learns_from_straight_lines_at_times_spread_evenly():
    """With one code c, x_1 = c: a velocity of (c - x_t) / (1 - t) says x_1 - x_0 without an error."""
    code, times = torch.tensor([[3.0, -1.0]], dtype=torch.float64), []

    def velocity(x, t):
        times.append(t)
        return (code - x) / (1 - t)[:, None]

    draws = torch.Generator().manual_seed(0)
    assert priors._flow_matching_loss(velocity, code, 50, draws) < 1e-20
    assert torch.equal((50 * times[0]).floor(), torch.arange(50).double())
    shifts = (50 * times[0]).frac()
    assert shifts.min() < 0.2 and shifts.max() > 0.8


@pytest.mark.parametrize("kind", FITTED)
def test_fitting_again_forgets_the_first_time(kind):
    options = {"updates": 5} if kind == "FlowMatching" else {}
    once, twice = all_kinds()[kind], all_kinds()[kind]
    twice.fit(10 + 3 * normal_codes(300, seed=5), **options)
    for prior in (once, twice):
        assert prior.fit(normal_codes(300), **options) is prior
    assert torch.equal(once.sample(5, seed=0), twice.sample(5, seed=0))


@pytest.mark.parametrize("kind", KINDS)
def test_a_prior_is_no_part_of_what_a_model_learns(kind):
    prior = fitted(kind) if kind in FITTED else StandardNormal(3)
    assert [p for p in prior.parameters() if p.requires_grad] == []


@pytest.mark.parametrize("kind", FITTED)
def test_a_state_dict_holds_all_of_a_prior(kind):
    prior, again = fitted(kind), all_kinds()[kind]
    again.load_state_dict(prior.state_dict())
    assert torch.equal(again.sample(5, seed=0), prior.sample(5, seed=0))
    z = normal_codes(5)
    assert torch.equal(again.log_prob(z), prior.log_prob(z))


@pytest.mark.parametrize("kind", FITTED)
def test_the_scale_of_the_codes_does_not_matter(kind):
    """Codes a million times larger: the same fit, in other units."""
    options = {"updates": 20} if kind == "FlowMatching" else {}
    z, scale = normal_codes(300), torch.tensor([1e6, 1.0, 1e-3])
    prior, scaled = (all_kinds()[kind].fit(codes, **options) for codes in (z, z * scale))
    shift = scale.double().log().sum()
    assert (scaled.log_prob(z * scale) + shift).numpy() == pytest.approx(prior.log_prob(z).numpy(), abs=1e-3)


def test_an_interrupted_flow_keeps_what_it_learned(monkeypatch):
    learned = []

    def interrupted(network, loss, **options):
        learned.append(learn(network, loss, **options | {"updates": 20})[0])
        return learned[-1], True

    monkeypatch.setattr(priors, "learn", interrupted)
    prior = all_kinds()["FlowMatching"]
    prior.fit(normal_codes(300), updates=1000, batch_size=32)
    assert prior.interrupted and prior.velocity is learned[0]
    assert prior.mean == pytest.approx(normal_codes(300).mean(0), abs=1e-5)
    monkeypatch.undo()
    prior.fit(normal_codes(300), updates=2, batch_size=32)
    assert not prior.interrupted


def test_a_flow_that_diverged_says_so_and_stays_as_it_was():
    prior = fitted("FlowMatching")
    before = prior.sample(3, seed=0)
    with pytest.raises(TrainingDivergedError, match="a step size below lr=1e\\+30"):
        prior.fit(normal_codes(300), updates=30, batch_size=32, lr=1e30)
    assert torch.equal(prior.sample(3, seed=0), before)


# ---- what cannot be gets a sentence ----

WRONG = {
    "no tensor": (lambda z: z.tolist(), "codes must be a tensor, not list"),
    "one code": (lambda z: z[0], r"have shape \(N, 3\); these have \(3,\). One code alone"),
    "other latents": (lambda z: z[:, :2], r"have shape \(N, 3\); these have \(50, 2\)"),
    "too few": (lambda z: z[:3], "3 codes cannot say how 3 numbers spread"),
    "NaN": (lambda z: z * torch.tensor([1, math.nan, 1]), "NaN or infinite"),
    "one number": (lambda z: z * torch.tensor([1, 1, 0]), "Latent 2 is the same number in all codes"),
}


@pytest.mark.parametrize("kind", FITTED)
@pytest.mark.parametrize("what", WRONG)
def test_codes_that_cannot_be_fitted_are_said(what, kind):
    change, message = WRONG[what]
    with pytest.raises((DataError, ShapeError), match=message):
        all_kinds()[kind].fit(change(normal_codes(50)))


@pytest.mark.parametrize("kind", KINDS)
def test_codes_that_do_not_fit_have_no_density(kind):
    with pytest.raises(ShapeError, match=r"\(N, 3\); these have \(5, 4\)"):
        all_kinds()[kind].log_prob(torch.zeros(5, 4))
    with pytest.raises(DataError, match="z must be a tensor"):
        all_kinds()[kind].log_prob([[0.0, 0.0, 0.0]])


def test_a_mixture_needs_codes_for_each_component():
    with pytest.raises(DataError, match="in each of 20 components: fit needs at least 80"):
        Mixture(3, 20).fit(normal_codes(79))


def test_latents_that_follow_from_others_have_no_density():
    codes = normal_codes(50)
    codes[:, 2] = codes[:, 0] - 2 * codes[:, 1]
    with pytest.raises(DataError, match="Latent 2 follows from the ones before it"):
        Normal(3).fit(codes)


@pytest.mark.parametrize("wrong", [0, 1.5, True, "three"])
def test_counts_are_whole_numbers(wrong):
    makers = (
        StandardNormal,
        Normal(3).sample,
        lambda n: Mixture(3, components=n),
        lambda n: FlowMatching(3, hidden=n),
        lambda n: FlowMatching(3, blocks=n),
        lambda n: FlowMatching(3, steps=n),
        lambda n: FlowMatching(3).fit(normal_codes(50), updates=n),
        lambda n: FlowMatching(3).fit(normal_codes(50), batch_size=n),
        lambda n: Mixture(3).fit(normal_codes(50), iterations=n),
    )
    for make in makers:
        with pytest.raises(DataError, match="whole number"):
            make(wrong)
