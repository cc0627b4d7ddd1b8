"""Wrong answers that must fail, and right ones that must pass, of exercise 5."""

from tools.mutants import Answer


def codes(body: str) -> str:
    return f"import numpy as np\ndef opposite_codes(mu, log_var, k):\n    {body}\n"


def code(body: str) -> str:
    return f"def sample_code(mu, log_var):\n    {body}\n"


def exponential(body: str) -> str:
    return f"import math\nimport numpy as np\ndef draw_exponential(log_mean, u):\n    {body}\n"


SCORE = "z = mu + torch.exp(log_var/2)*eps; return f(z)*(eps**2-1)/2"
PATH = "e = log_var.expand_as(eps).clone().requires_grad_(); return torch.autograd.grad(f(mu+torch.exp(e/2)*eps).sum(), e)[0]"


def both(score: str = SCORE, path: str = PATH, prediction: str = "'c'") -> str:
    return (
        f"q5_prediction = {prediction}\n"
        f"def by_score(f, mu, log_var, eps):\n    {score}\n"
        f"def by_path(f, mu, log_var, eps):\n    {path}\n"
    )


SLOPE = (
    "z = (mu + torch.exp(log_var/2)*eps).detach().requires_grad_(); g = torch.autograd.grad(f(z).sum(), z)[0]"
)
WRONG = {
    "q2": [
        Answer('exp(log_var) as sigma', codes('e = torch.randn(k, *mu.shape); return mu + log_var.exp() * torch.cat([e, -e])'), 'is the variance'),
        Answer('log_var as sigma', codes('e = torch.randn(k, *mu.shape); return mu + log_var * torch.cat([e, -e])'), 'is a logarithm'),
        Answer('not scaled', codes('e = torch.randn(k, *mu.shape); return mu + torch.cat([e, -e]) + 0 * log_var'), 'exactly zero|not scaled'),
        Answer('uniform noise', codes('e = torch.rand(k, *mu.shape); return mu + (log_var/2).exp() * torch.cat([e, -e])'), 'uniform'),
        Answer('uniform noise of unit variance', codes('e = (torch.rand(k, *mu.shape)-.5)*12**.5; return mu + (log_var/2).exp() * torch.cat([e, -e])'), 'shape is not'),
        Answer('Laplace noise', codes('e = torch.distributions.Laplace(0., .5**.5).sample((k, *mu.shape)); return mu + (log_var/2).exp() * torch.cat([e, -e])'), 'shape is not'),
        Answer('no noise', codes('return (mu + 0*log_var).expand(2*k, *mu.shape)'), 'exactly zero'),
        Answer('one noise for the batch', codes('e = torch.randn(k, 1, mu.shape[1]); return mu + (log_var/2).exp() * torch.cat([e, -e])'), 'All pictures'),
        Answer('one noise for all latents', codes('e = torch.randn(k, len(mu), 1); return mu + (log_var/2).exp() * torch.cat([e, -e])'), 'All latent'),
        Answer('the same draw k times', codes('e = torch.randn_like(mu).repeat(k, 1, 1); return mu + (log_var/2).exp() * torch.cat([e, -e])'), 'all the same'),
        Answer('a single draw', codes('return mu + (log_var/2).exp() * torch.randn_like(mu)'), 'one code'),
        Answer('k codes', codes('e = torch.randn(k, *mu.shape); return mu + (log_var/2).exp() * e'), 'are 2 k codes'),
        Answer('draws second', codes('e = torch.randn(k, *mu.shape); return (mu + (log_var/2).exp() * torch.cat([e, -e])).transpose(0, 1)'), 'comes first'),
        Answer('no pairs', codes('return mu + (log_var/2).exp() * torch.randn(2*k, *mu.shape)'), 'not the opposites'),
        Answer('codes turned round', codes('e = torch.randn(k, *mu.shape); z = mu + (log_var/2).exp() * e; return torch.cat([z, -z])'), 'rate|same amount|changed their sign'),
        Answer('interleaved', codes('e = torch.randn(k, *mu.shape); return mu + (log_var/2).exp() * torch.stack([e, -e], 1).flatten(0, 1)'), 'followed by its opposite'),
        Answer('reversed', codes('e = torch.randn(k, *mu.shape); return mu + (log_var/2).exp() * torch.cat([e, -e.flip(0)])'), 'not the opposites'),
        Answer('sample()', codes('d = torch.distributions.Normal(mu, (log_var/2).exp()); z = d.sample((k,)); return torch.cat([z, 2*mu - z])'), 'same amount|No gradient reaches log_var'),
        Answer('sample(), all of it', codes('z = torch.distributions.Normal(mu, (log_var/2).exp()).sample((k,)); return torch.cat([z, 2*mu.detach() - z])'), 'no gradient'),
        Answer('torch.normal', codes('z = torch.normal(mu.expand(k,-1,-1), (log_var/2).exp().expand(k,-1,-1)); return torch.cat([z, 2*mu - z])'), 'same amount|exactly zero'),
        Answer('sigma detached', codes('e = torch.randn(k, *mu.shape); return mu + (log_var/2).exp().detach() * torch.cat([e, -e])'), 'log_var: it will'),
        Answer('seeded inside', codes('torch.manual_seed(0); e = torch.randn(k, *mu.shape); return mu + (log_var/2).exp() * torch.cat([e, -e])'), 'Two calls'),
        Answer('NumPy, cut off', codes('m,l=mu.detach().numpy(),log_var.detach().numpy(); e=np.random.randn(k,*m.shape); return torch.tensor(m+np.exp(l/2)*np.concatenate([e,-e]))'), 'cut off'),
        Answer('NumPy', codes('e=np.random.randn(k,*mu.shape); return np.asarray(mu)+np.exp(np.asarray(log_var)/2)*np.concatenate([e,-e])'), 'NumPy'),
        Answer('single axes dropped', codes('e = torch.randn(k, *mu.shape); return (mu + (log_var/2).exp() * torch.cat([e, -e])).squeeze()'), 'three axes'),
    ],
    "q3": [
        Answer("log of sigma", "q3_mu = 2.9; q3_log_var = -1.2", "instead of σ²"),
        Answer("sigma", "q3_mu = 2.9; q3_log_var = 0.3", "slope"),
        Answer("variance", "q3_mu = 2.9; q3_log_var = 0.09", "is the variance"),
        Answer("sign", "q3_mu = 2.9; q3_log_var = 2.4", "sign"),
        Answer("base 10", "q3_mu = 2.9; q3_log_var = -1.04", "base 10"),
        Answer("left edge", "q3_mu = 2.13; q3_log_var = -2.4", "left edge"),
        Answer("slope for mu", "q3_mu = 0.3; q3_log_var = -2.4", "steep"),
    ],
    "q1": [
        Answer("as given", code("noise = (torch.exp(log_var/2)*torch.randn_like(mu)).detach(); return mu + noise"), "as given returns"),
        Answer("sigma detached", code("return mu + torch.exp(log_var/2).detach()*torch.randn_like(mu)"), "as given returns"),
        Answer("everything under no_grad", code("return (mu + torch.exp(log_var/2)*torch.randn_like(mu)).detach()"), "cut off"),
        Answer("half lost", code("return mu + torch.exp(log_var)*torch.randn_like(mu)"), "is the variance"),
        Answer("sigma lost", code("return mu + torch.randn_like(mu) + 0*log_var"), "log_var is exactly zero"),
        Answer("log_var not used", code("return mu + torch.randn_like(mu)"), "No gradient reaches log_var"),
        Answer("no noise left", code("return mu + torch.exp(log_var/2)"), "are equal"),
        Answer("torch.normal", code("return torch.normal(mu, torch.exp(log_var/2))"), "torch.normal"),
        Answer("all pictures in numpy", code("import numpy as np; e = np.random.randn(*mu.shape); return torch.tensor(np.asarray(mu.detach()) + np.exp(np.asarray(log_var.detach())/2)*e)"), "cut off"),
        Answer("the same line, renamed", code("with torch.no_grad():\n        spread = torch.exp(log_var/2)\n    return mu + spread*torch.randn_like(mu)"), "as given returns"),
        Answer("the mean detached", code("return mu.detach() + torch.exp(log_var/2)*torch.randn_like(mu)"), "reaches mu"),
        Answer("one noise for the batch", code("return mu + torch.exp(log_var/2)*torch.randn_like(mu[:1])"), "are equal"),
        Answer("one noise for all latents", code("return mu + torch.exp(log_var/2)*torch.randn(len(mu), 1)"), "All latent numbers"),
        Answer("seeded inside", code("torch.manual_seed(0); return mu + torch.exp(log_var/2)*torch.randn_like(mu)"), "Two calls"),
    ],
    "q4": [
        Answer("the distribution function", exponential("return 1 - torch.exp(-u/log_mean.exp())"), "distribution function itself"),
        Answer("sign", exponential("return log_mean.exp()*torch.log(1-u)"), "negative"),
        Answer("mean upside down", exponential("return -torch.log(1-u)/log_mean.exp()"), "upside"),
        Answer("log_mean as mean", exponential("return -log_mean*torch.log(1-u)"), "logarithm of the mean, not"),
        Answer("half", exponential("return -torch.exp(log_mean/2)*torch.log(u)"), "half"),
        Answer("no mean", exponential("return -torch.log(1-u) + 0*log_mean"), "missing"),
        Answer("mean added", exponential("return torch.exp(log_mean) - torch.log(1-u)"), "added"),
        Answer("log10", exponential("return -log_mean.exp()*torch.log10(1-u)"), "base 10"),
        Answer("cut off", exponential("return -log_mean.exp().detach()*torch.log(1-u)"), "No gradient"),
        Answer("NumPy", exponential("return -np.exp(np.asarray(log_mean)) * np.log(1 - np.asarray(u))"), "NumPy"),
        Answer("u for 1 - u, inside", exponential("return -log_mean.exp()*torch.log(1+u)"), "give back u"),
        Answer("mean squared", exponential("return -(2*log_mean).exp()*torch.log(1-u)"), "give back u"),
        Answer("its own noise", exponential("return -log_mean.exp()*torch.log(torch.rand_like(u))"), "give back u"),
        Answer("a clamp that shows", exponential("return -log_mean.exp()*torch.log(u.clamp(0.05, 0.95))"), "give back u"),
    ],
    "q5": [
        Answer("e", both(prediction="'e'"), "one of these"),
        Answer("z moves", both("e=log_var.clone().requires_grad_(); z=mu+torch.exp(e/2)*eps; q=torch.distributions.Normal(mu,torch.exp(e/2)).log_prob(z); return torch.stack([torch.autograd.grad(v, e, retain_graph=True)[0] for v in q]) * f(z).detach()"), "hold z fixed"),
        Answer("a baseline", both("z=mu+torch.exp(log_var/2)*eps; h=f(z); return (h-h.mean())*(eps**2-1)/2"), "baseline"),
        Answer("the height at mu taken off", both("z=mu+torch.exp(log_var/2)*eps; return (f(z)-f(mu))*(eps**2-1)/2"), "at mu"),
        Answer("log q", both("z=mu+torch.exp(log_var/2)*eps; return f(z)*torch.distributions.Normal(mu,torch.exp(log_var/2)).log_prob(z)"), "its slope"),
        Answer("score for mu", both("z=mu+torch.exp(log_var/2)*eps; return f(z)*eps/torch.exp(log_var/2)"), "gradient for mu"),
        Answer("score for sigma", both("z=mu+torch.exp(log_var/2)*eps; return f(z)*(eps**2-1)/torch.exp(log_var/2)"), "for the standard deviation"),
        Answer("score for the variance", both("z=mu+torch.exp(log_var/2)*eps; return f(z)*(eps**2-1)/2/torch.exp(log_var)"), "for the variance"),
        Answer("score for log sigma", both("z=mu+torch.exp(log_var/2)*eps; return f(z)*(eps**2-1)"), "logarithm of σ"),
        Answer("score without -1", both("z=mu+torch.exp(log_var/2)*eps; return f(z)*eps**2/2"), "constant is missing"),
        Answer("score alone", both("return (eps**2-1)/2"), "score alone"),
        Answer("score averaged", both("z=mu+torch.exp(log_var/2)*eps; return (f(z)*(eps**2-1)/2).mean()"), "for all draws"),
        Answer("score with exp(log_var)", both("z=mu+torch.exp(log_var)*eps; return f(z)*(eps**2-1)/2"), "when z is made"),
        Answer("score, sign", both("z=mu+torch.exp(log_var/2)*eps; return f(z)*(1-eps**2)/2"), "sign"),
        Answer("path for mu", both(path=f"{SLOPE}; return g"), "gradient for mu"),
        Answer("path for sigma", both(path=f"{SLOPE}; return g*eps"), "for the standard deviation"),
        Answer("path without half", both(path=f"{SLOPE}; return g*eps*torch.exp(log_var/2)"), "half"),
        Answer("path, one sum", both(path="e=log_var.clone().requires_grad_(); return torch.autograd.grad(f(mu+torch.exp(e/2)*eps).sum(), e)[0]"), "all draws"),
        Answer("path with exp(log_var)", both(path=PATH.replace("e/2", "e")), "as the standard deviation"),
        Answer("path is the score", both(path=SCORE), "score-function"),
        Answer("fitted to a cube", both(path="z=mu+torch.exp(log_var/2)*eps; return 3*z**2*torch.exp(log_var/2)*eps/2"), "sin z"),
        Answer("noise of its own", both(path="eps = torch.randn_like(eps); " + PATH), "to be drawn beside"),
    ],
    "q6": [
        Answer("a", "q6 = 'a'", "constant for the gradient"),
        Answer("c", "q6 = 'c'", "thousands of steps"),
        Answer("d", "q6 = 'd'", "expensive"),
    ],
}  # fmt: skip

RIGHT = {
    "q2": [
        Answer('rsample and mirror', codes('z = torch.distributions.Normal(mu, (0.5*log_var).exp()).rsample((k,)); return torch.cat([z, 2*mu - z])')),
        Answer('a full covariance', codes('z = torch.distributions.MultivariateNormal(mu, torch.diag_embed(log_var.exp())).rsample((k,)); return torch.cat([z, 2*mu - z])')),
        Answer('a loop', codes('s = torch.sqrt(log_var.exp()); n = [torch.randn_like(mu) for _ in range(k)]; return torch.stack([mu + s*e for e in n] + [mu - s*e for e in n])')),
        Answer("NumPy's noise", codes('e=torch.tensor(np.random.standard_normal((k,*mu.shape)),dtype=mu.dtype); return torch.cat((e,-e))*(log_var/2).exp()+mu')),
        Answer('float64 whatever comes', codes('e=torch.randn(k,*mu.shape,dtype=torch.float64); return mu.double() + (log_var.double()/2).exp()*torch.cat([e,-e])')),
        Answer('in place', codes('z=torch.randn(k,*mu.shape); z = torch.cat([z, -z]); z *= (log_var/2).exp(); z += mu; return z')),
        Answer('signs', codes('e=torch.randn(1,k,*mu.shape)*torch.tensor([1.,-1.]).reshape(2,1,1,1); return mu + (log_var/2).exp()*e.flatten(0,1)')),
        Answer('torch.normal of 0 and 1', codes('e=torch.normal(0.0, 1.0, (k,*mu.shape)); return mu + (log_var/2).exp()*torch.cat([e,-e])')),
    ],
    "q3": [
        Answer("read carefully", "q3_mu = 2.88; q3_log_var = -2.39"),
        Answer("read roughly", "q3_mu = 2.8; q3_log_var = -2.1"),
        Answer("by the encoder", "q3_mu = mu[2, 0]; q3_log_var = log_var[2, 0]"),
        Answer("two points", "import math; q3_mu = 2.85; q3_log_var = 2*math.log((3.5-2.3)/4)"),
    ],
    "q1": [
        Answer("no_grad for the noise alone", code("with torch.no_grad():\n        eps = torch.randn_like(log_var)\n    return mu + torch.exp(log_var / 2) * eps")),
        Answer("rsample", code("return torch.distributions.Normal(mu, torch.exp(log_var/2)).rsample()")),
        Answer("square root", code("return mu + log_var.exp().sqrt()*torch.randn(mu.shape)")),
        Answer("in place", code("mu += torch.exp(log_var / 2) * torch.randn_like(mu)\n    return mu")),
        Answer("picture by picture", code("return torch.stack([m + torch.exp(v/2)*torch.randn(len(m)) for m, v in zip(mu, log_var)])")),
    ],
    "q4": [
        Answer("log of u", exponential("return -log_mean.exp()*torch.log(u)")),
        Answer("log1p", exponential("return -(log_mean.exp())*torch.log1p(-u)")),
        Answer("icdf", exponential("return torch.distributions.Exponential(torch.exp(-log_mean)).icdf(u)")),
        Answer("divided by the rate", exponential("rate = 1/torch.exp(log_mean); return torch.log(1/(1-u))/rate")),
        Answer("logarithms of logarithms", exponential("return torch.exp(log_mean + torch.log(-torch.log(1-u)))")),
        Answer("NumPy for the noise alone", exponential("return torch.from_numpy(-np.log1p(-u.numpy())) * log_mean.exp()")),
    ],
    "q5": [
        Answer("loops", both("return torch.stack([f(mu+torch.exp(log_var/2)*e)*(e*e-1)/2 for e in eps])", "out = []\n    for e in eps:\n        l = log_var.detach().clone().requires_grad_()\n        f(mu + torch.exp(l/2)*e).backward()\n        out.append(l.grad)\n    return torch.stack(out)", "'a'")),
        Answer("autograd for the score", both("e=log_var.expand_as(eps).clone().requires_grad_(); z=mu+torch.exp(log_var/2)*eps; s=torch.autograd.grad(torch.distributions.Normal(mu,torch.exp(e/2)).log_prob(z).sum(),e)[0]; return f(z)*s", prediction="' C '")),
        Answer("slope of f, by hand", both(path=f"{SLOPE}; return g*eps*torch.exp(log_var/2)/2")),
        Answer("by z - mu", both("z=mu+torch.exp(log_var/2)*eps; return 0.5*f(z)*((z-mu)**2/log_var.exp()-1)")),
        Answer("finite differences", both(path="h=1e-3; d=lambda e: f((mu.double()+torch.exp((log_var.double()+e)/2)*eps.double())); return (d(h)-d(-h))/(2*h)")),
    ],
    "q6": [Answer("capital", "q6 = 'B'"), Answer("bracket", "q6 = 'b)'")],
}  # fmt: skip
