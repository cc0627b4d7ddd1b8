"""Progress bars: one place decides when they show."""

import os
import sys

from tqdm.auto import tqdm


def progress(iterable=None, *, wanted: bool = True, **options) -> tqdm:
    """A tqdm bar, unless it is not `wanted` or the environment variable `TQDM_DISABLE` is set.

    tqdm reads that variable itself in a terminal, but not in a notebook. Of several processes, rank 0 speaks.
    A program without a standard error, such as one without a window on Windows, has no place for a bar.
    """
    wanted = wanted and int(os.environ.get("RANK", 0)) == 0
    silenced = os.environ.get("TQDM_DISABLE", "").lower() not in ("", "0", "false")
    return tqdm(iterable, disable=silenced or not wanted or sys.stderr is None, **options)
