"""Bounds, the aggregate posterior and attribute vectors, each against an answer known in closed form."""

import math

import pytest
import torch
from torch import nn

from vaelab import evaluation, latent, load, losses, pretrained, priors
from vaelab.data import ImageSet
from vaelab.errors import DataError, ShapeError
from vaelab.models import VAE, Autoencoder

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


def test_a_bound_may_take_another_prior(linear_vae):
    """With z from N(m, L L^T), p(x) = N(1/2 + W m, W L L^T W^T + sigma^2 I); the model's own prior waits."""
    model, images, before = linear_vae
    prior = priors.Normal(2)
    prior.mean.copy_(torch.tensor([0.5, -0.3]))
    prior.scale_tril.copy_(torch.tensor([[0.8, 0.0], [-0.5, 0.4]]))
    spread = model.decoder.weight @ prior.scale_tril
    exact = torch.distributions.MultivariateNormal(
        0.5 + model.decoder.weight @ prior.mean, spread @ spread.T + 0.04 * torch.eye(4)
    ).log_prob(images.float().flatten(1))
    found = evaluation.importance_weighted_bound(model, images, samples=20_000, prior=prior)
    torch.testing.assert_close(found, exact.detach().double(), atol=0.15, rtol=0)
    model.prior = prior
    plain = evaluation.importance_weighted_bound(model, images, samples=20_000)
    torch.testing.assert_close(plain, before.double(), atol=0.15, rtol=0)
    weights = evaluation.log_weights(
        model, images, 5, generator=torch.Generator().manual_seed(0), prior=prior
    )
    first = evaluation.importance_weighted_bound(model, images, samples=5, prior=prior)
    torch.testing.assert_close(torch.logsumexp(weights, 0) - math.log(5), first)


def test_draws_from_p_of_x_have_its_moments(linear_vae):
    """p(x) = N(1/2, W W^T + sigma^2 I); the decoder's means lack the sigma^2."""
    model, _, _ = linear_vae
    shared = model.decoder.weight @ model.decoder.weight.T
    for noise, covariance in ((True, shared + 0.04 * torch.eye(4)), (False, shared)):
        x = model.sample(20_000, seed=0, noise=noise).flatten(1)
        torch.testing.assert_close(torch.cov(x.T), covariance, atol=0.01, rtol=0)
        torch.testing.assert_close(x.mean(0), torch.full((4,), 0.5), atol=0.02, rtol=0)


def test_codes_are_drawn_from_each_posterior(linear_vae):
    model, images, _ = linear_vae
    state = torch.get_rng_state()
    z = latent.draw_codes(model, images, draws=3000, seed=1)
    assert torch.equal(torch.get_rng_state(), state)
    mu, log_var = latent.encode(model, images)
    each = z.view(3000, 20, 2)
    assert (each.mean(0) - mu).abs().max() < 0.1
    assert (each.var(0) / log_var.exp() - 1).abs().max() < 0.15
    in_threes = latent.draw_codes(model, images, draws=3000, seed=1, batch_size=3)
    torch.testing.assert_close(in_threes, z, atol=1e-5, rtol=1e-5)  # a matrix product may round otherwise
    assert not torch.equal(z, latent.draw_codes(model, images, draws=3000))
    with pytest.raises(DataError, match="draws, the codes of each picture, must be a whole number"):
        latent.draw_codes(model, images, draws=0)


def test_an_autoencoder_has_nothing_to_draw():
    model = Autoencoder(nn.Flatten(), LinearDecoder(torch.ones(4, 2)), 2, (1, 2, 2))
    images = torch.rand(5, 1, 2, 2)
    assert torch.equal(latent.draw_codes(model, images, draws=3), latent.encode(model, images))


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


# ---- averages over a set, by hand; 300 pictures are a batch of 256 and a short one ----


@pytest.fixture
def uneven(linear_vae):
    """300 pictures, the last ones much brighter: a mean of batches' means would be another number."""
    model, _, _ = linear_vae
    x = torch.rand(300, 1, 2, 2, generator=torch.Generator().manual_seed(0)) * 0.2
    x[256:] += 0.8
    return model, x


def test_the_elbo_of_a_set_is_the_mean_over_its_images(uneven):
    model, x = uneven
    with torch.no_grad():
        model.to_log_var.weight.zero_()
        model.to_log_var.bias.fill_(-60.0)  # the code is its mean: nothing is left to chance
        model.beta = 7.0
        mu, log_var = model.encode(x)
        reconstruction = -torch.distributions.Normal(model.decode(mu), 0.2).log_prob(x).sum((1, 2, 3)).mean()
        kl = torch.distributions.kl_divergence(
            torch.distributions.Normal(mu, (log_var / 2).exp()), torch.distributions.Normal(0, 1)
        ).sum(1)
    seen = evaluation.evaluate(model, x)
    assert seen["reconstruction"] == pytest.approx(reconstruction.item(), rel=1e-5)
    assert seen["kl"] == pytest.approx(kl.mean().item(), rel=1e-5)
    assert seen["elbo"] == pytest.approx(-seen["reconstruction"] - seen["kl"])
    bound = evaluation.importance_weighted_bound(model, x, samples=1)
    assert bound.shape == (300,) and bound.dtype == torch.float64


def test_evaluate_depends_on_its_seed_alone(uneven):
    model, x = uneven
    first = evaluation.evaluate(model, x, seed=3)
    torch.rand(1)
    assert evaluation.evaluate(model, x, seed=3) == first != evaluation.evaluate(model, x, seed=4)


def test_the_squared_error_of_a_set_is_the_mean_over_its_pixels(uneven):
    model, x = uneven
    by_hand = (x - model.decode(model.encode(x)[0])).square().mean().item()
    assert evaluation.reconstruction_error(model, x) == pytest.approx(by_hand, rel=1e-5)
    batched = evaluation.reconstruction_error(model, x, batch_size=7)
    assert batched == pytest.approx(by_hand, rel=1e-5)


def test_kl_of_each_dimension_is_a_mean_over_images(uneven):
    model, x = uneven
    with torch.no_grad():
        for head in (model.to_mu, model.to_log_var):
            head.weight.zero_()
            head.bias.zero_()
        model.to_mu.bias[0] = math.sqrt(0.3)  # 0.15 nats: active at 0.1; dimension 1: 0.05 nats
        model.to_mu.bias[1] = math.sqrt(0.1)
    torch.testing.assert_close(evaluation.kl_per_dimension(model, x), torch.tensor([0.15, 0.05]))
    assert [evaluation.active_units(model, x, t) for t in (0.2, 0.1, 0.01)] == [0, 1, 2]
    assert evaluation.active_units(model, x) == 1


def test_the_report_is_what_each_measure_says_alone(uneven):
    model, x = uneven
    seen = evaluation.report(model, x[:40], samples=30, seed=2)
    bound = evaluation.importance_weighted_bound(model, x[:40], 30, seed=2).mean().item()
    expected = {
        "images": 40,
        **evaluation.evaluate(model, x[:40], seed=2),
        "samples": 30,
        "importance_weighted_bound": pytest.approx(bound),
        "active_units": evaluation.active_units(model, x[:40]),
        "latent_dim": 2,
        "mean_squared_error": pytest.approx(evaluation.reconstruction_error(model, x[:40])),
        "frechet": None,
        "why_no_frechet": "its features know colour pictures only",
    }
    assert seen == expected
    assert bound > expected["elbo"] + 0.1  # 30 draws, not one


def test_the_reports_frechet_distance_is_of_new_pictures_from_real_ones():
    torch.manual_seed(0)
    colour = nn.Sequential(nn.Linear(2, 12), nn.Sigmoid(), nn.Unflatten(1, (3, 2, 2)))
    model = VAE(nn.Flatten(), colour, 2, (3, 2, 2), losses.Gaussian(0.2)).eval()
    real = torch.rand(80, 3, 2, 2)
    z = torch.randn(80, 2, generator=torch.Generator().manual_seed(5))
    features = evaluation.portrait_features()
    by_hand = evaluation.frechet_distance(features(model.decode(z)).detach(), features(real))
    assert by_hand > 1
    seen = evaluation.report(model, real, samples=1, seed=5)
    assert seen["frechet"] == pytest.approx(by_hand, rel=1e-3) and "why_no_frechet" not in seen
    few = evaluation.report(model, real[:64], samples=1)
    assert few["frechet"] is None and few["why_no_frechet"].startswith("it takes more than 64 pictures")
    assert evaluation.report(model, real[:65], samples=1)["frechet"] > 1


def test_of_an_autoencoder_the_report_tells_what_there_is():
    model, images = pretrained("tds-face-ae"), load("portraits", size=64, n=3, split="test")
    seen = evaluation.report(model, images)
    assert seen.pop("mean_squared_error") == pytest.approx(evaluation.reconstruction_error(model, images))
    assert seen.pop("why_no_bound").startswith("an autoencoder rebuilds pictures")
    assert seen == {"images": 3, "latent_dim": model.latent_dim}


# ---- the aggregate posterior ----


def test_the_report_tells_of_samples_from_the_learned_prior_too():
    model, unseen = pretrained("tds-face-vae"), load("portraits", size=64, n=150, split="test")
    plain = evaluation.report(model, unseen, samples=1)
    model.prior = priors.Normal(model.latent_dim)
    same = evaluation.report(model, unseen, samples=1)
    assert same == {**plain, "frechet_with_prior": pytest.approx(plain["frechet"])}
    model.prior.mean.fill_(5.0)
    far = evaluation.report(model, unseen, samples=1)
    assert far["frechet"] == plain["frechet"] and far["frechet_with_prior"] > 2 * plain["frechet"]


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
    with torch.no_grad():
        model.to_mu.weight[1] *= -1  # the one says the opposite of the other
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
