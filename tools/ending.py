"""A command that somebody stops, or the disk, ends with a line that says what to do."""

import sqlite3
import sys
from collections.abc import Callable

from vaelab.faults import INTERRUPTED, sentence


def told(command: Callable[[], int]) -> int:
    """Run a command's main; its exit code."""
    try:
        return command()
    except KeyboardInterrupt:
        print(
            "\nStopped. Notebooks that had run are kept; the same command goes on from there.",
            file=sys.stderr,
        )
        return INTERRUPTED
    except OSError as error:
        reason = sentence(error)
    except Exception as error:
        said = getattr(error, "orig", None)  # SQLAlchemy's errors carry the database's own
        if not isinstance(said, sqlite3.Error):
            raise
        reason = f"{said}. That is the list of notebooks in .cache, which make clean deletes"
    print(f"\nIt was stopped: {reason}", file=sys.stderr)
    return 1
