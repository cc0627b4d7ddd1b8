"""`tools/setup.sh` as `make` calls it; an index on this machine plays PyTorch's and the usual one."""

import functools
import inspect
import os
import shutil
import subprocess
import sys
import tempfile
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


def said_by(command: list[str], environment: dict[str, str], **options) -> str:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Checkout:
    """A folder with what `tools/setup.sh` reads, and a PATH of a few programs."""

    def __init__(self, folder: Path, indexes: str, environment: Path):
        self.folder, self.indexes, self.environment = folder, indexes, environment
        (folder / "tools").mkdir(parents=True)
        for name in ("setup.sh", "alone.py", "moved.py"):
            shutil.copy(ROOT / "tools" / name, folder / "tools")
        shutil.copy(ROOT / "Makefile", folder)
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

    def surroundings(self, cpu_index: str = "cpu", **settings: str) -> dict[str, str]:
        """The variables that it runs with."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV_", "PYTHON"))}
        return {
            **clean,
            "HOME": str(self.folder),
            "PATH": str(self.programs),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_INDEX_URL": f"{self.indexes}/usual/",
            "UV_NO_CONFIG": "1",
            "UV_DEFAULT_INDEX": f"{self.indexes}/usual/",
            "UV_CACHE_DIR": str(self.folder / "uv"),
            "TORCH_INDEX": f"{self.indexes}/{cpu_index}",
            **settings,
        }

    @property
    def command(self) -> list[str]:
        return ["/bin/sh", str(self.folder / "tools" / "setup.sh")]

    def set_up(self, cpu_index: str = "cpu", **settings: str) -> str:
        """Run it, and return what it says."""
        return said_by(self.command, self.surroundings(cpu_index, **settings))

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


# As a Python of an Intel Mac answers, or that of an Apple chip which plays one.
INTEL_MAC = """
import os, sys
sys.platform, os.uname = "darwin", lambda: type("Machine", (), {"machine": "x86_64"})
exec(sys.argv.pop(1))
"""


def test_a_python_that_pytorch_is_not_made_for_is_named(checkout):
    real = f'exec {sys.executable} -c \'{INTEL_MAC}\' "$2" "$3"'
    (checkout.programs / "python3").write_text(f"#!/bin/sh\n{real}\n")
    with pytest.raises(AssertionError, match=r"python3 is Python 3\.1\d for Intel Macs"):
        checkout.set_up()


# ---- what an earlier try, another folder, another terminal or a person's settings have left ----


@linux
@pytest.mark.parametrize("left", ["no pip", "half of pip"])
def test_an_environment_that_was_half_made_is_finished(checkout, left):
    shutil.copytree(checkout.environment, checkout.folder / ".venv", symlinks=True)
    (pip,) = (checkout.folder / ".venv").glob("lib/python*/site-packages/pip")
    shutil.rmtree(pip / "_internal")
    if left == "no pip":
        shutil.rmtree(pip)
        for about in pip.parent.glob("pip-*"):
            shutil.rmtree(about)
    checkout.set_up()
    assert "torch-7.0" in checkout.has()
    assert checkout.set_up() == ""


@linux
def test_a_course_that_moved_finds_its_programs_again_without_a_network(checkout):
    checkout.set_up()
    old = checkout.folder
    (packages,) = old.glob(".venv/lib/python*/site-packages")
    (packages / "__editable___course_finder.py").write_text(f"MAPPING = {{'course': '{old}/course'}}")
    hello = old / ".venv" / "bin" / "hello"
    hello.write_text(f"#!{old}/.venv/bin/python\nimport sys\nprint(sys.prefix)\n")
    hello.chmod(0o755)
    checkout.folder = new = old.parent / "the course, moved"
    old.rename(new)
    checkout.programs = new / "programs"

    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "UV_DEFAULT_INDEX": "http://127.0.0.1:9/"}
    said = checkout.set_up(**nowhere)
    assert said == f"The course was in {old} before; .venv is told so.\n"
    assert checkout.set_up(**nowhere) == ""
    assert str(old) not in next(new.glob(".venv/lib/python*/site-packages/__editable__*")).read_text()
    prefix = f"{new}/.venv\n"
    assert said_by([str(new / ".venv" / "bin" / "hello")], {}) == prefix
    line = '. .venv/bin/activate && hello && echo "$VIRTUAL_ENV"'
    assert said_by(["/bin/sh", "-c", line], {"PATH": "/nowhere"}, cwd=new) == prefix * 2


@linux
def test_two_terminals_take_turns(checkout):
    fcntl = pytest.importorskip("fcntl")
    with (checkout.folder / "tools" / "setup.sh").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        environment = checkout.surroundings()
        second = subprocess.Popen(checkout.command, env=environment, stdout=subprocess.PIPE, text=True)
        assert second.stdout.readline().startswith("Another terminal is at the same")
        assert not (checkout.folder / ".venv").exists()
        fcntl.flock(held, fcntl.LOCK_UN)
        assert "1 of 2" in second.communicate()[0] and second.returncode == 0
    assert "torch-7.0" in checkout.has()


@linux
def test_what_a_shell_tells_python_and_pip_is_for_other_environments(checkout):
    for name in ("make", "sh"):
        checkout.offer(name, Path(shutil.which(name)))
    mine = checkout.folder / "mine" / "torch-7.0.dist-info"
    mine.mkdir(parents=True)
    (mine / "METADATA").write_text("Metadata-Version: 2.1\nName: torch\nVersion: 7.0\n")
    pip = checkout.folder / "pip.conf"
    pip.write_text("[global]\nuser = true\n")
    told = {
        "PIP_CONFIG_FILE": str(pip),
        "PYTHONHOME": "/nowhere",
        "PYTHONOPTIMIZE": "2",
        "PYTHONPATH": str(mine.parent),
        "PYTHONSAFEPATH": "1",
        "PYTHONWARNINGS": "error",
    }
    said_by(["make", "setup"], checkout.surroundings(**told), cwd=checkout.folder)
    assert checkout.has() == {"torch-7.0", "torchvision-3.0", "gpulibraries-1.0"}


@linux
def test_packages_that_a_setting_sends_elsewhere_are_missed(checkout):
    with pytest.raises(AssertionError, match=r"are not in \.venv: a setting sends them elsewhere"):
        checkout.set_up(PIP_TARGET=str(checkout.folder / "elsewhere"))
    checkout.set_up()
    assert "torch-7.0" in checkout.has()


@linux
def test_a_disk_without_room_is_named_before_anything_is_fetched(checkout):
    python = checkout.programs / "python3"
    full = 'case "$2" in *disk_usage*) echo 2; exit ;; esac'
    python.write_text(python.read_text().replace("#!/bin/sh\n", f"#!/bin/sh\n{full}\n"))
    lines = checkout.set_up().splitlines()
    assert lines[1].startswith("This disk has 2 GB left; up to 10 GB are needed")


@linux
def test_a_folder_that_cannot_be_written_is_named(indexes, environment):
    anybody = {} if os.geteuid() else {"user": 12345}  # who is root may write everywhere
    with tempfile.TemporaryDirectory() as place:  # pytest's own folders are closed to others
        Path(place).chmod(0o755)
        checkout = Checkout(Path(place) / "course", indexes, environment)
        (checkout.programs / "python3").write_text("#!/bin/sh\necho 3.12\n")
        checkout.folder.chmod(0o555)
        done = subprocess.run(
            checkout.command, env=checkout.surroundings(), capture_output=True, text=True, **anybody
        )
        checkout.folder.chmod(0o755)
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.startswith(f"The folder {checkout.folder} cannot be written.")
