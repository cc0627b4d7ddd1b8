"""fit, latent and evaluation: learning happens, is repeatable, and stops in good order."""

import copy
import functools
import math

import pytest
import torch
from torch import nn

import vaelab
from vaelab import evaluation, fit, latent, nets, recipes, speed
from vaelab.data import ImageSet
from vaelab.errors import (
    DataError,
    DeviceError,
    ModelError,
    ShapeError,
    TrainingDivergedError,
    UnknownNameError,
)
from vaelab.models import VAE, Autoencoder
from vaelab.training.settings import batch_order, seed_of


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


def test_each_epoch_has_an_order_of_its_own():
    def order(seed, epoch):
        return torch.cat(batch_order(100, 30, seed, epoch)).tolist()

    assert order(0, 0) == order(0, 0)
    assert len({tuple(order(seed, epoch)) for seed in (0, 1) for epoch in (0, 1)}) == 4
    assert sorted(order(1, 1)) == list(range(100))


def test_steps_are_taken_in_training_mode(bars):
    seen = []
    model = small_vae().eval()
    model.encoder.register_forward_hook(lambda part, *_: seen.append(part.training))
    vaelab.fit(model, bars, epochs=2, batch_size=32, device="cpu")
    assert seen == [True] * 4


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


@pytest.mark.parametrize("optimizer", [None, torch.optim.SGD])
@pytest.mark.parametrize("good", [0, 2])  # steps before the one that diverges
def test_averages_of_batch_norm_stay_those_before_the_step(bars, optimizer, good):
    """A forward pass changes them before there is a loss. Two more steps follow before anybody looks."""

    class Overflowing(VAE):
        steps = 0

        def encode(self, x):
            mu, log_var = super().encode(x)
            self.steps += self.training
            return mu, log_var + 200.0 * (self.steps > good)

    encoder, decoder = (
        nets.conv_encoder((1, 8, 8), (4,), batch_norm=True),
        nets.conv_decoder(2, (1, 8, 8), (4, 4), batch_norm=True),
    )
    model = Overflowing(encoder, decoder, 2, (1, 8, 8))
    same = copy.deepcopy(model)
    with pytest.raises(TrainingDivergedError, match=f"step {good + 1}:"):
        fit(model, bars, epochs=1, batch_size=11, optimizer=optimizer, device="cpu")
    buffers = dict(model.named_buffers())
    assert all(b.isfinite().all() for b in buffers.values())
    counts = [b.item() for name, b in buffers.items() if name.endswith("num_batches_tracked")]
    assert counts and set(counts) == {good}
    if not good:
        assert all(torch.equal(b, buffers[name]) for name, b in same.named_buffers())


@pytest.mark.parametrize("optimizer", [None, torch.optim.SGD])
@pytest.mark.parametrize(
    ("recipe", "likelihood"),
    [
        ("residual-mlp-vae", None),
        ("mayberay-digits-vae", None),
        ("mayberay-digits-vae", vaelab.losses.Gaussian(0.1)),
        ("mayberay-digits-vae", vaelab.losses.Laplace(0.1)),
    ],
)
def test_a_step_size_that_is_far_too_large_ends_training_in_a_sentence(bars, recipe, likelihood, optimizer):
    """The real thing: codes overflow, and NaN reaches the likelihood before there is a loss."""
    model = recipes.build(recipe, image_shape=(1, 8, 8), hidden=32)
    model.likelihood = likelihood or model.likelihood
    with pytest.raises(TrainingDivergedError, match=r"stopped at step \d+: loss = (nan|inf).*lr=1e\+06"):
        fit(model, bars, epochs=20, batch_size=16, lr=1e6, optimizer=optimizer, device="cpu")
    assert all(torch.isfinite(p).all() for p in (*model.parameters(), *model.buffers()))


def test_validation_of_a_model_that_diverged_is_not_a_number(bars):
    model = small_vae()
    with torch.no_grad():
        model.to_log_var.bias.fill_(1e6)
    assert math.isnan(vaelab.training.mean_terms(model, bars)["loss"])


def test_a_last_step_that_goes_too_far_is_seen_on_the_validation_pictures(bars, tmp_path):
    """Its loss was still a number: it is that of the weights before it."""
    model = recipes.build("mayberay-digits-vae", image_shape=(1, 8, 8), hidden=8)
    with pytest.raises(TrainingDivergedError, match=r"after epoch 1: on the validation pictures loss = nan"):
        fit(model, bars, epochs=2, lr=1e30, validation=bars, checkpoints=tmp_path, device="cpu")
    assert not list(tmp_path.glob("epoch-*"))


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
        history = vaelab.fit(model, bars, epochs=2, batch_size=22, device="cpu")
        return model, history

    whole, whole_history = trained(memory=22)
    parts, parts_history = trained(memory=8)
    said = capsys.readouterr().out
    assert said.count("does not fit") == 2 and "in 4 parts" in said  # tried 22, 11, then 6 (the last part: 4)
    torch.testing.assert_close(parts.to_code.weight, whole.to_code.weight, rtol=1e-4, atol=1e-5)
    assert parts_history["loss"] == pytest.approx(whole_history["loss"], rel=1e-5)
    with pytest.raises(torch.OutOfMemoryError):
        trained(memory=0)


@pytest.mark.parametrize(("batch_norm", "smallest"), [(True, 2), (False, 1)])
def test_no_part_is_a_single_picture_where_batch_norm_needs_a_spread(bars, batch_norm, smallest):
    """Batches of 13 and, at the end, of 12: cut as finely as can be, and no finer."""
    seen = []

    class Hungry(Autoencoder):
        def loss(self, x):
            if len(x) > smallest + 1:
                raise MemoryError
            seen.append(len(x))
            return super().loss(x)

    norm = nn.BatchNorm1d(16) if batch_norm else nn.Identity()
    encoder = nn.Sequential(*nets.mlp_encoder((1, 8, 8)), norm)
    model = Hungry(encoder, nets.mlp_decoder(2, (1, 8, 8)), 2, (1, 8, 8))
    vaelab.fit(model, bars[:51], epochs=1, batch_size=13, device="cpu")
    assert sum(seen) == 51 and min(seen) == smallest


def test_the_kl_weight_climbs_and_is_put_back(bars):
    """Steps of half an epoch: over two epochs beta climbs by quarters. Others see the model's own beta."""
    seen = []

    class Watched(VAE):
        def loss(self, x):
            seen.append(self.beta)
            return super().loss(x)

    model = Watched(nets.mlp_encoder((1, 8, 8)), nets.mlp_decoder(2, (1, 8, 8)), 2, (1, 8, 8), beta=4.0)
    between = []
    options = {"batch_size": 32, "kl_warm_up": 2, "device": "cpu"}
    vaelab.fit(model, bars, epochs=3, after_epoch=lambda *_: between.append(model.beta), **options)
    assert seen == [0.0, 1.0, 2.0, 3.0, 4.0, 4.0]
    assert between == [4.0] * 3 and model.beta == 4.0


def watched_optimizer(seen, kind=torch.optim.SGD, **settings):
    """What makes an optimiser that notes the step size of each step."""

    class Watched(kind):
        def step(self, *args, **kwargs):
            seen.append(self.param_groups[0]["lr"])
            return super().step(*args, **kwargs)

    return lambda parameters, lr: Watched(parameters, lr=lr, **settings)


def test_the_optimiser_sees_the_cosine_over_all_epochs(bars):
    seen = []
    options = {"batch_size": 32, "lr": 1e-3, "optimizer": watched_optimizer(seen), "device": "cpu"}
    vaelab.fit(small_vae(), bars, epochs=3, schedule="cosine", **options)
    assert seen == pytest.approx([5e-4 * (1 + math.cos(math.pi * step / 6)) for step in range(6)])
    seen.clear()
    more = ImageSet(bars.images.repeat(2, 1, 1, 1)[:66])  # a third, short step an epoch
    vaelab.fit(small_vae(), more, epochs=2, schedule="cosine", **options)
    assert seen == pytest.approx([5e-4 * (1 + math.cos(math.pi * step / 6)) for step in range(6)])
    seen.clear()
    vaelab.fit(small_vae(), bars, epochs=1, **options)
    assert seen == [1e-3, 1e-3]


class Line(nn.Module):
    """loss = w * 3: a step that can be done in the head."""

    def __init__(self, factor=lambda: 1.0):
        super().__init__()
        self.w, self.factor = nn.Parameter(torch.tensor(2.0)), factor

    def loss(self, x):
        return {"loss": 3 * self.w * self.factor()}


@pytest.mark.parametrize(
    ("optimizer", "expected"),
    [
        (None, 2 - 0.1),  # Adam's first step has the length lr
        ({"weight_decay": 1.0}, 2 - 0.1),
        ({"eps": 3.0}, 2 - 0.05),
        (torch.optim.SGD, 2 - 0.3),
        (functools.partial(torch.optim.SGD, weight_decay=1.0), 2 - 0.5),
        (functools.partial(torch.optim.AdamW, weight_decay=1.0, fused=True), 2 * 0.9 - 0.1),
    ],
)
def test_a_step_by_hand_with_each_optimiser(bars, optimizer, expected):
    model = Line()
    history = vaelab.fit(model, bars, epochs=1, batch_size=64, lr=0.1, optimizer=optimizer, device="cpu")
    assert model.w.item() == pytest.approx(expected, rel=1e-5)
    assert history["loss"] == [6.0] and model.w.grad is None


@pytest.mark.parametrize("optimizer", [None, torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW])
def test_no_optimiser_takes_a_step_on_a_loss_that_is_not_a_number(bars, optimizer):
    factors = iter([1.0, math.nan, 1.0, 1.0])
    model, values = Line(lambda: next(factors)), []
    watch = lambda x: values.append(model.w.item()) or x  # noqa: E731
    with pytest.raises(TrainingDivergedError, match="step 2: loss = nan"):
        vaelab.fit(model, bars, epochs=1, batch_size=16, optimizer=optimizer, augment=watch, device="cpu")
    assert model.w.item() == values[1] != 2.0


def test_validation_is_in_evaluation_mode_and_changes_no_statistics(bars):
    """Batch norm normalises with what it has learned, and learns nothing from validation pictures."""
    model = vaelab.recipes.build("tds-face-vae", image_shape=(1, 16, 16), latent_dim=2, batch_norm=True)
    images = ImageSet(bars.images.repeat(1, 1, 2, 2))
    options = {"batch_size": 64, "device": "cpu", "seed": 3}
    history = vaelab.fit(model, images, epochs=2, validation=images[:5], **options)
    twin = vaelab.recipes.build("tds-face-vae", image_shape=(1, 16, 16), latent_dim=2, batch_norm=True)
    without = vaelab.fit(twin, images, epochs=2, **options)
    assert all(torch.equal(a, b) for a, b in zip(model.buffers(), twin.buffers(), strict=True))
    assert history.train == without.train
    torch.manual_seed(seed_of(3, "validation", 2))
    with torch.no_grad():
        assert model.eval().loss(images[:5].float())["loss"].item() == pytest.approx(
            history.validation[-1]["loss"], rel=1e-6
        )


def test_mean_terms_gives_each_part_back_its_mode(bars):
    model = small_vae().train()
    model.encoder.eval()
    vaelab.training.mean_terms(model, bars)
    assert model.training and not model.encoder.training and model.decoder.training


def test_pictures_come_in_by_the_one_door(bars):
    def trained(images):
        model = small_vae()
        history = vaelab.fit(model, images, epochs=1, validation=images, device="cpu")
        return history.validation

    assert trained(bars) == trained(bars.images) == trained(bars.float())


def test_the_allocator_is_left_alone_when_asked(bars, monkeypatch):
    monkeypatch.setattr(speed, "keep_freed_memory", lambda: pytest.fail("the allocator was changed"))
    history = vaelab.fit(small_vae(), bars, epochs=1, device="cpu", keep_memory=False)
    assert not history.kept_memory
    monkeypatch.setattr(speed, "keep_freed_memory", lambda: True)
    assert vaelab.fit(small_vae(), bars, epochs=1, device="cpu").kept_memory


def test_a_model_is_described_for_a_checkpoint_alone(bars, monkeypatch, tmp_path):
    """A recipe is built again to see whether it describes the model, which takes its time."""
    described = []
    monkeypatch.setattr(vaelab.weights, "description", lambda model: described.append(model) or {})
    vaelab.fit(small_vae(), bars, epochs=1, device="cpu")
    assert not described
    vaelab.fit(small_vae(), bars, epochs=1, device="cpu", checkpoints=tmp_path)
    assert described


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"initial_epoch": 9}, ValueError, "initial_epoch counts epochs that are done, from 0 to epochs=1"),
        ({"schedule": "cosin"}, UnknownNameError, "Did you mean 'cosine'"),
        ({"resume": True}, ValueError, "resume=True goes on from a checkpoint: name their folder"),
        ({"device": "cuda:99"}, DeviceError, "not on this machine.*cpu"),
        ({"device": "gpu"}, DeviceError, "not a device name"),
    ],
)
def test_bad_arguments_are_named(bars, change, error, message):
    with pytest.raises(error, match=message):
        vaelab.fit(small_vae(), bars, **{"epochs": 1, "device": "cpu"} | change)


def test_what_cannot_learn_is_said_in_words(bars):
    with pytest.raises(ModelError, match=r"fit needs a model, not its class: make one, VAE\(\.\.\.\)"):
        vaelab.fit(VAE, bars, epochs=1)
    with pytest.raises(ModelError, match="Nothing in this model can learn"):
        vaelab.fit(small_vae().requires_grad_(False), bars, epochs=1)
    with pytest.raises(DataError, match="augment returns the batch that it made, a tensor; not None"):
        vaelab.fit(small_vae(), bars, epochs=1, augment=lambda x: None, device="cpu")


def test_pictures_that_do_not_fit_are_named(bars):
    with pytest.raises(ShapeError, match="size=8"):
        vaelab.fit(small_vae(), ImageSet(torch.zeros(3, 1, 9, 9, dtype=torch.uint8)), epochs=1)
    with pytest.raises(DataError, match="come as an ImageSet"):
        vaelab.fit(small_vae(), bars.images.numpy(), epochs=1)
    with pytest.raises(DataError, match="come as an ImageSet"):
        vaelab.fit(small_vae(), bars, validation=[1, 2], epochs=1)
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


def test_only_the_training_device_is_seeded(monkeypatch):
    """torch.manual_seed would reseed every GPU, those that nobody trains on too."""
    monkeypatch.setattr(torch.cuda, "manual_seed_all", lambda seed: pytest.fail("seeded the GPUs"))
    monkeypatch.setattr(torch.cuda, "manual_seed", lambda seed: pytest.fail("seeded a GPU"))
    model = recipes.build("mayberay-digits-vae", image_shape=(1, 8, 8), hidden=8)
    fit(model, torch.zeros(8, 1, 8, 8), epochs=1, validation=torch.zeros(4, 1, 8, 8), device="cpu")
