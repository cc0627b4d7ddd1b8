"""The explorers of Gaussians: their numbers are PyTorch's, their errors say what is allowed."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import torch
from torch.distributions import Normal, kl_divergence
from traitlets import TraitError

from vaelab import explorers

SOURCES = Path(explorers.__file__).parent / "frontend" / "src"


def node(script: str):
    """What a module of the front end computes: the JSON that `script` prints."""
    if shutil.which("node") is None:
        pytest.skip("needs Node.js")
    run = subprocess.run(
        ["node", "--input-type=module", "-e", script],
        cwd=SOURCES,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_kl_in_the_page_is_pytorchs():
    """The closed form of the front end against torch.distributions, both directions, narrow and wide."""
    numbers = [(1.0, 0.6, 0.0, 1.0), (3.0, 2.0, -3.0, 0.1), (-1.0, 0.1, 2.0, 2.0), (0.5, 0.5, 0.5, 0.5)]
    found = node(
        'import { klDivergence } from "./gaussians.js";'
        f"const pairs = {json.dumps(numbers)};"
        "const kl = ([m, s, n, t]) => [klDivergence([m, s], [n, t]), klDivergence([n, t], [m, s])];"
        "console.log(JSON.stringify(pairs.map(kl)));"
    )
    mu, sigma, mu_p, sigma_p = torch.tensor(numbers, dtype=torch.float64).T
    q, p = Normal(mu, sigma), Normal(mu_p, sigma_p)
    expected = torch.stack([kl_divergence(q, p), kl_divergence(p, q)], dim=1)
    assert torch.allclose(torch.tensor(found, dtype=torch.float64), expected)


@pytest.mark.parametrize("function", ["square", "wave"])
def test_gradients_in_the_page_are_autograds(function):
    """Pathwise by autograd through mu + sigma eps, score function by autograd through log q."""
    found = node(
        'import { draws, functions, pathwise, score } from "./estimators.js";'
        f"const eps = draws(5, 20), f = functions.{function};"
        "const both = [pathwise, score].map((estimate) => estimate(f, -0.7, 0.4, eps));"
        "console.log(JSON.stringify([eps, ...both.map(({ mu, sigma }) => [mu, sigma])]));"
    )
    eps, path, score = (torch.tensor(values, dtype=torch.float64) for values in found)
    mu = torch.full_like(eps, -0.7).requires_grad_()
    sigma = torch.full_like(eps, 0.4).requires_grad_()

    def f(z):
        return z.square() if function == "square" else torch.sin(4 * z)

    z = mu + sigma * eps
    assert torch.allclose(path, torch.stack(torch.autograd.grad(f(z).sum(), (mu, sigma))))
    z = z.detach()
    surrogate = (f(z) * Normal(mu, sigma).log_prob(z)).sum()
    assert torch.allclose(score, torch.stack(torch.autograd.grad(surrogate, (mu, sigma))))


def test_traits_are_the_specification():
    """What is asked for is what the page gets, and what can be linked."""
    two = explorers.kl(-1, 0.3, mu_p=0.5, sigma_p=2)
    assert {"kind": "kl", "mu_q": -1, "sigma_q": 0.3, "mu_p": 0.5, "sigma_p": 2}.items() <= two.spec().items()
    moved = explorers.reparameterize(0.5, 0.8, seed=3, draws=1000, function="wave")
    expected = {"mu": 0.5, "sigma": 0.8, "seed": 3, "draws": 1000, "function": "wave", "hold": True}
    assert expected.items() <= moved.spec().items()
    seen = []
    moved.observe(lambda change: seen.append(change.new), "sigma")
    moved.sigma = 0.1
    assert seen == [0.1]


@pytest.mark.parametrize("make", [explorers.kl, explorers.reparameterize])
def test_still_pictures_have_alt_text(make):
    """Where no script runs there is a picture, described with the numbers it shows, at the extremes too."""
    assert "<svg" in make().still() and "bell curve" in make().still()
    assert "nan" not in explorers.kl(3, 0.1, mu_p=-3, sigma_p=0.1).still().lower()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: explorers.kl(sigma=0), "sigma, a standard deviation, must be from 0.1 to 2, not 0"),
        (lambda: explorers.kl(sigma_p=-1), "sigma_p, a standard deviation, must be from 0.1 to 2"),
        (lambda: explorers.kl(mu=float("nan")), "mu must be from -3 to 3, not nan"),
        (lambda: explorers.reparameterize(sigma=0.0), "sigma, a standard deviation, must be from 0.1 to 1.2"),
        (lambda: explorers.reparameterize(mu=9), "mu must be from -2 to 2"),
        (lambda: explorers.reparameterize(seed=-1), "seed must be a whole number from 0"),
        (lambda: explorers.reparameterize(seed=0.5), "seed must be a whole number"),
        (lambda: explorers.reparameterize(draws=7), "must be 10, 100 or 1000, not 7"),
        (lambda: explorers.reparameterize(function="cube"), 'function must be "square"'),
    ],
)
def test_bad_numbers_are_refused(call, message):
    """The message names the number, what is allowed and what came."""
    with pytest.raises(ValueError, match=message):
        call()


def test_linked_values_stay_in_range():
    """A trait that another widget sets is checked as well."""
    with pytest.raises(TraitError):
        explorers.kl().sigma_q = -1.0
    with pytest.raises(TraitError):
        explorers.kl().direction = "sideways"
