"""The rooms of the package: imports go one way, and a light install needs no more than the light rooms."""

import ast
import subprocess
import sys
from collections import Counter
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "vaelab"
MODULES = {path.relative_to(PACKAGE).with_suffix(""): path for path in PACKAGE.rglob("*.py")}

# From left to right: a room imports what stands in its own group or before it.
ORDER = (
    {"errors", "extras", "files", "edited", "faults", "resources", "progress", "devices"},
    {"data"},
    {"nets", "speed", "losses", "learning", "priors", "diffusion"},
    {"models", "hierarchical", "vq", "latent_diffusion", "recipes", "weights"},
    {"training"},
    {"latent", "evaluation", "whitening"},
    {"figures", "explorers"},
    {"quizzes", "grading"},
    {"doctor", "run_file", "provenance", "sample_sheet", "commands", "cli", "__main__"},
)
LEVEL = {room: level for level, rooms in enumerate(ORDER) for room in rooms}
LEVEL["__init__"] = -1  # names and a version: what stands in it is loaded when first used

# What comes with no more than `pip install vaelab`, and what it must do without.
LIGHT = ["cli", "commands", *sorted(set().union(*ORDER[:6]))]
HEAVY = (
    *("vaelab.grading", "vaelab.quizzes"),
    *("IPython", "accelerate", "anywidget", "ipywidgets", "jupyter", "jupyter_client", "jupyter_core"),
    *("jupyterlab", "latex2mathml", "matplotlib", "nbformat", "notebook", "psutil", "pyseccomp", "traitlets"),
)


def name_of(parts) -> str:
    """Such as `vaelab.data.imageset`; a folder's `__init__` is the folder."""
    return ".".join(["vaelab", *(part for part in parts if part != "__init__")])


NAMES = {name_of(key.parts): path for key, path in MODULES.items()}


def imported(path: Path) -> set[str]:
    """Modules of ours that a module imports as soon as it is loaded."""
    found = set()
    for node in at_once(ast.parse(path.read_text(encoding="utf-8")).body):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif node.level:
            found.add("a relative import")
        elif node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (inner & set(NAMES)) or {node.module}
    return {name for name in found if name in NAMES or name == "a relative import"}


def at_once(body) -> list[ast.Import | ast.ImportFrom]:
    """Imports outside of functions."""
    found = []
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            found.append(node)
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            found += at_once(ast.iter_child_nodes(node))
    return found


def room(name: str) -> str:
    return [*name.split("."), "__init__"][1]


def test_every_room_has_its_place():
    assert {room(name) for name in NAMES} - set(LEVEL) == set()


def test_rooms_import_from_their_left():
    back = [
        f"{name} imports {other}"
        for name, path in NAMES.items()
        for other in imported(path)
        if other == "a relative import" or LEVEL[room(other)] > LEVEL[room(name)]
    ]
    assert back == []


def test_no_modules_import_each_other():
    graph = {name: imported(path) - {"vaelab"} for name, path in NAMES.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise AssertionError(" -> ".join(error.args[1])) from None


def test_no_two_files_share_a_name():
    count = Counter(key.name for key in MODULES if key.name != "__init__")
    assert [name for name, times in count.items() if times > 1] == []


USE = """
import importlib, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name in {heavy}:
            raise ImportError(f"{{name}} is not there")

sys.meta_path.insert(0, Absent())
for name in {light}:
    importlib.import_module(f"vaelab.{{name}}")

import vaelab
from vaelab import evaluation, latent, losses, nets, recipes

images = vaelab.load("digits", n=8)
model = recipes.build("mayberay-digits-vae")
vaelab.fit(model, images, epochs=1, batch_size=8)
codes = latent.encode(model, images)[0]
assert len(latent.decode(model, codes)) == 8
assert len(latent.reconstruct(model, images)) == 8
evaluation.evaluate(model, images)
vaelab.pretrained("portrait-vae").sample(2)
assert not {{"grading", "quizzes"}} & {{*dir(vaelab), *vaelab.__all__}}
"""


def test_the_light_rooms_work_without_the_rest():
    code = USE.format(heavy=HEAVY, light=LIGHT)
    done = subprocess.run([sys.executable, "-c", code], cwd=PACKAGE.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
