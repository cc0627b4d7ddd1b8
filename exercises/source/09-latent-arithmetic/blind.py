"""Answers to exercise 9 by readers who saw the learner's sheet alone, never its checks."""

# Withdrawn: q1, right, “a small rotation, applied again and again”: in float32, it turns
# codes that point the same way by 45 degrees.
# Withdrawn: q1, wrong, “changes the codes that it was given”: in place, which the task does not forbid.
# Withdrawn: q5, wrong, “the squared length”: a prediction pays by rule, whatever it is.
# Withdrawn: q6, wrong, “dodge: climbed by the judge's gradient, on the new faces”:
# its cell ends in an error of its own.
# Question 6 asked for a variable when they read it. `in_a_function` puts their methods, unchanged, into the
# function that it asks for now.

import textwrap

from tools.mutants import Answer


def in_a_function(method: str) -> str:
    """A method that sets `glasses_vector` from `few_codes` and `few`, as a function of what is given now."""
    return f"""
from types import SimpleNamespace


def glasses_vector(few_codes, has):
    few = SimpleNamespace(
        attribute_names=list(has), attributes=torch.stack(list(has.values()), 1), attribute=has.__getitem__
    )
{textwrap.indent(method.strip(), "    ")}
    return glasses_vector
"""


RIGHT = {
    "q1": (
        Answer(
            "acos with a clamp, a branch for codes that point alike",
            """
def walk(a, b, n):
    la, lb = a.norm(), b.norm()
    u, v = a / la, b / lb
    omega = torch.acos((u @ v).clamp(-1, 1))
    t = torch.linspace(0, 1, n, dtype=a.dtype)[:, None]
    if torch.sin(omega) < 1e-6:
        direction = u.expand(n, -1)
    else:
        direction = (torch.sin((1 - t) * omega) * u + torch.sin(t * omega) * v) / torch.sin(omega)
    return direction * (la + t * (lb - la))
""",
        ),
        Answer(
            "Gram-Schmidt and atan2",
            """
def walk(a, b, n):
    u = a / a.norm()
    rest = b - (b @ u) * u
    size = rest.norm()
    side = rest / size if size > 0 else torch.zeros_like(a)
    angle = torch.atan2(size, b @ u)
    steps = torch.linspace(0, 1, n).to(a)
    turned = torch.outer(torch.cos(steps * angle), u) + torch.outer(torch.sin(steps * angle), side)
    lengths = torch.linspace(a.norm().item(), b.norm().item(), n).to(a)
    return turned * lengths[:, None]
""",
        ),
        Answer(
            "the chapter's great circle, on codes of length 1",
            """
def walk(a, b, n):
    directions = latent.great_circle(a / a.norm(), b / b.norm(), n)
    lengths = torch.linspace(float(a.norm()), float(b.norm()), n)
    return directions * lengths.unsqueeze(1)
""",
        ),
        Answer(
            "NumPy in double precision, a loop, back as floats",
            """
import numpy as np

def walk(a, b, n):
    x, y = a.detach().double().numpy(), b.detach().double().numpy()
    lx, ly = np.linalg.norm(x), np.linalg.norm(y)
    x, y = x / lx, y / ly
    theta = np.arccos(np.clip(np.dot(x, y), -1.0, 1.0))
    out = []
    for i in range(n):
        t = i / (n - 1)
        if theta < 1e-7:
            d = x
        else:
            d = np.sin((1 - t) * theta) / np.sin(theta) * x + np.sin(t * theta) / np.sin(theta) * y
        out.append(d * ((1 - t) * lx + t * ly))
    return torch.tensor(np.stack(out)).to(a.dtype)
""",
        ),
        Answer(
            "the angle from the chord, a list of codes stacked",
            """
def walk(a, b, n):
    a, b = a.double(), b.double()
    u, v = torch.nn.functional.normalize(a, dim=0), torch.nn.functional.normalize(b, dim=0)
    angle = 2 * torch.asin(((u - v).norm() / 2).clamp(max=1))
    def one(t):
        if angle == 0:
            way = u
        else:
            way = (torch.sin(angle * (1 - t)) * u + torch.sin(angle * t) * v) / torch.sin(angle)
        return way * (a.norm() * (1 - t) + b.norm() * t)
    return torch.stack([one(k / (n - 1)) for k in range(n)]).float()
""",
        ),
    ),
    "q2": (
        Answer(
            "four means",
            """
def balanced_vector(codes, present, other):
    mean = lambda mask: codes[mask].mean(0)
    having = (mean(present & other) + mean(present & ~other)) / 2
    lacking = (mean(~present & other) + mean(~present & ~other)) / 2
    return having - lacking
""",
        ),
        Answer(
            "one weight a face, by the size of its group",
            """
def balanced_vector(codes, present, other):
    w = torch.zeros(len(codes), dtype=codes.dtype)
    for p in (True, False):
        for o in (True, False):
            group = (present == p) & (other == o)
            w[group] = (1 if p else -1) / (2 * group.sum())
    return w @ codes
""",
        ),
        Answer(
            "np.average with weights",
            """
import numpy as np

def balanced_vector(codes, present, other):
    z, p, o = codes.numpy(), present.numpy(), other.numpy()
    def side(keep):
        weights = np.where(o[keep], 1 / o[keep].mean(), 1 / (~o[keep]).mean())
        return np.average(z[keep], axis=0, weights=weights)
    return torch.from_numpy(side(p) - side(~p))
""",
        ),
        Answer(
            "least squares with an interaction, effects coded as 1 and -1",
            """
def balanced_vector(codes, present, other):
    p = 2 * present.double() - 1
    o = 2 * other.double() - 1
    table = torch.stack([torch.ones_like(p), p, o, p * o], dim=1)
    solved = torch.linalg.lstsq(table, codes.double(), driver="gelsd").solution
    return (2 * solved[1]).to(codes.dtype)
""",
        ),
        Answer(
            "a loop over the faces, plain Python sums",
            """
def balanced_vector(codes, present, other):
    sums, counts = {}, {}
    for z, p, o in zip(codes, present.tolist(), other.tolist()):
        key = (p, o)
        sums[key] = sums.get(key, 0) + z
        counts[key] = counts.get(key, 0) + 1
    m = {key: sums[key] / counts[key] for key in sums}
    return 0.5 * (m[True, True] + m[True, False] - m[False, True] - m[False, False])
""",
        ),
        Answer(
            "the mean of two attribute vectors, one inside each half of other",
            """
def balanced_vector(codes, present, other):
    halves = [latent.attribute_vector(codes[half], present[half]) for half in (other, ~other)]
    return torch.stack(halves).mean(dim=0)
""",
        ),
        Answer(
            "faces repeated until the groups are of one size",
            """
import math

def balanced_vector(codes, present, other):
    def side(mask):
        a, b = codes[mask & other], codes[mask & ~other]
        size = math.lcm(len(a), len(b))
        return torch.cat([a.repeat(size // len(a), 1), b.repeat(size // len(b), 1)]).mean(0)
    return side(present) - side(~present)
""",
        ),
    ),
    "q3": (
        Answer(
            "letter, share as read",
            'q3 = "c"\nq3_share = 0.3\nq3_because = """At equal share of lipstick."""',
        ),
        Answer(
            "capital letter, a fraction",
            'q3 = "C"\nq3_share = 3 / 10\nq3_because = """Compare at the same effect."""',
        ),
        Answer("a ratio of curves", 'q3 = "c"\nq3_share = 1 - 1.75 / 2.5\nq3_because = "Scale them first."'),
        Answer("a tensor", 'q3 = "c"\nq3_share = torch.tensor(0.3)\nq3_because = "Plot others over wanted."'),
        Answer(
            "with a bracket and space",
            'q3 = " c"\nq3_share = round(1 - 0.7, 1)\nq3_because = "Plot others over wanted."',
        ),
    ),
    "q4": (
        Answer(
            "both judged after decoding",
            """
def flipped(pictures, vector, encode, decode, judge):
    z = encode(pictures)
    before = judge(decode(z))
    after = judge(decode(z + vector))
    return (before != after).float().mean(0)
""",
        ),
        Answer(
            "a helper inside, no gradient, xor",
            """
@torch.no_grad()
def flipped(pictures, vector, encode, decode, judge):
    z = encode(pictures)
    look = lambda codes: judge(decode(codes)).bool()
    return torch.logical_xor(look(z), look(z + vector)).float().mean(dim=0)
""",
        ),
        Answer(
            "the zeros vector as the control",
            """
def flipped(pictures, vector, encode, decode, judge):
    z = encode(pictures)
    verdicts = [judge(decode(z + move)) for move in (torch.zeros_like(vector), vector)]
    return torch.mean((verdicts[0] != verdicts[1]).double(), 0).float()
""",
        ),
        Answer(
            "both decoded in one batch",
            """
def flipped(pictures, vector, encode, decode, judge):
    z = encode(pictures)
    verdicts = judge(decode(torch.cat([z, z + vector])))
    before, after = verdicts.chunk(2)
    return (before ^ after).float().mean(0)
""",
        ),
        Answer(
            "reconstructions first, counts divided",
            """
def flipped(pictures, vector, encode, decode, judge):
    reconstructions = decode(encode(pictures))
    edited = decode(encode(pictures) + vector)
    changed = judge(reconstructions) != judge(edited)
    return changed.sum(0) / len(pictures)
""",
        ),
        Answer(
            "a loop over faces",
            """
def flipped(pictures, vector, encode, decode, judge):
    z = encode(pictures)
    total = 0
    for one in z:
        before = judge(decode(one[None]))[0]
        after = judge(decode((one + vector)[None]))[0]
        total = total + (before != after).float()
    return total / len(z)
""",
        ),
    ),
    "q5": (
        Answer("whole numbers", "q5_length = 5\nq5_factor = 2"),
        Answer("floats", "q5_length = 5.0\nq5_factor = 2.0"),
        Answer("worked out", "q5_length = (100 / 4) ** 0.5\nq5_factor = 4 ** 0.5"),
        Answer("tensors", "q5_length = torch.tensor(25.0).sqrt()\nq5_factor = torch.tensor(4.0).sqrt()"),
        Answer("the mean of the chi distribution, as a float", "q5_length = 4.99\nq5_factor = 2.0"),
    ),
    "q6": (
        Answer(
            "least squares on all attributes, scaled",
            in_a_function("""
each = latent.attribute_vectors(few_codes, few.attributes)
glasses_vector = 1.5 * each[few.attribute_names.index("Eyeglasses")]
"""),
        ),
        Answer(
            "ridge regression on all attributes",
            in_a_function("""
table = few.attributes.double()
table = table - table.mean(0)
target = few_codes.double() - few_codes.double().mean(0)
fit = torch.linalg.solve(table.T @ table + 2 * torch.eye(table.shape[1]).double(), table.T @ target)
glasses_vector = 1.8 * fit[few.attribute_names.index("Eyeglasses")].float()
"""),
        ),
        Answer(
            "the balanced vector of question 2",
            in_a_function("""
glasses_vector = 1.5 * balanced_vector(few_codes, few.attribute("Eyeglasses"), few.attribute("Smiling"))
"""),
        ),
        Answer(
            "least squares on glasses and smile, as a NumPy array",
            in_a_function("""
import numpy as np

table = np.stack([few.attribute(name).numpy() for name in ("Eyeglasses", "Smiling")], 1).astype(float)
table = np.hstack([np.ones((len(table), 1)), table])
glasses_vector = 1.6 * np.linalg.lstsq(table, few_codes.numpy(), rcond=None)[0][1]
"""),
        ),
    ),
}

WRONG = {
    "q1": (
        Answer(
            "the great circle of the whole codes",
            """
def walk(a, b, n):
    return latent.great_circle(a, b, n)
""",
            "angle|length|direction",
        ),
        Answer(
            "the straight line, each code stretched to its length",
            """
def walk(a, b, n):
    t = torch.linspace(0, 1, n)[:, None]
    line = (1 - t) * a / a.norm() + t * b / b.norm()
    return line / line.norm(dim=1, keepdim=True) * ((1 - t) * a.norm() + t * b.norm())
""",
            "angle",
        ),
        Answer(
            "lengths grow by a factor",
            """
def walk(a, b, n):
    t = torch.linspace(0, 1, n)[:, None]
    turned = latent.great_circle(a / a.norm(), b / b.norm(), n)
    return turned * a.norm() ** (1 - t) * b.norm() ** t
""",
            "length",
        ),
        Answer(
            "nan where the codes point alike",
            """
def walk(a, b, n):
    u, v = a / a.norm(), b / b.norm()
    omega = torch.acos(u @ v)
    t = torch.linspace(0, 1, n)[:, None]
    turned = (torch.sin((1 - t) * omega) * u + torch.sin(t * omega) * v) / torch.sin(omega)
    return turned * ((1 - t) * a.norm() + t * b.norm())
""",
            "same|nan|alike|parallel",
        ),
        Answer(
            "the end is left out",
            """
def walk(a, b, n):
    u, v = a / a.norm(), b / b.norm()
    omega = torch.acos((u @ v).clamp(-1, 1))
    out = []
    for i in range(n):
        t = i / n
        way = (
            u
            if omega < 1e-4
            else (torch.sin((1 - t) * omega) * u + torch.sin(t * omega) * v) / torch.sin(omega)
        )
        out.append(way * ((1 - t) * a.norm() + t * b.norm()))
    return torch.stack(out)
""",
            "end|last",
        ),
        Answer(
            "codes that point alike: the first, again and again",
            """
def walk(a, b, n):
    u, v = a / a.norm(), b / b.norm()
    cosine = (u @ v).clamp(-1, 1)
    if cosine > 0.9999:
        return a.repeat(n, 1)
    omega = torch.acos(cosine)
    t = torch.linspace(0, 1, n)[:, None]
    turned = (torch.sin((1 - t) * omega) * u + torch.sin(t * omega) * v) / torch.sin(omega)
    return turned * ((1 - t) * a.norm() + t * b.norm())
""",
            "same|alike|length",
        ),
        Answer(
            "the angle by the arcsine: wrong above a right angle",
            """
def walk(a, b, n):
    u, v = a / a.norm(), b / b.norm()
    w = v - (u @ v) * u
    size = w.norm()
    angle = torch.asin(size.clamp(max=1))
    side = w / size if size > 1e-6 else torch.zeros_like(a)
    t = torch.linspace(0, 1, n)[:, None]
    turned = torch.cos(t * angle) * u + torch.sin(t * angle) * side
    return turned * ((1 - t) * a.norm() + t * b.norm())
""",
            "end|angle|last",
        ),
        Answer(
            "squared lengths grow evenly",
            """
def walk(a, b, n):
    turned = latent.great_circle(a / a.norm(), b / b.norm(), n)
    squares = torch.linspace(float(a @ a), float(b @ b), n)
    return turned * squares.sqrt()[:, None]
""",
            "length",
        ),
    ),
    "q2": (
        Answer(
            "the plain vector",
            """
def balanced_vector(codes, present, other):
    return codes[present].mean(0) - codes[~present].mean(0)
""",
            "other|weigh|plain",
        ),
        Answer(
            "least squares without an interaction",
            """
def balanced_vector(codes, present, other):
    return latent.attribute_vectors(codes, torch.stack([present, other], 1))[0]
""",
            "",
        ),
        Answer(
            "faces left out until the groups are of one size",
            """
def balanced_vector(codes, present, other):
    groups = [(present == p) & (other == o) for p in (True, False) for o in (True, False)]
    few = min(int(g.sum()) for g in groups)
    m = [codes[g][:few].mean(0) for g in groups]
    return (m[0] + m[1] - m[2] - m[3]) / 2
""",
            "every|left out|all|keep",
        ),
        Answer(
            "only the side with the attribute is balanced",
            """
def balanced_vector(codes, present, other):
    having = (codes[present & other].mean(0) + codes[present & ~other].mean(0)) / 2
    return having - codes[~present].mean(0)
""",
            "without",
        ),
        Answer(
            "not halved",
            """
def balanced_vector(codes, present, other):
    m = lambda a, b: codes[a & b].mean(0)
    return m(present, other) + m(present, ~other) - m(~present, other) - m(~present, ~other)
""",
            "twice|long|average|half|weight",
        ),
        Answer(
            "without minus with",
            """
def balanced_vector(codes, present, other):
    halves = [codes[h & ~present].mean(0) - codes[h & present].mean(0) for h in (other, ~other)]
    return sum(halves) / 2
""",
            "with minus without|sign|turned|other way",
        ),
        Answer(
            "weights as large as the groups, not their inverse",
            """
def balanced_vector(codes, present, other):
    def side(mask):
        w = torch.where(other[mask], other[mask].sum(), (~other[mask]).sum()).to(codes.dtype)
        return (w[:, None] * codes[mask]).sum(0) / w.sum()
    return side(present) - side(~present)
""",
            "",
        ),
        Answer(
            "weights from the whole set, not from each side",
            """
def balanced_vector(codes, present, other):
    w = torch.where(other, 1 / other.sum(), 1 / (~other).sum())
    def side(mask):
        return (w[mask, None] * codes[mask]).sum(0) / w[mask].sum()
    return side(present) - side(~present)
""",
            "",
        ),
        Answer(
            "the other's vector projected out",
            """
def balanced_vector(codes, present, other):
    v = codes[present].mean(0) - codes[~present].mean(0)
    o = codes[other].mean(0) - codes[~other].mean(0)
    return v - (v @ o) / (o @ o) * o
""",
            "",
        ),
        Answer(
            "weighted sums divided by the number of faces, not by the weights",
            """
def balanced_vector(codes, present, other):
    def side(mask):
        o = other[mask].float()
        w = torch.where(other[mask], 0.5 / o.mean(), 0.5 / (1 - o.mean()))
        return (w[:, None] * codes[mask]).sum(0) / len(codes)
    return side(present) - side(~present)
""",
            "",
        ),
    ),
    "q3": (
        Answer("the share with and without mixed up", 'q3 = "c"\nq3_share = 0.7\nq3_because = "x"', ""),
        Answer("the cleaner vector", 'q3 = "a"\nq3_share = 0.3\nq3_because = "x"', ""),
        Answer("another way", 'q3 = "d"\nq3_share = 0.3\nq3_because = "x"', ""),
        Answer("in per cent", 'q3 = "c"\nq3_share = 30\nq3_because = "x"', "between 0 and 1|per cent|share"),
        Answer("half", 'q3 = "c"\nq3_share = 0.5\nq3_because = "x"', ""),
        Answer("two letters", 'q3 = "ac"\nq3_share = 0.3\nq3_because = "x"', "one|letter"),
    ),
    "q4": (
        Answer(
            "zeros as a special case",
            """
def flipped(pictures, vector, encode, decode, judge):
    z = encode(pictures)
    before = judge(pictures)
    if not vector.any():
        after = before
    else:
        after = judge(decode(z + vector))
    return (before != after).float().mean(0)
""",
            "",
        ),
        Answer(
            "the flips of zeros subtracted",
            """
def flipped(pictures, vector, encode, decode, judge):
    z = encode(pictures)
    before = judge(pictures)
    share = lambda v: (judge(decode(z + v)) != before).float().mean(0)
    return (share(vector) - share(torch.zeros_like(vector))).abs()
""",
            "",
        ),
        Answer(
            "one mean of everything",
            """
def flipped(pictures, vector, encode, decode, judge):
    z = encode(pictures)
    return (judge(decode(z)) != judge(decode(z + vector))).float().mean()
""",
            "shape|each",
        ),
        Answer(
            "a mean for each face",
            """
def flipped(pictures, vector, encode, decode, judge):
    z = encode(pictures)
    return (judge(decode(z)) != judge(decode(z + vector))).float().mean(1)
""",
            "shape|each|verdict",
        ),
        Answer(
            "codes moved in place before the first look",
            """
def flipped(pictures, vector, encode, decode, judge):
    z = encode(pictures)
    edited = z
    edited += vector
    return (judge(decode(z)) != judge(decode(edited))).float().mean(0)
""",
            "",
        ),
        Answer(
            "only verdicts that come, not those that go",
            """
def flipped(pictures, vector, encode, decode, judge):
    z = encode(pictures)
    before = judge(decode(z))
    after = judge(decode(z + vector))
    return (after & ~before).float().mean(0)
""",
            "",
        ),
        Answer(
            "the edited picture judged against its own reconstruction",
            """
def flipped(pictures, vector, encode, decode, judge):
    edited = decode(encode(pictures) + vector)
    before = judge(decode(encode(edited)))
    return (before != judge(edited)).float().mean(0)
""",
            "",
        ),
        Answer(
            "difference of the shares",
            """
def flipped(pictures, vector, encode, decode, judge):
    z = encode(pictures)
    before = judge(decode(z)).float().mean(0)
    after = judge(decode(z + vector)).float().mean(0)
    return (after - before).abs()
""",
            "",
        ),
        Answer(
            "pictures that the reconstruction changed are left out",
            """
def flipped(pictures, vector, encode, decode, judge):
    z = encode(pictures)
    before = judge(pictures)
    same = judge(decode(z)) == before
    after = judge(decode(z + vector))
    return ((before != after) & same).float().mean(0)
""",
            "",
        ),
        Answer(
            "vector added twice",
            """
def flipped(pictures, vector, encode, decode, judge):
    z = encode(pictures)
    return (judge(decode(z - vector)) != judge(decode(z + vector))).float().mean(0)
""",
            "",
        ),
    ),
    "q5": (
        Answer("as long as a single draw", "q5_length = 10\nq5_factor = 1", ""),
        Answer("divided by four", "q5_length = 2.5\nq5_factor = 4", ""),
        Answer("length right, factor by the number of faces", "q5_length = 5\nq5_factor = 4", ""),
        Answer("two faces, not four", "q5_length = 7\nq5_factor = 1.41", ""),
        Answer("the factor turned round", "q5_length = 5\nq5_factor = 0.5", ""),
    ),
    "q6": (
        Answer(
            "the plain vector",
            in_a_function(
                "glasses_vector = 1.5 * latent.attribute_vector(few_codes, few.attribute('Eyeglasses'))"
            ),
            "smile",
        ),
        Answer(
            "dodge: the data set loaded again",
            in_a_function("""
all_faces = vaelab.load("portraits", size=64, n=300)
all_codes = latent.encode(vae, all_faces)[0]
glasses_vector = (
    1.5
    * latent.attribute_vectors(all_codes, all_faces.attributes)[all_faces.attribute_names.index("Eyeglasses")]
)
"""),
            "",
        ),
        Answer(
            "dodge: more faces of the same data set",
            in_a_function("""
more = vaelab.load("portraits", size=64, n=1000)
more_codes = latent.encode(vae, more)[0]
glasses_vector = 1.5 * latent.attribute_vector(more_codes, more.attribute("Eyeglasses"))
"""),
            "",
        ),
        Answer(
            "dodge: learned from the new faces that it is tested on",
            in_a_function("""
glasses_vector = (
    1.5
    * latent.attribute_vectors(new_codes, new_faces.attributes)[new_faces.attribute_names.index("Eyeglasses")]
)
"""),
            "",
        ),
        Answer("zeros", in_a_function("glasses_vector = torch.zeros(128)"), "glasses"),
        Answer(
            "one number a face", in_a_function("glasses_vector = few_codes - few_codes.mean(0)"), "shape|128"
        ),
        Answer(
            "far too long",
            in_a_function(
                """glasses_vector = (
    20 * latent.attribute_vectors(few_codes, few.attributes)[few.attribute_names.index("Eyeglasses")]
)"""
            ),
            "other|changed",
        ),
        Answer(
            "the wrong attribute's row",
            in_a_function(
                """glasses_vector = (
    1.5 * latent.attribute_vectors(few_codes, few.attributes)[few.attribute_names.index("Smiling")]
)"""
            ),
            "glasses",
        ),
    ),
}
