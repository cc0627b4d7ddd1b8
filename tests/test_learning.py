"""The loop in which priors' networks learn: its pace, its average, and breaks that it does not notice."""

import math

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from vaelab import learning
from vaelab.errors import CheckpointError, TrainingDivergedError
from vaelab.learning import learn
from vaelab.nets import Waves


def line() -> nn.Linear:
    """A network that is to find out that y = 3 x - 1."""
    torch.manual_seed(0)
    return nn.Linear(1, 1)


def run(updates: int = 30, lr: float = 0.1, keep=None, watch=lambda: None, seed: int = 0):
    draws = torch.Generator().manual_seed(seed)

    def loss(network):
        watch()
        x = torch.randn((8, 1), generator=draws)
        return (network(x) - (3 * x - 1)).square().mean()

    return learn(line(), loss, updates=updates, lr=lr, draws=draws, keep=keep)


def test_it_learns_an_average_without_gradients_and_leaves_the_network_alone():
    network = line()
    before = network.weight.item()
    average, interrupted = run(updates=600)
    assert not interrupted and network.weight.item() == before
    assert average.weight.item() == pytest.approx(3, abs=0.05)
    assert average.bias.item() == pytest.approx(-1, abs=0.05)
    assert not any(p.requires_grad for p in average.parameters())


def test_the_average_keeps_its_share():
    average, network = nn.Linear(1, 1), nn.Linear(1, 1)
    for layer, value in ((average, 1.0), (network, 2.0)):
        nn.init.constant_(layer.weight, value)
        nn.init.constant_(layer.bias, -value)
    learning._follow(average, network, 0.9)
    assert average.weight.item() == pytest.approx(1.1)
    assert average.bias.item() == pytest.approx(-1.1)
    assert network.weight.item() == 2


def test_the_step_falls_along_half_a_cosine_and_the_average_grows_longer(monkeypatch):
    steps, decays = [], []

    class Watched(torch.optim.AdamW):
        def step(self, *arguments):
            steps.append(self.param_groups[0]["lr"])
            return super().step(*arguments)

    monkeypatch.setattr(torch.optim, "AdamW", Watched)
    monkeypatch.setattr(learning, "_follow", lambda average, network, decay: decays.append(decay))
    monkeypatch.setattr(learning, "_DECAY", 0.5)
    run(updates=20)
    assert steps == pytest.approx([0.05 * (1 + math.cos(math.pi * n / 20)) for n in range(20)])
    assert decays == pytest.approx([min(0.5, (1 + n) / (10 + n)) for n in range(20)])


def stopping_at(call: int):
    calls = []

    def watch():
        calls.append(1)
        if len(calls) == call:
            raise KeyboardInterrupt

    return watch


@pytest.mark.parametrize("call", [1, 21])
def test_an_interruption_keeps_what_was_learned(call, capsys):
    average, interrupted = run(watch=stopping_at(call))
    assert interrupted
    assert (average.weight.item() != line().weight.item()) == (call > 1)
    assert f"Interrupted after {call - 1} of 30 updates" in "".join(capsys.readouterr())


@pytest.mark.parametrize("call", [12, 31])
def test_after_a_break_it_goes_on_as_if_there_had_been_none(call, tmp_path, monkeypatch):
    """Also where the last write was some updates before the break, or nothing was left to do."""
    monkeypatch.setattr(learning, "_KEPT_EVERY", -1)
    whole, _ = run()
    keep = tmp_path / "deep" / "run.safetensors"
    _, interrupted = run(keep=keep, watch=stopping_at(call))
    assert interrupted == (call < 31)
    again, interrupted = run(keep=keep, seed=5)  # draws come from the file
    assert not interrupted
    for first, second in zip(whole.parameters(), again.parameters(), strict=True):
        assert torch.equal(first, second)


def test_what_is_kept_is_written_each_minute_and_at_the_end(tmp_path, monkeypatch):
    times, written = iter(range(0, 10_000, 25)), []
    monkeypatch.setattr(learning.time, "monotonic", lambda: next(times))
    monkeypatch.setattr(learning, "_put_down", lambda path, run, step, *_: written.append(step))
    run(updates=7, keep=tmp_path / "run.safetensors")
    assert written == [3, 6, 7] or written == [3, 5, 7]


def test_another_run_is_not_gone_on_with(tmp_path):
    keep = tmp_path / "run.safetensors"
    run(keep=keep)
    with pytest.raises(CheckpointError, match="another run"):
        run(updates=40, keep=keep)
    save_file(load_file(keep), keep)
    with pytest.raises(CheckpointError, match="another run"):
        run(keep=keep)


def test_a_loss_that_is_no_number_is_said():
    with pytest.raises(TrainingDivergedError, match="below lr=1e\\+30"):
        run(lr=1e30)


def test_frequencies_of_time_go_from_1_to_1000_by_equal_factors():
    assert Waves().frequencies.numpy() == pytest.approx(1000 ** (torch.arange(16) / 15).numpy(), rel=1e-5)
    found = Waves(2)(torch.tensor([0.0, 0.3]))
    expected = [[0, 0, 1, 1], [math.sin(0.3), math.sin(300), math.cos(0.3), math.cos(300)]]
    assert found.numpy() == pytest.approx(torch.tensor(expected).numpy(), abs=1e-4)


def test_weights_that_are_no_numbers_end_it_soon_and_are_never_kept(tmp_path, monkeypatch):
    """An hour of updates would be lost, and a file that had been good."""
    calls, keep = [], tmp_path / "run.safetensors"
    with pytest.raises(TrainingDivergedError):
        run(updates=1_000, lr=1e30, watch=lambda: calls.append(1))
    assert len(calls) == 100
    calls.clear()
    monkeypatch.setattr(learning, "_KEPT_EVERY", -1)
    with pytest.raises(TrainingDivergedError):
        run(updates=1_000, lr=1e30, keep=keep, watch=lambda: calls.append(1))
    assert len(calls) < 100
    if keep.exists():
        assert all(value.float().isfinite().all() for value in load_file(keep).values())
