"""Answers to exercise 11 by readers who saw the learner's sheet alone, never its checks."""

# Withdrawn: q2, wrong, “the entries are moved while choosing”: in place, which the task does not forbid.

from tools.mutants import Answer

RIGHT = {
    "q1": (
        Answer(
            "the weight moved to the other term",
            """
def pulls(vectors, chosen, commitment=0.25):
    to_vectors = (chosen.detach() - vectors).square().sum()
    to_entries = (vectors.detach() - chosen).square().sum()
    return commitment * to_vectors + to_entries
""",
        ),
        Answer(
            "the detached sides exchanged",
            """
def pulls(vectors, chosen, commitment=0.25):
    to_vectors = (chosen - vectors.detach()).square().sum()
    to_entries = (vectors - chosen.detach()).square().sum()
    return to_vectors + commitment * to_entries
""",
        ),
        Answer(
            "mse_loss with sums",
            """
import torch.nn.functional as F

def pulls(vectors, chosen, commitment=0.25):
    return F.mse_loss(chosen, vectors.detach(), reduction="sum") + commitment * F.mse_loss(
        vectors, chosen.detach(), reduction="sum"
    )
""",
        ),
        Answer(
            "a loop over the vectors",
            """
def pulls(vectors, chosen, commitment=0.25):
    total = 0.0
    for v, e in zip(vectors, chosen):
        gap = v.detach() - e
        total = total + gap @ gap
        gap = v - e.detach()
        total = total + commitment * (gap @ gap)
    return total
""",
        ),
        Answer(
            "einsum and double precision",
            """
def pulls(vectors, chosen, commitment=0.25):
    v, e = vectors.double(), chosen.double()
    codebook, commit = e - v.detach(), v - e.detach()
    return torch.einsum("nw,nw->", codebook, codebook) + commitment * torch.einsum("nw,nw->", commit, commit)
""",
        ),
        Answer(
            "one square, gradients weighed by a mix of both",
            """
def pulls(vectors, chosen, commitment=0.25):
    def square(a, b):
        return torch.linalg.vector_norm(a - b) ** 2 if False else ((a - b) ** 2).sum()
    return square(chosen, vectors.data) + square(vectors, chosen.data) * commitment
""",
        ),
    ),
    "q2": (
        Answer(
            "a loop over the entries, topk for the idle",
            """
def next_list(vectors, entries):
    gaps = torch.cdist(vectors, entries)
    distance, choice = gaps.min(1)
    new = entries.clone()
    idle = []
    for k in range(len(entries)):
        if (choice == k).any():
            new[k] = vectors[choice == k].mean(0)
        else:
            idle.append(k)
    if idle:
        far = distance.topk(len(idle)).indices
        new[idle] = vectors[far]
    return new
""",
        ),
        Answer(
            "one-hot matrix and division",
            """
def next_list(vectors, entries):
    chosen = nearest(vectors, entries)
    hot = torch.nn.functional.one_hot(chosen, len(entries)).to(vectors.dtype)
    counts = hot.sum(0)
    means = hot.T @ vectors / counts.clamp(min=1)[:, None]
    order = (vectors - entries[chosen]).square().sum(1).argsort(descending=True)
    idle = counts == 0
    means[idle] = vectors[order[: int(idle.sum())]]
    return means
""",
        ),
        Answer(
            "index_add, the rank of each idle entry by cumsum",
            """
def next_list(vectors, entries):
    choice = nearest(vectors, entries)
    sums = torch.zeros_like(entries).index_add(0, choice, vectors)
    counts = torch.bincount(choice, minlength=len(entries))
    far = (vectors - entries[choice]).norm(dim=1).sort(descending=True).indices
    rank = (counts == 0).long().cumsum(0) - 1
    moved = vectors[far[rank.clamp(min=0)]]
    return torch.where((counts > 0)[:, None], sums / counts.clamp(min=1)[:, None], moved)
""",
        ),
        Answer(
            "NumPy",
            """
import numpy as np

def next_list(vectors, entries):
    v, e = np.array(vectors, dtype=np.float64), np.array(entries, dtype=np.float64)
    d = ((v[:, None] - e[None]) ** 2).sum(-1)
    pick = d.argmin(1)
    own = d[np.arange(len(v)), pick]
    order = iter(np.argsort(-own, kind="stable"))
    out = np.empty_like(e)
    for k in range(len(e)):
        members = v[pick == k]
        out[k] = members.mean(0) if len(members) else v[next(order)]
    return torch.from_numpy(out).to(vectors.dtype)
""",
        ),
        Answer(
            "Python lists and a dictionary",
            """
def next_list(vectors, entries):
    members, gaps = {}, []
    for i, v in enumerate(vectors):
        d = [float((v.double() - e.double()).pow(2).sum()) for e in entries]
        k = d.index(min(d))
        members.setdefault(k, []).append(v)
        gaps.append((d[k], i))
    far = [i for _, i in sorted(gaps, key=lambda pair: -pair[0])]
    rows = []
    for k in range(len(entries)):
        rows.append(torch.stack(members[k]).mean(0) if k in members else vectors[far.pop(0)])
    return torch.stack(rows)
""",
        ),
        Answer(
            "entries that are alike: the last of them is chosen",
            """
def next_list(vectors, entries):
    gaps = torch.cdist(vectors, entries)
    choice = len(entries) - 1 - gaps.flip(1).argmin(1)
    own = gaps.gather(1, choice[:, None])[:, 0]
    rows, order = [], own.argsort(descending=True).tolist()
    for k in range(len(entries)):
        mine = choice == k
        rows.append(vectors[mine].mean(0) if mine.any() else vectors[order.pop(0)])
    return torch.stack(rows)
""",
        ),
    ),
    "q3": (
        Answer(
            "the chapter's function for both",
            """
def gain(mu, log_var, m, log_s2):
    return gaussian_kl(mu, log_var) - gaussian_kl(mu, log_var, m, log_s2)
""",
        ),
        Answer(
            "the second KL by hand",
            """
def gain(mu, log_var, m, log_s2):
    var, s2 = log_var.exp(), log_s2.exp()
    new = 0.5 * (log_s2 - log_var + (var + (mu - m) ** 2) / s2 - 1).sum(1)
    return gaussian_kl(mu, log_var) - new
""",
        ),
        Answer(
            "simplified: the entropies cancel",
            """
def gain(mu, log_var, m, log_s2):
    old = mu.square() + log_var.exp()
    new = ((mu - m).square() + log_var.exp()) * (-log_s2).exp() + log_s2
    return (old - new).sum(dim=1) / 2
""",
        ),
        Answer(
            "torch.distributions",
            """
from torch.distributions import Independent, Normal, kl_divergence

def gain(mu, log_var, m, log_s2):
    q = Independent(Normal(mu, (log_var / 2).exp()), 1)
    old = Independent(Normal(torch.zeros_like(mu), torch.ones_like(mu)), 1)
    new = Independent(Normal(m.expand_as(mu), (log_s2 / 2).exp().expand_as(mu)), 1)
    return kl_divergence(q, old) - kl_divergence(q, new)
""",
        ),
        Answer(
            "a loop over pictures and latents",
            """
import math

def gain(mu, log_var, m, log_s2):
    found = []
    for i in range(mu.shape[0]):
        total = 0.0
        for j in range(mu.shape[1]):
            v, s2 = math.exp(log_var[i, j]), math.exp(log_s2[j])
            kl_old = (float(mu[i, j]) ** 2 + v - 1 - float(log_var[i, j])) / 2
            kl_new = ((float(mu[i, j]) - float(m[j])) ** 2 / s2 + v / s2 - 1 - math.log(v / s2)) / 2
            total += kl_old - kl_new
        found.append(total)
    return torch.tensor(found)
""",
        ),
        Answer(
            "standardised to the new prior, then the KL to N(0, I)",
            """
def gain(mu, log_var, m, log_s2):
    s = (0.5 * log_s2).exp()
    return gaussian_kl(mu, log_var) - gaussian_kl((mu - m) / s, log_var - log_s2)
""",
        ),
    ),
    "q4": (
        Answer("plain", 'q4 = "c"\nq4_elbo = -102\nq4_because = """A, since ..."""'),
        Answer(
            "a capital, a sum", 'q4 = "C"\nq4_elbo = -(82.0 + 6.0 + 14.0)\nq4_because = """A, since ..."""'
        ),
        Answer("a tensor", 'q4 = "c"\nq4_elbo = torch.tensor(-102.0)\nq4_because = """A, since ..."""'),
        Answer("a float", 'q4 = "c"\nq4_elbo = -102.0\nq4_because = "A, since ..."'),
    ),
}

WRONG = {
    "q1": (
        Answer(
            "no weight at all",
            """
def pulls(vectors, chosen, commitment=0.25):
    to_vectors = (chosen.detach() - vectors).square().sum()
    to_entries = (vectors.detach() - chosen).square().sum()
    return to_vectors + to_entries
""",
            "commitment|weight",
        ),
        Answer(
            "nothing detached",
            """
def pulls(vectors, chosen, commitment=0.25):
    gap = (chosen - vectors).square().sum()
    return gap + commitment * gap
""",
            "",
        ),
        Answer(
            "both exchanged: as before",
            """
def pulls(vectors, chosen, commitment=0.25):
    to_vectors = (chosen - vectors.detach()).square().sum()
    to_entries = (vectors - chosen.detach()).square().sum()
    return commitment * to_vectors + to_entries
""",
            "",
        ),
        Answer(
            "a hard-coded weight",
            """
def pulls(vectors, chosen, commitment=0.25):
    to_vectors = (chosen.detach() - vectors).square().sum()
    to_entries = (vectors.detach() - chosen).square().sum()
    return 0.25 * to_vectors + to_entries
""",
            "commitment",
        ),
        Answer(
            "means, not sums",
            """
def pulls(vectors, chosen, commitment=0.25):
    to_vectors = (chosen.detach() - vectors).square().mean()
    to_entries = (vectors.detach() - chosen).square().mean()
    return commitment * to_vectors + to_entries
""",
            "sum",
        ),
        Answer(
            "sums over the width, a mean over the vectors",
            """
def pulls(vectors, chosen, commitment=0.25):
    to_vectors = (chosen.detach() - vectors).square().sum(1).mean()
    to_entries = (vectors.detach() - chosen).square().sum(1).mean()
    return commitment * to_vectors + to_entries
""",
            "sum",
        ),
        Answer(
            "a weight and its rest",
            """
def pulls(vectors, chosen, commitment=0.25):
    to_vectors = (chosen.detach() - vectors).square().sum()
    to_entries = (vectors.detach() - chosen).square().sum()
    return commitment * to_vectors + (1 - commitment) * to_entries
""",
            "",
        ),
        Answer(
            "the weight divided by instead",
            """
def pulls(vectors, chosen, commitment=0.25):
    to_vectors = (chosen.detach() - vectors).square().sum()
    to_entries = (vectors.detach() - chosen).square().sum()
    return to_vectors + to_entries / commitment
""",
            "",
        ),
        Answer(
            "distances, not their squares",
            """
def pulls(vectors, chosen, commitment=0.25):
    to_vectors = (chosen.detach() - vectors).norm(dim=1).sum()
    to_entries = (vectors.detach() - chosen).norm(dim=1).sum()
    return commitment * to_vectors + to_entries
""",
            "square",
        ),
        Answer(
            "a number without gradients",
            """
def pulls(vectors, chosen, commitment=0.25):
    gap = (chosen.detach() - vectors.detach()).square().sum()
    return (1 + commitment) * gap.item()
""",
            "",
        ),
    ),
    "q2": (
        Answer(
            "idle entries stay",
            """
def next_list(vectors, entries):
    choice = nearest(vectors, entries)
    new = entries.clone()
    for k in choice.unique():
        new[k] = vectors[choice == k].mean(0)
    return new
""",
            "idle|nobody|move",
        ),
        Answer(
            "all idle entries onto the same vector",
            """
def next_list(vectors, entries):
    distance, choice = torch.cdist(vectors, entries).min(1)
    new = entries.clone()
    for k in range(len(entries)):
        mine = choice == k
        new[k] = vectors[mine].mean(0) if mine.any() else vectors[distance.argmax()]
    return new
""",
            "another|same",
        ),
        Answer(
            "distances to the list after it has moved",
            """
def next_list(vectors, entries):
    choice = nearest(vectors, entries)
    new = entries.clone()
    for k in choice.unique():
        new[k] = vectors[choice == k].mean(0)
    far = (vectors - new[choice]).norm(dim=1).argsort(descending=True)
    idle = [k for k in range(len(entries)) if not (choice == k).any()]
    for place, k in enumerate(idle):
        new[k] = vectors[far[place]]
    return new
""",
            "came in|old|before",
        ),
        Answer(
            "idle entries numbered by their place in the list",
            """
def next_list(vectors, entries):
    distance, choice = torch.cdist(vectors, entries).min(1)
    far = distance.argsort(descending=True)
    new = entries.clone()
    for k in range(len(entries)):
        mine = choice == k
        new[k] = vectors[mine].mean(0) if mine.any() else vectors[far[k]]
    return new
""",
            "first|farthest",
        ),
        Answer(
            "nearest vectors instead of the farthest",
            """
def next_list(vectors, entries):
    distance, choice = torch.cdist(vectors, entries).min(1)
    near = distance.argsort().tolist()
    new = entries.clone()
    for k in range(len(entries)):
        mine = choice == k
        new[k] = vectors[mine].mean(0) if mine.any() else vectors[near.pop(0)]
    return new
""",
            "best served",
        ),
        Answer(
            "random vectors for the idle",
            """
def next_list(vectors, entries):
    choice = nearest(vectors, entries)
    new = entries.clone()
    shuffled = torch.randperm(len(vectors)).tolist()
    for k in range(len(entries)):
        mine = choice == k
        new[k] = vectors[mine].mean(0) if mine.any() else vectors[shuffled.pop(0)]
    return new
""",
            "farthest",
        ),
        Answer(
            "farthest from the idle entry itself",
            """
def next_list(vectors, entries):
    gaps = torch.cdist(vectors, entries)
    choice = gaps.argmin(1)
    new, taken = entries.clone(), set()
    for k in range(len(entries)):
        mine = choice == k
        if mine.any():
            new[k] = vectors[mine].mean(0)
        else:
            for i in gaps[:, k].argsort(descending=True).tolist():
                if i not in taken:
                    taken.add(i)
                    new[k] = vectors[i]
                    break
    return new
""",
            "chose",
        ),
        Answer(
            "halfway to the mean",
            """
def next_list(vectors, entries):
    distance, choice = torch.cdist(vectors, entries).min(1)
    far = distance.argsort(descending=True).tolist()
    new = entries.clone()
    for k in range(len(entries)):
        mine = choice == k
        new[k] = (entries[k] + vectors[mine].mean(0)) / 2 if mine.any() else vectors[far.pop(0)]
    return new
""",
            "mean",
        ),
        Answer(
            "one vector too few: an entry chosen by a single one counts as idle",
            """
def next_list(vectors, entries):
    distance, choice = torch.cdist(vectors, entries).min(1)
    far = distance.argsort(descending=True).tolist()
    new = entries.clone()
    for k in range(len(entries)):
        mine = choice == k
        new[k] = vectors[mine].mean(0) if mine.sum() > 1 else vectors[far.pop(0)]
    return new
""",
            "one|single|mean|chose",
        ),
    ),
    "q3": (
        Answer(
            "the KL turned round",
            """
def gain(mu, log_var, m, log_s2):
    var, s2 = log_var.exp(), log_s2.exp()
    new = 0.5 * (log_var - log_s2 + (s2 + (mu - m) ** 2) / var - 1).sum(1)
    return gaussian_kl(mu, log_var) - new
""",
            "round|order|direction|posterior",
        ),
        Answer(
            "new minus old",
            """
def gain(mu, log_var, m, log_s2):
    return gaussian_kl(mu, log_var, m, log_s2) - gaussian_kl(mu, log_var)
""",
            "sign|gain|grow",
        ),
        Answer(
            "no half in the second",
            """
def gain(mu, log_var, m, log_s2):
    new = (log_s2 - log_var + (log_var.exp() + (mu - m) ** 2) / log_s2.exp() - 1).sum(1)
    return gaussian_kl(mu, log_var) - new
""",
            "half|twice",
        ),
        Answer(
            "one number for all pictures",
            """
def gain(mu, log_var, m, log_s2):
    return (gaussian_kl(mu, log_var) - gaussian_kl(mu, log_var, m, log_s2)).mean()
""",
            "shape|picture",
        ),
        Answer(
            "only what the mean gains",
            """
def gain(mu, log_var, m, log_s2):
    return (mu.square() - (mu - m).square()).sum(1) / 2
""",
            "spread|s",
        ),
        Answer(
            "log s2 taken for s",
            """
def gain(mu, log_var, m, log_s2):
    return gaussian_kl(mu, log_var) - gaussian_kl(mu, log_var, m, log_s2 / 2)
""",
            "",
        ),
        Answer(
            "the log of the ratio is missing",
            """
def gain(mu, log_var, m, log_s2):
    new = 0.5 * ((log_var.exp() + (mu - m) ** 2) / log_s2.exp() - 1 - log_var).sum(1)
    return gaussian_kl(mu, log_var) - new
""",
            "",
        ),
        Answer(
            "the mean's distance is not divided by the variance",
            """
def gain(mu, log_var, m, log_s2):
    new = 0.5 * (log_s2 - log_var + (log_var - log_s2).exp() + (mu - m) ** 2 - 1).sum(1)
    return gaussian_kl(mu, log_var) - new
""",
            "",
        ),
        Answer(
            "the log-density of the mean code, without the posterior's spread",
            """
def gain(mu, log_var, m, log_s2):
    old = mu.square()
    new = (mu - m).square() / log_s2.exp() + log_s2
    return (old - new).sum(1) / 2
""",
            "spread|variance|posterior",
        ),
        Answer(
            "the mean over the latents",
            """
def gain(mu, log_var, m, log_s2):
    each = gaussian_kl(mu, log_var, dim=None) - gaussian_kl(mu, log_var, m, log_s2, dim=None)
    return each.mean(1)
""",
            "sum|latent",
        ),
    ),
    "q4": (
        Answer("the sign of the ELBO", 'q4 = "c"\nq4_elbo = 102\nq4_because = "x"', "sign|bound|loss|below"),
        Answer("the bottom's KL left out", 'q4 = "c"\nq4_elbo = -88\nq4_because = "x"', ""),
        Answer("the top's KL left out", 'q4 = "c"\nq4_elbo = -96\nq4_because = "x"', "top|both"),
        Answer("the last column", 'q4 = "c"\nq4_elbo = -119\nq4_because = "x"', ""),
        Answer("the KL added to the error's wrong side", 'q4 = "c"\nq4_elbo = -62\nq4_because = "x"', ""),
        Answer("the hurt bottom", 'q4 = "a"\nq4_elbo = -102\nq4_because = "x"', ""),
        Answer("the empty top", 'q4 = "b"\nq4_elbo = -102\nq4_because = "x"', ""),
        Answer("by the ELBO", 'q4 = "d"\nq4_elbo = -102\nq4_because = "x"', ""),
    ),
}
