"""Wrong answers that must fail, and right ones that must pass, of exercise 1."""

from tools.mutants import Answer


def fit(covariance: str, mean: str = "g.mean(0)", share: str = "len(g) / len(x)") -> str:
    """A fit whose three results are computed from a class's rows `g`."""
    return (
        "import numpy as np\n"
        "def fit_classes(x, y, K):\n"
        "    groups = [x[y == k] for k in range(K)]\n"
        f"    share = torch.tensor([{share} for g in groups])\n"
        f"    means = torch.stack([{mean} for g in groups])\n"
        f"    return share, means, torch.stack([{covariance} for g in groups])\n"
    )


def bayes(body: str) -> str:
    return (
        "import numpy as np\n"
        "def posterior(x, share, means, covariances):\n"
        "    log_x = MultivariateNormal(means, covariances).log_prob(x[:, None])\n"
        f"    {body}\n"
    )


def density(body: str) -> str:
    return f"def independent_log_density(x, mean, sigma):\n    z = (x - mean) / sigma\n    pi = math.log(2 * math.pi)\n    {body}\n"


def guarding(body: str, prediction=0) -> str:
    return f"import numpy as np\nq5_turned_away = {prediction}\ndef guard(known, scores, keep=0.95):\n    {body}\n"


def beans(probability=0.81, letter="c") -> str:
    return f"q4_probability = {probability}\nq4 = {letter!r}\n"


MIDDLE = "lo, hi = known.quantile((1 - keep) / 2), known.quantile((1 + keep) / 2); return (scores >= lo) & (scores <= hi)"
WRONG = {
    "q2": [
        Answer("one covariance for all", fit("sum(((x[y == k] - x[y == k].mean(0)).T @ (x[y == k] - x[y == k].mean(0)) for k in range(K))) / len(x)"), "share one covariance"),
        Answer("covariance of everything", fit("torch.cov(x.T)"), "all rows together"),
        Answer("not divided", fit("(g - g.mean(0)).T @ (g - g.mean(0))"), "not divided"),
        Answer("divided by all", fit("(g - g.mean(0)).T @ (g - g.mean(0)) / len(x)"), "number of all rows"),
        Answer("around the common mean", fit("(g - x.mean(0)).T @ (g - x.mean(0)) / len(g)"), "mean of all rows"),
        Answer("not centred", fit("g.T @ g / len(g)"), "mean off first"),
        Answer("variances only", fit("torch.diag(g.var(0))"), "only the variances"),
        Answer("variances only, divided by N", fit("torch.diag(g.var(0, unbiased=False))"), "only the variances"),
        Answer("one covariance for all, N - 1", fit("torch.cov(torch.cat([x[y == k] - x[y == k].mean(0) for k in range(K)]).T)"), "same covariance"),
        Answer("labels from 1", fit("torch.cov(g.T)").replace("range(K)", "range(1, K + 1)"), "not finite"),
        Answer("means first", fit("torch.cov(g.T)").replace("return share, means", "return means, share"), "shares come first"),
        Answer("correlations", fit("torch.corrcoef(g.T)"), "correlations"),
        Answer("leaves for measurements", "def fit_classes(x, y, K):\n    g = [x[y == k] for k in range(K)]\n    return torch.tensor([len(r) / len(x) for r in g]), torch.stack([r.mean(0) for r in g]), torch.stack([torch.cov(r[:2]) for r in g])[:, :1]", "row and a column"),
        Answer("classes as they appear", fit("torch.cov(g.T)").replace("for k in range(K)", "for k in dict.fromkeys(y.tolist())"), "row k"),
        Answer("counts", fit("torch.cov(g.T)", share="len(g)"), "counts"),
        Answer("equal shares", fit("torch.cov(g.T)", share="1 / K"), "same share"),
        Answer("sums", fit("torch.cov(g.T)", mean="g.sum(0)"), "sums"),
        Answer("sums over all", fit("torch.cov(g.T)", mean="g.sum(0) / len(x)"), "number of all rows"),
        Answer("the common mean", fit("torch.cov(g.T)", mean="x.mean(0)"), "mean of all rows"),
        Answer("one mean for all measurements", fit("torch.cov(g.T)", mean="g.mean()"), "one number for each measurement"),
        Answer("three classes always", "def fit_classes(x, y, K):\n    g = [x[y == k] for k in range(3)]\n    return torch.tensor([len(r) / len(x) for r in g]), torch.stack([r.mean(0) for r in g]), torch.stack([torch.cov(r.T) for r in g])", "five classes"),
        Answer("Cholesky's root", fit("torch.linalg.cholesky(torch.cov(g.T))"), "roots"),
        Answer("the notebook's leaves", "def fit_classes(a, b, K):\n    g = [x[y == k] for k in range(K)]\n    return torch.tensor([len(r) / len(x) for r in g]), torch.stack([r.mean(0) for r in g]), torch.stack([torch.cov(r.T) for r in g])", "notebook's `x`"),
        Answer("two measurements always", fit("torch.cov(g[:, :2].T)"), "four measurements|raised|row and a column"),
        Answer("inverse covariances", fit("torch.linalg.inv(torch.cov(g.T))"), "not the covariances"),
        Answer("not transposed", fit("torch.cov(g)"), "raised|row and a column"),
        Answer("medians", fit("torch.cov(g.T)", mean="g.median(0).values"), "medians"),
        Answer("two results", "def fit_classes(x, y, K):\n    return [1], [2]", "three things"),
    ],
    "q3": [
        Answer("no share", bayes("return log_x.softmax(1)"), "equally frequent"),
        Answer("wrong axis", bayes("return (log_x + share.log()).softmax(0)"), "each column"),
        Answer("joint", bayes("return log_x.exp() * share"), "joint density"),
        Answer("density", bayes("return log_x.exp()"), "density p"),
        Answer("logarithms", bayes("return (log_x + share.log()).log_softmax(1)"), "logarithms"),
        Answer("no volume", bayes("a = x[:, None] - means; s = torch.einsum('nkd,kde,nke->nk', a, torch.linalg.inv(covariances), a); return (share.log() - s / 2).softmax(1)"), "height"),
        Answer("softmax of densities", bayes("return (log_x.exp() * share).softmax(1)"), "exponentiates"),
        Answer("share added to a logarithm", bayes("return (log_x + share).softmax(1)"), "share itself"),
        Answer("a decision", bayes("return torch.nn.functional.one_hot((log_x + share.log()).argmax(1), len(share))"), "all or nothing"),
        Answer("share times logarithm", bayes("return (log_x * share).softmax(1)"), "is multiplied"),
        Answer("covariance as root", bayes("return (MultivariateNormal(means, scale_tril=covariances.tril()).log_prob(x[:, None]) + share.log()).softmax(1)"), "scale_tril"),
        Answer("covariance as inverse", bayes("return (MultivariateNormal(means, precision_matrix=covariances).log_prob(x[:, None]) + share.log()).softmax(1)"), "inverse"),
        Answer("sigmoid", bayes("return (log_x + share.log()).sigmoid()"), "not Bayes"),
        Answer("not divided by the row", bayes("p = log_x.exp() * share; return p / p.sum()"), "not Bayes"),
        Answer("underflow", bayes("p = log_x.exp() * share; return p / p.sum(1, keepdim=True)"), "round to 0"),
        Answer("underflow, hidden by zeros", bayes("p = log_x.exp() * share; return (p / p.sum(1, keepdim=True)).nan_to_num()"), "rounded to 0"),
        Answer("underflow, hidden by epsilon", bayes("p = log_x.exp() * share; return p / (p.sum(1, keepdim=True) + 1e-12)"), "rounded to 0"),
        Answer("underflow, hidden by a floor", bayes("p = log_x.exp() * share + 1e-300; return p / p.sum(1, keepdim=True)"), "one half"),
        Answer("underflow, hidden by the shares", bayes("p = log_x.exp() * share; p = p / p.sum(1, keepdim=True); return torch.where(p.isnan(), share, p)"), "nothing of the leaf"),
        Answer("one covariance for all", bayes("return (MultivariateNormal(means, covariances.mean(0)).log_prob(x[:, None]) + share.log()).softmax(1)"), "share one"),
        Answer("variances only", bayes("return (Normal(means, covariances.diagonal(dim1=1, dim2=2).sqrt()).log_prob(x[:, None]).sum(2) + share.log()).softmax(1)"), "only the variances"),
        Answer("one maximum taken off all rows", bayes("j = log_x + share.log(); p = (j - j.max()).exp(); return p / p.sum(1, keepdim=True)"), "round to 0"),
        Answer("exp first, log after", bayes("p = log_x.exp() * share; return (p.log() - p.sum(1, keepdim=True).log()).exp()"), "round to 0"),
    ],
    "q4": [
        Answer("probability of B", beans(0.19), "of B"),
        Answer("joint", beans(0.33), "joint"),
        Answer("heights divided", beans(0.7), "logarithms"),
        Answer("heights divided, in size", beans(0.3), "logarithms"),
        Answer("per cent", beans(81), "per cent"),
        Answer("base ten", beans(0.97), "base ten"),
        Answer("density", beans(0.665), "A alone"),
        Answer("the ratio", beans(4.4), "ratio"),
        Answer("half", beans(0.5), "tenth of a nat"),
        Answer("a", beans(letter="a"), "millimetres"),
        Answer("b", beans(letter="b"), "very many nats"),
        Answer("d", beans(letter="D"), "better guess"),
    ],
    "q1": [
        Answer("as given", density("return (-0.5 * z.square() - 0.5 * pi).sum(1)"), "code as given"),
        Answer("wrong sign", density("return (-0.5 * z.square() - 0.5 * pi + sigma.log()).sum(1)"), "sign"),
        Answer("half of it", density("return (-0.5 * z.square() - 0.5 * pi - 0.5 * sigma.log()).sum(1)"), "half"),
        Answer("twice of it", density("return (-0.5 * z.square() - 0.5 * pi - sigma.square().log()).sum(1)"), "twice"),
        Answer("sigma as a variance", density("return (-0.5 * (x - mean).square() / sigma - 0.5 * pi - 0.5 * sigma.log()).sum(1)"), "fine as it was"),
        Answer("sigma squared as a deviation", density("return Normal(mean, sigma**2).log_prob(x).sum(1)"), "square of sigma"),
        Answer("all logarithms for each reading", density("return (-0.5 * z.square() - 0.5 * pi - sigma.log().sum()).sum(1)"), "once for each reading"),
        Answer("the first deviation for all", density("return (-0.5 * z.square() - 0.5 * pi - sigma[0].log()).sum(1)"), "stands for all"),
        Answer("not summed", density("return -0.5 * z.square() - 0.5 * pi - sigma.log()"), "add up over the readings"),
        Answer("averaged", density("return (-0.5 * z.square() - 0.5 * pi - sigma.log()).mean(1)"), "averaged"),
        Answer("sigma without logarithm", density("return (-0.5 * z.square() - 0.5 * pi - sigma).sum(1)"), "not its logarithm"),
        Answer("average of the logarithms", density("return (-0.5 * z.square() - 0.5 * pi).sum(1) - sigma.log().mean()"), "enters once"),
        Answer("log of a product", density("return Normal(mean, sigma).log_prob(x).exp().prod(1).log()"), "rounded to 0"),
        Answer("summed over the minutes", density("return (-0.5 * z.square() - 0.5 * pi - sigma.log()).sum(0)"), "over the rows"),
        Answer("three readings always", density("return (-0.5 * z.square() - 0.5 * pi - sigma.log())[:, :3].sum(1)"), "wrong for twenty"),
        Answer("a density", density("return (-0.5 * z.square() - 0.5 * pi - sigma.log()).sum(1).exp()"), "density itself"),
        Answer("log2", density("return (-0.5 * z.square() - 0.5 * pi - sigma.log2()).sum(1)"), "not this log density"),
        Answer("pi lost", density("return (-0.5 * z.square() - sigma.log()).sum(1)"), "with pi"),
    ],
    "q5": [
        Answer("predicts 20", guarding(MIDDLE, 20), "one of these: 0, 5, 50, 95"),
        Answer("predicts nothing", guarding(MIDDLE, ...).replace("Ellipsis", "..."), "no value yet"),
        Answer("one eye", guarding("return scores >= known.quantile(1 - keep)"), "too \\*high"),
        Answer("the other eye", guarding("return scores <= known.quantile(keep)"), "noise comes in"),
        Answer("turned round", guarding(MIDDLE.replace("return ", "return ~(") + ")"), "turned round"),
        Answer("cuts twice", guarding("return (scores >= known.quantile(1 - keep)) & (scores <= known.quantile(keep))"), "at each end"),
        Answer("only the innermost", guarding("return (scores >= known.quantile(keep / 2)) & (scores <= known.quantile(1 - keep / 2))"), "lets in"),
        Answer("shares learned by heart", guarding("cut = {0.95: 0.025, 0.9: 0.05, 0.8: 0.1}.get(keep, 0.025); return (scores >= known.quantile(cut)) & (scores <= known.quantile(1 - cut))"), r"lets in 95"),
        Answer("ignores keep", guarding("return (scores >= known.quantile(0.025)) & (scores <= known.quantile(0.975))"), "keep=0.8"),
        Answer("two deviations", guarding("return (scores - known.mean()).abs() < 2 * known.std()"), "keep=0.8"),
        Answer("normal quantiles", guarding("t = torch.special.ndtri(torch.tensor((1 + keep) / 2)); return (scores - known.mean()).abs() < t * known.std()"), "lopsided"),
        Answer("lowest and highest", guarding("return (scores >= known.min()) & (scores <= known.max())"), "lets in 100"),
        Answer("quantiles of the door's own", guarding("return (scores >= scores.quantile((1 - keep) / 2)) & (scores <= scores.quantile((1 + keep) / 2))"), "at the door"),
        Answer("quantiles of both, the scores' too", guarding("both = torch.cat([known, scores]); return (scores >= both.quantile((1 - keep) / 2)) & (scores <= both.quantile((1 + keep) / 2))"), "come in|lets in"),
        Answer("95 wired in above", guarding("return (scores >= known.quantile((1 - keep) / 2)) & (scores <= known.quantile(0.95))"), "lets in|come in"),
        Answer("three deviations", guarding("return (scores - known.mean()).abs() < 3 * known.std()"), "lets in"),
        Answer("equally far from the middle", guarding("m = known.median(); return (scores - m).abs() <= (known - m).abs().quantile(keep)"), "lopsided"),
        Answer("one answer for all", guarding("return (scores.mean() > known.min()) & (scores.mean() < known.max())"), "one True or False"),
    ],
}  # fmt: skip

RIGHT = {
    "q2": [
        Answer("divided by the number", fit("(g - g.mean(0)).T @ (g - g.mean(0)) / len(g)")),
        Answer("NumPy", "import numpy as np\ndef fit_classes(x, y, K):\n    x, y = np.asarray(x), np.asarray(y)\n    return [np.array(r) for r in zip(*[((y == k).mean(), x[y == k].mean(0), np.cov(x[y == k], rowvar=False)) for k in range(K)])]"),
        Answer("one-hot", "def fit_classes(x, y, K):\n    h = torch.nn.functional.one_hot(y, K).to(x.dtype)\n    n = h.sum(0)\n    m = h.T @ x / n[:, None]\n    a = x - m[y]\n    return n / len(x), m, torch.einsum('nk,nd,ne->kde', h, a, a) / n[:, None, None]"),
        Answer("lists and loops", "def fit_classes(x, y, K):\n    s, m, c = [], [], []\n    for k in range(K):\n        g = x[y == k]\n        s.append((y == k).float().mean().item())\n        m.append(g.mean(0).tolist())\n        c.append((sum(torch.outer(r - g.mean(0), r - g.mean(0)) for r in g) / len(g)).tolist())\n    return s, m, c"),
        Answer("bincount", "def fit_classes(x, y, K):\n    n = torch.bincount(y, minlength=K)\n    m = torch.zeros(K, x.shape[1], dtype=x.dtype).index_add_(0, y, x) / n[:, None]\n    return n / n.sum(), m, torch.stack([torch.cov(x[y == k].T, correction=0) for k in range(K)])"),
    ],
    "q3": [
        Answer("softmax", bayes("return torch.softmax(log_x + share.log(), dim=1)")),
        Answer("highest taken off", bayes("j = log_x + torch.log(share); p = (j - j.max(1, keepdim=True).values).exp(); return p / p.sum(1, keepdim=True)")),
        Answer("SciPy", "def posterior(x, share, means, covariances):\n    from scipy.stats import multivariate_normal as m\n    from scipy.special import softmax\n    import numpy as np\n    j = np.stack([m(np.asarray(a), np.asarray(c)).logpdf(np.asarray(x)) for a, c in zip(means, covariances)], 1) + np.log(np.asarray(share))\n    return softmax(j, axis=1)"),
        Answer("a loop", "def posterior(x, share, means, covariances):\n    rows = []\n    for point in x:\n        j = torch.stack([MultivariateNormal(m, c).log_prob(point) + s.log() for s, m, c in zip(share, means, covariances)])\n        rows.append((j - torch.logsumexp(j, 0)).exp())\n    return torch.stack(rows)"),
        Answer("differences", bayes("j = log_x + share.log(); return 1 / (j[:, None, :] - j[:, :, None]).exp().sum(2)")),
    ],
    "q4": [
        Answer("brackets", beans("torch.tensor([0.81])", "(c)")), Answer("a stop, and a fraction", "from fractions import Fraction\n" + beans("Fraction(4, 5)", "C.")),
        Answer("capital", beans(0.78, " C")), Answer("text", beans("'0.84'", "c")), Answer("a fraction", beans("1 / (1 + math.exp(-1.5))"))],
    "q1": [
        Answer("torch.distributions", density("return Normal(mean, sigma).log_prob(x).sum(-1)")),
        Answer("a loop", density("return torch.stack([sum(Normal(m, s).log_prob(v) for v, m, s in zip(row, mean, sigma)) for row in x])")),
        Answer("MultivariateNormal", density("return MultivariateNormal(mean, torch.diag(sigma**2)).log_prob(x)")),
        Answer("one logarithm", density("return -0.5 * (z**2 + torch.log(2 * math.pi * sigma**2)).sum(1)")),
        Answer("sums apart", density("return -0.5 * z.square().sum(1) - torch.log(sigma).sum() - 0.5 * x.shape[1] * pi")),
        Answer("NumPy", density("import numpy as np; from scipy.stats import norm; return norm(np.asarray(mean), np.asarray(sigma)).logpdf(np.asarray(x)).sum(1)")),
    ],
    "q5": [
        Answer("NumPy", guarding("lo, hi = np.quantile(np.asarray(known), [(1 - keep) / 2, 1 - (1 - keep) / 2]); s = np.asarray(scores); return (s > lo) * (s < hi)", "'0'")),
        Answer("sorted", guarding("k = known.sort().values; cut = int((1 - keep) / 2 * len(k)); return (scores >= k[cut]) & (scores < k[-cut - 1])")),
        Answer("another prediction", guarding(MIDDLE, 5)), Answer("95 as text", guarding(MIDDLE, "'95'")),
        Answer("float32 inside", guarding("k = torch.as_tensor(known).float(); s = torch.as_tensor(scores).float(); lo, hi = torch.quantile(k, torch.tensor([(1 - keep) / 2, (1 + keep) / 2])); return (s >= lo) & (s <= hi)")),
        Answer("percentiles", guarding("lo, hi = np.percentile(known, [50 * (1 - keep), 50 * (1 + keep)]); return [lo <= s <= hi for s in scores]")),
        Answer("ranks", guarding("r = (known < scores[:, None]).double().mean(1); return (r - 0.5).abs() <= keep / 2")),
        Answer("a list", guarding(MIDDLE.replace("return ", "return [bool(v) for v in ") + "]", 0.0)),
    ],
}  # fmt: skip
