"""A page made for tests: one explorer of every kind, below the fold, without the rest of the book."""

import contextlib
import shutil
from pathlib import Path

import torch
from visits import Visit

import vaelab
from tools import browsers
from vaelab import explorers, latent, quizzes
from vaelab.explorers.decoding import FOLDER
from vaelab.explorers.explorer import STATIC
from vaelab.latent_diffusion import LatentDiffusion
from vaelab.vq import VQVAE, Codebook

PAGE_FILES = ("explorers.js", "explorers.css", "lab.js", "quizzes.js", "quizzes.css")
PAGE = """<!doctype html>
<html lang="en" data-theme="light">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Bench</title>
<link rel="icon" href="data:,">
<style>
html[data-theme="dark"] body {{ background: #12161b; color: #d8dee6 }}
p.gap {{ height: 2000px }}
</style>
<link rel="stylesheet" href="explorers.css"><script src="explorers.js"></script>
<script src="lab.js"></script>
<link rel="stylesheet" href="quizzes.css"><script defer src="quizzes.js"></script>
</head>
<body><main><article class="bd-article"><h1>Bench</h1><p class="gap">Scroll down.</p>
{content}
</article></main></body>
</html>
"""


def all_kinds() -> list[explorers.Explorer]:
    """One of every kind; `sliders` comes first."""
    model = vaelab.pretrained("portrait-vae")
    digits = vaelab.pretrained("dlwp-digits-vae")
    faces = vaelab.load("portraits", size=64, n=60, split="test")
    smile = torch.ones(model.latent_dim)
    shapes = {"image_shape": (1, 8, 8), "hidden": 5, "latent_dim": 2}
    tiny = [vaelab.recipes.build("mayberay-digits-vae", **shapes) for _ in range(2)]
    grey = vaelab.data.ImageSet(torch.randint(0, 256, (20, 1, 8, 8)).byte(), "noise")
    return [
        explorers.sliders(model),
        explorers.plane(digits),
        explorers.mixer(model, faces[:2], {"smile": smile}),
        explorers.morph(model, faces[:4]),
        explorers.traverse(model, faces[:1], images=faces),
        explorers.noise(model, faces),
        explorers.kl(),
        explorers.reparameterize(),
        explorers.two_models(),
        explorers.beta(tiny, grey, betas=[0.1, 1.0]),
        explorers.denoising(grid_vae(), {"a smile": {"Smiling": True}, "youth": {"Young": True}}, steps=5),
        explorers.codebook(vqvae(), faces[:2]),
        explorers.redraw(digits, torch.zeros(1), names=("first", "second")),
        explorers.lab("digits", size="small", knobs=["beta"]),
        quizzes.quiz("04-kl-divergence"),
    ]


@torch.no_grad()
def grid_vae() -> torch.nn.Module:
    """Untrained, but with something to see: pictures of strong contrast, and a prior that has its say."""
    model = vaelab.recipes.build("grid-vae").eval()
    model.decoder[-3].weight.mul_(6)
    model.prior = LatentDiffusion(model.grid_shape, ("Smiling", "Young"), width=32, blocks=1)
    model.prior.denoiser.velocity.last.weight.normal_(generator=torch.Generator().manual_seed(0))
    return model


@torch.no_grad()
def vqvae() -> torch.nn.Module:
    """Untrained as well; its layers are those of chapter 11."""
    torch.manual_seed(0)
    encoder = torch.nn.Conv2d(3, 12, 8, 8)
    first, last = torch.nn.Conv2d(12, 16, 3, padding=1), torch.nn.ConvTranspose2d(16, 3, 12, 8, 2)
    last.weight.mul_(8)
    encoder.weight.mul_(30)  # or one entry is nearest to all of a picture
    decoder = torch.nn.Sequential(first, torch.nn.SiLU(), last, torch.nn.Sigmoid())
    return VQVAE(encoder, Codebook(40, 12), decoder, (3, 64, 64)).eval()


def make(folder: Path, content: list[explorers.Explorer], monkeypatch) -> Path:
    """Write the page, the script and the weights into the folder; gives the page."""
    monkeypatch.setenv(FOLDER, str(folder / "models"))
    page = folder / "bench.html"
    page.write_text(PAGE.format(content="\n".join(explorer.to_html() for explorer in content)))
    for name in PAGE_FILES:
        shutil.copy(STATIC / name, folder)
    return page


@contextlib.contextmanager
def visit_served(browser, page: Path, **options):
    """A visit to the page from a server: every browser tells what is loaded."""
    with (
        browsers.serve(page.parent) as address,
        Visit(browser, f"{address}/{page.name}", own=address, **options) as visit,
    ):
        yield visit


def packed_models() -> dict[str, torch.nn.Module]:
    """The weights file's key -> model, of all shipped models that a page can run."""
    from vaelab.errors import PageDecoderError
    from vaelab.explorers.page_decoder import pack

    found = {}
    for name in vaelab.weights.names():
        model = vaelab.pretrained(name)
        try:
            found[pack(model).key] = model
        except PageDecoderError:
            continue
    return found


def pixels(model: torch.nn.Module, codes: torch.Tensor) -> torch.Tensor:
    """What PyTorch decodes, as numbers 0 to 255, (N, H, W, 3)."""
    images = latent.decode(model, codes)
    return (255 * images).round().clamp(0, 255).expand(-1, 3, -1, -1).permute(0, 2, 3, 1)
