"""Measuring and moving in latent space leaves everything as it was: model, pictures, random state."""

import copy

import pytest
import torch
from torch import nn

from vaelab import evaluation, latent, nets
from vaelab.data import ImageSet
from vaelab.errors import DataError, PixelRangeError
from vaelab.models import VAE, Autoencoder

CODES = torch.randn(120, 3, generator=torch.Generator().manual_seed(1))
HALF = torch.arange(120) % 2 == 0


class Judge(nn.Module):
    """Stands in for `portrait_features`: a network with batch norm that knows one attribute."""

    attribute_names = ("Smiling",)

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(3 * 64), nn.Linear(3 * 64, 1))

    def forward(self, images):
        return self.layers(images)

    def attributes(self, images):
        return torch.sigmoid(self(images))


def networks():
    """An encoder and a decoder whose batch norm and dropout would show that they are in training mode."""
    torch.manual_seed(0)
    encoder = nn.Sequential(*nets.conv_block(3, 4, batch_norm=True, dropout=0.5), nn.Flatten())
    decoder = nn.Sequential(
        nn.Linear(3, 16), nn.BatchNorm1d(16), nn.Dropout(0.5), nn.Linear(16, 192), nets.Sigmoid()
    )
    return encoder, nn.Sequential(decoder, nn.Unflatten(1, (3, 8, 8))), 3, (3, 8, 8)


def half_frozen_vae() -> VAE:
    """In training, but for its encoder's batch norm; with gradients, and parameters that have none."""
    model = VAE(*networks(), beta=3.0).train()
    model.loss(pictures().float())["loss"].backward()
    model.encoder[1].eval()
    model.to_mu.weight.requires_grad_(False)
    return model


def pictures(n: int = 120) -> ImageSet:
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (n, 3, 8, 8), dtype=torch.uint8, generator=generator)
    return ImageSet(images, attributes=HALF[:n, None], attribute_names=("Smiling",))


MEASURES = {
    "evaluate": lambda model, images, judge: evaluation.evaluate(model, images),
    "log_weights": lambda model, images, judge: evaluation.log_weights(
        model, images, 2, generator=torch.Generator().manual_seed(0)
    ),
    "importance_weighted_bound": lambda model, images, judge: evaluation.importance_weighted_bound(
        model, images, 2
    ),
    "reconstruction_error": lambda model, images, judge: evaluation.reconstruction_error(model, images),
    "kl_per_dimension": lambda model, images, judge: evaluation.kl_per_dimension(model, images),
    "active_units": lambda model, images, judge: evaluation.active_units(model, images),
    "aggregate_posterior": lambda model, images, judge: evaluation.aggregate_posterior(model, images),
    "report": lambda model, images, judge: evaluation.report(model, images, samples=2),
    "extract_features": lambda model, images, judge: evaluation.extract_features(judge, images),
    "attribute_edit": lambda model, images, judge: evaluation.attribute_edit(
        model, images, torch.ones(3), judge, "Smiling"
    ),
    "nearest_neighbours": lambda model, images, judge: evaluation.nearest_neighbours(
        images[:3], images, features=judge
    ),
    "memorisation_ratio": lambda model, images, judge: evaluation.memorisation_ratio(images[:3], images),
    "encode": lambda model, images, judge: latent.encode(model, images),
    "draw_codes": lambda model, images, judge: latent.draw_codes(model, images, seed=0),
    "decode": lambda model, images, judge: latent.decode(model, CODES),
    "reconstruct": lambda model, images, judge: latent.reconstruct(model, images),
}
# These get tensors and no model: codes, features, labels.
OF_TABLES = {
    "dci": lambda: evaluation.dci(CODES, {"a": CODES[:, 0], "b": HALF}),
    "mutual_information": lambda: evaluation.mutual_information(CODES, {"a": CODES[:, 0]}),
    "mutual_information_gap": lambda: evaluation.mutual_information_gap(CODES, {"a": CODES[:, 0]}),
    "frechet_distance": lambda: evaluation.frechet_distance(CODES, CODES + 1),
    "kernel_distance": lambda: evaluation.kernel_distance(CODES, CODES + 1),
    "linear_probe": lambda: evaluation.linear_probe(CODES, HALF, CODES, HALF),
    "probe_by_label_count": lambda: evaluation.probe_by_label_count(CODES, HALF, CODES, HALF, (10,)),
    "attribute_vector": lambda: latent.attribute_vector(CODES, HALF),
    "attribute_vectors": lambda: latent.attribute_vectors(CODES, HALF[:, None]),
    "attribute_map": lambda: latent.attribute_map(CODES, HALF)(CODES),
    "TransportMap": lambda: latent.TransportMap(CODES[0], torch.cov(CODES.T), CODES[1], torch.eye(3))(CODES),
    "edit": lambda: latent.edit(CODES, CODES[0]),
    "interpolate": lambda: latent.interpolate(CODES[0], CODES[1]),
    "great_circle": lambda: latent.great_circle(CODES[0], CODES[1]),
    "grid": lambda: latent.grid(CODES[0], CODES[1]),
    "quantile_grid": lambda: latent.quantile_grid(3),
    "square_grid": lambda: latent.square_grid(-1, 1, 3),
}
LOADERS = {"portrait_features", "inception_features", "device_of"}  # take nothing that could be changed


def test_every_public_function_has_a_case():
    of_latent = {n for n, f in vars(latent).items() if getattr(f, "__module__", "") == latent.__name__}
    public = set(evaluation.__all__) | {name for name in of_latent if not name.startswith("_")}
    assert public == MEASURES.keys() | OF_TABLES.keys() | LOADERS


def state(model: nn.Module, images: ImageSet) -> dict:
    """All that must stay: weights, gradients, mode of each part, beta, pictures, random numbers."""
    return {
        "weights": copy.deepcopy(model.state_dict()),
        "gradients": {name: copy.deepcopy(p.grad) for name, p in model.named_parameters()},
        "trainable": {name: p.requires_grad for name, p in model.named_parameters()},
        "modes": {name: part.training for name, part in model.named_modules()},
        "beta": getattr(model, "beta", None),
        "images": images.images.clone(),
        "random": torch.get_rng_state(),
        "tables": (CODES.clone(), HALF.clone()),
    }


def assert_same(before: dict, after: dict) -> None:
    torch.testing.assert_close(after, before, rtol=0, atol=0)


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_leaves_model_pictures_and_chance_alone(name):
    model, images, judge = half_frozen_vae(), pictures(), Judge().train()
    before = state(model, images), state(judge, images)
    MEASURES[name](model, images, judge)
    assert_same(before, (state(model, images), state(judge, images)))


@pytest.mark.parametrize("name", OF_TABLES)
def test_a_table_stays_as_it_was(name):
    before = CODES.clone(), HALF.clone(), torch.get_rng_state()
    OF_TABLES[name]()
    assert_same(before, (CODES, HALF, torch.get_rng_state()))


@pytest.mark.parametrize(
    "name", [n for n in MEASURES if n not in ("extract_features", "memorisation_ratio", "nearest_neighbours")]
)
def test_an_error_on_the_way_leaves_them_alone_too(name):
    model, images, judge = half_frozen_vae(), pictures(), Judge()
    model.decoder[0][4] = model.encoder[0] = Broken()
    before = state(model, images)
    with pytest.raises(RuntimeError, match="on the way"):
        MEASURES[name](model, images, judge)
    assert_same(before, state(model, images))


class Broken(nn.Module):
    def forward(self, x):
        raise RuntimeError("broken on the way")


@pytest.mark.parametrize("name", [n for n in MEASURES if n != "decode"])
def test_pictures_come_in_three_kinds_and_give_the_same(name):
    """Bytes, the floats they stand for, and the set that holds them; anything else gets a sentence."""
    model, judge = half_frozen_vae(), Judge()
    as_set, call = pictures(), MEASURES[name]
    expected = call(model, as_set, judge)
    if name != "attribute_edit":  # a tensor knows no attributes
        for other in (as_set.images, as_set.float()):
            torch.testing.assert_close(call(model, other, judge), expected, rtol=1e-5, atol=1e-6)
        with pytest.raises(PixelRangeError):
            call(model, as_set.float() * 255, judge)
    with pytest.raises((DataError, TypeError), match="ImageSet"):
        call(model, [1, 2, 3, 4], judge)


@pytest.mark.parametrize(
    "name",
    ("evaluate", "log_weights", "importance_weighted_bound", "kl_per_dimension", "attribute_edit"),
)
def test_an_autoencoder_is_told_that_it_has_no_elbo(name):
    model = Autoencoder(*networks())
    with pytest.raises(TypeError, match=r"measures a vaelab\.VAE"):
        MEASURES[name](model, pictures(), Judge())


@pytest.mark.parametrize("name", ("encode", "reconstruct", "reconstruction_error", "extract_features"))
def test_no_pictures_are_no_traceback_of_cat(name):
    with pytest.raises(DataError, match="empty"):
        MEASURES[name](half_frozen_vae(), pictures()[:0], Judge())
