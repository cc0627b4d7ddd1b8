"""Results as markdown on the screen and JSON in a file."""

import json
from collections.abc import Sequence
from pathlib import Path

RESULTS = Path(__file__).parent.parent / "_build" / "benchmarks"


def markdown(rows: Sequence[dict[str, object]]) -> str:
    """A table with one column for each key of the first row; numbers stand to the right."""
    names = list(rows[0])
    cells = [names, *[[str(row.get(name, "")) for name in names] for row in rows]]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    right = [not isinstance(rows[0][name], str) or rows[0][name][:1].isdigit() for name in names]

    def line(row):
        fitted = [c.rjust(w) if r else c.ljust(w) for c, w, r in zip(row, widths, right, strict=True)]
        return "| " + " | ".join(fitted) + " |"

    rule = (
        "| "
        + " | ".join("-" * (w - 1) + (":" if r else "-") for w, r in zip(widths, right, strict=True))
        + " |"
    )
    return "\n".join([line(cells[0]), rule, *map(line, cells[1:])])


def save(name: str, machine: dict[str, object], rows: Sequence[dict[str, object]]) -> Path:
    """Write the rows and the machine to `_build/benchmarks/<name>.json`."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps({"machine": machine, "rows": list(rows)}, indent=1) + "\n")
    return path
