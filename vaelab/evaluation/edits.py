"""Does an attribute vector, or a map, do what its name says, and nothing else?"""

from typing import NamedTuple

import torch
from torch import Tensor

from vaelab import latent
from vaelab.data import ImageSet
from vaelab.errors import DataError, UnknownNameError
from vaelab.evaluation.features import PortraitFeatures, extract_features
from vaelab.evaluation.inputs import measurable
from vaelab.models import VAE


class AttributeEdit(NamedTuple):
    """Shares of the faces that lacked an attribute, all between 0 and 1."""

    before: float  # in which the judge sees the attribute in the plain reconstruction; near 0 is right
    after: float  # in which it sees it after the edit
    changed: dict[str, float]  # for every other attribute, in which its verdict is no longer the same
    faces: int  # how many faces lacked it

    @property
    def others_changed(self) -> float:
        """Mean of `changed` over the other attributes."""
        return sum(self.changed.values()) / max(len(self.changed), 1)


@torch.no_grad()
def attribute_edit(
    model: VAE,
    images: ImageSet,
    direction: Tensor | latent.TransportMap,
    features: PortraitFeatures,
    name: str,
    steps: float = 1.5,
) -> AttributeEdit:
    """Give an attribute to the codes of faces that lack it, and let a classifier judge the decoded pictures.

    The edit is compared with the plain reconstruction, so that what the model always loses is not blamed on
    the edit. Mutually exclusive attributes (No_Beard and Goatee) change by right.

    Args:
        images: pictures that know the attribute (`images.attribute(name)`); those without it are edited.
        direction: a vector, (latent_dim,), the same for all faces, for instance `latent.attribute_vector`'s;
            or a map, `latent.attribute_map`'s.
        features: the judge, `portrait_features()`. It knows drawn portraits only.
        name: an attribute that judge and images know.
        steps: how far to go, as in `latent.edit`.

    Raises:
        UnknownNameError: the judge or the images do not know the attribute.
        ShapeError: the direction is not one of this model's codes.
        DataError: every face has the attribute.
        ModelError: the model is no VAE.
    """
    images = measurable(model, images)
    if name not in features.attribute_names:
        raise UnknownNameError("attribute of the judge", name, features.attribute_names)
    faces = images[~images.attribute(name)]
    if not len(faces):
        raise DataError(f"Every face has {name}: there is none to add it to.")
    mu, _ = latent.encode(model, faces)
    before = extract_features(features.attributes, latent.decode(model, mu)) > 0.5
    edited = latent.decode(model, latent.edit(mu, direction, steps))
    after = extract_features(features.attributes, edited) > 0.5
    place = features.attribute_names.index(name)
    flipped = (before != after).float().mean(0).tolist()
    changed = {other: flipped[i] for i, other in enumerate(features.attribute_names) if i != place}
    shares = before[:, place].float().mean().item(), after[:, place].float().mean().item()
    return AttributeEdit(*shares, changed, len(faces))
