"""Answers to exercise 2 by readers who saw the learner's sheet alone, never its checks."""

# Withdrawn: q2, wrong, “the list used up”: in place, which the task does not forbid.
# Withdrawn: q3, wrong, “layers reversed in place”: in place, which the task does not forbid.
# Withdrawn: q4, wrong, “centred in place”: in place, which the task does not forbid.
# Withdrawn: q6, wrong, “an Autoencoder that says 16 and has 64”: the course itself refuses it;
# its cell ends in an error.
# Withdrawn: q6, wrong, “no sigmoid, untrained by a learning rate of nothing”: the course itself refuses it;
# its cell ends in an error.

from tools.mutants import Answer

Q1 = """def denoising_loss(model, x):
    noisy = (x + 0.4 * torch.randn_like(x)).clamp(0, 1)
"""
Q5 = "q5_enough = {}\nq5 = {}\nq5_because = '''{}'''\n"
WHY = "60 centred digits span 59 directions. I would look at the error on held out digits."
NOISE = """class Noise(nn.Module):
    def forward(self, x):
        return (x + 0.4 * torch.randn_like(x)).clamp(0, 1)


def train(model, epochs={epochs}, lr={lr}):
    if model is None or model is ...:
        return None
    encoder, model.encoder = model.encoder, nn.Sequential(Noise(), model.encoder)
    vaelab.fit(model, digits, epochs=epochs, batch_size=32, lr=lr, device="cpu")
    model.encoder = encoder
    return model.eval()


"""


def q5(n, letter, why=WHY):
    return Q5.format(n, letter, why)


def q6(build, guess='"b"', last="denoiser = train(build())", epochs=15, lr="3e-3"):
    return NOISE.format(epochs=epochs, lr=lr) + f"q6_noise = {guess}\n\n\n{build}\n\n\n{last}\n"


MLP = """def build():
    shape = (1, 28, 28)
    return vaelab.Autoencoder(
        nets.mlp_encoder(shape, (256,)), nets.mlp_decoder(16, shape, (256,)), 16, shape
    )"""

RIGHT = {
    "q1": (
        Answer("compare with x", Q1 + "    x_hat = model(noisy)\n    return (x_hat - x).square().mean()\n"),
        Answer("mse_loss", Q1 + "    return nn.functional.mse_loss(model(noisy), x)\n"),
        Answer("nn.MSELoss", Q1 + "    return nn.MSELoss()(model(noisy), x)\n"),
        Answer("sum over count", Q1 + "    d = model(noisy) - x\n    return torch.sum(d * d) / d.numel()\n"),
        Answer(
            "per picture, then averaged",
            Q1 + "    return ((x - model(noisy)) ** 2).flatten(1).mean(1).mean()\n",
        ),
        Answer(
            "picture by picture",
            """
def denoising_loss(model, x):
    losses = []
    for one in x:
        one = one.unsqueeze(0)
        noisy = (one + 0.4 * torch.randn_like(one)).clamp(0, 1)
        losses.append(((model(noisy) - one) ** 2).mean())
    return torch.stack(losses).mean()
""",
        ),
        Answer(
            "einsum over all axes",
            Q1
            + """
    d = (model(noisy) - x).flatten()
    return torch.einsum("i,i->", d, d) / len(d)
""",
        ),
        Answer(
            "noise by torch.normal, in place on a clone",
            """
def denoising_loss(model, x):
    noisy = x.clone()
    noisy += torch.normal(0.0, 0.4, size=x.shape)
    noisy.clamp_(min=0, max=1)
    clean_guess = model(noisy)
    return torch.mean(torch.pow(clean_guess - x, 2))
""",
        ),
        Answer(
            "vaelab.losses.mse averaged",
            Q1
            + """
    from vaelab import losses
    per_picture = losses.mse(x, model(noisy))
    return per_picture.mean()
""",
        ),
        Answer("float64 inside", Q1 + "    return (model(noisy).double() - x.double()).pow(2).mean()\n"),
        Answer(
            "Euclidean norm squared",
            Q1 + "    return torch.linalg.vector_norm(model(noisy) - x) ** 2 / x.numel()\n",
        ),
    ),
    "q2": (
        Answer(
            "forwards",
            """
def window(layers):
    width, step = 1, 1
    for kernel, stride in layers:
        width += (kernel - 1) * step
        step *= stride
    return width, step
""",
        ),
        Answer(
            "backwards",
            """
def window(layers):
    width = 1
    step = 1
    for kernel, stride in reversed(layers):
        width = (width - 1) * stride + kernel
        step = step * stride
    return width, step
""",
        ),
        Answer(
            "recursion",
            """
def window(layers):
    if not layers:
        return 1, 1
    (kernel, stride), *rest = layers
    width, step = window(rest)
    return kernel + (width - 1) * stride, step * stride
""",
        ),
        Answer(
            "NumPy cumprod",
            """
def window(layers):
    import numpy as np
    k, s = np.array(layers).reshape(-1, 2).T.astype(int)
    steps = np.concatenate([[1], np.cumprod(s)])
    return int(1 + ((k - 1) * steps[:-1]).sum()), int(steps[-1])
""",
        ),
        Answer(
            "first and last pixel of two neighbours",
            """
def window(layers):
    def edges(i):
        first = last = i
        for kernel, stride in layers[::-1]:
            first = first * stride
            last = last * stride + kernel - 1
        return first, last

    a, b = edges(0), edges(1)
    return a[1] - a[0] + 1, b[0] - a[0]
""",
        ),
        Answer(
            "asking PyTorch's gradients",
            """
def window(layers):
    net = nn.Sequential(*[nn.Conv1d(1, 1, k, s, bias=False) for k, s in layers]).double()
    for p in net.parameters():
        nn.init.ones_(p)
    n = 2
    for k, s in layers[::-1]:
        n = (n - 1) * s + k
    x = torch.zeros(1, 1, n, dtype=torch.float64, requires_grad=True)
    y = net(x).flatten()
    seen = [torch.autograd.grad(y[i], x, retain_graph=True)[0].flatten().nonzero().flatten() for i in (0, 1)]
    return int(seen[0].max() - seen[0].min()) + 1, int(seen[1].min() - seen[0].min())
""",
        ),
        Answer(
            "accumulate and prod",
            """
def window(layers):
    import math
    from itertools import accumulate
    strides = [s for _, s in layers]
    jumps = accumulate(strides, lambda a, b: a * b, initial=1)
    return 1 + sum((k - 1) * j for (k, _), j in zip(layers, jumps)), math.prod(strides)
""",
        ),
        Answer(
            "a list of two, while",
            """
def window(layers):
    i, result = 0, [1, 1]
    while i < len(layers):
        result[0] = result[0] + (layers[i][0] - 1) * result[1]
        result[1] = result[1] * layers[i][1]
        i = i + 1
    return result
""",
        ),
        Answer(
            "reduce",
            """
def window(layers):
    from functools import reduce
    return reduce(lambda ws, ks: (ws[0] + (ks[0] - 1) * ws[1], ws[1] * ks[1]), layers, (1, 1))
""",
        ),
        Answer(
            "a torch tensor of two",
            """
def window(layers):
    wide, jump = torch.tensor(1), torch.tensor(1)
    for k, s in layers:
        wide = wide + (k - 1) * jump
        jump = jump * s
    return torch.stack([wide, jump])
""",
        ),
    ),
    "q3": (
        Answer(
            "forwards, reversed at the end",
            """
def output_paddings(n, layers):
    out = []
    for k, s, p in layers:
        m = (n + 2 * p - k) // s + 1
        back = (m - 1) * s - 2 * p + k
        out.append(n - back)
        n = m
    return out[::-1]
""",
        ),
        Answer(
            "remainder",
            """
def output_paddings(n, layers):
    out = []
    for kernel, stride, padding in layers:
        n, left = divmod(n + 2 * padding - kernel, stride)
        n += 1
        out.insert(0, left)
    return out
""",
        ),
        Answer(
            "recursion",
            """
def output_paddings(n, layers):
    if not layers:
        return []
    k, s, p = layers[0]
    room = n + 2 * p - k
    return output_paddings(room // s + 1, layers[1:]) + [room % s]
""",
        ),
        Answer(
            "asking Conv1d and ConvTranspose1d",
            """
def output_paddings(n, layers):
    sizes = [n]
    row = torch.zeros(1, 1, n)
    for k, s, p in layers:
        row = nn.Conv1d(1, 1, k, s, p)(row)
        sizes.append(row.shape[-1])
    answer = []
    for i in range(len(layers) - 1, -1, -1):
        k, s, p = layers[i]
        plain = nn.ConvTranspose1d(1, 1, k, s, p)(torch.zeros(1, 1, sizes[i + 1])).shape[-1]
        answer.append(sizes[i] - plain)
    return answer
""",
        ),
        Answer(
            "search",
            """
def output_paddings(n, layers):
    sizes = [n]
    for k, s, p in layers:
        sizes.append((sizes[-1] + 2 * p - k) // s + 1)
    result = []
    for (k, s, p), want, have in zip(layers[::-1], sizes[-2::-1], sizes[:0:-1]):
        for extra in range(s):
            if (have - 1) * s - 2 * p + k + extra == want:
                result.append(extra)
                break
    return result
""",
        ),
        Answer(
            "floor in floats",
            """
def output_paddings(n, layers):
    import math
    sizes = [n]
    for (k, s, p) in layers:
        sizes.append(math.floor((sizes[-1] + 2 * p - k) / s + 1))
    pairs = list(zip(sizes, sizes[1:], layers))
    pairs.reverse()
    return [before - ((after - 1) * s - 2 * p + k) for before, after, (k, s, p) in pairs]
""",
        ),
        Answer(
            "deque",
            """
def output_paddings(n, layers):
    from collections import deque
    out = deque()
    for k, s, p in layers:
        out.appendleft((n + 2 * p - k) % s)
        n = (n + 2 * p - k) // s + 1
    return list(out)
""",
        ),
        Answer(
            "a generator and reversed",
            """
def output_paddings(n, layers):
    def lost(n):
        for k, s, p in layers:
            yield (n - k + 2 * p) % s
            n = (n - k + 2 * p + s) // s

    return list(reversed(list(lost(n))))
""",
        ),
        Answer(
            "NumPy whole numbers",
            """
def output_paddings(n, layers):
    import numpy as np
    out = np.zeros(len(layers), dtype=int)
    for i, (k, s, p) in enumerate(layers):
        out[len(layers) - 1 - i] = (n + 2 * p - k) % s
        n = 1 + (n + 2 * p - k) // s
    return out.tolist()
""",
        ),
        Answer(
            "a tuple",
            """
def output_paddings(n, layers):
    out = ()
    for k, s, p in layers:
        out = ((n + 2 * p - k) % s, *out)
        n = (n + 2 * p - k) // s + 1
    return out
""",
        ),
    ),
    "q4": (
        Answer(
            "total less cumulated",
            """
def pca_errors(x):
    s2 = torch.linalg.svdvals(x - x.mean(0)).square()
    left = s2.sum() - torch.cat([torch.zeros(1), s2.cumsum(0)])
    return left / x.numel()
""",
        ),
        Answer(
            "cumulated from the end",
            """
def pca_errors(x):
    s = torch.linalg.svdvals(x.double() - x.double().mean(0))
    tail = s.square().flip(0).cumsum(0).flip(0)
    return torch.cat([tail, tail.new_zeros(1)]) / x.numel()
""",
        ),
        Answer(
            "every reconstruction drawn",
            """
def pca_errors(x):
    mean = x.mean(dim=0, keepdim=True)
    U, S, V = torch.linalg.svd(x - mean, full_matrices=False)
    errors = []
    for k in range(len(S) + 1):
        again = U[:, :k] @ torch.diag(S[:k]) @ V[:k] + mean
        errors.append(((x - again) ** 2).mean())
    return torch.stack(errors)
""",
        ),
        Answer(
            "NumPy and back",
            """
def pca_errors(x):
    import numpy as np
    a = np.asarray(x, dtype=np.float64)
    s = np.linalg.svd(a - a.mean(axis=0), compute_uv=False)
    return torch.from_numpy(np.append(np.cumsum((s ** 2)[::-1])[::-1], 0.0) / a.size)
""",
        ),
        Answer(
            "a list comprehension",
            """
def pca_errors(x):
    N, D = x.shape
    s = torch.linalg.svd(x - x.mean(0), full_matrices=False).S
    return torch.tensor([(s[k:] ** 2).sum().item() / (N * D) for k in range(min(N, D) + 1)])
""",
        ),
        Answer(
            "eigenvalues of the covariance",
            """
def pca_errors(x):
    N, D = x.shape
    c = torch.cov(x.double().T, correction=0).reshape(D, D)
    ev = torch.linalg.eigvalsh(c).clamp(min=0).flip(0)[: min(N, D)]
    return torch.stack([ev[k:].sum() for k in range(len(ev) + 1)]) / D
""",
        ),
        Answer(
            "eigenvalues of the smaller Gram matrix",
            """
def pca_errors(x):
    z = (x - x.mean(0)).double()
    gram = z @ z.T if len(z) < z.shape[1] else z.T @ z
    ev = torch.linalg.eigvalsh(gram)
    return torch.cat([torch.zeros(1).double(), ev.cumsum(0)]).flip(0) / z.numel()
""",
        ),
        Answer(
            "a running remainder",
            """
@torch.no_grad()
def pca_errors(x):
    centred = x - x.mean(0)
    rest = float(centred.square().sum())
    out = [rest]
    for s in torch.linalg.svdvals(centred):
        rest -= float(s) ** 2
        out.append(max(rest, 0.0))
    return torch.tensor(out) / x.numel()
""",
        ),
        Answer(
            "sklearn",
            """
def pca_errors(x):
    from sklearn.decomposition import PCA
    pca = PCA(svd_solver="full").fit(x.double().numpy())
    s2 = torch.from_numpy(pca.singular_values_ ** 2)
    out = torch.zeros(len(s2) + 1, dtype=torch.float64)
    for k in range(len(s2)):
        out[k] = s2[k:].sum()
    return out / x.numel()
""",
        ),
        Answer(
            "an upper triangle of ones",
            """
def pca_errors(x):
    s2 = torch.linalg.svdvals(x - x.mean(0)) ** 2
    m = len(s2)
    ones = torch.triu(torch.ones(m + 1, m, dtype=x.dtype))
    return ones @ s2 / x.shape[0] / x.shape[1]
""",
        ),
    ),
    "q5": (
        Answer("59, c", q5(59, '"c"')),
        Answer("a string", q5('"59"', '"c"')),
        Answer("a float", q5(59.0, '"C"')),
        Answer("a difference", q5("60 - 1", "'c'")),
        Answer("another prediction: 60", q5(60, '"c"')),
        Answer("another prediction: 784", q5(784, '"c"')),
        Answer("a letter with a bracket", q5(58, '"c)"')),
        Answer("a letter in brackets", q5(59, '" (c) "')),
        Answer("a tensor", q5("torch.tensor(59)", '"c"')),
        Answer("a space, a full stop", q5(59, '"c. "')),
    ),
    "q6": (
        Answer("fully connected, 256", q6(MLP)),
        Answer(
            "fully connected, two layers, 8 latents, a prediction that fails",
            q6(
                """def build():
    size = (1, 28, 28)
    encoder = nets.mlp_encoder(size, (400, 100))
    decoder = nets.mlp_decoder(12, size, (100, 400))
    return vaelab.Autoencoder(encoder=encoder, decoder=decoder, latent_dim=12, image_shape=size)""",
                '"a"',
                epochs=25,
            ),
        ),
        Answer(
            "convolutional",
            q6(
                """def build():
    encoder = nn.Sequential(
        nn.Conv2d(1, 16, 3, 2, 1), nn.ReLU(),
        nn.Conv2d(16, 32, 3, 2, 1), nn.ReLU(),
        nn.Flatten(),
    )
    decoder = nn.Sequential(
        nn.Linear(16, 32 * 7 * 7), nn.ReLU(), nn.Unflatten(1, (32, 7, 7)),
        nn.ConvTranspose2d(32, 16, 3, 2, 1, 1), nn.ReLU(),
        nn.ConvTranspose2d(16, 1, 3, 2, 1, 1), nn.Sigmoid(),
    )
    return vaelab.Autoencoder(encoder, decoder, 16, (1, 28, 28))""",
                '"c"',
            ),
        ),
    ),
}

WRONG = {
    "q1": (
        Answer(
            "the noise asked for",
            """
def denoising_loss(model, x):
    noise = 0.4 * torch.randn_like(x)
    x_hat = model((x + noise).clamp(0, 1))
    return (x_hat - noise).square().mean()
""",
            "clean|x\\b",
        ),
        Answer(
            "the clean picture shown",
            Q1 + "    x_hat = model(x)\n    return (x_hat - x).square().mean()\n",
            "noisy|noise",
        ),
        Answer(
            "the clean picture shown, the noisy asked for",
            Q1 + "    x_hat = model(x)\n    return (x_hat - noisy).square().mean()\n",
            "noisy|clean",
        ),
        Answer(
            "unchanged",
            Q1 + "    x_hat = model(noisy)\n    return (x_hat - noisy).square().mean()\n",
            "as given",
        ),
        Answer("sum for mean", Q1 + "    return (model(noisy) - x).square().sum()\n", "mean|sum"),
        Answer(
            "summed over pixels, averaged over pictures",
            Q1 + "    return (model(noisy) - x).square().flatten(1).sum(1).mean()\n",
            "mean|sum",
        ),
        Answer("absolute error", Q1 + "    return (model(noisy) - x).abs().mean()\n", "squar"),
        Answer("root", Q1 + "    return (model(noisy) - x).square().mean().sqrt()\n", "root|squar"),
        Answer(
            "x made noisy in place",
            """
def denoising_loss(model, x):
    x += 0.4 * torch.randn_like(x)
    x.clamp_(0, 1)
    return (model(x) - x).square().mean()
""",
            "clean|chang|in place|noisy",
        ),
        Answer(
            "no gradient",
            Q1
            + """    with torch.no_grad():
        x_hat = model(noisy)
    return (x_hat - x).square().mean()
""",
            "gradient|train|learn",
        ),
        Answer(
            "model(noisy) detached",
            Q1 + "    return (model(noisy).detach() - x).square().mean()\n",
            "gradient|train|learn",
        ),
        Answer(
            "a number without a gradient",
            Q1 + "    return (model(noisy) - x).square().mean().item()\n",
            "gradient|train|learn|tensor",
        ),
        Answer("halved", Q1 + "    return 0.5 * (model(noisy) - x).square().mean()\n", "half|mean|twice"),
        Answer(
            "one number a picture",
            Q1 + "    return (model(noisy) - x).square().flatten(1).mean(1)\n",
            "one number|shape",
        ),
        Answer(
            "difference of the means",
            Q1 + "    return (model(noisy).mean() - x.mean()).square()\n",
            "pixel|squar|mean",
        ),
        Answer(
            "28 by 28 typed in",
            Q1 + "    return (model(noisy) - x).square().sum() / (len(x) * 28 * 28)\n",
            "mean|C|pixel|size",
        ),
        Answer(
            "the noisy picture averaged in",
            Q1
            + """
    x_hat = model(noisy)
    return 0.5 * (x_hat - x).square().mean() + 0.5 * (x_hat - noisy).square().mean()
""",
            "clean|noisy",
        ),
        Answer(
            "made noisy twice",
            Q1
            + """
    noisier = (noisy + 0.4 * torch.randn_like(x)).clamp(0, 1)
    return (model(noisy) - (2 * noisy - noisier)).square().mean()
""",
            "clean",
        ),
    ),
    "q2": (
        Answer(
            "product of kernels",
            """
def window(layers):
    width, step = 1, 1
    for k, s in layers:
        width *= k
        step *= s
    return width, step
""",
            "width|wide|window|overlap",
        ),
        Answer(
            "sum of kernels",
            """
def window(layers):
    import math
    return sum(k for k, _ in layers), math.prod(s for _, s in layers)
""",
            "width|wide|window|stride",
        ),
        Answer(
            "the stride taken too early",
            """
def window(layers):
    width, step = 1, 1
    for k, s in layers:
        step *= s
        width += (k - 1) * step
    return width, step
""",
            "width|wide|order|own stride|before",
        ),
        Answer(
            "strides ignored in the width",
            """
def window(layers):
    width, step = 1, 1
    for k, s in layers:
        width += k - 1
        step *= s
    return width, step
""",
            "stride|wide|width",
        ),
        Answer(
            "strides added",
            """
def window(layers):
    width, step = 1, 1
    for k, s in layers:
        width += (k - 1) * step
        step *= s
    return width, sum(s for _, s in layers)
""",
            "added up",
        ),
        Answer(
            "the last stride",
            """
def window(layers):
    width, step = 1, 1
    for k, s in layers:
        width += (k - 1) * step
        step *= s
    return width, layers[-1][1] if layers else 1
""",
            "last layer",
        ),
        Answer(
            "layers taken from the last",
            """
def window(layers):
    width, step = 1, 1
    for k, s in reversed(layers):
        width += (k - 1) * step
        step *= s
    return width, step
""",
            "order|first|wide|width",
        ),
        Answer(
            "step and width swapped",
            """
def window(layers):
    width, step = 1, 1
    for k, s in layers:
        width += (k - 1) * step
        step *= s
    return step, width
""",
            "order|swap|first|width",
        ),
        Answer(
            "kernel 3 and stride 2 typed in",
            """
def window(layers):
    n = len(layers)
    return 2 ** (n + 1) - 1, 2 ** n
""",
            "kernel|stride|any",
        ),
        Answer(
            "pixels counted, gaps left out",
            """
def window(layers):
    def seen(i):
        pixels = {i}
        for k, s in reversed(layers):
            pixels = {p * s + j for p in pixels for j in range(k)}
        return pixels

    return len(seen(0)), min(seen(1)) - min(seen(0))
""",
            "width|gap|first|last",
        ),
        Answer(
            "one too few",
            """
def window(layers):
    width, step = 0, 1
    for k, s in layers:
        width += (k - 1) * step
        step *= s
    return width, step
""",
            "one|width|begin",
        ),
        Answer(
            "begins with the first kernel, fails for no layers' worth of strides",
            """
def window(layers):
    width, step = layers[0]
    for k, s in layers[1:]:
        width += (k - 1) * s
        step *= s
    return width, step
""",
            "stride|width|wide",
        ),
        Answer(
            "one stride for all layers",
            """
def window(layers):
    s = layers[0][1]
    width = 1
    for i, (k, _) in enumerate(layers):
        width += (k - 1) * s ** i
    return width, s ** len(layers)
""",
            "stride|own",
        ),
    ),
    "q3": (
        Answer(
            "not reversed",
            """
def output_paddings(n, layers):
    out = []
    for k, s, p in layers:
        out.append((n + 2 * p - k) % s)
        n = (n + 2 * p - k) // s + 1
    return out
""",
            "order|revers|last",
        ),
        Answer(
            "even or odd",
            """
def output_paddings(n, layers):
    out = []
    for k, s, p in layers:
        out.insert(0, 1 if n % 2 == 0 else 0)
        n = (n + 2 * p - k) // s + 1
    return out
""",
            "kernel|stride|draws|pixels|even",
        ),
        Answer(
            "all ones", "def output_paddings(n, layers):\n    return [1] * len(layers)\n", "1|pixels|draws"
        ),
        Answer(
            "padding once",
            """
def output_paddings(n, layers):
    out = []
    for k, s, p in layers:
        out.append((n + p - k) % s)
        n = (n + p - k) // s + 1
    return out[::-1]
""",
            "both|padding|twice|2",
        ),
        Answer(
            "padding left out of the remainder",
            """
def output_paddings(n, layers):
    out = []
    for k, s, p in layers:
        out.append((n - k) % s)
        n = (n + 2 * p - k) // s + 1
    return out[::-1]
""",
            "padding|draws|pixels",
        ),
        Answer(
            "size rounded up",
            """
def output_paddings(n, layers):
    out = []
    for k, s, p in layers:
        m = -(-n // s)
        out.append(n - ((m - 1) * s - 2 * p + k))
        n = m
    return out[::-1]
""",
            "size|kernel|pixels|negative|draws|encoder",
        ),
        Answer(
            "at most one",
            """
def output_paddings(n, layers):
    out = []
    for k, s, p in layers:
        out.append(min(1, (n + 2 * p - k) % s))
        n = (n + 2 * p - k) // s + 1
    return out[::-1]
""",
            "stride|draws|pixels|more",
        ),
        Answer(
            "sizes for paddings",
            """
def output_paddings(n, layers):
    out = [n]
    for k, s, p in layers:
        out.append((out[-1] + 2 * p - k) // s + 1)
    return out[::-1][1:]
""",
            "padding|size|pixels|small",
        ),
        Answer(
            "3, 2, 1 typed in",
            """
def output_paddings(n, layers):
    out = []
    for _ in layers:
        m = (n - 1) // 2 + 1
        out.append(n - (2 * m - 1))
        n = m
    return out[::-1]
""",
            "any|kernel|stride|draws|pixels",
        ),
        Answer(
            "everything lost put into the last layer",
            """
def output_paddings(n, layers):
    m = n
    for k, s, p in layers:
        m = (m + 2 * p - k) // s + 1
    for k, s, p in reversed(layers):
        m = (m - 1) * s - 2 * p + k
    return [0] * (len(layers) - 1) + [n - m]
""",
            "stride|small|each|draws|layer",
        ),
        Answer(
            "stride 1 left out",
            """
def output_paddings(n, layers):
    out = []
    for k, s, p in layers:
        if s > 1:
            out.append((n + 2 * p - k) % s)
        n = (n + 2 * p - k) // s + 1
    return out[::-1]
""",
            "one number|layer|length|each",
        ),
        Answer(
            "stride - 1 everywhere, the remainder turned round",
            """
def output_paddings(n, layers):
    out = []
    for k, s, p in layers:
        out.append((-(n + 2 * p - k)) % s)
        n = (n + 2 * p - k) // s + 1
    return out[::-1]
""",
            "draws|pixels|stride",
        ),
    ),
    "q4": (
        Answer(
            "not centred",
            """
def pca_errors(x):
    s2 = torch.linalg.svdvals(x).square()
    return torch.cat([s2.flip(0).cumsum(0).flip(0), torch.zeros(1)]) / x.numel()
""",
            "centre|mean",
        ),
        Answer(
            "k = 0 left out",
            """
def pca_errors(x):
    s2 = torch.linalg.svdvals(x - x.mean(0)).square()
    return (s2.sum() - s2.cumsum(0)) / x.numel()
""",
            "0|shape|length|numbers|first",
        ),
        Answer(
            "the last zero left out",
            """
def pca_errors(x):
    s2 = torch.linalg.svdvals(x - x.mean(0)).square()
    return s2.flip(0).cumsum(0).flip(0) / x.numel()
""",
            "shape|length|last|all",
        ),
        Answer(
            "per picture",
            """
def pca_errors(x):
    s2 = torch.linalg.svdvals(x - x.mean(0)).square()
    return torch.cat([s2.flip(0).cumsum(0).flip(0), torch.zeros(1)]) / len(x)
""",
            "pixel",
        ),
        Answer(
            "N - 1",
            """
def pca_errors(x):
    N, D = x.shape
    s2 = torch.linalg.svdvals(x - x.mean(0)).square()
    return torch.cat([s2.flip(0).cumsum(0).flip(0), torch.zeros(1)]) / ((N - 1) * D)
""",
            "N - 1|N|pictures|averag",
        ),
        Answer(
            "what is kept",
            """
def pca_errors(x):
    s2 = torch.linalg.svdvals(x - x.mean(0)).square()
    return torch.cat([torch.zeros(1), s2.cumsum(0)]) / x.numel()
""",
            "left|keep|kept|fall|rest|grow",
        ),
        Answer(
            "unsquared",
            """
def pca_errors(x):
    s = torch.linalg.svdvals(x - x.mean(0))
    return torch.cat([s.flip(0).cumsum(0).flip(0), torch.zeros(1)]) / x.numel()
""",
            "squar",
        ),
        Answer(
            "share of the whole",
            """
def pca_errors(x):
    s2 = torch.linalg.svdvals(x - x.mean(0)).square()
    e = torch.cat([s2.flip(0).cumsum(0).flip(0), torch.zeros(1)])
    return e / e[0]
""",
            "share|pixel|averag|divide",
        ),
        Answer(
            "each picture's own mean",
            """
def pca_errors(x):
    s2 = torch.linalg.svdvals(x - x.mean(1, keepdim=True)).square()
    return torch.cat([s2.flip(0).cumsum(0).flip(0), torch.zeros(1)]) / x.numel()
""",
            "mean picture|mean|pixel|centre",
        ),
        Answer(
            "one mean for all",
            """
def pca_errors(x):
    s2 = torch.linalg.svdvals(x - x.mean()).square()
    return torch.cat([s2.flip(0).cumsum(0).flip(0), torch.zeros(1)]) / x.numel()
""",
            "mean picture|mean|pixel|centre",
        ),
        Answer(
            "D + 1 entries",
            """
def pca_errors(x):
    N, D = x.shape
    ev = torch.linalg.eigvalsh(torch.cov(x.T, correction=0)).flip(0)
    return torch.stack([ev[k:].sum() for k in range(D + 1)]) / D
""",
            "shape|min|length|numbers",
        ),
        Answer(
            "root",
            """
def pca_errors(x):
    s2 = torch.linalg.svdvals(x - x.mean(0)).square()
    return (torch.cat([s2.flip(0).cumsum(0).flip(0), torch.zeros(1)]) / x.numel()).sqrt()
""",
            "root|squar",
        ),
        Answer(
            "only the next direction",
            """
def pca_errors(x):
    s2 = torch.linalg.svdvals(x - x.mean(0)).square()
    return torch.cat([s2, torch.zeros(1)]) / x.numel()
""",
            "all|left|sum|rest|direction",
        ),
        Answer(
            "divided by singular values and pixels",
            """
def pca_errors(x):
    s2 = torch.linalg.svdvals(x - x.mean(0)).square()
    return torch.cat([s2.flip(0).cumsum(0).flip(0), torch.zeros(1)]) / (len(s2) * x.shape[1])
""",
            "N|pictures|averag|divide",
        ),
    ),
    "q5": (
        Answer("a", q5(59, '"a"'), "59|room|held|noise|new"),
        Answer("b", q5(59, '"b"'), "network|linear|new"),
        Answer("d", q5(59, '"d"'), "new|60|seen"),
        Answer("no prediction", q5("...", '"c"'), "no value yet"),
        Answer("no letter", q5(59, "..."), "no value yet"),
        Answer("a prediction that is no number", q5('"many"', '"c"'), "one of these"),
        Answer("half a number", q5(59.5, '"c"'), "one of these"),
        Answer("two letters", q5(59, '"ac"'), "one|letter"),
        Answer("below nothing", q5(-1, '"c"'), "0|number|negative|least"),
    ),
    "q6": (
        Answer("32 latents", q6(MLP.replace("16", "32")), "16"),
        Answer("not trained", q6(MLP, last="denoiser = build().eval()"), "error|0.045|train"),
        Answer("no prediction", q6(MLP, "..."), "no value yet"),
        Answer(
            "the blur in an autoencoder's clothes",
            q6(
                """class Blur(vaelab.Autoencoder):
    def forward(self, x):
        x = x.float() if isinstance(x, torch.Tensor) else x.float()
        return nn.functional.avg_pool2d(x, 3, 1, 1, count_include_pad=False)

    reconstruct = forward


def build():
    shape = (1, 28, 28)
    return Blur(nets.mlp_encoder(shape, (32,)), nets.mlp_decoder(16, shape, (32,)), 16, shape)""",
                last="denoiser = build().eval()",
            ),
            "code|16|latent|bottleneck|past|around",
        ),
        Answer(
            "a way past the code: the decoder remembers the picture",
            q6(
                """class Keep(nn.Module):
    def __init__(self, box):
        super().__init__()
        self.box = box

    def forward(self, x):
        self.box["x"] = x
        return x.flatten(1)[:, :16]


class Give(nn.Module):
    def __init__(self, box):
        super().__init__()
        self.box = box
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, z):
        return nn.functional.avg_pool2d(self.box["x"], 3, 1, 1, count_include_pad=False) + 0 * self.weight


def build():
    box = {}
    return vaelab.Autoencoder(Keep(box), Give(box), 16, (1, 28, 28))""",
                last="denoiser = build().eval()",
            ),
            "code|16|latent|bottleneck|past|around",
        ),
        Answer(
            "a bare function",
            q6(
                MLP,
                last="denoiser = lambda noisy: nn.functional.avg_pool2d("
                "noisy, 3, 1, 1, count_include_pad=False)",
            ),
            "Autoencoder|vaelab|code|model|encode",
        ),
        Answer(
            "four latents of too small a network",
            q6("""def build():
    shape = (1, 28, 28)
    return vaelab.Autoencoder(nets.mlp_encoder(shape, (8,)), nets.mlp_decoder(2, shape, (8,)), 2, shape)"""),
            "0.045|error",
        ),
    ),
}
