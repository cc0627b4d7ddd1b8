"""A terminal that is closed in the middle of an epoch, as a lost connection does it."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
import torch

import vaelab
from vaelab.training import Checkpoints

FEW, MANY = 60, 6000  # steps of an epoch: some seconds, and more than anybody waits for


def train(folder, steps):
    """One epoch, twenty steps a second at most."""

    def wait(x):
        time.sleep(0.05)
        return x

    model = vaelab.recipes.build("mayberay-digits-vae", image_shape=(1, 8, 8), hidden=8)
    images = torch.zeros(steps, 1, 8, 8)
    vaelab.fit(model, images, epochs=1, batch_size=1, augment=wait, checkpoints=folder, device="cpu")


def terminal_closed_while(command, seen):
    """Start a program in a terminal of its own, close that once `seen(output)`; how the program ended."""
    fcntl, pty, termios = (pytest.importorskip(name) for name in ("fcntl", "pty", "termios"))

    def settle_down():
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup, if tests run under it, ignores it
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    process = subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=settle_down,
        env=os.environ | {"TQDM_DISABLE": "", "VAELAB_DEVICE": "cpu"},
    )
    os.close(theirs)
    output = b""
    os.set_blocking(ours, False)
    while not seen(output):
        assert process.poll() is None, output.decode()
        time.sleep(0.02)
        with suppress(OSError):  # nothing to read yet, or no more
            output += os.read(ours, 100_000)
    os.close(ours)
    return process.wait(timeout=300)


def test_the_step_it_was_in_is_saved(tmp_path):
    command = [sys.executable, __file__, str(tmp_path), str(MANY)]
    assert terminal_closed_while(command, lambda output: b"step/s" in output) == -signal.SIGHUP
    (path,) = Checkpoints(tmp_path).all()
    state = Checkpoints(tmp_path).check(path)
    assert state.epoch == 0 and 0 < state.step < MANY and state.history.interrupted


def test_under_nohup_training_goes_on(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where nohup writes what is printed
    said = tmp_path / "nohup.out"
    command = ["nohup", sys.executable, __file__, str(tmp_path), str(FEW)]
    assert terminal_closed_while(command, lambda _: said.exists() and "step/s" in said.read_text()) == 0
    assert [path.name for path in Checkpoints(tmp_path).all()] == ["epoch-0001"]


LEFT = """
import os, signal, sys, time
from vaelab import cli, commands

def report(epoch, history, tell=commands._report):
    tell(epoch, history)
    try:
        while epoch == 1:
            os.write(1, b"waiting ")
            time.sleep(0.05)
    except OSError:  # the terminal is closed
        pass

commands._report = report
signal.signal(signal.SIGHUP, signal.SIG_IGN)
sys.exit(cli.main(sys.argv[1:]))
"""


def test_a_command_that_was_left_to_go_on_goes_on(tmp_path):
    """As after the shell's `disown`: no signal comes, and what it prints has no terminal to go to."""
    options = "--data digits --recipe mayberay-digits-vae --set hidden=8 --n 20 --validation 9 --epochs 3"
    command = [sys.executable, "-c", LEFT, "train", "--out", str(tmp_path), *options.split()]
    assert terminal_closed_while(command, lambda output: b"waiting" in output) == 0
    assert Checkpoints(tmp_path).all()[-1].name == "epoch-0003"


if __name__ == "__main__":
    train(Path(sys.argv[1]), int(sys.argv[2]))
