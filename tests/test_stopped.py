"""Whoever stops a build, and whatever a disk refuses, is answered in a line, and the next call goes on."""

import errno
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tools import alone, build_book, notebook_cache, preview, run_notebooks
from tools.ending import told

ROOT = Path(__file__).resolve().parent.parent

# The runner, with a folder of its own for what it keeps.
RUN = """
import signal
import sys
from pathlib import Path
from tools import notebook_cache, run_notebooks
from tools.ending import told

signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background of a shell
root = Path(sys.argv[1])
notebook_cache.CACHE, notebook_cache.BUILD = root / ".cache" / "jupyter", root / "_build"
notebook_cache.IPYTHON = root / ".cache" / "ipython"
pages = sorted(root.glob("*.ipynb"))
sys.exit(told(lambda: int(not run_notebooks.fill_cache(pages))))
"""
STARTED = "import os\nfrom pathlib import Path\nPath('{name}').write_text(str(os.getpid()))\n"


def start(folder: Path, **settings: str) -> subprocess.Popen:
    command = [sys.executable, "-c", RUN, str(folder)]
    options = {"cwd": ROOT, "env": os.environ | settings, "text": True, "start_new_session": True}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def write(path: Path, source: str) -> None:
    nbformat.write(new_notebook(cells=[new_code_cell(source)]), path)


def is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.notebooks
@pytest.mark.skipif(os.name == "nt", reason="Windows has other signals")
def test_ctrl_c_ends_every_notebook_and_the_last_line_says_so(tmp_path):
    for name in ("one", "two"):
        write(tmp_path / f"{name}.ipynb", STARTED.format(name=name) + "import time\ntime.sleep(600)")
    running = start(tmp_path, HOME=str(tmp_path / "nowhere"))
    kernels = [tmp_path / name for name in ("one", "two")][: run_notebooks.AT_ONCE]
    while not all(kernel.exists() and kernel.read_text() for kernel in kernels):
        assert running.poll() is None, running.stderr.read()
        time.sleep(0.1)
    os.killpg(running.pid, signal.SIGINT)
    said, complained = running.communicate(timeout=300)
    assert running.returncode == 130
    line = "Stopped. Notebooks that had run are kept; the same command goes on from there.\n"
    assert complained.endswith(f"\n{line}") and "writable location" not in complained, complained
    assert not any(is_there(int(kernel.read_text())) for kernel in kernels), said


def test_a_build_that_was_stopped_writes_every_page_the_next_time(tmp_path, monkeypatch):
    def stop(command):
        raise KeyboardInterrupt

    monkeypatch.setattr(notebook_cache, "BUILD", tmp_path)
    monkeypatch.setattr(run_notebooks, "fill_cache", lambda paths: True)
    monkeypatch.setattr(build_book, "run_showing_progress", stop)
    (tmp_path / ".doctrees").mkdir()
    assert told(build_book.main) == 130
    assert not (tmp_path / ".doctrees").exists()


class OfTheDatabase(Exception):
    """As SQLAlchemy raises it."""

    orig = sqlite3.OperationalError("database or disk is full")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space", "a.bin"), "No space left on device: a.bin. Make room"),
        (OSError(errno.EROFS, "Read-only", ".cache"), "Read-only file system: .cache. You may not do that"),
        (OfTheDatabase(), "database or disk is full. That is the list of notebooks in .cache"),
    ],
)
def test_what_a_disk_refuses_is_said_in_a_line(capsys, error, said):
    def refused():
        raise error

    assert told(refused) == 1
    assert capsys.readouterr().err.startswith(f"\nIt was stopped: {said}")


def test_a_fault_of_ours_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        told(lambda: 1 // 0)


class Waiting(Exception):
    pass


@pytest.mark.parametrize("tool", [build_book, preview, run_notebooks])
def test_two_terminals_take_turns_with_the_notebooks(tool, monkeypatch):
    def wait(file):
        raise Waiting(file)

    monkeypatch.setattr(alone, "wait_for_turn", wait)
    monkeypatch.setattr(sys, "argv", ["tool", str(ROOT / "book" / "lab.ipynb")])
    with pytest.raises(Waiting, match="notebook_cache"):
        tool.main()


def test_who_has_done_gives_the_turn_to_the_next(tmp_path):
    fcntl = pytest.importorskip("fcntl")
    (tmp_path / "held").touch()
    with alone.turn(tmp_path / "held"), (tmp_path / "held").open() as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with (tmp_path / "held").open() as other:
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
