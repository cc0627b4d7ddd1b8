"""Notebooks are stored clean, run once, and run again when what they rest on changed."""

import asyncio
import contextlib
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from jupyter_cache import get_cache
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from sphinx_project import build

from tools import build_book, notebook_cache, run_notebooks
from tools.clean_notebooks import CHECKED, UncheckableCell, all_notebooks, clean, clean_text
from vaelab import figures


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
    assert kept.execution_count == 1  # stored text has a count, as every output


def test_of_a_checked_table_its_text_stays():
    shown = figures.table({"ours": 8.8}, ["model", "distance"])
    data = {"text/plain": repr(shown), "text/html": shown._repr_html_()}
    output = new_output("execute_result", data=data, execution_count=7)
    (kept,) = clean(notebook(output, tags=[CHECKED])).cells[1].outputs
    assert kept.data == {"text/plain": repr(shown)}


def test_what_an_editor_adds_goes():
    cleaned = clean(notebook())
    assert cleaned.cells[1].metadata == {}
    assert [cell.id for cell in cleaned.cells] == ["cell-0", "cell-1"]
    assert cleaned.metadata.kernelspec.name == "python3"
    nbformat.validate(cleaned)


@pytest.mark.parametrize("programs", ["all", "none"])
def test_a_copy_without_history_or_git_is_checked(tmp_path, monkeypatch, programs):
    monkeypatch.chdir(tmp_path)
    if programs == "none":
        monkeypatch.setenv("PATH", "")
    pages = [Path("book", "one.ipynb"), Path("exercises", "two.ipynb")]
    for page in pages:
        page.parent.mkdir()
        page.write_text("{}")
    assert all_notebooks() == pages


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


CODE = '"""Losses."""\n\nbeta = 1  # nats\n\n\ndef add(a):\n    """Adds."""\n    return a, "nats"\n'


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A repository with a package, pinned versions and a built book."""
    (tmp_path / "vaelab" / "quizzes").mkdir(parents=True)
    (tmp_path / "vaelab" / "losses.py").write_text(CODE)
    (tmp_path / "vaelab" / "quizzes" / "01-one.toml").write_text("text = 'Why?'")
    (tmp_path / "constraints.txt").write_text("torch==1\n")
    monkeypatch.setattr(notebook_cache, "ROOT", tmp_path)
    monkeypatch.setattr(notebook_cache, "CACHE", tmp_path / ".cache" / "jupyter")
    monkeypatch.setattr(notebook_cache, "BUILD", tmp_path / "_build")
    monkeypatch.setattr(notebook_cache, "IPYTHON", tmp_path / ".cache" / "ipython")
    monkeypatch.setattr(notebook_cache, "EXPLORER_WEIGHTS", tmp_path / ".cache" / "explorers")
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


SAME_CODE = {
    "a comment": CODE.replace("# nats", "# in nats"),
    "docstrings": CODE.replace("Losses", "All losses").replace("Adds.", "Adds up."),
    "no docstrings": CODE.replace('"""Losses."""', "").replace('"""Adds."""', ""),
    "layout": CODE.replace("beta = 1", "beta   =   1"),
}


@pytest.mark.parametrize("text", SAME_CODE.values(), ids=SAME_CODE.keys())
def test_results_are_kept_when_only_words_change(root, text):
    assert text != CODE
    (root / "vaelab" / "losses.py").write_text(text)
    assert is_kept()


def test_results_are_kept_when_a_quiz_changes(root):
    (root / "vaelab" / "quizzes" / "01-one.toml").write_text("text = 'Why not?'")
    assert is_kept()


def test_results_are_dropped_when_a_string_changes(root):
    (root / "vaelab" / "losses.py").write_text(CODE.replace('"nats"', '"bits"'))
    assert not is_kept()


@pytest.mark.parametrize("changed", ["vaelab/losses.py", "vaelab/new.py", "constraints.txt"])
def test_results_are_dropped_when_code_or_versions_change(root, changed):
    (root / changed).write_text("beta = 2\n")
    assert not is_kept()


def test_results_are_dropped_for_another_device(root, monkeypatch):
    monkeypatch.setenv("VAELAB_DEVICE", "cpu")
    assert not is_kept()


def test_a_changed_quiz_is_written_into_its_page(tmp_path):
    spec = "{&quot;name&quot;:&quot;02-autoencoders&quot;}"
    cached = f'<div class="vaelab-explorer" data-kind="quiz" data-spec="{spec}">old</div>'
    page = f"Home\n====\n\n.. raw:: html\n\n   {cached}\n"
    html, warnings = build(tmp_path, "tools.fresh_quizzes", {"index": page})
    assert not warnings
    assert "old</div>" not in html["index"] and "vae-quiz" in html["index"]


# ---- running ----


def write(path, *sources, tags=(), printed=None):
    """A notebook of code cells; the last one has tags, and the text that is stored with it."""
    cells = [new_code_cell(source) for source in sources]
    cells[-1].metadata["tags"] = list(tags)
    if printed is not None:
        cells[-1].outputs = [new_output("stream", name="stdout", text=printed)]
    nbformat.write(new_notebook(cells=cells), path)
    return path


def in_cache(path) -> bool:
    return run_notebooks.cached(path) is not None


def test_what_ran_is_in_the_cache_and_does_not_run_again(root, capsys):
    source = (
        "from pathlib import Path\nwith Path('runs.txt').open('a') as file: file.write('x')\nprint(1 + 1)"
    )
    page = write(root / "page.ipynb", source)
    assert run_notebooks.fill_cache([page])
    assert "Notebooks: 1 run, 0 from the cache. Cells: 1 passed, 0 failed" in capsys.readouterr().out
    assert run_notebooks.fill_cache([page])
    assert "Notebooks: 0 run, 1 from the cache. Cells: 1 passed, 0 failed" in capsys.readouterr().out
    assert (root / "runs.txt").read_text() == "x"
    _, found = get_cache(notebook_cache.CACHE).merge_match_into_notebook(nbformat.read(page, as_version=4))
    assert [output.text for output in found.cells[0].outputs] == ["2\n"]
    assert run_notebooks.fill_cache([page], again=True)
    assert (root / "runs.txt").read_text() == "xx"


def test_the_build_takes_the_page_from_the_cache(root):
    """myst-nb, with the settings of the book, finds what the runner has put there."""
    page = write(root / "index.ipynb", "import os\nprint('pid', os.getpid())")
    notebook = nbformat.read(page, as_version=4)
    notebook.cells.insert(0, new_markdown_cell("# Home"))
    nbformat.write(notebook, page)
    assert run_notebooks.fill_cache([page])
    (ran,) = run_notebooks.cached(page).notebook.cells[1].outputs
    settings = {"nb_execution_mode": "cache", "nb_execution_cache_path": str(notebook_cache.CACHE)}
    html, _ = build(root, "myst_nb", {}, **settings)
    assert ran.text.strip() in html["index"]


def test_a_failing_cell_is_shown_and_not_kept(root, capsys):
    page = write(root / "page.ipynb", "a = 0", "# divide\n1 / a", "print('not reached')")
    assert not run_notebooks.fill_cache([page])
    shown = capsys.readouterr().out
    assert "page.ipynb, cell 1:\n    # divide\n    1 / a" in shown
    assert "ZeroDivisionError" in shown and "\x1b[" not in shown
    assert shown.endswith("Cells: 1 passed, 1 failed, 1 not reached\n")
    assert not in_cache(page)


def test_a_cell_that_prints_something_else_fails(root, capsys):
    page = write(root / "page.ipynb", "print('0.25')", tags=[CHECKED], printed="0.24\n")
    assert not run_notebooks.fill_cache([page])
    assert "-0.24\n+0.25" in capsys.readouterr().out
    assert not in_cache(page)


def test_stored_text_is_compared_with_the_cache_too(root, capsys):
    page = write(root / "page.ipynb", "print('0.25')", tags=[CHECKED], printed="0.25\n")
    assert run_notebooks.fill_cache([page])
    write(page, "print('0.25')", tags=[CHECKED], printed="0.24\n")
    assert not run_notebooks.fill_cache([page])
    assert "1 from the cache. Cells: 0 passed, 1 failed" in capsys.readouterr().out


BUSY = "import time\nstart = {clock}()\nwhile {clock}() - start < {seconds}: pass"
IN_A_CHILD = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', {source!r}])"


def kernels():
    """Those that this process has started, and that are there still."""
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # it ends in this moment
            if "ipykernel" in " ".join(child.cmdline()):
                yield child


@pytest.mark.parametrize("where", ["kernel", "child"])
def test_a_cell_that_uses_too_much_of_the_processor_is_stopped(root, capsys, monkeypatch, where):
    monkeypatch.setattr(run_notebooks, "CPU_SECONDS", 2.0)
    source = BUSY.format(clock="time.perf_counter", seconds=300)
    page = write(root / "page.ipynb", source if where == "kernel" else IN_A_CHILD.format(source=source))
    began = time.perf_counter()
    assert not run_notebooks.fill_cache([page])
    assert time.perf_counter() - began < 120
    assert "used more than 2 seconds of processor time" in capsys.readouterr().out
    assert list(kernels()) == []


def test_waiting_costs_no_processor_time(root, monkeypatch):
    monkeypatch.setattr(run_notebooks, "CPU_SECONDS", 1.0)
    assert run_notebooks.fill_cache([write(root / "page.ipynb", "import time\ntime.sleep(3)")])


def test_a_cell_that_waits_for_ever_is_stopped(root, capsys, monkeypatch):
    monkeypatch.setattr(run_notebooks, "WALL_SECONDS", 2)
    assert not run_notebooks.fill_cache([write(root / "page.ipynb", "import time\ntime.sleep(600)")])
    assert "did not end within 2 seconds" in capsys.readouterr().out


def test_a_kernel_that_dies_is_a_failure(root, capsys):
    assert not run_notebooks.fill_cache([write(root / "page.ipynb", "import os\nos._exit(1)")])
    assert "its kernel died" in capsys.readouterr().out


def test_notebooks_that_run_at_once_do_not_mix_in_the_cache(root, monkeypatch):
    monkeypatch.setattr(run_notebooks, "AT_ONCE", 3)
    pages = [write(root / f"{i}.ipynb", f"i = {i}", "print('page', i)") for i in range(6)]
    assert run_notebooks.fill_cache(pages)
    for i, page in enumerate(pages):
        assert run_notebooks.said(run_notebooks.cached(page).notebook.cells[1].outputs) == f"page {i}\n"


def test_the_longest_notebook_starts_first(tmp_path, monkeypatch):
    started = []

    async def note(path, threads):
        started.append(path.stem)
        return run_notebooks.Result(path, new_notebook(), failures=[(0, "not kept")])

    monkeypatch.setattr(run_notebooks, "run", note)
    monkeypatch.setattr(run_notebooks.Result, "report", lambda self: "")
    write(tmp_path / "few.ipynb", "1")
    write(tmp_path / "many.ipynb", "1", "2")
    write(tmp_path / "told.ipynb", "'40 s to run on two CPU cores'")
    asyncio.run(run_notebooks.run_all(sorted(tmp_path.glob("*.ipynb"))))
    assert started == ["told", "many", "few"]


def test_a_book_whose_notebooks_fail_is_not_built(monkeypatch, capsys):
    monkeypatch.setattr(run_notebooks, "fill_cache", lambda paths: False)
    monkeypatch.setattr(build_book, "run_showing_progress", lambda command: pytest.fail("Sphinx was started"))
    assert build_book.main() == 1
    assert "cells above failed" in capsys.readouterr().err
