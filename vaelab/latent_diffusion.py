"""Latent diffusion: a prior of codes that are grids, told what is wanted.

A `GridVAE` turns pictures into small maps; here is what draws new ones. A network learns to say which noise
is in a noised code, and sampling takes it out step by step; `vaelab.diffusion` has the algebra (Rombach,
Blattmann, Lorenz, Esser and Ommer, "High-Resolution Image Synthesis with Latent Diffusion Models", CVPR
2022).

>>> prior = LatentDiffusion((4, 8, 8), ("Smiling", "Eyeglasses"), width=8, blocks=1, steps=5)
>>> prior.sample(3, seed=0, wanted={"Smiling": True}, guidance=2.0).shape
torch.Size([3, 256])
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from vaelab import nets
from vaelab.data.arguments import check_image_shape, check_tensors, real_number, seed_number, whole_number
from vaelab.diffusion import Denoise, Schedule, Step, guided, sampled_negative_elbo, squared_error, walk
from vaelab.errors import DataError, ModelError, ShapeError, UnknownNameError
from vaelab.learning import learn
from vaelab.nets import ImageShape
from vaelab.priors import Prior, Velocity, generator

# Both networks take noised grids (B, C, H, W), times (B,) from 0 to 1, and conditions (B, A), in which 0 is
# "unknown". They say v = sqrt(alpha_bar) eps - sqrt(1 - alpha_bar) x_0, a grid, from which noise and data
# follow without dividing by something small, whatever the time (Salimans and Ho, "Progressive Distillation
# for Fast Sampling of Diffusion Models", ICLR 2022). They begin as 0.


class ResidualDenoiser(nn.Module):
    """All numbers of a grid in a row, through residual blocks, as in a flow's `Velocity`.

    It knows nothing of neighbours and has to learn each place for itself. But each weight is used once for a
    grid and not at each place: it sees some twenty times as many grids in the same time.

    Args:
        grid_shape: (C, H, W).
        conditions: A, how many numbers tell what is wanted.
        width: of the layers.
        blocks: residual blocks.
    """

    def __init__(self, grid_shape: ImageShape, conditions: int, width: int, blocks: int):
        super().__init__()
        self.velocity = Velocity(math.prod(grid_shape), width, blocks, conditions=conditions)

    def forward(self, x: Tensor, t: Tensor, condition: Tensor) -> Tensor:
        return self.velocity(x.flatten(1), t, condition).view_as(x)


class ConvolutionalDenoiser(nn.Module):
    """A small U-Net (Ronneberger, Fischer and Brox, MICCAI 2015; Ho et al., 2020).

    Residual blocks at the grid's own size, at half of it, where each place sees nearly all others, and at its
    own size again, with a way past the middle. Time and condition shift every block's channels.

    Args:
        grid_shape: (C, H, W), H and W even.
        conditions: A, how many numbers tell what is wanted.
        width: channels at the grid's own size, a multiple of 8; twice as many in the middle.
        blocks: residual blocks in the middle.
    """

    def __init__(self, grid_shape: ImageShape, conditions: int, width: int, blocks: int):
        super().__init__()
        if width % 8:
            raise DataError(f"width, the channels of the network, is a multiple of 8, not {width}.")
        nets.shape_after(grid_shape, [width])  # the middle has half the grid's height and width
        self.waves = nets.Waves()
        self.tell = nn.Linear(2 * len(self.waves.frequencies) + conditions, told := 2 * width)
        self.first = nn.Conv2d(grid_shape[0], width, kernel_size=3, padding=1)
        self.down = _Block(width, told)
        self.halve = nn.Conv2d(width, 2 * width, kernel_size=3, stride=2, padding=1)
        self.middle = nn.ModuleList([_Block(2 * width, told) for _ in range(blocks)])
        self.enlarge = nets.UpConv2d(2 * width, width)
        self.up = _Block(width, told)
        self.last = _normed_conv(width, grid_shape[0])
        for layer in self.last[-1].parameters():
            nn.init.zeros_(layer)

    def forward(self, x: Tensor, t: Tensor, condition: Tensor) -> Tensor:
        told = nn.functional.silu(self.tell(torch.cat([self.waves(t), condition], dim=1)))
        fine = self.down(self.first(x), told)
        x = self.halve(fine)
        for block in self.middle:
            x = block(x, told)
        return self.last(self.up(self.enlarge(x) + fine, told))


class _Block(nn.Module):
    """x + two convolutions 3x3, each after group norm (Wu and He, ECCV 2018) and SiLU, shifted in between.

    A group is 8 channels, all of its places together.
    """

    def __init__(self, channels: int, told: int):
        super().__init__()
        self.first = _normed_conv(channels)
        self.shift = nn.Linear(told, channels)
        self.second = _normed_conv(channels)
        for layer in self.second[-1].parameters():
            nn.init.zeros_(layer)  # every block begins by changing nothing

    def forward(self, x: Tensor, told: Tensor) -> Tensor:
        return x + self.second(self.first(x) + self.shift(told)[:, :, None, None])


def _normed_conv(channels: int, outputs: int | None = None) -> nn.Sequential:
    conv = nn.Conv2d(channels, outputs or channels, kernel_size=3, padding=1)
    return nn.Sequential(nn.GroupNorm(channels // 8, channels), nn.SiLU(), conv)


NETWORKS: dict[str, type[nn.Module]] = {
    "residual": ResidualDenoiser,
    "convolutional": ConvolutionalDenoiser,
}


class LatentDiffusion(Prior):
    """Noise carried to codes step by step by a network that sees noise; with attributes, to those wanted.

    Codes are standardised, each number by its mean and spread, and seen as grids. Attributes are told as 1
    for yes, -1 for no and 0 for unknown. Most of them are hidden most of the time while it learns, so that
    any of them can be asked for, alone or together; with nothing asked it draws from all codes.

    Args:
        grid_shape: (C, H, W) of a code; a code is a row of C * H * W numbers: `GridVAE.grid_shape`.
        attributes: names of what it can be asked for, `images.attribute_names`; none to begin with.
        network: "residual" or "convolutional", see `ResidualDenoiser` and `ConvolutionalDenoiser`.
        width, blocks: of it.
        steps: back from noise to codes, when it draws: one evaluation of the network each.

    Attributes:
        schedule: of 1000 steps, those that it learns on.
        denoiser: the network; it works on standardised codes.
        mean, spread: of each number of a code.
        interrupted: whether the last `fit` was stopped early.
    """

    mean: Tensor
    spread: Tensor
    denoiser: nn.Module

    def __init__(
        self,
        grid_shape: ImageShape,
        attributes: Sequence[str] = (),
        network: str = "residual",
        width: int = 384,
        blocks: int = 3,
        steps: int = 50,
    ):
        self.grid_shape = check_image_shape(grid_shape)
        super().__init__(math.prod(self.grid_shape))
        self.attributes = tuple(attributes)
        if network not in NETWORKS:
            raise UnknownNameError("network of a latent diffusion", network, NETWORKS)
        self.network = network
        self.width = whole_number("width, of the network,", width)
        self.blocks = whole_number("blocks, of the network,", blocks)
        self.steps = whole_number("steps, from noise to a code,", steps)
        self.schedule = Schedule.cosine()
        self.interrupted = False
        self.register_buffer("mean", torch.zeros(self.latent_dim))
        self.register_buffer("spread", torch.ones(self.latent_dim))
        self.denoiser = self._new_network(seed=0)

    def _new_network(self, seed: int) -> nn.Module:
        """The network before training: it does not learn by itself, as a part of a model that is trained."""
        with nets.drawing_by(torch.Generator().manual_seed(seed)):
            kind = NETWORKS[self.network]
            made = kind(self.grid_shape, len(self.attributes), self.width, self.blocks)
            return made.requires_grad_(False)

    def fit(
        self,
        codes: Tensor,
        attributes: Tensor | None = None,
        *,
        updates: int = 4_000,
        batch_size: int = 512,
        lr: float = 1e-3,
        seed: int = 0,
        progress: bool = True,
        keep: str | Path | None = None,
    ) -> "LatentDiffusion":
        """Train a new network on ||eps - eps_hat||^2 / alpha_bar, all times alike: some minutes.

        The weight 1 / alpha_bar makes it ||v - v_hat||^2, so that early and late steps count the same (the
        loss "SNR + 1" of Salimans and Ho, 2022).

        Args:
            codes: draws of the aggregate posterior, (N, latent_dim): `latent.draw_codes(model, images)`.
            attributes: of their pictures, bool, (N, A), as they are named by `attributes`; None where nothing
                is to be asked for.
            updates, batch_size, lr, seed, progress: as for `FlowMatching.fit`.
            keep: a file that is written to each minute; the same call goes on from it after a break.

        Raises:
            ShapeError, DataError: codes as for every prior; attributes that are missing, or others.
            TrainingDivergedError: the loss became NaN or infinite; the prior is as it was.
        """
        codes = self._fitting(codes)
        told = self._told(attributes, len(codes))
        updates = whole_number("updates, of the weights,", updates)
        batch_size = whole_number("batch_size", batch_size)
        lr = real_number("lr, the step size,", lr, above=0)
        seed = seed_number(seed)
        draws = torch.Generator().manual_seed(seed)
        mean, spread = codes.mean(0), codes.std(0)
        data = ((codes - mean) / spread).to(self.mean)

        def loss(network: nn.Module) -> Tensor:
            rows = torch.randint(len(data), (batch_size,), generator=draws)
            shares = (torch.arange(batch_size) + torch.rand(batch_size, generator=draws)) / batch_size
            t = 1 + (shares * self.schedule.steps).long().clamp(max=self.schedule.steps - 1)
            eps = torch.randn((batch_size, self.latent_dim), generator=draws).to(data)
            denoise = self._with(network, _partly_hidden(told[rows], draws).to(data))
            x_0 = data[rows.to(data.device)]
            error = squared_error(denoise, x_0, self.schedule, t.to(data.device), eps)
            return (error / self.schedule.alpha_bar[t].to(data)).mean() / self.latent_dim

        self.denoiser, self.interrupted = learn(
            self._new_network(seed).to(self.mean),
            loss,
            updates=updates,
            lr=lr,
            draws=draws,
            progress=progress,
            keep=Path(keep) if keep else None,
        )
        self.mean.copy_(mean)
        self.spread.copy_(spread)
        return self

    @torch.no_grad()
    def sample(
        self,
        n: int,
        seed: int | torch.Generator | None = None,
        *,
        wanted: Mapping[str, bool] | None = None,
        guidance: float = 1.0,
    ) -> Tensor:
        """`n` codes, (n, latent_dim), where the prior's numbers are.

        Args:
            n, seed: as for every prior.
            wanted: attributes by name, {"Smiling": True, "Wearing_Hat": False}; None asks for nothing.
            guidance: how strongly they are wanted: 1 draws from p(code | wanted), more goes beyond it.

        Raises:
            UnknownNameError: an attribute that it has not learned.
        """
        return list(self.walk(n, seed, wanted=wanted, guidance=guidance))[-1].x_t

    def walk(
        self,
        n: int,
        seed: int | torch.Generator | None = None,
        *,
        wanted: Mapping[str, bool] | None = None,
        guidance: float = 1.0,
        steps: int | None = None,
        eta: float = 0.0,
    ) -> Iterator[Step]:
        """The same, step by step: codes on their way, and what they are taken to become, in codes' own units.

        Args:
            steps: how many; None takes the prior's own.
            eta: fresh noise on the way, 0 for none (DDIM), 1 for ancestral sampling.
            Others: as for `sample`.
        """
        n = whole_number("n, the number of codes,", n)
        draws = generator(seed)
        x_T = torch.randn((n, self.latent_dim), generator=draws).to(self.mean)
        told = self.condition(wanted or {}).expand(n, -1).to(self.mean)
        denoise = guided(lambda *given: self._with(self.denoiser, given[2])(*given[:2]), told, guidance)
        for t, x_t, x_0 in walk(denoise, x_T, self.schedule, steps or self.steps, eta, draws):
            yield Step(t, self.mean + self.spread * x_t, self.mean + self.spread * x_0)

    def condition(self, wanted: Mapping[str, bool]) -> Tensor:
        """What is wanted as the network is told it: (A,), 1 for yes, -1 for no, 0 where nothing is said."""
        told = torch.zeros(len(self.attributes))
        for name, present in wanted.items():
            if name not in self.attributes:
                raise UnknownNameError("attribute of this prior", name, self.attributes)
            told[self.attributes.index(name)] = 1.0 if present else -1.0
        return told

    @torch.no_grad()
    def bound(self, z: Tensor, draws: int = 16, seed: int = 0) -> Tensor:
        """The ELBO: at most log p(z) of each code, in nats, (N,), with nothing asked for.

        Args:
            z: codes, (N, latent_dim).
            draws: of times for each code: the more, the less it scatters about the ELBO.
            seed: of all draws.
        """
        check_tensors(z=z)
        self._check_shape(z)
        x = (z.to(self.mean) - self.mean) / self.spread
        denoise = self._with(self.denoiser, x.new_zeros(len(x), len(self.attributes)))
        cost = sampled_negative_elbo(denoise, x, self.schedule, draws, generator(seed))
        return (-cost - self.spread.log().sum()).to(z.device)

    def _draw(self, n: int, generator: torch.Generator | None) -> Tensor:
        return self.sample(n, generator)

    def _log_density(self, z: Tensor) -> Tensor:
        raise ModelError("A diffusion model's log p(z) is not known, only bounded from below: bound(z).")

    def _with(self, network: nn.Module, condition: Tensor) -> Denoise:
        """The network, told something, as what `vaelab.diffusion` works with: rows, whole times, noise.

        It says v, and the noise is sqrt(1 - alpha_bar) x_t + sqrt(alpha_bar) v.
        """

        def denoise(x_t: Tensor, t: Tensor) -> Tensor:
            left = self.schedule.left(t, x_t)
            grid = x_t.unflatten(1, self.grid_shape)
            v = network(grid, t.to(x_t) / self.schedule.steps, condition).flatten(1)
            return (1 - left).sqrt() * x_t + left.sqrt() * v

        return denoise

    def _told(self, attributes: Tensor | None, n: int) -> Tensor:
        """Attributes of n codes as 1 and -1."""
        if attributes is None and self.attributes:
            raise DataError(
                f"This prior is to know {len(self.attributes)} attributes: give fit those of the pictures."
            )
        table = torch.zeros(n, 0, dtype=torch.bool) if attributes is None else attributes
        check_tensors(attributes=table)
        if table.shape != (n, len(self.attributes)) or table.dtype != torch.bool:
            raise ShapeError(
                f"attributes are True or False, one row for each of {n} codes and one column for each of "
                f"{len(self.attributes)} names: shape ({n}, {len(self.attributes)}); these are {table.dtype} "
                f"of shape {tuple(table.shape)}."
            )
        return table.cpu().float() * 2 - 1


def _partly_hidden(told: Tensor, draws: torch.Generator) -> Tensor:
    """Conditions with some set to 0, "unknown": in each row a share of its own, often all or none of them."""
    share = (1.5 * torch.rand((len(told), 1), generator=draws) - 0.25).clamp(0, 1)
    return told * (torch.rand(told.shape, generator=draws) >= share)
