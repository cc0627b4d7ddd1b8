"""The one drawing of a VAE, which grows with the chapters: a stage adds to the one before and moves nothing.

It has the shape of a U. The network runs along it: down the encoder on the left, through the latent space at
the bottom, up the decoder on the right. The loss stands in the middle, between what its terms compare. Blue
is the encoder's side, q; orange the decoder's and the prior's, p; pink the loss and the gradient that it
sends back.
"""

import matplotlib
from matplotlib.axes import Axes
from matplotlib.patches import Ellipse, FancyArrowPatch, FancyBboxPatch, Polygon
from matplotlib.path import Path

from vaelab.data import ImageSet
from vaelab.errors import ModelError, ShapeError, UnknownNameError
from vaelab.figures.images import Images
from vaelab.figures.style import BLUE, GREEN, GREY, ORANGE, PINK, Picture, panel, styled
from vaelab.models import VAE
from vaelab.nets import layers

Point = tuple[float, float]

# Pixels of a page, from the top left, downwards. A phone shows them at seven tenths: hence the large type.
_WIDTH, _HEIGHT, _WITH_NOISE = 470, 450, 522
_TEXT = 13  # points
_LEFT, _MIDDLE, _RIGHT = 64, 235, 406  # axis of the encoder, of the loss, of the decoder
_PICTURE, _FUNNEL = (22, 142), (170, 276)  # top and bottom
_WIDE, _NARROW = 60, 27  # half a funnel's breadth at its two ends; a picture is as wide as its funnel
_MEAN, _CODE, _NOISE = (202, 348), (_MIDDLE, 348), (_MIDDLE, 493)
_SPACE = ((147, 266), (323, 442))
_CLOUD, _PRIOR = (45, 33), (72, 72)  # the clouds' reach to the side and upwards: two standard deviations
_PRIOR_CENTER = (_MIDDLE, 356)
_APART = 9  # wires that run abreast
_KL, _RECONSTRUCTION = (_MIDDLE, 176), (_MIDDLE, 82)


@styled
def vae_diagram(
    stage: str, x: Images, x_hat: Images, *, model: VAE | None = None, caption: str = ""
) -> Picture:
    """The drawing of a VAE as far as a chapter has come; its alt text is made here and ends with what is new.

    Args:
        stage: "autoencoder" (encoder and code), "posterior and prior" (two clouds and their KL),
            "reparameterized" (the noise comes from outside, the gradient passes), "vae" (the whole loss) or
            "convolutional" (with the sizes of `model`). Each holds all that came before, in its place.
        x: the picture that goes in, one: an `ImageSet`, or (1, C, H, W), floats in [0, 1] or bytes.
        x_hat: the one that comes out, likewise.
        model: a convolutional VAE, for the last stage alone.
        caption: a line under the picture.

    Raises:
        UnknownNameError: another stage.
        ShapeError: no picture, or several.
        ModelError: the last stage without a model that has feature maps.
    """
    if stage not in _STAGES:
        raise UnknownNameError("stage of the drawing", stage, _STAGES)
    drawn = list(_STAGES)[: list(_STAGES).index(stage) + 1]
    height = _WITH_NOISE if "reparameterized" in drawn else _HEIGHT
    axes = panel(width=_WIDTH / 96, height=height / 96)
    axes.figure.set_layout_engine("none")
    axes.set_position((0, 0, 1, 1))
    axes.set_axis_off()
    for center, image in ((_LEFT, x), (_RIGHT, x_hat)):
        _image(axes, center, image)
    *known, new = [_STAGES[name](axes, model) for name in drawn]
    axes.set(xlim=(0, _WIDTH), ylim=(height, 0))
    alt = [*known, f"New in this drawing: {new[0].lower()}{new[1:]}" if known else new]
    return Picture(axes, alt=" ".join(alt), caption=caption)


def _autoencoder(axes: Axes, _model: VAE | None) -> str:
    """Two funnels and the code between them. Like the others it gives its sentence of the alt text."""
    _box(axes, *_SPACE)
    for center, colour, name in ((_LEFT, BLUE, "encoder"), (_RIGHT, ORANGE, "decoder")):
        top, bottom = _FUNNEL
        corners = [(-_WIDE, top), (_WIDE, top), (_NARROW, bottom), (-_NARROW, bottom)]
        corners = [(center + aside, y) for aside, y in corners]
        axes.add_patch(Polygon(corners, fc=(colour, 0.3), ec=colour, lw=1.2, joinstyle="round"))
        _text(axes, (center, top + 17), name)
    _text(axes, (_LEFT, 9), "picture x")
    _text(axes, (_RIGHT, 9), "redrawn x̂")
    above, below = _PICTURE[1] + 4, _FUNNEL[0] - 3
    _wire(axes, (_LEFT, above), (_LEFT, below))
    _wire(axes, (_RIGHT, below), (_RIGHT, above))
    x, y = _LEFT - _APART, _CODE[1]
    _wire(axes, (x, _FUNNEL[1] + 1), (x, y), (_CODE[0] - 7, y))
    x = _RIGHT + _APART
    _wire(axes, (_CODE[0] + 7, y), (x, y), (x, _FUNNEL[1] + 3))
    _dot(axes, _CODE, 6, GREEN)
    _text(axes, (360, y + 18), "code z")
    for y, word in ((414, "latent"), (433, "space")):
        _text(axes, (_SPACE[0][0] - 7, y), word, "right")
    return (
        "A drawing in the shape of a U. Top left, a picture x. Below it the encoder, a funnel, from which an "
        "arrow leads to a dot in the latent space at the bottom: the code z. From there an arrow leads to "
        "the decoder, another funnel, and up to the redrawn picture x̂, top right."
    )


def _two_clouds(axes: Axes, _model: VAE | None) -> str:
    """The encoder's second output, its cloud, the prior's, and the KL with an arrow to each."""
    _cloud(axes, _PRIOR_CENTER, _PRIOR, ORANGE)
    _cloud(axes, _MEAN, _CLOUD, BLUE)
    _dot(axes, _MEAN, 3.5, BLUE)
    x, y = _LEFT + _APART, _MEAN[1] - 2 * _APART
    edge = _MEAN[0] - _CLOUD[0] * (1 - (2 * _APART / _CLOUD[1]) ** 2) ** 0.5
    _wire(axes, (x, _FUNNEL[1] + 1), (x, y), (edge - 1, y))
    _text(axes, (112, _MEAN[1] + 18), "μ")
    _text(axes, (112, y - 14), "log σ²")
    _chip(axes, _KL, "KL(q ‖ p)", 92)
    top = _KL[1] + 16
    _wire(axes, (_MIDDLE - 6, top), (_MEAN[0] + 4, _MEAN[1] - _CLOUD[1] - 2), colour=PINK)
    _wire(axes, (_MIDDLE + 6, top), (_MIDDLE + 25, _PRIOR_CENTER[1] - 70), colour=PINK)
    for x, name in ((_SPACE[0][0] + 18, "q"), (_SPACE[1][0] - 18, "p")):
        _text(axes, (x, _SPACE[0][1] + 38), name)
    return (
        "The encoder has two outputs, μ and log σ²: the middle and the width of a small cloud q, in which z "
        "lies. Behind it is the prior, a wide cloud p. From KL(q ‖ p) an arrow points to each of the two."
    )


def _noise_outside(axes: Axes, _model: VAE | None) -> str:
    """The noise, which comes into the network from outside, and the way back that this leaves free."""
    _box(axes, (0, 146), (_WIDTH, 456))
    _cloud(axes, _NOISE, (24, 24), GREY)
    _text(axes, _NOISE, "ε")
    _wire(axes, (_NOISE[0], _NOISE[1] - 26), (_CODE[0], _CODE[1] + 8))
    _text(axes, (_NOISE[0] - 34, _NOISE[1]), "from N(0, I)", "right")
    _text(axes, (_NOISE[0] + 34, _NOISE[1]), "z = μ + σ · ε", "left")
    y = _CODE[1] - _APART
    way = [(_RIGHT, _FUNNEL[1] + 3), (_RIGHT, y), (_LEFT, y), (_LEFT, _FUNNEL[1] + 3)]
    _wire(axes, *way, colour=PINK, dashed=True)
    _text(axes, (360, y - 14), "gradient")
    return (
        "Noise ε from N(0, I) comes to z from below, from outside the network, so that z = μ + σ · ε. The "
        "gradient, a dashed line, runs back from the decoder past z to the encoder, along μ and log σ²."
    )


def _whole_loss(axes: Axes, _model: VAE | None) -> str:
    """The second term, with its arrows, and the sum."""
    _text(axes, (_MIDDLE, _RECONSTRUCTION[1] - 36), "loss =")
    _chip(axes, _RECONSTRUCTION, "reconstruction", 146)
    _text(axes, (_MIDDLE, (_RECONSTRUCTION[1] + _KL[1]) / 2), "+")
    for side, center in ((-1, _LEFT), (1, _RIGHT)):
        start, end = _MIDDLE + side * 75, center - side * (_WIDE + 3)
        _wire(axes, (start, _RECONSTRUCTION[1]), (end, _RECONSTRUCTION[1]), colour=PINK)
    return "The loss is whole: reconstruction + KL. From the reconstruction an arrow points to x, one to x̂."


def _sizes(axes: Axes, model: VAE | None) -> str:
    """Each feature map as a bar that says its size, and the numbers in a code; gives this as a sentence."""
    rows = layers(model) if isinstance(model, VAE) else []
    maps = {}
    for part in ("encoder", "decoder"):
        shapes = [row.shape for row in rows if row.part == part and len(row.shape) == 3]
        widest = {shape[1:]: shape for shape in sorted(shapes)}  # of the maps of one size
        maps[part] = [
            widest[size] for size in dict.fromkeys(s[1:] for s in shapes) if size != model.image_shape[1:]
        ]
    if not all(maps.values()):
        raise ModelError(
            "The convolutional drawing takes its sizes from feature maps: give it a VAE that has some, "
            'for instance model=vaelab.pretrained("portrait-vae").'
        )
    picture, code = "×".join(map(str, model.image_shape)), str(model.latent_dim)
    for center, side, colour, part in ((_LEFT, 1, BLUE, "encoder"), (_RIGHT, -1, ORANGE, "decoder")):
        align = "left" if side > 0 else "right"
        _text(axes, (center + side * 9, 156), picture, align)
        downwards = maps[part][::side]
        for i, shape in enumerate(downwards):
            y = 206 + i * 62 / max(1, len(downwards) - 1)
            half = _WIDE - (_WIDE - _NARROW) * (y - _FUNNEL[0]) / (_FUNNEL[1] - _FUNNEL[0])
            axes.plot([center - half + 9, center + half - 9], [y, y], color=colour, lw=4)
            _text(axes, (center + side * (half + 5), y), "×".join(map(str, shape)), align)
    for x, align in ((_LEFT - 16, "right"), (_LEFT + 16, "left"), (_RIGHT + 16, "left")):
        _text(axes, (x, 293), code, align)
    down, up = (", ".join("×".join(map(str, shape)) for shape in maps[part]) for part in maps)
    return (
        f"Feature maps and their sizes, channels × height × width. Encoder: {picture}, {down}. "
        f"Decoder: {up}, {picture}. μ, log σ² and z are {code} numbers each."
    )


_STAGES = {
    "autoencoder": _autoencoder,
    "posterior and prior": _two_clouds,
    "reparameterized": _noise_outside,
    "vae": _whole_loss,
    "convolutional": _sizes,
}


def _image(axes: Axes, center: float, image: Images) -> None:
    image = ImageSet.of(image)
    if len(image) != 1:
        raise ShapeError(f"The drawing shows one picture, not {len(image)}: images[:1] is the first.")
    pixels = image.float()[0].detach().expand(3, -1, -1).permute(1, 2, 0).numpy()
    top, bottom = _PICTURE
    axes.imshow(pixels, extent=(center - _WIDE, center + _WIDE, bottom, top), aspect="auto")


def _text(axes: Axes, place: Point, text: str, align: str = "center") -> None:
    axes.text(*place, text, ha=align, va="center_baseline", fontsize=_TEXT)


def _wire(axes: Axes, *points: Point, colour: str = "", dashed: bool = False) -> None:
    """An arrow through points, with round corners."""
    path, codes = [points[0]], [Path.MOVETO]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        path += [_towards(corner, before), corner, _towards(corner, after)]
        codes += [Path.LINETO, Path.CURVE3, Path.CURVE3]
    path, codes = [*path, points[-1]], [*codes, Path.LINETO]
    colour = colour or matplotlib.rcParams["text.color"]
    style = {"arrowstyle": "-|>,head_length=4,head_width=2.4", "mutation_scale": 1.3, "color": colour}
    line = {"lw": 1.8 if dashed else 1.2, "ls": (0, (3, 1.6)) if dashed else "-", "capstyle": "butt"}
    axes.add_patch(FancyArrowPatch(path=Path(path, codes), zorder=3, **style, **line))


def _towards(corner: Point, other: Point, by: float = 10) -> Point:
    """The point `by` pixels from the corner on the way to another, straight up, down or sideways."""
    x, y = (c + max(-by, min(by, o - c)) for c, o in zip(corner, other, strict=True))
    return x, y


def _cloud(axes: Axes, center: Point, reach: Point, colour: str) -> None:
    """A normal distribution: rings at half, one, one and a half and two standard deviations."""
    for part in (0.25, 0.5, 0.75, 1):
        size = (2 * part * reach[0], 2 * part * reach[1])
        axes.add_patch(Ellipse(center, *size, fc=(colour, 0.13), ec="none", zorder=1))
    axes.add_patch(Ellipse(center, 2 * reach[0], 2 * reach[1], fc="none", ec=colour, lw=1, zorder=1))


def _dot(axes: Axes, center: Point, radius: float, colour: str) -> None:
    axes.add_patch(Ellipse(center, 2 * radius, 2 * radius, fc=colour, ec="none", zorder=4))


def _box(axes: Axes, low: Point, high: Point) -> None:
    """A quiet ground with round corners."""
    ink = matplotlib.rcParams["text.color"]
    shape = {"boxstyle": "round,pad=0,rounding_size=10", "fc": (ink, 0.05), "ec": "none", "zorder": 0}
    axes.add_patch(FancyBboxPatch(low, high[0] - low[0], high[1] - low[1], **shape))


def _chip(axes: Axes, center: Point, text: str, width: float) -> None:
    """A term of the loss."""
    shape = {"boxstyle": "round,pad=0,rounding_size=13", "fc": (PINK, 0.3), "ec": PINK, "lw": 1.2}
    axes.add_patch(FancyBboxPatch((center[0] - width / 2, center[1] - 14), width, 28, **shape))
    _text(axes, center, text)
