"""`python -m benchmarks.kills`: trainings killed at random, resumed, compared with one left alone.

    python -m benchmarks.kills                  to 1,000 kills, about 10 minutes on an idle core
    python -m benchmarks.kills --times 20       to see that it runs

Ctrl-C ends it with the kills so far. The same command goes on from there, as long as package and machine are
the same; `--again` begins anew.

A training of four short epochs runs in a process of its own. After a random time it is killed, mostly with
SIGKILL, which no program can answer, else with a signal that lets it write one more checkpoint. Then the same
call runs again on the same folder, and is killed again, until one gets to the end before its time is up. Its
weights, and its losses in every epoch, must then be those of the undisturbed training, bit for bit.

The model has batch norm, convolutions and a noise level that learns, and Adam: each has a state of its own.
"""

import argparse
import itertools
import json
import multiprocessing
import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import redirect_stderr, suppress
from pathlib import Path

import torch
from safetensors.torch import load_file

import vaelab
from benchmarks import machine, tables
from tools import notebook_cache
from vaelab.data import ImageSet
from vaelab.progress import progress
from vaelab.training import Checkpoints

RUNS = Path("runs/kills")  # a training stays there if it came to another end
EPOCHS = 4
PHASES = ("starting or going on", "taking steps", "validating", "saving")
# The table's titles, and what is counted.
COLUMNS = {"kills": "kills", "half written": "half", "trainings": "trainings", "different": "different"}
SIGNALS = [signal.SIGKILL] * 7 + [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]

# A server that has imported PyTorch once, and forks for each training.
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["torch._dynamo", "vaelab.training", "vaelab.recipes", "benchmarks.machine"])


def train(folder: Path, phase) -> None:
    """Train, or go on; `phase`, which the one who kills can read, says what is being done."""
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    images = ImageSet(torch.randint(0, 256, (117, 3, 16, 16), generator=generator, dtype=torch.uint8))
    model = vaelab.recipes.build("gdl-celeba-vae", image_shape=(3, 16, 16), features=4, latent_dim=3)
    model.likelihood = vaelab.losses.Gaussian(0.5, learned=True)

    def noted(x):
        phase.value = PHASES.index("taking steps")
        return x

    def validating(model, inputs):
        if not model.training:
            phase.value = PHASES.index("validating")

    class Store(Checkpoints):
        def save(self, *what):
            phase.value = PHASES.index("saving")
            return super().save(*what)

    model.register_forward_pre_hook(validating)
    vaelab.fit(
        model,
        images[:97],
        validation=images[97:],
        epochs=EPOCHS,
        batch_size=16,
        schedule="cosine",
        kl_warm_up=2,
        augment=noted,
        precision="fp32",
        channels_last=True,
        device="cpu",
        checkpoints=Store(folder, keep=2),
        resume=True,
    )


def killed(folder: Path, after: float) -> str | None:
    """Train for a while, and kill: what was being done then. None if training had ended by itself."""
    phase = processes.Value("i", -1, lock=False)
    process = processes.Process(target=_quietly, args=(folder, phase))
    process.start()
    since = random.choice(range(2))  # its start, or its first step: else most kills would come before that
    while phase.value < since and process.is_alive():
        time.sleep(0.001)
    process.join(after)
    number, doing = random.choice(SIGNALS), phase.value
    if process.exitcode is None:
        with suppress(ProcessLookupError):
            os.kill(process.pid, number)
        process.join()
        if number == signal.SIGKILL:
            doing = phase.value  # it is what it was at the end
        interrupted = number == signal.SIGINT and not _is_done(folder)
        if interrupted or process.exitcode == -number:
            return PHASES[doing]
    if process.exitcode:
        raise SystemExit(f"Training did not go on:\n{_log(folder).read_text()}")
    return None


def _quietly(folder: Path, phase) -> None:
    with _log(folder).open("w") as sys.stdout, redirect_stderr(sys.stdout):
        signal.signal(signal.SIGINT, signal.default_int_handler)  # it is ignored in what a shell runs with &
        phase.value = 0
        train(folder, phase)


def _is_done(folder: Path) -> bool:
    names = [path.name for path in Checkpoints(folder).all()]
    return names[-1:] == [f"epoch-{EPOCHS:04}"]


def _log(folder: Path) -> Path:
    return folder.with_suffix(".log")


def outcome(folder: Path) -> tuple[dict, dict]:
    """The last checkpoint's weights, and the losses of all epochs."""
    last = Checkpoints(folder).all()[-1]
    history = json.loads((last / "state.json").read_text())["history"]
    return load_file(last / "model.safetensors"), {name: history[name] for name in ("train", "validation")}


def same(one: tuple[dict, dict], other: tuple[dict, dict]) -> bool:
    """Whether two outcomes agree in every bit."""
    weights, losses = one
    pairs = [(value, other[0].get(name)) for name, value in weights.items()]
    return losses == other[1] and all(b is not None and torch.equal(a, b) for a, b in pairs)


def table(times: int, folder: Path, before: Sequence[dict] = ()) -> list[dict[str, object]]:
    """Kill until there are so many, or a few more. A row for what was being done, and one for all.

    "half written" were checkpoints when the kill came. "trainings" have ended after such kills, of which each
    had several, and "different" are those that ended with other numbers, or left something half made behind.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder / "undisturbed", ignore_errors=True)
    first = processes.Process(target=int)
    first.start()  # and with it the server
    first.join()
    start = time.perf_counter()
    if killed(folder / "undisturbed", after=600) is not None:
        raise SystemExit("This machine takes more than ten minutes for a tiny training.")
    whole, expected = time.perf_counter() - start, outcome(folder / "undisturbed")
    counts: dict[str, Counter] = {name: Counter() for name in (*PHASES, "all")}
    for row in before:
        counts[row["killed while"]].update({name: row[title] for title, name in COLUMNS.items()})
    done = counts["all"]["kills"]
    with progress(total=times, initial=done, desc="Kills", unit="kill") as bar, suppress(KeyboardInterrupt):
        for number in itertools.count(counts["all"]["trainings"]):
            if counts["all"]["kills"] >= times:
                break
            run, moments = folder / str(number), set()
            shutil.rmtree(run, ignore_errors=True)  # of a training that Ctrl-C left
            while doing := killed(run, random.uniform(0, whole)):
                moments |= {doing, "all"}
                half = any(run.glob(".writing-*"))
                for name in (doing, "all"):
                    counts[name].update(kills=1, half=half)
                bar.update()
            left = {path.name for path in run.glob(".*")} - {".lock"}
            different = bool(left) or not same(outcome(run), expected)
            for name in moments:
                counts[name].update(trainings=1, different=different)
            if not different:
                shutil.rmtree(run)
                _log(run).unlink()
    return [{"killed while": name, **_columns(count)} for name, count in counts.items()]


def _columns(count: Counter) -> dict[str, int]:
    return {title: count[name] for title, name in COLUMNS.items()}


def kept_of(machine: dict[str, object]) -> list[dict]:
    """The rows of an earlier call, if it was on this machine and with this code."""
    file = tables.RESULTS / "kills.json"
    found = json.loads(file.read_text()) if file.exists() else {}
    return found["rows"] if found.get("machine") == machine else []


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.kills",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--times", type=int, default=1_000, help="kills in all (default: 1000)")
    parser.add_argument("--again", action="store_true", help="begin anew")
    chosen = parser.parse_args()
    described = machine.describe() | {"code": notebook_cache.fingerprint()}
    print(machine.in_words(described))
    before = [] if chosen.again else kept_of(described)
    if not before:
        shutil.rmtree(RUNS, ignore_errors=True)
    rows = table(chosen.times, RUNS, before)
    print(tables.markdown(rows))
    print(tables.save("kills", described, rows))
    if rows[-1]["kills"] < chosen.times:
        print(f"{rows[-1]['kills']} kills of {chosen.times}: the same command goes on.")
    if rows[-1]["different"]:
        raise SystemExit("A training that was killed came to another end.")


if __name__ == "__main__":
    main()
