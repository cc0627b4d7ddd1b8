"""Magics in a submission leave behind while it is graded what they leave behind in IPython."""

import types

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from vaelab.grading.isolation.cells import compiled
from vaelab.grading.isolation.shell import Shell

BEGIN = "def f(x):\n    return x + 1\n\nseen, kept = set(), 3"
LEFT = ("seen", "kept", "given", "said", "after", "end")


@pytest.fixture(scope="module")
def ipython():
    config = Config({"HistoryManager": {"enabled": False}})
    return InteractiveShell(user_module=types.ModuleType("home"), config=config)


def at_home(shell: InteractiveShell, cells: list[str]) -> dict:
    shell.reset(new_session=False)
    for cell in cells:
        shell.run_cell(cell)
    return shell.user_ns


def graded(cells: list[str]) -> dict:
    namespace: dict = {}
    shell = Shell(namespace)
    namespace["get_ipython"] = lambda: shell
    for cell in cells:
        try:
            exec(compiled(cell, "cell"), namespace)
        except Exception as error:
            print(f"{type(error).__name__}: {error}")
    return namespace


def left(names: dict) -> dict:
    """What can be compared: a result of timing by its kind, of captured text what comes before an error."""
    told = {name: names[name] for name in LEFT if name in names}
    told = {k: v.stdout.splitlines()[:1] if hasattr(v, "stdout") else v for k, v in told.items()}
    return {name: type(value).__name__ if hasattr(value, "best") else value for name, value in told.items()}


@pytest.mark.parametrize(
    "cell",
    [
        "%time seen.add(f(1))",
        "%time kept = f(1)",
        "given = %time f(1)",
        "given = %time -f(1)",
        "given = %time kept = 4; f(kept)",
        "%timeit -n 3 seen.add(f(1))",
        "%timeit -r1 -n1  seen.add(f(1))",
        "%timeit -n1 -r1 -q -p 2 seen.add('two  blanks')",
        "%timeit -n1 -r1 kept = f(1); seen.add(kept)",
        "given = %timeit -n1 -r1 f(1)",
        "given = %timeit -o -n1 -r1 f(1)",
        "%timeit -v given -n1 -r1 f(1)",
        "%prun -q -s cumulative seen.add(f(1))",
        "%prun -q kept = f(1)",
        "given = %prun -q f(1)",
        "%%time\nkept = f(1)\nkept + 1",
        "%%time\n%xmode Plain\nkept = f(1)",
        "%%timeit -n1 -r1 mine = f(1)\nseen.add(mine)\nkept = 4",
        "%%timeit -n 1 -r 1\nfor k in range(2):\n    seen.add(k)",
        "%%prun -q -s time\nkept = f(1)\nseen.add(kept)",
        "%%prun -q kept = f(1)\nseen.add(kept)",
        "%%capture\nprint(f(1))\nkept = 4",
        "%%capture said\nprint(f(1))",
        "%%capture said --no-stderr\nprint(f(1))",
        "%%capture --no-stderr said\nprint(f(1))",
        "%%capture said\nprint(f(1))\nundefined",
        "def g(own):\n    %time seen.add(own)\n    %timeit -n1 -r1 seen.add(own + 1)\n\ng(7)",
        "for own in range(2):\n    given = %time f(own)",
        "%time undefined",
        "%timeit -n1 -r1 undefined",
        "%xmode Plain\nkept = 4",
    ],
)
def test_as_in_ipython(ipython, cell):
    cells = [BEGIN, cell if cell.startswith("%%") else f"{cell}\nafter = 1", "end = 1"]
    assert left(graded(cells)) == left(at_home(ipython, cells))


def test_a_magic_runs_its_code_once():
    """At home `%timeit` takes as long as it likes; a grader has other things to do."""
    cells = [
        "calls = []",
        "%timeit -n 50 -r 9 calls.append(1)",
        "%%timeit -n 50 calls.append(2)\ncalls.append(3)",
    ]
    assert graded(cells)["calls"] == [1, 2, 3]
