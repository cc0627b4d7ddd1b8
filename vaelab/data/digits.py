"""Drawn digits: handwriting in the manner of MNIST, with every factor of each picture known.

A digit is a skeleton of pen strokes. The skeleton is warped, posed (slanted, rotated, stretched), fitted
into a frame as MNIST's digits are (LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to
document recognition", Proc. IEEE 1998: a box of 20 pixels in a frame of 28, centred by mass), and inked with
a round pen: white on black. How much the hands differ is set so that a linear classifier reads about 91 % of
new digits and a small convolutional network about 98 %, as on MNIST itself.
"""

import math

import numpy as np
import torch
from scipy.special import ndtr, ndtri
from torch import Tensor

from vaelab.data.painting import check_size, chosen, in_chunks
from vaelab.data.randomness import Factor, uniforms

FACTORS = {
    "label": Factor(0, 9, "the digit"),
    "variant": Factor(0, 2, "which of the digit's three skeletons, 0 the most frequent"),
    "wave_x": Factor(-0.31, 0.31, "slow sideways wave down the digit: amplitude, half digit heights"),
    "wave_x_phase": Factor(-math.pi, math.pi, "its phase, radians"),
    "twist_x": Factor(-0.24, 0.24, "quick sideways wave along a diagonal: amplitude, half digit heights"),
    "twist_x_phase": Factor(-math.pi, math.pi, "its phase, radians"),
    "wave_y": Factor(-0.31, 0.31, "slow vertical wave across the digit: amplitude, half digit heights"),
    "wave_y_phase": Factor(-math.pi, math.pi, "its phase, radians"),
    "twist_y": Factor(-0.24, 0.24, "quick vertical wave along a diagonal: amplitude, half digit heights"),
    "twist_y_phase": Factor(-math.pi, math.pi, "its phase, radians"),
    "taper": Factor(-0.2, 0.2, "share by which the foot is wider, and the head narrower, than the waist"),
    "waist": Factor(-0.2, 0.2, "how far the waist moves up against head and foot, half digit heights"),
    "aspect": Factor(0.62, 1.62, "sideways stretch: 1 as in the skeleton, larger is wider"),
    "slant": Factor(-0.5, 0.85, "lean: pixels to the right for each pixel up"),
    "rotation": Factor(-0.32, 0.32, "turn, radians, clockwise"),
    "scale": Factor(0.85, 1.04, "size: 1 fills MNIST's box of 20 pixels in a frame of 28"),
    "shift_x": Factor(-1.0, 1.0, "move to the right, 28ths of the frame"),
    "shift_y": Factor(-1.0, 1.0, "move down, 28ths of the frame"),
    "pen_radius": Factor(0.5, 2.4, "half the width of the line, 28ths of the frame"),
    "pressure": Factor(-0.5, 0.5, "share by which the pen's radius swells and thins along the line"),
    "pressure_waves": Factor(0.5, 1.5, "how many times it does so"),
    "pressure_phase": Factor(0, 2 * math.pi, "where along the line it begins, radians"),
}
"""Each factor of a picture. `label` and `variant` are whole numbers, the others continuous."""

CLASS_NAMES = tuple("0123456789")
DEFAULT_SIZE = 28
SIZES = range(28, 65)

FRAME = 28.0  # lengths in the frame are counted in 28ths of it: MNIST's pixels
BOX = 20.0  # the digit's box in that frame
MARGIN = 1.2  # black border that the ink never enters
EDGE = 1.3  # pixels over which the ink's edge fades
SEGMENTS = 40  # straight pieces a skeleton is made of

_VARIANT_SHARES = (0.5, 0.3, 0.2)
LOG_NORMAL = ("aspect", "pen_radius")
UNIFORM = {name for name in FACTORS if name.endswith("_phase")} | {"pressure_waves"}
_CUT = 2.5  # a bell-shaped factor is cut this many standard deviations from its middle


# Skeletons: x to the right, y down, the digit between about -0.6 and 0.6 across and -1 and 1 down.


def _arc(x: float, y: float, width: float, height: float, start: float, end: float) -> np.ndarray:
    """Part of an ellipse around (x, y) with these half axes; degrees, clockwise from three o'clock."""
    angle = np.radians(np.linspace(start, end, 40))
    return np.stack([x + width * np.cos(angle), y + height * np.sin(angle)], 1)


def _bezier(*controls: tuple[float, float]) -> np.ndarray:
    """A Bezier curve of any degree through its first and last control point."""
    t, degree = np.linspace(0, 1, 30)[:, None], len(controls) - 1
    return sum(
        math.comb(degree, k) * t**k * (1 - t) ** (degree - k) * np.array(point)
        for k, point in enumerate(controls)
    )


def _line(*corners: tuple[float, float]) -> np.ndarray:
    return np.array(corners, float)


def _join(*pieces: np.ndarray) -> np.ndarray:
    """Pieces drawn without lifting the pen."""
    return np.concatenate(pieces)


# For each digit three skeletons, each a list of strokes in the order a hand draws them.
_STROKES = (
    (  # 0: closed at the top right, closed at the top left, with a small flick
        [_arc(0, 0, 0.58, 0.95, -80, 285)],
        [_arc(0, 0, 0.45, 0.95, -110, 255)],
        [_join(_arc(0, 0, 0.62, 0.82, -60, 300), _line((0.3, -0.75)))],
    ),
    (  # 1: a bar, with a flag, with flag and foot
        [_line((0, -0.95), (0, 0.95))],
        [_line((-0.3, -0.6), (0.05, -0.95), (0.0, 0.95))],
        [_line((-0.3, -0.6), (0.05, -0.95), (0.05, 0.92)), _line((-0.35, 0.95), (0.42, 0.95))],
    ),
    (  # 2: angular foot, looped foot, swung neck
        [_join(_arc(0, -0.45, 0.52, 0.48, 195, 395), _line((-0.55, 0.9), (0.6, 0.88)))],
        [
            _join(
                _arc(0, -0.42, 0.5, 0.5, 200, 390),
                _bezier((0.35, 0.0), (0.1, 0.4), (-0.2, 0.7)),
                _bezier((-0.2, 0.7), (-0.7, 1.2), (-0.9, 0.3), (-0.2, 0.65)),
                _bezier((-0.2, 0.65), (0.1, 0.8), (0.35, 1.1), (0.65, 0.75)),
            )
        ],
        [
            _join(
                _line((-0.45, -0.8)),
                _arc(0.02, -0.45, 0.48, 0.45, -110, 40),
                _bezier((0.3, 0), (-0.1, 0.6), (-0.5, 0.9)),
                _line((0.55, 0.95)),
            )
        ],
    ),
    (  # 3: round, flat head, small head
        [_join(_arc(-0.02, -0.47, 0.48, 0.46, 205, 440), _arc(-0.05, 0.45, 0.56, 0.5, -80, 155))],
        [_join(_line((-0.5, -0.9), (0.42, -0.9), (-0.05, -0.18)), _arc(-0.05, 0.38, 0.55, 0.56, -85, 150))],
        [_join(_arc(-0.05, -0.5, 0.42, 0.42, 220, 450), _arc(-0.08, 0.42, 0.55, 0.52, -95, 160))],
    ),
    (  # 4: open, closed, open and round
        [_line((-0.35, -0.9), (-0.5, 0.12), (0.5, 0.1)), _line((0.32, -0.5), (0.28, 0.95))],
        [_line((0.3, 0.95), (0.3, -0.95), (-0.58, 0.3), (0.62, 0.3))],
        [_bezier((-0.45, -0.85), (-0.6, 0.3), (-0.2, 0.2), (0.4, 0.05)), _line((0.42, -0.9), (0.25, 0.95))],
    ),
    (  # 5: one stroke, bar drawn last, swung belly
        [_join(_line((0.5, -0.9), (-0.35, -0.88), (-0.42, -0.1)), _arc(-0.05, 0.38, 0.55, 0.52, -125, 150))],
        [
            _join(_line((-0.3, -0.85), (-0.36, -0.1)), _arc(-0.02, 0.38, 0.5, 0.5, -130, 140)),
            _line((-0.3, -0.88), (0.55, -0.92)),
        ],
        [
            _join(
                _line((0.45, -0.9), (-0.2, -0.9), (-0.42, -0.12)),
                _bezier((-0.4, -0.15), (0.5, -0.35), (0.85, 0.6), (0.0, 0.92)),
                _line((-0.5, 0.82)),
            )
        ],
    ),
    (  # 6: round belly, straight back, curled head
        [
            _join(
                _bezier((0.35, -0.92), (-0.3, -0.7), (-0.55, -0.1), (-0.52, 0.4)),
                _arc(-0.02, 0.45, 0.5, 0.48, 180, -190),
            )
        ],
        [
            _join(
                _bezier((0.1, -0.95), (-0.45, -0.3), (-0.5, 0.2), (-0.45, 0.5)),
                _arc(-0.02, 0.55, 0.43, 0.38, 175, -200),
            )
        ],
        [
            _join(
                _bezier((0.45, -0.8), (-0.1, -0.95), (-0.6, -0.2), (-0.5, 0.45)),
                _arc(0, 0.42, 0.5, 0.5, 180, -170),
            )
        ],
    ),
    (  # 7: angular, with a serif and a bent leg, crossed
        [_line((-0.55, -0.85), (0.5, -0.88), (-0.15, 0.95))],
        [
            _join(
                _line((-0.5, -0.6), (-0.45, -0.88)),
                _bezier((-0.45, -0.88), (0.2, -0.85), (0.55, -0.9)),
                _bezier((0.5, -0.88), (0.1, -0.1), (0.05, 0.3), (-0.05, 0.95)),
            )
        ],
        [_line((-0.55, -0.85), (0.5, -0.88), (-0.15, 0.95)), _line((-0.25, 0.05), (0.45, 0.0))],
    ),
    (  # 8: begun at the waist, one crossing line, two rings
        [_join(_arc(0, -0.47, 0.42, 0.45, 400, 40), _arc(0, 0.46, 0.52, 0.47, -60, 300))],
        [
            _join(
                _bezier((0.4, -0.6), (0.1, -1.2), (-0.8, -0.8), (-0.3, -0.3), (0.1, 0.0)),
                _bezier((0.1, 0.0), (1.0, 0.6), (0.1, 1.15), (-0.15, 0.9)),
                _bezier((-0.15, 0.9), (-0.9, 0.6), (-0.1, 0.1), (0.15, -0.15), (0.4, -0.6)),
            )
        ],
        [_arc(0, -0.47, 0.4, 0.43, 0, 360), _arc(0, 0.45, 0.5, 0.48, -90, 270)],
    ),
    (  # 9: bent leg, straight leg, hooked leg
        [
            _join(
                _arc(-0.02, -0.42, 0.47, 0.48, -10, -370),
                _bezier((0.45, -0.45), (0.42, 0.2), (0.38, 0.5), (0.25, 0.95)),
            )
        ],
        [_join(_arc(0, -0.48, 0.42, 0.42, -20, -350), _line((0.43, -0.5), (0.4, 0.95)))],
        [
            _join(
                _arc(-0.05, -0.42, 0.45, 0.45, 10, -350),
                _bezier((0.42, -0.4), (0.5, 0.5), (0.3, 1.05), (-0.35, 0.8)),
            )
        ],
    ),
)


def _distance_along(stroke: np.ndarray) -> np.ndarray:
    steps = np.linalg.norm(np.diff(stroke, axis=0), axis=1)
    return np.concatenate([[0.0], np.cumsum(steps)])


def _cut_into_segments(strokes: list[np.ndarray]) -> np.ndarray:
    """`SEGMENTS` straight pieces, shared among the strokes by length: (SEGMENTS, 2 ends, 2 for x and y)."""
    lengths = np.array([_distance_along(stroke)[-1] for stroke in strokes])
    bounds = np.rint(SEGMENTS * np.concatenate([[0.0], np.cumsum(lengths)]) / lengths.sum()).astype(int)
    pieces = []
    for stroke, count in zip(strokes, np.diff(bounds), strict=True):
        along = _distance_along(stroke)
        marks = np.linspace(0, along[-1], count + 1)
        points = np.stack([np.interp(marks, along, stroke[:, axis]) for axis in (0, 1)], 1)
        pieces.append(np.stack([points[:-1], points[1:]], 1))
    return np.concatenate(pieces)


_SKELETONS = torch.tensor(
    np.array([[_cut_into_segments(variant) for variant in digit] for digit in _STROKES])
)


def skeletons() -> Tensor:
    """The pen strokes before a hand bends them, in straight pieces, (10 digits, 3 variants, SEGMENTS, 2, 2).

    The last two: both ends, and x to the right, y down; a digit lies between about -0.6 and 0.6 across and -1
    and 1 down.
    """
    return _SKELETONS.clone()


def draw_factors(indices: Tensor | np.ndarray, seed: int) -> dict[str, Tensor]:
    """The factors of these pictures, each drawn independently.

    Labels are uniform over the ten digits, variants have shares 0.5, 0.3 and 0.2, phases and pressure waves
    are uniform. The others are normal (`aspect` and `pen_radius` log-normal) around the middle of their
    range, and cut where it ends, 2.5 standard deviations away.

    Args:
        indices: integers, shape (N,): which pictures of the endless set.
        seed: any integer; another seed gives another set.

    Returns:
        Name -> float32 tensor of shape (N,), for every name in `FACTORS`.
    """
    table = uniforms(seed, np.asarray(indices), len(FACTORS))
    columns = {name: _spread(name, table[:, k]) for k, name in enumerate(FACTORS)}
    return {name: torch.tensor(values, dtype=torch.float32) for name, values in columns.items()}


def _spread(name: str, u: np.ndarray) -> np.ndarray:
    """Turn uniform numbers into values of one factor, by the inverse of its distribution function."""
    low, high = FACTORS[name].low, FACTORS[name].high
    if name == "label":
        return np.floor(10 * u)
    if name == "variant":
        return np.searchsorted(np.cumsum(_VARIANT_SHARES[:-1]), u)
    if name in UNIFORM:
        return low + (high - low) * u
    tail = ndtr(-_CUT)
    bell = 0.5 + ndtri(tail + (1 - 2 * tail) * u) / (2 * _CUT)  # cut normal, between 0 and 1
    return low * (high / low) ** bell if name in LOG_NORMAL else low + (high - low) * bell


def labels(factors: dict[str, Tensor]) -> Tensor:
    """The digits themselves, int64 of shape (N,)."""
    return factors["label"].long()


@torch.no_grad()
def render(
    factors: dict[str, Tensor], size: int = DEFAULT_SIZE, device: str | torch.device = "cpu"
) -> Tensor:
    """Draw the digits these factors describe, white on black.

    A picture depends on its own factors alone: however a set is split into batches, its bytes are the same
    on one kind of device. Values outside a factor's range are drawn too.

    Args:
        factors: name -> tensor of shape (N,), every name in `FACTORS`; nothing else is read.
        size: height and width in pixels, 28 to 64.
        device: where to draw.

    Returns:
        uint8 tensor of shape (N, 1, size, size) on `device`.

    Raises:
        DataError: a size outside 28 to 64, or a missing factor.
    """
    check_size("Digits", size, SIZES)
    # Strokes are few numbers: in double precision on the CPU, rounding can hardly differ from batch to batch.
    exact = {name: rows.cpu().double()[:, None] for name, rows in chosen(factors, FACTORS).items()}
    ends, radius = _pen_strokes(exact)
    strokes = {"ends": ends, "radius": radius}
    values = {name: (size / FRAME * value).float().to(device) for name, value in strokes.items()}

    def ink(few: dict[str, Tensor]) -> Tensor:
        return _ink(few["ends"], few["radius"], size)

    return in_chunks(ink, values, size, channels=1, cpu_pixels=8 * 28**2)


def _pen_strokes(factors: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Where the pen goes: segment ends (N, SEGMENTS, 2, 2), pen radius (N, SEGMENTS); 28ths of the frame."""
    skeleton = _SKELETONS[factors["label"][:, 0].long(), factors["variant"][:, 0].long()].flatten(1, 2)
    x, y = _warp(skeleton[..., 0], skeleton[..., 1], factors)
    x, y = _pose(x, y, factors)
    radius = _pen_radius(factors)
    x, y = _fit_into_box(x, y, factors)
    reach = radius.amax(1, keepdim=True) + MARGIN
    x = _centre(x, factors["shift_x"], reach)
    y = _centre(y, factors["shift_y"], reach)
    return torch.stack([x, y], -1).unflatten(1, (SEGMENTS, 2)), radius


def _warp(x: Tensor, y: Tensor, f: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Bend the skeleton as an unsteady hand does: slow and quick waves, a taper, a moved waist."""
    warped_x = (
        x
        + f["wave_x"] * torch.sin(2.2 * y + f["wave_x_phase"])
        + f["twist_x"] * torch.sin(3.7 * y + 1.9 * x + f["twist_x_phase"])
        + f["taper"] * x * y
    )
    warped_y = (
        y
        + f["wave_y"] * torch.sin(2.4 * x + f["wave_y_phase"])
        + f["twist_y"] * torch.sin(2.9 * x + 2.1 * y + f["twist_y_phase"])
        + f["waist"] * y * y
    )
    return warped_x, warped_y


def _pose(x: Tensor, y: Tensor, f: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Stretch, lean, then turn."""
    x = f["aspect"] * x - f["slant"] * y
    cos, sin = torch.cos(f["rotation"]), torch.sin(f["rotation"])
    return cos * x - sin * y, sin * x + cos * y


def _pen_radius(f: dict[str, Tensor]) -> Tensor:
    """Half the line's width along the writing, (N, SEGMENTS): it swells and thins with the pressure."""
    along = torch.linspace(0, 1, SEGMENTS, dtype=torch.float64)
    swell = torch.sin(2 * math.pi * f["pressure_waves"] * along + f["pressure_phase"])
    return f["pen_radius"] * (1 + f["pressure"] * swell)


def _fit_into_box(x: Tensor, y: Tensor, f: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Scale the strokes so that the longer side, ink included, fills MNIST's box."""
    longer_side = torch.maximum(_extent(x), _extent(y))
    factor = f["scale"] * (BOX - 1.4 * f["pen_radius"]) / longer_side
    return factor * x, factor * y


def _extent(x: Tensor) -> Tensor:
    return x.amax(1, keepdim=True) - x.amin(1, keepdim=True)


def _centre(x: Tensor, shift: Tensor, reach: Tensor) -> Tensor:
    """Put the centre of mass at the middle of the frame, then shift, but keep all ink inside the frame."""
    x = x - x.mean(1, keepdim=True) + FRAME / 2 + shift
    too_far_left = (reach - x.amin(1, keepdim=True)).clamp(min=0)
    too_far_right = (x.amax(1, keepdim=True) + reach - FRAME).clamp(min=0)
    return x + too_far_left - too_far_right


def _ink(ends: Tensor, radius: Tensor, size: int) -> Tensor:
    """Ink all pixels nearer to a segment than the pen's radius there; lengths in pixels.

    Seen from the middle of a segment of length L, with one axis along it and one across, a pixel's distance
    is the hypotenuse of its part across and of what its part along exceeds L / 2.
    """
    middle, step = ends.mean(2), ends[:, :, 1] - ends[:, :, 0]
    length = torch.linalg.vector_norm(step, dim=-1, keepdim=True).clamp(min=1e-6)
    centres = torch.arange(size, device=ends.device) + 0.5
    right = (centres - middle[..., :1])[:, :, None, :]  # (N, SEGMENTS, 1, W)
    down = (centres - middle[..., 1:])[:, :, :, None]  # (N, SEGMENTS, H, 1)
    cos, sin = (step / length)[..., None, None].unbind(2)
    # The steps below see every segment and pixel: in place, they stay in the processor's cache.
    across = right * -sin + down * cos
    beyond = (right * cos + down * sin).abs_().sub_(length[..., None] / 2).relu_()
    distance = across.square_().addcmul_(beyond, beyond).sqrt_()
    outside = distance.sub_(radius[:, :, None, None]).amin(1)  # distance to the ink's edge, (N, H, W)
    ink = (0.5 - outside / EDGE).clamp(0, 1)
    return (255 * ink).round().to(torch.uint8)[:, None]
