"""Sphinx extension: what the explorers and quizzes in the pages need, all from this repository.

The quizzes' small script goes onto every page, as the contents show the reader's progress; the explorers'
only onto pages that have some, the lab's only where one is. The weights of a model, or a lab's pictures, go
into `_static/models/`; running the notebooks left them in the cache.
"""

import re
import shutil
from pathlib import Path

from sphinx.util import logging

from tools import notebook_cache
from vaelab.explorers import lab_sets
from vaelab.explorers.explorer import STATIC

LOGGER = logging.getLogger(__name__)
SCRIPTS = ("explorers.js", "explorers.css", "lab.js", "quizzes.js", "quizzes.css")
EXPLORER = re.compile(r'class="vaelab-explorer" data-kind="(?!quiz"|lab")')
LAB = re.compile(r'class="vaelab-explorer" data-kind="lab"')
FILES = re.compile(rf"&quot;(?:{'|'.join(('weights', *lab_sets.NAMES))})&quot;:&quot;([\w.-]+)&quot;")


def copy_scripts(app):
    if app.builder.format != "html":
        return
    target = Path(app.outdir) / "_static"
    target.mkdir(parents=True, exist_ok=True)
    for name in SCRIPTS:
        shutil.copy2(STATIC / name, target)
    app.add_css_file("explorers.css")
    app.add_css_file("quizzes.css")
    app.add_js_file("quizzes.js", loading_method="defer")


def drop_widget_state(app, env):
    """Executed notebooks carry the state of their widgets, which the pages do not use."""
    for data in getattr(env, "nb_metadata", {}).values():
        data.get("js_files", {}).pop("ipywidgets_state", None)


def equip_page(app, pagename, templatename, context, doctree):
    """Give a page with explorers their script and the weights that they name."""
    if EXPLORER.search(context.get("body", "")):
        app.add_js_file("explorers.js")  # at once: explorers take their room before they are seen
    if LAB.search(context.get("body", "")):
        app.add_js_file("lab.js")
    for key in set(FILES.findall(context.get("body", ""))):
        source = notebook_cache.EXPLORER_WEIGHTS / f"{key}.js"
        target = Path(app.outdir) / "_static" / "models" / source.name
        if source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
        elif not target.exists():
            LOGGER.warning("The file %s of an explorer on %s is not in the cache: make clean, then make "
                           "book.", key, pagename)  # fmt: skip


def setup(app):
    app.connect("builder-inited", copy_scripts)
    app.connect("env-updated", drop_widget_state)
    app.connect("html-page-context", equip_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
