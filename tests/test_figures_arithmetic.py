"""The pictures of the chapter on latent arithmetic put numbers where they belong."""

import pytest
import torch

from vaelab import figures, latent


def test_edit_scores_shows_wanted_left_and_unwanted_right_in_one_order():
    scores = {
        "before": {"smile": (0.9, 0.3), "hat": (0.2, 0.8)},
        "after": {"smile": (0.8, 0.1), "hat": (0.3, 0.4)},
    }
    wanted, unwanted = figures.edit_scores(scores, alt="two vectors, scored").panels
    for axes, before, after in ((wanted, [0.2, 0.9], [0.3, 0.8]), (unwanted, [0.8, 0.3], [0.4, 0.1])):
        assert [label.get_text() for label in axes.get_yticklabels()] == ["hat", "smile"]
        dots = {line.get_label(): list(line.get_xdata()) for line in axes.lines}
        assert dots["before"] == before and dots["after"] == after


def test_a_sheet_names_what_its_axes_add():
    axes = figures.sheet(
        torch.rand(9, 3, 8, 8), latent.square_grid(-1, 1, 3), "smile", "hair", alt="nine faces"
    ).panels[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("steps of smile", "steps of hair")
    assert axes.get_xticklabels()[0].get_text() == "−1.0"


def test_scores_by_label_count_draws_each_question_with_its_guessing_line():
    scores = {"hat?": {"codes": {10: (0.7, 0.1), 100: (0.9, 0.02)}, "pixels": {10: (0.6, 0.2)}}}
    picture = figures.scores_by_label_count(scores, {"hat?": 0.55}, alt="one question")
    (axes,) = picture.panels
    assert axes.get_title() == "hat?" and len(axes.containers) == 2
    curve, _, (bars,) = axes.containers[0]
    assert list(curve.get_ydata()) == pytest.approx([0.7, 0.9])
    low, high = bars.get_segments()[0][:, 1]
    assert (low, high) == pytest.approx((0.6, 0.8))
    (guessing,) = (line for line in axes.lines if line.get_label() == "guessing")
    assert set(guessing.get_ydata()) == {0.55}
