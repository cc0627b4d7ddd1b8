"""`vaelab doctor`: what this machine has for the course, and what to do about what it lacks."""

import importlib.metadata
import platform
import shutil
import sys
from pathlib import Path

import vaelab
from vaelab.data import DRAWN, celeba, celeba_download, ffhq, mnist_files, places
from vaelab.extras import MissingExtraError

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
        *[_stored(name, mnist_files.find(files), mnist_files.ways_to_get(files)) for name, files in _MNIST],
        _stored("celeba", celeba.find(), celeba_download.ways_to_get()),
        _stored("ffhq", ffhq.find(), ffhq.ways_to_get()),
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


def _stored(name: str, place: Path | None, ways: str) -> str:
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
    return "works: `vaelab grade` can run submissions"


def _cache() -> str:
    """Where downloads and packed arrays are, and how much room they take."""
    cache = places.cache_dir()
    taken = sum(file.stat().st_size for file in cache.rglob("*") if file.is_file()) / 1e9
    return f"Cache: {cache}, {taken:.1f} GB (may be deleted; VAELAB_CACHE moves it)"
