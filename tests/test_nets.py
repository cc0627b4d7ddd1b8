"""Blocks and modes: what each block is made of, and that looking at a network leaves it as it was."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from vaelab import latent_diffusion, nets, priors, recipes, vq


def test_a_residual_block_adds_what_its_layers_say():
    block = nets.Residual(nn.Linear(4, 4), nn.SiLU())
    x = torch.randn(3, 4)
    assert torch.equal(block(x), x + block.layers(x))


def test_a_residual_block_of_convolutions_by_hand():
    block, x = nets.residual_block(4, activation=nn.Tanh()), torch.rand(5, 4, 6, 8)
    conv, norm, tanh, second, second_norm = block[0].layers
    assert conv.kernel_size == second.kernel_size == (3, 3)
    expected = torch.tanh(x + second_norm(second(tanh(norm(conv(x))))))
    assert torch.equal(block(x), expected) and expected.shape == x.shape
    default = nets.residual_block(4)
    assert default[1].negative_slope == default[0].layers[2].negative_slope == 0.3


@pytest.mark.parametrize(("block", "size"), [(nets.conv_block, 4), (nets.deconv_block, 16)])
def test_blocks_halve_and_double(block, size):
    x = torch.rand(2, 3, 8, 8)
    assert block(3, 5)(x).shape == (2, 5, size, size)
    assert block(3, 5, stride=1)(x).shape == (2, 5, 8, 8)
    assert [type(m) for m in block(3, 5)][1:] == [nets.LeakyReLU]
    assert block(3, 5)[-1].negative_slope == 0.3
    whole = block(3, 5, batch_norm=True, dropout=0.1, activation=nn.Tanh())
    assert [type(m) for m in whole][1:] == [nn.BatchNorm2d, nn.Tanh, nn.Dropout]
    assert whole[1].num_features == 5 and whole[-1].p == 0.1


def test_an_up_block_has_no_bias_before_its_batch_norm():
    block = nets.up_block(3, 5, activation=nn.Tanh())
    assert [type(m) for m in block] == [nets.UpConv2d, nn.BatchNorm2d, nn.Tanh]
    assert block[0].bias is None
    assert block(torch.rand(2, 3, 4, 6)).shape == (2, 5, 8, 12)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_the_last_sigmoid_keeps_the_bright_pixels_apart(dtype):
    x = torch.tensor([5.6, 6.0, 7.0], dtype=dtype)
    assert nets.Sigmoid()(x).dtype == torch.float32
    assert torch.equal(nets.Sigmoid()(x), torch.sigmoid(x.float()))
    assert nets.Sigmoid()(x.double()).dtype == torch.float64


def test_shapes_behind_convolutions():
    assert nets.shape_after((3, 32, 64), (8, 16)) == (16, 8, 16)
    assert nets.shape_after((1, 28, 28), (8, 16, 4), (1, 2, 1)) == (4, 14, 14)


def test_layers_without_bias_start_as_keras_does_too():
    stack = nets.start_as_keras_does(nn.Sequential(nn.Conv2d(1, 2, 3, bias=False), nn.Linear(2, 2)))
    assert stack[1].bias.tolist() == [0, 0]


def test_evaluation_mode_ends_with_the_block_even_after_an_error():
    """Each part is then in the mode it was in, those of several modules too."""
    first, second = nn.Sequential(nn.Dropout(), nn.ReLU()), nn.Dropout()
    first[0].eval()
    with nets.evaluating(first, second):
        assert not any(m.training for m in (*first.modules(), *second.modules()))
    assert [m.training for m in first.modules()] == [True, False, True] and second.training
    with pytest.raises(KeyError), nets.evaluating(first, second):
        raise KeyError
    assert [m.training for m in first.modules()] == [True, False, True] and second.training


def test_draws_in_the_block_leave_the_random_state():
    torch.manual_seed(0)
    state = torch.get_rng_state()
    with nets.keeping_random_state(torch.device("cpu")):
        torch.rand(3)
    assert torch.equal(torch.get_rng_state(), state)


def seeded(number: int) -> torch.Generator:
    return torch.Generator().manual_seed(number)


DRAWS = {
    "randn": lambda: torch.randn(4),
    "rand": lambda: torch.rand((4,), dtype=torch.float64),
    "randint": lambda: torch.randint(2, 90, (4,)),
    "randperm": lambda: torch.randperm(9),
    "normal": lambda: torch.normal(torch.zeros(4), torch.ones(4)),
    "bernoulli": lambda: torch.bernoulli(torch.full((40,), 0.5)),
    "multinomial": lambda: torch.multinomial(torch.ones(9), 4),
    "a tensor's method": lambda: torch.empty(4).normal_(),
    "a method with a range": lambda: torch.empty(4).uniform_(2, 3),
    "a method of whole numbers": lambda: torch.zeros(4).random_(90),
    "a method by keywords": lambda: torch.zeros(4).exponential_(lambd=2.0),
    "kaiming": lambda: nn.init.kaiming_uniform_(torch.empty(3, 4)),
    "xavier": lambda: nn.init.xavier_normal_(torch.empty(3, 4)),
    "truncated": lambda: nn.init.trunc_normal_(torch.empty(3, 4)),
    "orthogonal": lambda: nn.init.orthogonal_(torch.empty(3, 4)),
    "a layer": lambda: nn.Linear(3, 4).bias.data,
    "an embedding": lambda: nn.Embedding(3, 4).weight.data,
    "attention": lambda: nn.MultiheadAttention(4, 2).in_proj_weight.data,
}


@pytest.mark.parametrize("name", DRAWS)
def test_a_generator_that_is_not_named_draws_what_pytorchs_own_would(name):
    draw = DRAWS[name]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        expected = [draw(), draw()]
    state = torch.get_rng_state()
    with nets.drawing_by(seeded(5)):
        drawn = [draw(), draw()]
    assert all(map(torch.equal, drawn, expected))
    assert torch.equal(torch.get_rng_state(), state)


def test_a_generator_that_is_named_draws():
    with nets.drawing_by(seeded(5)):
        named = torch.randn(4, generator=seeded(6)), torch.empty(4).normal_(generator=seeded(6))
        first = torch.randn(4)
    assert torch.equal(named[0], torch.randn(4, generator=seeded(6))) and torch.equal(*named)
    assert torch.equal(first, torch.randn(4, generator=seeded(5)))


def test_what_draws_and_takes_no_generator_does_not_pass_in_silence():
    x, state = torch.ones(3, 4), torch.get_rng_state()
    for draw in (F.dropout, nn.Dropout(), nn.Dropout1d(), nn.AlphaDropout(), nn.RReLU()):
        with pytest.raises(TypeError), nets.drawing_by(seeded(0)):
            draw(x)
    with nets.drawing_by(seeded(0)):
        assert torch.equal(nn.Dropout().eval()(x), x) and torch.equal(nn.RReLU().eval()(x), x)
    assert torch.equal(torch.get_rng_state(), state)


def test_other_devices_draw_as_ever():
    with torch.device("meta"), nets.drawing_by(seeded(0)):
        assert nn.Linear(3, 4).weight.is_meta and torch.randn(3).is_meta
    with nets.drawing_by(seeded(0)):
        assert torch.randn(3, device="meta").is_meta


@pytest.mark.gpu
def test_a_gpu_draws_as_ever():
    torch.cuda.manual_seed(3)
    expected = nn.Linear(3, 4, device="cuda").weight
    torch.cuda.manual_seed(3)
    with torch.device("cuda"), nets.drawing_by(seeded(0)):
        assert torch.equal(nn.Linear(3, 4).weight, expected)


def test_a_generator_draws_in_its_own_thread_alone():
    with ThreadPoolExecutor(1) as other, nets.drawing_by(seeded(0)):
        torch.manual_seed(1)
        theirs = other.submit(torch.randn, 4).result()
        ours = torch.randn(4)
    assert torch.equal(theirs, torch.randn(4, generator=seeded(1)))
    assert torch.equal(ours, torch.randn(4, generator=seeded(0)))


MADE = {
    **{name: lambda name=name: recipes.build(name, seed=7) for name in recipes.RECIPES},
    "with dropout": lambda: recipes.build("tds-face-vae", size=32, batch_norm=True, dropout=0.2),
    "flow": lambda: priors.FlowMatching(3),
    "diffusion": lambda: latent_diffusion.LatentDiffusion((4, 2, 2), ["Smiling"], width=8),
    "diffusion of maps": lambda: latent_diffusion.LatentDiffusion(
        (4, 2, 2), network="convolutional", width=8
    ),
    "integers": lambda: vq.IntegerPrior(5, (2, 3), width=8),
}


@contextmanager
def drawing_as_before(generator: torch.Generator):
    """The same by PyTorch's own generator, which belongs to everybody."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(generator.initial_seed())
        yield


@pytest.mark.parametrize("name", MADE)
def test_networks_begin_with_the_weights_of_pytorchs_own_generator(name, monkeypatch):
    state = torch.get_rng_state()
    made = MADE[name]().state_dict()
    assert torch.equal(torch.get_rng_state(), state)
    monkeypatch.setattr(nets, "drawing_by", drawing_as_before)
    before = MADE[name]().state_dict()
    assert made.keys() == before.keys() and all(torch.equal(made[key], before[key]) for key in made)


def test_two_threads_build_what_one_builds():
    names = ["mayberay-digits-vae", "dlwp-digits-vae"] * 8
    alone = {name: recipes.build(name, seed=3).state_dict() for name in set(names)}
    with ThreadPoolExecutor(2) as threads:
        models = list(threads.map(lambda name: recipes.build(name, seed=3), names))
    for name, model in zip(names, models, strict=True):
        assert all(torch.equal(value, alone[name][key]) for key, value in model.state_dict().items())


@pytest.mark.gpu
def test_draws_in_the_block_leave_the_gpus_random_state():
    state = torch.cuda.get_rng_state()
    with nets.keeping_random_state(torch.device("cuda")):
        torch.rand(3, device="cuda")
    assert torch.equal(torch.cuda.get_rng_state(), state)


def test_in_training_a_leaky_relu_takes_the_memory_of_its_input_and_gives_the_same_gradients():
    def gradients(activation):
        torch.manual_seed(0)
        layers = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), activation, nn.Conv2d(8, 2, 3))
        layers(torch.randn(4, 3, 9, 9)).square().sum().backward()
        return [p.grad for p in layers.parameters()]

    own, pytorch = gradients(nets.LeakyReLU(0.3)), gradients(nn.LeakyReLU(0.3))
    assert all(torch.equal(a, b) for a, b in zip(own, pytorch, strict=True))
    x = torch.randn(5, requires_grad=True) * 1
    layer = nets.LeakyReLU(0.3)
    assert layer(x) is x  # who looks at a network in training, layer by layer, copies what is to be kept


def test_outside_training_a_leaky_relu_leaves_its_input_alone():
    x, layer = torch.randn(5), nets.LeakyReLU(0.3)
    before = x.clone()
    with torch.no_grad():
        layer(x)
    layer.eval()(x)
    assert torch.equal(x, before)


def test_encoders_and_decoders_take_the_options_of_their_blocks_but_no_stride():
    """Their shapes count on stride 2."""
    shape = (1, 8, 8)
    options = {"batch_norm": True, "dropout": 0.5, "activation": nn.Tanh()}
    encoder, decoder = (
        nets.conv_encoder(shape, (4, 4), **options),
        nets.conv_decoder(2, shape, (4, 4), **options),
    )
    for layers, blocks in ((encoder, 2), (decoder, 1)):
        kinds = [type(layer) for layer in layers.modules()]
        assert all(kinds.count(kind) == blocks for kind in (nn.BatchNorm2d, nn.Dropout))
        assert nn.Tanh in kinds and nets.LeakyReLU not in kinds
    for make in (nets.conv_encoder, lambda *args, **kw: nets.conv_decoder(2, *args, **kw)):
        with pytest.raises(TypeError, match="stride"):
            make(shape, (4, 4), stride=1)
