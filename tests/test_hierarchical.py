"""Two layers of latents: for a linear model everything is known, and the bound must meet it."""

import math

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import MultivariateNormal

from vaelab import evaluation, losses
from vaelab.errors import ModelError, PixelRangeError, ShapeError
from vaelab.hierarchical import TwoLayerVAE

A = torch.tensor([1.5, 0.5])  # z1 = A z2 + S eps, each latent by itself
S = torch.tensor([0.6, 1.2])
W = torch.tensor([[0.8, 0.0], [0.6, 0.0], [0.0, 1.1]])  # x = W z1 + M + SIGMA eps, orthogonal columns
M = torch.tensor([0.4, 0.5, 0.6])
SIGMA = 0.3
EXACT = MultivariateNormal(
    M, W @ torch.diag(A**2 + S**2) @ W.T + SIGMA**2 * torch.eye(3)
)  # of x, both layers integrated out
X = torch.tensor([[0.1, 0.9, 0.5], [0.7, 0.2, 0.0]])[:, None, None, :]


class Affine(nn.Module):
    """Rows times a matrix, plus a constant."""

    def __init__(self, matrix: Tensor, constant: Tensor):
        super().__init__()
        self.matrix, self.constant = nn.Parameter(matrix), nn.Parameter(constant)

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.matrix + self.constant


def halves(mean: Tensor, offset: Tensor, variance: Tensor) -> Affine:
    """x -> mean and log_var side by side, the latter constant."""
    return Affine(
        torch.cat([mean, torch.zeros_like(mean)], 1), torch.cat([offset, variance.log().expand(len(offset))])
    )


def linear_model(width: float = 1.0, **options) -> TwoLayerVAE:
    """The exact model with its exact posteriors; that of the top `width` times as wide."""
    squared = (W**2).sum(0)  # of each column
    shown = W / squared  # x - M times this is z1 plus noise of variance `noise`
    noise = SIGMA**2 / squared
    top_var = 1 / (1 + A**2 / (S**2 + noise))
    gain = top_var * A / (S**2 + noise)
    top = halves(shown * gain, -(M @ shown) * gain, top_var * width**2)
    expect = halves(torch.diag(A), torch.zeros(2), S**2)
    keep = S**2 / (S**2 + noise)  # how much of what is unexpected is believed
    mean = torch.cat([shown * keep, -torch.diag(A * keep)])  # of features and z2
    correct = halves(mean, -(M @ shown) * keep, noise / (S**2 + noise))
    decoder = nn.Sequential(Affine(W.T, M), nn.Unflatten(1, (1, 1, 3)))
    parts = nn.Flatten(), top, expect, correct, decoder
    return TwoLayerVAE(*parts, 2, 2, (1, 1, 3), losses.Gaussian(SIGMA), **options)


@pytest.mark.parametrize("width", [1.0, 2.0])
def test_the_bound_of_a_linear_model_is_its_likelihood_less_the_posteriors_error(width):
    """With exact posteriors it is log p(x); a top that is too wide costs its KL to the exact one."""
    model = linear_model(width)
    torch.manual_seed(0)
    with torch.no_grad():
        bound = torch.stack([model.elbo(x[None].expand(20_000, -1, -1, -1)).mean() for x in X])
    miss = losses.gaussian_kl(torch.zeros(2), torch.full((2,), 2 * math.log(width)))
    assert bound == pytest.approx((EXACT.log_prob(X.flatten(1)) - miss).detach(), abs=0.04)


def test_draws_of_a_linear_model_have_its_mean_and_covariance_and_a_held_top_narrows_them():
    model = linear_model()
    drawn = model.sample(20_000, seed=0).flatten(1)
    assert drawn.mean(0) == pytest.approx(M, abs=0.04)
    assert torch.cov(drawn.T) == pytest.approx(W @ torch.diag(A**2 + S**2) @ W.T, abs=0.06)
    top = torch.tensor([[1.0, -2.0]])
    held = model.sample(20_000, seed=0, top=top.expand(20_000, 2)).flatten(1)
    assert held.mean(0) == pytest.approx(W @ (A * top[0]) + M, abs=0.04)
    assert torch.cov(held.T) == pytest.approx(W @ torch.diag(S**2) @ W.T, abs=0.06)
    assert torch.equal(model.sample(2, seed=1), model.sample(2, seed=1))


def test_the_loss_adds_one_kl_for_each_layer_and_free_nats_bound_each_from_below():
    model, x = linear_model(beta=0.5), X
    torch.manual_seed(0)
    parts = model.loss(x)
    assert parts["kl"] == parts["kl_top"] + parts["kl_bottom"] and parts["kl_top"] > 0
    assert parts["loss"].item() == pytest.approx((parts["reconstruction"] + 0.5 * parts["kl"]).item())
    torch.manual_seed(0)
    out = model(x)
    assert parts["kl_top"] == out.kl_top.mean() and parts["kl_bottom"] == out.kl_bottom.mean()
    free = max(parts["kl_top"], parts["kl_bottom"]).item() + 1
    model.free_nats = free
    torch.manual_seed(0)
    parts = model.loss(x)
    assert parts["loss"].item() == pytest.approx(parts["reconstruction"].item() + 0.5 * 2 * free, rel=1e-5)
    grads = torch.autograd.grad(parts["loss"], list(model.to_top.parameters()), allow_unused=True)
    torch.manual_seed(0)
    alone = torch.autograd.grad(model.loss(x)["reconstruction"], list(model.to_top.parameters()))
    assert all(torch.allclose(a, b) for a, b in zip(grads, alone, strict=True)), "no pull on a cheap layer"


def test_what_does_not_fit_is_told_in_words():
    with pytest.raises(ShapeError, match=r"Top codes have shape \(B, 2\)"):
        linear_model().expected(torch.zeros(1, 3))
    model = linear_model()
    model.expect = nn.Linear(2, 3)
    with pytest.raises(ShapeError, match="network `expect` gives mu and log_var of 2 numbers"):
        model(X)


def test_what_cannot_be_measured_is_said_and_what_can():
    model, images = linear_model(), X.expand(2, 1, 1, 3)
    with pytest.raises(ModelError, match=r"not a TwoLayerVAE. Its own elbo\(x\)"):
        evaluation.evaluate(model, images)
    with pytest.raises(ModelError, match=r"by its reconstruct\(x\); TwoLayerVAE has none"):
        evaluation.reconstruction_error(model, images)


def test_pictures_that_do_not_fit_are_told_as_by_every_model():
    for use in (linear_model(), linear_model().loss, linear_model().elbo):
        with pytest.raises(ShapeError, match="This model takes images"):
            use(X[..., :2])
        with pytest.raises(PixelRangeError):
            use(2 * X)
