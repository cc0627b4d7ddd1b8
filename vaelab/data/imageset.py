"""ImageSet: pictures and what is known about them, ready to be cut into batches."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from vaelab.data.arguments import is_whole, seed_number, whole_number
from vaelab.data.pixels import check_unit_range
from vaelab.errors import DataError, UnknownNameError

CHANNELS_LAST = " Where channels stand last, x.permute(0, 3, 1, 2) brings them to their place."


@dataclass(frozen=True, eq=False)
class ImageSet:
    """A data set: pictures of one size, with their labels, attributes and factors where these are known.

    `ImageSet(floats, labels=labels)` makes one of your own numbers. `torch.utils.data.DataLoader` takes it as
    it is, and gives batches of floats in [0, 1], with their labels where there are any.

    >>> images = ImageSet(torch.rand(6, 1, 8, 8), labels=torch.arange(6))
    >>> [x.shape for x, y in torch.utils.data.DataLoader(images, batch_size=4)]
    [torch.Size([4, 1, 8, 8]), torch.Size([2, 1, 8, 8])]

    Attributes:
        images: uint8 from 0 to 255, or floats in [0, 1], shape (N, C, H, W); a large set's lie in a file that
            is mapped into memory.
        name: where the pictures come from.
        attributes: bool, shape (N, A): yes-or-no properties, named by `attribute_names`.
        factors: the numbers each picture was drawn from, name -> float tensor of shape (N,).
        labels: int64, shape (N,): one class a picture, named by `class_names`; None where there are none.
        skipped: (file, reason) of each picture that could not be read.
    """

    images: Tensor
    name: str = "images"
    attributes: Tensor | None = None
    attribute_names: tuple[str, ...] = ()
    factors: dict[str, Tensor] = field(default_factory=dict)
    labels: Tensor | None = None
    class_names: tuple[str, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()

    def __post_init__(self):
        if not isinstance(self.images, Tensor):
            raise DataError(
                "Pictures come as an ImageSet (vaelab.load makes one), or as a tensor of shape (N, C, H, W): "
                f"floats in [0, 1], or uint8; not as {type(self.images).__name__}. torch.as_tensor makes one "
                "of a NumPy array."
            )
        known = self.images.dtype == torch.uint8 or self.images.is_floating_point()
        if not known or self.images.ndim != 4:
            raise DataError(
                f"Pictures are uint8 from 0 to 255, or floats in [0, 1], of shape (N, C, H, W); these are "
                f"{self.images.dtype} of shape {tuple(self.images.shape)}."
            )
        if self.images.is_floating_point():
            check_unit_range(self.images)
        if self.images.shape[1] not in (1, 3):
            raise DataError(
                f"Images need 1 channel (grey) or 3 (red, green, blue), not {self.images.shape[1]}: the axes "
                f"are (N, channels, height, width), here {tuple(self.images.shape)}."
                + (CHANNELS_LAST if self.images.shape[-1] in (1, 3) else "")
            )
        tables = {"attributes": self.attributes, "labels": self.labels, **self.factors}
        for name, table in tables.items():
            if table is not None and len(table) != len(self.images):
                raise DataError(
                    f"{len(self.images)} images, but {len(table)} rows of {name}: one is needed a picture."
                )

    @classmethod
    def of(cls, images: "ImageSet | Tensor") -> "ImageSet":
        """Whatever pictures come as, an ImageSet: the one way in of everything that takes pictures.

        Args:
            images: an ImageSet, which is given back as it is; floats in [0, 1]; or uint8 from 0 to 255.
                Tensors have the shape (N, C, H, W).

        Raises:
            DataError: something else, or another shape.
            PixelRangeError: floats outside [0, 1].
        """
        return images if isinstance(images, ImageSet) else cls(images)

    @classmethod
    def some(cls, images: "ImageSet | Tensor") -> "ImageSet":
        """As `of`, of one picture at least. Raises DataError when there are none."""
        found = cls.of(images)
        if not len(found):
            raise DataError("The ImageSet is empty: at least one picture is needed.")
        return found

    def __len__(self) -> int:
        return len(self.images)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape of one picture, (channels, height, width)."""
        channels, height, width = self.images.shape[1:]
        return channels, height, width

    def __repr__(self) -> str:
        known = [f"{len(self.class_names)} classes"] * bool(self.class_names)
        known += [f"{len(self.attribute_names)} attributes"] * bool(self.attribute_names)
        known += [f"{len(self.factors)} factors"] * bool(self.factors)
        size = "x".join(map(str, self.shape))
        return f"ImageSet({self.name!r}: {len(self)} images, {size}{''.join(', ' + k for k in known)})"

    def __getitem__(self, index) -> "ImageSet":
        """The chosen pictures as an ImageSet; `images[3]` keeps the batch axis, so it holds one picture."""
        if is_whole(index):
            if not -len(self) <= index < len(self):
                raise IndexError(f"There is no picture {index}: this set has {len(self)}.")
            index = slice(index, index + 1 or None)
        return replace(
            self,
            images=self.images[index],
            attributes=None if self.attributes is None else self.attributes[index],
            factors={name: values[index] for name, values in self.factors.items()},
            labels=None if self.labels is None else self.labels[index],
        )

    def __getitems__(self, indices: list[int]) -> list[Tensor] | list[tuple[Tensor, Tensor]]:
        """Pictures as PyTorch's DataLoader asks for them: floats in [0, 1], with their labels if known."""
        rows = torch.tensor(indices)
        pictures = self.float(rows).unbind()
        return list(pictures) if self.labels is None else list(zip(pictures, self.labels[rows], strict=True))

    def attribute(self, name: str) -> Tensor:
        """One attribute, bool of shape (N,)."""
        if self.attributes is None or name not in self.attribute_names:
            raise UnknownNameError(f"attribute of {self.name!r}", name, self.attribute_names)
        return self.attributes[:, self.attribute_names.index(name)]

    def factor(self, name: str) -> Tensor:
        """One factor, float of shape (N,)."""
        if name not in self.factors:
            raise UnknownNameError(f"factor of {self.name!r}", name, self.factors)
        return self.factors[name]

    def float(self, index=slice(None), device: str | torch.device = "cpu") -> Tensor:
        """Pictures as a model sees them: float32 in [0, 1], shape (N, C, H, W), on `device`.

        The chosen rows are gathered where the bytes lie. They travel as bytes, a quarter of the traffic, and
        become floats on the device.

        Args:
            index: a slice, or int64 numbers of pictures, shape (N,), on any device.
            device: where the result is to be.
        """
        rows = self._rows(index, torch.device(device))
        on_device = rows.to(device, non_blocking=rows.is_pinned())
        if rows.is_floating_point():
            return on_device.to(torch.float32, copy=True)  # never the set's own numbers
        return on_device.float().div_(255)

    def _rows(self, index, device: torch.device) -> Tensor:
        """Some pictures as they are kept, where all of them lie; in pinned memory on their way to CUDA."""
        if not isinstance(index, Tensor) or index.dtype != torch.int64 or index.ndim != 1:
            return self.images[index]
        index = index.to(self.images.device)
        index = torch.where(index < 0, index + len(self), index)
        if device.type != "cuda" or self.images.is_cuda:
            return self.images.index_select(0, index)  # many times faster than images[index]
        rows = torch.empty((len(index), *self.shape), dtype=self.images.dtype, pin_memory=True)
        return torch.index_select(self.images, 0, index, out=rows)

    def resident(self, device: str | torch.device) -> "ImageSet":
        """This set with its bytes on `device`, if they fit into half of what is free there; else as it is.

        On a GPU, training then never waits for the disk or the bus. Labels, attributes and factors stay where
        they are. On a CPU nothing moves: the system keeps a mapped file in memory as long as there is room.
        """
        device = torch.device(device)
        if self.images.device.type == device.type or self.images.nbytes > _free_bytes(device) // 2:
            return self
        return replace(self, images=self.images.to(device))

    def batches(
        self, batch_size: int, device: str | torch.device = "cpu", shuffle: bool = False, seed: int = 0
    ) -> Iterator[Tensor]:
        """All pictures once, in batches of float32 in [0, 1]; the last batch may be smaller.

        Args:
            batch_size: pictures in a batch, at least 1.
            device: where the batches are made.
            shuffle: True for a random order, the same for the same `seed`.
            seed: chooses the order; give another one each epoch.
        """
        batch_size = whole_number("batch_size", batch_size)
        order = torch.arange(len(self))
        if shuffle:
            order = torch.randperm(len(self), generator=torch.Generator().manual_seed(seed_number(seed)))
        for index in order.to(self.images.device).split(batch_size):
            yield self.float(index, device)


def _free_bytes(device: torch.device) -> int:
    """Memory that is free on a device; 0 where that is not known."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    if device.type == "mps":
        return torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
    return 0
