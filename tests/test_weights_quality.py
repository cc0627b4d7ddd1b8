"""The shipped face model does what the course says of it, on portraits that it has not seen."""

import pytest
import torch

import vaelab
from tools.face_judge import calibrated
from vaelab import evaluation, latent


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


def test_ours_beats_the_published_model(ours, known, unseen):
    theirs = vaelab.pretrained("tds-face-vae")
    assert evaluation.reconstruction_error(ours, unseen) < 0.7 * evaluation.reconstruction_error(
        theirs, unseen
    )

    def bound(model):
        return evaluation.importance_weighted_bound(model, unseen[:50], samples=10).mean()

    assert bound(ours) > bound(theirs) + 1_000
    assert bound(ours) > bound(calibrated(theirs, known[:200])) + 1_000  # nor is it their noise level alone


def test_its_noise_level_is_the_size_of_its_errors(ours, unseen):
    assert calibrated(ours, unseen).likelihood.sigma == pytest.approx(ours.likelihood.sigma.item(), rel=0.05)


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
