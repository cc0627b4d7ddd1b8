"""Decoders in a page: what the front end computes from a packed decoder is what PyTorch computes.

The front end's own code runs in node, in WebAssembly and in plain JavaScript.
"""

import base64
import json
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import nn

import vaelab
from vaelab import cli, nets
from vaelab.errors import PageDecoderError
from vaelab.explorers.page_decoder import pack

FRONTEND = Path(vaelab.__file__).parent / "explorers" / "frontend"


class Picture(nn.Module):
    """Any module with a decoder, as a chapter may make one by hand."""

    def __init__(self, latent_dim, shape, *layers):
        super().__init__()
        self.decoder, self.latent_dim, self.image_shape = nn.Sequential(*layers), latent_dim, shape


@torch.no_grad()
def picture(latent_dim, shape, *layers):
    """A decoder whose weights, batch norms' statistics included, are random."""
    torch.manual_seed(len(layers))
    model = Picture(latent_dim, shape, *layers)
    for layer in model.modules():
        if isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d)):
            layer.running_mean.normal_()
            layer.running_var.uniform_(0.5, 2)
            if layer.affine:
                layer.weight.uniform_(0.5, 2)
                layer.bias.normal_()
    return model.eval()


UNITS = {
    "linear layers only": picture(
        5, (1, 3, 5), nn.Linear(5, 9), nn.ReLU(), nn.Linear(9, 15), nn.Sigmoid(), nn.Unflatten(1, (1, 3, 5))
    ),
    "no sigmoid": picture(2, (3, 2, 3), nn.Linear(2, 18), nn.Unflatten(1, (3, 2, 3))),
    "batch norms in a row": picture(
        3,
        (1, 2, 2),
        nn.BatchNorm1d(3),
        nn.Linear(3, 8, bias=False),
        nn.BatchNorm1d(8, affine=False),
        nn.SiLU(),
        nn.BatchNorm1d(8),
        nn.LeakyReLU(0.2),
        nn.Linear(8, 4),
        nn.Unflatten(1, (1, 2, 2)),
        nn.BatchNorm2d(1),
        nets.Sigmoid(),
    ),
    "doubling, odd sizes": picture(
        2,
        (3, 6, 10),
        nn.Linear(2, 7 * 15),
        nn.Unflatten(1, (7, 3, 5)),
        nn.BatchNorm2d(7),
        nn.LeakyReLU(0.3),
        nets.up_block(7, 13),
        nn.Dropout2d(0.5),
        nn.Conv2d(13, 3, 3, padding=1),
        nn.Sigmoid(),
    ),
    "upsample and convolution": picture(
        2,
        (1, 14, 14),
        nn.Linear(2, 5 * 49),
        nn.ReLU(),
        nn.Unflatten(1, (5, 7, 7)),
        nn.Upsample(scale_factor=2),
        nn.Conv2d(5, 1, 3, padding=1),
        nets.Sigmoid(),
    ),
    "transposed 3x3": picture(
        2,
        (3, 4, 12),
        nn.Linear(2, 18),
        nn.Unflatten(1, (6, 1, 3)),
        nets.deconv_block(6, 17, batch_norm=True),
        nets.deconv_block(17, 4, activation=nn.ReLU()),
        nets.deconv_block(4, 3, stride=1, activation=nets.Sigmoid()),
    ),
    "transposed 4x4": picture(
        2,
        (1, 10, 14),
        nn.Linear(2, 9 * 35),
        nn.Unflatten(1, (9, 5, 7)),
        nn.ReLU(),
        nn.ConvTranspose2d(9, 1, 4, stride=2, padding=1),
        nn.LeakyReLU(0.2),
        nn.Sigmoid(),
    ),
    "batch norm before a convolution": picture(
        2,
        (1, 5, 3),
        nn.Linear(2, 30),
        nn.Unflatten(1, (2, 5, 3)),
        nn.ReLU(),
        nn.BatchNorm2d(2),
        nn.Conv2d(2, 6, 3, padding=1, bias=False),
        nn.SiLU(),
        nn.BatchNorm2d(6),
        nn.Conv2d(6, 1, 3, padding=1),
    ),
}


def page_pictures(models, codes, folder):
    """Pictures in [0, 1] of each model, {"wasm": (n, C, H, W), "js": ...}, from one run of node."""
    node = shutil.which("node")
    if node is None or not (FRONTEND / "node_modules").is_dir():
        pytest.skip("needs node, and `npm ci` in vaelab/explorers/frontend")
    jobs = []
    for i, (model, z) in enumerate(zip(models, codes, strict=True)):
        packed, script = pack(model), folder / f"{i}.js"
        script.write_text(packed.script())
        jobs.append({"script": str(script), "key": packed.key, "codes": z.tolist()})
    (folder / "jobs.json").write_text(json.dumps(jobs))
    command = [node, FRONTEND / "run_decoder.mjs", folder / "jobs.json", folder / "out.json"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    for model, result in zip(models, json.loads((folder / "out.json").read_text()), strict=True):
        channels, height, width = model.image_shape
        assert [result[name]["backend"] for name in ("wasm", "js")] == ["wasm", "js"]
        yield {
            name: torch.stack([_pixels(text, height, width)[:channels] for text in run["rgba"]]) / 255
            for name, run in result.items()
        }


def _pixels(text, height, width):
    rgba = torch.frombuffer(bytearray(base64.b64decode(text)), dtype=torch.uint8).view(height, width, 4)
    assert (rgba[..., 3] == 255).all()
    return rgba.permute(2, 0, 1)


@torch.no_grad()
def test_a_page_decodes_every_kind_of_layer_as_torch_does(tmp_path):
    models = list(UNITS.values())
    codes = [torch.randn(4, m.latent_dim, generator=torch.Generator().manual_seed(1)) for m in models]
    for name, model, z, found in zip(
        UNITS, models, codes, page_pictures(models, codes, tmp_path), strict=True
    ):
        expected = model.decoder(z).clamp(0, 1)
        assert expected.std() > 0.01, f"{name}: the test would not see a difference"
        for backend, pictures in found.items():
            worst = (pictures - expected).abs().max().item()
            assert worst <= 1e-2, f"{name}, {backend}: off by {worst:.3f}"


@torch.no_grad()
def test_a_page_decodes_our_models_within_one_step_of_a_pixel(tmp_path):
    models = [vaelab.pretrained(name) for name in vaelab.weights.names()]
    models.append(vaelab.recipes.build("mayberay-digits-vae").eval())
    codes = [torch.randn(100, m.latent_dim, generator=torch.Generator().manual_seed(0)) for m in models]
    for model, z, found in zip(models, codes, page_pictures(models, codes, tmp_path), strict=True):
        for backend, pictures in found.items():
            worst = (pictures - model.decode(z)).abs().max().item() * 255
            assert worst <= 1, f"{model.recipe['name']}, {backend}: off by {worst:.2f} of 255 steps"


@pytest.mark.parametrize("name", vaelab.recipes.RECIPES)
def test_all_recipes_but_the_residual_one_can_be_packed(name):
    if name == "residual-mlp-vae":
        with pytest.raises(PageDecoderError, match=r"decoder\.0\.2, Residual"):
            pack(vaelab.recipes.build(name))
    else:
        assert pack(vaelab.recipes.build(name)).key.startswith(f"{name}-")


REFUSED = {
    "another layer": (picture(4, (1, 2, 2), nn.Unflatten(1, (4, 1, 1)), nn.GroupNorm(2, 4)), "1, GroupNorm"),
    "another kernel": (
        picture(4, (1, 2, 2), nn.Linear(4, 4), nn.Unflatten(1, (1, 2, 2)), nn.Conv2d(1, 1, 5, padding=2)),
        r"decoder\.2, Conv2d.* kernel, stride or padding",
    ),
    "output padding": (
        picture(4, (1, 3, 3), nn.Unflatten(1, (4, 1, 1)), nn.ConvTranspose2d(4, 1, 3, 2, 1)),
        "kernel, stride or padding",
    ),
    "a lone upsample": (
        picture(4, (4, 2, 2), nn.Unflatten(1, (4, 1, 1)), nn.Upsample(scale_factor=2), nn.ReLU()),
        "right before a Conv2d",
    ),
    "batch norm of the batch": (
        picture(2, (1, 1, 2), nn.Linear(2, 2), nn.BatchNorm1d(2, momentum=None)),
        "end in shape",
    ),
    "too large": (picture(2, (1, 1, 2), nn.Linear(2, 2), nn.Unflatten(1, (1, 1, 2))), "65504"),
    "not a number": (picture(2, (1, 1, 2), nn.Linear(2, 2), nn.Unflatten(1, (1, 1, 2))), "not finite"),
    "bf16": (picture(2, (1, 1, 2), nn.Linear(2, 2), nn.Unflatten(1, (1, 1, 2))).bfloat16(), r"model\.float"),
    "two channels": (picture(2, (2, 1, 1), nn.Linear(2, 2), nn.Unflatten(1, (2, 1, 1))), "1 or 3 channels"),
    "no decoder": (nn.Linear(2, 2), "no decoder and no latent_dim and no image_shape"),
}
