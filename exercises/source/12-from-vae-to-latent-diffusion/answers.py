"""Wrong answers that must fail, and right ones that must pass, of exercise 12."""

from tools.mutants import Answer


def noised(value: str, share="share = share[:, None]") -> str:
    return f"def noised(x_0, share, eps):\n    {share}\n    return {value}\n"


def step(data: str, mixed: str) -> str:
    return f"def step_down(x_t, guess, share_t, share_s):\n    a, b = share_t, share_s\n    data = {data}\n    return {mixed}\n"


def ask(value: str) -> str:
    return f"def ask(nothing, told, strengths):\n    w = strengths[:, None, None]\n    return {value}\n"


def best(value: str) -> str:
    return f"def best_guess(x_t, share, m, s):\n    a, root, var = share, (1 - share) ** 0.5, share * s**2 + 1 - share\n    away = x_t - a**0.5 * m\n    return {value}\n"


DATA, MIXED = "(x_t - (1 - a) ** 0.5 * guess) / a**0.5", "b**0.5 * data + (1 - b) ** 0.5 * guess"
WRONG = {
    "q1": [
        Answer("as given", noised("share * x_0 + (1 - share) * eps"), "as given"),
        Answer("one root", noised("share.sqrt() * x_0 + (1 - share) * eps"), "noise has the wrong"),
        Answer("the other root", noised("share * x_0 + (1 - share).sqrt() * eps"), "data have the wrong"),
        Answer("deviations add up", noised("share.sqrt() * x_0 + (1 - share.sqrt()) * eps"), "deviations"),
        Answer("swapped", noised("(1 - share).sqrt() * x_0 + share.sqrt() * eps"), "not of the noise"),
        Answer("squares", noised("share * x_0 + (1 - share**2).sqrt() * eps"), "square of"),
        Answer("by columns", noised("share.sqrt() * x_0 + (1 - share).sqrt() * eps", "share = share if len(share) == x_0.shape[1] else share[:, None]"), "[Ee]ach \\*?row"),
        Answer("one share for all", noised("share[0].sqrt() * x_0 + (1 - share[0]).sqrt() * eps"), "that of the first"),
        Answer("noise of its own", noised("share.sqrt() * x_0 + (1 - share).sqrt() * torch.randn_like(eps)"), "all the noise"),
        Answer("root of the sum", noised("(share * x_0 + (1 - share) * eps).abs().sqrt()"), "root of its own"),
    ],
    "q2": [
        Answer("the data", step(DATA, "data"), "put back"),
        Answer("no noise", step(DATA, "b**0.5 * data"), "no noise was put back"),
        Answer("old noise", step(DATA, "b**0.5 * data + (1 - a) ** 0.5 * guess"), "Layer s has less"),
        Answer("old data", step(DATA, "a**0.5 * data + (1 - b) ** 0.5 * guess"), "share of layer t"),
        Answer("nothing done", step(DATA, "x_t"), "x_t again"),
        Answer("not divided", step("x_t - (1 - a) ** 0.5 * guess", MIXED), "[Nn]othing was divided"),
        Answer("swapped", step("(x_t - (1 - b) ** 0.5 * guess) / b**0.5", "a**0.5 * data + (1 - a) ** 0.5 * guess"), "changed places"),
        Answer("no roots", step("(x_t - (1 - a) * guess) / a", "b * data + (1 - b) * guess"), "Roots"),
        Answer("a root too few", step(DATA, "b**0.5 * data + (1 - b) * guess"), "root too few"),
        Answer("sign", step(DATA, "b**0.5 * data - (1 - b) ** 0.5 * guess"), "sign"),
        Answer("x_t mixed", step("x_t", MIXED), "find the data"),
        Answer("fresh noise", step(DATA, "b**0.5 * data + (1 - b) ** 0.5 * torch.randn_like(guess)"), "fresh"),
        Answer("one row", step(DATA, "(b**0.5 * data + (1 - b) ** 0.5 * guess)[0]"), "As large"),
    ],
    "q3": [
        Answer("from the wish", ask("told[0] + w[0] * (told[0] - nothing)"), "twice as far"),
        Answer("the paper's w, less 1", ask("nothing + ((w - 1) * (told - nothing)).sum(0)"), "counts from nothing"),
        Answer("no nothing", ask("(w * told).sum(0)"), "no part"),
        Answer("strength ignored", ask("told.mean(0)"), "whatever its strength"),
        Answer("the other way", ask("nothing - (w * (told - nothing)).sum(0)"), "other way"),
        Answer("differences", ask("(w * (told - nothing)).sum(0)"), "These are the differences"),
        Answer("on top", ask("nothing + (w * told).sum(0)"), "on top of nothing"),
        Answer("nothing K times", ask("(nothing + w * (told - nothing)).sum(0)"), "only once"),
        Answer("average", ask("nothing + (w * (told - nothing)).mean(0)"), "average"),
        Answer("shares", ask("nothing + (w / strengths.sum() * (told - nothing)).sum(0)"), "add up to 1"),
        Answer("absolute", ask("nothing + (w.abs() * (told - nothing)).sum(0)"), "goes away"),
        Answer("clamped", ask("nothing + (w.clamp(min=0) * (told - nothing)).sum(0)"), "left out"),
        Answer("the first", ask("nothing + w[0] * (told[0] - nothing)"), "first wish"),
        Answer("the last", "def ask(nothing, told, strengths):\n    for w, one in zip(strengths, told):\n        value = nothing + w * (one - nothing)\n    return value\n", "last wish"),
        Answer("changed places", ask("told[0] + w[0] * (nothing - told[0])"), "change places"),
        Answer("one after the other", "def ask(nothing, told, strengths):\n    value = nothing\n    for w, one in zip(strengths, told):\n        value = value + w * (one - value)\n    return value\n", "wrong for three"),
    ],
    "q4": [
        Answer("data at m", best("away / root"), "equal to m"),
        Answer("no root", best("away / var"), "how fast"),
        Answer("the score", best("-away / var"), "score"),
        Answer("sign", best("-root * away / var"), "sign"),
        Answer("m not shrunk", best("root * (x_t - m) / var"), "shrunk"),
        Answer("deviation", best("root * away / var**0.5"), "deviation of x_t"),
        Answer("s = 1", best("root * away"), "no effect"),
        Answer("s not squared", best("root * away / (a * s + 1 - a)"), "square"),
        Answer("no m", best("root * x_t / var"), "mean of the data"),
        Answer("noise's part left out", best("root * away / (a * s**2 + 1e-12)"), "lacks the noise"),
        Answer("s not shrunk", best("root * away / (s**2 + 1 - a)"), "have been shrunk"),
        Answer("covariance", best("(1 - a) * away / var"), "covariance"),
        Answer("the data", best("m + a**0.5 * s**2 * away / var"), "These are data"),
        Answer("shares swapped", best("a**0.5 * (x_t - root * m) / ((1 - a) * s**2 + a)"), "not the noise's"),
        Answer("N(0, 1)", best("root * x_t"), "right for N"),
        Answer("the mean of the numbers", best("root * (x_t - x_t.mean()) / var"), "m is known"),
        Answer("x_t", best("x_t"), "Not yet"),
    ],
    "q5": [
        Answer("a", "q5, q5_distance = 'a', 1.9", "better codes"),
        Answer("c", "q5, q5_distance = 'c', 1.9", "last two columns"),
        Answer("d", "q5, q5_distance = 'd', 1.9", "[Ww]hose"),
        Answer("floor", "q5, q5_distance = 'b', 1.5", "pass the first"),
        Answer("now", "q5, q5_distance = 'b', 9.4", "has now"),
        Answer("difference", "q5, q5_distance = 'b', 7.5", "difference"),
        Answer("of A", "q5, q5_distance = 'b', 6.0", "A's"),
        Answer("of C", "q5, q5_distance = 'b', 3.8", "C's"),
        Answer("0.4", "q5, q5_distance = 'b', 0.4", "add up"),
    ],
}  # fmt: skip

RIGHT = {
    "q1": [
        Answer("powers", noised("share**0.5 * x_0 + (1 - share) ** 0.5 * eps")),
        Answer("angles", noised("torch.cos(share) * x_0 + torch.sin(share) * eps", "share = torch.acos(share.sqrt())[:, None]")),
        Answer("loop", "def noised(x_0, share, eps):\n    return torch.stack([a.sqrt() * x + (1 - a).sqrt() * e for a, x, e in zip(share, x_0, eps)])\n"),
        Answer("NumPy", "import numpy as np\ndef noised(x_0, share, eps):\n    a = np.asarray(share)[:, None]\n    return np.sqrt(a) * np.asarray(x_0) + np.sqrt(1 - a) * np.asarray(eps)\n"),
        Answer("einsum", noised("torch.einsum('n,nd->nd', share.sqrt(), x_0) + torch.einsum('n,nd->nd', (1 - share).sqrt(), eps)", "pass")),
    ],
    "q2": [
        Answer("in one", step("0", "(b / a) ** 0.5 * x_t + ((1 - b) ** 0.5 - (b * (1 - a) / a) ** 0.5) * guess")),
        Answer("math", "import math\ndef step_down(x_t, guess, share_t, share_s):\n    data = (x_t - math.sqrt(1 - share_t) * guess) / math.sqrt(share_t)\n    return math.sqrt(share_s) * data + math.sqrt(1 - share_s) * guess\n"),
        Answer("by its own noised", "def step_down(x_t, guess, share_t, share_s):\n    data = (x_t - (1 - share_t) ** 0.5 * guess) / share_t ** 0.5\n    return noised(data, torch.full((len(data),), share_s), guess)\n" + noised("share.sqrt() * x_0 + (1 - share).sqrt() * eps")),
        Answer("the package's", "from vaelab.diffusion import Schedule\ndef step_down(x_t, guess, share_t, share_s):\n    if share_s == 1:\n        table, s, t = Schedule(torch.tensor([1.0, share_t], dtype=torch.float64)), 0, 1\n    else:\n        table, s, t = Schedule(torch.tensor([1.0, share_s, share_t], dtype=torch.float64)), 1, 2\n    n = len(x_t)\n    data = table.data(x_t, torch.full((n,), t), guess)\n    return table.noised(data, torch.full((n,), s), guess)\n"),
    ],
    "q3": [
        Answer("loop", "def ask(nothing, told, strengths):\n    value = nothing.clone()\n    for w, one in zip(strengths, told):\n        value += w * (one - nothing)\n    return value\n"),
        Answer("einsum", "def ask(nothing, told, strengths):\n    return nothing + torch.einsum('k,knd->nd', strengths, told - nothing)\n"),
        Answer("tensordot", "def ask(nothing, told, strengths):\n    return (1 - strengths.sum()) * nothing + torch.tensordot(strengths, told, 1)\n"),
        Answer("NumPy", "import numpy as np\ndef ask(nothing, told, strengths):\n    n, k, w = (np.asarray(one) for one in (nothing, told, strengths))\n    return n + (w[:, None, None] * (k - n)).sum(0)\n"),
    ],
    "q4": [
        Answer("by the data", best("(x_t - a**0.5 * ((m * (1 - a) + a**0.5 * s**2 * x_t) / var)) / root if a < 1 else 0 * x_t")),
        Answer("by the score", "def best_guess(x_t, share, m, s):\n    x = torch.as_tensor(x_t).clone().requires_grad_()\n    d = torch.distributions.Normal(share**0.5 * m, (share * s**2 + 1 - share) ** 0.5)\n    slope, = torch.autograd.grad(d.log_prob(x).sum(), x)\n    return -((1 - share) ** 0.5) * slope\n"),
        Answer("precisions", best("(away * root / (1 - a)) / (1 + a * s**2 / (1 - a)) if a < 1 else 0 * x_t")),
        Answer("NumPy", "import numpy as np\ndef best_guess(x_t, share, m, s):\n    x = np.asarray(x_t)\n    return np.sqrt(1 - share) * (x - np.sqrt(share) * m) / (share * s**2 + 1 - share)\n"),
    ],
    "q5": [Answer("brackets", "q5, q5_distance = '(b)', '1.9'")],
}  # fmt: skip
