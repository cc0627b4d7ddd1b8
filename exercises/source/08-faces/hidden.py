"""Hidden checks of exercise 8: other pictures, other layers, other models."""

import numpy as np
import torch
from torch import nn
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from vaelab.grading import HiddenCases, agrees, diagnose, expect
from vaelab.grading.sheets.faces import ROUNDING, found

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
def a_photograph_of_celeba_and_wide_ones(s):
    for shape, side, size in (((1, 218, 178, 3), 148, 74), ((3, 30, 40, 3), 30, 10), ((2, 12, 8, 3), 4, 4)):
        generator = torch.Generator().manual_seed(6)
        pictures = torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8)
        top, left = (shape[1] - side) // 2, (shape[2] - side) // 2
        x = pictures.permute(0, 3, 1, 2).double()[:, :, top : top + side, left : left + side] / 255
        right = nn.functional.interpolate(x, size=(size, size), mode="area")
        diagnose(s.prepare(pictures, side, size), right, {}, f"Wrong for {shape}.", atol=ROUNDING)


@hidden.case("q2", 0.5, gate=True)
def the_same_pictures(s):
    generator = torch.Generator().manual_seed(8)
    conv, norm = nn.Conv2d(5, 2, 3), nn.BatchNorm2d(2, eps=1e-3).eval()
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
        weight, bias = (torch.as_tensor(np.asarray(v), dtype=torch.float32) for v in s.fold(*given))
        expect(weight.shape == conv.weight.shape, "The new weight should have the old one's shape.")
        together = nn.functional.conv2d(x, weight, bias)
        expect(agrees(together, norm(conv(x)), 1e-3, 1e-4), "Wrong for another layer.")


@hidden.case("q3", 0.5)
def a_model_in_evaluation_mode_stays_there(s):
    _ = s.error_on
    recipe = "__import__('vaelab').recipes.build('tds-face-ae', image_shape=(3, 32, 32), dropout=0.3)"
    model = s.evaluate(recipe)
    x = torch.rand(3, 3, 32, 32, generator=torch.Generator().manual_seed(9))
    first, second = (
        s.evaluate(f"error_on(model.{mode}(), x)", model=model, x=x) for mode in ("train", "eval")
    )
    expect(agrees(first, second, 1e-4), "An autoencoder with dropout has two different errors.")
    expect(
        not s.evaluate("model.training", model=model), "The model was in evaluation mode and is not any more."
    )


@hidden.case("q4", 0.5, gate=True)
def many_pictures(s):
    generator = torch.Generator().manual_seed(10)
    mu, log_var = torch.randn(2, 50, 6, generator=generator, dtype=torch.float64)
    parts = Independent(Normal(mu, (0.5 * log_var).exp()), 1)
    mixture = MixtureSameFamily(Categorical(torch.ones(50, dtype=torch.float64)), parts)
    mean, covariance = (torch.as_tensor(np.asarray(v), dtype=torch.float64) for v in s.cloud(mu, log_var))
    expect(agrees(mean, mixture.mean), "The mean is wrong for 50 pictures and 6 latents.")
    expect(covariance.shape == (6, 6), "The covariance should be 6 by 6 for 6 latents.")
    expect(agrees(covariance.diagonal(), mixture.variance), "The variances are wrong for 50 pictures.")
    off = torch.cov(mu.T, correction=0).fill_diagonal_(0)
    expect(agrees(covariance.clone().fill_diagonal_(0), off), "The covariances are wrong for 50 pictures.")


@hidden.case("q6", 0.5)
def two_more_faces_found(s):
    found(s, 7, (14, 17))
    found(s, 20, (31, 2))
