"""Drawn digits: the same anywhere, in the frame, and as hard to read as promised."""

import torch
from sklearn.linear_model import LogisticRegression

from vaelab.data import digits

TEST_START = 2**41


def draw(start, count, seed=0, size=28):
    factors = digits.draw_factors(torch.arange(start, start + count), seed)
    return digits.render(factors, size), factors


def test_another_seed_draws_other_digits():
    assert not torch.equal(draw(0, 8, seed=0)[0], draw(0, 8, seed=1)[0])


def test_sizes_show_the_same_picture():
    large, factors = draw(0, 64, size=56)
    small = digits.render(factors, 28)
    shrunk = torch.nn.functional.avg_pool2d(large.float(), 2)
    # Edges fade over a pixel at any size, so they differ, by 2; a shift of one pixel would give 16.
    assert (shrunk - small.float()).abs().mean() < 3


def test_every_factor_is_in_its_range_and_changes_the_picture():
    images, factors = draw(0, 100)
    assert set(factors) == set(digits.FACTORS)
    for name, factor in digits.FACTORS.items():
        assert factor.low - 1e-6 <= factors[name].min() and factors[name].max() <= factor.high + 1e-6, name
        swapped = digits.render({**factors, name: factors[name].roll(1)})
        assert (swapped.float() - images.float()).abs().mean() > 0.5, name


def test_labels_are_uniform():
    factors = digits.draw_factors(torch.arange(20_000), 0)
    labels = digits.labels(factors)
    assert labels.dtype == torch.int64 and len(digits.CLASS_NAMES) == 10
    counts = labels.bincount(minlength=10).float()
    chi_squared = ((counts - 2000) ** 2 / 2000).sum()
    assert chi_squared < 27.9  # 9 degrees of freedom: 1 in 1000 by chance, and the draw is fixed


def test_ink_stays_inside_the_frame():
    images, _ = draw(0, 2000)
    border = torch.cat([images[..., 0, :], images[..., -1, :], images[..., 0], images[..., -1]], -1)
    assert border.max() == 0
    assert images.amax((1, 2, 3)).min() > 150  # and no picture is empty or too faint to read


def test_difficulty_for_a_linear_classifier():
    (x, f), (x_new, f_new) = draw(0, 3000), draw(TEST_START, 1000)
    classifier = LogisticRegression(C=0.02, max_iter=200, tol=1e-2)
    classifier.fit(x.flatten(1).numpy() / 255, digits.labels(f))
    accuracy = classifier.score(x_new.flatten(1).numpy() / 255, digits.labels(f_new))
    assert 0.84 < accuracy < 0.93  # with 12,000 digits to learn from: 0.91
