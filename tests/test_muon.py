"""Muon against the singular value decomposition and PyTorch's own optimisers."""

import pytest
import torch
from torch import nn

import vaelab
from vaelab.training import Muon
from vaelab.training.muon import orthogonalised


def part_with_gradients(*shape, seed=0):
    weight = nn.Parameter(torch.randn(*shape, generator=torch.Generator().manual_seed(seed)))
    weight.grad = torch.randn(*shape, generator=torch.Generator().manual_seed(seed + 1))
    return weight


@pytest.mark.parametrize("shape", [(6, 40), (40, 6), (12, 12)])
def test_a_step_keeps_the_directions_and_evens_the_sizes(shape):
    u, _, vh = torch.linalg.svd(torch.randn(*shape), full_matrices=False)
    sizes = torch.logspace(0, -2, min(shape))
    seen = u.T @ orthogonalised(u * sizes @ vh) @ vh.T
    assert torch.allclose(seen, seen.diagonal().diag(), atol=1e-4)
    assert (seen.diagonal() - 1).abs().max() < 0.4  # they were a hundred times apart


def test_a_convolution_counts_as_a_matrix_of_its_outputs():
    flat, conv = part_with_gradients(8, 36), part_with_gradients(8, 4, 3, 3)
    with torch.no_grad():
        conv.copy_(flat.view_as(conv))
    conv.grad = flat.grad.view_as(conv).clone()
    for weight in (flat, conv):
        Muon([weight], lr=0.1).step()
    assert torch.equal(conv.flatten(1), flat)


def test_a_matrix_moves_as_far_as_pytorchs_muon_moves_it():
    ours, theirs = part_with_gradients(20, 30), part_with_gradients(20, 30)
    start = ours.detach().clone()
    one = Muon([ours], lr=0.1)
    other = torch.optim.Muon([theirs], lr=0.1, weight_decay=0.0, adjust_lr_fn="match_rms_adamw")
    for seed in range(3):
        ours.grad = torch.randn(20, 30, generator=torch.Generator().manual_seed(seed))
        theirs.grad = ours.grad.clone()
        one.step()
        other.step()
    # Theirs rounds to bf16 on the way.
    assert torch.allclose(ours - start, theirs - start, atol=0.02 * (theirs - start).abs().max().item())


def test_what_is_no_matrix_moves_as_with_adam():
    ours, theirs = part_with_gradients(7), part_with_gradients(7)
    one, other = Muon([ours], lr=0.1), torch.optim.Adam([theirs], lr=0.1, betas=(0.9, 0.99))
    for seed in range(4):
        ours.grad = torch.randn(7, generator=torch.Generator().manual_seed(seed))
        theirs.grad = ours.grad.clone()
        one.step()
        other.step()
    assert torch.allclose(ours, theirs, atol=1e-6)


def test_weights_decay_by_their_share_and_biases_do_not():
    matrix, bias = part_with_gradients(3, 3), part_with_gradients(3)
    matrix.grad, bias.grad = torch.zeros(3, 3), torch.zeros(3)
    before = matrix.detach().clone(), bias.detach().clone()
    Muon([matrix, bias], lr=0.1, weight_decay=0.5).step()
    assert torch.allclose(matrix, 0.95 * before[0])
    assert torch.equal(bias, before[1])


def test_a_schedule_sets_the_step_and_weights_without_a_gradient_stay():
    for shape in ((3, 4), (5,)):
        weight, still = part_with_gradients(*shape), part_with_gradients(*shape)
        still.grad, before = None, weight.detach().clone()
        optimizer = Muon([weight, still], lr=0.1)
        optimizer.param_groups[0]["lr"] = 0.0
        optimizer.step()
        assert torch.equal(weight, before) and torch.equal(still, before)
        optimizer.param_groups[0]["lr"] = 0.1
        optimizer.step()
        assert not torch.equal(weight, before) and torch.equal(still, before)


def test_a_closure_is_run_with_gradients_and_its_loss_given_back():
    weight = part_with_gradients(3, 4)
    optimizer = Muon([weight])

    def closure():
        optimizer.zero_grad()
        loss = weight.square().sum()
        loss.backward()
        return loss.item()

    loss = weight.square().sum().item()
    assert optimizer.step(closure) == loss > weight.square().sum().item()
    weight.grad.fill_(1)
    assert optimizer.step() is None


def test_fit_resumes_with_it_bit_for_bit(tmp_path):
    images = torch.rand(32, 1, 28, 28, generator=torch.Generator().manual_seed(0))

    def run(epochs, **options):
        model = vaelab.recipes.build("mayberay-digits-vae", hidden=8)
        vaelab.fit(model, images, epochs=epochs, batch_size=8, optimizer=Muon, device="cpu", **options)
        return torch.nn.utils.parameters_to_vector(model.parameters())

    whole = run(4)
    run(2, checkpoints=tmp_path)
    assert torch.equal(run(4, checkpoints=tmp_path, resume=True), whole)
