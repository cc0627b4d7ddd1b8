"""Latent diffusion: a prior of grids that follows its codes, asked for what is wanted; and a VAE of grids."""

import math

import pytest
import torch
from torch import nn

from vaelab import diffusion, latent, latent_diffusion, nets, recipes, weights
from vaelab.errors import DataError, ModelError, ShapeError, UnknownNameError
from vaelab.latent_diffusion import NETWORKS, LatentDiffusion
from vaelab.models import GridVAE

GRID, NAMES = (1, 2, 2), ("Left", "Large")
MEAN, SPREAD = torch.tensor([10.0, 0.0, -5.0, 1.0]), torch.tensor([2.0, 1.0, 0.1, 30.0])


def small(attributes=NAMES, network: str = "residual") -> LatentDiffusion:
    width = {"residual": 64, "convolutional": 8}[network]
    return LatentDiffusion(GRID, attributes, network, width, blocks=1, steps=20)


def two_heaps(n: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Codes on either side of 0 in their first number, by "Left"; "Large" says nothing of them."""
    draws = torch.Generator().manual_seed(seed)
    told = torch.rand((n, 2), generator=draws) < 0.5
    x = 0.3 * torch.randn((n, 4), generator=draws)
    x[:, 0] += torch.where(told[:, 0], -1.0, 1.0)
    return MEAN + SPREAD * x, told


@pytest.fixture(scope="module", params=NETWORKS)
def fitted(request) -> LatentDiffusion:
    codes, told = two_heaps(2000)
    prior, updates = small(network=request.param), {"residual": 1_000, "convolutional": 400}[request.param]
    return prior.fit(codes, told, updates=updates, batch_size=64, lr=1e-2, progress=False)


def first(codes: torch.Tensor) -> torch.Tensor:
    return (codes[:, 0] - MEAN[0]) / SPREAD[0]


@pytest.mark.slow
def test_it_draws_what_it_was_fitted_to(fitted):
    codes, x = two_heaps(2000, seed=1)[0], fitted.sample(400, seed=0)
    assert ((x.mean(0) - codes.mean(0)) / SPREAD).abs().max() < 0.15
    assert (x.std(0) / codes.std(0)).log().abs().max() < 0.25
    assert (first(x).abs() > 0.3).float().mean() > 0.8  # between the heaps there is little
    assert 0.35 < (first(x) < 0).float().mean() < 0.65


@pytest.mark.slow
def test_it_can_be_asked_for_what_is_wanted(fitted):
    left, right = (fitted.sample(200, seed=0, wanted={"Left": yes}) for yes in (True, False))
    assert (first(left) < 0).float().mean() > 0.95 and (first(right) > 0).float().mean() > 0.95
    both = fitted.sample(200, seed=0, wanted={"Left": True, "Large": False})
    assert (first(both) < 0).float().mean() > 0.95
    guided = fitted.sample(200, seed=0, wanted={"Left": True}, guidance=3.0)
    assert first(guided).mean() < first(left).mean()
    assert torch.equal(fitted.sample(5, seed=0, wanted={}), fitted.sample(5, seed=0))


@pytest.mark.slow
def test_its_bound_is_below_the_density_and_near(fitted):
    codes, _ = two_heaps(500, seed=2)
    x = (codes - MEAN) / SPREAD
    rest = -0.5 * (x / 0.3).square() - math.log(0.3 * math.sqrt(2 * math.pi))
    sides = [-0.5 * ((x[:, 0] + s) / 0.3).square() - math.log(0.6 * math.sqrt(2 * math.pi)) for s in (-1, 1)]
    exact = (rest[:, 1:].sum(1) + torch.logaddexp(*sides) - SPREAD.log().sum()).mean().item()
    found = fitted.bound(codes, draws=40).mean().item()
    assert exact - 1.5 < found < exact + 0.05
    before = small().bound(codes, draws=40).mean().item()
    assert before < found - 5
    with pytest.raises(ModelError, match="bound"):
        fitted.log_prob(codes)


@pytest.mark.slow
def test_steps_lead_from_noise_to_the_sample(fitted):
    steps = list(fitted.walk(3, seed=0, wanted={"Left": True}))
    assert len(steps) == 20 and steps[-1].t == 0
    assert torch.equal(steps[-1].x_t, fitted.sample(3, seed=0, wanted={"Left": True}))
    assert len(list(fitted.walk(3, seed=0, steps=4, eta=1.0))) == 4
    noise = torch.randn(3, 4, generator=torch.Generator().manual_seed(0))
    assert steps[0].x_t == pytest.approx(fitted.mean + fitted.spread * noise, rel=0.3, abs=10)


def test_fitting_is_repeatable_goes_on_after_a_break_and_leaves_the_random_state_alone(tmp_path):
    codes, told = two_heaps(100)
    before = torch.get_rng_state()
    options = {"updates": 6, "batch_size": 16, "progress": False}
    one, two = (small().fit(codes, told, keep=keep, **options) for keep in (None, tmp_path / "run"))
    again = small().fit(codes, told, keep=tmp_path / "run", **options)  # finished: read from the file
    other = small().fit(codes, told, seed=1, **options)
    assert torch.equal(torch.get_rng_state(), before)
    for prior in (two, again):
        assert torch.equal(one.sample(3, seed=0), prior.sample(3, seed=0))
    assert not torch.equal(one.sample(3, seed=0), other.sample(3, seed=0))
    assert not any(p.requires_grad for p in one.parameters())


def test_conditions_are_hidden_by_rows_and_one_by_one():
    told = torch.ones(3000, 10)
    hidden = latent_diffusion._partly_hidden(told, torch.Generator().manual_seed(0))
    assert set(hidden.unique().tolist()) == {0.0, 1.0}
    known = hidden.mean(1)
    assert 0.15 < (known == 0).float().mean() < 0.27 and 0.15 < (known == 1).float().mean() < 0.27
    assert 0.4 < hidden.mean() < 0.6


def test_what_is_told_and_what_is_not():
    assert small().condition({"Large": True}).tolist() == [0, 1]
    assert small().condition({"Left": False}).tolist() == [-1, 0]
    with pytest.raises(UnknownNameError, match="Did you mean 'Large'"):
        small().sample(1, wanted={"Larg": True})


def test_nothing_has_to_be_told():
    codes, _ = two_heaps(50)
    prior = small(attributes=()).fit(codes, updates=2, batch_size=8, progress=False)
    assert prior.sample(3, seed=0).shape == (3, 4)


@pytest.mark.parametrize("network", NETWORKS)
def test_a_denoiser_listens_to_place_time_and_condition(network):
    net = NETWORKS[network]((4, 8, 8), 3, width=16, blocks=1)
    x, t, told = torch.randn(2, 4, 8, 8), torch.tensor([0.2, 0.7]), torch.ones(2, 3)
    assert torch.count_nonzero(net(x, t, told)) == 0  # it begins as 0
    for part in net.modules():
        if isinstance(part, (nn.Conv2d, nn.Linear)):
            nn.init.normal_(part.weight, std=0.1)
    out = net(x, t, told)
    assert out.shape == x.shape
    changes = (net(x.flip(3), t, told), net(x, t.flip(0), told), net(x, t, -told))
    assert all((change - out).abs().max() > 1e-4 for change in changes)
    corner = x.clone()
    corner[:, :, 0, 0] += 1
    assert ((net(corner, t, told) - out).abs().amax(1)[:, 7, 7] > 0).all()  # each place sees all


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda codes, told: (codes, None), DataError, "2 attributes: give fit"),
        (lambda codes, told: (codes, told[:-1]), ShapeError, r"shape \(50, 2\); these are torch.bool"),
        (lambda codes, told: (codes, told.float()), ShapeError, "True or False"),
        (lambda codes, told: (codes[:, :3], told), ShapeError, r"\(N, 4\)"),
    ],
)
def test_what_cannot_be_fitted(change, error, message):
    with pytest.raises(error, match=message):
        small().fit(*change(*two_heaps(50)))


def test_networks_that_cannot_be():
    for wrong in ({"width": 0}, {"blocks": 0}, {"steps": 1.5}):
        with pytest.raises(DataError, match=next(iter(wrong))):
            LatentDiffusion(GRID, **wrong)
    with pytest.raises(DataError, match="multiple of 8"):
        LatentDiffusion(GRID, network="convolutional", width=12)
    with pytest.raises(ShapeError, match="multiples of 2"):
        LatentDiffusion((4, 7, 8), network="convolutional", width=8)
    with pytest.raises(UnknownNameError, match="network of a latent diffusion"):
        LatentDiffusion(GRID, network="u-net")


# ---- the VAE whose codes are grids ----


@pytest.fixture(scope="module")
def grid_vae() -> GridVAE:
    return recipes.build("grid-vae", size=32).eval()


def test_a_code_is_a_grid_of_places(grid_vae):
    x = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        mu, log_var = grid_vae.encode(x)
    assert grid_vae.grid_shape == (4, 4, 4) and mu.shape == log_var.shape == (2, 64)
    assert grid_vae.grid(mu).shape == (2, 4, 4, 4)
    features = grid_vae.features(x).view(2, -1, 4, 4)
    weight, bias = grid_vae.to_mu.weight[:, :, 0, 0], grid_vae.to_mu.bias
    place = torch.einsum("oi,bi->bo", weight, features[:, :, 1, 3]) + bias
    assert grid_vae.grid(mu)[:, :, 1, 3] == pytest.approx(place.detach(), abs=1e-5)


def test_a_place_of_the_grid_is_a_place_of_the_picture():
    """A change in one corner of the code stays in that corner's half of a larger picture."""
    model = recipes.build("grid-vae", size=128).eval()
    z = torch.zeros(1, model.latent_dim)
    moved = z.clone()
    model.grid(moved)[:, :, 0, 0] += 1
    change = (model.decode(moved) - model.decode(z)).abs().amax((0, 1))
    assert change[:32, :32].max() > 0 and change[64:].max() == 0 and change[:, 64:].max() == 0


def test_features_that_are_no_map_of_the_grid_are_said():
    with pytest.raises(ShapeError, match="64 features, which are no map of 5x5 places"):
        GridVAE(nn.Flatten(), nn.Identity(), (4, 5, 5), (1, 8, 8))


def test_it_is_saved_with_its_prior(grid_vae, tmp_path):
    model = recipes.build("grid-vae", size=16)
    model.prior = LatentDiffusion(model.grid_shape, NAMES, "convolutional", 8, blocks=1, steps=3)
    path = weights.save(model.eval(), tmp_path / "m.safetensors", half=False)
    again = weights.load(path)
    assert isinstance(again, GridVAE) and again.prior.attributes == NAMES and again.prior.steps == 3
    assert torch.equal(again.sample(2, seed=0), model.sample(2, seed=0))
    asked = model.prior.sample(2, seed=0, wanted={"Left": True})
    assert torch.equal(latent.decode(again, asked), latent.decode(model, asked))


@pytest.mark.slow
def test_draws_leave_the_diffusion_algebra_to_its_module(fitted):
    """The prior's own steps are those of `diffusion.sample` with its network, in standardised units."""
    x_T = torch.randn(3, 4, generator=torch.Generator().manual_seed(0))
    denoise = fitted._with(fitted.denoiser, torch.zeros(3, 2))
    x = diffusion.sample(denoise, x_T, fitted.schedule, steps=20)
    assert fitted.sample(3, seed=0) == pytest.approx(fitted.mean + fitted.spread * x, rel=1e-4, abs=1e-4)
    assert nets.count_parameters(fitted) == 0
