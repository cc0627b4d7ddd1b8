"""A full disk: what was there stays whole, nothing half written is left, and with room training goes on.

The disk is a real one of a few megabytes, in a namespace of its own, where the system gives one (Linux).
Where it does not, files cannot grow beyond a limit.
"""

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

import vaelab
from vaelab import weights
from vaelab.data import ImageSet
from vaelab.errors import CheckpointError
from vaelab.training import Checkpoints

DISK = "mount -t tmpfs -o size=8m,nr_inodes=100 none"


def on_a_small_disk(folder):
    """How to start a program for which `folder` is a small disk; nothing where that cannot be had."""
    script = f'{DISK} "$0" && exec "$@"'
    start = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, str(folder)]
    try:
        works = subprocess.run([*start, "true"], capture_output=True).returncode == 0
    except FileNotFoundError:
        works = False
    return start if works else []


def test_a_full_disk_loses_nothing(tmp_path):
    pytest.importorskip("resource")
    start = on_a_small_disk(tmp_path)
    command = [*start, sys.executable, __file__, str(tmp_path), "disk" if start else "limit"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "all was well"


def train(folder, epochs):
    """Epochs of two steps on random pictures; the files of a checkpoint are 20 to 60 KB."""
    generator = torch.Generator().manual_seed(0)
    images = ImageSet(torch.randint(0, 256, (32, 1, 8, 8), generator=generator, dtype=torch.uint8))
    model = vaelab.recipes.build("mayberay-digits-vae", image_shape=(1, 8, 8), hidden=40)
    options = {"batch_size": 16, "precision": "fp32", "channels_last": False, "device": "cpu"}
    vaelab.fit(model, images, epochs=epochs, checkpoints=folder, resume=True, **options)
    return model


@contextmanager
def room_for(size, disk):
    """So many bytes can be written, on this disk or (without one) into each file."""
    if disk:
        space = os.statvfs(disk)
        filler = disk / "filler"
        filler.write_bytes(bytes(max(0, space.f_bavail * space.f_frsize - size)))
        yield
        filler.unlink()
    else:
        import resource

        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
        yield
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def files(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != ".lock"}


def refused(folder, epochs, room, disk):
    """Training ends in the right words, and changes no file."""
    before = files(folder)
    with room_for(room, disk), pytest.raises(CheckpointError, match=r"could not be written: .*make room"):
        train(folder, epochs)
    assert files(folder) == before and not any(folder.glob(".writing-*"))


def check_training(folder, disk):
    """The disk is full at the first checkpoint, then anywhere in the second."""
    run = folder / "run"
    refused(run, 1, room=4096, disk=disk)
    train(run, 1)
    sizes = [(run / "epoch-0001" / name).stat().st_size for name in ("model.safetensors", "optimizer.pt")]
    rooms = (
        [0, sizes[0] // 2, sizes[0] + sizes[1] // 2, sum(sizes)] if disk else [0, sizes[0] - 1, sizes[1] - 1]
    )
    for room in rooms:
        refused(run, 2, room, disk)
    resumed, whole = train(run, 3).state_dict(), train(folder / "whole", 3).state_dict()
    assert all(torch.equal(value, whole[name]) for name, value in resumed.items())


def check_weights(folder, disk):
    """The file that was there stays, as it was."""
    model, path = vaelab.recipes.build("mayberay-digits-vae"), folder / "weights.safetensors"
    weights.save(model, path)
    before = files(folder)
    with room_for(4096, disk), pytest.raises(OSError, match=r"No space left|File too large"):
        weights.save(model, path)
    assert files(folder) == before


def check_a_disk_without_room_for_a_name(folder):
    """Each file costs an entry in a table of the disk, which can be full as well."""
    names = [folder / f"name-{number}" for number in range(100)]
    with pytest.raises(OSError, match="No space left"):
        for name in names:
            name.touch()
    with (
        pytest.raises(CheckpointError, match=r"Nothing can be written to .*new: No space left"),
        Checkpoints(folder / "new").alone(),
    ):
        pass


if __name__ == "__main__":
    torch.set_num_threads(1)
    folder, kind = Path(sys.argv[1]), sys.argv[2]
    disk = folder if kind == "disk" else None
    assert not disk or os.path.ismount(disk)
    check_training(folder, disk)
    check_weights(folder, disk)
    if disk:
        check_a_disk_without_room_for_a_name(folder)
    print("all was well")
