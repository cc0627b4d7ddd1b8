"""Wrong answers that must fail, and right ones that must pass, of exercise 10."""

from tools.mutants import Answer


def shares(
    radius: str,
    inside: str = "apart <= radius",
    end: str = "share_inside(samples, real), share_inside(real, samples)",
    share: str = "inside.any(1).float().mean()",
) -> str:
    return (
        "import numpy as np\ndef precision_and_recall(real, samples, k=3):\n"
        "    def share_inside(points, centres):\n        apart = torch.cdist(points, centres)\n"
        f"        among = torch.cdist(centres, centres)\n        radius = {radius}\n        inside = {inside}\n"
        f"        return {share}\n    return {end}\n"
    )


def line(body: str, share=0.25) -> str:
    return f"import numpy as np\nq2_share = {share}\ndef at_infinity(counts, distances):\n    {body}\n"


def bits(body: str) -> str:
    return f"import math\ndef bits_per_dimension(log_p, D, levels=256):\n    {body}\n"


def snap(body: str) -> str:
    return f"def snap(z, levels):\n    k = (levels - 1) / 2\n    {body}\n"


KTH = "among.kthvalue(k + 1, dim=1).values"
FIT = "n = np.asarray(counts, dtype=float); d = np.asarray(distances, dtype=float); "
NEAREST = "n = ((z + 1) * k).round() / k - 1; "
WRONG = {
    "q1": [
        Answer("as given", shares("among.kthvalue(k, dim=1).values"), "as given returns"),
        Answer("one too far", shares("among.sort(1).values[:, min(k + 1, len(among) - 1)]"), "too far"),
        Answer("swapped", shares(KTH, end="share_inside(real, samples), share_inside(samples, real)"), "changed places"),
        Answer("in all balls", shares(KTH, share="inside.all(1).float().mean()"), "all of them"),
        Answer("pairs counted", shares(KTH, share="inside.float().mean()"), "Pairs"),
        Answer("one radius", shares("among.kthvalue(k + 1, dim=1).values.mean()"), "average one"),
        Answer("largest radius", shares("among.kthvalue(k + 1, dim=1).values.max()"), "largest one"),
        Answer("balls around the points", shares("torch.cdist(points, points).kthvalue(k + 1, dim=1).values[:, None]"), "asked about"),
        Answer("no twins", shares("among.masked_fill(among == 0, torch.inf).kthvalue(k, dim=1).values"), "twin"),
        Answer("balls of real pictures, twice", shares(KTH, end="share_inside(samples, real), (torch.cdist(samples, real) <= torch.cdist(real, real).kthvalue(k + 1, dim=1).values).any(0).float().mean()"), "keeps the balls"),
        Answer("the nearest centre's ball", shares(KTH, share="inside.gather(1, apart.argmin(1, keepdim=True)).float().mean()"), "its nearest picture"),
        Answer("nearest only", shares("among.fill_diagonal_(torch.inf).amin(1)"), "not always the nearest"),
        Answer("the farthest", shares("among.amax(1)"), "farthest of all"),
        Answer("real twice", shares(KTH, end="share_inside(samples, real), share_inside(real, real)"), "real pictures against real"),
        Answer("numbers, no shares", shares(KTH, share="inside.any(1).sum()"), "should be"),
        Answer("precision alone", shares(KTH, end="share_inside(samples, real)"), "two things"),
        Answer("squared radius", shares("among.kthvalue(k + 1, dim=1).values.square()"), "should be"),
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
        Answer("weighted by the number of pictures", line(FIT + "return np.polyfit(1 / n, d, 1, w=n**0.5)[1]"), "by its number of pictures"),
        Answer("last two", line(FIT + "return np.polyfit(1 / n[-2:], d[-2:], 1)[1]"), "last two"),
        Answer("weighted", line(FIT + "return np.polyfit(1 / n, d, 1, w=n)[1]"), "by the square of its number"),
        Answer("parabola", line(FIT + "return np.polyfit(1 / n, d, 2)[2]"), "curve"),
        Answer("constant", line("return 3.0"), "Wrong for .* pictures"),
        Answer("each doubling halves", line("return 2 * distances[-1] - distances[-2]"), "Wrong for .* pictures"),
        Answer("both numbers", line(FIT + "return np.polyfit(1 / n, d, 1)"), "one number"),
        Answer("sorted only", line("c = list(counts); return (c[-1] * distances[-1] - c[0] * distances[0]) / (c[-1] - c[0])"), "first and the last"),
        Answer("no guess", line(FIT + "return np.polyfit(1 / n, d, 1)[1]", "'less'"), "One number"),
        Answer("lists only", line("return sum([d * 0 for d in distances]) + np.polyfit([1 / n for n in counts], distances + [], 1)[1]"), "as tensors|raised"),
        Answer("np.mean of a tensor", line("x = 1 / np.array(counts); m = np.mean(distances); b = ((x - x.mean()) * (np.array(distances) - m)).sum() / ((x - x.mean()) ** 2).sum(); return m - b * x.mean()"), "as tensors|raised"),
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
        Answer("cut at 0", bits("return ((math.log(levels) - log_p / D) / math.log(2)).clamp(min=0)"), "cut off"),
        Answer("absolute", bits("return ((math.log(levels) - log_p / D) / math.log(2)).abs()"), "lost its sign"),
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
        Answer("no gradient on a level", snap(NEAREST + "return torch.where(n == z, n.detach(), z + (n - z).detach())"), "lies on a level"),
        Answer("all detached", snap(NEAREST + "return n.detach()"), "No gradient"),
        Answer("wrong one detached", snap(NEAREST + "return z.detach() + n - z.detach()"), "0: it goes through"),
        Answer("z in twice", snap(NEAREST + "return 2 * z + (n - 2 * z).detach()"), "doubled"),
        Answer("turned round", snap(NEAREST + "return (n + z).detach() - z"), "turned round"),
        Answer("stretched gradient", snap("q = (z + 1) * k; y = q.round(); return q + (y / k - 1 - q).detach()"), "stretched number"),
        Answer("divided gradient", snap(NEAREST + "return z / k + (n - z / k).detach()"), "divided by the stretch"),
        Answer("not rounded", snap("return z * 1"), "Nothing has been|nothing to pass"),
        Answer("NumPy", snap("import numpy as np; return torch.tensor(np.round((z.detach().numpy() + 1) * k) / k - 1)"), "No gradient"),
    ],
    "q5": [
        Answer("a", "q5, q5_share = 'a', 0.3", "never seen"),
        Answer("b", "q5, q5_share = 'b', 0.3", "one side"),
        Answer("d", "q5, q5_share = 'd', 0.3", "small group"),
        Answer("above the line", "q5, q5_share = 'c', 0.65", "dashed line"),
        Answer("not copied", "q5, q5_share = 'c', 0.7", "honest ones"),
        Answer("all", "q5, q5_share = 'c', 1.0", "count the dots"),
        Answer("per cent", "q5, q5_share = 'c', 30", "between 0 and 1"),
    ],
}  # fmt: skip

RIGHT = {
    "q1": [
        Answer("kthvalue", shares(KTH)),
        Answer("topk", shares("among.topk(k + 1, dim=1, largest=False).values[:, -1]")),
        Answer("diagonal left out", shares("among.fill_diagonal_(torch.inf).kthvalue(k, dim=1).values")),
        Answer("sorted", shares("among.sort(dim=1).values[:, k]")),
        Answer("NumPy", "import numpy as np\ndef precision_and_recall(real, samples, k=3):\n    r, s = np.asarray(real), np.asarray(samples)\n    d = lambda a, b: np.sqrt(((a[:, None] - b[None]) ** 2).sum(-1))\n    f = lambda p, c: float((d(p, c) <= np.partition(d(c, c), k, axis=1)[:, k]).any(axis=1).mean())\n    return [f(s, r), f(r, s)]\n"),
        Answer("scikit-learn", "def precision_and_recall(real, samples, k=3):\n    from sklearn.neighbors import NearestNeighbors\n    def f(p, c):\n        r = NearestNeighbors(n_neighbors=k).fit(c).kneighbors()[0][:, -1]\n        return (torch.cdist(p, c).numpy() <= r).any(1).mean()\n    return f(samples, real), f(real, samples)\n"),
        Answer("loops", "def precision_and_recall(real, samples, k=3):\n    def f(ps, cs):\n        hits = 0\n        radii = [sorted((c - o).norm().item() for j, o in enumerate(cs) if j != i)[k - 1] for i, c in enumerate(cs)]\n        for p in ps:\n            hits += any((p - c).norm() <= r for c, r in zip(cs, radii))\n        return hits / len(ps)\n    return f(samples, real), f(real, samples)\n"),
    ],
    "q2": [
        Answer("another guess", line(FIT + "return np.polyfit(1 / n, d, 1)[1]", 0.5)),
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
        Answer("the chapter's", snap("table = torch.linspace(-1, 1, levels); i = torch.cdist(z.reshape(-1, 1), table[:, None]).argmin(1); n = table[i].view(z.shape); return z + (n - z).detach()")),
        Answer("a list of levels", snap("e = torch.linspace(-1, 1, levels, dtype=z.dtype); n = e[(z[..., None] - e).abs().argmin(-1)]; return z + (n - z).detach()")),
        Answer("data", snap("e = torch.arange(levels) / k - 1; out = z.clone(); n = e.to(z)[(z.unsqueeze(-1) - e.to(z)).abs().argmin(-1)]; out.data.copy_(n); return out")),
        Answer("added and taken", snap(NEAREST + "return n.detach() + z - z.detach()")),
        Answer("own function", "class Snap(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, z, levels):\n        k = (levels - 1) / 2\n        return ((z + 1) * k).round() / k - 1\n    @staticmethod\n    def backward(ctx, gradient):\n        return gradient, None\ndef snap(z, levels):\n    return Snap.apply(z, levels)"),
        Answer("no_grad", snap("with torch.no_grad():\n        gap = 2 / (levels - 1)\n        step = torch.round((z + 1) / gap) * gap - 1 - z\n    return z + step")),
    ],
    "q5": [Answer("capital", "q5, q5_share = 'C', '0.25'"), Answer("a third", "q5, q5_share = ' c', 1 / 3")],
}  # fmt: skip
