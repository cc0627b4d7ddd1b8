"""Probes and disentanglement: codes made so that the right answer is known."""

import warnings

import pytest
import torch

from vaelab import evaluation
from vaelab.errors import DataError, ShapeError


@pytest.fixture
def factors():
    torch.manual_seed(0)
    return {"turn": torch.randn(2_000), "hue": torch.rand(2_000), "smiling": torch.rand(2_000) < 0.4}


def axes(factors):
    """A perfect code: each factor on an axis of its own, stretched and bent, beside an idle axis."""
    noise = 0.05 * torch.randn(2_000)
    return torch.stack(
        [3 * factors["turn"], factors["hue"].exp(), factors["smiling"] + noise, torch.randn(2_000)], 1
    )


def test_perfect_codes_score_one(factors):
    codes = axes(factors)
    table = evaluation.mutual_information(codes, factors)
    assert table.argmax(0).tolist() == [0, 1, 2]
    assert table.max(0).values[:2].tolist() == pytest.approx([1, 1])  # quantities fall into the same bins
    assert table[2, 2] > 0.95  # one bin holds both smiling and not
    assert table[3].max() < 0.05  # an idle axis: only the histogram's own bias
    assert evaluation.mutual_information_gap(codes, factors) > 0.93
    seen = evaluation.dci(codes, factors)
    assert min(seen[:3]) > 0.95
    assert seen.importance.sum(0).tolist() == pytest.approx([1, 1, 1])


def test_rotated_and_doubled_codes_score_low(factors):
    codes = axes(factors)
    half_turn = torch.tensor([[1.0, 1], [1, -1]]) / 2**0.5
    white = torch.stack([factors["turn"], (factors["hue"] - 0.5) * 12**0.5], 1)
    rotated = torch.cat([white @ half_turn, codes[:, 2:]], 1)
    quantities = {name: factors[name] for name in ("turn", "hue")}
    assert evaluation.mutual_information_gap(rotated, quantities) < 0.1
    assert evaluation.dci(rotated, quantities).disentanglement < 0.3
    doubled = torch.cat(
        [codes, codes], 1
    )  # each factor told twice: no gap, but still no axis of two meanings
    assert evaluation.mutual_information_gap(doubled, factors) == pytest.approx(0)
    seen = evaluation.dci(doubled, factors)
    assert seen.disentanglement > 0.95 and seen.completeness < 0.9


def test_a_code_that_knows_nothing_informs_of_nothing(factors):
    assert evaluation.dci(torch.randn(2_000, 3), factors).informativeness < 0.05


def test_a_noisy_bit_tells_what_information_theory_says():
    """A copy that is wrong one time in ten tells 1 - H(0.1) = 0.531 bits of a fair coin."""
    coin = torch.arange(20_000) % 2 == 0
    copy = coin ^ (torch.arange(20_000) // 2 % 10 == 0)
    table = evaluation.mutual_information(copy[:, None].float(), {"coin": coin})
    assert table.item() == pytest.approx(0.5310, abs=1e-4)


def test_disentanglement_says_what_is_wrong(factors):
    with pytest.raises(ShapeError, match=r"2000 codes.*'turn'"):
        evaluation.mutual_information_gap(torch.randn(2_000, 2), {"turn": torch.randn(1_999)})
    with pytest.raises(DataError, match="never varies"):
        evaluation.dci(torch.randn(200, 2), {"a": torch.zeros(200), "b": torch.randn(200)})
    with pytest.raises(DataError, match="at least 100"):
        evaluation.mutual_information(torch.randn(99, 2), {"a": torch.randn(99)})
    with pytest.raises(DataError, match="two dimensions"):
        evaluation.mutual_information_gap(torch.randn(200, 1), {"a": torch.randn(200)})


def clusters(n):
    """Three classes at the corners of a triangle, among 30 dimensions of noise."""
    labels = torch.arange(n) % 3
    corners = torch.tensor([[4.0, 0], [0, 4], [-4, -4]])
    return torch.cat([corners[labels] + torch.randn(n, 2), torch.randn(n, 30)], 1), labels


def test_more_labels_help_and_their_draws_spread():
    torch.manual_seed(0)
    train, test = clusters(1_500), clusters(600)
    scores = evaluation.probe_by_label_count(*train, *test, counts=(3, 10, 100, 1_500))
    assert list(scores) == [3, 10, 100, 1_500]
    assert scores[3].mean < scores[10].mean < scores[100].mean <= scores[1_500].mean
    assert scores[1_500] == (
        pytest.approx(evaluation.linear_probe(*train, *test)),
        0,
    )  # all of them, each time
    assert scores[10].std > 0.005
    assert scores == evaluation.probe_by_label_count(*train, *test, counts=(3, 10, 100, 1_500))


def test_a_rare_class_is_in_every_draw():
    labels = torch.zeros(1_000, dtype=torch.bool)
    labels[7] = True
    codes = labels[:, None] + 0.01 * torch.randn(1_000, 2)
    assert evaluation.probe_by_label_count(codes, labels, codes, labels, counts=(2,))[2].mean > 0.99


def test_probes_say_what_is_wrong():
    codes, labels = clusters(30)
    with pytest.raises(DataError, match="2 labels cannot be drawn: there are 3 classes"):
        evaluation.probe_by_label_count(codes, labels, codes, labels, counts=(2,))
    with pytest.raises(DataError, match="31 labels"):
        evaluation.probe_by_label_count(codes, labels, codes, labels, counts=(31,))
    with pytest.raises(ShapeError, match="rows"):
        evaluation.linear_probe(codes[:, None], labels, codes, labels)
    with pytest.raises(DataError, match="All labels are the same"):
        evaluation.linear_probe(codes, 0 * labels, codes, labels)


def test_a_quantity_of_few_values_is_a_class():
    """As the scale of dSprites' pictures, one of six: scikit-learn takes floats for no classes."""
    torch.manual_seed(0)
    factors = {"scale": torch.tensor([0.5, 0.6, 0.7]).repeat(400), "turn": torch.randn(1_200)}
    codes = torch.stack([factors["scale"] + 0.01 * torch.randn(1_200), factors["turn"]], 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert evaluation.dci(codes, factors).informativeness > 0.95
        table = evaluation.mutual_information(codes, factors)
    numbered = {**factors, "scale": torch.tensor([0, 1, 2]).repeat(400)}
    assert torch.equal(table, evaluation.mutual_information(codes, numbered))
