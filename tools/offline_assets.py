"""Sphinx extension: pages load nothing from other servers, and link to the repository they come from.

MathJax comes from the Python package `django-static-mathjax`, which carries its released files and needs no
Django. Nothing of it is kept in this repository. Without the package the pages use MathJax's public server.
"""

import importlib.util
import os
import shutil
from pathlib import Path

# SVG output needs no font files, which browsers refuse to load from file:// pages.
MATHJAX_FILE = "tex-svg-full.js"
# Loaded when a reader turns on spoken formulas in MathJax's menu.
MATHJAX_ON_DEMAND = ("a11y", "sre")


def mathjax_folder() -> Path | None:
    """The installed MathJax files, or None."""
    spec = importlib.util.find_spec("mathjax")
    for location in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(location) / "static" / "mathjax"
        if (folder / "es5" / MATHJAX_FILE).exists():
            return folder
    return None


def use_local_mathjax(app, config):
    if mathjax_folder() is not None:
        config.mathjax_path = f"mathjax/{MATHJAX_FILE}"


def copy_mathjax(app):
    source = mathjax_folder()
    if source is None or app.builder.format != "html":
        return
    target = Path(app.outdir) / "_static" / "mathjax"
    target.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source / "LICENSE", target)
    shutil.copy2(source / "es5" / MATHJAX_FILE, target)
    for folder in MATHJAX_ON_DEMAND:
        shutil.copytree(source / "es5" / folder, target / folder, dirs_exist_ok=True)


def link_repository(app, config):
    """On GitHub Actions the pages get repository, Colab and Binder buttons; the links follow the fork."""
    repository = os.environ.get("GITHUB_REPOSITORY")
    if not repository:
        return
    config.html_theme_options |= {
        "repository_url": f"{os.environ.get('GITHUB_SERVER_URL', 'https://github.com')}/{repository}",
        "repository_branch": os.environ.get("GITHUB_REF_NAME", "main"),
        "use_repository_button": True,
        "use_issues_button": True,
        "launch_buttons": {
            "notebook_interface": "jupyterlab",
            "colab_url": "https://colab.research.google.com",
            "binderhub_url": "https://mybinder.org",
            "thebe": False,
        },
    }


def setup(app):
    app.connect("config-inited", use_local_mathjax)
    app.connect("config-inited", link_repository)
    app.connect("builder-inited", copy_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
