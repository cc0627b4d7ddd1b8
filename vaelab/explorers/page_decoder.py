"""A decoder as a web page runs it: batch norms folded in, 16-bit weights, a short list of layers.

`pack` makes it from a torch model; `frontend/src/decoder.js` runs it, in WebAssembly or plain JavaScript. The
prior that the model carries, if any, comes along, so that a page can draw codes (`frontend/src/prior.js`).
"""

import math
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from vaelab import nets, priors
from vaelab.errors import PageDecoderError
from vaelab.explorers.look_up import LookUp
from vaelab.explorers.page_file import PageFile

FORMAT = 2
_LARGEST = torch.finfo(torch.float16).max
_KNOWN = (
    "It runs Linear; convolutions of stride 1, 3x3 with padding 1 or 1x1; nearest doubling (UpConv2d, or "
    "Upsample and a 3x3 convolution); ConvTranspose2d whose output is larger by its stride, and whose kernel "
    "reaches no farther than to the next input; nets.Residual, PixelShuffle, BatchNorm, LayerNorm, ReLU, "
    "LeakyReLU, SiLU, Sigmoid, Dropout and Unflatten. With a kernel, in JupyterLab, any "
    "model works."
)


class PageDecoder(PageFile):
    """A packed decoder, with the prior of its codes.

    `meta` is {"format", "key", "latent_dim", "shape": [C, H, W], "layers": [{"type", ...}, ...], "prior"},
    `data` the numbers of the decoder's layers, then of the prior's, float16, little endian; `key` begins with
    the recipe's name.
    """


def pack(model: nn.Module) -> PageDecoder:
    """Turn a model's decoder, as it is in evaluation mode, and its prior into layers that a web page runs.

    Batch norm is an affine map then, and joins the layer before it (Ioffe and Szegedy, ICML 2015, section
    3.1). Rounding to 16 bits moves pixels by about 1/1000.

    A prior of a kind that a page does not know stays behind: the page then says so when it is to draw.

    Args:
        model: has a `decoder` (B, latent_dim) -> (B, C, H, W) with C = 1 or 3 and pixels in [0, 1], a
            `latent_dim` and an `image_shape`; `vaelab.VAE` and `vaelab.Autoencoder` do.

    Raises:
        PageDecoderError: a layer is not one that a page runs, or a weight does not fit 16 bits.
    """
    latent_dim, shape = _described(model)
    packing = _Packing((latent_dim,))
    with torch.no_grad():
        packing.add(model.decoder, "decoder")
        packing.finish(shape)
        prior, chains = _prior(getattr(model, "prior", None))
        data = b"".join(layer.data() for chain in (packing.layers, *chains) for layer in chain)
        _check_decode(model)
    meta = {"latent_dim": latent_dim, "shape": list(shape), "prior": prior}
    meta["layers"] = [layer.meta() for layer in packing.layers]
    return PageDecoder.of(_name(model), FORMAT, meta, data)


def _described(model: nn.Module) -> tuple[int, tuple[int, int, int]]:
    missing = [name for name in ("decoder", "latent_dim", "image_shape") if not hasattr(model, name)]
    if missing:
        raise PageDecoderError(
            f"A page cannot run this {type(model).__name__}: it has no {' and no '.join(missing)}. "
            "A vaelab.VAE or vaelab.Autoencoder around your networks has them."
        )
    if not (isinstance(model, nn.Module) and isinstance(model.decoder, nn.Module)):
        raise PageDecoderError("A page runs torch layers: the model and its decoder must be nn.Modules.")
    shape = tuple(model.image_shape)
    if len(shape) != 3 or shape[0] not in (1, 3):
        raise PageDecoderError(f"A page draws pictures of 1 or 3 channels (C, H, W), not of shape {shape}.")
    return model.latent_dim, shape


def _name(model: nn.Module) -> str:
    return (getattr(model, "recipe", None) or {"name": "model"})["name"]


def _check_decode(model: nn.Module) -> None:
    """`model.decode` must be the decoder and nothing else, for the decoder is all that is packed."""
    if not hasattr(model, "decode"):
        return
    weight = next(model.decoder.parameters(), torch.zeros(()))
    z = torch.randn(2, model.latent_dim, generator=torch.Generator().manual_seed(0)).to(weight)
    with nets.evaluating(model):
        same = torch.allclose(model.decode(z).float(), model.decoder(z).float(), atol=1e-2)
    if not same:
        raise PageDecoderError(
            f"{type(model).__name__}.decode gives other pictures than its decoder alone, and a page runs the "
            "decoder. Move what decode adds into the decoder."
        )


def _prior(prior: nn.Module | None) -> tuple[dict | None, list[list["_Layer"]]]:
    """What a page needs to draw from a prior, and chains of layers: None, none for N(0, I)."""
    if prior is None or type(prior) is priors.StandardNormal:
        return None, []
    if type(prior) is priors.Normal:
        return _normals(torch.ones(1), prior.mean[None], prior.scale_tril[None])
    if type(prior) is priors.Mixture:
        return _normals(prior.log_weights.exp(), prior.means, prior.scale_trils)
    if type(prior) is priors.FlowMatching and type(prior.velocity) is priors.Velocity:
        return _flow(prior)
    return {"type": "unknown"}, []


def _normals(shares: Tensor, means: Tensor, roots: Tensor) -> tuple[dict, list[list["_Layer"]]]:
    """Normal distributions, each with its share: a linear layer turns N(0, I) into one."""
    chains = []
    for mean, root in zip(means.cpu().double(), roots.cpu().double(), strict=True):
        chains.append([_Layer("linear", "prior", root, mean, more={"outputs": len(mean)})])
    parts = [[layer.meta() for layer in chain] for chain in chains]
    return {"type": "normals", "shares": shares.tolist(), "parts": parts}, chains


def _flow(prior: priors.FlowMatching) -> tuple[dict, list[list["_Layer"]]]:
    """Heun's method on the velocity, whose input is a code and the sines and cosines of the time."""
    network = prior.velocity
    packing = _Packing((network.first.in_features,))
    packing.add(nn.Sequential(network.first, *network.blocks, network.last), "prior.velocity")
    numbers = {"mean": prior.mean, "spread": prior.spread, "frequencies": network.waves.frequencies}
    texts = {name: [float(f"{number:.7g}") for number in values.tolist()] for name, values in numbers.items()}
    layers = [layer.meta() for layer in packing.layers]
    return {"type": "flow", "steps": prior.steps, **texts, "layers": layers}, [packing.layers]


@dataclass
class _Layer:
    """One of the page's layers; weight and bias have the output channels first."""

    type: str
    path: str
    weight: Tensor | None = None
    bias: Tensor | None = None
    slope: float | None = None  # of the ReLU (0) or LeakyReLU that the layer ends with
    more: dict = field(default_factory=dict)
    inner: list["_Layer"] | None = None  # of a residual block

    def meta(self) -> dict:
        slope = {} if self.slope is None else {"slope": self.slope}
        inner = {} if self.inner is None else {"layers": [layer.meta() for layer in self.inner]}
        return {"type": self.type, **self.more, **inner, **slope}

    def data(self) -> bytes:
        if self.weight is None:
            return b"".join(layer.data() for layer in self.inner or [])
        weight = self.weight.permute(2, 3, 1, 0) if self.weight.ndim == 4 else self.weight
        numbers = torch.cat([weight.flatten(), self.bias])
        if not numbers.isfinite().all():
            raise PageDecoderError(f"{self.path} has weights that are not finite numbers: train it again.")
        if (largest := numbers.abs().max().item()) > _LARGEST:
            raise PageDecoderError(
                f"{self.path} has a weight of size {largest:.3g} (batch norm included); a page keeps them in "
                f"16 bits, which end at {_LARGEST:.0f}. Scale the layer down, or the one before it."
            )
        return numbers.half().numpy().astype("<f2").tobytes()


class _Packing:
    """The layers so far, and the shape of what comes out of them."""

    def __init__(self, shape: tuple[int, ...]):
        self.layers: list[_Layer] = []
        self.shape = shape
        self.doubling: str | None = None  # path of an Upsample that waits for its convolution

    def add(self, module: nn.Module, path: str) -> None:
        if type(module).forward is nn.Sequential.forward:
            for i, child in enumerate(module):  # named_children leaves out a layer's second use
                self.add(child, f"{path}.{i}")
            return
        add = _ADD.get(type(module))
        if type(module) is not nn.Conv2d:
            self.check_doubling()
        reason = add(self, module, path) if add else "it is not a layer that a page runs"
        if reason:
            name = str(module) if add and not list(module.children()) else type(module).__name__
            raise PageDecoderError(f"A page cannot run {path}, {name}: {reason}. {_KNOWN}")

    def finish(self, shape: tuple[int, int, int]) -> None:
        self.check_doubling()
        if self.shape != shape:
            raise PageDecoderError(
                f"The decoder's layers end in shape {self.shape}, and the model's pictures have {shape}. "
                "Let the decoder itself make the picture, with nn.Unflatten if need be."
            )

    def check_doubling(self) -> None:
        if self.doubling:
            raise PageDecoderError(f"{self.doubling} (Upsample) must stand right before a Conv2d. {_KNOWN}")

    def last(self) -> _Layer | None:
        """The layer whose numbers the next one gets, if it has weights and nothing behind them."""
        layer = next((layer for layer in reversed(self.layers) if layer.type != "unflatten"), None)
        joins = layer and layer.type != "look" and layer.weight is not None and layer.slope is None
        return layer if joins else None


def _weights(layer: nn.Module, outputs: int) -> tuple[Tensor, Tensor]:
    """Weight and bias in double precision."""
    weight = layer.weight.detach().cpu().double()
    bias = torch.zeros(outputs) if layer.bias is None else layer.bias.detach().cpu()
    return weight, bias.double()


def _wrong_type(layer: nn.Module) -> str | None:
    if layer.weight.dtype not in (torch.float32, torch.float64):
        return f"its weights are {layer.weight.dtype}; call model.float() first"
    return None


def _linear(packing: _Packing, layer: nn.Linear, path: str) -> str | None:
    if packing.shape != (layer.in_features,):
        return f"it gets shape {packing.shape}"
    weight, bias = _weights(layer, layer.out_features)
    packing.layers.append(_Layer("linear", path, weight, bias, more={"outputs": layer.out_features}))
    packing.shape = (layer.out_features,)
    return _wrong_type(layer)


def _convolution(packing: _Packing, layer: nn.Conv2d | nn.ConvTranspose2d, path: str) -> str | None:
    transposed = isinstance(layer, nn.ConvTranspose2d)
    if len(packing.shape) != 3 or packing.shape[0] != layer.in_channels:
        return f"it gets shape {packing.shape}"
    options = (layer.kernel_size, layer.stride, layer.padding, layer.output_padding)
    options = tuple(value[0] if value == (value[0],) * 2 else value for value in options)
    kinds = _TRANSPOSED if transposed else _PLAIN
    usual = layer.dilation == (1, 1) and layer.groups == 1 and layer.padding_mode == "zeros"
    if usual and transposed and options not in kinds and _only_next(*options):
        return _shuffled(packing, layer, path)
    if options not in kinds or not usual:
        return "kernel, stride, padding, dilation or groups are others than a page runs"
    weight, bias = _weights(layer, layer.out_channels)
    if options[0] == 1:
        weight = nn.functional.pad(weight, (1, 1, 1, 1))
    if transposed:
        weight = weight.transpose(0, 1)
        weight = weight.flip(2, 3) if options[1] == 1 else weight
    kind = kinds[options]
    if isinstance(layer, nets.UpConv2d) or packing.doubling:
        kind, packing.doubling = "upconv", None
    more = {"outputs": layer.out_channels} | ({"side": options[0]} if kind == "deconv" else {})
    packing.layers.append(_Layer(kind, path, weight, bias, more=more))
    grow = 1 if kind == "conv" else 2
    packing.shape = (layer.out_channels, grow * packing.shape[1], grow * packing.shape[2])
    return _wrong_type(layer)


# (kernel, stride, padding, output padding) -> the page's layer
_PLAIN = {(3, 1, 1, 0): "conv", (1, 1, 0, 0): "conv"}
_TRANSPOSED = {(3, 1, 1, 0): "conv", (3, 2, 1, 1): "deconv", (4, 2, 1, 0): "deconv"}


def _only_next(kernel: Any, stride: Any, padding: Any, more: Any) -> bool:
    """Whether a transposed convolution multiplies both sides, and an output meets only inputs around it."""
    options = (kernel, stride, padding, more)
    if not all(isinstance(option, int) for option in options):
        return False
    return kernel - 2 * padding + more == stride >= padding and kernel - padding <= 2 * stride


def _shuffled(packing: _Packing, layer: nn.ConvTranspose2d, path: str) -> str | None:
    """A transposed convolution of stride s: a 3x3 one that gives s x s pixels at each place, unfolded."""
    stride, padding, side = layer.stride[0], layer.padding[0], layer.kernel_size[0]
    kernel, bias = _weights(layer, layer.out_channels)
    weight = kernel.new_zeros(layer.out_channels, stride, stride, layer.in_channels, 3, 3)
    # Output s q + r meets input q + j - 1 by the kernel's row or column s (1 - j) + r + padding.
    met = [
        (r, j, s)
        for r in range(stride)
        for j in range(3)
        if 0 <= (s := stride * (1 - j) + r + padding) < side
    ]
    for y, above, row in met:
        for x, before, column in met:
            weight[:, y, x, :, above, before] = kernel[:, :, row, column].T
    weight, bias = weight.flatten(0, 2), bias.repeat_interleave(stride**2)
    packing.layers.append(_Layer("conv", path, weight, bias, more={"outputs": len(bias)}))
    packing.shape = (len(bias), *packing.shape[1:])
    return _wrong_type(layer) or _shuffle(packing, nn.PixelShuffle(stride), path)


def _upsample(packing: _Packing, layer: nn.Upsample, path: str) -> str | None:
    if layer.mode != "nearest" or layer.scale_factor not in (2, (2, 2)) or len(packing.shape) != 3:
        return "only nearest doubling of a picture can be packed"
    packing.doubling = path
    return None


def _batch_norm(packing: _Packing, layer: nn.BatchNorm1d | nn.BatchNorm2d, path: str) -> str | None:
    dimensions = 3 if isinstance(layer, nn.BatchNorm2d) else 1
    if len(packing.shape) != dimensions or packing.shape[0] != layer.num_features:
        return f"it gets shape {packing.shape}"
    if layer.running_mean is None:
        return "it keeps no running mean and variance, so that a picture would depend on its batch"
    if layer.running_mean.dtype not in (torch.float32, torch.float64):
        return f"its numbers are {layer.running_mean.dtype}; call model.float() first"
    scale = (layer.running_var.detach().cpu().double() + layer.eps).rsqrt()
    if layer.affine:
        scale = scale * layer.weight.detach().cpu()
    shift = -layer.running_mean.detach().cpu() * scale
    if layer.affine:
        shift = shift + layer.bias.detach().cpu()
    target = packing.last()
    if target is None:
        packing.layers.append(_Layer("affine", path, scale, shift, more={"size": layer.num_features}))
        return None
    places = len(target.bias) // len(scale)  # behind Unflatten: each channel has that many
    scale, shift = scale.repeat_interleave(places), shift.repeat_interleave(places)
    target.weight = target.weight * scale.reshape(-1, *[1] * (target.weight.ndim - 1))
    target.bias = target.bias * scale + shift
    return None


def _relu(packing: _Packing, layer: nn.ReLU | nn.LeakyReLU, path: str) -> str | None:
    slope = float(getattr(layer, "negative_slope", 0.0))
    target = packing.last()
    if target is None:
        target = _Layer("leaky", path)
        packing.layers.append(target)
    target.slope = slope
    return None


def _curve(name: str):
    def add(packing: _Packing, layer: nn.Module, path: str) -> None:
        packing.layers.append(_Layer(name, path))

    return add


def _nothing(packing: _Packing, layer: nn.Module, path: str) -> None:
    """In evaluation mode the layer does nothing."""


def _unflatten(packing: _Packing, layer: nn.Unflatten, path: str) -> str | None:
    shape = tuple(layer.unflattened_size)
    if layer.dim not in (1, -1) or len(shape) != 3 or packing.shape != (math.prod(shape),):
        return f"it must turn all {packing.shape} numbers into (C, H, W)"
    packing.layers.append(_Layer("unflatten", path, more={"shape": list(shape)}))
    packing.shape = shape
    return None


def _layer_norm(packing: _Packing, layer: nn.LayerNorm, path: str) -> str | None:
    if packing.shape != tuple(layer.normalized_shape):
        return f"it gets shape {packing.shape}, and a page normalises whole vectors"
    scale, shift = torch.ones(packing.shape), torch.zeros(packing.shape)
    if layer.elementwise_affine:
        scale = layer.weight.detach().cpu().double()
        shift = shift.double() if layer.bias is None else layer.bias.detach().cpu().double()
    packing.layers.append(_Layer("norm", path, more={"eps": layer.eps}))
    packing.layers.append(_Layer("affine", path, scale, shift, more={"size": packing.shape[0]}))
    return None


def _shuffle(packing: _Packing, layer: nn.PixelShuffle, path: str) -> str | None:
    factor = layer.upscale_factor
    if len(packing.shape) != 3 or packing.shape[0] % factor**2:
        return f"it gets shape {packing.shape}"
    channels, height, width = packing.shape
    packing.layers.append(_Layer("shuffle", path, more={"factor": factor}))
    packing.shape = (channels // factor**2, factor * height, factor * width)
    return None


def _look_up(packing: _Packing, layer: LookUp, path: str) -> str | None:
    if packing.shape != (math.prod(layer.shape),):
        return f"it gets shape {packing.shape}"
    entries, width = layer.table.shape
    more = {"entries": entries, "width": width, "shape": list(layer.shape)}
    packing.layers.append(_Layer("look", path, layer.table.cpu(), torch.zeros(0), more=more))
    packing.shape = (width, *layer.shape)
    return None


def _residual(packing: _Packing, layer: nets.Residual, path: str) -> str | None:
    inside = _Packing(packing.shape)  # a batch norm in it joins nothing before it: x goes on as it is
    inside.add(layer.layers, f"{path}.layers")
    inside.check_doubling()
    if inside.shape != packing.shape:
        return f"its layers turn shape {packing.shape} into {inside.shape}, which cannot be added"
    packing.layers.append(_Layer("residual", path, inner=inside.layers))
    return None


_ADD = {
    nn.Linear: _linear,
    nn.Conv2d: _convolution,
    nn.ConvTranspose2d: _convolution,
    nets.UpConv2d: _convolution,
    nn.Upsample: _upsample,
    nn.LayerNorm: _layer_norm,
    nn.PixelShuffle: _shuffle,
    nets.Residual: _residual,
    LookUp: _look_up,
    nn.BatchNorm1d: _batch_norm,
    nn.BatchNorm2d: _batch_norm,
    nn.ReLU: _relu,
    nn.LeakyReLU: _relu,
    nets.LeakyReLU: _relu,
    nn.SiLU: _curve("silu"),
    nn.Sigmoid: _curve("sigmoid"),
    nets.Sigmoid: _curve("sigmoid"),
    nn.Unflatten: _unflatten,
    nn.Identity: _nothing,
    nn.Dropout: _nothing,
    nn.Dropout2d: _nothing,
}
