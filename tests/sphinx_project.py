"""Builds a Sphinx project of a few lines, for the tests of our extensions."""

import io
import re
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.console import nocolor
from sphinx.util.docutils import docutils_namespace


def build(folder: Path, extension: str, pages: dict[str, str], **config) -> tuple[dict[str, str], str]:
    """Write and build the pages (name -> reStructuredText) in `folder`, again if it is there already.

    Returns:
        The pages' HTML, name -> text of the article, and the warnings.
    """
    nocolor()
    for name, text in pages.items():
        (folder / f"{name}.rst").write_text(text, encoding="utf-8")
    overrides = {"extensions": [extension], "root_doc": "index", "html_theme": "basic", **config}
    warnings = io.StringIO()
    with docutils_namespace():  # what one build registers is gone before the next
        app = Sphinx(folder, None, folder / "out", folder / "doctrees", "html", overrides, None, warnings)
        app.build()
    written = {page: folder / "out" / f"{page}.html" for page in app.env.found_docs}
    article = re.compile(r'role="main">(.*?)<div class="clearer">', re.DOTALL)
    html = {page: article.search(path.read_text(encoding="utf-8"))[1] for page, path in written.items()}
    return html, warnings.getvalue()
