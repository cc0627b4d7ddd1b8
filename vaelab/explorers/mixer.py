"""A face plus so much smile, minus so much beard: attribute vectors, a slider each."""

import torch
from torch import Tensor, nn
from traitlets import Float, Int, List, Unicode, validate

from vaelab.data import ImageSet
from vaelab.errors import DataError, ShapeError
from vaelab.explorers import pictures
from vaelab.explorers.codes import check_length, check_model, codes_of, pictures_in, rounded, thumbnails
from vaelab.explorers.decoding import DecoderExplorer
from vaelab.explorers.explorer import one_of

_MOST_FACES = 8


class Mixer(DecoderExplorer):
    """See `mixer`."""

    kind = Unicode("mixer").tag(sync=True)
    amounts = List(Float()).tag(sync=True)  # one a vector
    face = Int(0).tag(sync=True)
    codes = List(List(Float())).tag(sync=True)  # of the faces to start from
    labels = List(Unicode()).tag(sync=True)
    vectors = List(List(Float())).tag(sync=True)
    thumbnails = List(Unicode()).tag(sync=True)  # data URIs of the pictures; none where codes were given

    @validate("amounts")
    def _one_each(self, proposal):
        check_length(proposal.value, len(self.labels), "amounts (one a vector)")
        return proposal.value

    @validate("face")
    def _known_face(self, proposal):
        return one_of(proposal, len(self.codes))

    def still(self) -> str:
        face = self._decode(torch.tensor([self.codes[0]]))[0]
        return pictures.img(face, f"A decoded picture. Sliders add to it: {', '.join(self.labels)}.")


def mixer(
    model: nn.Module,
    image: ImageSet | Tensor,
    vectors: dict[str, Tensor],
    *,
    title: str = "Add a little of this, take some of that",
) -> Mixer:
    """A picture's code plus attribute vectors, a slider each, beside the picture as decoded.

    The result decodes code + sum of amount * vector, amounts from -1.5 to 1.5. With a vector from
    `latent.attribute_vector`, 1 is the whole way from the average picture without the attribute to the
    average one with it (Larsen et al., "Autoencoding beyond pixels using a learned similarity metric", ICML
    2016); `latent.attribute_vectors` holds the other attributes fixed. Traits: `amounts`, one a vector in
    the order of `vectors`, and `face`, which of the pictures is changed.

    Args:
        model: a module with `decode(z)` and `latent_dim`; with `encode` too if pictures are given.
        image: 1 to 8 pictures, or their codes (n, latent_dim) or (latent_dim,).
        vectors: label -> (latent_dim,), for instance from `latent.attribute_vectors`.
        title: heading.

    Raises:
        DataError: no vectors, or too many pictures.
        ShapeError: a vector or code of another length than the model's codes.
    """
    check_model(model)
    if not vectors:
        raise DataError("mixer needs at least one attribute vector: {'smile': tensor of latent_dim numbers}.")
    for name, vector in vectors.items():
        if tuple(vector.shape) != (model.latent_dim,):
            raise ShapeError(
                f"The vector {name!r} has shape {tuple(vector.shape)}; codes of this model have "
                f"{model.latent_dim} numbers, so it needs ({model.latent_dim},)."
            )
    codes, images = codes_of(model, image, range(1, _MOST_FACES + 1)), pictures_in(image)
    return Mixer(
        model,
        codes=rounded(codes),
        labels=[str(name) for name in vectors],
        vectors=[rounded(vector) for vector in vectors.values()],
        amounts=[0.0] * len(vectors),
        thumbnails=thumbnails(images) if images else [],
        title=title,
    )
