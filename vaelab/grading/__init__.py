"""Exercises: checks for the learner, scores for the instructor.

A notebook begins with `check = grading.sheet("04-kl-divergence")`; see `vaelab.grading.exercise` for
how a check is written.
"""

import lazy_loader

from vaelab.extras import require

require("grading", "Grading", "IPython", "jupytext", "nbformat")

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
