"""Sheets of a model's faces, to be looked at: what no number tells.

    python -m tools.face_sheets portrait-vae --out sheets

Each is one PNG file:

- samples: 100 draws from the model's own prior, or from N(0, I) where it has none;
- reconstructions: 100 unseen portraits, each with its reconstruction to the right;
- edits by vector, edits by map: for each attribute ten unseen faces, reconstructed and edited.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor
from torchvision.utils import make_grid

import vaelab
from tools import face_judge
from vaelab import latent, weights
from vaelab.data import ImageSet
from vaelab.models import VAE

FACES, PER_ATTRIBUTE, TRAIN = 100, 10, face_judge.TRAIN
SCALE = 2  # each pixel of a face is so many wide on the sheet
GAP, MARGIN = 2, 300  # pixels of the sheet: between faces, and for names on the left


def pairs(left: Tensor, right: Tensor) -> Tensor:
    """Two sets of pictures, (N, C, H, W) each, in turns: (2N, C, H, W)."""
    return torch.stack([left, right], dim=1).flatten(0, 1)


def sheet(pictures: Tensor, columns: int, names: tuple[str, ...] = ()) -> Image.Image:
    """Pictures (N, 3, H, W) in [0, 1] in rows on white, with a name for each row."""
    large = pictures.repeat_interleave(SCALE, 2).repeat_interleave(SCALE, 3)
    grid = make_grid(large, nrow=columns, padding=GAP, pad_value=1.0)
    faces = Image.fromarray((255 * grid).round().clamp(0, 255).byte().permute(1, 2, 0).numpy())
    if not names:
        return faces
    page = Image.new("RGB", (faces.width + MARGIN, faces.height), "white")
    page.paste(faces, (MARGIN, 0))
    height, draw, font = large.shape[2] + GAP, ImageDraw.Draw(page), ImageFont.load_default(24)
    for row, name in enumerate(names):
        draw.text((8, (row + 0.4) * height), name, fill="black", font=font)
    return page


def samples(model: VAE) -> Image.Image:
    """Draws from the model's own prior, or from N(0, I), decoded."""
    return sheet(model.sample(FACES, seed=0).cpu(), 10)


def reconstructions(model: VAE, test: ImageSet) -> Image.Image:
    """Unseen portraits, each with its reconstruction to the right."""
    seen = test[:FACES]
    return sheet(pairs(seen.float(), latent.reconstruct(model, seen)), 20)


def edits(model: VAE, train: ImageSet, test: ImageSet) -> Iterator[tuple[str, Image.Image]]:
    """For each way, a row for each attribute: faces that lack it, and the same faces with it."""
    codes, _ = latent.encode(model, train)
    for way, (learn, steps) in face_judge.WAYS.items():
        rows = []
        for name in train.attribute_names:
            faces = face_judge.open_to(test, name)
            before, _ = latent.encode(model, faces[~faces.attribute(name)][:PER_ATTRIBUTE])
            after = latent.edit(before, learn(codes, train.attribute(name)), steps)
            rows.append(pairs(latent.decode(model, before), latent.decode(model, after)))
        yield way, sheet(torch.cat(rows), 2 * PER_ATTRIBUTE, train.attribute_names)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", help="a model that comes with vaelab, or a weights file")
    parser.add_argument("--out", type=Path, default=Path("sheets"), help="the folder to write to")
    chosen = parser.parse_args()
    is_file = chosen.model.endswith(".safetensors")
    model = weights.load(chosen.model) if is_file else vaelab.pretrained(chosen.model)
    size = model.image_shape[1]
    train = vaelab.load("portraits", size=size, n=TRAIN)
    test = vaelab.load("portraits", size=size, n=face_judge.TEST, split="test")
    chosen.out.mkdir(parents=True, exist_ok=True)
    samples(model).save(chosen.out / "samples.png")
    reconstructions(model, test).save(chosen.out / "reconstructions.png")
    for way, page in edits(model, train, test):
        page.save(chosen.out / f"edits by {way}.png")
    print(f"Four sheets are in {chosen.out}.")


if __name__ == "__main__":
    main()
