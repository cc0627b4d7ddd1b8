"""`beta`: a slider over VAEs trained with different weights of the KL term."""

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from traitlets import Dict, Int, List, Unicode, validate

from vaelab import evaluation, figures, latent
from vaelab.data import ImageSet
from vaelab.errors import DataError, ShapeError
from vaelab.explorers.explorer import Explorer, one_of
from vaelab.explorers.pictures import data_uri, shrunk
from vaelab.models import VAE

_CELL = 64  # pixels: larger pictures are shrunk to this
_SHEET_LENGTH = 240_000  # characters: a page carries the sheet as text


class BetaExplorer(Explorer):
    """What `beta` returns; `index`, the chosen model's place in `runs`, can be observed and linked."""

    kind = Unicode("beta").tag(sync=True)
    index = Int(0).tag(sync=True)
    runs = List(Dict()).tag(sync=True)  # beta, rate, distortion, active, latent_dim; small beta first
    unit = Unicode("nats").tag(sync=True)  # of the distortion: "nats", or "squared error"
    sheet = Dict().tag(sync=True)  # src, cell [width, height], examples, samples

    @validate("index")
    def _one_of_the_runs(self, proposal):
        return one_of(proposal, max(len(self.runs), 1))

    def still(self) -> str:
        """The rate-distortion plot."""
        return _rate_distortion(self.runs, self.unit)._repr_html_()


def beta(
    models: Sequence[VAE] | Mapping[float, VAE],
    images: ImageSet | Tensor,
    *,
    betas: Sequence[float] | None = None,
    examples: int = 6,
    samples: int = 6,
    title: str = "Slide beta: what the code may cost",
) -> BetaExplorer:
    """A slider over VAEs trained with different beta: rate, distortion, and what the pictures make of it.

    Rate is KL( q(z | x) || p(z) ), distortion the reconstruction term -log p(x | z), both in nats per image
    and averaged over `images` by `evaluation.evaluate`; their sum is the negative ELBO (Alemi et al., "Fixing
    a broken ELBO", ICML 2018). Models with different likelihoods, different noise levels too, do not measure
    nats on one scale: the distortion is then the mean squared error of their reconstructions, and the
    explorer says so.

    Args:
        models: at least two VAEs for images of one size, or a mapping beta -> VAE.
        images: held-out images to measure on; the first `examples` are shown.
        betas: weight of each model's KL term; by default the models' own `beta`.
        examples: originals and their reconstructions, shown for each model.
        samples: pictures decoded from the prior, from the same draws for each model with as many latents.
        title: the explorer's heading.

    Raises:
        ValueError: fewer than two models, betas that repeat or do not fit.
        ShapeError, DataError: images that do not fit the models, or too few of them.
    """
    pairs, images = _sorted_models(models, betas), ImageSet.of(images)
    _check_images([model for _, model in pairs], images, examples, samples)
    comparable = len({repr(model.likelihood) for _, model in pairs}) == 1
    return BetaExplorer(
        title=title,
        runs=[_measured(value, model, images, comparable) for value, model in pairs],
        unit="nats" if comparable else "squared error",
        sheet=_sheet([model for _, model in pairs], images[:examples], samples),
    )


def _sorted_models(models, betas) -> list[tuple[float, VAE]]:
    """(beta, model), small beta first."""
    if isinstance(models, Mapping):
        if betas is not None:
            raise ValueError("A mapping's keys are its betas already: leave `betas` out.")
        betas, models = list(models), list(models.values())
    models = list(models)
    for model in models:
        if not isinstance(model, VAE):
            raise ValueError(f"beta compares VAEs; one of these models is a {type(model).__name__}.")
    if len(models) < 2:
        raise ValueError(f"A slider needs at least two models, not {len(models)}.")
    betas = [float(value) for value in (betas if betas is not None else [model.beta for model in models])]
    if len(betas) != len(models):
        raise ValueError(f"{len(models)} models need as many betas, not {len(betas)}.")
    if not all(math.isfinite(value) and value >= 0 for value in betas):
        raise ValueError(f"beta is a weight, a finite number of at least 0; these are {betas}.")
    if len(set(betas)) != len(betas):
        raise ValueError(
            f"Each model needs a beta of its own; these are {betas}. Pass what they were trained with as "
            "`betas`."
        )
    return sorted(zip(betas, models, strict=True), key=lambda pair: pair[0])


def _check_images(models: list[VAE], images: ImageSet, examples: int, samples: int) -> None:
    for name, count in (("examples", examples), ("samples", samples)):
        if count < 1:
            raise ValueError(f"{name}, how many pictures to show, must be at least 1, not {count}.")
    if len(images) < examples:
        raise DataError(f"{examples} examples need as many images; there are {len(images)}.")
    for model in models:
        if model.image_shape != images.shape:
            raise ShapeError(
                f"The images have shape {images.shape}, but a model was built for {model.image_shape}."
            )


def _measured(value: float, model: VAE, images: ImageSet, comparable: bool) -> dict[str, float]:
    measures = evaluation.evaluate(model, images)
    distortion = measures["reconstruction"] if comparable else evaluation.reconstruction_error(model, images)
    return {
        "beta": value,
        "rate": round(measures["kl"], 3),
        "distortion": round(distortion, 3 if comparable else 6),
        "active": evaluation.active_units(model, images),
        "latent_dim": model.latent_dim,
    }


def _sheet(models: list[VAE], examples: ImageSet, samples: int) -> dict:
    """All pictures as one: a row of originals, then for each model its reconstructions and its samples."""
    rows = [examples.float()]
    for model in models:
        rows += [latent.reconstruct(model, examples), model.sample(samples, seed=0).cpu()]
    columns, most = max(len(examples), samples), float(_CELL)
    while True:
        cells = [shrunk(row, most) for row in rows]
        source = data_uri(torch.cat([_strip(row, columns) for row in cells], dim=1), lossless=False)
        if len(source) <= _SHEET_LENGTH or most < 3:
            break
        most *= 0.8
    height, width = cells[0].shape[2:]
    return {"src": source, "cell": [width, height], "examples": len(examples), "samples": samples}


def _strip(images: Tensor, columns: int) -> Tensor:
    """(N, C, H, W) side by side, filled up to `columns`: (3, H, columns * W)."""
    missing = images.new_zeros(columns - len(images), *images.shape[1:])
    return torch.cat([images, missing]).expand(-1, 3, -1, -1).permute(1, 2, 0, 3).flatten(2)


@figures.styled
def _rate_distortion(runs: list[dict], unit: str) -> figures.Picture:
    """Distortion over rate, each model's point named by its beta."""
    rates, distortions = ([run[name] for run in runs] for name in ("rate", "distortion"))
    axes = figures.line_panel(
        rates,
        {"": distortions},
        xlabel="rate: KL, nats per image",
        ylabel="distortion: −log p(x | z), nats" if unit == "nats" else "distortion: mean squared error",
        markers=True,
    )
    for run in runs:
        at = (run["rate"], run["distortion"])
        axes.annotate(f"β = {run['beta']:g}", at, xytext=(5, 4), textcoords="offset points")
    points = "; ".join(
        f"beta {r['beta']:g}: rate {r['rate']:.1f}, distortion {r['distortion']:.4g}" for r in runs
    )
    return figures.Picture(axes, alt=f"Distortion over rate of {len(runs)} models. {points}.")
