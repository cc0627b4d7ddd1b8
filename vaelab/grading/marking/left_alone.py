"""What grading leaves alone: tables and pages of the other command, and files of nobody here.

`vaelab grade` and `vaelab capstone` both write a table, with the only copy of what was typed into it, and a
page of the class, `index.html`. Neither writes over the other's.
"""

import re
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

from vaelab.edited import read_text
from vaelab.grading.marking.submissions import SubmissionsError

INDEX = "index.html"
_BY = re.compile(r'<meta name="generator" content="([^"]*)">')


class Command(StrEnum):
    """What grades, as it is typed."""

    GRADE = "vaelab grade"
    CAPSTONE = "vaelab capstone"

    @property
    def another(self) -> str:
        """A name for its files that the other command's are not likely to have."""
        return {Command.GRADE: "exercises", Command.CAPSTONE: "capstone"}[self]


def whose(exercise: str) -> Command:
    """The command that writes rows of this exercise."""
    return Command.CAPSTONE if exercise == "capstone" else Command.GRADE


def require_table(path: Path, exercises: Iterable[str], command: Command) -> None:
    """Let a command have an earlier table if all its rows, by their exercises, are its own.

    Raises:
        SubmissionsError: a row is the other command's, and would be lost.
    """
    others = sorted({whose(exercise) for exercise in exercises if exercise} - {command})
    if others:
        raise SubmissionsError(
            f"{path} is a table of `{others[0]}`: it is left alone. Give --out a name of its own, such as "
            f"{command.another}.csv."
        )


def require_folder(folder: Path | None, command: Command) -> None:
    """Let a command have a folder for its pages, if no other `index.html` is in it.

    Raises:
        SubmissionsError: one is there, and would be lost.
    """
    index = folder and folder / INDEX
    if not index or not index.is_file():
        return
    found = _BY.search(read_text(index))
    wrote = found[1] if found else ""
    if wrote != command:
        told = f"a page of `{wrote}`" if wrote in list(Command) else f"no page that `{command}` wrote"
        raise SubmissionsError(
            f"{index} is {told}: it is left alone. Give --html a folder of its own, such as "
            f"{command.another}-feedback."
        )
