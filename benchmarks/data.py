"""Getting batches ready, without any training: a folder of JPEG files against one packed array.

    python -m benchmarks.data            the comparison, half a minute
    python -m benchmarks.data --large    also 202,599 pictures in a file of 2.5 GB, and the memory that takes

All contestants give the same: shuffled batches of 128 float32 pictures in [0, 1]. The files are JPEGs that
have the right size already, which spares the folder the resizing of real photographs, and they lie in the
system's page cache. Rounds alternate, and the median counts.
"""

import argparse
import contextlib
import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import numpy as np
import psutil
import torch
from PIL import Image
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder
from torchvision.transforms import ToTensor

import vaelab
from benchmarks import tables
from vaelab import speed
from vaelab.data import packing
from vaelab.data.celeba import COUNT as CELEBA

BATCH = 128


def table(sizes: tuple[int, ...] = (64, 128), count: int = 2_000, rounds: int = 5) -> list[dict]:
    """Pictures a second for each way and size, and how many times as fast the array is."""
    speed.keep_freed_memory()  # as `fit` does; it serves all contestants
    rows = []
    for size in sizes:
        with _pictures(size, count) as folder:
            rates = _rates(folder, size, rounds)
        array = rates["packed array"]
        for way, rate in rates.items():
            rows.append(
                {
                    "pictures": f"{size}x{size}",
                    "way": way,
                    "images/s": f"{rate:,.0f}",
                    "packed array is": f"{array / rate:.1f}x as fast",
                }
            )
    return rows


@contextlib.contextmanager
def _pictures(size: int, count: int):
    """A temporary folder of drawn faces as JPEG files, and a cache of its own beside it."""
    with (
        tempfile.TemporaryDirectory() as home,
        mock.patch.dict(os.environ, {"VAELAB_CACHE": f"{home}/cache"}),
    ):
        folder = Path(home) / "pictures" / "faces"
        folder.mkdir(parents=True)
        faces = vaelab.load("portraits", size=size, n=count).images.permute(0, 2, 3, 1).numpy()
        for number, face in enumerate(faces):
            Image.fromarray(face).save(folder / f"{number:06}.jpg", quality=90)
        yield folder.parent


def _rates(folder: Path, size: int, rounds: int) -> dict[str, float]:
    images = vaelab.load(folder, size=size, split="all")
    ways = {
        "ImageFolder, DataLoader": lambda: _from_files(folder, 0),
        "ImageFolder, DataLoader, 2 workers": lambda: _from_files(folder, 2),
        "packed array": lambda: _from_array(images),
    }
    seconds = {way: [] for way in ways}
    for _ in range(1 + rounds):  # the first only warms up
        for way, work in ways.items():
            seconds[way].append(_seconds(work, 10 if way == "packed array" else 1))
    return {way: len(images) / statistics.median(times[1:]) for way, times in seconds.items()}


def _from_files(folder: Path, workers: int) -> None:
    files = ImageFolder(str(folder), transform=ToTensor())
    for x, _ in DataLoader(files, BATCH, shuffle=True, num_workers=workers):
        assert x.dtype == torch.float32


def _from_array(images: vaelab.ImageSet) -> None:
    for x in images.batches(BATCH, shuffle=True):
        assert x.dtype == torch.float32


def _seconds(work: Callable[[], None], times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - start) / times


def large() -> list[dict]:
    """Two shuffled passes through as many pictures as CelebA has, and the memory that they take."""
    shape = (CELEBA, 3, 64, 64)
    with tempfile.TemporaryDirectory() as home:
        path = Path(home) / "large.npy"
        _write_random(path, shape)
        images = vaelab.ImageSet(packing._map(path, shape))
        before = _anonymous_mb()
        first, second = (_seconds(lambda: _from_array(images), 1) for _ in range(2))
        return [
            {
                "pictures": f"{CELEBA:,} of 64x64 in one file",
                "file (GB)": f"{path.stat().st_size / 1e9:.2f}",
                "first pass (images/s)": f"{CELEBA / first:,.0f}",
                "second pass (images/s)": f"{CELEBA / second:,.0f}",
                "anonymous memory added (MB)": f"{_anonymous_mb() - before:.0f}",
            }
        ]


def _write_random(path: Path, shape: tuple[int, ...]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (1_000, *shape[1:]), dtype=np.uint8)
    with path.open("wb") as file:
        file.write(packing._header(shape))
        for start in range(0, shape[0], len(noise)):
            file.write(noise[: shape[0] - start].data)


def _anonymous_mb() -> float:
    """This process's memory apart from files' pages, which the system can drop at any time. Linux only."""
    memory = psutil.Process().memory_info()
    return (memory.rss - getattr(memory, "shared", float("nan"))) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.data", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--large", action="store_true", help="2.5 GB in the folder for temporary files")
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    print(vaelab.device_summary())
    print(tables.markdown(table()))
    if chosen.large:
        print(tables.markdown(large()))


if __name__ == "__main__":
    main()
