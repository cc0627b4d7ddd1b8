"""Wrong answers that must fail, and right ones that must pass, of exercise 11."""

from tools.mutants import Answer


def pulls(first: str, second: str, total="to_vectors + commitment * to_entries") -> str:
    return (
        "def pulls(vectors, chosen, commitment=0.25):\n"
        f"    to_vectors = {first}\n    to_entries = {second}\n    return {total}\n"
    )


def colours(chosen: str, idle: str, before: str = "pass") -> str:
    return (
        "import numpy as np\ndef next_list(vectors, entries):\n"
        "    apart, choice = torch.cdist(vectors, entries).min(1)\n    worst = apart.argsort(descending=True)\n"
        f"    n, moved = 0, []\n    {before}\n    for k in range(len(entries)):\n        who = vectors[choice == k]\n"
        f"        if len(who):\n            moved.append({chosen})\n"
        f"        else:\n            moved.append({idle})\n            n += 1\n    return torch.stack(moved)\n"
    )


def gain(new: str, total="gaussian_kl(mu, log_var) - new") -> str:
    return f"import math\ndef gain(mu, log_var, m, log_s2):\n    s2 = log_s2.exp()\n    new = {new}\n    return {total}\n"


ENTRIES = "(chosen - vectors.detach()).square().sum()"
VECTORS = "(vectors - chosen.detach()).square().sum()"
MEAN, WORST = "who.mean(0)", "vectors[worst[n]]"
RIGHT_KL = "0.5 * ((log_var.exp() + (mu - m) ** 2) / s2 - 1 - log_var + log_s2).sum(1)"
WRONG = {
    "q1": [
        Answer("as given", pulls(VECTORS, ENTRIES), "as given"),
        Answer("nothing detached", pulls("(chosen - vectors).square().sum()", "(vectors - chosen).square().sum()"), "[Nn]othing is held"),
        Answer("all detached", pulls("(chosen.detach() - vectors.detach()).square().sum()", "torch.zeros(())"), "no gradient|No gradient"),
        Answer("no commitment", pulls(ENTRIES, VECTORS, "to_vectors"), "value|Half"),
        Answer("weight forgotten", pulls(ENTRIES, VECTORS, "to_vectors + to_entries"), "pulled alike"),
        Answer("weight and its rest", pulls(ENTRIES, VECTORS, "(1 - commitment) * to_vectors + commitment * to_entries"), "weights add up to 1"),
        Answer("the weighted one moves both", pulls(ENTRIES, "(vectors - chosen).square().sum()"), "entries should be held"),
        Answer("weight on both", pulls(ENTRIES, VECTORS, "commitment * (to_vectors + to_entries)"), "both"),
        Answer("weight on the other", pulls(ENTRIES, VECTORS, "commitment * to_vectors + to_entries"), "other one"),
        Answer("means", pulls(ENTRIES.replace("sum", "mean"), VECTORS.replace("sum", "mean")), "[Mm]ean"),
        Answer("roots of rows", pulls("(chosen - vectors.detach()).norm(dim=1).sum()", "(vectors - chosen.detach()).norm(dim=1).sum()"), "root of its sum"),
        Answer("mean over vectors", pulls(ENTRIES + " / len(vectors)", VECTORS + " / len(vectors)"), "average over the vectors"),
        Answer("pushed away", pulls("2 * ((vectors - chosen.detach()).square() + (chosen - vectors.detach()).square()).sum().detach() / 2 - " + ENTRIES, VECTORS), "Turned round"),
        Answer("a weight of its own", pulls(ENTRIES, VECTORS, "to_vectors + 0.25 * to_entries"), "value"),
        Answer("roots", pulls("(chosen - vectors.detach()).norm()", "(vectors - chosen.detach()).norm()"), "squared"),
        Answer("detached after", pulls("(chosen - vectors).square().sum()", "(vectors - chosen).square().sum().detach()"), "pulled alike"),
    ],
    "q2": [
        Answer("nothing moved", "def next_list(vectors, entries):\n    return entries.clone()\n", "old list"),
        Answer("sums", colours("who.sum(0)", WORST), "sums"),
        Answer("mean of all", colours("vectors.mean(0)", WORST), "all vectors"),
        Answer("median", colours("who.median(0).values", WORST), "medians"),
        Answer("half of the way", colours("(who.mean(0) + entries[k]) / 2", WORST), "half of the way"),
        Answer("onto its nearest", colours("who[torch.cdist(entries[k:k+1], who).argmin()]", WORST), "its nearest"),
        Answer("the entry counted", colours("torch.cat([who, entries[k:k+1]]).mean(0)", WORST), "old entry"),
        Answer("sorted", colours(MEAN, WORST).replace("torch.stack(moved)", "torch.stack(sorted(moved, key=lambda v: float(v[0])))"), "sorted"),
        Answer("one mean number", colours("who.mean()", "vectors[worst[n]].mean()"), "shape"),
        Answer("idle stay", colours(MEAN, "entries[k]"), "stay where they are"),
        Answer("mean of nothing", colours(MEAN, "who.mean(0)"), "Not a number"),
        Answer("idle to 0", colours(MEAN, "torch.zeros_like(entries[k])"), "gone to 0"),
        Answer("all onto one", colours(MEAN, "vectors[worst[0]]"), "same vector"),
        Answer("best served", colours(MEAN, WORST, "worst = worst.flip(0)"), "best served"),
        Answer("nearest to the idle", colours(MEAN, "vectors[(vectors - entries[k]).norm(dim=1).argmin()]"), "nearest to them|same vector"),
        Answer("by place", colours(MEAN, "vectors[worst[k]]"), "Not yet"),
        Answer("last idle first", colours(MEAN, "vectors[worst[(~torch.isin(torch.arange(len(entries)), choice)).sum() - 1 - n]]"), "first idle entry"),
        Answer("idle left out", colours(MEAN, WORST).replace("moved.append(vectors[worst[n]])", "pass"), "shape"),
        Answer("at random", colours(MEAN, "vectors[torch.randint(len(vectors), ())]"), "Not yet|same vector|served|needed"),
    ],
    "q3": [
        Answer("sign", gain(RIGHT_KL, "new - gaussian_kl(mu, log_var)"), "sign"),
        Answer("price", gain(RIGHT_KL, "new"), "new price"),
        Answer("reversed", gain("0.5 * ((s2 + (mu - m) ** 2) / log_var.exp() - 1 + log_var - log_s2).sum(1)"), "other way round"),
        Answer("no spread", gain("0.5 * (log_var.exp() + (mu - m) ** 2 - 1 - log_var).sum(1)"), "spread of the new prior"),
        Answer("mean not divided", gain("0.5 * (log_var.exp() / s2 + (mu - m) ** 2 - 1 - log_var + log_s2).sum(1)"), "units"),
        Answer("no mean", gain("0.5 * ((log_var.exp() + mu ** 2) / s2 - 1 - log_var + log_s2).sum(1)"), "mean of the new prior"),
        Answer("no log", gain("0.5 * ((log_var.exp() + (mu - m) ** 2) / s2 - 1 - log_var).sum(1)"), "logarithm"),
        Answer("no half", gain("((log_var.exp() + (mu - m) ** 2) / s2 - 1 - log_var + log_s2).sum(1)"), "half"),
        Answer("mean over latents", gain(RIGHT_KL.replace("sum", "mean")), "added up|adds up"),
        Answer("average over pictures", gain(RIGHT_KL, "(gaussian_kl(mu, log_var) - new).mean()"), "[Oo]ne"),
        Answer("the log of a deviation", gain("gaussian_kl(mu, log_var, m, 2 * log_s2)"), "taken for that of a standard deviation"),
        Answer("half of the log", gain("gaussian_kl(mu, log_var, m, log_s2 / 2)"), "here it is s"),
        Answer("means alone", gain("0.5 * ((mu - m) ** 2 / s2 + log_s2).sum(1)", "0.5 * mu.square().sum(1) - new"), "own spread"),
        Answer("deviation", gain("0.5 * ((log_var.exp() + (mu - m) ** 2) / s2.sqrt() - 1 - log_var + log_s2).sum(1)"), "variance"),
    ],
    "q4": [
        Answer("a", "q4, q4_elbo = 'a', -102", "makes use"),
        Answer("b", "q4, q4_elbo = 'b', -102", "spends"),
        Answer("d", "q4, q4_elbo = 'd', -102", "ELBO"),
        Answer("plus", "q4, q4_elbo = 'c', 102", "sign"),
        Answer("no top", "q4, q4_elbo = 'c', -96", "top"),
        Answer("no bottom", "q4, q4_elbo = 'c', -88", "bottom"),
        Answer("error", "q4, q4_elbo = 'c', -82", "both"),
        Answer("with another's top", "q4, q4_elbo = 'c', -119", "another"),
        Answer("difference", "q4, q4_elbo = 'c', -62", "prices"),
    ],
}  # fmt: skip

RIGHT = {
    "q1": [
        Answer("mse_loss", pulls("torch.nn.functional.mse_loss(chosen, vectors.detach(), reduction='sum')", "torch.nn.functional.mse_loss(vectors, chosen.detach(), reduction='sum')")),
        Answer("in one", pulls("0", "0", "((chosen - vectors.detach()) ** 2 + commitment * (vectors - chosen.detach()) ** 2).sum()")),
        Answer("einsum", pulls("torch.einsum('ij,ij->', chosen - vectors.detach(), chosen - vectors.detach())", "torch.einsum('ij,ij->', vectors - chosen.detach(), vectors - chosen.detach())")),
        Answer("by rows", pulls("(chosen - vectors.detach()).norm(dim=1).pow(2).sum()", "(vectors - chosen.detach()).pow(2).sum(1).sum()")),
    ],
    "q2": [
        Answer("loop", colours(MEAN, WORST)),
        Answer("index_add", "def next_list(vectors, entries):\n    choice = torch.cdist(vectors, entries).argmin(1)\n    apart = (vectors - entries[choice]).norm(dim=1)\n    count = torch.bincount(choice, minlength=len(entries))\n    new = torch.zeros_like(entries).index_add(0, choice, vectors) / count.clamp(min=1)[:, None]\n    idle = count == 0\n    new[idle] = vectors[apart.topk(int(idle.sum())).indices]\n    return new\n"),
        Answer("NumPy", "import numpy as np\ndef next_list(vectors, entries):\n    v, e = np.asarray(vectors), np.array(entries)\n    d = ((v[:, None] - e) ** 2).sum(2)\n    c, order = d.argmin(1), iter(np.argsort(-d.min(1)))\n    for k in range(len(e)):\n        e[k] = v[c == k].mean(0) if (c == k).any() else v[next(order)]\n    return e\n"),
        Answer("one-hot matrix", "def next_list(vectors, entries):\n    apart, choice = torch.cdist(vectors, entries).min(1)\n    hot = nn_hot = torch.nn.functional.one_hot(choice, len(entries)).float()\n    sums, count = hot.T @ vectors, hot.sum(0)\n    worst = vectors[apart.argsort(descending=True)]\n    place = (count == 0).cumsum(0) - 1\n    return torch.where((count > 0)[:, None], sums / count[:, None], worst[place.clamp(min=0)])\n"),
        Answer("lists", "def next_list(vectors, entries):\n    v, e = vectors.tolist(), entries.tolist()\n    d = [[sum((a - b) ** 2 for a, b in zip(x, y)) for y in e] for x in v]\n    c = [row.index(min(row)) for row in d]\n    far = sorted(range(len(v)), key=lambda i: -min(d[i]))\n    out = []\n    for k in range(len(e)):\n        who = [v[i] for i in range(len(v)) if c[i] == k]\n        out.append([sum(col) / len(who) for col in zip(*who)] if who else v[far.pop(0)])\n    return out\n"),
        Answer("the package's", "from vaelab.vq import nearest\ndef next_list(vectors, entries):\n    choice = nearest(vectors, entries)\n    order = list((vectors - entries[choice]).square().sum(1).argsort(descending=True))\n    return torch.stack([vectors[choice == k].mean(0) if k in choice else vectors[order.pop(0)] for k in range(len(entries))])\n"),
    ],
    "q3": [
        Answer("the package's", gain("gaussian_kl(mu, log_var, m, log_s2)")),
        Answer("distributions", gain("torch.distributions.kl_divergence(torch.distributions.Normal(mu, (log_var / 2).exp()), torch.distributions.Normal(m, (log_s2 / 2).exp())).sum(1)")),
        Answer("difference of crosses", gain("0", "0.5 * (log_var.exp() + mu ** 2 - (log_var.exp() + (mu - m) ** 2) / s2 - log_s2).sum(1)")),
    ],
    "q4": [Answer("capital", "q4, q4_elbo = ' C', '-102.0'")],
}  # fmt: skip
