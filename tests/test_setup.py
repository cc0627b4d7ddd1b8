"""`tools/setup.sh` as `make` calls it; an index on this machine plays PyTorch's and the usual one."""

import functools
import inspect
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "course"
version = "1"
dependencies = ["torch", "torchvision"]
[project.optional-dependencies]
dev = []
"""


def write_wheel(folder, name, version, *needs):
    """A package without code; returns its file's name."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    about, file = f"{name}-{version}.dist-info", f"{name}-{version}-py3-none-any.whl"
    metadata = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", "Provides-Extra: dev"]
    metadata += [f"Requires-Dist: {other}" for other in needs]
    with zipfile.ZipFile(Path(folder) / file, "w") as wheel:
        wheel.writestr(f"{name}/__init__.py", "")
        wheel.writestr(f"{about}/METADATA", "\n".join(metadata) + "\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")
    return file


# The course as a package that needs nothing to be built: an editable install is a wheel with its name in it.
BACKEND = f"""
import zipfile
from pathlib import Path

{inspect.getsource(write_wheel)}
def build_editable(folder, config_settings=None, metadata_directory=None):
    return write_wheel(folder, "course", "1", "torch", "torchvision")
"""


@pytest.fixture(scope="module")
def indexes(tmp_path_factory):
    """The address of two indexes, /cpu/, and /usual/, whose torch wants GPU libraries.

    Each package has a folder: a web server's list of it is the page that a simple index wants.
    """
    folder = tmp_path_factory.mktemp("indexes")
    for version in ("7.0", "7.1"):
        write_wheel(folder / "cpu" / "torch", "torch", f"{version}+cpu")
        write_wheel(folder / "usual" / "torch", "torch", version, "gpulibraries")
    for index, version in (("cpu", "3.0+cpu"), ("usual", "3.0")):
        write_wheel(folder / index / "torchvision", "torchvision", version)
    write_wheel(folder / "usual" / "gpulibraries", "gpulibraries", "1.0")

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """An environment to copy: making one takes seconds, most of them for pip."""
    folder = tmp_path_factory.mktemp("environment") / ".venv"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    return folder


class Checkout:
    """A folder with what `tools/setup.sh` reads, and a PATH of a few programs."""

    def __init__(self, folder: Path, indexes: str, environment: Path):
        self.folder, self.indexes = folder, indexes
        (folder / "tools").mkdir(parents=True)
        shutil.copy(ROOT / "tools" / "setup.sh", folder / "tools")
        (folder / "backend.py").write_text(BACKEND)
        (folder / "pyproject.toml").write_text(PROJECT)
        self.pin("7.0")
        self.programs = folder / "programs"
        self.programs.mkdir()
        for name in ("cat", "cksum", "cp", "dirname", "head", "rm", "sed", "uname"):
            self.offer(name, Path(shutil.which(name)))
        python = self.programs / "python3"
        copies = f'[ "$1 $2" = "-m venv" ] && {{ rm -rf .venv; exec cp -r {environment} .venv; }}'
        python.write_text(f'#!/bin/sh\n{copies}\nexec {sys.executable} "$@"\n')
        python.chmod(0o755)

    def pin(self, torch: str) -> None:
        (self.folder / "constraints.txt").write_text(f"torch=={torch}\ntorchvision==3.0\n")

    def offer(self, name: str, program: Path) -> None:
        (self.programs / name).symlink_to(program)

    def set_up(self, cpu_index: str = "cpu", **settings: str) -> str:
        """Run it, and return what it says."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV_", "PYTHON"))}
        settings = {
            "HOME": str(self.folder),
            "PATH": str(self.programs),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_INDEX_URL": f"{self.indexes}/usual/",
            "UV_NO_CONFIG": "1",
            "UV_DEFAULT_INDEX": f"{self.indexes}/usual/",
            "UV_CACHE_DIR": str(self.folder / "uv"),
            "TORCH_INDEX": f"{self.indexes}/{cpu_index}",
        } | settings
        command = ["/bin/sh", str(self.folder / "tools" / "setup.sh")]
        done = subprocess.run(command, env=clean | settings, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def has(self) -> set[str]:
        """The played packages that are installed, with their versions."""
        about = (self.folder / ".venv").glob("lib/python*/site-packages/*.dist-info")
        names = {path.stem for path in about}
        return {name for name in names if name.startswith(("torch", "gpu"))}


@pytest.fixture
def checkout(tmp_path, indexes, environment):
    return Checkout(tmp_path / "course", indexes, environment)


linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere PyTorch brings no GPU libraries")


@linux
@pytest.mark.parametrize("program", ["pip", pytest.param("uv", marks=pytest.mark.uv)])
def test_torch_without_gpu_libraries(checkout, program):
    if program == "uv":
        checkout.offer("uv", Path(shutil.which("uv")))
    said = checkout.set_up(TORCH="cpu")
    assert "comes from http://127.0.0.1" in said and "TORCH=cpu at the end" not in said
    assert checkout.has() == {"torch-7.0+cpu", "torchvision-3.0+cpu"}
    assert ("Trying pip" in said, "Collecting torch" in said) == (False, program == "pip")

    assert checkout.set_up() == ""  # other commands leave it as it is
    checkout.pin("7.1")
    checkout.set_up()
    assert checkout.has() == {"torch-7.1+cpu", "torchvision-3.0+cpu"}  # and renew it from where it came


@linux
def test_an_index_that_cannot_be_reached_costs_one_sentence(checkout):
    said = checkout.set_up("nowhere", TORCH="cpu", PHASES="4")
    assert [line for line in said.splitlines() if "nowhere cannot be reached, so the ordinary" in line]
    assert checkout.has() == {"torch-7.0", "torchvision-3.0", "gpulibraries-1.0"}
    phases = [line for line in said.splitlines() if " of 4: " in line]
    assert phases[0].startswith("1 of 4: an environment in .venv")
    assert phases[1].startswith("2 of 4: Python packages (about 0.5 GB")
    assert checkout.set_up("cpu", TORCH="cpu") == ""  # what works is not thrown away


@linux
def test_a_machine_without_a_gpu_is_told_of_the_small_torch(checkout):
    checkout.pin("8.0")  # no index has it
    with pytest.raises(AssertionError, match=r"(?s)TORCH=cpu at the end.*Running the same command again"):
        checkout.set_up()
    checkout.pin("7.1")
    checkout.offer("nvidia-smi", Path(shutil.which("true")))
    said = checkout.set_up()
    assert "its installation had not finished" in said and "(about 3 GB to download" in said
    assert "TORCH=cpu at the end" not in said

    assert "1 of 2: an environment" in checkout.set_up(TORCH="cpu")  # made again, not mixed
    assert checkout.has() == {"torch-7.1+cpu", "torchvision-3.0+cpu"}


@linux
def test_a_wrong_choice_is_named(checkout):
    with pytest.raises(AssertionError, match=r"TORCH=gpu is not known\. TORCH=cpu takes"):
        checkout.set_up(TORCH="gpu")
