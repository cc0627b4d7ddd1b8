"""`redraw`: hold a part of the code, and draw the rest again."""

import torch
from torch import Tensor, nn
from traitlets import Float, List, Unicode, validate

from vaelab.data.arguments import seed_number, whole_number
from vaelab.errors import DataError, ShapeError
from vaelab.explorers import pictures
from vaelab.explorers.codes import check_length, check_model, rounded
from vaelab.explorers.decoding import DecoderExplorer


class Redraw(DecoderExplorer):
    """What `redraw` returns; `held` and `drawn` can be observed and linked."""

    kind = Unicode("redraw").tag(sync=True)
    held = List(Float()).tag(sync=True)  # the first numbers of all codes
    drawn = List(List(Float())).tag(sync=True)  # the others, of each picture
    names = List(Unicode()).tag(sync=True)  # of what is held, and of what is drawn

    @validate("held")
    def _all_held(self, proposal):
        check_length(proposal.value, self._model.latent_dim - len(self.drawn[0]), "held")
        return proposal.value

    @validate("drawn")
    def _all_drawn(self, proposal):
        for rest in proposal.value:
            check_length(rest, self._model.latent_dim - len(self.held), "each row of drawn")
        return proposal.value

    def still(self) -> str:
        """The row of pictures."""
        held, drawn = self.names
        codes = torch.tensor([[*self.held, *rest] for rest in self.drawn])
        alt = f"{len(codes)} pictures, decoded from one {held} code and as many draws of the {drawn} code."
        return pictures.img(pictures.row(self._decode(codes)), alt, width=96 * len(codes))


def redraw(
    model: nn.Module,
    held: Tensor,
    *,
    draws: int = 6,
    names: tuple[str, str] = ("top", "bottom"),
    seed: int = 0,
    title: str = "Hold the top, draw the bottom again",
) -> Redraw:
    """A row of pictures that share the first numbers of their codes; the others are drawn from N(0, I).

    Sliders move what is shared, in all pictures at once, and buttons draw either part again. Traits: `held`,
    the shared numbers; `drawn`, a list of the other numbers for each picture.

    Args:
        model: a module with `decode(z)` and `latent_dim`, whose codes are N(0, I).
        held: the first numbers of a code, (k,), to begin with; 1 to 8, and fewer than the code has.
        draws: pictures in the row, 1 to 12.
        names: what the two parts are called.
        seed: of the draws to begin with.
        title: heading.

    Raises:
        ShapeError: more numbers than a code has, or none.
        DataError: draws out of range.
    """
    check_model(model)
    if held.ndim != 1 or not 1 <= len(held) <= min(8, model.latent_dim - 1):
        raise ShapeError(
            f"held are the first numbers of a code, 1 to {min(8, model.latent_dim - 1)} of them here, not "
            f"{tuple(held.shape)}."
        )
    if whole_number("draws, pictures in the row,", draws) > 12:
        raise DataError(f"draws, pictures in the row, goes from 1 to 12, not {draws}.")
    generator = torch.Generator().manual_seed(seed_number(seed))
    rest = torch.randn((draws, model.latent_dim - len(held)), generator=generator)
    return Redraw(model, held=rounded(held.detach()), drawn=rounded(rest), names=list(names), title=title)
