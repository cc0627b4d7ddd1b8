"""Sheets of faces show what their names say, in its place."""

import numpy as np
import pytest
import torch

import vaelab
from tools import face_judge, face_sheets
from vaelab import latent


def pictures(n):
    """Grey pictures of 4x4 pixels, each a little lighter than the one before."""
    return (torch.arange(n) / 100).view(n, 1, 1, 1).expand(n, 3, 4, 4)


def test_rows_are_read_like_a_page():
    page = np.asarray(face_sheets.sheet(pictures(6), 3))
    step = 4 * face_sheets.SCALE + face_sheets.GAP
    assert page.shape == (2 * step + face_sheets.GAP, 3 * step + face_sheets.GAP, 3)
    middles = page[step // 2 :: step, step // 2 :: step, 0]
    assert middles.flatten().tolist() == [round(2.55 * i) for i in range(6)]
    assert (page[0] == 255).all()


def test_names_stand_left_of_their_rows():
    bare = np.asarray(face_sheets.sheet(pictures(4).repeat_interleave(16, 2), 2))
    page = np.asarray(face_sheets.sheet(pictures(4).repeat_interleave(16, 2), 2, ("Bald", "Bangs")))
    margin = face_sheets.MARGIN
    assert np.array_equal(page[:, margin:], bare)
    upper, lower = np.array_split(page[:, :margin], 2)
    assert upper.min() == lower.min() == 0 and not np.array_equal(upper, lower)


def test_pairs_take_turns():
    left, right = pictures(2), pictures(4)[2:]
    assert torch.equal(face_sheets.pairs(left, right), torch.stack([left[0], right[0], left[1], right[1]]))


@pytest.fixture
def faces(monkeypatch):
    monkeypatch.setattr(face_sheets, "PER_ATTRIBUTE", 2)
    return vaelab.load("portraits", n=140), vaelab.load("portraits", n=40, split="test")


def test_edits_have_a_row_for_each_attribute(faces):
    train, test = faces
    model = vaelab.recipes.build("small-portrait-vae").eval()
    pages = dict(face_sheets.edits(model, train, test))
    assert list(pages) == ["vector", "map"]
    step = 64 * face_sheets.SCALE + face_sheets.GAP
    for way, page in pages.items():
        assert page.size == (face_sheets.MARGIN + 4 * step + face_sheets.GAP, 18 * step + face_sheets.GAP)
        row = train.attribute_names.index("Bangs") * step
        codes = latent.encode(model, train)[0]
        learn, steps = face_judge.WAYS[way]
        able = test[~(test.attribute("Bald") | test.attribute("Wearing_Hat") | test.attribute("Bangs"))][:2]
        z = latent.encode(model, able)[0]
        edited = latent.edit(z, learn(codes, train.attribute("Bangs")), steps)
        expected = face_sheets.sheet(
            face_sheets.pairs(latent.decode(model, z), latent.decode(model, edited)), 4
        )
        shown = np.asarray(page)[row : row + step + face_sheets.GAP, face_sheets.MARGIN :]
        assert np.abs(shown.astype(int) - np.asarray(expected).astype(int)).max() <= 1
