"""The code of a notebook's cell, ready to run."""

import ast
import linecache
from types import CodeType


def compiled(source: str, name: str) -> CodeType:
    """Plain Python as it is; `%magic`, `!command` and `object?` become calls of `get_ipython()`."""
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)  # for inspect
    return compile(parsed(source, name), name, "exec", dont_inherit=True)


def parsed(source: str, name: str) -> ast.Module:
    """The same, not yet compiled."""
    try:
        return ast.parse(source, name)
    except SyntaxError:
        from IPython.core.inputtransformer2 import TransformerManager

        return ast.parse(TransformerManager().transform_cell(source), name)
