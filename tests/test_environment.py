"""The ways to install agree, and no file ties the course to one machine or one registry."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]


def pins() -> dict[str, str]:
    """Name -> exact version, from constraints.txt."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in pairs}


def requirements() -> list[Requirement]:
    """Every requirement of the package and its extras, other than the package's own extras."""
    extras = PROJECT["optional-dependencies"].values()
    listed = map(Requirement, PROJECT["dependencies"] + [line for lines in extras for line in lines])
    return [requirement for requirement in listed if requirement.name != PROJECT["name"]]


@pytest.mark.parametrize("requirement", requirements(), ids=str)
def test_every_dependency_is_pinned_inside_its_range(requirement):
    assert pins()[canonicalize_name(requirement.name)] in requirement.specifier


# ---- what is imported is declared, and the package by itself is light ----


def closure(names: Iterable[str]) -> set[str]:
    """The installed distributions that the package needs, with those that they need in turn."""
    waiting = [Requirement(line) for line in names]
    found: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        wanted = waiting.pop()
        node = canonicalize_name(wanted.name), frozenset(wanted.extras)
        if node in found or not applies(wanted.marker):
            continue
        found.add(node)
        if wanted.name == PROJECT["name"]:
            waiting += [Requirement(line) for name in wanted.extras for line in EXTRAS[name]]
            continue
        for line in metadata.requires(wanted.name) or []:
            needed = Requirement(line)
            if applies(needed.marker, wanted.extras):
                needed.marker = None
                waiting.append(needed)
    return {name for name, _ in found}


def applies(marker, extras: Iterable[str] = ()) -> bool:
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in ["", *extras])


def declared(*extras: str) -> set[str]:
    """Distributions that the package's own list and these extras name."""
    named: set[str] = set()
    waiting = [*PROJECT["dependencies"], *(line for extra in extras for line in EXTRAS[extra])]
    while waiting:
        requirement = Requirement(waiting.pop())
        if requirement.name == PROJECT["name"]:
            waiting += [line for extra in requirement.extras for line in EXTRAS[extra]]
        named.add(canonicalize_name(requirement.name))
    return named


def imported(path: Path) -> set[str]:
    """Packages that a file imports, of all that are no part of Python or of this repository."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module.partition(".")[0])
    ours = {"benchmarks", "conftest", "tools", "vaelab", *(p.stem for p in (ROOT / "tests").rglob("*.py"))}
    return names - ours - sys.stdlib_module_names


# Room -> the extras it may use. The first that fits a file counts.
ROOMS = {
    "vaelab/data/celeba_download.py": ("kaggle",),
    "vaelab/explorers": ("notebooks",),
    "vaelab/figures": ("notebooks",),
    "vaelab/quizzes": ("notebooks",),
    "vaelab/grading": ("grading",),
    "vaelab": (),
    "tools": ("dev",),
    "tests": ("dev",),
    "benchmarks": ("dev", "bench"),
    "conftest.py": ("dev",),
}


def room(path: Path) -> str:
    inside = str(path.relative_to(ROOT))
    return next(name for name in ROOMS if inside == name or inside.startswith(f"{name}/"))


def sources() -> list[Path]:
    return [
        path
        for name in ROOMS
        for path in ([ROOT / name] if name.endswith(".py") else (ROOT / name).rglob("*.py"))
    ]


def test_every_package_that_is_imported_is_declared():
    distributions = metadata.packages_distributions() | {"pythae": ["pythae"]}
    missing = set()
    for path in sources():
        allowed = declared(*ROOMS[room(path)])
        for name in imported(path):
            if not allowed & {canonicalize_name(d) for d in distributions.get(name, [name])}:
                missing.add(f"{path.relative_to(ROOT)}: {name}")
    assert sorted(missing) == []


# Run with every package hidden that `pip install .` does not bring.
ALONE = """
import sys

class Without:
    def __init__(self, finder):
        self.finder = finder
    def find_spec(self, name, path=None, target=None):
        hidden = name.partition(".")[0] in HIDDEN
        return None if hidden else self.finder.find_spec(name, path, target)
    def __getattr__(self, name):
        return getattr(self.finder, name)

HIDDEN = {hidden}
sys.meta_path[:] = map(Without, sys.meta_path)
"""


def alone(lines: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess:
    """Run lines of Python as in an environment with the package alone."""
    there = closure(PROJECT["dependencies"])
    hidden = {
        name
        for name, distributions in metadata.packages_distributions().items()
        if not there & {canonicalize_name(d) for d in distributions}
    }
    hidden -= {"vaelab", "tools"} | sys.stdlib_module_names  # pythae brings an old `dataclasses`, for one
    text = ALONE.replace("{hidden}", repr(hidden)) + lines
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TQDM_DISABLE": "1"}
    command = [sys.executable, "-c", text, *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)


def test_the_package_alone_is_light_and_needs_no_notebook():
    there = closure(PROJECT["dependencies"])
    libraries_of_gpus = {name for name in there if name.startswith(("nvidia-", "cuda-")) or name == "triton"}
    assert len(there - libraries_of_gpus) <= 28, sorted(there - libraries_of_gpus)
    assert not there & {"jupyterlab", "ipython", "matplotlib", "nbformat", "accelerate"}


@pytest.mark.slow
def test_the_readmes_lines_run_with_the_package_alone(tmp_path):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = (
        re.search(r"```python\n(.*?)```", readme, re.DOTALL)[1]
        .replace("n=2000", "n=64")
        .replace("epochs=5", "epochs=1")
    )
    assert "epochs=1" in lines and "n=64" in lines
    done = alone(lines + "\nassert faces.shape == (16, 3, 64, 64)", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


COMMANDS = """
from vaelab.cli import main
for words in sys.argv[1:]:
    assert main(words.split()) == 0, words
"""


@pytest.mark.slow
def test_the_command_line_runs_with_the_package_alone(tmp_path):
    commands = (
        "train --data digits --n 64 --recipe dlwp-digits-vae --epochs 1 --out run",
        "sample run --n 4 --out new.png",
        "evaluate run --n 20 --samples 2",
        "recipes",
        "doctor",
    )
    done = alone(COMMANDS, *commands, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "new.png").exists()
    assert 'pip install "vaelab[grading]"' in done.stdout


@pytest.mark.parametrize(
    ("line", "extra"),
    [
        ("from vaelab import figures", "notebooks"),
        ("vaelab.explorers.sliders", "notebooks"),
        ("from vaelab.quizzes import quiz", "notebooks"),
        ("from vaelab.grading import sheet", "grading"),
    ],
)
def test_what_an_extra_brings_says_so_where_it_is_missing(tmp_path, line, extra):
    done = alone(f"import vaelab\n{line}", cwd=tmp_path)
    assert done.returncode == 1
    assert re.search(rf'needs .*: pip install "vaelab\[{extra}\]"$', done.stderr.strip().splitlines()[-1])


def test_importing_the_package_touches_no_room_of_the_course():
    lines = "import sys, vaelab; print([name for name in sys.modules if name.startswith('vaelab.')])"
    done = subprocess.run([sys.executable, "-c", lines], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not re.search("grading|quizzes|figures|explorers", done.stdout)


def test_conda_installs_the_same():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    *conda, pip = environment["dependencies"]
    python = next(line for line in conda if line.startswith("python"))
    assert SpecifierSet(python.removeprefix("python ")) == SpecifierSet(PROJECT["requires-python"])
    assert pip["pip"] == ["-c constraints.txt", "-e .[dev]"]


def test_the_readme_takes_the_pinned_torch_without_gpu_libraries():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    line = f"--no-deps torch=={pins()['torch']}+cpu torchvision=={pins()['torchvision']}\n"
    assert f"pip install --index-url https://download.pytorch.org/whl/cpu {line}" in readme


def test_both_recipes_for_new_versions_install_all_that_is_pinned():
    recipes = [
        set(re.findall(r"install ['`]\.\[([\w,]+)\]['`]\s+without constraints", path.read_text("utf-8")))
        for path in (ROOT / "CONTRIBUTING.md", ROOT / "constraints.txt")
    ]
    assert recipes[0] == recipes[1] and len(recipes[0]) == 1
    assert declared(*recipes[0].pop().split(",")) >= {canonicalize_name(r.name) for r in requirements()}


def test_a_copy_without_tests_says_so(tmp_path):
    for target in ("test", "quick"):
        command = ["make", "--no-print-directory", "-f", str(ROOT / "Makefile"), target]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode != 0
        assert done.stdout.splitlines()[0].startswith("This copy of the course has no tests: make book")


def test_citation_names_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == PROJECT["version"]


def tracked_files() -> list[Path]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    if not shutil.which("git"):
        pytest.skip("git is not here")
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


# Written in two parts, so that this file does not contain them.
REGISTRIES = [
    "pypi" + ".org",
    "python" + "hosted.org",
    "npmjs" + ".org",
    "npmjs" + ".com",
    "deb.debian" + ".org",
]
MACHINE_PATH = rb"(?<![\w.~/])/(?:work|root|home/\w+|Users/\w+)/\w"


def test_no_registry_host_and_no_path_of_a_machine():
    found = []
    for path in tracked_files():
        content = path.read_bytes()
        found += [f"{path.name}: {host}" for host in REGISTRIES if host.encode() in content]
        found += [f"{path.name}: {match.decode()}" for match in re.findall(MACHINE_PATH, content)]
    assert found == []


@pytest.mark.slow
@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "two processes"])
@pytest.mark.parametrize("ci", ["true", ""])
def test_a_skip_fails_only_on_ci(tmp_path, ci, workers):
    (tmp_path / "test_one.py").write_text("import pytest\ndef test(): pytest.skip('no browser')\n")
    (tmp_path / "test_all.py").write_text("import pytest\npytest.skip('no data', allow_module_level=True)\n")
    (tmp_path / "test_passes.py").write_text("def test(): pass\n")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-rs",
        "--continue-on-collection-errors",
        "-p",
        "conftest",
        *workers,
        "--rootdir",
        str(tmp_path),
        str(tmp_path),
    ]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {"CI": ci}, capture_output=True, text=True)
    expected = "1 failed, 1 passed, 1 error" if ci else "1 passed, 2 skipped"
    assert (done.returncode == 1, expected in done.stdout) == (bool(ci), True), done.stdout
    assert "no browser" in done.stdout and "no data" in done.stdout


@pytest.fixture
def bare_checkout(tmp_path):
    """Just enough of the repository for tools/setup.sh, and a PATH whose only Python is too old."""
    (tmp_path / "tools").mkdir()
    for name in ("tools/setup.sh", "pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    programs = tmp_path / "programs"
    programs.mkdir()
    python = programs / "python3"
    python.write_text("#!/bin/sh\necho 'is Python 3.9'\nexit 1\n")
    python.chmod(0o755)
    for needed in ("cat", "cksum", "dirname", "head"):
        (programs / needed).symlink_to(f"/usr/bin/{needed}")
    return tmp_path


def test_a_python_that_is_too_old_is_named_with_the_cure(bare_checkout):
    command = ["/bin/sh", str(bare_checkout / "tools" / "setup.sh")]
    environment = {"PATH": str(bare_checkout / "programs")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "python3 is Python 3.9" in done.stderr
    assert "make book PYTHON=" in done.stderr
    assert not (bare_checkout / ".venv").exists()
