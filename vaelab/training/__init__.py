"""Training: `fit`, the loop of the course, and what lets it survive and go fast."""

from vaelab.training.checkpoints import Checkpoints
from vaelab.training.history import History, Terms, mean_terms
from vaelab.training.loop import fit
from vaelab.training.muon import Muon
from vaelab.training.settings import batch_order

__all__ = ["Checkpoints", "History", "Muon", "Terms", "batch_order", "fit", "mean_terms"]
