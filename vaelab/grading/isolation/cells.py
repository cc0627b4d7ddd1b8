"""The code of a notebook's cell, ready to run."""

import linecache
from types import CodeType


def compiled(source: str, name: str) -> CodeType:
    """Plain Python as it is; `%magic`, `!command` and `object?` become calls of `get_ipython()`."""
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)  # for inspect
    try:
        return compile(source, name, "exec", dont_inherit=True)
    except SyntaxError:
        from IPython.core.inputtransformer2 import TransformerManager

        changed = TransformerManager().transform_cell(source)
        return compile(changed, name, "exec", dont_inherit=True)
