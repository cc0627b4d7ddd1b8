"""Submissions that attack. Each is contained, earns nothing it should not, and harms no one beside it."""

import os
import re
import secrets
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vaelab import doctor
from vaelab.grading import diagnose
from vaelab.grading.exercise import Case
from vaelab.grading.isolation import bubblewrap, sandbox, seccomp
from vaelab.grading.isolation.sandbox import Limits, opened
from vaelab.grading.outcome import Status, run
from vaelab.grading.sheet import sheet
from vaelab.grading.space import SubmissionError

MIB = 1 << 20
LIMITS = Limits(
    run_seconds=40,
    memory_bytes=512 * MIB,
    disk_bytes=32 * MIB,
    file_bytes=16 * MIB,
    reply_bytes=MIB,
    libraries=("numpy",),  # PyTorch takes seconds
)
HURRIED = replace(LIMITS, run_seconds=2, answer_seconds=1)
STUBBORN = "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\n"
HONEST = "def double(x):\n    return 2 * x\ndef wrong(x):\n    return x"


def notebook(*cells: str) -> list[str]:
    """A submission that answers `double` rightly and `wrong` wrongly, and then does what the cells say."""
    return [HONEST, *cells]


def earned(space) -> list[float]:
    """Points for `double`, which earns one, and for `wrong`, which should earn none."""

    def doubles(name):
        def check(space):
            x = np.random.default_rng().integers(1, 1000, 5)
            diagnose(getattr(space, name)(x), 2 * x, {}, "not the double")

        return Case("q1", name, 1, check)

    return [outcome.points for outcome in run([doubles("double"), doubles("wrong")], space)]


@pytest.fixture(scope="module")
def neighbour():
    """A well-behaved submission, open while all the attacks go on."""
    try:
        sandbox.require_isolation()
    except sandbox.IsolationError as error:
        pytest.skip(str(error))
    with opened(notebook()) as submission:
        yield submission


@pytest.fixture(autouse=True)
def nobody_else_is_harmed(neighbour):
    yield
    assert (neighbour.status, earned(neighbour.space)) == ("ran", [1, 0])


def test_a_well_behaved_submission_runs(neighbour):
    assert (neighbour.status, neighbour.errors, earned(neighbour.space)) == ("ran", [], [1, 0])


# Time


def test_an_endless_cell_costs_only_itself():
    with opened(notebook("while True: pass", "after = 7"), HURRIED) as submission:
        assert submission.status == "time limit while running"
        (error,) = submission.errors
        # What cell 1 takes, on a busy machine some tenths, is not left for cell 2.
        limit = r"(1 second|0\.\d+ seconds) of processor time and waiting"
        assert re.fullmatch(f"cell 2: was stopped: it took more than {limit}", error)
        assert submission.space.after == 7 and earned(submission.space) == [1, 0]


def test_an_endless_cell_that_will_not_stop_is_left_out():
    with opened(notebook(STUBBORN + "while True: pass", "after = 7"), HURRIED) as submission:
        assert submission.status == "time limit while running" and submission.errors[0].startswith("cell 2")
        assert submission.space.after == 7 and earned(submission.space) == [1, 0]


def test_what_a_stopped_cell_should_have_defined_says_so():
    said = "not defined, for cell 2 took too long and was stopped"
    slow = opened(notebook("while True: pass\nmodel = 1"), HURRIED)
    with slow as submission, pytest.raises(SubmissionError, match=said):
        submission.space.model  # noqa: B018


def test_an_endless_function_costs_only_its_own_call():
    with opened(notebook("def f():\n    while True: pass"), HURRIED) as submission:
        with pytest.raises(SubmissionError, match="took more than 1 second of processor time and"):
            submission.space.f()
        assert earned(submission.space) == [1, 0]
        assert submission.status == "time limit while answering"


@pytest.mark.parametrize("end", ["while True: pass", "time.sleep(90)", "os._exit(0)"])
def test_what_ends_the_notebook_costs_only_its_own_question(end):
    stubborn = f"def f():\n    signal.signal(signal.SIGALRM, signal.SIG_IGN)\n    {end}"
    with opened(notebook("import os, signal, time", stubborn), HURRIED) as submission:
        with pytest.raises(SubmissionError, match=r"`f` gave no answer: (it took|the notebook's)"):
            submission.space.f()
        with pytest.raises(SubmissionError, match="the notebook had ended before"):
            submission.space.double(1)
        submission.revive()
        assert submission.status != "ran" and earned(submission.space) == [1, 0]


def test_a_notebook_is_started_again_a_few_times_only():
    with opened(notebook("import os"), replace(LIMITS, starts=2)) as submission:
        for _ in range(3):
            submission.revive()
            with pytest.raises(SubmissionError):
                submission.space.evaluate("os._exit(0)")
        assert not submission._alive and submission._starts == 0


def test_slow_answers_add_up_to_a_limit():
    slow = "import time\ndef f(seconds):\n    time.sleep(seconds)\n    return 1"
    with opened(notebook(slow), replace(LIMITS, all_seconds=2)) as submission:
        assert submission.space.f(0.4) == 1
        with pytest.raises(SubmissionError):
            for _ in range(100):  # five at the most, but on a busy machine not all that they wait is counted
                submission.space.f(0.4)
        submission.revive()
        with pytest.raises(SubmissionError, match="in all, it took more than 2 seconds"):
            submission.space.double(1)


def test_the_time_of_others_does_not_count():
    """Work within its limit, where others at the processor make it last longer than that."""
    work = """
import time
def work():
    began, busy = time.monotonic(), time.process_time()
    while time.process_time() - busy < 0.5: pass
    return time.monotonic() - began
"""
    pinned = os.sched_getaffinity(0)
    others = []
    try:
        os.sched_setaffinity(0, {min(pinned)})  # children stay there, too
        with opened(notebook(work), HURRIED) as submission:
            busy = [sys.executable, "-c", "while True: pass"]
            # A session each: Linux may share a processor out by sessions, not by processes.
            others = [subprocess.Popen(busy, start_new_session=True) for _ in range(7)]
            assert submission.space.work() > 1.2 * HURRIED.answer_seconds
            assert submission.status == "ran"
    finally:
        os.sched_setaffinity(0, pinned)
        for other in others:
            other.kill()
            other.wait()


@pytest.mark.parametrize("waits", ["", "os.wait()"], ids=["daemons", "children"])
def test_the_time_of_all_descendants_counts(waits):
    """While the notebook's own process sleeps, others work: two that nobody waits for, or many short ones."""
    forks = f"""
import os, time
def busy(seconds):
    began = time.process_time()
    while time.process_time() - began < seconds: pass
    os._exit(0)
while True:
    if os.fork() == 0:
        {"busy(0.02)" if waits else "os.setsid()"}
        if os.fork() == 0: busy(90)
        os._exit(0)
    {waits or "time.sleep(90)"}
"""
    with opened(notebook(forks, "after = 7"), replace(HURRIED, run_seconds=4)) as submission:
        before = submission._watch._processor
        assert before > 1.5 and submission.space.after == 7
        assert submission.status == "time limit while running"


def test_an_import_is_not_cut_in_two():
    """Some modules cannot be loaded a second time, such as PyTorch."""
    slow = """
import sys, time
sys.path.insert(0, ".")
with open("slow.py", "w") as file:
    file.write("import time\\nwhile time.process_time() < 2.5: pass\\nwhole = True")
"""
    with opened(notebook(slow, "import slow", "from slow import whole"), HURRIED) as submission:
        assert [error[:6] for error in submission.errors] == ["cell 3"]
        assert submission.space.whole is True


def test_pytorch_is_there_before_the_clock_starts():
    tensors = "import torch\ndef double(x):\n    return torch.as_tensor(x) * 2"
    with opened(notebook(tensors), Limits(run_seconds=1, answer_seconds=0.5)) as submission:
        assert (submission.status, earned(submission.space)) == ("ran", [1, 0])


def test_what_waits_for_the_end_does_not_delay_it():
    clinging = """
import atexit, signal, threading
class Clinging:
    def __del__(self):
        while True: pass
kept = Clinging()
atexit.register(Clinging().__del__)
for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD}:
    signal.signal(number, lambda *_: None)
threading.Thread(target=kept.__del__).start()
"""
    with opened(notebook(clinging), LIMITS) as submission:
        earned(submission.space)
        began = time.monotonic()
    assert time.monotonic() - began < 2


# Output, processes, memory, disk


def test_endless_output_goes_nowhere():
    shout = """
import os, subprocess, sys
shouting = subprocess.Popen("yes & yes >&2", shell=True)
while True:
    print("x" * 100_000)
    sys.__stderr__.write("x" * 100_000)
    os.write(1, b"x" * 100_000)
"""
    with opened(notebook(shout), HURRIED) as submission:
        assert submission.status == "time limit while running" and earned(submission.space) == [1, 0]


def test_a_fork_bomb_is_contained():
    bomb = """
import os, time
started = 0
try:
    while started < 1000:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        started += 1
except OSError as error:
    refused = str(error)
"""
    with opened(notebook(bomb), LIMITS) as submission:
        assert submission.space.started < LIMITS.processes and "unavailable" in submission.space.refused
        family = processes_below(submission._process.pid)
        assert 10 < len(family) < LIMITS.processes + 4
        assert earned(submission.space) == [1, 0]
    assert all_end(family)


def test_a_fork_bomb_that_goes_on_is_contained():
    bomb = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"
    with opened(notebook(bomb), HURRIED) as submission:
        family = processes_below(submission._process.pid)
        assert len(family) < LIMITS.processes + 4
    assert all_end(family)


def processes_below(pid: int) -> list[int]:
    below = [
        int(child)
        for thread in Path(f"/proc/{pid}/task").iterdir()
        for child in (thread / "children").read_text().split()
    ]
    return [pid, *(grandchild for child in below for grandchild in processes_below(child))]


def all_end(pids: list[int]) -> bool:
    """Whether they are gone within seconds."""
    until = time.monotonic() + 5
    while (some := any(map(running, pids))) and time.monotonic() < until:
        time.sleep(0.05)
    return not some


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def test_twenty_gigabytes_are_refused():
    with opened(notebook("import numpy as np\nnp.ones(20 << 27)"), LIMITS) as submission:
        assert (
            submission.status == "ran with errors in 1 cell" and "Unable to allocate" in submission.errors[0]
        )
        assert earned(submission.space) == [1, 0]


def test_memory_of_many_processes_is_added_up():
    many = """
import os, time
for _ in range(8):
    if os.fork() == 0:
        kept = b"x" * (100 << 20)
        time.sleep(60)
time.sleep(60)
"""
    with opened(notebook(many), replace(LIMITS, memory_bytes=256 * MIB)) as submission:
        assert submission.status == "memory limit" and earned(submission.space) == [1, 0]


def test_memory_that_children_share_counts_once():
    forks = """
import os, time
kept = b"x" * (100 << 20)
children = [os.fork() for _ in range(3) if os.getpid() == 2 or time.sleep(60)]
os.getpid() == 2 or time.sleep(60)  # the last child would answer, too
time.sleep(0.3)
"""
    with opened(notebook(forks), replace(LIMITS, memory_bytes=256 * MIB)) as submission:
        assert submission.status == "ran" and 0 not in submission.space.children


def test_files_are_counted():
    many = "for number in range(90_000): open(str(number), 'w').close()"
    with opened(notebook(many), replace(LIMITS, files=2_000)) as submission:
        assert submission.status == "too many files" and earned(submission.space) == [1, 0]


def test_the_disk_cannot_be_filled():
    fill = """
import os
refused, written = {}, 0
def attempt(name, folder):
    global written
    try:
        for number in range(100):
            with open(f"{folder}/{name}{number}", "wb", 0) as file:
                for _ in range(100):
                    written += file.write(b"x" * (1 << 20))
    except OSError as error:
        refused[folder] = error.strerror
for folder in ("/tmp/work", "/dev/shm", "/dev", "/", "/etc", "/usr", "/proc", os.path.expanduser("~")):
    attempt("filling", folder)
"""
    with opened(notebook(fill), LIMITS) as submission:
        assert len(submission.space.refused) == 8
        assert 16 * MIB < submission.space.written <= LIMITS.disk_bytes
        assert earned(submission.space) == [1, 0]


def test_more_roads_to_memory_are_closed():
    roads = """
import ctypes, mmap, os
libc = ctypes.CDLL(None, use_errno=True)
opened_roads = []
def attempt(name, result):
    if result not in (-1, None):
        opened_roads.append(name)
try: opened_roads.append(("shared", len(mmap.mmap(-1, 1 << 20))))
except OSError: pass
try: opened_roads.append(("zero", len(mmap.mmap(os.open("/dev/zero", os.O_RDWR), 1 << 20))))
except OSError: pass
try: opened_roads.append(("memfd", os.memfd_create("x")))
except OSError: pass
attempt("shmget", libc.shmget(0, 1 << 20, 0o1600))
attempt("unshare user", libc.unshare(0x10000000))
attempt("unshare mount", libc.unshare(0x00020000))
clone, io_uring_setup = {"x86_64": (56, 425), "aarch64": (220, 425)}[os.uname().machine]
attempt("clone user", libc.syscall(clone, 0x10000000 | 17, 0, 0, 0, 0))
attempt("io_uring", libc.syscall(io_uring_setup, 8, ctypes.create_string_buffer(200)))
attempt("mount", libc.mount(b"tmpfs", b"/tmp/home", b"tmpfs", 0, None))
attempt("ptrace", libc.ptrace(16, os.getppid(), 0, 0))
attempt("root", libc.setuid(0))
for name in ("", "/mem", "/environ", "/fd", "/root", "/task/1/mem"):
    if os.path.exists("/proc/1" + name) and (name or os.listdir("/proc/1")):
        opened_roads.append(name)
"""
    with opened(notebook(roads), LIMITS) as submission:
        assert (submission.space.opened_roads, submission.errors) == ([], [])


def test_what_the_filter_refuses_is_refused_by_the_kernel():
    """With arguments that mean nothing, most of these calls would say so; the filter answers before that."""
    import pyseccomp

    refused = {name: pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name) for name in seccomp._REFUSED}
    numbers = {name: pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name) for name in ("clone", "clone3")}
    asking = f"""
import ctypes, errno, os, socket
libc = ctypes.CDLL(None, use_errno=True)
def says(number, *arguments):
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(number), *map(ctypes.c_ulong, arguments))
    return result, errno.errorcode.get(ctypes.get_errno())
others = {{name: says(number, 0, 0, 0, 0, 0, 0) for name, number in {refused!r}.items()}}
namespaces = [says({numbers["clone"]}, 1 << bit | 17, 0, 0, 0, 0) for bit in (17, 25, 26, 27, 28, 29, 30)]
clone3 = says({numbers["clone3"]}, 0, 0)
def family(number):
    try:
        with socket.socket(number): return "opened"
    except OSError as error:
        return errno.errorcode[error.errno]
families = {{number: family(number) for number in range(46)}}
import signal
try: signal.signal(signal.SIGCHLD, signal.SIG_IGN)
except PermissionError: children = "counted"
"""
    with opened(notebook(asking), LIMITS) as submission:
        space = submission.space
        assert submission.errors == []
        assert {name: answer for name, answer in space.others.items() if answer != [-1, "EPERM"]} == {}
        assert space.namespaces == [[-1, "EPERM"]] * 7 and space.clone3 == [-1, "ENOSYS"]
        families = {int(number): answer for number, answer in space.families.items()}
        assert set(families.values()) == {"EPERM"} and len(families) == 46
        assert space.children == "counted"


def test_another_numbering_of_calls_ends_the_process():
    """A filter by numbers holds for one numbering: x86-64 has two more, and ARM64 that of ARM."""
    asking = """
import ctypes, mmap, os, signal
def ends_by(action):
    child = os.fork()
    if child == 0:
        action()
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    return signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else "nothing"
def x32():
    ctypes.CDLL(None).syscall(0x40000000 + 39)
def i386():  # mov eax, 20; int 0x80; ret
    page = mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, 7)  # to be read, written, run
    page.write(bytes.fromhex("b814000000cd80c3"))
    ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
ended = {action.__name__: ends_by(action) for action in (x32, i386)} if os.uname().machine == "x86_64" else {}
"""
    with opened(notebook(asking), LIMITS) as submission:
        assert (submission.status, submission.errors) == ("ran", [])
        assert set(submission.space.ended.values()) <= {
            "SIGSYS",
            "SIGSEGV",
        }  # the latter without 32-bit calls


def test_without_a_sandbox_there_are_still_limits():
    cells = ("def f():\n    while True: pass", "import os\nhome = os.path.expanduser('~') == os.getcwd()")
    with opened(notebook(*cells), HURRIED, isolated=False) as submission:
        assert submission.status == "ran" and submission.space.home is True
        with pytest.raises(SubmissionError, match="more than 1 second"):
            submission.space.f()
        assert earned(submission.space) == [1, 0]
    with opened(notebook("import os\nos._exit(0)"), LIMITS, isolated=False) as submission:
        assert submission.status == "ended its process" and earned(submission.space) == [1, 0]


def test_the_sheet_keeps_still_while_grading(tmp_path, monkeypatch):
    monkeypatch.setenv("VAELAB_GRADING", "1")
    monkeypatch.chdir(tmp_path)
    check = sheet("04-kl-divergence")
    said = {repr(check("q1")), repr(check()), repr(check.hint("q1"))}
    assert len(said) == 1 and "keep still" in said.pop() and not list(tmp_path.iterdir())


LOOK_AT_THE_CHECKS = """
import pathlib, vaelab
folder = pathlib.Path(vaelab.__file__).parent / "grading" / "sheets"
there, left = folder.is_dir(), [path.name for path in folder.rglob("*")]
try:
    from vaelab.grading.sheets.latent_arithmetic import exercise as double
except ImportError as error:
    said = type(error).__name__
"""


def test_the_public_checks_which_know_right_values_are_not_there():
    from vaelab.grading.sheets.latent_arithmetic import exercise  # noqa: F401  (so it is there outside)

    with opened(notebook(LOOK_AT_THE_CHECKS), LIMITS) as submission:
        assert (submission.space.there, submission.space.left) == (True, [])
        assert submission.space.said == "ModuleNotFoundError"


DRAWS = """
import random, numpy, torch
unseeded = [float(numpy.random.default_rng().random()) for _ in range(2)]
drawn = [random.random(), float(numpy.random.rand()), float(torch.rand(())), unseeded]
drawn.append(list({"smile", "hat", "glasses", "beard"}))
"""


def test_a_submission_draws_the_same_numbers_every_time():
    drawn = []
    for _ in range(2):
        with opened(notebook(DRAWS)) as submission:
            drawn.append(submission.space.drawn)
            assert len(set(submission.space.unseeded)) == 2
    assert drawn[0] == drawn[1]


def test_limits_cannot_be_raised():
    raising = """
import resource
raised = []
for name in ("AS", "CORE", "DATA", "FSIZE", "NOFILE", "NPROC"):
    kind = getattr(resource, f"RLIMIT_{name}")
    try:
        resource.setrlimit(kind, (resource.RLIM_INFINITY,) * 2)
        raised.append(name)
    except (ValueError, OSError):
        pass
"""
    with opened(notebook(raising), LIMITS) as submission:
        assert (submission.space.raised, submission.errors) == ([], [])


# Files, other processes, the network


def test_nothing_of_this_machine_is_seen_or_deleted(tmp_path, monkeypatch):
    secret = secrets.token_hex(16)
    monkeypatch.setenv("VAELAB_TEST_SECRET", secret)
    canary = tmp_path / "hidden.py"
    canary.write_text(secret)
    root = Path(__file__).resolve().parent.parent
    places = [canary, root / "exercises", root / ".git", Path.home() / ".cache"]
    prowl = f"""
import glob, os, shutil
seen = []
for folder, folders, files in os.walk("/"):
    if folder in ("/proc", "/usr"):
        folders.clear()
    folders[:] = [name for name in folders if name != "site-packages"]
    seen += [folder + "/" + name for name in files + folders if name in ("hidden.py", "exercises")]
places = {[str(place) for place in places]!r}
reached = [place for place in places if os.path.exists(place)]
for path in glob.glob("/proc/*/environ") + glob.glob("/proc/*/cmdline") + glob.glob("/proc/*/maps"):
    try:
        reached += [path] * ({secret!r}[:-1] in open(path, errors="replace").read())
    except OSError:
        pass
for path in glob.glob("/proc/[0-9]*/root/*") + glob.glob("/proc/[0-9]*/cwd/*"):
    reached += [path] * (path.split("/")[4] in ("home", "opt", "srv", "var", "mnt"))
grader = os.path.exists("/proc/{os.getpid()}/status") and {os.getpid()} > 50
for path in [os.path.expanduser("~"), {str(root / "vaelab")!r}, *places]:
    shutil.rmtree(path, ignore_errors=True)
"""
    with opened(notebook(prowl), LIMITS) as submission:
        space = submission.space
        assert submission.errors == [] and space.seen == [] and space.reached == [] and space.grader is False
    assert canary.read_text() == secret
    assert (root / "vaelab" / "grading" / "isolation" / "sandbox.py").exists()


def test_what_is_hidden_under_usr_is_empty_and_cannot_be_filled(monkeypatch):
    monkeypatch.setattr(bubblewrap, "_HIDDEN", ("/usr/share",))
    look = """
import os
seen, written = os.listdir("/usr/share"), True
try: open("/usr/share/x", "w")
except OSError: written = False
"""
    with opened(notebook(look), LIMITS) as submission:
        assert (submission.space.seen, submission.space.written, submission.errors) == ([], False, [])


def test_no_socket_leads_anywhere(tmp_path):
    listeners = [
        socket.create_server(("127.0.0.1", 0)),
        socket.socket(socket.AF_UNIX),
        socket.socket(socket.AF_UNIX),
    ]
    listeners[1].bind(f"\0vaelab-{secrets.token_hex(8)}")
    listeners[2].bind(str(tmp_path / "socket"))
    for listener in listeners:
        listener.listen()
        listener.settimeout(0)
    addresses = [(int(listener.family), listener.getsockname()) for listener in listeners]
    connecting = f"""
import socket
connected = []
addresses = {addresses!r} + [(2, ("1.1.1.1", 53)), (10, ("::1", 80)), (40, (2, 22)), (16, (0, 0))]
for family, address in addresses:
    try:
        with socket.socket(family) as it:
            it.settimeout(1)
            it.connect(address)
            connected.append(address)
    except OSError:
        pass
"""
    with opened(notebook(connecting), LIMITS) as submission:
        assert (submission.space.connected, submission.errors) == ([], [])
    for listener in listeners:
        with pytest.raises(BlockingIOError):
            listener.accept()
        listener.close()


@pytest.mark.parametrize(
    "attack",
    [
        "import os, signal\nfor pid in (os.getppid(), 1, -1):\n    os.kill(pid, signal.SIGKILL)",
        "import os\nos._exit(0)",
        "import ctypes\nctypes.string_at(0)",
        "import os\nos.closerange(0, 256)",
        "import os, resource\nresource.setrlimit(resource.RLIMIT_CPU, (0, 0))\nwhile True: pass",
    ],
    ids=["kill", "exit", "segfault", "close", "cpu"],
)
def test_suicide_is_no_more_than_that(attack):
    with opened(notebook(attack, "import time\ntime.sleep(0.2)"), LIMITS) as submission:
        ended = submission.status == "ended its process"
        assert ended or submission.status.startswith("ran")  # the first process in there cannot be killed
        assert earned(submission.space) == [1, 0]


@pytest.mark.parametrize("error", ["SystemExit", "KeyboardInterrupt", "GeneratorExit", "BaseException"])
def test_errors_that_end_a_program_end_a_cell(neighbour, error):
    text = "'\\x1b[31m=cmd\\u202e' + 'x' * 10_000"
    with opened(notebook(f"raise {error}({text})", f"def f():\n    raise {error}"), LIMITS) as submission:
        assert submission.status == "ran with errors in 1 cell"
        (message,) = submission.errors
        assert message.startswith(f"cell 2: {error}") and len(message) < 400 and message.isprintable()
        with pytest.raises(SubmissionError, match=error):
            submission.space.f()
        assert earned(submission.space) == [1, 0]


# Passing for right


CHEATS = {
    "patched comparisons": """
import builtins, json, math
import numpy as np
np.allclose = np.isclose = np.array_equal = lambda *a, **k: True
builtins.isinstance = lambda *a: True
builtins.float = builtins.abs = lambda *a: 0.0
json.loads = lambda *a, **k: {"value": 1}
""",
    "patched judges": """
import vaelab.grading, vaelab.grading.compare, vaelab.grading.outcome
from vaelab.grading.outcome import Outcome, Status
vaelab.grading.compare.agrees = vaelab.grading.compare.expect = lambda *a, **k: True
vaelab.grading.compare.diagnose = vaelab.grading.diagnose = lambda *a, **k: None
vaelab.grading.outcome._run = lambda case, space: Outcome(case, Status.PASSED, points=100)
""",
    "import hooks": """
import ast, builtins, sys
class Finder:
    def find_spec(self, *a, **k): raise ImportError
sys.meta_path.insert(0, Finder())
builtins.compile = ast.parse = lambda *a, **k: None
sys.settrace(lambda *a: None)
""",
    "equal to everything": """
class Equal:
    for name in "eq ne lt le gt ge bool".split():
        locals()[f"__{name}__"] = lambda *a: True
    def __array__(self, *a, **k): return self
    def __float__(self): return 1.0
    def __sub__(self, other): return 0
    __hash__ = None
wrong = lambda x: Equal()
""",
    "array subclass": """
import numpy as np
class Equal(np.ndarray):
    def __eq__(self, other): return np.ones(self.shape, bool)
    def __array_function__(self, *a): return True
    def __array_ufunc__(self, *a, **k): return True
wrong = lambda x: np.zeros(5).view(Equal)
""",
    "array of objects": """
import numpy as np
class Equal:
    def __eq__(self, other): return True
wrong = lambda x: np.array([Equal()] * 5, dtype=object)
""",
    "not a number": "wrong = lambda x: float('nan') * x",
    "another server": """
import vaelab.grading.space as space, vaelab.grading.isolation.worker as worker
space.Server = worker.Server = None
""",
}


@pytest.mark.parametrize("cheat", CHEATS.values(), ids=CHEATS)
def test_nothing_makes_wrong_right(cheat):
    with opened(notebook(cheat), LIMITS) as submission:
        assert earned(submission.space)[1] == 0


def test_a_patched_torch_makes_nothing_right():
    cheat = """
import torch
torch.allclose = torch.equal = lambda *a, **k: True
torch.Tensor.__eq__ = lambda *a: torch.tensor(True)
torch.Tensor.numpy = torch.Tensor.__array__ = lambda *a, **k: 1
"""
    with opened(notebook(cheat), replace(LIMITS, run_seconds=30, memory_bytes=2048 * MIB)) as submission:
        assert earned(submission.space)[1] == 0


HOSTILE_REPLIES = {
    "deep for a check": "b'{\"value\": ' + b'[' * 70 + b']' * 70 + b'}'",
    "deep for the reader": "b'{\"value\": ' + b'[' * 900 + b']' * 900 + b'}'",
    "nested": "b'{\"value\": ' + b'[' * 100_000 + b']' * 100_000 + b'}'",
    "many": "b'{\"value\": [' + b'[],' * 300_000 + b'[]]}'",
    "no object": "b'[1, 2]'",
    "not JSON": "b'{\"value\": NaN}'",
    "long number": "b'{\"value\": ' + b'9' * 100_000 + b'}'",
    "key twice": 'b\'{"value": 1, "value": 2}\'',
    "half character": 'b\'{"error": "\\\\ud800"}\'',
    "no text": "b'\\xff\\xfe\\x00'",
    "odd error": 'b\'{"error": [[1], {"a": 2}]}\'',
    "odd number": 'b\'{"object": true, "type": 3}\'',
    "negative": "b'{\"object\": -1}'",
    "empty": "b''",
}


@pytest.fixture(scope="module")
def forger():
    """A submission that answers what it is told to, in place of the worker."""
    forge = """
import vaelab.grading.isolation.worker as worker
text = b"{}"
original = worker.Channel.send
def send(self, reply):
    import os
    if text is None:
        return original(self, reply)
    os.write(self._replies, b"\\n" + self._number + b" " + text + b"\\n")
def set_text(source):
    global text
    text = eval(source) if source else None
text = None
worker.Channel.send = send
"""
    with opened(notebook(forge), replace(LIMITS, reply_bytes=4 * MIB)) as submission:
        yield submission


@pytest.mark.parametrize("reply", HOSTILE_REPLIES.values(), ids=HOSTILE_REPLIES)
def test_hostile_replies_are_failed_cases(forger, reply):
    run([Case("q1", "set", 1, lambda space: space.set_text(reply))], forger.space)
    assert earned(forger.space) == [0, 0]
    (outcome,) = run([Case("q1", "read", 1, lambda space: space.evaluate("double").anything)], forger.space)
    assert outcome.message.encode() is not None
    assert outcome.status is not Status.PASSED or reply == HOSTILE_REPLIES["odd number"]


def test_replies_written_ahead_count_for_nothing():
    forge = """
import os, threading, time
reply = b'{"value": 42}'
lines = [reply, b"\\n" + reply + b"\\n", b"0" * 32 + b" " + reply + b"\\n", b"\\xff\\x00[[[[", b"}\\n\\n{"]
def forge():
    for fd in range(3, 256):
        for line in lines:
            try: os.write(fd, line)
            except OSError: pass
forge()
def wrong(x):
    forge()
    return 42
"""
    with opened(notebook(forge), LIMITS) as submission:
        assert submission.status == "ran" and earned(submission.space) == [1, 0]


def test_a_gigabyte_of_reply_ends_it():
    flood = """
import os
def wrong(x):
    for fd in range(3, 256):
        try:
            while True: os.write(fd, b"x" * 65536)
        except OSError: pass
"""
    with opened(notebook(flood), LIMITS) as submission:
        assert earned(submission.space) == [1, 0]
        assert submission.status == "sent too much"


def test_a_value_that_is_too_large_costs_only_its_question():
    with opened(notebook("import numpy as np\ndef wrong(x): return np.zeros(1 << 20)"), LIMITS) as submission:
        assert earned(submission.space) == [1, 0]
        with pytest.raises(SubmissionError, match="too large"):
            submission.space.wrong(1)
        assert submission.status == "ran"


# Cells


@pytest.mark.parametrize(
    "cell",
    ["x = \0", "def f(:", "x = '\ud800'", "x = " + "(" * 500, "x = " + "-" * 100_000 + "1"],
    ids=range(5),
)
def test_a_broken_cell_leaves_the_others(cell):
    with opened(notebook(cell, "after = 7"), LIMITS) as submission:
        assert submission.status == "ran with errors in 1 cell" and submission.errors[0].startswith("cell 2")
        assert submission.space.after == 7 and earned(submission.space) == [1, 0]


def test_without_bubblewrap_nothing_runs(monkeypatch):
    monkeypatch.setattr(bubblewrap.shutil, "which", lambda name: None)
    with pytest.raises(sandbox.IsolationError, match="apt install bubblewrap"):
        sandbox.require_isolation()


def test_without_libseccomp_nothing_runs(monkeypatch):
    monkeypatch.delitem(sys.modules, "pyseccomp", raising=False)
    monkeypatch.setattr("ctypes.util.find_library", lambda name: None if name == "seccomp" else "libc.so.6")
    with pytest.raises(sandbox.IsolationError, match="apt install libseccomp2"):
        sandbox.require_isolation()
    assert "apt install libseccomp2" in doctor._sandbox()
    monkeypatch.setitem(sys.modules, "pyseccomp", None)
    with pytest.raises(sandbox.IsolationError, match=r"pip install 'vaelab\[grading\]'"):
        sandbox.require_isolation()


def test_a_filter_that_would_leave_out_a_call_is_none(monkeypatch):
    monkeypatch.setattr(seccomp, "_REFUSED", [*seccomp._REFUSED, "a_call_of_next_year"])
    with pytest.raises(sandbox.IsolationError, match="libseccomp is too old"):
        sandbox.require_isolation()


def test_a_sandbox_that_cannot_start_says_why(monkeypatch):
    monkeypatch.setattr(bubblewrap, "_ETC", ("ld.so.cache",))
    monkeypatch.setattr(bubblewrap, "_DEVICES", ("no-such-device",))
    with pytest.raises(sandbox.IsolationError, match="no-such-device"):
        sandbox.require_isolation()
