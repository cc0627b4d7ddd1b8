"""A change of variables in latent space, and the convolution that doubles: nothing visible may change."""

import pytest
import torch
from torch import nn

from vaelab import latent, nets, recipes
from vaelab.data import ImageSet
from vaelab.whitening import whiten


@pytest.fixture
def stretched():
    """A VAE whose codes are far from the prior, and the images it should be whitened by."""
    model = recipes.build("mayberay-digits-vae", image_shape=(1, 8, 8), latent_dim=3, hidden=8).eval()
    with torch.no_grad():
        model.to_mu.weight.mul_(torch.tensor([[5.0], [20.0], [0.5]]))
        model.to_mu.bias.add_(3)
        model.to_log_var.bias.sub_(4)
    images = torch.randint(0, 256, (500, 1, 8, 8), generator=torch.Generator().manual_seed(0))
    return model, ImageSet(images.to(torch.uint8))


def test_whitened_codes_have_the_priors_mean_and_covariance(stretched):
    model, images = stretched
    before = model.reconstruct(images.float())
    spread = whiten(model, images)
    assert spread[0] < 0.1  # where the prior has 1
    mu, log_var = latent.encode(model, images)
    covariance = torch.cov(mu.T) + torch.diag(log_var.exp().mean(0))
    torch.testing.assert_close(covariance, torch.eye(3), atol=0.05, rtol=0)
    torch.testing.assert_close(mu.mean(0), torch.zeros(3), atol=1e-4, rtol=0)
    torch.testing.assert_close(model.reconstruct(images.float()), before, atol=1e-5, rtol=0)


def test_whitening_leaves_each_part_in_its_mode_and_looks_in_evaluation_mode():
    model = recipes.build("gdl-celeba-vae", features=4, latent_dim=3, size=16).train()
    model.encoder[0].eval()  # frozen on purpose
    images = torch.rand(300, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    modes = [m.training for m in model.modules()]
    running = model.encoder[1][1].running_mean.clone()
    spread = whiten(model, images)  # floats will do
    assert modes == [m.training for m in model.modules()]
    assert torch.equal(model.encoder[1][1].running_mean, running)
    assert torch.all(spread.diff() >= 0)


def test_the_first_axis_says_the_surest_thing_and_the_posteriors_are_diagonal(stretched):
    model, images = stretched
    model.to_log_var.bias.data.copy_(torch.tensor([-1.0, -6.0, 0.5]))
    whiten(model, images)
    noise = latent.encode(model, images)[1].exp().mean(0)
    assert torch.all(noise.diff() > 0)


def test_the_fitted_variances_are_right_on_average(stretched):
    """As least squares with a bias always are: W diag(variance) W^T has W^2 variance on its diagonal."""
    model, images = stretched
    model.to_log_var.weight.data.mul_(10)  # from picture to picture another variance
    mu, log_var = latent.encode(model, images)
    whiten(model, images)
    white, fitted = latent.encode(model, images)
    to_white = torch.linalg.lstsq(mu - mu.mean(0), white).solution.T
    expected = (log_var.exp() @ to_white.square().T).log()
    assert expected.std(0).min() > 0.01
    torch.testing.assert_close(fitted.mean(0), expected.mean(0), atol=1e-3, rtol=0)


def test_a_second_time_nothing_happens(stretched):
    model, images = stretched
    whiten(model, images)
    torch.testing.assert_close(whiten(model, images), torch.ones(3).double(), atol=0.05, rtol=0)


def test_a_decoder_that_cannot_take_it_up_is_named(stretched):
    model, images = stretched
    model.decoder = nn.Sequential(nn.Identity(), *model.decoder)
    with pytest.raises(TypeError, match="begins with Identity"):
        whiten(model, images)


def test_a_decoder_that_is_one_linear_layer_will_do(stretched):
    model, images = stretched
    model.decoder = nn.Linear(3, 64)
    codes = torch.eye(3)
    before = model.decoder(model.encode(images.float())[0])
    whiten(model, images)
    torch.testing.assert_close(model.decoder(model.encode(images.float())[0]), before, atol=1e-4, rtol=0)
    assert not torch.allclose(model.decoder.weight, codes[:1].expand(64, 3))


def test_up_convolution_is_doubling_and_convolution():
    torch.manual_seed(0)
    fast = nets.UpConv2d(3, 5)
    plain = nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(3, 5, kernel_size=3, padding=1))
    plain[1].load_state_dict(fast.state_dict())
    x = torch.randn(2, 3, 6, 4)
    torch.testing.assert_close(fast(x), plain(x), atol=1e-5, rtol=1e-5)


def test_opponent_colours_turn_and_do_not_stretch():
    x = torch.rand(2, 3, 4, 4)
    turned = nets.OpponentColours()(x)
    torch.testing.assert_close(turned.square().sum(1), x.square().sum(1))
    assert nets.OpponentColours()(torch.full((1, 3, 1, 1), 0.5))[0, 1:].abs().max() < 1e-6  # grey has no hue
    brightness, red, yellow = nets.OpponentColours()(torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1)).flatten()
    assert torch.stack([brightness, red, yellow]).tolist() == pytest.approx([3**-0.5, 2**-0.5, 6**-0.5])
    assert not nets.OpponentColours().state_dict()  # nothing to store
