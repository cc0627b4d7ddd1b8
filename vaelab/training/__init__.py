"""Training: `fit`, the loop of the course, and what lets it survive and go fast."""

from vaelab.training.checkpoints import Checkpoints
from vaelab.training.draws import batch_order
from vaelab.training.history import History
from vaelab.training.loop import fit
from vaelab.training.terms import Terms, mean_terms

__all__ = ["Checkpoints", "History", "Terms", "batch_order", "fit", "mean_terms"]
