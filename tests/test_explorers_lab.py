"""The lab's Python side: its specification, the sets it packs, weights that come and go."""

import json
import math
import re

import frontend
import numpy as np
import pytest
import torch
from lab_switches import SWITCHES
from torch import nn
from traitlets import TraitError

import vaelab
from vaelab import explorers, losses
from vaelab.data import digits
from vaelab.errors import ModelError
from vaelab.explorers import lab_sets
from vaelab.explorers.lab import SHAPES, SLIPS


@pytest.fixture
def lab():
    return explorers.lab("digits", hidden=[16, 8], latent_dim=3, leak=0.1)


def test_traits_are_the_specification():
    made = explorers.lab("digits", beta=4.0, seed=3, slips=["sigma"], size="small", noise=False)
    expected = {
        "kind": "lab",
        "data": "digits",
        "beta": 4.0,
        "seed": 3,
        "shown_slips": ["sigma"],
        "noise": False,
    }
    assert expected.items() <= made.spec().items()
    assert made.spec()["sets"] == {"digits": lab_sets.pack("digits").key}
    assert not any(name.startswith("_") for name in made.spec())


@pytest.mark.parametrize(
    "options",
    [{"data": "fashion"}, {"data": []}, {"knobs": ["gamma"]}, {"slips": ["typo"]}],
    ids=str,
)
def test_unknown_names_are_refused(options):
    with pytest.raises(ValueError):
        explorers.lab(**{"data": "digits"} | options)


@pytest.mark.parametrize("hidden", [[20], [], [16, 0]], ids=str)
def test_widths_come_in_eights(hidden):
    with pytest.raises((ValueError, TraitError), match="8"):
        explorers.lab("digits", hidden=hidden)


# ---- weights ----


def numbers_of(model):
    rooms = (model.encoder, model.to_mu, model.to_log_var, model.decoder)
    return torch.cat([p.detach().flatten() for room in rooms for p in room.parameters()])


def test_weights_come_back_as_a_vae(lab):
    """The lab takes a picture from each before it encodes; the VAE's first bias does that."""
    torch.manual_seed(0)
    inputs = math.prod(SHAPES["digits"])
    source, middle = lab._network(), torch.rand(inputs)
    sent = torch.cat([middle, numbers_of(source)]).numpy().astype("<f4").tobytes()
    lab.set_state({"_weights": memoryview(sent)})  # as the front end's come
    model, x = lab.weights(), torch.rand(4, 1, 28, 28)
    features = source.encoder(x - middle.view(1, 28, 28))
    mu = source.to_mu(features)
    assert torch.allclose(model.encode(x)[0], mu, atol=1e-5)
    assert torch.allclose(model.encode(x)[1], source.to_log_var(features), atol=1e-5)
    assert torch.allclose(model.decode(mu), source.decode(mu))
    assert isinstance(model.likelihood, losses.Bernoulli) and not model.training


def test_without_training_there_are_no_weights(lab):
    with pytest.raises(ModelError, match="press Train"):
        lab.weights()


def test_a_vae_goes_in_until_the_lab_begins_anew(lab):
    model = lab._network()
    lab.load(model)
    numbers = torch.frombuffer(bytearray(lab._given), dtype=torch.float32)
    assert torch.equal(numbers[784:], numbers_of(model)) and (numbers[:784] == 0).all()
    with pytest.raises(ModelError, match="784-16-8-3-8-16-784"):
        lab.load(explorers.lab("digits", hidden=[24])._network())
    lab.seed = 5
    assert lab._given == b""


def test_a_gaussian_lab_gives_a_gaussian_vae():
    made = explorers.lab("digits", likelihood="gaussian", sigma=0.2)
    assert made._network().likelihood.sigma.item() == pytest.approx(0.2)
    assert made._network().decode(10 * torch.ones(1, 2)).min() < 0  # no sigmoid


# ---- what it teaches ----


def step_of(settings, folder):
    """The step in PyTorch that the lab shows for these settings: lines of code."""
    return in_node(
        f"""
        import {{ linesOf }} from "SRC/lab/step_code.js";
        import {{ SETTINGS }} from "SRC/lab/trainer.js";
        const lines = linesOf({{ ...SETTINGS, inputs: 64, ...{json.dumps(settings)} }});
        console.log(JSON.stringify(lines.map(([code]) => code)));
        """,
        folder,
    )


def loss_of(x, eps, net, option):
    """What the lab's settings ask for, by vaelab's own formulas."""
    mu, log_var = (net[head](net["encoder"](x)) for head in ("to_mu", "to_log_var"))
    sigma = torch.exp(log_var if option.get("sigmaSlip") else log_var / 2)
    z = mu + sigma * eps if option.get("noise", True) else mu
    out = net["decoder"](z.detach() if option.get("cutSlip") else z)
    if option.get("likelihood") == "gaussian":
        rec = losses.gaussian_nll(x, out, option["sigma"]).mean()
    else:
        rec = losses.bce(x, torch.sigmoid(out)).mean()
    kl = losses.gaussian_kl(mu, log_var)
    price = option.get("beta", 1.0) * (kl.sum() if option.get("batchSlip") else kl.mean())
    return rec / (x.shape[1] if option.get("pixelSlip") else 1) + (price if option.get("price", True) else 0)


@pytest.mark.parametrize("name", SWITCHES)
def test_the_step_shown_is_the_step_taken(name, tmp_path):
    """Run its lines, and compare the loss and all gradients."""
    torch.manual_seed(0)
    sizes = {"encoder": (64, 16), "to_mu": (16, 3), "to_log_var": (16, 3), "decoder": (3, 64)}
    net = nn.ModuleDict({part: nn.Linear(*size) for part, size in sizes.items()}).double()
    x = torch.rand(12, 64).double()
    names = {"torch": torch, "F": nn.functional, "Normal": torch.distributions.Normal, "batches": iter([x])}
    names |= {"optimizer": torch.optim.SGD(net.parameters(), lr=0.0), **net}
    torch.manual_seed(1)
    exec("\n".join(step_of({"latent": 3, **SWITCHES[name]}, tmp_path)), names)
    torch.manual_seed(1)
    loss = loss_of(x, torch.randn(12, 3, dtype=torch.float64), net, SWITCHES[name])
    expected = torch.autograd.grad(loss, list(net.parameters()), allow_unused=True)
    assert names["loss"].item() == pytest.approx(loss.item(), rel=1e-6)
    for parameter, gradient in zip(net.parameters(), expected, strict=True):
        assert (parameter.grad is gradient is None) or torch.allclose(parameter.grad, gradient, rtol=1e-5)


def test_every_slip_links_to_a_place_that_the_book_has(tmp_path):
    slips = in_node('import { SLIPS } from "SRC/lab/knobs.js"; console.log(JSON.stringify(SLIPS));', tmp_path)
    assert tuple(name for name, *_ in slips) == SLIPS
    for *_, place in slips:
        page, anchor = place.split(".html#")
        cells = json.loads((frontend.FRONTEND.parents[2] / "book" / f"{page}.ipynb").read_text())["cells"]
        headings = re.findall(r"^#+ (.*)$", "\n".join("".join(cell["source"]) for cell in cells), re.M)
        assert anchor in [re.sub(r"\W+", "-", heading.lower()).strip("-") for heading in headings]


# What a reader does: settings, and steps with them, one after the other from a new network on.
WAYS = {
    "waiting": [[{}, 600]],
    "Wake the sleepers": [[{"latent": 32, "warmUp": 400}, 410]],
    "sleepers left alone": [[{"latent": 32}, 410]],
    "A map for four nats": [[{"beta": 4}, 300]],
    "An autoencoder that can invent": [[{"noise": False}, 320]],
    "an autoencoder left alone": [[{"noise": False, "price": False}, 320]],
    "What the price pays for": [[{"price": False}, 300]],
    "The false friend": [[{"beta": 20, "seed": 1}, 200], [{"beta": 1, "slope": 0.1}, 150]],
    "a friend at a lower price": [[{"beta": 20, "seed": 1}, 200], [{"beta": 1}, 150]],
}


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_a_challenge_can_be_solved_and_not_by_waiting(way, tmp_path):
    """Training as in the page, on handwriting; no other challenge is done along the way."""
    packed = tmp_path / "set.js"
    packed.write_text(lab_sets.pack("handwritten").script())
    done = in_node(
        f"""
        import {json.dumps(packed.as_uri())};
        import {{ compile }} from "SRC/../compile.mjs";
        import {{ fromBase64 }} from "SRC/base64.js";
        import {{ CHALLENGES, judge }} from "SRC/lab/challenges.js";
        import {{ openSet }} from "SRC/lab/sets.js";
        import {{ Trainer }} from "SRC/lab/trainer.js";
        let clock = 0; // losses on unseen pictures are measured at every look, however fast this machine
        Object.defineProperty(performance, "now", {{ value: () => (clock += 1000) }});
        const [{{ meta, data }}] = Object.values(globalThis.vaelabModels);
        const set = await openSet({{ meta, data: fromBase64(data) }}), way = {json.dumps(WAYS[way])};
        const trainer = await Trainer.open([await compile("lab/kernels")], set, way[0][0]);
        const judges = CHALLENGES.map(judge), done = new Set();
        const look = () => {{
          const shot = trainer.shot();
          judges.forEach((one, k) => one(shot, trainer.settings) && done.add(CHALLENGES[k].name));
        }};
        look();
        for (const [settings, steps] of way) {{
          await trainer.change(settings);
          for (let t = 1; t <= steps; t++) {{
            trainer.step();
            if (t % 10 === 0) look();
          }}
        }}
        console.log(JSON.stringify([...done]));
        """,
        tmp_path,
    )
    assert done == ([way] if way[0].isupper() else [])


# ---- sets ----


def test_the_kernel_hands_out_pictures(lab):
    sent = []
    lab.send = lambda content, buffers=None: sent.append((content, buffers))
    lab._answer(None, {"type": "pictures", "key": lab.sets["digits"], "id": 1}, [])
    lab._answer(None, {"type": "pictures", "key": "other", "id": 2}, [])
    (first, (data,)), (second, _) = sent
    assert first == {"id": 1, "meta": lab_sets.pack("digits").meta} and data == lab_sets.pack("digits").data
    assert "error" in second


def in_node(script, folder):
    """The JSON that a script prints which may import the front end's modules."""
    path = folder / "script.mjs"
    path.write_text(script.replace("SRC", (frontend.FRONTEND / "src").as_uri()))
    return json.loads(frontend.run(frontend.node(), path))


def pixels_of(name, folder):
    """A set as the lab's worker opens it: pictures (n, 784), labels, how many are held back."""
    packed = folder / "set.js"
    packed.write_text(lab_sets.pack(name).script())
    found = in_node(
        f"""
        import {{ openSet }} from "SRC/lab/sets.js";
        import {{ fromBase64 }} from "SRC/base64.js";
        import {json.dumps(packed.as_uri())};
        const {{ meta, data }} = globalThis.vaelabModels[{json.dumps(lab_sets.pack(name).key)}];
        const set = await openSet({{ meta, data: fromBase64(data) }});
        set.begin?.(0);
        console.log(JSON.stringify([[...set.pixels], [...set.labels], set.held]));
        """,
        folder,
    )
    return np.array(found[0]).reshape(-1, 784), np.array(found[1]), found[2]


def test_handwriting_is_scikit_learns_and_what_is_unseen_is_no_training_picture(tmp_path):
    pixels, labels, held = pixels_of("handwritten", tmp_path)
    parts = [vaelab.load("handwritten", split=split, size=8) for split in ("test", "validation", "train")]
    assert (labels == torch.cat([part.labels for part in parts]).numpy()).all()
    assert (held, len(pixels)) == (500, 1797)
    small = torch.cat([part.images for part in parts]).flatten(1).numpy()
    middle = pixels.reshape(-1, 28, 28)[:, 2:26, 2:26].reshape(-1, 8, 3, 8, 3).mean((2, 4)).reshape(-1, 64)
    likeness = [np.corrcoef(a, b)[0, 1] for a, b in zip(small[:200], middle[:200], strict=True)]
    assert min(likeness) > 0.9


def test_digits_are_drawn_as_the_package_draws_them(tmp_path):
    """Every pixel of some digits with given factors, within a grey level."""
    factors = digits.draw_factors(np.arange(30), seed=0)
    factors["variant"] = torch.zeros(30)
    expected = digits.render(factors)[:, 0].flatten(1).numpy().astype(int)
    values = {name: column.double().tolist() for name, column in factors.items()}
    skeletons = digits.skeletons()[:, 0].flatten(1).tolist()
    found = in_node(
        f"""
        import {{ drawDigit }} from "SRC/lab/digits.js";
        const factors = {json.dumps(values)}, skeletons = {json.dumps(skeletons)};
        const pixels = factors.label.map((label, i) => {{
          const one = Object.fromEntries(Object.entries(factors).map(([name, all]) => [name, all[i]]));
          const picture = new Uint8Array(784);
          drawDigit(skeletons[label], one, picture);
          return [...picture];
        }});
        console.log(JSON.stringify(pixels));
        """,
        tmp_path,
    )
    assert np.abs(np.array(found) - expected).max() <= 1
    assert expected.std() > 50


def test_drawn_digits_vary_and_do_not_repeat(tmp_path):
    pixels, labels, held = pixels_of("digits", tmp_path)
    assert len(np.unique(pixels, axis=0)) == len(pixels) == held + 2000
    assert set(labels[:held]) == set(range(10))
