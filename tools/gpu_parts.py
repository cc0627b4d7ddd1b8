"""What `python -m tools.on_gpu` shows, a function each: called with a `Setting`, it returns rows of a table.

A part imports what it needs by itself, so that a package that is missing costs that part alone. It raises
`NeedsGPUError` where a processor cannot show it, and `AssertionError` when it sees something else.
"""

import contextlib
import io
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
Rows = list[dict[str, object]]


class NeedsGPUError(Exception):
    """What this part shows, no processor can."""


@dataclass(frozen=True)
class Setting:
    """Where a part runs: on the device "cuda" or "cpu"; `tiny` only to see that it runs."""

    device: str = "cuda"
    tiny: bool = False

    def need_gpu(self) -> None:
        if self.device != "cuda":
            raise NeedsGPUError("it needs a GPU")


def limits(setting: Setting) -> Rows:
    """What the card can do at best: a large matrix product, and copying a large tensor."""
    import torch

    from benchmarks import gpu, machine

    n, megabytes = (256, 8) if setting.tiny else (8192, 2048)
    kinds = {"fp32": (torch.float32, False), "fp32 as TF32": (torch.float32, True)}
    kinds["bf16"] = (torch.bfloat16, False)
    rows: Rows = [
        {"limit": f"matrix product, {name}", "value": _three(rate / 1000), "unit": "TFLOP/s"}
        for name, (dtype, tf32) in kinds.items()
        for rate in [machine.matrix_rate(dtype, setting.device, n, tf32=tf32)]
    ]
    copied = gpu.copy_rate(setting.device, megabytes)
    return [*rows, {"limit": "memory, read and written", "value": _three(copied / 1000), "unit": "TB/s"}]


def tests(setting: Setting) -> Rows:
    """The tests that are marked `gpu`. Only their files are read: others may import what is not here."""
    import pytest  # noqa: F401, here to be missed

    setting.need_gpu()
    files = [path for path in sorted((ROOT / "tests").glob("test_*.py")) if "mark.gpu" in path.read_text()]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        options = ["-m", "gpu", "-q", "-p", "no:cacheprovider", f"--junit-xml={report}"]
        command = [sys.executable, "-m", "pytest", *options, *map(str, files)]
        said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout
        assert report.exists(), said
        cases = list(ElementTree.parse(report).iter("testcase"))
    rows: Rows = [{"test": case.get("name"), "outcome": _outcome(case)} for case in cases]
    assert rows and all(row["outcome"] in ("passed", "skipped") for row in rows), said
    return rows


def _outcome(case: ElementTree.Element) -> str:
    kinds = {child.tag for child in case} & {"failure", "error", "skipped"}
    return min(kinds, default="passed")


def rates(setting: Setting) -> Rows:
    """Images a second that `fit` trains, beside what the card allows; in bf16 too where it has units."""
    import torch

    from vaelab import speed

    precisions = ["fp32"] + ["bf16"] * speed.bf16_is_fast(torch.device(setting.device))
    sizes = {"pictures": 64, "size": 32, "epochs": 1, "batch_size": 32, "distinct": 32}
    if not setting.tiny:
        sizes = {"pictures": 40_960, "size": 64, "epochs": 2, "batch_size": 512, "distinct": 1_024}
    return [
        row
        for recipe in ("small-portrait-vae", "tds-face-vae")
        for precision in precisions
        for row in _training(recipe, setting, precision=precision, **sizes)
    ]


def celeba(setting: Setting) -> Rows:
    """One epoch over as many pictures as CelebA has, drawn ones: they are moved to the card whole."""
    from vaelab.data import celeba

    sizes = {"pictures": 100, "size": 32, "batch_size": 32, "distinct": 32}
    if not setting.tiny:
        sizes = {"pictures": celeba.COUNT, "size": 64, "batch_size": 512, "distinct": 1_024}
    return _training("small-portrait-vae", setting, epochs=1, **sizes)


def _training(recipe: str, setting: Setting, **options) -> Rows:
    from benchmarks import gpu

    with contextlib.redirect_stdout(sys.stderr):  # fit says what it chose
        return gpu.table(recipe, device=setting.device, **options)


def too_large(setting: Setting) -> Rows:
    """A batch that the memory does not take is cut in two; where that does not help, a sentence says so."""
    import vaelab
    from vaelab.cli import main

    setting.need_gpu()
    rows: Rows = []
    images = vaelab.load("portraits", size=64, n=512)
    model = vaelab.recipes.build("portrait-vae")
    for mebibytes in (
        8192,
        4096,
        2048,
        1024,
        512,
        256,
    ):  # the first that takes parts of the batch, not all of it
        allow(mebibytes)
        with heard() as said:
            vaelab.fit(model, images, epochs=1, batch_size=512, device="cuda", precision="fp32")
        cut = "does not fit the memory" in said.getvalue()
        rows.append({"memory": f"{mebibytes} MiB", "a batch of 512": "cut, and said" if cut else "fits"})
        if cut:
            break
    assert cut, "a batch of 512 always fitted"

    model.cpu()
    allow(8)
    with tempfile.TemporaryDirectory() as folder, heard() as said:
        words = "train --data portraits --n 64 --recipe portrait-vae --epochs 1 --device cuda --out"
        code = main([*words.split(), f"{folder}/run"])
    last = said.getvalue().strip().splitlines()[-1]
    assert code == 2 and last.startswith("vaelab: The memory does not suffice"), said.getvalue()
    return [*rows, {"memory": "8 MiB", "a batch of 512": last}]


def allow(mebibytes: int) -> None:
    """From now on this process may take no more of the card."""
    import torch

    torch.cuda.empty_cache()
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction(mebibytes * 2**20 / total)


@contextlib.contextmanager
def heard() -> Iterator[io.StringIO]:
    """What is printed inside the block, warnings too."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said), warnings.catch_warnings():
        warnings.simplefilter("always")
        yield said


def goes_on(setting: Setting) -> Rows:
    """A run that began on a processor goes on here: from the very numbers in its file, to the same place."""
    import torch
    from safetensors.torch import load_file

    import vaelab

    size, count = (32, 64) if setting.tiny else (64, 512)
    images = vaelab.load("portraits", size=size, n=count)

    def train(folder: str, epochs: int, device: str):
        model = vaelab.recipes.build("tds-face-vae", image_shape=(3, size, size))
        fixed = {"batch_size": 32, "precision": "fp32", "channels_last": False}
        history = vaelab.fit(
            model, images, epochs=epochs, device=device, checkpoints=folder, resume=True, **fixed
        )
        return model.cpu(), [terms["loss"] for terms in history.train]

    with tempfile.TemporaryDirectory() as folder:
        begun, whole = f"{folder}/begun", f"{folder}/whole"
        train(begun, 1, "cpu")
        file = load_file(f"{begun}/epoch-0001/model.safetensors")
        loaded, _ = train(
            begun, 1, setting.device
        )  # nothing is left to do: these are the weights it starts from
        state = loaded.state_dict()
        assert all(torch.equal(state[name], value) for name, value in file.items()), "not the file's weights"
        model, losses = train(begun, 2, setting.device)
        expected, expected_losses = train(whole, 2, "cpu")
    apart = abs(losses[1] / expected_losses[1] - 1)
    weights = torch.cat([(a - b).abs().flatten().float() for a, b in zip(
        model.parameters(), expected.parameters(), strict=True)])  # fmt: skip
    assert losses[0] == expected_losses[0], "the first epoch's loss is not the processor's"
    assert apart < 0.02, f"the second epoch's losses are {apart:.1%} apart"
    row = {"first epoch on": "cpu", "second on": setting.device, "weights taken over": "bit for bit"}
    return [row | {"losses apart": f"{apart:.1e}", "weights apart at most": f"{weights.max().item():.1e}"}]


def notebook(setting: Setting, path: Path) -> Rows:
    """A notebook, run cell by cell as `make notebooks` does."""
    from tools import run_notebooks
    from vaelab import extras

    extras.require("notebooks", "A notebook", "ipykernel", "anywidget", "ipywidgets", "matplotlib")
    threads = max(1, (os.cpu_count() or 1) // 2)
    result = run_notebooks.wait_for(run_notebooks.run(path, threads))
    assert not result.failures, result.report()
    return [{"notebook": path.name, "seconds": round(result.wall, 1), "cells": result.passed}]


def _three(value: float) -> float:
    """To three digits."""
    return float(f"{value:.3g}")
