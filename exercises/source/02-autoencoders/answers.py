"""Wrong answers that must fail, and right ones that must pass, of exercise 2."""

import re

from tools.mutants import Answer


def layer(body: str) -> str:
    return f"import math\ndef conv_layer(shape, channels, kernel, stride, padding):\n    c, h, w = shape\n    {body}\n"


def out(h: str, w: str | None = None, count: str = "channels * (c * kernel**2 + 1)") -> str:
    w = w or re.sub(r"\bh\b", "w", h)
    return layer(f"return (channels, {h}, {w}), {count}")


def count(expression: str) -> str:
    return out("(h + 2*padding - kernel) // stride + 1", count=expression)


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
        Answer("padding once", out("(h + padding - kernel) // stride + 1"), "both sides"),
        Answer("no plus one", out("(h + 2*padding - kernel) // stride"), "kernel begins counts"),
        Answer("rounded up", out("math.ceil((h + 2*padding - kernel) / stride) + 1"), "rounded up"),
        Answer("not rounded", out("(h + 2*padding - kernel) / stride + 1"), "not rounded"),
        Answer("Keras's 'same'", out("math.ceil(h / stride)"), "did not matter"),
        Answer("no padding", out("(h - kernel) // stride + 1"), "left out"),
        Answer("swapped", out("(w + 2*padding - kernel) // stride + 1", "(h + 2*padding - kernel) // stride + 1"), "changed places"),
        Answer("square", out("(h + 2*padding - kernel) // stride + 1", "(h + 2*padding - kernel) // stride + 1"), "need not be square"),
        Answer("old channels", layer("n = lambda v: (v + 2*padding - kernel) // stride + 1; return (c, n(h), n(w)), channels * (c * kernel**2 + 1)"), "came in"),
        Answer("channels last", layer("n = lambda v: (v + 2*padding - kernel) // stride + 1; return (n(h), n(w), channels), channels * (c * kernel**2 + 1)"), "order"),
        Answer("no bias", count("channels * c * kernel**2"), "biases are missing"),
        Answer("one bias", count("channels * c * kernel**2 + 1"), "whole layer"),
        Answer("bias of the input", count("channels * c * kernel**2 + c"), "input channels"),
        Answer("nine", count("channels * (c * 9 + 1)"), "3 x 3"),
        Answer("kernel not squared", count("channels * (c * kernel + 1)"), "height and a width"),
        Answer("one input channel", count("channels * (kernel**2 + 1)"), "all input channels"),
        Answer("at each place", count("channels * c * kernel**2 * 28 + channels"), "everywhere"),
        Answer("the shape alone", layer("return channels, (h + 2*padding - kernel)//stride + 1, (w + 2*padding - kernel)//stride + 1"), "two things"),
    ],
    "q3": [
        Answer("always one", back("1"), "always 1"),
        Answer("always none", back("0"), "always 0"),
        Answer("the encoder's order", back("(n + 2*p - k) % s", "found"), "encoder's order"),
        Answer("even or odd", back("int(n % 2 == 0)"), "even or odd"),
        Answer("remainder of the size", back("n % s"), "stride alone|Not yet"),
        Answer("at most one", back("min(1, (n + 2*p - k) % s)"), "Only 0 or 1"),
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
        Answer("a root", errors(end="(left / x.numel()).clamp(min=0).sqrt()"), "root"),
    ],
    "q5": [
        Answer("60", "q5_enough = 60", "Nearly"),
        Answer("784", "q5_enough = 784", "any digits"),
        Answer("58", "q5_enough = 58", "One too few"),
        Answer("a third of them", "q5_enough = 20", "whole number"),
        Answer("a", "q5 = 'a'", "no noise"),
        Answer("b", "q5 = 'b'", "store"),
        Answer("d", "q5 = 'D'", "single new digit"),
    ],
    "q1": [
        Answer("as given", loss("return (model(noisy) - noisy).square().mean()"), "code as given"),
        Answer("nothing noisy", loss("return (model(x) - x).square().mean()"), "gets away with 0"),
        Answer("turned round", loss("return (model(x) - noisy).square().mean()"), "too much"),
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
        Answer("four units", model(dense(16, 4)), "wide enough"),
        Answer("steps far too small", model(dense(), "train(build(), lr=1e-9)"), "trained|average|on its way"),
    ],
}  # fmt: skip

RIGHT = {
    "q2": [
        Answer("a loop", layer("sizes = [1 + math.floor((n + 2*padding - kernel) / stride) for n in (h, w)]; return [channels, *sizes], channels*c*kernel*kernel + channels")),
        Answer("one tensor", layer("hw = (torch.tensor([h, w]) + 2*padding - kernel) // stride + 1; return (channels, *hw.tolist()), torch.tensor(channels*(c*kernel**2 + 1))")),
        Answer("the layer after all", layer("l = nn.Conv2d(c, channels, kernel, stride, padding); return l(torch.zeros(1, *shape))[0].shape, nets.count_parameters(l)")),
        Answer("counting places", layer("n = lambda v: len(range(0, v + 2*padding - kernel + 1, stride)); return (channels, n(h), n(w)), c*channels*kernel**2 + channels")),
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
    "q5": [Answer("capital, and a float", "q5 = 'C'\nq5_enough = 59.0")],
    "q1": [
        Answer("torch's mse_loss", loss("return F.mse_loss(model(noisy), x)")),
        Answer("mean of means", loss("return ((x - model(noisy))**2).flatten(1).mean(1).mean()")),
        Answer("the course's loss", loss("return vaelab.losses.mse(x, model(noisy)).mean()")),
        Answer("noise drawn another way", "def denoising_loss(model, x):\n    noise = torch.normal(0.0, 0.4, x.shape)\n    return torch.mean(torch.square(model((x + noise).clip(0, 1)) - x))\n"),
    ],
    "q6": [
        Answer("convolutions", CONVOLUTIONS),
        Answer("layers by hand", SEQUENTIAL),
        Answer("wider, narrower code", model(dense(10, 256))),
    ],
}  # fmt: skip
