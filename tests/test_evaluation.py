"""Bounds, the aggregate posterior and attribute vectors, each against an answer known in closed form."""

import math

import pytest
import torch
from torch import nn

from vaelab import evaluation, latent, losses
from vaelab.data import ImageSet
from vaelab.errors import DataError, ShapeError
from vaelab.models import VAE

# ---- a linear-Gaussian VAE, whose log p(x) is known exactly ----


class LinearDecoder(nn.Module):
    """x = W z + 1/2, as an image of 1x2x2 pixels."""

    def __init__(self, weight):
        super().__init__()
        self.weight = nn.Parameter(weight)

    def forward(self, z):
        return (z @ self.weight.T + 0.5).view(-1, 1, 2, 2)


@pytest.fixture
def linear_vae():
    """Probabilistic PCA: p(x) = N(1/2, W W^T + sigma^2 I) (Tipping and Bishop 1999); q is a bad posterior."""
    torch.manual_seed(0)
    weight = torch.randn(4, 2) * 0.3
    model = VAE(nn.Flatten(), LinearDecoder(weight), 2, (1, 2, 2), losses.Gaussian(0.2))
    evidence = torch.distributions.MultivariateNormal(
        torch.full((4,), 0.5), weight @ weight.T + 0.04 * torch.eye(4)
    )
    images = ImageSet((torch.rand(20, 1, 2, 2) * 255).to(torch.uint8))
    return model, images, evidence.log_prob(images.float().flatten(1)).detach()


def make_posterior_exact(model):
    """Set the encoder to the true posterior, N(P^-1 W^T (x - 1/2) / sigma^2, P^-1), P = I + W^T W / sigma^2.

    It is correlated; a rotation of z makes it diagonal and leaves p(x) alone.
    """
    weight = model.decoder.weight
    values, vectors = torch.linalg.eigh(torch.eye(2) + weight.T @ weight / 0.04)
    with torch.no_grad():
        rotated = weight @ vectors
        weight.copy_(rotated)
        model.to_mu.weight.copy_((rotated / values).T / 0.04)
        model.to_mu.bias.copy_(-model.to_mu.weight.sum(1) * 0.5)
        model.to_log_var.weight.zero_()
        model.to_log_var.bias.copy_(-values.log())


def test_bounds_are_below_the_evidence_and_close_the_gap(linear_vae):
    model, images, log_evidence = linear_vae
    single = evaluation.importance_weighted_bound(model, images, samples=1)
    many = evaluation.importance_weighted_bound(model, images, samples=20_000)
    assert single.mean() < log_evidence.mean() - 1
    torch.testing.assert_close(many, log_evidence.double(), atol=0.15, rtol=0)


def test_with_the_exact_posterior_every_weight_is_the_evidence(linear_vae):
    """log p(x, z) - log q(z | x) = log p(x) for every z when q is the posterior: no variance, no gap."""
    model, images, log_evidence = linear_vae
    make_posterior_exact(model)
    weights = evaluation.log_weights(model, images.float(), samples=3)
    torch.testing.assert_close(weights, log_evidence.double().expand(3, -1), atol=1e-3, rtol=0)


def test_the_bound_is_the_same_whatever_fits_in_memory(linear_vae):
    model, images, _ = linear_vae
    bounds = [evaluation.importance_weighted_bound(model, images, 50, chunk=c) for c in (1, 7, 50, None)]
    for bound in bounds[1:]:
        torch.testing.assert_close(bound, bounds[0], atol=1e-4, rtol=0)
    other = evaluation.importance_weighted_bound(model, images, 50, seed=1)
    assert (other - bounds[0]).abs().max() > 0.01


def test_a_thousand_nats_apart_do_not_overflow(linear_vae):
    """At sigma = 0.001 log-weights lie near -100,000, where exp() is 0 even in float64."""
    model, images, _ = linear_vae
    model.likelihood = losses.Gaussian(0.001)
    assert torch.isfinite(evaluation.importance_weighted_bound(model, images, 20, chunk=3)).all()


def test_bounds_refuse_what_cannot_be(linear_vae):
    model, images, _ = linear_vae
    with pytest.raises(ValueError, match="samples must be at least 1"):
        evaluation.importance_weighted_bound(model, images, samples=0)
    with pytest.raises(ValueError, match="chunk"):
        evaluation.log_weights(model, images.float(), 3, chunk=0)
    with pytest.raises(DataError, match="empty"):
        evaluation.evaluate(model, images[:0])


# ---- the aggregate posterior ----


def test_an_exact_posterior_adds_up_to_the_prior(linear_vae):
    """For images drawn from the model the aggregate of exact posteriors is N(0, I), whatever each one is."""
    model, _, _ = linear_vae
    make_posterior_exact(model)
    model.decoder.weight.data.mul_(0.4)  # so that nearly all pixels lie in [0, 1]
    model.likelihood = losses.Gaussian(0.08)  # the posterior stays as it is: W / sigma is the same
    model.to_mu.weight.data.mul_(2.5)
    model.to_mu.bias.data.copy_(-model.to_mu.weight.sum(1) * 0.5)
    torch.manual_seed(1)
    x = model.decode(torch.randn(4_000, 2)).detach()
    x = (x + 0.08 * torch.randn_like(x)).clamp(0, 1)
    seen = evaluation.aggregate_posterior(model, ImageSet((x * 255).round().to(torch.uint8)))
    assert seen.active.all() and evaluation.active_units(model, ImageSet((x * 255).to(torch.uint8))) == 2
    assert seen.mean.abs().max() < 0.06 and (seen.std - 1).abs().max() < 0.05
    assert seen.p_value.min() > 0.01 and seen.max_correlation < 0.06


def test_a_misfit_is_seen_on_active_dimensions_only(linear_vae):
    """Dimension 0 is shifted, dimension 1 ignored: its posterior is the prior, so it passes."""
    model, _, _ = linear_vae
    with torch.no_grad():
        for head in (model.to_mu, model.to_log_var):
            head.weight.zero_()
            head.bias.zero_()
        model.to_mu.bias[0] = 1.0
        model.to_log_var.bias[0] = 2 * math.log(0.5)
    seen = evaluation.aggregate_posterior(model, ImageSet(torch.zeros(2_000, 1, 2, 2, dtype=torch.uint8)))
    assert seen.active.tolist() == [True, False]
    assert seen.p_value[0] < 1e-6 < 0.01 < seen.p_value[1]
    assert seen.mean[0].item() == pytest.approx(1, abs=0.05)
    assert seen.std[0].item() == pytest.approx(0.5, abs=0.03)
    assert seen.max_correlation == 0.0


def test_correlated_codes_are_found_out(linear_vae):
    """Both marginals can be perfect while the two dimensions say the same thing."""
    model, images, _ = linear_vae
    with torch.no_grad():
        model.to_mu.weight.copy_(torch.ones(2, 4))
        model.to_log_var.weight.zero_()
        model.to_log_var.bias.fill_(2 * math.log(0.01))
    assert evaluation.aggregate_posterior(model, images).max_correlation > 0.99


# ---- directions in latent space ----


def test_attribute_vectors_take_apart_what_comes_together():
    """Codes = attributes @ truth exactly; beards (0) mostly come with moustaches (1)."""
    torch.manual_seed(0)
    beard = torch.rand(2_000) < 0.5
    attributes = torch.stack([beard, beard ^ (torch.rand(2_000) < 0.1), torch.rand(2_000) < 0.3], 1)
    truth = torch.tensor([[1.0, 0, 0, 2], [0, 1, 0, 0], [0, 0, -3, 0]])
    codes = attributes.float() @ truth + 5
    torch.testing.assert_close(latent.attribute_vectors(codes, attributes), truth, atol=1e-4, rtol=0)
    # The mean difference of the one contains 80 % of the other: P(m | b) - P(m | not b) = 0.9 - 0.1.
    plain = latent.attribute_vector(codes, attributes[:, 0])
    assert plain[1].item() == pytest.approx(0.8, abs=0.05) and plain[3].item() == pytest.approx(2)
    alone = latent.attribute_vectors(codes, attributes[:, :1])[0]
    torch.testing.assert_close(alone, plain, atol=1e-4, rtol=0)


def test_attribute_vectors_say_what_is_missing():
    codes = torch.randn(10, 3)
    with pytest.raises(DataError, match="every picture has"):
        latent.attribute_vector(codes, torch.ones(10, dtype=torch.bool))
    with pytest.raises(ShapeError, match=r"\(10, 3\) and \(9,\)"):
        latent.attribute_vector(codes, torch.ones(9, dtype=torch.bool))


def test_a_great_circle_keeps_the_radius_and_the_pace():
    start, end = torch.tensor([2.0, 0.0]), torch.tensor([0.0, 2.0])
    path = latent.great_circle(start, end, 4)
    angles = torch.linspace(0, math.pi / 2, 4)
    torch.testing.assert_close(path, 2 * torch.stack([angles.cos(), angles.sin()], 1))
    torch.testing.assert_close(latent.great_circle(start, 3 * start, 3)[:, 0], torch.tensor([2.0, 4.0, 6.0]))
    with pytest.raises(ValueError, match="opposite"):
        latent.great_circle(start, -start)
    with pytest.raises(ValueError, match="zero"):
        latent.great_circle(start, 0 * start)
