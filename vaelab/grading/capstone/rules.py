"""The rules of the capstone, in numbers and words."""

from vaelab.errors import VaelabError
from vaelab.nets import ImageShape

IMAGE_SHAPE: ImageShape = (3, 64, 64)
PARAMETERS = 2_000_000  # trainable numbers of encoder, decoder and heads, at most
PRIOR_NUMBERS = 2_000_000  # of a prior that comes with the model, at most
PRIOR_OPTIONS = {"hidden": 1_024, "width": 1_024, "blocks": 16, "steps": 100, "components": 64}  # of each
CODE = 2_048  # numbers of a code, at most
PICTURES = 320_000  # seen in training, at most: faces times epochs, the same on every machine

WEIGHTS, CARD = "model.safetensors", "card.toml"
WEIGHTS_BYTES = 16 * 2**20  # room for both in 32-bit numbers; `capstone.save` writes 16 bits
CARD_BYTES = 64 * 2**10

POINTS = {"bound": 3.0, "frechet": 3.0, "control": 3.0, "card": 1.0}
# Distances of two models' pictures, see `drawn.distance`: below these they are one model's, or one is like
# the other. Measured: copies in disguise below 0.001; portrait-vae trained on with 640 pictures 0.03,
# small-portrait-vae with 2,560 0.05 and, in large steps, 0.26; one recipe trained twice, with 5,000 and with
# 16,000 pictures, 0.58 or more. What has hardly learned is alike anyway: two seeds 0.03 and 0.27.
SAME, NEAR = 0.01, 0.3
TITLES = {
    "bound": "Bound on log p(x)",
    "frechet": "Fréchet distance of samples",
    "control": "Attribute control",
    "card": "Card",
}

# The written part, marked by hand, beside the ten points: marks -> what earns them.
RUBRIC = {
    3: "names a failure that can be seen in the pictures or numbers, gives a likely cause, and says what "
    "would test it",
    2: "names a failure of this model and a likely cause",
    1: "names a failure, or says in general what VAEs do badly",
    0: "names none",
}


def means(name: str) -> str:
    """The file of a submission that a name stands for: Windows makes it Card.toml, or card.toml.txt."""
    plain = name.casefold().removesuffix(".txt")
    return plain if plain in (WEIGHTS, CARD) else name


class NotAcceptedError(VaelabError, ValueError):
    """A submission that breaks a rule or cannot be read; the message is for its author."""
