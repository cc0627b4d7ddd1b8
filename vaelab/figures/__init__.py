"""Every picture of the book, in one style. Functions return a `Picture`, `*_panel` functions its parts."""

from vaelab.extras import require

require("notebooks", "A figure", "matplotlib")

from vaelab.figures.architecture import architecture
from vaelab.figures.arithmetic import edit_scores, scores_by_label_count, sheet
from vaelab.figures.classifiers import classes_panel, outlier_scores
from vaelab.figures.curves import (
    line_panel,
    lines,
    training_curves,
)
from vaelab.figures.divergences import (
    evidence_walks,
    fits_to_target,
    kl_integrand,
    posterior_ellipses,
)
from vaelab.figures.face_codes import histograms_against_prior, kept_changes
from vaelab.figures.gradients import draw_graphs, draws_moving, gradient_histograms
from vaelab.figures.images import comparison, image_grid, plane
from vaelab.figures.judging import distance_bars, latents_in_use, noise_levels, real_against_real
from vaelab.figures.latents import latent_map, scatter_panel
from vaelab.figures.posteriors import (
    bounds_by_samples,
    flat_maps,
    maps_with_prior,
    posteriors_and_aggregate,
    true_posteriors,
)
from vaelab.figures.style import (
    AMBER,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PINK,
    SERIES,
    SKY,
    TEN,
    Picture,
    panel,
    styled,
)
from vaelab.figures.warp import bent_grid, bent_grid_panel

__all__ = [
    "AMBER",
    "BLUE",
    "GREEN",
    "GREY",
    "ORANGE",
    "PINK",
    "SERIES",
    "SKY",
    "TEN",
    "Picture",
    "architecture",
    "bent_grid",
    "bent_grid_panel",
    "bounds_by_samples",
    "classes_panel",
    "comparison",
    "distance_bars",
    "draw_graphs",
    "draws_moving",
    "edit_scores",
    "evidence_walks",
    "fits_to_target",
    "flat_maps",
    "gradient_histograms",
    "histograms_against_prior",
    "image_grid",
    "kept_changes",
    "kl_integrand",
    "latent_map",
    "latents_in_use",
    "line_panel",
    "lines",
    "maps_with_prior",
    "noise_levels",
    "outlier_scores",
    "panel",
    "plane",
    "posterior_ellipses",
    "posteriors_and_aggregate",
    "real_against_real",
    "scatter_panel",
    "scores_by_label_count",
    "sheet",
    "styled",
    "training_curves",
    "true_posteriors",
]
