"""The explorers' bundle is what their sources make, and their own tests pass. Needs Node.js 18 or later."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from vaelab.explorers.explorer import STATIC

FRONTEND = STATIC.parent / "frontend"


def run(*command: str | Path) -> str:
    done = subprocess.run(command, cwd=FRONTEND, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def node():
    """The program, with the packages of package-lock.json installed."""
    program = shutil.which("node")
    if program is None or shutil.which("npm") is None:
        pytest.skip("Node.js 18 or later and npm are not installed")
    version = run(program, "--version").strip()
    if int(re.match(r"v(\d+)", version)[1]) < 18:
        pytest.skip(f"Node.js 18 or later is needed; this one is {version}")
    installed = FRONTEND / "node_modules" / ".package-lock.json"  # npm writes it last
    if not installed.exists() or installed.stat().st_mtime < (FRONTEND / "package-lock.json").stat().st_mtime:
        run("npm", "ci", "--no-audit", "--no-fund")
    return program


def test_the_bundle_is_what_the_sources_make(node, tmp_path):
    run(node, "build.mjs", tmp_path)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    kept = {path.name: path.read_bytes() for path in STATIC.iterdir()}
    assert made.keys() == kept.keys()
    changed = [name for name in made if made[name] != kept[name]]
    assert not changed, f"{changed}: run `npm run build` in vaelab/explorers/frontend"


def test_the_front_end_passes_its_own_tests(node):
    assert "# fail 0" in run(node, "--test", "--test-reporter=tap")
