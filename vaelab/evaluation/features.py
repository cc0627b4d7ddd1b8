"""Networks that turn a picture into a few numbers worth comparing: features for distances, and a judge."""

import json
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from vaelab import losses, nets
from vaelab.data import ImageSet
from vaelab.errors import MissingDataError, PixelRangeError, ShapeError
from vaelab.evaluation.inputs import evaluating_features

WEIGHTS = Path(__file__).parents[1] / "weights" / "portrait-features.safetensors"


class PortraitFeatures(nn.Module):
    """A small convolutional network that knows the attributes of drawn portraits.

    It was trained on faces whose factors were drawn as usual and, in equal number, on faces whose factors
    were shuffled, so that no attribute tells of another: the judge of a beard has to look at the chin, not
    at the length of the hair. Half of its pictures were blurred or noisy, as samples of a VAE are.

    Args:
        attribute_names: what its heads judge, in order.

    Attributes:
        attribute_names: as above.
        feature_dim: how many features it gives, 64.
    """

    size = 64
    feature_dim = 64

    def __init__(self, attribute_names: tuple[str, ...]):
        super().__init__()
        self.attribute_names = tuple(attribute_names)
        widths = (3, 24, 48, 48, 80, 80, 48)
        strides = (2, 2, 1, 2, 1, 2)
        blocks = [
            nets.conv_block(widths[i], widths[i + 1], stride=stride, batch_norm=True)
            for i, stride in enumerate(strides)
        ]
        self.trunk = nn.Sequential(
            nn.BatchNorm2d(3),
            *blocks,
            nn.Flatten(),
            nn.Linear(48 * 4 * 4, self.feature_dim),
            nn.BatchNorm1d(self.feature_dim),
            nets.LeakyReLU(0.3),
        )
        self.to_attributes = nn.Linear(self.feature_dim, len(self.attribute_names))

    def forward(self, images: Tensor) -> Tensor:
        """The features: colour images (B, 3, H, W) in [0, 1] -> (B, 64), on the device of `images`.

        Other sizes than 64x64 are resized.

        Raises:
            ShapeError, PixelRangeError: not a batch of colour images, or not in [0, 1].
        """
        _check_colour(images)
        weight = self.to_attributes.weight
        return self.trunk(_resized(images, self.size).to(weight.device, weight.dtype)).to(images.device)

    @torch.no_grad()
    def attributes(self, images: Tensor) -> Tensor:
        """Probability of each attribute: images as above -> (B, A) in [0, 1], by `attribute_names`."""
        features = self(images).to(self.to_attributes.weight.device)
        return torch.sigmoid(self.to_attributes(features)).to(images.device)


def portrait_features(device: str | torch.device = "cpu") -> PortraitFeatures:
    """The trained network that comes with the course, in evaluation mode.

    Call it for features (B, 64), for `frechet_distance` and its like; `.attributes(images)` gives the
    probability of each of its `.attribute_names`. It was trained on drawn portraits and knows nothing of
    photographs. `weights/portrait-features.json` tells how it was made and how often it is right.
    """
    return load_features(WEIGHTS).to(device)


def load_features(path: Path) -> PortraitFeatures:
    """A `PortraitFeatures` from the file that `tools/train_features.py` writes, in evaluation mode."""
    with safe_open(path, framework="pt") as file:
        names = json.loads(file.metadata()["attribute_names"])
    with nets.drawing_by(torch.Generator()):  # its draws are overwritten, and nobody's business
        model = PortraitFeatures(names)
    model.load_state_dict(load_file(path))
    return model.eval().requires_grad_(False)


class InceptionFeatures(nn.Module):
    """Inception-v3's pooled features: images (B, 1 or 3, H, W) in [0, 1] -> (B, 2048)."""

    feature_dim = 2048
    mean: Tensor
    std: Tensor

    def __init__(self, network: nn.Module):
        super().__init__()
        network.fc = nn.Identity()
        self.network = network
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1))
        self.register_buffer("std", torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1))

    def forward(self, images: Tensor) -> Tensor:
        if images.ndim == 4 and images.shape[1] == 1:
            images = images.expand(-1, 3, -1, -1)
        _check_colour(images)
        x = (_resized(images, 299).to(self.mean) - self.mean) / self.std
        return self.network(x).to(images.device)


def inception_features(device: str | torch.device = "cpu") -> InceptionFeatures:
    """Features of torchvision's Inception-v3, trained on ImageNet's photographs, in evaluation mode.

    The weights (104 MB) are downloaded once, by torchvision. They are not those of the original FID (Heusel
    et al., "GANs Trained by a Two Time-Scale Update Rule", NeurIPS 2017), which came from another training
    run and resized otherwise: compare numbers from here with each other, not with published FIDs.

    Raises:
        MissingDataError: the weights are not on this machine and cannot be downloaded.
    """
    from torchvision import models as torchvision_models  # takes seconds

    weights = torchvision_models.Inception_V3_Weights.IMAGENET1K_V1
    try:
        with nets.keeping_random_state(torch.device("cpu")):
            network = torchvision_models.inception_v3(weights=weights)
    except (URLError, OSError) as error:
        folder = Path(torch.hub.get_dir()) / "checkpoints"
        raise MissingDataError(
            f"Inception-v3's weights could not be downloaded ({error}). Put {Path(weights.url).name} from "
            f"{weights.url} into {folder}, or use portrait_features(), which needs no download."
        ) from error
    return InceptionFeatures(network).to(device).eval().requires_grad_(False)


@torch.no_grad()
def extract_features(
    features: Callable[[Tensor], Tensor], images: ImageSet | Tensor, batch_size: int = 64
) -> Tensor:
    """Features of many pictures, batch by batch, on the CPU, in evaluation mode where they are a network's.

    Args:
        features: for instance `portrait_features()`, or its `.attributes`.
        images: an ImageSet, or a tensor (N, C, H, W) of floats in [0, 1] or bytes; at least one picture.
        batch_size: pictures at a time.

    Returns:
        (N, F).
    """
    batches = ImageSet.some(images).batches(batch_size)
    with evaluating_features(features):
        return torch.cat([features(x).cpu() for x in batches])


def _check_colour(images: Tensor) -> None:
    if images.ndim != 4 or images.shape[1] != 3:
        raise ShapeError(
            f"Features are taken of colour images, shape (B, 3, H, W); these have {tuple(images.shape)}."
            + (" One image alone needs a batch axis: images[None]." if images.ndim == 3 else "")
        )
    if not images.is_floating_point():
        raise PixelRangeError(f"Images must be floats in [0, 1], not {images.dtype}: divide bytes by 255.")
    losses.check_unit_range(images)


def _resized(images: Tensor, size: int) -> Tensor:
    if images.shape[-2:] == (size, size):
        return images
    return F.interpolate(images, (size, size), mode="bilinear", antialias=True).clamp(0, 1)
