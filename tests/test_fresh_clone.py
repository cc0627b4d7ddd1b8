"""What a machine lacks is said in one line, and costs only what needs it."""

import sys

import pytest

from tools import browsers, film_strip, measure_pages, notebook_cache


@pytest.mark.parametrize("tool", [film_strip, measure_pages])
@pytest.mark.parametrize(
    ("chosen", "said"),
    [(None, "No Chromium or Chrome found: install one"), ("/nowhere", "is /nowhere, where no program is")],
)
def test_a_command_that_needs_a_browser_says_so(tool, chosen, said, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("VAELAB_CHROMIUM", raising=False)
    if chosen:
        monkeypatch.setenv("VAELAB_CHROMIUM", chosen)
    monkeypatch.setattr(sys, "argv", ["tool", str(tmp_path / "strip.png")])
    with pytest.raises(SystemExit) as ended:
        tool.main()
    assert said in ended.value.code and "VAELAB_CHROMIUM" in ended.value.code


def offer(folder, name, code):
    (folder / name).write_text(f"#!/bin/sh\nexit {code}\n")
    (folder / name).chmod(0o755)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such scripts")
def test_a_browser_that_only_tells_to_install_one_is_none(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    for variable in ("VAELAB_CHROMIUM", "VAELAB_FIREFOX"):
        monkeypatch.delenv(variable, raising=False)
    for name in ("chromium-browser", "firefox"):
        offer(tmp_path, name, 1)
    assert browsers.program() is None and browsers.firefox() is None
    offer(tmp_path, "google-chrome", 0)
    assert browsers.program() == str(tmp_path / "google-chrome")


def test_notebooks_draw_where_the_home_cannot_be_written(monkeypatch, tmp_path):
    monkeypatch.delenv("MPLCONFIGDIR", raising=False)
    monkeypatch.setattr(notebook_cache, "ROOT", tmp_path)
    monkeypatch.setattr(notebook_cache, "IPYTHON", tmp_path / "ipython")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert "MPLCONFIGDIR" not in notebook_cache.notebook_environment()
    monkeypatch.setenv("HOME", str(tmp_path / "not" / "there"))
    assert notebook_cache.notebook_environment()["MPLCONFIGDIR"] == str(tmp_path / ".cache" / "matplotlib")
