"""Going on with another model, other pictures or other numbers would be neither the one run nor the other."""

import functools

import pytest
import torch
from torch import nn

import vaelab
from vaelab import nets
from vaelab.data import ImageSet
from vaelab.data.augment import Augment
from vaelab.errors import CheckpointError
from vaelab.losses import Gaussian, Laplace
from vaelab.models import VAE
from vaelab.training import same_run

SHAPE = (1, 16, 16)


def pictures(n=64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return ImageSet(torch.randint(10, 246, (n, *SHAPE), generator=generator, dtype=torch.uint8))


def vae(likelihood=None, beta=None, name="mayberay-digits-vae", **changes):
    changes = {"hidden": 8} if name == "mayberay-digits-vae" else changes
    model = vaelab.recipes.build(name, image_shape=SHAPE, **changes)
    model.likelihood = likelihood or model.likelihood
    model.beta = model.beta if beta is None else beta
    return model


def by_hand(activation=nn.ReLU):
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(256, 4), activation())
    return VAE(encoder, nets.mlp_decoder(2, SHAPE), 2, SHAPE)


def darker(x):
    return x / 2


def train(folder, epochs=1, **given):
    options = {
        "model": vae(),
        "images": pictures(),
        "validation": pictures(20),
        "augment": Augment(),
        "precision": "fp32",
        "checkpoints": folder,
        "resume": True,
        "device": "cpu",
    }
    model = (options | given)["model"]
    return model, vaelab.fit(epochs=epochs, **options | given)


CHANGES = {
    "beta": ({}, {"model": vae(beta=4.0)}, r"beta=1.0 \(now 4.0\)"),
    "likelihood": ({}, {"model": vae(Laplace(0.2))}, r'likelihood=\["Bernoulli".*\(now \["Laplace"'),
    "sigma": ({"model": vae(Gaussian(0.2))}, {"model": vae(Gaussian(0.5))}, r"sigma=0.2 \(now 0.5\)"),
    "scale": ({"model": vae(Laplace(0.2))}, {"model": vae(Laplace(0.5))}, r"likelihood=.*0.2.*now.*0.5"),
    "a recipe's sigma": (
        {"model": vae(name="portrait-vae")},
        {"model": vae(name="portrait-vae", sigma=0.5)},
        r"recipe=.*now.*\"sigma\": 0.5",
    ),
    "recipe": ({}, {"model": vae(name="residual-mlp-vae")}, r'recipe={"name": "mayberay-digits-vae".*now'),
    "layers": (
        {"model": by_hand()},
        {"model": by_hand(nn.GELU)},
        r"layer encoder.2=ReLU \(now GELU\)",
    ),
    "pictures": ({}, {"images": pictures(seed=1)}, "started with other images. Going"),
    "mirrored": ({}, {"images": ImageSet(pictures().images.flip(-1))}, "started with other images. Going"),
    "another order": ({}, {"images": ImageSet(pictures().images.flip(0))}, "with other images. Going"),
    "number": ({}, {"images": pictures(63)}, r"images=64 of 1x16x16 \(now 63 of 1x16x16\)"),
    "validation": ({}, {"validation": pictures(20, seed=1)}, "started with other validation. Going"),
    "no validation": ({}, {"validation": None}, r"validation=20 of 1x16x16 \(now None\)"),
    "augmentation off": ({}, {"augment": None}, r"augment=Augment\(flip=True.*\(now None\)"),
    "augmentation on": ({"augment": None}, {"augment": darker}, r"augment=None \(now darker\)"),
    "its strength": ({}, {"augment": Augment(crop=0.2)}, r"augment=.*0.05.*now Augment.*crop=0.2"),
    "precision": ({}, {"precision": "bf16"}, r"precision=fp32 \(now bf16\)"),
    "layout": ({"channels_last": False}, {"channels_last": True}, r"channels_last=False \(now True\)"),
    "seed": ({}, {"seed": 3}, r"seed=0 \(now 3\)"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_is_named_and_nothing_is_trained(what, tmp_path):
    before, now, message = CHANGES[what]
    train(tmp_path, **before)
    with pytest.raises(CheckpointError, match=message):
        train(tmp_path, epochs=2, **before | now)
    assert not (tmp_path / "epoch-0002").exists()


def test_all_changes_are_named_at_once(tmp_path):
    train(tmp_path)
    message = r"lr=0.001 \(now 0.1\), .*beta=1.0 \(now 2.0\), .*augment=.*other images"
    with pytest.raises(CheckpointError, match=message):
        train(tmp_path, lr=0.1, model=vae(beta=2.0), augment=None, images=pictures(seed=2))


def test_what_may_differ(tmp_path):
    """More epochs, another machine's rounding, what was learned so far, and where a function stands."""
    elsewhere = functools.wraps(darker)(lambda x: x / 2)  # the same name
    model, _ = train(tmp_path, model=vae(Gaussian(0.2, learned=True)), augment=darker)
    rounded = pictures().images + torch.randint(
        -1, 2, (64, *SHAPE), generator=torch.Generator().manual_seed(5)
    )
    rounded = ImageSet(rounded.to(torch.uint8))
    assert model.likelihood.sigma.item() != pytest.approx(0.2, rel=1e-6)
    _, history = train(tmp_path, 2, model=model, images=rounded, augment=elsewhere, precision=None)
    assert len(history.train) == 2


class Noise:
    def __call__(self, x):
        return x


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (None, None),
        (darker, "darker"),
        (Noise(), "Noise"),
        (Noise().__call__, "__call__"),
        (nn.Dropout(0.1), "Dropout(p=0.1, inplace=False)"),
        (functools.partial(torch.clamp, min=0.1), "clamp(min=0.1)"),
        (functools.partial(torch.add, 3), "add(3)"),
        (functools.partial(darker, darker), "darker(<function darker>)"),
    ],
)
def test_a_function_in_words(function, words):
    """The same in the next process, where everything has another address."""
    assert same_run.in_words(function) == words
