"""The scene a portrait is painted in: the picture, its coordinates, the person's factors and colours."""

import math

import torch
from torch import Tensor

from vaelab.data.portraits import palette
from vaelab.data.portraits.shapes import coverage

# Where features sit on the head, in head units (1 = half the picture's height at scale 1), y pointing down.
EYE_Y, EYE_X = -0.005, 0.205
NOSE_Y, MOUTH_Y = 0.205, 0.385

ZOOM, DROP = 1.22, 0.045  # size of a head unit in the picture, and how far below its middle the head sits


class Scene:
    """Everything a part of the face needs to paint itself.

    Factors are attributes of shape (N, 1, 1, 1): `scene.smile`, `scene.age`. Coordinates are
    (N, 1, H, W), x to the right and y down:

    - `px`, `py`: the picture, from -1 to 1;
    - `bx`, `by`: the body: moved and scaled like the head, but upright;
    - `x`, `y`: the head, tilted;
    - `u`, `v`: the features, which slide over the round head as it turns; `side` is |u|.

    Colours (`skin`, `hair`, ...) are (N, 3, 1, 1); the picture itself, `image`, is (N, 3, H, W) in [0, 1].
    """

    ALL = (-9.0, 9.0)  # head heights that take in the whole picture

    outline: Tensor  # what parts leave for one another
    height: Tensor
    grain: Tensor
    mane: Tensor
    hair_paint: Tensor
    _whole: "Scene"
    _chosen: Tensor | None
    _rows: slice

    def __init__(self, factors: dict[str, Tensor], size: int):
        for name, values in factors.items():
            setattr(self, name, values.view(-1, 1, 1, 1))
        self.size = size
        self.pixel = 2 / size
        self._place_coordinates(self.age.device)
        self._light()
        self.nose_width = 0.074 + 0.044 * self.fullness  # half of it, in head units
        palette.choose(self)
        self.image = torch.empty(len(self.age), 3, size, size, device=self.age.device)

    def _place_coordinates(self, device):
        steps = (torch.arange(self.size, device=device, dtype=torch.float32) + 0.5) * self.pixel - 1
        self.px, self.py = steps.view(1, 1, 1, -1), steps.view(1, 1, -1, 1)
        self.bx = (self.px - self.position_x) / (ZOOM * self.scale)
        self.by = (self.py - DROP - self.position_y) / (ZOOM * self.scale)
        cos, sin = self.tilt.cos(), self.tilt.sin()
        self.x = self.bx * cos + self.by * sin
        self.y = self.by * cos - self.bx * sin
        # Features lie on a round head: turning it slides them sideways, most in the middle of the face.
        straight = self.x / self.face_width
        across = straight.clamp(-1.05, 1.05)
        depth = (1 - (0.88 * across) ** 2).clamp(min=0.02).sqrt()
        turned = across * self.turn.cos() - depth * self.turn.sin()
        self.u = (turned + straight - across) * self.face_width
        self.v = self.y
        self.side = self.u.abs()

    def _light(self):
        """Direction of the light, a unit vector: from the front, above, and `light_side`."""
        length = (0.25 * self.light_side**2 + 0.2 + 0.72).sqrt()
        self.light_x, self.light_y, self.light_z = (
            0.5 * self.light_side / length,
            -0.45 / length,
            0.85 / length,
        )

    def faces_where(self, condition: Tensor) -> Tensor:
        """Numbers of the faces for which `condition`, bool (N, 1, 1, 1), is true."""
        return condition.flatten().nonzero().flatten()

    def part(self, top: float, bottom: float, chosen: Tensor | None = None) -> "Scene":
        """The strip of the picture that holds head heights `top` to `bottom` in any pose.

        Small features are painted in such a strip, since most of the picture need not be touched.
        Painting in the strip paints in the picture.

        Args:
            top, bottom: in head units.
            chosen: numbers of the faces to keep; None keeps all. A choice is a copy: `put_back` it.
        """
        small, large = 0.94 * ZOOM, 1.06 * ZOOM
        reach = 0.13  # how far position and tilt can move a height up or down, at most
        first = math.floor((min(top * small, top * large) + DROP - reach + 1) / self.pixel)
        last = math.ceil((max(bottom * small, bottom * large) + DROP + reach + 1) / self.pixel)
        strip = Scene.__new__(Scene)
        strip._whole, strip._chosen = self, chosen
        strip._rows = slice(max(first, 0), min(last, self.size))
        return strip

    def __getattr__(self, name: str):
        """A strip cuts what it needs out of the whole scene when it is first asked for it."""
        if "_whole" not in vars(self):
            raise AttributeError(name)
        value = getattr(self._whole, name)
        if isinstance(value, Tensor):
            faces, _, height, _ = value.shape
            if height == self._whole.image.shape[2]:
                value = value[:, :, self._rows]
            if self._chosen is not None and faces == len(self._whole.image):
                value = value[self._chosen]
        vars(self)[name] = value
        return value

    def put_back(self):
        """Copy what was painted on chosen faces into the whole picture."""
        self._whole.image[self._chosen, :, self._rows] = self.image

    def paint(self, colour: Tensor, opacity: Tensor):
        """Lay `colour` over the picture with `opacity` from 0 to 1."""
        self.image.lerp_(colour, opacity)

    def darken(self, amount: Tensor):
        """Multiply the picture by 1 - `amount`: a shadow."""
        self.image.mul_(1 - amount)

    def cover(self, distance: Tensor, softness: float = 0.0) -> Tensor:
        """Opacity of a shape with an edge one pixel wide, plus `softness`."""
        return coverage(distance, 1.25 * self.pixel + softness)
