"""Explorers that show what a decoder makes of a code: in the kernel with torch, in a page by themselves."""

import os
import secrets
from pathlib import Path

import torch
from torch import nn
from traitlets import Float, List, Unicode, validate

from vaelab.errors import ShapeError, WeightsError
from vaelab.explorers.codes import Cloud, check_length, prior_of, rounded
from vaelab.explorers.explorer import Explorer
from vaelab.explorers.page_decoder import PageDecoder, pack
from vaelab.explorers.page_file import FOLDER
from vaelab.latent import decode


class DecoderExplorer(Explorer):
    """An explorer of one model's decoder.

    In a notebook the model itself decodes, on whatever device it is; any torch module will do. A page decodes
    with a copy of the weights, if the decoder is built of layers it knows (`page_decoder`).

    Args:
        model: has `decode(z)`, codes (B, latent_dim) -> images (B, C, H, W) in [0, 1], and `latent_dim`.

    Raises:
        ShapeError: the model cannot decode a code, or its pictures are neither grey nor RGB.
    """

    picture_shape = List().tag(sync=True)  # channels, height, width
    weights = Unicode().tag(sync=True)  # names the copy for the browser; "" where there can be none
    prior = Unicode().tag(sync=True)  # what random codes are drawn from: "learned", "N(0, I)", "" for nothing

    def __init__(self, model: nn.Module, **traits):
        self._model = model
        self._page: PageDecoder | None = None
        self.why_not_in_a_page = ""
        shape = self._decode(torch.zeros(1, model.latent_dim)).shape[1:]
        if len(shape) != 3 or shape[0] not in (1, 3):
            raise ShapeError(
                f"An explorer shows pictures of shape (1 or 3, H, W); this model decodes to {tuple(shape)}."
            )
        try:
            self._page = pack(model)
        except WeightsError as error:
            self.why_not_in_a_page = str(error)
        super().__init__(picture_shape=list(shape), weights=self._page.key if self._page else "", **traits)
        self.on_msg(self._answer)

    def to_html(self) -> str:
        if self._page and FOLDER in os.environ:
            self._page.keep(Path(os.environ[FOLDER]))
        return super().to_html()

    def _decode(self, z: torch.Tensor) -> torch.Tensor:
        """Pictures of some codes, (N, C, H, W) in [0, 1], on the CPU."""
        return decode(self._model, z)

    def _answer(self, _, message: dict, buffers: list) -> None:
        """Answer the front end: it asks for decoded pictures, a code from the prior, or the weights."""
        reply = {"id": message.get("id")}
        try:
            if message["type"] == "decode":
                self.send(reply, [self._pictures(message["codes"])])
            elif message["type"] == "draw":
                self.send(reply | {"code": self._draw()})
            elif self._page is None:
                self.send(reply | {"error": self.why_not_in_a_page})
            else:
                self.send(reply | {"meta": self._page.meta}, [self._page.data])
        except Exception as error:  # the front end shows it; a widget must not die of it
            self.send(reply | {"error": f"{type(error).__name__}: {error}"})

    def _draw(self) -> list[float]:
        """A code from the model's prior; the reader's own random numbers go on as they would have."""
        seed = secrets.randbits(63)
        prior = getattr(self._model, "prior", None)
        if prior is not None:
            return prior.sample(1, seed=seed)[0].tolist()
        return torch.randn(self._model.latent_dim, generator=torch.Generator().manual_seed(seed)).tolist()

    def _pictures(self, codes: list[list[float]]) -> bytes:
        """RGBA bytes of the decoded codes, one picture after the other."""
        images = self._decode(torch.tensor(codes, dtype=torch.float32))
        pixels = (255 * images).round().clamp(0, 255).byte().expand(-1, 3, -1, -1)
        opaque = torch.full_like(pixels[:, :1], 255)
        return torch.cat([pixels, opaque], dim=1).permute(0, 2, 3, 1).contiguous().numpy().tobytes()


class CodeExplorer(DecoderExplorer):
    """An explorer of one code, seen against the cloud of codes; `z` can be observed and linked."""

    z = List(Float()).tag(sync=True)
    start = List(Float()).tag(sync=True)
    centre = List(Float()).tag(sync=True)  # the codes', one a dimension
    spread = List(Float()).tag(sync=True)

    def __init__(self, model: nn.Module, start: torch.Tensor, cloud: Cloud, **traits):
        traits |= {"centre": rounded(cloud.centre), "spread": rounded(cloud.spread)}
        prior = prior_of(model) if cloud.has_prior else ""
        super().__init__(model, start=rounded(start), z=rounded(start), prior=prior, **traits)

    @validate("z")
    def _whole_code(self, proposal):
        check_length(proposal.value, len(self.start))
        return proposal.value
