"""Answers to exercise 10 by readers who saw the learner's sheet alone, never its checks."""

# Withdrawn: q2, wrong, “the share as of 1 / sqrt(N)”: a prediction pays by rule, whatever it is.
# Withdrawn: q2, wrong, “squared twice”: a prediction pays by rule, whatever it is.
# Withdrawn: q2, wrong, “the share that is gone”: a prediction pays by rule, whatever it is.
# Withdrawn: q4, wrong, “changes z”: in place, which the task does not forbid.

from tools.mutants import Answer

RIGHT = {
    "q1": (
        Answer(
            "k + 1, because the picture itself is the first",
            """
def precision_and_recall(real, samples, k=3):
    def share_inside(points, centres):
        radius = torch.cdist(centres, centres).kthvalue(k + 1, dim=1).values
        inside = torch.cdist(points, centres) <= radius
        return inside.any(1).float().mean()

    return share_inside(samples, real), share_inside(real, samples)
""",
        ),
        Answer(
            "the diagonal filled with infinity",
            """
def precision_and_recall(real, samples, k=3):
    def share_inside(points, centres):
        own = torch.cdist(centres, centres)
        own.fill_diagonal_(float("inf"))
        radius = own.kthvalue(k, dim=1).values
        return (torch.cdist(points, centres) <= radius).any(1).float().mean()

    return share_inside(samples, real), share_inside(real, samples)
""",
        ),
        Answer(
            "NumPy with a partition, in double precision",
            """
def precision_and_recall(real, samples, k=3):
    r, s = np.asarray(real, dtype=float), np.asarray(samples, dtype=float)
    dist = lambda x, y: np.sqrt(((x[:, None, :] - y[None, :, :]) ** 2).sum(-1))

    def share(points, centres):
        own = dist(centres, centres)
        radius = np.partition(own, k, axis=1)[:, k]
        return float((dist(points, centres) <= radius[None]).any(axis=1).mean())

    return share(s, r), share(r, s)
""",
        ),
        Answer(
            "a loop that leaves each centre out by its place",
            """
def precision_and_recall(real, samples, k=3):
    def radii(centres):
        found = []
        for i in range(len(centres)):
            others = torch.cat([centres[:i], centres[i + 1 :]])
            found.append((others - centres[i]).norm(dim=1).sort().values[k - 1])
        return torch.stack(found)

    def share_inside(points, centres):
        r = radii(centres)
        hits = 0
        for p in points:
            hits += bool(((centres - p).norm(dim=1) <= r).any())
        return hits / len(points)

    return share_inside(samples, real), share_inside(real, samples)
""",
        ),
        Answer(
            "topk of the smallest, squared distances",
            """
def precision_and_recall(real, samples, k=3):
    def squares(x, y):
        return (x[:, None] - y[None]).pow(2).sum(2)

    def share_inside(points, centres):
        r2 = squares(centres, centres).topk(k + 1, dim=1, largest=False).values[:, -1]
        return (squares(points, centres) <= r2).any(1).double().mean().item()

    return share_inside(samples, real), share_inside(real, samples)
""",
        ),
        Answer(
            "SciPy's tree",
            """
from scipy.spatial import cKDTree

def precision_and_recall(real, samples, k=3):
    real, samples = real.double().numpy(), samples.double().numpy()

    def share(points, centres):
        radius = cKDTree(centres).query(centres, k=k + 1)[0][:, k]
        gaps = np.linalg.norm(points[:, None] - centres[None], axis=2)
        return (gaps <= radius).any(1).mean()

    return share(samples, real), share(real, samples)
""",
        ),
    ),
    "q2": (
        Answer(
            "polyfit",
            """
q2_share = 0.25

def at_infinity(counts, distances):
    return float(np.polyfit(1 / np.asarray(counts, dtype=float), np.asarray(distances, dtype=float), 1)[1])
""",
        ),
        Answer(
            "means and slope by hand, plain lists",
            """
q2_share = 1 / 4

def at_infinity(counts, distances):
    xs = [1 / float(n) for n in counts]
    ys = [float(d) for d in distances]
    mx, my = sum(xs) / len(xs), sum(ys) / len(ys)
    slope = sum((x - mx) * (y - my) for x, y in zip(xs, ys)) / sum((x - mx) ** 2 for x in xs)
    return my - slope * mx
""",
        ),
        Answer(
            "lstsq in PyTorch",
            """
q2_share = 0.25

def at_infinity(counts, distances):
    x = 1 / torch.as_tensor(counts).double()
    y = torch.as_tensor(distances).double()
    table = torch.stack([x, torch.ones_like(x)], dim=1)
    slope, start = torch.linalg.lstsq(table, y[:, None]).solution[:, 0]
    return start
""",
        ),
        Answer(
            "the statistics of the standard library",
            """
import statistics
q2_share = (1 / 2) ** 2

def at_infinity(counts, distances):
    line = statistics.linear_regression([1 / float(c) for c in counts], [float(d) for d in distances])
    return line.intercept
""",
        ),
        Answer(
            "normal equations",
            """
q2_share = torch.tensor(0.25)

def at_infinity(counts, distances):
    X = np.array([[1.0, 1.0 / float(c)] for c in counts])
    y = np.array([float(d) for d in distances])
    return np.linalg.solve(X.T @ X, X.T @ y)[0]
""",
        ),
        Answer(
            "weights of the intercept, in one formula",
            """
q2_share = .25

def at_infinity(counts, distances):
    x = torch.tensor([1 / float(c) for c in counts], dtype=torch.float64)
    y = torch.tensor([float(d) for d in distances], dtype=torch.float64)
    n = len(x)
    return ((x @ x) * y.sum() - x.sum() * (x @ y)) / (n * (x @ x) - x.sum() ** 2)
""",
        ),
        Answer(
            "SciPy, gives a NumPy number",
            """
from scipy.stats import linregress
q2_share = 0.25

def at_infinity(counts, distances):
    return linregress(1 / np.array(counts), np.array(distances)).intercept
""",
        ),
    ),
    "q3": (
        Answer(
            "log of a level's probability",
            """
def bits_per_dimension(log_p, D, levels=256):
    log_probability = log_p - D * math.log(levels)
    return -log_probability / (D * math.log(2))
""",
        ),
        Answer(
            "log2 of the levels minus bits of density",
            """
def bits_per_dimension(log_p, D, levels=256):
    return math.log2(levels) - log_p / D / math.log(2)
""",
        ),
        Answer(
            "NumPy and back",
            """
def bits_per_dimension(log_p, D, levels=256):
    nats = np.log(levels) - np.asarray(log_p, dtype=np.float64) / D
    return torch.from_numpy(nats / np.log(2))
""",
        ),
        Answer(
            "a list of numbers, stacked",
            """
def bits_per_dimension(log_p, D, levels=256):
    bits = []
    for one in log_p.tolist():
        bits.append(-(one / D + math.log(1 / levels)) * math.log2(math.e))
    return torch.tensor(bits)
""",
        ),
        Answer(
            "by the sum over the picture first",
            """
@torch.no_grad()
def bits_per_dimension(log_p, D, levels=256):
    whole = torch.as_tensor(log_p).double() / torch.log(torch.tensor(2.0).double())
    return ((D * math.log(levels, 2)) - whole) / D
""",
        ),
    ),
    "q4": (
        Answer(
            "rounded steps, detached difference",
            """
def snap(z, levels):
    step = 2 / (levels - 1)
    rounded = torch.round((z + 1) / step) * step - 1
    return z + (rounded - z).detach()
""",
        ),
        Answer(
            "a list of levels and argmin",
            """
def snap(z, levels):
    grid = torch.linspace(-1, 1, levels, dtype=z.dtype)
    nearest_one = (z.detach().unsqueeze(-1) - grid).abs().argmin(-1)
    return grid[nearest_one] + z - z.detach()
""",
        ),
        Answer(
            "an autograd function",
            """
class Snap(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z, levels):
        half = (levels - 1) / 2
        return ((z + 1) * half).round() / half - 1

    @staticmethod
    def backward(ctx, grad):
        return grad, None

def snap(z, levels):
    return Snap.apply(z, levels)
""",
        ),
        Answer(
            "floor of a half more, clamped without a gradient",
            """
def snap(z, levels):
    with torch.no_grad():
        k = torch.floor((z + 1) / 2 * (levels - 1) + 0.5).clamp(0, levels - 1)
        level = k / (levels - 1) * 2 - 1
        offset = level - z
    return z + offset
""",
        ),
        Answer(
            "bucketize between the levels",
            """
def snap(z, levels):
    grid = torch.linspace(-1, 1, levels).to(z)
    middles = (grid[1:] + grid[:-1]) / 2
    index = torch.bucketize(z.detach(), middles)
    return z + (grid[index] - z).detach()
""",
        ),
        Answer(
            "NumPy for the values",
            """
def snap(z, levels):
    values = z.detach().cpu().double().numpy()
    snapped = np.rint((values + 1) * (levels - 1) / 2) * 2 / (levels - 1) - 1
    return z + (torch.from_numpy(np.asarray(snapped)).to(z.dtype) - z.detach())
""",
        ),
    ),
    "q5": (
        Answer("letter and share", 'q5 = "c"\nq5_share = 0.3\nq5_because = """It would praise it."""'),
        Answer("a capital letter", 'q5 = "C"\nq5_share = 0.3\nq5_because = """It would praise it."""'),
        Answer("counted", 'q5 = "c"\nq5_share = 18 / 60\nq5_because = """It would praise it."""'),
        Answer("rounded by eye", 'q5 = "c"\nq5_share = 0.33\nq5_because = """It would praise it."""'),
        Answer("a quarter", 'q5 = "c"\nq5_share = 0.25\nq5_because = """It would praise it."""'),
    ),
}

WRONG = {
    "q1": (
        Answer(
            "distances of 0 are thrown out",
            """
def precision_and_recall(real, samples, k=3):
    def share_inside(points, centres):
        own = torch.cdist(centres, centres)
        own[own == 0] = float("inf")
        radius = own.kthvalue(k, dim=1).values
        return (torch.cdist(points, centres) <= radius).any(1).float().mean()

    return share_inside(samples, real), share_inside(real, samples)
""",
            "twin",
        ),
        Answer(
            "mended for precision alone",
            """
def precision_and_recall(real, samples, k=3):
    def share_inside(points, centres, k):
        radius = torch.cdist(centres, centres).kthvalue(k, dim=1).values
        return (torch.cdist(points, centres) <= radius).any(1).float().mean()

    return share_inside(samples, real, k + 1), share_inside(real, samples, k)
""",
            "recall",
        ),
        Answer(
            "at least two neighbours",
            """
def precision_and_recall(real, samples, k=3):
    def share_inside(points, centres):
        radius = torch.cdist(centres, centres).kthvalue(max(k, 2), dim=1).values
        return (torch.cdist(points, centres) <= radius).any(1).float().mean()

    return share_inside(samples, real), share_inside(real, samples)
""",
            "",
        ),
        Answer(
            "one too many",
            """
def precision_and_recall(real, samples, k=3):
    def share_inside(points, centres):
        own = torch.cdist(centres, centres) + 1e9 * torch.eye(len(centres))
        radius = own.sort(dim=1).values[:, k]
        return (torch.cdist(points, centres) <= radius).any(1).float().mean()

    return share_inside(samples, real), share_inside(real, samples)
""",
            "too far",
        ),
        Answer(
            "the other way round",
            """
def precision_and_recall(real, samples, k=3):
    def share_inside(points, centres):
        radius = torch.cdist(centres, centres).kthvalue(k + 1, dim=1).values
        return (torch.cdist(points, centres) <= radius).any(1).float().mean()

    return share_inside(real, samples), share_inside(samples, real)
""",
            "recall|precision|turn",
        ),
        Answer(
            "recall as the share of real balls that hold a sample",
            """
def precision_and_recall(real, samples, k=3):
    radius = torch.cdist(real, real).kthvalue(k + 1, dim=1).values
    inside = torch.cdist(samples, real) <= radius
    return inside.any(1).float().mean(), inside.any(0).float().mean()
""",
            "recall|samples",
        ),
        Answer(
            "one ball size for all",
            """
def precision_and_recall(real, samples, k=3):
    def share_inside(points, centres):
        radius = torch.cdist(centres, centres).kthvalue(k + 1, dim=1).values.mean()
        return (torch.cdist(points, centres) <= radius).any(1).float().mean()

    return share_inside(samples, real), share_inside(real, samples)
""",
            "",
        ),
        Answer(
            "balls by the nearest centre alone",
            """
def precision_and_recall(real, samples, k=3):
    def share_inside(points, centres):
        radius = torch.cdist(centres, centres).kthvalue(k + 1, dim=1).values
        nearest = torch.cdist(points, centres).min(dim=1)
        return (nearest.values <= radius[nearest.indices]).float().mean()

    return share_inside(samples, real), share_inside(real, samples)
""",
            "",
        ),
        Answer(
            "k is ignored",
            """
def precision_and_recall(real, samples, k=3):
    def share_inside(points, centres):
        radius = torch.cdist(centres, centres).kthvalue(4, dim=1).values
        return (torch.cdist(points, centres) <= radius).any(1).float().mean()

    return share_inside(samples, real), share_inside(real, samples)
""",
            "k",
        ),
        Answer(
            "radius along the points' axis",
            """
def precision_and_recall(real, samples, k=3):
    def share_inside(points, centres):
        gaps = torch.cdist(points, centres)
        radius = gaps.kthvalue(k, dim=0).values
        return (gaps <= radius).any(1).float().mean()

    return share_inside(samples, real), share_inside(real, samples)
""",
            "",
        ),
    ),
    "q2": (
        Answer(
            "a line in 1 / sqrt(N)",
            """
q2_share = 0.25

def at_infinity(counts, distances):
    return np.polyfit(np.array(counts) ** -0.5, np.array(distances), 1)[1]
""",
            "1 ?/ ?N|root",
        ),
        Answer(
            "through the first point and the last",
            """
q2_share = 0.25

def at_infinity(counts, distances):
    x0, x1 = 1 / counts[0], 1 / counts[-1]
    y0, y1 = distances[0], distances[-1]
    return y1 - (y0 - y1) / (x0 - x1) * x1
""",
            "all|points|line",
        ),
        Answer(
            "the slope",
            """
q2_share = 0.25

def at_infinity(counts, distances):
    return np.polyfit(1 / np.array(counts), np.array(distances), 1)[0]
""",
            "slope|meets|0",
        ),
        Answer(
            "weighted by the number of pictures",
            """
q2_share = 0.25

def at_infinity(counts, distances):
    n = np.asarray(counts, dtype=float)
    return np.polyfit(1 / n, np.asarray(distances), 1, w=np.sqrt(n))[1]
""",
            "weigh|least|squared",
        ),
        Answer(
            "fails on lists",
            """
q2_share = 0.25

def at_infinity(counts, distances):
    x = 1 / counts
    mx, my = x.mean(), distances.mean()
    slope = ((x - mx) * (distances - my)).sum() / ((x - mx) ** 2).sum()
    return my - slope * mx
""",
            "list|TypeError|unsupported",
        ),
        Answer(
            "a parabola",
            """
q2_share = 0.25

def at_infinity(counts, distances):
    return np.polyfit(1 / np.array(counts), np.array(distances), 2)[2]
""",
            "line",
        ),
        Answer(
            "the last distance",
            """
q2_share = 0.25

def at_infinity(counts, distances):
    return float(distances[-1])
""",
            "",
        ),
        Answer(
            "a line through the truth of the example",
            """
q2_share = 0.25

def at_infinity(counts, distances):
    return 0.75
""",
            "",
        ),
    ),
    "q3": (
        Answer(
            "without the levels",
            """
def bits_per_dimension(log_p, D, levels=256):
    return -log_p / (D * math.log(2))
""",
            "level|interval|density",
        ),
        Answer(
            "always 8 bits",
            """
def bits_per_dimension(log_p, D, levels=256):
    return 8 - log_p / (D * math.log(2))
""",
            "levels",
        ),
        Answer(
            "the levels counted once for the picture",
            """
def bits_per_dimension(log_p, D, levels=256):
    return (math.log(levels) - log_p) / (D * math.log(2))
""",
            "each|every|number|pixel",
        ),
        Answer(
            "nats",
            """
def bits_per_dimension(log_p, D, levels=256):
    return math.log(levels) - log_p / D
""",
            "bits|nats",
        ),
        Answer(
            "the sign of the levels",
            """
def bits_per_dimension(log_p, D, levels=256):
    return -(log_p + D * math.log(levels)) / (D * math.log(2))
""",
            "",
        ),
        Answer(
            "not below 0",
            """
def bits_per_dimension(log_p, D, levels=256):
    return (math.log2(levels) - log_p / (D * math.log(2))).clamp(min=0)
""",
            "below 0|negative",
        ),
        Answer(
            "multiplied by log 2",
            """
def bits_per_dimension(log_p, D, levels=256):
    return (math.log(levels) - log_p / D) * math.log(2)
""",
            "",
        ),
        Answer(
            "255 intervals",
            """
def bits_per_dimension(log_p, D, levels=256):
    return math.log2(levels - 1) - log_p / (D * math.log(2))
""",
            "",
        ),
        Answer(
            "of the whole picture",
            """
def bits_per_dimension(log_p, D, levels=256):
    return (D * math.log(levels) - log_p) / math.log(2)
""",
            "each|dimension|D",
        ),
        Answer(
            "the mean of the pictures",
            """
def bits_per_dimension(log_p, D, levels=256):
    return (math.log(levels) - log_p.mean() / D) / math.log(2)
""",
            "picture|shape",
        ),
        Answer(
            "the common logarithm",
            """
def bits_per_dimension(log_p, D, levels=256):
    return math.log10(levels) - log_p / (D * math.log(10))
""",
            "",
        ),
    ),
    "q4": (
        Answer(
            "levels steps, not levels minus one",
            """
def snap(z, levels):
    step = 2 / levels
    return z + (((z + 1) / step).round() * step - 1 - z).detach()
""",
            "level",
        ),
        Answer(
            "no straight way",
            """
def snap(z, levels):
    half = (levels - 1) / 2
    return ((z + 1) * half).round() / half - 1
""",
            "gradient",
        ),
        Answer(
            "detached altogether",
            """
def snap(z, levels):
    half = (levels - 1) / 2
    return (((z + 1) * half).round() / half - 1).detach()
""",
            "gradient",
        ),
        Answer(
            "the other one detached",
            """
def snap(z, levels):
    half = (levels - 1) / 2
    rounded = ((z + 1) * half).round() / half - 1
    return rounded + (z - rounded).detach()
""",
            "",
        ),
        Answer(
            "always rounded down",
            """
def snap(z, levels):
    half = (levels - 1) / 2
    return z + (((z + 1) * half).floor() / half - 1 - z).detach()
""",
            "near",
        ),
        Answer(
            "levels around 0: wrong for an even number",
            """
def snap(z, levels):
    half = (levels - 1) / 2
    return z + ((z * half).round() / half - z).detach()
""",
            "even|two|levels",
        ),
        Answer(
            "the gradient scaled by the number of levels",
            """
def snap(z, levels):
    half = (levels - 1) / 2
    scaled = (z + 1) * half
    return (scaled.round().detach() + scaled - scaled.detach()).div(2) - 1
""",
            "",
        ),
        Answer(
            "rows only: one code at a time",
            """
def snap(z, levels):
    grid = torch.linspace(-1, 1, levels)
    chosen = grid[(z.detach()[:, :, None] - grid).abs().argmin(2)]
    return z + (chosen - z).detach()
""",
            "shape|dimension|index|Too many|any shape",
        ),
        Answer(
            "nearest whole code, as in a codebook",
            """
def snap(z, levels):
    grid = torch.linspace(-1, 1, levels)
    middle = z.detach().mean(-1, keepdim=True)
    nearest_one = grid[(middle - grid).abs().argmin(-1, keepdim=True)]
    return z + (nearest_one.expand_as(z) - z).detach()
""",
            "each number",
        ),
        Answer(
            "the gradient vanishes on a level",
            """
def snap(z, levels):
    half = (levels - 1) / 2
    rounded = ((z + 1) * half).round() / half - 1
    return torch.where(rounded == z, rounded.detach(), z + (rounded - z).detach())
""",
            "gradient",
        ),
    ),
    "q5": (
        Answer("all of A are near", 'q5 = "a"\nq5_share = 1.0\nq5_because = "x"', ""),
        Answer("the soft ones", 'q5 = "b"\nq5_share = 0.3\nq5_because = "x"', ""),
        Answer("none", 'q5 = "d"\nq5_share = 0\nq5_because = "x"', ""),
        Answer("half of it", 'q5 = "c"\nq5_share = 0.5\nq5_because = "x"', ""),
        Answer("in per cent", 'q5 = "c"\nq5_share = 30\nq5_because = "x"', "between 0 and 1|share"),
        Answer("the share of all dots in the three panels", 'q5 = "c"\nq5_share = 0.1\nq5_because = "x"', ""),
    ),
}
