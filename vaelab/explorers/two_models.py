"""`two_models`: what a classifier knows beside what a generative model knows, on points in the plane."""

import math

import numpy as np
import torch
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from traitlets import Dict, Enum, Float, Int, List, TraitError, Unicode, validate

from vaelab import figures
from vaelab.data.arguments import seed_number
from vaelab.explorers.codes import rounded
from vaelab.explorers.explorer import Explorer

_REACH = 6.0  # the plane shown is the square |x|, |y| <= this
_START = [[-1.5, -0.5], [1.5, 0.5]]

_CLASSIFIER = (
    "Solid line: the boundary of logistic regression, fitted to the points with a small penalty on its "
    "weights (½‖w‖²), so that they stay finite where a line parts the classes."
)
_DENSITY = (
    "Ellipses: one Gaussian a class, at 1, 2 and 3 standard deviations, with one covariance for both (linear "
    "discriminant analysis). Dashed line: where Bayes' rule gives each class one half."
)
_NOTES = {
    "both": f"{_CLASSIFIER} {_DENSITY} Hollow: new points, drawn from the Gaussians.",
    "discriminative": f"{_CLASSIFIER} Colour: how sure it is. It models p(y | x) only, so there is "
    "nothing to draw points from.",
    "generative": f"{_DENSITY} Green: p(x). Hollow: new points, drawn from the Gaussians.",
}


class TwoModelsExplorer(Explorer):
    """What `two_models` returns; `means`, `spread` and `query` can be set, observed and linked."""

    kind = Unicode("two_models").tag(sync=True)
    means = List(List(Float()), _START).tag(sync=True)  # [x, y] of both classes
    spread = Float(0.8, min=0.2, max=2.0).tag(sync=True)  # standard deviation of both clouds
    query = List(Float(), [5.0, 4.0]).tag(sync=True)  # the point that both models are asked about
    view = Enum(list(_NOTES), "both").tag(sync=True)
    noise = List().tag(sync=True)  # standard normal draws, (n, 2); class 0's half comes first
    seed = Int(0).tag(sync=True)  # of the new points drawn in the page
    reach = Float(_REACH).tag(sync=True)
    notes = Dict(default_value=_NOTES).tag(sync=True)  # what is to be seen, for each view

    @validate("means")
    def _two_points(self, proposal):
        if len(proposal["value"]) != 2:
            raise TraitError(f"means are two points, [[x, y], [x, y]], not {proposal['value']}.")
        return [_on_plane("a mean", point) for point in proposal["value"]]

    @validate("query")
    def _one_point(self, proposal):
        return _on_plane("query", proposal["value"])

    def still(self) -> str:
        """The points, both boundaries and the Gaussians' contours."""
        return _still(np.array(self.noise), np.array(self.means), self.spread)._repr_html_()


def two_models(
    *, seed: int = 0, n: int = 60, title: str = "Two models of the same points"
) -> TwoModelsExplorer:
    """Two classes of points, a discriminative model's boundary and a generative model's density.

    The discriminative model is logistic regression, `p(y | x)`, with an L2 penalty (`1/2 |w|^2`, as
    scikit-learn has it by default) so that separable classes have a finite answer. The generative one is a
    Gaussian for each class with one covariance for both: linear discriminant analysis, p(x, y). Both
    boundaries are straight lines (Ng and Jordan, "On discriminative vs. generative classifiers", NIPS 2001).
    Only the second model knows where points lie, can draw new ones, and can say that it never saw anything
    like a point.

    Args:
        seed: of the points.
        n: how many points, half of them in each class; even, 6 to 400.
        title: the explorer's heading.
    """
    if not 6 <= n <= 400 or n % 2:
        raise ValueError(f"n, the number of points, must be even and from 6 to 400, not {n}.")
    noise = torch.randn(n, 2, generator=torch.Generator().manual_seed(seed_number(seed)))
    return TwoModelsExplorer(title=title, seed=seed, noise=rounded(noise))


def _on_plane(what: str, point: list[float]) -> list[float]:
    if len(point) != 2 or not all(math.isfinite(value) and abs(value) <= _REACH for value in point):
        raise TraitError(f"{what} is a point [x, y] with both from {-_REACH:g} to {_REACH:g}, not {point}.")
    return list(point)


@figures.styled
def _still(noise: np.ndarray, means: np.ndarray, spread: float) -> figures.Picture:
    labels = np.repeat([0, 1], len(noise) // 2)
    points = means[labels] + spread * noise
    axes = figures.panel(width=4.2, height=4.2, xlabel="x₁", ylabel="x₂")
    looks = [(figures.BLUE, "o", "circles"), (figures.ORANGE, "^", "triangles")]
    for k, (colour, marker, name) in enumerate(looks):
        axes.scatter(*points[labels == k].T, color=colour, marker=marker, s=18, label=name)
    x = np.linspace(-_REACH, _REACH, 121)
    plane = np.stack(np.meshgrid(x, x), axis=-1).reshape(-1, 2)
    gaussians = LinearDiscriminantAnalysis(solver="lsqr", store_covariance=True).fit(points, labels)
    for k, colour in enumerate([figures.BLUE, figures.ORANGE]):
        away = plane - gaussians.means_[k]
        squared = (away @ np.linalg.inv(gaussians.covariance_) * away).sum(1)
        axes.contour(x, x, np.sqrt(squared).reshape(121, 121), [1, 2, 3], colors=colour, linewidths=1)
    logistic = LogisticRegression().fit(points, labels)
    for model, style in ((logistic, "-"), (gaussians, "--")):
        odds = model.decision_function(plane).reshape(121, 121)
        axes.contour(x, x, odds, [0], colors=figures.GREY, linestyles=style)
    axes.set_aspect("equal")
    axes.legend()
    return figures.Picture(
        axes,
        alt="Two clouds of points. Two straight lines between them, almost the same: the boundary of "
        "logistic regression (solid) and of two Gaussians (dashed). Around each cloud the "
        "Gaussian's ellipses at one, two and three standard deviations; far away there is only the line.",
    )
