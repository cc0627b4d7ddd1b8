"""The latent map, the rate-distortion slider and the two models: what their specifications say is true."""

import base64
import io
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from traitlets import TraitError

import vaelab
from vaelab import evaluation, explorers, latent, losses, recipes
from vaelab.data import ImageSet
from vaelab.errors import DataError, ShapeError
from vaelab.models import Autoencoder

FRONTEND = Path(explorers.__file__).parent / "frontend"


@pytest.fixture(scope="module")
def digits():
    return vaelab.load("digits", n=120)


def small_vae(seed=0, **changes):
    return recipes.build("mayberay-digits-vae", seed=seed, **changes).eval()


def small_autoencoder(latent_dim=2):
    vae = small_vae(latent_dim=latent_dim)
    return Autoencoder(vae.encoder, vae.decoder, latent_dim, vae.image_shape).eval()


def without_labels(images):
    return ImageSet(images.images)


def size(explorer):
    return len(json.dumps(explorer.spec()))


def has_alt_text(explorer):
    html = explorer.still()
    return 'role="img" aria-label="' in html or ' alt="' in html


# ---- plane ----


def test_plane_carries_the_codes_of_evenly_spaced_images(digits):
    model = small_vae()
    made = explorers.plane(model, digits, points=40)
    chosen = np.linspace(0, 119, 40).round().astype(int)
    expected = latent.encode(model, digits)[0][chosen]
    assert torch.allclose(torch.tensor(made.codes), expected, atol=6e-4)
    assert made.labels == digits.labels[chosen].tolist()
    assert made.class_names == list(digits.class_names)
    assert made.extent == [-3, 3, -3, 3]
    assert made.prior
    assert size(made) < 20_000
    assert has_alt_text(made)


def test_plane_of_an_autoencoder_fits_the_codes_on_one_scale(digits):
    model = small_autoencoder()
    made = explorers.plane(model, digits, labels=[0] * 60 + [1] * 60, class_names=["old", "new"])
    left, right, bottom, top = made.extent
    assert right - left == pytest.approx(top - bottom, abs=0.03)
    codes = latent.encode(model, digits)
    inside = (codes[:, 0] >= left) & (codes[:, 0] <= right) & (codes[:, 1] >= bottom) & (codes[:, 1] <= top)
    assert inside.float().mean() > 0.95
    assert made.z == pytest.approx([(left + right) / 2, (bottom + top) / 2], abs=0.01)
    assert not made.prior
    assert made.class_names == ["old", "new"]
    assert made.labels[-1] == 1


def test_plane_needs_no_labels_and_no_images_for_a_vae(digits):
    assert explorers.plane(small_vae(), without_labels(digits)).labels == []
    assert explorers.plane(small_vae(), extent=(0, 1, 2, 4)).extent == [0, 1, 2, 4]
    assert explorers.plane(small_vae()).codes == []


@pytest.mark.parametrize(
    ("model", "options", "error", "says"),
    [
        (lambda: small_vae(latent_dim=3), {}, ShapeError, "latent_dim 2; this one has 3"),
        (lambda: small_autoencoder(), {"images": None}, DataError, "give images, or an extent"),
        (small_vae, {"images": None, "labels": [1]}, DataError, "give images too"),
        (small_vae, {"labels": [1, 2]}, DataError, "one label each"),
        (small_vae, {"labels": [0.5] * 120}, DataError, "whole numbers"),
        (small_vae, {"class_names": ["only one"]}, DataError, "only 1 class name"),
        (small_vae, {"extent": (3, -3, -3, 3)}, ValueError, "left < right"),
        (small_vae, {"extent": (-3, 3)}, ValueError, "left, right, bottom, top"),
        (small_vae, {"points": 0}, ValueError, "at least 1"),
    ],
)
def test_plane_says_what_is_wrong(digits, model, options, error, says):
    with pytest.raises(error, match=says):
        explorers.plane(model(), **({"images": digits} | options))


def test_plane_of_an_empty_set(digits):
    with pytest.raises(DataError, match="empty"):
        explorers.plane(small_vae(), digits[:0])


# ---- beta ----


def test_beta_measures_what_evaluate_measures_and_sorts(digits):
    models = {4: small_vae(1), 0.5: small_vae(2, latent_dim=5)}
    made = explorers.beta(models, digits)
    assert [run["beta"] for run in made.runs] == [0.5, 4]
    for run in made.runs:
        measured = evaluation.evaluate(models[run["beta"]], digits)
        assert run["rate"] == pytest.approx(measured["kl"], abs=1e-3)
        assert run["distortion"] == pytest.approx(measured["reconstruction"], abs=1e-3)
        assert run["active"] == evaluation.active_units(models[run["beta"]], digits)
        assert run["latent_dim"] == models[run["beta"]].latent_dim
    assert made.unit == "nats"
    with pytest.raises(TraitError, match="0 to 1 here, not 2"):
        made.index = 2
    assert has_alt_text(made)


def test_the_sheet_holds_originals_reconstructions_and_samples(digits):
    models = [small_vae(1, beta=1.0), small_vae(2, beta=2.0)]
    made = explorers.beta(models, digits, examples=3, samples=5)
    data = base64.b64decode(made.sheet["src"].split(",")[1])
    sheet = np.asarray(Image.open(io.BytesIO(data)).convert("L")) / 255
    assert sheet.shape == (5 * 28, 5 * 28)
    assert made.sheet["cell"] == [28, 28]
    rows = [digits[:3].float()]
    for model in models:
        rows += [latent.reconstruct(model, digits[:3]), model.sample(5, seed=0)]
    for i, row in enumerate(rows):
        strip = sheet[28 * i : 28 * (i + 1), : 28 * len(row)]
        expected = torch.cat(list(row[:, 0]), dim=1).numpy()
        assert np.abs(strip - expected).mean() < 0.03, f"row {i}"


def test_large_pictures_are_shrunk_until_the_page_can_carry_them():
    noise = torch.randint(0, 256, (12, 3, 128, 128), dtype=torch.uint8)  # nothing packs worse
    models = [recipes.build("tds-face-vae", seed=k, latent_dim=4) for k in range(3)]
    made = explorers.beta(models, ImageSet(noise), betas=[1, 2, 3], examples=12, samples=12)
    assert max(made.sheet["cell"]) <= 64
    assert size(made) < 300_000


def test_models_with_other_likelihoods_are_compared_by_squared_error(digits):
    models = [small_vae(1), small_vae(2)]
    models[1].likelihood = losses.Gaussian(0.3)
    made = explorers.beta(models, digits, betas=[1, 2])
    assert made.unit == "squared error"
    for run, model in zip(made.runs, models, strict=True):
        assert run["distortion"] == pytest.approx(evaluation.reconstruction_error(model, digits), abs=1e-6)


@pytest.mark.parametrize(
    ("models", "options", "error", "says"),
    [
        (lambda: [small_vae()], {}, ValueError, "at least two models"),
        (lambda: [small_vae(), small_autoencoder()], {}, ValueError, "compares VAEs"),
        (lambda: [small_vae(), small_vae()], {}, ValueError, "a beta of its own"),
        (lambda: [small_vae(), small_vae()], {"betas": [1]}, ValueError, "as many betas"),
        (lambda: [small_vae(), small_vae()], {"betas": [1, -1]}, ValueError, "at least 0"),
        (lambda: {1: small_vae(), 2: small_vae()}, {"betas": [1, 2]}, ValueError, "leave `betas` out"),
        (lambda: {1: small_vae(), 2: small_vae()}, {"examples": 0}, ValueError, "at least 1"),
        (lambda: {1: small_vae(), 2: small_vae()}, {"examples": 999}, DataError, "as many images"),
        (lambda: {1: small_vae(), 2: recipes.build("tds-face-vae")}, {}, ShapeError, "was built for"),
    ],
)
def test_beta_says_what_is_wrong(digits, models, options, error, says):
    with pytest.raises(error, match=says):
        explorers.beta(models(), digits, **options)


# ---- two models ----


def test_two_models_are_the_same_for_a_seed():
    made = explorers.two_models(seed=3, n=40)
    assert made.spec() == explorers.two_models(seed=3, n=40).spec()
    assert made.noise != explorers.two_models(seed=4, n=40).noise
    assert np.shape(made.noise) == (40, 2)
    assert size(made) < 5_000
    assert has_alt_text(made)


def test_two_models_refuse_what_they_cannot_draw():
    for n in (4, 7, 402):
        with pytest.raises(ValueError, match="even and from 6 to 400"):
            explorers.two_models(n=n)
    made = explorers.two_models()
    for name, value in (
        ("means", [[0, 0]]),
        ("means", [[0, 0], [9, 0]]),
        ("query", [1, 2, 3]),
        ("spread", 0),
        ("view", "sideways"),
    ):
        with pytest.raises(TraitError):
            setattr(made, name, value)


@pytest.mark.skipif(shutil.which("node") is None, reason="node runs the explorers' own fits")
@pytest.mark.parametrize(("means", "spread"), [([[-1.5, -0.5], [1.5, 0.5]], 0.8), ([[-4, 3], [4, 0]], 0.3)])
def test_the_page_fits_what_scikit_learn_fits(means, spread):
    noise = explorers.two_models().noise
    script = f"""
        import * as g from "{(FRONTEND / "src" / "two_gaussians.js").as_uri()}";
        const {{ points, labels }} = g.place({noise}, {means}, {spread});
        const fit = g.fitGaussians(points, labels);
        const logs = points.map((point) => g.logEvidence(fit, point));
        const answer = {{ logistic: g.fitLogistic(points, labels), bayes: g.bayesWeights(fit), logs }};
        console.log(JSON.stringify(answer));
    """
    command = ["node", "--input-type=module", "--eval", script]
    page = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    labels = np.repeat([0, 1], 30)
    points = np.array(means)[labels] + spread * np.array(noise)

    logistic = LogisticRegression(tol=1e-10, max_iter=1000).fit(points, labels)
    assert page["logistic"] == pytest.approx([*logistic.intercept_, *logistic.coef_[0]], abs=1e-4)
    lda = LinearDiscriminantAnalysis(solver="lsqr", store_covariance=True).fit(points, labels)
    assert page["bayes"] == pytest.approx([*lda.intercept_, *lda.coef_[0]], rel=1e-6)
    gaussians = [
        torch.distributions.MultivariateNormal(torch.tensor(mean), torch.tensor(lda.covariance_))
        for mean in lda.means_
    ]
    each = torch.stack([gaussian.log_prob(torch.tensor(points)) for gaussian in gaussians])
    expected = torch.logsumexp(each + np.log(0.5), dim=0)
    assert page["logs"] == pytest.approx(expected.tolist(), rel=1e-6)
