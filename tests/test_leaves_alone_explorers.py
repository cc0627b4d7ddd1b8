"""Showing something changes nothing: models, pictures and torch's random numbers stay as they were."""

import inspect

import pytest
import torch
from torch import nn

import vaelab
from vaelab import explorers, figures
from vaelab.data import ImageSet
from vaelab.latent_diffusion import LatentDiffusion
from vaelab.vq import VQVAE, Codebook

SHAPE = (1, 6, 6)


def a_model(seed):
    """A VAE in the middle of training: parts are frozen on purpose, gradients lie ready."""
    torch.manual_seed(seed)
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(36, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5))
    decoder = nn.Sequential(
        nn.Linear(2, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 36), nn.Sigmoid(), nn.Unflatten(1, SHAPE)
    )
    model = vaelab.VAE(encoder, decoder, 2, SHAPE, beta=seed + 0.5).train()
    model.encoder[2].eval()
    model.decoder[2].eval()
    model.decoder[3].requires_grad_(False)
    model.loss(torch.rand(4, *SHAPE))["loss"].backward()
    return model


def a_grid_vae():
    """With a prior that takes noise out."""
    model = vaelab.recipes.build("grid-vae", image_shape=(3, 16, 16)).train()
    model.prior = LatentDiffusion(model.grid_shape, ("Smiling",), width=8, blocks=1)
    return model


def a_vqvae():
    """Training, where looking at a picture would count which entries it takes."""
    return VQVAE(nn.Conv2d(1, 3, 2, 2), Codebook(7, 3), nn.ConvTranspose2d(3, 1, 2, 2), SHAPE).train()


MODEL, OTHER = a_model(1), a_model(2)
GRID_VAE, PIECES = a_grid_vae(), a_vqvae()
MODELS = (MODEL, OTHER, GRID_VAE, PIECES)
SET = ImageSet(torch.randint(0, 256, (120, *SHAPE), dtype=torch.uint8), factors={"smile": torch.rand(120)})
FLOATS, GRID = torch.rand(4, *SHAPE), vaelab.latent.square_grid(-1, 1, 2)
CODES = {"smile": torch.ones(2)}


def a_lab():
    """One whose weights are asked for, too."""
    lab = explorers.lab("digits", size="small", hidden=[8])
    lab._weights = bytes(4 * (784 + sum(p.numel() for p in lab._network().parameters())))
    lab.weights()
    return lab


CASES = {
    explorers.beta: lambda: explorers.beta([MODEL, OTHER], SET, examples=2, samples=2),
    explorers.codebook: lambda: explorers.codebook(PIECES, SET[:2]),
    explorers.denoising: lambda: explorers.denoising(GRID_VAE, {"a smile": {"Smiling": True}}, steps=2),
    explorers.kl: explorers.kl,
    explorers.lab: a_lab,
    explorers.mixer: lambda: explorers.mixer(MODEL, SET[:2], CODES),
    explorers.morph: lambda: explorers.morph(MODEL, FLOATS),
    explorers.name_dimensions: lambda: explorers.name_dimensions(SET.float().flatten(1)[:, :2], SET),
    explorers.named_directions: lambda: explorers.named_directions(SET.float().flatten(1)[:, :2], SET),
    explorers.noise: lambda: explorers.noise(MODEL, SET),
    explorers.plane: lambda: explorers.plane(MODEL, SET),
    explorers.redraw: lambda: explorers.redraw(MODEL, FLOATS[0, 0, 0, :1]),
    explorers.reparameterize: explorers.reparameterize,
    explorers.sliders: lambda: explorers.sliders(MODEL, SET, start=SET[:1]),
    explorers.traverse: lambda: explorers.traverse(MODEL, FLOATS[:1]),
    explorers.two_models: explorers.two_models,
    figures.architecture: lambda: figures.architecture(MODEL, alt="a model"),
    figures.comparison: lambda: figures.comparison({"set": SET[:4], "floats": FLOATS}, alt="rows"),
    figures.gallery: lambda: figures.gallery(SET, alt="gallery"),
    figures.image_grid: lambda: figures.image_grid(SET, alt="grid"),
    figures.plane: lambda: figures.plane(FLOATS, GRID, alt="plane", ticks=2),
    figures.sheet: lambda: figures.sheet(FLOATS, GRID, "x", "y", alt="sheet"),
    figures.vae_diagram: lambda: figures.vae_diagram("vae", FLOATS[:1], SET[:1]),
}


def state():
    """All that showing must leave as it is."""
    models = [
        (
            getattr(model, "beta", None),  # a VQ-VAE has none
            [part.training for part in model.modules()],
            [(p.requires_grad, p.grad if p.grad is None else p.grad.tolist()) for p in model.parameters()],
            [values.tolist() for values in model.state_dict().values()],
        )
        for model in MODELS
    ]
    given = (SET.images, *SET.factors.values(), FLOATS, GRID, *CODES.values())
    return models, [values.tolist() for values in given], torch.get_rng_state().tolist()


def takes_a_model_or_pictures(function):
    kinds = [str(p.annotation) for p in inspect.signature(function).parameters.values()]
    return any(name in kind for kind in kinds for name in ("ImageSet", "Autoencoder", "VAE", "Module"))


def test_every_explorer_and_every_figure_of_models_or_pictures_has_a_case():
    named = [getattr(explorers, name) for name in explorers.__all__]
    drawn = [f for f in (getattr(figures, name) for name in figures.__all__) if inspect.isfunction(f)]
    needed = {f for f in named if inspect.isfunction(f)} | {f for f in drawn if takes_a_model_or_pictures(f)}
    assert len(named) >= 13 and needed == CASES.keys()


@pytest.mark.parametrize("function", CASES, ids=lambda f: f"{f.__module__.split('.')[1]}.{f.__name__}")
def test_nothing_is_changed_by_showing_it(function):
    before = state()
    shown = CASES[function]()
    if isinstance(shown, explorers.Explorer):
        shown.to_html()
    assert state() == before
