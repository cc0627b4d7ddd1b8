"""A face plus so much smile, minus so much beard: attribute vectors, a slider each."""

import torch
from torch import Tensor, nn
from traitlets import Float, Int, List, Unicode, validate

from vaelab.data import ImageSet
from vaelab.errors import DataError, ShapeError
from vaelab.explorers import pictures
from vaelab.explorers.codes import (
    check_length,
    check_model,
    codes_of,
    pictures_in,
    prior_of,
    rounded,
    thumbnails,
)
from vaelab.explorers.decoding import DecoderExplorer
from vaelab.explorers.explorer import one_of
from vaelab.latent import decode

_MOST_FACES = 8
_FULL = 1.5  # the largest amount of a vector


class Mixer(DecoderExplorer):
    """See `mixer`."""

    kind = Unicode("mixer").tag(sync=True)
    amounts = List(Float()).tag(sync=True)  # one a vector
    face = Int(0).tag(sync=True)  # which of the codes; -1 for the one in `drawn`
    codes = List(List(Float())).tag(sync=True)  # of the faces to start from
    drawn = List(Float()).tag(sync=True)  # the code last drawn from the prior; [] before that
    labels = List(Unicode()).tag(sync=True)
    vectors = List(List(Float())).tag(sync=True)
    thumbnails = List(Unicode()).tag(sync=True)  # data URIs of the pictures; none where codes were given

    @validate("amounts")
    def _one_each(self, proposal):
        check_length(proposal.value, len(self.labels), "amounts (one a vector)")
        return proposal.value

    @validate("face")
    def _known_face(self, proposal):
        return -1 if proposal.value == -1 and self.drawn else one_of(proposal, len(self.codes))

    @validate("drawn")
    def _whole_code(self, proposal):
        check_length(proposal.value, len(self.codes[0]), "drawn")
        return proposal.value

    def still(self) -> str:
        """The picture that the sliders make of the face as they stand."""
        code = torch.tensor(self.drawn if self.face < 0 else self.codes[self.face])
        face = self._decode((code + torch.tensor(self.amounts) @ torch.tensor(self.vectors))[None])[0]
        added = ", ".join(
            f"{label} {a:+.1f}" for label, a in zip(self.labels, self.amounts, strict=True) if a
        )
        return pictures.img(
            face,
            f"A decoded picture, {added or 'nothing added'}. Sliders add to it: {', '.join(self.labels)}.",
        )


def mixer(
    model: nn.Module,
    image: ImageSet | Tensor,
    vectors: dict[str, Tensor],
    *,
    face: int = 0,
    amounts: dict[str, float] | None = None,
    title: str = "Add a little of this, take some of that",
) -> Mixer:
    """A picture's code plus attribute vectors, a slider each, beside the picture as decoded.

    The result decodes code + sum of amount * vector, amounts from -1.5 to 1.5. With a vector from
    `latent.attribute_vector`, 1 is the whole way from the average picture without the attribute to the
    average one with it (Larsen et al., "Autoencoding beyond pixels using a learned similarity metric", ICML
    2016); `latent.attribute_vectors` holds the other attributes fixed. "Another face" draws one from the
    model's prior, where it has one. Traits: `amounts`, one a vector in the order of `vectors`, and `face`,
    which of the pictures is changed (-1 for the one that was drawn).

    Args:
        model: a module with `decode(z)` and `latent_dim`; with `encode` too if pictures are given.
        image: 1 to 8 pictures, or their codes (n, latent_dim) or (latent_dim,).
        vectors: label -> (latent_dim,), for instance from `latent.attribute_vectors`.
        face: which of them to begin with, from 0.
        amounts: label -> amount to begin with; 0 for those left out.
        title: heading.

    Raises:
        DataError: no vectors, or too many pictures.
        ShapeError: a vector or code of another length than the model's codes.
        ValueError: a face or an amount that is not there, or too large an amount.
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
    for label, amount in (amounts or {}).items():
        if label not in vectors or not abs(amount) <= _FULL:
            raise ValueError(
                f"amounts: {label!r} is {amount}; the vectors are {', '.join(map(repr, vectors))}, and an "
                f"amount goes from -{_FULL} to {_FULL}."
            )
    codes, images = codes_of(model, image, range(1, _MOST_FACES + 1)), pictures_in(image)
    if face not in range(len(codes)):
        raise ValueError(f"face goes from 0 to {len(codes) - 1} here, not {face}.")
    if images is None and len(codes) > 1:
        images = pictures_in(decode(model, codes))
    return Mixer(
        model,
        prior=prior_of(model) if hasattr(model, "prior") else "",
        codes=rounded(codes),
        face=face,
        labels=[str(name) for name in vectors],
        vectors=[rounded(vector) for vector in vectors.values()],
        amounts=[float((amounts or {}).get(name, 0)) for name in vectors],
        thumbnails=thumbnails(images) if images else [],
        title=title,
    )
