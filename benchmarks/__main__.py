"""`make bench`: how fast this machine goes, and how that compares.

    python -m benchmarks                         everything, about 20 minutes on two cores
    python -m benchmarks training data           some sections
    python -m benchmarks fashion --seeds 3       the full comparison on Fashion-MNIST
    python -m benchmarks training --quick        very short rounds: to see that it runs, not how fast

    ONEDNN_MAX_CPU_ISA=AVX2 python -m benchmarks training    as on a processor without bf16 units

Tables are printed as markdown and saved as JSON in _build/benchmarks/. Nothing else should run meanwhile.
`python -m benchmarks.gpu`, `.mnist`, `.faces`, `.kills`, `.engines`, `.lab_watch`, `.lab_engines` and
`.fashion` (how our network for it was chosen) are not part of this.
"""

import argparse
import importlib
import importlib.util
import time

from benchmarks import machine, tables

SECTIONS = {
    "waits": "What a reader waits for (best of three)",
    "explorers": "How soon an explorer answers (in a real browser)",
    "lab": "A VAE that trains in a page, beside PyTorch",
    "training": "Training faces: fit against a plain loop and against pythae",
    "data": "Data: an array against folders of JPEG files",
    "grading": "Grading a class of 100",
    "fashion": "Fashion-MNIST: test -ELBO in equal CPU time",
}


def options(section: str, quick: bool, seeds: int) -> dict[str, object]:
    """What `table` of the section is called with."""
    always = {"fashion": {"seeds": seeds}}
    in_a_hurry = {
        "training": {"rounds": 1, "scale": 0.1},
        "data": {"count": 200, "rounds": 1},
        "fashion": {"epochs": 1},
        "explorers": {"count": 10, "visits": 2},
        "grading": {"count": 10},
        "lab": {"rounds": 1, "seconds": 0.2, "watched": 2.0},
    }
    return always.get(section, {}) | (in_a_hurry.get(section, {}) if quick else {})


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("sections", nargs="*", metavar="section", help=", ".join(SECTIONS))
    parser.add_argument("--seeds", type=int, default=1, help="of the Fashion-MNIST comparison (default: 1)")
    parser.add_argument("--quick", action="store_true", help="only see that it runs")
    chosen = parser.parse_args()
    for section in chosen.sections:
        if section not in SECTIONS:
            parser.error(f"no section {section!r}; there are {', '.join(SECTIONS)}")
    if importlib.util.find_spec("pythae") is None:
        print("pythae is not installed, so its rows are missing: pip install -c constraints.txt '.[bench]'\n")

    described = machine.describe()
    print(machine.in_words(described))
    for section in chosen.sections or SECTIONS:
        start = time.perf_counter()
        rows = importlib.import_module(f"benchmarks.{section}").table(
            **options(section, chosen.quick, chosen.seeds)
        )
        print(f"\n## {SECTIONS[section]}\n\n{tables.markdown(rows)}\n")
        path = tables.save(section, described, rows)
        print(f"{time.perf_counter() - start:.0f} s; saved as {path.name} in {path.parent}", flush=True)


if __name__ == "__main__":
    main()
