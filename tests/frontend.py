"""node with the front end's packages: one installation for all tests, whichever of them comes first."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from filelock import FileLock

from vaelab.explorers.explorer import STATIC

FRONTEND = STATIC.parent / "frontend"


def run(*command: str | Path) -> str:
    """What a command says that runs in the front end's folder; it must succeed."""
    done = subprocess.run(command, cwd=FRONTEND, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def node() -> str:
    """The program, with the packages of package-lock.json installed; skips where there is none."""
    program = shutil.which("node")
    if program is None or shutil.which("npm") is None:
        pytest.skip("Node.js 18 or later and npm are not installed")
    version = run(program, "--version").strip()
    if int(re.match(r"v(\d+)", version)[1]) < 18:
        pytest.skip(f"Node.js 18 or later is needed; this one is {version}")
    installed = FRONTEND / "node_modules" / ".package-lock.json"  # npm writes it last
    with FileLock(FRONTEND / ".cache" / "npm-ci.lock"):  # tests may run in several processes
        lock = FRONTEND / "package-lock.json"
        if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
            try:
                run("npm", "ci", "--no-audit", "--no-fund")
            except (AssertionError, OSError) as error:
                pytest.skip(f"npm could not fetch the front end's packages: {str(error).splitlines()[0]}")
    return program
