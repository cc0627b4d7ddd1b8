"""Wrong answers that must fail, and right ones that must pass, of exercise 7."""

from tools.mutants import Answer


def claim(body: str) -> str:
    return (
        f"import math\ndef claimed_sigma(D, L, factor=1.0, error='mean', weight=1.0, kl='sum'):\n    {body}\n"
    )


def noise(body: str, times=28) -> str:
    return (
        f"q2_times = {times}\ndef noise_loss(x, x_hat, log_sigma):\n"
        "    error = (x - x_hat).square().flatten(1).sum(1)\n    sigma = log_sigma.exp()\n"
        f"    {body}\n"
    )


def rule(body: str) -> str:
    return f"import math\nimport numpy as np\ndef next_beta(beta, kl, target):\n    {body}\n"


def rates(body: str, sigma=0.6128) -> str:
    return f"import math\nimport numpy as np\ndef linear_rates(variances, sigma, beta=1.0):\n    {body}\nq5_sigma = {sigma}\n"


BOTH = "a = factor / D if error == 'mean' else factor; b = weight / L if kl == 'mean' else weight; "
GOOD_NOISE = "return (error / (2 * sigma**2) + x[0].numel() * log_sigma).mean()"
GOOD_RATES = "return 0.5 * (variances / (beta * sigma**2)).log().clamp(min=0)"
WRONG = {
    "q1": [
        Answer("variance", claim(BOTH + "return b / (2 * a)"), "variance"),
        Answer("no two", claim(BOTH + "return (b / a) ** 0.5"), "a 2 under"),
        Answer("two on top", claim(BOTH + "return (2 * b / a) ** 0.5"), "wrong side"),
        Answer("pixels forgotten", claim("return (weight / (2 * factor)) ** 0.5"), "plays no part"),
        Answer("upside down", claim(BOTH + "return (2 * a / b) ** 0.5"), "less noise"),
        Answer("KL always a mean", claim("a = factor / D if error == 'mean' else factor; return (weight / L / (2 * a)) ** 0.5"), "KL is a sum already|KL is treated"),
        Answer("constant", claim("return 5.0"), "Not yet"),
        Answer("factor ignored", claim("return math.sqrt((D if error == 'mean' else 1) * weight / (L if kl == 'mean' else 1) / 2)"), "factor on the error has no effect"),
        Answer("weight ignored", claim(BOTH + "return (b / weight / (2 * a)) ** 0.5"), "has no effect"),
        Answer("weight turned", claim(BOTH + "return (b / weight**2 / (2 * a)) ** 0.5"), "wrong way round"),
        Answer("weight squared", claim(BOTH + "return (b * weight / (2 * a)) ** 0.5"), "squared"),
        Answer("latents ignored", claim("a = factor / D if error == 'mean' else factor; return (weight / (2 * a)) ** 0.5"), "latents has no effect"),
        Answer("latents turned", claim("a = factor / D if error == 'mean' else factor; b = weight * L if kl == 'mean' else weight; return (b / (2 * a)) ** 0.5"), "latents works the wrong"),
        Answer("wrong in two ways", claim("a = factor / L if error == 'mean' else factor; b = weight / D if kl == 'mean' else weight; return (b / (2 * a)) ** 0.5"), "it gives .*, and should give"),
        Answer("means and sums swapped", claim("a = factor * D if error == 'mean' else factor; b = weight * L if kl == 'mean' else weight; return (b / (2 * a)) ** 0.5"), "it gives .*, and should give"),
        Answer("error always a mean", claim("b = weight / L if kl == 'mean' else weight; return (b * D / (2 * factor)) ** 0.5"), "error is treated as a mean"),
        Answer("grey levels", claim(BOTH + "return 255 * (b / (2 * a)) ** 0.5"), "grey levels"),
    ],
    "q2": [
        Answer("as given", noise("return (error / (2 * sigma**2) + log_sigma).mean()"), "as given returns"),
        Answer("no charge", noise("return (error / (2 * sigma**2)).mean()"), "charge for sigma has gone"),
        Answer("sign", noise("return (error / (2 * sigma**2) - x[0].numel() * log_sigma).mean()"), "sign"),
        Answer("half", noise("return (error / (2 * sigma**2) + x[0].numel() / 2 * log_sigma).mean()"), "half of the charge"),
        Answer("double", noise("return (error / (2 * sigma**2) + x[0].numel() * 2 * log_sigma).mean()"), "twice the charge"),
        Answer("whole batch", noise("return (error / (2 * sigma**2) + x.numel() * log_sigma).mean()"), "whole batch"),
        Answer("mean over pixels", noise("return (error / x[0].numel() / (2 * sigma**2) + log_sigma).mean()"), "average over pixels"),
        Answer("summed batch", noise("return (error / (2 * sigma**2) + x[0].numel() * log_sigma).sum()"), "whole batch is summed"),
        Answer("log variance", noise("return (error / (2 * sigma) + x[0].numel() / 2 * log_sigma).mean()"), "standard deviation"),
        Answer("one a picture", noise("return error / (2 * sigma**2) + x[0].numel() * log_sigma"), "one number"),
        Answer("one channel", noise("return (error / (2 * sigma**2) + x[0, 0].numel() * log_sigma).mean()"), "one channel"),
        Answer("784", noise("return (error / (2 * sigma**2) + 784 * log_sigma).mean()"), "always that of 784"),
        Answer("28", noise("return (error / (2 * sigma**2) + 28 * log_sigma).mean()"), "always that of 28"),
        Answer("no 2", noise("return (error / sigma**2 + x[0].numel() * log_sigma).mean()"), "two variances"),
        Answer("a number out of the tensor", noise("import math; s = float(log_sigma); return (error / (2 * math.exp(2 * s)) + x[0].numel() * s).mean()"), "No gradient arrives at log_sigma"),
        Answer("NumPy", noise("import numpy as np; e, s = error.detach().numpy(), float(log_sigma); return np.mean(e / (2 * np.exp(2 * s)) + x[0].numel() * s)"), "No gradient"),
        Answer("detached", noise("sigma = sigma.detach(); log_sigma = log_sigma.detach(); " + GOOD_NOISE), "gradient"),
        Answer("error detached", noise("error = error.detach(); " + GOOD_NOISE), "reconstructions"),
        Answer("pictures counted", noise("return (error / (2 * sigma**2) + len(x) * log_sigma).mean()"), "counts the pictures"),
        Answer("no prediction", noise(GOOD_NOISE, "'many'"), "One number"),
        Answer("sigma not squared", noise("return (error / (2 * sigma) + x[0].numel() * log_sigma).mean()"), "has its square"),
        Answer("square pictures", noise("return (error / (2 * sigma**2) + x.shape[1] * x.shape[-1]**2 * log_sigma).mean()"), "width for the height"),
    ],
    "q3": [
        Answer("turned round", rule("return beta * math.exp(0.1 * (1 - kl / target))"), "turned round"),
        Answer("added", rule("return beta + 0.1 * (kl - target)"), "below 0"),
        Answer("by the ratio", rule("return beta * (kl / target) ** 0.5"), "empty code"),
        Answer("constant", rule("return beta"), "should make beta grow"),
        Answer("only up", rule("return beta * 1.05 if kl > target else beta"), "should make beta fall"),
        Answer("up or down", rule("return beta * 1.05 if kl > target else beta / 1.05"), "stay where it is"),
        Answer("too slow", rule("return beta * math.exp(0.0003 * min(kl / target - 1, 2))"), "Larger changes"),
        Answer("too fast", rule("return beta * math.exp(5 * min(kl / target - 1, 2))"), "swings"),
        Answer("the absolute distance", rule("return beta * math.exp(0.1 * abs(kl / target - 1))"), "should make beta fall"),
        Answer("to the target itself", rule("return target / max(kl, 1e-6)"), "turned round|grow|fall|stay"),
        Answer("twelve wired in", rule("return beta * math.exp(0.1 * min(kl / 12 - 1, 3))"), "stay where it is|grow|fall"),
        Answer("no limit", rule("return beta * math.exp(2 * (kl - target))"), "ran off|swings|OverflowError"),
        Answer("text", rule("return 'higher' if kl > target else 'lower'"), "One number"),
        Answer("nothing below", rule("return max(beta + 0.02 * (kl - target), 0)"), "empty code|below 0"),
        Answer("a band too wide", rule("return beta if abs(kl - target) < target / 10 else beta * (1.05 if kl > target else 0.95)"), "There beta rests"),
        Answer("steps of a tenth", rule("return beta if kl == target else beta * (1.1 if kl > target else 1 / 1.1)"), "not kept"),
    ],
    "q4": [
        Answer("a", "q4 = 'a'", "smallest distortion"),
        Answer("b", "q4 = 'b'", "price of 1"),
        Answer("c", "q4 = 'c'", "less than 2"),
        Answer("e", "q4 = 'E'", "cheapest code"),
    ],
    "q5": [
        Answer("negative rates", rates("return 0.5 * (variances / (beta * sigma**2)).log()"), "never negative"),
        Answer("no half", rates("return (variances / (beta * sigma**2)).log().clamp(min=0)"), "half"),
        Answer("bits", rates("return 0.5 * (variances / (beta * sigma**2)).log2().clamp(min=0)"), "bits"),
        Answer("bits, no half", rates("return (variances / (beta * sigma**2)).log2().clamp(min=0)"), "bits, and"),
        Answer("beta ignored", rates("return 0.5 * (variances / sigma**2).log().clamp(min=0)"), "no effect"),
        Answer("sigma not squared", rates("return 0.5 * (variances / (beta * sigma)).log().clamp(min=0)"), "with a variance"),
        Answer("beta turned", rates("return 0.5 * (variances * beta / sigma**2).log().clamp(min=0)"), "dearer"),
        Answer("beta squared", rates("return 0.5 * (variances / (beta * sigma)**2).log().clamp(min=0)"), "squared"),
        Answer("ratio turned", rates("return 0.5 * (beta * sigma**2 / variances).log().clamp(min=0)"), "turned round"),
        Answer("left out", rates("r = 0.5 * (variances / (beta * sigma**2)).log(); return r[r > 0]"), "left out"),
        Answer("one added", rates("return 0.5 * (1 + variances / (beta * sigma**2)).log()"), "1 added"),
        Answer("summed", rates(GOOD_RATES + ".sum()"), "one number"),
        Answer("gave the variance", rates(GOOD_RATES, 0.6128**2), "standard deviation"),
        Answer("twelve bits", rates(GOOD_RATES, 0.7213), "12 bits"),
        Answer("too little noise", rates(GOOD_RATES, 0.3), "too little"),
        Answer("writes into the variances", rates("return variances.div_(beta * sigma**2).log_().mul_(0.5).clamp_(min=0)"), "writes into"),
        Answer("beta in the threshold alone", rates("r = 0.5 * (variances / sigma**2).log(); return torch.where(variances > beta * sigma**2, r, 0.0)"), "no effect on what they get"),
    ],
    "q6": [
        Answer("a", "q6 = 'a'", "bad start"),
        Answer("c", "q6 = 'c'", "fewer directions"),
        Answer("d", "q6 = 'd'", "stuck"),
    ],
}  # fmt: skip

RIGHT = {
    "q1": [
        Answer("a tensor", claim(BOTH + "import torch; return torch.tensor(b / a / 2).sqrt()")),
        Answer("step by step", claim("beta = weight\n    if kl == 'mean':\n        beta /= L\n    if error == 'mean':\n        beta *= D\n    return (beta / factor / 2) ** 0.5")),
        Answer("a table", claim("return math.sqrt({'mean': D, 'sum': 1}[error] * weight / {'mean': L, 'sum': 1}[kl] / factor / 2)")),
        Answer("NumPy", claim("import numpy as np; return np.sqrt(0.5 * weight / factor * (D if error == 'mean' else 1) / (L if kl == 'mean' else 1))")),
    ],
    "q2": [
        Answer("another guess", noise(GOOD_NOISE, 784)),
        Answer("added pixel by pixel", noise("return (0.5 * ((x - x_hat) / sigma).square() + log_sigma).flatten(1).sum(1).mean()", 28.0)),
        Answer("with the constant", noise("return -torch.distributions.Normal(x_hat, sigma).log_prob(x).sum((1, 2, 3)).mean()", "'28'")),
        Answer("the package's", noise("from vaelab.losses import gaussian_nll; return gaussian_nll(x, x_hat, sigma).mean()")),
        Answer("sums, then divided", noise("return error.sum() / (2 * sigma**2) / len(x) + x.numel() / len(x) * log_sigma")),
        Answer("shape by hand", noise("_, c, h, w = x.shape; return error.mean() * 0.5 * (-2 * log_sigma).exp() + c * h * w * log_sigma")),
    ],
    "q3": [
        Answer("a floor under the ratio", rule("return beta * max(min(kl / target, 4), 0.5) ** 0.3")),
        Answer("steps in the logarithm", rule("return math.exp(math.log(beta) + 0.1 * max(-1, min(1, (kl - target) / target)))")),
        Answer("tanh", rule("return beta * (1 + 0.5 * np.tanh(kl / target - 1))")),
        Answer("a tensor", rule("import torch; return torch.tensor(beta) * torch.exp(0.3 * (torch.tensor(kl / target) - 1).clamp(-1, 1))")),
        Answer("cases with a dead zone of none", rule("r = kl / target\n    if r > 2:\n        return beta * 1.3\n    if r < 0.5:\n        return beta / 1.3\n    return beta * (1 + 0.3 * (r - 1))")),
        Answer("both in a rational", rule("return beta * (kl + target) / (2 * target) if kl < 5 * target else 3 * beta")),
        Answer("a narrow band, uneven steps", rule("return beta if abs(kl - target) < 0.03 * target else beta * (1.1 if kl > target else 0.9)")),
    ],
    "q4": [Answer("capital", "q4 = 'D'")],
    "q5": [
        Answer("clamped before", rates("return torch.log((torch.as_tensor(variances) / (beta * sigma**2)).clamp(min=1)) / 2")),
        Answer("NumPy", rates("v = np.asarray(variances); return np.maximum(0.5 * np.log(v / (beta * sigma**2)), 0)", 0.615)),
        Answer("a loop", rates("return [max(0.0, 0.5 * math.log(v / (beta * sigma**2))) for v in variances.tolist()]", "torch.tensor(0.61)")),
        Answer("a mask", rates("noise = beta * sigma * sigma; out = torch.zeros_like(variances); pays = variances > noise; out[pays] = torch.log(torch.sqrt(variances[pays] / noise)); return out", "[0.613][0]")),
        Answer("where", rates("noise = beta * sigma**2; return torch.where(variances > noise, variances.log() / 2 - math.log(noise) / 2, 0.0)")),
    ],
    "q6": [Answer("capital", "q6 = ' B'")],
}  # fmt: skip
