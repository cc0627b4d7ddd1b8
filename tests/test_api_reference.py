"""Every public name stands in the API reference once, and every name that the reference uses is explained."""

import argparse
import inspect
import pickle
import re
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
import yaml

from tools import api_reference, command_line_page, outside_names

ROOT = Path(__file__).resolve().parent.parent
OURS = {"tools.api_reference", "tools.command_line_page", "tools.outside_names"}
SETTINGS = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["sphinx"]["config"]


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """The reference alone, built as in the book but without its look: (what each domain holds, warnings)."""
    folder = tmp_path_factory.mktemp("reference")
    (folder / "book").mkdir()
    shutil.copy(ROOT / "book" / "api.md", folder / "book")
    shutil.copytree(ROOT / "book" / "api", folder / "book" / "api")
    text = "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.md"))
    for page in set(re.findall(r"\{doc\}`/book/([\w-]+)`", text)):  # chapters that the reference points to
        (folder / "book" / f"{page}.md").write_text(f"# {page}\n")
    listed = "\n".join(str(path.relative_to(folder)) for path in sorted(folder.rglob("*.md")))
    (folder / "index.md").write_text(f"# Book\n\n```{{toctree}}\n{listed}\n```\n")
    kept = ("autodoc_", "maximum_", "napoleon_")
    settings = {key: value for key, value in SETTINGS.items() if key.startswith(kept)}
    settings["extensions"] = ["myst_parser", *sorted(OURS.intersection(SETTINGS["extensions"]))]
    (folder / "conf.py").write_text("".join(f"{key} = {value!r}\n" for key, value in settings.items()))
    # In a process of its own: autodoc changes the signatures of what it documents.
    sphinx = [sys.executable, "-m", "sphinx", "-n", "-q", "--no-color", "-b", "dummy", "-d", folder / "trees"]
    run = subprocess.run([*sphinx, folder, folder / "out"], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return pickle.loads((folder / "trees" / "environment.pickle").read_bytes()).domaindata, run.stderr


def test_builds_without_a_warning(reference):
    _, warnings = reference
    assert warnings == ""


def test_each_public_name_stands_in_the_reference_once(reference):
    domains, _ = reference
    documented = {name for name, entry in domains["py"]["objects"].items() if not entry.aliased}
    wrong = {}
    for names in same_things():
        if (places := len(documented & names)) != 1:
            wrong[min(names)] = places
    assert wrong == {}, "public names, and how often each stands in book/api/"


def same_things() -> list[set[str]]:
    """The public names, those of one thing together: vaelab.load is vaelab.data.load."""
    by_thing: dict = {}
    for name, value in api_reference.public_names().items():
        shared = callable(value) or inspect.ismodule(value)  # other constants may be equal without being one
        by_thing.setdefault(id(value) if shared else name, set()).add(name)
    return list(by_thing.values())


def test_public_is_what_the_stubs_and_lists_say():
    names = api_reference.public_names()
    for stub in (ROOT / "vaelab").rglob("__init__.pyi"):
        package = ".".join(stub.parent.relative_to(ROOT).parts)
        offered = re.findall(r" as (\w+)$", stub.read_text(encoding="utf-8"), re.MULTILINE)
        assert {f"{package}.{name}" for name in offered} <= names.keys()
    assert "vaelab.losses.gaussian_kl" in names
    assert "vaelab.training.History" in names
    assert not [name for name in names if "._" in name]


def test_every_option_of_the_command_line_is_told_of(reference):
    domains, _ = reference
    told = domains["std"]["progoptions"].keys()
    for name, parser in command_line_page.commands().items():
        for action in parser._actions:
            for option in action.option_strings or [action.metavar or action.dest]:
                told_once = action.dest == "help" or action.help == argparse.SUPPRESS  # of all commands alike
                assert told_once or (f"vaelab-{name}", option) in told


# ---- docstrings ----


def add(a, b):
    """Adds, as `VAE` does to `a`, `bce`s.

    The sum:

        a | b

    Args:
        a, b: numbers.

    Raises:
        ShapeError: wrong.
    """


def test_code_in_a_docstring_is_a_link_where_the_name_is_known():
    lines = inspect.getdoc(add).splitlines()
    api_reference.read_docstring(None, "function", "vaelab.losses.add", add, None, lines)
    text = "\n".join(lines)
    assert ":py:obj:`VAE <vaelab.VAE>`" in text
    assert "``a``" in text  # its own parameter
    assert ":py:obj:`bce <vaelab.losses.bce>`\\ s." in text
    assert "The sum::\n\n    a | b" in text


def test_a_signature_holds_no_list_and_other_lists_stay():
    body = '<dl><dt class="sig py">f(<dl><dd><em>x</em></dd></dl>)</dt><dd>About.</dd></dl>'
    context = {"body": body}
    api_reference.write_parameters_as_lines(None, "", "", context, None)
    lines = '<span class="sig-lines"><span class="sig-line"><em>x</em></span></span>'
    assert context["body"] == f'<dl><dt class="sig py">f({lines})</dt><dd>About.</dd></dl>'


# ---- names of other packages ----


def test_inventories_are_what_sphinx_reads(tmp_path):
    from sphinx.util.inventory import InventoryFile

    written = outside_names.inventory("torch", {"torch.Tensor": "py:class tensors.html#$"})
    assert (
        zlib.decompress(written.split(b"zlib.\n", 1)[1])
        == b"torch.Tensor py:class 1 tensors.html#torch.Tensor -\n"
    )
    file = tmp_path / "torch.inv"
    file.write_bytes(written)
    with file.open("rb") as stream:
        read = InventoryFile.load(stream, "https://example.org", lambda base, page: f"{base}/{page}")
    assert read["py:class"]["torch.Tensor"][2] == "https://example.org/tensors.html#torch.Tensor"


def test_addresses_of_other_packages_are_https_folders():
    for known in outside_names.projects().values():
        assert re.fullmatch(r"https://[\w./-]+/", known["address"])
