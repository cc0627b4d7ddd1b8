"""Explorers of faces: what is measured in Python, and what their specifications say."""

import base64
import io
import json
import re

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from traitlets import TraitError

import vaelab
from vaelab import explorers, latent, priors
from vaelab.data import ImageSet
from vaelab.errors import DataError, PixelRangeError, ShapeError, UnknownNameError
from vaelab.explorers import Explorer

N = 300


class Toy(nn.Module):
    """Its encoder reads the first four pixels; dimension 2 varies most, dimension 1 copies the prior."""

    latent_dim = 4

    def __init__(self, posterior=True):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor([2.0, 0.0, 6.0, 1.0]))
        self.posterior = posterior

    def encode(self, x):
        mu = self.scale * (x[:, 0, 0] - 0.5)
        return (mu, torch.tensor([0.0, 0.0, 0.0, -6.0]).expand_as(mu)) if self.posterior else mu

    def decode(self, z):
        return torch.sigmoid(z)[:, None, None].expand(-1, 1, 4, -1)


@pytest.fixture(scope="module")
def images():
    pixels = torch.randint(0, 256, (N, 1, 4, 4), generator=torch.Generator().manual_seed(0)).byte()
    first = pixels[:, 0, 0].float()
    factors = {
        "smile": (first[:, 0] + 60 * torch.randn(N, generator=torch.Generator().manual_seed(1))) ** 3,
        "backdrop_hue": first[:, 2],  # round a circle: names nothing
        "constant": torch.ones(N),
    }
    young = first[:, 3] < 100
    return ImageSet(pixels, "toy", attributes=young[:, None], attribute_names=("Young",), factors=factors)


@pytest.fixture(scope="module")
def vae():
    return vaelab.pretrained("portrait-vae")


@pytest.fixture(scope="module")
def portraits():
    return vaelab.load("portraits", size=64, n=120, split="test")


def make(kind, model, images):
    """One explorer of a kind, as a chapter would make it."""
    vectors = {"smile": torch.ones(model.latent_dim)}
    return {
        "sliders": lambda: explorers.sliders(model, images, start=images[3]),
        "mixer": lambda: explorers.mixer(model, images[:4], vectors),
        "morph": lambda: explorers.morph(model, images[:4]),
        "traverse": lambda: explorers.traverse(model, images[0], images=images),
        "noise": lambda: explorers.noise(model, images),
    }[kind]()


def test_dimensions_are_named_after_what_goes_with_them(images):
    mu, _ = Toy().encode(images.float())
    smile, copy, hue, young = explorers.name_dimensions(mu, images)
    assert (smile.factor, smile.label) == ("smile", "no smile … smile") and 0.5 < smile.correlation < 1
    assert (young.label, young.low) == ("younger … older", "younger") and young.correlation < -0.7
    assert copy.label == "dimension 1" and hue.label == "dimension 2"
    flipped = explorers.name_dimensions(-mu, images)[0]
    assert flipped.label == "smile … no smile" and flipped.correlation == pytest.approx(-smile.correlation)
    assert explorers.name_dimensions(mu, images, threshold=0.99)[0].label == "dimension 0"


def test_naming_refuses_what_chance_would_name(images):
    mu, _ = Toy().encode(images.float())
    with pytest.raises(DataError, match="at least 100"):
        explorers.name_dimensions(mu[:50], images[:50])
    with pytest.raises(ShapeError, match=r"\(300, latent_dim\)"):
        explorers.name_dimensions(mu[:-1], images)
    with pytest.raises(ValueError, match="threshold"):
        explorers.name_dimensions(mu, images, threshold=0)


def test_sliders_come_in_the_order_of_information(images):
    """Dimension 3 hardly varies, but its posterior is narrow: it tells 2.5 nats."""
    vae = explorers.sliders(Toy(), images, names={1: "nothing"}, count=3, numbers=True)
    assert vae.order == [3, 2, 0, 1] and vae.prior == "N(0, I)"
    assert vae.labels == ["younger … older", "dimension 2", "no smile … smile", "nothing"]
    assert vae.spread[1] == pytest.approx(1, abs=1e-3)  # of draws: its means alone have none
    plain = explorers.sliders(Toy(posterior=False), images, numbers=True)
    assert plain.order == [2, 0, 3, 1] and plain.prior == ""
    codes = Toy(posterior=False).encode(images.float())
    assert plain.spread == pytest.approx(codes.std(0).tolist(), abs=1e-3)
    assert plain.centre == pytest.approx(codes.mean(0).tolist(), abs=1e-3)


class Tangled(Toy):
    """Its code is the first four pixels, turned: no factor has a number to itself, and each a direction."""

    def __init__(self):
        super().__init__()
        generator = torch.Generator().manual_seed(5)
        self.turn = torch.linalg.qr(torch.randn(4, 4, generator=generator)).Q

    def encode(self, x):
        return (x[:, 0, 0] - 0.5) @ self.turn, torch.full((len(x), 4), -6.0)

    def decode(self, z):
        return torch.sigmoid(z @ self.turn.T * torch.tensor([1.0, 9, 9, 3]))[:, None, None]


@pytest.fixture(scope="module")
def mixed(images):
    """The same pictures, and what their pixels say: `age` follows two of them, as `smile` does in part."""
    first = images.float()[:, 0, 0]
    factors = {"smile": first[:, 0], "age": -first[:, 3] - 0.5 * first[:, 0], "constant": torch.ones(N)}
    factors["noise"] = torch.randn(N, generator=torch.Generator().manual_seed(2))
    return ImageSet(images.images, "toy", factors=factors)


def test_each_slider_moves_along_the_direction_of_one_factor(mixed):
    model = Tangled()
    sliders = explorers.sliders(model, mixed)
    assert sliders.labels == ["younger … older", "no smile … smile"], "the pixels of age move most"
    older, smile = torch.tensor(sliders.steps)
    assert abs(older @ smile) < 0.01 * older.norm() * smile.norm(), "a step along one is none along the other"
    codes = model.encode(mixed.float())[0]
    for step, factor in ((older, "age"), (smile, "smile")):
        along = codes @ step / step.square().sum()
        assert along.std() == pytest.approx(1, abs=0.01)
        assert torch.corrcoef(torch.stack([along, mixed.factors[factor]]))[0, 1] > 0.9


def test_a_direction_holds_the_other_factors_fixed(mixed):
    """Those who smile more are younger here; the direction of a smile does not make younger."""
    codes = (mixed.float()[:, 0, 0] - 0.5) @ Tangled().turn
    names, steps = explorers.named_directions(codes, mixed)
    smile = steps[[name.factor for name in names].index("smile")] @ Tangled().turn.T
    assert abs(smile[0]) > 3 * abs(smile[3]), "the smile's own pixel"


def test_chance_names_no_direction(mixed):
    """With as many numbers as pictures, the code of some picture or other always fits."""
    codes = torch.randn(N, 200, generator=torch.Generator().manual_seed(3))
    assert explorers.named_directions(codes, mixed)[0] == []
    assert explorers.sliders(Toy(), mixed[:99]).steps == [], "too few pictures"
    nothing = ImageSet(mixed.images, "toy")
    assert explorers.named_directions(codes[:, :4], nothing)[1].shape == (0, 4)


def test_attributes_do_where_there_are_no_factors(images):
    """However rare: one in twenty has it here."""
    rare = images.float()[:, 0, 0, 3] > 0.95
    known = ImageSet(images.images, "toy", attributes=rare[:, None], attribute_names=("Young",))
    codes = torch.stack([5.0 * rare, images.float()[:, 0, 0, 1]], dim=1)
    names, steps = explorers.named_directions(codes, known)
    assert [name.label for name in names] == ["older … younger"] and steps.shape == (1, 2)


def test_sliders_of_numbers_are_there_to_be_asked_for(mixed):
    own = explorers.sliders(Tangled(), mixed, names={1: "nothing"})
    assert own.steps == [] and sorted(own.order) == [0, 1, 2, 3]
    assert own.labels[own.order.index(1)] == "nothing"
    assert explorers.sliders(Toy(), mixed, numbers=True).labels[2] == "no smile … smile"


def test_the_first_sliders_of_our_model_bear_names(vae):
    portraits = vaelab.load("portraits", size=64, n=1_000, split="test")
    sliders = explorers.sliders(vae, portraits)
    assert len(sliders.labels) == len(sliders.steps) >= 16
    assert sum(" … " in label for label in sliders.labels[:16]) >= 12


def test_without_pictures_what_changes_most_comes_first():
    model = Toy()
    model.decode = lambda z: torch.sigmoid(z * torch.tensor([1, 3, 0, 2]))[:, None, None]
    assert explorers.sliders(model).order == [1, 3, 0, 2]


@pytest.mark.parametrize("kind", ["sliders", "mixer", "morph", "traverse", "noise"])
def test_the_specification_is_small_and_the_still_is_what_torch_decodes(kind, vae, portraits):
    explorer = make(kind, vae, portraits)
    spec = explorer.spec()
    assert spec["kind"] == kind and spec["title"] and spec["weights"]
    assert len(json.dumps(spec, allow_nan=False)) < 40_000
    still = explorer.still()
    assert len(re.search(r'alt="([^"]+)"', still)[1]) > 20
    if kind == "traverse":
        return  # drawn at half size
    shown = shown_in(still)
    first = latent.encode(vae, portraits[3 if kind == "sliders" else 0])[0]
    decoded = (255 * latent.decode(vae, first)[0]).permute(1, 2, 0)
    assert (shown[:, :64].float() - decoded).abs().max() < 2


def test_codes_do_as_well_as_pictures():
    codes = torch.tensor([[1.0, 2, 3, 4], [0, 0, 0, 0.5]])
    assert explorers.morph(Toy(), codes).codes == codes.tolist()
    mixed = explorers.mixer(Toy(), codes[0], {"a": codes[1]})
    assert (mixed.codes, mixed.amounts, mixed.thumbnails) == ([[1, 2, 3, 4]], [0.0], [])
    rows = explorers.traverse(Toy(), codes[0], [2, 0], steps=3, span=2)
    assert (rows.z, rows.dims, rows.offsets) == ([1, 2, 3, 4], [2, 0], [-2, 0, 2])


def test_the_mixer_begins_as_it_is_told(images):
    codes, vectors = torch.tensor([[1.0, 2, 3, 4], [0, 0, 0, 0.5]]), {"a": torch.ones(4), "b": torch.ones(4)}
    mixed = explorers.mixer(Toy(), codes, vectors, face=1, amounts={"b": -0.5})
    assert (mixed.face, mixed.amounts, len(mixed.thumbnails)) == (1, [0, -0.5], 2)
    still = mixed.still()
    assert 'alt="A decoded picture, b -0.5.' in still
    assert shown_in(still)[0, :, 0].tolist() == pytest.approx([96.3, 96.3, 96.3, 127.5], abs=1)


def shown_in(still):
    """The picture in a piece of HTML, (H, W, 3), 0 to 255."""
    uri = re.search(r"base64,([^\"]+)", still)[1]
    return torch.from_numpy(np.array(Image.open(io.BytesIO(base64.b64decode(uri))).convert("RGB")))


def test_a_face_from_the_prior_is_one_to_start_from(images):
    mixed = explorers.mixer(Toy(), images[:2], {"a": torch.ones(4)})
    assert mixed.prior == "", "this model has none"
    with pytest.raises(TraitError, match="0 to 1"):
        mixed.face = -1
    mixed.drawn = [1.0, 0, 0, 0]
    mixed.face = -1
    assert shown_in(mixed.still())[0, :, 0].tolist() == pytest.approx([186.4, 127.5, 127.5, 127.5], abs=1)


class Corner(priors.StandardNormal):
    """Its codes lie about a corner, far from N(0, I)."""

    def _draw(self, n, generator):
        return 10 + super()._draw(n, generator)


@pytest.mark.parametrize(("prior", "name"), [(None, "N(0, I)"), (Corner(4), "learned")])
def test_the_kernel_draws_codes_from_the_model_s_prior(prior, name, images):
    model = Toy()
    model.prior = prior
    made = [make(kind, model, images) for kind in ("sliders", "traverse", "mixer")]
    assert [explorer.prior for explorer in made] == [name] * 3
    state, codes = torch.get_rng_state(), []
    made[0].send = lambda content, buffers=None: codes.append(content["code"])
    for number in range(8):
        made[0]._answer(None, {"type": "draw", "id": number}, [])
    assert torch.equal(state, torch.get_rng_state())
    codes = torch.tensor(codes)
    assert codes.shape == (8, 4) and len(codes.unique(dim=0)) == 8
    assert abs(codes.mean() - (10 if prior else 0)) < 1


def test_pictures_may_come_as_a_set_as_floats_or_as_bytes(images):
    """What is not in the pixels, such as the factors that name a slider, only a set can bring."""
    model = Toy()
    as_set = [explorer.spec() for explorer in explorers_of(model, images)]
    for pictures in (images.images, images.float()):
        for spec, expected in zip(map(Explorer.spec, explorers_of(model, pictures)), as_set, strict=True):
            assert spec | {"labels": []} == expected | {"labels": []}


def explorers_of(model, images):
    yield explorers.sliders(model, images, start=images[3:4], numbers=True)
    yield explorers.traverse(model, images[:1], images=images)
    yield explorers.mixer(model, images[:4], {"smile": torch.ones(4)})
    yield explorers.morph(model, images[:4])
    yield explorers.noise(model, images)


@pytest.mark.parametrize(
    ("scale", "posterior", "said"), [(1, True, True), (100, True, False), (1, False, False)]
)
def test_a_morph_calls_means_shorter_than_draws_only_where_they_are(images, scale, posterior, said):
    model = Toy(posterior)
    model.scale.data.fill_(scale)
    assert explorers.morph(model, images[:2]).means == said


def test_the_gauge_knows_a_thin_cloud_from_a_round_one(images):
    """Codes of an autoencoder lie near a line; noise of their own spread in each number leads off it."""
    model = Toy(posterior=False)
    model.encode = lambda x: (x[:, 0, 0, :1] - 0.5) * torch.tensor([6.0, 6, 6, 6]) + 0.01 * x[:, 0, 1]
    thin = torch.tensor(explorers.noise(model, images).distances)
    assert thin.shape == (5, 6, 17)
    assert thin[:4, :, 0].median() < 3  # real codes are near real codes, themselves left out
    assert (thin[:4, :, 0] > 0).all()
    assert thin[:4, :, 4].min() > 10 and thin[4, :, 4].min() > 10
    round_cloud = torch.tensor(explorers.noise(Toy(), images).distances)
    assert round_cloud[:4, :, 4].median() < 4


@pytest.mark.parametrize(
    ("trait", "value", "message"),
    [
        (("sliders", "z"), [0.0], "4 numbers"),
        (("traverse", "z"), [0.0] * 5, "not 5"),
        (("mixer", "amounts"), [0.0, 0.0], "1 numbers"),
        (("mixer", "face"), 4, "0 to 3"),
        (("mixer", "face"), -1, "0 to 3"),
        (("mixer", "drawn"), [1.0], "4 numbers"),
        (("morph", "position"), [0.5], "2 numbers"),
        (("morph", "path"), "circle", "great circle"),
        (("noise", "picture"), 5, "0 to 4"),
        (("noise", "amount"), 9.0, "0 to 4"),
    ],
)
def test_what_is_set_must_fit(trait, value, message, images):
    explorer = make(trait[0], Toy(), images)
    with pytest.raises((TraitError, ShapeError, UnknownNameError), match=message):
        setattr(explorer, trait[1], value)


def test_bad_input_is_refused_with_a_reason(images):
    model, code = Toy(), torch.zeros(4)
    refused = [
        (lambda: explorers.morph(model, images[:3]), DataError, "2 or 4 pictures or codes, not 3"),
        (lambda: explorers.morph(model, torch.zeros(2, 5)), ShapeError, r"\(n, 4\)"),
        (lambda: explorers.morph(model, torch.full((2, 4), torch.nan)), DataError, "NaN"),
        (lambda: explorers.mixer(model, images[:9], {"a": code}), DataError, "1 to 8"),
        (lambda: explorers.mixer(model, code, {}), DataError, "at least one attribute vector"),
        (lambda: explorers.mixer(model, code, {"smile": torch.zeros(5)}), ShapeError, "'smile'"),
        (lambda: explorers.mixer(model, code, {"a": code}, face=1), ValueError, "0 to 0 here, not 1"),
        (lambda: explorers.mixer(model, code, {"a": code}, amounts={"b": 1}), ValueError, "vectors are 'a'"),
        (lambda: explorers.mixer(model, code, {"a": code}, amounts={"a": 2}), ValueError, "-1.5 to 1.5"),
        (lambda: explorers.sliders(model, count=0), ValueError, "at least 1"),
        (lambda: explorers.sliders(model, names={4: "x"}), ValueError, "no dimension 4"),
        (lambda: explorers.sliders(model, images.float().numpy()), DataError, "ImageSet"),
        (lambda: explorers.sliders(model, 2 * images.float()), PixelRangeError, r"in \[0, 1\]"),
        (lambda: explorers.morph(model, "two faces"), DataError, "not as str"),
        (lambda: explorers.sliders(nn.Linear(2, 2)), TypeError, "decode"),
        (lambda: explorers.traverse(model, code, [0, 7]), ValueError, "no dimension 7"),
        (lambda: explorers.traverse(model, code, [0, 0]), ValueError, "each once"),
        (lambda: explorers.traverse(model, code, steps=1), ValueError, "steps"),
        (lambda: explorers.noise(model, images[:20]), DataError, "at least 50"),
        (lambda: explorers.noise(model, images, faces=7), ValueError, "1 to 6"),
    ]
    for call, error, message in refused:
        with pytest.raises(error, match=message):
            call()
