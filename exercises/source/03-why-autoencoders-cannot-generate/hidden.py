"""Hidden checks of exercise 3: other sizes, other clouds."""

import numpy as np
import torch
from scipy.spatial import KDTree

from vaelab.grading import HiddenCases, agrees, diagnose, expect

hidden = HiddenCases("03-why-autoencoders-cannot-generate")
hidden.rubric(
    "q3",
    {
        1: "draws from B, whose distances are the most like those of new portraits",
        2: "and measures the pictures: distance to the nearest training picture, and a distance between sets",
    },
)


@hidden.case("q4", 0.5, gate=True)
def three_codes_and_many(s):
    generator = torch.Generator().manual_seed(7)
    for codes in (
        torch.randn(3, 8, generator=generator) * 5 - 20,
        torch.randn(100, 2, generator=generator) * torch.tensor([0.01, 3.0]) + 1,
    ):
        s.seed(1)
        z = np.asarray(s.draw_like(codes, 4_000), dtype=float)
        given = codes.numpy().astype(float)
        scale = given.std(0)
        shape = f"Wrong for {len(codes)} codes of {codes.shape[1]} numbers."
        expect(z.shape == (4_000, codes.shape[1]), shape)
        expect(agrees((z.mean(0) - given.mean(0)) / scale, 0 * scale, atol=0.12), shape)
        found = np.cov(z.T) / np.outer(scale, scale)
        either = [np.cov(given.T, bias=bias) / np.outer(scale, scale) for bias in (True, False)]
        expect(any(agrees(found, right, rtol=0.12, atol=0.12) for right in either), shape)
    s.seed(2)
    z = np.asarray(s.draw_like(codes[:2], 4_000), dtype=float)
    along = (z - z.mean(0)) @ (codes[1] - codes[0]).numpy()
    expect(
        abs((along**4).mean() / (along**2).mean() ** 2 - 3) < 0.4,
        "Two codes span a line, and the draws along it are not normally distributed.",
    )


@hidden.case("q2", 0.5, gate=True)
def other_clouds_and_one_draw(s):
    generator = torch.Generator().manual_seed(8)
    for N, M, q in ((40, 1, 0.5), (500, 200, 0.6)):
        codes = torch.rand(N, 3, generator=generator)
        draws = torch.rand(M, 3, generator=generator) * 1.3
        tree = KDTree(codes.numpy())
        limit = np.quantile(tree.query(codes.numpy(), k=2)[0][:, 1], q)
        right = (tree.query(draws.numpy())[0] > limit).mean()
        value = s.share_in_holes(draws, codes, q)
        diagnose(value, right, {}, f"Wrong for N={N} codes, M={M} and q={q}.", atol=0.02)


@hidden.case("q1", 0.5, gate=True)
def other_sizes_and_no_noise(s):
    generator = torch.Generator().manual_seed(9)
    codes, eps = torch.randn(2, 30, 7, generator=generator) * torch.arange(1, 8)
    for a in (0.0, 2.5):
        either = [codes + a * codes.std(0, correction=c) * eps for c in (0, 1)]
        value = s.shaken(codes, a, eps)
        expect(any(agrees(value, right) for right in either), f"Wrong for codes of 7 numbers and a={a}.")


@hidden.case("q5", 0.5, gate=True)
def a_wider_code_than_before(s):
    generator = torch.Generator().manual_seed(10)
    source = 3 * torch.randn(150, 6, generator=generator) - 1
    matrix = torch.randn(6, 10, generator=generator)
    z = torch.randn(1, 6, generator=generator)
    value = s.translate(z, source, source @ matrix + 7)
    diagnose(
        value, z @ matrix + 7, {}, "Wrong where codes of 6 numbers become codes of 10.", rtol=1e-2, atol=1e-2
    )
