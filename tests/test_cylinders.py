"""Drawn cylinders: two factors, seen where the projection says, and nothing else that varies."""

import numpy as np
import pytest
import torch

from vaelab.data import cylinders


def draw(start, count, seed=0, size=64):
    factors = cylinders.draw_factors(torch.arange(start, start + count), seed)
    return cylinders.render(factors, size), factors


def measured_silhouette(images):
    """Width and height of the clay in pixels: clay is far redder than blue, the floor and its shadow are not.

    Each is counted with fractions: how much of the middle row or column of the cylinder is clay.
    """
    redness = images[:, 0].float() - images[:, 2].float()
    share = ((redness - 45) / 40).clamp(0, 1)
    return share.amax(1).sum(-1), share.amax(2).sum(-1)


def test_sizes_show_the_same_picture():
    large, factors = draw(0, 32, size=128)
    shrunk = torch.nn.functional.avg_pool2d(large.float(), 2)
    assert (shrunk - cylinders.render(factors, 64).float()).abs().mean() < 0.5


def test_silhouette_follows_the_projection_formula():
    images, factors = draw(0, 150, size=128)
    width, height = measured_silhouette(images)
    true_width, true_height = (
        128 * side for side in cylinders.silhouette(factors["height"], factors["diameter"])
    )
    for measured, true in ((width, true_width), (height, true_height)):
        slope = np.polyfit(true, measured, 1)[0]
        assert slope == pytest.approx(1, abs=0.01)
        assert (measured - true).abs().max() < 1.5  # pixels of 128


def test_cylinder_stays_inside_the_picture():
    corners = {
        "height": torch.tensor([f for f in (0.15, 0.60) for _ in range(2)]),
        "diameter": torch.tensor([0.2, 0.5] * 2),
    }
    images = cylinders.render(corners, 64).int()
    redness = images[:, 0] - images[:, 2]
    border = torch.cat([redness[..., 0, :], redness[..., -1, :], redness[..., 0], redness[..., -1]], -1)
    assert border.max() < 45 < redness.amax((1, 2)).min()


def test_factors_are_uniform_and_independent():
    factors = cylinders.draw_factors(torch.arange(20_000), 0)
    assert set(factors) == {"height", "diameter"}
    unit = torch.stack([(factors[n] - f.low) / (f.high - f.low) for n, f in cylinders.FACTORS.items()])
    cells = np.histogram2d(*unit.numpy(), bins=5, range=[[0, 1], [0, 1]])[0]
    assert cells.sum() == 20_000  # none outside the documented range
    chi_squared = ((cells - 800) ** 2 / 800).sum()
    assert chi_squared < 51.2  # 24 degrees of freedom: 1 in 1000 by chance, and the draw is fixed


@pytest.mark.parametrize("name", ["height", "diameter"])
def test_picture_changes_smoothly_with_each_factor(name):
    middle = {"height": torch.full((400,), 0.37), "diameter": torch.full((400,), 0.33)}
    steps = {**middle, name: torch.linspace(0.30, 0.40, 400)}  # 1/62 of a pixel a step
    images = cylinders.render(steps, 64).float()
    change = (images[1:] - images[:-1]).abs()
    assert change.max() <= 6  # no pixel flips
    ten_steps = (images[10:] - images[:-10]).abs().mean((1, 2, 3))
    assert ten_steps.max() < 2 * ten_steps.min()  # and no step passes unseen
