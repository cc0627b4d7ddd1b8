"""Distances, neighbours and the shipped judge of faces."""

import math
from urllib.error import URLError

import pytest
import torch
import torchvision
from scipy.linalg import sqrtm
from sklearn.metrics import balanced_accuracy_score
from sklearn.neighbors import NearestNeighbors
from torch import nn
from torchvision.transforms.v2.functional import gaussian_blur

import vaelab
from vaelab import evaluation, latent
from vaelab.data import ImageSet
from vaelab.errors import DataError, MissingDataError, PixelRangeError, ShapeError, UnknownNameError
from vaelab.models import VAE


def with_moments(n, mean, covariance):
    """Samples whose own mean and covariance are exactly these: then the distance has no sampling error."""
    torch.manual_seed(0)
    x = torch.randn(n, len(mean), dtype=torch.float64)
    x = x - x.mean(0)
    white = x @ torch.linalg.inv(torch.linalg.cholesky(torch.cov(x.T))).T
    return white @ torch.linalg.cholesky(covariance).T + mean


def test_frechet_distance_of_known_gaussians():
    a = with_moments(50, torch.zeros(3, dtype=torch.float64), torch.eye(3, dtype=torch.float64))
    scaled = torch.diag(torch.tensor([4.0, 1, 9], dtype=torch.float64))
    b = with_moments(60, torch.tensor([3.0, 0, 4], dtype=torch.float64), scaled)
    # ||(3, 0, 4)||^2 + (2 - 1)^2 + 0 + (3 - 1)^2: for axis-aligned Gaussians the deviations are compared.
    assert evaluation.frechet_distance(a, b) == pytest.approx(25 + 1 + 4, rel=1e-9)
    assert evaluation.frechet_distance(a, a) == pytest.approx(0, abs=1e-9)


def test_frechet_distance_agrees_with_the_usual_square_root():
    torch.manual_seed(0)
    a, b = torch.randn(80, 5) @ torch.randn(5, 5), torch.randn(90, 5) @ torch.randn(5, 5) + 1
    s, t = torch.cov(a.T.double()).numpy(), torch.cov(b.T.double()).numpy()
    means = (a.double().mean(0) - b.double().mean(0)).square().sum().item()
    expected = means + (s + t - 2 * sqrtm(s @ t).real).trace()
    assert evaluation.frechet_distance(a, b) == pytest.approx(expected, rel=1e-6)


def test_frechet_distance_warns_about_too_few_samples():
    with pytest.warns(UserWarning, match="5 samples for 8 features"):
        evaluation.frechet_distance(torch.randn(5, 8), torch.randn(100, 8))
    with pytest.raises(DataError, match="At least 2"):
        evaluation.frechet_distance(torch.randn(1, 8), torch.randn(9, 8))
    with pytest.raises(ShapeError, match=r"\(9, 7\)"):
        evaluation.frechet_distance(torch.randn(9, 8), torch.randn(9, 7))
    with pytest.raises(DataError, match="NaN"):
        evaluation.frechet_distance(torch.full((9, 2), math.nan), torch.randn(9, 2))


def test_kernel_distance_of_two_pairs_by_hand():
    """a = {0, 1}, b = {0, 2}: k(0, .) = 1, k(1, 2) = 27: 1 + 1 - 2 (1 + 1 + 1 + 27) / 4 = -13."""
    a, b = torch.tensor([[0.0], [1.0]]), torch.tensor([[0.0], [2.0]])
    assert evaluation.kernel_distance(a, b) == pytest.approx(-13)


def test_kernel_distance_of_a_shifted_normal():
    """(xy + 1)^3 compares moments: 3 d1^2 + 3 d2^2 + d3^2. N(0, 1) and N(1, 1) differ by 1, 1 and 4: 22."""
    torch.manual_seed(0)
    a, b = torch.randn(6_000, 1), torch.randn(6_000, 1) + 1
    assert evaluation.kernel_distance(a, b) == pytest.approx(22, rel=0.15)


def test_kernel_distance_has_no_bias():
    """Few samples of the same distribution: on average 0, where the biased estimate would be well above."""
    torch.manual_seed(0)
    values = torch.tensor(
        [evaluation.kernel_distance(torch.randn(10, 4), torch.randn(10, 4)) for _ in range(400)]
    )
    assert abs(values.mean()) < 4 * values.std() / 20 and values.min() < 0


def test_nearest_neighbours_are_those_of_scikit_learn():
    torch.manual_seed(0)
    images = ImageSet(torch.randint(0, 256, (300, 1, 6, 6), dtype=torch.uint8))
    queries = torch.rand(7, 1, 6, 6)
    distances, indices = evaluation.nearest_neighbours(queries, images, 4, batch_size=64)
    reference = NearestNeighbors(n_neighbors=4).fit(images.float().flatten(1).numpy())
    expected, places = reference.kneighbors(queries.flatten(1).numpy())
    assert indices.tolist() == places.tolist()
    assert distances.numpy() == pytest.approx(expected, abs=1e-5)


def test_a_picture_is_its_own_neighbour_unless_left_out():
    torch.manual_seed(0)
    images = ImageSet(torch.randint(0, 256, (50, 3, 16, 16), dtype=torch.uint8))
    distances, indices = evaluation.nearest_neighbours(images[10:20], images, 1)
    assert indices[:, 0].tolist() == list(range(10, 20)) and (distances == 0).all()  # not 1e-2: no rounding
    distances, indices = evaluation.nearest_neighbours(
        images[10:20], images, 49, exclude=torch.arange(10, 20), batch_size=7
    )
    assert all(i not in row for i, row in zip(range(10, 20), indices.tolist(), strict=True))
    assert torch.isfinite(distances).all()
    with pytest.raises(DataError, match="from 1 to 49"):
        evaluation.nearest_neighbours(images, images, 50, exclude=torch.arange(50))
    with pytest.raises(ShapeError, match="one index a query"):
        evaluation.nearest_neighbours(images[:3], images, 2, exclude=torch.arange(2))


def test_copies_are_told_from_new_pictures():
    images = torch.tensor([[0.0, 0], [4, 0], [4, 0]])
    ratio = evaluation.memorisation_ratio(torch.tensor([[0.0, 0], [1, 0], [2, 0], [4, 0]]), images)
    assert ratio.tolist() == pytest.approx([0, 1 / 3, 1, 0])


# ---- the network that judges drawn faces ----


@pytest.fixture(scope="module")
def judge():
    return evaluation.portrait_features()


@pytest.fixture(scope="module")
def faces():
    return vaelab.load("portraits", n=400, split="test", seed=5)


def test_the_judge_is_right_about_sharp_and_blurred_faces(judge, faces):
    x = faces.float()
    for sigma, worst, mean in ((0, 0.8, 0.96), (1.0, 0.8, 0.95), (2.0, 0.75, 0.93)):
        pictures = gaussian_blur(x, [13, 13], [sigma] * 2) if sigma else x
        seen = evaluation.extract_features(judge.attributes, pictures) > 0.5
        scores = [
            balanced_accuracy_score(faces.attribute(name), seen[:, i])
            for i, name in enumerate(judge.attribute_names)
        ]
        assert min(scores) > worst and sum(scores) / len(scores) > mean


def test_features_see_what_the_eye_sees(judge, faces):
    """Blur and noise take faces away from what they were, and less variety does."""
    x = faces.float()
    real = evaluation.extract_features(judge, x)

    def distance(pictures):
        return evaluation.frechet_distance(real, evaluation.extract_features(judge, pictures))

    half, smiling = distance(x[::2]), distance(x[faces.attribute("Smiling")])
    blurred = [distance(gaussian_blur(x, [13, 13], [s, s])) for s in (1.0, 2.0)]
    torch.manual_seed(0)
    noisy = [distance((x + s * torch.randn_like(x)).clamp(0, 1)) for s in (0.05, 0.1)]
    assert distance(x) == pytest.approx(0, abs=1e-6)
    assert 0.1 < blurred[0] < blurred[1] and 0.1 < noisy[0] < noisy[1]
    assert smiling > 2 * half  # about as many faces, but all of one kind


def test_the_judge_takes_any_size_and_refuses_the_rest(judge, faces):
    x = faces.float(slice(4))
    larger = nn.functional.interpolate(x, (128, 128), mode="bilinear")
    assert judge(x).shape == (4, 64) and judge.attributes(larger).shape == (4, 18)
    assert (judge.attributes(larger) - judge.attributes(x)).abs().mean() < 0.05
    for wrong, error in ((x[0], ShapeError), (x[:, :1], ShapeError), (x * 255, PixelRangeError)):
        with pytest.raises(error):
            judge(wrong)


def test_inception_gives_its_pooled_features(monkeypatch):
    network = torchvision.models.inception_v3(weights=None, init_weights=False).eval()
    monkeypatch.setattr(torchvision.models, "inception_v3", lambda weights: network)
    features = evaluation.inception_features()
    with torch.no_grad():
        assert features(torch.rand(2, 1, 64, 64)).shape == (2, 2048)

    def offline(weights):
        raise URLError("no route to host")

    monkeypatch.setattr(torchvision.models, "inception_v3", offline)
    with pytest.raises(MissingDataError, match=r"no route.*inception_v3_google.*portrait_features"):
        evaluation.inception_features()


# ---- attribute edits ----


class Palette(VAE):
    """Knows two faces, without and with the attribute: the code's first number chooses."""

    def __init__(self, without, having):
        super().__init__(nn.Flatten(), nn.Identity(), 2, tuple(without.shape))
        self.pictures = torch.stack([without, having])

    def encode(self, x):
        return torch.zeros(len(x), 2), torch.zeros(len(x), 2)

    def decode(self, z):
        return self.pictures[(z[:, 0] > 1.2).long()]


def test_an_edit_is_judged_before_and_after(judge):
    factors = vaelab.data.portraits.draw_factors(torch.tensor([3]), 0)
    pair = [
        vaelab.data.portraits.render(vaelab.data.portraits.switch(factors, "Eyeglasses", on))[0] / 255
        for on in (False, True)
    ]
    faces = vaelab.load("portraits", n=20)
    model = Palette(*pair)
    vector = torch.tensor([1.0, 0.0])
    seen = evaluation.attribute_edit(model, faces, vector, judge, "Eyeglasses")
    assert (seen.before, seen.after) == (0, 1)
    assert seen.faces == (~faces.attribute("Eyeglasses")).sum()
    eye = torch.eye(2)
    to = latent.TransportMap(torch.zeros(2), eye, vector, eye)  # the same, as a map
    assert evaluation.attribute_edit(model, faces, to, judge, "Eyeglasses") == seen
    assert evaluation.attribute_edit(model, faces, to, judge, "Eyeglasses", steps=1).after == 0
    assert len(seen.changed) == 17 and seen.others_changed < 0.1
    assert evaluation.attribute_edit(model, faces, vector, judge, "Eyeglasses", steps=1).after == 0
    with pytest.raises(ShapeError):
        evaluation.attribute_edit(model, faces, torch.zeros(3), judge, "Eyeglasses")
    with pytest.raises(UnknownNameError, match="Eyeglasses"):
        evaluation.attribute_edit(model, faces, vector, judge, "Eyeglass")
    with pytest.raises(DataError, match="Every face"):
        evaluation.attribute_edit(model, faces[faces.attribute("Eyeglasses")], vector, judge, "Eyeglasses")
    assert latent.device_of(judge).type == "cpu"
