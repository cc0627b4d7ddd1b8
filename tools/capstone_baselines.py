"""Measure the capstone's baselines, from which its points follow.

    python -m tools.capstone_baselines                                # public faces, the file in vaelab
    python -m tools.capstone_baselines --seed 4711 --out hidden.json  # hidden ones, for instructors

- weak, where points begin: the notebook's own training cell, with a twentieth of the budget and no prior;
- strong, from which on there are no more: `portrait-vae`, as it comes with vaelab, and its prior;
- published, to compare with: `tds-face-vae`, the well-known tutorial's model, as it comes with vaelab.

Both shipped models are within the size. `portrait-vae` saw as many pictures as the budget has, so all points
can be had. `tds-face-vae` saw about twice as many, and so stands for no points.
"""

import argparse
import platform
import sys
from pathlib import Path

import torch

import vaelab
from vaelab import recipes, weights
from vaelab.grading.capstone import rules
from vaelab.grading.capstone.measures import ATTRIBUTES, DRAWS, MEASURES, PUBLIC, Faces
from vaelab.grading.capstone.standard import BASELINES, Standard
from vaelab.models import VAE

WEAK, SHARE, EPOCHS = "small-portrait-vae", 0.05, 15  # the notebook's recipe; of the budget; its epochs
SHIPPED = {"published": "tds-face-vae", "strong": "portrait-vae"}


def weak() -> VAE:
    """What the notebook's training cell gives with `SHARE` of the budget, on the CPU."""
    faces = vaelab.load("portraits", size=64, n=int(SHARE * rules.PICTURES) // EPOCHS)
    model = recipes.build(WEAK, seed=0)
    # Fixed, where a probe might choose differently in another run.
    exact = {"device": "cpu", "precision": "fp32", "channels_last": True}
    vaelab.fit(model, faces, epochs=EPOCHS, batch_size=64, **exact)
    return model


def made() -> dict:
    """How the baselines were made, for people."""
    cards = {key: weights.card(name) for key, name in SHIPPED.items()}
    seen = {key: int(card["data"].split()[0]) * card["epochs"] for key, card in cards.items()}
    told = {key: f"{name} as shipped, {seen[key]:,} pictures seen" for key, name in SHIPPED.items()}
    return {
        "weak": f"{WEAK} by the notebook's training cell, {SHARE:.0%} of the budget",
        **told,
        "bound": f"importance-weighted, {DRAWS} draws, common rule for sigma, nats a picture",
        "control": f"mean over {', '.join(ATTRIBUTES)}",
        "command": "python -m tools.capstone_baselines",
        "with": f"{platform.machine()} processor, PyTorch {torch.__version__.split('+')[0]}",
    }


def standard(faces: Faces) -> Standard:
    """Measure all three on `faces`. Raises StandardError if strong is not better than weak."""
    models = {"weak": weak()} | {key: vaelab.pretrained(name) for key, name in SHIPPED.items()}
    values = {
        name: {key: float(f"{measure(model, faces):.6g}") for key, model in models.items()}
        for name, measure in MEASURES.items()
    }
    return Standard.of(faces, values, made())


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
