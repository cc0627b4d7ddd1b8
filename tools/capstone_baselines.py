"""Measure the capstone's baselines, from which its points follow.

    python -m tools.capstone_baselines                                # public faces, the file in vaelab
    python -m tools.capstone_baselines --seed 4711 --out hidden.json  # hidden ones, for instructors

- weak, where points begin: the notebook's own training cell, with a twentieth of the budget and no prior;
- ours, to compare with: `portrait-vae`, as it comes with vaelab, and its prior;
- published, to compare with: `tds-face-vae`, the well-known tutorial's model, as it comes with vaelab;
- end, where there are no more points: half of what ours lacks is gone, see `ends`.

Both shipped models are within the size. `portrait-vae` saw as many pictures as the budget has; the end lies
beyond it, so that nobody is done by repeating its recipe. `tds-face-vae` saw about twice as many.
"""

import argparse
import math
import platform
import sys
from pathlib import Path

import torch

import vaelab
from tools.whole import whole
from vaelab import evaluation, recipes, weights
from vaelab.grading.capstone import rules
from vaelab.grading.capstone.measures import (
    ATTRIBUTES,
    DRAWS,
    MEASURES,
    PUBLIC,
    Faces,
    training_faces,
    unseen,
)
from vaelab.grading.capstone.standard import BASELINES, Standard
from vaelab.models import VAE

WEAK, SHARE, EPOCHS = "small-portrait-vae", 0.05, 15  # the notebook's recipe; of the budget; its epochs
SHIPPED = {"published": "tds-face-vae", "ours": "portrait-vae"}


def weak() -> VAE:
    """What the notebook's training cell gives with `SHARE` of the budget, on the CPU."""
    faces = vaelab.load("portraits", size=64, n=int(SHARE * rules.PICTURES) // EPOCHS)
    model = recipes.build(WEAK, seed=0)
    # Fixed, where a probe might choose differently in another run.
    exact = {"device": "cpu", "precision": "fp32", "channels_last": True}
    whole(vaelab.fit(model, faces, epochs=EPOCHS, batch_size=64, **exact))
    return model


def made() -> dict:
    """How the baselines were made, for people."""
    cards = {key: weights.card(name) for key, name in SHIPPED.items()}
    seen = {key: int(card["data"].split()[0]) * card["epochs"] for key, card in cards.items()}
    told = {key: f"{name} as shipped, {seen[key]:,} pictures seen" for key, name in SHIPPED.items()}
    return {
        "weak": f"{WEAK} by the notebook's training cell, {SHARE:.0%} of the budget",
        **told,
        "end": "half of what portrait-vae lacks in error, log(distance / real faces'), 1 - control",
        "bound": f"importance-weighted, {DRAWS} draws, common rule for sigma, nats a picture",
        "control": f"mean over {', '.join(ATTRIBUTES)}",
        "command": "python -m tools.capstone_baselines",
        "with": f"{platform.machine()} processor, PyTorch {torch.__version__.split('+')[0]}",
    }


def ends(ours: dict[str, float], faces: Faces) -> dict[str, float]:
    """Where the scales end, from what `portrait-vae` reaches: half of what it lacks is gone.

    - Bound: half its squared error. With sigma set to the error, a bound falls by D / 2 log(error).
    - Distance: half the way, in the logarithm, to that of real faces from each other. It is the mean over two
      lots of training faces as many as the samples: nobody's samples can be expected to come closer.
    - Control: half the way to 1, where each edit does what it should and nothing else.
    """
    return {
        "bound": ours["bound"] + math.prod(rules.IMAGE_SHAPE) / 2 * math.log(2),
        "frechet": math.sqrt(ours["frechet"] * _between_real_faces(faces)),
        "control": (ours["control"] + 1) / 2,
    }


def _between_real_faces(faces: Faces) -> float:
    judge = evaluation.portrait_features()
    new = evaluation.extract_features(judge, unseen(faces))
    lots = evaluation.extract_features(judge, training_faces()[: 2 * faces.count]).split(faces.count)
    return sum(evaluation.frechet_distance(lot, new) for lot in lots) / len(lots)


def standard(faces: Faces) -> Standard:
    """Measure all on `faces`. Raises StandardError if they are not in order."""
    models = {"weak": weak()} | {key: vaelab.pretrained(name) for key, name in SHIPPED.items()}
    values = {
        name: {key: measure(model, faces) for key, model in models.items()}
        for name, measure in MEASURES.items()
    }
    return with_ends(faces, values)


def with_ends(faces: Faces, values: dict[str, dict[str, float]]) -> Standard:
    """The standard of measured baselines, measure -> baseline -> value."""
    end = ends({name: of["ours"] for name, of in values.items()}, faces)
    rounded = {
        name: {key: float(f"{value:.6g}") for key, value in (of | {"end": end[name]}).items()}
        for name, of in values.items()
    }
    return Standard.of(faces, rounded, made())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, help="draw hidden faces from this seed; needs --out")
    parser.add_argument("--out", type=Path, help="the file to write")
    chosen = parser.parse_args()
    if chosen.seed is not None and chosen.out is None:
        parser.error("--seed is for hidden faces: say with --out where they go, away from what learners get")
    faces = PUBLIC if chosen.seed is None else Faces("test", chosen.seed)
    result = standard(faces)
    result.write(chosen.out or BASELINES)
    for name, values in result.values.items():
        print(name, values)


if __name__ == "__main__":
    sys.exit(main())
