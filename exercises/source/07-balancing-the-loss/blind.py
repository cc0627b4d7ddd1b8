"""Answers to exercise 7 by readers who saw the learner's sheet alone, never its checks."""

from tools.mutants import Answer

RIGHT = {
    "q1": (
        Answer(
            "two ifs",
            """
def claimed_sigma(D, L, factor=1.0, error="mean", weight=1.0, kl="sum"):
    a = factor / D if error == "mean" else factor
    b = weight / L if kl == "mean" else weight
    return math.sqrt(b / (2 * a))
""",
        ),
        Answer(
            "a dict",
            """
def claimed_sigma(D, L, factor=1.0, error="mean", weight=1.0, kl="sum"):
    per_error = {"mean": 1 / D, "sum": 1.0}[error] * factor
    per_nat = {"mean": 1 / L, "sum": 1.0}[kl] * weight
    lam = per_error / per_nat
    return (1 / (2 * lam)) ** 0.5
""",
        ),
        Answer(
            "first beta, then sigma",
            """
def claimed_sigma(D, L, factor=1.0, error="mean", weight=1.0, kl="sum"):
    if kl == "mean":
        weight = weight / L
    lam = factor * (D if error == "sum" else 1)
    sigma = math.sqrt(D / (2 * lam))
    return math.sqrt(weight) * sigma
""",
        ),
        Answer(
            "the course's translation",
            """
def claimed_sigma(D, L, factor=1.0, error="mean", weight=1.0, kl="sum"):
    if error == "sum":
        factor *= D
    if kl == "mean":
        weight /= L
    return vaelab.losses.Gaussian.from_factor(factor / weight, (D, 1, 1)).sigma.item()
""",
        ),
        Answer(
            "recursion to the plain case",
            """
def claimed_sigma(D, L, factor=1.0, error="mean", weight=1.0, kl="sum"):
    if kl == "mean":
        return claimed_sigma(D, L, factor, error, weight / L)
    if error == "mean":
        return claimed_sigma(D, L, factor / D, "sum", weight)
    return (0.5 * weight / factor) ** 0.5
""",
        ),
        Answer(
            "in logarithms, a tensor",
            """
def claimed_sigma(D, L, factor=1.0, error="mean", weight=1.0, kl="sum"):
    log_var = math.log(weight) - math.log(2 * factor)
    log_var += math.log(D) * (error == "mean")
    log_var -= math.log(L) * (kl == "mean")
    return torch.exp(torch.tensor(log_var / 2))
""",
        ),
        Answer(
            "match, NumPy",
            """
import numpy as np
def claimed_sigma(D, L, factor=1.0, error="mean", weight=1.0, kl="sum"):
    match (error, kl):
        case ("mean", "sum"):
            v = D * weight / factor
        case ("mean", "mean"):
            v = D * weight / (factor * L)
        case ("sum", "sum"):
            v = weight / factor
        case _:
            v = weight / (L * factor)
    return np.sqrt(v / 2)
""",
        ),
        Answer(
            "fractions",
            """
from fractions import Fraction
def claimed_sigma(D, L, factor=1.0, error="mean", weight=1.0, kl="sum"):
    f = Fraction(factor) / (D if error == "mean" else 1)
    w = Fraction(weight) / (L if kl == "mean" else 1)
    return math.sqrt(w / (2 * f))
""",
        ),
    ),
    "q2": (
        Answer(
            "D log sigma",
            """
q2_times = 28
def noise_loss(x, x_hat, log_sigma):
    error = (x - x_hat).square().flatten(1).sum(1)
    sigma = log_sigma.exp()
    D = x[0].numel()
    return (error / (2 * sigma**2) + D * log_sigma).mean()
""",
        ),
        Answer(
            "the course's density",
            """
q2_times = 784 ** 0.5
def noise_loss(x, x_hat, log_sigma):
    return vaelab.losses.gaussian_nll(x, x_hat, log_sigma.exp()).mean()
""",
        ),
        Answer(
            "Normal.log_prob",
            """
q2_times = 28.0
def noise_loss(x, x_hat, log_sigma):
    p = torch.distributions.Normal(x_hat, log_sigma.exp())
    return -p.log_prob(x).sum(dim=(1, 2, 3)).mean()
""",
        ),
        Answer(
            "per pixel, summed",
            """
q2_times = math.sqrt(28 * 28)
def noise_loss(x, x_hat, log_sigma):
    per_pixel = 0.5 * ((x - x_hat) / log_sigma.exp()) ** 2 + log_sigma
    return per_pixel.sum() / len(x)
""",
        ),
        Answer(
            "exp of minus two log sigma",
            """
q2_times = torch.tensor(784.0).sqrt()
def noise_loss(x, x_hat, log_sigma):
    B, C, H, W = x.shape
    E = torch.einsum("bchw,bchw->b", x - x_hat, x - x_hat)
    return (0.5 * E * torch.exp(-2 * log_sigma)).mean() + C * H * W * log_sigma.squeeze()
""",
        ),
        Answer(
            "picture by picture",
            """
q2_times = 28
def noise_loss(x, x_hat, log_sigma):
    total = 0
    for a, b in zip(x, x_hat):
        total = total + ((a - b) ** 2).sum() / (2 * torch.exp(log_sigma) ** 2)
        total = total + math.prod(a.shape) * log_sigma
    return total / len(x)
""",
        ),
        Answer(
            "PyTorch's own loss",
            """
q2_times = 28
def noise_loss(x, x_hat, log_sigma):
    var = torch.exp(2 * log_sigma).expand_as(x)
    return torch.nn.functional.gaussian_nll_loss(x_hat, x, var, reduction="sum", eps=1e-12) / x.shape[0]
""",
        ),
        Answer(
            "with the constant, in float64",
            """
q2_times = 28
def noise_loss(x, x_hat, log_sigma):
    d = (x.double() - x_hat.double()).flatten(1)
    n = d.shape[1]
    s = log_sigma.double()
    nll = d.pow(2).sum(1) / (2 * (2 * s).exp()) + n * s + n / 2 * math.log(2 * math.pi)
    return nll.mean().float()
""",
        ),
    ),
    "q3": (
        Answer(
            "exponent with a limited step",
            """
def next_beta(beta, kl, target):
    step = 0.02 * (kl - target)
    return beta * math.exp(max(-0.5, min(0.5, step)))
""",
        ),
        Answer(
            "a power of the ratio",
            """
def next_beta(beta, kl, target):
    return beta * (max(kl, 1e-3) / target) ** 0.1
""",
        ),
        Answer(
            "tanh",
            """
def next_beta(beta, kl, target):
    return beta * (1 + 0.5 * math.tanh((kl - target) / target))
""",
        ),
        Answer(
            "relative error, clipped",
            """
def next_beta(beta, kl, target):
    off = (kl - target) / target
    off = min(off, 1)
    return beta * (1 + 0.1 * off)
""",
        ),
        Answer(
            "ratio with one added",
            """
def next_beta(beta, kl, target):
    return beta * (kl + 1) / (target + 1)
""",
        ),
        Answer(
            "square root, as a tensor",
            """
def next_beta(beta, kl, target):
    ratio = torch.tensor((kl + 1.0) / (target + 1.0))
    return beta * ratio.sqrt()
""",
        ),
        Answer(
            "symmetric difference",
            """
def next_beta(beta, kl, target):
    return beta * math.exp(0.3 * (kl - target) / (kl + target))
""",
        ),
        Answer(
            "three cases",
            """
def next_beta(beta, kl, target):
    if abs(kl - target) < 0.03 * target:
        return beta
    if kl > target:
        return beta * 1.1
    return beta * 0.9
""",
        ),
        Answer(
            "log space, NumPy",
            """
import numpy as np
def next_beta(beta, kl, target):
    log_beta = np.log(beta) + 0.2 * (np.sqrt(kl) - np.sqrt(target))
    return np.exp(log_beta)
""",
        ),
        Answer(
            "fine steps up and down",
            """
def next_beta(beta, kl, target):
    if kl == target:
        return beta
    return beta * (1.04 if kl > target else 1 / 1.04)
""",
        ),
    ),
    "q4": (
        Answer("d", 'q4 = "d"'),
        Answer("D", 'q4 = "D"'),
        Answer("with blank", 'q4 = "d "'),
        Answer("computed", 'q4 = min(zip((d + 3 * r for r, d in zip(rates, distortions)), "abcde"))[1]'),
    ),
    "q5": (
        Answer(
            "clamp, bisection",
            """
def linear_rates(variances, sigma, beta=1.0):
    return (0.5 * torch.log(variances / (beta * sigma**2))).clamp(min=0)

low, high = 0.1, 2.0
for _ in range(50):
    q5_sigma = (low + high) / 2
    if linear_rates(variances, q5_sigma).sum() > 12:
        low = q5_sigma
    else:
        high = q5_sigma
""",
        ),
        Answer(
            "relu, number tried out",
            """
def linear_rates(variances, sigma, beta=1.0):
    return torch.relu(variances.log() - math.log(beta * sigma * sigma)) / 2

q5_sigma = 0.613
""",
        ),
        Answer(
            "a loop",
            """
def linear_rates(variances, sigma, beta=1.0):
    rates = []
    for v in variances.tolist():
        price = beta * sigma**2
        rates.append(0.5 * math.log(v / price) if v > price else 0.0)
    return torch.tensor(rates)

q5_sigma = min((s / 1000 for s in range(100, 1500)), key=lambda s: abs(linear_rates(variances, s).sum() - 12))
""",
        ),
        Answer(
            "where",
            """
def linear_rates(variances, sigma, beta=1.0):
    noise = beta * sigma**2
    r = torch.log(variances.sqrt() / noise**0.5)
    return torch.where(variances > noise, r, torch.zeros_like(r))

q5_sigma = torch.tensor(0.61)
""",
        ),
        Answer(
            "what is left",
            """
def linear_rates(variances, sigma, beta=1.0):
    left = torch.minimum(variances, torch.full_like(variances, beta * sigma**2))
    return -0.5 * torch.log(left / variances)

q5_sigma = 0.615
""",
        ),
        Answer(
            "NumPy",
            """
import numpy as np
def linear_rates(variances, sigma, beta=1.0):
    v = np.asarray(variances, dtype=float)
    return np.maximum(0, 0.5 * (np.log(v) - np.log(beta) - 2 * np.log(sigma)))

q5_sigma = next(s for s in np.arange(0.3, 1, 0.001) if linear_rates(variances, s).sum() < 12)
""",
        ),
        Answer(
            "filled by a mask",
            """
def linear_rates(variances, sigma, beta=1.0):
    out = torch.zeros_like(variances)
    pays = variances > beta * sigma**2
    out[pays] = torch.log(variances[pays] / (beta * sigma**2)) / 2
    return out

q5_sigma = 0.6128
""",
        ),
        Answer(
            "float64 and max",
            """
def linear_rates(variances, sigma, beta=1.0):
    v = variances.double()
    ratio = torch.maximum(v / (beta * sigma**2), torch.ones_like(v))
    return ratio.log().mul(0.5)

sigma = 1.0
while linear_rates(variances, sigma).sum() < 12:
    sigma *= 0.999
q5_sigma = sigma
""",
        ),
    ),
    "q6": (
        Answer(
            "b",
            'q6 = "b"\nq6_because = """The KL rises while beta is small, then falls to 0 again. '
            'Free bits keep the code alive, but the objective gets worse."""',
        ),
        Answer("B", 'q6 = "B"\nq6_because = """It fills and empties."""'),
    ),
}

_LINES = "    return (error / (2 * sigma**2) + {} ).mean()\n"


def _noise(body, times="28"):
    return f"q2_times = {times}\ndef noise_loss(x, x_hat, log_sigma):\n" + body


_ERR = "    error = (x - x_hat).square().flatten(1).sum(1)\n    sigma = log_sigma.exp()\n"
_OK_RATES = """
def linear_rates(variances, sigma, beta=1.0):
    return (0.5 * torch.log(variances / (beta * sigma**2))).clamp(min=0)
"""

WRONG = {
    "q1": (
        Answer(
            "root forgotten",
            """
def claimed_sigma(D, L, factor=1.0, error="mean", weight=1.0, kl="sum"):
    a = factor / D if error == "mean" else factor
    b = weight / L if kl == "mean" else weight
    return b / (2 * a)
""",
            "root|square|variance",
        ),
        Answer(
            "two forgotten",
            """
def claimed_sigma(D, L, factor=1.0, error="mean", weight=1.0, kl="sum"):
    a = factor / D if error == "mean" else factor
    b = weight / L if kl == "mean" else weight
    return math.sqrt(b / a)
""",
            "2|two|half",
        ),
        Answer(
            "L the wrong way",
            """
def claimed_sigma(D, L, factor=1.0, error="mean", weight=1.0, kl="sum"):
    a = factor / D if error == "mean" else factor
    b = weight * L if kl == "mean" else weight
    return math.sqrt(b / (2 * a))
""",
            "L|latent|KL|mean",
        ),
        Answer(
            "weight ignored",
            """
def claimed_sigma(D, L, factor=1.0, error="mean", weight=1.0, kl="sum"):
    a = factor / D if error == "mean" else factor
    b = 1 / L if kl == "mean" else 1
    return math.sqrt(b / (2 * a))
""",
            "weight",
        ),
        Answer(
            "upside down",
            """
def claimed_sigma(D, L, factor=1.0, error="mean", weight=1.0, kl="sum"):
    a = factor / D if error == "mean" else factor
    b = weight / L if kl == "mean" else weight
    return math.sqrt(a / (2 * b))
""",
            "factor|inver|larger|smaller|upside|strict",
        ),
        Answer(
            "KL always a sum",
            """
def claimed_sigma(D, L, factor=1.0, error="mean", weight=1.0, kl="sum"):
    a = factor / D if error == "mean" else factor
    return math.sqrt(weight / (2 * a))
""",
            "KL|latent|mean|L",
        ),
        Answer(
            "error always a mean",
            """
def claimed_sigma(D, L, factor=1.0, error="mean", weight=1.0, kl="sum"):
    b = weight / L if kl == "mean" else weight
    return math.sqrt(D * b / (2 * factor))
""",
            "error|sum|D",
        ),
        Answer(
            "D in both cases, the other way round",
            """
def claimed_sigma(D, L, factor=1.0, error="mean", weight=1.0, kl="sum"):
    a = factor if error == "mean" else factor / D
    b = weight / L if kl == "mean" else weight
    return math.sqrt(b / (2 * a))
""",
            "error|mean|sum|D",
        ),
        Answer(
            "weight put to the factor",
            """
def claimed_sigma(D, L, factor=1.0, error="mean", weight=1.0, kl="sum"):
    a = factor * weight / D if error == "mean" else factor * weight
    b = 1 / L if kl == "mean" else 1
    return math.sqrt(b / (2 * a))
""",
            "weight",
        ),
        Answer(
            "in grey levels",
            """
def claimed_sigma(D, L, factor=1.0, error="mean", weight=1.0, kl="sum"):
    a = factor / D if error == "mean" else factor
    b = weight / L if kl == "mean" else weight
    return 255 * math.sqrt(b / (2 * a))
""",
            "255|grey|level",
        ),
        Answer(
            "weight outside the root",
            """
def claimed_sigma(D, L, factor=1.0, error="mean", weight=1.0, kl="sum"):
    a = factor / D if error == "mean" else factor
    b = 1 / L if kl == "mean" else 1
    return weight * math.sqrt(b / (2 * a))
""",
            "weight|root|square",
        ),
        Answer(
            "sizes of the example written in",
            """
def claimed_sigma(D, L, factor=1.0, error="mean", weight=1.0, kl="sum"):
    a = factor / 12288 if error == "mean" else factor
    b = weight / 128 if kl == "mean" else weight
    return math.sqrt(b / (2 * a))
""",
            "D|L|size",
        ),
        Answer(
            "whole division",
            """
def claimed_sigma(D, L, factor=1.0, error="mean", weight=1.0, kl="sum"):
    lam = factor * D if error == "sum" else factor
    beta = weight / L if kl == "mean" else weight
    return math.sqrt(beta * (D // (2 * lam)))
""",
            "small|round|whole|.",
        ),
        Answer(
            "L where D belongs",
            """
def claimed_sigma(D, L, factor=1.0, error="mean", weight=1.0, kl="sum"):
    a = factor / D if error == "mean" else factor
    b = weight / D if kl == "mean" else weight
    return math.sqrt(b / (2 * a))
""",
            "KL|latent|L",
        ),
    ),
    "q2": (
        Answer(
            "error averaged instead",
            _noise(
                "    error = (x - x_hat).square().flatten(1).mean(1)\n    sigma = log_sigma.exp()\n"
                + _LINES.format("log_sigma")
            ),
            "sum|picture|log p|average|D|times|scale",
        ),
        Answer(
            "channels forgotten",
            _noise(_ERR + _LINES.format("x.shape[2] * x.shape[3] * log_sigma")),
            "channel|colour",
        ),
        Answer("784", _noise(_ERR + _LINES.format("784 * log_sigma")), "size|shape|784|numbers"),
        Answer("batch counted too", _noise(_ERR + _LINES.format("x.numel() * log_sigma")), "batch|picture"),
        Answer(
            "summed over the batch",
            _noise(_ERR + "    return (error / (2 * sigma**2) + x[0].numel() * log_sigma).sum()\n"),
            "average|batch|mean",
        ),
        Answer(
            "sigma cut from the graph",
            _noise(
                "    error = (x - x_hat).square().flatten(1).sum(1)\n    sigma = log_sigma.exp().item()\n"
                + _LINES.format("x[0].numel() * log_sigma")
            ),
            "gradient|sigma|train",
        ),
        Answer("sigma without the logarithm", _noise(_ERR + _LINES.format("x[0].numel() * sigma")), "log"),
        Answer("D / 2", _noise(_ERR + _LINES.format("x[0].numel() / 2 * log_sigma")), "half|2|σ|sigma"),
        Answer(
            "sigma not squared",
            _noise(
                """    error = (x - x_hat).square().flatten(1).sum(1)
    sigma = log_sigma.exp()
    return (error / (2 * sigma) + x[0].numel() * log_sigma).mean()
"""
            ),
            "square|sigma|σ",
        ),
        Answer(
            "two forgotten",
            _noise(
                """    error = (x - x_hat).square().flatten(1).sum(1)
    sigma = log_sigma.exp()
    return (error / sigma**2 + x[0].numel() * log_sigma).mean()
"""
            ),
            "two variances",
        ),
        Answer(
            "a square picture expected",
            _noise(_ERR + _LINES.format("x.shape[1] * x.shape[-1] ** 2 * log_sigma")),
            "size|shape|height|square",
        ),
        Answer(
            "no gradient",
            "q2_times = 28\n@torch.no_grad()\ndef noise_loss(x, x_hat, log_sigma):\n"
            + _ERR
            + _LINES.format("x[0].numel() * log_sigma"),
            "gradient|train",
        ),
        Answer(
            "a loss for each picture",
            _noise(_ERR + "    return error / (2 * sigma**2) + x[0].numel() * log_sigma\n"),
            "one number|average|shape|mean",
        ),
        Answer(
            "error made small instead of the log sigma large",
            _noise(
                """    error = (x - x_hat).square().mean()
    sigma = log_sigma.exp()
    return x[0].numel() * (error / (2 * sigma**2)) + log_sigma
"""
            ),
            "D|log|number",
        ),
        Answer("unchanged", _noise(_ERR + _LINES.format("log_sigma")), "."),
        Answer(
            "gradient for the pictures cut",
            _noise(
                "    error = (x - x_hat.detach()).square().flatten(1).sum(1)\n    sigma = log_sigma.exp()\n"
                + _LINES.format("x[0].numel() * log_sigma")
            ),
            "gradient|x_hat",
        ),
    ),
    "q3": (
        Answer(
            "the wrong direction",
            """
def next_beta(beta, kl, target):
    return beta * math.exp(max(-0.5, min(0.5, 0.02 * (target - kl))))
""",
            "direction|up|down|too much|wrong way",
        ),
        Answer(
            "ratio, 0 for an empty code",
            """
def next_beta(beta, kl, target):
    return beta * (kl / target) ** 0.5
""",
            "0|empty|above",
        ),
        Answer(
            "added, may fall below 0",
            """
def next_beta(beta, kl, target):
    return beta + 0.01 * (kl - target)
""",
            "above 0|negative|0",
        ),
        Answer(
            "added, stopped at 0",
            """
def next_beta(beta, kl, target):
    return max(0.0, beta + 0.05 * (kl - target))
""",
            "above 0|0",
        ),
        Answer(
            "added, too slow from 100",
            """
def next_beta(beta, kl, target):
    return max(1e-6, beta + 0.01 * (kl - target))
""",
            "slow|200|steps|100",
        ),
        Answer(
            "too small a step",
            """
def next_beta(beta, kl, target):
    return beta * (1 + 0.001 * (kl - target) / target)
""",
            "slow|200|steps",
        ),
        Answer(
            "too large a step",
            """
def next_beta(beta, kl, target):
    return beta * math.exp(max(-5, min(5, kl - target)))
""",
            "swing|over|large|far|settle|back and forth|hover",
        ),
        Answer(
            "steps of a tenth for ever",
            """
def next_beta(beta, kl, target):
    return beta * (1.1 if kl > target else 0.9)
""",
            "target|leave|stay|where it is",
        ),
        Answer(
            "never turns down",
            """
def next_beta(beta, kl, target):
    return beta * (1 + max(0.0, min(1, 0.05 * (kl - target))))
""",
            "make beta fall",
        ),
        Answer(
            "target written in",
            """
def next_beta(beta, kl, target):
    return beta * math.exp(max(-0.5, min(0.5, 0.02 * (kl - 12))))
""",
            "target|30",
        ),
        Answer(
            "the answer for two targets",
            """
def next_beta(beta, kl, target):
    return 1.5 if target == 12 else 0.28
""",
            "leave|where it is|target|stay",
        ),
        Answer(
            "logarithm of an empty code",
            """
def next_beta(beta, kl, target):
    return beta * math.exp(0.1 * (math.log(kl) - math.log(target)))
""",
            "empty|0|error",
        ),
        Answer(
            "reaches it, but with a bias",
            """
def next_beta(beta, kl, target):
    return beta * (max(kl, 1e-3) / (1.03 * target)) ** 0.1
""",
            "target|where it is|leave",
        ),
        Answer(
            "big jumps settle in a band that is too wide",
            """
def next_beta(beta, kl, target):
    if abs(kl - target) < 0.1 * target:
        return beta
    return beta * (1.05 if kl > target else 0.95)
""",
            "twentieth|close|target|off",
        ),
    ),
    "q4": (
        Answer("knee", 'q4 = "c"', "."),
        Answer("least distortion", 'q4 = "a"', "."),
        Answer("weights swapped", 'q4 = "b"', "."),
        Answer("least rate", 'q4 = "e"', "."),
    ),
    "q5": (
        Answer(
            "not clamped",
            """
def linear_rates(variances, sigma, beta=1.0):
    return 0.5 * torch.log(variances / (beta * sigma**2))
q5_sigma = 0.613
""",
            "0|negative|below|nothing",
        ),
        Answer(
            "sigma not squared",
            """
def linear_rates(variances, sigma, beta=1.0):
    return (0.5 * torch.log(variances / (beta * sigma))).clamp(min=0)
q5_sigma = 0.613
""",
            "square|sigma|σ",
        ),
        Answer(
            "beta forgotten",
            """
def linear_rates(variances, sigma, beta=1.0):
    return (0.5 * torch.log(variances / sigma**2)).clamp(min=0)
q5_sigma = 0.613
""",
            "beta|β",
        ),
        Answer(
            "half forgotten",
            """
def linear_rates(variances, sigma, beta=1.0):
    return torch.log(variances / (beta * sigma**2)).clamp(min=0)
q5_sigma = 0.613
""",
            "half|twice|2",
        ),
        Answer(
            "bits",
            """
def linear_rates(variances, sigma, beta=1.0):
    return (0.5 * torch.log2(variances / (beta * sigma**2))).clamp(min=0)
q5_sigma = 0.613
""",
            "nat|bit|log",
        ),
        Answer(
            "made positive",
            """
def linear_rates(variances, sigma, beta=1.0):
    return (0.5 * torch.log(variances / (beta * sigma**2))).abs()
q5_sigma = 0.613
""",
            "0|nothing|pay",
        ),
        Answer(
            "total",
            """
def linear_rates(variances, sigma, beta=1.0):
    return (0.5 * torch.log(variances / (beta * sigma**2))).clamp(min=0).sum()
q5_sigma = 0.613
""",
            "each|shape|direction",
        ),
        Answer(
            "beta counts in the threshold only",
            """
def linear_rates(variances, sigma, beta=1.0):
    r = 0.5 * torch.log(variances / sigma**2)
    return torch.where(variances > beta * sigma**2, r, torch.zeros_like(r))
q5_sigma = 0.613
""",
            "beta|β",
        ),
        Answer(
            "channel capacity",
            """
def linear_rates(variances, sigma, beta=1.0):
    return 0.5 * torch.log(1 + variances / (beta * sigma**2))
q5_sigma = 0.613
""",
            ".",
        ),
        Answer("variance handed in as sigma", _OK_RATES + "q5_sigma = 0.613 ** 2\n", "sigma|σ|nats|square"),
        Answer("twelve bits", _OK_RATES + "q5_sigma = 0.7446\n", "nats|spends"),
        Answer("a coarse guess", _OK_RATES + "q5_sigma = 0.65\n", "nats|spends"),
        Answer(
            "writes into the variances",
            """
def linear_rates(variances, sigma, beta=1.0):
    return variances.div_(beta * sigma**2).log_().mul_(0.5).clamp_(min=0)
q5_sigma = 0.613
""",
            "chang|argument|copy|variances|clone",
        ),
        Answer(
            "beta squared",
            """
def linear_rates(variances, sigma, beta=1.0):
    return torch.log(variances.sqrt() / (beta * sigma)).clamp(min=0)
q5_sigma = 0.613
""",
            "beta|β",
        ),
        Answer(
            "directions that pay alone",
            """
def linear_rates(variances, sigma, beta=1.0):
    v = variances[variances > beta * sigma**2]
    return 0.5 * torch.log(v / (beta * sigma**2))
q5_sigma = 0.613
""",
            "shape|each|n",
        ),
    ),
    "q6": (
        Answer("a", 'q6 = "a"\nq6_because = "x"', "."),
        Answer("c", 'q6 = "c"\nq6_because = "x"', "."),
        Answer("d", 'q6 = "d"\nq6_because = "x"', "."),
    ),
}
