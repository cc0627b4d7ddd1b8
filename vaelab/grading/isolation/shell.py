"""What `get_ipython()` gives while grading: a few magics run their code, once; all others do nothing."""

import ast
import sys
import timeit
from collections.abc import Mapping
from getopt import GetoptError, getopt
from typing import Any

from vaelab.grading.isolation.cells import parsed

_OPTIONS = {"time": "", "timeit": "n:r:tcp:qov:", "prun": "D:l:rs:T:q", "capture": ""}  # as IPython's
_NAME = "<magic>"


class Shell:
    """Stands in for IPython's shell."""

    def __init__(self, namespace: dict[str, Any]):
        self._namespace = namespace

    def run_line_magic(self, name: str, line: str, *_: Any) -> Any:
        """`%time f()` runs `f()` and gives its value; `%matplotlib inline` does nothing."""
        return self._run(name, line, None, sys._getframe(1).f_locals)

    def run_cell_magic(self, name: str, line: str, cell: str) -> Any:
        """`%%time` runs the cell; `%%bash` does nothing."""
        return self._run(name, line, cell, self._namespace)

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments, **options: None

    def _run(self, name: str, line: str, cell: str | None, names: Mapping[str, Any]) -> Any:
        """Run what a magic runs, among the names of the function it stands in."""
        if name not in _OPTIONS:
            return None
        options, rest = _options_and_rest(line, _OPTIONS[name])
        if name == "timeit":
            return self._timed(options, rest, cell, names)
        if name == "capture":
            return self._captured(rest, cell or "")
        value = self._value(f"{rest}\n{cell or ''}", names)
        return value if name == "time" else None

    def _value(self, code: str, names: Mapping[str, Any]) -> Any:
        """Run code; the value of its last statement, if that is an expression."""
        tree = parsed(code, _NAME)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, _NAME, "exec"), self._namespace, names)
        if last is None:
            return None
        return eval(compile(ast.Expression(last.value), _NAME, "eval"), self._namespace, names)

    def _timed(self, options: dict[str, str], rest: str, cell: str | None, names: Mapping[str, Any]) -> Any:
        """Run as in a function: what is assigned there stays there."""
        setup, code = ("", rest) if cell is None else (rest, cell)
        plain = [ast.unparse(parsed(part, _NAME)) or "pass" for part in (code, setup)]
        seconds = timeit.timeit(*plain, number=1, globals={**self._namespace, **names})
        if options.keys().isdisjoint({"-o", "-v"}):
            return None
        from IPython.core.magics.execution import TimeitResult

        result = TimeitResult(1, 1, seconds, seconds, [seconds], 0.0, 3)
        if "-v" in options:
            self._namespace[options["-v"]] = result
        return result if "-o" in options else None

    def _captured(self, rest: str, cell: str) -> None:
        """`%%capture said` keeps in `said` what the cell prints."""
        from IPython.utils.capture import capture_output

        with capture_output(display=False) as said:
            try:
                self._value(cell, self._namespace)
            finally:
                self._namespace.update({word: said for word in rest.split() if not word.startswith("-")})


def _options_and_rest(line: str, known: str) -> tuple[dict[str, str], str]:
    """A magic's options, and what stands behind them as it was written."""
    words = line.split()
    try:
        options, rest = getopt(words, known)
    except GetoptError:  # no option, but code that begins with a minus
        return {}, line.strip()
    before = len(words) - len(rest)
    return dict(options), line.split(None, before)[before] if rest else ""
