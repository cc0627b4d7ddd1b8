"""A process that sees Python, its packages and nothing else of this machine: bubblewrap's command line.

Namespaces of its own for users, processes, network, mounts, names and messages; everything is read-only but
one folder that lives in memory.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import IO

from vaelab.grading.isolation import seccomp
from vaelab.grading.isolation.launch import ENVIRONMENT, PACKAGE, IsolationError, command

_IDENTITY = 1000  # who a submission is inside
_NOBODY = 65534  # and outside, when root grades
_SYSTEM = ("bin", "sbin", "lib", "lib32", "lib64")
_ETC = ("ld.so.cache", "localtime", "fonts", "alternatives")
_DEVICES = ("null", "full", "random", "urandom")  # no zero: shared maps of it are memory nobody counts
_HIDDEN = ("/usr/src", "/usr/local/src")  # where images of containers put what is served, such as a course
_SHEETS = PACKAGE / "grading" / "sheets"  # the public checks know right values
_OF_PYTHON = ("bin", "lib", "lib64", "pyvenv.cfg")


def start(disk_bytes: int) -> tuple[subprocess.Popen, int | None]:
    """Start the worker, stdin and stdout being the pipe to it.

    Returns the process, and who the worker has to become before it runs anything (None: it is that already).

    Raises:
        IsolationError: if there is no bubblewrap, or no filter of system calls for this machine.
    """
    program = shutil.which("bwrap") if sys.platform == "linux" else None
    if program is None:
        raise IsolationError(
            "bubblewrap (the command `bwrap`) is not installed: sudo apt install bubblewrap."
        )
    with ExitStack() as stack:
        rules_here, rules_there = _pipe(stack)
        seccomp.write(rules_there)
        rules_there.close()
        line = [program, *_arguments(disk_bytes), "--seccomp", str(rules_here.fileno())]
        if os.geteuid() == 0:
            return _as_root(line, rules_here, stack), _IDENTITY
        return _popen(line, [rules_here]), None


def _as_root(line: list[str], rules: IO, stack: ExitStack) -> subprocess.Popen:
    """Root's processes escape limits, so the worker can become somebody else: outside, nobody."""
    about, about_there = _pipe(stack)
    ready_there, ready = _pipe(stack)
    line += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    line += ["--info-fd", str(about_there.fileno()), "--userns-block-fd", str(ready_there.fileno())]
    process = _popen(line, [rules, about_there, ready_there])
    about_there.close()
    said = about.read()
    try:
        for kind in ("uid_map", "gid_map"):
            path = Path(f"/proc/{json.loads(said)['child-pid']}/{kind}")
            path.write_text(f"0 0 1\n{_IDENTITY} {_NOBODY} 1\n")
        ready.write(b"1")
    except ValueError:  # it has ended, and its own words say why
        process.kill()
    except OSError as error:
        process.kill()
        process.wait()
        raise IsolationError(
            f"root may not name users here, as in some containers ({error}). Grade as a plain user."
        ) from None
    return process


def _popen(line: list[str], needed: list[IO]) -> subprocess.Popen:
    return subprocess.Popen(
        [*line, "--", *command()],
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={},  # its first process can be looked at from inside
        pass_fds=[file.fileno() for file in needed],
        start_new_session=True,
    )


def _pipe(stack: ExitStack) -> tuple[IO, IO]:
    read, write = os.pipe()
    return stack.enter_context(open(read, "rb", 0)), stack.enter_context(open(write, "wb", 0))


def _arguments(disk_bytes: int) -> list[str]:
    return [
        *("--unshare-all", "--unshare-user", "--die-with-parent", "--new-session", "--cap-drop", "ALL"),
        *("--hostname", "grading"),
        *("--perms", "1777", "--size", str(disk_bytes), "--tmpfs", "/tmp"),
        *_file_system(),
        *("--remount-ro", "/"),
        *_environment(),
        *("--chdir", "/tmp/work"),
    ]


def _file_system() -> Iterator[str]:
    yield from ("--ro-bind", "/usr", "/usr")
    hidden = [place for place in _HIDDEN if Path(place).is_dir()]
    for place in hidden:
        yield from ("--tmpfs", place)
    for name in _SYSTEM:
        path = Path("/", name)
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), str(path))
        elif path.exists():
            yield from ("--ro-bind", str(path), str(path))
    yield from ("--perms", "0755", "--dir", "/dev", "--perms", "0755", "--dir", "/etc")
    for name in _ETC:
        yield from ("--ro-bind-try", f"/etc/{name}", f"/etc/{name}")
    yield from ("--proc", "/proc")
    yield from ("--tmpfs", "/proc/1", "--remount-ro", "/proc/1")  # bubblewrap itself: no limits hold for it
    for name in _DEVICES:
        yield from ("--dev-bind", f"/dev/{name}", f"/dev/{name}")
    yield from ("--symlink", "/proc/self/fd", "/dev/fd", "--symlink", "/tmp", "/dev/shm")
    for folder in ("work", "home", "matplotlib"):
        yield from ("--perms", "0777", "--dir", f"/tmp/{folder}")
    for path in [*_python(), PACKAGE]:
        yield from _bound(path, path)
    if fonts := _font_list():
        yield from _bound(fonts, Path("/tmp/matplotlib", fonts.name))
    yield from ("--tmpfs", str(_SHEETS))
    for place in [*hidden, _SHEETS]:
        yield from ("--remount-ro", str(place))


def _bound(source: Path, target: Path) -> Iterator[str]:
    if source.is_relative_to("/usr") and not any(map(source.is_relative_to, _HIDDEN)):
        return
    for parent in list(target.parents)[-2::-1]:
        yield from ("--perms", "0755", "--dir", str(parent))
    yield from ("--ro-bind", str(source), str(target))


def _python() -> list[Path]:
    """What this Python consists of. Only named parts of each prefix: it may be somebody's home folder."""
    prefixes = {Path(p) for p in (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix)}
    executable = Path(sys.executable)
    while executable.is_symlink():
        executable = executable.parent / executable.readlink()
        prefixes.add(Path(os.path.normpath(executable)).parent.parent)
    parts = [prefix / part for prefix in sorted(prefixes) for part in _OF_PYTHON]
    return [part for part in parts if part.exists()]


def _environment() -> Iterator[str]:
    yield "--clearenv"
    inside = {"HOME": "/tmp/home", "PATH": "/usr/bin:/bin", "MPLCONFIGDIR": "/tmp/matplotlib"}
    if "LD_LIBRARY_PATH" in os.environ:  # some Pythons find their own library by it
        inside["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
    for name, value in (ENVIRONMENT | inside).items():
        yield from ("--setenv", name, value)


@cache
def _font_list() -> Path | None:
    """Matplotlib's list of fonts, which takes seconds to make anew."""
    import matplotlib.font_manager  # makes it if it is not there

    return next(iter(sorted(Path(matplotlib.get_cachedir()).glob("fontlist-*.json"), reverse=True)), None)
