"""Build the book: run what is not in the cache, write the pages, say where they are.

Any warning, unknown reference or failed cell fails the build.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable

from tools import alone, notebook_cache, run_notebooks
from tools.ending import told
from tools.offline_assets import mathjax_folder

# Not the `jupyter-book` script: its first line keeps the folder .venv was made in.
JUPYTER_BOOK = "from jupyter_book.cli.main import main; main()"

# Settings that MyST prints in full at every start: they bury what matters.
NOISE = ("MdParserConfig(", "NbParserConfig(")


def begin(phase: int, what: str) -> None:
    """Say what comes; the Makefile says whether it has counted the phases before."""
    counted = f"{phase} of 4: " if os.environ.get("PHASES") == "4" else ""
    print(f"{counted}{what}", flush=True)


def run_showing_progress(command: list[str]) -> int:
    """Run a command, pass its lines on as they come, and return its exit code."""
    environment = notebook_cache.notebook_environment()
    with subprocess.Popen(
        command,
        cwd=notebook_cache.ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        try:
            pass_on(process.stdout)
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            raise
    return process.returncode


def pass_on(lines: Iterable[str]) -> None:
    """Print what Sphinx says, less what buries the reason."""
    cell_failed = muted = False
    for line in lines:
        cell_failed |= "Executing notebook failed" in line
        muted |= cell_failed and "Exception occurred:" in line  # Sphinx's own traceback: the cell's was shown
        if not muted and not any(noise in line for noise in NOISE):
            print(line, end="", flush=True)


@alone.turn(notebook_cache.__file__)
def main() -> int:
    begin(3, "the notebooks")
    if not run_notebooks.fill_cache(notebook_cache.of_the_book()):
        print("\nThe book was not built: the cells above failed.", file=sys.stderr)
        return 1
    begin(4, "the pages (about a minute; seconds where few changed)")
    command = [sys.executable, "-c", JUPYTER_BOOK, "build", ".", "-W", "-n", "--keep-going"]
    failed = 1
    try:
        failed = run_showing_progress(command)
    finally:
        if failed:  # Sphinx would not read a faulty page again, nor write all that it had not written yet
            shutil.rmtree(notebook_cache.BUILD / ".doctrees", ignore_errors=True)
    if failed:
        print("\nThe book was not built; the first warning or error above is the reason.", file=sys.stderr)
        return failed
    if mathjax_folder() is None:
        print("MathJax is not installed here: a page loads it from its public server, so formulas need the")
        print(
            "network. `pip install -c constraints.txt -e '.[book]'` and a new build make the pages complete."
        )
    print(f"\nThe book: {notebook_cache.BUILD / 'html' / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(told(main))
