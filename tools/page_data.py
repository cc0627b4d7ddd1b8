"""What our Sphinx extensions share: something remembered for each page, and links to places in pages."""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment


def of_pages(env: BuildEnvironment, name: str) -> dict:
    """The dictionary page -> what the extension found in it, kept between builds."""
    return env.__dict__.setdefault(name, {})


def remember(app: Sphinx, name: str) -> None:
    """Forget a page's entry when the page is read again or removed; take over what other processes read."""

    def forget(app, env, docname):
        of_pages(env, name).pop(docname, None)

    def merge(app, env, docnames, other):
        found = of_pages(other, name)
        of_pages(env, name).update({page: found[page] for page in docnames if page in found})

    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)


def link(app: Sphinx, source: str, target: str, anchor: str, text: str, **attributes) -> nodes.reference:
    """A link on page `source` to a place in page `target`."""
    address = app.builder.get_relative_uri(source, target) + (f"#{anchor}" if anchor else "")
    return nodes.reference("", text, internal=True, refuri=address, **attributes)
