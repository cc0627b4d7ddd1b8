"""Hidden checks of exercise 9: other sizes, other faces."""

import torch

from vaelab.grading import HiddenCases, diagnose, expect
from vaelab.grading.sheets.latent_arithmetic import (
    TOY,
    between,
    in_any_order,
    labelled,
    learned,
    medium,
    remade,
    scored,
    tried,
    turned,
)

hidden = HiddenCases("09-latent-arithmetic")
hidden.rubric(
    "q3",
    {
        1: "compares at the same wanted change (or at the same length), not at the same number of steps",
        2: "and says why: the length of a vector is arbitrary; or that A and B are then equally clean",
    },
)


@hidden.case("q1", 0.5, gate=True)
def other_sizes_and_angles(s):
    for dims, degrees, ends, n in (
        (64, 75, (7.0, 4.0), 9),
        (2, 150, (1.0, 1.0), 2),
        (200, 1.5, (0.5, 30.0), 6),
    ):
        a, b, axes = between(*ends, degrees, dims=dims, seed=n)
        right = turned(axes, degrees, torch.linspace(*ends, n, dtype=torch.float64))
        value = s.walk(a.float(), b.float(), n)
        diagnose(
            value, right, {}, f"Wrong for {n} codes of {dims} numbers at {degrees}°.", rtol=2e-3, atol=1e-3
        )


def weighted(codes, present, other) -> torch.Tensor:
    """The balanced vector, by a weight for each face."""
    group = 2 * present.long() + other.long()
    share = 0.5 / torch.bincount(group, minlength=4)[group]
    return (torch.where(present, share, -share)[:, None] * codes).sum(0)


@hidden.case("q2", 1, gate=True)
def other_sets(s):
    for counts, dims in (((1, 40, 7, 3), 64), ((30, 30, 2, 90), 5)):
        given = labelled(counts, dims, seed=sum(counts))
        message = f"Wrong for groups of {counts} faces."
        diagnose(s.balanced_vector(*given), weighted(*given), {}, message, rtol=1e-3, atol=1e-3)


@hidden.case("q4", 0.5, gate=True)
def pictures_with_height_and_width(s):
    random = torch.Generator().manual_seed(7)
    pictures = torch.rand(31, 1, 2, 2, generator=random)
    vector = torch.tensor([-0.4, 0.15])
    toy = (
        TOY[0].replace("x @", "x.flatten(1) @"),
        "lambda z: (0.8 * z @ E.T).reshape(-1, 1, 2, 2)",
        TOY[2].replace("x - 0.5", "x.flatten(1) - 0.5"),
    )
    value = scored(s, pictures, vector, toy)
    rows = pictures.flatten(1)
    right = (medium(remade(rows, 0 * vector)) != medium(remade(rows, vector))).float().mean(0)
    diagnose(value, right, {}, "Wrong for pictures with height and width.")


@hidden.case("q6", 1, gate=True)
def on_other_people(s):
    told = tried(learned(s, in_any_order(3)), 100, 300)
    kept = told.smile <= 0.13 and told.others <= 0.23  # a little room, for these are others
    expect(told.worn >= 0.87 and kept, f"On other people. {told}")
