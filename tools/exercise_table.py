"""Sphinx extension: a table of the exercises and their questions, from the sheets themselves.

The directive `{exercise-table}` lists each exercise with a link, its questions, and their points; those that
only the instructor's checks give are counted in.
"""

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from vaelab.grading.check_report import number
from vaelab.grading.choices import Choice, Prediction
from vaelab.grading.sheet import EXERCISES, exercise


def rows() -> list[str]:
    """The table, as MyST text."""
    lines = ["| Exercise | Questions, with their points |", "|---|---|"]
    for name in EXERCISES:
        questions = exercise(name).questions.values()
        listed = "; ".join(f"{question.title} ({number(question.points)})" for question in questions)
        cases = [case for question in questions for case in question.cases]
        guessed = sum(case.points for case in cases if isinstance(case.check, Prediction))
        chosen = sum(case.points for case in cases if isinstance(case.check, Choice)) - guessed
        shares = {"by letters": chosen, "by predictions": guessed}
        of_these = ", ".join(f"{number(points)} {how}" for how, points in shares.items() if points)
        more = f". *Of these {of_these}.*" if of_these else ""
        lines.append(f"| {{doc}}`/book/exercises/{name}` | {listed}{more} |")
    return lines


class ExerciseTable(SphinxDirective):
    def run(self):
        box = nodes.container()
        self.state.nested_parse(StringList(rows(), source="exercises"), 0, box)
        return box.children


def setup(app):
    app.add_directive("exercise-table", ExerciseTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
