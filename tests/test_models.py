"""The two models by hand: loss and bound from their parts, pictures of every kind, nothing disturbed."""

import math

import pytest
import torch
from scipy import stats
from torch import nn

from vaelab import VAE, Autoencoder, fit, losses, nets, recipes
from vaelab.data import ImageSet
from vaelab.errors import DataError, ModelError, ShapeError
from vaelab.priors import FlowMatching, Normal, StandardNormal

VAES = [name for name in recipes.RECIPES if isinstance(recipes.build(name), VAE)]
SHAPE = (1, 8, 8)


def small(**options) -> VAE:
    torch.manual_seed(0)
    return VAE(nets.mlp_encoder(SHAPE, (6,)), nets.mlp_decoder(3, SHAPE, (6,)), 3, SHAPE, **options)


def bytes_of(model, n=3):
    generator = torch.Generator().manual_seed(5)
    return torch.randint(0, 256, (n, *model.image_shape), generator=generator).to(torch.uint8)


@pytest.mark.parametrize("name", VAES)
def test_loss_and_bound_by_hand_from_their_parts(name):
    """-log p(x | z) + beta * KL, the KL from its formula; the bound knows no beta."""
    model = recipes.build(name, size=32).eval()
    model.beta = 3.0
    x = bytes_of(model).float() / 255
    torch.manual_seed(1)
    x_hat, mu, log_var, z = model(x)
    torch.manual_seed(1)
    torch.testing.assert_close(z, mu + torch.exp(log_var).sqrt() * torch.randn(3, model.latent_dim))
    torch.testing.assert_close(x_hat, model.decode(z))
    kl = (0.5 * (mu**2 + log_var.exp() - 1 - log_var)).sum(1)
    reconstruction = negative_log_likelihood(model, x, x_hat)
    torch.manual_seed(1)
    terms = model.loss(x)
    torch.testing.assert_close(terms["reconstruction"], reconstruction.mean())
    torch.testing.assert_close(terms["kl"], kl.mean())
    torch.testing.assert_close(terms["loss"], reconstruction.mean() + 3 * kl.mean())
    torch.manual_seed(1)
    torch.testing.assert_close(model.elbo(x), -reconstruction - kl)


def negative_log_likelihood(model, x, x_hat):
    """-log p(x | x_hat) of a published recipe, written out."""
    pixels = math.prod(model.image_shape)
    factors = {"tds-face-vae": 10_000, "gdl-celeba-vae": 2_000}
    sigmas = {"mayberay-faces-vae": math.sqrt(0.5), "small-portrait-vae": 0.2, "portrait-vae": 0.2}
    sigmas["grid-vae"] = 0.2
    name = model.recipe["name"]
    if name in factors:
        sigmas[name] = math.sqrt(pixels / (2 * factors[name]))
    if name not in sigmas:  # grey pixels taken for probabilities, pixel by pixel, no more than 100 nats each
        logs, others = x_hat.log().clamp(-100), (1 - x_hat).log().clamp(-100)
        return -(x * logs + (1 - x) * others).sum((1, 2, 3))
    error = (x - x_hat).square().sum((1, 2, 3))
    return error / (2 * sigmas[name] ** 2) + pixels / 2 * math.log(2 * math.pi * sigmas[name] ** 2)


def test_a_reconstruction_decodes_the_mean_and_a_pass_draws():
    model, x = small(), torch.rand(4, *SHAPE)
    assert torch.equal(model.reconstruct(x), model.decode(model.encode(x)[0]))
    assert not torch.equal(model(x).z, model(x).z)
    assert model.beta == 1.0 and repr(model.likelihood) == "Bernoulli()"


def test_reparameterized_draws_have_the_posteriors_moments():
    torch.manual_seed(0)
    z = small().reparameterize(torch.full((20_000, 3), 2.0), torch.full((20_000, 3), math.log(0.25)))
    torch.testing.assert_close(z.mean(0), torch.full((3,), 2.0), atol=0.02, rtol=0)
    torch.testing.assert_close(z.std(0), torch.full((3,), 0.5), atol=0.02, rtol=0)


def test_an_autoencoders_loss_by_hand():
    model = recipes.build("tds-face-ae", size=16).eval()
    x = torch.rand(3, 3, 16, 16)
    assert torch.equal(model(x), model.decode(model.encode(x)))
    torch.testing.assert_close(model.loss(x), {"loss": (x - model(x)).square().mean()})
    model.reconstruction = losses.bce
    torch.testing.assert_close(model.loss(x)["loss"], losses.bce(x, model(x)).mean())


def test_samples_decode_the_standard_normal():
    """A decoder that gives back its code shows it: the very draws, and their distribution."""
    identity = nn.Sequential(nn.Unflatten(1, (1, 5, 5)))
    model = VAE(nn.Flatten(), identity, 25, (1, 5, 5))
    assert torch.equal(
        model.sample(7, seed=3).flatten(1), torch.randn(7, 25, generator=torch.Generator().manual_seed(3))
    )
    z = model.sample(2_000, seed=0).flatten().numpy()
    assert stats.kstest(z, "norm").pvalue > 0.01
    assert not torch.equal(model.sample(2), model.sample(2))
    with pytest.raises(ValueError, match=r"number of samples, .* at least 1, not 0"):
        model.sample(0)


def test_samples_are_drawn_from_the_prior_that_is_asked_for():
    identity = nn.Sequential(nn.Unflatten(1, (1, 1, 2)))
    model = VAE(nn.Flatten(), identity, 2, (1, 1, 2), losses.Gaussian(0.1))
    plain, own, other = StandardNormal(2), Normal(2), Normal(2)
    own.mean.fill_(10.0)
    other.mean.fill_(-10.0)
    before = model.sample(5, seed=0)
    model.prior = own
    for drawn, prior in (
        (model.sample(5, seed=0), own),
        (model.sample(5, seed=0, prior=other), other),
        (model.sample(5, seed=0, prior=plain), plain),
    ):
        assert torch.equal(drawn.flatten(1), prior.sample(5, seed=0))
    model.prior = None
    assert torch.equal(model.sample(5, seed=0), before)
    with pytest.raises(ShapeError, match=r"Codes for this model have shape \(B, 2\)"):
        model.sample(5, prior=StandardNormal(3))
    with pytest.raises(TypeError, match="prior"):
        model.prior = "flow"
    assert small(prior=(given := Normal(3))).prior is given


def test_noise_comes_on_top_of_the_same_codes():
    model = small(likelihood=losses.Gaussian(0.1))
    mean, noisy = model.sample(200, seed=0), model.sample(200, seed=0, noise=True)
    noise = ((noisy - mean) / 0.1).flatten().numpy()
    assert stats.kstest(noise, "norm").pvalue > 0.01
    codes = StandardNormal(3).sample(200, seed=0).flatten().numpy()
    assert abs(stats.pearsonr(codes, noise[: len(codes)])[0]) < 0.15  # noise has draws of its own
    assert torch.equal(noisy, model.sample(200, seed=0, noise=True))
    coins = small()
    assert set(coins.sample(3, noise=True).unique().tolist()) == {0.0, 1.0}
    assert torch.equal(coins.sample(3, seed=0, noise=True), coins.sample(3, seed=0, noise=True))
    model.likelihood = nn.MSELoss()
    with pytest.raises(ModelError, match="MSELoss has no sample"):
        model.sample(3, noise=True)


def test_a_prior_changes_neither_the_loss_nor_what_is_counted_and_trained():
    model, x = small(), torch.rand(4, *SHAPE)
    torch.manual_seed(1)
    loss, count = model.loss(x), nets.count_parameters(model)
    model.prior = FlowMatching(3, hidden=8)
    torch.manual_seed(1)
    assert model.loss(x) == loss
    assert nets.count_parameters(model) == count
    before = {name: value.clone() for name, value in model.prior.state_dict().items()}
    fit(model, x, epochs=2, device="cpu")
    assert all(torch.equal(value, before[name]) for name, value in model.prior.state_dict().items())


def modes(model):
    return {name: part.training for name, part in model.named_modules()}


def test_samples_are_made_in_evaluation_mode_and_leave_each_part_in_its_own():
    model = recipes.build("gdl-celeba-vae", features=8).train()
    model.encoder.eval()  # frozen on purpose
    before, state = modes(model), {k: v.clone() for k, v in model.state_dict().items()}
    rng = torch.get_rng_state()
    images = model.sample(3, seed=0)
    assert modes(model) == before and torch.equal(torch.get_rng_state(), rng)
    assert all(torch.equal(v, state[k]) for k, v in model.state_dict().items())
    assert torch.equal(images, model.eval().sample(3, seed=0)) and not images.requires_grad
    model.train().decoder.register_forward_hook(lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        model.sample(1)
    assert model.decoder.training and model.training


@pytest.mark.parametrize("name", ["mayberay-digits-vae", "tds-face-ae"])
def test_pictures_come_as_a_set_as_floats_or_as_bytes(name):
    model = recipes.build(name, size=16).eval()
    raw = bytes_of(model)
    floats = raw.float() / 255
    calls = ["encode", "forward", "reconstruct", "loss"] + ["elbo"] * isinstance(model, VAE)
    for call in calls:
        seen = []
        for x in (floats, raw, ImageSet(raw), ImageSet(floats), floats.double()):
            torch.manual_seed(0)
            seen.append(getattr(model, call)(x))
        for other in seen[1:]:
            torch.testing.assert_close(other, seen[0])
        for wrong in (raw.long(), floats.numpy(), "faces", None):
            with pytest.raises(DataError, match="Pictures"):
                getattr(model, call)(wrong)
        with pytest.raises(ShapeError, match="takes images of shape"):
            getattr(model, call)(ImageSet(raw[..., :-1]))


def test_a_model_in_double_precision_works_throughout():
    """Heads are made in the encoder's precision; bytes and float32 pictures are brought to it."""
    double = VAE(nets.mlp_encoder(SHAPE, (6,)).double(), nets.mlp_decoder(3, SHAPE, (6,)).double(), 3, SHAPE)
    assert double.to_mu.weight.dtype == double.to_log_var.bias.dtype == torch.float64
    for x in (torch.rand(2, *SHAPE), torch.rand(2, *SHAPE).double(), bytes_of(double)):
        assert double.loss(x)["loss"].dtype == torch.float64
    assert double.sample(2).dtype == torch.float64
    assert nets.layers(double)[-1].shape == SHAPE and nets.layers(double.encoder, SHAPE)[-1].shape == (6,)


def test_heads_are_made_where_the_encoder_is():
    with torch.device("meta"):
        encoder = nets.mlp_encoder(SHAPE, (6,))
    model = Autoencoder(encoder, nn.Identity(), 3, SHAPE)
    assert model.to_code.weight.device.type == "meta" and model.to_code.weight.shape == (3, 6)


class Restless(nn.Module):
    """An encoder that draws, even in evaluation mode, and says in which mode it was asked."""

    def __init__(self):
        super().__init__()
        self.asked, self.norm = [], nn.BatchNorm2d(1)

    def forward(self, x):
        self.asked.append(self.training)
        return self.norm(x + torch.rand_like(x)).flatten(1)


def test_heads_leave_the_encoder_and_the_random_state_alone():
    """Only the draws of the heads' own weights show."""
    encoder = Restless()
    encoder.norm.eval()
    mean = encoder.norm.running_mean.clone()
    torch.manual_seed(3)
    model = VAE(encoder, nn.Identity(), 3, SHAPE)
    after = torch.get_rng_state()
    torch.manual_seed(3)
    mu, log_var = nn.Linear(64, 3), nn.Linear(64, 3)
    assert torch.equal(after, torch.get_rng_state())
    assert torch.equal(model.to_mu.weight, mu.weight) and torch.equal(model.to_log_var.weight, log_var.weight)
    assert encoder.asked == [False, False]
    assert encoder.training and not encoder.norm.training
    assert torch.equal(encoder.norm.running_mean, mean)


def test_an_encoder_that_gives_maps_is_named():
    with pytest.raises(ShapeError, match=r"\(B, 4, 8, 8\).*nn.Flatten"):
        Autoencoder(nn.Conv2d(1, 4, 3, padding=1), nn.Identity(), 3, SHAPE)


def test_a_code_alone_is_told_of_its_batch_axis():
    with pytest.raises(ShapeError, match=r"z\[None\]"):
        small().decode(torch.zeros(3))
    with pytest.raises(ShapeError, match=r"\(B, 3\); these have \(3, 4\)\.$"):
        small().decode(torch.zeros(3, 4))


def test_half_precision_is_for_the_networks_alone():
    """In bf16 the features lose digits; heads, codes and pictures stay in float32."""
    model, x = small(), torch.rand(4, *SHAPE)
    exact = model.encode(x)[0]
    model.network_dtype = torch.bfloat16
    rounded = model.encode(x)[0]
    assert rounded.dtype == torch.float32 and model(x).x_hat.dtype == torch.float32
    assert not torch.equal(rounded, exact)
    torch.testing.assert_close(rounded, exact, atol=0.02, rtol=0)
