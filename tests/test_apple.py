"""Apple's GPUs have no float64: what measures, trains or changes a model there asks for none."""

import math

import pytest
import torch
from apple_gpu import MPS, OnApple, fake_apple_gpu

import vaelab
from vaelab import evaluation, explorers, latent, nets, priors, recipes
from vaelab.training.history import RunningMean
from vaelab.vq import usage
from vaelab.whitening import whiten

SIZE = 64  # pictures


@pytest.fixture
def there(monkeypatch):
    with fake_apple_gpu(monkeypatch):
        yield


def small():
    return recipes.build("mayberay-digits-vae", image_shape=(1, 8, 8))


def pictures():
    return torch.rand(SIZE, 1, 8, 8, generator=torch.Generator().manual_seed(0))


def both(measure):
    """What a model measures on the CPU and on the GPU."""
    return [measure(small().to(device)) for device in ("cpu", "mps")]


def test_the_fake_refuses_what_apple_refuses(there):
    x = torch.ones(3, device="mps")
    assert isinstance(x + 1, OnApple) and (x + 1).device == MPS and not isinstance(x.cpu(), OnApple)
    for convert in (
        lambda: x.double(),
        lambda: x.to(torch.float64),
        lambda: x.to("cpu", torch.float64),
        lambda: torch.zeros(1, dtype=torch.float64, device=x.device),
        lambda: x.cpu().double().to("mps"),
    ):
        with pytest.raises(TypeError, match="MPS framework doesn't support float64"):
            convert()
    assert x.cpu().double().to(x).dtype == torch.float32
    assert {p.device for p in small().to("mps").parameters()} == {MPS}


def test_each_device_has_its_widest_format(there):
    assert nets.widest(torch.device("cpu")) == torch.float64 and nets.widest(MPS) == torch.float32
    for x in (torch.ones(2), torch.ones(2, device="mps")):
        assert nets.exact(x).dtype == torch.float64 and nets.exact(x).device.type == "cpu"


def test_training_there_counts_and_keeps_its_losses(there):
    model = small()
    history = vaelab.fit(model, pictures(), validation=pictures(), epochs=2, batch_size=32, device="mps")
    assert history.device == "mps" and all(map(math.isfinite, history["loss"]))
    assert {p.device for p in model.parameters()} == {MPS}
    running = RunningMean()
    running.add({"loss": torch.ones((), device="mps")}, 3)
    assert running.value() == {"loss": 1}


def test_measures_agree_with_those_of_a_cpu(there):
    def bound(model):
        return evaluation.importance_weighted_bound(model, pictures(), samples=5).mean().item()

    for measure in (
        bound,
        lambda model: evaluation.reconstruction_error(model, pictures()),
        lambda model: evaluation.evaluate(model, pictures())["reconstruction"],
        lambda model: latent.decode(model, torch.zeros(2, 2)).mean().item(),
    ):
        here, on_gpu = both(measure)
        assert here == pytest.approx(on_gpu, rel=1e-5)
    here, on_gpu = both(
        lambda model: evaluation.log_weights(model, pictures(), 3, generator=torch.Generator().manual_seed(0))
    )
    assert on_gpu.device == MPS and here.dtype == torch.float64
    torch.testing.assert_close(on_gpu.cpu().double(), here, rtol=1e-4, atol=1e-3)


def test_a_report_and_the_explorers_can_be_made_there(there):
    here, on_gpu = both(lambda model: evaluation.report(model, pictures(), samples=3))
    for name in ("elbo", "importance_weighted_bound", "active_units", "mean_squared_error"):
        assert here[name] == pytest.approx(on_gpu[name], rel=1e-4)
    shown = explorers.beta({1.0: small().to("mps"), 2.0: small().to("mps")}, pictures())
    assert len(shown.runs) == 2
    distances = [
        evaluation.frechet_distance(features, features.flip(0) + 1)
        for features in (pictures().flatten(1)[:, :3], pictures().flatten(1)[:, :3].to("mps"))
    ]
    assert distances[0] == pytest.approx(distances[1])


def test_codes_are_whitened_and_moved_there_as_on_a_cpu(there):
    def whitened(model):
        spread = whiten(model, pictures())
        return torch.cat([spread.cpu().float(), latent.encode(model, pictures())[0].flatten()])

    here, on_gpu = both(whitened)
    torch.testing.assert_close(here, on_gpu, rtol=1e-4, atol=1e-4)
    codes, present = torch.randn(50, 3, generator=torch.Generator().manual_seed(1)), torch.arange(50) % 2 == 0
    for use in (
        lambda z: latent.attribute_vectors(z, present[:, None]),
        lambda z: latent.attribute_map(z, present)(z),
        lambda z: priors.Normal(3).fit(z).log_prob(z),
        lambda z: priors.Normal(3).to(z.device).fit(z).log_prob(z),
    ):
        on_gpu = use(codes.to("mps"))
        assert on_gpu.device == MPS
        torch.testing.assert_close(on_gpu.cpu(), use(codes).float(), rtol=1e-4, atol=1e-4, check_dtype=False)
    assert usage(torch.tensor([0, 0, 1, 1], device="mps"), 10) == {"used": 2.0, "perplexity": 2.0}


def test_draws_in_the_block_leave_the_gpus_random_state(there):
    """`seed` seeds the GPU, so that what ran inside would have seeded the reader's own draws."""
    nets.seed(5, MPS)
    before = torch.mps.get_rng_state(MPS)
    with nets.keeping_random_state(MPS):
        nets.seed(1, MPS)
    assert torch.equal(torch.mps.get_rng_state(MPS), before)
