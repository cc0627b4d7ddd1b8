"""What stops a command, in a sentence: the cause, and what to do next. No command ends in a traceback."""

import errno
import os
import re
import sys
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TextIO

from vaelab.errors import VaelabError
from vaelab.files import REMEDIES

DONE, OUR_FAULT, CANNOT, INTERRUPTED, NOBODY_READS = 0, 1, 2, 130, 141
_FURTHER = "The same command with --traceback shows where."
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_LONGEST = 300  # letters of what a library says


class Ending:
    """Around a command: what stops it is told in a sentence, and becomes an exit code.

    Attributes:
        code: 0 done; 2 cannot be done as asked; 1 a fault of ours; 130 interrupted; 141 nobody reads on.
        traceback: True to show where an error came from as well.
    """

    def __init__(self):
        self.code, self.traceback = DONE, False
        self._before = sys.stdout, sys.stderr, warnings.formatwarning

    def __enter__(self) -> "Ending":
        stdout, stderr, formatted = self._before
        if hasattr(stdout, "reconfigure"):  # a console that lacks a letter of a path shows its number
            stdout.reconfigure(errors="backslashreplace")
        if stdout:
            sys.stdout = _Plain(stdout)  # type: ignore[assignment]
        if stderr:
            sys.stderr = _Lasting(stderr)  # type: ignore[assignment]

        def warned(message, category, *args, **options) -> str:
            ours = issubclass(category, UserWarning)  # is for people: they see no line of our code
            text = f"Warning: {message}\n" if ours else formatted(message, category, *args, **options)
            return _plain(text)

        warnings.formatwarning = warned
        return self

    def __exit__(self, kind, error, trace) -> bool:
        try:
            return self._told(error)
        finally:
            sys.stdout, sys.stderr, warnings.formatwarning = self._before

    def _told(self, error: BaseException | None) -> bool:
        unsaid = _unsaid(error)
        if isinstance(unsaid, BrokenPipeError):  # `vaelab recipes | head -1` has read enough
            self.code = NOBODY_READS
            return True
        error = error or unsaid
        if error is None or isinstance(error, SystemExit):
            return False
        self.code = _code(error)
        if self.traceback:
            print(_plain("".join(traceback.format_exception(error))), file=sys.stderr)
        line_of_its_own = "\n" if self.code == INTERRUPTED else ""  # behind the ^C that a terminal shows
        print(f"{line_of_its_own}vaelab: {_plain(sentence(error))}", file=sys.stderr)
        return True


class _Lasting:
    """Standard error, for bars and words: where it takes no more, as on a full disk, work goes on without."""

    def __init__(self, stream: TextIO):
        self._stream = stream

    def write(self, text: str) -> int:
        self._tried(self._stream.write, text)
        return len(text)

    def flush(self) -> None:
        self._tried(self._stream.flush)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _tried(self, action: Callable, *args: str) -> None:
        try:
            action(*args)
        except OSError as error:
            if self._matters(error):
                raise
            _to_nowhere(self._stream)

    def _matters(self, error: OSError) -> bool:
        return False


class _Plain(_Lasting):
    """Standard output. What others wrote, into a name or a card, moves no cursor of a terminal."""

    def write(self, text: str) -> int:
        return super().write(_plain(text))

    def _matters(self, error: OSError) -> bool:
        return error.errno != errno.EIO  # that is a terminal which was closed, and its work left to go on


def _to_nowhere(stream: TextIO) -> None:
    """What is written to a stream from here on is dropped; Python flushes once more at its end."""
    with suppress(OSError):  # of a notebook or a test, which is no file
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _plain(text: str) -> str:
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def _unsaid(error: BaseException | None) -> OSError | None:
    """Why what was printed did not get out, if it did not; the rest is dropped."""
    try:
        if isinstance(error, BrokenPipeError):
            print()  # fails as well if the pipe is ours
        if sys.stdout:
            sys.stdout.flush()
    except OSError as error:
        _to_nowhere(sys.stdout)
        return error
    return None


def _code(error: BaseException) -> int:
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    expected = (VaelabError, ValueError, OSError, RuntimeError, MemoryError, ImportError)
    return CANNOT if isinstance(error, expected) or _of_a_file(error) else OUR_FAULT


def sentence(error: BaseException) -> str:
    """An error in words for people."""
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    if isinstance(error, VaelabError):
        return str(error)
    if _out_of_memory(error):
        asked = re.search(r"allocate (\d+) bytes", str(error))
        said = f"{int(asked[1]) / 1e9:,.1f} GB more were needed" if asked else _short(error)
        return (
            f"The memory does not suffice: {said}. Take fewer pictures (--n), smaller ones (--size), fewer "
            "at a time (--batch-size) or a smaller model, or close other programs."
        )
    if isinstance(error, OSError) and error.errno is not None:
        return _of_the_system(error.errno, error.filename2 or error.filename)
    if number := re.search(r"\(os error (\d+)\)", str(error)):  # safetensors is written in Rust
        return _of_the_system(int(number[1]))
    if isinstance(error, RuntimeError) and "home directory" in str(error):
        return "A path begins with ~, and the home folder it stands for is not known. Write it from / on."
    if isinstance(error, ValueError):
        return str(error)
    if isinstance(error, ImportError):
        return f"A package is missing or broken: {_short(error)}. `vaelab doctor` lists what is here."
    if _of_a_file(error):
        return f"A file is damaged or cut off: {_short(error)}. Copy or make it again. {_FURTHER}"
    if isinstance(error, (OSError, RuntimeError)):
        return f"{_short(error)}. {_FURTHER}"
    return (
        f"This should not happen, and is no fault of yours: {type(error).__name__}: {_short(error)}. "
        f"{_FURTHER} Please report it with that."
    )


def _of_the_system(number: int, path: str | bytes | int | None = None) -> str:
    """An error of the operating system. On which file is not always known."""
    where = f": {os.fsdecode(path)}" if isinstance(path, (str, bytes)) else ""
    return f"{os.strerror(number)}{where}. {REMEDIES.get(number, _FURTHER)}"


def _of_a_file(error: BaseException) -> bool:
    """Whether a library says that a file's content is not what it should be. None is imported to ask."""
    names = {"SafetensorError", "BadZipFile", "TarError", "LZMAError", "UnpicklingError", "EOFError"}
    known = {(kind.__module__, kind.__name__) for kind in type(error).__mro__}
    return ("zlib", "error") in known or not names.isdisjoint(name for _, name in known)


def _out_of_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM:
        return True
    if "torch" not in sys.modules:
        return False
    from vaelab.speed import is_out_of_memory

    return is_out_of_memory(error)


def _short(error: BaseException) -> str:
    """What a library says, without its own list of calls: the first line, and not all of a long one."""
    first = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return first.rstrip(".") if len(first) <= _LONGEST else f"{first[:_LONGEST]}…"
