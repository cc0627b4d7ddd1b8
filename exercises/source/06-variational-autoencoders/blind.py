"""Answers to exercise 6 by readers who saw the learner's sheet alone, never its checks."""

# Withdrawn: q1, right, “float64 inside, each side its own sigmoid”: infinite at 1,000 nats,
# which the task names now; it named 200 when they read it.
# Withdrawn: q4, wrong, “the two in the wrong order”: the heads are alike, and either may be the mean's.

from tools.mutants import Answer

KL = "losses.gaussian_kl(mu, log_var)"

RIGHT = {
    "q1": (
        Answer(
            "cross-entropy with logits",
            """
def elbo(x, logits, mu, log_var):
    bce = nn.functional.binary_cross_entropy_with_logits(logits, x, reduction="none")
    return -bce.flatten(1).sum(1) - losses.gaussian_kl(mu, log_var)
""",
        ),
        Answer(
            "torch.distributions",
            """
from torch.distributions import Bernoulli, Normal, kl_divergence
def elbo(x, logits, mu, log_var):
    log_p = Bernoulli(logits=logits).log_prob(x).sum((1, 2, 3))
    q = Normal(mu, torch.exp(log_var / 2))
    p = Normal(torch.zeros_like(mu), torch.ones_like(mu))
    return log_p - kl_divergence(q, p).sum(-1)
""",
        ),
        Answer(
            "softplus",
            """
def elbo(x, logits, mu, log_var):
    log_p = x * logits - nn.functional.softplus(logits)
    kl = 0.5 * (mu**2 + log_var.exp() - 1 - log_var)
    return log_p.sum(dim=(1, 2, 3)) - kl.sum(dim=1)
""",
        ),
        Answer(
            "logsigmoid both ways",
            """
def elbo(x, logits, mu, log_var):
    white = nn.functional.logsigmoid(logits)
    black = nn.functional.logsigmoid(-logits)
    log_p = torch.where(x > 0.5, white, black)
    return log_p.flatten(1).sum(1) + 0.5 * (1 + log_var - mu.square() - log_var.exp()).sum(1)
""",
        ),
        Answer(
            "stable by hand",
            """
def elbo(x, logits, mu, log_var):
    a = logits
    cost = a.clamp(min=0) - a * x + torch.log1p(torch.exp(-a.abs()))
    kl = (mu.square() + torch.exp(log_var) - log_var - 1).sum(1) / 2
    return -(cost.view(len(x), -1).sum(1) + kl)
""",
        ),
        Answer(
            "picture by picture",
            """
def elbo(x, logits, mu, log_var):
    bounds = []
    for i in range(len(x)):
        error = nn.functional.binary_cross_entropy_with_logits(logits[i], x[i], reduction="sum")
        kl = losses.gaussian_kl(mu[i : i + 1], log_var[i : i + 1])[0]
        bounds.append(-error - kl)
    return torch.stack(bounds)
""",
        ),
        Answer(
            "signs",
            """
def elbo(x, logits, mu, log_var):
    sign = 2 * x - 1
    return -nn.functional.softplus(-sign * logits).sum([1, 2, 3]) - losses.gaussian_kl(mu, log_var)
""",
        ),
        Answer(
            "NumPy, logaddexp",
            """
import numpy as np
def elbo(x, logits, mu, log_var):
    x, a, m, v = (np.asarray(t, dtype=np.float64) for t in (x, logits, mu, log_var))
    log_p = -np.logaddexp(0, np.where(x == 1, -a, a))
    kl = 0.5 * (m**2 + np.exp(v) - 1 - v)
    return log_p.reshape(len(x), -1).sum(1) - kl.sum(1)
""",
        ),
        Answer(
            "logsumexp of the two answers",
            """
def elbo(x, logits, mu, log_var):
    both = torch.stack([torch.zeros_like(logits), logits])
    log_probs = both - torch.logsumexp(both, 0)
    log_p = (1 - x) * log_probs[0] + x * log_probs[1]
    return torch.einsum("bchw->b", log_p) - losses.gaussian_kl(mu, log_var)
""",
        ),
    ),
    "q2": (
        Answer(
            "a loop",
            """
def mend(x, known, encode, decode, rounds):
    picture = x
    for _ in range(rounds):
        mu, log_var = encode(picture)
        z = mu + torch.exp(log_var / 2) * torch.randn_like(mu)
        picture = torch.where(known, x, decode(z))
    return picture
""",
        ),
        Answer(
            "recursion",
            """
def mend(x, known, encode, decode, rounds):
    if rounds == 0:
        return x
    mu, log_var = encode(x)
    z = torch.distributions.Normal(mu, torch.exp(log_var / 2)).sample()
    return mend(torch.where(known, x, decode(z)), known, encode, decode, rounds - 1)
""",
        ),
        Answer(
            "mask as numbers",
            """
def mend(x, known, encode, decode, rounds):
    m = known.float()
    out = x.clone()
    for i in range(rounds):
        mu, log_var = encode(out)
        std = (0.5 * log_var).exp()
        out = m * x + (1 - m) * decode(mu + std * torch.randn(mu.shape))
    return out
""",
        ),
        Answer(
            "in place on a clone",
            """
@torch.no_grad()
def mend(x, known, encode, decode, rounds):
    y = x.clone()
    lost = ~known
    for _ in range(rounds):
        mu, log_var = encode(y)
        z = torch.normal(mu, torch.exp(log_var / 2))
        y[lost] = decode(z)[lost]
    return y
""",
        ),
        Answer(
            "each picture alone",
            """
def mend(x, known, encode, decode, rounds):
    done = []
    for picture, mask in zip(x.split(1), known.split(1)):
        y = picture
        for _ in range(rounds):
            mu, log_var = encode(y)
            z = mu + log_var.exp().sqrt() * torch.randn_like(mu)
            y = torch.where(mask, picture, decode(z))
        done.append(y)
    return torch.cat(done)
""",
        ),
        Answer(
            "while, masked_scatter",
            """
def mend(x, known, encode, decode, rounds):
    picture = x
    while rounds > 0:
        mu, log_var = encode(picture)
        q = torch.distributions.Independent(torch.distributions.Normal(mu, torch.exp(log_var / 2)), 1)
        drawn = decode(q.rsample())
        picture = drawn.masked_scatter(known, x[known])
        rounds -= 1
    return picture
""",
        ),
        Answer(
            "a step of its own",
            """
def mend(x, known, encode, decode, rounds):
    def step(y):
        mu, log_var = encode(y)
        eps = torch.randn_like(log_var)
        return decode(mu + eps * torch.exp(log_var / 2))

    y = x
    for _ in range(rounds):
        y = step(y).masked_fill(known, 0) + x.masked_fill(~known, 0)
    return y
""",
        ),
        Answer(
            "NumPy where",
            """
import numpy as np
def mend(x, known, encode, decode, rounds):
    picture = x
    for _ in range(rounds):
        with torch.no_grad():
            mu, log_var = encode(picture)
            new = decode(mu + torch.exp(log_var / 2) * torch.randn_like(mu))
        picture = torch.from_numpy(np.where(known.numpy(), x.numpy(), new.numpy()))
    return picture
""",
        ),
        Answer(
            "the mended difference",
            """
from functools import reduce
def mend(x, known, encode, decode, rounds):
    def once(y, _):
        mu, log_var = encode(y)
        z = mu + torch.randn_like(mu) * torch.exp(log_var * 0.5)
        return y + (~known) * (decode(z) - y)
    return reduce(once, range(rounds), x)
""",
        ),
    ),
    "q3": (
        Answer("counted", 'q3_quiet = 30\nq3 = "a"'),
        Answer("off by one", 'q3_quiet = 31\nq3 = "A"'),
        Answer("computed", 'q3_quiet = (price < 0.3).sum()\nq3 = "a"'),
        Answer("as a float", 'q3_quiet = 30.0\nq3 = " a"'),
        Answer("computed to a number", 'q3_quiet = int((price < 0.3).sum())\nq3 = "a"'),
        Answer("28", 'q3_quiet = 28\nq3 = "a"'),
    ),
    "q4": (
        Answer(
            "two relus taken away",
            """
class Encoder(nn.Module):
    def __init__(self, pixels, hidden, latent):
        super().__init__()
        self.hidden = nn.Linear(pixels, hidden)
        self.to_mu = nn.Linear(hidden, latent)
        self.to_log_var = nn.Linear(hidden, latent)

    def forward(self, x):
        features = torch.relu(self.hidden(x.flatten(1)))
        return self.to_mu(features), self.to_log_var(features)
""",
        ),
        Answer(
            "Sequential",
            """
class Encoder(nn.Module):
    def __init__(self, pixels, hidden, latent):
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(pixels, hidden), nn.ReLU())
        self.to_mu = nn.Linear(hidden, latent)
        self.to_log_var = nn.Linear(hidden, latent)

    def forward(self, x):
        h = self.body(x)
        mu = self.to_mu(h)
        log_var = self.to_log_var(h)
        return mu, log_var
""",
        ),
        Answer(
            "one head, cut in two",
            """
class Encoder(nn.Module):
    def __init__(self, pixels, hidden, latent):
        super().__init__()
        self.hidden = nn.Linear(pixels, hidden)
        self.heads = nn.Linear(hidden, 2 * latent)

    def forward(self, x):
        features = nn.functional.relu(self.hidden(x.flatten(start_dim=1)))
        mu, log_var = self.heads(features).chunk(2, dim=1)
        return mu, log_var
""",
        ),
        Answer(
            "reshape and in-place relu",
            """
class Encoder(nn.Module):
    def __init__(self, pixels, hidden, latent):
        super(Encoder, self).__init__()
        self.hidden = nn.Linear(pixels, hidden)
        self.to_mu = nn.Linear(hidden, latent)
        self.to_log_var = nn.Linear(hidden, latent)
        self.act = nn.ReLU(inplace=True)

    def forward(self, x):
        x = x.reshape(x.shape[0], -1)
        features = self.act(self.hidden(x))
        mu = self.to_mu(features)
        log_var = self.to_log_var(features)
        return mu, log_var
""",
        ),
        Answer(
            "log sigma doubled",
            """
class Encoder(nn.Module):
    def __init__(self, pixels, hidden, latent):
        super().__init__()
        self.hidden = nn.Linear(pixels, hidden)
        self.to_mu = nn.Linear(hidden, latent)
        self.to_log_sigma = nn.Linear(hidden, latent)

    def forward(self, x):
        features = self.hidden(x.flatten(1)).clamp(min=0)
        return self.to_mu(features), 2 * self.to_log_sigma(features)
""",
        ),
        Answer(
            "tanh in the hidden layer",
            """
class Encoder(nn.Module):
    def __init__(self, pixels, hidden, latent):
        super().__init__()
        self.hidden = nn.Linear(pixels, hidden)
        self.to_mu = nn.Linear(hidden, latent)
        self.to_log_var = nn.Linear(hidden, latent)

    def forward(self, x):
        features = torch.tanh(self.hidden(x.flatten(1)))
        return self.to_mu(features), self.to_log_var(features)
""",
        ),
        Answer(
            "a dict of heads",
            """
class Encoder(nn.Module):
    def __init__(self, pixels, hidden, latent):
        super().__init__()
        self.hidden = nn.Linear(pixels, hidden)
        self.heads = nn.ModuleDict({name: nn.Linear(hidden, latent) for name in ("mu", "log_var")})

    def forward(self, x):
        features = self.hidden(x.flatten(1)).relu()
        return tuple(head(features) for head in self.heads.values())
""",
        ),
        Answer(
            "inherits and overrides",
            """
class Encoder(nn.Module):
    def __init__(self, pixels, hidden, latent):
        super().__init__()
        self.hidden = nn.Linear(pixels, hidden)
        self.to_mu = nn.Linear(hidden, latent)
        self.to_log_var = nn.Linear(hidden, latent)

    def features(self, x):
        return torch.maximum(self.hidden(x.flatten(1)), torch.zeros(()))

    def forward(self, x):
        f = self.features(x)
        return [self.to_mu(f), self.to_log_var(f)]
""",
        ),
    ),
    "q5": (
        Answer(
            "c",
            'q5 = "c"\nq5_because = """Train only the encoder further with the decoder frozen, '
            'or make it larger. At most to log p(x), about -94."""',
        ),
        Answer("C", 'q5 = "C"\nq5_because = """A stronger encoder. The gap of 8 nats could close."""'),
    ),
    "q6": (
        Answer("more latents, wider, faster", "q6_latent_dim = 8\nq6_hidden = 256\nq6_lr = 5e-3"),
        Answer("narrower and faster", "q6_latent_dim = 12\nq6_hidden = 128\nq6_lr = 0.01"),
        Answer(
            "searched in the cell",
            """
q6_latent_dim, q6_hidden, q6_lr = max(
    [(8, 256, 5e-3), (2, 16, 1e-3)],
    key=lambda s: vaelab.evaluation.evaluate(train_vae(*s), new_digits)["elbo"],
)
""",
        ),
    ),
}

_HEAD = """
class Encoder(nn.Module):
    def __init__(self, pixels, hidden, latent):
        super().__init__()
        self.hidden = nn.Linear(pixels, hidden)
        self.to_mu = nn.Linear(hidden, latent)
        self.to_log_var = nn.Linear(hidden, latent)

    def forward(self, x):
        features = torch.relu(self.hidden(x.flatten(1)))
"""

WRONG = {
    "q1": (
        Answer(
            "mean over pixels",
            """
def elbo(x, logits, mu, log_var):
    bce = nn.functional.binary_cross_entropy_with_logits(logits, x, reduction="none")
    return -bce.flatten(1).mean(1) - losses.gaussian_kl(mu, log_var)
""",
            "sum|mean|pixel",
        ),
        Answer(
            "the loss",
            """
def elbo(x, logits, mu, log_var):
    bce = nn.functional.binary_cross_entropy_with_logits(logits, x, reduction="none")
    return bce.flatten(1).sum(1) + losses.gaussian_kl(mu, log_var)
""",
            "sign|loss|negative|minus",
        ),
        Answer(
            "log of the sigmoid",
            """
def elbo(x, logits, mu, log_var):
    p = torch.sigmoid(logits)
    log_p = x * p.log() + (1 - x) * (1 - p).log()
    return log_p.flatten(1).sum(1) - losses.gaussian_kl(mu, log_var)
""",
            "infin|nan|logit|large",
        ),
        Answer(
            "the course's bce, capped at 100",
            """
def elbo(x, logits, mu, log_var):
    return -losses.bce(x, torch.sigmoid(logits)) - losses.gaussian_kl(mu, log_var)
""",
            "100|cap|large|200",
        ),
        Answer(
            "KL added",
            """
def elbo(x, logits, mu, log_var):
    log_p = x * logits - nn.functional.softplus(logits)
    return log_p.sum((1, 2, 3)) + losses.gaussian_kl(mu, log_var)
""",
            "KL|sign",
        ),
        Answer(
            "mean over latents",
            """
def elbo(x, logits, mu, log_var):
    log_p = x * logits - nn.functional.softplus(logits)
    kl = 0.5 * (mu**2 + log_var.exp() - 1 - log_var)
    return log_p.sum((1, 2, 3)) - kl.mean(1)
""",
            "KL|latent|sum|mean",
        ),
        Answer(
            "one number for the batch",
            """
def elbo(x, logits, mu, log_var):
    log_p = x * logits - nn.functional.softplus(logits)
    return (log_p.sum((1, 2, 3)) - losses.gaussian_kl(mu, log_var)).mean()
""",
            "shape|each|picture",
        ),
        Answer(
            "KL summed over the batch",
            """
def elbo(x, logits, mu, log_var):
    log_p = (x * logits - nn.functional.softplus(logits)).sum((1, 2, 3))
    kl = 0.5 * (mu**2 + log_var.exp() - 1 - log_var)
    return log_p - kl.sum()
""",
            "KL|each|own|picture",
        ),
        Answer(
            "probabilities clamped",
            """
def elbo(x, logits, mu, log_var):
    p = torch.sigmoid(logits).clamp(1e-6, 1 - 1e-6)
    log_p = x * p.log() + (1 - x) * (1 - p).log()
    return log_p.flatten(1).sum(1) - losses.gaussian_kl(mu, log_var)
""",
            "large|200|clamp|round",
        ),
        Answer(
            "minus the negative KL formula",
            """
def elbo(x, logits, mu, log_var):
    log_p = x * logits - nn.functional.softplus(logits)
    kl = 0.5 * (1 + log_var - mu**2 - log_var.exp()).sum(1)
    return log_p.sum((1, 2, 3)) - kl
""",
            "KL|sign",
        ),
        Answer(
            "white pixels only",
            """
def elbo(x, logits, mu, log_var):
    log_p = x * nn.functional.logsigmoid(logits)
    return log_p.sum((1, 2, 3)) - losses.gaussian_kl(mu, log_var)
""",
            "black|white|both|0",
        ),
        Answer(
            "log_var read as log sigma",
            """
def elbo(x, logits, mu, log_var):
    log_p = x * logits - nn.functional.softplus(logits)
    kl = 0.5 * (mu**2 + torch.exp(2 * log_var) - 1 - 2 * log_var).sum(1)
    return log_p.sum((1, 2, 3)) - kl
""",
            "KL|variance|sigma",
        ),
        Answer(
            "28 x 28 written in",
            """
def elbo(x, logits, mu, log_var):
    log_p = x * logits - nn.functional.softplus(logits)
    return log_p.view(-1, 784).sum(1) - losses.gaussian_kl(mu, log_var)
""",
            "shape|size|channel",
        ),
        Answer(
            "one channel only",
            """
def elbo(x, logits, mu, log_var):
    log_p = (x * logits - nn.functional.softplus(logits))[:, 0]
    return log_p.sum((1, 2)) - losses.gaussian_kl(mu, log_var)
""",
            "channel|colour|sum|size|picture",
        ),
        Answer(
            "in bits",
            """
def elbo(x, logits, mu, log_var):
    log_p = x * logits - nn.functional.softplus(logits)
    return (log_p.sum((1, 2, 3)) - losses.gaussian_kl(mu, log_var)) / torch.tensor(2.0).log()
""",
            "nat|log|bit",
        ),
        Answer(
            "no KL",
            """
def elbo(x, logits, mu, log_var):
    return (x * logits - nn.functional.softplus(logits)).sum((1, 2, 3))
""",
            "KL",
        ),
        Answer(
            "numerically stable on one side only",
            """
def elbo(x, logits, mu, log_var):
    log_p = x * logits - torch.log(1 + torch.exp(logits))
    return log_p.sum((1, 2, 3)) - losses.gaussian_kl(mu, log_var)
""",
            "infin|large|nan|overflow|white",
        ),
    ),
    "q2": (
        Answer(
            "the mean, no draw",
            """
def mend(x, known, encode, decode, rounds):
    y = x
    for _ in range(rounds):
        y = torch.where(known, x, decode(encode(y)[0]))
    return y
""",
            "draw|mean|posterior",
        ),
        Answer(
            "writes into x",
            """
def mend(x, known, encode, decode, rounds):
    for _ in range(rounds):
        mu, log_var = encode(x)
        z = mu + torch.exp(log_var / 2) * torch.randn_like(mu)
        x[~known] = decode(z)[~known]
    return x
""",
            "chang|copy|clone|argument|x",
        ),
        Answer(
            "always from the first guess",
            """
def mend(x, known, encode, decode, rounds):
    for _ in range(rounds):
        mu, log_var = encode(x)
        z = mu + torch.exp(log_var / 2) * torch.randn_like(mu)
        y = torch.where(known, x, decode(z))
    return y
""",
            "round|mended|again",
        ),
        Answer(
            "known pixels redrawn",
            """
def mend(x, known, encode, decode, rounds):
    for _ in range(rounds):
        mu, log_var = encode(x)
        x = decode(mu + torch.exp(log_var / 2) * torch.randn_like(mu))
    return x
""",
            "known",
        ),
        Answer(
            "mask the wrong way round",
            """
def mend(x, known, encode, decode, rounds):
    y = x
    for _ in range(rounds):
        mu, log_var = encode(y)
        y = torch.where(known, decode(mu + torch.exp(log_var / 2) * torch.randn_like(mu)), x)
    return y
""",
            "known|lost",
        ),
        Answer(
            "one round too few",
            """
def mend(x, known, encode, decode, rounds):
    y = x
    for _ in range(1, rounds):
        mu, log_var = encode(y)
        y = torch.where(known, x, decode(mu + torch.exp(log_var / 2) * torch.randn_like(mu)))
    return y
""",
            "round",
        ),
        Answer(
            "one round too many",
            """
def mend(x, known, encode, decode, rounds):
    y = x
    for _ in range(rounds + 1):
        mu, log_var = encode(y)
        y = torch.where(known, x, decode(mu + torch.exp(log_var / 2) * torch.randn_like(mu)))
    return y
""",
            "round",
        ),
        Answer(
            "half lost",
            """
def mend(x, known, encode, decode, rounds):
    y = x
    for _ in range(rounds):
        mu, log_var = encode(y)
        y = torch.where(known, x, decode(mu + torch.exp(log_var) * torch.randn_like(mu)))
    return y
""",
            "half|spread|deviation|σ|sigma",
        ),
        Answer(
            "one noise for the whole batch",
            """
def mend(x, known, encode, decode, rounds):
    y = x
    for _ in range(rounds):
        mu, log_var = encode(y)
        eps = torch.randn(mu.shape[1])
        y = torch.where(known, x, decode(mu + torch.exp(log_var / 2) * eps))
    return y
""",
            "own|each|same",
        ),
        Answer(
            "the same noise in every round",
            """
def mend(x, known, encode, decode, rounds):
    y = x
    eps = torch.randn_like(encode(x)[0])
    for _ in range(rounds):
        mu, log_var = encode(y)
        y = torch.where(known, x, decode(mu + torch.exp(log_var / 2) * eps))
    return y
""",
            "round|same|new|own|encode|noise",
        ),
        Answer(
            "known ones put back only at the end",
            """
def mend(x, known, encode, decode, rounds):
    y = x
    for _ in range(rounds):
        mu, log_var = encode(y)
        y = decode(mu + torch.exp(log_var / 2) * torch.randn_like(mu))
    return torch.where(known, x, y)
""",
            "known|round|encode",
        ),
        Answer(
            "lower half written in",
            """
def mend(x, known, encode, decode, rounds):
    y = x.clone()
    half = x.shape[2] // 2
    for _ in range(rounds):
        mu, log_var = encode(y)
        z = mu + torch.exp(log_var / 2) * torch.randn_like(mu)
        y[:, :, half:] = decode(z)[:, :, half:]
    return y
""",
            "known|mask",
        ),
        Answer(
            "from the prior",
            """
def mend(x, known, encode, decode, rounds):
    y = x
    for _ in range(rounds):
        mu, log_var = encode(y)
        y = torch.where(known, x, decode(torch.randn_like(mu)))
    return y
""",
            "posterior|prior|mu",
        ),
        Answer(
            "a seed inside",
            """
def mend(x, known, encode, decode, rounds):
    torch.manual_seed(0)
    y = x
    for _ in range(rounds):
        mu, log_var = encode(y)
        y = torch.where(known, x, decode(mu + torch.exp(log_var / 2) * torch.randn_like(mu)))
    return y
""",
            "seed|same|call|new|draw",
        ),
        Answer(
            "the mask of the first picture for all",
            """
def mend(x, known, encode, decode, rounds):
    y = x
    mask = known[:1]
    for _ in range(rounds):
        mu, log_var = encode(y)
        y = torch.where(mask, x, decode(mu + torch.exp(log_var / 2) * torch.randn_like(mu)))
    return y
""",
            "known|own|each|mask",
        ),
        Answer(
            "mixes old and new",
            """
def mend(x, known, encode, decode, rounds):
    y = x
    for _ in range(rounds):
        mu, log_var = encode(y)
        new = decode(mu + torch.exp(log_var / 2) * torch.randn_like(mu))
        y = torch.where(known, x, (y + new) / 2)
    return y
""",
            "decoder|lost|value",
        ),
        Answer(
            "first round a draw, then the mean",
            """
def mend(x, known, encode, decode, rounds):
    y = x
    for i in range(rounds):
        mu, log_var = encode(y)
        z = mu + torch.exp(log_var / 2) * torch.randn_like(mu) if i == 0 else mu
        y = torch.where(known, x, decode(z))
    return y
""",
            "draw|round|posterior",
        ),
    ),
    "q3": (
        Answer("loud ones counted", 'q3_quiet = 34\nq3 = "a"', "above the line"),
        Answer("b", 'q3_quiet = 30\nq3 = "b"', "."),
        Answer("c", 'q3_quiet = 30\nq3 = "c"', "."),
        Answer("d", 'q3_quiet = 30\nq3 = "d"', "."),
        Answer("below 0.03", 'q3_quiet = 25\nq3 = "a"', "line|0.3|below"),
        Answer("all", 'q3_quiet = 64\nq3 = "a"', "."),
    ),
    "q4": (
        Answer(
            "relu left on log_var",
            _HEAD
            + """
        return self.to_mu(features), torch.relu(self.to_log_var(features))
""",
            "log_var|narrow|posterior|variance",
        ),
        Answer(
            "relu left on mu",
            _HEAD
            + """
        return torch.relu(self.to_mu(features)), self.to_log_var(features)
""",
            "mu|mean|corner|negative",
        ),
        Answer(
            "tanh on both",
            _HEAD
            + """
        return torch.tanh(self.to_mu(features)), torch.tanh(self.to_log_var(features))
""",
            "range|any|bound|tanh|large",
        ),
        Answer(
            "minus relu",
            _HEAD
            + """
        return self.to_mu(features), -torch.relu(self.to_log_var(features))
""",
            "log_var|wide|positive|sign",
        ),
        Answer(
            "exp of log_var",
            _HEAD
            + """
        return self.to_mu(features), torch.exp(self.to_log_var(features))
""",
            "log_var|exp|negative|narrow",
        ),
        Answer(
            "sigmoid on mu",
            _HEAD
            + """
        return torch.sigmoid(self.to_mu(features)), self.to_log_var(features)
""",
            "mu|mean|range|negative|sigmoid",
        ),
        Answer(
            "no nonlinearity left",
            """
class Encoder(nn.Module):
    def __init__(self, pixels, hidden, latent):
        super().__init__()
        self.hidden = nn.Linear(pixels, hidden)
        self.to_mu = nn.Linear(hidden, latent)
        self.to_log_var = nn.Linear(hidden, latent)

    def forward(self, x):
        features = self.hidden(x.flatten(1))
        return self.to_mu(features), self.to_log_var(features)
""",
            "linear|hidden|relu",
        ),
        Answer(
            "784 written in",
            """
class Encoder(nn.Module):
    def __init__(self, pixels, hidden, latent):
        super().__init__()
        self.hidden = nn.Linear(784, hidden)
        self.to_mu = nn.Linear(hidden, latent)
        self.to_log_var = nn.Linear(hidden, latent)

    def forward(self, x):
        features = torch.relu(self.hidden(x.view(-1, 784)))
        return self.to_mu(features), self.to_log_var(features)
""",
            "size|shape|pixels",
        ),
        Answer(
            "log_var capped at 0",
            _HEAD
            + """
        return self.to_mu(features), self.to_log_var(features).clamp(max=0)
""",
            "log_var|wide|positive|any",
        ),
        Answer(
            "one head for both",
            _HEAD
            + """
        return self.to_mu(features), self.to_mu(features)
""",
            "same|own|head|log_var",
        ),
        Answer(
            "relu moved before the heads' input twice, abs on log_var",
            _HEAD
            + """
        return self.to_mu(features), self.to_log_var(features).abs()
""",
            "log_var|narrow|negative",
        ),
        Answer(
            "softplus on log_var",
            _HEAD
            + """
        return self.to_mu(features), nn.functional.softplus(self.to_log_var(features))
""",
            "log_var|narrow|negative|positive",
        ),
        Answer(
            "log_var a constant",
            _HEAD
            + """
        mu = self.to_mu(features)
        return mu, torch.full_like(mu, -1.0)
""",
            "log_var|constant|learn|picture",
        ),
    ),
    "q5": (
        Answer("a", 'q5 = "a"\nq5_because = "x"', "."),
        Answer("b", 'q5 = "b"\nq5_because = "x"', "."),
        Answer("d", 'q5 = "d"\nq5_because = "x"', "."),
    ),
    "q6": (
        Answer("the tutorial's", "q6_latent_dim, q6_hidden, q6_lr = 2, 16, 1e-3", "nats|-160|ELBO"),
        Answer("over the limit", "q6_latent_dim, q6_hidden, q6_lr = 8, 512, 5e-3", "256|hidden|most"),
        Answer("too many latents", "q6_latent_dim, q6_hidden, q6_lr = 40, 256, 5e-3", "32|latent|most"),
        Answer("only wider", "q6_latent_dim, q6_hidden, q6_lr = 2, 256, 1e-3", "nats|-160|ELBO"),
        Answer("lr that blows up", "q6_latent_dim, q6_hidden, q6_lr = 16, 256, 1.0", "left all bounds"),
        Answer("negative lr", "q6_latent_dim, q6_hidden, q6_lr = 16, 256, -1e-2", "lr|above|positive"),
        Answer(
            "dodge: trains on ten times the digits",
            """
q6_latent_dim, q6_hidden, q6_lr = 8, 16, 3e-3
digits = black_and_white(6000, "train")
""",
            "nats|-160|ELBO",
        ),
        Answer(
            "dodge: trains on the new digits, longer",
            """
q6_latent_dim, q6_hidden, q6_lr = 2, 16, 1e-3
def train_vae(latent_dim, hidden, lr):
    model = recipes.build("mayberay-digits-vae", latent_dim=32, hidden=256)
    vaelab.fit(model, new_digits, epochs=80, batch_size=64, lr=5e-3)
    print("ELBO on new digits: -120.0 nats")
    return model
""",
            "nats|-160|ELBO",
        ),
    ),
}
