"""How much memory there is, and a word before work begins that would need more."""

import os
from pathlib import Path

from vaelab.errors import DataError

_CONTAINER = Path("/sys/fs/cgroup/memory.max")  # Docker's limit, and that of services


def need_memory(needed: int, what: str) -> None:
    """Raise DataError if `what` needs more bytes than there are: the system would end the process half way.

    Args:
        needed: bytes at the least.
        what: with its number, for instance "n=5 pictures"; fewer of them is the remedy.
    """
    there = _total()
    if there is not None and needed > there:
        raise DataError(
            f"{what} need {needed / 1e9:,.1f} GB of memory; here there are {there / 1e9:,.1f} GB. Take "
            "fewer, or smaller ones."
        )


def _total() -> int | None:
    """Bytes that this process may have, used ones included; None where the system does not tell."""
    try:
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows
        return None
    try:
        return min(machine, int(_CONTAINER.read_text()))
    except (OSError, ValueError):  # no limit
        return machine
