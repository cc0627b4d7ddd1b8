"""Wrong answers that must fail, and right ones that must pass, of exercise 4."""

from tools.mutants import Answer


def kl(body: str) -> str:
    return f"import numpy as np\ndef gaussian_kl(mu, log_var):\n    {body}\n"


def between(body: str) -> str:
    return f"def kl_between(mu_q, log_var_q, mu_p, log_var_p):\n    {body}\n"


def loss(body: str) -> str:
    return f"def vae_loss(x, x_hat, mu, log_var):\n    {body}\n"


def estimate(body: str, factor=16) -> str:
    return f"q5_factor = {factor}\ndef monte_carlo_kl(q, p, n):\n    {body}\n"


TERMS = "0.5 * (mu**2 + log_var.exp() - 1 - log_var)"
WRONG = {
    "q2": [
        Answer("no half", kl("return (mu**2 + log_var.exp() - 1 - log_var).sum(-1)"), "half"),
        Answer("mean for sum", kl(f"return ({TERMS}).mean(-1)"), "average"),
        Answer("wrong axis", kl(f"return ({TERMS}).sum(0)"), "wrong axis"),
        Answer("over the batch too", kl(f"return ({TERMS}).sum()"), "whole batch"),
        Answer("no sum", kl(f"return {TERMS}"), "sum over them"),
        Answer("exp(log_var) as sigma", kl("return 0.5 * (mu**2 + log_var.exp()**2 - 1 - 2 * log_var).sum(-1)"), "variance"),
        Answer("half the exponent", kl("return 0.5 * (mu**2 + (0.5 * log_var).exp() - 1 - log_var).sum(-1)"), "standard deviation"),
        Answer("forgot the 1", kl("return 0.5 * (mu**2 + log_var.exp() - log_var).sum(-1)"), "constant is missing"),
        Answer("sign", kl(f"return -({TERMS}).sum(-1)"), "sign"),
        Answer("mean not squared", kl("return 0.5 * (mu + log_var.exp() - 1 - log_var).sum(-1)"), "squared"),
        Answer("zeros", kl("return torch.zeros(len(mu))"), "away from the prior"),
        Answer("log with a plus", kl("return 0.5 * (mu**2 + log_var.exp() - 1 + log_var).sum(-1)"), "wrong sign"),
        Answer("no log", kl("return 0.5 * (mu**2 + log_var.exp() - 1).sum(-1)"), "logarithm is missing"),
        Answer("half the log", kl("return 0.5 * (mu**2 + log_var.exp() - 1 - 0.5 * log_var).sum(-1)"), "enters whole"),
        Answer("axis kept", kl(f"return ({TERMS}).sum(-1, keepdim=True)"), "no axis"),
        Answer("bits", kl(f"return ({TERMS}).sum(-1) / np.log(2)"), "bits"),
        Answer("other direction", kl("return 0.5 * ((mu**2 + 1) / log_var.exp() - 1 + log_var).sum(-1)"), "direction"),
    ],
    "q3": [
        Answer("swapped", between("r=(log_var_p-log_var_q).exp(); return 0.5*(r+(mu_q-mu_p)**2/log_var_q.exp()-1+log_var_q-log_var_p)"), "changed places"),
        Answer("no half", between("r=(log_var_q-log_var_p).exp(); return r+(mu_q-mu_p)**2/log_var_p.exp()-1+log_var_p-log_var_q"), "half"),
        Answer("distance not scaled", between("r=(log_var_q-log_var_p).exp(); return 0.5*(r+(mu_q-mu_p)**2-1+log_var_p-log_var_q)"), "p's standard"),
        Answer("scaled by q", between("r=(log_var_q-log_var_p).exp(); return 0.5*(r+(mu_q-mu_p)**2/log_var_q.exp()-1+log_var_p-log_var_q)"), "not in p's"),
        Answer("not squared", between("r=(log_var_q-log_var_p).exp(); return 0.5*(r+(mu_q-mu_p)/log_var_p.exp()-1+log_var_p-log_var_q)"), "squared"),
        Answer("log of sigma", between("a,b=2*log_var_q,2*log_var_p; return 0.5*((a-b).exp()+(mu_q-mu_p)**2/b.exp()-1+b-a)"), "logarithm of the variance"),
        Answer("logarithms swapped", between("r=(log_var_q-log_var_p).exp(); return 0.5*(r+(mu_q-mu_p)**2/log_var_p.exp()-1+log_var_q-log_var_p)"), "logarithms"),
        Answer("forgot the 1", between("r=(log_var_q-log_var_p).exp(); return 0.5*(r+(mu_q-mu_p)**2/log_var_p.exp()+log_var_p-log_var_q)"), "half too much"),
        Answer("p ignored", between("return 0.5*(mu_q**2+log_var_q.exp()-1-log_var_q)"), "does not enter"),
        Answer("ratio upside down", between("r=(log_var_p-log_var_q).exp(); return 0.5*(r+(mu_q-mu_p)**2/log_var_p.exp()-1+log_var_p-log_var_q)"), "upside down"),
        Answer("variance squared", between("r=(log_var_q-log_var_p).exp(); return 0.5*(r+((mu_q-mu_p)/log_var_p.exp())**2-1+log_var_p-log_var_q)"), "before it is squared"),
        Answer("means added", between("r=(log_var_q-log_var_p).exp(); return 0.5*(r+(mu_q+mu_p)**2/log_var_p.exp()-1+log_var_p-log_var_q)"), "subtracted"),
        Answer("summed", between("r=(log_var_q-log_var_p).exp(); return (0.5*(r+(mu_q-mu_p)**2/log_var_p.exp()-1+log_var_p-log_var_q)).sum(-1)"), "added up"),
    ],
    "q4": [
        Answer("a", "q4 = 'a'", "valley"),
        Answer("c", "q4 = 'C'", "other hump"),
        Answer("d", "q4 = 'd'", "price"),
    ],
    "q1": [
        Answer("as given", loss("return 0.5*(x-x_hat).square().flatten(1).mean(1).mean() + (0.5*(mu**2+log_var.exp()-1-log_var)).sum(1).mean()"), "as given"),
        Answer("both means", loss("return 0.5*(x-x_hat).square().mean() + (0.5*(mu**2+log_var.exp()-1-log_var)).mean()"), "averages"),
        Answer("kl mean", loss("return 0.5*(x-x_hat).square().flatten(1).sum(1).mean() + (0.5*(mu**2+log_var.exp()-1-log_var)).mean()"), "KL is averaged"),
        Answer("all sums", loss("return 0.5*(x-x_hat).square().sum() + (0.5*(mu**2+log_var.exp()-1-log_var)).sum()"), "whole batch"),
        Answer("error over batch", loss("return 0.5*(x-x_hat).square().sum() + (0.5*(mu**2+log_var.exp()-1-log_var)).sum(1).mean()"), "whole batch"),
        Answer("KL subtracted", loss("return 0.5*(x-x_hat).square().flatten(1).sum(1).mean() - (0.5*(mu**2+log_var.exp()-1-log_var)).sum(1).mean()"), "subtracted"),
        Answer("both per pixel", loss("return (0.5*(x-x_hat).square().sum() + (0.5*(mu**2+log_var.exp()-1-log_var)).sum())/x.numel()"), "divided by the number of pixels"),
        Answer("not averaged", loss("return 0.5*(x-x_hat).square().flatten(1).sum(1) + (0.5*(mu**2+log_var.exp()-1-log_var)).sum(1)"), "over the batch"),
        Answer("no half", loss("return (x-x_hat).square().flatten(1).sum(1).mean() + (0.5*(mu**2+log_var.exp()-1-log_var)).sum(1).mean()"), "half"),
    ],
    "q5": [
        Answer("four", estimate("z=q.sample((n,)); return (q.log_prob(z)-p.log_prob(z)).mean()", 4), "square root"),
        Answer("sixty-four", estimate("z=q.sample((n,)); return (q.log_prob(z)-p.log_prob(z)).mean()", 64), "more than needed"),
        Answer("draws from p", estimate("z=p.sample((n,)); return (q.log_prob(z)-p.log_prob(z)).mean()"), "first distribution draws"),
        Answer("sign", estimate("z=q.sample((n,)); return (p.log_prob(z)-q.log_prob(z)).mean()"), "sign"),
        Answer("other direction", estimate("z=p.sample((n,)); return (p.log_prob(z)-q.log_prob(z)).mean()"), r"KL\(p"),
        Answer("entropy only", estimate("z=q.sample((n,)); return q.log_prob(z).mean()"), "p does not enter"),
        Answer("sizes", estimate("z=q.sample((n,)); return (q.log_prob(z)-p.log_prob(z)).abs().mean()"), "signs"),
        Answer("weighted twice", estimate("z=q.sample((n,)); return (q.log_prob(z).exp()*(q.log_prob(z)-p.log_prob(z))).mean()"), "twice"),
        Answer("summed", estimate("z=q.sample((n,)); return (q.log_prob(z)-p.log_prob(z)).sum()"), "average"),
        Answer("PyTorch's formula", estimate("return torch.distributions.kl_divergence(q, p)"), "NotImplementedError"),
        Answer("a constant", estimate("return torch.tensor(1.499)"), "hardly differ"),
        Answer("n ignored", estimate("z=q.sample((40_000,)); return (q.log_prob(z)-p.log_prob(z)).mean()"), "hardly differ"),
        Answer("one draw", estimate("z=q.sample(); return q.log_prob(z)-p.log_prob(z)"), "differ more"),
        Answer("no mean", estimate("z=q.sample((n,)); return q.log_prob(z)-p.log_prob(z)"), "one number"),
    ],
}  # fmt: skip

RIGHT = {
    "q2": [
        Answer("torch.distributions", kl("from torch.distributions import Normal, kl_divergence; return kl_divergence(Normal(mu, (log_var/2).exp()), Normal(0, 1)).sum(1)")),
        Answer("NumPy", kl("mu, lv = np.asarray(mu), np.asarray(log_var); return -0.5 * np.sum(1 + lv - mu**2 - np.exp(lv), axis=-1)")),
        Answer("a loop", kl("return torch.stack([sum(0.5*(m*m + v.exp() - 1 - v) for m, v in zip(a, b)) for a, b in zip(mu, log_var)])")),
        Answer("in place", kl("k = mu.square_(); k += log_var.exp(); k -= 1 + log_var; return k.sum(-1).div_(2)")),
        Answer("a list", kl(f"return ({TERMS}).sum(-1).tolist()")),
    ],
    "q3": [
        Answer("torch.distributions", between("N=torch.distributions.Normal; return torch.distributions.kl_divergence(N(mu_q,(log_var_q/2).exp()),N(mu_p,(log_var_p/2).exp()))")),
        Answer("sigmas", between("s,t=(log_var_q/2).exp(),(log_var_p/2).exp(); return torch.log(t/s)+(s**2+(mu_q-mu_p)**2)/(2*t**2)-0.5")),
        Answer("NumPy", between("import numpy as np; a,b,c,d=map(np.asarray,(mu_q,log_var_q,mu_p,log_var_p)); return 0.5*(np.exp(b-d)+(a-c)**2*np.exp(-d)-1+d-b)")),
    ],
    "q4": [Answer("capital", "q4 = ' B'")],
    "q1": [
        Answer("sum over axes", loss("return 0.5*((x-x_hat)**2).sum((1,2,3)).mean() + 0.5*(mu**2+log_var.exp()-1-log_var).sum(1).mean()")),
        Answer("sum, then divide", loss("return (0.5*((x-x_hat)**2).sum() + 0.5*(mu**2+log_var.exp()-1-log_var).sum())/len(x)")),
        Answer("torch's mse_loss", loss("import torch.nn.functional as F; return F.mse_loss(x_hat,x,reduction='sum')/2/len(x) + 0.5*(mu**2+log_var.exp()-1-log_var).sum(1).mean()")),
    ],
    "q5": [
        Answer("rsample", estimate("z=q.rsample((n,)); return torch.mean(q.log_prob(z)-p.log_prob(z))", 16.0)),
        Answer("a loop over parts", estimate("return sum((q.log_prob(z)-p.log_prob(z)).sum().item() for z in q.sample((n,)).split(20))/n")),
        Answer("by hand", estimate("z=q.mean+q.stddev*torch.randn(n); return float((q.log_prob(z)-p.log_prob(z)).mean())", "'16'")),
    ],
}  # fmt: skip
