"""A quiz in a page and in JupyterLab: one explorer, whose still form is the whole quiz without scripts."""

import hashlib
import json

from traitlets import List, Unicode

from vaelab.explorers.explorer import Explorer
from vaelab.quizzes.questions import load


def _still_question(question: dict) -> str:
    choices = "".join(f"<li>{choice['text']}</li>" for choice in question["choices"])
    whys = "".join(
        f"<li>{'<b>✓ Right.</b> ' if choice['right'] else ''}{choice['why']}</li>"
        for choice in question["choices"]
    )
    return (
        f'<li><p>{question["text"]}</p><ol type="A">{choices}</ol>'
        f'<details><summary>Answer</summary><ol type="A">{whys}</ol></details></li>'
    )


class Quiz(Explorer):
    """Questions with one right choice each; every choice has its own explanation."""

    kind = Unicode("quiz").tag(sync=True)
    name = Unicode().tag(sync=True)
    version = Unicode().tag(sync=True)  # of the questions: kept answers to others do not count
    questions = List().tag(sync=True)
    answers = List().tag(sync=True)  # for each question the number of the choice, counted from 0, or None

    def still(self) -> str:
        return f'<ol class="vae-quiz">{"".join(map(_still_question, self.questions))}</ol>'


def quiz(name: str) -> Quiz:
    """The quiz at the end of a chapter; its `answers` can be observed.

    name: the chapter's, such as "06-variational-autoencoders". Raises vaelab.errors.UnknownNameError for
    a quiz that does not exist. The reader's answers stay in the reader's browser.
    """
    questions = load(name)
    version = hashlib.sha256(json.dumps(questions).encode()).hexdigest()[:8]
    return Quiz(
        title=f"{len(questions)} questions to check yourself",
        name=name,
        version=version,
        questions=questions,
        answers=[None] * len(questions),
    )
