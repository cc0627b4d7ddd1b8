"""Keep executed notebooks while nothing they depend on has changed.

The Jupyter cache knows a notebook by its code cells alone. A change in the package's code, in the pinned
versions, or of the device would leave old results on the pages, so the cache is dropped with the built book
when any of them changed. A comment or a docstring changes no result.
"""

import ast
import hashlib
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "jupyter"
BUILD = ROOT / "_build"
IPYTHON = ROOT / ".cache" / "ipython"
# The explorers' script runs in the reader's browser, the exercises' checks in other notebooks, and a quiz is
# written into its page when the page is (tools/fresh_quizzes.py).
NOT_RUN_BY_NOTEBOOKS = {"__pycache__", "frontend", "static", "grading"}
QUIZ = "vaelab/quizzes/*.toml"
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
EXPLORER_WEIGHTS = CACHE / "explorers"  # what the pages' explorers decode with


def of_the_book() -> list[Path]:
    return sorted((ROOT / "book").glob("*.ipynb"))


def notebook_environment() -> dict[str, str]:
    """What notebooks run in: this interpreter's kernel, and nothing of the user's own start-up files."""
    profile = IPYTHON / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    # Kernels talk to this machine alone; their notice about unencrypted connections only worries people.
    (profile / "ipython_kernel_config.py").write_text("c.IPKernelApp.log_level = 40\n")
    return os.environ | {
        "TQDM_DISABLE": "1",
        "PYTHONUNBUFFERED": "1",
        # PyTorch's threads spin while they wait for one another. Left at that, a busy machine is twenty times
        # slower; with no spinning at all an idle one loses a third. A short spin is good on both.
        "GOMP_SPINCOUNT": os.environ.get("GOMP_SPINCOUNT", "2000"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "IPYTHONDIR": str(IPYTHON),
        "VAELAB_EXPLORER_WEIGHTS": str(EXPLORER_WEIGHTS),
        **_place_for_matplotlib(),
    }


def _place_for_matplotlib() -> dict[str, str]:
    """A folder of ours where the home cannot be written, of which matplotlib would complain on the pages."""
    if "MPLCONFIGDIR" in os.environ or os.access(os.path.expanduser("~"), os.W_OK):
        return {}
    folder = ROOT / ".cache" / "matplotlib"
    folder.mkdir(parents=True, exist_ok=True)
    return {"MPLCONFIGDIR": str(folder)}


def dependencies() -> Iterator[Path]:
    """Files that every notebook's results rest on."""
    for path in sorted((ROOT / "vaelab").rglob("*")):
        inside = path.relative_to(ROOT)
        if path.is_file() and not NOT_RUN_BY_NOTEBOOKS & set(inside.parts) and not inside.match(QUIZ):
            yield path
    yield ROOT / "constraints.txt"


def meaning(path: Path) -> bytes:
    """What a file means to a notebook: code without comments, docstrings and layout, else bytes."""
    if path.suffix not in (".py", ".pyi"):
        return path.read_bytes()
    tree = ast.parse(path.read_bytes())
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    return ast.dump(tree).encode()


def fingerprint() -> str:
    """One hash of the package, the pinned versions, the Python version and the device asked for."""
    digest = hashlib.sha256()
    for path in dependencies():
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + meaning(path) + b"\0")
    digest.update(f"{sys.version_info[:2]} {os.environ.get('VAELAB_DEVICE', '')}".encode())
    return digest.hexdigest()


def refresh() -> None:
    """Drop the cache and the built pages if what they rest on has changed; say so."""
    stamp = CACHE / "rests-on.txt"
    now = fingerprint()
    if stamp.exists() and stamp.read_text() == now:
        return
    if CACHE.exists():
        print("The package, the versions or the device changed: every notebook runs again.", flush=True)
        shutil.rmtree(CACHE)
    shutil.rmtree(BUILD, ignore_errors=True)  # Sphinx would keep the old outputs of unchanged notebooks
    CACHE.mkdir(parents=True)
    stamp.write_text(now)
