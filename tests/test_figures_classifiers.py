"""The pictures of chapter 1 put lines and dots where the numbers are."""

import numpy as np
import pytest
import torch

from vaelab import figures


def test_boundary_and_contours_lie_where_the_functions_say():
    points, labels = torch.tensor([[1.0, 1.0], [3.0, 1.0]]), torch.tensor([0, 1])
    axes = figures.classes_panel(
        points,
        labels,
        ("left", "right"),
        probability=lambda x: torch.sigmoid(x[:, 0] - 2.5),
        log_density=lambda x: -x.square().sum(1) / 2,
        limits=(-4, 4, -4, 4),
    )
    boundary, contours = axes.collections[:2]
    assert np.allclose(boundary.get_paths()[0].vertices[:, 0], 2.5, atol=0.02)
    innermost = np.linalg.norm(contours.get_paths()[-1].vertices, axis=1)
    assert np.allclose(innermost, (2 * np.log(2)) ** 0.5, atol=0.02)  # half of the peak's density


def test_every_outlier_has_its_own_score_in_its_own_row():
    scores = {"a": {"first": 0.1, "second": 0.9}, "b": {"first": 0.2, "second": 0.3}}
    axes = figures.outlier_scores(scores, xlabel="AUC", alt="four dots").panels[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["second", "first"]  # first on top
    dots = {line.get_label(): line.get_xdata() for line in axes.lines}
    assert dots["a"] == pytest.approx([0.9, 0.1]) and dots["b"] == pytest.approx([0.3, 0.2])
