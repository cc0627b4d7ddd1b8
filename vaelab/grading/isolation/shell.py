"""What `get_ipython()` gives while grading: the few magics that run code run it, all others do nothing."""

from typing import Any

_RUNNING = {"time", "timeit", "capture", "prun"}


class Shell:
    """Stands in for IPython's shell."""

    def __init__(self, namespace: dict[str, Any]):
        self._namespace = namespace

    def run_line_magic(self, name: str, line: str, *_: Any) -> None:
        """`%time f()` runs `f()`; `%matplotlib inline` does nothing."""
        if name in _RUNNING:
            exec(line, self._namespace)

    def run_cell_magic(self, name: str, line: str, cell: str) -> None:
        """`%%time` runs the cell; `%%bash` does nothing."""
        if name in _RUNNING:
            exec(cell, self._namespace)

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments, **options: None
