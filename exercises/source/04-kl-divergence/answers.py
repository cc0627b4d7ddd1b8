"""Wrong answers that must fail, and right ones that must pass, of exercise 4."""

from tools.mutants import Answer


def throws(each: str, end: str = "math.ceil(math.log(odds) / each)") -> str:
    return f"import numpy as np\ndef throws_needed(p, q, odds):\n    each = {each}\n    return {end}\n"


def prior(m: str = "mu.mean(0)", width: str = "(v + (mu - m)**2).mean(0).log()") -> str:
    return (
        "import numpy as np\ndef cheapest_prior(mu, log_var):\n    v, sd = log_var.exp(), (log_var / 2).exp()\n"
        f"    m = {m}\n    return m, {width}\n"
    )


def loss(body: str) -> str:
    return f"def vae_loss(x, x_hat, mu, log_var):\n    {body}\n"


def estimate(body: str, factor=16) -> str:
    return f"q5_factor = {factor}\ndef kl_and_error(q, p, n):\n    {body}\n"


EACH = "(p[p > 0] * (p[p > 0] / q[p > 0]).log()).sum().item()"
WRONG = {
    "q2": [
        Answer("rounded down", throws(EACH, "int(math.log(odds) / each)"), "rounded down"),
        Answer("not rounded", throws(EACH, "math.log(odds) / each"), "round up"),
        Answer("the other direction", throws("(q * (q / p).log())[p > 0].sum().item()"), "throws of q"),
        Answer("bits for odds", throws(EACH, "math.ceil(math.log2(odds) / each)"), "odds in bits"),
        Answer("bits for evidence", throws(EACH.replace("log", "log2")), "evidence is in bits"),
        Answer("no logarithm", throws(EACH, "math.ceil(odds / each)"), "logarithm of the odds"),
        Answer("base ten", throws(EACH, "math.ceil(math.log10(odds) / each)"), "base 10"),
        Answer("faces alike", throws("abs((p / q)[p > 0].log().mean().item())"), "every face counts the same"),
        Answer("mean for sum", throws(EACH.replace("sum", "mean")), "average over the faces"),
        Answer("one more", throws(EACH, "int(math.log(odds) / each) + 2"), "one throw too many"),
        Answer("cross-entropy", throws("-(p * q.log()).sum().item()"), "own faces"),
        Answer("upside down", throws(EACH.replace("p[p > 0] / q[p > 0]", "q[p > 0] / p[p > 0]")), "negative"),
        Answer("0 log 0", throws("(p * (p / q).log()).sum().item()"), "no number|raised"),
        Answer("a small number added", throws("((p + 0.2) * ((p + 0.2) / q).log()).sum().item()"), "not yet"),
        Answer("rounded to the nearest", throws(EACH, "round(math.log(odds) / each)"), "to the nearest"),
        Answer("one more, always", throws(EACH, "int(math.log(odds) / each) + 1"), "even before the first throw"),
        Answer("a probability for odds", throws(EACH, "math.ceil(math.log(1 + odds) / each)"), "even before the first throw"),
        Answer("only the last face can be missing", "def throws_needed(p, q, odds):\n    if p[-1] == 0:\n        p, q = p[:-1], q[:-1]\n    return math.ceil(math.log(odds) / (p * (p / q).log()).sum().item())\n", "no number|raised"),
        Answer("only the first faces can be missing", "def throws_needed(p, q, odds):\n    if p.min() > 0 or p[-1] == 0:\n        p, q = p[p > 0], q[p > 0]\n    return math.ceil(math.log(odds) / (p * (p / q).log()).sum().item())\n", "no number|raised"),
    ],
    "q3": [
        Answer("weighted by precision", prior("(mu / v).sum(0) / (1 / v).sum(0)"), "sure codes"),
        Answer("zero", prior("torch.zeros(mu.shape[1])"), "usual prior"),
        Answer("median", prior("mu.median(0).values"), "median"),
        Answer("a sum", prior("mu.sum(0)"), "sum over"),
        Answer("one for all", prior("mu.mean().expand(mu.shape[1])"), "all\\* latent"),
        Answer("for each picture", prior("mu.mean(1)", "log_var.mean(1)"), "one prior for each latent"),
        Answer("the variance", prior(width="(v + (mu - m)**2).mean(0)"), "its logarithm"),
        Answer("log s", prior(width="(v + (mu - m)**2).mean(0).sqrt().log()"), "log s"),
        Answer("own widths", prior(width="v.mean(0).log()"), "own widths alone"),
        Answer("spread of the means", prior(width="mu.var(0, correction=0).log()"), "means alone"),
        Answer("log-variances averaged", prior(width="log_var.mean(0)"), "log-variances"),
        Answer("geometric mean", prior(width="(log_var.mean(0).exp() + ((mu - m)**2).mean(0)).log()"), "as logarithms"),
        Answer("variance squared", prior(width="(v**2 + (mu - m)**2).mean(0).log()"), "variance already"),
        Answer("deviation for variance", prior(width="(sd + (mu - m)**2).mean(0).log()"), "its square enters"),
        Answer("deviations averaged", prior(width="(sd.mean(0)**2 + ((mu - m)**2).mean(0)).log()"), "deviations are averaged"),
        Answer("swapped", "def cheapest_prior(mu, log_var):\n    m = mu.mean(0)\n    return (log_var.exp() + (mu - m)**2).mean(0).log(), m\n", "comes second"),
        Answer("N - 1", prior(width="(v.mean(0) + mu.var(0)).log()"), "N - 1"),
        Answer("not from m", prior(width="(v + mu**2).mean(0).log()"), "distance from m"),
        Answer("product", prior(width="(1 / (1 / v).sum(0)).log()"), "product"),
        Answer("N(0, 1)", prior("torch.zeros(mu.shape[1])", "torch.zeros(mu.shape[1])"), "usual prior"),
        Answer("m alone", "def cheapest_prior(mu, log_var):\n    return mu.mean(0)\n", "two things|one prior"),
    ],
    "q4": [
        Answer("a", "q4 = 'a'", "valley"),
        Answer("c", "q4 = 'C'", "other hump"),
        Answer("d", "q4 = 'd'", "price"),
    ],
    "q1": [
        Answer("as given", loss("return 0.5*(x-x_hat).square().flatten(1).mean(1).mean() + (0.5*(mu**2+log_var.exp()-1-log_var)).sum(1).mean()"), "as given"),
        Answer("a plain number", loss("return (0.5*(x-x_hat).square().flatten(1).sum(1).mean() + (0.5*(mu**2+log_var.exp()-1-log_var)).sum(1).mean()).item()"), "no gradient"),
        Answer("reconstruction detached", loss("return 0.5*(x-x_hat.detach()).square().flatten(1).sum(1).mean() + (0.5*(mu**2+log_var.exp()-1-log_var)).sum(1).mean()"), "no gradient"),
        Answer("colours averaged", loss("return 0.5*(x-x_hat).square().sum((2, 3)).mean() + (0.5*(mu**2+log_var.exp()-1-log_var)).sum(1).mean()"), "colour"),
        Answer("KL over the batch", loss("return 0.5*(x-x_hat).square().flatten(1).sum(1).mean() + (0.5*(mu**2+log_var.exp()-1-log_var)).sum()"), "KL is summed over the whole batch"),
        Answer("half lost, mean kept", loss("return (x-x_hat).square().mean() + (0.5*(mu**2+log_var.exp()-1-log_var)).sum(1).mean()"), "mean over all pixels"),
        Answer("both means", loss("return 0.5*(x-x_hat).square().mean() + (0.5*(mu**2+log_var.exp()-1-log_var)).mean()"), "averages"),
        Answer("kl mean", loss("return 0.5*(x-x_hat).square().flatten(1).sum(1).mean() + (0.5*(mu**2+log_var.exp()-1-log_var)).mean()"), "KL is averaged"),
        Answer("all sums", loss("return 0.5*(x-x_hat).square().sum() + (0.5*(mu**2+log_var.exp()-1-log_var)).sum()"), "whole batch"),
        Answer("error over batch", loss("return 0.5*(x-x_hat).square().sum() + (0.5*(mu**2+log_var.exp()-1-log_var)).sum(1).mean()"), "whole batch"),
        Answer("KL subtracted", loss("return 0.5*(x-x_hat).square().flatten(1).sum(1).mean() - (0.5*(mu**2+log_var.exp()-1-log_var)).sum(1).mean()"), "subtracted"),
        Answer("log_var as ln sigma", loss("return 0.5*(x-x_hat).square().flatten(1).sum(1).mean() + (0.5*(mu**2+(2*log_var).exp()-1-2*log_var)).sum(1).mean()"), "the KL alone should be left"),
        Answer("absolute error", loss("return 0.5*(x-x_hat).abs().flatten(1).sum(1).mean() + (0.5*(mu**2+log_var.exp()-1-log_var)).sum(1).mean()"), "not half the squared error"),
        Answer("both per pixel", loss("return (0.5*(x-x_hat).square().sum() + (0.5*(mu**2+log_var.exp()-1-log_var)).sum())/x.numel()"), "divided by the number of pixels"),
        Answer("not averaged", loss("return 0.5*(x-x_hat).square().flatten(1).sum(1) + (0.5*(mu**2+log_var.exp()-1-log_var)).sum(1)"), "over the batch"),
        Answer("no half", loss("return (x-x_hat).square().flatten(1).sum(1).mean() + (0.5*(mu**2+log_var.exp()-1-log_var)).sum(1).mean()"), "half"),
    ],
    "q5": [
        Answer("no number", estimate("e = 1; return 1, 1", "'many'"), "one number was expected"),
        Answer("draws from p", estimate("z=p.sample((n,)); e=q.log_prob(z)-p.log_prob(z); return e.mean(), e.std()/n**.5"), "first distribution draws"),
        Answer("sign", estimate("z=q.sample((n,)); e=p.log_prob(z)-q.log_prob(z); return e.mean(), e.std()/n**.5"), "sign"),
        Answer("other direction", estimate("z=p.sample((n,)); e=p.log_prob(z)-q.log_prob(z); return e.mean(), e.std()/n**.5"), r"KL\(p"),
        Answer("entropy only", estimate("z=q.sample((n,)); e=q.log_prob(z); return e.mean(), e.std()/n**.5"), "p does not enter"),
        Answer("sizes", estimate("z=q.sample((n,)); e=(q.log_prob(z)-p.log_prob(z)).abs(); return e.mean(), e.std()/n**.5"), "signs"),
        Answer("logarithms divided", estimate("z=q.sample((n,)); e=q.log_prob(z)/p.log_prob(z); return e.mean(), e.std()/n**.5"), "divided"),
        Answer("weighted twice", estimate("z=q.sample((n,)); e=q.log_prob(z).exp()*(q.log_prob(z)-p.log_prob(z)); return e.mean(), e.std()/n**.5"), "twice"),
        Answer("summed", estimate("z=q.sample((n,)); e=q.log_prob(z)-p.log_prob(z); return e.sum(), e.std()/n**.5"), "average"),
        Answer("PyTorch's formula", estimate("return torch.distributions.kl_divergence(q, p), 0.1"), "no formula"),
        Answer("rsample", estimate("z=q.rsample((n,)); e=q.log_prob(z)-p.log_prob(z); return e.mean(), e.std()/n**.5"), "no `rsample`"),
        Answer("a constant", estimate("return torch.tensor(1.499), 0.1"), "hardly differ|mixture is q"),
        Answer("n ignored", estimate("z=q.sample((40_000,)); e=q.log_prob(z)-p.log_prob(z); return e.mean(), e.std()/n**.5"), "hardly differ"),
        Answer("one draw", estimate("z=q.sample((2,)); e=q.log_prob(z)-p.log_prob(z); return e.mean(), e.std()/n**.5"), "differ more|chance"),
        Answer("no mean", estimate("z=q.sample((n,)); e=q.log_prob(z)-p.log_prob(z); return e, e.std()/n**.5"), "one number"),
        Answer("the estimate alone", estimate("z=q.sample((n,)); return (q.log_prob(z)-p.log_prob(z)).mean()"), "two numbers"),
        Answer("scatter of single draws", estimate("z=q.sample((n,)); e=q.log_prob(z)-p.log_prob(z); return e.mean(), e.std()"), "single draws"),
        Answer("divided by n", estimate("z=q.sample((n,)); e=q.log_prob(z)-p.log_prob(z); return e.mean(), e.std()/n"), "square root"),
        Answer("a variance", estimate("z=q.sample((n,)); e=q.log_prob(z)-p.log_prob(z); return e.mean(), e.var()/n"), "variance"),
        Answer("cut off at 0", estimate("z=q.sample((n,)); e=q.log_prob(z)-p.log_prob(z); return e.mean().clamp_min(0), e.std()/n**.5"), "cut off at 0"),
        Answer("made positive", estimate("z=q.sample((n,)); e=q.log_prob(z)-p.log_prob(z); return e.mean().abs(), e.std()/n**.5"), "made positive"),
        Answer("log-ratios cut off", estimate("z=q.sample((n,)); e=(q.log_prob(z)-p.log_prob(z)).clamp(min=0); return e.mean(), e.std()/n**.5"), "cut their log-ratios"),
        Answer("a seed inside", estimate("torch.manual_seed(0); z=q.sample((n,)); e=q.log_prob(z)-p.log_prob(z); return e.mean(), e.std()/n**.5"), "seed inside"),
        Answer("two runs compared", estimate("a, b = ((q.log_prob(z)-p.log_prob(z)).mean() for z in q.sample((2, n))); return a, (a-b).abs()"), "another at each call"),
        Answer("errors of both logarithms added", estimate("z=q.sample((n,)); a, b = q.log_prob(z), p.log_prob(z); return (a-b).mean(), ((a.var()+b.var())/n)**.5"), "that of each logarithm"),
        Answer("each logarithm at draws of its own", estimate("e=q.log_prob(q.sample((n,)))-p.log_prob(q.sample((n,))); return e.mean(), e.std()/n**.5"), "draws of its own"),
    ],
}  # fmt: skip

RIGHT = {
    "q2": [
        Answer("nan_to_num", throws("(p * (p / q).log()).nan_to_num().sum().item()")),
        Answer("xlogy", throws("(torch.xlogy(p, p) - torch.xlogy(p, q)).sum()")),
        Answer("NumPy", "import numpy as np\ndef throws_needed(p, q, odds):\n    p, q = np.asarray(p, float), np.asarray(q, float)\n    each = sum(a * np.log(a / b) for a, b in zip(p, q) if a)\n    return int(np.ceil(np.log(odds) / each))\n"),
        Answer("torch.distributions", throws("torch.distributions.kl_divergence(torch.distributions.Categorical(p), torch.distributions.Categorical(q))", "torch.ceil(math.log(odds) / each)")),
        Answer("SciPy", "def throws_needed(p, q, odds):\n    from scipy.stats import entropy\n    return math.ceil(math.log(odds) / entropy(p, q))\n"),
        Answer("throw by throw", "def throws_needed(p, q, odds):\n    each, have, n = sum(a * math.log(a / b) for a, b in zip(p.tolist(), q.tolist()) if a > 0), 0.0, 0\n    while have < math.log(odds):\n        have, n = have + each, n + 1\n    return n\n"),
    ],
    "q3": [
        Answer("two parts", prior(width="(v.mean(0) + mu.var(0, unbiased=False)).log()")),
        Answer("second moment", prior(width="torch.log((v + mu**2).mean(0) - m**2)")),
        Answer("NumPy", "import numpy as np\ndef cheapest_prior(mu, log_var):\n    mu, v = np.asarray(mu, float), np.exp(np.asarray(log_var, float))\n    return mu.mean(0), np.log(v.mean(0) + mu.var(0))\n"),
        Answer("a loop", "def cheapest_prior(mu, log_var):\n    m, s = [], []\n    for a, b in zip(mu.T, log_var.T):\n        m.append(a.mean().item())\n        s.append(math.log((b.exp() + (a - a.mean())**2).mean().item()))\n    return m, s\n"),
        Answer("descent", "def cheapest_prior(mu, log_var):\n    mu, v = mu.double(), log_var.double().exp()\n    m, s = (torch.zeros(mu.shape[1], dtype=torch.float64, requires_grad=True) for _ in range(2))\n    o = torch.optim.LBFGS([m, s], max_iter=200, line_search_fn='strong_wolfe')\n    def loss():\n        o.zero_grad()\n        value = (s + (v + (mu - m)**2) / s.exp()).sum() / len(mu)\n        value.backward()\n        return value\n    for _ in range(5):\n        o.step(loss)\n    return m.detach(), s.detach()\n"),
    ],
    "q4": [Answer("capital", "q4 = ' B'"), Answer("brackets", "q4 = '(b)'")],
    "q1": [
        Answer("sum over axes", loss("return 0.5*((x-x_hat)**2).sum((1,2,3)).mean() + 0.5*(mu**2+log_var.exp()-1-log_var).sum(1).mean()")),
        Answer("sum, then divide", loss("return (0.5*((x-x_hat)**2).sum() + 0.5*(mu**2+log_var.exp()-1-log_var).sum())/len(x)")),
        Answer("torch's mse_loss", loss("import torch.nn.functional as F; return F.mse_loss(x_hat,x,reduction='sum')/2/len(x) + 0.5*(mu**2+log_var.exp()-1-log_var).sum(1).mean()")),
    ],
    "q5": [
        Answer("16.0", estimate("z=q.sample((n,)); e=q.log_prob(z)-p.log_prob(z); return torch.mean(e), torch.std(e)/math.sqrt(n)", 16.0)),
        Answer("another guess, one tensor", estimate("z=q.sample((n,)); e=q.log_prob(z)-p.log_prob(z); return torch.stack([e.mean(), (e.var()/n).sqrt()])", 4)),
        Answer("one draw at a time", estimate("e=[float(q.log_prob(z)-p.log_prob(z)) for z in (q.sample() for _ in range(n))]; m=sum(e)/n; return m, (sum((v-m)**2 for v in e)/n/(n-1))**.5", "'16'")),
        Answer("NumPy, divided by n", estimate("import numpy as np; z=q.sample((n,)); e=np.asarray(q.log_prob(z)-p.log_prob(z)); return e.mean(), e.std()/np.sqrt(n)", "' 16 '")),
        Answer("a list", estimate("z=q.sample((n,)); e=(q.log_prob(z)-p.log_prob(z)).double(); return [e.mean().item(), e.std().item()/n**.5]")),
    ],
}  # fmt: skip
