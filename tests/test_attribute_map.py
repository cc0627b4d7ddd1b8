"""The map between two groups of codes, against what is known in closed form."""

import math

import pytest
import torch
from scipy.linalg import sqrtm

from vaelab import latent
from vaelab.errors import DataError, ShapeError


def covariance(size, seed):
    root = torch.randn(size, size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return root @ root.T + 0.1 * torch.eye(size)


def transport(size=5):
    """A map between two normal distributions of many numbers, and the four things it is made of."""
    mean, new_mean = torch.arange(float(size)).double(), torch.linspace(3, -2, size).double()
    ends = mean, covariance(size, 0), new_mean, covariance(size, 1)
    return latent.TransportMap(*ends), ends


def crowd(mean, covariance, n=400):
    """Codes with exactly this mean and covariance."""
    noise = torch.randn(n, len(mean), generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    noise -= noise.mean(0)
    white = torch.linalg.inv(torch.linalg.cholesky(torch.cov(noise.T)))
    return mean + noise @ white.T @ torch.linalg.cholesky(covariance).T


def test_a_mapped_crowd_has_the_other_mean_and_covariance():
    to, (mean, before, new_mean, after) = transport()
    moved = to(crowd(mean, before))
    torch.testing.assert_close(moved.mean(0), new_mean)
    torch.testing.assert_close(torch.cov(moved.T), after)


def test_the_matrix_is_symmetric_positive_definite_and_what_scipy_says():
    """By another formula: A = S1^(1/2) (S1^(1/2) S0 S1^(1/2))^(-1/2) S1^(1/2)."""
    to, (_, before, _, after) = transport()
    torch.testing.assert_close(to.matrix, to.matrix.T)
    assert torch.linalg.eigvalsh(to.matrix).min() > 0  # the gradient of a convex function: the optimal map
    root = sqrtm(after.numpy())
    middle = torch.linalg.inv(torch.from_numpy(sqrtm(root @ before.numpy() @ root)))
    torch.testing.assert_close(to.matrix, torch.from_numpy(root) @ middle @ torch.from_numpy(root))


def test_it_moves_a_crowd_by_the_frechet_distance():
    """Mean squared distance = |m0 - m1|^2 + tr(S0 + S1 - 2 (S0^(1/2) S1 S0^(1/2))^(1/2)): the least."""
    to, (mean, before, new_mean, after) = transport()
    codes = crowd(mean, before)
    spread = (to(codes) - codes - (new_mean - mean)).square().sum() / (len(codes) - 1)
    root = sqrtm(before.numpy())
    least = torch.trace(before + after).item() - 2 * sqrtm(root @ after.numpy() @ root).trace().item()
    assert spread.item() == pytest.approx(least)


def test_in_one_dimension_the_slope_is_the_ratio_of_the_deviations():
    to = latent.TransportMap(*(torch.tensor(x) for x in ([1.0], [[4.0]], [-2.0], [[9.0]])))
    z = torch.tensor([[1.0], [3.0], [-4.0]])
    torch.testing.assert_close(to(z), -2 + 1.5 * (z - 1))


def test_equal_covariances_leave_the_attribute_vector():
    mean, before, new_mean, _ = transport()[1]
    codes = crowd(mean, before)
    to = latent.TransportMap(mean, before, new_mean, before)
    torch.testing.assert_close(to(codes, 1.7), codes + 1.7 * (new_mean - mean))


def test_steps_follow_a_straight_line_that_starts_at_the_code():
    to, (mean, before, *_) = transport()
    codes = crowd(mean, before).float()
    assert torch.equal(to(codes, 0), codes)
    for steps in (0.5, 1.5, -1.0):
        torch.testing.assert_close(to(codes, steps), codes + steps * (to(codes) - codes))
    assert to(codes[0]).shape == (5,) and to(codes.view(20, 20, 5)).shape == (20, 20, 5)
    assert to(codes.half()).dtype == torch.float16


def test_a_map_of_an_attribute_leads_from_those_without_to_those_with():
    """Both groups are shrunk towards the pooled covariance as if `latent_dim` codes more had been seen."""
    mean, before, new_mean, after = transport(3)[1]
    without, having = crowd(mean, before, 300), crowd(new_mean, after, 100)
    order = torch.randperm(400, generator=torch.Generator().manual_seed(3))
    codes, present = torch.cat([without, having])[order], torch.arange(400)[order] >= 300
    to = latent.attribute_map(codes, present)
    torch.testing.assert_close(to.mean, mean)
    torch.testing.assert_close(to.new_mean, new_mean)
    scatters = 299 * before, 99 * after
    pooled = sum(scatters) / 400
    shrunk = [(scatter + 3 * pooled) / (n + 3) for scatter, n in zip(scatters, (300, 100), strict=True)]
    expected = latent.TransportMap(mean, shrunk[0], new_mean, shrunk[1])
    torch.testing.assert_close(to.matrix, expected.matrix, rtol=1e-4, atol=1e-5)
    assert not torch.allclose(to.matrix, latent.TransportMap(mean, before, new_mean, after).matrix, rtol=1e-2)


def test_with_many_codes_the_map_is_that_of_the_distributions():
    to, (mean, before, new_mean, after) = transport()
    codes = torch.cat([crowd(mean, before, 30_000), crowd(new_mean, after, 30_000)])
    found = latent.attribute_map(codes, torch.arange(60_000) >= 30_000)
    torch.testing.assert_close(found.matrix, to.matrix, rtol=0.01, atol=1e-3)


def test_one_face_that_has_it_moves_all_like_the_vector():
    """A single face says nothing of how such faces differ: what is left is the pooled covariance."""
    codes = torch.randn(2_000, 4, generator=torch.Generator().manual_seed(0))
    present = torch.arange(2_000) == 7
    moved = latent.attribute_map(codes, present)(codes) - codes
    vector = latent.attribute_vector(codes, present)
    assert (moved - vector).norm(dim=1).mean() < 0.15 * vector.norm()


def test_a_latent_that_never_varies_stays():
    codes = torch.randn(300, 3, generator=torch.Generator().manual_seed(0))
    codes[:, 1] = 0.25
    moved = latent.attribute_map(codes, codes[:, 0] > 0.5)(codes)
    torch.testing.assert_close(moved[:, 1], codes[:, 1])
    assert moved[:, 0].mean() > 1


def test_an_edit_is_so_many_steps_of_a_vector_or_a_map():
    to, (mean, before, new_mean, _) = transport()
    codes = crowd(mean, before).float()
    assert torch.equal(latent.edit(codes, to, 0.7), to(codes, 0.7))
    torch.testing.assert_close(latent.edit(codes, new_mean, 0.7), codes + 0.7 * new_mean.float())
    assert latent.edit(codes[0], new_mean).shape == (5,)
    for wrong in (new_mean[:3], new_mean[0], codes):
        with pytest.raises(ShapeError, match=r"has shape \(5,\)"):
            latent.edit(codes, wrong)


def test_what_is_missing_is_said():
    codes = torch.randn(10, 9)
    some = torch.arange(10) < 4
    with pytest.raises(DataError, match="needs at least 11"):
        latent.attribute_map(codes, some)
    with pytest.raises(DataError, match="every picture has"):
        latent.attribute_map(codes, torch.ones(10, dtype=torch.bool))
    to = latent.attribute_map(codes[:, :2], some)
    with pytest.raises(ShapeError, match=r"\(\.\.\., 2\); these have \(10, 9\)"):
        to(codes)
    zero, eye = torch.zeros(2), torch.eye(2)
    for wrong in (
        torch.zeros(2, 2),
        -eye,
        torch.ones(2, 2),
        math.nan * eye,
        torch.tensor([[1.0, 0.5], [0, 1]]),
    ):
        for ends in ((zero, wrong, zero, eye), (zero, eye, zero, wrong)):
            with pytest.raises(DataError, match="symmetric"):
                latent.TransportMap(*ends)
    with pytest.raises(ShapeError, match=r"\(2,\), \(2,\), \(2, 2\), \(3, 3\)"):
        latent.TransportMap(zero, eye, zero, torch.eye(3))
