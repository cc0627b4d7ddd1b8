"""Wrong answers that must fail, and right ones that must pass, of exercise 10."""

from tools.mutants import Answer


def frechet(
    cross: str,
    total="means + cov_a.trace() + cov_b.trace() - 2 * cross",
    means="(a.mean(0) - b.mean(0)).square().sum()",
) -> str:
    return (
        "import numpy as np\ndef frechet(a, b):\n    a, b = a.double(), b.double()\n"
        f"    means = {means}\n    cov_a, cov_b = torch.cov(a.T), torch.cov(b.T)\n"
        f"    {cross}\n    return ({total}).item()\n"
    )


def line(body: str, share=0.25) -> str:
    return f"import numpy as np\nq2_share = {share}\ndef at_infinity(counts, distances):\n    {body}\n"


def bits(body: str) -> str:
    return f"import math\ndef bits_per_dimension(log_p, D, levels=256):\n    {body}\n"


def snap(body: str) -> str:
    return f"def snap(z, levels):\n    k = (levels - 1) / 2\n    {body}\n"


GOOD = "cross = torch.linalg.eigvals(cov_a @ cov_b).real.clamp(min=0).sqrt().sum()"
FIT = "n = np.asarray(counts, dtype=float); d = np.asarray(distances, dtype=float); "
NEAREST = "n = ((z + 1) * k).round() / k - 1; "
WRONG = {
    "q1": [
        Answer("as given", frechet("cross = (cov_a @ cov_b).sqrt().trace()"), "as given returns"),
        Answer("variances only", frechet("cross = (cov_a.diagonal() * cov_b.diagonal()).sqrt().sum()"), "on its own"),
        Answer("roots multiplied", frechet("r = lambda c: (lambda v, q: (q * v.sqrt()) @ q.T)(*torch.linalg.eigh(c)); cross = (r(cov_a) @ r(cov_b)).trace()"), "commute"),
        Answer("Cholesky", frechet("cross = (torch.linalg.cholesky(cov_a) @ torch.linalg.cholesky(cov_b)).trace()"), "Cholesky"),
        Answer("eigvalsh", frechet("cross = torch.linalg.eigvalsh(cov_a @ cov_b).clamp(min=0).sqrt().sum()"), "one half"),
        Answer("eigenvalues of each", frechet("e = torch.linalg.eigvalsh; cross = (e(cov_a) * e(cov_b)).clamp(min=0).sqrt().sum()"), "where it points"),
        Answer("no root", frechet("cross = torch.linalg.eigvals(cov_a @ cov_b).real.sum()"), "without a root"),
        Answer("root of the trace", frechet("cross = (cov_a @ cov_b).trace().sqrt()"), "root of a sum"),
        Answer("no cross term", frechet("cross = torch.tensor(0.0)"), "has gone"),
        Answer("cross once", frechet(GOOD, "means + cov_a.trace() + cov_b.trace() - cross"), "once"),
        Answer("cross added", frechet(GOOD, "means + cov_a.trace() + cov_b.trace() + 2 * cross"), "added"),
        Answer("singular values of the product", frechet("cross = torch.linalg.svdvals(cov_a @ cov_b).sqrt().sum()"), "singular"),
        Answer("means not squared", frechet(GOOD, means="(a.mean(0) - b.mean(0)).norm()"), "squared"),
        Answer("means forgotten", frechet(GOOD, means="0"), "means have gone"),
        Answer("root of it all", frechet(GOOD, "(means + cov_a.trace() + cov_b.trace() - 2 * cross).sqrt()"), "papers"),
        Answer("complex", frechet("cross = torch.linalg.eigvals(cov_a @ cov_b).sqrt().sum()"), "real number"),
    ],
    "q2": [
        Answer("slope", line(FIT + "return np.polyfit(1 / n, d, 1)[0]"), "slope"),
        Answer("over N", line(FIT + "return np.polyfit(n, d, 1)[1]"), "over N"),
        Answer("over the root", line(FIT + "return np.polyfit(n**-0.5, d, 1)[1]"), "root of 1/N"),
        Answer("over log N", line(FIT + "return np.polyfit(np.log(n), d, 1)[1]"), "logarithm"),
        Answer("last", line("return distances[-1]"), "last measurement"),
        Answer("average", line("return sum(distances) / len(distances)"), "average"),
        Answer("at N = 1", line(FIT + "return np.polyval(np.polyfit(1 / n, d, 1), 1)"), "N = 1"),
        Answer("axes swapped", line(FIT + "return np.polyfit(d, 1 / n, 1)[1]"), "changed places"),
        Answer("two points", line(FIT + "x = 1 / n; return d[0] - x[0] * (d[-1] - d[0]) / (x[-1] - x[0])"), "first and the last"),
        Answer("last two", line(FIT + "return np.polyfit(1 / n[-2:], d[-2:], 1)[1]"), "last two"),
        Answer("weighted", line(FIT + "return np.polyfit(1 / n, d, 1, w=n)[1]"), "count for more"),
        Answer("parabola", line(FIT + "return np.polyfit(1 / n, d, 2)[2]"), "curve"),
        Answer("constant", line("return 3.0"), "wrong for others"),
        Answer("each doubling halves", line("return 2 * distances[-1] - distances[-2]"), "wrong for others"),
        Answer("both numbers", line(FIT + "return np.polyfit(1 / n, d, 1)"), "one number"),
        Answer("sorted only", line("c = list(counts); return (c[-1] * distances[-1] - c[0] * distances[0]) / (c[-1] - c[0])"), "first and the last"),
        Answer("predicted a half", line(FIT + "return np.polyfit(1 / n, d, 1)[1]", 0.5), "halved"),
        Answer("predicted all", line(FIT + "return np.polyfit(1 / n, d, 1)[1]", 1), "would not help"),
        Answer("predicted four", line(FIT + "return np.polyfit(1 / n, d, 1)[1]", 4), "below 1"),
        Answer("predicted another", line(FIT + "return np.polyfit(1 / n, d, 1)[1]", 0.1), "squares"),
    ],
    "q3": [
        Answer("no levels", bits("return -log_p / D / math.log(2)"), "interval"),
        Answer("nats", bits("return math.log(levels) - log_p / D"), "nats"),
        Answer("sign of log p", bits("return (log_p / D + math.log(levels)) / math.log(2)"), "more probable"),
        Answer("sign of the levels", bits("return (-log_p / D - math.log(levels)) / math.log(2)"), "signs|cheaper"),
        Answer("levels in bits only", bits("return math.log2(levels) - log_p / D"), "mixed"),
        Answer("log p in bits only", bits("return math.log(levels) - log_p / D / math.log(2)"), "mixed"),
        Answer("always bytes", bits("return 8 - log_p / D / math.log(2)"), "256, whatever"),
        Answer("no D", bits("return (math.log(levels) - log_p) / math.log(2)"), "whole picture"),
        Answer("multiplied", bits("return (math.log(levels) - log_p / D) * math.log(2)"), "multipli"),
        Answer("interval once", bits("return (math.log(levels) - log_p) / D / math.log(2)"), "once for each"),
        Answer("averaged", bits("return ((math.log(levels) - log_p / D) / math.log(2)).mean()"), "One"),
        Answer("levels without log", bits("return levels - log_p / D / math.log(2)"), "without a logarithm"),
        Answer("per picture", bits("return (D * math.log(levels) - log_p) / math.log(2)"), "divide by D"),
    ],
    "q4": [
        Answer("a gap too many", snap("n = ((z + 1) * levels / 2).round() / levels * 2 - 1; return z + (n - z).detach()"), "four gaps"),
        Answer("half the range", snap("n = (z * (levels - 1)).round() / (levels - 1); return z + (n - z).detach()"), "too small"),
        Answer("as many as levels", snap("n = (z * levels).round() / levels; return z + (n - z).detach()"), "gaps between 0 and 1"),
        Answer("whole numbers", snap("n = z.round(); return z + (n - z).detach()"), "whole numbers"),
        Answer("numbers of levels", snap("n = ((z + 1) * k).round(); return z + (n - z).detach()"), "numbers of the levels"),
        Answer("down", snap("n = ((z + 1) * k).floor() / k - 1; return z + (n - z).detach()"), "rounded down"),
        Answer("up", snap("n = ((z + 1) * k).ceil() / k - 1; return z + (n - z).detach()"), "rounded up"),
        Answer("no shift", snap("n = (z * k).round() / k; return z + (n - z).detach()"), "even number"),
        Answer("not undone", snap("n = ((z + 1) * k).round() / k; return z + (n - z).detach()"), "shift"),
        Answer("stretch not undone", snap("n = ((z + 1) * k).round() - 1; return z + (n - z).detach()"), "stretch"),
        Answer("plain rounding", snap(NEAREST + "return n"), "0: it goes through"),
        Answer("not detached", snap(NEAREST + "return z + (n - z)"), "0: it goes through"),
        Answer("all detached", snap(NEAREST + "return n.detach()"), "No gradient"),
        Answer("wrong one detached", snap(NEAREST + "return z.detach() + n - z.detach()"), "0: it goes through"),
        Answer("z in twice", snap(NEAREST + "return 2 * z + (n - 2 * z).detach()"), "doubled"),
        Answer("turned round", snap(NEAREST + "return (n + z).detach() - z"), "turned round"),
        Answer("not rounded", snap("return z * 1"), "Nothing has been|nothing to pass"),
        Answer("NumPy", snap("import numpy as np; return torch.tensor(np.round((z.detach().numpy() + 1) * k) / k - 1)"), "No gradient"),
    ],
    "q5": [
        Answer("a", "q5, q5_share = 'a', 0.3", "never seen"),
        Answer("b", "q5, q5_share = 'b', 0.3", "one side"),
        Answer("d", "q5, q5_share = 'd', 0.3", "small group"),
        Answer("above the line", "q5, q5_share = 'c', 0.65", "above the dashed line"),
        Answer("all", "q5, q5_share = 'c', 1.0", "count the dots"),
        Answer("per cent", "q5, q5_share = 'c', 30", "between 0 and 1"),
    ],
}  # fmt: skip

RIGHT = {
    "q1": [
        Answer("SciPy", frechet("import scipy; cross = np.trace(scipy.linalg.sqrtm((cov_a @ cov_b).numpy())).real")),
        Answer("symmetric", frechet("v, q = torch.linalg.eigh(cov_a); r = (q * v.clamp(min=0).sqrt()) @ q.T; cross = torch.linalg.eigvalsh(r @ cov_b @ r).clamp(min=0).sqrt().sum()")),
        Answer("singular values of the roots", frechet("r = lambda c: (lambda v, q: (q * v.clamp(min=0).sqrt()) @ q.T)(*torch.linalg.eigh(c)); cross = torch.linalg.svdvals(r(cov_a) @ r(cov_b)).sum()")),
        Answer("complex root", frechet("cross = torch.linalg.eigvals(cov_a @ cov_b).sqrt().sum().real")),
        Answer("the package's", "from vaelab.evaluation import frechet_distance as frechet"),
        Answer("NumPy", "import numpy as np\ndef frechet(a, b):\n    a, b = (np.asarray(v, dtype=float) for v in (a, b))\n    p, q = np.cov(a, rowvar=False), np.cov(b, rowvar=False)\n    roots = np.sqrt(np.linalg.eigvals(p @ q).astype(complex)).real\n    return ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(p + q) - 2 * roots.sum()"),
    ],
    "q2": [
        Answer("lstsq", line("x = 1 / torch.as_tensor(counts).double(); y = torch.as_tensor(distances).double(); A = torch.stack([x, torch.ones_like(x)], 1); return torch.linalg.lstsq(A, y[:, None]).solution[1]", "1 / 4").replace("solution[1]", "solution[1, 0]")),
        Answer("single precision", line("x = 1 / torch.as_tensor(counts).float(); y = torch.as_tensor(distances).float(); x, y = x - x.mean(), y; return y.mean() - (x * y).sum() / x.square().sum() * (1 / torch.as_tensor(counts).float()).mean()")),
        Answer("single precision, lstsq", line("x = 1 / torch.as_tensor(counts).float(); y = torch.as_tensor(distances).float(); A = torch.stack([torch.ones_like(x), x], 1); return torch.linalg.lstsq(A, y).solution[0]")),
        Answer("normal equations", line("x = 1 / torch.as_tensor(counts).float(); y = torch.as_tensor(distances).float(); A = torch.stack([torch.ones_like(x), x], 1); return torch.linalg.solve(A.T @ A, A.T @ y)[0]")),
        Answer("by hand", line("x = [1 / float(n) for n in counts]; y = [float(d) for d in distances]; mx, my = sum(x) / len(x), sum(y) / len(y); slope = sum((a - mx) * (b - my) for a, b in zip(x, y)) / sum((a - mx) ** 2 for a in x); return my - slope * mx")),
        Answer("SciPy", line(FIT + "from scipy.stats import linregress; return linregress(1 / n, d).intercept")),
        Answer("scikit-learn", line(FIT + "from sklearn.linear_model import LinearRegression; return LinearRegression().fit((1 / n)[:, None], d).intercept_")),
    ],
    "q3": [
        Answer("NumPy", bits("import numpy as np; return np.log2(levels) - np.asarray(log_p) / D / np.log(2)")),
        Answer("a loop", bits("return [-(float(v) - D * math.log(levels)) / (D * math.log(2)) for v in log_p]")),
        Answer("per picture first", bits("return -((log_p - D * math.log(levels)) * math.log2(math.e)) / D")),
    ],
    "q4": [
        Answer("a list of levels", snap("e = torch.linspace(-1, 1, levels, dtype=z.dtype); n = e[(z[..., None] - e).abs().argmin(-1)]; return z + (n - z).detach()")),
        Answer("data", snap("e = torch.arange(levels) / k - 1; out = z.clone(); n = e.to(z)[(z.unsqueeze(-1) - e.to(z)).abs().argmin(-1)]; out.data.copy_(n); return out")),
        Answer("added and taken", snap(NEAREST + "return n.detach() + z - z.detach()")),
        Answer("own function", "class Snap(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, z, levels):\n        k = (levels - 1) / 2\n        return ((z + 1) * k).round() / k - 1\n    @staticmethod\n    def backward(ctx, gradient):\n        return gradient, None\ndef snap(z, levels):\n    return Snap.apply(z, levels)"),
        Answer("no_grad", snap("with torch.no_grad():\n        gap = 2 / (levels - 1)\n        step = torch.round((z + 1) / gap) * gap - 1 - z\n    return z + step")),
    ],
    "q5": [Answer("capital", "q5, q5_share = 'C', '0.25'"), Answer("a third", "q5, q5_share = ' c', 1 / 3")],
}  # fmt: skip
