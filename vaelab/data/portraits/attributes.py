"""Yes-or-no properties of a face, under the names CelebA uses, and how to switch them."""

from typing import NamedTuple

import torch
from torch import Tensor

from vaelab.errors import UnknownNameError


class Attribute(NamedTuple):
    """An attribute holds where every factor named in `ranges` lies in its range (both ends included).

    The first factor named is the one that decides; `no` and `yes` are typical values of it.
    """

    ranges: dict[str, tuple[float, float]]
    no: float
    yes: float


_OFF, _ON = (0, 0.5), (0.5, 1)
_OWN_COLOUR = {"hair_redness": _OFF, "hair_grey": _OFF, "bald": _OFF}

ATTRIBUTES = {
    "Bald": Attribute({"bald": _ON, "hat": _OFF}, 0, 1),
    "Bangs": Attribute({"bangs": _ON, "hat": _OFF, "bald": _OFF}, 0, 1),
    "Black_Hair": Attribute({"hair_lightness": (0, 0.2), **_OWN_COLOUR}, 0.4, 0.05),
    "Blond_Hair": Attribute({"hair_lightness": (0.7, 1), **_OWN_COLOUR}, 0.4, 0.9),
    "Brown_Hair": Attribute({"hair_lightness": (0.2, 0.7), **_OWN_COLOUR}, 0.05, 0.4),
    "Eyeglasses": Attribute({"glasses": _ON}, 0, 1),
    "Goatee": Attribute({"beard": _ON, "beard_width": _OFF}, 0, 1),
    "Gray_Hair": Attribute({"hair_grey": _ON, "bald": _OFF}, 0, 0.95),
    "Mouth_Slightly_Open": Attribute({"mouth_open": (0.25, 1)}, 0, 0.75),
    "Mustache": Attribute({"mustache": _ON}, 0, 1),
    "No_Beard": Attribute({"beard": _OFF}, 1, 0),
    "Pale_Skin": Attribute({"skin_tone": (0, 0.12)}, 0.3, 0.025),
    "Smiling": Attribute({"smile": _ON}, 0.1, 0.9),
    "Wearing_Earrings": Attribute({"earrings": _ON}, 0, 1),
    "Wearing_Hat": Attribute({"hat": _ON}, 0, 1),
    "Wearing_Lipstick": Attribute({"makeup": _ON}, 0, 1),
    "Young": Attribute({"age": (0, 0.6)}, 0.85, 0.2),
    "Long_Hair": Attribute({"hair_length": (0.4, 1), "bald": _OFF}, 0.1, 0.8),
}
ATTRIBUTE_NAMES = tuple(ATTRIBUTES)
# Waves and curls are painted, but at 64 pixels no small network tells them apart well: no Wavy_Hair here.
NOT_IN_CELEBA = ("Long_Hair",)


def attributes(factors: dict[str, Tensor]) -> Tensor:
    """Yes-or-no properties, bool of shape (N, A), in the order of `ATTRIBUTE_NAMES`."""
    return torch.stack([_holds(factors, a) for a in ATTRIBUTES.values()], dim=1)


def _holds(factors: dict[str, Tensor], attribute: Attribute) -> Tensor:
    inside = [(factors[n] >= low) & (factors[n] <= high) for n, (low, high) in attribute.ranges.items()]
    return torch.stack(inside).all(dim=0)


def switch(factors: dict[str, Tensor], name: str, on: bool) -> dict[str, Tensor]:
    """The same faces with one attribute made to hold, or made not to hold: a true attribute edit.

    Args:
        factors: from `draw_factors`.
        name: one of `ATTRIBUTE_NAMES`.
        on: True sets the deciding factor to its typical value for yes, and moves what stands in the way
            (a hat over a fringe). False only sets the deciding factor: what switching on has moved (the hat)
            stays moved.

    Raises:
        UnknownNameError: no attribute of that name.
    """
    if name not in ATTRIBUTES:
        raise UnknownNameError("attribute of portraits", name, ATTRIBUTE_NAMES)
    ranges, no, yes = ATTRIBUTES[name]
    decisive, *others = ranges
    edited = factors | {decisive: torch.full_like(factors[decisive], yes if on else no)}
    for other in others if on else ():
        low, high = ranges[other]
        inside = (factors[other] >= low) & (factors[other] <= high)
        edited[other] = torch.where(inside, factors[other], float(low if low == 0 else high))
    return edited
