"""Diffusion against closed forms: Bayes' rule on a grid, the ELBO by its definition, mixtures of normals."""

import math

import pytest
import torch
from scipy import stats
from torch.distributions import Normal

from vaelab import diffusion, losses
from vaelab.diffusion import Schedule
from vaelab.errors import DataError, ShapeError
from vaelab.priors import Mixture

SHARES, MEANS, SPREADS = (0.3, 0.7), (-1.5, 1.0), (0.3, 0.5)
GRID = torch.linspace(-8, 8, 4001, dtype=torch.float64)
CELL = (GRID[1] - GRID[0]).item()


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def mixture(dim: int = 1, components=(0, 1)) -> Mixture:
    """Two normals, or one of them; in more dimensions the same along the first, and tilted."""
    made = Mixture(dim, len(components))
    shares = torch.tensor([SHARES[k] for k in components])
    made.log_weights.copy_((shares / shares.sum()).log())
    for row, k in enumerate(components):
        made.means[row] = torch.linspace(1, 0.2, dim) * MEANS[k]
        made.scale_trils[row] = SPREADS[k] * torch.eye(dim) + 0.2 * torch.ones(dim, dim).tril(-1)
    return made


def cdf(x):
    return sum(w * stats.norm.cdf(x, m, s) for w, m, s in zip(SHARES, MEANS, SPREADS, strict=True))


def all_times(schedule: Schedule) -> torch.Tensor:
    return torch.arange(1, schedule.steps + 1)


def wrong(x_t, t):
    """No denoiser of anything: to see that a formula holds for whatever the network says."""
    return 0.8 * torch.sin(x_t) + 0.01 * t.to(x_t)[:, None]


# ---- the schedule ----


@pytest.mark.parametrize("steps", [2, 10, 1000])
def test_the_cosine_goes_evenly_from_nearly_data_to_nearly_noise(steps):
    schedule = Schedule.cosine(steps, end=0.05)
    assert schedule.alpha_bar[0] == 1 and schedule.steps == steps
    angles = schedule.alpha_bar[1:].sqrt().arccos()
    assert angles == pytest.approx(torch.linspace(0.05, math.pi / 2 - 0.05, steps).double(), rel=1e-5)


def test_noise_in_one_go_is_noise_step_by_step():
    schedule, mean, variance = Schedule.cosine(20), 1.7, 0.0
    for t in range(1, 21):
        kept = (schedule.alpha_bar[t] / schedule.alpha_bar[t - 1]).item()
        mean, variance = math.sqrt(kept) * mean, kept * variance + 1 - kept
        found = schedule.marginal(torch.tensor([[1.7]]), torch.tensor([t]))
        assert [part.item() for part in found] == pytest.approx([mean, variance], rel=1e-5)


@pytest.mark.parametrize(("t", "s"), [(1, 0), (2, 1), (7, 6), (10, 3), (9, 0)])
def test_the_posterior_is_bayes_rule(t, s):
    """On a grid: q(x_s | x_0) q(x_t | x_s), made to add up to 1."""
    schedule, x_0, x_t = Schedule.cosine(10), 0.6, -0.4
    late, early = schedule.alpha_bar[t].item(), schedule.alpha_bar[s].item()
    times = torch.tensor([t]), torch.tensor([s])
    points = torch.tensor([[x_t]], dtype=torch.float64), torch.tensor([[x_0]], dtype=torch.float64)
    mean, variance = (part.item() for part in schedule.posterior(*points, *times))
    if s == 0:
        assert mean == pytest.approx(x_0) and variance == pytest.approx(0, abs=1e-12)
        return
    prior = Normal(math.sqrt(early) * x_0, math.sqrt(1 - early)).log_prob(GRID)
    step = Normal(math.sqrt(late / early) * GRID, math.sqrt(1 - late / early))
    density = (prior + step.log_prob(torch.tensor(x_t))).softmax(0)
    assert mean == pytest.approx((density * GRID).sum().item(), abs=1e-6)
    assert variance == pytest.approx((density * (GRID - mean) ** 2).sum().item(), abs=1e-6)


def test_the_step_before_is_what_a_posterior_is_for_if_nothing_else_is_said():
    schedule, x = Schedule.cosine(10), torch.randn(2, 3, 4, generator=seeded())
    t = torch.tensor([4, 9])
    for short, full in zip(schedule.posterior(x, -x, t), schedule.posterior(x, -x, t, t - 1), strict=True):
        assert torch.equal(short, full)


def test_data_and_noise_are_found_again():
    schedule, x_0, eps = Schedule.cosine(10), *torch.randn(2, 5, 2, 3, generator=seeded())
    t = torch.tensor([1, 2, 5, 8, 9])
    x_t = schedule.noised(x_0, t, eps)
    assert schedule.data(x_t, t, eps) == pytest.approx(x_0, abs=1e-4)
    assert schedule.noise(x_t, t, x_0) == pytest.approx(eps, abs=1e-4)


# ---- the ELBO ----


def test_weights_are_the_kl_between_what_q_and_p_say_of_the_step_before():
    """From t = 2 on; at t = 1 it is a Gaussian's log-density, with its constant."""
    schedule = Schedule.cosine(12)
    t = all_times(schedule)
    x_0, eps = torch.randn(2, 12, 3, generator=seeded(), dtype=torch.float64)
    x_t = schedule.noised(x_0, t, eps)
    guess = wrong(x_t, t)
    error = diffusion.squared_error(wrong, x_0, schedule, t, eps)
    costs = schedule.weights() * error
    mean, variance = schedule.posterior(x_t, x_0, t)
    other, _ = schedule.posterior(x_t, schedule.data(x_t, t, guess), t)
    log_var = variance.clamp(min=1e-12).log().expand_as(mean)
    kl = losses.gaussian_kl(mean, log_var, other, log_var)
    assert costs[1:] == pytest.approx(kl[1:], rel=1e-9)
    sigma = schedule.signal_to_noise(t[:1]).rsqrt()
    estimate = schedule.data(x_t, t, guess)[:1]
    nll = losses.gaussian_nll(x_0[:1], estimate, sigma)
    terms = diffusion.negative_elbo(wrong, x_0, schedule, seeded())
    assert nll - costs[0] == pytest.approx(diffusion._log_width(x_0, schedule), rel=1e-9)
    assert terms.prior == pytest.approx(
        losses.gaussian_kl(
            *(x.expand_as(x_0) for x in _mean_and_log_var(schedule, x_0, schedule.steps))
        ).double()
    )


def _mean_and_log_var(schedule, x_0, t):
    mean, variance = schedule.marginal(x_0, torch.full((len(x_0),), t))
    return mean, variance.log()


def test_terms_add_up_to_the_elbo_as_it_is_defined():
    """log q(x_1 ... x_T | x_0) - log p(x_0 ... x_T), on paths drawn one step after the other."""
    schedule, n = Schedule(torch.tensor([1.0, 0.9, 0.7, 0.4, 0.15])), 60_000
    generator = seeded()
    x_0 = torch.full((n, 1), 0.8, dtype=torch.float64)
    kept = schedule.alpha_bar[1:] / schedule.alpha_bar[:-1]
    x, log_ratio = x_0, torch.zeros(n, dtype=torch.float64)
    for t in range(1, 5):
        q = Normal(kept[t - 1].sqrt() * x, (1 - kept[t - 1]).sqrt())
        later = q.mean + q.stddev * torch.randn((n, 1), generator=generator, dtype=torch.float64)
        times = torch.full((n,), t)
        estimate = schedule.data(later, times, wrong(later, times))
        mean, variance = schedule.posterior(later, estimate, times)
        if t == 1:
            variance = 1 / schedule.signal_to_noise(times[:1])
        log_ratio += (q.log_prob(later) - Normal(mean, variance.sqrt()).log_prob(x))[:, 0]
        x = later
    log_ratio -= Normal(0.0, 1.0).log_prob(x)[:, 0]
    terms = diffusion.negative_elbo(wrong, x_0, schedule, seeded(1))
    error = 4 * log_ratio.std().item() / math.sqrt(n)
    assert sum(terms).mean().item() == pytest.approx(log_ratio.mean().item(), abs=error)
    assert error < 0.02 * log_ratio.mean()


def test_with_the_exact_denoiser_the_bound_closes_as_steps_get_finer():
    """Its mean over data can never be below the entropy, and comes near to it."""
    exact = mixture()
    x_0 = exact.sample(2000, seed=0).double()
    entropy = -exact.log_prob(x_0).mean().item()
    gaps = []
    for steps in (10, 50, 250):
        schedule = Schedule.cosine(steps, end=0.1)
        denoise = diffusion.exact_denoiser(exact, schedule)
        gaps.append(sum(diffusion.negative_elbo(denoise, x_0, schedule, seeded(7))).mean().item() - entropy)
    assert gaps[0] > 5 * gaps[1] and gaps[1] > gaps[2]
    assert -0.01 < gaps[2] < 0.06
    worse = sum(diffusion.negative_elbo(wrong, x_0, schedule, seeded(7))).mean().item()
    assert worse > entropy + 0.5


def test_a_few_times_estimate_the_sum_over_all():
    schedule, x_0 = Schedule.cosine(50), mixture(2).sample(5000, seed=0)
    denoise = diffusion.exact_denoiser(mixture(2), schedule)
    whole = sum(diffusion.negative_elbo(denoise, x_0, schedule, seeded(7)))
    for draws in (1, 7):
        few = diffusion.sampled_negative_elbo(denoise, x_0, schedule, draws, seeded(1))
        error = 4 * ((few - whole).std() / math.sqrt(len(x_0))).item()
        assert few.mean().item() == pytest.approx(whole.mean().item(), abs=error)


# ---- where everything is known ----


@pytest.mark.parametrize("t", [1, 4, 10])
def test_the_exact_denoiser_is_the_mean_of_the_noise(t):
    """On a grid of x_0: noise = (x_t - sqrt(alpha_bar) x_0) / sqrt(1 - alpha_bar), by Bayes' rule."""
    schedule, x_t = Schedule.cosine(10), torch.linspace(-3, 3, 7, dtype=torch.float64)
    left = schedule.alpha_bar[t].item()
    log_p = mixture().log_prob(GRID[:, None])[None]
    log_q = Normal(math.sqrt(left) * GRID, math.sqrt(1 - left)).log_prob(x_t[:, None])
    eps = (x_t[:, None] - math.sqrt(left) * GRID) / math.sqrt(1 - left)
    expected = ((log_p + log_q).softmax(1) * eps).sum(1)
    found = diffusion.exact_denoiser(mixture(), schedule)(x_t[:, None], torch.full((7,), t))
    assert found[:, 0] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("dim", [1, 3])
def test_it_is_the_score_of_the_noised_mixture(dim):
    schedule, made = Schedule.cosine(10), mixture(dim)
    denoise = diffusion.exact_denoiser(made, schedule)
    x = torch.randn(20, dim, generator=seeded(), dtype=torch.float64).requires_grad_()
    for t in (1, 5, 9):
        log_q = diffusion.noised_mixture(made, schedule, t).log_prob(x).sum()
        times = torch.full((20,), t)
        score = schedule.score(denoise(x.detach(), times), times)
        assert score == pytest.approx(torch.autograd.grad(log_q, x)[0], rel=1e-4, abs=1e-4)


def test_the_noised_mixture_is_where_noised_data_lie():
    schedule = Schedule.cosine(10)
    x_0 = mixture().sample(4000, seed=0)
    x_t = schedule.noised(x_0, torch.full((4000,), 4), torch.randn(4000, 1, generator=seeded()))
    exact = diffusion.noised_mixture(mixture(), schedule, 4)
    density = exact.log_prob(GRID[:, None]).exp()
    assert density.sum().item() * CELL == pytest.approx(1, abs=1e-6)
    below = torch.bucketize(x_t[:, 0].double(), GRID)
    shares = (density.cumsum(0) * CELL)[below.clamp(max=len(GRID) - 1)]
    assert stats.kstest(shares.numpy(), "uniform").pvalue > 0.01


# ---- sampling ----


@pytest.mark.parametrize(("eta", "steps"), [(1.0, 300), (0.0, 100), (0.5, 200)])
def test_the_exact_denoiser_leads_noise_to_the_data(eta, steps):
    schedule = Schedule.cosine(1000)
    denoise = diffusion.exact_denoiser(mixture(), schedule)
    x_T = torch.randn(2000, 1, generator=seeded(), dtype=torch.float64)
    x = diffusion.sample(denoise, x_T, schedule, steps=steps, eta=eta, generator=seeded(1))
    assert stats.kstest(x[:, 0].numpy(), cdf).pvalue > 0.01


def test_ancestral_steps_are_draws_from_the_posterior():
    schedule, x_T = Schedule.cosine(5), torch.randn(4, 1, 2, 3, generator=seeded())

    def denoise(x_t, t):
        return 0.3 * x_t

    steps = list(diffusion.walk(denoise, x_T, schedule, eta=1.0, generator=seeded(1)))
    assert [step.t for step in steps] == [4, 3, 2, 1, 0]
    t = torch.full((4,), 5)
    estimate = schedule.data(x_T, t, denoise(x_T, t))
    mean, variance = schedule.posterior(x_T, estimate, t)
    fresh = torch.randn(x_T.shape, generator=seeded(1))
    assert steps[0].x_t == pytest.approx(mean + variance.sqrt() * fresh, abs=1e-5)
    assert steps[0].x_0 == pytest.approx(estimate)
    assert steps[-1].x_t == pytest.approx(steps[-1].x_0, abs=1e-6)  # no noise is added to the data


def test_without_fresh_noise_the_data_follow_from_x_T_and_few_steps_come_near():
    schedule, x_T = Schedule.cosine(1000), torch.randn(200, 1, generator=seeded(), dtype=torch.float64)
    denoise = diffusion.exact_denoiser(mixture(), schedule)
    first, again, fine = (diffusion.sample(denoise, x_T, schedule, steps=n) for n in (40, 40, 400))
    assert torch.equal(first, again)
    assert (first - fine).abs().mean() < 0.03
    assert (diffusion.sample(denoise, x_T, schedule, steps=4) - fine).abs().mean() > 0.1


def test_guidance_goes_beyond_the_condition():
    """Its score is that of p(x)^(1 - scale) p(x | condition)^scale, to a constant factor."""
    schedule, classes = Schedule.cosine(10), [mixture(1, (0,)), mixture(1, (1,))]

    def network(x_t, t, condition):
        known = [mixture(), *classes]
        every = torch.stack([diffusion.exact_denoiser(m, schedule)(x_t, t) for m in known])
        return every[condition[:, 0].long(), torch.arange(len(x_t))]

    x = torch.linspace(-2, 2, 9, dtype=torch.float64)[:, None].requires_grad_()
    t = torch.full((9,), 4)
    whole, part = (diffusion.noised_mixture(m, schedule, 4).log_prob(x) for m in (mixture(), classes[1]))
    for scale in (0.0, 1.0, 3.0):
        denoise = diffusion.guided(network, torch.full((9, 1), 2), scale)
        log_q = ((1 - scale) * whole + scale * part).sum()
        expected = torch.autograd.grad(log_q, x, retain_graph=True)[0]
        assert schedule.score(denoise(x.detach(), t), t) == pytest.approx(expected, rel=1e-4, abs=1e-4)


# ---- what cannot be ----


@pytest.mark.parametrize("table", [[1.0], [0.9, 0.5], [1.0, 0.5, 0.5], [1.0, 0.5, 0.0], [[1.0, 0.5]]])
def test_tables_that_are_none(table):
    with pytest.raises(DataError, match="begins with 1 and falls"):
        Schedule(torch.tensor(table))


def test_times_that_are_none():
    schedule, x = Schedule.cosine(10), torch.zeros(3, 2)
    for t in (torch.rand(3), torch.tensor([1, 2]), torch.tensor(1)):
        with pytest.raises(ShapeError, match="one for each of 3 points"):
            schedule.noised(x, t, x)
    for t in (-1, 11):
        with pytest.raises(DataError, match="from 0 to 10"):
            schedule.noised(x, torch.full((3,), t), x)
    with pytest.raises(DataError, match="10 steps, so sampling cannot take 11"):
        diffusion.sample(wrong, x, schedule, steps=11)
    with pytest.raises(DataError, match="steps, from data to noise"):
        Schedule.cosine(0)
