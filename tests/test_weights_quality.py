"""The shipped face models do what the course says of them, on portraits that they have not seen."""

import pytest
import torch

import vaelab
from tools import face_judge
from tools.face_judge import calibrated
from vaelab import evaluation, latent
from vaelab.priors import FlowMatching, StandardNormal


@pytest.fixture(scope="module")
def known():
    return vaelab.load("portraits", size=64, n=1_000)


@pytest.fixture(scope="module")
def unseen():
    return vaelab.load("portraits", size=64, n=200, split="test")


@pytest.fixture(scope="module")
def ours():
    return vaelab.pretrained("portrait-vae")


@pytest.fixture(scope="module")
def codes(ours, known):
    return latent.encode(ours, known)[0]


@pytest.fixture(scope="module")
def small():
    return vaelab.pretrained("small-portrait-vae")


def bound(model, images):
    return evaluation.importance_weighted_bound(model, images[:50], samples=10).mean()


def test_the_small_model_beats_the_published_one(small, known, unseen):
    theirs = vaelab.pretrained("tds-face-vae")
    errors = [evaluation.reconstruction_error(model, unseen) for model in (small, theirs)]
    assert errors[0] < 0.7 * errors[1]
    assert bound(small, unseen) > bound(theirs, unseen) + 1_000
    theirs = calibrated(theirs, known[:200])  # nor is it their noise level alone
    assert bound(small, unseen) > bound(theirs, unseen) + 1_000


def test_ours_beats_the_small_one(ours, small, unseen):
    assert evaluation.reconstruction_error(ours, unseen) < 0.0009
    assert bound(ours, unseen) > bound(small, unseen) + 6_000


@pytest.mark.parametrize("name", ["portrait-vae", "small-portrait-vae"])
def test_noise_levels_are_the_size_of_the_errors(name, unseen):
    model = vaelab.pretrained(name)
    assert calibrated(model, unseen).likelihood.sigma == pytest.approx(
        model.likelihood.sigma.item(), rel=0.05
    )


def test_its_posteriors_are_as_wide_as_they_should_be(ours, unseen):
    assert face_judge.best_width(ours, unseen[:50]) == pytest.approx(1, rel=0.1)


def test_its_own_prior_is_nearer_to_real_faces_than_the_standard_one(ours, unseen):
    assert isinstance(ours.prior, FlowMatching)
    distance = face_judge.Frechet(evaluation.portrait_features(), unseen)
    learned, standard = (
        distance.of_samples(ours, prior, seeds=1) for prior in (ours.prior, StandardNormal(ours.latent_dim))
    )
    assert learned < 0.2 * standard


@pytest.mark.parametrize("name", ["Smiling", "Eyeglasses"])
def test_attribute_vectors_work(ours, codes, known, unseen, name):
    vector = latent.attribute_vector(codes, known.attribute(name))
    edit = evaluation.attribute_edit(ours, unseen, vector, evaluation.portrait_features(), name)
    assert edit.before < 0.2
    assert edit.after > 0.8
    assert edit.others_changed < 0.1  # the person stays the same


@pytest.mark.parametrize("name", ["Brown_Hair", "Wearing_Hat"])
def test_attribute_maps_work_where_one_vector_cannot(ours, codes, known, unseen, name):
    """Brown is the middle of a scale, and hats have all colours; 1,000 faces are few for a map."""
    judge, present = evaluation.portrait_features(), known.attribute(name)
    edit = evaluation.attribute_edit(ours, unseen, latent.attribute_map(codes, present), judge, name)
    assert edit.after > 0.75
    assert edit.others_changed < 0.12
    vector = latent.attribute_vector(codes, present)
    assert evaluation.attribute_edit(ours, unseen, vector, judge, name, steps=2).after < edit.after - 0.08


def test_samples_are_faces_of_all_kinds(ours):
    """A judge sees each attribute in some samples and misses it in others: none is lost."""
    seen = evaluation.portrait_features().attributes(ours.sample(200, seed=0)) > 0.5
    rates = seen.float().mean(0)
    assert torch.all(rates > 0) and torch.all(rates < 1)
