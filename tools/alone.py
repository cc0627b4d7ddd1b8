"""One at a time: of what two terminals begin in the same folder, the second waits, and says so.

    python tools/alone.py FILE COMMAND ...    (FILE is anything that is there: it is only held, not written)

The operating system holds it, and lets go when the process ends, however it ends.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

try:
    import fcntl
except ImportError:  # Windows: nobody waits there
    fcntl = None  # type: ignore[assignment]


@contextmanager
def turn(file: str | os.PathLike) -> Iterator[None]:
    """Hold a file in the block, once nobody else does."""
    held = wait_for_turn(file)
    try:
        yield
    finally:
        if held is not None:
            os.close(held)


def wait_for_turn(file: str | os.PathLike) -> int | None:
    """Hold a file, once nobody else does; its descriptor, which is to be closed, or None where that fails."""
    if fcntl is None:
        return None
    held = os.open(file, os.O_RDONLY)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another terminal is at the same in this folder: this one waits for it.", flush=True)
            fcntl.flock(held, fcntl.LOCK_EX)
    except OSError:  # some network drives hold nothing
        os.close(held)
        return None
    return held


def main() -> None:
    file, *command = sys.argv[1:]
    held = wait_for_turn(file)
    if held is not None:
        os.set_inheritable(held, True)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
