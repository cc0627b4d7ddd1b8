"""What cannot be gets a sentence of ours, no traceback out of PyTorch: numbers, shapes, models, pictures."""

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from torch import nn

from vaelab import VAE, Autoencoder, evaluation, fit, latent, losses, nets, recipes, training
from vaelab.data import ImageSet
from vaelab.data.augment import Augment
from vaelab.diffusion import Schedule
from vaelab.errors import DataError, ModelError, ShapeError, VaelabError
from vaelab.training import batch_order
from vaelab.whitening import whiten

SHAPE = (1, 8, 8)
PICTURES = torch.rand(20, *SHAPE, generator=torch.Generator().manual_seed(0))
CODES = torch.zeros(4, 2)


def small(**changes) -> VAE:
    return recipes.build("mayberay-digits-vae", **{"image_shape": SHAPE, "hidden": 4, **changes})


def parts(**changes) -> VAE:
    given = {"encoder": nn.Flatten(), "decoder": nets.mlp_decoder(2, SHAPE), "latent_dim": 2}
    return VAE(**{**given, "image_shape": SHAPE, **changes})


def autoencoder() -> Autoencoder:
    return Autoencoder(nets.mlp_encoder(SHAPE), nets.mlp_decoder(2, SHAPE), 2, SHAPE)


def trained(model=None, images=PICTURES, **options):
    return fit(small() if model is None else model, images, **{"epochs": 1, "device": "cpu", **options})


WHOLE = {  # what takes a whole number of at least 1
    "build size": lambda n: recipes.build("small-portrait-vae", size=n),
    "build latent_dim": lambda n: small(latent_dim=n),
    "build hidden": lambda n: small(hidden=n),
    "build image_shape": lambda n: small(image_shape=(1, n, 8)),
    "VAE latent_dim": lambda n: parts(latent_dim=n),
    "VAE image_shape": lambda n: parts(image_shape=(1, 8, n)),
    "sample": lambda n: small().sample(n),
    "encode": lambda n: latent.encode(small(), PICTURES, batch_size=n),
    "decode": lambda n: latent.decode(small(), CODES, batch_size=n),
    "reconstruct": lambda n: latent.reconstruct(small(), PICTURES, batch_size=n),
    "interpolate": lambda n: latent.interpolate(CODES[0], CODES[1], n),
    "great_circle": lambda n: latent.great_circle(CODES[0] + 1, CODES[1] - 1, n),
    "quantile_grid": latent.quantile_grid,
    "square_grid": lambda n: latent.square_grid(-1, 1, n),
    "fit epochs": lambda n: trained(epochs=n),
    "fit batch_size": lambda n: trained(batch_size=n),
    "mean_terms": lambda n: training.mean_terms(small(), PICTURES, batch_size=n),
    "whiten": lambda n: whiten(small(), PICTURES, batch_size=n),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_count_is_a_whole_number(name):
    # A size of None is the recipe's own.
    for wrong in ("8", 8.0, 2.5, True, 0, -1, math.nan, [8], *([] if name == "build size" else [None])):
        with pytest.raises(DataError, match=r"must be a whole number of at least [12], not"):
            WHOLE[name](wrong)


@pytest.mark.parametrize(
    "make", [lambda s: small(seed=s), lambda s: small().sample(1, s), lambda s: trained(seed=s)]
)
def test_a_seed_is_any_whole_number(make):
    for wrong in ("1", 1.0, True, [1]):
        with pytest.raises(DataError, match="seed must be a whole number, not"):
            make(wrong)
    for seed in (-1, 2**70, np.int64(3)):
        make(seed)


NUMBERS = {  # what takes any finite number, and the least it may be; None: greater than 0
    "fit lr": (lambda x: trained(lr=x), None),
    "fit kl_warm_up": (lambda x: trained(kl_warm_up=x), 0),
    "build beta": (lambda x: small(beta=x), 0),
    "build factor": (lambda x: recipes.build("tds-face-vae", size=16, factor=x), None),
    "build sigma": (lambda x: recipes.build("small-portrait-vae", size=16, sigma=x), None),
    "Gaussian": (losses.Gaussian, None),
    "Laplace": (losses.Laplace, None),
    "from_factor": (lambda x: losses.Gaussian.from_factor(x, SHAPE), None),
    "gaussian_nll": (lambda x: losses.gaussian_nll(PICTURES, PICTURES, x), None),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_is_finite_and_large_enough(name):
    make, least = NUMBERS[name]
    for wrong in ("a", "1", math.inf, math.nan, -1.0, True, [1.0], None, 1j, *([0] if least is None else [])):
        with pytest.raises(DataError, match=r"must be a finite number (greater than|of at least) 0, not"):
            make(wrong)
    for right in (np.float32(0.5), Fraction(1, 2), *([] if least is None else [least])):
        make(right)


SHARES = {
    "build dropout": lambda x: recipes.build("tds-face-ae", size=16, dropout=x),
    "Augment crop": lambda x: Augment(crop=x),
    "Augment brightness": lambda x: Augment(brightness=x),
}


@pytest.mark.parametrize("name", SHARES)
def test_a_share_is_less_than_the_whole(name):
    for wrong in ("a", 1, 1.5, -0.1, math.nan, True, None):
        with pytest.raises(DataError, match=f"is a share, from 0 to below 1, not {wrong!r}"):
            SHARES[name](wrong)
    for right in (0, 0.5, np.float32(0.5)):
        SHARES[name](right)


SWITCHES = {
    "fit resume": lambda x: trained(resume=x),
    "fit keep_memory": lambda x: trained(keep_memory=x),
    "fit channels_last": lambda x: trained(channels_last=x),
    "build batch_norm": lambda x: recipes.build("tds-face-ae", batch_norm=x),
    "Augment flip": lambda x: Augment(flip=x),
}


@pytest.mark.parametrize("name", SWITCHES)
def test_a_switch_is_true_or_false(name):
    for wrong in ("yes", 1, [True]):
        with pytest.raises(DataError, match=f"{name.split()[1]} is True or False"):
            SWITCHES[name](wrong)


TENSORS = {
    "model.decode": lambda z: small().decode(z),
    "decode": lambda z: latent.decode(small(), z),
    "interpolate": lambda z: latent.interpolate(z, CODES[0]),
    "great_circle": lambda z: latent.great_circle(CODES[0], z),
    "attribute_vector": lambda z: latent.attribute_vector(z, torch.tensor([True, False])),
    "attribute_vectors": lambda z: latent.attribute_vectors(CODES, z),
    "attribute_map": lambda z: latent.attribute_map(z, torch.tensor([True, False])),
    "TransportMap": lambda z: latent.TransportMap(z, torch.eye(2), CODES[0], torch.eye(2)),
    "TransportMap()": lambda z: latent.TransportMap(*[torch.zeros(2), torch.eye(2)] * 2)(z),
    "edit": lambda z: latent.edit(z, CODES[0]),
    "edit's direction": lambda z: latent.edit(CODES, z),
    "mse": lambda z: losses.mse(PICTURES, z),
    "bce": lambda z: losses.bce(z, PICTURES),
    "gaussian_kl": lambda z: losses.gaussian_kl(CODES, z),
}


@pytest.mark.parametrize(
    "wrong", [[[0.0, 0.0]], np.zeros((4, 2)), "codes", None, 0.0], ids=lambda x: type(x).__name__
)
@pytest.mark.parametrize("name", TENSORS)
def test_codes_are_tensors(name, wrong):
    with pytest.raises(DataError, match=f"must be a tensor, not {type(wrong).__name__}: torch.as_tensor"):
        TENSORS[name](wrong)


CUT_OFF = {
    "interpolate": lambda z: latent.interpolate(z[0], CODES[0]),
    "interpolate's end": lambda z: latent.interpolate(CODES[0], z[0]),
    "great_circle": lambda z: latent.great_circle(z[0], CODES[0]),
    "attribute_vector": lambda z: latent.attribute_vector(z, torch.tensor([True, False])),
    "attribute_vectors": lambda z: latent.attribute_vectors(z, torch.tensor([[True], [False]])),
    "TransportMap()": lambda z: latent.TransportMap(*[torch.zeros(2), torch.eye(2)] * 2)(z),
    "edit": lambda z: latent.edit(z, CODES[0]),
    "gaussian_kl": lambda z: losses.gaussian_kl(z, z, prior_mu=0.5),
    "gaussian_nll": lambda z: losses.gaussian_nll(CODES, z, 0.5),
    "laplace_nll": lambda z: losses.laplace_nll(CODES, z, 0.5),
    "mse": lambda z: losses.mse(z, CODES),
    "Gaussian.sample": lambda z: losses.Gaussian(0.5).sample(z),
    "Laplace.sample": lambda z: losses.Laplace(0.5).sample(z),
    "Schedule.noised": lambda z: Schedule.cosine(9).noised(z, torch.tensor([3, 4]), CODES),
}


@pytest.mark.parametrize("name", CUT_OFF)
def test_whole_numbers_are_not_cut_off_in_silence(name):
    """The answer would take their number format: half of a step would be none."""
    with pytest.raises(DataError, match=r"holds whole numbers, torch.int64: .float\(\) makes floats of them"):
        CUT_OFF[name](torch.tensor([[0, 1], [2, 3]]))
    if name == "mse":
        with pytest.raises(DataError, match=r"torch.uint8: ImageSet\(x\).float\(\) makes pixels"):
            losses.mse(torch.zeros(2, 2, dtype=torch.uint8), CODES)


def test_codes_of_any_number_format_are_decoded():
    model = small().eval()
    expected = model.decode(CODES)
    for codes in (CODES.double(), CODES.half(), CODES.long()):
        assert torch.equal(latent.decode(model, codes), expected) and torch.equal(
            model.decode(codes), expected
        )
    for wrong in (torch.tensor(1.0), CODES[0], CODES[:, :1]):
        with pytest.raises(ShapeError, match=r"shape \(B, 2\)"):
            latent.decode(model, wrong)
    assert latent.decode(model, CODES[:0]).shape == (0, *SHAPE)


BUILT = [
    (lambda: small(image_shape=(28, 28)), ShapeError, r"\(channels, height, width\).* not \(28, 28\)"),
    (lambda: small(image_shape=28), ShapeError, r"\(channels, height, width\).* not 28"),
    (lambda: parts(image_shape=(8, 8)), ShapeError, r"\(channels, height, width\).* not \(8, 8\)"),
    (lambda: recipes.build(["x"]), VaelabError, "There is no recipe called"),
    (lambda: small(latent_dim=10**30), DataError, "latent_dim must be a whole number of at most"),
]
TRAINED = [
    ({"model": nn.Linear(2, 2)}, ModelError, r"fit needs a model with loss\(x\).*Linear"),
    ({"model": "small-portrait-vae"}, ModelError, r"fit needs a model with loss\(x\).*str"),
    ({"augment": True}, DataError, "augment is a function, or None, not True"),
    ({"after_epoch": "print"}, DataError, "after_epoch is a function, or None, not 'print'"),
    ({"optimizer": "adam"}, DataError, "With 'adam' that fails: 'str' object is not callable"),
    (
        {"optimizer": {"beta": 0.9}},
        DataError,
        "With {'beta': 0.9} that fails: .*unexpected keyword argument 'beta'",
    ),
    ({"optimizer": {"betas": (2, 2)}}, DataError, "that fails: Invalid beta"),
    ({"optimizer": 0}, DataError, "With 0 that fails"),
    ({"optimizer": torch.optim.SGD([torch.zeros(1)])}, DataError, "(?s)With SGD.* that fails"),
    ({"optimizer": lambda parameters, lr: None}, DataError, "that fails: 'NoneType'"),
    ({"initial_epoch": 1.0}, DataError, "initial_epoch must be a whole number, not 1.0"),
    ({"checkpoints": 5}, DataError, "checkpoints is the path of a folder, not 5"),
    ({"checkpoints": ""}, DataError, "checkpoints is the path of a folder, not ''"),
]
WHITENED = [
    (autoencoder, PICTURES, ModelError, "whiten needs a VAE .*this Autoencoder"),
    (lambda: nn.Linear(2, 2), PICTURES, ModelError, "whiten needs a VAE .*this Linear"),
    (small, PICTURES[:0], DataError, "The ImageSet is empty"),
    (small, PICTURES[:2], DataError, "2 pictures cannot say how 2 numbers spread"),
    (small, torch.rand(20, 1, 9, 9), ShapeError, "takes images of shape"),
    (small, torch.rand(20, 3, 8, 8), ShapeError, "built for grey pictures"),
    (small, PICTURES.numpy(), DataError, "come as an ImageSet"),
]


@pytest.mark.parametrize(("make", "error", "message"), BUILT)
def test_what_cannot_be_built_is_said(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(("change", "error", "message"), TRAINED)
def test_what_cannot_be_trained_is_said(change, error, message):
    with pytest.raises(error, match=message):
        trained(**change)


@pytest.mark.parametrize(("make", "images", "error", "message"), WHITENED)
def test_what_cannot_be_whitened_is_said(make, images, error, message):
    model = make()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with pytest.raises(error, match=message):
        whiten(model, images)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


@pytest.mark.parametrize(
    ("shape", "remedy"),
    [
        ((5, 8, 8, 1), r"x\.permute\(0, 3, 1, 2\)"),
        ((8, 8, 1), r"x\.permute\(2, 0, 1\)\[None\]"),
        ((1, 8, 8), r"One image alone needs a batch axis: x\[None\]"),
        ((5, 8, 8), r"an axis for their channel: x\[:, None\]"),
        ((5, 1, 9, 9), "Load the pictures with size=8"),
        ((5, 3, 8, 8), r'image_shape=\(3, 8, 8\), or --set "image_shape=\(3, 8, 8\)"'),
    ],
)
def test_the_remedy_fits_the_shape(shape, remedy):
    with pytest.raises(ShapeError, match=remedy):
        small()(torch.zeros(shape))


def test_pictures_with_their_channels_last_are_told_how_to_turn():
    with pytest.raises(DataError, match=r"x\.permute\(0, 3, 1, 2\)"):
        ImageSet(torch.zeros(4, 32, 32, 3))
    with pytest.raises(DataError, match=r"ndarray\. torch\.as_tensor makes one"):
        ImageSet(np.zeros((4, 3, 32, 32), np.uint8))


def test_no_pictures_have_no_mean():
    with pytest.raises(DataError, match="empty"):
        training.mean_terms(small(), PICTURES[:0])
    with pytest.raises(DataError, match="empty"):
        evaluation.evaluate(small(), PICTURES[:0])


# ---- batch norm and the last picture ----


@pytest.mark.parametrize(
    ("count", "batch_size", "sizes"),
    [
        (9, 4, [4, 5]),
        (10, 4, [4, 4, 2]),
        (8, 4, [4, 4]),
        (3, 2, [3]),
        (1, 4, [1]),
        (3, 1, [1, 1, 1]),
        (5, 5, [5]),
    ],
)
def test_a_last_picture_alone_joins_the_batch_before_it(count, batch_size, sizes):
    batches = batch_order(count, batch_size, seed=3, epoch=2)
    assert [len(batch) for batch in batches] == sizes
    assert sorted(torch.cat(batches).tolist()) == list(range(count))


def batch_normed() -> VAE:
    return recipes.build("gdl-celeba-vae", features=4, latent_dim=2, size=16)


FACES = torch.rand(9, 3, 16, 16, generator=torch.Generator().manual_seed(1))


def test_batch_norm_learns_from_any_number_of_pictures_but_one():
    for count in (2, 3, 5, 9):
        history = trained(batch_normed(), FACES[:count], batch_size=2)
        assert math.isfinite(history["loss"][0])
    for images, batch_size in ((FACES[:1], 4), (FACES, 1)):
        with pytest.raises(VaelabError, match=r"Batch norm.* one picture.*more pictures.*larger batch_size"):
            trained(batch_normed(), images, batch_size=batch_size)


def test_other_value_errors_are_the_loss_own():
    model = small()
    model.loss = lambda x: int("seven")
    with pytest.raises(ValueError, match="invalid literal") as caught:
        trained(model)
    assert not isinstance(caught.value, VaelabError)


# ---- parts that were frozen on purpose ----


def test_fit_leaves_frozen_what_was_frozen():
    model = batch_normed().train()
    model.encoder.eval()
    before = {name: value.clone() for name, value in model.named_buffers()}
    modes = []
    trained(
        model,
        FACES,
        epochs=2,
        batch_size=4,
        validation=FACES,
        augment=lambda x: (
            modes.append((model.training, model.encoder[0][1].training, model.decoder[1].training)) or x
        ),
    )
    assert modes == [(True, False, True)] * 4
    after = dict(model.named_buffers())
    for name in before:
        if "running_mean" in name:
            assert torch.equal(before[name], after[name]) == name.startswith("encoder")
    assert not any(part.training for part in model.modules())
    trained(model, FACES, batch_size=4)  # whole in evaluation mode: trained whole
    assert not torch.equal(before["encoder.0.1.running_mean"], model.encoder[0][1].running_mean)
