"""`denoising`: noise becomes a face step by step, beside the same noise led to what is wanted."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from traitlets import Enum, Float, Int, List, Unicode, validate

from vaelab.data.arguments import real_number, seed_number, whole_number
from vaelab.errors import DataError, ModelError, ShapeError
from vaelab.explorers import pictures
from vaelab.explorers.decoding import DecoderExplorer
from vaelab.explorers.explorer import one_of
from vaelab.explorers.look_up import Looking, LookUp
from vaelab.latent_diffusion import LatentDiffusion
from vaelab.models import GridVAE

VIEWS = ("guess", "grid")


class Denoising(DecoderExplorer):
    """What `denoising` returns; `step`, `noise`, `goal`, `strength` and `view` can be observed and linked."""

    kind = Unicode("denoising").tag(sync=True)
    step = Int(0).tag(sync=True)  # how many have been taken
    noise = Int(0).tag(sync=True)  # which one it began with
    goal = Int(0).tag(sync=True)  # which of `goals`
    strength = Int(0).tag(sync=True)  # which of `guidance`
    view = Enum(VIEWS, "guess").tag(sync=True)
    noises = Int().tag(sync=True)  # how many there are
    goals = List(Unicode()).tag(sync=True)  # what may be wanted
    guidance = List(Float()).tag(sync=True)
    left = List(Float()).tag(sync=True)  # noise before each step and at the end, per cent of the variance

    @validate("step", "noise", "goal", "strength")
    def _known(self, proposal):
        counts = {"step": self.left, "noise": range(self.noises), "goal": self.goals}
        return one_of(proposal, len(counts.get(proposal.trait.name, self.guidance)))

    def rows(self, step: int) -> list[float]:
        """The codes of both pictures at a step: numbers of rows in the table of all paths."""
        paths = 1 + len(self.goals) * len(self.guidance)
        wanted = 1 + self.goal * len(self.guidance) + self.strength
        both = [2 * (self.noise * paths + path) + VIEWS.index(self.view) for path in (0, wanted)]
        return [float(path * len(self.left) + step) for path in both]

    def still(self) -> str:
        """Both ways at some steps, one below the other."""
        last = len(self.left) - 1
        rows = [self.rows(round(share * last)) for share in (0, 0.25, 0.5, 0.75, 1)]
        both = self._decode(torch.tensor(rows).T.reshape(-1, 1))
        sheet = torch.cat([pictures.row(way) for way in both.chunk(2)], dim=1)
        return pictures.img(
            sheet,
            "Two rows of five pictures, from noise on the left to a face on the right. Above, nothing is "
            f"wanted; below, {self.goals[self.goal]}. A slider goes from step to step.",
            width=560,
            lossless=False,
        )


def denoising(
    model: GridVAE,
    wanted: Mapping[str, Mapping[str, bool]],
    *,
    prior: LatentDiffusion | None = None,
    guidance: Sequence[float] = (1.0, 2.0, 4.0),
    noises: int = 4,
    steps: int = 20,
    seed: int = 0,
    title: str = "From noise to a face",
) -> Denoising:
    """A slider over the steps from noise to a face, beside the same noise on its way to what is wanted.

    Both ways are those of DDIM, without fresh noise, so that nothing but what is wanted tells them apart. A
    picture is decoded from what the network takes the noised grid to become, its guess of x_0, or from the
    noised grid itself, as the reader chooses. All ways are walked here, beforehand: a page carries their
    codes and the decoder, for the denoiser is larger than both. The button "Another noise" goes round the
    noises.

    Traits: `step`, how many steps are taken; `noise`, `goal` and `strength`, which noise, which of `wanted`
    and which of `guidance`, from 0; `view`, "guess" or "grid".

    Args:
        model: a VAE whose codes are grids.
        wanted: what may be wanted, label -> attributes by name, {"a smile": {"Smiling": True}}: 1 to 8.
        prior: what takes the noise out; None for the model's own.
        guidance: how strongly it is wanted, see `LatentDiffusion.sample`: 1 to 4 of them, the first to begin
            with.
        noises: how many to begin with, 1 to 8.
        steps: from noise to a face, 2 to 50. A page loads two codes, the guess and the grid, for each step
            of each way from each noise.
        seed: of the noises.
        title: heading.

    Raises:
        TypeError: no `GridVAE`, or no `LatentDiffusion`.
        UnknownNameError: an attribute that the prior has not learned.
        DataError, ShapeError, ModelError: numbers out of range, or a prior or decoder that does not fit.
    """
    prior = _prior_for(model, prior)
    strengths = [real_number("guidance", scale, least=0) for scale in guidance]
    for name, things, most in (("wanted", wanted, 8), ("guidance", strengths, 4)):
        if not 1 <= len(things) <= most:
            raise DataError(f"{name} holds 1 to {most}, not {len(things)}.")
    if whole_number("noises", noises) > 8 or not 2 <= whole_number("steps", steps) <= 50:
        raise DataError(f"noises goes from 1 to 8 and steps from 2 to 50; here: {noises} and {steps}.")
    ways = [{}] + [{"wanted": named, "guidance": scale} for named in wanted.values() for scale in strengths]
    seed = seed_number(seed)
    codes = torch.stack([_way(prior, noises, steps, seed, **way) for way in ways], dim=1)
    return Denoising(
        _decoder(model, codes.flatten(0, 3)),
        noises=noises,
        goals=[str(label) for label in wanted],
        guidance=strengths,
        left=[round(100 * (1 - prior.schedule.alpha_bar[t].item()), 1) for t in prior.schedule.times(steps)],
        title=title,
    )


def _prior_for(model: nn.Module, prior: nn.Module | None) -> LatentDiffusion:
    """The prior, if both are what they must be."""
    if not isinstance(model, GridVAE):
        raise TypeError(f"denoising shows a GridVAE, whose codes are grids, not {type(model).__name__}.")
    prior = model.prior if prior is None else prior
    if not isinstance(prior, LatentDiffusion):
        raise TypeError(
            f"denoising needs a LatentDiffusion as prior, to take the noise out, not {type(prior).__name__}."
        )
    if prior.grid_shape != model.grid_shape:
        raise ShapeError(f"The prior's grids are {prior.grid_shape}, the model's {model.grid_shape}.")
    layers = model.decoder
    if not (isinstance(layers, nn.Sequential) and len(layers) and isinstance(layers[0], nn.Unflatten)):
        raise ModelError("denoising needs a decoder that is a Sequential and begins with nn.Unflatten.")
    return prior


def _way(prior: LatentDiffusion, noises: int, steps: int, seed: int, **way) -> Tensor:
    """Codes on one way, (noises, 2, steps + 1, latent_dim): guesses, then noised grids."""
    walked = list(prior.walk(noises, seed, steps=steps, **way))
    x_T = torch.randn((noises, prior.latent_dim), generator=torch.Generator().manual_seed(seed))
    grids = [prior.mean + prior.spread * x_T.to(prior.mean), *(step.x_t for step in walked)]
    guesses = [*(step.x_0 for step in walked), walked[-1].x_t]
    return torch.stack([torch.stack(guesses, 1), torch.stack(grids, 1)], dim=1)


def _decoder(model: GridVAE, codes: Tensor) -> Looking:
    """The model's decoder, whose code is the number of a row of `codes`, (N, latent_dim)."""
    channels, height, width = model.grid_shape
    places = height * width
    table = LookUp(model.grid(codes).flatten(2).mT.reshape(-1, channels), (height, width))
    rows = nn.utils.skip_init(nn.Linear, 1, places).requires_grad_(False)  # row 7: 448, 449, ... of 64 places
    rows.weight.fill_(places)
    rows.bias.copy_(torch.arange(places))
    return Looking([rows, table], model.decoder[1:], 1, model)
