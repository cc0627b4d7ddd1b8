"""Codes that are whole numbers: each names a row of a table, and a decoder goes on from the rows."""

import torch
from torch import Tensor, nn


class LookUp(nn.Module):
    """Numbers (B, h * w) -> the table's rows as a map, (B, width, h, w).

    Explorers carry all codes as floats. A number that is not whole counts as the nearest, one that the table
    does not have as its first or last.

    Args:
        table: (entries, width); rounded to 16 bits, as a page keeps it.
        shape: (h, w).
    """

    table: Tensor

    def __init__(self, table: Tensor, shape: tuple[int, int]):
        super().__init__()
        self.register_buffer("table", table.detach().half().float())
        self.shape = shape

    def forward(self, numbers: Tensor) -> Tensor:
        index = numbers.round().long().clamp(0, len(self.table) - 1)
        return self.table[index].movedim(2, 1).unflatten(2, self.shape)


class Looking(nn.Module):
    """A decoder that looks its code up first, as the explorers take a model.

    Args:
        first: layers from the code (B, latent_dim) to a map; the last of them is a `LookUp`.
        decoder: layers from the map to pictures.
        latent_dim: numbers in a code.
        of: the model that they are parts of.
    """

    def __init__(self, first: list[nn.Module], decoder: nn.Module, latent_dim: int, of: nn.Module):
        super().__init__()
        self.decoder = nn.Sequential(*first, decoder)
        self.latent_dim, self.image_shape = latent_dim, of.image_shape
        self.recipe = getattr(of, "recipe", None)
        self.to(next(decoder.parameters(), torch.zeros(())).device)

    def decode(self, z: Tensor) -> Tensor:
        """Codes (B, latent_dim) -> images (B, C, H, W) in [0, 1]."""
        return self.decoder(z)
