"""Face models on drawn portraits they have not seen: our two, the published one, priors, and linear peers.

    python -m benchmarks.faces                # all tables, with the weights that come with vaelab
    python -m benchmarks.faces linear         # some of: models, priors, linear
    python -m benchmarks.faces --train 600    # the models trained anew first, 600 seconds each

Models. Whether more or less is better:

- squared error: of reconstructions, the mean over pixels (less);
- bound: importance-weighted bound on log p(x), nats an image, 100 draws (more), at the model's own noise
  level, at the one that suits its errors best, and with posteriors of the best width;
- best width: what posterior spreads should be multiplied by for the best ELBO (1: they are right);
- active: latent dimensions that carry over 0.1 nats;
- Frechet: distance between features of 1,000 pictures and of 1,000 test portraits (less): other test
  portraits (the floor), reconstructions, samples from N(0, I) and from the model's own prior;
- edits: for each attribute the share of faces that lacked it and show it, to a classifier, two steps along
  its vector or one and a half by its map (more), and the share of its other verdicts that stay the same
  (more). Left out are faces that would hide it, as a hat hides bangs.

Priors. For each kind, fitted to codes of the training faces by three seeds (by one, where a fit takes over
ten minutes): what the ELBO of test faces gains over N(0, I), in nats, and the Frechet distance of its
samples, each with the standard deviation over seeds.

Linear. PCA and factor analysis, fitted to 40,000 faces (`benchmarks/linear.py`), with a few numbers of
components, with as many as our model has latents, and with as many as suit 2,000 validation faces best. Their
log p(x) is exact.
"""

import argparse
import dataclasses
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

import vaelab
from benchmarks import machine, tables
from benchmarks.linear import LinearGaussian, Peers
from tools import face_judge, train_weights
from tools.whole import whole
from vaelab import evaluation, latent, losses, priors, weights
from vaelab.models import VAE

NAMES = ("portrait-vae", "small-portrait-vae", "tds-face-vae")  # the first is ours, compared with the rest
TRIAL = 20  # batches that tell how fast a model trains
FACES, VALIDATION = 40_000, 2_000  # that linear peers and priors are fitted to, and chosen by
NUMBERS = (18, 64, 200)  # components of PCA, besides our model's and the best
FACTORS = (18, 64, 200, 400, 800)  # of factor analysis: the best by validation is taken
LONG = 600  # seconds: what takes longer is done with one seed


class _Affine(nn.Module):
    """Codes to pixels by one matrix: x = z W^T + mean, cut off at 0 and 1."""

    def __init__(self, weight: Tensor, mean: Tensor, shape: tuple[int, int, int]):
        super().__init__()
        self.linear, self.shape = nn.Linear(weight.shape[1], weight.shape[0]), shape
        self.linear.weight.data, self.linear.bias.data = weight.float(), mean.float()

    def forward(self, z: Tensor) -> Tensor:
        return self.linear(z).view(-1, *self.shape).clamp(0, 1)


@torch.no_grad()
def as_vae(pca: LinearGaussian, shape: tuple[int, int, int]) -> VAE:
    """Probabilistic PCA as a VAE whose posterior is exact (Tipping and Bishop, 1999, equations 7 to 9)."""
    noise = pca.noise[0]
    variance = noise / (noise + pca.loadings.square().sum(0))  # of the posterior: loadings are orthogonal
    model = VAE(
        nn.Flatten(),
        _Affine(pca.loadings, pca.mean, shape),
        pca.components,
        shape,
        losses.Gaussian(noise.sqrt().item()),
    )
    to_mu = (variance * pca.loadings / noise).T
    model.to_mu.weight.copy_(to_mu)
    model.to_mu.bias.copy_(-to_mu @ pca.mean)
    model.to_log_var.weight.zero_()
    model.to_log_var.bias.copy_(variance.log())
    return model.eval()


def trained_for(name: str, seconds: float) -> tuple[VAE, float]:
    """The recipe trained by its plan, with as many epochs as fit in `seconds`; and how long it took."""
    plan = dataclasses.replace(train_weights.PLANS[name], checkpoints=False)  # starts afresh
    few = TRIAL * plan.fit["batch_size"]
    trial = dataclasses.replace(plan, n=few, epochs=1, whitened_after=(), prior=None)
    _, history = train_weights.train(name, trial)
    epochs = max(1, round(seconds / history.seconds * trial.n / plan.n))
    stretch = epochs / plan.epochs
    whitened = tuple(sorted({max(1, round(epoch * stretch)) for epoch in plan.whitened_after}))
    model, history = train_weights.train(
        name, dataclasses.replace(plan, epochs=epochs, whitened_after=whitened)
    )
    return model, history.seconds


class Contest:
    """Pictures, models and peers, and a table of each kind. Rows are dicts, column -> what it says."""

    def __init__(self, seconds: float | None = None):
        self.train = vaelab.load("portraits", size=64, n=FACES)
        self.test = vaelab.load("portraits", size=64, n=face_judge.TEST, split="test")
        self.peers = Peers(self.train, vaelab.load("portraits", size=64, n=VALIDATION, split="validation"))
        if seconds:
            self.vaes = {name: trained_for(name, seconds) for name in NAMES}
        else:
            self.vaes = {name: (vaelab.pretrained(name), weights.card(name)["seconds"]) for name in NAMES}
        self.ours = self.vaes[NAMES[0]][0]
        half = len(self.test) // 2
        self.others = self.test[half : 2 * half]
        self.distance = face_judge.Frechet(evaluation.portrait_features(), self.test[:half])

    def models(self) -> list[dict[str, str]]:
        """A row for each measure, a column for each model."""
        pca = as_vae(self.peers.components().model(self.ours.latent_dim), self.train.shape)
        columns = {name: {"seconds of training": spent} for name, (_, spent) in self.vaes.items()}
        columns |= {f"PCA, {pca.latent_dim}": {}}
        models = [model for model, _ in self.vaes.values()] + [pca]
        for column, model in zip(columns.values(), models, strict=True):
            column |= face_judge.judged(model, self.train[: face_judge.TRAIN], self.test)
        measures = dict.fromkeys(measure for column in columns.values() for measure in column)
        return [
            {"": measure} | {name: f"{c[measure]:.5g}" if measure in c else "" for name, c in columns.items()}
            for measure in measures
        ]

    def priors(self, seeds: int = 3) -> list[dict[str, str]]:
        """A row for each kind of prior of our model."""
        size = self.ours.latent_dim
        codes = latent.draw_codes(self.ours, self.train, draws=4)
        held_out = latent.draw_codes(self.ours, self.test[: face_judge.BOUND_IMAGES], seed=1)
        normal = priors.StandardNormal(size)
        rows = []
        for name, kind in {"N(0, I)": priors.StandardNormal, **priors.KINDS}.items():
            gains, distances, start = [], [], time.perf_counter()
            fitted = [whole(kind(size).fit(codes, seed=0))]
            spent = time.perf_counter() - start
            if spent < LONG:
                fitted += [whole(kind(size).fit(codes, seed=seed)) for seed in range(1, seeds)]
            for prior in fitted:
                gains.append((prior.log_prob(held_out) - normal.log_prob(held_out)).mean().item())
                distances.append(self.distance.of_samples(self.ours, prior))
            rows.append(
                {
                    "prior": name,
                    "seeds": str(len(fitted)),
                    "ELBO gains": _with_spread(gains),
                    "Frechet": _with_spread(distances),
                    "seconds to fit": f"{spent:.0f}",
                }
            )
        return rows

    def linear(self) -> list[dict[str, str]]:
        """A row for each linear peer, below those of the models themselves."""
        few = self.test[: face_judge.BOUND_IMAGES]
        rows = [
            self._row(
                f"{name} (bound)",
                model.latent_dim,
                evaluation.reconstruction_error(model, self.test),
                evaluation.importance_weighted_bound(model, few, face_judge.DRAWS),
                latent.reconstruct(model, self.others),
                lambda seed, model=model: latent.decode(
                    model, priors.StandardNormal(model.latent_dim).sample(self.distance.count, seed)
                ),
            )
            for name, (model, _) in self.vaes.items()
        ]
        components, ours = self.peers.components(), self.ours.latent_dim
        best = components.best(self.peers.validation)
        for count in sorted({*NUMBERS, ours, best}):
            name = "PCA, best by validation" if count == best else "PCA"
            rows.append(self._linear_row(name, components.model(count)))
        factors = [self.peers.factors(count) for count in sorted({*FACTORS, ours})]
        best = max(factors, key=lambda peer: peer.log_prob(self.peers.validation).mean())
        for peer in factors:
            name = "factor analysis" + (", best by validation" if peer is best else "")
            rows.append(self._linear_row(name, peer))
        return rows

    def _linear_row(self, name: str, peer: LinearGaussian) -> dict[str, str]:
        redrawn = peer.reconstruct(self.test)
        wrong = torch.stack(
            [(a - b).square().mean() for a, b in zip(redrawn, self.test.float(), strict=True)]
        )
        return self._row(
            name,
            peer.components,
            wrong.mean().item(),
            peer.log_prob(self.test),
            redrawn[-len(self.others) :].clamp(0, 1).float(),
            lambda seed: peer.sample(self.distance.count, seed, self.test.shape),
        )

    def _row(
        self,
        name: str,
        numbers: int,
        error: float,
        log_p: Tensor,
        reconstructions: Tensor,
        sample: Callable[[int], Tensor],
    ) -> dict[str, str]:
        few = log_p[: face_judge.BOUND_IMAGES].mean()
        samples = [self.distance.of(sample(seed)) for seed in range(face_judge.SEEDS)]
        return {
            "model": name,
            "numbers": str(numbers),
            "squared error": f"{error:.6f}",
            f"log p, {face_judge.BOUND_IMAGES} faces": f"{few:.0f}",
            f"log p, {face_judge.TEST} faces": f"{log_p.mean():.0f}" if len(log_p) == len(self.test) else "",
            "Frechet, reconstructions": f"{self.distance.of(reconstructions):.2f}",
            "Frechet, samples": f"{statistics.mean(samples):.2f}",
        }


def _with_spread(values: list[float]) -> str:
    spread = f" +- {statistics.stdev(values):.2f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.2f}{spread}"


TABLES = {"models": Contest.models, "priors": Contest.priors, "linear": Contest.linear}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tables", nargs="*", metavar="table", help=f"some of {', '.join(TABLES)}")
    parser.add_argument("--train", type=float, metavar="SECONDS", help="train models anew, so long each")
    chosen = parser.parse_args()
    for name in chosen.tables:
        if name not in TABLES:
            parser.error(f"no table {name!r}; there are {', '.join(TABLES)}")
    here = machine.describe()
    print(machine.in_words(here), flush=True)
    contest = Contest(chosen.train)
    for name in chosen.tables or TABLES:
        rows = TABLES[name](contest)
        print(f"\n## {name.capitalize()}\n\n{tables.markdown(rows)}\n", flush=True)
        tables.save(f"faces-{name}", here, rows)


if __name__ == "__main__":
    main()
