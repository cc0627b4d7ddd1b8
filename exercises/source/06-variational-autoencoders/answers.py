"""Wrong answers that must fail, and right ones that must pass, of exercise 6."""

from tools.mutants import Answer


def elbo(body: str) -> str:
    return f"import torch.nn.functional as F\nimport numpy as np\ndef elbo(x, logits, mu, log_var):\n    {body}\n"


def mend(body: str, before: str = "pass", after: str = "return x") -> str:
    return (
        "import numpy as np\ndef mend(x, known, encode, decode, rounds):\n"
        f"    start = x; {before}\n    for round in range(rounds):\n        {body}\n    {after}\n"
    )


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


def setting(latent_dim, hidden, lr) -> str:
    return f"q6_latent_dim, q6_hidden, q6_lr = {latent_dim}, {hidden}, {lr}"


COST = "F.binary_cross_entropy_with_logits(logits, x, reduction='none').flatten(1).sum(1)"
KL = "(0.5*(mu**2 + log_var.exp() - 1 - log_var)).sum(1)"
DRAW = "mu, log_var = encode(x); z = mu + (log_var / 2).exp() * torch.randn_like(mu); "
BACK = "x = torch.where(known, start, decode(z))"
WRONG = {
    "q1": [
        Answer("the loss", elbo(f"return {COST} + {KL}"), "This is the loss"),
        Answer("KL added", elbo(f"return -{COST} + {KL}"), "price"),
        Answer("cost added", elbo(f"return {COST} - {KL}"), "a cost has been added"),
        Answer("mean over pixels", elbo(f"return -{COST.replace('.sum', '.mean')} - {KL}"), "averaged over the pixels"),
        Answer("mean over latents", elbo(f"return -{COST} - {KL.replace('.sum', '.mean')}"), "averaged over the latents"),
        Answer("both means", elbo(f"return -{COST.replace('.sum', '.mean')} - {KL.replace('.sum', '.mean')}"), "Both terms"),
        Answer("one number", elbo(f"return (-{COST} - {KL}).mean()"), "whole batch"),
        Answer("cost of the batch, averaged", elbo(f"return -F.binary_cross_entropy_with_logits(logits, x, reduction='sum') / len(x) - {KL}"), "average picture"),
        Answer("cost of the batch", elbo(f"return -F.binary_cross_entropy_with_logits(logits, x, reduction='sum') - {KL}"), "whole batch"),
        Answer("KL of the batch, averaged", elbo(f"return -{COST} - {KL}.mean()"), "Each picture has its own"),
        Answer("white pixels only", elbo(f"return (x * F.logsigmoid(logits)).sum((1,2,3)) - {KL}"), "Only the white"),
        Answer("height and width only", elbo(f"return -F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum((2,3)).mean(1) - {KL}"), "averaged over the channels"),
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
        Answer("float64, through the probability", elbo(f"a = logits.double(); p = torch.where(x == 1, torch.sigmoid(a), torch.sigmoid(-a)); return p.log().flatten(1).sum(1) - {KL}"), "rounded to 0"),
        Answer("softplus that overflows", elbo(f"return (x*logits - torch.log(1 + torch.exp(logits))).flatten(1).sum(1) - {KL}"), "overflow"),
        Answer("the first channel", elbo(f"return (x*logits - F.softplus(logits))[:, 0].sum((1, 2)) - {KL}"), "first channel"),
        Answer("KL of the batch", elbo(f"return -{COST} - {KL}.sum()"), "KL is that of the whole"),
        Answer("in bits", elbo(f"return (-{COST} - {KL}) / np.log(2)"), "bits"),
    ],
    "q2": [
        Answer("mask turned round", mend(DRAW + "x = torch.where(known, decode(z), x)"), "turned round"),
        Answer("known pixels redrawn", mend(DRAW + "x = decode(z)"), "Known pixels have changed"),
        Answer("put back only at the end", mend(DRAW + "x = decode(z)", after="return torch.where(known, start, x)"), "nothing changes"),
        Answer("always from the start", mend(DRAW.replace("encode(x)", "encode(start)") + BACK), "nothing changes"),
        Answer("one round", mend(DRAW + BACK).replace("range(rounds)", "range(1)"), "nothing changes"),
        Answer("one too many", mend(DRAW + BACK).replace("range(rounds)", "range(rounds + 1)"), "too many"),
        Answer("one too few", mend(DRAW + BACK).replace("range(rounds)", "range(rounds - 1)"), "too few|Nothing has been filled"),
        Answer("nothing done", mend("pass"), "Nothing has been filled"),
        Answer("only known pixels encoded", mend(DRAW.replace("encode(x)", "encode(x * known)") + BACK), "nothing changes|Not yet"),
        Answer("half of it mixed in", mend(DRAW + "x = torch.where(known, start, (x + decode(z)) / 2)"), "Not yet"),
        Answer("no draw", mend("mu, log_var = encode(x); z = mu; " + BACK), "mu itself"),
        Answer("exp(log_var) as sigma", mend(DRAW.replace("log_var / 2", "log_var") + BACK), "It is the variance"),
        Answer("log_var as sigma", mend(DRAW.replace("(log_var / 2).exp()", "(log_var > -50) * log_var") + BACK), "log_var itself"),
        Answer("sigma of 1", mend(DRAW.replace("(log_var / 2).exp()", "(log_var > -50)") + BACK), "standard deviation of 1"),
        Answer("one draw for all pictures", mend(DRAW.replace("randn_like(mu)", "randn(mu.shape[1])") + BACK), "all pictures"),
        Answer("one draw for all numbers", mend(DRAW.replace("randn_like(mu)", "randn(len(mu), 1)") + BACK), "all numbers of a code"),
        Answer("seeded", mend(DRAW + BACK, "torch.manual_seed(0)"), "seed is set"),
        Answer("seeded in each round", mend("torch.manual_seed(0); " + DRAW + BACK), "seed is set"),
        Answer("noise drawn once", mend("mu, log_var = encode(x); e = torch.randn_like(mu) if round == 0 else e; z = mu + (log_var / 2).exp() * e; " + BACK), "Both rounds"),
        Answer("drawn only at first", mend("mu, log_var = encode(x); z = mu + (round == 0) * (log_var / 2).exp() * torch.randn_like(mu); " + BACK), "Only in the first"),
        Answer("drawn only at last", mend("mu, log_var = encode(x); z = mu + (round == rounds - 1) * (log_var / 2).exp() * torch.randn_like(mu); " + BACK), "Only in the last"),
        Answer("the lost pixels alone", mend(DRAW + BACK, after="return x[~known]"), "shape"),
        Answer("writes into x", mend(DRAW + "x[~known] = decode(z)[~known]"), "writes into"),
        Answer("from the prior", mend(DRAW + "z = torch.randn_like(mu); " + BACK), "from the prior"),
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
        Answer("no activation left", encoder("mu", "log_var", "self.hidden(x.flatten(1))"), "one linear map"),
        Answer("log_var fixed", encoder("mu", "torch.zeros_like(mu)"), "same for every"),
        Answer("the ReLU before the layer", encoder("mu", "log_var", "self.hidden(torch.relu(x.flatten(1)))"), "behind it"),
        Answer("one head for both", encoder("mu", "self.to_mu(features)"), "same numbers"),
        Answer("one head, doubled", encoder("mu", "2 * mu - 1"), "same numbers"),
        Answer("features detached", encoder("mu", "log_var", "torch.relu(self.hidden(x.flatten(1))).detach()"), "No gradient"),
        Answer("mu alone", encoder("mu", "log_var").replace("return mu, log_var", "return mu"), "two things"),
    ],
    "q5": [
        Answer("a", "q5 = 'a'", "mixes two things"),
        Answer("b", "q5 = 'b'", "praise"),
        Answer("d", "q5 = 'd'", "stopped climbing"),
    ],
    "q6": [
        Answer("the tutorial's", setting(2, 16, 1e-3), "Which of them"),
        Answer("larger steps only", setting(2, 16, 1e-2), "Which of them"),
        Answer("two latents", setting(2, 128, 1e-2), "Which of them"),
        Answer("larger, small steps", setting(8, 128, 1e-3), "Which of them"),
        Answer("steps too large", setting(8, 256, 0.1), "Which of them|bounds"),
        Answer("too large a model", setting(32, 512, 4e-3), "q6_hidden.*at most 256"),
        Answer("too many latents", setting(33, 16, 4e-3), "q6_latent_dim.*at most 32"),
        Answer("half a latent", setting(2.5, 16, 4e-3), "whole number"),
        Answer("no latent", setting(0, 16, 4e-3), "whole number"),
        Answer("no step", setting(8, 256, 0), "above 0"),
        Answer("a model", setting("recipes.build('mayberay-digits-vae')", 256, 5e-3), "number"),
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
        Answer("torch.where", mend(DRAW + BACK)),
        Answer("torch.distributions", mend("mu, log_var = encode(x); z = torch.distributions.Normal(mu, log_var.exp().sqrt()).rsample(); x = known * x + ~known * decode(z)")),
        Answer("in place", mend(DRAW + "x[~known] = decode(z)[~known]", "x = x.clone()")),
        Answer("NumPy at the end", mend(DRAW + BACK, after="return x.numpy()")),
        Answer("one picture at a time", "def mend(x, known, encode, decode, rounds):\n    done = []\n    for p, k in zip(x, known):\n        for _ in range(rounds):\n            m, v = encode(p[None])\n            p = torch.where(k, p, decode(torch.normal(m, (v / 2).exp()))[0])\n        done.append(p)\n    return torch.stack(done)\n"),
        Answer("recursion", "def mend(x, known, encode, decode, rounds):\n    if rounds == 0:\n        return x\n    m, v = encode(x)\n    z = m + torch.randn(m.shape) * torch.sqrt(torch.exp(v))\n    return mend(x.where(known, decode(z)), known, encode, decode, rounds - 1)\n"),
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
        Answer("a hidden layer that saturates", encoder("mu", "log_var", "torch.tanh(self.hidden(x.flatten(1)))")),
        Answer("lazy layers", "class Encoder(nn.Module):\n    def __init__(self, pixels, hidden, latent):\n        super().__init__()\n        self.body = nn.Sequential(nn.Flatten(), nn.LazyLinear(hidden), nn.ReLU())\n        self.heads = nn.LazyLinear(2 * latent)\n    def forward(self, x):\n        return self.heads(self.body(x)).chunk(2, 1)\n"),
    ],
    "q5": [Answer("capital", "q5 = 'C'")],
    "q6": [
        Answer("eight latents, 256 units", setting(8, 256, 7e-3)),
        Answer("as text and as a tensor", setting("'8'", "torch.tensor([128])", "1 / 100")),
    ],
}  # fmt: skip
