"""Write each chapter's measured run time into its head: `make notebooks` measures, this writes.

    python -m tools.run_times           # those of the last run here
    python -m tools.run_times --gpu     # those in the report of `python -m tools.on_gpu`

The head has a line "**Time:** 20 minutes to read, 35 s to run on two CPU cores, 9 s on one NVIDIA H200".
A run on the CPU writes the first number of seconds, a run on a GPU the second.
"""

import argparse
import json
import re
import sys
from pathlib import Path

import nbformat
from jupyter_cache import get_cache

from tools import notebook_cache

LINE = re.compile(r"(?P<cpu>[\d?]+ s) to run on two CPU cores(?P<gpu>, \d+ s on one [^\n]+)?")


def measured_seconds() -> dict[str, float]:
    """Notebook name -> seconds of its last complete run."""
    records = get_cache(notebook_cache.CACHE).list_cache_records()
    newest = sorted((r for r in records if "execution_seconds" in r.data), key=lambda r: r.created)
    return {Path(record.uri).name: record.data["execution_seconds"] for record in newest}


def with_time(text: str, seconds: float, gpu: str | None) -> str:
    """The text with the measured time in its line; unchanged where it has no such line."""

    def line(match):
        measured = f"{round(seconds)} s"
        cpu, on_gpu = (match["cpu"], f", {measured} on one {gpu}") if gpu else (measured, match["gpu"] or "")
        return f"{cpu} to run on two CPU cores{on_gpu}"

    return LINE.sub(line, text)


def gpu_name() -> str | None:
    import torch

    import vaelab

    return torch.cuda.get_device_name() if vaelab.device().type == "cuda" else None


def reported() -> tuple[dict[str, float], str]:
    """The same in the report of a GPU, and that GPU's name."""
    report = json.loads((notebook_cache.BUILD / "on_gpu" / "report.json").read_text(encoding="utf-8"))
    rows = [row for part in report["parts"].values() for row in part["rows"] if "notebook" in row]
    return {row["notebook"]: row["seconds"] for row in rows}, report["gpu"]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--gpu", action="store_true", help="take the seconds of a GPU's report")
    seconds, gpu = reported() if parser.parse_args().gpu else (measured_seconds(), gpu_name())
    for path in notebook_cache.of_the_book():
        if path.name not in seconds:
            print(f"{path.name}: not run since the last change; `make notebooks` runs it", file=sys.stderr)
            continue
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = with_time(cell.source, seconds[path.name], gpu)
        path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8", newline="\n")
        print(f"{path.name}: {seconds[path.name]:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
