"""Hidden checks of exercise 2: other layers, other pictures, other noise."""

import numpy as np
import torch
from sklearn.decomposition import PCA
from torch import nn

from vaelab.grading import HiddenCases, diagnose, draws, expect
from vaelab.grading.sheets.autoencoders import below_the_target, digits

hidden = HiddenCases("02-autoencoders")
hidden.rubric(
    "q5",
    {
        1: "60 points and their mean span at most 59 directions",
        2: "and the size is chosen by the error on pictures that were not used for fitting",
    },
)


@hidden.case("q2", 0.5, gate=True)
def the_same_as_pytorch(s):
    for layers in ([(3, 2)] * 4, [(7, 4), (1, 1), (5, 1), (2, 2)], [(4, 3)], [(3, 1)] * 5, [(1, 3), (4, 2)]):
        row = torch.zeros(1, 1, 400, requires_grad=True)
        value = row
        for kernel, stride in layers:
            value = nn.functional.conv1d(value, torch.ones(1, 1, kernel), stride=stride)
        seen = [
            torch.autograd.grad(value[0, 0, k], row, retain_graph=True)[0][0, 0].nonzero() for k in (0, 1)
        ]
        right = [(seen[0][-1] - seen[0][0]).item() + 1, (seen[1][0] - seen[0][0]).item()]
        diagnose(list(s.window(layers)), right, {}, f"Wrong for kernels and strides {layers}.")


@hidden.case("q3", 0.5, gate=True)
def the_way_up_ends_where_the_way_down_began(s):
    for n, layers in (
        (218, [(3, 2, 1)] * 4),
        (101, [(4, 2, 1), (7, 4, 3), (3, 1, 1)]),
        (64, [(4, 2, 1)] * 3),
        (30, [(5, 3, 2)]),
    ):
        rows = [n]
        for kernel, stride, padding in layers:
            row, weight = torch.zeros(1, 1, rows[-1]), torch.zeros(1, 1, kernel)
            rows.append(nn.functional.conv1d(row, weight, stride=stride, padding=padding).shape[-1])
        given = s.output_paddings(n, layers)
        expect(len(given) == len(layers), "One output padding for each layer.")
        size = rows[-1]
        for (kernel, stride, padding), extra, wanted in zip(layers[::-1], given, rows[-2::-1], strict=True):
            size = (size - 1) * stride - 2 * padding + kernel + int(extra)
            expect(size == wanted and 0 <= extra < stride, f"Wrong for {n} pixels through {layers}.")


@hidden.case("q4", 0.5, gate=True)
def fewer_pictures_than_pixels(s):
    generator = np.random.default_rng(7)
    x = generator.random((6, 20)) + generator.random(20)
    right = [x.var(0).mean()]
    for k in range(1, 7):
        pca = PCA(k, svd_solver="full").fit(x)
        right.append(((pca.inverse_transform(pca.transform(x)) - x) ** 2).mean())
    given = torch.tensor(x, dtype=torch.float32)
    diagnose(s.pca_errors(given), right, {}, "Wrong for 6 pictures of 20 pixels.", rtol=1e-3)


@hidden.case("q1", 0.5, gate=True)
def colour_pictures_and_a_dim_model(s):
    s.seed(4)
    x = torch.rand(20, 3, 16, 16, generator=torch.Generator().manual_seed(4))
    value = s.evaluate("denoising_loss(lambda pictures: 0.3 + 0 * pictures, x)", x=x)
    diagnose(value, (x - 0.3).square().mean(), {}, "Wrong for a model that draws grey.", rtol=1e-3)


@hidden.case("q6", 0.5, gate=True)
def other_digits_and_other_noise(s):
    _ = s.denoiser
    # Digits that exist only while a class is graded: nobody can have stored them. Some sets are a little
    # harder to draw: whoever is just below the public target should pass.
    below_the_target(s, digits(400, draws.seed(8)), seed=8, target=0.049)
