"""One way for every kind of picture: drawn faces, real ones from a folder, Fashion-MNIST."""

import pytest
import torch
from PIL import Image

import vaelab
from vaelab import evaluation, latent, recipes
from vaelab.data import mnist_files


@pytest.fixture(params=["portraits", "folder of real faces", "fashion_mnist"])
def images(request, tmp_path):
    if request.param == "portraits":
        return vaelab.load("portraits", size=32, n=100)
    if request.param == "fashion_mnist":
        if mnist_files.find(mnist_files.FASHION_MNIST) is None:
            pytest.skip("Fashion-MNIST is not on this machine; `vaelab doctor` says how to get it")
        return vaelab.load("fashion_mnist", size=32, n=100)
    from skimage.data import lfw_subset

    for number, face in enumerate(lfw_subset()[:100]):  # the first hundred are faces
        Image.fromarray((255 * face).astype("uint8")).save(tmp_path / f"{number:03}.png")
    return vaelab.load(tmp_path, size=32, split="all")


def test_train_evaluate_sample(images):
    assert len(images) == 100 and images.images.float().std() > 20  # pictures, not blank squares
    model = recipes.build("small-portrait-vae", image_shape=images.shape, latent_dim=8)
    before = evaluation.evaluate(model, images)["elbo"]
    vaelab.fit(model, images, epochs=3, batch_size=25, device="cpu")
    assert evaluation.evaluate(model, images)["elbo"] > before + 10
    assert latent.reconstruct(model, images).shape == (100, *images.shape)
    samples = model.sample(5, seed=0)
    assert samples.shape == (5, *images.shape) and torch.isfinite(samples).all()
