"""Answers to exercise 8 by readers who saw the learner's sheet alone, never its checks."""

# Withdrawn: q2, wrong, “writes into the weight”: in place, which the task does not forbid.

from tools.mutants import Answer

RIGHT = {
    "q1": (
        Answer(
            "PyTorch's layer on ones",
            """
def writers(size, kernel, stride):
    ones = torch.ones(1, 1, size, size)
    weight = torch.ones(1, 1, kernel, kernel)
    return nn.functional.conv_transpose2d(ones, weight, stride=stride)[0, 0].round().long()

q1_kernels = [4, 8, 12]
""",
        ),
        Answer(
            "slices added up",
            """
def writers(size, kernel, stride):
    side = (size - 1) * stride + kernel
    count = torch.zeros(side, side, dtype=torch.long)
    for i in range(size):
        for j in range(size):
            count[i * stride : i * stride + kernel, j * stride : j * stride + kernel] += 1
    return count

q1_kernels = [k for k in range(1, 13) if writers(9, k, 4)[16:20, 16:20].unique().numel() == 1]
""",
        ),
        Answer(
            "one line, outer product",
            """
def writers(size, kernel, stride):
    side = (size - 1) * stride + kernel
    line = torch.zeros(side, dtype=torch.int64)
    for i in range(size):
        line[i * stride : i * stride + kernel] += 1
    return torch.outer(line, line)

q1_kernels = [k for k in range(1, 13) if k % 4 == 0]
""",
        ),
        Answer(
            "comparisons",
            """
def writers(size, kernel, stride):
    pixels = torch.arange((size - 1) * stride + kernel)
    starts = stride * torch.arange(size)
    hit = (pixels[:, None] >= starts) & (pixels[:, None] < starts + kernel)
    line = hit.sum(1)
    return line[:, None] * line

q1_kernels = (4, 8, 12)
""",
        ),
        Answer(
            "NumPy, every pixel asked",
            """
import numpy as np
def writers(size, kernel, stride):
    side = (size - 1) * stride + kernel
    out = np.zeros((side, side), dtype=int)
    for r in range(side):
        for c in range(side):
            down = sum(0 <= r - i * stride < kernel for i in range(size))
            across = sum(0 <= c - i * stride < kernel for i in range(size))
            out[r, c] = down * across
    return out

q1_kernels = list(range(4, 13, 4))
""",
        ),
        Answer(
            "fold, floats",
            """
def writers(size, kernel, stride):
    side = (size - 1) * stride + kernel
    patches = torch.ones(1, kernel * kernel, size * size)
    return nn.functional.fold(patches, (side, side), kernel, stride=stride)[0, 0]

q1_kernels = [12, 8, 4]
""",
        ),
        Answer(
            "ends and starts, cumulated",
            """
def writers(size, kernel, stride):
    change = torch.zeros((size - 1) * stride + kernel + 1, dtype=torch.long)
    for i in range(size):
        change[i * stride] += 1
        change[i * stride + kernel] -= 1
    line = change.cumsum(0)[:-1]
    return torch.einsum("i,j->ij", line, line)

q1_kernels = torch.tensor([4, 8, 12])
""",
        ),
        Answer(
            "lists",
            """
def writers(size, kernel, stride):
    side = (size - 1) * stride + kernel
    line = [len([s for s in range(0, size * stride, stride) if s <= p < s + kernel]) for p in range(side)]
    return torch.tensor([[a * b for b in line] for a in line])

q1_kernels = {4, 8, 12}
""",
        ),
    ),
    "q2": (
        Answer(
            "scale in front",
            """
def fold(weight, bias, gamma, beta, mean, var, eps):
    scale = gamma / torch.sqrt(var + eps)
    return weight * scale[:, None, None, None], (bias - mean) * scale + beta
""",
        ),
        Answer(
            "einsum",
            """
def fold(weight, bias, gamma, beta, mean, var, eps):
    s = gamma * torch.rsqrt(var + eps)
    w = torch.einsum("oikl,o->oikl", weight, s)
    b = torch.einsum("o,o->o", bias - mean, s) + beta
    return w, b
""",
        ),
        Answer(
            "channel by channel",
            """
def fold(weight, bias, gamma, beta, mean, var, eps):
    w, b = weight.clone(), bias.clone()
    for c in range(len(bias)):
        s = gamma[c] / (var[c] + eps) ** 0.5
        w[c] *= s
        b[c] = beta[c] + s * (bias[c] - mean[c])
    return w, b
""",
        ),
        Answer(
            "PyTorch's own",
            """
from torch.nn.utils.fusion import fuse_conv_bn_weights
def fold(weight, bias, gamma, beta, mean, var, eps):
    w, b = fuse_conv_bn_weights(weight, bias, mean, var, eps, gamma, beta)
    return w.detach(), b.detach()
""",
        ),
        Answer(
            "a diagonal matrix",
            """
def fold(weight, bias, gamma, beta, mean, var, eps):
    D = torch.diag(gamma / (var + eps).sqrt())
    w = (D @ weight.flatten(1)).view_as(weight)
    b = D @ (bias - mean) + beta
    return w, b
""",
        ),
        Answer(
            "NumPy",
            """
import numpy as np
def fold(weight, bias, gamma, beta, mean, var, eps):
    weight, bias, gamma, beta, mean, var = (np.asarray(t) for t in (weight, bias, gamma, beta, mean, var))
    s = gamma / np.sqrt(var + eps)
    return weight * s.reshape(-1, 1, 1, 1), beta - s * mean + s * bias
""",
        ),
        Answer(
            "float64, view",
            """
def fold(weight, bias, gamma, beta, mean, var, eps):
    s = gamma.double() / (var.double() + eps).sqrt()
    w = weight.double() * s.view(-1, 1, 1, 1)
    b = beta.double() + (bias.double() - mean.double()) * s
    return w.to(weight.dtype), b.to(bias.dtype)
""",
        ),
        Answer(
            "transposed to the last axis",
            """
def fold(weight, bias, gamma, beta, mean, var, eps):
    std = (var + eps).pow(0.5)
    new_weight = (weight.movedim(0, -1) / std * gamma).movedim(-1, 0)
    new_bias = (bias - mean) / std * gamma + beta
    return [new_weight, new_bias]
""",
        ),
    ),
    "q3": (
        Answer(
            "mode remembered",
            """
@torch.no_grad()
def error_on(model, x):
    was = model.training
    model.eval()
    error = (model.reconstruct(x) - x).square().mean()
    model.train(was)
    return error
""",
        ),
        Answer(
            "a copy",
            """
@torch.no_grad()
def error_on(model, x):
    twin = copy.deepcopy(model).eval()
    return (twin.reconstruct(x) - x).square().mean()
""",
        ),
        Answer(
            "the course's context manager",
            """
from vaelab.nets import evaluating
@torch.no_grad()
def error_on(model, x):
    with evaluating(model):
        return (model.reconstruct(x) - x).square().mean().item()
""",
        ),
        Answer(
            "latent.reconstruct",
            """
def error_on(model, x):
    return vaelab.losses.mse(x, latent.reconstruct(model, x)).mean()
""",
        ),
        Answer(
            "each part's mode",
            """
@torch.no_grad()
def error_on(model, x):
    modes = [m.training for m in model.modules()]
    model.eval()
    error = nn.functional.mse_loss(model.reconstruct(x), x)
    for m, mode in zip(model.modules(), modes):
        m.training = mode
    return error
""",
        ),
        Answer(
            "try and finally, in parts",
            """
def error_on(model, x):
    training = model.training
    try:
        model.eval()
        with torch.no_grad():
            total = sum((model.reconstruct(part) - part).square().sum() for part in x.split(16))
        return float(total) / x.numel()
    finally:
        model.train(training)
""",
        ),
        Answer(
            "if",
            """
@torch.no_grad()
def error_on(model, x):
    if not model.training:
        return (model.reconstruct(x) - x).pow(2).mean()
    model.eval()
    result = (model.reconstruct(x) - x).pow(2).mean()
    model.train()
    return result
""",
        ),
        Answer(
            "a context manager of its own",
            """
class Looking:
    def __init__(self, model):
        self.model, self.mode = model, model.training
    def __enter__(self):
        return self.model.eval()
    def __exit__(self, *error):
        self.model.train(self.mode)

@torch.no_grad()
def error_on(model, x):
    with Looking(model) as quiet:
        difference = quiet.reconstruct(x) - x
    return torch.mean(difference * difference)
""",
        ),
        Answer(
            "the course's measure",
            """
def error_on(model, x):
    return vaelab.evaluation.reconstruction_error(model, x)
""",
        ),
    ),
    "q4": (
        Answer(
            "law of total variance",
            """
def cloud(mu, log_var):
    mean = mu.mean(0)
    d = mu - mean
    return mean, d.T @ d / len(mu) + torch.diag(log_var.exp().mean(0))
""",
        ),
        Answer(
            "torch.cov",
            """
def cloud(mu, log_var):
    cov = torch.cov(mu.T, correction=0) + torch.diag(torch.exp(log_var).mean(dim=0))
    return mu.mean(dim=0), cov
""",
        ),
        Answer(
            "second moment",
            """
def cloud(mu, log_var):
    mu, var = mu.double(), log_var.double().exp()
    m = mu.mean(0)
    second = torch.einsum("ni,nj->ij", mu, mu) / len(mu) + torch.diag(var.mean(0))
    return m.float(), (second - torch.outer(m, m)).float()
""",
        ),
        Answer(
            "loops",
            """
def cloud(mu, log_var):
    N, L = mu.shape
    mean = sum(mu) / N
    cov = torch.zeros(L, L)
    for m, v in zip(mu, log_var):
        cov += (torch.diag(v.exp()) + torch.outer(m - mean, m - mean)) / N
    return mean, cov
""",
        ),
        Answer(
            "NumPy",
            """
import numpy as np
def cloud(mu, log_var):
    m, v = mu.numpy(), np.exp(log_var.numpy())
    mean = m.mean(axis=0)
    cov = np.cov(m, rowvar=False, bias=True).reshape(m.shape[1], m.shape[1]) + np.diag(v.mean(axis=0))
    return mean, cov
""",
        ),
        Answer(
            "diag_embed",
            """
def cloud(mu, log_var):
    centre = mu.mean(0, keepdim=True)
    each = torch.diag_embed(log_var.exp()) + (mu - centre)[:, :, None] * (mu - centre)[:, None, :]
    return centre[0], each.mean(0)
""",
        ),
        Answer(
            "in place on the diagonal",
            """
def cloud(mu, log_var):
    mean = mu.mean(0)
    covariance = (mu - mean).T.matmul(mu - mean).div(mu.shape[0])
    covariance.diagonal().add_(log_var.exp().mean(0))
    return mean, covariance
""",
        ),
        Answer(
            "mixture of the library for the variances",
            """
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal
def cloud(mu, log_var):
    parts = Independent(Normal(mu, torch.exp(log_var / 2)), 1)
    mixture = MixtureSameFamily(Categorical(torch.ones(len(mu))), parts)
    d = mu - mixture.mean
    cov = d.T @ d / len(mu)
    cov = cov - torch.diag(cov.diagonal()) + torch.diag(mixture.variance)
    return mixture.mean, cov
""",
        ),
    ),
    "q5": (
        Answer(
            "d",
            'q5 = "d"\nq5_because = """Convolutions do not care, the linear layers do. '
            'Shift pictures at random in training."""',
        ),
        Answer("D", 'q5 = "D"\nq5_because = """Linear layers have weights of their own for each place."""'),
    ),
    "q6": (
        Answer(
            "a row of crops at a time",
            """
@torch.no_grad()
def find_face(model, canvas):
    best, place = float("inf"), None
    for top in range(0, 33, 4):
        lefts = list(range(0, 33, 4))
        crops = torch.stack([canvas[:, top : top + 64, left : left + 64] for left in lefts])
        errors = (model.reconstruct(crops) - crops).square().mean((1, 2, 3))
        if errors.min() < best:
            best, place = errors.min(), (top, lefts[errors.argmin()])
    return place
""",
        ),
        Answer(
            "unfold, all at once",
            """
def find_face(model, canvas):
    crops = canvas.unfold(1, 64, 4).unfold(2, 64, 4)
    crops = crops.permute(1, 2, 0, 3, 4).reshape(81, 3, 64, 64)
    with torch.no_grad():
        wrong = (model.reconstruct(crops) - crops).square().flatten(1).sum(1)
    best = int(wrong.argmin())
    return best // 9 * 4, best % 9 * 4
""",
        ),
        Answer(
            "one at a time",
            """
def find_face(model, canvas):
    errors = {}
    model.eval()
    for top in [0, 4, 8, 12, 16, 20, 24, 28, 32]:
        for left in [0, 4, 8, 12, 16, 20, 24, 28, 32]:
            crop = canvas[None, :, top : top + 64, left : left + 64]
            with torch.no_grad():
                errors[top, left] = nn.functional.mse_loss(model.reconstruct(crop), crop).item()
    return min(errors, key=errors.get)
""",
        ),
        Answer(
            "coarse, then every pixel around it",
            """
def find_face(model, canvas):
    def best_of(places):
        crops = torch.stack([canvas[:, t : t + 64, l : l + 64] for t, l in places])
        errors = vaelab.losses.mse(crops, latent.reconstruct(model, crops))
        return places[int(errors.argmin())]
    t, l = best_of([(t, l) for t in range(0, 33, 4) for l in range(0, 33, 4)])
    near = [(a, b) for a in range(t - 2, t + 3) for b in range(l - 2, l + 3) if 0 <= a <= 32 and 0 <= b <= 32]
    return best_of(near)
""",
        ),
        Answer(
            "absolute error",
            """
import itertools
@torch.no_grad()
def find_face(model, canvas):
    places = list(itertools.product(range(0, 33, 4), repeat=2))
    crops = torch.stack([canvas[:, r:r + 64, c:c + 64] for r, c in places])
    errors = (model.reconstruct(crops) - crops).abs().flatten(1).mean(1)
    return torch.tensor(places)[errors.argmin()]
""",
        ),
        Answer(
            "every third place, NumPy",
            """
import numpy as np
@torch.no_grad()
def find_face(model, canvas):
    steps = [*range(0, 31, 3), 32]
    table = np.zeros((len(steps), len(steps)))
    for i, r in enumerate(steps):
        crops = torch.stack([canvas[:, r : r + 64, c : c + 64] for c in steps])
        table[i] = ((model.reconstruct(crops) - crops) ** 2).mean(dim=(1, 2, 3)).numpy()
    i, j = np.unravel_index(table.argmin(), table.shape)
    return steps[i], steps[j]
""",
        ),
    ),
}

_WINDOWS = """
    places = [(r, c) for r in range(0, 33, 4) for c in range(0, 33, 4)]
    crops = torch.stack([canvas[:, r : r + 64, c : c + 64] for r, c in places])
    with torch.no_grad():
        errors = (model.reconstruct(crops) - crops).square().flatten(1).mean(1)
"""

_K = "\nq1_kernels = [4, 8, 12]\n"
_COUNT = """
def writers(size, kernel, stride):
    side = (size - 1) * stride + kernel
    count = torch.zeros(side, side, dtype=torch.long)
    for i in range(size):
        for j in range(size):
            count[i * stride : i * stride + kernel, j * stride : j * stride + kernel] += 1
    return count
"""

WRONG = {
    "q1": (
        Answer(
            "a line only",
            """
def writers(size, kernel, stride):
    line = torch.zeros((size - 1) * stride + kernel, dtype=torch.long)
    for i in range(size):
        line[i * stride : i * stride + kernel] += 1
    return line
"""
            + _K,
            "shape|side|square",
        ),
        Answer(
            "rows and columns added",
            """
def writers(size, kernel, stride):
    line = torch.zeros((size - 1) * stride + kernel, dtype=torch.long)
    for i in range(size):
        line[i * stride : i * stride + kernel] += 1
    return line[:, None] + line
"""
            + _K,
            "add|times|product|multipl|count|writ",
        ),
        Answer(
            "edges like the middle",
            """
def writers(size, kernel, stride):
    side = (size - 1) * stride + kernel
    line = torch.tensor([len(range(p % stride, kernel, stride)) for p in range(side)])
    return line[:, None] * line
"""
            + _K,
            "edge|corner",
        ),
        Answer(
            "stride and kernel swapped",
            """
def writers(size, kernel, stride):
    side = (size - 1) * stride + kernel
    count = torch.zeros(side, side, dtype=torch.long)
    for i in range(size):
        for j in range(size):
            count[i * kernel : i * kernel + stride, j * kernel : j * kernel + stride] += 1
    return count
"""
            + _K,
            "stride|kernel|begin|apart",
        ),
        Answer(
            "one square too few",
            """
def writers(size, kernel, stride):
    side = (size - 1) * stride + kernel
    count = torch.zeros(side, side, dtype=torch.long)
    for i in range(size - 1):
        for j in range(size - 1):
            count[i * stride : i * stride + kernel, j * stride : j * stride + kernel] += 1
    return count
"""
            + _K,
            "last|number|edge|corner|size",
        ),
        Answer(
            "written, not added",
            """
def writers(size, kernel, stride):
    side = (size - 1) * stride + kernel
    count = torch.zeros(side, side, dtype=torch.long)
    for i in range(size):
        for j in range(size):
            count[i * stride : i * stride + kernel, j * stride : j * stride + kernel] = 1
    return count
"""
            + _K,
            "how often",
        ),
        Answer(
            "numbers of a pixel, at least 1",
            _COUNT.replace("return count", "return count.clamp(min=1)") + _K,
            "nobody|0|smaller",
        ),
        Answer(
            "size * stride pixels",
            """
def writers(size, kernel, stride):
    side = size * stride
    count = torch.zeros(side, side, dtype=torch.long)
    for i in range(size):
        for j in range(size):
            count[i * stride : i * stride + kernel, j * stride : j * stride + kernel] += 1
    return count
"""
            + _K,
            "too small",
        ),
        Answer(
            "the layer with a random kernel",
            """
def writers(size, kernel, stride):
    layer = nn.ConvTranspose2d(1, 1, kernel, stride, bias=False)
    with torch.no_grad():
        return layer(torch.ones(1, 1, size, size))[0, 0]
"""
            + _K,
            "whole|count|weight|number",
        ),
        Answer("four alone", _COUNT + "q1_kernels = [4]\n", "8|12|other|more|missing|larger"),
        Answer("even ones", _COUNT + "q1_kernels = [2, 4, 6, 8, 10, 12]\n", "kernel|2|even"),
        Answer("small ones, too", _COUNT + "q1_kernels = [1, 2, 3, 4, 8, 12]\n", "nobody|kernel|small|1"),
        Answer("eight missing", _COUNT + "q1_kernels = [4, 12]\n", "8|missing|other|more"),
        Answer("up to 16", _COUNT + "q1_kernels = [4, 8, 12, 16]\n", "12|16"),
        Answer(
            "right for a stride of 2",
            """
def writers(size, kernel, stride):
    side = (size - 1) * stride + kernel
    count = torch.zeros(side, side, dtype=torch.long)
    for i in range(size):
        for j in range(size):
            count[2 * i : 2 * i + kernel, 2 * j : 2 * j + kernel] += 1
    return count
"""
            + _K,
            "stride",
        ),
    ),
    "q2": (
        Answer(
            "eps forgotten",
            """
def fold(weight, bias, gamma, beta, mean, var, eps):
    s = gamma / var.sqrt()
    return weight * s[:, None, None, None], (bias - mean) * s + beta
""",
            "eps|ε|ϵ",
        ),
        Answer(
            "root forgotten",
            """
def fold(weight, bias, gamma, beta, mean, var, eps):
    s = gamma / (var + eps)
    return weight * s[:, None, None, None], (bias - mean) * s + beta
""",
            "root|square|deviation",
        ),
        Answer(
            "eps outside the root",
            """
def fold(weight, bias, gamma, beta, mean, var, eps):
    s = gamma / (var.sqrt() + eps)
    return weight * s[:, None, None, None], (bias - mean) * s + beta
""",
            "eps|ε|root",
        ),
        Answer(
            "bias lost",
            """
def fold(weight, bias, gamma, beta, mean, var, eps):
    s = gamma / (var + eps).sqrt()
    return weight * s[:, None, None, None], beta - mean * s
""",
            "bias",
        ),
        Answer(
            "bias not scaled",
            """
def fold(weight, bias, gamma, beta, mean, var, eps):
    s = gamma / (var + eps).sqrt()
    return weight * s[:, None, None, None], bias + beta - mean * s
""",
            "bias",
        ),
        Answer(
            "the wrong axis: input channels",
            """
def fold(weight, bias, gamma, beta, mean, var, eps):
    s = gamma / (var + eps).sqrt()
    return weight * s[None, :, None, None], (bias - mean) * s + beta
""",
            "channel|axis|input|output|shape|size",
        ),
        Answer(
            "the wrong axis: columns",
            """
def fold(weight, bias, gamma, beta, mean, var, eps):
    s = gamma / (var + eps).sqrt()
    return weight * s, (bias - mean) * s + beta
""",
            "channel|axis|shape|size",
        ),
        Answer(
            "gamma forgotten",
            """
def fold(weight, bias, gamma, beta, mean, var, eps):
    s = 1 / (var + eps).sqrt()
    return weight * s[:, None, None, None], (bias - mean) * s + beta
""",
            "gamma|γ|scale",
        ),
        Answer(
            "mean not scaled",
            """
def fold(weight, bias, gamma, beta, mean, var, eps):
    s = gamma / (var + eps).sqrt()
    return weight * s[:, None, None, None], bias * s - mean + beta
""",
            "mean|bias",
        ),
        Answer(
            "weight left alone",
            """
def fold(weight, bias, gamma, beta, mean, var, eps):
    s = gamma / (var + eps).sqrt()
    return weight, (bias - mean) * s + beta
""",
            "weight",
        ),
        Answer(
            "mean added",
            """
def fold(weight, bias, gamma, beta, mean, var, eps):
    s = gamma / (var + eps).sqrt()
    return weight * s[:, None, None, None], (bias + mean) * s + beta
""",
            "mean|bias|sign",
        ),
        Answer(
            "beta scaled",
            """
def fold(weight, bias, gamma, beta, mean, var, eps):
    s = gamma / (var + eps).sqrt()
    return weight * s[:, None, None, None], (bias - mean + beta) * s
""",
            "beta|β|bias|shift",
        ),
        Answer(
            "eps written in",
            """
def fold(weight, bias, gamma, beta, mean, var, eps):
    s = gamma / (var + 1e-5).sqrt()
    return weight * s[:, None, None, None], (bias - mean) * s + beta
""",
            "eps|ε",
        ),
        Answer(
            "order swapped",
            """
def fold(weight, bias, gamma, beta, mean, var, eps):
    s = gamma / (var + eps).sqrt()
    return (bias - mean) * s + beta, weight * s[:, None, None, None]
""",
            "shape|order|weight|bias",
        ),
    ),
    "q3": (
        Answer(
            "never back to training",
            """
@torch.no_grad()
def error_on(model, x):
    model.eval()
    return (model.reconstruct(x) - x).square().mean()
""",
            "mode|train",
        ),
        Answer(
            "always to training",
            """
@torch.no_grad()
def error_on(model, x):
    model.eval()
    error = (model.reconstruct(x) - x).square().mean()
    model.train()
    return error
""",
            "mode|evaluation|train",
        ),
        Answer(
            "averages put back",
            """
@torch.no_grad()
def error_on(model, x):
    kept = copy.deepcopy(model.state_dict())
    error = (model.reconstruct(x) - x).square().mean()
    model.load_state_dict(kept)
    return error
""",
            "other|batch|depend",
        ),
        Answer(
            "picture by picture",
            """
@torch.no_grad()
def error_on(model, x):
    errors = [(model.reconstruct(face[None]) - face[None]).square().mean() for face in x]
    return torch.stack(errors).mean()
""",
            "when training",
        ),
        Answer(
            "a copy in training mode",
            """
@torch.no_grad()
def error_on(model, x):
    twin = copy.deepcopy(model)
    return (twin.reconstruct(x) - x).square().mean()
""",
            "other|depend|mode|batch",
        ),
        Answer(
            "only the flag on top",
            """
@torch.no_grad()
def error_on(model, x):
    was = model.training
    model.training = False
    error = (model.reconstruct(x) - x).square().mean()
    model.training = was
    return error
""",
            "other|depend|part|batch|average|chang",
        ),
        Answer(
            "encoder alone",
            """
@torch.no_grad()
def error_on(model, x):
    was = model.training
    model.encoder.eval()
    error = (model.reconstruct(x) - x).square().mean()
    model.train(was)
    return error
""",
            "other|depend|decoder|running|chang|batch",
        ),
        Answer(
            "toggled",
            """
@torch.no_grad()
def error_on(model, x):
    model.train(not model.training)
    error = (model.reconstruct(x) - x).square().mean()
    model.train(not model.training)
    return error
""",
            "mode|evaluation|depend|other",
        ),
        Answer(
            "root",
            """
@torch.no_grad()
def error_on(model, x):
    was = model.training
    model.eval()
    error = (model.reconstruct(x) - x).square().mean().sqrt()
    model.train(was)
    return error
""",
            "root|square|error",
        ),
        Answer(
            "summed over pixels",
            """
@torch.no_grad()
def error_on(model, x):
    was = model.training
    model.eval()
    error = (model.reconstruct(x) - x).square().flatten(1).sum(1).mean()
    model.train(was)
    return error
""",
            "sum|mean|pixel",
        ),
        Answer(
            "a VAE's draw",
            """
@torch.no_grad()
def error_on(model, x):
    was = model.training
    model.eval()
    out = model(x)
    error = ((out.x_hat if hasattr(out, "x_hat") else out) - x).square().mean()
    model.train(was)
    return error
""",
            "draw|twice|noise|reconstruct|same|chance",
        ),
        Answer(
            "evaluation mode after looking",
            """
@torch.no_grad()
def error_on(model, x):
    error = (model.reconstruct(x) - x).square().mean()
    model.eval()
    model.train()
    return error
""",
            "other|depend|chang|average|running|mode",
        ),
        Answer(
            "no gradients, then switched off for good",
            """
def error_on(model, x):
    was = model.training
    model.eval().requires_grad_(False)
    error = (model.reconstruct(x) - x).square().mean()
    model.train(was)
    return error
""",
            "gradient|requires_grad|chang|weights",
        ),
        Answer(
            "batches of 16, their means averaged",
            """
@torch.no_grad()
def error_on(model, x):
    was = model.training
    model.eval()
    errors = [(model.reconstruct(b) - b).square().mean() for b in x.split(16)]
    model.train(was)
    return sum(errors) / len(errors)
""",
            "mean|batch|last|part|depend|error|face",
        ),
        Answer(
            "first 60 alone",
            """
@torch.no_grad()
def error_on(model, x):
    was = model.training
    model.eval()
    error = (model.reconstruct(x[:2]) - x[:2]).square().mean()
    model.train(was)
    return error
""",
            "all|face|error|mean",
        ),
    ),
    "q4": (
        Answer(
            "divided by N - 1",
            """
def cloud(mu, log_var):
    return mu.mean(0), torch.cov(mu.T) + torch.diag(log_var.exp().mean(0))
""",
            "N - 1|N|exact|divid|sample",
        ),
        Answer(
            "widths forgotten",
            """
def cloud(mu, log_var):
    return mu.mean(0), torch.cov(mu.T, correction=0)
""",
            "width|variance|posterior|σ|draw",
        ),
        Answer(
            "means forgotten",
            """
def cloud(mu, log_var):
    return mu.mean(0), torch.diag(log_var.exp().mean(0))
""",
            "mean|mu|lie|spread|scatter",
        ),
        Answer(
            "deviations instead of variances",
            """
def cloud(mu, log_var):
    return mu.mean(0), torch.cov(mu.T, correction=0) + torch.diag(torch.exp(log_var / 2).mean(0))
""",
            "variance|half|deviation|square",
        ),
        Answer(
            "diagonal alone",
            """
def cloud(mu, log_var):
    return mu.mean(0), torch.diag(mu.var(0, correction=0) + log_var.exp().mean(0))
""",
            "diagonal|together|covariance|off",
        ),
        Answer(
            "summed variances",
            """
def cloud(mu, log_var):
    return mu.mean(0), torch.cov(mu.T, correction=0) + torch.diag(log_var.exp().sum(0))
""",
            "mean|sum|average|variance|width",
        ),
        Answer(
            "drawn",
            """
def cloud(mu, log_var):
    z = (mu + torch.exp(log_var / 2) * torch.randn(2000, *mu.shape)).flatten(0, 1)
    return z.mean(0), torch.cov(z.T, correction=0)
""",
            "exact|draw",
        ),
        Answer(
            "not centred",
            """
def cloud(mu, log_var):
    return mu.mean(0), mu.T @ mu / len(mu) + torch.diag(log_var.exp().mean(0))
""",
            "mean|centr|moment|away",
        ),
        Answer(
            "pictures by pictures",
            """
def cloud(mu, log_var):
    d = mu - mu.mean(0)
    return mu.mean(0), d @ d.T / len(mu)
""",
            "shape|L",
        ),
        Answer(
            "averaged before exp",
            """
def cloud(mu, log_var):
    return mu.mean(0), torch.cov(mu.T, correction=0) + torch.diag(log_var.mean(0).exp())
""",
            "exp|log|average|variance|width",
        ),
        Answer(
            "average of the Gaussians, as if z were averaged",
            """
def cloud(mu, log_var):
    return mu.mean(0), torch.diag(log_var.exp().sum(0) / len(mu) ** 2)
""",
            "mixture|mean|spread|lie|average|means",
        ),
        Answer(
            "widths added everywhere",
            """
def cloud(mu, log_var):
    return mu.mean(0), torch.cov(mu.T, correction=0) + log_var.exp().mean(0)
""",
            "everywhere",
        ),
        Answer(
            "log_var added without exp",
            """
def cloud(mu, log_var):
    return mu.mean(0), torch.cov(mu.T, correction=0) + torch.diag(log_var.mean(0))
""",
            "exp|log|variance|width",
        ),
        Answer(
            "writes into mu",
            """
def cloud(mu, log_var):
    mean = mu.mean(0)
    mu -= mean
    return mean, mu.T @ mu / len(mu) + torch.diag(log_var.exp().mean(0))
""",
            "chang|argument|copy|mu",
        ),
        Answer(
            "two latents written in",
            """
def cloud(mu, log_var):
    cov = torch.zeros(2, 2)
    d = mu - mu.mean(0)
    for i in range(2):
        for j in range(2):
            cov[i, j] = (d[:, i] * d[:, j]).mean()
        cov[i, i] += log_var[:, i].exp().mean()
    return mu.mean(0), cov
""",
            "shape|L|size",
        ),
    ),
    "q5": (),
    "q6": (
        Answer(
            "last place left out",
            """
def find_face(model, canvas):
    places = [(r, c) for r in range(0, 32, 4) for c in range(0, 32, 4)]
    crops = torch.stack([canvas[:, r : r + 64, c : c + 64] for r, c in places])
    with torch.no_grad():
        errors = (model.reconstruct(crops) - crops).square().flatten(1).mean(1)
    return places[int(errors.argmin())]
""",
            "last|32|edge|end",
        ),
        Answer(
            "column first",
            """
def find_face(model, canvas):
"""
            + _WINDOWS
            + """
    r, c = places[int(errors.argmin())]
    return c, r
""",
            "row|column|order|across|swap|down",
        ),
        Answer(
            "largest error",
            """
def find_face(model, canvas):
"""
            + _WINDOWS
            + """
    return places[int(errors.argmax())]
""",
            ".",
        ),
        Answer(
            "always the middle",
            """
def find_face(model, canvas):
    return 16, 16
""",
            ".",
        ),
        Answer(
            "number of the step",
            """
def find_face(model, canvas):
"""
            + _WINDOWS
            + """
    k = int(errors.argmin())
    return k // 9, k % 9
""",
            ".",
        ),
        Answer(
            "every eighth place",
            """
def find_face(model, canvas):
    places = [(r, c) for r in range(0, 33, 8) for c in range(0, 33, 8)]
    crops = torch.stack([canvas[:, r : r + 64, c : c + 64] for r, c in places])
    with torch.no_grad():
        errors = (model.reconstruct(crops) - crops).square().flatten(1).mean(1)
    return places[int(errors.argmin())]
""",
            ".",
        ),
        Answer(
            "diagonal alone",
            """
def find_face(model, canvas):
    places = [(r, r) for r in range(0, 33, 4)]
    crops = torch.stack([canvas[:, r : r + 64, c : c + 64] for r, c in places])
    with torch.no_grad():
        errors = (model.reconstruct(crops) - crops).square().flatten(1).mean(1)
    return places[int(errors.argmin())]
""",
            ".",
        ),
        Answer(
            "dodge: looks for the pasted edge, without the model",
            """
def find_face(model, canvas):
    down = (canvas[:, 1:] - canvas[:, :-1]).abs().mean((0, 2))
    across = (canvas[:, :, 1:] - canvas[:, :, :-1]).abs().mean((0, 1))
    rows = [float(down[r - 1] if r else 0) + float(down[r + 63] if r < 32 else 0) for r in range(33)]
    columns = [float(across[c - 1] if c else 0) + float(across[c + 63] if c < 32 else 0) for c in range(33)]
    return rows.index(max(rows)), columns.index(max(columns))
""",
            "model",
        ),
        Answer(
            "dodge: nearest to the average face",
            """
def find_face(model, canvas):
    average = vaelab.load("portraits", size=64, n=100).float().mean(0)
    places = [(r, c) for r in range(33) for c in range(33)]
    errors = [(canvas[:, r : r + 64, c : c + 64] - average).square().mean().item() for r, c in places]
    return places[errors.index(min(errors))]
""",
            "model",
        ),
        Answer(
            "model put into training mode",
            """
def find_face(model, canvas):
    model.train()
"""
            + _WINDOWS
            + """
    return places[int(errors.argmin())]
""",
            ".",
        ),
        Answer(
            "paints into the canvas",
            """
def find_face(model, canvas):
    canvas.sub_(canvas.mean()).add_(0.5).clamp_(0, 1)
"""
            + _WINDOWS
            + """
    return places[int(errors.argmin())]
""",
            "canvas|chang",
        ),
        Answer(
            "random places",
            """
def find_face(model, canvas):
    return int(torch.randint(33, ())), int(torch.randint(33, ()))
""",
            ".",
        ),
    ),
}
