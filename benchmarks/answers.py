"""Whether exercises tell right answers from wrong ones: how many of each are refused, and how many accepted.

    python -m benchmarks.answers                          all sheets, some minutes each
    python -m benchmarks.answers 04-kl-divergence         some of them

Two lists stand beside each exercise. `answers.py` grew with the checks, and a test sees to it that all its
answers are told apart. `blind.py` was written by readers who saw the learner's sheet alone, never its checks.
Counted are:

- refused: right answers that met a failed case;
- accepted: wrong answers that passed every case, the hidden ones included;
- misled: wrong answers that failed, but with no message that fits their mistake;
- too slow: answers, right or wrong, with a call that takes longer than graded calls may.
"""

import argparse
import sys
from collections.abc import Iterable

from benchmarks import machine, tables
from tools import mutants
from tools.mutants import Verdict
from vaelab.grading.outcome import TOO_SLOW, Status
from vaelab.grading.sheet import EXERCISES
from vaelab.progress import progress

LISTS = ("answers", "blind")


def row(name: str, verdicts: Iterable[Verdict]) -> dict[str, object]:
    """What became of these answers."""
    found = list(verdicts)
    right, wrong = ([v for v in found if v.wrong is kind] for kind in (False, True))
    refused = [v for v in right if not v.right_verdict]
    accepted = [v for v in wrong if all(o.status is Status.PASSED for o in v.outcomes)]
    misled = [v for v in wrong if v not in accepted and not v.right_verdict]
    slow = [v for v in found if any(TOO_SLOW in o.message for o in v.outcomes)]
    return {
        "answers": name,
        "right": len(right),
        "refused": len(refused),
        "wrong": len(wrong),
        "accepted": len(accepted),
        "misled": len(misled),
        "too slow": len(slow),
    }


def total(name: str, rows: list[dict[str, object]]) -> dict[str, object]:
    """The sums, refused and accepted ones as a share, too."""
    sums = {key: sum(r[key] for r in rows) for key in rows[0] if key != "answers"}
    for part, whole in (("refused", "right"), ("accepted", "wrong")):
        sums[part] = f"{sums[part]} ({100 * sums[part] / max(1, sums[whole]):.1f} %)"
    return {"answers": name} | sums


def table(names: Iterable[str] = EXERCISES) -> list[dict[str, object]]:
    """A row for each exercise and list, and the sum of each list."""
    rows: dict[str, list] = {which: [] for which in LISTS}
    for name in progress(list(names), desc="Sheets"):
        solution = mutants.solution(name)
        for which in LISTS:
            if (mutants.SOURCE / name / f"{which}.py").exists():
                verdicts = mutants.verdicts(name, solution, which=which)
                rows[which].append(row(f"{name}, {which}.py", verdicts))
    return [
        line for which, found in rows.items() if found for line in (*found, total(f"all {which}.py", found))
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("exercises", nargs="*", metavar="EXERCISE", default=EXERCISES)
    names = parser.parse_args().exercises
    if unknown := sorted(set(names) - set(EXERCISES)):
        parser.error(f"no exercise {', '.join(unknown)}; there are {', '.join(EXERCISES)}")
    rows, described = table(names), machine.describe()
    print(f"{machine.in_words(described)}\n{tables.markdown(rows)}")
    tables.save("answers", described, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
