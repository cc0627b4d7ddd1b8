"""README's lines, for the type checker alone: `mypy` reads this file, nothing runs it."""

from typing import assert_type

from torch import Tensor

import vaelab
from vaelab import VAE, Autoencoder, ImageSet


def readme() -> None:
    images = vaelab.load("portraits", size=64, n=2000)
    model = vaelab.recipes.build("small-portrait-vae")
    vaelab.fit(model, images, epochs=5)
    faces = model.sample(16, seed=0)  # 16 new faces, values in [0, 1]
    assert_type(images, ImageSet)
    assert_type(model, VAE)
    assert_type(faces, Tensor)


def more(name: str) -> None:
    assert_type(vaelab.pretrained("portrait-vae").beta, float)
    assert_type(vaelab.pretrained("portrait-vae").sample(16), Tensor)
    assert_type(vaelab.pretrained("tds-face-ae"), Autoencoder)
    assert_type(vaelab.recipes.build(name), Autoencoder | VAE)
