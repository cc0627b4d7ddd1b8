"""Hidden checks of exercise 8: other maps, other layers, other models."""

import numpy as np
import torch
from torch import nn
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from vaelab import recipes
from vaelab.grading import HiddenCases, agrees, diagnose, expect, number, several
from vaelab.grading.sheets.faces import MEAN_AND_COVARIANCE, WEIGHT_AND_BIAS, found, pictures

hidden = HiddenCases("08-faces")
hidden.rubric(
    "q5",
    {
        1: "convolutions move along with the face, the dense layers next to the code have weights for each "
        "place",
        2: "and more varied crops in training (random shifts) would help",
    },
)


@hidden.case("q1", 0.5, gate=True)
def larger_maps_and_other_strides(s):
    for size, kernel, stride in ((5, 7, 3), (4, 1, 3), (6, 6, 2), (2, 9, 4)):
        row = np.zeros((size - 1) * stride + kernel)
        for first in range(0, size * stride, stride):
            row[first : first + kernel] += 1
        given = f"Wrong for size {size}, kernel {kernel} and stride {stride}."
        diagnose(s.writers(size, kernel, stride), np.outer(row, row), {}, given)


@hidden.case("q2", 0.5, gate=True)
def the_same_pictures(s):
    generator = torch.Generator().manual_seed(8)
    conv, norm = nn.utils.skip_init(nn.Conv2d, 5, 2, 3), nn.BatchNorm2d(2, eps=1e-3).eval()
    with torch.no_grad():
        for v in (conv.weight, conv.bias, norm.weight, norm.bias, norm.running_mean):
            v.copy_(torch.randn(v.shape, generator=generator))
        norm.running_var.copy_(0.1 + torch.rand(2, generator=generator))
        x = torch.rand(4, 5, 7, 7, generator=generator)
        given = (
            conv.weight,
            conv.bias,
            norm.weight,
            norm.bias,
            norm.running_mean,
            norm.running_var,
            norm.eps,
        )
        folded = several(s.fold(*given), 2, WEIGHT_AND_BIAS)
        weight, bias = (torch.as_tensor(np.asarray(v), dtype=torch.float32) for v in folded)
        expect(weight.shape == conv.weight.shape, "The new weight should have the old one's shape.")
        together = nn.functional.conv2d(x, weight, bias)
        expect(agrees(together, norm(conv(x)), 1e-3, 1e-4), "Wrong for another layer.")


@hidden.case("q3", 0.5, gate=True)
def an_autoencoder_in_either_mode(s):
    recipe = "__import__('vaelab').recipes.build('tds-face-ae', image_shape=(3, 32, 32), dropout=0.3)"
    model = s.evaluate(recipe)
    the_same = recipes.build("tds-face-ae", image_shape=(3, 32, 32), dropout=0.3).eval()
    x = pictures(70, (3, 32, 32), 9)
    first = number(s.error_on(model.train(), x))
    expect(model.training, "The model was in training mode and is not any more.")
    second = number(s.error_on(model.eval(), x))
    expect(agrees(first, second, 1e-4), "An autoencoder with dropout has two different errors.")
    expect(not model.training, "The model was in evaluation mode and is not any more.")
    with torch.no_grad():
        right = (the_same.reconstruct(x) - x).square().mean()
    diagnose(second, right, {}, "Wrong for 70 pictures and an autoencoder.", rtol=1e-3)


@hidden.case("q4", 0.5, gate=True)
def many_pictures(s):
    mu, log_var = torch.randn(2, 50, 6, generator=torch.Generator().manual_seed(10))
    parts = Independent(Normal(mu, (0.5 * log_var).exp()), 1)
    mixture = MixtureSameFamily(Categorical(torch.ones(50)), parts)
    mean, covariance = several(s.cloud(mu, log_var), 2, MEAN_AND_COVARIANCE)
    diagnose(mean, mixture.mean, {}, "The mean is wrong for 50 pictures and 6 latents.", 1e-3, 1e-4)
    right = torch.cov(mu.T, correction=0)
    right.diagonal().copy_(mixture.variance)
    message = "The covariance is wrong for 50 pictures and 6 latents."
    diagnose(covariance, right, {}, message, 1e-3, 1e-4)


@hidden.case("q6", 0.5, gate=True)
def two_more_faces_found(s):
    found(s, 7, (14, 17))
    found(s, 20, (32, 13))
