"""The capstone: train a face VAE under a fixed budget, hand in its weights and a card.

A submission is a folder (or a zip of it) with `model.safetensors` and `card.toml`. Nothing in it is run or
unpickled: vaelab builds the model from the recipe that the weights file names, and fills it.

- `rules`: what is allowed, what gives points;  `card`: the card, written and read;
- `handed_in`: which files are the submission;  `submission`: from these to a model and its prior, or to a
  sentence that says why not;  `written`: `save`, from a model to a folder;
- `measures`: bound, Frechet distance, attribute control;  `standard`: from a measure to points;
- `drawn`: samples, the worst faces, and whose pictures they are;  `figures`: these as HTML;
- `scoring`: `check_folder` for learners, `score` for instructors;  `capstone_score`: what they give;
- `command`: `vaelab capstone`;  `pages`: what its pages show of a class.
"""

from vaelab.grading.capstone.capstone_score import CapstoneScore
from vaelab.grading.capstone.measures import Faces
from vaelab.grading.capstone.rules import PARAMETERS, PICTURES, POINTS
from vaelab.grading.capstone.scoring import check_folder, score
from vaelab.grading.capstone.standard import Standard
from vaelab.grading.capstone.written import save

__all__ = [
    "PARAMETERS",
    "PICTURES",
    "POINTS",
    "CapstoneScore",
    "Faces",
    "Standard",
    "check_folder",
    "save",
    "score",
]
