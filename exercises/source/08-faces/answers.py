"""Wrong answers that must fail, and right ones that must pass, of exercise 8."""

from tools.mutants import Answer


def prepare(
    top: str = "(pictures.shape[1] - side) // 2",
    left: str = "(pictures.shape[2] - side) // 2",
    move: str = "square.permute(0, 3, 1, 2)",
    value: str = "x.float() / 255",
    end: str = "nn.functional.avg_pool2d(x, side // size)",
) -> str:
    return (
        "import numpy as np\ndef prepare(pictures, side, size):\n"
        f"    top, left = {top}, {left}\n    b = side // size\n"
        "    square = pictures[:, top : top + side, left : left + side]\n"
        f"    x = {move}\n    x = {value}\n    return {end}\n"
    )


def fold(
    weight: str = "weight * scale[:, None, None, None]",
    bias: str = "(bias - mean) * scale + beta",
    scale: str = "gamma / (var + eps).sqrt()",
) -> str:
    return f"def fold(weight, bias, gamma, beta, mean, var, eps):\n    scale = {scale}\n    return {weight}, {bias}\n"


def look(body: str) -> str:
    return f"@torch.no_grad()\ndef error_on(model, x):\n    {body}\n"


def cloud(covariance: str, mean: str = "mu.mean(0)") -> str:
    return (
        "import numpy as np\ndef cloud(mu, log_var):\n    n = len(mu)\n    c = mu - mu.mean(0)\n"
        f"    of_means, widths = c.T @ c / n, log_var.exp().mean(0)\n    return {mean}, {covariance}\n"
    )


def find(
    end: str = "places[errors.argmin()]",
    step: int = 4,
    errors: str = "(drawn - crops).square().mean((1, 2, 3))",
) -> str:
    return (
        "@torch.no_grad()\ndef find_face(model, canvas):\n"
        f"    places = [(a, b) for a in range(0, 33, {step}) for b in range(0, 33, {step})]\n"
        "    crops = torch.stack([canvas[:, a : a + 64, b : b + 64] for a, b in places])\n"
        f"    drawn = model.eval().reconstruct(crops)\n    errors = {errors}\n    return {end}\n"
    )


WIDTHS = "of_means + widths.diag()"
WRONG = {
    "q1": [
        Answer("bytes kept", prepare(value="x.float()"), "up to 1"),
        Answer("-1 to 1", prepare(value="x.float() / 127.5 - 1"), "-1 to 1"),
        Answer("reshaped", prepare(move="square.reshape(-1, 3, side, side)"), "torn apart"),
        Answer("a corner", prepare("0", "0"), "top left"),
        Answer("not centred down", prepare("0"), "top to bottom"),
        Answer("not centred across", prepare(left="0"), "left to right"),
        Answer("sideways", prepare(move="square.permute(0, 3, 2, 1)"), "on their side"),
        Answer("every second pixel", prepare(end="x[:, :, ::b, ::b]"), "picked out"),
        Answer("interpolated", prepare(end="nn.functional.interpolate(x, size=(size, size), mode='bilinear')"), "middle of each block"),
        Answer("by the largest value", prepare(value="x / x.max()"), "single colour"),
        Answer("by 256", prepare(value="x.float() / 256"), "White"),
        Answer("the largest", prepare(end="nn.functional.max_pool2d(x, b)"), "largest"),
        Answer("squeezed", prepare("0", "0", "pictures.permute(0, 3, 1, 2)", end="nn.functional.adaptive_avg_pool2d(x, size)"), "squeezed"),
        Answer("cut to the small size", prepare("(pictures.shape[1] - size) // 2", "(pictures.shape[2] - size) // 2", end="x[:, :, :size, :size]"), "nothing has been made smaller"),
        Answer("channels last", prepare(end="nn.functional.avg_pool2d(x, b).permute(0, 2, 3, 1)"), "channels come first"),
        Answer("blue first", prepare(move="square.permute(0, 3, 1, 2).flip(1)"), "Red and blue"),
        Answer("rows and columns of the crop", prepare("(pictures.shape[2] - side) // 2", "(pictures.shape[1] - side) // 2"), "Expected shape"),
    ],
    "q2": [
        Answer("along the input", fold("weight * scale[None, :, None, None]"), "input channels"),
        Answer("by the variance", fold(scale="gamma / (var + eps)"), "by the variance"),
        Answer("without eps", fold(scale="gamma / var.sqrt()"), "eps"),
        Answer("eps outside", fold(scale="gamma / (var.sqrt() + eps)"), "under the root"),
        Answer("without gamma", fold(scale="1 / (var + eps).sqrt()"), "gamma"),
        Answer("multiplied", fold(scale="gamma * (var + eps).sqrt()"), "multiplies by"),
        Answer("the old weight", fold("weight"), "unchanged"),
        Answer("own bias lost", fold(bias="beta - mean * scale"), "own bias is lost"),
        Answer("own bias not scaled", fold(bias="bias + beta - mean * scale"), "not scaled"),
        Answer("no mean", fold(bias="bias * scale + beta"), "mean is missing"),
        Answer("mean added", fold(bias="(bias + mean) * scale + beta"), "mean is added"),
        Answer("mean not scaled", fold(bias="bias * scale - mean + beta"), "mean is not scaled"),
        Answer("no shift", fold(bias="(bias - mean) * scale"), "beta is missing"),
        Answer("shift scaled", fold(bias="(bias - mean + beta) * scale"), "very end"),
        Answer("the old bias", fold(bias="bias"), "bias is unchanged"),
    ],
    "q3": [
        Answer("as given", look("return (model.reconstruct(x) - x).square().mean()"), "come with it"),
        Answer("not put back", look("model.eval(); return (model.reconstruct(x) - x).square().mean()"), "next epoch"),
        Answer("always training after", look("model.eval(); e = (model.reconstruct(x) - x).square().mean(); model.train(); return e"), "not any more"),
        Answer("too late", look("e = (model.reconstruct(x) - x).square().mean(); model.eval(); return e"), "come with it"),
        Answer("put back too early", look("model.eval(); model.train(); return (model.reconstruct(x) - x).square().mean()"), "come with it"),
        Answer("one by one", look("return torch.stack([(model.reconstruct(x[[i, i]]) - x[i]).square().mean() for i in range(len(x))]).mean()"), "would be alone"),
        Answer("only the encoder", look("model.encoder.eval(); e = (model.reconstruct(x) - x).square().mean(); model.encoder.train(); return e"), "would be alone|left a trace"),
        Answer("eval does not look back", look("was = model.training; model.eval(); e = ((model.reconstruct(x) - x)**2).sum(); model.train(was); return e"), "sum over"),
        Answer("looked at first", look("model.reconstruct(x); was = model.training; model.eval(); e = (model.reconstruct(x) - x).square().mean(); model.train(was); return e"), "would be alone|trace"),
    ],
    "q4": [
        Answer("means only", cloud("of_means"), "width of its own"),
        Answer("widths only", cloud("widths.diag()"), "different places"),
        Answer("N - 1", cloud("torch.cov(mu.T) + widths.diag()"), "N - 1"),
        Answer("widths everywhere", cloud("of_means + widths"), "everywhere"),
        Answer("deviations", cloud("of_means + (log_var / 2).exp().mean(0).diag()"), "Standard deviations"),
        Answer("mean of log_var", cloud("of_means + log_var.mean(0).exp().diag()"), "before the exponential"),
        Answer("log_var as variance", cloud("of_means + log_var.mean(0).diag()"), "logarithm of a variance"),
        Answer("not centred", cloud("mu.T @ mu / n + widths.diag()"), "taking the mean away"),
        Answer("no covariances", cloud("(mu.var(0, correction=0) + widths).diag()"), "variances alone"),
        Answer("a row", cloud("mu.var(0, correction=0) + widths"), "as a row"),
        Answer("sums", cloud(f"n * ({WIDTHS})"), "1/N"),
        Answer("sum of the widths", cloud("of_means + n * widths.diag()"), "widths are summed"),
        Answer("mean over latents", cloud(WIDTHS, "mu.mean(1)"), "over its latents"),
        Answer("one draw each", cloud("torch.cov((mu + (log_var / 2).exp() * torch.randn_like(mu)).T)"), "Not yet"),
    ],
    "q5": [
        Answer("a", "q5 = 'a'", "next to the code see"),
        Answer("b", "q5 = 'b'", "cannot move"),
        Answer("c", "q5 = 'C'", "still has its wall"),
    ],
    "q6": [
        Answer("largest error", find("places[errors.argmax()]"), "smallest error"),
        Answer("column first", find("places[errors.argmin()][::-1]"), "Row first"),
        Answer("the centre", find("[v + 32 for v in places[errors.argmin()]]"), "centre"),
        Answer("always the middle", "def find_face(model, canvas):\n    return 16, 16\n", "too (low|high).*change with the canvas"),
        Answer("the lower right corner", find("[v + 64 for v in places[errors.argmin()]]"), "another of its corners"),
        Answer("one error for all", find(errors="(drawn - crops).square().mean()"), "compared with one another"),
        Answer("sign forgotten", find(errors="(drawn - crops).mean((1, 2, 3))"), "smallest error"),
        Answer("steps too large", find(step=16), "steps small"),
        Answer("every eighth place", find(step=8), "Smaller steps"),
        Answer("the number of the crop", find("(errors.argmin(), 0)"), "Is this a crop's number"),
        Answer("smoothest crop", find(errors="crops.std((1, 2, 3))"), "smallest error"),
    ],
}  # fmt: skip

RIGHT = {
    "q1": [
        Answer("NumPy", prepare(move="np.asarray(square)", value="x.reshape(len(x), size, b, size, b, 3).mean((2, 4)) / 255", end="x.transpose(0, 3, 1, 2)")),
        Answer("interpolate", prepare(end="nn.functional.interpolate(x, scale_factor=1 / b, mode='area')")),
        Answer("averaged, then moved", prepare(move="square.double()", value="x.unflatten(1, (size, b)).unflatten(3, (size, b)).mean((2, 4)) / 255", end="x.movedim(-1, 1)")),
        Answer("Pillow", "import numpy as np\nfrom PIL import Image\ndef prepare(pictures, side, size):\n    out = []\n    for p in pictures.numpy():\n        t, l = (p.shape[0] - side) // 2, (p.shape[1] - side) // 2\n        small = Image.fromarray(p).crop((l, t, l + side, t + side)).resize((size, size), Image.BOX)\n        out.append(np.asarray(small).transpose(2, 0, 1) / 255)\n    return np.stack(out)\n"),
    ],
    "q2": [
        Answer("einsum", fold("torch.einsum('o,oihw->oihw', scale, weight)", "torch.addcmul(beta, bias - mean, scale)")),
        Answer("PyTorch's own", "def fold(weight, bias, gamma, beta, mean, var, eps):\n    from torch.nn.utils.fusion import fuse_conv_bn_weights\n    return fuse_conv_bn_weights(weight, bias, mean, var, eps, gamma, beta)\n"),
        Answer("NumPy", "import numpy as np\ndef fold(weight, bias, gamma, beta, mean, var, eps):\n    w, b, g, t, m, v = (np.asarray(a.detach()) for a in (weight, bias, gamma, beta, mean, var))\n    s = g / np.sqrt(v + eps)\n    return w * s.reshape(-1, 1, 1, 1), t + s * (b - m)\n"),
        Answer("in place", "def fold(weight, bias, gamma, beta, mean, var, eps):\n    scale = gamma * torch.rsqrt(var + eps)\n    bias = bias.sub_(mean).mul_(scale).add_(beta)\n    return weight.mul_(scale.view(-1, 1, 1, 1)), bias\n"),
    ],
    "q3": [
        Answer("a copy", look("import copy; m = copy.deepcopy(model).eval(); return (m.reconstruct(x) - x).square().mean()")),
        Answer("try and finally", "def error_on(model, x):\n    was = model.training\n    model.eval()\n    try:\n        with torch.no_grad():\n            return nn.functional.mse_loss(model.reconstruct(x), x).item()\n    finally:\n        model.train(was)\n"),
        Answer("an if", look("was = model.training; model.eval(); e = vaelab.losses.mse(x, model.reconstruct(x)).mean(); model.train() if was else None; return float(e)")),
        Answer("one by one", look("was = model.training; model.eval(); e = torch.stack([(model.reconstruct(p[None]) - p).square().mean() for p in x]).mean(); model.train(was); return e")),
    ],
    "q4": [
        Answer("torch.cov", cloud("torch.cov(mu.T, correction=0) + torch.diag(torch.exp(log_var).mean(0))")),
        Answer("NumPy", cloud("np.cov(np.asarray(mu).T, bias=True) + np.diag(np.exp(np.asarray(log_var)).mean(0))", "np.asarray(mu).mean(0)")),
        Answer("second moments", cloud("(torch.einsum('ni,nj->nij', mu, mu) + torch.diag_embed(log_var.exp())).mean(0) - torch.outer(mu.mean(0), mu.mean(0))")),
        Answer("a loop", cloud("sum(torch.outer(m - mu.mean(0), m - mu.mean(0)) + torch.diag(v.exp()) for m, v in zip(mu, log_var)) / n")),
    ],
    "q5": [Answer("capital", "q5 = ' D '")],
    "q6": [
        Answer("absolute error", find(errors="(drawn - crops).abs().mean((1, 2, 3))")),
        Answer("a tensor", find("torch.tensor(places)[errors.argmin()]")),
        Answer("one crop at a time", "def find_face(model, canvas):\n    model.eval()\n    best = (float('inf'), None)\n    for a in range(0, 33, 5):\n        for b in range(0, 33, 5):\n            c = canvas[None, :, a:a + 64, b:b + 64]\n            with torch.no_grad():\n                best = min(best, (((model.reconstruct(c) - c)**2).sum().item(), (a, b)))\n    return list(best[1])\n"),
        Answer("unfold", "@torch.no_grad()\ndef find_face(model, canvas):\n    w = canvas.unfold(1, 64, 4).unfold(2, 64, 4)\n    crops = w.permute(1, 2, 0, 3, 4).flatten(0, 1)\n    k = vaelab.losses.mse(crops, model.eval().reconstruct(crops)).argmin().item()\n    return 4 * (k // 9), 4 * (k % 9)\n"),
    ],
}  # fmt: skip
