"""Portraits: the same face for the same number, factors in range, every factor and attribute visible."""

import pytest
import torch
import torch.nn.functional as F

from vaelab.data import portraits
from vaelab.errors import DataError, UnknownNameError

VISIBLE = 0.0005  # mean squared difference under which a small VAE has no reason to keep a factor
MANY = torch.arange(4000)

# Between these shares of all faces each attribute is found; CelebA has nearly all of them there too.
RATES = {
    "Bald": (0.02, 0.12),
    "Bangs": (0.12, 0.30),
    "Black_Hair": (0.20, 0.45),
    "Blond_Hair": (0.06, 0.20),
    "Brown_Hair": (0.12, 0.30),
    "Eyeglasses": (0.15, 0.35),
    "Goatee": (0.04, 0.12),
    "Gray_Hair": (0.12, 0.28),
    "Mouth_Slightly_Open": (0.35, 0.55),
    "Mustache": (0.08, 0.20),
    "No_Beard": (0.70, 0.90),
    "Pale_Skin": (0.08, 0.20),
    "Smiling": (0.45, 0.55),
    "Wearing_Earrings": (0.15, 0.35),
    "Wearing_Hat": (0.06, 0.16),
    "Wearing_Lipstick": (0.20, 0.45),
    "Young": (0.60, 0.80),
    "Long_Hair": (0.35, 0.55),
}


@pytest.fixture(scope="module")
def people():
    """Factors of 64 faces."""
    return portraits.draw_factors(torch.arange(64), seed=5)


def rows(factors, index):
    return {name: values[index] for name, values in factors.items()}


def difference(a, b):
    """Mean squared difference of the faces drawn from two sets of factors, pixels in [0, 1]."""
    a, b = (portraits.render(factors, 64).float() / 255 for factors in (a, b))
    return F.mse_loss(a, b).item()


def test_a_face_depends_on_seed_and_number_only(people):
    alone = portraits.draw_factors(torch.tensor([40, 3]), seed=5)
    assert all(torch.equal(alone[name], people[name][[40, 3]]) for name in portraits.FACTORS)
    other = portraits.draw_factors(torch.tensor([40, 3]), seed=6)
    assert not any(torch.equal(alone[name], other[name]) for name in ("age", "turn", "skin_tone"))


@pytest.mark.parametrize("size", [32, 64, 97])
def test_pixels_do_not_depend_on_the_batch(people, size):
    whole = portraits.render(people, size)
    for index in (slice(0, 1), slice(1, 6), slice(39, 64)):
        assert torch.equal(portraits.render(rows(people, index), size), whole[index])


@pytest.mark.parametrize("size", [32, 33, 100, 256])
def test_every_size_shows_the_same_faces(people, size):
    few = rows(people, slice(0, 12))
    fine = portraits.render(few, 128).float()
    drawn = portraits.render(few, size)
    assert drawn.dtype == torch.uint8 and drawn.shape == (12, 3, size, size)
    small, large = (F.interpolate(p.float(), 32, mode="bilinear", antialias=True) for p in (drawn, fine))
    assert F.l1_loss(small, large) < 4  # of 255; another face differs by ten times as much


@pytest.mark.parametrize("size", [31, 257, 64.5, 0])
def test_a_size_outside_the_range_is_refused(people, size):
    with pytest.raises(DataError, match="32 to 256"):
        portraits.render(people, size)


def test_no_faces_make_an_empty_batch(people):
    assert portraits.render(rows(people, slice(0, 0)), 32).shape == (0, 3, 32, 32)


def test_every_tensor_is_made_on_the_device_asked_for(people, monkeypatch):
    """On the "meta" device a tensor left behind on the CPU raises an error; no GPU is needed."""
    some = torch.arange(2, device="meta")
    monkeypatch.setattr(portraits.Scene, "faces_where", lambda scene, condition: some)
    monkeypatch.setattr(
        portraits.Scene, "_columns_near", lambda scene, near: slice(8, 56) if near else slice(0, 64)
    )
    assert portraits.render(people, 64, device="meta").device.type == "meta"


@pytest.mark.parametrize("size", [32, 64, 100])
def test_a_part_lies_in_the_columns_it_is_painted_in(size, monkeypatch):
    """Painted over all columns, and each face by itself in any pose, the pictures are the same."""
    factors = portraits.FACTORS
    draws = torch.rand(len(factors), 48, generator=torch.Generator().manual_seed(size))
    draws[:, ::2] = draws[:, ::2].round()  # half of them with every factor at an end
    extreme = {
        name: factor.low + (factor.high - factor.low) * draw
        for (name, factor), draw in zip(factors.items(), draws, strict=True)
    }
    drawn = torch.cat([portraits.render(rows(extreme, slice(i, i + 1)), size) for i in range(48)])
    monkeypatch.setattr(portraits, "PARTS", [part._replace(near=None) for part in portraits.PARTS])
    assert torch.equal(portraits.render(extreme, size), drawn)


def test_factors_stay_in_their_ranges():
    factors = portraits.draw_factors(MANY, seed=0)
    assert factors.keys() == portraits.FACTORS.keys()
    for name, factor in portraits.FACTORS.items():
        low, high = factors[name].min().item(), factors[name].max().item()
        assert factor.low - 1e-6 <= low < high <= factor.high + 1e-6, name


def test_every_factor_changes_the_picture(people):
    """All but `presentation`, the hidden cause: it reaches the picture through other factors only."""
    shown = people | {worn: torch.ones(64) for worn in ("glasses", "beard", "hat")}
    for name, factor in portraits.FACTORS.items():
        high = 0.5 if name.endswith("hue") else factor.high  # a hue comes round to where it began
        base = shown if name.startswith(("glasses_", "beard_", "hat_")) else people
        ends = [rows(base | {name: torch.full((64,), v)}, slice(0, 16)) for v in (factor.low, high)]
        changed = difference(*ends)
        assert (changed == 0) if name == "presentation" else (changed >= 0.9 * VISIBLE), name


@pytest.mark.parametrize("name", portraits.ATTRIBUTE_NAMES)
def test_an_attribute_can_be_seen_and_switched(people, name):
    column = portraits.ATTRIBUTE_NAMES.index(name)
    on = portraits.switch(rows(people, slice(0, 24)), name, True)
    off = portraits.switch(on, name, False)
    assert portraits.attributes(on)[:, column].all()
    assert not portraits.attributes(off)[:, column].any()
    floor = {"Smiling": 0.0015, "Eyeglasses": 0.004}.get(name, VISIBLE)
    assert difference(on, off) >= floor


def test_switching_an_unknown_attribute_suggests_a_name(people):
    with pytest.raises(UnknownNameError, match="Smiling"):
        portraits.switch(people, "Smile", True)


def test_attributes_are_as_frequent_as_they_should_be():
    held = portraits.attributes(portraits.draw_factors(MANY, seed=0))
    assert held.dtype == torch.bool and held.shape == (4000, len(portraits.ATTRIBUTE_NAMES))
    for name, rate in zip(portraits.ATTRIBUTE_NAMES, held.float().mean(0).tolist(), strict=True):
        low, high = RATES[name]
        assert low < rate < high, f"{name}: {rate:.3f}"


def test_some_attributes_go_together():
    """As in photographs of people: the trap that attribute vectors fall into."""
    held = portraits.attributes(portraits.draw_factors(MANY, seed=0)).float()
    column = portraits.ATTRIBUTE_NAMES.index
    table = torch.corrcoef(held.T)
    assert table[column("Long_Hair"), column("Wearing_Lipstick")] > 0.3
    assert table[column("Mustache"), column("Wearing_Lipstick")] < -0.1
    assert table[column("Young"), column("Gray_Hair")] < -0.4
    assert table[column("Smiling"), column("Mouth_Slightly_Open")] > 0.2
    assert table[column("Smiling"), column("Pale_Skin")].abs() < 0.05  # friendliness has no skin colour
