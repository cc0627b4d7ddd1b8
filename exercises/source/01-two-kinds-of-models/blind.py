"""Answers to exercise 1 by readers who saw the learner's sheet alone, never its checks."""

# Withdrawn: q2, right, “pandas”: pandas is not installed with the course.
# Withdrawn: q1, wrong, “x changed in place”: in place, which the task does not forbid.
# Withdrawn: q2, wrong, “x changed in place”: in place, which the task does not forbid.
# Withdrawn: q5, wrong, “known sorted in place”: in place, which the task does not forbid.

from tools.mutants import Answer

Q1 = "def independent_log_density(x, mean, sigma):\n"
Q4 = "q4_probability = {}\nq4 = {}\nq4_because = '''{}'''\n"
WHY = "Both curves fall, but A falls much faster; the ratio alone counts. I would look at ln p(x) itself."
Q5 = "q5_turned_away = {}\n\n\ndef guard(known, scores, keep=0.95):\n{}"
GUARD = """
    low = known.quantile((1 - keep) / 2)
    high = known.quantile((1 + keep) / 2)
    return (scores >= low) & (scores <= high)
"""


def q4(p, letter, why=WHY):
    return Q4.format(p, letter, why)


def q5(body, guess=0):
    return Q5.format(guess, body)


RIGHT = {
    "q1": (
        Answer(
            "minus ln sigma in the sum",
            Q1
            + """
    z = (x - mean) / sigma
    return (-0.5 * z.square() - sigma.log() - 0.5 * math.log(2 * math.pi)).sum(1)
""",
        ),
        Answer("Normal", Q1 + "    return Normal(mean, sigma).log_prob(x).sum(dim=1)\n"),
        Answer(
            "Independent",
            Q1
            + """
    from torch.distributions import Independent
    return Independent(Normal(mean, sigma), 1).log_prob(x)
""",
        ),
        Answer(
            "MultivariateNormal",
            Q1
            + """
    return MultivariateNormal(mean, covariance_matrix=torch.diag(sigma ** 2)).log_prob(x)
""",
        ),
        Answer(
            "scipy, array back",
            Q1
            + """
    from scipy.stats import norm
    import numpy as np
    return norm.logpdf(np.asarray(x), np.asarray(mean), np.asarray(sigma)).sum(axis=1)
""",
        ),
        Answer(
            "loops with math",
            Q1
            + """
    out = []
    for row in x:
        total = 0.0
        for d in range(len(mean)):
            s = float(sigma[d])
            total -= (
                0.5 * ((float(row[d]) - float(mean[d])) / s) ** 2 + math.log(s) + 0.5 * math.log(2 * math.pi)
            )
        out.append(total)
    return torch.tensor(out)
""",
        ),
        Answer(
            "three terms of the joint density",
            Q1
            + """
    D = x.shape[1]
    const = D / 2 * math.log(2 * math.pi) + torch.log(sigma).sum()
    return -const - ((x - mean) ** 2 / (2 * sigma ** 2)).sum(-1)
""",
        ),
        Answer(
            "variance in the logarithm, einsum",
            Q1
            + """
    var = sigma * sigma
    d = x - mean
    maha = torch.einsum("nd,nd,d->n", d, d, 1 / var)
    return -0.5 * (maha + torch.log(2 * torch.pi * var).sum())
""",
        ),
        Answer(
            "float64, in place on a clone",
            Q1
            + """
    z = x.clone().double()
    z -= mean.double()
    z /= sigma.double()
    z.pow_(2).mul_(-0.5)
    z -= torch.log(sigma.double() * math.sqrt(2 * math.pi))
    return z.sum(1)
""",
        ),
        Answer(
            "LowRank by way of the notebook's import",
            Q1
            + """
    factor = torch.zeros(len(mean), 1, dtype=mean.dtype)
    return LowRankMultivariateNormal(mean, factor, sigma ** 2).log_prob(x)
""",
        ),
    ),
    "q2": (
        Answer(
            "loop, torch.cov",
            """
def fit_classes(x, y, K):
    share, means, covariances = [], [], []
    for k in range(K):
        own = x[y == k]
        share.append(len(own) / len(x))
        means.append(own.mean(0))
        covariances.append(torch.cov(own.T))
    return torch.tensor(share), torch.stack(means), torch.stack(covariances)
""",
        ),
        Answer(
            "loop, by N",
            """
def fit_classes(x, y, K):
    N, D = x.shape
    share = torch.zeros(K)
    means = torch.zeros(K, D)
    covariances = torch.zeros(K, D, D)
    for k in range(K):
        points = x[y == k]
        share[k] = points.shape[0] / N
        means[k] = points.mean(dim=0)
        centred = points - means[k]
        covariances[k] = centred.T @ centred / points.shape[0]
    return share, means, covariances
""",
        ),
        Answer(
            "one-hot and einsum",
            """
def fit_classes(x, y, K):
    member = torch.nn.functional.one_hot(y, K).to(x.dtype)
    counts = member.sum(0)
    means = member.T @ x / counts[:, None]
    d = x[:, None] - means
    covariances = torch.einsum("nk,nki,nkj->kij", member, d, d) / counts[:, None, None]
    return counts / len(x), means, covariances
""",
        ),
        Answer(
            "NumPy and back",
            """
def fit_classes(x, y, K):
    import numpy as np
    X, Y = x.numpy(), y.numpy()
    share = np.array([np.mean(Y == k) for k in range(K)])
    means = np.array([X[Y == k].mean(axis=0) for k in range(K)])
    cov = np.array([np.cov(X[Y == k], rowvar=False) for k in range(K)])
    return torch.from_numpy(share), torch.from_numpy(means), torch.from_numpy(cov)
""",
        ),
        Answer(
            "index_add",
            """
def fit_classes(x, y, K):
    D = x.shape[1]
    counts = torch.bincount(y, minlength=K)
    means = torch.zeros(K, D, dtype=x.dtype).index_add(0, y, x) / counts[:, None]
    d = x - means[y]
    outer = d[:, :, None] * d[:, None, :]
    cov = torch.zeros(K, D, D, dtype=x.dtype).index_add(0, y, outer) / (counts - 1)[:, None, None]
    return counts / counts.sum(), means, cov
""",
        ),
        Answer(
            "plain Python, leaf by leaf",
            """
def fit_classes(x, y, K):
    N, D = len(x), len(x[0])
    share, means, covs = [], [], []
    for k in range(K):
        rows = [x[i].tolist() for i in range(N) if int(y[i]) == k]
        n = len(rows)
        m = [sum(r[d] for r in rows) / n for d in range(D)]
        c = [[sum((r[i] - m[i]) * (r[j] - m[j]) for r in rows) / (n - 1) for j in range(D)] for i in range(D)]
        share.append(n / N)
        means.append(m)
        covs.append(c)
    return torch.tensor(share), torch.tensor(means), torch.tensor(covs)
""",
        ),
        Answer(
            "second moment less the mean's square, float64",
            """
def fit_classes(x, y, K):
    x = x.double()
    share = torch.stack([(y == k).double().mean() for k in range(K)])
    means = torch.stack([x[y == k].mean(0) for k in range(K)])
    second = torch.stack([(x[y == k].unsqueeze(2) * x[y == k].unsqueeze(1)).mean(0) for k in range(K)])
    return share, means, second - means.unsqueeze(2) * means.unsqueeze(1)
""",
        ),
        Answer(
            "sort by label and split",
            """
def fit_classes(x, y, K):
    counts = torch.tensor([(y == k).sum() for k in range(K)])
    groups = torch.split(x[y.argsort()], counts.tolist())
    means = torch.stack([g.mean(0) for g in groups])
    covs = torch.stack([(g - m).T.matmul(g - m) / (len(g) - 1) for g, m in zip(groups, means)])
    return counts / len(y), means, covs
""",
        ),
        Answer(
            "helper inside, two loops over D",
            """
def fit_classes(x, y, K):
    def one(own):
        d = own - own.mean(0)
        D = own.shape[1]
        cov = torch.empty(D, D)
        for i in range(D):
            for j in range(D):
                cov[i, j] = (d[:, i] * d[:, j]).mean()
        return len(own) / len(x), own.mean(0), cov

    s, m, c = zip(*(one(x[y == k]) for k in range(K)))
    return torch.tensor(s), torch.stack(m), torch.stack(c)
""",
        ),
    ),
    "q3": (
        Answer(
            "a loop of log_prob, softmax",
            """
def posterior(x, share, means, covariances):
    logs = []
    for k in range(len(share)):
        logs.append(MultivariateNormal(means[k], covariances[k]).log_prob(x) + share[k].log())
    return torch.softmax(torch.stack(logs, dim=1), dim=1)
""",
        ),
        Answer(
            "broadcast, logsumexp",
            """
def posterior(x, share, means, covariances):
    joint = MultivariateNormal(means, covariances).log_prob(x[:, None, :]) + share.log()
    return (joint - joint.logsumexp(1, keepdim=True)).exp()
""",
        ),
        Answer(
            "slogdet and solve, without the constant",
            """
def posterior(x, share, means, covariances):
    d = x[:, None, :] - means[None]
    solved = torch.linalg.solve(covariances, d.permute(1, 2, 0)).permute(2, 0, 1)
    score = share.log() - 0.5 * torch.linalg.slogdet(covariances)[1] - 0.5 * (d * solved).sum(-1)
    return score.softmax(-1)
""",
        ),
        Answer(
            "inverse and einsum, max taken off",
            """
def posterior(x, share, means, covariances):
    precision = torch.linalg.inv(covariances)
    d = x.unsqueeze(1) - means
    maha = torch.einsum("nki,kij,nkj->nk", d, precision, d)
    logs = torch.log(share) - 0.5 * torch.logdet(covariances) - 0.5 * maha
    logs = logs - logs.max(dim=1, keepdim=True).values
    p = logs.exp()
    return p / p.sum(1, keepdim=True)
""",
        ),
        Answer(
            "scipy and numpy",
            """
def posterior(x, share, means, covariances):
    import numpy as np
    from scipy.special import softmax
    from scipy.stats import multivariate_normal
    logs = [
        np.atleast_1d(multivariate_normal.logpdf(x.numpy(), m.numpy(), c.numpy())) + math.log(s)
        for s, m, c in zip(share, means, covariances)
    ]
    return torch.from_numpy(softmax(np.stack(logs, 1), axis=1))
""",
        ),
        Answer(
            "leaf by leaf",
            """
def posterior(x, share, means, covariances):
    out = torch.zeros(len(x), len(share), dtype=x.dtype)
    for i, leaf in enumerate(x):
        logs = torch.stack([
            MultivariateNormal(m, c).log_prob(leaf) + s.log()
            for s, m, c in zip(share, means, covariances)
        ])
        out[i] = torch.exp(logs - torch.logsumexp(logs, 0))
    return out
""",
        ),
        Answer(
            "sums of exponentials of differences",
            """
def posterior(x, share, means, covariances):
    l = MultivariateNormal(means, covariances).log_prob(x.unsqueeze(1)) + torch.log(share)
    return 1 / torch.exp(l[:, None, :] - l[:, :, None]).sum(2)
""",
        ),
        Answer(
            "Categorical with logits",
            """
def posterior(x, share, means, covariances):
    from torch.distributions import Categorical
    logits = torch.stack(
        [MultivariateNormal(m, c).log_prob(x) for m, c in zip(means, covariances)], -1
    ) + share.log()
    return Categorical(logits=logits).probs
""",
        ),
        Answer(
            "Cholesky by hand, in float64",
            """
@torch.no_grad()
def posterior(x, share, means, covariances):
    x, share, means, covariances = (t.double() for t in (x, share, means, covariances))
    L = torch.linalg.cholesky(covariances)
    z = torch.linalg.solve_triangular(L, (x[None] - means[:, None]).mT, upper=False)
    log_det = torch.diagonal(L, dim1=1, dim2=2).log().sum(1)
    logs = (share.log() - log_det)[:, None] - 0.5 * z.square().sum(1)
    return logs.T.softmax(1)
""",
        ),
        Answer(
            "MixtureSameFamily for the normaliser",
            """
def posterior(x, share, means, covariances):
    from torch.distributions import Categorical, MixtureSameFamily
    parts = MultivariateNormal(means, covariances)
    mix = MixtureSameFamily(Categorical(share), parts)
    return (parts.log_prob(x[:, None]) + share.log() - mix.log_prob(x)[:, None]).exp()
""",
        ),
    ),
    "q4": (
        Answer("0.81, c", q4(0.81, '"c"')),
        Answer("0.8, capital", q4(0.8, '"C"')),
        Answer("worked out", q4("math.exp(-1.1) / (math.exp(-1.1) + math.exp(-2.6))", "'c'")),
        Answer("a tensor", q4("torch.sigmoid(torch.tensor(1.5))", '"c"')),
        Answer("a numpy number", q4("__import__('numpy').float64(0.82)", '"c"')),
        Answer("a fraction", q4("__import__('fractions').Fraction(4, 5)", '"c"')),
        Answer("a space and a bracket", q4(0.82, '" c)"')),
        Answer("a full stop", q4(0.81, '"c."')),
        Answer("in brackets", q4(0.81, '"(c)"')),
        Answer("a tuple of one by a stray comma", q4("0.81,", '"c"')),
        Answer("near the lower edge", q4(0.77, '"c"')),
        Answer("near the upper edge", q4(0.86, '"c"')),
    ),
    "q5": (
        Answer("two quantiles", q5(GUARD)),
        Answer(
            "open ends",
            q5(
                """
    tail = (1 - keep) / 2
    lo, hi = torch.quantile(known, tail), torch.quantile(known, 1 - tail)
    return torch.logical_and(scores > lo, scores < hi)
""",
                95,
            ),
        ),
        Answer(
            "sorted, by place",
            q5(
                """
    ordered = known.sort().values
    n = len(ordered)
    cut = int(round(n * (1 - keep) / 2))
    low, high = ordered[cut], ordered[n - 1 - cut]
    return (low <= scores) & (scores <= high)
""",
                5,
            ),
        ),
        Answer(
            "NumPy percentiles",
            q5(
                """
    import numpy as np
    side = 100 * (1 - keep) / 2
    low, high = np.percentile(known.numpy(), [side, 100 - side])
    return torch.from_numpy((scores.numpy() >= low) & (scores.numpy() <= high))
""",
                50,
            ),
        ),
        Answer(
            "ranks",
            q5("""
    rank = (known[None, :] < scores[:, None]).double().mean(1)
    edge = (1 - keep) / 2
    return (rank >= edge) & (rank <= 1 - edge)
"""),
        ),
        Answer(
            "searchsorted",
            q5("""
    known, _ = torch.sort(known)
    place = torch.searchsorted(known, scores) / len(known)
    return (place - 0.5).abs() <= keep / 2
"""),
        ),
        Answer(
            "a Python loop, list of bools in a tensor",
            q5("""
    ordered = sorted(known.tolist())
    cut = (1 - keep) / 2 * (len(ordered) - 1)

    def at(place):
        i = min(int(place), len(ordered) - 2)
        return ordered[i] + (place - i) * (ordered[i + 1] - ordered[i])

    low, high = at(cut), at(len(ordered) - 1 - cut)
    return torch.tensor([low <= s <= high for s in scores.tolist()])
"""),
        ),
        Answer(
            "one call with two shares",
            q5("""
    shares = torch.tensor([0.5 - keep / 2, 0.5 + keep / 2], dtype=known.dtype)
    low, high = known.quantile(shares)
    return scores.clamp(low, high) == scores
"""),
        ),
        Answer(
            "kthvalue",
            q5("""
    m = len(known)
    k = max(1, round(m * (1 - keep) / 2) + 1)
    low = known.kthvalue(k).values
    high = -(-known).kthvalue(k).values
    return ~((scores < low) | (scores > high))
"""),
        ),
        Answer("prediction as a string", q5(GUARD, '"0"')),
        Answer("prediction as a float", q5(GUARD, "0.0")),
        Answer("prediction as a tensor", q5(GUARD, "torch.tensor(5)")),
    ),
}

WRONG = {
    "q1": (
        Answer(
            "plus ln sigma",
            Q1
            + """
    z = (x - mean) / sigma
    return (-0.5 * z.square() + sigma.log() - 0.5 * math.log(2 * math.pi)).sum(1)
""",
            "minus|sign|subtract",
        ),
        Answer(
            "half of ln sigma",
            Q1
            + """
    z = (x - mean) / sigma
    return (-0.5 * z.square() - 0.5 * torch.log(2 * math.pi * sigma)).sum(1)
""",
            "half|deviation|square|variance|sigma",
        ),
        Answer(
            "ln sigma summed D times",
            Q1
            + """
    z = (x - mean) / sigma
    return (-0.5 * z.square() - sigma.log().sum() - 0.5 * math.log(2 * math.pi)).sum(1)
""",
            "once|times|sigma|own",
        ),
        Answer(
            "mean for sum",
            Q1
            + """
    z = (x - mean) / sigma
    return (-0.5 * z.square() - sigma.log() - 0.5 * math.log(2 * math.pi)).mean(1)
""",
            "sum|add|average|mean",
        ),
        Answer(
            "the first sigma for all",
            Q1
            + """
    z = (x - mean) / sigma
    return (-0.5 * z.square() - 0.5 * math.log(2 * math.pi)).sum(1) - x.shape[1] * sigma[0].log()
""",
            "own|each|differ|every",
        ),
        Answer(
            "the constant dropped",
            Q1
            + """
    z = (x - mean) / sigma
    return (-0.5 * z.square() - sigma.log()).sum(1)
""",
            "pi has gone",
        ),
        Answer(
            "variance for deviation",
            Q1 + "    return Normal(mean, sigma ** 2).log_prob(x).sum(1)\n",
            "deviation|variance|square",
        ),
        Answer(
            "the batch summed",
            Q1
            + """
    z = (x - mean) / sigma
    return (-0.5 * z.square() - sigma.log() - 0.5 * math.log(2 * math.pi)).sum(0)
""",
            "row|shape|axis|\\(N",
        ),
        Answer(
            "log of a product of densities",
            Q1
            + """
    density = torch.exp(-0.5 * ((x - mean) / sigma) ** 2) / (sigma * math.sqrt(2 * math.pi))
    return density.prod(1).log()
""",
            "inf|underflow|small|far",
        ),
        Answer(
            "twenty readings typed in",
            Q1
            + """
    z = (x - mean) / sigma
    return -0.5 * z.square().sum(1) - sigma.log().sum() - 10 * math.log(2 * math.pi)
""",
            "2.{0,6}pi|constant|D|number of|20|π",
        ),
        Answer(
            "unchanged",
            Q1
            + """
    z = (x - mean) / sigma
    return (-0.5 * z.square() - 0.5 * math.log(2 * math.pi)).sum(1)
""",
            "sigma|wide|integrat",
        ),
        Answer(
            "log base 10",
            Q1
            + """
    z = (x - mean) / sigma
    return (-0.5 * z.square() - torch.log10(sigma * math.sqrt(2 * math.pi))).sum(1)
""",
            "nats|natural|log",
        ),
    ),
    "q2": (
        Answer(
            "one covariance for all",
            """
def fit_classes(x, y, K):
    share = torch.stack([(y == k).double().mean() for k in range(K)])
    means = torch.stack([x[y == k].mean(0) for k in range(K)])
    pooled = torch.cov((x - means[y]).T)
    return share, means, pooled.expand(K, -1, -1)
""",
            "own|each",
        ),
        Answer(
            "counts for shares",
            """
def fit_classes(x, y, K):
    own = [x[y == k] for k in range(K)]
    return (
        torch.tensor([len(o) for o in own]),
        torch.stack([o.mean(0) for o in own]),
        torch.stack([torch.cov(o.T) for o in own]),
    )
""",
            "share|add up|count",
        ),
        Answer(
            "equal shares",
            """
def fit_classes(x, y, K):
    own = [x[y == k] for k in range(K)]
    return (
        torch.full((K,), 1 / K),
        torch.stack([o.mean(0) for o in own]),
        torch.stack([torch.cov(o.T) for o in own]),
    )
""",
            "share|count",
        ),
        Answer(
            "variances on the diagonal only",
            """
def fit_classes(x, y, K):
    own = [x[y == k] for k in range(K)]
    return (
        torch.tensor([len(o) / len(x) for o in own]),
        torch.stack([o.mean(0) for o in own]),
        torch.stack([torch.diag(o.var(0)) for o in own]),
    )
""",
            "diagonal|tilt|products|between",
        ),
        Answer(
            "divided by all leaves",
            """
def fit_classes(x, y, K):
    N, D = x.shape
    share, means, cov = torch.zeros(K), torch.zeros(K, D), torch.zeros(K, D, D)
    for k in range(K):
        own = x[y == k]
        share[k] = len(own) / N
        means[k] = own.mean(0)
        cov[k] = (own - means[k]).T @ (own - means[k]) / N
    return share, means, cov
""",
            "divide|that kind|number of|small",
        ),
        Answer(
            "deviations from the overall mean",
            """
def fit_classes(x, y, K):
    N, D = x.shape
    share, means, cov = torch.zeros(K), torch.zeros(K, D), torch.zeros(K, D, D)
    overall = x.mean(0)
    for k in range(K):
        own = x[y == k]
        share[k] = len(own) / N
        means[k] = own.mean(0)
        cov[k] = (own - overall).T @ (own - overall) / len(own)
    return share, means, cov
""",
            "mean of all rows",
        ),
        Answer(
            "second moments",
            """
def fit_classes(x, y, K):
    own = [x[y == k] for k in range(K)]
    return (
        torch.tensor([len(o) / len(x) for o in own]),
        torch.stack([o.mean(0) for o in own]),
        torch.stack([o.T @ o / len(o) for o in own]),
    )
""",
            "mean|deviation|centre|subtract",
        ),
        Answer(
            "three kinds typed in",
            """
def fit_classes(x, y, K):
    own = [x[y == k] for k in (0, 1, 2)]
    return (
        torch.tensor([len(o) / len(x) for o in own]),
        torch.stack([o.mean(0) for o in own]),
        torch.stack([torch.cov(o.T) for o in own]),
    )
""",
            "K|kinds|shape|classes",
        ),
        Answer(
            "two measurements typed in",
            """
def fit_classes(x, y, K):
    covs = []
    for k in range(K):
        a, b = (x[y == k] - x[y == k].mean(0))[:, :2].T
        covs.append(
            torch.stack([(a * a).mean(), (a * b).mean(), (a * b).mean(), (b * b).mean()]).reshape(2, 2)
        )
    return (
        torch.bincount(y, minlength=K) / len(y),
        torch.stack([x[y == k].mean(0) for k in range(K)]),
        torch.stack(covs),
    )
""",
            "D|measurements|shape",
        ),
        Answer(
            "equal thirds, as if sorted",
            """
def fit_classes(x, y, K):
    parts = x.chunk(K)
    share = torch.tensor([len(p) / len(x) for p in parts])
    return share, torch.stack([p.mean(0) for p in parts]), torch.stack([torch.cov(p.T) for p in parts])
""",
            "label|y|share|order",
        ),
        Answer(
            "another order of the three",
            """
def fit_classes(x, y, K):
    own = [x[y == k] for k in range(K)]
    return (
        torch.stack([o.mean(0) for o in own]),
        torch.stack([torch.cov(o.T) for o in own]),
        torch.tensor([len(o) / len(x) for o in own]),
    )
""",
            "order|first|shape",
        ),
        Answer(
            "deviation in the covariance's place",
            """
def fit_classes(x, y, K):
    own = [x[y == k] for k in range(K)]
    covs = [torch.linalg.cholesky(torch.cov(o.T)) for o in own]
    return (
        torch.tensor([len(o) / len(x) for o in own]),
        torch.stack([o.mean(0) for o in own]),
        torch.stack(covs),
    )
""",
            "symmetric|covariance|product",
        ),
        Answer(
            "correlation",
            """
def fit_classes(x, y, K):
    own = [x[y == k] for k in range(K)]
    return (
        torch.tensor([len(o) / len(x) for o in own]),
        torch.stack([o.mean(0) for o in own]),
        torch.stack([torch.corrcoef(o.T) for o in own]),
    )
""",
            "correlation|covariance|deviation",
        ),
        Answer(
            "median for mean",
            """
def fit_classes(x, y, K):
    own = [x[y == k] for k in range(K)]
    return (
        torch.tensor([len(o) / len(x) for o in own]),
        torch.stack([o.median(0).values for o in own]),
        torch.stack([torch.cov(o.T) for o in own]),
    )
""",
            "mean|averag",
        ),
        Answer(
            "the last kind gets the rest",
            """
def fit_classes(x, y, K):
    own = [x[y >= k] if k == K - 1 else x[y == k] for k in range(1, K + 1)]
    return (
        torch.tensor([len(o) / len(x) for o in own]),
        torch.stack([o.mean(0) for o in own]),
        torch.stack([torch.cov(o.T) for o in own]),
    )
""",
            "label|0|share|nan",
        ),
    ),
    "q3": (
        Answer(
            "densities multiplied",
            """
def posterior(x, share, means, covariances):
    joint = torch.stack(
        [MultivariateNormal(m, c).log_prob(x).exp() * s for s, m, c in zip(share, means, covariances)], 1
    )
    return joint / joint.sum(1, keepdim=True)
""",
            "nan|far|log|0 / 0|exp",
        ),
        Answer(
            "densities, with a small number added",
            """
def posterior(x, share, means, covariances):
    joint = (
        torch.stack(
            [MultivariateNormal(m, c).log_prob(x).exp() * s for s, m, c in zip(share, means, covariances)], 1
        )
        + 1e-300
    )
    return joint / joint.sum(1, keepdim=True)
""",
            "far|log|exp",
        ),
        Answer(
            "densities, NaN replaced by the shares",
            """
def posterior(x, share, means, covariances):
    joint = torch.stack(
        [
            MultivariateNormal(m, c).log_prob(x.double()).exp() * s
            for s, m, c in zip(share, means, covariances)
        ],
        1,
    )
    p = joint / joint.sum(1, keepdim=True)
    return torch.where(p.isnan(), share.to(p), p)
""",
            "far|log|exp",
        ),
        Answer(
            "shares forgotten",
            """
def posterior(x, share, means, covariances):
    return MultivariateNormal(means, covariances).log_prob(x[:, None]).softmax(1)
""",
            "share|prior|p\\(y\\)",
        ),
        Answer(
            "share, not its log",
            """
def posterior(x, share, means, covariances):
    return (MultivariateNormal(means, covariances).log_prob(x[:, None]) + share).softmax(1)
""",
            "share|log",
        ),
        Answer(
            "softmax over leaves",
            """
def posterior(x, share, means, covariances):
    return (MultivariateNormal(means, covariances).log_prob(x[:, None]) + share.log()).softmax(0)
""",
            "row|add up|axis|dim",
        ),
        Answer(
            "the covariance as scale_tril",
            """
def posterior(x, share, means, covariances):
    logs = torch.stack(
        [
            MultivariateNormal(m, scale_tril=torch.tril(c)).log_prob(x) + s.log()
            for s, m, c in zip(share, means, covariances)
        ],
        1,
    )
    return logs.softmax(1)
""",
            "covariance|scale_tril",
        ),
        Answer(
            "log posterior",
            """
def posterior(x, share, means, covariances):
    return (MultivariateNormal(means, covariances).log_prob(x[:, None]) + share.log()).log_softmax(1)
""",
            "log|exp|probabilit|negative",
        ),
        Answer(
            "one covariance for all",
            """
def posterior(x, share, means, covariances):
    c = covariances.mean(0)
    return (MultivariateNormal(means, c).log_prob(x[:, None]) + share.log()).softmax(1)
""",
            "own|covariance",
        ),
        Answer(
            "diagonal only",
            """
def posterior(x, share, means, covariances):
    sd = torch.diagonal(covariances, dim1=1, dim2=2).sqrt()
    return (Normal(means, sd).log_prob(x[:, None]).sum(-1) + share.log()).softmax(1)
""",
            "tilt|covariance|diagonal|own",
        ),
        Answer(
            "log_prob clamped",
            """
def posterior(x, share, means, covariances):
    logs = (MultivariateNormal(means, covariances).log_prob(x[:, None])).clamp(min=-700) + share.log()
    p = logs.exp()
    return p / p.sum(1, keepdim=True)
""",
            "far|log|exp",
        ),
        Answer(
            "hard decision",
            """
def posterior(x, share, means, covariances):
    logs = MultivariateNormal(means, covariances).log_prob(x[:, None]) + share.log()
    return torch.nn.functional.one_hot(logs.argmax(1), len(share)).double()
""",
            "probabilit|between|certain|sure",
        ),
        Answer(
            "K rows",
            """
def posterior(x, share, means, covariances):
    logs = torch.stack(
        [MultivariateNormal(m, c).log_prob(x) + s.log() for s, m, c in zip(share, means, covariances)]
    )
    return logs.softmax(0)
""",
            "shape|row|\\(N",
        ),
        Answer(
            "log determinant forgotten",
            """
def posterior(x, share, means, covariances):
    d = x[:, None] - means
    maha = torch.einsum("nki,kij,nkj->nk", d, torch.linalg.inv(covariances), d)
    return (share.log() - 0.5 * maha).softmax(1)
""",
            "det|own|wide|normalis|covariance",
        ),
        Answer(
            "log joint, each kind off its own largest",
            """
def posterior(x, share, means, covariances):
    logs = MultivariateNormal(means, covariances).log_prob(x[:, None]) + share.log()
    p = (logs - logs.max(0).values).exp()
    return p / p.sum(1, keepdim=True)
""",
            "row|largest|far|nan",
        ),
    ),
    "q4": (
        Answer("a", q4(0.81, '"a"'), "steep|fall|1 mm|curve|mean|average"),
        Answer("b", q4(0.81, '"b"'), "ratio|both|differ"),
        Answer("d", q4(0.81, '"d"'), "only says which"),
        Answer("the density of A", q4("math.exp(-1.1)", '"c"'), "Bayes|both|divide|add"),
        Answer("the difference in nats", q4(1.5, '"c"'), "0 to 1|probability|between"),
        Answer("per cent", q4(81, '"c"'), "0 to 1|per cent|between"),
        Answer("B's", q4(0.19, '"c"'), "A|other|B"),
        Answer("heights divided", q4("1.1 / 3.7", '"c"'), "log|exp"),
        Answer("half", q4(0.5, '"c"'), "curve|read|apart"),
        Answer(
            "left blank", "q4_probability = ...\nq4 = ...\nq4_because = ''\n", "number|\\.\\.\\.|yet|answer"
        ),
        Answer("two letters", q4(0.81, '"cd"'), "one|letter"),
        Answer("all letters in a list", q4(0.81, '["a", "b", "c", "d"]'), "one|letter"),
    ),
    "q5": (
        Answer(
            "one-sided, below",
            q5("    return scores >= known.quantile(1 - keep)\n"),
            "top|bright|above|high|two",
        ),
        Answer(
            "one-sided, above", q5("    return scores <= known.quantile(keep)\n"), "bottom|low|noise|below"
        ),
        Answer(
            "the whole share at both ends",
            q5("""
    return (scores >= known.quantile(1 - keep)) & (scores <= known.quantile(keep))
"""),
            "half|each end|both|stay|keep",
        ),
        Answer(
            "keep ignored",
            q5("""
    return (scores >= known.quantile(0.025)) & (scores <= known.quantile(0.975))
"""),
            "keep",
        ),
        Answer(
            "mean and deviations",
            q5("""
    m, s = known.mean(), known.std()
    return (scores - m).abs() <= 1.96 * s
"""),
            "keep|share|quantile|equal",
        ),
        Answer(
            "normal quantiles for keep",
            q5("""
    m, s = known.mean(), known.std()
    k = Normal(0.0, 1.0).icdf(torch.tensor((1 + keep) / 2))
    return (scores - m).abs() <= k * s
"""),
            "share|quantile|equal|skew",
        ),
        Answer(
            "quantiles of the door's scores",
            q5("""
    tail = (1 - keep) / 2
    return (scores >= scores.quantile(tail)) & (scores <= scores.quantile(1 - tail))
"""),
            "known",
        ),
        Answer(
            "or",
            q5("""
    tail = (1 - keep) / 2
    return (scores >= known.quantile(tail)) | (scores <= known.quantile(1 - tail))
"""),
            "everything|all|both|and",
        ),
        Answer(
            "inverted",
            q5("""
    tail = (1 - keep) / 2
    return (scores < known.quantile(tail)) | (scores > known.quantile(1 - tail))
"""),
            "turned|inside out|wrong way|let in|invert|middle|True",
        ),
        Answer(
            "middle by distance from the median",
            q5("""
    off = (known - known.median()).abs()
    return (scores - known.median()).abs() <= off.quantile(keep)
"""),
            "equal|share|end",
        ),
        Answer(
            "the pictures' scores, not a mask",
            q5("""
    tail = (1 - keep) / 2
    return scores[(scores >= known.quantile(tail)) & (scores <= known.quantile(1 - tail))]
"""),
            "True|shape|\\(N",
        ),
        Answer(
            "equal parts of the range",
            q5("""
    tail = (1 - keep) / 2
    low, high = known.min(), known.max()
    return (scores >= low + tail * (high - low)) & (scores <= high - tail * (high - low))
"""),
            "share|quantile|scores",
        ),
        Answer(
            "everything above the worst known",
            q5("    return (scores >= known.min()) & (scores <= known.max())\n"),
            "keep|share",
        ),
        Answer("a prediction that is not offered", q5(GUARD, 20), "0, 5, 50"),
        Answer("no prediction", q5(GUARD, "..."), "no value yet"),
        Answer(
            "ends swapped for keep below a half",
            q5("""
    low, high = known.quantile(0.025), known.quantile(0.975)
    if keep < 0.9:
        low, high = known.quantile(keep / 2), known.quantile(1 - keep / 2)
    return (scores >= low) & (scores <= high)
"""),
            "keep",
        ),
    ),
}
