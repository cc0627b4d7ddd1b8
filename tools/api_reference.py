"""Sphinx extension: the API reference is made from the docstrings of vaelab's public names.

Public is what the stubs (`__init__.pyi`) and `__all__` offer, and what the modules named there define. The
pages in `book/api/` say where each name stands; tests/test_api_reference.py says that each stands once.
"""

import functools
import inspect
import re
from types import ModuleType

import traitlets

import vaelab

# Rooms whose names are used by readers. Those behind `vaelab.load` are told of, but not spread out.
SPREAD_OUT = {f"vaelab.data.{name}" for name in ("augment", "cylinders", "digits", "portraits", "wardrobe")}
_CODE = re.compile(r"(?<!`)`(?P<code>[^`]+)`(?!`)")
_BLOCK = re.compile(r"(?<!:):\n\n    (?=\S)")
_SIGNATURE = re.compile(r'<dt class="sig .*?</dt>', re.DOTALL)


@functools.cache
def public_names() -> dict[str, object]:
    """Full name -> what it names; a name that is offered in two places comes twice."""
    from vaelab import grading, quizzes, training

    found = _members(vaelab)
    for module in [*found.values(), grading, quizzes, training]:
        if inspect.ismodule(module):
            found |= {module.__name__: module} | _members(module)
    for name in [name for name in found if name.startswith("vaelab.data.")]:
        if name in SPREAD_OUT:
            found |= _members(found[name])
    return found


def _members(module: ModuleType) -> dict[str, object]:
    names = getattr(module, "__all__", None) or [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
    ]
    return {f"{module.__name__}.{name}": getattr(module, name) for name in names}


def resolver(name: str, own_words: set[str]):
    """What finds the full name of a piece of code in the docstring of `name`, or None.

    A thing does not refer to itself, and `own_words`, its parameters, are no references either.
    """
    known = public_names()
    parts = name.split(".")
    places = [".".join(parts[:end]) for end in range(len(parts), 0, -1)]

    def resolve(code: str) -> str | None:
        full = next((f"{place}.{code}" for place in places if f"{place}.{code}" in known), None)
        if full is None or code in own_words:
            return None
        full = shortest(full, known)
        return None if full == name else full

    return resolve


def shortest(full: str, known: dict[str, object]) -> str:
    """The name that the reference uses for the same thing: `vaelab.VAE`, not `vaelab.models.VAE`."""
    value = known[full]
    if not callable(value) and not inspect.ismodule(value):
        return full
    return min((name for name, other in known.items() if other is value), key=lambda n: (n.count("."), n))


def read_docstring(app, what, name, obj, options, lines):
    """Called by autodoc with the lines of one docstring, before napoleon reads its sections.

    `code` becomes a link where the reference knows the name, else code. An indented block after a colon is
    a formula or code, as in Markdown.
    """
    resolve = resolver(name, _parameters(obj))

    def marked(match: re.Match) -> str:
        full = resolve(match["code"])
        mark = f":py:obj:`{match['code']} <{full}>`" if full else f"``{match['code']}``"
        touching = match.string[match.end() :][:1].isalnum()  # `conv_block`s
        return mark + ("\\ " if touching else "")

    text = _CODE.sub(marked, "\n".join(lines))
    lines[:] = _BLOCK.sub("::\n\n    ", text).split("\n")


def _parameters(obj) -> set[str]:
    try:
        return set(inspect.signature(obj).parameters)
    except (TypeError, ValueError):  # a module, a constant
        return set()


def skip_borrowed(app, what, name, obj, skip, options):
    """Methods that are another library's (`draw_noise = torch.randn_like`) bring its docstrings."""
    return True if not inspect.ismodule(obj) and _home(obj) not in (None, "vaelab") else None


def _home(obj) -> str | None:
    module = getattr(inspect.unwrap(obj) if callable(obj) else obj, "__module__", None)
    return module.partition(".")[0] if isinstance(module, str) else None


def hide_borrowed_signature(app, what, name, obj, options, signature, returns):
    """A class that is built as another library's (a widget, a layer) is told of without its `*args`."""
    if inspect.isclass(obj) and issubclass(obj, traitlets.HasTraits):
        return "", None
    if inspect.isclass(obj) and inspect.isfunction(obj.__init__) and _home(obj.__init__) != "vaelab":
        return "", None
    return None


def write_parameters_as_lines(app, pagename, templatename, context, doctree):
    """Sphinx writes the lines of a long signature as a list without terms, which no list may be."""
    context["body"] = _SIGNATURE.sub(_with_lines, context.get("body", ""))


def _with_lines(signature: re.Match) -> str:
    text = signature[0].replace("<dl>", '<span class="sig-lines">').replace("</dl>", "</span>")
    return text.replace("<dd>", '<span class="sig-line">').replace("</dd>", "</span>")


def setup(app):
    app.setup_extension("sphinx.ext.napoleon")
    app.add_css_file("reference.css")
    app.connect("autodoc-process-docstring", read_docstring, priority=400)  # before napoleon's
    app.connect("autodoc-process-signature", hide_borrowed_signature)
    app.connect("autodoc-skip-member", skip_borrowed)
    app.connect("html-page-context", write_parameters_as_lines)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
