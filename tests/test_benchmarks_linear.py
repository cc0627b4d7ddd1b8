"""The linear peers are what others make of the same data: PCA, factor analysis, their log p(x)."""

import json
import math
import warnings
from pathlib import Path

import pytest
import torch
from sklearn.decomposition import PCA, FactorAnalysis

from benchmarks.linear import Components, Covariance, LinearGaussian, Peers, factor_analysis
from vaelab import weights
from vaelab.data import ImageSet


def pictures(seed, count=400):
    """5x4 grey pictures of three causes; each pixel has a noise of its own."""
    generator = torch.Generator().manual_seed(0)
    loadings = torch.randn(3, 20, generator=generator) * torch.tensor([0.06, 0.04, 0.03])[:, None]
    noise = torch.linspace(0.005, 0.05, 20)
    generator.manual_seed(seed)
    z, eps = (torch.randn(count, size, generator=generator) for size in (3, 20))
    return ImageSet((0.5 + z @ loadings + eps * noise).clamp(0, 1).view(-1, 1, 5, 4))


@pytest.fixture(scope="module")
def train():
    return pictures(1)


@pytest.fixture(scope="module")
def test():
    return pictures(2, 100)


@pytest.fixture(scope="module")
def covariance(train):
    return Covariance.of(train)


def table(images):
    return images.images.flatten(1).double().numpy()


def test_covariance_is_added_up_over_batches(train, covariance, monkeypatch):
    expected = torch.cov(train.images.flatten(1).double().T, correction=0)
    assert torch.allclose(covariance.matrix, expected, rtol=1e-9, atol=1e-12)
    monkeypatch.setattr("benchmarks.linear.BATCH", 7)
    assert torch.allclose(Covariance.of(train).matrix, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("count", [1, 3, 12])
def test_pca_is_scikit_learns(train, test, covariance, count):
    theirs = PCA(count, svd_solver="full").fit(table(train))
    share = (len(train) - 1) / len(train)  # ours divides by N, the most likely variance
    theirs.explained_variance_ *= share
    theirs.noise_variance_ *= share
    model = Components.of(covariance).model(count)
    assert model.log_prob(test).numpy() == pytest.approx(theirs.score_samples(table(test)), abs=1e-6)
    redrawn = theirs.inverse_transform(theirs.transform(table(test)))
    assert model.reconstruct(test).flatten(1).numpy() == pytest.approx(redrawn, abs=1e-9)


def test_one_pass_gives_log_p_with_every_number_of_components(test, covariance):
    components = Components.of(covariance, most=15)
    found = components.log_prob(test)
    assert len(found) == 16
    expected = [components.model(count).log_prob(test).mean().item() for count in range(1, 16)]
    assert found[1:].tolist() == pytest.approx(expected, abs=1e-6)
    assert components.best(test) == int(found.argmax())
    assert components.first(9).log_prob(test).tolist() == pytest.approx(found[:10].tolist(), abs=1e-6)


def test_factor_analysis_is_scikit_learns(train, test, covariance):
    start = Components.of(covariance).model(3)
    # Training pictures for validation: they gain as long as the fit comes closer.
    ours = factor_analysis(covariance, start, train, iterations=3_000, gain=1e-9)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = FactorAnalysis(3, svd_method="lapack", tol=1e-12, max_iter=20_000).fit(table(train))
    assert ours.log_prob(test).numpy() == pytest.approx(theirs.score_samples(table(test)), abs=1e-2)
    assert ours.noise.numpy() == pytest.approx(theirs.noise_variance_, rel=1e-2)
    assert ours.log_prob(test).mean() > start.log_prob(test).mean() + 1


def test_reconstructions_leave_what_no_code_explains(test, covariance):
    """Errors weighed by the noise are orthogonal to the loadings: no other code makes them less."""
    model = Components.of(covariance).model(3)
    uneven = LinearGaussian(model.mean, model.loadings, model.noise * torch.linspace(0.2, 3, 20))
    wrong = (test.float() - uneven.reconstruct(test)).flatten(1) / uneven.noise
    assert (wrong @ model.loadings).abs().max() < 1e-9


def test_factor_analysis_keeps_what_validation_liked_best(train):
    """With far too many components for 30 pictures, each turn makes it worse: it stops where it began."""
    few = Covariance.of(train[:30])
    start = Components.of(few).model(15)
    after = factor_analysis(few, start, train[:30], iterations=5)  # what training pictures would like
    assert after.log_prob(train[30:]).mean() < start.log_prob(train[30:]).mean()
    assert torch.equal(factor_analysis(few, start, train[30:]).noise, start.noise)


def test_samples_have_the_models_covariance(covariance):
    model = Components.of(covariance).model(3)
    drawn = model.sample(50_000, 0, (1, 5, 4)).flatten(1).double()
    assert torch.allclose(torch.cov(drawn.T), model.loadings @ model.loadings.T, atol=2e-4)
    assert torch.allclose(drawn.mean(0), model.mean, atol=2e-3)


def test_peers_are_fitted_once(train, test, tmp_path, monkeypatch):
    first = Peers(train, test, tmp_path, most=10)
    components, factors = first.components(), first.factors(2)
    assert components.axes.shape[1] >= components.best(test)
    assert not list(tmp_path.glob("*.part"))
    monkeypatch.setattr(Covariance, "of", lambda images: pytest.fail("fitted again"))
    again = Peers(train, test, tmp_path, most=10)
    assert torch.equal(again.components().axes, components.axes)
    assert torch.equal(again.factors(2).noise, factors.noise)
    with pytest.raises(pytest.fail.Exception):  # other pictures, other peers
        Peers(train[:-1], test, tmp_path, most=10).factors(2)


def test_noise_is_never_less_than_the_rounding_of_bytes():
    """Pixels that are always equal would have none, and log p(x) would have no bound."""
    same = ImageSet(torch.rand(50, 1, 1, 1, generator=torch.Generator().manual_seed(0)).expand(-1, -1, 4, 4))
    components = Components.of(Covariance.of(same), most=2)
    ours = factor_analysis(Covariance.of(same), components.model(1), same)
    assert ours.noise.min() > 1e-6 and math.isfinite(ours.log_prob(same).mean())


def test_chapter_10_tells_what_the_long_run_found():
    root = Path(__file__).resolve().parent.parent
    rows = json.loads((root / "benchmarks/kept/faces-linear.json").read_text(encoding="utf-8"))["rows"]
    log_p = {(row["model"], row["numbers"]): int(row["log p, 200 faces"]) for row in rows}
    ours = log_p["portrait-vae (bound)", "128"]
    told = " ".join((root / "book/10-judging-and-beyond.ipynb").read_text(encoding="utf-8").split('",\n'))
    for model, numbers, words in (
        ("PCA", "128", "PCA with 128 numbers stays {:,} nats below our bound"),
        ("factor analysis", "128", "and {:,} if each pixel may have"),
        ("PCA, best by validation", "4096", "is {:,} nats above and still rising"),
    ):
        assert words.format(round(abs(log_p[model, numbers] - ours), -2)) in told, model
    assert log_p["factor analysis", "200"] > ours > log_p["PCA", "200"]
    # A noise for each pixel on both sides: what ours would gain by it is told on its card.
    gain = 3_800
    assert f"about {gain:,} nats more" in weights.card("portrait-vae")["pilots"]["found"]
    assert f"would gain some {gain:,} nats" in told and "would need more than 400" in told
    more = log_p["factor analysis", "400"], log_p["factor analysis, best by validation", "800"]
    assert more[0] < ours + gain < more[1]


def test_chapter_11_says_the_best_of_it_in_bits():
    root = Path(__file__).resolve().parent.parent
    rows = json.loads((root / "benchmarks/kept/faces-linear.json").read_text(encoding="utf-8"))["rows"]
    log_p = next(int(row["log p, 200 faces"]) for row in rows if row["numbers"] == "4096")
    told = (root / "book/11-priors-and-pieces.ipynb").read_text(encoding="utf-8")
    assert f"with 4,096 numbers comes to {8 - log_p / (3 * 64 * 64 * math.log(2)):.1f} bits" in told
