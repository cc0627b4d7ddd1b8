"""The judge of face models says what is known of a model whose answers are known: PCA, as a VAE."""

import math
from types import SimpleNamespace

import pytest
import torch

import vaelab
from benchmarks import faces
from benchmarks.linear import Components, Covariance
from tools import face_judge
from vaelab import evaluation
from vaelab.data import ImageSet
from vaelab.data import portraits as portraits_room
from vaelab.priors import Normal, StandardNormal

SHAPE = (1, 5, 4)


@pytest.fixture(scope="module")
def grey():
    """Pictures of three causes, far enough from black and white that nothing is cut off."""
    generator = torch.Generator().manual_seed(0)
    loadings = torch.randn(3, 20, generator=generator) * torch.tensor([0.05, 0.04, 0.03])[:, None]
    z, eps = (torch.randn(1_000, size, generator=generator) for size in (3, 20))
    return ImageSet((0.5 + z @ loadings + 0.02 * eps).view(-1, *SHAPE).clamp(0, 1))


@pytest.fixture(scope="module")
def pca(grey):
    return Components.of(Covariance.of(grey)).model(3)


@pytest.fixture(scope="module")
def exact(pca):
    return faces.as_vae(pca, SHAPE)


@pytest.fixture(scope="module")
def portraits():
    return vaelab.load("portraits", n=132), vaelab.load("portraits", n=132, split="test")


@pytest.fixture
def hurried(monkeypatch):
    """As many pictures and draws as a test has time for."""
    for name, value in {"BOUND_IMAGES": 3, "CALIBRATION": 20, "DRAWS": 2, "SEEDS": 2}.items():
        monkeypatch.setattr(face_judge, name, value)


def test_pca_is_a_vae_with_the_exact_posterior(grey, pca, exact):
    """Then each single draw already weighs log p(x), and redrawing is PCA's, a little nearer the mean."""
    few = grey[:50]
    bound = evaluation.importance_weighted_bound(exact, few, samples=1)
    assert torch.allclose(bound, pca.log_prob(few), atol=1e-3)
    assert evaluation.reconstruction_error(exact, grey) >= (
        (pca.reconstruct(grey) - grey.float()).square().mean().item()
    )


@pytest.mark.parametrize("factor", [0.75, 1.0, 1.3])
def test_best_width_undoes_a_wrong_one(grey, exact, factor):
    found = face_judge.best_width(face_judge.widened(exact, factor), grey)
    assert found * factor == pytest.approx(1, rel=0.07)  # half a step of the widths tried


def test_widening_leaves_the_model_and_its_means_alone(grey, exact):
    (mu, log_var), (same, wider) = exact.encode(grey), face_judge.widened(exact, 2).encode(grey)
    assert torch.equal(same, mu)
    assert torch.allclose(wider, log_var + 2 * math.log(2))


def test_calibration_finds_the_noise(grey, exact):
    assert face_judge.calibrated(exact, grey).likelihood.sigma.item() == pytest.approx(
        exact.likelihood.sigma.item(), rel=0.05
    )


def test_all_rows_and_the_same_digits_again(portraits, hurried):
    train, test = portraits
    model = linear_faces()
    first = face_judge.judged(model, train, test)
    torch.manual_seed(7)  # whatever was drawn before
    assert face_judge.judged(model, train, test) == first
    assert all(math.isfinite(value) for value in first.values())
    attributes = train.attribute_names
    assert len(attributes) == 18
    for way in ("vector", "map"):
        gained = [first[f"{name}, gained by {way}"] for name in attributes]
        kept = [first[f"{name}, others kept by {way}"] for name in attributes]
        assert first[f"gained by {way}, mean"] == pytest.approx(sum(gained) / 18)
        assert first[f"gained by {way}, least"] == min(gained)
        assert first[f"others kept by {way}, mean"] == pytest.approx(sum(kept) / 18)
    assert first["Frechet, floor"] < first["Frechet, reconstructions"]
    assert "Frechet, own prior" not in first


def test_a_models_own_prior_is_judged_beside_the_standard_one(portraits, hurried, monkeypatch):
    train, test = portraits
    monkeypatch.setattr(face_judge, "edits", lambda *args: {"map": {"Smiling": (1.0, 0.9)}})
    model = linear_faces()
    model.prior = Normal(4)  # which is N(0, I) until it is fitted
    rows = face_judge.judged(model, train, test)
    assert rows["Frechet, own prior"] == pytest.approx(rows["Frechet, N(0, I)"], rel=1e-3)
    model.prior.mean += 50
    moved = face_judge.Frechet(evaluation.portrait_features(), test[:66])
    assert moved.of_samples(model, model.prior) != pytest.approx(rows["Frechet, N(0, I)"], rel=1e-3)


def test_frechet_distance_is_averaged_over_sets_of_samples(portraits):
    _, test = portraits
    model = linear_faces()
    distance = face_judge.Frechet(evaluation.portrait_features(), test[:66])
    single = [distance.of(model.sample(66, seed)) for seed in (0, 1)]
    assert distance.of_samples(model, StandardNormal(4), seeds=2) == pytest.approx(sum(single) / 2, rel=1e-6)


def test_edits_go_two_steps_by_the_vector_and_one_and_a_half_by_the_map(portraits):
    train, test = portraits[0], portraits[1][:40]
    model, judge = linear_faces(), evaluation.portrait_features()
    codes, _ = vaelab.latent.encode(model, train)
    found = face_judge.edits(model, train, test, judge)
    candidates = test[~(test.attribute("Bald") | test.attribute("Wearing_Hat"))]  # who could show bangs
    for way, learn, steps in (
        ("vector", vaelab.latent.attribute_vector, 2),
        ("map", vaelab.latent.attribute_map, 1.5),
    ):
        for name, some in (("Smiling", test), ("Bangs", candidates)):
            direction = learn(codes, train.attribute(name))
            expected = evaluation.attribute_edit(model, some, direction, judge, name, steps=steps)
            assert found[way][name] == (expected.after, 1 - expected.others_changed)


def test_what_hides_an_attribute_is_never_seen_with_it():
    factors = portraits_room.draw_factors(range(20_000), 0)
    seen = dict(zip(portraits_room.ATTRIBUTE_NAMES, portraits_room.attributes(factors).T, strict=True))
    for name in seen:
        for other in face_judge.hidden_by(name):
            assert not (seen[name] & seen[other]).any()
    assert face_judge.hidden_by("Bangs") == ["Bald", "Wearing_Hat"]
    assert face_judge.hidden_by("Bald") == ["Wearing_Hat"]
    assert face_judge.hidden_by("Wearing_Hat") == face_judge.hidden_by("Goatee") == []


@pytest.fixture
def contest(monkeypatch, hurried):
    """All of it with few faces and rough peers."""
    for name, value in {"FACES": 140, "VALIDATION": 20, "NUMBERS": (3,), "FACTORS": (2,)}.items():
        monkeypatch.setattr(faces, name, value)
    monkeypatch.setattr(face_judge, "TEST", 132)
    monkeypatch.setattr(faces, "Peers", lambda train, validation: Peers())
    return faces.Contest()


def test_linear_peers_stand_below_the_models(contest):
    rows, ours = contest.linear(), contest.ours.latent_dim
    numbers = [(row["model"], row["numbers"]) for row in rows]
    assert numbers == [
        *[(f"{name} (bound)", str(model.latent_dim)) for name, (model, _) in contest.vaes.items()],
        ("PCA", "3"),
        ("PCA, best by validation", "5"),
        ("PCA", str(ours)),
        ("factor analysis", "2"),
        ("factor analysis, best by validation", str(ours)),
    ]
    assert {len(row) for row in rows} == {7}
    peer = contest.peers.components().model(3)
    log_p = peer.log_prob(contest.test)
    assert rows[len(faces.NAMES)]["log p, 3 faces"] == f"{log_p[:3].mean():.0f}"
    assert rows[len(faces.NAMES)]["log p, 132 faces"] == f"{log_p.mean():.0f}"


def test_models_have_a_column_each_and_gaps_where_they_have_no_prior(contest, monkeypatch):
    def judged(model, train, test):
        return {"latents": model.latent_dim} | ({} if model is contest.ours else {"own prior": 5})

    monkeypatch.setattr(face_judge, "judged", judged)
    ours = contest.ours.latent_dim
    rows = {row[""]: row for row in contest.models()}
    assert list(rows) == ["seconds of training", "latents", "own prior"]
    assert list(rows["latents"]) == ["", *faces.NAMES, f"PCA, {ours}"]
    assert rows["latents"][f"PCA, {ours}"] == str(ours)
    assert rows["own prior"][faces.NAMES[0]] == rows["seconds of training"][f"PCA, {ours}"] == ""


def test_models_trained_anew_neither_go_on_from_the_shipped_ones_nor_try_out_priors(monkeypatch):
    plans = []

    def train(name, plan):
        plans.append(plan)
        return None, SimpleNamespace(seconds=1.0)

    monkeypatch.setattr(faces.train_weights, "train", train)
    faces.trained_for("portrait-vae", 60)
    trial, chosen = plans
    assert not trial.checkpoints and not chosen.checkpoints
    assert trial.prior is None and chosen.prior == faces.train_weights.PLANS["portrait-vae"].prior


def test_priors_are_compared_with_the_standard_one(contest, monkeypatch):
    monkeypatch.setattr("vaelab.priors.KINDS", {"normal": Normal})
    standard, normal = contest.priors(seeds=2)
    assert standard["ELBO gains"] == "0.00 +- 0.00"
    assert normal["prior"] == "normal" and normal["ELBO gains"] != "0.00 +- 0.00"
    assert normal["Frechet"].endswith("+- 0.00")  # it has no use for a seed


def linear_faces():
    return faces.as_vae(Peers().components().model(4), (3, 64, 64))


class Peers:
    """Peers of 12,288 numbers a picture, without the minutes that fitting takes."""

    validation = None

    def components(self):
        generator = torch.Generator().manual_seed(0)
        axes = torch.linalg.qr(torch.randn(12_288, 128, generator=generator, dtype=torch.float64)).Q
        mean, total = torch.full((12_288,), 0.5).double(), torch.tensor(900.0).double()
        found = Components(mean, total, torch.linspace(9, 1, 128).double(), axes)
        object.__setattr__(found, "best", lambda images: 5)
        return found

    def factors(self, count):
        peer = self.components().model(count)
        object.__setattr__(peer, "log_prob", lambda images: torch.full((132,), float(count)).double())
        return peer
