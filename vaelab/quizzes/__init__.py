"""Self-check questions for the end of each chapter: `quiz("06-variational-autoencoders")`.

Why our own: jupyterquiz 2.9.6 fetches MathJax from a server where the page has none, keeps no answers, gives
screen readers no role and no live region, and shows nothing without JavaScript. What is needed is small:
questions as TOML, formulas as MathML, and one front-end module.
"""

from vaelab.extras import require

require("notebooks", "A quiz", "anywidget", "latex2mathml")

from vaelab.quizzes.questions import QuizError, names
from vaelab.quizzes.widget import Quiz, quiz

__all__ = ["Quiz", "QuizError", "names", "quiz"]
