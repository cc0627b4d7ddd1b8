"""Checkpoints: a run that was stopped, however rudely, ends with the weights it would have had anyway."""

import functools
import json
import multiprocessing
import os
import random
import signal
import time

import pytest
import torch

import vaelab
from vaelab import weights
from vaelab.data import ImageSet
from vaelab.errors import CheckpointError
from vaelab.training import Checkpoints, History
from vaelab.training.checkpoints import TrainingState

EPOCHS, STEPS = 4, 10  # 161 pictures in batches of 16, and the last of 17
# A server that has imported PyTorch once and forks for each run: killing is only a test if it is done often.
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["torch._dynamo", "vaelab.training", "vaelab.recipes"])


def pictures(n=161):
    generator = torch.Generator().manual_seed(0)
    return ImageSet(torch.randint(0, 256, (n, 3, 16, 16), generator=generator, dtype=torch.uint8))


def small_vae():
    """Batch norm, convolutions and a learned noise level: each has a state of its own."""
    model = vaelab.recipes.build("gdl-celeba-vae", image_shape=(3, 16, 16), features=4, latent_dim=3)
    model.likelihood = vaelab.losses.Gaussian(0.5, learned=True)
    return model


def train(folder, resume=True, augment=None, model=None, **changes):
    torch.set_num_threads(1)
    options = {
        "epochs": EPOCHS,
        "batch_size": 16,
        "schedule": "cosine",
        "kl_warm_up": 2,
        "precision": "fp32",
        "channels_last": True,
        "validation": pictures(20),
        "device": "cpu",
        "checkpoints": Checkpoints(folder, keep=2),
    }
    model = model or small_vae()
    history = vaelab.fit(model, pictures(), augment=augment, resume=resume, **(options | changes))
    return model, history


def die(folder, number, step):
    """Train, and in the middle of the `step`-th step of this process get a signal."""
    taken = 0

    def kill_at(x):
        nonlocal taken
        taken += 1
        if taken == step:
            os.kill(os.getpid(), number)
        return x

    train(folder, augment=kill_at)


def linger(folder):
    """Train slowly enough to be caught anywhere: computing, writing, renaming."""

    def wait(x):
        time.sleep(0.002)
        return x

    train(folder, augment=wait)


def run(target, *arguments):
    process = processes.Process(target=target, args=arguments)
    process.start()
    return process


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    model, history = train(tmp_path_factory.mktemp("whole"), resume=False)
    return model.state_dict(), history


def assert_as_uninterrupted(model, history, uninterrupted):
    state, expected = uninterrupted
    different = [name for name, value in model.state_dict().items() if not torch.equal(value, state[name])]
    assert different == []
    assert history.train == expected.train and history.validation == expected.validation
    assert not history.interrupted


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_stopped_at_any_steps_and_resumed_the_weights_are_the_same(number, tmp_path, uninterrupted):
    steps = random.Random(number).sample(range(1, 20), 3)  # three parts that end in the middle of something
    for step in steps:
        process = run(die, tmp_path, number, step)
        process.join()
        assert process.exitcode == (0 if number == signal.SIGINT else -number)
    left = list(tmp_path.glob("epoch-*"))
    assert left, "three parts of up to 19 steps passed at least one epoch of 10"
    assert_as_uninterrupted(*train(tmp_path), uninterrupted)


def test_killed_at_random_moments_and_resumed_the_weights_are_the_same(tmp_path, uninterrupted):
    seed = random.randrange(10**6)
    print("seed", seed)  # shown if this fails
    wait = random.Random(seed)
    for _ in range(4):
        process = run(linger, tmp_path)
        while not any(tmp_path.iterdir()) and process.is_alive():
            time.sleep(0.002)
        time.sleep(wait.uniform(0, 0.15))
        process.kill()
        process.join()
    assert_as_uninterrupted(*train(tmp_path), uninterrupted)


def test_an_interruption_saves_the_step_it_was_in(tmp_path):
    process = run(die, tmp_path, signal.SIGTERM, 7)
    process.join()
    assert [path.name for path in Checkpoints(tmp_path).all()] == ["epoch-0000-step-000007"]


@pytest.mark.parametrize("damage", ["cut", "flip", "state"])
def test_a_damaged_newest_checkpoint_falls_back_to_the_one_before(damage, tmp_path, uninterrupted):
    train(tmp_path, resume=False)
    newest = Checkpoints(tmp_path).all()[-1]
    name = "state.json" if damage == "state" else "optimizer.pt"
    content = bytearray((newest / name).read_bytes())
    content[len(content) // 2] ^= 255
    (newest / name).write_bytes(content[: len(content) // 2] if damage == "cut" else content)
    with pytest.warns(UserWarning, match=f"{newest.name} is damaged.*before it"):
        resumed = train(tmp_path)
    assert_as_uninterrupted(*resumed, uninterrupted)


def test_with_no_whole_checkpoint_nothing_is_trained(tmp_path):
    train(tmp_path, resume=False, epochs=1)
    for path in Checkpoints(tmp_path).all():
        (path / "model.safetensors").unlink()
    with pytest.warns(UserWarning), pytest.raises(CheckpointError, match=r"No checkpoint .* is whole"):
        train(tmp_path)


def test_the_newest_and_the_best_stay(tmp_path):
    losses = iter([3.0, 1.0, 2.0, 2.5])
    checkpoints = Checkpoints(tmp_path, keep=2)

    class Graded(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(()))

        def loss(self, x):
            return {"loss": self.weight + (0.0 if self.training else next(losses))}

    vaelab.fit(Graded(), pictures(8), epochs=4, validation=pictures(4), checkpoints=checkpoints, device="cpu")
    assert [path.name for path in checkpoints.all()] == ["epoch-0002", "epoch-0003", "epoch-0004"]
    assert checkpoints.best().name == "epoch-0002"


def test_the_best_is_looked_for_at_the_ends_of_epochs(tmp_path):
    """In the middle of an epoch the weights are no longer those that were measured."""
    model, store = torch.nn.Linear(1, 1), Checkpoints(tmp_path)
    optimizer, history = torch.optim.SGD(model.parameters(), lr=1.0), History(validation=[{"loss": 1.0}])
    store.save(model, optimizer, TrainingState({}, history, epoch=1, step=5))
    assert store.best() is None
    store.save(model, optimizer, TrainingState({}, history, epoch=1))
    assert store.best().name == "epoch-0001"


def test_another_run_in_the_folder_is_left_alone(tmp_path):
    train(tmp_path, resume=False, epochs=1)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    with pytest.raises(CheckpointError, match=r"already holds checkpoints.*resume=True"):
        train(tmp_path, resume=False)
    with pytest.raises(CheckpointError, match=r"batch_size=16 \(now 32\)"):
        train(tmp_path, batch_size=32, epochs=1)
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*.*")}


def test_a_run_is_not_resumed_with_another_likelihood(tmp_path):
    train(tmp_path, resume=False, epochs=1, schedule="constant")
    other = small_vae()
    other.likelihood = vaelab.losses.Gaussian(0.5)
    with pytest.raises(CheckpointError, match=r"likelihood=.*now"):
        train(tmp_path, model=other, schedule="constant")


def test_a_full_disk_loses_nothing(tmp_path):
    """The system itself refuses to write on: files may not grow beyond what half a model takes."""
    resource = pytest.importorskip("resource")
    train(tmp_path, resume=False, epochs=1, schedule="constant")
    before = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*"))
    size = next(tmp_path.rglob("model.safetensors")).stat().st_size
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, limits[1]))
    try:
        with pytest.raises(CheckpointError, match=r"could not be written.*make room"):
            train(tmp_path, epochs=2, schedule="constant")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert before == sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*"))


def test_more_epochs_can_be_added_and_initial_epoch_counts_on(tmp_path):
    whole = train(tmp_path / "whole", resume=False, epochs=3, schedule="constant")[0]
    train(tmp_path / "parts", resume=False, epochs=1, schedule="constant")
    added, history = train(tmp_path / "parts", epochs=3, schedule="constant")
    assert torch.equal(added.to_mu.weight, whole.to_mu.weight) and len(history.train) == 3
    _, history = train(tmp_path / "later", resume=False, epochs=3, initial_epoch=2, schedule="constant")
    assert len(history.train) == 1
    assert [path.name for path in Checkpoints(tmp_path / "later").all()] == ["epoch-0003"]
    assert json.loads((tmp_path / "later/epoch-0003/state.json").read_text())["epoch"] == 3


def test_the_newest_is_the_one_with_the_highest_number(tmp_path):
    """As text, "epoch-10000" comes before "epoch-9999", and would be taken for the oldest and deleted."""
    model, store = torch.nn.Linear(1, 1), Checkpoints(tmp_path, keep=2)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    for epoch, step in [(9_999, 999_999), (9_999, 1_000_000), (10_000, 0), (10_000, 1)]:
        store.save(model, optimizer, TrainingState({}, epoch=epoch, step=step))
        assert store.newest()[1].epoch == epoch and store.newest()[1].step == step
    assert [path.name for path in store.all()] == ["epoch-10000", "epoch-10000-step-000001"]


@pytest.mark.parametrize("keep", [0, -1, 2.5])
def test_how_many_stay_is_a_whole_number_from_1(keep, tmp_path):
    with pytest.raises(ValueError, match=r"keep.* must be a whole number of at least 1, not"):
        Checkpoints(tmp_path, keep=keep)


def test_another_version_is_not_read(tmp_path):
    train(tmp_path, resume=False, epochs=1)
    path = Checkpoints(tmp_path).all()[-1] / "state.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"version": content["version"] + 1}))
    with pytest.warns(UserWarning, match="another version of vaelab"), pytest.raises(CheckpointError):
        train(tmp_path)


OPTIMISERS = {
    "momentum": functools.partial(torch.optim.SGD, momentum=0.9),
    "not fused": functools.partial(torch.optim.AdamW, weight_decay=0.1),
    "settings": {"betas": (0.8, 0.9), "amsgrad": True},
}


@pytest.mark.parametrize("name", OPTIMISERS)
def test_any_optimiser_goes_on_bit_for_bit(name, tmp_path):
    options = {"optimizer": OPTIMISERS[name], "epochs": 2, "schedule": "constant", "lr": 1e-5}
    whole, history = train(tmp_path / "whole", resume=False, **options)
    train(tmp_path / "parts", resume=False, **options | {"epochs": 1})
    resumed, parts = train(tmp_path / "parts", **options)
    assert all(torch.equal(v, resumed.state_dict()[k]) for k, v in whole.state_dict().items())
    assert parts.train == history.train


def test_another_optimiser_or_beta_is_another_run(tmp_path):
    train(tmp_path, resume=False, epochs=1)
    with pytest.raises(CheckpointError, match=r"optimizer=Adam \(now SGD\)"):
        train(tmp_path, epochs=1, optimizer=torch.optim.SGD)
    with pytest.raises(CheckpointError, match=r"optimizer.weight_decay=0 \(now 0.5\)"):
        train(tmp_path, epochs=1, optimizer={"weight_decay": 0.5})
    model = small_vae()
    model.beta = 30.0
    with pytest.raises(CheckpointError, match=r"beta=.*now 30"):
        vaelab.fit(model, pictures(), epochs=1, checkpoints=tmp_path, resume=True)


def test_beta_while_warming_up_is_not_what_is_saved(tmp_path, monkeypatch):
    seen = []
    describe = weights.description
    monkeypatch.setattr(weights, "description", lambda model: seen.append(model.beta) or describe(model))
    train(tmp_path, resume=False, epochs=1, kl_warm_up=4)
    beta = small_vae().beta
    assert seen and set(seen) == {beta}
