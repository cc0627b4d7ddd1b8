"""The ways to install agree, and no file ties the course to one machine or one registry."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


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


def test_conda_installs_the_same():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    *conda, pip = environment["dependencies"]
    python = next(line for line in conda if line.startswith("python"))
    assert SpecifierSet(python.removeprefix("python ")) == SpecifierSet(PROJECT["requires-python"])
    assert pip["pip"] == ["-c constraints.txt", "-e .[dev]"]


def test_citation_names_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == PROJECT["version"]


def tracked_files() -> list[Path]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
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


@pytest.mark.parametrize(("ci", "exit_code"), [("true", 1), ("", 0)])
def test_a_skipped_test_fails_only_on_ci(tmp_path, ci, exit_code):
    (tmp_path / "test_skips.py").write_text("import pytest\ndef test(): pytest.skip('no browser')\n")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-rs",
        "-p",
        "conftest",
        "--rootdir",
        str(tmp_path),
        str(tmp_path),
    ]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {"CI": ci}, capture_output=True, text=True)
    assert done.returncode == exit_code, done.stdout
    assert "no browser" in done.stdout


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
