"""Answers to exercise 3 by readers who saw the learner's sheet alone, never its checks."""

# Withdrawn: q1, wrong, “codes changed in place”: in place, which the task does not forbid.
# Withdrawn: q5, wrong, “the dictionary centred in place”: in place, which the task does not forbid.

from tools.mutants import Answer

Q1 = "def shaken(codes, a, eps):\n"
Q2 = "def share_in_holes(draws, codes, q=0.95):\n"
Q3 = "q3_share = {}\nq3 = {}\nq3_because = '''{}'''\n"
Q4 = "def draw_like(codes, n):\n"
Q5 = "q5 = {}\n\n\ndef translate(z, codes_from, codes_to):\n{}"
WHY = "B. I would measure how far each decoded picture is from its nearest portrait, and how blurred it is."
AFFINE = """
    one = torch.ones(len(codes_from), 1)
    A = torch.cat([codes_from, one], 1)
    X = torch.linalg.lstsq(A, codes_to).solution
    return torch.cat([z, torch.ones(len(z), 1)], 1) @ X
"""


def q3(share, letter, why=WHY):
    return Q3.format(share, letter, why)


def q5(body, guess='"b"'):
    return Q5.format(guess, body)


RIGHT = {
    "q1": (
        Answer("std over pictures", Q1 + "    return codes + a * codes.std(0) * eps\n"),
        Answer(
            "keepdim",
            Q1 + "    spread = codes.std(dim=0, keepdim=True)\n    return codes + a * spread * eps\n",
        ),
        Answer("by N", Q1 + "    return codes + a * eps * codes.std(0, correction=0)\n"),
        Answer(
            "NumPy and back",
            Q1
            + """
    import numpy as np
    c = codes.numpy()
    return torch.from_numpy(c + a * np.std(c, axis=0) * eps.numpy())
""",
        ),
        Answer(
            "column by column on a clone",
            Q1
            + """
    out = codes.clone()
    for j in range(codes.shape[1]):
        out[:, j] += a * codes[:, j].std() * eps[:, j]
    return out
""",
        ),
        Answer(
            "root of the variance by hand",
            Q1
            + """
    centred = codes - codes.mean(0)
    variance = (centred ** 2).sum(0) / (len(codes) - 1)
    return codes + a * torch.sqrt(variance) * eps
""",
        ),
        Answer("a diagonal matrix", Q1 + "    return codes + eps @ torch.diag(a * codes.std(0))\n"),
        Answer(
            "diagonal of the covariance, einsum",
            Q1
            + """
    s = torch.atleast_2d(torch.cov(codes.T)).diagonal().sqrt()
    return codes + a * torch.einsum("nl,l->nl", eps, s)
""",
        ),
        Answer(
            "addcmul", Q1 + "    return torch.addcmul(codes, eps, codes.std(0).expand_as(codes), value=a)\n"
        ),
        Answer(
            "float64 inside, list back to a tensor",
            Q1
            + """
    rows = codes.double().tolist()
    n, size = len(rows), len(rows[0])
    means = [sum(r[j] for r in rows) / n for j in range(size)]
    devs = [(sum((r[j] - means[j]) ** 2 for r in rows) / n) ** 0.5 for j in range(size)]
    return torch.tensor([[r[j] + a * devs[j] * float(e[j]) for j in range(size)] for r, e in zip(rows, eps)])
""",
        ),
    ),
    "q2": (
        Answer(
            "cdist, infinity on the diagonal",
            Q2
            + """
    own = torch.cdist(codes, codes)
    own.fill_diagonal_(float("inf"))
    limit = own.min(1).values.quantile(q)
    return (torch.cdist(draws, codes).min(1).values > limit).float().mean()
""",
        ),
        Answer(
            "second smallest",
            Q2
            + """
    nearest = torch.cdist(codes, codes).topk(2, dim=1, largest=False).values[:, 1]
    limit = torch.quantile(nearest, q)
    away = torch.cdist(draws, codes).amin(dim=1)
    return (away > limit).sum().item() / len(draws)
""",
        ),
        Answer(
            "a loop",
            Q2
            + """
    nearest = []
    for i in range(len(codes)):
        others = torch.cat([codes[:i], codes[i + 1:]])
        nearest.append((others - codes[i]).norm(dim=1).min())
    limit = torch.stack(nearest).quantile(q)
    count = 0
    for d in draws:
        if (codes - d).norm(dim=1).min() > limit:
            count += 1
    return count / len(draws)
""",
        ),
        Answer(
            "scipy's tree",
            Q2
            + """
    import numpy as np
    from scipy.spatial import cKDTree
    tree = cKDTree(codes.numpy())
    limit = np.quantile(tree.query(codes.numpy(), k=2)[0][:, 1], q)
    return float(np.mean(tree.query(draws.numpy())[0] > limit))
""",
        ),
        Answer(
            "sklearn",
            Q2
            + """
    from sklearn.neighbors import NearestNeighbors
    finder = NearestNeighbors(n_neighbors=1).fit(codes.numpy())
    among, _ = finder.kneighbors()
    limit = torch.from_numpy(among[:, 0]).quantile(q)
    distance, _ = finder.kneighbors(draws.numpy())
    return (torch.from_numpy(distance[:, 0]) > limit).double().mean()
""",
        ),
        Answer(
            "broadcast norms, float64",
            Q2
            + """
    draws, codes = draws.double(), codes.double()

    def distances(a, b):
        return (a[:, None, :] - b[None, :, :]).norm(dim=-1)

    among = distances(codes, codes) + torch.diag(torch.full((len(codes),), torch.inf, dtype=torch.float64))
    limit = among.min(dim=1)[0].quantile(q)
    return float((distances(draws, codes).min(dim=1)[0] > limit).double().mean())
""",
        ),
        Answer(
            "kthvalue",
            Q2
            + """
    limit = torch.cdist(codes, codes).kthvalue(2, dim=0).values.quantile(q)
    return 1 - (torch.cdist(draws, codes).min(dim=1).values <= limit).double().mean()
""",
        ),
        Answer(
            "masked_fill with eye",
            Q2
            + """
    eye = torch.eye(len(codes), dtype=torch.bool)
    between = torch.cdist(codes, codes).masked_fill(eye, torch.inf)
    threshold = torch.quantile(between.min(1).values, q)
    holes = [bool((codes - d).square().sum(1).sqrt().min() > threshold) for d in draws]
    return sum(holes) / len(holes)
""",
        ),
        Answer(
            "sorted, the limit by place",
            Q2
            + """
    import math
    own = torch.cdist(codes, codes)
    own.fill_diagonal_(torch.inf)
    ordered = own.min(1).values.sort().values
    limit = ordered[max(math.ceil(q * len(ordered)) - 1, 0)]
    return (torch.cdist(draws, codes).min(1).values > limit).double().mean()
""",
        ),
        Answer(
            "off-diagonal view",
            Q2
            + """
    n = len(codes)
    off = ~torch.eye(n, dtype=torch.bool)
    own = torch.cdist(codes, codes)[off].reshape(n, n - 1).min(1).values
    return (torch.cdist(draws, codes).min(1).values > own.quantile(q)).double().mean().item()
""",
        ),
    ),
    "q3": (
        Answer("0.25, d", q3(0.25, '"d"')),
        Answer("0.3, capital", q3(0.3, '"D"')),
        Answer("a difference", q3("1 - 0.75", "'d'")),
        Answer("a bracket", q3(0.22, '"d)"')),
        Answer("both brackets and a space", q3(0.28, '" (d)"')),
        Answer("a tensor", q3("torch.tensor(0.25)", '"d"')),
        Answer("a fraction", q3("1 / 4", '"d."')),
        Answer("a numpy number", q3("__import__('numpy').float32(0.26)", '"d"')),
    ),
    "q4": (
        Answer(
            "random weights on the centred codes",
            Q4
            + """
    mean = codes.mean(0)
    w = torch.randn(n, len(codes), dtype=codes.dtype)
    return mean + w @ (codes - mean) / (len(codes) - 1) ** 0.5
""",
        ),
        Answer(
            "SVD",
            Q4
            + """
    mean = codes.mean(0)
    _, s, vh = torch.linalg.svd(codes - mean, full_matrices=False)
    scale = s / (codes.shape[0] - 1) ** 0.5
    return mean + (torch.randn(n, len(s), dtype=codes.dtype) * scale) @ vh
""",
        ),
        Answer(
            "eigh, clamped",
            Q4
            + """
    values, vectors = torch.linalg.eigh(torch.cov(codes.T))
    root = vectors * values.clamp(min=0).sqrt()
    return codes.mean(0) + torch.randn(n, codes.shape[1], dtype=codes.dtype) @ root.T
""",
        ),
        Answer(
            "symmetric root",
            Q4
            + """
    c = torch.cov(codes.double().T)
    lam, V = torch.linalg.eigh(c)
    root = V @ torch.diag(lam.clamp_min(0.0) ** 0.5) @ V.T
    eps = torch.randn(n, codes.shape[1]).double()
    return (eps @ root + codes.double().mean(0)).to(codes.dtype)
""",
        ),
        Answer(
            "NumPy's multivariate_normal",
            Q4
            + """
    import numpy as np

    c = codes.double().numpy()
    rng = np.random.default_rng(int(torch.randint(2**31, ())))
    drawn = rng.multivariate_normal(
        c.mean(0), np.cov(c, rowvar=False), size=n, method="svd", check_valid="ignore"
    )
    return torch.from_numpy(drawn)
""",
        ),
        Answer(
            "eigenvalues above a limit only",
            Q4
            + """
    centred = codes - codes.mean(0)
    cov = centred.T @ centred / (len(codes) - 1)
    values, vectors = torch.linalg.eigh(cov)
    keep = values > 1e-6 * values.max()
    eps = torch.randn(n, int(keep.sum()), dtype=codes.dtype)
    return codes.mean(0) + (eps * values[keep].sqrt()) @ vectors[:, keep].T
""",
        ),
        Answer(
            "QR",
            Q4
            + """
    d = (codes - codes.mean(0)) / (len(codes) - 1) ** 0.5
    Q, R = torch.linalg.qr(d)
    return codes.mean(0) + torch.randn(n, R.shape[0], dtype=codes.dtype) @ R
""",
        ),
        Answer(
            "draw by draw",
            Q4
            + """
    mean = codes.mean(0)
    centred = codes - mean
    draws = []
    for _ in range(n):
        draw = mean.clone()
        for row, weight in zip(centred, torch.randn(len(codes))):
            draw += weight * row / (len(codes) - 1) ** 0.5
        draws.append(draw)
    return torch.stack(draws)
""",
        ),
        Answer(
            "Gram matrix of few codes",
            Q4
            + """
    N = len(codes)
    m = codes.double().mean(0, keepdim=True)
    z = codes.double() - m
    lam, U = torch.linalg.eigh(z @ z.T)
    lam, U = lam[1:].clamp(min=0), U[:, 1:]
    w = torch.randn(n, N - 1, dtype=torch.float64) / (N - 1) ** 0.5
    return m + w @ U.T @ z
""",
        ),
        Answer(
            "by N",
            Q4
            + """
    mean = codes.mean(0)
    return mean + torch.randn(n, len(codes), dtype=codes.dtype) @ (codes - mean) / len(codes) ** 0.5
""",
        ),
        Answer(
            "scipy, singular allowed",
            Q4
            + """
    from scipy.stats import multivariate_normal
    import numpy as np
    c = codes.double().numpy()
    seed = int(torch.randint(0, 2**31 - 1, (1,)))
    out = multivariate_normal.rvs(c.mean(0), np.cov(c.T), size=n, random_state=seed)
    return torch.tensor(out, dtype=codes.dtype).reshape(n, -1)
""",
        ),
        Answer(
            "Cholesky in the plane of the codes",
            Q4
            + """
    mean = codes.mean(0)
    z = (codes - mean).double()
    U, s, Vh = torch.linalg.svd(z, full_matrices=False)
    Vh = Vh[s > s[0] * 1e-6]
    flat = z @ Vh.T
    L = torch.linalg.cholesky(torch.cov(flat.T).reshape(len(Vh), len(Vh)))
    return mean + (torch.randn(n, len(Vh), dtype=torch.float64) @ L.T @ Vh).to(codes.dtype)
""",
        ),
    ),
    "q5": (
        Answer(
            "a column of ones",
            q5("""
    one = torch.ones(len(codes_from), 1, dtype=codes_from.dtype)
    X = torch.linalg.lstsq(torch.cat([codes_from, one], 1), codes_to).solution
    return torch.cat([z, torch.ones(len(z), 1, dtype=z.dtype)], 1) @ X
"""),
        ),
        Answer(
            "centred, offset afterwards",
            q5(
                """
    mf, mt = codes_from.mean(0), codes_to.mean(0)
    M = torch.linalg.lstsq(codes_from - mf, codes_to - mt).solution
    return (z - mf) @ M + mt
""",
                '"c"',
            ),
        ),
        Answer(
            "matrix and offset apart",
            q5(
                """
    mf, mt = codes_from.mean(0, keepdim=True), codes_to.mean(0, keepdim=True)
    M = torch.linalg.pinv(codes_from - mf) @ (codes_to - mt)
    b = mt - mf @ M
    return z @ M + b
""",
                '"a"',
            ),
        ),
        Answer(
            "NumPy",
            q5("""
    import numpy as np
    A = np.hstack([codes_from.numpy(), np.ones((len(codes_from), 1))])
    X, *_ = np.linalg.lstsq(A, codes_to.numpy(), rcond=None)
    return torch.from_numpy(np.hstack([z.numpy(), np.ones((len(z), 1))]) @ X)
"""),
        ),
        Answer(
            "normal equations, float64",
            q5("""
    def with_one(t):
        return torch.nn.functional.pad(t.double(), (0, 1), value=1.0)

    A = with_one(codes_from)
    X = torch.linalg.solve(A.T @ A, A.T @ codes_to.double())
    return (with_one(z) @ X).to(z.dtype)
"""),
        ),
        Answer(
            "sklearn",
            q5("""
    from sklearn.linear_model import LinearRegression
    model = LinearRegression().fit(codes_from.numpy(), codes_to.numpy())
    return torch.from_numpy(model.predict(z.numpy()))
"""),
        ),
        Answer(
            "covariances",
            q5("""
    mf, mt = codes_from.mean(0), codes_to.mean(0)
    a, b = codes_from - mf, codes_to - mt
    W = torch.linalg.solve(a.T @ a, torch.einsum("nl,nk->lk", a, b))
    return torch.einsum("ml,lk->mk", z - mf, W) + mt
"""),
        ),
        Answer(
            "a column at a time, QR",
            q5("""
    A = torch.column_stack([torch.ones(len(codes_from)).to(codes_from), codes_from])
    Q, R = torch.linalg.qr(A)
    columns = []
    for k in range(codes_to.shape[1]):
        x = torch.linalg.solve_triangular(R, (Q.T @ codes_to[:, k])[:, None], upper=True)
        columns.append(x[0] + z @ x[1:, 0])
    return torch.stack(columns, 1)
"""),
        ),
        Answer(
            "nn.Linear with LBFGS",
            q5("""
    torch.manual_seed(0)
    f, t = codes_from.double(), codes_to.double()
    layer = torch.nn.Linear(f.shape[1], t.shape[1]).double()
    opt = torch.optim.LBFGS(
        layer.parameters(),
        lr=1,
        max_iter=500,
        tolerance_grad=1e-12,
        tolerance_change=1e-14,
        line_search_fn="strong_wolfe",
    )

    def closure():
        opt.zero_grad()
        loss = ((layer(f) - t) ** 2).sum(1).mean()
        loss.backward()
        return loss

    opt.step(closure)
    with torch.no_grad():
        return layer(z.double()).to(z.dtype)
"""),
        ),
        Answer(
            "a class",
            q5("""
    class Dictionary:
        def __init__(self, a, b):
            self.centre, self.target = a.mean(0), b.mean(0)
            self.map = torch.linalg.lstsq(a - self.centre, b - self.target).solution

        def __call__(self, words):
            return self.target + (words - self.centre).matmul(self.map)

    return Dictionary(codes_from, codes_to)(z)
"""),
        ),
        Answer("capital prediction", q5(AFFINE, '"B"')),
        Answer("prediction with a bracket", q5(AFFINE, '"c)"')),
    ),
}

WRONG = {
    "q1": (
        Answer(
            "unchanged",
            Q1 + "    spread = codes.std(1, keepdim=True)\n    return codes + a * spread * eps\n",
            "picture|number|axis|each|row|column",
        ),
        Answer("one deviation for all", Q1 + "    return codes + a * codes.std() * eps\n", "number|each|own"),
        Answer("variance", Q1 + "    return codes + a * codes.var(0) * eps\n", "varian|deviation|root"),
        Answer("a ignored", Q1 + "    return codes + codes.std(0) * eps\n", "\\ba\\b|loud"),
        Answer(
            "noise of its own", Q1 + "    return codes + a * codes.std(0) * torch.randn_like(codes)\n", "eps"
        ),
        Answer("only the noise", Q1 + "    return a * codes.std(0) * eps\n", "add|codes|noise"),
        Answer(
            "standard error",
            Q1 + "    return codes + a * codes.std(0) / len(codes) ** 0.5 * eps\n",
            "loud|deviation|root",
        ),
        Answer(
            "not centred",
            Q1 + "    return codes + a * codes.square().mean(0).sqrt() * eps\n",
            "mean|deviation|centre",
        ),
        Answer(
            "average of the deviations",
            Q1 + "    return codes + a * codes.std(0).mean() * eps\n",
            "each|own|number",
        ),
        Answer(
            "mean absolute deviation",
            Q1 + "    return codes + a * (codes - codes.mean(0)).abs().mean(0) * eps\n",
            "deviation|loud",
        ),
        Answer("a squared", Q1 + "    return codes + a ** 2 * codes.std(0) * eps\n", "\\ba\\b|loud"),
        Answer(
            "the noise's own deviation put right",
            Q1 + "    eps = eps / eps.std(0)\n    return codes + a * codes.std(0) * eps\n",
            "eps|as it is|loud",
        ),
        Answer(
            "range",
            Q1 + "    return codes + a * (codes.max(0).values - codes.min(0).values) / 4 * eps\n",
            "deviation|loud",
        ),
        Answer(
            "picture 0 stands for all",
            Q1 + "    return codes + a * codes[0].std() * eps\n",
            "number|each|own",
        ),
    ),
    "q2": (
        Answer(
            "itself is nearest",
            Q2
            + """
    limit = torch.cdist(codes, codes).min(1).values.quantile(q)
    return (torch.cdist(draws, codes).min(1).values > limit).double().mean()
""",
            "own nearest",
        ),
        Answer(
            "zeros left out, twins with them",
            Q2
            + """
    own = torch.cdist(codes, codes, compute_mode="donot_use_mm_for_euclid_dist")
    own[own == 0] = torch.inf
    limit = own.min(1).values.quantile(q)
    return (torch.cdist(draws, codes).min(1).values > limit).double().mean()
""",
            "twin|same|equal|twice|other|0",
        ),
        Answer(
            "share near",
            Q2
            + """
    own = torch.cdist(codes, codes).fill_diagonal_(torch.inf)
    limit = own.min(1).values.quantile(q)
    return (torch.cdist(draws, codes).min(1).values <= limit).double().mean()
""",
            "near|far|other way|in holes|outside|1 -|rest",
        ),
        Answer(
            "q ignored",
            Q2
            + """
    own = torch.cdist(codes, codes).fill_diagonal_(torch.inf)
    limit = own.min(1).values.quantile(0.95)
    return (torch.cdist(draws, codes).min(1).values > limit).double().mean()
""",
            "\\bq\\b",
        ),
        Answer(
            "quantile of all distances",
            Q2
            + """
    own = torch.cdist(codes, codes)
    limit = own[~torch.eye(len(codes), dtype=torch.bool)].quantile(q)
    return (torch.cdist(draws, codes).min(1).values > limit).double().mean()
""",
            "nearest|all",
        ),
        Answer(
            "mean for quantile",
            Q2
            + """
    own = torch.cdist(codes, codes).fill_diagonal_(torch.inf)
    limit = own.min(1).values.mean()
    return (torch.cdist(draws, codes).min(1).values > limit).double().mean()
""",
            "quantile|\\bq\\b|limit",
        ),
        Answer(
            "for each code its nearest draw",
            Q2
            + """
    own = torch.cdist(codes, codes).fill_diagonal_(torch.inf)
    limit = own.min(1).values.quantile(q)
    return (torch.cdist(draws, codes).min(0).values > limit).double().mean()
""",
            "draw|axis|each",
        ),
        Answer(
            "Manhattan",
            Q2
            + """
    own = torch.cdist(codes, codes, p=1).fill_diagonal_(torch.inf)
    limit = own.min(1).values.quantile(q)
    return (torch.cdist(draws, codes, p=1).min(1).values > limit).double().mean()
""",
            "distance|squar|straight|Euclid",
        ),
        Answer(
            "a count",
            Q2
            + """
    own = torch.cdist(codes, codes).fill_diagonal_(torch.inf)
    limit = own.min(1).values.quantile(q)
    return (torch.cdist(draws, codes).min(1).values > limit).sum()
""",
            "share|0 to 1|count",
        ),
        Answer(
            "the largest for the quantile",
            Q2
            + """
    own = torch.cdist(codes, codes).fill_diagonal_(torch.inf)
    limit = own.min(1).values.max()
    return (torch.cdist(draws, codes).min(1).values > limit).double().mean()
""",
            "\\bq\\b|quantile|limit",
        ),
        Answer(
            "second nearest for the draws, too",
            Q2
            + """
    limit = torch.cdist(codes, codes).topk(2, largest=False).values[:, 1].quantile(q)
    return (torch.cdist(draws, codes).topk(2, largest=False).values[:, 1] > limit).double().mean()
""",
            "nearest|draw|second",
        ),
        Answer(
            "squared distance of the draws",
            Q2
            + """
    own = torch.cdist(codes, codes).fill_diagonal_(torch.inf)
    limit = own.min(1).values.quantile(q)
    d2 = (draws[:, None] - codes).square().sum(-1)
    return (d2.min(1).values > limit).double().mean()
""",
            "squar|root|distance",
        ),
        Answer(
            "1 - q",
            Q2
            + """
    own = torch.cdist(codes, codes).fill_diagonal_(torch.inf)
    limit = own.min(1).values.quantile(1 - q)
    return (torch.cdist(draws, codes).min(1).values > limit).double().mean()
""",
            "\\bq\\b|quantile|limit",
        ),
        Answer(
            "distances among the draws",
            Q2
            + """
    own = torch.cdist(draws, draws).fill_diagonal_(torch.inf)
    limit = own.min(1).values.quantile(q)
    return (torch.cdist(draws, codes).min(1).values > limit).double().mean()
""",
            "codes",
        ),
        Answer(
            "average of both sets' nearest",
            Q2
            + """
    own = torch.cdist(codes, codes).fill_diagonal_(torch.inf)
    limit = own.min(1).values.quantile(q)
    return (torch.cdist(draws, codes).mean(1) > limit).double().mean()
""",
            "nearest",
        ),
        Answer(
            "distance to the middle",
            Q2
            + """
    middle = codes.mean(0)
    limit = (codes - middle).norm(dim=1).quantile(q)
    return ((draws - middle).norm(dim=1) > limit).double().mean()
""",
            "nearest|middle|mean",
        ),
        Answer(
            "farthest at the limit counts, largest other",
            Q2
            + """
    own = torch.cdist(codes, codes)
    limit = own.max(1).values.quantile(q)
    return (torch.cdist(draws, codes).min(1).values > limit).double().mean()
""",
            "nearest",
        ),
    ),
    "q3": (
        Answer("a", q3(0.25, '"a"'), "copy|near|new"),
        Answer("b", q3(0.25, '"b"'), "copi|new portraits|like"),
        Answer("c", q3(0.25, '"c"'), "where hardly any"),
        Answer("the share nearer", q3(0.75, '"d"'), "further|nearer|1 -|rest|other"),
        Answer("a distance", q3(19.5, '"d"'), "0 to 1|share|distance"),
        Answer("nine in ten", q3(0.9, '"d"'), "B|curve|portraits"),
        Answer("one in ten", q3(0.1, '"d"'), "B|portraits"),
        Answer("per cent", q3(25, '"d"'), "0 to 1|share|per cent"),
        Answer("blank", "q3_share = ...\nq3 = ...\nq3_because = ''\n", "number|\\.\\.\\.|yet"),
        Answer("two letters", q3(0.25, '"ad"'), "one|letter"),
    ),
    "q4": (
        Answer(
            "each number for itself",
            Q4 + "    return codes.mean(0) + codes.std(0) * torch.randn(n, codes.shape[1])\n",
            "together|correlat|covariance|span|flat|beside",
        ),
        Answer(
            "Cholesky",
            Q4
            + """
    L = torch.linalg.cholesky(torch.cov(codes.T))
    return codes.mean(0) + torch.randn(n, codes.shape[1], dtype=codes.dtype) @ L.T
""",
            "cholesky|zero|few",
        ),
        Answer(
            "Cholesky with a little on the diagonal",
            Q4
            + """
    C = torch.cov(codes.T) + 1e-2 * torch.eye(codes.shape[1])
    return codes.mean(0) + torch.randn(n, codes.shape[1]).to(codes.dtype) @ torch.linalg.cholesky(C).T.to(
        codes.dtype
    )
""",
            "flat|beside|span",
        ),
        Answer(
            "mean forgotten",
            Q4
            + """
    d = codes - codes.mean(0)
    return torch.randn(n, len(codes), dtype=codes.dtype) @ d / (len(codes) - 1) ** 0.5
""",
            "mean",
        ),
        Answer(
            "codes not centred",
            Q4
            + """
    return codes.mean(0) + torch.randn(n, len(codes), dtype=codes.dtype) @ codes / (len(codes) - 1) ** 0.5
""",
            "centre|mean|covariance|subtract",
        ),
        Answer(
            "eigenvalues without the root",
            Q4
            + """
    values, vectors = torch.linalg.eigh(torch.cov(codes.T))
    return (
        codes.mean(0) + (torch.randn(n, codes.shape[1], dtype=codes.dtype) * values.clamp(min=0)) @ vectors.T
    )
""",
            "root|covariance|deviation|wide",
        ),
        Answer(
            "eigenvectors the wrong way",
            Q4
            + """
    values, vectors = torch.linalg.eigh(torch.cov(codes.T))
    return (
        codes.mean(0)
        + (torch.randn(n, codes.shape[1], dtype=codes.dtype) * values.clamp(min=0).sqrt()) @ vectors
    )
""",
            "covariance|transpos|direction|span|beside|flat",
        ),
        Answer(
            "not divided",
            Q4
            + """
    d = codes - codes.mean(0)
    return codes.mean(0) + torch.randn(n, len(codes), dtype=codes.dtype) @ d
""",
            "wide|scatter|covariance|large|times|deviation",
        ),
        Answer(
            "codes given back",
            Q4 + "    return codes[torch.randint(len(codes), (n,))]\n",
            "draw|copy|codes|new|normal",
        ),
        Answer(
            "between two codes",
            Q4
            + """
    a, b = codes[torch.randint(len(codes), (n,))], codes[torch.randint(len(codes), (n,))]
    t = torch.rand(n, 1, dtype=codes.dtype)
    return a + t * (b - a)
""",
            "covariance|normal|narrow|scatter|little",
        ),
        Answer(
            "as many draws as codes",
            Q4
            + """
    d = codes - codes.mean(0)
    N = len(codes)
    return codes.mean(0) + torch.randn(N, N, dtype=codes.dtype) @ d / (N - 1) ** 0.5
""",
            "\\bn\\b|shape",
        ),
        Answer(
            "one draw, n times",
            Q4
            + """
    d = codes - codes.mean(0)
    one = torch.randn(1, len(codes), dtype=codes.dtype) @ d / (len(codes) - 1) ** 0.5
    return (codes.mean(0) + one).expand(n, -1).clone()
""",
            "same|equal|each|differ|scatter|independent|little|deviation",
        ),
        Answer(
            "uniform weights",
            Q4
            + """
    d = codes - codes.mean(0)
    w = torch.rand(n, len(codes), dtype=codes.dtype) - 0.5
    return codes.mean(0) + w @ d / (len(codes) - 1) ** 0.5
""",
            "covariance|normal|scatter|little|narrow|deviation",
        ),
        Answer(
            "signs for weights: right covariance, no normal",
            Q4
            + """
    w = torch.nn.functional.one_hot(torch.randint(len(codes), (n,)), len(codes)).to(codes.dtype)
    s = torch.randint(0, 2, (n, 1)) * 2.0 - 1
    return codes.mean(0) + (s.to(codes.dtype) * w) @ (codes - codes.mean(0))
""",
            "normal|code",
        ),
        Answer(
            "codes with noise",
            Q4
            + """
    pick = codes[torch.randint(len(codes), (n,))]
    return pick + 0.1 * torch.randn_like(pick)
""",
            "beside|flat|span|normal",
        ),
        Answer(
            "five directions only",
            Q4
            + """
    mean = codes.mean(0)
    _, s, vh = torch.linalg.svd(codes - mean, full_matrices=False)
    s, vh = s[:5], vh[:5]
    return mean + (torch.randn(n, len(s), dtype=codes.dtype) * s / (len(codes) - 1) ** 0.5) @ vh
""",
            "covariance|direction|scatter|little|all",
        ),
        Answer(
            "the singular values not divided",
            Q4
            + """
    mean = codes.mean(0)
    _, s, vh = torch.linalg.svd(codes - mean, full_matrices=False)
    return mean + (torch.randn(n, len(s), dtype=codes.dtype) * s / len(s)) @ vh
""",
            "covariance|scatter|little|narrow|deviation",
        ),
        Answer(
            "always the same draws",
            Q4
            + """
    torch.manual_seed(0)
    d = codes - codes.mean(0)
    return codes.mean(0) + torch.randn(n, len(codes), dtype=codes.dtype) @ d / (len(codes) - 1) ** 0.5
""",
            "same|seed",
        ),
    ),
    "q5": (
        Answer(
            "no offset",
            q5("    return z @ torch.linalg.lstsq(codes_from, codes_to).solution\n"),
            "offset|ones|mean",
        ),
        Answer(
            "the other direction, turned round",
            q5("""
    mf, mt = codes_from.mean(0), codes_to.mean(0)
    X = torch.linalg.lstsq(codes_to - mt, codes_from - mf).solution
    return (z - mf) @ torch.linalg.pinv(X) + mt
"""),
            "from|squared|smallest|direction|other way",
        ),
        Answer(
            "each number for itself",
            q5("""
    mf, mt = codes_from.mean(0), codes_to.mean(0)
    return (z - mf) / codes_from.std(0) * codes_to.std(0) + mt
"""),
            "matrix|mix|number",
        ),
        Answer(
            "a rotation",
            q5("""
    mf, mt = codes_from.mean(0), codes_to.mean(0)
    U, _, Vh = torch.linalg.svd((codes_from - mf).T @ (codes_to - mt), full_matrices=False)
    return (z - mf) @ (U @ Vh) + mt
"""),
            "matrix|rotation|smallest|stretch|any",
        ),
        Answer(
            "nearest word of the dictionary",
            q5("    return codes_to[torch.cdist(z, codes_from).argmin(1)]\n"),
            "map|matrix|affine|nearest",
        ),
        Answer(
            "means moved", q5("    return z - codes_from.mean(0) + codes_to.mean(0)\n"), "only the middle"
        ),
        Answer(
            "ridge",
            q5("""
    mf, mt = codes_from.mean(0), codes_to.mean(0)
    a = codes_from - mf
    X = torch.linalg.solve(a.T @ a + len(a) * torch.eye(a.shape[1], dtype=a.dtype), a.T @ (codes_to - mt))
    return (z - mf) @ X + mt
"""),
            "not exact yet",
        ),
        Answer(
            "z centred by itself",
            q5("""
    mf, mt = codes_from.mean(0), codes_to.mean(0)
    X = torch.linalg.lstsq(codes_from - mf, codes_to - mt).solution
    return (z - z.mean(0)) @ X + mt
"""),
            "z|mean|one|offset|each",
        ),
        Answer(
            "the offset of the dictionary untranslated",
            q5("""
    mf, mt = codes_from.mean(0), codes_to.mean(0)
    X = torch.linalg.lstsq(codes_from - mf, codes_to - mt).solution
    return z @ X + mt
"""),
            "offset|mean",
        ),
        Answer(
            "the matrix, not the codes",
            q5("""
    A = torch.cat([codes_from, torch.ones(len(codes_from), 1, dtype=codes_from.dtype)], 1)
    return torch.linalg.lstsq(A, codes_to).solution
"""),
            "shape|\\(M|z",
        ),
        Answer(
            "the dictionary translated",
            q5("""
    mf, mt = codes_from.mean(0), codes_to.mean(0)
    X = torch.linalg.lstsq(codes_from - mf, codes_to - mt).solution
    return (codes_from - mf) @ X + mt
"""),
            "z|shape|\\(M",
        ),
        Answer(
            "square matrices only",
            q5("""
    L = codes_from.shape[1]
    mf, mt = codes_from.mean(0), codes_to.mean(0)
    X = torch.linalg.lstsq(codes_from - mf, codes_to - mt).solution.reshape(L, L)
    return (z - mf) @ X + mt
"""),
            "K|shape|numbers",
        ),
        Answer(
            "arguments swapped",
            q5("""
    mf, mt = codes_to.mean(0), codes_from.mean(0)
    X = torch.linalg.lstsq(codes_to - mf, codes_from - mt).solution
    return (z - mf) @ X + mt
"""),
            "from|direction|shape|other way",
        ),
        Answer("no prediction", q5(AFFINE, "..."), "no value yet"),
        Answer(
            "only the first words",
            q5("""
    n = codes_from.shape[1] + 1
    A = torch.cat([codes_from, torch.ones(len(codes_from), 1, dtype=codes_from.dtype)], 1)[:n]
    X = torch.linalg.solve(A, codes_to[:n])
    return torch.cat([z, torch.ones(len(z), 1, dtype=z.dtype)], 1) @ X
"""),
            "all|smallest|squared|dictionary",
        ),
        Answer(
            "a small network",
            q5("""
    torch.manual_seed(0)
    net = torch.nn.Sequential(
        torch.nn.Linear(codes_from.shape[1], 32), torch.nn.ReLU(), torch.nn.Linear(32, codes_to.shape[1])
    ).to(z.dtype)
    opt = torch.optim.Adam(net.parameters(), 1e-2)
    for _ in range(300):
        opt.zero_grad()
        (net(codes_from) - codes_to).square().mean().backward()
        opt.step()
    return net(z).detach()
"""),
            "affine|matrix|straight",
        ),
    ),
}
