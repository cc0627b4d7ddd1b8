"""Ten classes in one picture: told apart by everybody, on white and on black."""

from itertools import combinations

import numpy as np
import pytest

from vaelab import figures

# What is left of linear RGB without the cones for green, or for red: Machado, Oliveira and Fernandes, 2009.
VISIONS = {
    "full": np.eye(3),
    "no green": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "no red": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
}
FAR_ENOUGH = {"full": 0.15, "no green": 0.1, "no red": 0.1}
# Ottosson, "A perceptual color space for image processing", 2020.
CONES = np.array([[0.4122, 0.5363, 0.0514], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]])
OKLAB = np.array([[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]])


def linear(colour):
    share = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


@pytest.mark.parametrize("vision", VISIONS)
def test_no_two_of_ten_classes_look_alike(vision):
    seen = (np.clip(VISIONS[vision] @ linear(colour), 0, 1) for colour in figures.TEN)
    places = [OKLAB @ np.cbrt(CONES @ light) for light in seen]
    nearest = min(np.linalg.norm(a - b) for a, b in combinations(places, 2))
    assert nearest > FAR_ENOUGH[vision]


def test_each_of_ten_classes_is_seen_on_white_and_on_black():
    light = np.array([linear(colour) @ [0.2126, 0.7152, 0.0722] for colour in figures.TEN])
    assert (1.05 / (light + 0.05)).min() > 1.6
    assert ((light + 0.05) / 0.05).min() > 3
