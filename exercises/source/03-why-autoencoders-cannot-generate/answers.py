"""Wrong answers that must fail, and right ones that must pass, of exercise 3."""

from tools.mutants import Answer


def draw(body: str) -> str:
    return f"import numpy as np\ndef draw_like(codes, n):\n    m, c, N, L = codes.mean(0), codes - codes.mean(0), *codes.shape\n    {body}\n"


def holes(body: str) -> str:
    return (
        "import numpy as np\n"
        "def share_in_holes(draws, codes, q=0.95):\n"
        "    among, across = torch.cdist(codes, codes), torch.cdist(draws, codes)\n"
        "    others = among.clone().fill_diagonal_(float('inf')).min(1).values\n"
        f"    {body}\n"
    )


def shake(spread: str, result: str = "codes + a * spread * eps") -> str:
    return f"def shaken(codes, a, eps):\n    spread = {spread}\n    return {result}\n"


def speak(body: str, prediction="c") -> str:
    return (
        f"import numpy as np\nq5 = {prediction!r}\n"
        "def one(c):\n    return torch.cat([c, torch.ones_like(c[:, :1])], 1)\n"
        f"def translate(z, codes_from, codes_to):\n    f, t = codes_from, codes_to\n    {body}\n"
    )


ROOT = "w, V = torch.linalg.eigh(torch.cov(codes.T))"
FIT = "return one(z) @ torch.linalg.lstsq(one(f), t).solution"
WRONG = {
    "q4": [
        Answer("deviations only", draw("return m + codes.std(0) * torch.randn(n, L)"), "together is missing"),
        Answer("variances as deviations", draw("return m + codes.var(0) * torch.randn(n, L)"), "should be its variance"),
        Answer("no mean", draw("return torch.randn(n, N) @ c / (N - 1) ** 0.5"), "around zero"),
        Answer("covariance without a root", draw("return m + torch.randn(n, L) @ torch.cov(codes.T)"), "takes its root"),
        Answer("N(m, I)", draw("return m + torch.randn(n, L)"), "deviation 1 in all"),
        Answer("not centred", draw("w = torch.randn(n, N) / N ** 0.5; return m + w @ codes"), "taken off before"),
        Answer("transposed root", draw("return m + torch.randn(n, L) @ torch.linalg.cholesky(torch.cov(codes.T))"), "transposed"),
        Answer("cholesky", draw("return m + torch.randn(n, L) @ torch.linalg.cholesky(torch.cov(codes.T)).T"), "raised"),
        Answer("weights not scaled", draw("return m + torch.randn(n, N) @ c"), "grows with the number"),
        Answer("one draw for all", draw("return m + (torch.randn(1, N) @ c / (N - 1) ** 0.5).expand(n, L)"), "random numbers of its own"),
        Answer("codes again", draw("return codes[torch.randint(N, (n,))]"), "drawn again"),
        Answer("codes again, or mirrored", draw("return m + (2.0 * torch.randint(2, (n, 1)) - 1) * c[torch.randint(N, (n,))]"), "drawn again"),
        Answer("kernel density", draw("return codes[torch.randint(N, (n,))] + 0.1 * torch.randn(n, N) @ c / (N - 1) ** 0.5"), "clumps"),
        Answer("uniform weights", draw("return m + (torch.rand(n, N) - 0.5) * 12 ** 0.5 @ c / (N - 1) ** 0.5"), "not normally"),
        Answer("root transposed by eigenvalues", draw(f"{ROOT}; return m + torch.randn(n, L) * w.clamp_min(0).sqrt() @ V"), "covariance of the draws is not"),
        Answer("shrunk towards a ball", draw("C = torch.cov(codes.T); C = C + 0.1 * torch.eye(L); return m + torch.randn(n, L) @ torch.linalg.cholesky(C).T"), "out of the flat"),
        Answer("zeros made small", draw("C = torch.cov(codes.T); w, V = torch.linalg.eigh(C); return m + torch.randn(n, L) * w.clamp_min(0.05).sqrt() @ V.T"), "out of the flat"),
        Answer("negative eigenvalues", draw(f"{ROOT}; return m + torch.randn(n, L) * w.sqrt() @ V.T"), "a little negative"),
        Answer("pca_lowrank", draw("U, S, V = torch.pca_lowrank(codes); return m + (torch.randn(n, len(S)) * S / (N - 1) ** 0.5) @ V.T"), "hardly vary|raised"),
        Answer("the ten longest directions", draw("_, s, V = torch.linalg.svd(c, full_matrices=False); return m + (torch.randn(n, len(s[:10])) * s[:10] / (N - 1) ** 0.5) @ V[:10]"), "hardly vary"),
        Answer("a jitter", draw("C = torch.cov(codes.T) + 1e-3 * torch.eye(L); return m + torch.randn(n, L) @ torch.linalg.cholesky(C).T"), "out of the flat"),
        Answer("seeded inside", draw("torch.manual_seed(0); return m + torch.randn(n, N) @ c / (N - 1) ** 0.5"), "same draws"),
        Answer("transposed", draw(f"{ROOT}; return (m + torch.randn(n, L) * w.clamp_min(0).sqrt() @ V.T).T"), "one row for each draw"),
    ],
    "q2": [
        Answer("itself is nearest", holes("return (across.min(1).values > among.min(1).values.quantile(q)).double().mean()"), "own nearest"),
        Answer("turned round", holes("return (across.min(1).values <= others.quantile(q)).double().mean()"), r"\*not\*"),
        Answer("percentage", holes("return 100 * (across.min(1).values > others.quantile(q)).double().mean()"), "percentage"),
        Answer("count", holes("return (across.min(1).values > others.quantile(q)).sum()"), "how many"),
        Answer("largest", holes("return (across.min(1).values > others.max()).double().mean()"), "largest distance"),
        Answer("average", holes("return (across.min(1).values > others.mean()).double().mean()"), "limit is an average"),
        Answer("draws say what is near", holes("d = across.min(1).values; return (d > d.quantile(q)).double().mean()"), "own distances"),
        Answer("all distances", holes("return (across.min(1).values > among.quantile(q)).double().mean()"), "far too wide"),
        Answer("mean distance", holes("return (across.mean(1) > others.quantile(q)).double().mean()"), "an average taken"),
        Answer("second nearest code", holes("return (across.kthvalue(2, dim=1).values > others.quantile(q)).double().mean()"), "second nearest"),
        Answer("1 - q", holes("return (across.min(1).values > others.quantile(1 - q)).double().mean()"), "1 - q"),
        Answer("draws to draws", holes("d = torch.cdist(draws, draws).fill_diagonal_(float('inf')).min(1).values; return (across.min(1).values > d.quantile(q)).double().mean()"), "own distances"),
        Answer("the middle of the codes", holes("return ((draws - codes.mean(0)).norm(dim=1) > others.quantile(q)).double().mean()"), "middle of the codes"),
        Answer("third nearest", holes("return (across.min(1).values > among.kthvalue(3, dim=1).values.quantile(q)).double().mean()"), "second nearest other"),
        Answer("farthest for nearest", holes("return (across.min(1).values > among.max(1).values.quantile(q)).double().mean()"), "far too wide"),
        Answer("squared on one side", holes("return (across.min(1).values**2 > others.quantile(q)).double().mean()"), "squared on one side"),
        Answer("every 0 left out", holes("d = (codes[:, None] - codes).norm(dim=2); d[d == 0] = float('inf'); return (across.min(1).values > d.min(1).values.quantile(q)).double().mean()"), "every 0 left out"),
        Answer("median", holes("return (across.min(1).values > others.median()).double().mean()"), "middle one"),
        Answer("city blocks", holes("c = torch.cdist(codes, codes, p=1).fill_diagonal_(float('inf')).min(1).values; return (torch.cdist(draws, codes, p=1).min(1).values > c.quantile(q)).double().mean()"), "coordinate by coordinate"),
        Answer("for each code", holes("return (across.min(0).values > others.quantile(q)).double().mean()"), "each draw"),
        Answer("one for each draw", holes("return across.min(1).values > others.quantile(q)"), "one number"),
        Answer("always 95", holes("return (across.min(1).values > others.quantile(0.95)).double().mean()"), "`q` is not used"),
    ],
    "q3": [
        Answer("nearer", "q3_share = 0.76\nq3 = 'd'", "nearer"),
        Answer("new portraits", "q3_share = 0.1\nq3 = 'd'", "new portraits"),
        Answer("hat C", "q3_share = 1\nq3 = 'd'", "hat C"),
        Answer("half", "q3_share = 0.5\nq3 = 'd'", "dotted"),
        Answer("a percentage", "q3_share = 25\nq3 = 'd'", "between 0 and 1"),
        Answer("a", "q3_share = 0.25\nq3 = 'a'", "training code"),
        Answer("b", "q3_share = 0.25\nq3 = 'b'", "no sign of copying"),
        Answer("c", "q3_share = 0.25\nq3 = 'c'", "nobody told"),
    ],
    "q1": [
        Answer("as given", shake("codes.std(1, keepdim=True)"), "code as given"),
        Answer("one for everything", shake("codes.std()"), "one deviation for everything"),
        Answer("variance", shake("codes.var(0)"), "variance"),
        Answer("not scaled", shake("1"), "not scaled"),
        Answer("no a", shake("codes.std(0)", "codes + spread * eps"), "factor"),
        Answer("noise alone", shake("codes.std(0)", "a * spread * eps"), "add it"),
        Answer("divided", shake("codes.std(0)", "codes + a * eps / spread"), "divided"),
        Answer("mean size", shake("codes.abs().mean(0)"), "average size"),
        Answer("mean", shake("codes.mean(0)"), "by the mean"),
        Answer("largest deviation", shake("codes.std(0).max()"), "ten times"),
        Answer("not from the mean", shake("codes.square().mean(0).sqrt()"), "mean square"),
        Answer("noise of its own", shake("codes.std(0)", "codes + a * spread * torch.randn_like(codes)"), "as it is given"),
        Answer("noise made even", shake("codes.std(0)", "codes + a * spread * eps / eps.std(0)"), "as it is given"),
        Answer("a squared", shake("codes.std(0)", "codes + a**2 * spread * eps"), "twice the `a`"),
    ],
    "q5": [
        Answer("predicts d", speak(FIT, "d"), "one of these: a, b, c"),
        Answer("ridge", speak("X = one(f); return one(z) @ torch.linalg.solve(X.T @ X + 50 * torch.eye(X.shape[1]), X.T @ t)"), "not exact|on average"),
        Answer("median offset", speak("W = torch.linalg.lstsq(f - f.mean(0), t - t.mean(0)).solution; return z @ W + (t - f @ W).median(0).values"), "offset"),
        Answer("offset of the first picture", speak("W = torch.linalg.lstsq(f - f.mean(0), t - t.mean(0)).solution; return t[0] + (z - f[0]) @ W"), "offset"),
        Answer("means of the new codes", speak("W = torch.linalg.lstsq(f - f.mean(0), t - t.mean(0)).solution; return t.mean(0) + (z - z.mean(0)) @ W"), "own mean"),
        Answer("no offset", speak("return z @ torch.linalg.lstsq(f, t).solution"), "no offset"),
        Answer("nearest code", speak("return t[torch.cdist(z, f).argmin(1)]"), "from the dictionary"),
        Answer("as it was", speak("return z"), "as they were"),
        Answer("middle moved", speak("return z + t.mean(0) - f.mean(0)"), "middle"),
        Answer("each by itself", speak("return t.mean(0) + (z - f.mean(0)) / f.std(0) * t.std(0)"), "mix"),
        Answer("mean not put back", speak("W = torch.linalg.lstsq(f - f.mean(0), t - t.mean(0)).solution; return (z - f.mean(0)) @ W"), "put back"),
        Answer("source's mean kept", speak("W = torch.linalg.lstsq(f - f.mean(0), t - t.mean(0)).solution; return z @ W + t.mean(0)"), "not taken off"),
        Answer("other direction", speak("return one(z) @ torch.linalg.lstsq(one(t), f).solution"), "other direction"),
        Answer("turned only", speak("a, b = f - f.mean(0), t - t.mean(0); u = torch.linalg.svd(a.T @ b); return t.mean(0) + (z - f.mean(0)) @ u.U @ u.Vh"), "only turns"),
        Answer("average code", speak("return t.mean(0).expand(len(z), -1)"), "average one"),
        Answer("five nearest", speak("return t[torch.cdist(z, f).topk(5, largest=False).indices].mean(1)"), "not exact"),
        Answer("solved from few pictures", speak("k = f.shape[1] + 1; return one(z) @ torch.linalg.pinv(one(f[:k])) @ t[:k]"), "noisy"),
    ],
}  # fmt: skip

RIGHT = {
    "q4": [
        Answer("a small generator of its own", draw("g = torch.Generator(); g.seed(); return m + torch.randn(n, N, generator=g) @ c / (N - 1) ** 0.5")),
        Answer("one at a time", draw("return torch.stack([m + torch.randn(N) @ c / (N - 1) ** 0.5 for _ in range(n)])")),
        Answer("eigenvalues", draw(f"{ROOT}; return m + torch.randn(n, L, dtype=codes.dtype) * w.clamp_min(0).sqrt() @ V.T")),
        Answer("singular values", draw("_, s, V = torch.linalg.svd(c, full_matrices=False); return m + torch.randn(n, len(s), dtype=codes.dtype) * s / (N - 1) ** 0.5 @ V")),
        Answer("NumPy", draw("return np.random.multivariate_normal(np.asarray(m, dtype=float), np.cov(np.asarray(codes, dtype=float).T), n)")),
        Answer("a whisper added", draw("C = torch.cov(codes.double().T) + 1e-6 * torch.eye(L); return (m + torch.randn(n, L).double() @ torch.linalg.cholesky(C).T).to(codes.dtype)")),
        Answer("divided by N", draw("return m + torch.randn(n, N) @ c / N ** 0.5")),
        Answer("two loops", draw("drawn = torch.zeros(n, L)\n    for i in range(n):\n        for row in c:\n            drawn[i] += torch.randn(()) * row / (N - 1) ** 0.5\n    return m + drawn")),
        Answer("no thought of types", draw("return m + torch.randn(n, N) @ c / (N - 1) ** 0.5")),
        Answer("columns first", draw("w, V = torch.linalg.eigh(c.T @ c / (N - 1)); return m + (V @ (w.clamp(min=0).sqrt()[:, None] * torch.randn(L, n, dtype=codes.dtype))).T")),
        Answer("low-rank normal", draw("D = torch.distributions.LowRankMultivariateNormal(m.double(), c.T.double() / (N - 1) ** 0.5, torch.full((L,), 1e-9).double()); return D.sample((n,))")),
    ],
    "q2": [
        Answer("second smallest", holes("limit = among.kthvalue(2, dim=1).values.quantile(q); return (across.amin(1) > limit).float().mean()")),
        Answer("the package", "from vaelab import evaluation\ndef share_in_holes(draws, codes, q=0.95):\n    near = lambda a, k: evaluation.nearest_neighbours(a, codes, k)[0][:, -1]\n    return (near(draws, 1) > near(codes, 2).quantile(q)).float().mean().item()"),
        Answer("scikit-learn", "import numpy as np\nfrom sklearn.neighbors import NearestNeighbors\ndef share_in_holes(draws, codes, q=0.95):\n    tree = NearestNeighbors(n_neighbors=1).fit(np.asarray(codes))\n    limit = np.quantile(tree.kneighbors()[0], q)\n    return np.mean(tree.kneighbors(np.asarray(draws))[0] > limit)"),
        Answer("a loop", "def share_in_holes(draws, codes, q=0.95):\n    others = []\n    for i, code in enumerate(codes):\n        rest = torch.cat([codes[:i], codes[i + 1:]])\n        others.append((rest - code).norm(dim=1).min())\n    limit = torch.stack(others).quantile(q)\n    return sum(bool((codes - d).norm(dim=1).min() > limit) for d in draws) / len(draws)"),
        Answer("squared", holes("return (across.square().min(1).values > (among.square() + 1e9 * torch.eye(len(codes))).min(1).values.sort().values[round(q * (len(codes) - 1))]).double().mean()")),
    ],
    "q3": [Answer("a bracket, one number", "q3_share = torch.tensor([0.24])\nq3 = '(d)'"), Answer("capital", "q3_share = 0.28\nq3 = ' D'"), Answer("text", "q3_share = '0.2'\nq3 = 'd'")],
    "q1": [
        Answer("biased", shake("codes.std(0, correction=0)")),
        Answer("NumPy", "import numpy as np\ndef shaken(codes, a, eps):\n    return np.asarray(codes) + a * np.std(np.asarray(codes), axis=0) * np.asarray(eps)"),
        Answer("in place", shake("(codes - codes.mean(0)).square().mean(0).sqrt()", "codes.add_(spread * eps, alpha=a)")),
        Answer("a loop", "def shaken(codes, a, eps):\n    return torch.stack([codes[:, k] + a * codes[:, k].std() * eps[:, k] for k in range(codes.shape[1])], 1)"),
    ],
    "q5": [
        Answer("another prediction", speak(FIT, "a")),
        Answer("scikit-learn", speak("from sklearn.linear_model import LinearRegression; return LinearRegression().fit(np.asarray(f), np.asarray(t)).predict(np.asarray(z))")),
        Answer("around the means", speak("W = torch.linalg.lstsq(f - f.mean(0), t - t.mean(0)).solution; return t.mean(0) + (z - f.mean(0)) @ W", " C")),
        Answer("normal equations", speak("X = one(f).double(); return one(z).double() @ torch.linalg.solve(X.T @ X, X.T @ t.double())")),
        Answer("a trace of ridge", speak("from sklearn.linear_model import Ridge; return Ridge(1e-3).fit(np.asarray(f), np.asarray(t)).predict(np.asarray(z))")),
        Answer("column by column", speak("X = np.asarray(one(f)); return np.stack([np.asarray(one(z)) @ np.linalg.lstsq(X, np.asarray(c), rcond=None)[0] for c in t.T], 1)")),
    ],
}  # fmt: skip
