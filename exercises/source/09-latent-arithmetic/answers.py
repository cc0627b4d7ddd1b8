"""Wrong answers that must fail, and right ones that must pass, of exercise 9."""

from tools.mutants import Answer

SETUP = "import math\nimport numpy as np\n"


def walk(body: str) -> str:
    return f"{SETUP}def walk(a, b, n):\n    {body}\n"


def balanced(body: str) -> str:
    return f"{SETUP}def balanced_vector(codes, present, other):\n    {body}\n"


def flipped(body: str) -> str:
    return f"def flipped(pictures, vector, encode, decode, judge):\n    z = encode(pictures)\n    {body}\n"


def plot(letter: str, share: float = 0.3) -> str:
    return f"q3, q3_share, q3_because = {letter!r}, {share}, 'because'"


def predicted(length, factor) -> str:
    return f"q5_length, q5_factor = {length}, {factor}"


def glasses(value: str) -> str:
    return f"def glasses_vector(codes, has):\n    worn, smiling = has['Eyeglasses'], has['Smiling']\n    return {value}\n"


UNIT = "u, v = a/a.norm(), b/b.norm(); w = torch.acos((u@v).clamp(-1, 1)); t = torch.linspace(0, 1, n, dtype=a.dtype)[:, None]; "
TURN = "(torch.sin((1-t)*w)*u + torch.sin(t*w)*v)/torch.sin(w)"
LENGTH = "((1-t)*a.norm() + t*b.norm())"
SIDES = "both, only, rest, none = (codes[m].mean(0) for m in (present & other, present & ~other, ~present & other, ~present & ~other)); "

WRONG = {
    "q1": [
        Answer("straight line", walk("return latent.interpolate(a, b, n)"), "straight line"),
        Answer("arc of whole codes", walk("return latent.great_circle(a, b, n)"), "whole codes"),
        Answer("arc of whole codes, stretched", walk("x = latent.great_circle(a, b, n); return torch.linspace(float(a.norm()), float(b.norm()), n)[:, None]*x/x.norm(dim=1, keepdim=True)"), "unequal length"),
        Answer("ends swapped", walk(f"{UNIT}t = t.flip(0); return {LENGTH}*{TURN}"), "changed places"),
        Answer("lengths swapped only", walk(f"{UNIT}x = {TURN}; t = t.flip(0); return {LENGTH}*x"), "lengths of"),
        Answer("all of length 1", walk(f"{UNIT}return {TURN}"), "lengths of"),
        Answer("one too many", walk(f"n = n + 1; {UNIT}return {LENGTH}*{TURN}"), "too many"),
        Answer("one too few", walk(f"n = n - 1; {UNIT}return {LENGTH}*{TURN}"), "too few"),
        Answer("never arrives", walk(f"{UNIT}t = torch.arange(n)[:, None]/n; return {LENGTH}*{TURN}"), "stops before"),
        Answer("directions on a line", walk(f"{UNIT}x = (1-t)*u + t*v; return {LENGTH}*x/x.norm(dim=1, keepdim=True)"), "angles uneven"),
        Answer("straight line, stretched", walk(f"{UNIT}x = (1-t)*a + t*b; return {LENGTH}*x/x.norm(dim=1, keepdim=True)"), "of the straight line"),
        Answer("mix of directions, not made 1 long", walk(f"{UNIT}return {LENGTH}*((1-t)*u + t*v)"), "cuts the lengths"),
        Answer("straight line's lengths", walk(f"{UNIT}x = (1-t)*a + t*b; return {TURN}*x.norm(dim=1, keepdim=True)"), "lengths are those"),
        Answer("geometric lengths", walk(f"{UNIT}return a.norm()**(1-t)*b.norm()**t*{TURN}"), "same factor"),
        Answer("columns", walk(f"{UNIT}return ({LENGTH}*{TURN}).T"), "one a row"),
        Answer("no care for parallel codes", walk(f"u, v = a/a.norm(), b/b.norm(); w = torch.acos(u@v); t = torch.linspace(0, 1, n)[:, None]; return {LENGTH}*{TURN}"), "point the same way"),
    ],
    "q2": [
        Answer("plain", balanced("return latent.attribute_vector(codes, present)"), "plain"),
        Answer("sign", balanced(f"{SIDES}return (rest + none - both - only)/2"), "sign"),
        Answer("masks swapped", balanced(f"{SIDES}return (both + rest - only - none)/2"), "changed places"),
        Answer("summed", balanced(f"{SIDES}return both + only - rest - none"), "averaged"),
        Answer("only with the other", balanced(f"{SIDES}return both - rest"), "who have"),
        Answer("only without the other", balanced(f"{SIDES}return only - none"), "who lack"),
        Answer("by counts", balanced(f"{SIDES}p = other.float().mean(); return p*(both - rest) + (1-p)*(only - none)"), "how many faces"),
        Answer("thinned", balanced("c = []\n    for k in (False, True):\n        i, j = (((other == k) & (present == x)).nonzero()[:, 0] for x in (True, False)); m = min(len(i), len(j)); c += [i[:m], j[:m]]\n    c = torch.cat(c); return latent.attribute_vector(codes[c], present[c])"), "left out"),
        Answer("four groups of one size", balanced("m = [(present == p) & (other == o) for p in (True, False) for o in (True, False)]; n = min(int(g.sum()) for g in m); a, b, c, d = (codes[g][:n].mean(0) for g in m); return (a + b - c - d)/2"), "of one size"),
        Answer("least squares", balanced("return latent.attribute_vectors(codes, torch.stack([present, other], 1))[0]"), "least squares"),
        Answer("one side only", balanced(f"{SIDES}return (both + only)/2 - codes[~present].mean(0)"), "not yet"),
        Answer("minus all", balanced(f"{SIDES}return (both + only)/2 - codes.mean(0)"), "all faces"),
        Answer("sums", balanced("return codes[present].sum(0) - codes[~present].sum(0)"), "summed up"),
        Answer("length 1", balanced(f"{SIDES}v = (both + only - rest - none)/2; return v/v.norm()"), "length"),
        Answer("wrong axis", balanced("return torch.where(present, 1, -1)*codes.mean(1)"), "over the faces"),
    ],
    "q3": [
        Answer("a", plot("a"), "less lipstick"),
        Answer("b", plot("b"), "more steps"),
        Answer("d", plot("d"), "one height"),
        Answer("the length itself", plot("c", 0.7), "how long B is"),
        Answer("ratio of steps", plot("c", 1.4), "between 0 and 1"),
        Answer("a guess", plot("c", 0.5), "share"),
    ],
    "q4": [
        Answer("as given", flipped("return (judge(pictures) != judge(decode(z + vector))).float().mean(0)"), "as given"),
        Answer("encoded twice", flipped("pictures = decode(z); z = encode(pictures); return (judge(pictures) != judge(decode(z + vector))).float().mean(0)"), "zeros should"),
        Answer("vector drawn onto the pictures", flipped("return (judge(pictures) != judge(pictures + decode(z + vector) - decode(z))).float().mean(0)"), "does something"),
        Answer("pictures on both sides", flipped("return (judge(pictures) != judge(pictures)).float().mean(0)"), "reach the decoder"),
        Answer("codes moved in place", "def flipped(pictures, vector, encode, decode, judge):\n    z = encode(pictures)\n    moved = z\n    moved += vector\n    return (judge(decode(z)) != judge(decode(moved))).float().mean(0)\n", "once not"),
        Answer("vector forgotten", flipped("return (judge(decode(z)) != judge(decode(z))).float().mean(0)"), "reach the decoder"),
        Answer("zero score subtracted", flipped("f = lambda v: (judge(pictures) != judge(decode(z + v))).float().mean(0); return (f(vector) - f(0*vector)).abs()"), "subtracted"),
        Answer("only if the vector is zero", flipped("return (judge(pictures) != judge(decode(z + vector))).float().mean(0)*bool(vector.any())"), "other than zeros"),
        Answer("net change", flipped("return (judge(decode(z)).float().mean(0) - judge(decode(z + vector)).float().mean(0)).abs()"), "cancel"),
        Answer("only gains", flipped("return (judge(decode(z + vector)) & ~judge(decode(z))).float().mean(0)"), "appear"),
        Answer("only losses", flipped("return (~judge(decode(z + vector)) & judge(decode(z))).float().mean(0)"), "go away"),
        Answer("equal for changed", flipped("return (judge(decode(z)) == judge(decode(z + vector))).float().mean(0)"), "zeros should"),
        Answer("one share for each face", flipped("return (judge(decode(z)) != judge(decode(z + vector))).float().mean(1)"), "each verdict"),
        Answer("one share for all", flipped("return (judge(decode(z)) != judge(decode(z + vector))).float().mean()"), "each verdict"),
    ],
    "q5": [
        Answer("no guess", predicted("'long'", 2), "One number"),
        Answer("times four", predicted(5, 4), "four times"),
        Answer("root two", predicted(5, 1.41), "average of two"),
        Answer("shorter", predicted(5, 0.5), "shorter still"),
        Answer("stays", predicted(5, 1), "inside the shell"),
    ],
    "q6": [
        Answer("plain", glasses("latent.attribute_vector(codes, worn)"), "smile comes along"),
        Answer("plain, longer", glasses("2*latent.attribute_vector(codes, worn)"), "smile comes along"),
        Answer("plain, shorter", glasses("0.5*latent.attribute_vector(codes, worn)"), "far enough"),
        Answer("balanced, half a step", glasses("0.5*balanced_vector(codes, worn, smiling)"), "far enough"),
        Answer("balanced for the smile", glasses("2*balanced_vector(codes, smiling, worn)"), "smile comes along"),
        Answer("takes them off", glasses("-1.8*balanced_vector(codes, worn, smiling)"), "turn it round"),
        Answer("zeros", glasses("torch.zeros(128)"), "far enough"),
        Answer("far too long", glasses("8*balanced_vector(codes, worn, smiling)"), "besides glasses|smile comes along"),
        Answer("projected", glasses("(lambda p, q: 3*(p - (p @ q)/(q @ q)*q))(latent.attribute_vector(codes, worn), latent.attribute_vector(codes, smiling))"), "smile comes along"),
        Answer("only those who smile, half a step", glasses("0.5*(codes[worn & smiling].mean(0) - codes[~worn & smiling].mean(0))"), "far enough"),
        Answer("one person", glasses("codes[worn][0]"), "glasses on"),
        Answer("another size", glasses("torch.zeros(64)"), "128 numbers"),
        Answer("not a number", glasses("torch.full((128,), float('nan'))"), "not numbers"),
        Answer("one vector a face", glasses("codes - codes.mean(0)"), "128 numbers"),
        Answer("the data set loaded again", "again = vaelab.load('portraits', size=64, n=300)\nits_codes = latent.encode(vae, again)[0]\n" + glasses("1.5*latent.attribute_vector(its_codes, again.attribute('Eyeglasses'))"), "another order"),
        Answer("learned from the new faces", glasses("1.5*latent.attribute_vector(new_codes, new_faces.attribute('Eyeglasses'))"), "another order"),
        Answer("codes from outside", glasses("1.8*balanced_vector(few_codes, worn, smiling)"), "another order"),
    ],
}  # fmt: skip

RIGHT = {
    "q1": [
        Answer("sines, with care", walk(f"{UNIT}return {LENGTH}*({TURN} if w > 1e-3 else (1-t)*u + t*v)")),
        Answer("NumPy", walk("a, b = np.asarray(a, float), np.asarray(b, float); la, lb = np.linalg.norm(a), np.linalg.norm(b); u, v = a/la, b/lb; w = np.arccos(np.clip(u@v, -1, 1)); rows = [((1-t)*la + t*lb)*((np.sin((1-t)*w)*u + np.sin(t*w)*v)/np.sin(w) if w > 1e-6 else u) for t in np.linspace(0, 1, n)]; return np.array(rows)")),
        Answer("turned in a plane", walk("a, b = a.double(), b.double(); u, v = a/a.norm(), b/b.norm(); r = v - (u@v)*u; r = r/r.norm() if r.norm() > 1e-6 else 0*r; w = torch.atan2((v@r), (u@v)); t = torch.linspace(0, 1, n).double()[:, None]; return (a.norm()+(b.norm()-a.norm())*t)*(torch.cos(t*w)*u + torch.sin(t*w)*r)")),
        Answer("lerp", walk("x = latent.great_circle(a/a.norm(), b/b.norm(), n); return x * torch.lerp(a.norm(), b.norm(), torch.linspace(0, 1, n))[:, None]")),
        Answer("a matrix product", walk("x = latent.great_circle(a/a.norm(), b/b.norm(), n); t = torch.linspace(0, 1, n); return torch.diag(torch.stack([1-t, t], 1) @ torch.stack([a.norm(), b.norm()])) @ x")),
        Answer("a list of rows", walk("x = latent.great_circle(a/a.norm(), b/b.norm(), n); return [[float(c)*float(a.norm() + (b.norm()-a.norm())*k/(n-1)) for c in row] for k, row in enumerate(x)]")),
        Answer("one length for both, then stretched", walk("x = latent.great_circle(a, b*(a.norm()/b.norm()), n); return x*torch.linspace(1, float(b.norm()/a.norm()), n)[:, None]")),
        Answer("a hair added to the angle", walk("u, v = a/a.norm(), b/b.norm(); w = torch.acos((u@v).clamp(-0.9999999, 0.9999999)) + 1e-6; t = torch.linspace(0, 1, n)[:, None]; x = " + TURN + f"; return {LENGTH}*x/x.norm(dim=1, keepdim=True)")),
    ],
    "q2": [
        Answer("difference in each half", balanced(f"{SIDES}return ((both - rest) + (only - none))/2")),
        Answer("one float32 tensor", balanced("w = torch.zeros(len(codes))\n    for p in (True, False):\n        for o in (True, False):\n            cell = (present == p) & (other == o)\n            w[cell] = (1 if p else -1) * 0.5 / cell.sum()\n    return w @ codes")),
        Answer("a table of means", balanced("m = torch.zeros(2, 2, codes.shape[1])\n    for p in (0, 1):\n        for o in (0, 1):\n            m[p, o] = codes[(present == p) & (other == o)].mean(0)\n    return m.mean(1)[1] - m.mean(1)[0]")),
        Answer("weights", balanced("g = 2*present.long() + other.long(); w = 1/torch.bincount(g)[g].to(codes.dtype); p, q = w*present, w*~present; return (p@codes)/p.sum() - (q@codes)/q.sum()")),
        Answer("a loop in NumPy", balanced("c, p, o = np.asarray(codes), np.asarray(present), np.asarray(other); return np.mean([c[p & (o == k)].mean(0) - c[~p & (o == k)].mean(0) for k in (True, False)], axis=0)")),
        Answer("copies, so that groups are equal", balanced("m = [present & other, present & ~other, ~present & other, ~present & ~other]; n = math.lcm(*[int(x.sum()) for x in m]); a, b, c, d = (codes[x].repeat(n//int(x.sum()), 1) for x in m); return (torch.cat([a, b]).mean(0) - torch.cat([c, d]).mean(0)).tolist()")),
        Answer("a weighted regression", balanced("import numpy as np; g = (2*present.long() + other.long()).numpy(); w = np.sqrt(1/np.bincount(g)[g]); x = np.stack([np.ones(len(g)), present.numpy(), other.numpy()], 1); return np.linalg.lstsq(x*w[:, None], codes.numpy()*w[:, None], rcond=None)[0][1]")),
    ],
    "q3": [Answer("capital, two decimals", plot("C", 0.28)), Answer("as text", "q3, q3_share, q3_because = 'c ', '0.3', '.'")],
    "q4": [
        Answer("reconstruction", flipped("x_hat = decode(z); return (judge(x_hat) ^ judge(decode(z + vector))).float().mean(0)")),
        Answer("zeros added", flipped("return (judge(decode(z + 0*vector)) != judge(decode(z + vector))).double().mean(dim=0)")),
        Answer("a loop", flipped("pairs = list(zip(judge(decode(z)), judge(decode(z + vector)))); return (sum((a != b).float() for a, b in pairs)/len(pairs)).tolist()")),
        Answer("NumPy", flipped("import numpy as np; a, b = (np.asarray(judge(decode(y))) for y in (z, z + vector)); return (a != b).mean(0)")),
    ],
    "q5": [
        Answer("another guess", predicted(10, 2)),
        Answer("floats", predicted(5.0, 2.0)),
        Answer("roots", "import math; q5_length, q5_factor = 100**0.5/4**0.5, math.sqrt(4)"),
    ],
    "q6": [
        Answer("least squares, two labels", glasses("1.8*latent.attribute_vectors(codes, torch.stack([worn, smiling], 1))[0]")),
        Answer("only who does not smile, as a list", glasses("(1.6*(codes[worn & ~smiling].mean(0) - codes[~worn & ~smiling].mean(0))).tolist()")),
        Answer("all attributes, a row", glasses("2*latent.attribute_vectors(codes, torch.stack(list(has.values()), 1))[[list(has).index('Eyeglasses')]]")),
        Answer("NumPy", glasses("1.7*balanced_vector(codes, worn, smiling).numpy()")),
        Answer("gradient steps from a start by chance", SETUP + "def glasses_vector(codes, has):\n    x = torch.stack([torch.ones(len(codes)), has['Eyeglasses'].float(), has['Smiling'].float()], 1)\n    w = torch.randn(3, codes.shape[1]).mul(0.1).requires_grad_()\n    optimizer = torch.optim.Adam([w], lr=0.05)\n    for _ in range(400):\n        optimizer.zero_grad()\n        (x @ w - codes).square().sum(1).mean().backward()\n        optimizer.step()\n    return 1.8*w[1].detach()\n"),
        Answer("ridge regression, an array", SETUP + "def glasses_vector(codes, has):\n    x = np.stack([np.asarray(v, float) for v in has.values()], 1)\n    x, z = x - x.mean(0), np.asarray(codes, float)\n    w = np.linalg.solve(x.T @ x + 2*np.eye(x.shape[1]), x.T @ (z - z.mean(0)))\n    return 1.8*w[list(has).index('Eyeglasses')]\n"),
    ],
}  # fmt: skip
