"""The one drawing of a VAE, which grows with the chapters: a stage adds to the one before and moves nothing.

It has the shape of a U. The network runs along it: down the encoder on the left, through the latent space at
the bottom, up the decoder on the right. The loss stands in the middle, between what its terms compare. Blue
is the encoder's side, q; orange the decoder's and the prior's, p; pink the loss and the gradient that it
sends back.
"""

from matplotlib.axes import Axes

from vaelab.data import ImageSet
from vaelab.errors import ModelError, ShapeError, UnknownNameError
from vaelab.figures import marks
from vaelab.figures.images import Images
from vaelab.figures.style import BLUE, GREEN, GREY, ORANGE, PINK, Picture, panel, styled
from vaelab.models import VAE, wrong_shape
from vaelab.nets import layers

# Pixels of a page, from the top left, downwards. A phone shows them at seven tenths: hence the large type.
_WIDTH, _HEIGHT, _WITH_NOISE = 470, 450, 522
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
        ShapeError: no picture, or several, or one that does not fit the model.
        ModelError: the last stage without a model that has feature maps.
    """
    if stage not in _STAGES:
        raise UnknownNameError("stage of the drawing", stage, _STAGES)
    if model is not None and ImageSet.of(x).shape != model.image_shape:
        raise ShapeError(wrong_shape(ImageSet.of(x).images.shape, model.image_shape))
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
    marks.box(axes, *_SPACE)
    for center, colour, name in ((_LEFT, BLUE, "encoder"), (_RIGHT, ORANGE, "decoder")):
        marks.funnel(axes, center, _FUNNEL, (_WIDE, _NARROW), colour)
        marks.text(axes, (center, _FUNNEL[0] + 17), name)
    marks.text(axes, (_LEFT, 9), "picture x")
    marks.text(axes, (_RIGHT, 9), "redrawn x̂")
    above, below = _PICTURE[1] + 4, _FUNNEL[0] - 3
    marks.wire(axes, (_LEFT, above), (_LEFT, below))
    marks.wire(axes, (_RIGHT, below), (_RIGHT, above))
    x, y = _LEFT - _APART, _CODE[1]
    marks.wire(axes, (x, _FUNNEL[1] + 1), (x, y), (_CODE[0] - 7, y))
    x = _RIGHT + _APART
    marks.wire(axes, (_CODE[0] + 7, y), (x, y), (x, _FUNNEL[1] + 3))
    marks.dot(axes, _CODE, 6, GREEN)
    marks.text(axes, (360, y + 18), "code z")
    for y, word in ((414, "latent"), (433, "space")):
        marks.text(axes, (_SPACE[0][0] - 7, y), word, "right")
    return (
        "A drawing in the shape of a U. Top left, a picture x. Below it the encoder, a funnel, from which an "
        "arrow leads to a dot in the latent space at the bottom: the code z. From there an arrow leads to "
        "the decoder, another funnel, and up to the redrawn picture x̂, top right."
    )


def _two_clouds(axes: Axes, _model: VAE | None) -> str:
    """The encoder's second output, its cloud, the prior's, and the KL with an arrow to each."""
    marks.cloud(axes, _PRIOR_CENTER, _PRIOR, ORANGE)
    marks.cloud(axes, _MEAN, _CLOUD, BLUE)
    marks.dot(axes, _MEAN, 3.5, BLUE)
    x, y = _LEFT + _APART, _MEAN[1] - 2 * _APART
    edge = _MEAN[0] - _CLOUD[0] * (1 - (2 * _APART / _CLOUD[1]) ** 2) ** 0.5
    marks.wire(axes, (x, _FUNNEL[1] + 1), (x, y), (edge - 1, y))
    marks.text(axes, (112, _MEAN[1] + 18), "μ")
    marks.text(axes, (112, y - 14), "log σ²")
    marks.chip(axes, _KL, "KL(q ‖ p)", 92)
    top = _KL[1] + 16
    marks.wire(axes, (_MIDDLE - 6, top), (_MEAN[0] + 4, _MEAN[1] - _CLOUD[1] - 2), colour=PINK)
    marks.wire(axes, (_MIDDLE + 6, top), (_MIDDLE + 25, _PRIOR_CENTER[1] - 70), colour=PINK)
    for x, name in ((_SPACE[0][0] + 18, "q"), (_SPACE[1][0] - 18, "p")):
        marks.text(axes, (x, _SPACE[0][1] + 38), name)
    return (
        "The encoder has two outputs, μ and log σ²: the middle and the width of a small cloud q, in which z "
        "lies. Behind it is the prior, a wide cloud p. From KL(q ‖ p) an arrow points to each of the two."
    )


def _noise_outside(axes: Axes, _model: VAE | None) -> str:
    """The noise, which comes into the network from outside, and the way back that this leaves free."""
    marks.box(axes, (0, 146), (_WIDTH, 456))
    marks.cloud(axes, _NOISE, (24, 24), GREY)
    marks.text(axes, _NOISE, "ε")
    marks.wire(axes, (_NOISE[0], _NOISE[1] - 26), (_CODE[0], _CODE[1] + 8))
    marks.text(axes, (_NOISE[0] - 34, _NOISE[1]), "from N(0, I)", "right")
    marks.text(axes, (_NOISE[0] + 34, _NOISE[1]), "z = μ + σ · ε", "left")
    y = _CODE[1] - _APART
    way = [(_RIGHT, _FUNNEL[1] + 3), (_RIGHT, y), (_LEFT, y), (_LEFT, _FUNNEL[1] + 3)]
    marks.wire(axes, *way, colour=PINK, dashed=True)
    marks.text(axes, (360, y - 14), "gradient")
    return (
        "Noise ε from N(0, I) comes to z from below, from outside the network, so that z = μ + σ · ε. The "
        "gradient, a dashed line, runs back from the decoder past z to the encoder, along μ and log σ²."
    )


def _whole_loss(axes: Axes, _model: VAE | None) -> str:
    """The second term, with its arrows, and the sum."""
    marks.text(axes, (_MIDDLE, _RECONSTRUCTION[1] - 36), "loss =")
    marks.chip(axes, _RECONSTRUCTION, "reconstruction", 146)
    marks.text(axes, (_MIDDLE, (_RECONSTRUCTION[1] + _KL[1]) / 2), "+")
    for side, center in ((-1, _LEFT), (1, _RIGHT)):
        start, end = _MIDDLE + side * 75, center - side * (_WIDE + 3)
        marks.wire(axes, (start, _RECONSTRUCTION[1]), (end, _RECONSTRUCTION[1]), colour=PINK)
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
        marks.text(axes, (center + side * 9, 156), picture, align)
        downwards = maps[part][::side]
        for i, shape in enumerate(downwards):
            y = 206 + i * 62 / max(1, len(downwards) - 1)
            half = _WIDE - (_WIDE - _NARROW) * (y - _FUNNEL[0]) / (_FUNNEL[1] - _FUNNEL[0])
            axes.plot([center - half + 9, center + half - 9], [y, y], color=colour, lw=4)
            marks.text(axes, (center + side * (half + 5), y), "×".join(map(str, shape)), align)
    for x, align in ((_LEFT - 16, "right"), (_LEFT + 16, "left"), (_RIGHT + 16, "left")):
        marks.text(axes, (x, 293), code, align)
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
