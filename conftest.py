"""Rules for every test run: on CI nothing optional may be missing; GPU tests run where there is a GPU."""

import os

import pytest

# A short spin for PyTorch's threads, as in tools/notebook_cache.py. Read when torch is imported.
os.environ.setdefault("GOMP_SPINCOUNT", "2000")

ON_CI = os.environ.get("CI", "").lower() in {"1", "true"}


def pytest_configure(config):
    config.addinivalue_line("markers", "gpu: needs a CUDA device; left out (not skipped) where there is none")


def has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


def pytest_collection_modifyitems(config, items):
    wanting_gpu = [item for item in items if item.get_closest_marker("gpu")]
    if wanting_gpu and not has_gpu():
        config.hook.pytest_deselected(items=wanting_gpu)
        items[:] = [item for item in items if item not in wanting_gpu]


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
    is_notebook_cell = item.path.suffix == ".ipynb"  # a cell tagged nbval-skip is skipped on purpose
    return report if is_notebook_cell else skip_is_failure(report)


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
