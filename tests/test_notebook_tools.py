"""Notebooks are stored clean, run once, and run again when what they rest on changed."""

import copy

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools import nbval_fill_cache, notebook_cache
from tools.clean_notebooks import CHECKED, UncheckableCell, clean, clean_text


def notebook(*outputs, tags=()):
    cell = new_code_cell("print(1)", metadata={"tags": list(tags), "scrolled": True}, execution_count=7)
    cell.outputs = list(outputs)
    return new_notebook(
        cells=[new_markdown_cell("# Title"), cell],
        metadata={"kernelspec": {"name": "mine", "display_name": "Mine"}},
    )


PRINTED = new_output("stream", name="stdout", text="1\n")


def test_outputs_go_and_checked_text_stays():
    assert clean(notebook(PRINTED)).cells[1].outputs == []
    kept = clean(notebook(PRINTED, tags=[CHECKED])).cells[1]
    assert kept.outputs == [PRINTED]
    assert kept.execution_count == 1  # nbval refuses to compare a cell without a count


def test_what_an_editor_adds_goes():
    cleaned = clean(notebook())
    assert cleaned.cells[1].metadata == {}
    assert [cell.id for cell in cleaned.cells] == ["cell-0", "cell-1"]
    assert cleaned.metadata.kernelspec.name == "python3"
    nbformat.validate(cleaned)


def test_cleaning_twice_changes_nothing():
    once = clean_text(nbformat.writes(notebook(PRINTED, tags=[CHECKED])))
    assert clean_text(once) == once


@pytest.mark.parametrize(
    ("outputs", "complaint"),
    [
        ([], "no stored output"),
        ([new_output("stream", name="stderr", text="warning")], "stderr"),
        ([new_output("display_data", data={"text/plain": "p", "text/html": "<p>"})], "more than text"),
        ([new_output("error", ename="E", evalue="", traceback=[])], "an error"),
    ],
)
def test_a_cell_that_cannot_be_compared_is_refused(outputs, complaint):
    with pytest.raises(UncheckableCell, match=complaint):
        clean(notebook(*outputs, tags=[CHECKED]))


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A repository with a package, pinned versions and a built book."""
    (tmp_path / "vaelab").mkdir()
    (tmp_path / "vaelab" / "losses.py").write_text("beta = 1\n")
    (tmp_path / "constraints.txt").write_text("torch==1\n")
    monkeypatch.setattr(notebook_cache, "ROOT", tmp_path)
    monkeypatch.setattr(notebook_cache, "CACHE", tmp_path / ".cache" / "jupyter")
    monkeypatch.setattr(notebook_cache, "BUILD", tmp_path / "_build")
    monkeypatch.delenv("VAELAB_DEVICE", raising=False)
    notebook_cache.refresh()
    (notebook_cache.CACHE / "executed").mkdir()
    notebook_cache.BUILD.mkdir()
    return tmp_path


def is_kept():
    notebook_cache.refresh()
    return (notebook_cache.CACHE / "executed").exists() and notebook_cache.BUILD.exists()


def test_results_are_kept_while_nothing_changed(root):
    assert is_kept()


@pytest.mark.parametrize("changed", ["vaelab/losses.py", "vaelab/new.py", "constraints.txt"])
def test_results_are_dropped_when_code_or_versions_change(root, changed):
    (root / changed).write_text("beta = 2\n")
    assert not is_kept()


def test_results_are_dropped_for_another_device(root, monkeypatch):
    monkeypatch.setenv("VAELAB_DEVICE", "cpu")
    assert not is_kept()


def test_a_tested_notebook_is_not_run_again_for_the_book(root):
    from jupyter_cache import get_cache

    tested = notebook()
    run = nbval_fill_cache.Run()
    run.outputs = {0: [copy.deepcopy(PRINTED)]}
    nbval_fill_cache.store(tested, root / "page.ipynb", run)
    _, found = get_cache(notebook_cache.CACHE).merge_match_into_notebook(tested)
    assert found.cells[1].outputs == [PRINTED]


@pytest.mark.parametrize("outcome", [{"failed": True}, {"outputs": {}}], ids=["failed", "not reached"])
def test_a_notebook_that_did_not_pass_is_not_stored(root, outcome):
    from jupyter_cache import get_cache

    run = nbval_fill_cache.Run()
    run.outputs = {0: [PRINTED]}
    vars(run).update(outcome)
    nbval_fill_cache.store(notebook(), root / "page.ipynb", run)
    assert get_cache(notebook_cache.CACHE).list_cache_records() == []
