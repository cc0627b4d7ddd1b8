"""Answers to exercise 5 by readers who saw the learner's sheet alone, never its checks."""

# Withdrawn: q2, right, “recursion”: it goes one call deeper for each draw, and meets Python's limit.

from tools.mutants import Answer

RIGHT = {
    "q1": (
        Answer(
            "no_grad taken away",
            """
def sample_code(mu, log_var):
    noise = torch.exp(log_var / 2) * torch.randn_like(log_var)
    return mu + noise
""",
        ),
        Answer(
            "no_grad round the noise alone",
            """
def sample_code(mu, log_var):
    with torch.no_grad():
        eps = torch.randn_like(mu)
    sigma = log_var.exp().sqrt()
    return mu + sigma * eps
""",
        ),
        Answer(
            "rsample",
            """
def sample_code(mu, log_var):
    return torch.distributions.Normal(mu, (0.5 * log_var).exp()).rsample()
""",
        ),
        Answer(
            "multivariate normal with a diagonal",
            """
def sample_code(mu, log_var):
    q = torch.distributions.MultivariateNormal(mu, scale_tril=torch.diag_embed(torch.exp(log_var / 2)))
    return q.rsample()
""",
        ),
        Answer(
            "inverse distribution function of uniform noise",
            """
def sample_code(mu, log_var):
    u = torch.rand_like(mu).clamp(1e-7, 1 - 1e-7)
    return mu + log_var.exp() ** 0.5 * torch.special.ndtri(u)
""",
        ),
        Answer(
            "loop over the pictures",
            """
def sample_code(mu, log_var):
    codes = []
    for m, v in zip(mu, log_var):
        eps = torch.randn(len(m), dtype=m.dtype)
        codes.append(m + torch.exp(v / 2) * eps)
    return torch.stack(codes)
""",
        ),
        Answer(
            "the VAE's own method",
            """
def sample_code(mu, log_var):
    return vae.reparameterize(mu, log_var)
""",
        ),
        Answer(
            "noise from NumPy",
            """
import numpy as np
def sample_code(mu, log_var):
    eps = torch.as_tensor(np.random.standard_normal(tuple(mu.shape)), dtype=mu.dtype)
    return torch.addcmul(mu, torch.exp(log_var / 2), eps)
""",
        ),
        Answer(
            "torch.normal as the source of eps",
            """
def sample_code(mu, log_var):
    eps = torch.normal(0.0, 1.0, size=log_var.shape)
    std = torch.sqrt(torch.exp(log_var))
    z = mu.clone()
    z += std * eps
    return z
""",
        ),
        Answer(
            "Box-Muller",
            """
import math
def sample_code(mu, log_var):
    u, v = torch.rand_like(mu), torch.rand_like(mu)
    eps = torch.sqrt(-2 * torch.log1p(-u)) * torch.cos(2 * math.pi * v)
    return mu + torch.exp(0.5 * log_var) * eps
""",
        ),
    ),
    "q2": (
        Answer(
            "noise and minus noise",
            """
def opposite_codes(mu, log_var, k):
    eps = torch.randn(k, *mu.shape)
    sigma = torch.exp(log_var / 2)
    return torch.cat([mu + sigma * eps, mu - sigma * eps])
""",
        ),
        Answer(
            "noise doubled first",
            """
def opposite_codes(mu, log_var, k):
    eps = torch.randn((k,) + tuple(mu.shape), dtype=mu.dtype, device=mu.device)
    eps = torch.cat((eps, -eps), dim=0)
    return mu[None] + torch.exp(0.5 * log_var)[None] * eps
""",
        ),
        Answer(
            "mirrored at the mean",
            """
def opposite_codes(mu, log_var, k):
    z = torch.distributions.Normal(mu, torch.exp(log_var / 2)).rsample((k,))
    return torch.cat([z, 2 * mu - z])
""",
        ),
        Answer(
            "loops and lists",
            """
def opposite_codes(mu, log_var, k):
    first, second = [], []
    for _ in range(k):
        d = (log_var / 2).exp() * torch.randn_like(mu)
        first.append(mu + d)
        second.append(mu - d)
    return torch.stack(first + second)
""",
        ),
        Answer(
            "einsum",
            """
def opposite_codes(mu, log_var, k):
    B, L = mu.shape
    eps = torch.randn(k, B, L)
    d = torch.einsum("bl,kbl->kbl", torch.exp(log_var / 2), eps)
    return torch.vstack([d, -d]) + mu
""",
        ),
        Answer(
            "an axis of signs",
            """
def opposite_codes(mu, log_var, k):
    signs = torch.tensor([1.0, -1.0]).view(2, 1, 1, 1)
    eps = torch.randn(k, *log_var.shape)
    return (mu + signs * (torch.exp(log_var / 2) * eps)).reshape(2 * k, *mu.shape)
""",
        ),
        Answer(
            "written into an empty tensor",
            """
def opposite_codes(mu, log_var, k):
    z = torch.empty(2 * k, *mu.shape)
    for i in range(k):
        eps = torch.randn_like(mu)
        z[i] = mu + torch.exp(log_var / 2) * eps
        z[i + k] = mu - torch.exp(log_var / 2) * eps
    return z
""",
        ),
        Answer(
            "the VAE's own draw",
            """
def opposite_codes(mu, log_var, k):
    z = vae.reparameterize(mu.expand(k, -1, -1), log_var.expand(k, -1, -1))
    return torch.cat([z, mu + mu - z])
""",
        ),
        Answer(
            "repeat, in float64",
            """
def opposite_codes(mu, log_var, k):
    m = mu.double().repeat(2 * k, 1, 1)
    s = torch.exp(log_var.double() / 2).repeat(2 * k, 1, 1)
    eps = torch.randn(k, *mu.shape, dtype=torch.float64)
    return (m + s * torch.cat([eps, eps.neg()])).to(mu.dtype)
""",
        ),
    ),
    "q3": (
        Answer("read and computed", "q3_mu, q3_log_var = 2.9, -2.4"),
        Answer("a formula", "import math\nq3_mu = 2.9\nq3_log_var = math.log(0.3 ** 2)"),
        Answer("a tensor", "q3_mu = torch.tensor(2.9)\nq3_log_var = 2 * torch.tensor(0.3).log()"),
        Answer(
            "slope from two points",
            "import numpy as np\nq3_mu = 2.85\nq3_log_var = 2 * np.log((3.5 - 2.3) / 4)",
        ),
        Answer("a rough reading", "q3_mu = 2.88\nq3_log_var = -2.3"),
        Answer(
            "names for the steps",
            "slope = 0.31\nq3_mu = 2.9\nq3_log_var = float(torch.log(torch.tensor(slope ** 2)))",
        ),
    ),
    "q4": (
        Answer(
            "log1p",
            """
def draw_exponential(log_mean, u):
    return -torch.exp(log_mean) * torch.log1p(-u)
""",
        ),
        Answer(
            "log of 1 - u",
            """
def draw_exponential(log_mean, u):
    mean = log_mean.exp()
    return -mean * torch.log(1 - u)
""",
        ),
        Answer(
            "library",
            """
def draw_exponential(log_mean, u):
    rate = torch.exp(-log_mean)
    return torch.distributions.Exponential(rate).icdf(u)
""",
        ),
        Answer(
            "log of u itself",
            """
def draw_exponential(log_mean, u):
    return -log_mean.exp() * torch.log(u)
""",
        ),
        Answer(
            "log of the reciprocal",
            """
def draw_exponential(log_mean, u):
    return torch.log(1 / (1 - u)) * torch.exp(log_mean)
""",
        ),
        Answer(
            "a tiny clamp",
            """
def draw_exponential(log_mean, u):
    v = (1 - u).clamp(min=1e-7)
    return -v.log() * log_mean.exp()
""",
        ),
        Answer(
            "number by number",
            """
import math
def draw_exponential(log_mean, u):
    z = [torch.exp(m) * -math.log1p(-v) for m, v in zip(log_mean.flatten(), u.flatten().tolist())]
    return torch.stack(z).view_as(log_mean)
""",
        ),
        Answer(
            "noise through NumPy",
            """
import numpy as np
def draw_exponential(log_mean, u):
    unit = torch.from_numpy(-np.log1p(-u.numpy()))
    return unit * log_mean.exp()
""",
        ),
        Answer(
            "float64 inside",
            """
def draw_exponential(log_mean, u):
    z = -(log_mean.double().exp()) * (1 - u.double()).log()
    return z.to(log_mean.dtype)
""",
        ),
        Answer(
            "other logarithm, turned back",
            """
import math
def draw_exponential(log_mean, u):
    return -torch.log2(1 - u) * math.log(2) * math.e ** log_mean
""",
        ),
    ),
    "q5": (
        Answer(
            "formula and autograd.grad",
            """
q5_prediction = "c"

def by_score(f, mu, log_var, eps):
    z = mu + torch.exp(log_var / 2) * eps
    return f(z) * (eps**2 - 1) / 2

def by_path(f, mu, log_var, eps):
    sigma = torch.exp(log_var / 2)
    z = (mu + sigma * eps).detach().requires_grad_()
    slope, = torch.autograd.grad(f(z).sum(), z)
    return slope * sigma * eps / 2
""",
        ),
        Answer(
            "a leaf for each draw",
            """
q5_prediction = "C"

def by_score(f, mu, log_var, eps):
    sigma = torch.exp(log_var / 2)
    z = (mu + sigma * eps).detach()
    ell = log_var.detach().expand(len(eps)).clone().requires_grad_()
    log_q = torch.distributions.Normal(mu.detach(), torch.exp(ell / 2)).log_prob(z)
    score, = torch.autograd.grad(log_q.sum(), ell)
    return f(z) * score

def by_path(f, mu, log_var, eps):
    ell = log_var.detach().expand(len(eps)).clone().requires_grad_()
    z = mu.detach() + torch.exp(ell / 2) * eps
    grad, = torch.autograd.grad(f(z).sum(), ell)
    return grad
""",
        ),
        Answer(
            "loops with backward",
            """
q5_prediction = "c"

def by_score(f, mu, log_var, eps):
    out = []
    for e in eps:
        z = mu + (log_var / 2).exp() * e
        out.append(f(z) * 0.5 * (e * e - 1))
    return torch.stack(out)

def by_path(f, mu, log_var, eps):
    out = []
    for e in eps:
        ell = log_var.detach().clone().requires_grad_(True)
        f(mu + torch.exp(0.5 * ell) * e).backward()
        out.append(ell.grad.clone())
    return torch.stack(out)
""",
        ),
        Answer(
            "vmap of grad",
            """
q5_prediction = "c"

def by_score(f, mu, log_var, eps):
    z = mu + torch.exp(log_var / 2) * eps
    score = -0.5 + (z - mu) ** 2 / (2 * torch.exp(log_var))
    return score * f(z)

def by_path(f, mu, log_var, eps):
    def one(ell, e):
        return f(mu + torch.exp(ell / 2) * e)
    return torch.func.vmap(torch.func.grad(one), in_dims=(None, 0))(log_var, eps)
""",
        ),
        Answer(
            "forward mode",
            """
q5_prediction = "c"

def by_score(f, mu, log_var, eps):
    return 0.5 * (eps.square() - 1) * f(mu + torch.exp(log_var / 2) * eps)

def by_path(f, mu, log_var, eps):
    go = lambda ell: f(mu + torch.exp(ell / 2) * eps)
    return torch.func.jvp(go, (log_var,), (torch.ones_like(log_var),))[1]
""",
        ),
        Answer(
            "z.backward with ones",
            """
q5_prediction = "c"

def _z(mu, log_var, eps):
    return mu + torch.exp(log_var / 2) * eps

def by_score(f, mu, log_var, eps):
    return f(_z(mu, log_var, eps)) * (eps * eps - 1) * 0.5

def by_path(f, mu, log_var, eps):
    z = _z(mu, log_var, eps).detach().clone().requires_grad_(True)
    y = f(z)
    y.backward(torch.ones_like(y))
    return z.grad * (z.detach() - mu) / 2
""",
        ),
        Answer(
            "a Jacobian's diagonal",
            """
q5_prediction = "c"

def by_score(f, mu, log_var, eps):
    var = log_var.exp()
    z = mu + var.sqrt() * eps
    return f(z) * ((z - mu).square() / var - 1) / 2

def by_path(f, mu, log_var, eps):
    ells = log_var.expand(len(eps)).clone()
    J = torch.autograd.functional.jacobian(lambda l: f(mu + torch.exp(l / 2) * eps), ells)
    return J.diagonal()
""",
        ),
    ),
    "q6": (
        Answer(
            "small letter",
            'q6 = "b"\nq6_because = """The noise common to both losses cancels in the difference. '
            'It is only held for a comparison, not for learning."""',
        ),
        Answer(
            "capital",
            'q6 = "B"\nq6_because = """With the same noise the two losses differ only because mu differs."""',
        ),
        Answer(
            "with blank", 'q6 = " b "\nq6_because = "Both losses share the chance; nothing is fitted to it."'
        ),
    ),
}

WRONG = {
    "q1": (
        Answer(
            "the half is lost as well",
            """
def sample_code(mu, log_var):
    noise = torch.exp(log_var) * torch.randn_like(log_var)
    return mu + noise
""",
            "spread|deviation|half|square|variance",
        ),
        Answer(
            "one noise for all numbers of a picture",
            """
def sample_code(mu, log_var):
    eps = torch.randn(len(mu), 1)
    return mu + torch.exp(log_var / 2) * eps
""",
            "own|each|same|share",
        ),
        Answer(
            "one noise for all pictures",
            """
def sample_code(mu, log_var):
    eps = torch.randn(mu.shape[1])
    return mu + torch.exp(log_var / 2) * eps
""",
            "one for all",
        ),
        Answer(
            "sum inside no_grad, too",
            """
def sample_code(mu, log_var):
    with torch.no_grad():
        noise = torch.exp(log_var / 2) * torch.randn_like(log_var)
        return mu + noise
""",
            "gradient",
        ),
        Answer(
            "mu detached instead",
            """
def sample_code(mu, log_var):
    noise = torch.exp(log_var / 2) * torch.randn_like(log_var)
    return mu.detach() + noise
""",
            "mu|gradient|μ",
        ),
        Answer(
            "torch.normal",
            """
def sample_code(mu, log_var):
    return torch.normal(mu, torch.exp(log_var / 2))
""",
            "gradient",
        ),
        Answer(
            "sample for rsample",
            """
def sample_code(mu, log_var):
    return torch.distributions.Normal(mu, torch.exp(log_var / 2)).sample()
""",
            "gradient",
        ),
        Answer(
            "a seed inside",
            """
def sample_code(mu, log_var):
    torch.manual_seed(0)
    return mu + torch.exp(log_var / 2) * torch.randn_like(log_var)
""",
            "same|call|seed|new",
        ),
        Answer(
            "uniform noise",
            """
def sample_code(mu, log_var):
    return mu + torch.exp(log_var / 2) * torch.rand_like(log_var)
""",
            "mean|spread|deviation|normal",
        ),
        Answer(
            "sigma detached",
            """
def sample_code(mu, log_var):
    sigma = torch.exp(log_var / 2).detach()
    return mu + sigma * torch.randn_like(sigma)
""",
            "every σ",
        ),
        Answer(
            "shape of the eight digits",
            """
def sample_code(mu, log_var):
    return mu + torch.exp(log_var / 2) * torch.randn(8, 2)
""",
            "shape|size",
        ),
        Answer(
            "half outside",
            """
def sample_code(mu, log_var):
    return mu + torch.exp(log_var) / 2 * torch.randn_like(mu)
""",
            "spread|deviation|half|variance",
        ),
        Answer(
            "returns the mean, with the right gradient",
            """
def sample_code(mu, log_var):
    noise = torch.exp(log_var / 2) * torch.randn_like(mu)
    return mu + noise - noise.detach()
""",
            "draw|spread|deviation|same",
        ),
        Answer(
            "gradient passed to the wrong place: sigma as a straight line",
            """
def sample_code(mu, log_var):
    with torch.no_grad():
        eps = torch.randn_like(mu)
        sigma = torch.exp(log_var / 2)
    return mu + sigma * eps + (log_var - log_var.detach())
""",
            "gradient",
        ),
    ),
    "q2": (
        Answer(
            "pairs side by side",
            """
def opposite_codes(mu, log_var, k):
    eps = torch.randn(k, *mu.shape)
    s = torch.exp(log_var / 2)
    return torch.stack([mu + s * eps, mu - s * eps], 1).flatten(0, 1)
""",
            "order|opposite|first",
        ),
        Answer(
            "one noise for all k",
            """
def opposite_codes(mu, log_var, k):
    d = torch.exp(log_var / 2) * torch.randn_like(mu)
    return torch.cat([(mu + d).expand(k, -1, -1), (mu - d).expand(k, -1, -1)])
""",
            "own|same|each",
        ),
        Answer(
            "noise shared by the pictures",
            """
def opposite_codes(mu, log_var, k):
    eps = torch.randn(k, 1, mu.shape[1])
    d = torch.exp(log_var / 2) * eps
    return torch.cat([mu + d, mu - d])
""",
            "own|same|each|share",
        ),
        Answer(
            "noise shared by the latents",
            """
def opposite_codes(mu, log_var, k):
    eps = torch.randn(k, mu.shape[0], 1)
    d = torch.exp(log_var / 2) * eps
    return torch.cat([mu + d, mu - d])
""",
            "own|same|each|share",
        ),
        Answer(
            "minus the code instead of minus the noise",
            """
def opposite_codes(mu, log_var, k):
    z = mu + torch.exp(log_var / 2) * torch.randn(k, *mu.shape)
    return torch.cat([z, -z])
""",
            "opposite|mean|mu|noise|minus",
        ),
        Answer(
            "k codes in all",
            """
def opposite_codes(mu, log_var, k):
    d = torch.exp(log_var / 2) * torch.randn(k // 2, *mu.shape)
    return torch.cat([mu + d, mu - d])
""",
            "shape|2 k|pairs",
        ),
        Answer(
            "2 k independent draws",
            """
def opposite_codes(mu, log_var, k):
    return mu + torch.exp(log_var / 2) * torch.randn(2 * k, *mu.shape)
""",
            "opposite|pair",
        ),
        Answer(
            "exp without the half",
            """
def opposite_codes(mu, log_var, k):
    d = torch.exp(log_var) * torch.randn(k, *mu.shape)
    return torch.cat([mu + d, mu - d])
""",
            "half|spread|deviation|variance",
        ),
        Answer(
            "without gradients",
            """
@torch.no_grad()
def opposite_codes(mu, log_var, k):
    d = torch.exp(log_var / 2) * torch.randn(k, *mu.shape)
    return torch.cat([mu + d, mu - d])
""",
            "gradient",
        ),
        Answer(
            "fixed generator",
            """
def opposite_codes(mu, log_var, k):
    g = torch.Generator().manual_seed(1)
    d = torch.exp(log_var / 2) * torch.randn(k, *mu.shape, generator=g)
    return torch.cat([mu + d, mu - d])
""",
            "new|call|same",
        ),
        Answer(
            "pictures first",
            """
def opposite_codes(mu, log_var, k):
    d = torch.exp(log_var / 2) * torch.randn(k, *mu.shape)
    return torch.cat([mu + d, mu - d]).transpose(0, 1)
""",
            "draws comes first",
        ),
        Answer(
            "opposites in the reverse order",
            """
def opposite_codes(mu, log_var, k):
    z = mu + torch.exp(log_var / 2) * torch.randn(k, *mu.shape)
    return torch.cat([z, (2 * mu - z).flip(0)])
""",
            "order|opposite",
        ),
        Answer(
            "squeezed",
            """
def opposite_codes(mu, log_var, k):
    d = torch.exp(log_var / 2) * torch.randn(k, *mu.shape)
    return torch.cat([mu + d, mu - d]).squeeze()
""",
            "shape|one",
        ),
        Answer(
            "two latents written in",
            """
def opposite_codes(mu, log_var, k):
    d = torch.exp(log_var / 2) * torch.randn(k, len(mu), 2)
    return torch.cat([mu + d, mu - d])
""",
            "shape|size",
        ),
        Answer(
            "one noise for each code, spread over pictures and latents",
            """
def opposite_codes(mu, log_var, k):
    eps = torch.randn(k, 1, 1)
    d = torch.exp(log_var / 2) * eps
    return torch.cat([mu + d, mu - d])
""",
            "own|same|each|share",
        ),
        Answer(
            "gradient for mu alone",
            """
def opposite_codes(mu, log_var, k):
    d = torch.exp(log_var / 2).detach() * torch.randn(k, *mu.shape)
    return torch.cat([mu + d, mu - d])
""",
            "gradient",
        ),
    ),
    "q3": (
        Answer("slope taken for log_var", "q3_mu, q3_log_var = 2.9, 0.3", "slope|log|σ|sigma"),
        Answer("log sigma", "q3_mu, q3_log_var = 2.9, -1.2", "log|half|square|twice|variance"),
        Answer("mean at the left edge", "q3_mu, q3_log_var = 2.1, -2.4", "ε = 0|zero|0"),
        Answer("logarithm to base ten", "q3_mu, q3_log_var = 2.9, -1.05", "log|natural"),
        Answer("variance", "q3_mu, q3_log_var = 2.9, 0.09", "log"),
        Answer("sign lost", "q3_mu, q3_log_var = 2.9, 2.4", "log|sign|negative|minus"),
    ),
    "q4": (
        Answer(
            "minus forgotten",
            """
def draw_exponential(log_mean, u):
    return log_mean.exp() * torch.log(1 - u)
""",
            "negative|sign|minus",
        ),
        Answer(
            "divided by the mean",
            """
def draw_exponential(log_mean, u):
    return -torch.log(1 - u) / log_mean.exp()
""",
            "mean|rate|divide",
        ),
        Answer(
            "log_mean taken for the mean",
            """
def draw_exponential(log_mean, u):
    return -log_mean * torch.log(1 - u)
""",
            "log|exp|mean",
        ),
        Answer(
            "own noise",
            """
def draw_exponential(log_mean, u):
    return torch.distributions.Exponential(torch.exp(-log_mean)).rsample()
""",
            "u|noise",
        ),
        Answer(
            "numbers without a graph",
            """
import math
def draw_exponential(log_mean, u):
    z = [-math.exp(m) * math.log(1 - v) for m, v in zip(log_mean.flatten().tolist(), u.flatten().tolist())]
    return torch.tensor(z).view(log_mean.shape)
""",
            "gradient",
        ),
        Answer(
            "base ten",
            """
def draw_exponential(log_mean, u):
    return -log_mean.exp() * torch.log10(1 - u)
""",
            "log|natural|base|mean",
        ),
        Answer(
            "F instead of its inverse",
            """
def draw_exponential(log_mean, u):
    return 1 - torch.exp(-u / log_mean.exp())
""",
            "inverse|solve|F",
        ),
        Answer(
            "mean inside the logarithm",
            """
def draw_exponential(log_mean, u):
    return -torch.log(1 - u / log_mean.exp())
""",
            "mean|solve",
        ),
        Answer(
            "a rough clamp",
            """
def draw_exponential(log_mean, u):
    return -log_mean.exp() * torch.log(u.clamp(0.05, 0.95))
""",
            "large|tail|clamp|small|u",
        ),
        Answer(
            "one mean for all",
            """
def draw_exponential(log_mean, u):
    return -log_mean.mean().exp() * torch.log(1 - u)
""",
            "each|own|mean",
        ),
        Answer(
            "softplus for exp",
            """
def draw_exponential(log_mean, u):
    return -torch.nn.functional.softplus(log_mean) * torch.log1p(-u)
""",
            "mean|exp|log",
        ),
        Answer(
            "a vector expected",
            """
def draw_exponential(log_mean, u):
    return torch.stack([-m.exp() * torch.log(1 - v) for m, v in zip(log_mean, u)]).flatten()
""",
            "shape",
        ),
        Answer(
            "made positive with abs",
            """
def draw_exponential(log_mean, u):
    return torch.abs(log_mean + torch.log(1 - u))
""",
            "mean|solve|exp|distribution",
        ),
        Answer(
            "gradient cut at the mean",
            """
def draw_exponential(log_mean, u):
    with torch.no_grad():
        mean = log_mean.exp()
    return -mean * torch.log(1 - u)
""",
            "gradient",
        ),
        Answer(
            "log variance habit: half of log_mean",
            """
def draw_exponential(log_mean, u):
    return -torch.exp(log_mean / 2) * torch.log1p(-u)
""",
            "mean|half|log",
        ),
    ),
    "q5": (
        Answer(
            "score for mu",
            """
q5_prediction = "c"
def by_score(f, mu, log_var, eps):
    s = torch.exp(log_var / 2)
    return f(mu + s * eps) * eps / s
def by_path(f, mu, log_var, eps):
    s = torch.exp(log_var / 2)
    z = (mu + s * eps).detach().requires_grad_()
    return torch.autograd.grad(f(z).sum(), z)[0] * s * eps / 2
""",
            "mu|μ|log_var|ℓ",
        ),
        Answer(
            "the 1 is forgotten",
            """
q5_prediction = "c"
def by_score(f, mu, log_var, eps):
    s = torch.exp(log_var / 2)
    return f(mu + s * eps) * eps**2 / 2
def by_path(f, mu, log_var, eps):
    s = torch.exp(log_var / 2)
    z = (mu + s * eps).detach().requires_grad_()
    return torch.autograd.grad(f(z).sum(), z)[0] * s * eps / 2
""",
            "constant|mean|log q|average|-1|1/2|normal",
        ),
        Answer(
            "for sigma instead of log_var",
            """
q5_prediction = "c"
def by_score(f, mu, log_var, eps):
    s = torch.exp(log_var / 2)
    return f(mu + s * eps) * (eps**2 - 1) / s
def by_path(f, mu, log_var, eps):
    s = torch.exp(log_var / 2)
    z = (mu + s * eps).detach().requires_grad_()
    return torch.autograd.grad(f(z).sum(), z)[0] * eps
""",
            "sigma|σ|log_var|ℓ",
        ),
        Answer(
            "half lost in the score",
            """
q5_prediction = "c"
def by_score(f, mu, log_var, eps):
    return f(mu + torch.exp(log_var / 2) * eps) * (eps**2 - 1)
def by_path(f, mu, log_var, eps):
    s = torch.exp(log_var / 2)
    z = (mu + s * eps).detach().requires_grad_()
    return torch.autograd.grad(f(z).sum(), z)[0] * s * eps / 2
""",
            "half|twice|log|2",
        ),
        Answer(
            "half lost on the path",
            """
q5_prediction = "c"
def by_score(f, mu, log_var, eps):
    return f(mu + torch.exp(log_var / 2) * eps) * (eps**2 - 1) / 2
def by_path(f, mu, log_var, eps):
    s = torch.exp(log_var / 2)
    z = (mu + s * eps).detach().requires_grad_()
    return torch.autograd.grad(f(z).sum(), z)[0] * s * eps
""",
            "half|twice|log|2",
        ),
        Answer(
            "no slope on the path",
            """
q5_prediction = "c"
def by_score(f, mu, log_var, eps):
    return f(mu + torch.exp(log_var / 2) * eps) * (eps**2 - 1) / 2
def by_path(f, mu, log_var, eps):
    s = torch.exp(log_var / 2)
    return f(mu + s * eps) * s * eps / 2
""",
            "slope|derivative|f",
        ),
        Answer(
            "averages",
            """
q5_prediction = "c"
def by_score(f, mu, log_var, eps):
    return (f(mu + torch.exp(log_var / 2) * eps) * (eps**2 - 1) / 2).mean()
def by_path(f, mu, log_var, eps):
    ell = log_var.clone().requires_grad_()
    return torch.autograd.grad(f(mu + torch.exp(ell / 2) * eps).mean(), ell)[0]
""",
            "each|shape|one",
        ),
        Answer(
            "with a baseline",
            """
q5_prediction = "c"
def by_score(f, mu, log_var, eps):
    y = f(mu + torch.exp(log_var / 2) * eps)
    return (y - y.mean()) * (eps**2 - 1) / 2
def by_path(f, mu, log_var, eps):
    s = torch.exp(log_var / 2)
    z = (mu + s * eps).detach().requires_grad_()
    return torch.autograd.grad(f(z).sum(), z)[0] * s * eps / 2
""",
            "baseline",
        ),
        Answer(
            "log_prob of a z that moves along",
            """
q5_prediction = "c"
def by_score(f, mu, log_var, eps):
    ell = log_var.detach().expand(len(eps)).clone().requires_grad_()
    s = torch.exp(ell / 2)
    z = mu + s * eps
    log_q = torch.distributions.Normal(mu, s).log_prob(z)
    return f(z).detach() * torch.autograd.grad(log_q.sum(), ell)[0]
def by_path(f, mu, log_var, eps):
    s = torch.exp(log_var / 2)
    z = (mu + s * eps).detach().requires_grad_()
    return torch.autograd.grad(f(z).sum(), z)[0] * s * eps / 2
""",
            "fixed|held|detach|z",
        ),
        Answer(
            "slope of the square written in",
            """
q5_prediction = "c"
def by_score(f, mu, log_var, eps):
    return f(mu + torch.exp(log_var / 2) * eps) * (eps**2 - 1) / 2
def by_path(f, mu, log_var, eps):
    s = torch.exp(log_var / 2)
    return 2 * (mu + s * eps) * s * eps / 2
""",
            "f|slope|other",
        ),
        Answer(
            "fresh noise",
            """
q5_prediction = "c"
def by_score(f, mu, log_var, eps):
    e = torch.randn_like(eps)
    return f(mu + torch.exp(log_var / 2) * e) * (e**2 - 1) / 2
def by_path(f, mu, log_var, eps):
    e = torch.randn_like(eps)
    s = torch.exp(log_var / 2)
    z = (mu + s * e).detach().requires_grad_()
    return torch.autograd.grad(f(z).sum(), z)[0] * s * e / 2
""",
            "eps|noise|draw",
        ),
        Answer(
            "the sum's gradient for everybody",
            """
q5_prediction = "c"
def by_score(f, mu, log_var, eps):
    return f(mu + torch.exp(log_var / 2) * eps) * (eps**2 - 1) / 2
def by_path(f, mu, log_var, eps):
    ell = log_var.clone().requires_grad_()
    g, = torch.autograd.grad(f(mu + torch.exp(ell / 2) * eps).sum(), ell)
    return g.expand(len(eps))
""",
            "each|own|sum|draw",
        ),
        Answer(
            "f of the noise",
            """
q5_prediction = "c"
def by_score(f, mu, log_var, eps):
    return f(eps) * (eps**2 - 1) / 2
def by_path(f, mu, log_var, eps):
    e = eps.clone().requires_grad_()
    return torch.autograd.grad(f(e).sum(), e)[0] * torch.exp(log_var / 2) * eps / 2
""",
            "z|mu|f",
        ),
        Answer(
            "sigma = exp(log_var)",
            """
q5_prediction = "c"
def by_score(f, mu, log_var, eps):
    return f(mu + torch.exp(log_var) * eps) * (eps**2 - 1) / 2
def by_path(f, mu, log_var, eps):
    s = torch.exp(log_var)
    z = (mu + s * eps).detach().requires_grad_()
    return torch.autograd.grad(f(z).sum(), z)[0] * s * eps / 2
""",
            "half|sigma|σ|spread|exp",
        ),
        Answer(
            "z at mu zero",
            """
q5_prediction = "c"
def by_score(f, mu, log_var, eps):
    z = mu + torch.exp(log_var / 2) * eps
    return f(z) * (z**2 / torch.exp(log_var) - 1) / 2
def by_path(f, mu, log_var, eps):
    s = torch.exp(log_var / 2)
    z = (mu + s * eps).detach().requires_grad_()
    return torch.autograd.grad(f(z).sum(), z)[0] * z.detach() / 2
""",
            "mu|μ|mean|score",
        ),
    ),
    "q6": (
        Answer("a", 'q6 = "a"\nq6_because = "A constant has no gradient."', "gradient|constant"),
        Answer("c", 'q6 = "c"\nq6_because = "It is the same distribution."', "."),
        Answer("d", 'q6 = "d"\nq6_because = "The encoder removes it."', "."),
    ),
}
