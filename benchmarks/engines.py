"""`make engines`, its first command: every page of the book in Firefox and WebKit, and how many held.

    python -m benchmarks.engines

It runs tests/browser/test_engines.py with all pages, prints a table and saves it as
_build/benchmarks/engines.json.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from benchmarks import machine, tables

ROOT = Path(__file__).parent.parent
TESTS = "tests/browser/test_engines.py"
PAGES = "test_a_page_is_without_error"  # how the name of the test of every page begins


def rows(report: Path) -> list[dict]:
    """One for each browser that the tests named in pytest's report, in JUnit's format."""
    found: dict[str, dict] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        told = case.find("properties/property[@name='browser']")
        if told is None:
            continue  # this browser is not here, or did not start: pytest says so
        row = found.setdefault(told.get("value"), {"pages": 0, "held": 0, "other tests": 0, "passed": 0})
        count, good = ("pages", "held") if case.get("name").startswith(PAGES) else ("other tests", "passed")
        row[count] += 1
        row[good] += all(case.find(bad) is None for bad in ("failure", "error", "skipped"))
        row["seconds"] = row.get("seconds", 0) + float(case.get("time"))
    return [
        {"browser": name} | row | {"seconds": round(row["seconds"])} for name, row in sorted(found.items())
    ]


def main() -> int:
    print(machine.in_words(described := machine.describe()), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        saved = [f"--junitxml={report}", "-o", "junit_family=xunit1"]  # the family that has properties
        command = [sys.executable, "-m", "pytest", "-n", "2", TESTS, *saved]
        ended = subprocess.run(command, cwd=ROOT, env=os.environ | {"VAELAB_PAGES": "all"}).returncode
        found = rows(report) if report.exists() else []
    if found:
        print(tables.markdown(found))
        print(tables.save("engines", described, found))
    return ended


if __name__ == "__main__":
    sys.exit(main())
