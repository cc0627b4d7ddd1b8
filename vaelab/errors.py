"""Errors a reader can act on: each message says what was wrong, what was expected and what to do."""

import difflib
from collections.abc import Iterable


class VaelabError(Exception):
    """Base of every error vaelab raises on purpose."""


class UnknownNameError(VaelabError, ValueError):
    """A name that is not in a known list; the nearest known names are suggested."""

    def __init__(self, kind: str, name: str, known: Iterable[str]):
        known = sorted(known)
        near = (
            difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.5) if isinstance(name, str) else []
        )
        hint = f"Did you mean {' or '.join(map(repr, near))}? " if near else ""
        super().__init__(f"There is no {kind} called {name!r}. {hint}Known: {', '.join(known)}.")


class DataError(VaelabError, ValueError):
    """A data set or picture cannot be used as asked."""


class EmptySplitError(DataError):
    """Too few different pictures in a folder for one in each split."""


class MissingDataError(VaelabError, FileNotFoundError):
    """A data set is not on this machine; the message says how to get it."""

    def __str__(self):  # FileNotFoundError would otherwise print like an errno tuple
        return str(self.args[0])


class DownloadError(MissingDataError):
    """A download that failed: the `reason`, and the `remedy`, which is the next thing to do."""

    def __init__(self, reason: str, remedy: str):
        self.reason, self.remedy = reason, remedy
        super().__init__(f"{reason}. {remedy}")


class ShapeError(VaelabError, ValueError):
    """Images or codes of the wrong shape for a model."""


class PixelRangeError(VaelabError, ValueError):
    """Pixel values outside [0, 1]."""


class DeviceError(VaelabError, RuntimeError):
    """The device that was asked for is not there."""


class ModelError(VaelabError, TypeError):
    """A model that has not what is asked of it, such as a posterior."""


class TrainingDivergedError(VaelabError, ArithmeticError):
    """The loss stopped being a finite number."""


class WeightsError(VaelabError, ValueError):
    """A weights file that cannot be written or read."""


class PageDecoderError(WeightsError):
    """A decoder that a web page cannot run."""


class CheckpointError(VaelabError, ValueError):
    """Checkpoints that cannot be written, or from which training cannot go on."""
