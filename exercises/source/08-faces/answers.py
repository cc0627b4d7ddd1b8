"""Wrong answers that must fail, and right ones that must pass, of exercise 8."""

from tools.mutants import Answer


def writers(body: str, kernels="[4, 8, 12]") -> str:
    return (
        "import numpy as np\ndef writers(size, kernel, stride):\n    side = (size - 1) * stride + kernel\n"
        f"    {body}\nq1_kernels = {kernels}\n"
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


ROW = "row = torch.tensor([sum(k * stride <= p < k * stride + kernel for k in range(size)) for p in range(side)]); "
BOARD = ROW + "return row[:, None] * row"
WIDTHS = "of_means + widths.diag()"
WRONG = {
    "q1": [
        Answer("one row", writers(ROW + "return row"), "one row"),
        Answer("added", writers(ROW + "return row[:, None] + row"), "added"),
        Answer("across only", writers(ROW + "return row.expand(side, side)"), "every row"),
        Answer("down only", writers(ROW + "return row[:, None].expand(side, side)"), "every column"),
        Answer("written to or not", writers(ROW + "return ((row[:, None] * row) > 0).int()"), "how often"),
        Answer("too large", writers("s = size * stride; side = s; " + ROW.replace("range(side)", "range(s)") + "return torch.zeros(6, 6)"), "too large"),
        Answer("too small", writers("side = size * stride; " + BOARD), "too small"),
        Answer("one for each number of the map", writers("return torch.full((size, size), kernel**2 / stride**2)"), "each number of the map"),
        Answer("kernel and stride swapped", writers("side = (size - 1) * kernel + stride; row = torch.tensor([sum(k * kernel <= p < k * kernel + stride for k in range(size)) for p in range(side)]); return row[:, None] * row"), "Not yet"),
        Answer("a square a pixel too large", writers(BOARD.replace("< k", "<= k")), "Not yet"),
        Answer("shares", writers(ROW + "return row[:, None] * row / kernel**2"), "Whole numbers"),
        Answer("average overlap", writers("return torch.full((side, side), (kernel / stride) ** 2)"), "Not yet"),
        Answer("only kernel 3", writers("row = torch.tensor([1 + (0 < p < side - 1 and p % 2 == 0) for p in range(side)]); return row[:, None] * row"), "kernel 4|kernel 2"),
        Answer("an ordinary convolution", writers("return nn.functional.conv2d(torch.ones(1, 1, side, side), torch.ones(1, 1, kernel, kernel), padding='same')[0, 0]"), "Not yet"),
        Answer("smaller than the stride", writers(BOARD, "[2, 4, 8, 12]"), "nobody writes"),
        Answer("even numbers", writers(BOARD, "[4, 6, 8, 10, 12]"), "middle of a large"),
        Answer("only the stride", writers(BOARD, "[4]"), "there are more"),
        Answer("too large kernels", writers(BOARD, "[4, 8, 12, 16]"), "1 to 12"),
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
        Answer("an eps of its own", fold(scale="gamma / (var + 1e-5).sqrt()"), "no effect"),
    ],
    "q3": [
        Answer("as given", look("return (model.reconstruct(x) - x).square().mean()"), "come with it"),
        Answer("a draw", look("was = model.training; model.eval(); e = (model(x).x_hat - x).square().mean(); model.train(was); return e"), "Two looks"),
        Answer("running averages begun anew", look("was = model.training; [m.reset_running_stats() for m in model.modules() if hasattr(m, 'reset_running_stats')]; model.eval(); e = (model.reconstruct(x) - x).square().mean(); model.train(was); return e"), "as it is|left a trace"),
        Answer("a face's sum", look("was = model.training; model.eval(); e = (model.reconstruct(x) - x).square().flatten(1).sum(1).mean(); model.train(was); return e"), "pixels of a picture"),
        Answer("a list", "def error_on(model, x):\n    return []\n", "One number"),
        Answer("not put back", look("model.eval(); return (model.reconstruct(x) - x).square().mean()"), "next epoch"),
        Answer("always training after", look("model.eval(); e = (model.reconstruct(x) - x).square().mean(); model.train(); return e"), "in training mode now"),
        Answer("too late", look("e = (model.reconstruct(x) - x).square().mean(); model.eval(); return e"), "come with it"),
        Answer("put back too early", look("model.eval(); model.train(); return (model.reconstruct(x) - x).square().mean()"), "come with it"),
        Answer("one by one", look("return torch.stack([(model.reconstruct(x[[i, i]]) - x[i]).square().mean() for i in range(len(x))]).mean()"), "would be alone"),
        Answer("only the encoder", look("model.encoder.eval(); e = (model.reconstruct(x) - x).square().mean(); model.encoder.train(); return e"), "would be alone|left a trace"),
        Answer("eval does not look back", look("was = model.training; model.eval(); e = ((model.reconstruct(x) - x)**2).sum(); model.train(was); return e"), "sum over"),
        Answer("looked at first", look("model.reconstruct(x); was = model.training; model.eval(); e = (model.reconstruct(x) - x).square().mean(); model.train(was); return e"), "would be alone|trace"),
        Answer("weights frozen for good", "def error_on(model, x):\n    was = model.training\n    model.eval().requires_grad_(False)\n    e = (model.reconstruct(x) - x).square().mean()\n    model.train(was)\n    return e\n", "no gradient any more"),
        Answer("averages of batches", look("was = model.training; model.eval(); e = [(model.reconstruct(b) - b).square().mean() for b in x.split(16)]; model.train(was); return sum(e) / len(e)"), "Averages of batches"),
        Answer("averages of large batches", look("was = model.training; model.eval(); e = [(model.reconstruct(b) - b).square().mean() for b in x.split(64)]; model.train(was); return sum(e) / len(e)"), "70 pictures"),
        Answer("two pictures", look("was = model.training; model.eval(); e = (model.reconstruct(x[:2]) - x[:2]).square().mean(); model.train(was); return e"), "last picture"),
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
        Answer("one draw each", cloud("torch.cov((mu + (log_var / 2).exp() * torch.randn_like(mu)).T)"), "measured on draws"),
        Answer("many draws", cloud("torch.cov((mu.repeat(9000, 1) + (log_var / 2).exp().repeat(9000, 1) * torch.randn(9000 * n, mu.shape[1])).T)"), "measured on draws"),
        Answer("writes into mu", "def cloud(mu, log_var):\n    m = mu.mean(0)\n    mu -= m\n    return m, mu.T @ mu / len(mu) + log_var.exp().mean(0).diag()\n", "writes into"),
    ],
    "q5": [Answer("none of the four", "q5 = 'e'", "one of these")],
    "q6": [
        Answer("largest error", find("places[errors.argmax()]"), "smallest error"),
        Answer("column first", find("places[errors.argmin()][::-1]"), "Row first"),
        Answer("the centre", find("[v + 32 for v in places[errors.argmin()]]"), "centre"),
        Answer("always the middle", "def find_face(model, canvas):\n    model.encode(canvas[None, :, :64, :64])\n    return 16, 16\n", "change with the canvas"),
        Answer("the lower right corner", find("[v + 64 for v in places[errors.argmin()]]"), "lower right corner"),
        Answer("one error for all", find(errors="(drawn - crops).square().mean()"), "compared with one another"),
        Answer("sign forgotten", find(errors="(drawn - crops).mean((1, 2, 3))"), "smallest error"),
        Answer("steps too large", find(step=16), "steps small|Smaller steps"),
        Answer("every eighth place", find(step=8), "Smaller steps"),
        Answer("the number of the crop", find("(errors.argmin(), 0)"), "number of a crop in a list"),
        Answer("the crop's numbers", find("[v // 4 for v in places[errors.argmin()]]"), "Multiply by the step"),
        Answer("the last place forgotten", find().replace("range(0, 33, 4)", "range(0, 32, 4)"), "last place"),
        Answer("the edge of the stretched part", "def find_face(model, canvas):\n    return int(canvas.diff(dim=1).abs().sum((0, 2)).argmax()), int(canvas.diff(dim=2).abs().sum((0, 1)).argmax())\n", "never asked"),
        Answer("half a pixel", find("[v + 0.5 for v in places[errors.argmin()]]"), "whole numbers"),
        Answer("smoothest crop", find(errors="crops.std((1, 2, 3))"), "smallest error"),
        Answer("both edges of the pasted part", "def find_face(model, canvas):\n    down, across = (canvas.diff(dim=d).abs().mean((0, 3 - d)) for d in (1, 2))\n    return tuple(max(range(33), key=lambda p: (e[p - 1] if p else 0) + (e[p + 63] if p < 32 else 0)) for e in (down, across))\n", "never asked"),
        Answer("the places of the check, by heart", "def find_face(model, canvas):\n    model.encode(canvas[None, :, :64, :64])\n    return (20, 9) if (canvas[:, 20] - canvas[:, 19]).abs().mean() > (canvas[:, 3] - canvas[:, 2]).abs().mean() else (3, 32)\n", "Your crop"),
        Answer("writes into the canvas", find().replace("    places", "    canvas.mul_(0.999)\n    places"), "writes into"),
    ],
}  # fmt: skip

RIGHT = {
    "q1": [
        Answer("two loops", writers("out = np.zeros((side, side), int)\n    for a in range(size):\n        for b in range(size):\n            out[a * stride : a * stride + kernel, b * stride : b * stride + kernel] += 1\n    return out")),
        Answer("outer product", writers(BOARD, "(12, 8, 4)")),
        Answer("a layer", writers("layer = nn.ConvTranspose2d(1, 1, kernel, stride, bias=False); nn.init.ones_(layer.weight); return layer(torch.ones(1, 1, size, size))[0, 0].round().int()", "{4: 1, 8: 1, 12: 1}.keys()").replace("{4: 1, 8: 1, 12: 1}.keys()", "torch.tensor([4, 8, 12])")),
        Answer("fold", writers("return nn.functional.fold(torch.ones(1, kernel**2, size**2), (side, side), kernel, stride=stride)[0, 0]", "[k for k in range(1, 13) if k % 4 == 0]")),
        Answer("a list of lists", writers("one = [sum(0 <= p - stride * k < kernel for k in range(size)) for p in range(side)]; return [[a * b for b in one] for a in one]", "np.arange(4, 13, 4)")),
        Answer("gradient", writers("x = torch.zeros(1, 1, side, side, requires_grad=True); nn.functional.conv2d(x, torch.ones(1, 1, kernel, kernel), stride=stride).sum().backward(); return x.grad[0, 0]")),
        Answer("a set", writers(BOARD, "{4, 8, 12}")),
        Answer("a range", writers(BOARD, "range(4, 13, 4)")),
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
        Answer("one float32 tensor", cloud("(torch.full((n,), 1 / n) @ (c[:, :, None] * c[:, None]).flatten(1)).view(c.shape[1], -1) + torch.diag(torch.full((n,), 1 / n) @ log_var.exp())", "torch.full((n,), 1 / n) @ mu")),
        Answer("torch.cov", cloud("torch.cov(mu.T, correction=0) + torch.diag(torch.exp(log_var).mean(0))")),
        Answer("NumPy", cloud("np.cov(np.asarray(mu).T, bias=True) + np.diag(np.exp(np.asarray(log_var)).mean(0))", "np.asarray(mu).mean(0)")),
        Answer("second moments", cloud("(torch.einsum('ni,nj->nij', mu, mu) + torch.diag_embed(log_var.exp())).mean(0) - torch.outer(mu.mean(0), mu.mean(0))")),
        Answer("a loop", cloud("sum(torch.outer(m - mu.mean(0), m - mu.mean(0)) + torch.diag(v.exp()) for m, v in zip(mu, log_var)) / n")),
    ],
    "q5": [Answer("capital", "q5 = ' D '"), Answer("another guess", "q5 = '(a)'")],
    "q6": [
        Answer("absolute error", find(errors="(drawn - crops).abs().mean((1, 2, 3))")),
        Answer("a tensor", find("torch.tensor(places)[errors.argmin()]")),
        Answer("one crop at a time", "def find_face(model, canvas):\n    model.eval()\n    best = (float('inf'), None)\n    for a in range(0, 33, 5):\n        for b in range(0, 33, 5):\n            c = canvas[None, :, a:a + 64, b:b + 64]\n            with torch.no_grad():\n                best = min(best, (((model.reconstruct(c) - c)**2).sum().item(), (a, b)))\n    return list(best[1])\n"),
        Answer("unfold", "@torch.no_grad()\ndef find_face(model, canvas):\n    w = canvas.unfold(1, 64, 4).unfold(2, 64, 4)\n    crops = w.permute(1, 2, 0, 3, 4).flatten(0, 1)\n    k = vaelab.losses.mse(crops, model.eval().reconstruct(crops)).argmin().item()\n    return 4 * (k // 9), 4 * (k % 9)\n"),
    ],
}  # fmt: skip
