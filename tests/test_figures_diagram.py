"""The drawing of a VAE: it grows and nothing moves, its numbers are the model's, its alt text keeps up."""

import re
import xml.etree.ElementTree as ET
from collections import Counter
from itertools import combinations, pairwise

import numpy as np
import pytest
import torch

from vaelab import VAE, figures, nets, recipes
from vaelab.errors import ModelError, ShapeError, UnknownNameError

STAGES = ("autoencoder", "posterior and prior", "reparameterized", "vae", "convolutional")
SHAPE = (1, 32, 32)
X, X_HAT = torch.zeros(1, *SHAPE), torch.ones(1, *SHAPE)


@pytest.fixture(scope="module")
def drawings():
    """Every stage, of a model whose sizes occur nowhere else."""
    encoder, decoder = nets.conv_encoder(SHAPE, (5, 7)), nets.conv_decoder(11, SHAPE, (8, 6))
    model = VAE(encoder, decoder, 11, SHAPE)
    return {stage: figures.vae_diagram(stage, X, X_HAT, model=model) for stage in STAGES}


def parts(picture):
    """What one sees: shape, place and look of each line, area, word and image."""
    markup = re.sub(r' (id|clip-path)="[^"]*"', "", picture._repr_html_())
    svg = ET.fromstring(markup[markup.index("<svg") : markup.index("</svg>") + 6])
    seen = (e for e in svg.iter() if e.tag.endswith(("}path", "}text", "}image")))
    return Counter(ET.tostring(e, encoding="unicode").strip() for e in seen if e.get("style") != "fill: none")


def words(picture):
    return [text for text in picture.panels[0].texts if text.get_text()]


def written(picture):
    return Counter(text.get_text() for text in words(picture))


@pytest.mark.parametrize(("stage", "following"), list(pairwise(STAGES)))
def test_a_stage_holds_the_one_before_in_its_place(drawings, stage, following):
    before, after = parts(drawings[stage]), parts(drawings[following])
    assert before - after == Counter()
    assert after - before


def test_what_each_stage_brings(drawings):
    said = [written(drawings[stage]) for stage in STAGES]
    assert {"picture x", "encoder", "code z", "decoder", "redrawn x̂"} <= set(said[0])
    new = [set(after - before) for before, after in pairwise(said)]
    assert new[0] == {"μ", "log σ²", "q", "p", "KL(q ‖ p)"}
    assert new[1] == {"ε", "from N(0, I)", "z = μ + σ · ε", "gradient"}
    assert new[2] == {"loss =", "reconstruction", "+"}


def test_the_numbers_are_the_models(drawings):
    sizes = written(drawings["convolutional"]) - written(drawings["vae"])
    assert sizes == Counter({"1×32×32": 2, "5×16×16": 1, "7×8×8": 1, "8×8×8": 1, "6×16×16": 1, "11": 3})
    place = {text.get_text(): text.get_position() for text in words(drawings["convolutional"])}
    middle = 0.5 * drawings["vae"].panels[0].get_xlim()[1]
    assert max(place["5×16×16"][0], place["7×8×8"][0]) < middle < min(place["6×16×16"][0], place["8×8×8"][0])
    assert place["5×16×16"][1] < place["7×8×8"][1] and place["6×16×16"][1] < place["8×8×8"][1]  # downwards


def test_of_the_maps_of_one_size_the_widest_counts():
    """`portrait-vae` folds pixels into channels and back: 12 channels of 32x32 are its picture."""
    model, x = recipes.build("portrait-vae"), torch.zeros(1, 3, 64, 64)
    said = written(figures.vae_diagram("convolutional", x, x, model=model))
    assert {"32×32×32", "56×32×32", "192×4×4", "160×4×4"} <= set(said) and "12×32×32" not in said


@pytest.mark.parametrize("stage", STAGES)
def test_words_are_large_enough_on_a_phone_and_keep_clear_of_each_other(drawings, stage):
    figure, phone = drawings[stage].panels[0].figure, 336 / 96  # inches: the column at 360 pixels
    boxes = {text: text.get_window_extent() for text in words(drawings[stage])}
    assert min(text.get_fontsize() for text in boxes) * phone / figure.get_figwidth() >= 9
    page = figure.bbox
    assert all(page.x0 <= box.x0 and box.x1 <= page.x1 for box in boxes.values())
    assert all(page.y0 <= box.y0 and box.y1 <= page.y1 for box in boxes.values())
    pairs = combinations(boxes, 2)
    assert [(a.get_text(), b.get_text()) for a, b in pairs if boxes[a].overlaps(boxes[b])] == []


def test_pictures_stand_at_their_ends(drawings):
    images = {image.get_extent()[0]: image.get_array() for image in drawings["vae"].panels[0].get_images()}
    left, right = (np.asarray(images[x]) for x in sorted(images))
    assert left.max() == 0 and right.min() == 1


@pytest.mark.parametrize(
    ("stage", "named"),
    [
        ("posterior and prior", "log σ²"),
        ("reparameterized", "gradient"),
        ("vae", "reconstruction"),
        ("convolutional", "5×16×16, 7×8×8. Decoder: 8×8×8, 6×16×16, 1×32×32"),
    ],
)
def test_the_alt_text_ends_with_what_is_new(drawings, stage, named):
    known, new = drawings[stage].alt.split("New in this drawing: ")
    before = drawings[STAGES[STAGES.index(stage) - 1]].alt.replace("New in this drawing: ", "")
    assert known.strip().lower() == before.lower()
    assert named in new and named not in before


def test_what_cannot_be_drawn_is_named():
    with pytest.raises(UnknownNameError, match="reparameterized"):
        figures.vae_diagram("reparametrised", X, X_HAT)
    with pytest.raises(ShapeError, match="one picture, not 2"):
        figures.vae_diagram("vae", torch.cat([X, X_HAT]), X_HAT)
    with pytest.raises(ShapeError, match="28, 28"):
        figures.vae_diagram("convolutional", X, X_HAT, model=recipes.build("dlwp-digits-vae"))
    shape = {"image_shape": SHAPE}
    for model in (None, recipes.build("mayberay-digits-vae", **shape), recipes.build("tds-face-ae", **shape)):
        with pytest.raises(ModelError, match="portrait-vae"):
            figures.vae_diagram("convolutional", X, X_HAT, model=model)
