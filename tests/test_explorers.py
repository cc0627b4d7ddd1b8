"""What all explorers share: the specification, its two lives, and the kernel's answers to the front end."""

import html
import json
import re
from pathlib import Path

import pytest
import torch
from torch import nn
from traitlets import Float

import vaelab
from vaelab.errors import ShapeError
from vaelab.explorers import DecoderExplorer, Explorer


def test_the_appendix_opens_every_explorer():
    root = Path(__file__).resolve().parent.parent
    names = re.findall(r"import ([a-z]\w*) as", (root / "vaelab/explorers/__init__.pyi").read_text())
    text = (root / "book/appendix-explorers.ipynb").read_text(encoding="utf-8")
    helpers = {"name_dimensions", "named_directions"}
    assert len(names) > 12 and helpers < set(names)
    assert [name for name in names if name not in helpers and f"explorers.{name}(" not in text] == []


class Dial(Explorer):
    angle = Float(0.5).tag(sync=True)

    def still(self):
        return '<img alt="a dial">'


class Toy(nn.Module):
    """Any torch model: its decoder is not one that a page could run."""

    latent_dim = 3

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor([0.1, 0.2, 0.3]))

    def decode(self, z):
        if z.isnan().any():
            raise ValueError("no picture for a code that is not a number")
        return (z * self.scale)[:, :, None, None].expand(-1, -1, 4, 5)


def ask(explorer, message):
    """What the front end would receive: (content, buffers)."""
    replies = []
    explorer.send = lambda content, buffers=None: replies.append((content, buffers))
    explorer._answer(None, message, [])
    (reply,) = replies
    return reply


def test_the_page_carries_the_whole_specification():
    dial = Dial(kind="dial", title='"Turn" & <look>')
    data, _ = dial._repr_mimebundle_()
    found = re.fullmatch(
        r'<div class="vaelab-explorer" data-kind="dial" data-spec="([^"]*)">(.*)</div>', data["text/html"]
    )
    assert json.loads(html.unescape(found[1])) == {"kind": "dial", "title": '"Turn" & <look>', "angle": 0.5}
    assert found[2] == '<img alt="a dial">'
    assert "application/vnd.jupyter.widget-view+json" in data


def test_the_page_shows_what_was_set_last():
    dial = Dial(kind="dial", title="Turn")
    dial.angle = 0.75
    assert "&quot;angle&quot;:0.75" in dial.to_html()


def test_the_kernel_decodes_any_model_in_order():
    model = Toy()
    explorer = DecoderExplorer(model, kind="sliders", title="Toy")
    codes = [[1.0, 0, 2], [0, 3, 0]]  # JSON has no 0.0
    content, (pixels,) = ask(explorer, {"type": "decode", "codes": codes, "id": 7})
    assert content == {"id": 7}
    shown = torch.frombuffer(bytearray(pixels), dtype=torch.uint8).view(2, 4, 5, 4)
    expected = (255 * model.decode(torch.tensor(codes))).round().byte().permute(0, 2, 3, 1)
    assert torch.equal(shown[..., :3], expected) and (shown[..., 3] == 255).all()


def test_what_goes_wrong_in_the_model_is_told():
    content, _ = ask(
        DecoderExplorer(Toy(), title="Toy"), {"type": "decode", "codes": [[float("nan")] * 3], "id": 1}
    )
    assert content["error"] == "ValueError: no picture for a code that is not a number"


def test_weights_travel_once_asked_for_or_the_reason_why_not(tmp_path, monkeypatch):
    faces = DecoderExplorer(vaelab.pretrained("portrait-vae"), title="Faces")
    content, (data,) = ask(faces, {"type": "weights", "id": 2})
    assert content["meta"]["key"] == faces.weights and len(data) > 100_000
    toy = DecoderExplorer(Toy(), title="Toy")
    content, _ = ask(toy, {"type": "weights", "id": 3})
    assert toy.weights == "" and content["error"] == toy.why_not_in_a_page != ""


def test_making_the_book_keeps_the_weights(tmp_path, monkeypatch):
    faces = DecoderExplorer(vaelab.pretrained("portrait-vae"), title="Faces")
    faces.to_html()
    monkeypatch.setenv("VAELAB_EXPLORER_WEIGHTS", str(tmp_path / "models"))
    faces.to_html()
    (script,) = (tmp_path / "models").iterdir()
    assert script.name == f"{faces.weights}.js" and faces.weights in script.read_text()


def test_pictures_of_a_strange_shape_are_refused():
    class Volume(Toy):
        def decode(self, z):
            return z[:, :, None, None, None]

    with pytest.raises(ShapeError, match=r"\(1 or 3, H, W\)"):
        DecoderExplorer(Volume(), title="Volume")
