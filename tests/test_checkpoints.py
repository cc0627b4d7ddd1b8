"""Checkpoints: a run that was stopped, however rudely, ends with the weights it would have had anyway."""

import errno
import functools
import json
import math
import multiprocessing
import os
import random
import shutil
import signal
import time
from contextlib import nullcontext

import pytest
import torch

import vaelab
from benchmarks import kills
from vaelab import cli, weights
from vaelab.data import ImageSet
from vaelab.errors import CheckpointError
from vaelab.training import Checkpoints, History, checkpoints
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

    def kill_at(model, inputs):
        nonlocal taken
        taken += model.training
        if model.training and taken == step:
            os.kill(os.getpid(), number)

    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # which nohup, where tests run under it, has switched off
    model = small_vae()
    model.register_forward_pre_hook(kill_at)
    train(folder, model=model)


def occupy(folder, ready):
    with Checkpoints(folder).alone():
        ready.set()
        time.sleep(600)


def run(target, *arguments):
    process = processes.Process(target=target, args=arguments)
    process.start()
    return process


def save(store, loss=None, **where):
    """A checkpoint of one weight."""
    model = torch.nn.Linear(1, 1)
    history = History(validation=[] if loss is None else [{"loss": loss}])
    return store.save(model, torch.optim.SGD(model.parameters()), TrainingState({}, history, **where))


def content(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_stopped_at_any_steps_and_resumed_the_weights_are_the_same(number, tmp_path, uninterrupted):
    steps = random.Random(number).sample(range(1, 20), 3)  # three parts that end in the middle of something
    for step in steps:
        process = run(die, tmp_path, number, step)
        process.join()
        assert process.exitcode == (0 if number == signal.SIGINT else -number)
    left = list(tmp_path.glob("epoch-*"))
    assert left, "three parts of up to 19 steps passed at least one epoch of 10"
    assert_as_uninterrupted(*train(tmp_path), uninterrupted)


def test_killed_at_random_moments_and_resumed_the_weights_are_the_same(tmp_path, monkeypatch):
    rows = kills.table(times=12, folder=tmp_path / "kills")
    assert {row["different"] for row in rows} == {0}
    assert rows[-1]["kills"] >= 12 and rows[-1]["trainings"] > 0

    made = []

    def noted(*arguments, killed=kills.killed, **options):
        made.append(killed(*arguments, **options))
        return made[-1]

    monkeypatch.setattr(kills, "killed", noted)
    monkeypatch.setattr(kills.tables, "RESULTS", tmp_path)
    kills.tables.save("kills", {"cores": 2}, rows)
    assert kills.kept_of({"cores": 4}) == []  # not to be added to
    more = kills.table(rows[-1]["kills"] + 1, tmp_path / "kills", kills.kept_of({"cores": 2}))
    assert more[-1]["kills"] == rows[-1]["kills"] + sum(doing is not None for doing in made)
    assert more[-1]["trainings"] > rows[-1]["trainings"] and more[-1]["different"] == 0


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
    store = Checkpoints(tmp_path)
    save(store, loss=1.0, epoch=1, step=5)
    assert store.best() is None
    save(store, loss=1.0, epoch=1)
    assert store.best().name == "epoch-0001"


@pytest.mark.parametrize("place", [1, 2])
def test_a_loss_that_is_not_a_number_is_never_the_best(place, tmp_path):
    """Compared with NaN, nothing is less."""
    store = Checkpoints(tmp_path)
    for epoch in (1, 2):
        save(store, loss=math.nan if epoch == place else 5.0, epoch=epoch)
    assert store.best().name == f"epoch-000{3 - place}"


@pytest.mark.parametrize("damage", ["flip", "empty", "gone"])
@pytest.mark.parametrize("name", ["model.safetensors", "optimizer.pt", "state.json"])
def test_a_damaged_best_is_not_used(name, damage, tmp_path):
    store = Checkpoints(tmp_path)
    for epoch, loss in [(1, 2.0), (2, 1.0), (3, 3.0)]:
        save(store, loss, epoch=epoch)
    assert store.best().name == "epoch-0002"
    file = tmp_path / "epoch-0002" / name
    flipped = bytes(byte ^ 255 for byte in file.read_bytes())
    file.unlink() if damage == "gone" else file.write_bytes(flipped if damage == "flip" else b"")
    seen = pytest.warns(UserWarning, match="epoch-0002 is damaged.*next best")
    with nullcontext() if name == "state.json" else seen:  # without it nobody knows that it was the best
        assert store.best().name == "epoch-0001"


def test_another_run_in_the_folder_is_left_alone(tmp_path):
    train(tmp_path, resume=False, epochs=1)
    before = content(tmp_path)
    with pytest.raises(CheckpointError, match=r"already holds checkpoints.*resume=True"):
        train(tmp_path, resume=False)
    with pytest.raises(CheckpointError, match=r"batch_size=16 \(now 32\)"):
        train(tmp_path, batch_size=32, epochs=1)
    assert content(tmp_path) == before


def test_a_run_is_not_resumed_with_another_likelihood(tmp_path):
    train(tmp_path, resume=False, epochs=1, schedule="constant")
    other = small_vae()
    other.likelihood = vaelab.losses.Gaussian(0.5)
    with pytest.raises(CheckpointError, match=r"likelihood=.*now"):
        train(tmp_path, model=other, schedule="constant")


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
    store = Checkpoints(tmp_path, keep=2)
    for epoch, step in [(9_999, 999_999), (9_999, 1_000_000), (10_000, 0), (10_000, 1)]:
        save(store, epoch=epoch, step=step)
        assert store.newest()[1].epoch == epoch and store.newest()[1].step == step
    assert [path.name for path in store.all()] == ["epoch-10000", "epoch-10000-step-000001"]


def test_what_others_put_into_the_folder_stays(tmp_path):
    """A copy, an archive, a note, a link, a folder of nearly the same name, a file in an old checkpoint."""
    run, elsewhere = tmp_path / "run", tmp_path / "elsewhere"
    first, second, third = (save(Checkpoints(run), epoch=epoch) for epoch in (1, 2, 3))
    shutil.copytree(third, run / "epoch-0001-best-so-far")
    shutil.copytree(third, run / "epoch-3")
    shutil.make_archive(str(third), "zip", third)
    (run / "epoch-notes.txt").write_text("too blurred")
    (run / "epoch-0099").write_text("a file, not a folder")
    (first / "notes.txt").write_text("the hair is good")
    second.rename(elsewhere)
    second.symlink_to(elsewhere)
    before = content(run)
    store = Checkpoints(run, keep=1)
    for epoch in (4, 5):
        save(store, epoch=epoch)
    mine = {path: found for path, found in before.items() if path.parent != third}
    assert content(run).items() >= mine.items() and (elsewhere / "state.json").exists()
    assert [path.name for path in store.all()] == ["epoch-0001", "epoch-0002", "epoch-0005"]


def test_in_place_of_a_damaged_checkpoint_others_files_stay(tmp_path):
    store = Checkpoints(tmp_path)
    damaged = save(store, epoch=1)
    (damaged / "model.safetensors").write_bytes(b"")
    (damaged / "notes.txt").write_text("the hair is good")
    (damaged / checkpoints.WITH_PRIOR).write_text("fitted to the codes of what was damaged")
    save(store, epoch=1)
    assert store.newest()[0] == damaged
    assert {path.name for path in damaged.iterdir()} == {
        "model.safetensors",
        "notes.txt",
        "optimizer.pt",
        "state.json",
    }


def test_an_old_checkpoint_that_cannot_be_deleted_does_not_end_training(tmp_path, monkeypatch):
    """On Windows, and on network drives, a file that is open elsewhere stays."""

    def refuse(path, ignore_errors=False):
        if not ignore_errors:
            raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(checkpoints.shutil, "rmtree", refuse)
    with pytest.warns(UserWarning, match="epoch-0001 could not be deleted: Permission denied"):
        history = train(tmp_path, resume=False)[1]
    assert len(history.train) == EPOCHS


def test_what_a_killed_process_left_half_made_is_cleared_away(tmp_path):
    for name in (".writing-epoch-0001", ".deleting-epoch-0001", ".writing-a-diary"):
        (tmp_path / name).mkdir()
    with Checkpoints(tmp_path).alone():
        assert {path.name for path in tmp_path.iterdir()} == {".lock", ".writing-a-diary"}


def test_of_two_trainings_in_a_folder_the_second_is_refused(tmp_path, capsys):
    """Until the first ends, or dies; `vaelab train` is refused before it writes its options down."""
    ready = processes.Event()
    first = run(occupy, tmp_path, ready)
    try:
        assert ready.wait(120)
        for resume in (True, False):
            with pytest.raises(CheckpointError, match="Another training is at work in"):
                train(tmp_path, resume=resume)
        asked = "--data digits --recipe mayberay-digits-vae --n 20 --validation 10 --epochs 1 --device cpu"
        assert cli.main(["train", *asked.split(), "--out", str(tmp_path)]) == 2
        assert "Another training is at work in" in capsys.readouterr().err
        assert [path.name for path in tmp_path.iterdir()] == [".lock"]
    finally:
        first.kill()
        first.join()
    assert train(tmp_path, epochs=1)[1].train


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK])
def test_where_a_drive_knows_no_locks_training_says_so_and_goes_on(number, tmp_path, monkeypatch):
    """Such as a cluster's network drive. A file of ours instead would outlive a process that is killed."""
    fcntl = pytest.importorskip("fcntl")

    def unknown(*arguments):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", unknown)
    with pytest.warns(UserWarning, match="knows no locks"):
        assert train(tmp_path, epochs=1)[1].train


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CheckpointError, match=r"Nothing can be written to .*file/run: Not a directory"):
        train(tmp_path / "file/run", epochs=1)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
@pytest.mark.parametrize("mask", [0o002, 0o022, 0o077])
def test_others_may_read_and_write_what_the_umask_lets_them(mask, tmp_path):
    before = os.umask(mask)
    try:
        train(tmp_path / "run", epochs=1)
    finally:
        os.umask(before)
    for path in (tmp_path / "run").rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o777 if path.is_dir() else 0o666) & ~mask, path.name


@pytest.mark.parametrize("keep", [0, -1, 2.5])
def test_how_many_stay_is_a_whole_number_from_1(keep, tmp_path):
    with pytest.raises(ValueError, match=r"keep.* must be a whole number of at least 1, not"):
        Checkpoints(tmp_path, keep=keep)


@pytest.mark.parametrize("version", [1, 3])
def test_another_version_is_left_as_it_is(version, tmp_path):
    """What is whole for another version must not be passed over: the next epoch would write over it."""
    train(tmp_path, resume=False, epochs=2, schedule="constant")
    path = Checkpoints(tmp_path).all()[-1] / "state.json"
    if version == 1:
        path.rename(path.with_name("position.json"))  # as it was called then
    else:
        path.write_text(json.dumps(json.loads(path.read_text()) | {"version": version}))
    before = content(tmp_path)
    with pytest.raises(
        CheckpointError, match=rf"Another version.*epoch-0002.* version {version}.*Nothing was"
    ):
        train(tmp_path, schedule="constant")
    assert content(tmp_path) == before


def test_another_versions_checkpoint_is_not_deleted_when_its_turn_comes(tmp_path):
    store = Checkpoints(tmp_path, keep=1)
    first = save(store, epoch=1) / "state.json"
    first.write_text(json.dumps(json.loads(first.read_text()) | {"version": 3}))
    save(store, epoch=2)
    save(store, epoch=3)
    assert [path.name for path in store.all()] == ["epoch-0001", "epoch-0003"]


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
