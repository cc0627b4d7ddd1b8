"""The numbers a run is described by, checked before anything starts."""

from dataclasses import asdict, dataclass

from torch import nn

from vaelab.data import ImageSet
from vaelab.errors import DataError, ShapeError, UnknownNameError
from vaelab.nets import count_parameters
from vaelab.training.schedules import SCHEDULES


@dataclass(frozen=True)
class Options:
    """See `fit` for what each means. Raises ValueError when one is out of range."""

    epochs: int
    batch_size: int
    lr: float
    schedule: str
    kl_warm_up: float
    seed: int
    initial_epoch: int

    def __post_init__(self):
        if self.epochs < 1:
            raise ValueError(f"epochs must be at least 1, not {self.epochs}: with none, nothing is learned.")
        if not 0 <= self.initial_epoch <= self.epochs:
            raise ValueError(
                f"initial_epoch counts epochs that are done, from 0 to epochs={self.epochs}; "
                f"it is {self.initial_epoch}."
            )
        if self.batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, not {self.batch_size}.")
        if not self.lr > 0:
            raise ValueError(
                f"lr, the step size, must be greater than 0, not {self.lr}. 1e-3 is a good start."
            )
        if self.schedule not in SCHEDULES:
            raise UnknownNameError("schedule", self.schedule, SCHEDULES)
        if not self.kl_warm_up >= 0:
            raise ValueError(f"kl_warm_up, a number of epochs, must be at least 0, not {self.kl_warm_up}.")

    def steps_per_epoch(self, images: ImageSet) -> int:
        return -(-len(images) // self.batch_size)

    def fixed(self, model: nn.Module, images: ImageSet) -> dict:
        """What must stay the same when a run is resumed, or it would take other steps than without the break.

        More epochs may be added, except where the step size falls towards the last of them.
        """
        values = asdict(self)
        del values["initial_epoch"]
        if self.schedule == "constant":
            del values["epochs"]
        return values | {"images": len(images), "parameters": count_parameters(model)}


def check_images(model: nn.Module, images: ImageSet, validation: ImageSet | None, kl_warm_up: float) -> None:
    """Raise DataError, ShapeError or ValueError where pictures and model do not fit."""
    if not isinstance(images, ImageSet):
        raise DataError(f"fit takes an ImageSet, as vaelab.load gives it, not {type(images).__name__}.")
    if kl_warm_up and not hasattr(model, "beta"):
        raise ValueError("kl_warm_up is for a VAE: this model has no KL term whose weight could climb.")
    for pictures in (images, validation):
        if pictures is not None and len(pictures) == 0:
            raise DataError("The ImageSet is empty: there is nothing to learn from.")
        if pictures is not None and pictures.shape != getattr(model, "image_shape", pictures.shape):
            raise ShapeError(
                f"{pictures!r} does not fit a model for images of shape {model.image_shape}: load it with "
                f"size={model.image_shape[1]}, or build the model with image_shape={pictures.shape}."
            )
