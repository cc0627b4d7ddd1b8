"""Sphinx extension: entries of the bibliography have a role that screen readers know.

Docutils writes `doc-biblioentry`, which the ARIA standard has withdrawn and which is not allowed in a list.
"""


def make_entries_list_items(app, pagename, templatename, context, doctree):
    if "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def setup(app):
    app.connect("html-page-context", make_entries_list_items)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
