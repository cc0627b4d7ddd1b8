"""Losses against torch.distributions, SciPy's quadrature and finite differences."""

import math

import numpy as np
import pytest
import torch
from scipy import integrate, stats
from torch import distributions as D

from vaelab import losses
from vaelab.errors import PixelRangeError, ShapeError


@pytest.fixture
def images():
    generator = torch.Generator().manual_seed(0)
    x, x_hat = torch.rand(2, 5, 3, 4, 4, generator=generator, dtype=torch.float64)
    return x, x_hat


@pytest.fixture
def gaussians():
    generator = torch.Generator().manual_seed(1)
    return torch.randn(
        4, 6, 7, generator=generator, dtype=torch.float64
    )  # mu, log_var, prior_mu, prior_log_var


def test_mean_errors_by_hand(images):
    x, x_hat = (t.numpy() for t in images)
    axes = (1, 2, 3)
    np.testing.assert_allclose(losses.mse(*images), ((x - x_hat) ** 2).mean(axes))
    np.testing.assert_allclose(losses.mae(*images), np.abs(x - x_hat).mean(axes))


@pytest.mark.parametrize(
    ("loss", "distribution"),
    [
        (losses.Bernoulli(), lambda m: D.Bernoulli(probs=m)),
        (losses.Gaussian(0.3).double(), lambda m: D.Normal(m, 0.3)),
        (losses.Gaussian(0.3, learned=True).double(), lambda m: D.Normal(m, 0.3)),
        (losses.Laplace(0.2), lambda m: D.Laplace(m, 0.2)),
    ],
)
def test_likelihoods_are_the_distributions_they_are_named_after(images, loss, distribution):
    x, x_hat = images
    x = x.round() if isinstance(loss, losses.Bernoulli) else x
    expected = -distribution(x_hat).log_prob(x).flatten(1).sum(1)
    torch.testing.assert_close(loss(x, x_hat), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("likelihood", "distribution"),
    [
        (losses.Gaussian(0.3), stats.norm(0.5, 0.3)),
        (losses.Laplace(0.2), stats.laplace(0.5, 0.2)),
    ],
)
def test_pixels_are_drawn_from_the_likelihood(likelihood, distribution):
    x_hat = torch.full((5, 1, 20, 20), 0.5)
    drawn = likelihood.sample(x_hat, torch.Generator().manual_seed(0))
    assert drawn.shape == x_hat.shape
    assert stats.kstest(drawn.flatten().numpy(), distribution.cdf).pvalue > 0.01
    assert torch.equal(drawn, likelihood.sample(x_hat, torch.Generator().manual_seed(0)))
    assert not torch.equal(drawn, likelihood.sample(x_hat))


def test_drawn_pixels_lie_about_their_own_means():
    x_hat = torch.linspace(0, 1, 5)[:, None].expand(5, 4000).double()
    for likelihood in (losses.Gaussian(0.1), losses.Laplace(0.1), losses.Bernoulli()):
        drawn = likelihood.sample(x_hat, torch.Generator().manual_seed(0))
        assert drawn.dtype == torch.float64
        assert drawn.mean(1) == pytest.approx(x_hat[:, 0], abs=0.03)
    assert set(drawn.unique().tolist()) == {0.0, 1.0}
    assert drawn[0].max() == 0 and drawn[-1].min() == 1  # sure of it


@pytest.mark.parametrize(
    ("density", "distribution"),
    [
        (losses.gaussian_nll, D.Normal),
        (losses.laplace_nll, D.Laplace),
    ],
)
def test_densities_take_a_noise_level_for_each_pixel(images, density, distribution):
    """A tensor that broadcasts: one level a picture, or one a pixel."""
    x, x_hat = images
    for shape in ((5, 1, 1, 1), (3, 4, 4)):
        level = torch.rand(shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64) + 0.1
        expected = -distribution(x_hat, level).log_prob(x).flatten(1).sum(1)
        torch.testing.assert_close(density(x, x_hat, level), expected)


def test_kl_of_a_prior_given_in_numbers():
    """KL( N(1, 1) || N(3, 4) ) = log 2 + (1 + 4) / 8 - 1/2."""
    kl = losses.gaussian_kl(torch.ones(2, 1), torch.zeros(2, 1), 3.0, math.log(4.0))
    assert kl.tolist() == pytest.approx([math.log(2) + 5 / 8 - 1 / 2] * 2)


def test_kl_of_tables_row_by_row():
    p = torch.tensor([[0.5, 0.5], [0.9, 0.1]])
    q = torch.tensor([[0.25, 0.75], [0.9, 0.1]])
    expected = 0.5 * math.log(2) + 0.5 * math.log(2 / 3)
    assert losses.categorical_kl(p, q).tolist() == pytest.approx([expected, 0.0])
    assert losses.categorical_kl(p.T, q.T, dim=0).tolist() == pytest.approx([expected, 0.0])


def test_a_factor_has_its_noise_level():
    """factor = D / (2 sigma^2), D pixels, channels included."""
    assert losses.Gaussian.from_factor(10_000, (3, 64, 64)).sigma.item() == pytest.approx(
        math.sqrt(3 * 64 * 64 / 20_000)
    )


def test_what_likelihoods_say_and_learn():
    fixed, learned = losses.Gaussian(0.25), losses.Gaussian(0.25, learned=True)
    assert repr(fixed) == "Gaussian(sigma=0.25, learned=False)" and not list(fixed.parameters())
    assert repr(learned) == "Gaussian(sigma=0.25, learned=True)" and len(list(learned.parameters())) == 1
    assert fixed.state_dict().keys() == learned.state_dict().keys() == {"log_sigma"}
    assert repr(losses.Laplace(0.25)) == "Laplace(scale=0.25)"
    assert (losses.Gaussian().sigma.item(), losses.Laplace().scale) == (1, 1)


def test_bce_caps_a_pixel_at_100_nats():
    one = torch.ones(1, 1, 1, 2)
    assert losses.bce(one, torch.zeros_like(one)).item() == 200


def test_bce_of_a_model_that_diverged_is_not_a_number():
    """For its picture alone. PyTorch's own raises, and on a GPU ends all that runs there."""
    x, x_hat = torch.rand(2, 3, 1, 4, 4)
    expected = losses.bce(x, x_hat)
    x_hat[1, 0, 2, 2] = math.nan
    found = losses.bce(x, x_hat)
    assert found.isnan().tolist() == [False, True, False] and torch.equal(found[::2], expected[::2])


@pytest.mark.parametrize("wrong", [1.5, -0.25, math.inf])
def test_bce_of_what_is_no_probability_is_said_whatever_else_diverged(wrong):
    """A decoder without its sigmoid, the commonest slip."""
    x, x_hat = torch.rand(2, 2, 1, 4, 4)
    x_hat[0, 0, 1, 1] = wrong
    with pytest.raises(PixelRangeError, match=rf"run from .*{wrong:.3g}.*\n?.*end with nets.Sigmoid"):
        losses.bce(x, x_hat)
    x_hat[1, 0, 0, 0] = math.nan
    with pytest.raises(PixelRangeError, match="probabilities, in"):
        losses.Bernoulli()(x, x_hat)


def test_bce_gives_pytorch_no_number_outside(monkeypatch):
    """On a GPU, which does not look, such a number would end all work on the device."""
    given, x_hat = [], torch.tensor([0.25, 1.5, -1.0, math.nan]).view(4, 1, 1, 1)
    real = losses.F.binary_cross_entropy
    monkeypatch.setattr(
        losses.F, "binary_cross_entropy", lambda p, *rest, **kw: given.append(p) or real(p, *rest, **kw)
    )
    monkeypatch.setattr(losses, "_check_probabilities", lambda x_hat: None)
    found = losses.bce(torch.ones_like(x_hat), x_hat)
    assert found[0].item() == pytest.approx(-math.log(0.25)) and found[1:].isnan().all()
    assert given[0].flatten().tolist() == [0.25, 0.5, 0.5, 0.5]


@pytest.mark.gpu
def test_bce_of_what_is_no_probability_leaves_a_gpu_alive():
    x = torch.full((2, 1, 1, 1), 0.5, device="cuda")
    found = losses.bce(x, torch.tensor([0.5, 1.5], device="cuda").view_as(x))
    assert found.isnan().tolist() == [False, True]


def test_bce_of_a_sure_hit():
    """One tutorial works out BCE(1, 0.8) as -0.09; it is -ln 0.8 (E5)."""
    one = torch.ones(1, 1, 1, 1)
    assert losses.bce(one, 0.8 * one).item() == pytest.approx(-math.log(0.8))


def test_factor_is_a_noise_level_in_disguise(images):
    """factor * MSE and the Gaussian it stands for differ by a constant: same gradient, same minimum."""
    x, x_hat = images
    gap = losses.Gaussian.from_factor(2_000, (3, 4, 4)).double()(x, x_hat) - 2_000 * losses.mse(x, x_hat)
    torch.testing.assert_close(gap, gap[:1].expand(5))


def test_learned_noise_settles_at_the_root_mean_squared_error(images):
    x, x_hat = images
    likelihood = losses.Gaussian(1.0, learned=True).double()
    optimizer = torch.optim.LBFGS(likelihood.parameters(), max_iter=100)

    def closure():
        optimizer.zero_grad()
        loss = likelihood(x, x_hat).mean()
        loss.backward()
        return loss

    optimizer.step(closure)
    assert likelihood.sigma.item() == pytest.approx((x - x_hat).square().mean().sqrt().item(), rel=1e-4)


def test_gaussian_kl_against_torch_distributions(gaussians):
    mu, log_var, prior_mu, prior_log_var = gaussians
    q, p = D.Normal(mu, (log_var / 2).exp()), D.Normal(prior_mu, (prior_log_var / 2).exp())
    expected = D.kl_divergence(q, p)
    torch.testing.assert_close(losses.gaussian_kl(mu, log_var, prior_mu, prior_log_var, dim=None), expected)
    torch.testing.assert_close(losses.gaussian_kl(mu, log_var, prior_mu, prior_log_var), expected.sum(-1))
    torch.testing.assert_close(
        losses.gaussian_kl(mu, log_var, prior_mu, prior_log_var, dim=0), expected.sum(0)
    )
    assert losses.gaussian_kl(mu, log_var).shape == (6,)


@pytest.mark.parametrize(("mu", "sigma"), [(0.0, 1.0), (1.5, 0.3), (-3.0, 2.0), (10.0, 0.1)])
def test_gaussian_kl_against_quadrature(mu, sigma):
    def integrand(z):
        return stats.norm.pdf(z, mu, sigma) * (stats.norm.logpdf(z, mu, sigma) - stats.norm.logpdf(z))

    expected, _ = integrate.quad(integrand, mu - 12 * sigma, mu + 12 * sigma, limit=200)
    kl = losses.gaussian_kl(torch.tensor([mu]), torch.tensor([2 * math.log(sigma)]))
    assert kl.item() == pytest.approx(expected, rel=1e-4, abs=1e-6)


def test_categorical_kl_against_scipy_and_at_its_edges():
    p, q = torch.tensor([0.5, 0.5, 0.0]), torch.tensor([0.9, 0.05, 0.05])
    assert losses.categorical_kl(p, q).item() == pytest.approx(stats.entropy(p, q), rel=1e-6)
    assert losses.categorical_kl(q, p).item() == math.inf  # p calls impossible what q does
    assert losses.categorical_kl(p, p).item() == 0


@pytest.mark.parametrize("loss", ["mse", "bce", "gaussian", "laplace", "kl"])
def test_gradients_by_finite_differences(images, gaussians, loss):
    x, x_hat = images
    x_hat = x_hat.clamp(0.05, 0.95).requires_grad_()
    mu, log_var = (t.clone().requires_grad_() for t in gaussians[:2])
    checks = {
        "mse": (lambda x_hat: losses.mse(x, x_hat), (x_hat,)),
        "bce": (lambda x_hat: losses.bce(x, x_hat), (x_hat,)),
        "gaussian": (
            lambda x_hat, s: losses.gaussian_nll(x, x_hat, s.exp()),
            (x_hat, torch.zeros((), dtype=torch.float64, requires_grad=True)),
        ),
        "laplace": (lambda x_hat: losses.laplace_nll(x, x_hat, 0.5), (x_hat,)),
        "kl": (losses.gaussian_kl, (mu, log_var)),
    }
    assert torch.autograd.gradcheck(*checks[loss])


def test_bad_input_is_named():
    x = torch.rand(2, 1, 4, 4)
    level = {losses.gaussian_nll: [0.5], losses.laplace_nll: [0.5]}
    for loss in (losses.mse, losses.mae, losses.bce, losses.gaussian_nll, losses.laplace_nll):
        with pytest.raises(ShapeError, match="pixel with pixel"):
            loss(x, x[:1], *level.get(loss, []))  # would broadcast
    with pytest.raises(PixelRangeError, match=r"run from 0 to 255"):
        losses.bce(torch.tensor([0.0, 255.0]).view(2, 1, 1, 1), torch.rand(2, 1, 1, 1))
    with pytest.raises(ShapeError, match="mu has shape"):
        losses.gaussian_kl(torch.zeros(3, 2), torch.zeros(3, 1))
    for bad in (0, -1.0, math.nan):
        for level in (losses.Gaussian, losses.Laplace):
            with pytest.raises(ValueError, match=r"(sigma|scale).* must be .*greater than 0, not"):
                level(bad)
        for density in (losses.gaussian_nll, losses.laplace_nll):
            with pytest.raises(ValueError, match=r"(sigma|scale).* must be .*greater than 0, not"):
                density(x, x, bad)
