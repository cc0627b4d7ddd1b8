"""The list of mutants fits the package as it is: each text stands there once, and its tests exist."""

import pytest

from tools.package_mutants import ROOT, Mutant, listed, table

MUTANTS = listed()


def test_there_are_enough():
    assert len(MUTANTS) >= 80


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: f"{m.file}:{m.old.strip()[:40]}")
def test_can_be_made(mutant):
    source = (ROOT / mutant.file).read_text(encoding="utf-8")
    mutated = mutant.applied_to(source)
    assert mutated != source
    compile(mutated, mutant.file, "exec")
    for test in mutant.test.split():
        path, _, name = test.partition("::")
        assert (ROOT / path).exists()
        assert f"def {name.partition('[')[0]}(" in (ROOT / path).read_text(encoding="utf-8") or not name


def test_a_text_that_stands_twice_is_refused():
    with pytest.raises(ValueError, match="2 times, not once"):
        Mutant("a.py", "x", "y", "tests").applied_to("x x")


def test_the_table_counts_by_file():
    mutants = [Mutant("a.py", "1", "2", "t"), Mutant("a.py", "3", "4", "t"), Mutant("b.py", "5", "6", "t")]
    text = table(mutants, [False, True, False])
    assert "| a.py | 1 | 1 |" in text and "**2 of 3 (67%)**" in text and "`4` for `3`" in text
