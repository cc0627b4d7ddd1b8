"""What all drawn sets share: the check of what is to be drawn, and drawing a few pictures at a time."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from vaelab.data.arguments import is_whole
from vaelab.errors import DataError

_LARGE = 31 * 2**20  # bytes; glibc learns nothing from a block over 32 MiB
GPU_PIXELS = 256 * 64 * 64  # enough to keep a GPU busy


def check_size(what: str, size: int, sizes: range) -> None:
    """Raise DataError, in words, if `what` cannot be drawn at this size."""
    if not is_whole(size) or size not in sizes:
        raise DataError(
            f"{what} are drawn at {sizes[0]} to {sizes[-1]} pixels, in whole numbers, not {size!r}."
        )


def chosen(factors: dict[str, Tensor], names: Iterable[str]) -> dict[str, Tensor]:
    """These factors alone, each of shape (N,), as tensors. Raise DataError, in words, if some are missing."""
    if missing := [name for name in names if name not in factors]:
        raise DataError(
            f"These factors are missing: {', '.join(missing)}. Start from draw_factors(indices, seed)."
        )
    return {name: torch.as_tensor(factors[name]).detach() for name in names}


def in_chunks(
    paint: Callable[[dict[str, Tensor]], Tensor],
    values: dict[str, Tensor],
    size: int,
    *,
    channels: int,
    cpu_pixels: int,
    order: Tensor | None = None,
) -> Tensor:
    """Draw pictures a few at a time, so that the intermediate results stay in a core's caches.

    Args:
        paint: draws the pictures that some rows of `values` describe: uint8, shape (n, channels, size, size).
        values: name -> tensor with one row a picture, on the device that draws.
        size: height and width in pixels.
        channels: 1 or 3.
        cpu_pixels: pixels to draw at a time on a CPU.
        order: the rows' numbers in the order in which to draw them, shape (N,); None: as they come.

    Returns:
        uint8, shape (N, channels, size, size), on the values' device, in the order of the rows.
    """
    first = next(iter(values.values()))
    if first.device.type == "cpu":
        _keep_freed_memory()
    pixels = cpu_pixels if first.device.type == "cpu" else GPU_PIXELS
    chunk = max(1, pixels // size**2)
    pictures = torch.empty(len(first), channels, size, size, dtype=torch.uint8, device=first.device)
    if order is not None:
        values = {name: rows[order] for name, rows in values.items()}
    for i in range(0, len(first), chunk):
        where = slice(i, i + chunk) if order is None else order[i : i + chunk]
        pictures[where] = paint({name: rows[i : i + chunk] for name, rows in values.items()})
    return pictures


def _keep_freed_memory() -> None:
    """Let glibc keep the memory that one chunk frees for the next.

    It gives memory back to the system once twice as much lies free as its largest freed block had, and each
    chunk would get its own anew, page by page: a tenth of the time or more. A large block that is freed
    untouched costs nothing and raises that bound, to 62 MiB. Elsewhere nothing changes.
    """
    torch.empty(_LARGE, dtype=torch.uint8)
