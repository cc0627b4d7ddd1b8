"""`save`: a trained model to a folder that can be handed in."""

import os
from collections.abc import Sequence
from pathlib import Path

from vaelab import weights
from vaelab.data import ImageSet
from vaelab.files import written_whole
from vaelab.grading.capstone.card import Card, Run
from vaelab.grading.capstone.rules import CARD, WEIGHTS
from vaelab.models import VAE
from vaelab.training import History


def save(
    model: VAE,
    folder: str | os.PathLike,
    runs: Sequence[tuple[ImageSet, History]],
    *,
    name: str = "",
    tried: str = "",
    failures: str = "",
) -> Path:
    """Write a submission: the weights as 16-bit floats, and the card.

    Args:
        model: built by `recipes.build`. Its prior, if it has one, is handed in with it.
        folder: made if it is not there; files of an earlier submission in it are replaced.
        runs: for each call of `fit` that trained this model, the faces it was given and the history it
            returned. From these the card tells pictures seen, seconds, device and losses.
        name: who hands it in.
        tried: a paragraph on what you tried and what it did.
        failures: a paragraph on what the model does badly.

    Returns:
        The folder.

    Raises:
        WeightsError: the model was not built by `recipes.build`.
    """
    folder = Path(folder).expanduser()
    weights.save(model, folder / WEIGHTS)
    card = Card(
        name=name.strip(),
        tried=tried.strip(),
        failures=failures.strip(),
        recipe=model.recipe["name"],
        options=model.recipe["changes"],
        runs=tuple(_run(faces, history) for faces, history in runs),
    )
    with written_whole(folder / CARD) as temporary:
        temporary.write_text(card.text(), encoding="utf-8")
    return folder


def _run(faces: ImageSet, history: History) -> Run:
    """What an interrupted epoch has seen counts as a whole one."""
    return Run(
        faces=len(faces),
        epochs=len(history.train) + history.interrupted,
        seconds=round(history.seconds, 1),
        device=history.device,
        arithmetic=history.arithmetic,
        loss=[float(f"{loss:.6g}") for loss in history["loss"]],
    )
