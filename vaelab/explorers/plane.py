"""`plane`: drag over a 2-D latent space and see what the decoder makes of each place."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from traitlets import Bool, Float, Int, List, Unicode

from vaelab import figures, latent
from vaelab.data import ImageSet
from vaelab.data.arguments import classes
from vaelab.errors import DataError, ShapeError
from vaelab.explorers.codes import rounded
from vaelab.explorers.decoding import DecoderExplorer
from vaelab.models import VAE

_PRIOR_REACH = 3.0  # standard deviations of the prior that the map of a VAE shows


class PlaneExplorer(DecoderExplorer):
    """What `plane` returns; `z`, the dragged code [x, y], can be observed and linked."""

    kind = Unicode("plane").tag(sync=True)
    z = List(Float(), [0.0, 0.0], minlen=2, maxlen=2).tag(sync=True)
    extent = List(Float(), minlen=4, maxlen=4).tag(sync=True)  # left, right, bottom, top
    codes = List().tag(sync=True)  # [x, y] of each point
    labels = List(Int()).tag(sync=True)  # one a point, or none at all
    class_names = List(Unicode()).tag(sync=True)
    palette = List(Unicode(), list(figures.TEN)).tag(sync=True)
    prior = Bool(False).tag(sync=True)  # whether N(0, I) means something here

    def still(self) -> str:
        """The map decoded on a coarse grid."""
        left, right, bottom, top = self.extent
        grid = latent.grid(torch.linspace(left, right, 9), torch.linspace(bottom, top, 9))
        return figures.plane(
            latent.decode(self._model, grid),
            grid,
            alt=f"{self.title}: pictures decoded from a 9 by 9 grid of codes, z1 from {left:.1f} to "
            f"{right:.1f} to the right and z2 from {bottom:.1f} to {top:.1f} upwards.",
        )._repr_html_()


def plane(
    model: nn.Module,
    images: ImageSet | Tensor | None = None,
    *,
    labels: Tensor | Sequence[int] | None = None,
    class_names: Sequence[str] | None = None,
    extent: Sequence[float] | None = None,
    points: int = 600,
    title: str = "Drag over the latent map",
) -> PlaneExplorer:
    """A map of a 2-D latent space: drag over it, and the picture decoded there is shown beside it.

    Args:
        model: an `Autoencoder` or a `VAE` with latent_dim 2.
        images: their codes are scattered over the map (a VAE's posterior means).
        labels: class of each image, (N,) from 0; by default the images' own.
        class_names: names of the classes; by default the images' own.
        extent: what the map shows, (left, right, bottom, top). By default -3 to 3 for a VAE, whose prior is
            N(0, I); else a square around the middle 98 % of the codes.
        points: at most so many codes, taken evenly from all images.
        title: the explorer's heading.

    Raises:
        ShapeError: a model whose codes are not 2 numbers.
        DataError: labels that do not fit the images, or no images where they are needed.
    """
    if getattr(model, "latent_dim", None) != 2:
        raise ShapeError(
            f"plane draws a map of a model with latent_dim 2; this one has "
            f"{getattr(model, 'latent_dim', 'no latent_dim')}. explorers.sliders shows any number of them."
        )
    if points < 1:
        raise ValueError(f"points, how many codes to scatter, must be at least 1, not {points}.")
    if images is None and labels is not None:
        raise DataError("labels say what the images show: give images too.")
    is_vae = isinstance(model, VAE)
    codes, labelled, names = torch.empty(0, 2), [], []
    if images is not None:
        images = ImageSet.some(images)
        # Evenly spaced, so that sorted sets are sampled fairly too.
        chosen = torch.linspace(0, len(images) - 1, min(points, len(images))).round().long()
        codes = latent.encode(model, images[chosen])
        codes = codes[0] if is_vae else codes
        labels = images.labels if labels is None else labels
        if labels is not None:
            given = images.class_names if class_names is None else class_names
            known, names = classes(labels, len(images), given)
            labelled = known[chosen].tolist()
    sides = _extent(extent, codes, is_vae)
    return PlaneExplorer(
        model,
        title=title,
        codes=rounded(codes),
        labels=labelled,
        class_names=names,
        extent=sides,
        z=[round((sides[axis] + sides[axis + 1]) / 2, 3) for axis in (0, 2)],
        prior=is_vae,
    )


def _extent(extent: Sequence[float] | None, codes: Tensor, is_vae: bool) -> list[float]:
    """[left, right, bottom, top] of the map, 2 decimals."""
    if extent is not None:
        sides = [float(side) for side in extent]
        fits = len(sides) == 4 and all(map(math.isfinite, sides))
        if not fits or sides[0] >= sides[1] or sides[2] >= sides[3]:
            raise ValueError(
                f"extent is (left, right, bottom, top) with left < right and bottom < top, not {extent}."
            )
        return sides
    if is_vae:
        return [-_PRIOR_REACH, _PRIOR_REACH] * 2
    if not len(codes):
        raise DataError("An autoencoder does not say where its codes lie: give images, or an extent.")
    # One scale on both axes: a lopsided cloud looks lopsided.
    low, high = torch.quantile(codes, torch.tensor([0.01, 0.99]), dim=0)
    reach = max(0.55 * (high - low).max().item(), 0.1)
    middle = ((low + high) / 2).tolist()
    return [round(middle[axis] + side * reach, 2) for axis in (0, 1) for side in (-1, 1)]
