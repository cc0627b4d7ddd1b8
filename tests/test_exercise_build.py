"""What learners get is made from the sources, and holds nothing of their solutions."""

from pathlib import Path

import jupytext
import pytest

from tools import mutants
from vaelab.grading import build
from vaelab.grading.sheet import EXERCISES
from vaelab.grading.source import SourceError, for_learners, read_source, without_markers, without_solution

ROOT = Path(__file__).resolve().parent.parent

CELL = """\
def std(log_var):
    ### BEGIN SOLUTION
    return (0.5 * log_var).exp()
    ### END SOLUTION"""

BUG = """\
### BEGIN SOLUTION
std = (0.5 * log_var).exp()
### INSTEAD
# if True:
#     std = log_var.exp()
### END SOLUTION
print(std)"""


def test_committed_notebooks_and_pages_equal_a_fresh_build():
    fresh = build.public_files(ROOT)
    stale = [path.name for path, text in fresh.items() if not path.exists() or path.read_text() != text]
    assert stale == [], "run `vaelab exercises build`"


def test_no_page_tells_what_a_right_answer_shows():
    """There is no check on a page, and nothing that appears behind it."""
    pages = {path.stem: text for path, text in build.public_files(ROOT).items() if path.suffix == ".md"}
    assert len(pages) > len(EXERCISES)  # and the capstone
    assert [name for name, text in pages.items() if "If the check is content" in text] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", EXERCISES)
def test_every_plot_to_be_read_is_drawn_by_what_its_page_runs(name):
    """And its code, which may give the answer away, is out of sight in JupyterLab."""
    plots = [
        cell
        for cell in for_learners(read_source(ROOT / "exercises" / "source" / name / "exercise.md")).cells
        if {"figure", "hide-input"} <= set(cell.metadata.get("tags", []))
    ]
    assert all(cell.metadata["jupyter"] == {"source_hidden": True} for cell in plots)
    page = jupytext.read(ROOT / "book" / "exercises" / f"{name}.md", fmt="md:myst")
    shown = [c for c in page.cells if c.cell_type == "code" and "remove-input" in c.metadata.tags]
    assert len(shown) == len(plots)
    folded = [cell.metadata for cell in shown if "hide-output" in cell.metadata.tags]
    assert all(fold["mystnb"]["code_prompt_show"] == "Show the plot" for fold in folded)
    if shown:
        mutants.namespace_of(page)


def test_a_solution_gives_way_to_dots_or_to_what_stands_instead():
    assert without_solution(CELL) == "def std(log_var):\n    ...  # your answer"
    assert without_markers(CELL) == "def std(log_var):\n    return (0.5 * log_var).exp()"
    assert without_solution(BUG) == "if True:\n    std = log_var.exp()\nprint(std)"
    assert without_markers(BUG) == "std = (0.5 * log_var).exp()\nprint(std)"


@pytest.mark.parametrize(
    "broken",
    [
        "### BEGIN SOLUTION\nx = 1",
        "x = 1\n### END SOLUTION",
        "### INSTEAD\n# x\n### END SOLUTION",
        "### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION",
    ],
)
def test_markers_out_of_order_are_refused(broken):
    with pytest.raises(SourceError, match="SOLUTION"):
        without_solution(broken)


def test_a_build_writes_public_and_hidden_files_apart(tmp_path):
    (tmp_path / "exercises").mkdir()
    (tmp_path / "exercises" / "source").symlink_to(ROOT / "exercises" / "source")
    written = build.build(tmp_path)
    hidden = tmp_path / "exercises" / "hidden"
    public = "".join(path.read_text() for path in written if hidden not in path.parents)
    assert "BEGIN SOLUTION" not in public and "HiddenCases" not in public
    assert (hidden / "04-kl-divergence" / "hidden.py").exists()
    assert (hidden / "capstone" / "hidden.json").exists()
    secret = (hidden / "secret.txt").read_text()
    build.build(tmp_path)
    assert len(secret) > 30 and secret not in public and (hidden / "secret.txt").read_text() == secret


def test_without_sources_the_build_says_where_to_run_it(tmp_path):
    with pytest.raises(SourceError, match="clone of the course"):
        build.build(tmp_path)
