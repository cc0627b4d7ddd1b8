"""pytest plugin: a notebook that passes nbval goes into the book's cache, and the book does not run it again.

python -m pytest -p tools.nbval_fill_cache --nbval-lax --nbval-current-env book
"""

import copy
import time
from pathlib import Path

import pytest

from tools import notebook_cache


class Run:
    """What one notebook did so far."""

    def __init__(self):
        self.started = time.perf_counter()
        self.seconds = 0.0
        self.failed = False
        self.outputs = {}  # cell number -> outputs; None for a cell that was skipped


RUNS = pytest.StashKey[dict[Path, Run]]()


def is_cell(item) -> bool:
    return type(item).__name__ == "IPyNbCell"  # nbval's class, not part of its interface


def pytest_configure(config):
    notebook_cache.refresh()
    config.stash[RUNS] = {}
    notebook_environment = notebook_cache.notebook_environment()
    patch = pytest.MonkeyPatch()
    for name, value in notebook_environment.items():
        patch.setenv(name, value)
    config.add_cleanup(patch.undo)


def pytest_runtest_setup(item):
    if is_cell(item):
        item.config.stash[RUNS].setdefault(item.path, Run())


def pytest_runtest_makereport(item, call):
    if not is_cell(item) or call.when != "call":
        return
    run = item.config.stash[RUNS][item.path]
    run.seconds = time.perf_counter() - run.started
    if call.excinfo is None:
        run.outputs[item.cell_num] = copy.deepcopy(item.test_outputs)
    elif call.excinfo.errisinstance(pytest.skip.Exception):
        run.outputs[item.cell_num] = None
    else:
        run.failed = True


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item, nextitem):
    last = nextitem is None or nextitem.parent is not item.parent
    if is_cell(item) and last:
        store(item.parent.nb, item.path, item.config.stash[RUNS][item.path])


def store(notebook, path: Path, run: Run) -> None:
    """Put one executed notebook into the cache; leave it out if a cell failed or was not reached."""
    notebook = copy.deepcopy(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if run.failed or len(run.outputs) != len(code):
        return
    count = 0
    for number, cell in enumerate(code):
        cell.outputs = run.outputs[number] or []
        if run.outputs[number] is not None:
            count += 1
            cell.execution_count = count
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = count

    from jupyter_cache import get_cache
    from jupyter_cache.cache.main import CacheBundleIn

    bundle = CacheBundleIn(notebook, str(path.resolve()), data={"execution_seconds": run.seconds})
    get_cache(notebook_cache.CACHE).cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


def pytest_terminal_summary(terminalreporter, config):
    terminalreporter.section("seconds per notebook")
    for path, run in config.stash[RUNS].items():
        terminalreporter.line(f"{run.seconds:6.1f}  {path.relative_to(config.rootpath)}")
