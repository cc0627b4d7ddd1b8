"""`vaelab doctor`: what this machine has for the course, and what to do about what it lacks."""

import importlib.metadata
import os
import platform
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import vaelab
from vaelab.data import DRAWN, celeba, celeba_download, ffhq, mnist_files, places
from vaelab.extras import MissingExtraError
from vaelab.faults import sentence

# Each with the extra that brings it; those of the package itself have none.
_PACKAGES = {
    "torch": "",
    "torchvision": "",
    "numpy": "",
    "scikit-learn": "",
    "matplotlib": "notebooks",
    "jupyterlab": "notebooks",
    "jupytext": "grading",
    "jupyter-book": "book",
}
_MNIST = (("fashion_mnist", mnist_files.FASHION_MNIST), ("mnist", mnist_files.MNIST))


def report() -> str:
    """Device, versions and data sets, a line each; a line that needs action says which."""
    lines = [
        vaelab.device_summary(),
        f"Python {sys.version.split()[0]} on {platform.system()}, vaelab {vaelab.__version__}",
        "",
        "Packages",
        *[_package(name, extra) for name, extra in _PACKAGES.items()],
        "",
        "Data sets",
        *[_line(name, "drawn on the spot, nothing to download") for name in DRAWN],
        *[
            _stored(name, partial(mnist_files.find, files), mnist_files.ways_to_get(files))
            for name, files in _MNIST
        ],
        _stored("celeba", celeba.find, celeba_download.ways_to_get()),
        _stored("ffhq", ffhq.find, ffhq.ways_to_get()),
        "",
        "For instructors",
        _line("sandbox", _sandbox()),
        "",
        _cache(),
        f"Free disk space here: {shutil.disk_usage('.').free / 2**30:.0f} GiB",
    ]
    return "\n".join(lines)


def _line(name: str, what: str) -> str:
    return f"  {name:14} {what}"


def _package(name: str, extra: str) -> str:
    try:
        return _line(name, importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        wanted = f"vaelab[{extra}]" if extra else "vaelab"
        return _line(
            name, f'not here; to get it: pip install "{wanted}" (in the course\'s folder, make does it)'
        )


def _stored(name: str, find: Callable[[], Path | None], ways: str) -> str:
    try:
        place = find()
    except OSError as error:  # a folder that may not be entered
        return _line(name, f"cannot be looked for. {sentence(error)}")
    return _line(name, f"found in {place}" if place else f"not here. {ways}")


def _sandbox() -> str:
    """Whether `vaelab grade` can run what others wrote."""
    try:
        from vaelab.grading.isolation import sandbox
    except MissingExtraError as error:
        return str(error)
    try:
        sandbox.require_isolation()
    except sandbox.IsolationError as error:
        return str(error).splitlines()[0]
    except OSError as error:
        return f"cannot be tried. {sentence(error)}"
    return "works: `vaelab grade` can run submissions"


def _cache() -> str:
    """Where downloads and packed arrays are, how much room they take, and whether there can be more."""
    cache = places.cache_dir()
    line = f"Cache: {cache}, {_bytes_in(cache) / 1e9:.1f} GB (may be deleted; VAELAB_CACHE moves it)"
    remedy = "Set the environment variable VAELAB_CACHE to a folder that you may write to."
    if why := places.why_not_writable(cache):
        return f"{line}\n  It cannot be written ({why}). {remedy}"
    if cache == places.homeless():
        return f"{line}\n  No home folder is known, so it is a temporary one. {remedy}"
    return line


def _bytes_in(folder: Path) -> int:
    """What lies in a folder, as far as it may be seen."""
    files = (Path(place, name) for place, _, names in os.walk(folder) for name in names)
    taken = 0
    for file in files:
        with suppress(OSError):  # gone in the meantime, or not ours to see
            taken += file.stat().st_size
    return taken
