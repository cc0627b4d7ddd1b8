"""Checks of exercise 9, latent arithmetic."""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch

import vaelab
from vaelab import evaluation, latent
from vaelab.grading import Exercise, WrongError, agrees, diagnose, expect, number, same_shape, seal, seeded

exercise = Exercise("09-latent-arithmetic", "Exercise 9: Latent arithmetic")

q1 = exercise.question(
    "q1",
    "Turn and stretch",
    section="From one face to another",
    hint="Make both codes one long first. The arc between codes of one length stays at that length. Only "
    "then give each point on it a length of its own.",
    hidden_points=0.5,
)


def between(first: float, second: float, degrees: float, dims: int = 6, seed: int = 0):
    """Two codes of given lengths and angle, in a random plane; and that plane's two axes, (2, dims)."""
    random = seeded(seed)
    axes = torch.linalg.qr(torch.randn(dims, 2, generator=random, dtype=torch.float64)).Q.T
    a = first * axes[0]
    b = second * (math.cos(math.radians(degrees)) * axes[0] + math.sin(math.radians(degrees)) * axes[1])
    return a, b, axes


def turned(axes: torch.Tensor, degrees: float, lengths: torch.Tensor) -> torch.Tensor:
    """Codes at even angles from the first axis on, of given lengths, (n, dims)."""
    angles = torch.linspace(0, math.radians(degrees), len(lengths), dtype=torch.float64)
    return lengths[:, None] * (angles.cos()[:, None] * axes[0] + angles.sin()[:, None] * axes[1])


@q1.case(0.5, gate=True)
def from_one_code_to_the_other(s):
    a, b, _ = between(2, 6, 120)
    value = np.asarray(s.walk(a.float(), b.float(), 5))
    for shape, message in {
        (6, 6): "One code too many: `n` counts both ends.",
        (4, 6): "One code too few: `n` counts both ends.",
        (6, 5): "One code a column: the task asks for one a row.",
    }.items():
        expect(value.shape != shape, message)
    same_shape(value, (5, 6), "One row for each of n codes.")
    expect(np.isfinite(value).all(), "There are values that are not numbers, for two ordinary codes.")
    expect(not (agrees(value[0], b) and agrees(value[-1], a)), "The ends have changed places.")
    expect(agrees(value[0] / np.linalg.norm(value[0]), a / 2), "The first code should be `a`.")
    expect(
        agrees(value[-1] / np.linalg.norm(value[-1]), b / 6),
        "The walk stops before `b`, or beside it: does the last step arrive?",
    )
    expect(
        agrees(value[0], a) and agrees(value[-1], b),
        "The ends point the right way, but have not the lengths of `a` and `b`.",
    )
    two = np.asarray(s.walk(a.float(), b.float(), 2))
    diagnose(two, torch.stack([a, b]), {}, "With n = 2 there are only `a` and `b`.", rtol=1e-3, atol=1e-4)


@q1.case(0.5, gate=True)
def turning_and_stretching_evenly(s):
    a, b, axes = between(2, 6, 120)
    lengths = torch.linspace(2, 6, 5, dtype=torch.float64)
    right = turned(axes, 120, lengths)
    alpha = torch.linspace(0, 1, 5, dtype=torch.float64)[:, None]
    straight = latent.interpolate(a, b, 5)
    unit_chord = latent.interpolate(a / 2, b / 6, 5)
    geometric = turned(axes, 120, 2 * 3 ** alpha[:, 0])
    whole = latent.great_circle(a, b, 5)
    straight_length = straight.norm(dim=1, keepdim=True)
    value = s.walk(a.float(), b.float(), 5)
    same_shape(value, (5, 6), "One row for each of n codes.")
    mistakes = {
        "This is the straight line. It neither turns evenly nor stretches evenly.": straight,
        "The arc between the whole codes: as these differ in length, those on the way are uneven.": whole,
        "The lengths are right, but the arc between codes of unequal length turns unevenly.": (
            lengths[:, None] * whole / whole.norm(dim=1, keepdim=True)
        ),
        "The lengths are right, the angles uneven: these are directions on a straight line.": (
            lengths[:, None] * unit_chord / unit_chord.norm(dim=1, keepdim=True)
        ),
        "The lengths are right, but the directions are those of the straight line from `a` to `b`.": (
            lengths[:, None] * straight / straight_length
        ),
        "The directions are mixed along a straight line: that cuts the lengths short in the middle.": (
            lengths[:, None] * unit_chord
        ),
        "The directions are right, but the lengths are those of the straight line.": (
            straight_length * right / lengths[:, None]
        ),
        "The length grows by the same factor each time, where the same amount was asked for.": geometric,
    }
    otherwise = (
        "What lies between the ends is not right yet. Look at the lengths, then at the angle of each step."
    )
    diagnose(value, right, mistakes, otherwise, rtol=1e-3, atol=1e-4)


@q1.case(0.5)
def codes_that_point_the_same_way(s):
    for seed in range(4):
        a = between(3, 1, 90, dims=64, seed=seed)[0]
        value = np.asarray(s.walk(a.float(), (2.5 * a).float(), 4))
        expect(
            value.dtype.kind in "fiu" and np.isfinite(value).all(),
            "Not a number, where both codes point the same way. What is the angle there, and what do you "
            "divide by? Rounding may also carry a cosine a hair above 1.",
        )
        same_shape(value, (4, 64), "One row for each of n codes.")
        right = torch.linspace(1, 2.5, 4, dtype=torch.float64)[:, None] * a
        diagnose(value, right, {}, "Only the length should change here, evenly.", rtol=2e-3, atol=1e-3)


q2 = exercise.question(
    "q2",
    "Repair a vector",
    section="A trap of our own",
    hint="The two masks cut the faces into four groups. What is the average code of one group? With which "
    "share should each of the two groups that have the attribute enter their average?",
    hidden_points=1,
)


def labelled(counts: tuple[int, int, int, int], dims: int, seed: int):
    """Random codes with labels: how many have both, the attribute only, the other only, neither; shuffled."""
    random = seeded(seed)
    present = torch.tensor([True, True, False, False]).repeat_interleave(torch.tensor(counts))
    other = torch.tensor([True, False, True, False]).repeat_interleave(torch.tensor(counts))
    order = torch.randperm(len(present), generator=random)
    present, other = present[order], other[order]
    noise = torch.randn(len(present), dims, generator=random)
    codes = noise + 2 * present[:, None] * torch.randn(dims, generator=random)
    codes += 3 * (present & other)[:, None] + torch.arange(dims) * other[:, None]
    return codes, present, other


@q2.case(1, gate=True)
def each_side_balanced(s):
    given = codes, present, other = labelled((6, 2, 3, 9), 3, seed=1)
    both, only, rest, neither = (
        codes[here].mean(0)
        for here in (present & other, present & ~other, ~present & other, ~present & ~other)
    )
    right, of_other = (both + only - rest - neither) / 2, (both + rest - only - neither) / 2
    kept = []  # the chapter's way: in each group of `other`, as many with as without
    for group in (other, ~other):
        sides = [(group & mask).nonzero()[:, 0] for mask in (present, ~present)]
        kept += [side[: min(map(len, sides))] for side in sides]
    kept = torch.cat(kept)
    fewest = min(int((here & group).sum()) for here in (present, ~present) for group in (other, ~other))
    first = [
        codes[here & group][:fewest].mean(0) for here in (present, ~present) for group in (other, ~other)
    ]
    within = [codes[present & k].mean(0) - codes[~present & k].mean(0) for k in (other, ~other)]
    counts = other.sum(), (~other).sum()
    value = s.balanced_vector(*given)
    if np.shape(value) == (20,):
        raise WrongError(
            "One value for each face: the average should run over the faces, not over the latents."
        )
    same_shape(value, (3,), "One vector, as long as a code.")
    evened = 0.5 * (codes[present & other].mean(0) + codes[present & ~other].mean(0))
    mistakes = {
        "This is the plain attribute vector: `other` has not been evened out.": (
            latent.attribute_vector(codes, present)
        ),
        "The sign is turned round: with minus without was asked for.": -right,
        "This is the balanced vector of `other`. The two masks have changed places.": (of_other),
        "Twice as long as it should be: the two groups should be averaged.": 2 * right,
        "Half as long as it should be: one division by 2 too many?": right / 2,
        "Only those who have `other` enter. Keep every face.": within[0],
        "Only those who lack `other` enter. Keep every face.": within[1],
        "The two differences are weighted by how many faces they come from. Both should count alike.": (
            (counts[0] * within[0] + counts[1] * within[1]) / 20
        ),
        "Faces are left out to balance the set. Keep every face, and weigh them.": (
            latent.attribute_vector(codes[kept], present[kept])
        ),
        "Faces are left out until all four groups are of one size. Keep every face, and weigh them.": (
            (first[0] + first[1] - first[2] - first[3]) / 2
        ),
        "Least squares on both labels is a fair repair too, but it weighs the groups in another way.": (
            latent.attribute_vectors(codes, torch.stack([present, other], 1))[0]
        ),
        "Those with the attribute are balanced, those without are not yet.": evened - codes[~present].mean(0),
        "The average of all faces is subtracted: a part of what is wanted goes with it.": evened
        - codes.mean(0),
        "The weights are summed up where an average was asked for.": (
            codes[present].sum(0) - codes[~present].sum(0)
        ),
        "The length has been made 1. The length matters: one step should be the whole difference.": right
        / right.norm(),
    }
    otherwise = (
        "Not yet. Of those with the attribute, the ones that have `other` and the ones that lack it should "
        "weigh the same, and so of those without."
    )
    diagnose(value, right, mistakes, otherwise, rtol=1e-3, atol=1e-4)


q3 = exercise.question(
    "q3",
    "Read a plot",
    section="A ruler for edits",
    hint="Choose a height in one panel and read off the steps at which A and B reach it; do that for several "
    "heights, in both panels. What is the same every time? For the share: write the mean of all faces as a "
    "weighted sum of two.",
    written="q3_because",
)
q3.choice(
    1,
    "q3",
    right="6407eb67",
    why={
        "1ef20ddb": "At equal steps it also writes less lipstick. What is left of the lead "
        "where both write the same?",
        "b4067edd": "It also changes more of everything else. What would happen if B simply took more steps?",
        "9de82a3c": "Then B would change less of the others where it writes as much lipstick as A. Compare "
        "at one height on the left.",
    },
)


@q3.case(0.5)
def the_share_from_the_plot(s):
    share = number(s.q3_share)
    expect(0 <= share <= 1, "A share lies between 0 and 1.")
    why = {
        "68e76336": "That is how long B is, measured in A. Which share of the faces makes it so?",
    }
    given = seal(exercise.name, "q3", round(share, 1))
    otherwise = (
        "At which steps do A and B reach the same height? How does the mean of all depend on the share?"
    )
    expect(given == "af76fff4", why.get(given, otherwise))


q4 = exercise.question(
    "q4",
    "Find the bug",
    section="A ruler for edits",
    hint="Take one face and a vector of zeros. Write down, call by call, what goes in and what comes out. "
    "Which two things should be the same then, and are they?",
    hidden_points=0.5,
)
# A model that loses two of four numbers and pales the others, and a judge that looks for medium ones.
TOY = "lambda x: x @ E", "lambda z: 0.8 * z @ E.T", "lambda x: (x - 0.5).abs() < 0.2"
ENCODER = torch.eye(4)[:, :2]


def medium(x: torch.Tensor) -> torch.Tensor:
    """The verdicts of the toy's judge."""
    return (x - 0.5).abs() < 0.2


def remade(x: torch.Tensor, vector: torch.Tensor) -> torch.Tensor:
    """The toy's picture of a code with the vector added, worked out number by number."""
    return torch.cat([0.8 * (x[:, :2] + vector), torch.zeros(len(x), 2)], 1)


def scored(s, pictures, vector, toy=TOY):
    """What `flipped` gives for the toy model."""
    return s.flipped(pictures, vector, *(s.evaluate(part, E=ENCODER) for part in toy))


@q4.case(0.5, gate=True)
def zeros_change_nothing(s):
    random = seeded(0)
    pictures = torch.rand(40, 4, generator=random)
    value = scored(s, pictures, torch.zeros(2))
    same_shape(value, (4,), "One share for each verdict.")
    lost = (medium(pictures) != medium(remade(pictures, torch.zeros(2)))).float().mean(0)
    diagnose(
        value,
        torch.zeros(4),
        {"This is still what the code as given returns: zeros seem to change verdicts.": lost},
        "A vector of zeros should change no verdict.",
    )


@q4.case(0.5, gate=True)
def a_real_change_is_counted(s):
    random = seeded(1)
    pictures, vector = torch.rand(40, 4, generator=random), torch.tensor([0.3, -0.2])
    value = scored(s, pictures, vector)
    same_shape(value, (4,), "One share for each verdict.")
    plain, before = medium(pictures), medium(remade(pictures, torch.zeros(2)))
    after = medium(remade(pictures, vector))
    right = (before != after).float().mean(0)
    mistakes = {
        "The score is 0 for a vector that changes much. Once it should reach the decoder, and once not.": (
            torch.zeros(4)
        ),
        "What the vector adds and what it takes cancel here. Count each face whose verdict changed.": (
            (after.float().mean(0) - before.float().mean(0)).abs()
        ),
        "This is how many have each verdict after the edit. A change needs a before.": after.float().mean(0),
        "This is a share of those that had the verdict before. All faces count.": (
            (before != after).float().sum(0) / before.float().sum(0).clamp(min=1)
        ),
        "Only verdicts that appear are counted. One that goes away is a change too.": (
            (after & ~before).float().mean(0)
        ),
        "Only verdicts that go away are counted. One that appears is a change too.": (
            (before & ~after).float().mean(0)
        ),
        "The share without a change: turn the comparison round.": 1 - right,
        "This is still what the code as given returns for a vector other than zeros.": (
            (plain != after).float().mean(0)
        ),
        "The score of zeros cannot be subtracted afterwards: on some faces the two changes cancel.": (
            ((plain != after).float().mean(0) - (plain != before).float().mean(0)).abs()
        ),
    }
    otherwise = (
        "With a vector that does something, every face counts whose verdict the vector turns, and no other."
    )
    diagnose(value, right, mistakes, otherwise)


q5 = exercise.question(
    "q5",
    "Predict, then measure",
    section="From one face to another",
    hint="How long is one draw in 100 dimensions, about? Averaging four independent numbers divides their "
    "variance by four: what does that do to their typical size?",
)
q5.prediction(
    0.5,
    "q5_length",
    options=(),
    right="e0db94f8",
    why={
        "e75b9dac": "That is the length of a single draw. Independent draws partly cancel in an average.",
        "ccdf871f": "The variance falls to a quarter. A length goes with another power of it.",
        "29c8536a": "That would be the average of two draws.",
        "a641142b": "That would be the average of two draws.",
        "5107ff65": "That would be the average of two draws.",
        "094b27c0": "That is the sum of the four. Their average was asked for.",
        "7d7b96ca": "Four random draws do not cancel completely: each number of the average still varies.",
        "5250fd82": "That is the square of a length: take its root.",
    },
)
q5.choice(
    0.5,
    "q5_factor",
    right="f4e7f48a",
    why={
        "c0d670ae": "That restores four times the length. It is the variance that has fallen to a quarter.",
        "64f5c790": "That would do for the average of two.",
        "56b98b1e": "That would do for the average of two.",
        "08a52cf7": "Then it stays where it is, inside the shell.",
        "6c2ce6c4": "That makes the average shorter still.",
    },
    otherwise="The length of one draw, divided by the length of the average.",
)

q6 = exercise.question(
    "q6",
    "Glasses, and only glasses",
    section="A trap of our own",
    hint="Two things to settle. First a direction that has glasses and no smile: question 2 makes one, "
    "least squares another. Then how far to go: try several lengths, and read what the check says of each.",
    hidden_points=1,
)


@cache
def sitters(first: int, last: int):
    """Codes of test portraits without glasses, the judge, the model, and the verdicts before any edit."""
    vae, judge = vaelab.pretrained("portrait-vae"), evaluation.portrait_features()
    faces = vaelab.load("portraits", size=64, n=last, split="test")[first:last]
    z = latent.encode(vae, faces[~faces.attribute("Eyeglasses")])[0]
    return z, judge, vae, verdicts(judge, vae, z)


def verdicts(judge, vae, z) -> torch.Tensor:
    """Which attributes the judge sees in the decoded codes, (N, attributes)."""
    return evaluation.extract_features(judge.attributes, latent.decode(vae, z)) > 0.5


@dataclass(frozen=True)
class Trial:
    """What a vector did to faces without glasses, as shares: of the faces, and of all other verdicts."""

    worn: float
    smile: float
    others: float

    def __str__(self) -> str:
        return (
            f"Glasses on {self.worn:.0%} of the faces, the smile's verdict changed on {self.smile:.0%}; "
            f"of the other verdicts {self.others:.0%} changed."
        )


@cache
def spoilt():
    """Codes of the faces that question 6 leaves, and which of them have each attribute."""
    faces = vaelab.load("portraits", size=64, n=300)
    draw = torch.rand(300, generator=torch.Generator().manual_seed(0))  # the sheet's own
    few = faces[(faces.attribute("Smiling") == faces.attribute("Eyeglasses")) | (draw < 0.2)]
    codes = latent.encode(vaelab.pretrained("portrait-vae"), few)[0]
    return codes, {name: few.attribute(name) for name in few.attribute_names}


def learned(s, order: torch.Tensor | None = None) -> np.ndarray:
    """What the function makes of the spoilt faces, the numbers of their codes in this order; put back."""
    codes, has = spoilt()
    order = torch.arange(codes.shape[1]) if order is None else order
    given = np.asarray(s.glasses_vector(codes[:, order], has))
    fits = given.dtype.kind in "fiu" and given.size == len(order)
    expect(fits, f"A vector for these codes has {len(order)} numbers.")
    expect(np.isfinite(given).all(), "There are values in the vector that are not numbers.")
    vector = np.empty(len(order), dtype=np.float32)
    vector[order.numpy()] = given.reshape(-1)
    return vector


def in_any_order(number: int) -> torch.Tensor:
    """An order of the latents."""
    return torch.randperm(spoilt()[0].shape[1], generator=seeded(number))


def tried(vector: np.ndarray, first: int, last: int) -> Trial:
    """Adds the vector to the codes of test portraits `first` to `last`, and asks the judge."""
    z, judge, vae, before = sitters(first, last)
    vector = torch.from_numpy(vector)
    after = verdicts(judge, vae, z + vector)
    changed = (before != after).float().mean(0)
    glasses, smile = (judge.attribute_names.index(name) for name in ("Eyeglasses", "Smiling"))
    rest = [k for k in range(len(changed)) if k not in (glasses, smile)]
    return Trial(after[:, glasses].float().mean().item(), changed[smile].item(), changed[rest].mean().item())


@q6.case(0.75, gate=True)
def glasses_appear_and_the_rest_stays(s):
    vector = learned(s)
    told = tried(vector, 0, 100)
    if told.worn < 0.1 and tried(-vector, 0, 100).worn > 0.5:
        raise WrongError(f"{told} The vector takes glasses off: turn it round.")
    expect(
        told.smile <= 0.1,
        f"{told} The smile comes along. Mend the direction first; if that is done, the step is too long.",
    )
    expect(
        told.others <= 0.2,
        f"{told} That is much besides glasses. Every further step brings more of it: how far must you go?",
    )
    expect(
        told.worn >= 0.9,
        f"{told} Smiles stay, that is good. Does the vector go far enough, and is it one of glasses?",
    )


@q6.case(0.25, gate=True)
def learned_from_these_faces_alone(s):
    vector = learned(s, in_any_order(2))
    if agrees(vector, learned(s), rtol=0, atol=1e-2):
        return
    told = tried(vector, 0, 100)  # some methods begin with chance, and end elsewhere each time
    expect(
        told.worn >= 0.87 and told.smile <= 0.13 and told.others <= 0.23,
        f"With the numbers of each code in another order: {told} Does the vector come from `codes` and `has` "
        "alone? Codes from outside the function, or of other faces, do not fit here.",
    )
