"""Encoders and decoders: the networks at both ends of the code.

An encoder turns images (B, C, H, W) into features (B, F); the model that owns it puts its heads on top. A
decoder turns codes (B, latent_dim) into images (B, C, H, W) with pixels in [0, 1].
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from vaelab.data.arguments import seed_number
from vaelab.errors import ShapeError

ImageShape = tuple[int, int, int]


class Sigmoid(nn.Sigmoid):
    """The logistic function, computed in float32 when it is given bf16 or half precision.

    bf16 has 8 significant bits, so that below 1 there would be no pixel value between 0.996 and 1.
    """

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.float() if x.dtype in (torch.bfloat16, torch.float16) else x)


class LeakyReLU(nn.LeakyReLU):
    """PyTorch's, but in training its output takes the memory of its input.

    For use behind a layer that does not look at its own output again: a convolution, a linear layer, batch
    norm. There it saves a third of what is kept for the gradients, and on a CPU a tenth of the time. The
    gradient needs the sign of the input, which the output has, too: the numbers are the same.
    """

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(x, self.negative_slope, inplace=self.training and torch.is_grad_enabled())


def conv_block(
    in_channels: int,
    out_channels: int,
    *,
    stride: int = 2,
    batch_norm: bool = False,
    dropout: float = 0.0,
    activation: nn.Module | None = None,
) -> nn.Sequential:
    """Convolution 3x3, [batch norm], activation, [dropout]. Stride 2 halves height and width."""
    conv = nn.Conv2d(in_channels, out_channels, kernel_size=3, stride=stride, padding=1)
    return nn.Sequential(conv, *_after(out_channels, batch_norm, dropout, activation))


def deconv_block(
    in_channels: int,
    out_channels: int,
    *,
    stride: int = 2,
    batch_norm: bool = False,
    dropout: float = 0.0,
    activation: nn.Module | None = None,
) -> nn.Sequential:
    """Transposed convolution 3x3, [batch norm], activation, [dropout]. Stride 2 doubles height and width."""
    conv = nn.ConvTranspose2d(
        in_channels, out_channels, kernel_size=3, stride=stride, padding=1, output_padding=stride - 1
    )
    return nn.Sequential(conv, *_after(out_channels, batch_norm, dropout, activation))


class OpponentColours(nn.Module):
    """Red, green, blue to brightness, red against green, yellow against blue: (B, 3, H, W), a rotation.

    Neighbours in RGB are nearly the same number. Turned like this they are nearly independent, as in the
    eye and in JPEG, so that batch norm behind it can give the two faint ones their due.
    """

    axes: Tensor

    def __init__(self):
        super().__init__()
        axes = F.normalize(torch.tensor([[1.0, 1.0, 1.0], [1.0, -1.0, 0.0], [1.0, 1.0, -2.0]]))
        self.register_buffer("axes", axes, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.axes.to(x.dtype)[:, :, None, None])


class UpConv2d(nn.Conv2d):
    """Nearest-neighbour doubling, then a 3x3 convolution: (B, in, H, W) -> (B, out, 2H, 2W).

    It is `nn.Upsample(scale_factor=2)` and `nn.Conv2d(..., 3, padding=1)`, with the weights of the latter.
    After doubling, neighbours are equal, and the pair is one transposed convolution of stride 2 whose 4x4
    kernel is the 3x3 one added up over 2x2 shifts. Written so, it costs 16 multiplications where the pair
    costs 36, and never holds the doubled map.
    """

    def __init__(self, in_channels: int, out_channels: int, bias: bool = True):
        super().__init__(in_channels, out_channels, kernel_size=3, padding=1, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        kernel = F.pad(self.weight.flip(2, 3).transpose(0, 1), (1, 1, 1, 1))
        kernel = kernel[:, :, 1:] + kernel[:, :, :-1]
        kernel = kernel[..., 1:] + kernel[..., :-1]
        return F.conv_transpose2d(x, kernel, self.bias, stride=2, padding=1)


def up_block(in_channels: int, out_channels: int, *, activation: nn.Module | None = None) -> nn.Sequential:
    """Nearest-neighbour doubling, convolution 3x3, batch norm, activation.

    Every output pixel is made the same way, so there is no checkerboard (Odena, Dumoulin and Olah,
    "Deconvolution and Checkerboard Artifacts", Distill 2016).
    """
    conv = UpConv2d(in_channels, out_channels, bias=False)  # batch norm has a bias
    return nn.Sequential(conv, *_after(out_channels, True, 0.0, activation))


def _after(channels: int, batch_norm: bool, dropout: float, activation: nn.Module | None) -> list[nn.Module]:
    layers: list[nn.Module] = [nn.BatchNorm2d(channels)] if batch_norm else []
    layers.append(activation or LeakyReLU(0.3))
    return layers + ([nn.Dropout(dropout)] if dropout else [])


def start_as_keras_does(module: nn.Module) -> nn.Module:
    """Draw the weights of linear and convolutional layers by Glorot and Bengio's rule, with biases of 0.

    Most layers' come out larger than PyTorch's own (smaller where a layer has more than five times as many
    outputs as inputs), which matters to networks without batch norm: the signal fades from layer to layer,
    and a narrow layer with ReLU can fall silent before it has learned anything (Glorot and Bengio,
    "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010, equation 16).
    """
    for layer in module.modules():
        if isinstance(layer, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.xavier_uniform_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return module


def shape_after(
    image_shape: ImageShape, channels: Sequence[int], strides: int | Sequence[int] = 2
) -> ImageShape:
    """Shape of the feature map behind convolutions of these `channels` and `strides`.

    Raises:
        ShapeError: height or width cannot be divided by all the strides.
    """
    strides = [strides] * len(channels) if isinstance(strides, int) else strides
    _, height, width = image_shape
    shrink = math.prod(strides)
    if height % shrink or width % shrink:
        raise ShapeError(
            f"Images of {height}x{width} pixels do not fit: the strides {tuple(strides)} divide the size by "
            f"{shrink}, so height and width must be multiples of {shrink}."
        )
    return channels[-1], height // shrink, width // shrink


def conv_encoder(
    image_shape: ImageShape,
    channels: Sequence[int] = (32, 64, 64, 64),
    *,
    batch_norm: bool = False,
    dropout: float = 0.0,
    activation: nn.Module | None = None,
) -> nn.Sequential:
    """A stack of stride-2 `conv_block`s, flattened: (B, C, H, W) -> (B, F).

    Args:
        image_shape: (channels, height, width) of the images.
        channels: output channels of each block; each halves height and width.
        batch_norm, dropout, activation: of every block, as for `conv_block`.
    """
    shape_after(image_shape, channels)
    widths = [image_shape[0], *channels]
    blocks = [
        conv_block(a, b, batch_norm=batch_norm, dropout=dropout, activation=activation)
        for a, b in pairwise(widths)
    ]
    return nn.Sequential(*blocks, nn.Flatten())


def conv_decoder(
    latent_dim: int,
    image_shape: ImageShape,
    channels: Sequence[int] = (64, 64, 64, 32),
    *,
    batch_norm: bool = False,
    dropout: float = 0.0,
    activation: nn.Module | None = None,
) -> nn.Sequential:
    """A linear layer, then stride-2 `deconv_block`s up to the image: (B, latent_dim) -> (B, C, H, W).

    Args:
        latent_dim: numbers in a code.
        image_shape: (channels, height, width) of the images.
        channels: channels of the map behind the linear layer, then of each block but the last, which makes
            the image itself.
        batch_norm, dropout, activation: of every block but the last, as for `deconv_block`.
    """
    start = (channels[0], *shape_after(image_shape, channels)[1:])
    blocks = [
        deconv_block(a, b, batch_norm=batch_norm, dropout=dropout, activation=activation)
        for a, b in pairwise(channels)
    ]
    return nn.Sequential(
        nn.Linear(latent_dim, math.prod(start)),
        nn.Unflatten(1, start),
        *blocks,
        deconv_block(channels[-1], image_shape[0], activation=Sigmoid()),
    )


def mlp_encoder(image_shape: ImageShape, hidden: Sequence[int] = (16,)) -> nn.Sequential:
    """Pixels in a row, then fully connected layers with ReLU: (B, C, H, W) -> (B, hidden[-1])."""
    widths = [math.prod(image_shape), *hidden]
    layers = [layer for a, b in pairwise(widths) for layer in (nn.Linear(a, b), nn.ReLU())]
    return nn.Sequential(nn.Flatten(), *layers)


def mlp_decoder(latent_dim: int, image_shape: ImageShape, hidden: Sequence[int] = (16,)) -> nn.Sequential:
    """Fully connected layers with ReLU, a sigmoid at the end: (B, latent_dim) -> (B, C, H, W)."""
    widths = [latent_dim, *hidden]
    layers = [layer for a, b in pairwise(widths) for layer in (nn.Linear(a, b), nn.ReLU())]
    pixels = nn.Linear(widths[-1], math.prod(image_shape))
    return nn.Sequential(*layers, pixels, Sigmoid(), nn.Unflatten(1, image_shape))


class Residual(nn.Module):
    """x + layers(x): the layers learn what to change, and gradients have a straight way past them.

    He, Zhang, Ren and Sun, "Deep Residual Learning for Image Recognition", CVPR 2016.
    """

    def __init__(self, *layers: nn.Module):
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)


def residual_block(channels: int, *, activation: nn.Module | None = None) -> nn.Sequential:
    """x + two convolutions 3x3 with batch norm, then the activation: (B, C, H, W) -> the same shape."""
    first = conv_block(channels, channels, stride=1, batch_norm=True, activation=activation)
    second = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
    return nn.Sequential(Residual(*first, second, nn.BatchNorm2d(channels)), activation or LeakyReLU(0.3))


def residual_mlp(inputs: int, hidden: int, blocks: int) -> nn.Sequential:
    """A fully connected layer, then `blocks` residual ones, all with SiLU: (B, inputs) -> (B, hidden).

    SiLU(x) = x * sigmoid(x) is a ReLU without the corner (Elfwing, Uchibe and Doya, Neural Networks 2018).
    """
    more = [Residual(nn.Linear(hidden, hidden), nn.SiLU()) for _ in range(blocks)]
    return nn.Sequential(nn.Linear(inputs, hidden), nn.SiLU(), *more)


class PlaceLinear(nn.Conv2d):
    """The same linear layer at each place of a map: a map given flat, (B, in * H * W) -> (B, out * H * W).

    It is a 1x1 convolution between the two shapes that codes and features have everywhere else.
    """

    def __init__(self, in_channels: int, out_channels: int, places: tuple[int, int], **kwargs):
        super().__init__(in_channels, out_channels, kernel_size=1, **kwargs)
        self.places = places

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.unflatten(1, (self.in_channels, *self.places))).flatten(1)


class Waves(nn.Module):
    """A time as many numbers: the sines and cosines of t times each frequency, (B,) -> (B, 2 * count).

    From slow to fast, so that a network can tell both early from late and one moment from the next (Vaswani
    et al., "Attention Is All You Need", NeurIPS 2017, section 3.5).

    Args:
        count: how many frequencies, from 1 to 1000 by equal factors; t goes from 0 to 1.
    """

    frequencies: Tensor

    def __init__(self, count: int = 16):
        super().__init__()
        spaced = torch.exp(torch.linspace(0, math.log(1000), count))
        self.register_buffer("frequencies", spaced, persistent=False)

    def forward(self, t: Tensor) -> Tensor:
        angles = t[:, None] * self.frequencies
        return torch.cat([angles.sin(), angles.cos()], dim=1)


@contextmanager
def evaluating(*modules: nn.Module) -> Iterator[None]:
    """Evaluation mode inside; afterwards, even after an error, each submodule is in the mode it was in.

    Batch norm and dropout act otherwise while training. One switch for the whole model would not do: a part
    that was frozen on purpose must stay frozen, and the rest go on learning.
    """
    modes = {part: part.training for module in modules for part in module.modules()}
    try:
        for module in modules:
            module.eval()
        yield
    finally:
        for part, training in modes.items():
            part.training = training


def keeping_random_state(device: torch.device) -> AbstractContextManager[None]:
    """Draws inside do not disturb PyTorch's random state, on the CPU and on `device`."""
    if device.type in ("cuda", "mps"):
        return torch.random.fork_rng(devices=[device], device_type=device.type)
    return torch.random.fork_rng(devices=[])


def widest(device: torch.device) -> torch.dtype:
    """The number format for sums and logarithms on `device`: float64, or float32 on Apple's GPUs."""
    return torch.float32 if device.type == "mps" else torch.float64


def exact(x: Tensor) -> Tensor:
    """`x` in float64: where it is, or on the CPU if its device has none."""
    return (x if widest(x.device) == torch.float64 else x.cpu()).double()


class drawing_by(TorchFunctionMode):
    """Draws inside come from this generator, in this thread alone; PyTorch's own random state has no part.

    The numbers are those that PyTorch's own generator would give with the same seed. Reached is what is drawn
    on the CPU by `nn.init`, as the weights of all layers are, and by functions of `torch` and methods of
    tensors, such as `torch.randn(3)` and `x.normal_()`. Those that draw and take no generator raise, as
    dropout does in training. Functions that are made of such draws inside PyTorch, such as
    `gumbel_softmax`, and NumPy's are not seen.
    """

    def __init__(self, generator: torch.Generator):
        super().__init__()
        self.generator = generator

    def __torch_function__(self, function: Callable, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        options = dict(kwargs or {})
        rests = options.get("training") is False  # dropout in evaluation mode
        draws = "generator" in options or (_draws(function.__name__) and not rests)
        if draws and options.get("generator") is None and _device(args, options).type == "cpu":
            options["generator"] = self.generator
        return function(*args, **options)


@cache
def _draws(name: str) -> bool:
    """Whether PyTorch marks what it calls by this name as random."""
    if "dropout" in name:  # not all have the mark
        return True
    operator = getattr(torch.ops.aten, name, None)
    overloads = operator.overloads() if operator else ()
    return any(torch.Tag.nondeterministic_seeded in getattr(operator, which).tags for which in overloads)


def _device(args: Sequence[Any], options: dict[str, Any]) -> torch.device:
    """Where a function of PyTorch works: where its first tensor is, or where it makes one."""
    first = args[0] if args else options.get("tensor")
    if isinstance(first, Tensor):
        return first.device
    return torch.device(options.get("device") or torch.get_default_device())


def seed(number: int, device: torch.device) -> None:
    """Seed PyTorch's draws on the CPU and on `device`, and no other device's, as torch.manual_seed would."""
    number = seed_number(number)
    torch.default_generator.manual_seed(number)
    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.manual_seed(number)
    elif device.type == "mps":
        torch.mps.manual_seed(number)


def count_parameters(module: nn.Module) -> int:
    """Number of trainable parameters.

    >>> count_parameters(nn.Linear(10, 2))
    22
    """
    return sum(p.numel() for p in module.parameters() if p.requires_grad)


@dataclass(frozen=True)
class LayerRow:
    """One line of a model's summary."""

    part: str  # "encoder", "to_code", "decoder", ... or "" for a bare stack of layers
    name: str  # "Conv2d 3x3 /2 + LeakyReLU"
    shape: tuple[int, ...]  # of the output, without the batch axis
    parameters: int


def layers(module: nn.Module, input_shape: Sequence[int] | None = None) -> list[LayerRow]:
    """The layers that a forward pass goes through, in its order, each with its output's shape.

    A layer without parameters that keeps the shape (an activation, a dropout) joins the row before it.

    Args:
        module: a model, or an encoder or decoder of its own.
        input_shape: shape of one input, without the batch axis; None takes the model's `image_shape`.

    Raises:
        ShapeError: `input_shape` is missing and the module has no `image_shape`.
    """
    shape = input_shape or getattr(module, "image_shape", None)
    if shape is None:
        raise ShapeError(
            "A bare stack of layers does not know its input: give input_shape, for instance (3, 64, 64)."
        )
    rows: list[LayerRow] = []

    def note(path: str, layer: nn.Module, output) -> None:
        size, own = tuple(output.shape[1:]), count_parameters(layer)
        part = path.split(".")[0] if hasattr(module, "image_shape") else ""
        if rows and not own and size == rows[-1].shape:
            rows[-1] = replace(rows[-1], name=f"{rows[-1].name} + {_layer_name(layer)}")
        else:
            rows.append(LayerRow(part, _layer_name(layer), size, own))

    leaves = [(path, m) for path, m in module.named_modules() if not list(m.children())]
    hooks = [
        m.register_forward_hook(lambda layer, _, output, path=path: note(path, layer, output))
        for path, m in leaves
    ]
    like = next(module.parameters(), torch.empty(0))
    try:
        with keeping_random_state(like.device), evaluating(module), torch.no_grad():  # a VAE draws its code
            module(like.new_zeros(1, *shape))
    finally:
        for hook in hooks:
            hook.remove()
    return rows


def _layer_name(layer: nn.Module) -> str:
    """ "Conv2d 3x3 /2" for a convolution of stride 2, else the name of the class."""
    name = type(layer).__name__
    if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
        name += " {}x{}".format(*layer.kernel_size) + (f" /{layer.stride[0]}" if layer.stride[0] > 1 else "")
    return name


def summary(module: nn.Module, input_shape: Sequence[int] | None = None) -> str:
    """A table of the module's layers: part, layer, output shape (without the batch axis), parameters.

    Args and errors are those of `layers`. Print it: `print(nets.summary(model))`.
    """
    table = [("part", "layer", "output shape", "parameters")]
    for row in layers(module, input_shape):
        table.append((row.part, row.name, " x ".join(map(str, row.shape)), f"{row.parameters:,}"))
    table.append(("total", "", "", f"{count_parameters(module):,}"))
    if not any(line[0] for line in table[1:-1]):
        table = [("", *line[1:]) for line in table[:-1]] + [("", "total", "", table[-1][3])]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = [
        "  ".join(
            cell.rjust(w) if i == 3 else cell.ljust(w)
            for i, (cell, w) in enumerate(zip(line, widths, strict=True))
            if w
        )
        for line in table
    ]
    rule = "-" * len(lines[0])
    return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])
