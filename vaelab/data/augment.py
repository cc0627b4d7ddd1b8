"""Augmentation: small random changes that leave a face a face, made on the batch, where the batch lies."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from vaelab.data.arguments import share, switch
from vaelab.data.imageset import ImageSet


@dataclass(frozen=True)
class Augment:
    """Mirror, crop and brighten each picture of a batch by chance.

    Each picture gets its own draws, from PyTorch's global random numbers of the batch's device: a saved
    random state brings the same pictures again. All is done at once for the whole batch: no loop, no workers.

    Attributes:
        flip: True to mirror half of the pictures, left to right.
        crop: share of the side that may be cut away: a square of 1 - crop to 1 times the side, anywhere in
            the picture, is resized to the whole. 0 leaves the frame alone.
        brightness: each picture is multiplied by a number between 1 - brightness and 1 + brightness, and
            cut off at white. 0 leaves it alone.
    """

    flip: bool = True
    crop: float = 0.05
    brightness: float = 0.1

    def __post_init__(self):
        switch("flip", self.flip)
        share("crop", self.crop)
        share("brightness", self.brightness)

    def __call__(self, images: ImageSet | Tensor) -> Tensor:
        """A changed copy of a batch.

        Args:
            images: B pictures, whatever `ImageSet.of` takes.

        Returns:
            Floats in [0, 1], shape (B, C, H, W), on the same device; of the same kind if they were floats.
        """
        x = _floats(images)
        if self.crop:
            x = self._cropped(x)
        if self.flip:
            mirrored = torch.rand(len(x), 1, 1, 1, device=x.device) < 0.5
            x = torch.where(mirrored, x.flip(-1), x)
        if self.brightness:
            gain = 1 + self.brightness * (2 * torch.rand(len(x), 1, 1, 1, device=x.device) - 1)
            x = x * gain.to(x.dtype)
        return x.clamp(0, 1)

    def _cropped(self, x: Tensor) -> Tensor:
        """A random square of each picture, resized (bilinear) to the whole.

        In the coordinates of `grid_sample` the picture reaches from -1 to 1: a square with half side s and
        centre c is s * grid + c, and lies inside as long as |c| <= 1 - s.
        """
        draws = torch.rand(len(x), 3, device=x.device)
        half = 1 - self.crop * draws[:, 0]
        centre = (2 * draws[:, 1:] - 1) * (1 - half)[:, None]
        theta = torch.zeros(len(x), 2, 3, device=x.device)
        theta[:, 0, 0] = theta[:, 1, 1] = half
        theta[:, :, 2] = centre
        grid = F.affine_grid(theta, list(x.shape), align_corners=False).to(x.dtype)
        return F.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)


def _floats(images: ImageSet | Tensor) -> Tensor:
    if isinstance(images, Tensor) and images.is_floating_point() and images.device.type != "cpu":
        return images  # looking at a GPU's pixels makes the program wait for it
    pixels = ImageSet.of(images).images
    return pixels if pixels.is_floating_point() else pixels / 255
