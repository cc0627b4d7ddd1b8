"""Wrong answers that must fail, and right ones that must pass, of exercise 2."""

from tools.mutants import Answer


def see(width="width += (k - 1) * step", step="step *= s", end="return width, step", start="1, 1"):
    return (
        f"def window(layers):\n    width, step = {start}\n    for k, s in layers:\n"
        f"        {width}\n        {step}\n    {end}\n"
    )


def back(line: str, end: str = "found[::-1]") -> str:
    return (
        "def output_paddings(n, layers):\n    found = []\n    for k, s, p in layers:\n"
        f"        m = (n + 2*p - k) // s + 1\n        found.append({line})\n        n = m\n    return {end}\n"
    )


def pca(body: str) -> str:
    return f"import numpy as np\ndef pca_errors(x):\n    n, d = x.shape\n    {body}\n"


def errors(singular: str = "x - x.mean(0)", power: str = "**2", end: str = "left / x.numel()") -> str:
    return pca(
        f"s = torch.linalg.svdvals({singular}){power}\n"
        "    left = s.sum() - torch.cat([torch.zeros(1, dtype=s.dtype), s.cumsum(0)])\n"
        f"    return {end}"
    )


def loss(body: str) -> str:
    return (
        "import torch.nn.functional as F\ndef denoising_loss(model, x):\n"
        f"    noisy = (x + 0.4 * torch.randn_like(x)).clamp(0, 1)\n    {body}\n"
    )


def model(body: str, after: str = "train(build())") -> str:
    return f"torch.manual_seed(0)\ndef build():\n    {body}\ndenoiser = {after}\n"


def dense(latents: int = 16, width: int = 128) -> str:
    shape = "(1, 28, 28)"
    parts = f"nets.mlp_encoder({shape}, ({width},)), nets.mlp_decoder({latents}, {shape}, ({width},))"
    return f"return vaelab.Autoencoder({parts}, {latents}, {shape})"


AROUND = """
class Around(vaelab.Autoencoder):
    def forward(self, x):
        return (0.5 * x + 0.5 * self.decode(self.encode(x)))
def build():
    shape = (1, 28, 28)
    return Around(nets.mlp_encoder(shape, (128,)), nets.mlp_decoder(16, shape, (128,)), 16, shape)
denoiser = train(build())
"""
SIDE = """
class Side(vaelab.Autoencoder):
    def encode(self, x):
        self.kept = nn.functional.avg_pool2d(x, 3, 1, 1)
        return super().encode(x)
    def decode(self, z):
        return 0 * super().decode(z) + self.kept
def build():
    shape = (1, 28, 28)
    return Side(nets.mlp_encoder(shape, (128,)), nets.mlp_decoder(16, shape, (128,)), 16, shape)
denoiser = build()
"""
CONVOLUTIONS = """
def build():
    torch.manual_seed(0)
    act = nn.LeakyReLU(0.2)
    encoder = nn.Sequential(nn.Conv2d(1, 16, 3, 2, 1), act, nn.Conv2d(16, 32, 3, 2, 1), act, nn.Flatten())
    decoder = nn.Sequential(
        nn.Linear(16, 1568), act, nn.Unflatten(1, (32, 7, 7)), nn.ConvTranspose2d(32, 16, 3, 2, 1, 1), act,
        nn.ConvTranspose2d(16, 1, 3, 2, 1, 1), nn.Sigmoid(),
    )
    return vaelab.Autoencoder(encoder, decoder, 16, (1, 28, 28))
denoiser = train(build(), epochs=20)
"""
SEQUENTIAL = """
def build():
    torch.manual_seed(0)
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.GELU())
    decoder = nn.Sequential(nn.Linear(12, 256), nn.GELU(), nn.Linear(256, 784), nn.Sigmoid(), nn.Unflatten(1, (1, 28, 28)))
    return vaelab.Autoencoder(encoder, decoder, 12, (1, 28, 28))
denoiser = train(build(), lr=4e-3)
"""
STORED = """
class Store(nn.Module):
    known = new_digits.float()
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
    def forward(self, x):
        return torch.cdist(x.flatten(1), self.known.flatten(1)).argmin(1, keepdim=True) + 0.0 * self.weight
class Recall(nn.Module):
    def forward(self, z):
        return Store.known[z[:, 0].round().long().clamp(0, len(Store.known) - 1)]
denoiser = vaelab.Autoencoder(Store(), Recall(), 1, (1, 28, 28)).eval()
denoiser.to_code = nn.Identity()
"""
FOG = """
def train(model):
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(15):
        for x in digits.float().split(32):
            noisy = Noise()(x)
            loss = (model(noisy) - noisy).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return model.eval()
"""

WRONG = {
    "q2": [
        Answer("kernels added", see("width += k", start="0, 1"), "added up"),
        Answer("strides ignored", see("width += k - 1"), "in \\*pixels\\*"),
        Answer("kernels multiplied", see("width *= k"), "multiplied"),
        Answer("own stride first", see("step *= s", "width += (k - 1) * step"), "own stride"),
        Answer("last layer first", see().replace("in layers", "in layers[::-1]"), "last to the first"),
        Answer("begins at nothing", see(start="0, 1"), "one too few"),
        Answer("the whole kernel", see("width += k * step"), "kernel itself|not yet"),
        Answer("strides added", see(step="step += s", start="1, 0").replace("* step", "* max(step, 1)"), "added up"),
        Answer("the last stride", see(end="return width, s"), "last layer's stride"),
        Answer("changed places", see(end="return step, width"), "window's width"),
        Answer("the width alone", see(end="return width"), "two numbers"),
        Answer("the first stride for all", "def window(layers):\n    s = layers[0][1]\n    return 1 + sum((k - 1) * s**i for i, (k, _) in enumerate(layers)), s**len(layers)\n", "taken for all"),
        Answer("pixels counted", "def window(layers):\n    seen = {0}\n    for k, s in layers[::-1]:\n        seen = {p * s + j for p in seen for j in range(k)}\n    return len(seen), torch.tensor(layers)[:, 1].prod()\n", "first pixel to its last"),
        Answer("only stride two", see(step="step *= 2"), "not yet"),
        Answer("a kernel of three", see("width += 2 * step"), "not yet"),
    ],
    "q3": [
        Answer("always one", back("1"), "1 everywhere"),
        Answer("always none", back("0"), "always 0"),
        Answer("the encoder's order", back("(n + 2*p - k) % s", "found"), "encoder's order"),
        Answer("even or odd", back("int(n % 2 == 0)"), "even or odd"),
        Answer("remainder of the size", back("n % s"), "stride alone|Not yet"),
        Answer("backwards from n", back("(n + 2*p - k) % s", "found").replace("in layers", "in layers[::-1]"), "last to the first"),
        Answer("the same size everywhere", back("(n + 2*p - k) % s", "found[::-1]").replace("n = m", "pass"), "1 everywhere"),
        Answer("at most one", back("min(1, (n + 2*p - k) % s)"), "Only 0 or 1"),
        Answer("stride 1 left out", "def output_paddings(n, layers):\n    found = []\n    for k, s, p in layers:\n        found = [(n + 2*p - k) % s] * (s > 1) + found\n        n = (n + 2*p - k) // s + 1\n    return found\n", "left out"),
        Answer("missing to the next step", back("(k - n - 2*p) % s"), "next whole step"),
        Answer("all in the last layer", "def output_paddings(n, layers):\n    m = n\n    for k, s, p in layers:\n        m = (m + 2*p - k) // s + 1\n    for k, s, p in layers[::-1]:\n        m = (m - 1) * s - 2*p + k\n    return [0] * (len(layers) - 1) + [n - m]\n", "last one|not yet|order|strides?|\\bwrong for a kernel"),
        Answer("without the kernel", back("(n + 2*p) % s"), "each step up give"),
        Answer("padding once", back("(n + p - k) % s"), "Not yet"),
    ],
    "q4": [
        Answer("not centred", errors("x"), "not centred"),
        Answer("each picture's mean", errors("x - x.mean(1, keepdim=True)"), "own mean"),
        Answer("not squared", errors(power=""), "squared"),
        Answer("what is kept", errors(end="s.cumsum(0)[[0, 0, 1, 2, 3, 4]] * torch.tensor([0., 1, 1, 1, 1, 1]) / x.numel()"), "what it leaves"),
        Answer("a whole picture", errors(end="left / n"), "whole picture"),
        Answer("a sum", errors(end="left"), "sum over all"),
        Answer("over pixels only", errors(end="left / d"), "summed over the pictures"),
        Answer("N - 1", errors(end="left / ((n - 1) * d)"), "N - 1"),
        Answer("shares", errors(end="left / left[0]"), "shares"),
        Answer("begins at one", errors(end="left[1:] / x.numel()"), "six sizes"),
        Answer("smallest first", pca("s = torch.linalg.svdvals(x - x.mean(0)).flip(0)**2; return (s.sum() - torch.cat([torch.zeros(1), s.cumsum(0)])) / x.numel()"), "wrong order"),
        Answer("pca_lowrank", pca("s = torch.pca_lowrank(x)[1]**2; s = torch.cat([s, torch.zeros(min(n, d) - len(s))]) if len(s) < min(n, d) else s; return (s.sum() - torch.cat([torch.zeros(1), s.cumsum(0)])) / x.numel()"), "eleven"),
        Answer("the ten longest", errors("x - x.mean(0)").replace("    left", "    s[7:] = 0\n    left"), "eleven"),
        Answer("of the covariance of pictures", pca("e = torch.linalg.eigvalsh(torch.cov(x)).flip(0)[:min(n, d)]; return torch.stack([e[k:].sum() / d for k in range(len(e) + 1)])"), "not yet"),
        Answer("a root", errors(end="(left / x.numel()).clamp(min=0).sqrt()"), "root"),
    ],
    "q5": [
        Answer("no number", "q5_enough = 'many'", "one of these: 0, 1, ..., 784"),
        Answer("half a number", "q5_enough = 59.5", "one of these: 0, 1, ..., 784"),
        Answer("a", "q5 = 'a'", "no noise"),
        Answer("b", "q5 = 'b'", "store"),
        Answer("d", "q5 = 'D'", "single new digit"),
    ],
    "q1": [
        Answer("as given", loss("return (model(noisy) - noisy).square().mean()"), "code as given"),
        Answer("nothing noisy", loss("return (model(x) - x).square().mean()"), "gets away with 0"),
        Answer("turned round", loss("return (model(x) - noisy).square().mean()"), "wrong way round"),
        Answer("in place", "def denoising_loss(model, x):\n    x += 0.4 * torch.randn_like(x)\n    x.clamp_(0, 1)\n    return (model(x) - x).square().mean()\n", "in place"),
        Answer("fresh noise in the target", loss("return (model(noisy) - (x + 0.4 * torch.randn_like(x)).clamp(0, 1)).square().mean()"), "noise in what"),
        Answer("absolute", loss("return (model(noisy) - x).abs().mean()"), "absolute"),
        Answer("half", loss("return 0.5 * (model(noisy) - x).square().mean()"), "half"),
        Answer("seeded inside", "def denoising_loss(model, x):\n    torch.manual_seed(0)\n    noisy = (x + 0.4 * torch.randn_like(x)).clamp(0, 1)\n    return (model(noisy) - x).square().mean()\n", "same noise"),
        Answer("a generator inside", "def denoising_loss(model, x):\n    noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(1))\n    return (model((x + 0.4 * noise).clamp(0, 1)) - x).square().mean()\n", "same noise"),
        Answer("one noise for the batch", loss("noisy = (x + 0.4 * torch.randn_like(x[:1])).clamp(0, 1); return (model(noisy) - x).square().mean()"), "batch share"),
        Answer("one noise for all colours", loss("noisy = (x + 0.4 * torch.randn_like(x[:, :1])).clamp(0, 1); return (model(noisy) - x).square().mean()"), "colours"),
        Answer("one noise for every row", loss("noisy = (x + 0.4 * torch.randn_like(x[:, :, :1])).clamp(0, 1); return (model(noisy) - x).square().mean()"), "all rows"),
        Answer("grey pictures only", loss("return ((model(noisy) - x)[:, 0]).square().sum() / x.numel()"), "clean pictures' squares"),
        Answer("binary cross-entropy", loss("return F.binary_cross_entropy(model(noisy).clamp(1e-3, 1 - 1e-3), x)"), "clean pictures' squares"),
        Answer("the noise as target", loss("return (model(noisy) - (noisy - x)).square().mean()"), "what the model draws"),
        Answer("a sum", loss("return (model(noisy) - x).square().sum()"), "sum over all"),
        Answer("a sum for each picture", loss("return (model(noisy) - x).square().flatten(1).sum(1).mean()"), "of a picture"),
        Answer("a root", loss("return (model(noisy) - x).square().mean().sqrt()"), "no root"),
        Answer("not averaged", loss("return (model(noisy) - x).square()"), "one number"),
        Answer("not cut off", loss("noisy = x + 0.4 * torch.randn_like(x); return (model(noisy) - x).square().mean()"), "cut off"),
        Answer("a plain number", loss("return (model(noisy) - x).square().mean().item()"), "No gradient"),
        Answer("cut off from the model", loss("return (model(noisy).detach() - x).square().mean()"), "No gradient"),
        Answer("half the noise", loss("noisy = (x + 0.2 * torch.randn_like(x)).clamp(0, 1); return (model(noisy) - x).square().mean()"), "size of the noise"),
        Answer("the model left out", loss("return (noisy - x).square().mean()"), "what the model draws"),
    ],
    "q6": [
        Answer("too wide a code", model(dense(64)), "64 numbers"),
        Answer("two latents", model(dense(2)), "on its way|average digit"),
        Answer("not trained", model(dense(), "build()"), "has it been trained|average digit|on its way"),
        Answer("one round", model(dense(), "train(build(), epochs=1)"), "trained|average"),
        Answer("the noise as target", FOG + model(dense()), "fog"),
        Answer("round the bottleneck", AROUND, "way round"),
        Answer("no prediction", model(dense()) + "q6_noise = ...\n", "no value yet"),
        Answer("a side channel", SIDE, "another order|way round"),
        Answer("four units", model(dense(16, 4)), "wide enough"),
        Answer("steps far too small", model(dense(), "train(build(), lr=1e-9)"), "trained|average|on its way"),
        Answer("the new digits stored", STORED, "these very digits"),
    ],
}  # fmt: skip

RIGHT = {
    "q2": [
        Answer("backwards", "def window(layers):\n    width = step = 1\n    for k, s in reversed(layers):\n        width, step = (width - 1) * s + k, step * s\n    return [width, step]\n"),
        Answer("a tensor", see(end="return torch.tensor([width, step])")),
        Answer("by trying", "def window(layers):\n    from math import prod\n    row = torch.zeros(1, 1, 999, requires_grad=True)\n    out = row\n    for k, s in layers:\n        out = nn.functional.conv1d(out, torch.ones(1, 1, k), stride=s)\n    out[0, 0, 0].backward()\n    return int(row.grad.nonzero().max()) + 1, prod(s for _, s in layers)\n"),
        Answer("sums", "def window(layers):\n    import numpy as np\n    k, s = np.array(layers).T\n    before = np.cumprod([1, *s[:-1]])\n    return 1 + ((k - 1) * before).sum(), s.prod()\n"),
        Answer("recursion", "def window(layers):\n    if not layers:\n        return 1, 1\n    width, step = window(layers[:-1])\n    k, s = layers[-1]\n    return width + (k - 1) * step, step * s\n"),
    ],
    "q3": [
        Answer("the difference", back("n - ((m - 1)*s - 2*p + k)")),
        Answer("reversed", back("(n + 2*p - k) - s*(m - 1)", "list(reversed(found))")),
        Answer("a tensor", back("(n - k + 2*p) % s", "torch.tensor(found).flip(0)")),
        Answer("by trying", "def output_paddings(n, layers):\n    rows = [n]\n    for k, s, p in layers:\n        rows.append((rows[-1] + 2*p - k)//s + 1)\n    return tuple(next(o for o in range(s) if (b - 1)*s - 2*p + k + o == a) for (k, s, p), a, b in zip(layers[::-1], rows[-2::-1], rows[:0:-1]))\n"),
    ],
    "q4": [
        Answer("NumPy", pca("x = np.asarray(x, dtype=float); s = np.linalg.svd(x - x.mean(0), compute_uv=False)**2; return np.append(s[::-1].cumsum()[::-1], 0) / x.size")),
        Answer("eigenvalues", pca("e = torch.linalg.eigvalsh(torch.cov(x.T, correction=0)).flip(0)[:min(n, d)]; return torch.stack([e[k:].sum() / d for k in range(len(e) + 1)])")),
        Answer("reconstructions", pca("c = x - x.mean(0); v = torch.linalg.svd(c, full_matrices=False).Vh; return [((c - c @ v[:k].T @ v[:k])**2).mean().item() for k in range(len(v) + 1)]")),
        Answer("scikit-learn", pca("from sklearn.decomposition import PCA; v = PCA().fit(x.double()).explained_variance_; return [v[k:].sum() * (n - 1) / (n * d) for k in range(len(v) + 1)]")),
    ],
    "q5": [Answer("capital, and a float", "q5 = 'C'\nq5_enough = 59.0"), Answer("another guess", "q5 = '(c)'\nq5_enough = '784'")],
    "q1": [
        Answer("torch's mse_loss", loss("return F.mse_loss(model(noisy), x)")),
        Answer("mean of means", loss("return ((x - model(noisy))**2).flatten(1).mean(1).mean()")),
        Answer("the course's loss", loss("return vaelab.losses.mse(x, model(noisy)).mean()")),
        Answer("noise drawn another way", "def denoising_loss(model, x):\n    noise = torch.normal(0.0, 0.4, x.shape)\n    return torch.mean(torch.square(model((x + noise).clip(0, 1)) - x))\n"),
        Answer("picture by picture", "def denoising_loss(model, x):\n    paid = []\n    for one in x.split(1):\n        noisy = (one + 0.4 * torch.randn_like(one)).clamp(0, 1)\n        paid.append((model(noisy) - one).square().mean())\n    return torch.stack(paid).mean()\n"),
    ],
    "q6": [
        Answer("another prediction", model(dense()) + "q6_noise = '(a)'\n"),
        Answer("convolutions", CONVOLUTIONS),
        Answer("layers by hand", SEQUENTIAL),
        Answer("wider, narrower code", model(dense(10, 256))),
    ],
}  # fmt: skip
