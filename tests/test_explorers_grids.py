"""Explorers of grids and of two layers: their specifications, and that their pictures are the models' own."""

import base64
import io
import json
import re
from itertools import pairwise

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from traitlets import TraitError

import vaelab
from vaelab import explorers, latent, recipes
from vaelab.data import ImageSet
from vaelab.errors import DataError, ModelError, ShapeError, UnknownNameError
from vaelab.explorers.denoising import _way
from vaelab.latent_diffusion import LatentDiffusion
from vaelab.vq import VQVAE, Codebook

WANTED = {"a smile": {"Smiling": True}, "no glasses": {"Eyeglasses": False}}


@torch.no_grad()
def grid_vae():
    """Untrained, but of strong contrast, with a prior whose network says something."""
    model = recipes.build("grid-vae", image_shape=(3, 16, 16)).eval()
    model.prior = LatentDiffusion(model.grid_shape, ("Smiling", "Eyeglasses"), width=16, blocks=1)
    generator = torch.Generator().manual_seed(0)
    model.decoder[-3].weight.mul_(60)
    model.prior.denoiser.velocity.last.weight.normal_(0, 1, generator=generator)
    model.prior.mean.normal_(generator=generator)
    model.prior.spread.uniform_(1, 2, generator=generator)
    return model


@torch.no_grad()
def vqvae(entries=20, width=5):
    """Untrained; each place of its 3 x 2 board is 4 x 4 pixels."""
    torch.manual_seed(0)
    encoder = nn.Conv2d(1, width, 4, 4)
    decoder = nn.Sequential(nn.Conv2d(width, 8, 1), nn.ConvTranspose2d(8, 1, 6, 4, 1), nn.Sigmoid())
    decoder[1].weight.mul_(8)
    return VQVAE(encoder, Codebook(entries, width), decoder, (1, 12, 8))


PICTURES = ImageSet(torch.randint(0, 256, (7, 1, 12, 8), generator=torch.Generator().manual_seed(1)).byte())


class Rows(nn.Module):
    """Three numbers are a column of grey each, two leave no trace."""

    latent_dim = 5

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor([1.0, 1, 1, 0, 0]))

    def decode(self, z):
        return torch.sigmoid(z * self.scale)[:, None, None].expand(-1, 1, 4, -1)


def shown_in(still):
    """The picture in a piece of HTML, (H, W, 3), 0 to 255; its alt text is a sentence."""
    assert len(re.search(r'alt="([^"]+)"', still)[1]) > 20
    data = base64.b64decode(re.search(r"base64,([^\"]+)", still)[1])
    return torch.from_numpy(np.array(Image.open(io.BytesIO(data)).convert("RGB")))


# ---- denoising ----


@pytest.mark.parametrize(("goal", "strength", "noise"), [(0, 0, 0), (1, 2, 1)])
def test_each_step_of_both_ways_is_the_prior_s(goal, strength, noise):
    model, scales = grid_vae(), (1.0, 2.0, 4.0)
    explorer = explorers.denoising(model, WANTED, guidance=scales, noises=2, steps=4, seed=5)
    explorer.goal, explorer.strength, explorer.noise = goal, strength, noise
    wanted = list(WANTED.values())[goal]
    for number, way in enumerate(({}, {"wanted": wanted, "guidance": scales[strength]})):
        walked = list(model.prior.walk(2, seed=5, steps=4, **way))
        guesses = [*(step.x_0[noise] for step in walked), walked[-1].x_t[noise]]
        grids = [None, *(step.x_t[noise] for step in walked)]
        for view, codes in (("guess", guesses), ("grid", grids)):
            explorer.view = view
            found = [explorer.rows(step)[number] for step in range(5)]
            seen = explorer._decode(torch.tensor(found)[:, None])
            for picture, code in zip(seen, codes, strict=True):
                if code is not None:
                    right = latent.decode(model, code[None].half().float())[0]
                    assert (picture - right).abs().max() < 1e-5
            assert (seen[0] - seen[-1]).abs().max() > 0.01, "there is something to see"


def test_the_first_grid_is_the_noise_that_the_walk_sets_out_from():
    """By what the network takes it to become, which the walk tells."""
    prior = grid_vae().prior
    start = (_way(prior, 2, 4, seed=5)[:, 1, 0] - prior.mean) / prior.spread
    nothing = torch.zeros(2, len(prior.attributes))
    v = prior.denoiser(start.unflatten(1, prior.grid_shape), torch.ones(2), nothing).flatten(1)
    left = prior.schedule.alpha_bar[-1].float()
    x_0 = prior.mean + prior.spread * (left.sqrt() * start - (1 - left).sqrt() * v)
    first = next(prior.walk(2, seed=5, steps=4))
    assert (x_0 - first.x_0).abs().max() < 0.01 * first.x_0.std()


def test_both_ways_begin_with_one_noise_and_part():
    explorer = explorers.denoising(grid_vae(), WANTED, noises=2, steps=4)
    explorer.view = "grid"
    first, last = (explorer._decode(torch.tensor(explorer.rows(step))[:, None]) for step in (0, 4))
    assert torch.equal(first[0], first[1]) and (last[0] - last[1]).abs().max() > 0.01
    before = explorer.rows(0)
    explorer.noise = 1
    others = explorer._decode(torch.tensor(explorer.rows(0))[:, None])
    assert before != explorer.rows(0) and (others[0] - first[0]).abs().max() > 0.01


def test_a_denoising_says_how_much_noise_is_left():
    explorer = explorers.denoising(grid_vae(), WANTED, noises=1, steps=10)
    assert explorer.left[0] == 100 and explorer.left[-1] == 0 and sorted(explorer.left)[::-1] == explorer.left
    assert explorer.weights.startswith("grid-vae-"), explorer.why_not_in_a_page
    assert len(json.dumps(explorer.spec(), allow_nan=False)) < 2_000, "codes are loaded when they are needed"
    assert shown_in(explorer.still()).shape[0] == 32


# ---- codebook ----


def test_the_board_shows_what_the_integers_make():
    model = vqvae()
    board = explorers.codebook(model, PICTURES[:3])
    index = model.encode(PICTURES[:3])
    assert board.faces == index.flatten(1).tolist() and board.index == board.faces[0]
    assert (board.shape, board.place, len(board.thumbnails)) == ([3, 2], 3, 3)
    board.index = [0, 19, 3, 4, 5, 6]
    right = model.decode(torch.tensor([board.index]).view(1, 3, 2))[0]
    shown = shown_in(board.still())[..., 0] / 255
    assert (shown - right[0]).abs().max() < 0.01 and right.std() > 0.05
    assert board.weights and not board.why_not_in_a_page


def test_entries_are_sorted_from_dark_to_light_each_with_its_patch():
    model = vqvae()
    board = explorers.codebook(model, PICTURES[:1])
    uri = io.BytesIO(base64.b64decode(board.sheet.split(",")[1]))
    sheet = torch.from_numpy(np.array(Image.open(uri).convert("L"))).float() / 255
    assert sheet.shape == (2 * 4, board.columns * 4)
    tiles = [tile for row in sheet.split(4) for tile in row.split(4, 1)][:20]
    light = [tile.mean().item() for tile in tiles]
    assert sorted(board.order) == list(range(20)) and all(a <= b + 0.01 for a, b in pairwise(light))
    for k in (0, 7, 19):
        alone = torch.full((1, 3, 2), board.order[k])
        assert (tiles[k] - model.decode(alone)[0, 0, 4:8, 4:8]).abs().max() < 0.01


# ---- redraw ----


def test_a_row_shares_what_is_held():
    held = torch.tensor([2.0, -1.0])
    row = explorers.redraw(Rows(), held, draws=4, seed=3)
    assert (row.held, len(row.drawn), len(row.drawn[0])) == ([2, -1], 4, 3)
    assert row.drawn != explorers.redraw(Rows(), held, draws=4, seed=4).drawn
    shown = shown_in(row.still())[0, :, 0].float() / 255
    pictures = [shown[start : start + 5] for start in (0, 7, 14, 21)]
    for picture, rest in zip(pictures, row.drawn, strict=True):
        right = torch.sigmoid(torch.tensor([2.0, -1.0, rest[0], 0, 0]))
        assert (picture - right).abs().max() < 0.01


# ---- what does not fit ----


@pytest.mark.parametrize(
    ("make", "trait", "value", "message"),
    [
        (lambda: explorers.denoising(grid_vae(), WANTED, steps=4), "step", 5, "0 to 4"),
        (lambda: explorers.denoising(grid_vae(), WANTED, steps=4), "goal", 2, "0 to 1"),
        (lambda: explorers.denoising(grid_vae(), WANTED, steps=4), "strength", 3, "0 to 2"),
        (lambda: explorers.denoising(grid_vae(), WANTED, steps=4), "noise", 4, "0 to 3"),
        (lambda: explorers.denoising(grid_vae(), WANTED, steps=4), "view", "noise", "guess"),
        (lambda: explorers.codebook(vqvae(), PICTURES[:2]), "index", [0] * 5, "6 integers"),
        (lambda: explorers.codebook(vqvae(), PICTURES[:2]), "index", [20] * 6, "0 to 19"),
        (lambda: explorers.codebook(vqvae(), PICTURES[:2]), "place", 6, "0 to 5"),
        (lambda: explorers.codebook(vqvae(), PICTURES[:2]), "face", 2, "0 to 1"),
        (lambda: explorers.redraw(Rows(), torch.zeros(2)), "held", [0.0], "2 numbers"),
        (lambda: explorers.redraw(Rows(), torch.zeros(2)), "drawn", [[0.0]], "3 numbers"),
    ],
)
def test_what_is_set_must_fit(make, trait, value, message):
    explorer = make()
    with pytest.raises((TraitError, ShapeError), match=message):
        setattr(explorer, trait, value)


def test_bad_input_is_refused_with_a_reason():
    grids, pieces = grid_vae(), vqvae()
    whole = vaelab.recipes.build("mayberay-digits-vae")
    other = LatentDiffusion((4, 4, 4), ("Smiling",), width=8, blocks=1)
    bare = grid_vae()
    bare.decoder = nn.Sequential(bare.decoder)
    refused = [
        (lambda: explorers.denoising(whole, WANTED), TypeError, "GridVAE"),
        (lambda: explorers.denoising(recipes.build("grid-vae"), WANTED), TypeError, "not NoneType"),
        (lambda: explorers.denoising(grids, WANTED, prior=other), ShapeError, r"\(4, 4, 4\)"),
        (lambda: explorers.denoising(bare, WANTED), ModelError, "begins with nn.Unflatten"),
        (lambda: explorers.denoising(grids, {"x": {"Smile": True}}), UnknownNameError, "Smiling"),
        (lambda: explorers.denoising(grids, {}), DataError, "wanted holds 1 to 8, not 0"),
        (lambda: explorers.denoising(grids, WANTED, guidance=[]), DataError, "guidance holds 1 to 4"),
        (lambda: explorers.denoising(grids, WANTED, noises=9), DataError, "noises goes from 1 to 8"),
        (lambda: explorers.denoising(grids, WANTED, steps=51), DataError, "steps from 2 to 50"),
        (lambda: explorers.codebook(whole, PICTURES[:1]), TypeError, "VQVAE"),
        (lambda: explorers.codebook(pieces, PICTURES), DataError, "1 to 6 pictures, not 7"),
        (lambda: explorers.codebook(vqvae(257), PICTURES[:1]), DataError, "257 and 6"),
        (lambda: explorers.codebook(pieces, PICTURES[:1], place=6), TraitError, "0 to 5"),
        (lambda: explorers.redraw(Rows(), torch.zeros(5)), ShapeError, "1 to 4 of them"),
        (lambda: explorers.redraw(Rows(), torch.zeros(0)), ShapeError, "1 to 4 of them"),
        (lambda: explorers.redraw(Rows(), torch.zeros(2), draws=13), DataError, "1 to 12, not 13"),
    ]
    for call, error, message in refused:
        with pytest.raises(error, match=message):
            call()
