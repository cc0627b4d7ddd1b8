"""Codes as integers: a codebook, the VQ-VAE around it, and a prior for the integers.

A picture becomes a small grid of vectors, and each vector gives way to the nearest of a learned list. What
is left of the picture is one integer for each place of the grid (van den Oord, Vinyals and Kavukcuoglu,
"Neural Discrete Representation Learning", NeurIPS 2017). A second model learns which integers go together.

>>> index = nearest(torch.tensor([[0.9, 0.2], [-3.0, 0.0]]), torch.tensor([[1.0, 0.0], [-1.0, 0.0]]))
>>> index
tensor([0, 1])
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vaelab import losses, nets
from vaelab.data import ImageSet
from vaelab.data.arguments import check_image_shape, check_tensors, real_number, seed_number, whole_number
from vaelab.errors import DataError, ShapeError
from vaelab.learning import learn
from vaelab.models import TakesPictures
from vaelab.priors import generator

_AT_A_TIME = 500  # grids through the prior's network


def nearest(codes: Tensor, entries: Tensor) -> Tensor:
    """The number of the entry nearest to each code: (N, width), (K, width) -> (N,), whole numbers."""
    check_tensors(codes=codes, entries=entries)
    return torch.cdist(codes.detach(), entries.detach()).argmin(1)


def straight_through(codes: Tensor, chosen: Tensor) -> Tensor:
    """The value of `chosen` with the gradient of `codes`: the choice between them is skipped.

    (Bengio, Léonard and Courville, "Estimating or Propagating Gradients Through Stochastic Neurons", 2013.)
    """
    return codes + (chosen - codes).detach()


class Quantised(NamedTuple):
    """What a codebook makes of a grid of vectors."""

    grid: Tensor  # entries in place of vectors, gradients straight through: (B, width, h, w)
    index: Tensor  # which entries, (B, h, w), whole numbers
    to_codes: Tensor  # squared distance that moves entries to their vectors, summed over the grid: (B,)
    to_entries: Tensor  # the same number, whose gradient moves the vectors to their entries: (B,)


class Codebook(nn.Module):
    """A learned list of vectors, of which the nearest takes the place of each vector that comes in.

    An entry that is not chosen gets no gradient and stays where it is, while vectors and the other entries
    move on: many come to lie idle (codebook collapse). While training, one that lay idle for `revive_after`
    batches is therefore moved onto a vector of the batch, drawn at random (the "random restarts" of Dhariwal
    et al., "Jukebox", 2020, section 3.1).

    Args:
        entries: how many.
        width: numbers in each.
        revive_after: batches; None leaves idle entries where they are.

    Attributes:
        entries: the list, (entries, width), a parameter.
        idle: how many training batches ago each entry was last chosen, (entries,).
    """

    idle: Tensor

    def __init__(self, entries: int, width: int, revive_after: int | None = 20):
        super().__init__()
        count = whole_number("entries, of a codebook,", entries)
        width = whole_number("width, the numbers in an entry,", width)
        if revive_after is not None:
            revive_after = whole_number("revive_after, batches,", revive_after)
        self.revive_after = revive_after
        self.entries = nn.Parameter(torch.randn(count, width))
        self.register_buffer("idle", torch.zeros(count, dtype=torch.long))

    def forward(self, grid: Tensor) -> Quantised:
        """Vectors (B, width, h, w) -> the nearest entries, their numbers and two distances."""
        check_tensors(grid=grid)
        if grid.ndim != 4 or grid.shape[1] != self.entries.shape[1]:
            raise ShapeError(
                f"This codebook takes a grid of vectors, (B, {self.entries.shape[1]}, h, w); this one has "
                f"{tuple(grid.shape)}. The encoder's last layer decides how many numbers a vector has."
            )
        codes = grid.movedim(1, -1)  # (B, h, w, width)
        index = nearest(codes.flatten(0, 2), self.entries)
        if self.training:
            index = self._count_and_revive(codes.detach().flatten(0, 2), index)
        chosen = self.entries[index].view_as(codes)
        return Quantised(
            straight_through(codes, chosen).movedim(-1, 1),
            index.view(codes.shape[:3]),
            (chosen - codes.detach()).square().flatten(1).sum(1),
            (codes - chosen.detach()).square().flatten(1).sum(1),
        )

    @torch.no_grad()
    def _count_and_revive(self, codes: Tensor, index: Tensor) -> Tensor:
        self.idle += 1
        self.idle[index] = 0
        if self.revive_after is None:
            return index
        dead = (self.idle >= self.revive_after).nonzero()[:, 0]
        if not len(dead):
            return index
        drawn = codes[torch.randint(len(codes), (len(dead),), device=codes.device)]
        # A model that diverges must not take its entries along: `fit` leaves the weights as they were.
        self.entries[dead] = torch.where(drawn.isfinite(), drawn, self.entries[dead])
        self.idle[dead] = 0
        return nearest(codes, self.entries)

    def look_up(self, index: Tensor) -> Tensor:
        """The entries of these numbers: (B, h, w) -> (B, width, h, w)."""
        check_tensors(index=index)
        last = len(self.entries) - 1
        if index.ndim != 3 or index.dtype != torch.long or index.amin() < 0 or index.amax() > last:
            raise DataError(
                f"Integers for this codebook are whole numbers from 0 to {last}, (B, h, w) and of dtype "
                f"torch.long; these have shape {tuple(index.shape)} and dtype {index.dtype}."
            )
        return self.entries[index.to(self.entries.device)].movedim(-1, 1)


def usage(index: Tensor, entries: int) -> dict[str, float]:
    """How a codebook is used by integers of any shape.

    Args:
        index: the integers.
        entries: of the codebook.

    Returns:
        "used", how many entries occur at all, and "perplexity", exp of the entropy of their shares: as many
        equally common entries would be as hard to guess.

    >>> usage(torch.tensor([0, 0, 1, 1]), entries=10)
    {'used': 2.0, 'perplexity': 2.0}
    """
    share = nets.exact(torch.bincount(index.flatten(), minlength=entries)) / index.numel()
    share = share[share > 0]
    return {"used": float(len(share)), "perplexity": round((-(share * share.log()).sum()).exp().item(), 6)}


class VQVAE(TakesPictures):
    """A VAE whose code is a grid of integers, chosen without a draw.

    Training makes small, in nats per image,

        -log p(x | entries) + weight * (to_codes + commitment * to_entries),

    equation 3 of van den Oord et al. (2017). q(integers | x) is certain of one grid, so its entropy is 0 and
    log p(x | entries) + log p(integers) is a bound on log p(x), with any prior p(integers): `elbo`.

    Args:
        encoder: images (B, C, H, W) -> vectors (B, width, h, w).
        codebook: a `Codebook` of that width.
        decoder: (B, width, h, w) -> images in [0, 1].
        image_shape: (C, H, W).
        likelihood: p(x | entries), as for a `VAE`.
        commitment: how hard vectors are pulled to entries, beside 1 the other way round; the paper has 0.25.
        weight: of both distances, nats for each unit of squared distance.
    """

    def __init__(
        self,
        encoder: nn.Module,
        codebook: Codebook,
        decoder: nn.Module,
        image_shape: nets.ImageShape,
        likelihood: nn.Module | None = None,
        commitment: float = 0.25,
        weight: float = 1.0,
    ):
        super().__init__()
        self.encoder, self.codebook, self.decoder = encoder, codebook, decoder
        self.image_shape = check_image_shape(image_shape)
        self.likelihood = likelihood or losses.Gaussian(0.1, learned=True)
        self.commitment = real_number("commitment", commitment, least=0)
        self.weight = real_number("weight, of the distances,", weight, above=0)

    def forward(self, x: ImageSet | Tensor) -> tuple[Tensor, Quantised]:
        """The reconstruction, (B, C, H, W), and what the codebook made of the encoder's vectors."""
        code = self.codebook(self.encoder(self._pictures(x)))
        return self.decoder(code.grid), code

    def encode(self, x: ImageSet | Tensor) -> Tensor:
        """Images (B, C, H, W) -> integers (B, h, w)."""
        return self.codebook(self.encoder(self._pictures(x))).index

    def decode(self, index: Tensor) -> Tensor:
        """Integers (B, h, w) -> images (B, C, H, W) in [0, 1]."""
        return self.decoder(self.codebook.look_up(index))

    def reconstruct(self, x: ImageSet | Tensor) -> Tensor:
        """Decode the integers of images."""
        return self(x)[0]

    def loss(self, x: ImageSet | Tensor) -> dict[str, Tensor]:
        """{"loss", "reconstruction", "distance"}: per image, averaged over the batch."""
        x = self._floats(x)
        x_hat, code = self(x)
        reconstruction, distance = self.likelihood(x, x_hat).mean(), code.to_codes.mean()
        pulls = distance + self.commitment * code.to_entries.mean()
        return {
            "loss": reconstruction + self.weight * pulls,
            "reconstruction": reconstruction,
            "distance": distance,
        }

    def elbo(self, x: ImageSet | Tensor, prior: "IntegerPrior | None" = None) -> Tensor:
        """A bound on log p(x), nats, (B,). Without a prior every grid of integers is equally likely."""
        x = self._floats(x)
        x_hat, code = self(x)
        each = math.log(len(self.codebook.entries))
        price = code.index[0].numel() * each if prior is None else -prior.log_prob(code.index).to(x.device)
        return -self.likelihood(x, x_hat) - price


class IntegerPrior(nn.Module):
    """p(integers), one after the other: p(i_1) p(i_2 | i_1) p(i_3 | i_1, i_2) ..., in reading order.

    A small transformer with a causal mask, so that each integer is guessed from those before it (Vaswani et
    al., "Attention Is All You Need", NeurIPS 2017; on the integers of a VQ-VAE, Esser, Rombach and Ommer,
    "Taming Transformers", CVPR 2021). At each place it is told the neighbour before and the one above; the
    rest it has to look for. Until it is fitted, all integers are equally likely.

    Args:
        entries: how many there are to guess from.
        shape: (h, w) of the grid.
        width: numbers that go along with each place; a multiple of `heads`.
        layers: of attention.
        heads: of each.

    Attributes:
        interrupted: whether the last `fit` was stopped early.

    >>> IntegerPrior(10, (2, 2), width=8).log_prob(torch.zeros(3, 2, 2, dtype=torch.long)) / math.log(10)
    tensor([-4., -4., -4.], grad_fn=<DivBackward0>)
    """

    def __init__(
        self, entries: int, shape: tuple[int, int], width: int = 64, layers: int = 2, heads: int = 4
    ):
        super().__init__()
        self.entries = whole_number("entries, of the codebook,", entries)
        self._options = {"width": width, "layers": layers, "heads": heads}
        self.interrupted = False
        self.shape = (whole_number("h, of the grid,", shape[0]), whole_number("w, of the grid,", shape[1]))
        places = math.prod(self.shape)
        with nets.drawing_by(torch.Generator().manual_seed(0)):
            self.left = nn.Embedding(entries + 1, width)  # the last one says: here nothing stands
            self.above = nn.Embedding(entries + 1, width)
            self.place = nn.Parameter(0.1 * torch.randn(places, width))
            layer = nn.TransformerEncoderLayer(
                width, heads, 4 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
            )
            self.blocks = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
            self.last = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, entries))
        nn.init.zeros_(self.last[1].weight)
        nn.init.zeros_(self.last[1].bias)
        mask = torch.ones(places, places, dtype=torch.bool).triu(1)  # True: not to be looked at
        self.register_buffer("mask", mask, persistent=False)

    def _logits(self, before: Tensor) -> Tensor:
        """What comes next after each of the first integers (B, t), and at the start: (B, t + 1, entries)."""
        h, length = self._told(before), before.shape[1] + 1
        return self.last(self.blocks(h, mask=self.mask[:length, :length]))

    def _told(self, before: Tensor) -> Tensor:
        """What each place is told of the first integers (B, t): (B, t + 1, width)."""
        nothing, length = before.new_full((len(before), self.shape[1]), self.entries), before.shape[1] + 1
        seen = torch.cat([nothing, before], 1)
        left, above = seen[:, -length:], seen[:, :length]
        return self.left(left) + self.above(above) + self.place[:length]

    def _next(self, before: Tensor, kept: list[tuple[Tensor, Tensor]]) -> Tensor:
        """The last row of `_logits`, (B, entries), from what earlier calls have `kept`.

        A place looks only back, so that nothing changes for those before it: each layer keeps their keys and
        values, (B, heads, t, width / heads) each, and one more place goes through.
        """
        h = self._told(before)[:, -1:]
        for number, block in enumerate(self.blocks.layers):
            look = block.self_attn
            projected = F.linear(block.norm1(h), look.in_proj_weight, look.in_proj_bias)
            query, *new = projected.unflatten(2, (3, look.num_heads, -1)).permute(2, 0, 3, 1, 4)
            keys, values = (torch.cat([old, one], 2) for old, one in zip(kept[number], new, strict=True))
            kept[number] = keys, values
            seen = F.scaled_dot_product_attention(query, keys, values)
            h = h + look.out_proj(seen.transpose(1, 2).flatten(2))
            h = h + block.linear2(block.activation(block.linear1(block.norm2(h))))
        return self.last(h)[:, 0]

    def _nothing_kept(self, n: int) -> list[tuple[Tensor, Tensor]]:
        """What `_next` begins with, for `n` grids."""
        heads = [block.self_attn.num_heads for block in self.blocks.layers]
        empty = [self.place.new_empty(n, count, 0, self.place.shape[1] // count) for count in heads]
        return list(zip(empty, empty, strict=True))

    def log_prob(self, index: Tensor) -> Tensor:
        """log p of grids of integers, nats: (B, h, w) -> (B,)."""
        rows = self._rows(index).split(_AT_A_TIME)
        return torch.cat([-self._surprise(part).sum(1) for part in rows])

    def _surprise(self, rows: Tensor) -> Tensor:
        """-log p of each integer given those before it, (B, places)."""
        return F.cross_entropy(self._logits(rows[:, :-1]).movedim(2, 1), rows, reduction="none")

    def fit(
        self,
        index: Tensor,
        *,
        updates: int = 500,
        batch_size: int = 32,
        lr: float = 3e-3,
        seed: int = 0,
        progress: bool = True,
    ) -> "IntegerPrior":
        """Learn which integers go together; what was learned before is forgotten.

        Args:
            index: grids of integers, (N, h, w): `vqvae.encode(images)`.
            updates: how often the weights change.
            batch_size: grids an update, drawn with replacement.
            lr: the step size at the start.
            seed: of what is drawn; PyTorch's own random state stays as it was.
            progress: whether to show a bar.

        Raises:
            ShapeError, DataError: grids of another shape, or integers that the prior does not know.
            TrainingDivergedError: the loss became NaN or infinite; the prior is as it was.
        """
        rows = self._rows(index)
        batch_size = whole_number("batch_size", batch_size)
        draws = torch.Generator().manual_seed(seed_number(seed))

        def surprise(prior: nn.Module) -> Tensor:
            batch = rows[torch.randint(len(rows), (batch_size,), generator=draws).to(rows.device)]
            return prior._surprise(batch).mean()  # of one integer: the step size suits any grid

        learned, self.interrupted = learn(
            IntegerPrior(self.entries, self.shape, **self._options).to(self.place),
            surprise,
            updates=whole_number("updates, of the weights,", updates),
            lr=real_number("lr, the step size,", lr, above=0),
            draws=draws,
            progress=progress,
        )
        self.load_state_dict(learned.state_dict())
        return self

    @torch.no_grad()
    def sample(
        self, n: int, seed: int | torch.Generator | None = None, given: Tensor | None = None
    ) -> Tensor:
        """`n` grids of integers, (n, h, w), one integer at a time.

        Args:
            n: how many, at least 1.
            seed: as for every prior.
            given: integers (n, k) that each begins with, in reading order: the rest is drawn.
        """
        n, draws = whole_number("n, the number of grids,", n), generator(seed)
        device = self.place.device
        rows = torch.empty(n, 0, dtype=torch.long, device=device) if given is None else given.to(device)
        known, kept = rows.shape[1], self._nothing_kept(n)
        for place in range(math.prod(self.shape)):
            logits = self._next(rows[:, :place], kept)
            if place >= known:
                drawn = torch.multinomial(logits.softmax(1).cpu(), 1, generator=draws)
                rows = torch.cat([rows, drawn.to(device)], 1)
        return rows.view(n, *self.shape)

    def _rows(self, index: Tensor) -> Tensor:
        check_tensors(index=index)
        if index.ndim != 3 or index.shape[1:] != self.shape or index.dtype != torch.long:
            raise ShapeError(
                f"This prior takes grids of whole numbers, (B, {self.shape[0]}, {self.shape[1]}), of dtype "
                f"torch.long; these have shape {tuple(index.shape)} and dtype {index.dtype}."
            )
        if index.amin() < 0 or index.amax() >= self.entries:
            raise DataError(
                f"This prior knows the integers from 0 to {self.entries - 1}; these reach from "
                f"{int(index.amin())} to {int(index.amax())}. Give it the codebook's number of entries."
            )
        return index.flatten(1).to(self.place.device)
