"""Checkpoints: a run that was stopped, however rudely, ends with the weights it would have had anyway."""

import json
import multiprocessing
import os
import random
import signal
import time
from pathlib import Path

import pytest
import torch

import vaelab
from vaelab.data import ImageSet
from vaelab.errors import CheckpointError
from vaelab.training import Checkpoints

EPOCHS, STEPS = 4, 10  # 160 pictures in batches of 16
# A server that has imported PyTorch once and forks for each run: killing is only a test if it is done often.
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["torch._dynamo", "vaelab.training", "vaelab.recipes"])


def pictures(n=160):
    generator = torch.Generator().manual_seed(0)
    return ImageSet(torch.randint(0, 256, (n, 3, 16, 16), generator=generator, dtype=torch.uint8))


def small_vae():
    """Batch norm, convolutions and a learned noise level: each has a state of its own."""
    model = vaelab.recipes.build("gdl-celeba-vae", image_shape=(3, 16, 16), features=4, latent_dim=3)
    model.likelihood = vaelab.losses.Gaussian(0.5, learned=True)
    return model


def train(folder, resume=True, augment=None, **changes):
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
    model = small_vae()
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


def test_another_run_in_the_folder_is_left_alone(tmp_path):
    train(tmp_path, resume=False, epochs=1)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    with pytest.raises(CheckpointError, match=r"already holds checkpoints.*resume=True"):
        train(tmp_path, resume=False)
    with pytest.raises(CheckpointError, match=r"batch_size=16 \(now 32\)"):
        train(tmp_path, batch_size=32, epochs=1)
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*.*")}


def test_a_full_disk_loses_nothing(tmp_path, monkeypatch):
    from vaelab.training import checkpoints

    train(tmp_path, resume=False, epochs=1, schedule="constant")
    before = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*"))

    def full(tensors, path, metadata=None):
        Path(path).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoints, "save_file", full)
    with pytest.raises(CheckpointError, match=r"No space left on device.*make room"):
        train(tmp_path, epochs=2, schedule="constant")
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
