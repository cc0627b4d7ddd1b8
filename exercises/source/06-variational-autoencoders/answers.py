"""Wrong answers that must fail, and right ones that must pass, of exercise 6."""

from tools.mutants import Answer


def elbo(body: str) -> str:
    return f"import torch.nn.functional as F\nimport numpy as np\ndef elbo(x, logits, mu, log_var):\n    {body}\n"


def bound(body: str) -> str:
    return f"import math\nimport numpy as np\ndef importance_bound(log_likelihood, log_prior, log_q):\n    {body}\n"


def encoder(mu: str, log_var: str, features: str = "torch.relu(self.hidden(x.flatten(1)))") -> str:
    return (
        "import torch.nn.functional as F\n"
        "class Encoder(nn.Module):\n"
        "    def __init__(self, pixels, hidden, latent):\n"
        "        super().__init__()\n"
        "        self.hidden, self.to_mu = nn.Linear(pixels, hidden), nn.Linear(hidden, latent)\n"
        "        self.to_log_var = nn.Linear(hidden, latent)\n"
        "    def forward(self, x):\n"
        f"        features = {features}\n"
        "        mu, log_var = self.to_mu(features), self.to_log_var(features)\n"
        f"        return {mu}, {log_var}\n"
    )


def trained(latent_dim: int, hidden: int, lr: float) -> str:
    return f"q6_model = train_vae(latent_dim={latent_dim}, hidden={hidden}, lr={lr})"


COST = "F.binary_cross_entropy_with_logits(logits, x, reduction='none').flatten(1).sum(1)"
KL = "(0.5*(mu**2 + log_var.exp() - 1 - log_var)).sum(1)"
W = "w = log_likelihood + log_prior - log_q; "
WRONG = {
    "q1": [
        Answer("the loss", elbo(f"return {COST} + {KL}"), "This is the loss"),
        Answer("KL added", elbo(f"return -{COST} + {KL}"), "price"),
        Answer("cost added", elbo(f"return {COST} - {KL}"), "a cost has been added"),
        Answer("mean over pixels", elbo(f"return -{COST.replace('.sum', '.mean')} - {KL}"), "averaged over the pixels"),
        Answer("mean over latents", elbo(f"return -{COST} - {KL.replace('.sum', '.mean')}"), "averaged over the latents"),
        Answer("both means", elbo(f"return -{COST.replace('.sum', '.mean')} - {KL.replace('.sum', '.mean')}"), "Both terms"),
        Answer("one number", elbo(f"return (-{COST} - {KL}).mean()"), "whole batch"),
        Answer("no KL", elbo(f"return -{COST}"), "KL is missing"),
        Answer("no half", elbo(f"return -{COST} - 2*{KL}"), "half"),
        Answer("exp(log_var) as sigma", elbo(f"return -{COST} - 0.5*(mu**2 + (2*log_var).exp() - 1 - 2*log_var).sum(1)"), "standard deviation"),
        Answer("other direction", elbo(f"return -{COST} - 0.5*((mu**2+1)/log_var.exp() - 1 + log_var).sum(1)"), "prior \\|\\| posterior"),
        Answer("sigmoid twice", elbo(f"logits = torch.sigmoid(logits); return -{COST} - {KL}"), "twice"),
        Answer("swapped", elbo(f"x, logits = logits, x; return -{COST} - {KL}"), "changed places"),
        Answer("colours swapped", elbo(f"logits = -logits; return -{COST} - {KL}"), "Black and white"),
        Answer("squared error", elbo(f"return -((x-torch.sigmoid(logits))**2).sum((1,2,3)) - {KL}"), "squared error"),
        Answer("probabilities, capped", elbo(f"return -F.binary_cross_entropy(torch.sigmoid(logits), x, reduction='none').flatten(1).sum(1) - {KL}"), "capped"),
        Answer("probabilities, logarithm", elbo(f"p = torch.sigmoid(logits); return (x*p.log() + (1-x)*(1-p).log()).sum((1,2,3)) - {KL}"), "finite"),
        Answer("probabilities, clipped", elbo(f"p = torch.sigmoid(logits).clamp(1e-7, 1-1e-7); return (x*p.log() + (1-x)*(1-p).log()).sum((1,2,3)) - {KL}"), "clipped"),
        Answer("logits as probabilities", elbo(f"return -F.binary_cross_entropy(logits, x, reduction='none').flatten(1).sum(1) - {KL}"), "between 0 and 1"),
        Answer("softplus and no maximum", elbo(f"return (x*logits - torch.log(1+logits.exp())).sum((1,2,3)) - {KL}"), "finite"),
    ],
    "q2": [
        Answer("mean of logarithms", bound(f"{W}return w.mean(0)"), "the ELBO"),
        Answer("no log K", bound(f"{W}return torch.logsumexp(w, 0)"), "log K missing"),
        Answer("log K added", bound(f"{W}return torch.logsumexp(w, 0) + math.log(len(w))"), "is added"),
        Answer("divided by K outside", bound(f"{W}return torch.logsumexp(w, 0) / len(w)"), "inside the logarithm"),
        Answer("largest", bound(f"{W}return w.amax(0)"), "largest weight"),
        Answer("sum of logarithms", bound(f"{W}return w.sum(0)"), "added up"),
        Answer("wrong axis", bound(f"{W}return torch.logsumexp(w, 1) - math.log(w.shape[1])"), "each draw"),
        Answer("pictures averaged", bound(f"{W}return (torch.logsumexp(w, 0) - math.log(len(w))).mean()"), "all pictures"),
        Answer("wrong K", bound(f"{W}return torch.logsumexp(w, 0) - math.log(w.shape[1])"), "Not yet"),
        Answer("prior missing", bound("w = log_likelihood - log_q; return torch.logsumexp(w, 0) - math.log(len(w))"), "prior is missing"),
        Answer("q missing", bound("w = log_likelihood + log_prior; return torch.logsumexp(w, 0) - math.log(len(w))"), "q is missing"),
        Answer("likelihood only", bound("w = log_likelihood; return torch.logsumexp(w, 0) - math.log(len(w))"), "draws from the prior"),
        Answer("q added", bound("w = log_likelihood + log_prior + log_q; return torch.logsumexp(w, 0) - math.log(len(w))"), "multiplied"),
        Answer("one maximum for all pictures", bound(f"{W}top = w.max(); return top + (w - top).exp().mean(0).log()"), "far apart"),
        Answer("upside down", bound("w = log_q - log_likelihood - log_prior; return torch.logsumexp(w, 0) - math.log(len(w))"), "upside"),
        Answer("no logarithm", bound(f"{W}return w.exp().mean(0)"), "without its logarithm"),
        Answer("the loss", bound(f"{W}return math.log(len(w)) - torch.logsumexp(w, 0)"), "loss"),
        Answer("exponentials underflow", bound(f"{W}return w.exp().mean(0).log()"), "leave the logarithms"),
        Answer("a small constant", bound(f"{W}return (w.exp().mean(0) + 1e-30).log()"), "leave the logarithms"),
        Answer("weighted logarithms", bound(f"{W}return (w.softmax(0) * w).sum(0)"), "Average w itself"),
    ],
    "q3": [
        Answer("loud ones counted", "q3_quiet = 34; q3 = 'a'", "above the line"),
        Answer("all", "q3_quiet = 64; q3 = 'a'", "Count the bars"),
        Answer("too few", "q3_quiet = 24; q3 = 'a'", "last bar"),
        Answer("b", "q3_quiet = 30; q3 = 'b'", "How many nats"),
        Answer("c", "q3_quiet = 30; q3 = 'c'", "in training"),
        Answer("d", "q3_quiet = 30; q3 = 'd'", "Detail"),
    ],
    "q4": [
        Answer("as given", encoder("torch.relu(mu)", "torch.relu(log_var)"), "as given returns"),
        Answer("only mu", encoder("mu", "torch.relu(log_var)"), "never below 0, so"),
        Answer("only log_var", encoder("torch.relu(mu)", "log_var"), "one corner"),
        Answer("softplus", encoder("mu", "F.softplus(log_var)"), "its logarithm does not"),
        Answer("exp", encoder("mu", "log_var.exp()"), "its logarithm does not"),
        Answer("tanh", encoder("mu", "torch.tanh(log_var)"), "fall below -1"),
        Answer("tanh for mu", encoder("torch.tanh(mu)", "log_var"), "mu does not leave"),
        Answer("leaky, for both", encoder("F.leaky_relu(mu, 0.01)", "F.leaky_relu(log_var, 0.01)"), "fall below -1"),
        Answer("leaky, for mu", encoder("F.leaky_relu(mu, 0.01)", "log_var"), "mu does not leave"),
        Answer("ELU", encoder("mu", "F.elu(log_var)"), "fall below -1"),
        Answer("sigmoid for both", encoder("torch.sigmoid(mu)", "torch.sigmoid(log_var)"), "its logarithm does not"),
        Answer("never above 0", encoder("mu", "-torch.relu(log_var)"), "never above 0"),
        Answer("absolute value", encoder("mu", "log_var.abs()"), "always above 0"),
        Answer("no activation left", encoder("mu", "log_var", "self.hidden(x.flatten(1))"), "lost its ReLU"),
        Answer("log_var fixed", encoder("mu", "torch.zeros_like(mu)"), "same for every"),
        Answer("mu alone", encoder("mu", "log_var").replace("return mu, log_var", "return mu"), "two things"),
    ],
    "q5": [
        Answer("a", "q5 = 'a'", "mixes two things"),
        Answer("b", "q5 = 'b'", "praise"),
        Answer("d", "q5 = 'd'", "stopped climbing"),
    ],
    "q6": [
        Answer("the tutorial's", trained(2, 16, 1e-3), "Which of them"),
        Answer("larger steps only", trained(2, 16, 1e-2), "Which of them"),
        Answer("two latents", trained(2, 128, 1e-2), "Which of them"),
        Answer("larger, small steps", trained(8, 128, 1e-3), "Which of them"),
        Answer("steps too large", trained(8, 256, 0.1), "Which of them"),
        Answer("too large a model", trained(32, 512, 4e-3), "larger than 32"),
        Answer("too many latents", "q6_model = recipes.build('mayberay-digits-vae', latent_dim=33, hidden=16)", "larger than 32"),
    ],
}  # fmt: skip

RIGHT = {
    "q1": [
        Answer("torch.distributions", elbo("D = torch.distributions; q = D.Normal(mu, (log_var/2).exp()); return D.Bernoulli(logits=logits).log_prob(x).sum((1,2,3)) - D.kl_divergence(q, D.Normal(0., 1.)).sum(1)")),
        Answer("softplus", elbo(f"return (x*logits - F.softplus(logits)).flatten(1).sum(1) - {KL}")),
        Answer("logsigmoid", elbo(f"return (x*F.logsigmoid(logits) + (1-x)*F.logsigmoid(-logits)).sum((-3,-2,-1)) - {KL}")),
        Answer("NumPy", elbo("x, a, m, v = (np.asarray(t, dtype=float) for t in (x, logits, mu, log_var)); return -np.logaddexp(0, np.where(x == 1, -a, a)).sum((1,2,3)) - 0.5*(m**2 + np.exp(v) - 1 - v).sum(1)")),
        Answer("a loop", elbo("one = lambda a, b: -F.binary_cross_entropy_with_logits(a, b, reduction='sum'); return [one(a, b) - losses.gaussian_kl(m, v) for a, b, m, v in zip(logits, x, mu, log_var)]")),
    ],
    "q2": [
        Answer("logsumexp with math.log", bound(f"{W}return w.logsumexp(dim=0) - math.log(w.shape[0])")),
        Answer("logmeanexp by hand", bound(f"{W}top = w.max(0).values; return top + (w - top).exp().mean(0).log()")),
        Answer("NumPy", bound("w = np.asarray(log_likelihood) + np.asarray(log_prior) - np.asarray(log_q); return np.logaddexp.reduce(w, axis=0) - np.log(len(w))")),
        Answer("a loop", bound(f"{W}return torch.stack([torch.logsumexp(c - math.log(len(c)), 0) for c in w.T])")),
        Answer("SciPy", bound(f"from scipy.special import logsumexp; {W}return logsumexp(w.numpy(), axis=0, b=1/len(w))")),
    ],
    "q3": [
        Answer("counted by code", "q3_quiet = (price < 0.3).sum(); q3 = 'a'"),
        Answer("read roughly", "q3_quiet = 28; q3 = 'A '"),
    ],
    "q4": [
        Answer("plain", encoder("mu", "log_var")),
        Answer("kept within reach", encoder("mu", "log_var.clamp(-10, 10)")),
        Answer("another hidden activation", encoder("mu", "log_var", "F.leaky_relu(self.hidden(x.flatten(1)), 0.1)")),
        Answer("one layer for both", "class Encoder(nn.Module):\n    def __init__(self, pixels, hidden, latent):\n        super().__init__()\n        self.net = nn.Sequential(nn.Flatten(), nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, 2*latent))\n    def forward(self, x):\n        return self.net(x).chunk(2, 1)\n"),
    ],
    "q5": [Answer("capital", "q5 = 'C'")],
    "q6": [
        Answer("eight latents, 256 units", trained(8, 256, 1e-2)),
        Answer("larger steps", trained(8, 128, 1e-2)),
    ],
}  # fmt: skip
