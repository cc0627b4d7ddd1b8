"""The scene a portrait is painted in: the picture, its coordinates, the person's factors and colours."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from vaelab.data.portraits.shapes import coverage, mix

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
    PAINTED = ("image", "height")  # what a piece changes in the whole

    outline: Tensor  # what parts leave for one another
    height: Tensor
    grain: Tensor
    mane: Tensor
    hair_paint: Tensor
    _whole: "Scene"
    _chosen: Tensor | None
    _rows: slice
    _columns: slice
    _closest: dict[str, list[float]]

    def __init__(self, people: dict[str, Tensor], size: int):
        vars(self).update(people)
        self.size = size
        self.pixel = 2 / size
        self.first_row, self._closest = 0, {}
        self._place_coordinates(self.age.device)
        self._light()
        self.nose_width = 0.074 + 0.044 * self.fullness  # half of it, in head units
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

    def any(self, condition: Tensor) -> bool:
        """Whether there are faces for which `condition`, bool (N, 1, 1, 1), is true."""
        return len(self.faces_where(condition)) > 0

    def either(self, no: Callable, yes: Callable, amount: Tensor) -> Tensor:
        """`mix` of what two functions of the scene draw, without drawing what no face shows."""
        if not self.any(amount != 0):
            return no(self)
        if not self.any(amount != 1):
            return yes(self)
        return mix(no(self), yes(self), amount)

    def part(
        self,
        top: float,
        bottom: float,
        near: tuple[str, float] | None = None,
        chosen: Tensor | None = None,
    ) -> "Scene":
        """A piece of the picture: the strip that holds head heights `top` to `bottom` in any pose.

        Small features are painted in such a piece, since most of the picture need not be touched.
        Painting in the piece paints in the picture.

        Args:
            top, bottom: in head units.
            near: name of a distance, "side" or "outline", and how far to go: columns where it is larger in
                all faces are left out. None keeps all.
            chosen: numbers of the faces to keep; None keeps all. A choice is a copy: `put_back` it.
        """
        piece = Scene.__new__(Scene)
        piece._whole = self
        piece._chosen = chosen if chosen is not None and len(chosen) < len(self.image) else None
        piece._rows, piece._columns = self._rows_between(top, bottom), self._columns_near(near)
        piece.first_row, piece._closest = self.first_row + piece._rows.start, {}
        return piece

    def _rows_between(self, top: float, bottom: float) -> slice:
        small, large = 0.94 * ZOOM, 1.06 * ZOOM
        reach = 0.13  # how far position and tilt can move a height up or down, at most
        first = math.floor((min(top * small, top * large) + DROP - reach + 1) / self.pixel)
        last = math.ceil((max(bottom * small, bottom * large) + DROP + reach + 1) / self.pixel)
        first, last = first - self.first_row, last - self.first_row
        return slice(max(first, 0), min(last, self.image.shape[2]))

    def _columns_near(self, near: tuple[str, float] | None) -> slice:
        if near is None:
            return slice(0, self.image.shape[3])
        name, distance = near
        if name not in self._closest:
            self._closest[name] = getattr(self, name).amin((0, 1, 2)).tolist()
        columns = [i for i, closest in enumerate(self._closest[name]) if closest <= distance] or [0]
        return slice(columns[0], columns[-1] + 1)

    def __getattr__(self, name: str):
        """A piece cuts what it needs out of the whole scene when it is first asked for it."""
        if "_whole" not in vars(self):
            raise AttributeError(name)
        value = getattr(self._whole, name)
        if isinstance(value, Tensor):
            value = self._cut(value, name in self.PAINTED)
        vars(self)[name] = value
        return value

    def _cut(self, value: Tensor, in_place: bool) -> Tensor:
        faces, _, height, width = self._whole.image.shape
        if value.shape[2] == height:
            value = value[:, :, self._rows]
        if value.shape[3] == width:
            value = value[..., self._columns]
            value = value if in_place else value.contiguous()
        if self._chosen is not None and len(value) == faces:
            value = value.index_select(0, self._chosen)
        return value

    def put_back(self):
        """Copy what was painted on chosen faces into the whole picture."""
        if self._chosen is not None:
            self._whole.image[:, :, self._rows, self._columns].index_copy_(0, self._chosen, self.image)

    def paint(self, colour: Tensor, opacity: Tensor):
        """Lay `colour` over the picture with `opacity` from 0 to 1."""
        self.image.lerp_(colour, opacity)

    def darken(self, amount: Tensor):
        """Multiply the picture by 1 - `amount`: a shadow."""
        self.image.mul_(1 - amount)

    def cover(self, distance: Tensor, softness: float = 0.0) -> Tensor:
        """Opacity of a shape with an edge one pixel wide, plus `softness`."""
        return coverage(distance, 1.25 * self.pixel + softness)
