"""Sphinx extension: roles and names in the pages that screen readers know.

- Docutils gives entries of the bibliography the role `doc-biblioentry`, which the ARIA standard has withdrawn
  and which is not allowed in a list.
- The theme's arrow that unfolds pages in the contents has no name.
"""

import re
from pathlib import Path

UNFOLDS = re.compile(
    r'(<a class="(?:current )?reference internal" href="[^"]*">([^<]*)</a><details[^>]*><summary)>'
)


def make_entries_list_items(app, pagename, templatename, context, doctree):
    if "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def name_arrows(app, exception):
    if exception or app.builder.format != "html":
        return
    for page in Path(app.outdir).rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        named = UNFOLDS.sub(r'\1 aria-label="Pages of \2">', text)
        if named != text:
            page.write_text(named, encoding="utf-8")


def setup(app):
    app.connect("html-page-context", make_entries_list_items)
    app.connect("build-finished", name_arrows)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
