"""Wrong answers that must fail, and right ones that must pass, of exercise 11."""

from tools.mutants import Answer


def pulls(first: str, second: str, total="to_vectors + commitment * to_entries") -> str:
    return (
        "def pulls(vectors, chosen, commitment=0.25):\n"
        f"    to_vectors = {first}\n    to_entries = {second}\n    return {total}\n"
    )


def perplexity(body: str) -> str:
    return f"import math\ndef perplexity(index, entries):\n    {body}\n"


def gain(new: str, total="gaussian_kl(mu, log_var) - new") -> str:
    return f"import math\ndef gain(mu, log_var, m, log_s2):\n    s2 = log_s2.exp()\n    new = {new}\n    return {total}\n"


ENTRIES = "(chosen - vectors.detach()).square().sum()"
VECTORS = "(vectors - chosen.detach()).square().sum()"
SHARE = "share = torch.bincount(index.flatten(), minlength=entries).double() / index.numel(); "
SOME = SHARE + "share = share[share > 0]; "
RIGHT_KL = "0.5 * ((log_var.exp() + (mu - m) ** 2) / s2 - 1 - log_var + log_s2).sum(1)"
WRONG = {
    "q1": [
        Answer("as given", pulls(VECTORS, ENTRIES), "as given"),
        Answer("nothing detached", pulls("(chosen - vectors).square().sum()", "(vectors - chosen).square().sum()"), "[Nn]othing is held"),
        Answer("all detached", pulls("(chosen.detach() - vectors.detach()).square().sum()", "torch.zeros(())"), "no gradient|No gradient"),
        Answer("no commitment", pulls(ENTRIES, VECTORS, "to_vectors"), "value|Half"),
        Answer("weight forgotten", pulls(ENTRIES, VECTORS, "to_vectors + to_entries"), "commitment"),
        Answer("weight on both", pulls(ENTRIES, VECTORS, "commitment * (to_vectors + to_entries)"), "both"),
        Answer("weight on the other", pulls(ENTRIES, VECTORS, "commitment * to_vectors + to_entries"), "other one"),
        Answer("means", pulls(ENTRIES.replace("sum", "mean"), VECTORS.replace("sum", "mean")), "[Mm]ean"),
        Answer("roots", pulls("(chosen - vectors.detach()).norm()", "(vectors - chosen.detach()).norm()"), "squared"),
        Answer("detached after", pulls("(chosen - vectors).square().sum()", "(vectors - chosen).square().sum().detach()"), "first term"),
    ],
    "q2": [
        Answer("entropy", perplexity(SOME + "return -(share * share.log()).sum()"), "entropy itself"),
        Answer("in bits", perplexity(SOME + "return torch.exp(-(share * share.log2()).sum())"), "bits"),
        Answer("two to the nats", perplexity(SOME + "return 2 ** -(share * share.log()).sum()"), "bits"),
        Answer("count", perplexity("return float(len(index.unique()))"), "occur at all"),
        Answer("no entry may be missing", perplexity(SHARE + "return torch.exp(-(share * share.log()).sum())"), "0 log 0"),
        Answer("sign", perplexity(SOME + "return torch.exp((share * share.log()).sum())"), "sign"),
        Answer("mean", perplexity(SOME + "return torch.exp(-(share * share.log()).mean())"), "mean"),
        Answer("of all entries", perplexity("return float(entries)"), "whole list"),
        Answer("without weights", perplexity(SOME + "return torch.exp(-share.log().sum() / len(share))"), "weigh"),
        Answer("inverse of squares", perplexity(SOME + "return 1 / share.square().sum()"), "squares"),
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
        Answer("deviation", gain("0.5 * ((log_var.exp() + (mu - m) ** 2) / s2.sqrt() - 1 - log_var + log_s2).sum(1)"), "variance"),
    ],
    "q4": [
        Answer("a", "q4, q4_elbo = 'a', -102", "makes use"),
        Answer("b", "q4, q4_elbo = 'b', -102", "spends"),
        Answer("d", "q4, q4_elbo = 'd', -102", "ELBO"),
        Answer("plus", "q4, q4_elbo = 'c', 102", "sign"),
        Answer("no top", "q4, q4_elbo = 'c', -96", "top"),
        Answer("error", "q4, q4_elbo = 'c', -82", "both"),
        Answer("with another's top", "q4, q4_elbo = 'c', -119", "another"),
        Answer("difference", "q4, q4_elbo = 'c', -62", "prices"),
    ],
}  # fmt: skip

RIGHT = {
    "q1": [
        Answer("mse_loss", pulls("torch.nn.functional.mse_loss(chosen, vectors.detach(), reduction='sum')", "torch.nn.functional.mse_loss(vectors, chosen.detach(), reduction='sum')")),
        Answer("in one", pulls("0", "0", "((chosen - vectors.detach()) ** 2 + commitment * (vectors - chosen.detach()) ** 2).sum()")),
        Answer("by rows", pulls("(chosen - vectors.detach()).norm(dim=1).pow(2).sum()", "(vectors - chosen.detach()).pow(2).sum(1).sum()")),
    ],
    "q2": [
        Answer("entr", perplexity(SHARE + "return torch.special.entr(share).sum().exp()")),
        Answer("unique", perplexity("c = index.flatten().unique(return_counts=True)[1].double(); p = c / c.sum(); return float(torch.prod(p ** -p))")),
        Answer("NumPy", perplexity("import numpy as np; c = np.bincount(np.asarray(index).ravel()); p = c[c > 0] / c.sum(); return np.exp(-(p * np.log(p)).sum())")),
        Answer("bits", perplexity(SOME + "return 2 ** -(share * share.log2()).sum()")),
        Answer("a Categorical", perplexity(SHARE + "return torch.distributions.Categorical(probs=share).entropy().exp()")),
    ],
    "q3": [
        Answer("the package's", gain("gaussian_kl(mu, log_var, m, log_s2)")),
        Answer("distributions", gain("torch.distributions.kl_divergence(torch.distributions.Normal(mu, (log_var / 2).exp()), torch.distributions.Normal(m, (log_s2 / 2).exp())).sum(1)")),
        Answer("difference of crosses", gain("0", "0.5 * (log_var.exp() + mu ** 2 - (log_var.exp() + (mu - m) ** 2) / s2 - log_s2).sum(1)")),
    ],
    "q4": [Answer("capital", "q4, q4_elbo = ' C', '-102.0'")],
}  # fmt: skip
