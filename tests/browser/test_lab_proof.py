"""The lab's VAE learns in a browser, in the page's own worker, exactly as one learns in PyTorch."""

import base64
import json

import labs
import numpy as np
import pytest
import torch
from lab_switches import SWITCHES
from torch.nn.utils import vector_to_parameters
from visits import assert_quiet

from benchmarks.lab_peer import Peer, train
from vaelab import explorers

HIDDEN, BATCH, STEPS, RATE = [16, 8], 16, 200, 1e-3
PLAIN = {"hidden": HIDDEN, "batch": BATCH, "rate": RATE}
CASES = SWITCHES | {
    "one number": {"latent": 1},
    "eight numbers, leaky": {"latent": 8, "slope": 0.1},
    "32 numbers": {"latent": 32},
    "warm-up": {"beta": 2, "warmUp": 150},
}

# A script in front of the worker's own, and `ask(work, given)` in the page: Firefox's driver asks no worker.
HEAR = """
addEventListener('message', async event => {
  if (!event.data.work) return;
  event.stopImmediatePropagation();
  try {
    postMessage({done: await (0, eval)(event.data.work)(event.data.given)});
  } catch (error) {
    postMessage({failed: String(error)});
  }
});
"""
ASKABLE = f"""
const address = URL.createObjectURL;
URL.createObjectURL = blob =>
  address(blob.type === 'text/javascript' ? new Blob([{json.dumps(HEAR)}, blob], blob) : blob);
window.Worker = class extends Worker {{
  constructor(url) {{
    super(url);
    window.ask = ([work, given]) => new Promise((resolve, reject) => {{
      const hear = ({{data: {{done, failed}}}}) => {{
        if (done === undefined && failed === undefined) return;
        this.removeEventListener('message', hear);
        failed ? reject(failed) : resolve(done);
      }};
      this.addEventListener('message', hear);
      this.postMessage({{work, given}});
    }});
  }}
}};
"""

# In the worker: `trainer` is what trains (src/lab/trainer.js). Here it is told the order and the noise.
TEXT = "array => btoa(Array.from(new Uint8Array(array.buffer), byte => String.fromCharCode(byte)).join(''))"
PICTURES = f"() => [({TEXT})(trainer.set.pixels.slice()), trainer.set.held, trainer.backend]"
TRAIN = f"""async ([settings, seed, order, noise]) => {{
  const text = {TEXT}, losses = [];
  await trainer.change(settings);
  await trainer.restart(seed);
  const start = text(trainer.weights().numbers), draws = noise.values();
  let gradients;
  trainer.order = order.reverse();
  trainer.noise = () => draws.next().value;
  while (trainer.order.length) {{
    losses.push(trainer.step().loss);
    gradients ??= text(trainer.vae.numbers(true));
  }}
  return [start, losses, gradients];
}}"""
DEFAULTS = {"latent": 2, "slope": 0, "beta": 1, "warmUp": 0, "likelihood": "bernoulli", "sigma": 0.1}
DEFAULTS |= {"noise": True, "price": True} | dict.fromkeys(
    ("sigmaSlip", "batchSlip", "pixelSlip", "cutSlip"), False
)


def ask(visit, work: str, given=None):
    """What the page's worker answers."""
    return visit.page.evaluate("asked => ask(asked)", [work, given])


def floats(text):
    return torch.frombuffer(bytearray(base64.b64decode(text)), dtype=torch.float32)


@pytest.fixture(scope="module")
def pages(browser, tmp_path_factory):
    """Two labs, one without WebAssembly, and what they learn from: (N, 784), 0 to 1."""
    visits = []
    with pytest.MonkeyPatch.context() as monkeypatch:
        for fast in (True, False):
            folder = tmp_path_factory.mktemp("lab")
            lab = explorers.lab("handwritten", webassembly=fast)
            visit, _ = labs.opened(browser, folder, lab, monkeypatch, before=ASKABLE)
            visits.append(visit)
    (pixels, held, backend), (*_, other) = (ask(visit, PICTURES) for visit in visits)
    assert [backend, other] == ["wasm", "js"]
    yield visits, torch.tensor(np.frombuffer(base64.b64decode(pixels), np.uint8) / 255).view(-1, 784)[held:]
    for visit in visits:
        assert_quiet(visit)
        visit.close()


@pytest.mark.parametrize("name", CASES)
def test_200_steps_are_those_of_pytorch(pages, name):
    visits, pictures = pages
    settings = DEFAULTS | CASES[name]
    draw = torch.Generator().manual_seed(len(name))
    order = torch.randint(len(pictures), (STEPS, BATCH), generator=draw)
    noise = torch.randn(STEPS, BATCH, settings["latent"], generator=draw)
    given = [PLAIN | settings, len(name), order.flatten().tolist(), noise.flatten().tolist()]
    found = [ask(visit, TRAIN, given) for visit in visits]
    start, *_ = (floats(text) for text, *_ in found)

    peer = Peer(784, HIDDEN, settings["latent"], settings["slope"])
    vector_to_parameters(start, peer.parameters())
    ramp = [min(1, (t + 1) / (settings["warmUp"] or 1)) for t in range(STEPS)]
    options = [settings | {"beta": settings["beta"] * share} for share in ramp]
    batches = zip(pictures[order], noise.double(), options, strict=True)
    losses, gradients = train(peer.double(), batches, RATE)
    assert np.std(losses) > 1e-3 * abs(np.mean(losses)), "nothing is learned"
    for backend, (_, here, slopes) in zip(("WebAssembly", "JavaScript"), found, strict=True):
        assert here == pytest.approx(losses, rel=1e-5), backend
        apart = (floats(slopes) - gradients).abs().max() / max(gradients.abs().max(), 1)
        assert apart < 1e-5, f"{backend}: gradients part by {apart:.1e}"
