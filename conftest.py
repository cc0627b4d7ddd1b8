"""Rules for every test run: on CI nothing optional may be missing; tests that need a GPU run where one is.

Tests that `make quick` leaves out carry a mark. Where a whole file does, `LEFT_OUT` says so here.
"""

import os
import shutil

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:  # several processes share the cores: one thread each
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# A short spin for PyTorch's threads, as in tools/notebook_cache.py. Read when torch is imported.
os.environ.setdefault("GOMP_SPINCOUNT", "2000")

ON_CI = os.environ.get("CI", "").lower() in {"1", "true"}


LEFT_OUT = {
    "sandbox": {"test_grading_attacks.py"},
    "notebooks": {"test_notebook_tools.py"},
    "slow": {
        "test_api_reference.py",
        "test_archives.py",
        "test_benchmarks.py",
        "test_capstone.py",
        "test_capstone_command.py",
        "test_celeba.py",
        "test_checkpoints.py",
        "test_cli.py",
        "test_closed_terminal.py",
        "test_evaluation_features.py",
        "test_exercise_build.py",
        "test_exercises.py",
        "test_explorer_bundle.py",
        "test_folder.py",
        "test_full_disk.py",
        "test_lab_engine.py",
        "test_grade.py",
        "test_packed.py",
        "test_page_folds.py",
        "test_page_decoder.py",
        "test_processes.py",
        "test_same_run.py",
        "test_setup.py",
        "test_weights_quality.py",
    },
}


def has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


def has_mnist() -> bool:
    from vaelab.data import mnist_files

    return bool(os.environ.get("VAELAB_DATA")) and mnist_files.find(mnist_files.MNIST) is not None


def has_uv() -> bool:
    return shutil.which("uv") is not None


NEEDS = {
    "gpu": has_gpu,
    "mnist": has_mnist,
    "uv": has_uv,
}  # what few machines have: elsewhere these tests are not chosen


@pytest.hookimpl(tryfirst=True)  # before -m chooses by mark
def pytest_collection_modifyitems(config, items):
    for item in items:
        for mark, files in LEFT_OUT.items():
            if item.path.name in files:
                item.add_marker(mark)
    for mark, is_here in NEEDS.items():
        wanting = [item for item in items if item.get_closest_marker(mark)]
        if wanting and not is_here():
            config.hook.pytest_deselected(items=wanting)
            items[:] = [item for item in items if item not in wanting]


def skip_is_failure(report):
    """On a person's machine a missing browser or data set skips a test; on CI it fails it."""
    xfail = hasattr(report, "wasxfail")
    if ON_CI and report.skipped and not xfail:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid}\n{reason}\nOn CI a skipped test is a failure."
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    return skip_is_failure(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    return skip_is_failure(report)


@pytest.fixture(autouse=True)
def _doctest_names(request):
    """Examples in docstrings may write `vaelab` and `torch` without importing them."""
    if type(request.node).__name__ == "DoctestItem":
        import torch

        import vaelab

        request.getfixturevalue("doctest_namespace").update(vaelab=vaelab, torch=torch)
