"""An exercise in JupyterLab, as a learner meets it: untouched, with a wrong answer, with a right one."""

import json
import shutil
from pathlib import Path

import pytest

from tools import browsers

ROOT = Path(__file__).resolve().parents[2]
NAME = "04-kl-divergence"
EACH = "def throws_needed(p, q, odds):\n    each = torch.xlogy(p, p / q).sum()\n    return "
WRONG = f"{EACH}int(math.log(odds) / each)"
RIGHT = f"{EACH}math.ceil(math.log(odds) / each)"


class Exercise:
    """The exercise's notebook in JupyterLab, run once from top to bottom."""

    def __init__(self, page, address: str, folder: Path):
        self.page, self.folder = page, folder
        page.set_default_timeout(1000 * browsers.PATIENCE)
        page.goto(f"{address}/lab/tree/exercises/{NAME}.ipynb")
        self.ran_without_error = browsers.run_all_cells(page)

    def cell(self, text: str):
        """The code cell that holds this text."""
        return self.page.locator(".jp-CodeCell").filter(has_text=text).first

    def write(self, cell, code: str) -> None:
        """Replace the cell's code as a person does, and run it."""
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(code)
        self.page.keyboard.press("Shift+Enter")

    def check(self, question: str, *words: str) -> None:
        """Run the cell that checks the question, and wait until it says words that it has not said before."""
        cell = self.cell(f'check("{question}")')
        output = cell.locator(".jp-OutputArea-output")
        for one in words:
            output = output.filter(has_text=one)
        assert output.count() == 0
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Shift+Enter")
        output.first.wait_for()


@pytest.fixture(scope="module")
def exercise(browser, tmp_path_factory):
    folder = tmp_path_factory.mktemp("course")
    for name in ("home", "exercises", "book"):
        (folder / name).mkdir()
    shutil.copy(ROOT / "exercises" / f"{NAME}.ipynb", folder / "exercises")
    shutil.copy(ROOT / "book" / f"{NAME}.ipynb", folder / "book")
    context = browser.new_context(viewport={"width": 1200, "height": 3000})
    with browsers.jupyter(folder, folder / "home") as address:
        yield Exercise(context.new_page(), address, folder)
        context.close()


def test_an_untouched_sheet_runs_and_says_what_is_open(exercise):
    assert exercise.ran_without_error
    exercise.cell('check("q2")').filter(has_text="not answered yet").wait_for()
    exercise.cell("check()").filter(has_text="0 of").wait_for()
    assert not (exercise.folder / "exercises" / "progress.json").exists()


def test_a_wrong_answer_is_named_and_a_right_one_kept(exercise):
    exercise.write(exercise.cell("def throws_needed"), WRONG)
    exercise.check("q2", "Rounded down", "0 of 1.5 points")
    exercise.write(exercise.cell("def throws_needed"), RIGHT)
    exercise.check("q2", "1.5 of 1.5 points")
    kept = json.loads((exercise.folder / "exercises" / "progress.json").read_text())
    assert kept[NAME]["q2"]["points"] == 1.5


def test_the_section_to_read_again_opens_in_jupyterlab(exercise):
    exercise.cell('check("q3")').get_by_role("link", name="chapter 4").click()
    # The sheet and the chapter have the same name, so only the folder tells which of them is in front.
    exercise.page.wait_for_function(f"jupyterapp.shell.currentWidget.context.path === 'book/{NAME}.ipynb'")
