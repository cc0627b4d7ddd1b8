"""Codes as integers: codebook statistics by hand, gradients that skip the choice, a prior that adds up."""

import itertools
import math

import pytest
import torch
from torch import nn

from vaelab import losses
from vaelab.errors import DataError, PixelRangeError, ShapeError
from vaelab.vq import VQVAE, Codebook, IntegerPrior, nearest, straight_through, usage

CORNERS = torch.tensor([[0.0, 0.0], [0.0, 2.0], [4.0, 0.0], [9.0, 9.0]])


def codebook(**options) -> Codebook:
    book = Codebook(4, 2, **options)
    with torch.no_grad():
        book.entries.copy_(CORNERS)
    return book


def grid(*codes: tuple[float, float]) -> torch.Tensor:
    """One picture whose grid has one row of these vectors."""
    return torch.tensor(codes, dtype=torch.float32).T[None, :, None, :]


# ---- the codebook ----


def test_the_nearest_entry_takes_the_place_of_each_vector():
    code = codebook()(grid((0.3, 0.4), (3.0, 0.0), (0.0, 1.9)))
    assert code.index.tolist() == [[[0, 2, 1]]]
    assert torch.allclose(code.grid, grid((0, 0), (4, 0), (0, 2)), atol=1e-6)
    by_hand = 0.3**2 + 0.4**2 + 1.0**2 + 0.1**2
    assert code.to_codes.item() == pytest.approx(by_hand) == code.to_entries.item()


def test_gradients_go_straight_through_and_each_distance_moves_one_side():
    vectors, book = grid((0.3, 0.4), (3.0, 0.0)).requires_grad_(), codebook(revive_after=None)
    code, pull = book(vectors), torch.randn(1, 2, 1, 2)
    (code.grid * pull).sum().backward(retain_graph=True)
    assert torch.equal(vectors.grad, pull) and book.entries.grad is None
    code.to_codes.sum().backward(retain_graph=True)
    assert torch.equal(vectors.grad, pull), "the vectors are not moved by it"
    assert torch.allclose(book.entries.grad, torch.tensor([[-0.6, -0.8], [0, 0], [2, 0], [0, 0]]))
    code.to_entries.sum().backward()
    assert torch.allclose(vectors.grad - pull, grid((0.6, 0.8), (-2, 0)))
    assert torch.equal(straight_through(vectors, vectors + 1), vectors + 1)


def test_an_entry_that_is_never_chosen_never_moves_unless_it_is_revived():
    vectors = grid((0.3, 0.4), (3.0, 0.0), (0.0, 1.9))
    left, moved = codebook(revive_after=None).train(), codebook(revive_after=3).train()
    for _ in range(2):
        left(vectors), moved(vectors)
    assert left.idle.tolist() == moved.idle.tolist() == [0, 0, 0, 2]
    assert torch.equal(moved.entries, CORNERS), "not yet"
    left(vectors), moved(vectors)
    assert torch.equal(left.entries, CORNERS) and left.idle[3] == 3
    assert moved.entries[3].tolist() in [code.tolist() for code in vectors[0, :, 0].T]
    assert torch.equal(moved.entries[:3], CORNERS[:3]) and moved.idle.tolist() == [0] * 4
    before = moved.entries.clone()
    for _ in range(9):
        moved.eval()(vectors)
    assert torch.equal(moved.entries, before) and moved.idle.tolist() == [0] * 4, "evaluation changes nothing"


def test_usage_is_counted_and_its_perplexity_is_that_of_the_shares():
    index = torch.tensor([[0, 0, 0, 0], [1, 1, 5, 5]])
    entropy = -(0.5 * math.log(0.5) + 2 * 0.25 * math.log(0.25))
    assert usage(index, 8) == {"used": 3, "perplexity": pytest.approx(math.exp(entropy), abs=1e-6)}


# ---- the model ----


def model(**options) -> VQVAE:
    torch.manual_seed(0)
    encoder, decoder = nn.Conv2d(1, 2, 2, 2), nn.Sequential(nn.ConvTranspose2d(2, 1, 2, 2), nn.Sigmoid())
    return VQVAE(encoder, codebook(), decoder, (1, 4, 4), losses.Gaussian(0.5), **options)


def test_the_loss_is_the_papers_and_the_integers_decode_to_the_reconstruction():
    vqvae, x = model(commitment=0.3, weight=2.0).eval(), torch.rand(3, 1, 4, 4)
    vectors = vqvae.encoder(x)
    distance = torch.cdist(vectors.movedim(1, -1).flatten(0, 2), CORNERS).min(1).values.square().sum() / 3
    error = (x - vqvae.reconstruct(x)).square().sum() / 3
    nats = 16 / 2 * math.log(2 * math.pi * 0.25) + error / (2 * 0.25)
    assert vqvae.loss(x)["loss"].item() == pytest.approx((nats + 2 * 1.3 * distance).item(), rel=1e-5)
    assert torch.allclose(vqvae.decode(vqvae.encode(x)), vqvae.reconstruct(x), atol=1e-6)


def test_the_bound_pays_for_each_integer():
    vqvae, x = model().eval(), torch.rand(3, 1, 4, 4)
    without = -vqvae.likelihood(x, vqvae.reconstruct(x))
    assert torch.allclose(vqvae.elbo(x), without - 4 * math.log(4))
    prior = IntegerPrior(4, (2, 2), width=8).fit(vqvae.encode(x), updates=5, progress=False)
    assert torch.allclose(vqvae.elbo(x, prior), without + prior.log_prob(vqvae.encode(x)), atol=1e-4)


# ---- the prior ----


def all_grids(entries: int, height: int, width: int) -> torch.Tensor:
    return torch.tensor(list(itertools.product(range(entries), repeat=height * width))).view(
        -1, height, width
    )


def test_a_prior_adds_up_to_one_before_and_after_fitting_and_learns_what_it_was_given():
    prior, grids = IntegerPrior(3, (2, 3), width=16, layers=1), all_grids(3, 2, 3)
    assert torch.allclose(prior.log_prob(grids), torch.tensor(-6 * math.log(3)))
    seen = torch.tensor([[[0, 1, 2], [0, 1, 2]], [[2, 2, 2], [1, 1, 1]]])
    prior.fit(seen, updates=150, batch_size=8, lr=1e-2, progress=False)
    assert prior.log_prob(grids).exp().sum().item() == pytest.approx(1, abs=1e-4)
    assert prior.log_prob(seen).exp().sum() > 0.9, "the two that it was given have nearly all"
    drawn = prior.sample(20, seed=0)
    assert torch.equal(drawn, prior.sample(20, seed=0))
    assert sum(any(torch.equal(one, known) for known in seen) for one in drawn) > 14
    begun = prior.sample(5, seed=0, given=torch.tensor([[2, 2]]).expand(5, 2))
    assert (begun.flatten(1)[:, :2] == 2).all()


def test_an_integer_is_guessed_from_those_before_it_only():
    torch.manual_seed(0)
    prior = IntegerPrior(5, (3, 3), width=8)
    nn.init.normal_(prior.last[1].weight)
    rows = torch.randint(5, (2, 9))
    surprise = prior._surprise(rows)
    for place in range(9):
        changed = rows.clone()
        changed[:, place] = (changed[:, place] + 1) % 5
        same = torch.isclose(prior._surprise(changed), surprise, atol=1e-6).all(0)
        assert same[:place].all() and not same[place]


def test_a_draw_knows_what_the_whole_network_says_of_the_next_integer():
    torch.manual_seed(0)
    prior = IntegerPrior(5, (2, 3), width=8)
    nn.init.normal_(prior.last[1].weight)
    rows, kept = torch.randint(5, (4, 6)), prior._nothing_kept(4)
    whole = prior._logits(rows[:, :-1])
    for place in range(6):
        assert torch.allclose(prior._next(rows[:, :place], kept), whole[:, place], atol=1e-5)
    begun, half = prior.sample(4, seed=0), torch.Generator().manual_seed(0)
    torch.multinomial(torch.ones(4, 5), 1, generator=half)  # the first place's draws
    given = begun.flatten(1)[:, :1]
    assert torch.equal(prior.sample(4, seed=half, given=given), begun), "it goes on as if it had drawn them"


def test_what_does_not_fit_is_told_in_words():
    with pytest.raises(ShapeError, match=r"takes a grid of vectors, \(B, 2, h, w\)"):
        codebook()(torch.zeros(1, 3, 2, 2))
    with pytest.raises(DataError, match="whole numbers from 0 to 3"):
        codebook().look_up(torch.full((1, 2, 2), 4))
    prior = IntegerPrior(4, (2, 2), width=8)
    with pytest.raises(ShapeError, match=r"grids of whole numbers, \(B, 2, 2\)"):
        prior.log_prob(torch.zeros(1, 3, 3, dtype=torch.long))
    with pytest.raises(DataError, match="knows the integers from 0 to 3"):
        prior.log_prob(torch.full((1, 2, 2), 4))
    assert nearest(torch.tensor([[1.0]]), torch.tensor([[0.0], [3.0]])).tolist() == [0]


def test_fitting_a_prior_anew_forgets_what_it_knew():
    options = {"updates": 8, "batch_size": 4, "progress": False}
    first, other = torch.zeros(6, 2, 2, dtype=torch.long), torch.full((6, 2, 2), 3)
    prior = IntegerPrior(4, (2, 2), width=8).fit(first, **options).fit(other, **options)
    fresh = IntegerPrior(4, (2, 2), width=8).fit(other, **options)
    for (name, one), value in zip(prior.state_dict().items(), fresh.state_dict().values(), strict=True):
        assert torch.equal(one, value), name


def test_a_model_that_diverges_does_not_take_its_entries_along():
    revived = codebook(revive_after=1).train()
    revived(torch.full((1, 2, 2, 2), torch.nan))
    assert torch.equal(revived.entries, CORNERS)


def test_pictures_that_do_not_fit_are_told_as_by_every_model():
    x, vqvae = torch.rand(2, 1, 4, 4), model()
    for use in (vqvae.encode, vqvae.loss, vqvae.elbo, vqvae.reconstruct):
        with pytest.raises(ShapeError, match="This model takes images"):
            use(x[..., :2])
        with pytest.raises(PixelRangeError):
            use(255 * x)
    numbers = 0.1 + x.double() / 2
    assert torch.equal(vqvae.double()._pictures(numbers), numbers), "not by way of float32"
