"""The table and the diagram of a model: every layer once, with its true shape and weights."""

import pytest
import torch
from torch import nn

from vaelab import figures, nets, recipes
from vaelab.errors import ShapeError


@pytest.mark.parametrize("name", ["tds-face-ae", "mayberay-digits-vae", "dlwp-digits-vae"])
def test_every_weight_is_in_one_row(name):
    model = recipes.build(name)
    rows = nets.layers(model)
    assert sum(row.parameters for row in rows) == nets.count_parameters(model)
    assert rows[-1].shape == model.image_shape
    assert f"{nets.count_parameters(model):,}" in nets.summary(model).splitlines()[-1]


def test_the_table_to_the_letter():
    stack = nn.Sequential(nn.ConvTranspose2d(2, 4, 3, stride=1, padding=1), nn.BatchNorm2d(4), nn.ReLU())
    assert nets.summary(stack, (2, 5, 5)).splitlines() == [
        "layer                output shape  parameters",
        "---------------------------------------------",
        "ConvTranspose2d 3x3  4 x 5 x 5             76",
        "BatchNorm2d + ReLU   4 x 5 x 5              8",
        "---------------------------------------------",
        "total                                      84",
    ]
    model = recipes.build("mayberay-digits-vae")
    lines = nets.summary(model).splitlines()
    assert lines[0].split() == ["part", "layer", "output", "shape", "parameters"]
    assert lines[1] == lines[-2] == "-" * len(lines[0])
    assert [line.split()[0] for line in lines[2:-2]] == [
        *["encoder"] * 2,
        "to_mu",
        "to_log_var",
        *["decoder"] * 3,
    ]
    assert lines[-1].split() == ["total", "26,004"]


def test_layers_that_are_frozen_count_nothing():
    stack = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 5))
    stack[0].requires_grad_(False)
    assert nets.count_parameters(stack) == 15


def test_activations_join_their_layer_and_shapes_are_the_real_ones():
    stack = nn.Sequential(nn.Conv2d(1, 4, 3, stride=2, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(64, 5))
    rows = nets.layers(stack, (1, 8, 8))
    assert [row.name for row in rows] == ["Conv2d 3x3 /2 + ReLU", "Flatten", "Linear"]
    assert [row.shape for row in rows] == [(4, 4, 4), (64,), (5,)]


def test_looking_changes_nothing():
    model = recipes.build("tds-face-ae", image_shape=(3, 32, 32), batch_norm=True).train()
    before, state = {k: v.clone() for k, v in model.state_dict().items()}, torch.get_rng_state()
    model.encoder[0].eval()  # frozen on purpose
    modes = [m.training for m in model.modules()]
    nets.summary(model)
    assert modes == [m.training for m in model.modules()] and torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
    assert not any(m._forward_hooks for m in model.modules())
    vae = recipes.build("mayberay-digits-vae")  # which draws its code
    nets.summary(vae)
    assert torch.equal(torch.get_rng_state(), state) and vae.training
    with pytest.raises(RuntimeError):
        nets.layers(model.encoder, (1, 7, 7))
    assert modes == [m.training for m in model.modules()]
    assert not any(m._forward_hooks for m in model.modules())


def test_a_bare_stack_needs_an_input_shape():
    with pytest.raises(ShapeError, match="give input_shape"):
        nets.summary(nn.Linear(3, 2))


def test_diagram_names_every_feature_map():
    picture = figures.architecture(recipes.build("tds-face-ae", image_shape=(3, 32, 32)), alt="boxes")
    texts = [{t.get_text() for t in axes.texts} for axes in picture.panels]
    assert {"32×32", "16×16", "8×8", "4×4", "2×2", "code", "200"} <= texts[0] & texts[1]


def test_bent_grid_has_a_line_for_each_row_and_column():
    axes = figures.bent_grid_panel(torch.rand(3, 5, 2), "height", "diameter")
    assert len(axes.lines) == 3 + 5
