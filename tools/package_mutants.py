"""Mutation testing: one-line mistakes in the package, each of which a test must notice.

    python -m tools.package_mutants [WORD ...] [--jobs 2] [--write]

`tests/mutants.toml` lists them: a file, the text that stands in it once, the text that takes its place, and
the tests that ought to fail. Each has a copy of the project. A list, and no generator of mutants: those
change every line in every way, most of which mean nothing, and take days over tests that train networks.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from vaelab.edited import read_toml

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "tests" / "mutants.toml"
TABLE = ROOT / "tests" / "mutants.md"
COPIED = ("vaelab", "benchmarks", "tests", "tools", "conftest.py", "pyproject.toml")
TIME_LIMIT = 600  # seconds: a mistake that makes a test hang is noticed, too


@dataclass(frozen=True)
class Mutant:
    """A mistake: in `file`, `new` in place of `old`; `test` is what pytest is given, in words."""

    file: str
    old: str
    new: str
    test: str

    def applied_to(self, source: str) -> str:
        """The source with the mistake. Raises ValueError unless `old` stands there exactly once."""
        if source.count(self.old) != 1:
            raise ValueError(
                f"{self.file}: {self.old!r} stands there {source.count(self.old)} times, not once."
            )
        return source.replace(self.old, self.new)


def listed(words: list[str] = ()) -> list[Mutant]:
    """The mutants whose entry holds one of the words; all of them without words."""
    found = [Mutant(**entry) for entry in read_toml(LIST)["mutant"]]
    return [m for m in found if not words or any(word in f"{m.file} {m.old} {m.test}" for word in words)]


@contextmanager
def copy_of_project() -> Iterator[Path]:
    """A folder with what the tests need, for a while."""
    leave_out = shutil.ignore_patterns("node_modules", "__pycache__")
    with TemporaryDirectory() as place:
        for source in (ROOT / name for name in COPIED):
            if source.is_dir():
                shutil.copytree(source, Path(place) / source.name, ignore=leave_out)
            else:
                shutil.copy(source, place)
        yield Path(place)


def failure(folder: Path, tests: list[str], limit: float | None = TIME_LIMIT) -> str:
    """What pytest says of the first of these tests that fails in that copy of the project, or nothing."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    environment = os.environ | {"PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, timeout=limit, capture_output=True, text=True
        )
    except subprocess.TimeoutExpired:
        return "It takes too long."
    if done.returncode not in (0, 1):  # 2 to 5: no test was run
        broken_import = "errors during collection" in done.stdout or "error during collection" in done.stdout
        if not broken_import:
            raise RuntimeError(
                f"pytest {' '.join(tests)} did not run:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
            )
    return done.stdout[-2000:] if done.returncode else ""


def survives(mutant: Mutant) -> bool:
    """Whether the tests named for it do not notice the mutant."""
    with copy_of_project() as folder:
        path = folder / mutant.file
        path.write_text(mutant.applied_to(path.read_text(encoding="utf-8")), encoding="utf-8")
        survived = not failure(folder, mutant.test.split())
    print(f"{'SURVIVED' if survived else 'killed':9} {mutant.file}: {mutant.old!r}", flush=True)
    return survived


def run(mutants: list[Mutant], jobs: int) -> list[bool]:
    """For each mutant, whether it survives, `jobs` at a time."""
    with copy_of_project() as folder:
        tests = sorted({test for mutant in mutants for test in mutant.test.split()})
        if failed := failure(folder, tests, limit=None):
            raise SystemExit(f"{failed}\nWithout any mistake a test does not pass: mend that first.")
    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(survives, mutants))


def table(mutants: list[Mutant], survived: list[bool]) -> str:
    """How many of each file were killed, and every survivor, in Markdown."""
    total, left = Counter(m.file for m in mutants), Counter()
    for mutant, lives in zip(mutants, survived, strict=True):
        left[mutant.file] += lives
    lines = ["# Mutants of the package", "", "Made by `make mutants`; the list is `mutants.toml`.", ""]
    lines += ["| file | killed | survived |", "|---|---|---|"]
    lines += [f"| {file} | {total[file] - left[file]} | {left[file]} |" for file in sorted(total)]
    killed = len(mutants) - sum(survived)
    lines += [f"| **all** | **{killed} of {len(mutants)} ({killed / len(mutants):.0%})** | {sum(survived)} |"]
    alive = [m for m, lives in zip(mutants, survived, strict=True) if lives]
    lines += ["", *[f"Survived: `{m.file}`, `{m.new.strip()}` for `{m.old.strip()}`.\n" for m in alive]]
    return "\n".join(lines).rstrip() + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "words", nargs="*", metavar="WORD", help="only mutants whose entry holds one of these"
    )
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time (default 2)")
    parser.add_argument("--write", action="store_true", help=f"write the table to {TABLE.relative_to(ROOT)}")
    options = parser.parse_args()
    mutants = listed(options.words)
    survived = run(mutants, options.jobs)
    text = table(mutants, survived)
    print(f"\n{text}")
    if options.write:
        TABLE.write_text(text, encoding="utf-8")
    return 1 if sum(survived) > 0.03 * len(mutants) else 0


if __name__ == "__main__":
    sys.exit(main())
