"""`codebook`: a face as a board of integers, to be swapped one by one."""

import torch
from torch import Tensor, nn
from traitlets import Int, List, TraitError, Unicode, validate

from vaelab import nets
from vaelab.data import ImageSet
from vaelab.errors import DataError
from vaelab.explorers import pictures
from vaelab.explorers.codes import thumbnails
from vaelab.explorers.decoding import DecoderExplorer
from vaelab.explorers.explorer import one_of
from vaelab.explorers.look_up import Looking, LookUp
from vaelab.latent import decode
from vaelab.vq import VQVAE

_MOST_FACES, _MOST_ENTRIES, _MOST_PLACES = 6, 256, 256
_COLUMNS = 12  # of the sheet of patches


class CodebookExplorer(DecoderExplorer):
    """What `codebook` returns; `index`, `place` and `face` can be observed and linked."""

    kind = Unicode("codebook").tag(sync=True)
    index = List(Int()).tag(sync=True)  # the integers as they stand, in reading order
    place = Int(0).tag(sync=True)  # the one that is changed
    face = Int(0).tag(sync=True)  # which of the faces they were
    faces = List(List(Int())).tag(sync=True)
    thumbnails = List(Unicode()).tag(sync=True)  # data URIs of the pictures
    shape = List(Int()).tag(sync=True)  # height and width of the board
    order = List(Int()).tag(sync=True)  # entries, from dark to light
    sheet = Unicode().tag(sync=True)  # data URI of their patches, so many in a row:
    columns = Int(_COLUMNS).tag(sync=True)

    @validate("index")
    def _whole_board(self, proposal):
        places, entries = len(self.faces[0]), len(self.order)
        if len(proposal.value) != places or not all(0 <= i < entries for i in proposal.value):
            raise TraitError(f"index needs {places} integers from 0 to {entries - 1}, one a place.")
        return proposal.value

    @validate("place", "face")
    def _known(self, proposal):
        return one_of(proposal, len(self.faces if proposal.trait.name == "face" else self.faces[0]))

    def still(self) -> str:
        """The face that the integers make."""
        height, width = self.shape
        return pictures.img(
            self._decode(torch.tensor([self.index]).float())[0],
            f"A picture decoded from {height} by {width} integers. Each can be swapped for another.",
        )


def codebook(
    model: VQVAE, images: ImageSet | Tensor, *, place: int | None = None, title: str = "Swap the pieces"
) -> CodebookExplorer:
    """A face as a board of integers over it: choose a place, put another entry there, see what changes.

    The entries are laid out from dark to light, each with the patch that it makes among its own kind, and a
    slider goes through them in that order. Traits: `index`, the integers in reading order; `place`, the one
    that is changed; `face`, which of the pictures it was.

    Args:
        model: a `VQVAE` with at most 256 entries, and grids of at most 256 places.
        images: 1 to 6 pictures to begin with.
        place: the one to begin with, in reading order, one that is there; None for the middle.
        title: heading.

    Raises:
        TypeError: no `VQVAE`.
        DataError: too many pictures, entries or places.
    """
    if not isinstance(model, VQVAE):
        raise TypeError(f"codebook shows a vaelab.vq.VQVAE, not {type(model).__name__}.")
    images, entries = ImageSet.of(images), model.codebook.entries
    if not 1 <= len(images) <= _MOST_FACES:
        raise DataError(f"This explorer takes 1 to {_MOST_FACES} pictures, not {len(images)}.")
    with torch.no_grad(), nets.evaluating(model):
        grids = model.encode(images)
    shape = grids.shape[1:]
    if len(entries) > _MOST_ENTRIES or shape.numel() > _MOST_PLACES:
        raise DataError(
            f"codebook shows at most {_MOST_ENTRIES} entries and {_MOST_PLACES} places; this model has "
            f"{len(entries)} and {shape.numel()}."
        )
    board = Looking([LookUp(entries, tuple(shape))], model.decoder, shape.numel(), model)
    patches = _patches(board, len(entries), *shape)
    order = patches.mean((1, 2, 3)).argsort(stable=True)
    faces = grids.flatten(1).tolist()
    return CodebookExplorer(
        board,
        faces=faces,
        index=faces[0],
        place=shape[0] // 2 * shape[1] + shape[1] // 2 if place is None else place,
        thumbnails=thumbnails(images),
        shape=list(shape),
        order=order.tolist(),
        sheet=pictures.data_uri(_sheet(patches[order])),
        title=title,
    )


def _patches(board: nn.Module, entries: int, height: int, width: int) -> Tensor:
    """What each entry makes in the middle of a board full of it, (entries, C, h, w)."""
    alone = torch.arange(entries).float()[:, None].expand(-1, height * width)
    pictures = decode(board, alone)
    high, wide = pictures.shape[2] // height, pictures.shape[3] // width
    top, left = height // 2 * high, width // 2 * wide
    return pictures[:, :, top : top + high, left : left + wide]


def _sheet(patches: Tensor) -> Tensor:
    """One picture of all patches, row after row."""
    missing = -len(patches) % _COLUMNS
    whole = torch.cat([patches, patches.new_ones(missing, *patches.shape[1:])])
    rows = [torch.cat(list(row), dim=2) for row in whole.split(_COLUMNS)]
    return torch.cat(rows, dim=1)
