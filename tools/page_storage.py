"""Sphinx extension: `storage.js` stands before all other scripts of a page, the theme's own in the head too.

The theme takes a browser's storage for granted. Scripts that are added the usual way come after it.
"""

SCRIPT = "storage.js"


def put_first(app, pagename, templatename, context, doctree):
    """Sphinx's layout shows `metatags` right after the page's encoding."""
    source = context["pathto"](f"_static/{SCRIPT}", True)
    context["metatags"] = f'<script src="{source}"></script>\n{context.get("metatags") or ""}'


def setup(app):
    app.connect("html-page-context", put_first)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
