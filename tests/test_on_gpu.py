"""`python -m tools.on_gpu` keeps to its minutes, goes on where it stopped, and says what it cannot show."""

import json
import sys
import time

import nbformat
import pytest

from tools import gpu_parts, on_gpu, run_times
from tools.gpu_parts import NeedsGPUError, Setting
from tools.on_gpu import DONE, FAILED, LEFT_OUT, WAITS, Part, Report, run_all, run_apart, show

HERE = ["--device", "cpu", "--tiny", "--notebooks"]
REHEARSAL = Setting("cpu", tiny=True)


def part(name, seconds=10.0, run=lambda setting: [{"x": 1}]):
    return Part(name, seconds, run)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A report in an empty folder, and parts that run in this process; `begun` lists those that did."""
    begun = []

    def in_this_process(part, arguments):
        begun.append(part.name)
        told = show(part, REHEARSAL)
        return told["outcome"], told["reason"], told["rows"]

    monkeypatch.setattr(on_gpu, "run_apart", in_this_process)
    return tmp_path, begun


def test_a_second_call_goes_on_and_other_code_begins_anew(here):
    folder, begun = here
    slow = part("slow", 10_000)
    run_all([part("a"), slow, part("b")], Report(folder, "v1", False), seconds=5_000, arguments=[])
    assert begun == ["a", "b"]
    text = (folder / "report.md").read_text()
    assert "## slow: waits" in text and "it may take 10000 s, and " in text

    run_all([part("a"), slow, part("b")], Report(folder, "v1", False), seconds=50_000, arguments=[])
    assert begun == ["a", "b", "slow"]
    report = Report(folder, "v1", False)
    assert [report.outcome(name) for name in ["a", "slow", "b", "c"]] == [DONE, DONE, DONE, WAITS]
    assert Report(folder, "v2", False).parts == Report(folder, "v1", again=True).parts == {}


def fails(error):
    def run(setting):
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "outcome", "reason"),
    [
        (NeedsGPUError("it needs a GPU"), LEFT_OUT, "it needs a GPU"),
        (ModuleNotFoundError("No module named 'psutil'"), LEFT_OUT, "a package is missing: No module named"),
        (AssertionError("not the file's weights"), FAILED, "AssertionError: not the file's weights"),
    ],
)
def test_what_could_not_be_shown_has_its_reason_and_is_tried_again(here, error, outcome, reason):
    folder, begun = here
    for _ in range(2):
        run_all([part("a", run=fails(error)), part("b")], Report(folder, "v1", False), 5_000, [])
    assert begun == ["a", "b", "a"]
    kept = json.loads((folder / "report.json").read_text())["parts"]
    assert (
        kept["a"]["outcome"] == outcome and reason in kept["a"]["reason"] and kept["b"]["rows"] == [{"x": 1}]
    )
    assert reason in (folder / "report.md").read_text()


def test_a_failure_stays_with_its_reason_where_no_time_is_left_to_try_again(here):
    folder, begun = here
    run_all([part("a", run=fails(AssertionError("not equal")))], Report(folder, "v1", False), 5_000, [])
    report = Report(folder, "v1", False)
    run_all([part("a"), part("b")], report, 5, [])
    assert begun == ["a"] and [report.outcome(name) for name in "ab"] == [FAILED, WAITS]
    assert "not equal" in (folder / "report.md").read_text()


@pytest.mark.slow
def test_a_part_has_a_process_of_its_own_which_ends_with_its_budget():
    outcome, reason, rows = run_apart(part("tests", 120), HERE)
    assert (outcome, reason, rows) == (LEFT_OUT, "it needs a GPU", [])
    start = time.monotonic()
    outcome, reason, _ = run_apart(part("limits", 0.3), HERE)
    assert outcome == FAILED and "not done after" in reason and time.monotonic() - start < 30
    outcome, reason, _ = run_apart(part("unknown", 120), HERE)
    assert outcome == FAILED and "KeyError" in reason


@pytest.mark.slow
def test_what_a_processor_can_rehearse_runs():
    assert [row["unit"] for row in gpu_parts.limits(REHEARSAL)] == ["TFLOP/s"] * 3 + ["TB/s"]
    assert gpu_parts.rates(REHEARSAL)[0]["arithmetic"] == "fp32"
    assert gpu_parts.celeba(REHEARSAL)[0]["pictures"] == 100
    [row] = gpu_parts.goes_on(REHEARSAL)
    assert row["weights apart at most"] == "0.0e+00"  # here it is the same processor
    for needs in (gpu_parts.tests, gpu_parts.too_large):
        with pytest.raises(NeedsGPUError):
            needs(REHEARSAL)


@pytest.mark.notebooks
def test_a_notebook_is_timed_and_the_time_reaches_its_head(tmp_path, monkeypatch):
    head = nbformat.v4.new_markdown_cell("**Time:** 5 minutes to read, 9 s to run on two CPU cores.")
    for name, code in {"good": "assert 1 + 1 == 2", "bad": "assert False"}.items():
        notebook = nbformat.v4.new_notebook(cells=[head, nbformat.v4.new_code_cell(code)])
        nbformat.write(notebook, tmp_path / f"{name}.ipynb")
    with pytest.raises(AssertionError, match=r"bad\.ipynb, cell 1"):
        gpu_parts.notebook(REHEARSAL, tmp_path / "bad.ipynb")
    rows = gpu_parts.notebook(REHEARSAL, tmp_path / "good.ipynb")

    monkeypatch.setattr(on_gpu, "gpu_name", lambda: "NVIDIA H200")
    Report(tmp_path / "_build" / "on_gpu", "v1", False).note("good", DONE, 1.0, rows=rows)
    (tmp_path / "book").mkdir()
    (tmp_path / "good.ipynb").rename(tmp_path / "book" / "good.ipynb")
    monkeypatch.setattr(run_times.notebook_cache, "ROOT", tmp_path)
    monkeypatch.setattr(run_times.notebook_cache, "BUILD", tmp_path / "_build")
    monkeypatch.setattr(sys, "argv", ["run_times", "--gpu"])
    run_times.main()
    said = nbformat.read(tmp_path / "book" / "good.ipynb", as_version=4).cells[0].source
    assert said.startswith("**Time:** 5 minutes to read, 9 s to run on two CPU cores, ")
    assert f"{round(rows[0]['seconds'])} s on one NVIDIA H200" in said


def test_no_gpu_is_said_before_anything_runs(monkeypatch, capsys):
    monkeypatch.setattr(on_gpu, "gpu_name", lambda: "")
    with pytest.raises(SystemExit):
        on_gpu.main([])
    assert "no CUDA GPU on this machine; --device cpu --tiny" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        on_gpu.main(["--only", "limit"])
    assert "no part limit; there are limits, tests" in capsys.readouterr().err
