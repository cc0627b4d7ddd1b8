"""Answers to exercise 12 by readers who saw the learner's sheet alone, never its checks."""

# Withdrawn: q2, wrong, “changes x_t”: in place, which the task does not forbid.
# Withdrawn: q3, wrong, “changes nothing”: in place, which the task does not forbid.

from tools.mutants import Answer

RIGHT = {
    "q1": (
        Answer(
            "roots",
            """
def noised(x_0, share, eps):
    share = share[:, None]
    return share.sqrt() * x_0 + (1 - share).sqrt() * eps
""",
        ),
        Answer(
            "powers and unsqueeze",
            """
def noised(x_0, share, eps):
    keep = share.unsqueeze(-1) ** 0.5
    return keep * x_0 + (1 - keep**2).clamp(min=0) ** 0.5 * eps
""",
        ),
        Answer(
            "cosine and sine of an angle",
            """
def noised(x_0, share, eps):
    angle = torch.acos(share.sqrt()).view(-1, 1)
    return torch.cos(angle) * x_0 + torch.sin(angle) * eps
""",
        ),
        Answer(
            "row by row",
            """
import math

def noised(x_0, share, eps):
    rows = []
    for x, s, e in zip(x_0, share.tolist(), eps):
        rows.append(math.sqrt(s) * x + math.sqrt(1 - s) * e)
    return torch.stack(rows)
""",
        ),
        Answer(
            "einsum",
            """
def noised(x_0, share, eps):
    return torch.einsum("n,nd->nd", torch.sqrt(share), x_0) + torch.einsum(
        "n,nd->nd", torch.sqrt(1 - share), eps
    )
""",
        ),
        Answer(
            "diagonal matrices",
            """
def noised(x_0, share, eps):
    return torch.diag(share.sqrt()) @ x_0 + torch.diag((1.0 - share).sqrt()) @ eps
""",
        ),
    ),
    "q2": (
        Answer(
            "data first, then mixed again",
            """
def step_down(x_t, guess, share_t, share_s):
    x_0 = (x_t - (1 - share_t) ** 0.5 * guess) / share_t**0.5
    return share_s**0.5 * x_0 + (1 - share_s) ** 0.5 * guess
""",
        ),
        Answer(
            "math.sqrt and a helper inside",
            """
import math

def step_down(x_t, guess, share_t, share_s):
    def parts(share):
        return math.sqrt(share), math.sqrt(1 - share)
    data_t, noise_t = parts(share_t)
    data_s, noise_s = parts(share_s)
    return data_s * (x_t - noise_t * guess) / data_t + noise_s * guess
""",
        ),
        Answer(
            "two factors, computed before",
            """
def step_down(x_t, guess, share_t, share_s):
    shrink = (share_s / share_t) ** 0.5
    rest = (1 - share_s) ** 0.5 - shrink * (1 - share_t) ** 0.5
    return shrink * x_t + rest * guess
""",
        ),
        Answer(
            "tensors in double precision",
            """
@torch.no_grad()
def step_down(x_t, guess, share_t, share_s):
    t, s = torch.as_tensor(share_t).double(), torch.as_tensor(share_s).double()
    x, e = x_t.double(), guess.double()
    x_0 = (x - (1 - t).sqrt() * e).div(t.sqrt())
    return (s.sqrt() * x_0 + (1 - s).sqrt() * e).to(x_t.dtype)
""",
        ),
        Answer(
            "by the function of question 1",
            """
def step_down(x_t, guess, share_t, share_s):
    x_0 = (x_t - guess * (1 - share_t) ** 0.5) / share_t**0.5
    return noised(x_0, torch.full((len(x_t),), float(share_s)).to(x_t), guess)
""",
        ),
        Answer(
            "NumPy",
            """
import numpy as np

def step_down(x_t, guess, share_t, share_s):
    x, e = x_t.numpy(), guess.numpy()
    data = (x - np.sqrt(1 - share_t) * e) / np.sqrt(share_t)
    return torch.from_numpy(np.sqrt(share_s) * data + np.sqrt(1 - share_s) * e)
""",
        ),
    ),
    "q3": (
        Answer(
            "a loop over wishes",
            """
def ask(nothing, told, strengths):
    guess = nothing.clone()
    for wish, w in zip(told, strengths):
        guess += w * (wish - nothing)
    return guess
""",
        ),
        Answer(
            "broadcast",
            """
def ask(nothing, told, strengths):
    return nothing + (strengths[:, None, None] * (told - nothing)).sum(0)
""",
        ),
        Answer(
            "einsum",
            """
def ask(nothing, told, strengths):
    return nothing + torch.einsum("k,knd->nd", strengths, told - nothing[None])
""",
        ),
        Answer(
            "tensordot, what is left for nothing",
            """
def ask(nothing, told, strengths):
    w = torch.as_tensor(strengths).to(told.dtype)
    return (1 - w.sum()) * nothing + torch.tensordot(w, told, dims=1)
""",
        ),
        Answer(
            "recursion",
            """
def ask(nothing, told, strengths):
    def go(k):
        if k == len(told):
            return nothing
        return go(k + 1) + float(strengths[k]) * (told[k] - nothing)
    return go(0)
""",
        ),
        Answer(
            "a matrix product of flattened guesses",
            """
def ask(nothing, told, strengths):
    ways = (told - nothing).reshape(len(strengths), -1)
    return nothing + (strengths @ ways).reshape(nothing.shape)
""",
        ),
    ),
    "q4": (
        Answer(
            "normal rules",
            """
def best_guess(x_t, share, m, s):
    a = share
    variance = a * s**2 + (1 - a)
    return (1 - a) ** 0.5 * (x_t - a**0.5 * m) / variance
""",
        ),
        Answer(
            "covariance over variance, by names",
            """
import math

def best_guess(x_t, share, m, s):
    covariance = math.sqrt(1 - share)
    expected = math.sqrt(share) * m
    return covariance / (share * s * s + 1 - share) * (x_t - expected)
""",
        ),
        Answer(
            "by the guess of the data, with a branch for no noise",
            """
def best_guess(x_t, share, m, s):
    if share == 1:
        return torch.zeros_like(x_t)
    gain = share**0.5 * s**2 / (share * s**2 + 1 - share)
    x_0 = m + gain * (x_t - share**0.5 * m)
    return (x_t - share**0.5 * x_0) / (1 - share) ** 0.5
""",
        ),
        Answer(
            "precision form",
            """
def best_guess(x_t, share, m, s):
    signal = share * s**2
    if signal == 0:
        return (x_t - share**0.5 * m) / (1 - share) ** 0.5
    noise = (1 - share) ** 0.5
    precision = 1 + noise**2 / signal
    return noise / signal * (x_t - share**0.5 * m) / precision
""",
        ),
        Answer(
            "double precision inside",
            """
def best_guess(x_t, share, m, s):
    x = x_t.double()
    a = torch.tensor(float(share), dtype=torch.float64)
    out = torch.sqrt(1 - a) * (x - torch.sqrt(a) * m) / (1 + a * (s**2 - 1))
    return out.to(x_t.dtype)
""",
        ),
        Answer(
            "minus the score times the spread of the noise",
            """
def best_guess(x_t, share, m, s):
    marginal = torch.distributions.Normal(share**0.5 * m, (share * s**2 + 1 - share) ** 0.5)
    score = -(x_t - marginal.mean) / marginal.variance
    return -((1 - share) ** 0.5) * score
""",
        ),
    ),
    "q5": (
        Answer("plain", 'q5 = "b"\nq5_distance = 1.9\nq5_because = """Fewer numbers."""'),
        Answer("a capital", 'q5 = "B"\nq5_distance = 1.90\nq5_because = """Fewer numbers."""'),
        Answer("a tensor", 'q5 = "b"\nq5_distance = torch.tensor(1.9)\nq5_because = """Fewer numbers."""'),
        Answer("a short reason", 'q5 = "b"\nq5_distance = 1.9\nq5_because = "Fewer numbers."'),
    ),
}

WRONG = {
    "q1": (
        Answer(
            "the root of the data's share alone",
            """
def noised(x_0, share, eps):
    share = share[:, None]
    return share.sqrt() * x_0 + (1 - share) * eps
""",
            "noise",
        ),
        Answer(
            "1 minus the root",
            """
def noised(x_0, share, eps):
    keep = share[:, None].sqrt()
    return keep * x_0 + (1 - keep) * eps
""",
            "of the variances should",
        ),
        Answer(
            "data and noise exchanged",
            """
def noised(x_0, share, eps):
    share = share[:, None]
    return (1 - share).sqrt() * x_0 + share.sqrt() * eps
""",
            "",
        ),
        Answer(
            "divided by what is measured",
            """
def noised(x_0, share, eps):
    share = share[:, None]
    mixed = share * x_0 + (1 - share) * eps
    return mixed / mixed.std()
""",
            "",
        ),
        Answer(
            "divided by the spread: variance 1, other shares",
            """
def noised(x_0, share, eps):
    share = share[:, None]
    return (share * x_0 + (1 - share) * eps) / (share**2 + (1 - share) ** 2).sqrt()
""",
            "share",
        ),
        Answer(
            "the first row's share for all",
            """
def noised(x_0, share, eps):
    s = float(share[0])
    return s**0.5 * x_0 + (1 - s) ** 0.5 * eps
""",
            "row",
        ),
        Answer(
            "broadcast along the wrong axis",
            """
def noised(x_0, share, eps):
    return share.sqrt() * x_0 + (1 - share).sqrt() * eps
""",
            "row|shape|size",
        ),
        Answer(
            "fresh noise",
            """
def noised(x_0, share, eps):
    share = share[:, None]
    return share.sqrt() * x_0 + (1 - share).sqrt() * torch.randn_like(eps)
""",
            "eps|noise",
        ),
        Answer(
            "squares, not roots",
            """
def noised(x_0, share, eps):
    share = share[:, None]
    return share**2 * x_0 + (1 - share**2) * eps
""",
            "",
        ),
    ),
    "q2": (
        Answer(
            "fresh noise in the mix",
            """
def step_down(x_t, guess, share_t, share_s):
    x_0 = (x_t - (1 - share_t) ** 0.5 * guess) / share_t**0.5
    return share_s**0.5 * x_0 + (1 - share_s) ** 0.5 * torch.randn_like(x_t)
""",
            "noise|dice|fresh",
        ),
        Answer(
            "no roots",
            """
def step_down(x_t, guess, share_t, share_s):
    x_0 = (x_t - (1 - share_t) * guess) / share_t
    return share_s * x_0 + (1 - share_s) * guess
""",
            "variance|root|share",
        ),
        Answer(
            "the shares exchanged",
            """
def step_down(x_t, guess, share_t, share_s):
    x_0 = (x_t - (1 - share_s) ** 0.5 * guess) / share_s**0.5
    return share_t**0.5 * x_0 + (1 - share_t) ** 0.5 * guess
""",
            "",
        ),
        Answer(
            "the data alone",
            """
def step_down(x_t, guess, share_t, share_s):
    return (x_t - (1 - share_t) ** 0.5 * guess) / share_t**0.5
""",
            "mix|again|layer",
        ),
        Answer(
            "not divided by the root of the share",
            """
def step_down(x_t, guess, share_t, share_s):
    x_0 = x_t - (1 - share_t) ** 0.5 * guess
    return share_s**0.5 * x_0 + (1 - share_s) ** 0.5 * guess
""",
            "",
        ),
        Answer(
            "a number has no sqrt",
            """
def step_down(x_t, guess, share_t, share_s):
    x_0 = (x_t - (1 - share_t).sqrt() * guess) / share_t.sqrt()
    return share_s.sqrt() * x_0 + (1 - share_s).sqrt() * guess
""",
            "number|float|sqrt",
        ),
        Answer(
            "the noise of the layer it comes from",
            """
def step_down(x_t, guess, share_t, share_s):
    x_0 = (x_t - (1 - share_t) ** 0.5 * guess) / share_t**0.5
    return share_s**0.5 * x_0 + (1 - share_t) ** 0.5 * guess
""",
            "noise|share",
        ),
        Answer(
            "the data clipped to [-1, 1]",
            """
def step_down(x_t, guess, share_t, share_s):
    x_0 = ((x_t - (1 - share_t) ** 0.5 * guess) / share_t**0.5).clamp(-1, 1)
    return share_s**0.5 * x_0 + (1 - share_s) ** 0.5 * guess
""",
            "",
        ),
        Answer(
            "the step of the chapter's dice, the mean alone",
            """
def step_down(x_t, guess, share_t, share_s):
    alpha = share_t / share_s
    return (x_t - (1 - alpha) / (1 - share_t) ** 0.5 * guess) / alpha**0.5
""",
            "",
        ),
    ),
    "q3": (
        Answer(
            "the wishes' guesses added, not their differences",
            """
def ask(nothing, told, strengths):
    return nothing + (strengths[:, None, None] * told).sum(0)
""",
            "nothing|strength 1|difference",
        ),
        Answer(
            "the mean of the ways",
            """
def ask(nothing, told, strengths):
    return nothing + (strengths[:, None, None] * (told - nothing)).mean(0)
""",
            "several|sum|mean|each",
        ),
        Answer(
            "one after the other, each from where the last ended",
            """
def ask(nothing, told, strengths):
    guess = nothing
    for wish, w in zip(told, strengths):
        guess = guess + w * (wish - guess)
    return guess
""",
            "wrong for three",
        ),
        Answer(
            "a weighted mean of the guesses",
            """
def ask(nothing, told, strengths):
    return (strengths[:, None, None] * told).sum(0) / strengths.sum()
""",
            "",
        ),
        Answer(
            "(1 + w) times the wish",
            """
def ask(nothing, told, strengths):
    w = strengths[:, None, None]
    return nothing + ((1 + w) * (told - nothing)).sum(0)
""",
            "strength",
        ),
        Answer(
            "strengths below 0 are left out",
            """
def ask(nothing, told, strengths):
    return nothing + (strengths.clamp(min=0)[:, None, None] * (told - nothing)).sum(0)
""",
            "below 0|away",
        ),
        Answer(
            "strengths by their size alone",
            """
def ask(nothing, told, strengths):
    return nothing + (strengths.abs()[:, None, None] * (told - nothing)).sum(0)
""",
            "below 0|away",
        ),
        Answer(
            "the first wish only",
            """
def ask(nothing, told, strengths):
    return nothing + strengths[0] * (told[0] - nothing)
""",
            "several|each|wishes",
        ),
        Answer(
            "strengths along the rows",
            """
def ask(nothing, told, strengths):
    return nothing + (strengths[:, None] * (told - nothing)).sum(0)
""",
            "shape|size|strength",
        ),
        Answer(
            "a first term of its own: w times nothing left out",
            """
def ask(nothing, told, strengths):
    rest = 1 - strengths.mean()
    return rest * nothing + torch.einsum("k,knd->nd", strengths, told)
""",
            "",
        ),
    ),
    "q4": (
        Answer(
            "right for N(0, 1) alone",
            """
def best_guess(x_t, share, m, s):
    return (1 - share) ** 0.5 * x_t
""",
            "m|s|mean",
        ),
        Answer(
            "the mean is not shrunk",
            """
def best_guess(x_t, share, m, s):
    return (1 - share) ** 0.5 * (x_t - m) / (share * s**2 + 1 - share)
""",
            "m|mean",
        ),
        Answer(
            "s for s squared",
            """
def best_guess(x_t, share, m, s):
    return (1 - share) ** 0.5 * (x_t - share**0.5 * m) / (share * s + 1 - share)
""",
            "s",
        ),
        Answer(
            "the noise if the data were at m",
            """
def best_guess(x_t, share, m, s):
    return (x_t - share**0.5 * m) / (1 - share) ** 0.5
""",
            "",
        ),
        Answer(
            "divided by the standard deviation",
            """
def best_guess(x_t, share, m, s):
    return (1 - share) ** 0.5 * (x_t - share**0.5 * m) / (share * s**2 + 1 - share) ** 0.5
""",
            "",
        ),
        Answer(
            "the data, not the noise",
            """
def best_guess(x_t, share, m, s):
    return m + share**0.5 * s**2 / (share * s**2 + 1 - share) * (x_t - share**0.5 * m)
""",
            "noise|data",
        ),
        Answer(
            "nan where there is no noise",
            """
def best_guess(x_t, share, m, s):
    a = torch.tensor(float(share))
    x_0 = m + a.sqrt() * s**2 / (a * s**2 + 1 - a) * (x_t - a.sqrt() * m)
    return (x_t - a.sqrt() * x_0) / (1 - a).sqrt()
""",
            "nan|share 1|share of 1|no noise",
        ),
        Answer(
            "1 minus the share without its root",
            """
def best_guess(x_t, share, m, s):
    return (1 - share) * (x_t - share**0.5 * m) / (share * s**2 + 1 - share)
""",
            "",
        ),
        Answer(
            "the score, without the spread and with its sign",
            """
def best_guess(x_t, share, m, s):
    return -(x_t - share**0.5 * m) / (share * s**2 + 1 - share)
""",
            "",
        ),
        Answer(
            "one number for the batch",
            """
def best_guess(x_t, share, m, s):
    return (1 - share) ** 0.5 * (x_t.mean() - share**0.5 * m) / (share * s**2 + 1 - share)
""",
            "shape|each",
        ),
        Answer(
            "the standard deviation of the batch for s",
            """
def best_guess(x_t, share, m, s):
    return (1 - share) ** 0.5 * (x_t - x_t.mean()) / (share * s**2 + 1 - share)
""",
            "m",
        ),
    ),
    "q5": (
        Answer("the second, by its distance", 'q5 = "a"\nq5_distance = 1.9\nq5_because = "x"', ""),
        Answer("either", 'q5 = "c"\nq5_distance = 1.9\nq5_because = "x"', ""),
        Answer("of B", 'q5 = "d"\nq5_distance = 1.9\nq5_because = "x"', ""),
        Answer("real faces' distance", 'q5 = "b"\nq5_distance = 1.5\nq5_because = "x"', "first stage|codes"),
        Answer("zero", 'q5 = "b"\nq5_distance = 0\nq5_because = "x"', ""),
        Answer("what the second stage adds", 'q5 = "b"\nq5_distance = 7.5\nq5_because = "x"', ""),
        Answer("A's", 'q5 = "b"\nq5_distance = 6.0\nq5_because = "x"', "A's first stage"),
    ),
}
