"""Does a submission look like weights that everybody has? A remark for the instructor, no verdict."""

import torch

from vaelab import weights
from vaelab.grading.capstone.submission import Submission

NEAR = 0.5  # of the shipped weights' own length


def remarks(found: Submission) -> tuple[str, ...]:
    """A sentence for each shipped model that the submitted one lies near to."""
    shipped = (name for name in weights.names() if name.endswith("vae"))
    distances = {name: distance(found.model, weights.pretrained(name)) for name in shipped}
    return tuple(
        f"These weights lie near those of {name}, which comes with vaelab (distance {d:.2f} of their length; "
        "0 is a copy). Ask how they were made."
        for name, d in distances.items()
        if d < NEAR
    )


def distance(model: torch.nn.Module, other: torch.nn.Module) -> float:
    """||a - b|| / ||b|| over encoder, decoder and heads of two models; infinite where these do not match."""
    a, b = (_networks(m) for m in (model, other))
    if {k: v.shape for k, v in a.items()} != {k: v.shape for k, v in b.items()}:
        return float("inf")
    difference = sum((a[k] - b[k]).double().square().sum() for k in b)
    return (difference / sum(v.double().square().sum() for v in b.values())).sqrt().item()


def _networks(model: torch.nn.Module) -> dict[str, torch.nn.Parameter]:
    """The parameters without noise level and prior: a copy may come with others, or with none."""
    named = model.named_parameters()
    return {name: value for name, value in named if not name.startswith(("likelihood.", "prior."))}
