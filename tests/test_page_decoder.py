"""Decoders in a page: what the front end computes from a packed decoder is what PyTorch computes.

The front end's own code runs in node, in WebAssembly and in plain JavaScript.
"""

import base64
import json
import re
import subprocess
from pathlib import Path
from types import SimpleNamespace

import frontend
import pytest
import torch
from torch import nn

import vaelab
from vaelab import cli, nets, priors
from vaelab.errors import PageDecoderError
from vaelab.explorers import page_decoder
from vaelab.explorers.look_up import LookUp
from vaelab.explorers.page_decoder import pack

BOOK = Path(__file__).resolve().parent.parent / "book"


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


def residual(channels, *more):
    """A block as the face decoder has them: two 3x3 convolutions with batch norm."""
    return nets.Residual(
        nn.Conv2d(channels, channels, 3, padding=1, bias=False),
        nn.BatchNorm2d(channels),
        nn.SiLU(),
        nn.Conv2d(channels, channels, 3, padding=1, bias=False),
        nn.BatchNorm2d(channels),
        *more,
    )


RELU = nn.ReLU()
UNITS = {
    "linear layers, one ReLU used twice": picture(
        5,
        (1, 3, 5),
        nn.Linear(5, 9),
        RELU,
        nn.Linear(9, 15),
        RELU,
        nn.Linear(15, 15),
        nn.Sigmoid(),
        nn.Unflatten(1, (1, 3, 5)),
    ),
    "no sigmoid": picture(2, (3, 2, 3), nn.Linear(2, 18), nn.Unflatten(-1, (3, 2, 3))),
    "batch norms in a row": picture(
        3,
        (1, 2, 2),
        nn.BatchNorm1d(3),
        nn.Linear(3, 8, bias=False),
        nn.BatchNorm1d(8, eps=2.0, affine=False),  # an eps that shows
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
        (3, 12, 4),
        nn.Linear(2, 18),
        nn.Unflatten(1, (6, 3, 1)),
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
    "residual blocks and pixel shuffle": picture(
        6,
        (3, 16, 16),
        nn.Linear(6, 20),
        nn.BatchNorm1d(20),
        nn.SiLU(),
        nn.Linear(20, 12 * 4),
        nn.Unflatten(1, (12, 2, 2)),
        nn.BatchNorm2d(12),
        nn.SiLU(),
        nets.up_block(12, 10, activation=nn.SiLU()),
        residual(10),
        nn.LeakyReLU(0.1),  # must not join the convolution inside
        residual(10, nn.SiLU()),
        nets.UpConv2d(10, 12),
        nn.BatchNorm2d(12),
        nn.PixelShuffle(2),
        nets.Sigmoid(),
    ),
    "residual blocks that begin in place, one inside another": picture(
        3,
        (1, 3, 4),
        nn.Linear(3, 24),
        nets.Residual(nn.SiLU(), nn.Linear(24, 24), nets.Residual(nn.Linear(24, 24), nn.ReLU())),
        nn.Unflatten(1, (2, 3, 4)),
        nn.Conv2d(2, 2, 3, padding=1),
        nets.Residual(nn.BatchNorm2d(2), nn.LeakyReLU(0.2), nn.Conv2d(2, 2, 3, padding=1)),  # nor that
        nn.BatchNorm2d(2),
        nets.Residual(nets.Residual(nn.Sigmoid())),
        nn.Conv2d(2, 1, 3, padding=1),
        nn.Sigmoid(),
    ),
    "a convolution 1x1, transposed ones that reach to the next input": picture(
        3,
        (3, 24, 36),
        nn.Linear(3, 30),
        nn.Unflatten(1, (5, 2, 3)),
        nn.Conv2d(5, 6, 1),
        nn.SiLU(),
        nn.ConvTranspose2d(6, 4, 7, stride=3, padding=2),
        nn.BatchNorm2d(4),
        nn.LeakyReLU(0.2),
        nn.ConvTranspose2d(4, 3, 4, stride=4),
        nn.Conv2d(3, 3, 1, bias=False),
        nn.Sigmoid(),
    ),
    "pixel shuffle by three, no linear layer": picture(
        18, (1, 3, 6), nn.Unflatten(1, (9, 1, 2)), nn.PixelShuffle(3), nn.Sigmoid()
    ),
}


def run_in_node(models, wishes, folder):
    """What run_decoder.mjs makes of each model: {"wasm": ..., "js": ...}."""
    program, jobs = frontend.node(), []
    for i, (model, wish) in enumerate(zip(models, wishes, strict=True)):
        packed, script = pack(model), folder / f"{i}.js"
        script.write_text(packed.script())
        jobs.append({"script": str(script), "key": packed.key, "codes": [], **wish})
    (folder / "jobs.json").write_text(json.dumps(jobs))
    command = [program, frontend.FRONTEND / "run_decoder.mjs", folder / "jobs.json", folder / "out.json"]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    results = json.loads((folder / "out.json").read_text())
    for result in results:
        assert [result[name]["backend"] for name in ("wasm", "js")] == ["wasm", "js"]
    return results


def page_pictures(models, codes, folder):
    """Pictures in [0, 1] of each model, {"wasm": (n, C, H, W), "js": ...}, from one run of node."""
    results = run_in_node(models, [{"codes": z.tolist()} for z in codes], folder)
    for model, result in zip(models, results, strict=True):
        channels, height, width = model.image_shape
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


@torch.no_grad()
def test_a_page_looks_whole_numbers_up(tmp_path):
    """The batch norm must not join the table."""
    table, last = LookUp(torch.randn(9, 5), (2, 3)), nn.Conv2d(5, 1, 3, padding=1)
    model = picture(6, (1, 2, 3), table, nn.BatchNorm2d(5), last)
    codes = torch.randint(9, (20, 6), generator=torch.Generator().manual_seed(0)).float()
    (found,) = page_pictures([model], [codes], tmp_path)
    expected = model.decoder(codes).clamp(0, 1)
    assert expected.std() > 0.1
    for backend, pictures in found.items():
        assert (pictures - expected).abs().max() <= 1e-2, backend


def with_prior(prior):
    model = stack(nn.Linear(prior.latent_dim, 4), nn.Unflatten(1, (1, 2, 2)), latent_dim=prior.latent_dim)
    model.prior = prior
    return model


@torch.no_grad()
def some_priors():
    """One of each kind, its numbers 16-bit ones, codes that it draws, and the noise behind them."""
    torch.manual_seed(0)
    flow = priors.FlowMatching(10, hidden=64, blocks=2, steps=12)
    flow.mean.normal_()
    flow.spread.uniform_(0.5, 2)
    flow.velocity.last.weight.normal_(0, 0.3)
    for block in flow.velocity.blocks:
        block.layers[0].weight.uniform_(0.5, 2)
        block.layers[0].bias.normal_()
    codes = torch.randn(200, 5) @ torch.randn(5, 5) + 1
    codes[:120] -= 8
    normal, mixture = priors.Normal(5).fit(codes), priors.Mixture(5, 2).fit(codes)
    for prior in (flow, normal, mixture, priors.StandardNormal(3)):
        for number in [*prior.parameters(), *(prior.buffers() if prior is not flow else [])]:
            number.copy_(number.half())  # what rounding does is another matter
        generator, n = torch.Generator().manual_seed(3), 6
        chances = torch.full((n,), 0.5)
        if isinstance(prior, priors.Mixture):
            shares = prior.log_weights.exp()
            parts = torch.multinomial(shares, n, replacement=True, generator=generator)
            assert set(parts.tolist()) == {0, 1}
            chances = (shares.cumsum(0) - shares / 2)[parts]  # leads to the same part
        noise = torch.randn((n, prior.latent_dim), generator=generator)
        wish = {"noise": list(zip(noise.tolist(), chances.tolist(), strict=True))}
        yield prior, prior.sample(n, seed=3), wish


def test_a_page_draws_from_each_prior_what_torch_draws_from_the_same_noise(tmp_path):
    kinds, codes, wishes = zip(*some_priors(), strict=True)
    results = run_in_node([with_prior(prior) for prior in kinds], wishes, tmp_path)
    for prior, expected, result in zip(kinds, codes, results, strict=True):
        assert expected.std() > 0.3
        for backend in ("wasm", "js"):
            error = torch.tensor(result[backend]["drawn"]) - expected
            worst = (error.abs() / expected.std(0)).max().item()
            assert worst <= 1e-4, f"{type(prior).__name__}, {backend}: off by {worst:.1e} of the spread"


def test_a_prior_of_ones_own_stays_behind():
    class Point(priors.StandardNormal):
        def _draw(self, n, generator):
            return torch.zeros(n, self.latent_dim)

    assert pack(with_prior(Point(4))).meta["prior"] == {"type": "unknown"}
    plain, standard = pack(with_prior(priors.StandardNormal(4))), with_prior(priors.StandardNormal(4))
    standard.prior = None
    assert pack(standard) == plain and plain.meta["prior"] is None


@pytest.mark.parametrize("name", vaelab.recipes.RECIPES)
def test_all_recipes_can_be_packed(name):
    assert pack(vaelab.recipes.build(name)).key.startswith(f"{name}-")


def stack(*layers, latent_dim=4, shape=(1, 2, 2)):
    return picture(latent_dim, shape, *layers)


def filled(value):
    model = stack(nn.Linear(4, 4), nn.Unflatten(1, (1, 2, 2)))
    nn.init.constant_(model.decoder[0].bias, value)
    return model


class Brighter(vaelab.Autoencoder):
    def decode(self, z):
        return super().decode(z) ** 0.5


class Odd(nn.ReLU):
    """A layer of somebody's own: what it does is anybody's guess."""


BATCHLESS = nn.BatchNorm1d(4, track_running_stats=False)
TO_MAP, TO_RGB = nn.Unflatten(1, (1, 2, 2)), nn.Unflatten(1, (3, 1, 2))
REFUSED = [
    (
        stack(nn.Linear(4, 4), TO_MAP, nets.Residual(nn.Conv2d(1, 2, 3, padding=1))),
        r"decoder\.2, Residual.*turn shape \(1, 2, 2\) into \(2, 2, 2\)",
    ),
    (stack(nn.Linear(4, 4), TO_MAP, nets.Residual(nn.GroupNorm(1, 1))), r"decoder\.2\.layers\.0, GroupNorm"),
    (
        stack(nn.Linear(4, 4), TO_MAP, nets.Residual(nn.Upsample(scale_factor=2))),
        r"decoder\.2\.layers\.0 \(Upsample\) must stand",
    ),
    (stack(nn.Linear(4, 4), TO_MAP, nn.PixelShuffle(2)), r"decoder\.2, PixelShuffle.*gets shape \(1, 2, 2\)"),
    (stack(nn.PixelShuffle(2)), r"decoder\.0, PixelShuffle.*gets shape \(4,\)"),
    (
        stack(nn.Linear(4, 4), TO_MAP, nn.GroupNorm(1, 1)),
        r"decoder\.2, GroupNorm.*not a layer that a page runs",
    ),
    (stack(nn.Linear(4, 4), Odd(), TO_MAP), r"decoder\.1, Odd"),
    (
        Picture(4, (1, 2, 2), nn.Linear(4, 4), BATCHLESS, TO_MAP),
        r"decoder\.1, BatchNorm1d.*depend on its batch",
    ),
    (stack(nn.Linear(4, 4), TO_MAP, nn.Conv2d(1, 1, 5, padding=2)), r"decoder\.2, Conv2d.*kernel, stride"),
    (
        stack(nn.Linear(4, 4), TO_MAP, nn.Conv2d(1, 1, 3, padding=1, padding_mode="reflect")),
        "kernel, stride, padding",
    ),
    (stack(nn.Linear(4, 4), TO_MAP, nn.ConvTranspose2d(1, 1, 3, 2, 1)), "kernel, stride, padding"),
    (
        stack(nn.Linear(4, 4), TO_MAP, nn.Conv2d(1, 1, 3, padding=1, dilation=2)),
        "padding, dilation or groups",
    ),
    (
        picture(2, (3, 1, 2), nn.Linear(2, 6), TO_RGB, nn.Conv2d(3, 3, 3, padding=1, groups=3)),
        "padding, dilation or groups",
    ),
    (
        picture(2, (3, 1, 2), nn.Linear(2, 6), TO_RGB, nn.ConvTranspose2d(3, 3, 3, padding=1, groups=3)),
        "padding, dilation or groups",
    ),
    (stack(nn.Linear(4, 4), nn.Unflatten(0, (1, 2, 2))), r"must turn all \(4,\) numbers"),
    (stack(nn.Linear(4, 4), nn.Unflatten(1, (2, 2))), r"must turn all \(4,\) numbers"),
    (stack(nn.Linear(4, 3), TO_MAP), r"must turn all \(3,\) numbers"),
    (stack(nn.Linear(5, 4), TO_MAP), r"decoder\.0, Linear.*gets shape \(4,\)"),
    (stack(nn.Linear(4, 4), TO_MAP, nn.Conv2d(3, 1, 3, padding=1)), r"decoder\.2.*gets shape \(1, 2, 2\)"),
    (stack(nn.Linear(4, 4), nn.BatchNorm1d(2), TO_MAP), r"decoder\.1, BatchNorm1d.*gets shape \(4,\)"),
    (
        stack(nn.Linear(4, 4), TO_MAP, nn.Upsample(scale_factor=3), nn.Conv2d(1, 1, 3, padding=1)),
        "only nearest doubling",
    ),
    (stack(nn.Linear(4, 4), TO_MAP, nn.Upsample(scale_factor=2), nn.ReLU()), "right before a Conv2d"),
    (stack(nn.Linear(4, 4), TO_MAP, nn.Upsample(scale_factor=2)), "right before a Conv2d"),
    (
        stack(nn.Linear(4, 4), TO_MAP, nn.Upsample(scale_factor=2, mode="bilinear")),
        "only nearest doubling",
    ),
    (stack(nn.Linear(4, 4)), r"end in shape \(4,\)"),
    (filled(7e4), r"decoder\.0 has a weight of size 7e\+04.*65504"),
    (filled(-7e4), r"decoder\.0 has a weight of size 7e\+04.*65504"),
    (filled(float("nan")), r"decoder\.0 has weights that are not finite"),
    (filled(0).bfloat16(), r"decoder\.0.*torch\.bfloat16; call model\.float"),
    (picture(2, (2, 1, 1), nn.Linear(2, 2), nn.Unflatten(1, (2, 1, 1))), "1 or 3 channels"),
    (SimpleNamespace(decoder=print, latent_dim=2, image_shape=(1, 2, 2)), r"must be nn\.Modules"),
    (nn.Linear(2, 2), "no decoder and no latent_dim and no image_shape"),
    (Brighter(nn.Flatten(), filled(0).decoder, 4, (1, 2, 2)), "Brighter.decode gives other pictures"),
]


def test_a_weight_that_just_fits_16_bits_is_kept():
    packed = pack(filled(-65504.0))
    assert torch.frombuffer(bytearray(packed.data), dtype=torch.float16)[-4:].tolist() == [-65504.0] * 4


@pytest.mark.parametrize(("model", "reason"), REFUSED, ids=[reason[:24] for _, reason in REFUSED])
def test_what_a_page_cannot_run_is_refused_with_the_reason(model, reason):
    with pytest.raises(PageDecoderError, match=reason):
        pack(model)


def test_the_page_about_explorers_and_the_refusal_name_every_layer_that_can_be_packed():
    cells = json.loads((BOOK / "appendix-explorers.ipynb").read_text(encoding="utf-8"))["cells"]
    text = "".join(line for cell in cells for line in cell["source"])
    page = re.search(r"A page can decode by itself.*?\. ", text, re.DOTALL)[0]
    refusal = page_decoder._KNOWN.replace("ConvTranspose", "transposed convolutions")
    ours = {LookUp, nn.Identity}  # one is made for a page, the other is nothing
    words = {nn.Conv2d: "convolutions", nn.ConvTranspose2d: "transposedconvolutions"}
    words |= dict.fromkeys((nets.UpConv2d, nn.Upsample), "doubling")
    for said in (page, refusal):
        plain = re.sub("[^a-z]", "", said.lower())
        for layer in page_decoder._ADD.keys() - ours:
            word = words.get(layer) or re.sub(r"\dd$", "", layer.__name__).lower()
            assert word in plain, layer


def test_the_key_changes_with_the_weights_and_with_nothing_else():
    model = vaelab.recipes.build("mayberay-digits-vae")
    first, again = pack(model), pack(model.train())
    assert first == again and model.training, "packing leaves the model as it was"
    assert first.meta["key"] == first.key and f'["{first.key}"]' in first.script()
    with torch.no_grad():
        model.decoder[0].bias[0] += 0.1
    changed = pack(model)
    assert changed.key != first.key and changed.key[:-10] == first.key[:-10] == "mayberay-digits-vae-"
    assert pack(filled(0)).key.startswith("model-")


def test_the_command_exports_a_page_decoder_or_nothing(tmp_path, capsys):
    out = tmp_path / "new" / "digits.js"
    assert cli.main(["export", "dlwp-digits-vae", str(out)]) == 0
    assert out.read_text() == pack(vaelab.pretrained("dlwp-digits-vae")).script()
    assert "0.15 MB in" in capsys.readouterr().out
    weights, huge = tmp_path / "huge.safetensors", vaelab.recipes.build("residual-mlp-vae", hidden=8)
    nn.init.constant_(huge.decoder[0][2].layers[0].bias, 1e6)
    vaelab.weights.save(huge, weights)
    refused = tmp_path / "refused" / "m.js"
    assert cli.main(["export", str(weights), str(refused)]) == 2
    said = capsys.readouterr().err
    assert "decoder.0.2.layers.0 has a weight of size 1e+06" in said and said.count("\n") == 1
    assert cli.main(["export", "dlwp-digits-vae", str(refused), "--precision", "fp32"]) == 2
    assert "always fp16" in capsys.readouterr().err
    assert not refused.parent.exists()
