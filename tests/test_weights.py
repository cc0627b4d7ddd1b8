"""Weights files: what is read is what was written, and what cannot be read says why."""

import json

import pytest
import torch
from safetensors.torch import save_file

import vaelab
from vaelab import weights
from vaelab.errors import UnknownNameError, WeightsError


@pytest.fixture
def model():
    return vaelab.recipes.build("mayberay-digits-vae", image_shape=(1, 8, 8), hidden=5, latent_dim=3).eval()


def test_a_file_builds_its_own_model_again(model, tmp_path):
    path = weights.save(model, tmp_path / "new" / "m.safetensors", card={"seed": 3}, half=False)
    again = weights.load(path)
    z = torch.randn(4, 3)
    assert torch.equal(again.decode(z), model.decode(z))
    assert not again.training and again.image_shape == (1, 8, 8)
    assert json.loads((tmp_path / "new" / "m.json").read_text()) == {"seed": 3}


def test_half_precision_halves_the_file_and_hardly_moves_a_pixel(tmp_path):
    model = vaelab.recipes.build("gdl-celeba-vae", features=16).eval()
    whole = weights.save(model, tmp_path / "whole.safetensors", half=False)
    half = weights.save(model, tmp_path / "half.safetensors")
    assert half.stat().st_size < 0.55 * whole.stat().st_size
    difference = weights.load(half).sample(5, seed=0) - model.sample(5, seed=0)
    assert difference.abs().mean() < 1 / 255


def test_what_ships_is_small_and_carded():
    sizes = [path.stat().st_size for path in weights._SHIPPED.glob("*.safetensors")]
    assert max(sizes) < 4e6 and sum(sizes) < 12e6
    for name in weights.names():
        model, card = weights.pretrained(name), weights.card(name)
        assert {"data", "seed", "command", "hardware", "seconds", "metrics"} <= card.keys()
        assert all(torch.isfinite(p).all() for p in model.parameters())


def test_errors_say_what_to_do(model, tmp_path):
    with pytest.raises(UnknownNameError, match="trained model called 'portrait-vea'"):
        vaelab.pretrained("portrait-vea")
    with pytest.raises(WeightsError, match="There is no weights file"):
        weights.load(tmp_path / "none.safetensors")
    (tmp_path / "page.safetensors").write_text("<html>quota exceeded</html>")
    with pytest.raises(WeightsError, match="not a weights file, or it is damaged"):
        weights.load(tmp_path / "page.safetensors")
    save_file({"a": torch.zeros(2)}, tmp_path / "other.safetensors")
    with pytest.raises(WeightsError, match="does not say which recipe"):
        weights.load(tmp_path / "other.safetensors")
    with pytest.raises(WeightsError, match=r"ends in \.safetensors"):
        weights.save(model, tmp_path / "model.pt")
    bare = vaelab.VAE(model.encoder, model.decoder, 3, (1, 8, 8))
    with pytest.raises(WeightsError, match="not built by recipes"):
        weights.save(bare, tmp_path / "m.safetensors")


def test_weights_of_another_version_are_refused(model, tmp_path):
    path = tmp_path / "old.safetensors"
    recipe = {"name": "mayberay-digits-vae", "changes": {"latent_dim": 7}}
    save_file(model.state_dict(), path, metadata={"recipe": json.dumps(recipe)})
    with pytest.raises(WeightsError, match="another model or another version"):
        weights.load(path)
