"""`lab`: a VAE that trains before the reader's eyes, in a page or a notebook, and can be broken there."""

import html
import math
import os
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor, nn
from traitlets import Bool, Bytes, CBytes, Dict, Enum, Float, Int, List, Unicode, observe, validate

from vaelab import figures, losses
from vaelab.data import load
from vaelab.errors import ModelError, UnknownNameError
from vaelab.explorers import lab_sets
from vaelab.explorers.explorer import STATIC, Explorer
from vaelab.explorers.page_file import FOLDER
from vaelab.explorers.pictures import img, row
from vaelab.models import VAE

KNOBS = ("beta", "noise", "price", "warm_up", "latent_dim", "leak", "learning_rate", "likelihood", "sigma")
SLIPS = ("sigma", "sum over batch", "mean over pixels", "cut gradient")
_PLAIN = {
    "hidden": [128],
    "latent_dim": 2,
    "leak": 0.0,
    "learning_rate": 5e-3,
    "likelihood": "bernoulli",
    "sigma": 0.1,
}
_FACES = {"hidden": [256], "latent_dim": 16, "leak": 0.1, "learning_rate": 2e-3, "likelihood": "gaussian"}
RECIPES = {"handwritten": _PLAIN, "digits": _PLAIN, "faces": _PLAIN | _FACES}  # what suits each set
SHAPES = {"handwritten": (1, 28, 28), "digits": (1, 28, 28), "faces": (3, 32, 32)}


class LabExplorer(Explorer):
    """What `lab` returns. All knobs are traits: they can be set, observed and linked while it trains.

    Attributes:
        step: steps of training so far, as of the last pause.
        history: {"step", "reconstruction", "kl", "named"} along the way, of 500 pictures it never learns
            from: nats per image, and the share whose nearest neighbour on the plane is of their own kind.
    """

    _esm = STATIC / "lab_widget.mjs"
    _css = STATIC / "lab_widget.css"

    kind = Unicode("lab").tag(sync=True)
    sets = Dict().tag(sync=True)  # name -> the key of its file
    data = Unicode().tag(sync=True)  # the set at work
    recipes = Dict().tag(sync=True)  # set -> {trait: value}, taken when the reader chooses the set
    size = Enum(("full", "small"), "full").tag(sync=True)
    knobs = List(Unicode()).tag(sync=True)  # those that are shown
    shown_slips = List(Unicode()).tag(sync=True)
    palette = List(Unicode(), list(figures.TEN)).tag(sync=True)
    webassembly = Bool(True).tag(sync=True)  # False: plain JavaScript, ten times slower

    latent_dim = Int(2, min=1, max=64).tag(sync=True)
    hidden = List(Int(min=8, max=1024), [128]).tag(sync=True)
    leak = Float(0.0, min=0, max=1).tag(sync=True)
    beta = Float(1.0, min=0).tag(sync=True)
    noise = Bool(True).tag(sync=True)
    price = Bool(True).tag(sync=True)
    warm_up = Int(0, min=0).tag(sync=True)
    likelihood = Enum(("bernoulli", "gaussian"), "bernoulli").tag(sync=True)
    sigma = Float(0.1, min=1e-3).tag(sync=True)
    learning_rate = Float(5e-3, min=0).tag(sync=True)
    batch_size = Int(128, min=4, max=128).tag(sync=True)
    slips = List(Enum(SLIPS)).tag(sync=True)  # those that are switched on
    seed = Int(0, min=0, max=2**31 - 1).tag(sync=True)

    step = Int(0).tag(sync=True)
    history = List(Dict()).tag(sync=True)
    _weights = CBytes().tag(sync=True)  # from the front end: the picture taken from each, then all parameters
    _given = Bytes().tag(sync=True)  # the same, to the front end, which may come later

    def __init__(self, **traits):
        super().__init__(**traits)
        self.on_msg(self._answer)

    @validate("hidden")
    def _eights(self, proposal):
        if not proposal.value or any(width % 8 for width in proposal.value):
            raise ValueError(f"Hidden layers have 8, 16, 24, ... units, not {proposal.value}.")
        return proposal.value

    @observe("data", "hidden", "latent_dim", "seed")
    def _begin_anew(self, _):
        self._given = b""  # a view that opens later begins as this one does

    def to_html(self) -> str:
        if FOLDER in os.environ:
            for name in self.sets:
                lab_sets.pack(name).keep(Path(os.environ[FOLDER]))
        return super().to_html()

    def still(self) -> str:
        """Ten pictures of the kind that it would learn from."""
        name = "portraits" if self.data == "faces" else "digits"
        images = load(name, size=SHAPES[self.data][1], n=10, split="test").float()
        alt = (
            f"{self.title}: ten pictures of the kind that a VAE would learn from here, were scripts allowed."
        )
        return f"<p>{html.escape(self.title)}: this needs JavaScript.</p>{img(row(images), alt, width=600)}"

    def weights(self) -> VAE:
        """The VAE as it stood when training was last paused, to go on with in Python.

        Raises:
            ModelError: it has not been trained here: press Train, then Pause.
        """
        if not self._weights:
            raise ModelError(
                "The lab has no weights yet: press Train in it, then Pause, and run this cell again."
            )
        numbers = torch.frombuffer(bytearray(self._weights), dtype=torch.float32)
        inputs = math.prod(SHAPES[self.data])
        model = self._network()
        _fill(model, numbers[:inputs], numbers[inputs:])
        return model.eval()

    def load(self, model: VAE) -> None:
        """Go on in the lab with a VAE's weights; Adam begins anew.

        Args:
            model: built as `weights` builds one: as many layers, with the same widths. Its likelihood and
                beta stay behind: those are the lab's own traits.

        Raises:
            ModelError: another architecture than the lab's.
        """
        parts, own = _parameters(model), _parameters(self._network())
        if [part.shape for part in parts] != [part.shape for part in own]:
            raise ModelError(
                f"The lab has {_widths(self)} units now; this model's parameters have other shapes. Set the "
                "lab's latent_dim and hidden, or build the model as lab.weights() does."
            )
        inputs = math.prod(SHAPES[self.data])
        numbers = torch.cat([torch.zeros(inputs), *(part.detach().cpu().float().flatten() for part in parts)])
        self._given = b""  # the same weights once more are news, too
        self._given = numbers.numpy().tobytes()

    @torch.random.fork_rng(devices=[])  # the reader's own random numbers go on as they would have
    def _network(self) -> VAE:
        """A VAE of this lab's sizes, with random weights."""
        shape, latent_dim = SHAPES[self.data], self.latent_dim
        inputs = math.prod(shape)
        encoder = nn.Sequential(nn.Flatten(), *self._chain([inputs, *self.hidden]))
        last = [nn.Sigmoid()] if self.likelihood == "bernoulli" else []
        widths = [latent_dim, *reversed(self.hidden)]
        layers = [*self._chain(widths), nn.Linear(widths[-1], inputs), *last, nn.Unflatten(1, shape)]
        likelihood = losses.Bernoulli() if self.likelihood == "bernoulli" else losses.Gaussian(self.sigma)
        return VAE(encoder, nn.Sequential(*layers), latent_dim, shape, likelihood, beta=self.beta)

    def _chain(self, widths: Sequence[int]) -> list[nn.Module]:
        return [part for a, b in pairwise(widths) for part in (nn.Linear(a, b), nn.LeakyReLU(self.leak))]

    def _answer(self, _, message: dict, buffers: list) -> None:
        """Answer the front end, which asks for pictures."""
        reply = {"id": message.get("id")}
        try:
            name = next(name for name, key in self.sets.items() if key == message["key"])
            file = lab_sets.pack(name)
            self.send(reply | {"meta": file.meta}, [file.data])
        except Exception as error:  # the front end shows it; a widget must not die of it
            self.send(reply | {"error": f"{type(error).__name__}: {error}"})


def _widths(explorer: LabExplorer) -> str:
    inputs = math.prod(SHAPES[explorer.data])
    return "-".join(
        map(str, [inputs, *explorer.hidden, explorer.latent_dim, *reversed(explorer.hidden), inputs])
    )


def _parameters(model: VAE) -> list[nn.Parameter]:
    """In the lab's order: encoder, mu, log-variance, decoder."""
    rooms = (model.encoder, model.to_mu, model.to_log_var, model.decoder)
    return [parameter for room in rooms for parameter in room.parameters()]


@torch.no_grad()
def _fill(model: VAE, middle: Tensor, numbers: Tensor) -> None:
    """Give the model the lab's parameters; its first bias takes `middle` from each picture."""
    parts = _parameters(model)
    for part, values in zip(parts, numbers.split([part.numel() for part in parts]), strict=True):
        part.copy_(values.view_as(part))
    weight, bias = parts[:2]
    bias -= weight @ middle


def lab(
    data: str | Sequence[str] = ("handwritten", "digits"),
    *,
    latent_dim: int | None = None,
    hidden: Sequence[int] | None = None,
    beta: float = 1.0,
    knobs: Sequence[str] | None = None,
    slips: Sequence[str] | None = None,
    size: str = "full",
    seed: int = 0,
    title: str = "A VAE that trains before your eyes",
    **settings,
) -> LabExplorer:
    """A VAE of dense layers that the reader trains: in a built page by itself, or in a notebook.

    Everything is computed in the browser, as PyTorch would: the loss agrees to five digits. What moves:
    the latent plane with 500 unseen pictures' codes, what is decoded everywhere on it, reconstructions,
    twelve invented pictures whose codes stay, and the losses in nats per image. With more than two latent
    dimensions the plane shows the two with most KL.

    Args:
        data: "handwritten" (scikit-learn's 1,797 digits, enlarged), "digits" (drawn in the page, endless) or
            "faces" (portraits of 32x32 in colour); of several the reader may choose, the first comes first.
        latent_dim: numbers in a code; by default 2 for digits, 16 for faces.
        hidden: widths of the encoder's hidden layers, multiples of 8; the decoder has them in reverse. By
            default one layer, of 128 units for digits, 256 for faces.
        beta: weight of the KL term.
        knobs: what the reader may turn: some of "beta", "noise", "price", "warm_up", "latent_dim", "leak",
            "learning_rate", "likelihood", "sigma"; by default all in a full lab, none in a small one.
        slips: mistakes that the reader may switch on: some of "sigma" (sigma = exp(log_var)),
            "sum over batch", "mean over pixels", "cut gradient"; by default as with knobs.
        size: "full", or "small": plane, pictures and curves with the named knobs and slips only.
        seed: of weights, batches and noise.
        title: the explorer's heading.
        settings: values for other traits of `LabExplorer`, such as `noise=False, price=False`.

    Raises:
        UnknownNameError: an unknown set, knob or slip.
        ValueError: no set at all.
    """
    names = [data] if isinstance(data, str) else list(data)
    _known("set for the lab", names, lab_sets.NAMES)
    if not names:
        raise ValueError("data names at least one set to learn from.")
    full = size == "full"
    knobs = list(KNOBS if full else ()) if knobs is None else list(knobs)
    slips = list(SLIPS if full else ()) if slips is None else list(slips)
    _known("knob", knobs, KNOBS)
    _known("slip", slips, SLIPS)
    asked = {"latent_dim": latent_dim, "hidden": None if hidden is None else list(hidden)}
    settings = {name: value for name, value in asked.items() if value is not None} | settings
    return LabExplorer(
        title=title,
        sets={name: lab_sets.pack(name).key for name in names},
        data=names[0],
        recipes={name: RECIPES[name] for name in names},
        beta=beta,
        knobs=knobs,
        shown_slips=slips,
        size=size,
        seed=seed,
        **RECIPES[names[0]] | settings,
    )


def _known(what: str, names: Sequence[str], known: Sequence[str]) -> None:
    for name in names:
        if name not in known:
            raise UnknownNameError(what, name, known)
