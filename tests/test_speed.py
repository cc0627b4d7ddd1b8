"""Speed changes how fast the numbers come, not which numbers they are."""

import copy

import pytest
import torch
from torch import nn

import vaelab
from vaelab import nets, recipes, speed
from vaelab.speed import Plan

BF16 = Plan("bf16", channels_last=True)


def small_vae(size=32):
    return recipes.build("tds-face-vae", image_shape=(3, size, size), latent_dim=8, batch_norm=True)


def pictures(n=16, size=32):
    return vaelab.load("portraits", size=size, n=n).float()


@pytest.fixture
def every_candidate(monkeypatch):
    monkeypatch.setattr(speed, "bf16_is_fast", lambda device: True)


def test_what_is_asked_for_is_done(monkeypatch):
    monkeypatch.setattr(speed, "_step_seconds", lambda model, x, plan: 1.0)
    model, x = small_vae(), pictures()
    asked = speed.choose(model, x, precision="bf16", channels_last=False, steps=10**6)
    assert (asked.precision, asked.channels_last) == ("bf16", False)
    assert speed.choose(model, x, precision="bf16", steps=10**6).precision == "bf16"
    assert speed.choose(model, x, channels_last=True, steps=10**6).channels_last
    with pytest.raises(ValueError, match="'fp32', 'bf16' or None"):
        speed.choose(model, x, precision="fp16")


def test_no_probe_where_it_cannot_pay(monkeypatch):
    monkeypatch.setattr(speed, "_step_seconds", lambda *_: pytest.fail("a probe was run"))
    assert speed.choose(small_vae(), pictures(), steps=10) == Plan("fp32", False, "")
    digits = recipes.build("mayberay-digits-vae")
    assert speed.choose(digits, torch.rand(4, 1, 28, 28), steps=10**6) == Plan("fp32", False, "")


@pytest.mark.parametrize(("seconds", "chosen"), [(0.8, "bf16 channels_last"), (0.95, "fp32")])
def test_only_a_clear_gain_is_taken(monkeypatch, every_candidate, seconds, chosen):
    times = {"fp32": 1.0, "fp32 channels_last": 0.99, "bf16": 1.5, "bf16 channels_last": seconds}
    monkeypatch.setattr(speed, "_step_seconds", lambda model, x, plan: times[str(plan)])
    plan = speed.choose(small_vae(), pictures(), steps=10**6)
    assert str(plan) == chosen
    assert chosen in plan.reason and "\n" not in plan.reason


def test_probe_leaves_everything_as_it_was(every_candidate):
    model, x = small_vae().eval(), pictures(4)
    model.loss(x)["loss"].backward()
    state, gradients = copy.deepcopy(model.state_dict()), [p.grad.clone() for p in model.parameters()]
    random_state, pixels = torch.get_rng_state(), x.clone()

    speed.choose(model, x, steps=10**6)

    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    assert all(torch.equal(p.grad, g) for p, g in zip(model.parameters(), gradients, strict=True))
    assert torch.equal(torch.get_rng_state(), random_state) and torch.equal(x, pixels)
    assert not model.training and model.network_dtype == torch.float32
    assert all(p.is_contiguous() for p in model.parameters())


def losses_of_training(plan, steps=12):
    model, x = small_vae(), pictures(32)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    torch.manual_seed(0)
    losses = []
    with speed.applied(plan, model):
        for _ in range(steps):
            optimizer.zero_grad()
            loss = model.loss(x)["loss"]
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses, model


@pytest.mark.slow
def test_bf16_learns_the_same():
    exact, _ = losses_of_training(Plan())
    rounded, model = losses_of_training(BF16)
    assert rounded != exact  # bf16 was at work
    assert rounded == pytest.approx(exact, rel=0.02)
    assert exact[-1] < 0.6 * exact[0]
    assert (
        {p.dtype for p in model.parameters()} == {p.grad.dtype for p in model.parameters()} == {torch.float32}
    )


def test_heads_and_losses_stay_float32():
    model, seen = small_vae(), []
    model.encoder[0][0].register_forward_hook(lambda module, args, out: seen.append(out.dtype))
    with speed.applied(BF16, model):
        output = model(pictures())
        assert {t.dtype for t in (output.mu, output.log_var, output.x_hat)} == {torch.float32}
        assert not torch.is_autocast_enabled("cpu")
    assert seen == [torch.bfloat16]


def test_all_is_undone_on_leaving():
    model = small_vae()
    weights = list(model.parameters())
    conv = model.encoder[0][0].weight
    with pytest.raises(KeyboardInterrupt), speed.applied(BF16, model):
        assert conv.is_contiguous(memory_format=torch.channels_last) and not conv.is_contiguous()
        raise KeyboardInterrupt
    assert conv.is_contiguous() and model.network_dtype == torch.float32
    assert all(a is b for a, b in zip(weights, model.parameters(), strict=True))  # the optimiser's own


def test_sigmoid_resolves_pixels_near_one():
    logits = torch.linspace(4, 8, 100).bfloat16()
    fine = nets.Sigmoid()(logits)
    assert fine.dtype == torch.float32
    assert (fine.diff().unique() < 1 / 256).all() and len(fine.unique()) > 3 * len(
        nn.Sigmoid()(logits).unique()
    )
    assert nets.Sigmoid()(logits.double()).dtype == torch.float64
    assert nets._layer_name(nets.Sigmoid()) == "Sigmoid"


def test_out_of_memory_is_recognised():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**58)
    assert speed.is_out_of_memory(caught.value)
    assert speed.is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory."))
    assert speed.is_out_of_memory(RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"))
    assert not speed.is_out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))


def test_whether_bf16_is_fast_is_asked_of_one_thread(monkeypatch):
    """On a busy machine two threads wait for each other far longer than they compute."""
    seen, conv2d = [], nn.functional.conv2d

    def watched(*args, **kwargs):
        seen.append(torch.get_num_threads())
        return conv2d(*args, **kwargs)

    monkeypatch.setattr(nn.functional, "conv2d", watched)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        speed.bf16_is_fast.__wrapped__(torch.device("cpu"))
        assert set(seen) == {1} and torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
