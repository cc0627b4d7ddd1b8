"""fit, latent and evaluation: learning happens, is repeatable, and stops in good order."""

import math

import pytest
import torch

import vaelab
from vaelab import evaluation, latent, nets
from vaelab.data import ImageSet
from vaelab.errors import DataError, DeviceError, ShapeError, TrainingDivergedError, UnknownNameError
from vaelab.models import VAE, Autoencoder
from vaelab.training import schedules


@pytest.fixture
def bars():
    """64 pictures of 8x8: one bright row each, so a few numbers are enough to tell them apart."""
    images = torch.zeros(64, 1, 8, 8, dtype=torch.uint8)
    images[torch.arange(64), 0, torch.arange(64) % 8] = 255
    return ImageSet(images, name="bars")


def small_vae(**changes):
    return vaelab.recipes.build("mayberay-digits-vae", image_shape=(1, 8, 8), hidden=32, **changes)


def test_training_lowers_the_loss_on_new_draws(bars):
    model = small_vae()
    before = evaluation.evaluate(model, bars)["elbo"]
    history = vaelab.fit(model, bars, epochs=60, batch_size=32, lr=1e-2, validation=bars, device="cpu")
    after = evaluation.evaluate(model, bars)
    assert after["elbo"] > before + 5
    assert after["elbo"] == pytest.approx(-after["reconstruction"] - after["kl"])
    assert history["loss"][-1] < history["loss"][0]
    assert len(history.train) == len(history.validation) == 60
    assert history["loss"][0] == pytest.approx(history["reconstruction"][0] + history["kl"][0])


def test_same_seed_same_weights(bars):
    def trained(seed):
        model = small_vae()
        vaelab.fit(model, bars, epochs=2, seed=seed, device="cpu")
        return model.to_mu.weight

    state = torch.get_rng_state()
    assert torch.equal(trained(0), trained(0))
    assert not torch.equal(trained(0), trained(1))
    assert torch.equal(torch.get_rng_state(), state)  # the reader's own draws are not disturbed


def test_a_short_last_batch_counts_for_what_it_is(bars):
    """64 pictures in batches of 60: a plain mean over batches weighs the last 4 fifteen times."""
    model = Autoencoder(nets.mlp_encoder((1, 8, 8)), nets.mlp_decoder(2, (1, 8, 8)), 2, (1, 8, 8))
    images = ImageSet(torch.cat([torch.zeros(60, 1, 8, 8), torch.full((4, 1, 8, 8), 255)]).to(torch.uint8))
    whole = model.loss(images.float())["loss"].item()
    terms = vaelab.training.mean_terms(model, images, batch_size=60)
    assert terms["loss"] == pytest.approx(whole, rel=1e-5)


def test_interrupting_keeps_what_was_learned(bars):
    model = small_vae()
    start = model.to_mu.weight.clone()

    def stop(epoch, history):
        if epoch == 2:
            raise KeyboardInterrupt

    history = vaelab.fit(model, bars, epochs=50, device="cpu", after_epoch=stop)
    assert history.interrupted and len(history.train) == 2
    assert not torch.equal(model.to_mu.weight, start)
    assert not model.training


def test_a_loss_that_is_not_a_number_stops_before_it_spoils_the_weights(bars):
    class Exploding(VAE):
        steps = 0

        def loss(self, x):
            self.steps += 1
            terms = super().loss(x)
            return {**terms, "loss": terms["loss"] * (math.nan if self.steps == 3 else 1.0)}

    model = Exploding(nets.mlp_encoder((1, 8, 8)), nets.mlp_decoder(2, (1, 8, 8)), 2, (1, 8, 8))
    with pytest.raises(TrainingDivergedError, match=r"step 3.*lr=0\.001"):
        vaelab.fit(model, bars, epochs=5, batch_size=32, device="cpu")
    assert all(torch.isfinite(p).all() for p in model.parameters())


def test_a_batch_too_large_for_memory_goes_through_in_parts(bars, capsys):
    """Gradients of the parts add up to the gradient of the whole: the weights end where they would have."""

    def trained(memory):
        class Hungry(Autoencoder):
            def loss(self, x):
                if len(x) > memory:
                    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
                return super().loss(x)

        torch.manual_seed(0)
        model = Hungry(nets.mlp_encoder((1, 8, 8)), nets.mlp_decoder(2, (1, 8, 8)), 2, (1, 8, 8))
        history = vaelab.fit(model, bars, epochs=2, batch_size=32, device="cpu")
        return model, history

    whole, whole_history = trained(memory=32)
    parts, parts_history = trained(memory=8)
    said = capsys.readouterr().out
    assert said.count("does not fit") == 2 and "in 4 parts" in said  # tried 32, 16, then 8 for good
    torch.testing.assert_close(parts.to_code.weight, whole.to_code.weight, rtol=1e-4, atol=1e-5)
    assert parts_history["loss"] == pytest.approx(whole_history["loss"], rel=1e-5)
    with pytest.raises(torch.OutOfMemoryError):
        trained(memory=0)


def test_the_step_size_and_the_kl_weight_follow_their_schedules(bars):
    """Steps of half an epoch: over two epochs beta climbs by quarters. The step size falls as a cosine."""
    seen = []

    class Watched(VAE):
        def loss(self, x):
            seen.append(self.beta)
            return super().loss(x)

    model = Watched(nets.mlp_encoder((1, 8, 8)), nets.mlp_decoder(2, (1, 8, 8)), 2, (1, 8, 8), beta=4.0)
    vaelab.fit(model, bars, epochs=3, batch_size=32, kl_warm_up=2, device="cpu")
    assert seen == [0.0, 1.0, 2.0, 3.0, 4.0, 4.0] and model.beta == 4.0
    rates = [schedules.step_size(0.1, "cosine", share) for share in (0, 1 / 3, 0.5, 1)]
    assert rates == pytest.approx([0.1, 0.075, 0.05, 0.0])


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"initial_epoch": 9}, ValueError, "initial_epoch counts epochs that are done, from 0 to epochs=1"),
        ({"schedule": "cosin"}, UnknownNameError, "Did you mean 'cosine'"),
        ({"kl_warm_up": -1}, ValueError, "kl_warm_up, a number of epochs"),
        ({"epochs": 0}, ValueError, "epochs must be at least 1, not 0"),
        ({"epochs": -3}, ValueError, "epochs must be at least 1, not -3"),
        ({"batch_size": 0}, ValueError, "batch_size"),
        ({"lr": 0.0}, ValueError, "step size"),
        ({"device": "cuda:99"}, DeviceError, "not on this machine.*cpu"),
        ({"device": "gpu"}, DeviceError, "not a device name"),
    ],
)
def test_bad_arguments_are_named(bars, change, error, message):
    with pytest.raises(error, match=message):
        vaelab.fit(small_vae(), bars, **{"epochs": 1, "device": "cpu"} | change)


def test_pictures_that_do_not_fit_are_named(bars):
    with pytest.raises(ShapeError, match="size=8"):
        vaelab.fit(small_vae(), ImageSet(torch.zeros(3, 1, 9, 9, dtype=torch.uint8)), epochs=1)
    with pytest.raises(DataError, match="takes an ImageSet"):
        vaelab.fit(small_vae(), bars.float(), epochs=1)
    with pytest.raises(DataError, match="empty"):
        vaelab.fit(small_vae(), bars[:0], epochs=1)


def test_device_variable(monkeypatch):
    monkeypatch.setenv("VAELAB_DEVICE", "cpu")
    assert vaelab.device() == torch.device("cpu")
    monkeypatch.setenv("VAELAB_DEVICE", "tpu9")
    with pytest.raises(DeviceError, match="tpu9"):
        vaelab.device()


def test_samples_are_repeatable_and_leave_the_mode_alone():
    model = small_vae().train()
    assert torch.equal(model.sample(3, seed=5), model.sample(3, seed=5))
    assert not torch.equal(model.sample(3, seed=5), model.sample(3, seed=6))
    assert model.training and model.sample(3).shape == (3, 1, 8, 8)
    with pytest.raises(ValueError, match="at least 1"):
        model.sample(0)


def test_draws_have_the_posteriors_mean_and_deviation():
    """exp(log_var) instead of exp(log_var / 2) is a published slip: here it would give 0.25, not 0.5 (E3)."""
    torch.manual_seed(0)
    mu, log_var = torch.full((100_000, 1), 3.0), torch.full((100_000, 1), 2 * math.log(0.5))
    z = small_vae().reparameterize(mu, log_var)
    assert z.mean().item() == pytest.approx(3.0, abs=0.01)
    assert z.std().item() == pytest.approx(0.5, abs=0.01)


def test_quantile_grid_gives_every_cell_the_same_share_of_the_prior():
    z = latent.quantile_grid(5)
    probability = torch.special.ndtr(z)
    assert probability[0].tolist() == pytest.approx([0.1, 0.9])  # top left: x low, y high
    assert sorted({round(p, 4) for p in probability.flatten().tolist()}) == [0.1, 0.3, 0.5, 0.7, 0.9]


def test_interpolation_ends_where_it_should():
    a, b = torch.tensor([0.0, 2.0]), torch.tensor([1.0, -2.0])
    path = latent.interpolate(a, b, 5)
    assert torch.equal(path[0], a) and torch.equal(path[-1], b)
    assert torch.allclose(path[2], torch.tensor([0.5, 0.0]))
    with pytest.raises(ShapeError):
        latent.interpolate(a[None], b[None])
