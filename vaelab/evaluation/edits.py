"""Does an attribute vector do what its name says, and nothing else?"""

from typing import NamedTuple

import torch
from torch import Tensor

from vaelab import latent
from vaelab.data import ImageSet
from vaelab.errors import DataError, ShapeError, UnknownNameError
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
    vector: Tensor,
    features: PortraitFeatures,
    name: str,
    steps: float = 1.5,
) -> AttributeEdit:
    """Add `steps` times an attribute vector to the codes of faces that lack it, and let a classifier judge.

    The edit is compared with the plain reconstruction, so that what the model always loses is not blamed on
    the vector. Mutually exclusive attributes (No_Beard and Goatee) change by right.

    Args:
        images: pictures that know the attribute (`images.attribute(name)`); those without it are edited.
        vector: (latent_dim,), for instance from `latent.attribute_vector`.
        features: the judge, `portrait_features()`. It knows drawn portraits only.
        name: an attribute that judge and images know.
        steps: how far to go along the vector.

    Raises:
        UnknownNameError: the judge or the images do not know the attribute.
        ShapeError: the vector is not one of this model's codes.
        DataError: every face has the attribute.
        ModelError: the model is no VAE.
    """
    images = measurable(model, images)
    if name not in features.attribute_names:
        raise UnknownNameError("attribute of the judge", name, features.attribute_names)
    if vector.shape != (model.latent_dim,):
        raise ShapeError(
            f"A vector for this model has shape ({model.latent_dim},); this one has {tuple(vector.shape)}."
        )
    faces = images[~images.attribute(name)]
    if not len(faces):
        raise DataError(f"Every face has {name}: there is none to add it to.")
    mu, _ = latent.encode(model, faces)
    before = extract_features(features.attributes, latent.decode(model, mu)) > 0.5
    edited = latent.decode(model, mu + steps * vector.to(mu))
    after = extract_features(features.attributes, edited) > 0.5
    place = features.attribute_names.index(name)
    flipped = (before != after).float().mean(0).tolist()
    changed = {other: flipped[i] for i, other in enumerate(features.attribute_names) if i != place}
    shares = before[:, place].float().mean().item(), after[:, place].float().mean().item()
    return AttributeEdit(*shares, changed, len(faces))
