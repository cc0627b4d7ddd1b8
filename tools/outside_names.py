"""Sphinx extension: links to the documentation of other packages, without a network.

`book/outside-names.toml` holds the few names that our pages refer to, and where they are documented. From it
the build writes the inventories that sphinx.ext.intersphinx would otherwise fetch. A name that is missing
there fails the build. To compare the addresses with what those packages say, with a network:

    python -m tools.outside_names
"""

import sys
import urllib.request
import zlib
from pathlib import Path

from sphinx.util.inventory import InventoryFile

from vaelab.edited import read_toml

NAMES = Path(__file__).resolve().parent.parent / "book" / "outside-names.toml"


def projects() -> dict[str, dict]:
    """Project -> {"address": of its documentation, "names": full name -> "role page#anchor"}."""
    return read_toml(NAMES)


def inventory(project: str, names: dict[str, str]) -> bytes:
    """An objects.inv, version 2: four lines of text, then compressed `name role priority page title`."""
    head = f"# Sphinx inventory version 2\n# Project: {project}\n# Version: \n"
    head += "# The remainder of this file is compressed using zlib.\n"
    lines = []
    for name, place in names.items():
        role, page = place.replace("$", name).split()
        lines.append(f"{name} {role} 1 {page} -\n")
    return head.encode() + zlib.compress("".join(lines).encode())


def use_our_inventories(app, config):
    folder = Path(app.doctreedir) / "inventories"
    folder.mkdir(parents=True, exist_ok=True)
    for project, known in projects().items():
        file = folder / f"{project}.inv"
        file.write_bytes(inventory(project, known["names"]))
        config.intersphinx_mapping[project] = (known["address"], str(file))


def setup(app):
    # Before intersphinx looks at its settings, which is at the usual priority of 500 or 800.
    app.connect("config-inited", use_our_inventories, priority=400)
    app.setup_extension("sphinx.ext.intersphinx")
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def compare() -> int:
    """Compare each address with the project's own inventory; print what to change. Needs a network."""
    wrong = 0
    for project, known in projects().items():
        with urllib.request.urlopen(known["address"] + "objects.inv", timeout=60) as answer:
            theirs = InventoryFile.load(answer, "", lambda base, page: page)
        for name, place in known["names"].items():
            role, page = place.replace("$", name).split()
            documented = theirs.get(role, {}).get(page.partition("#")[2])
            if documented is None or documented[2] != page:
                wrong += 1
                print(f'{project}: "{name}" is at "{documented and documented[2]}", not "{page}"')
    print(f"{wrong} to change in {NAMES.name}" if wrong else "All addresses are right.")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(compare())
