"""A seccomp filter of system calls (libseccomp writes it), for what namespaces and limits leave open.

Without it, a submission could make namespaces of its own and mount there; keep memory that no limit of a
process counts (`memfd_create`, shared anonymous maps, System V, the buffers of sockets); reach a virtual
machine's host (`AF_VSOCK`); pass for one who waits for a busy processor (`setpriority`); hide the time of its
children (of whoever ignores SIGCHLD, nobody counts it); and try the kernel's rarer parts.
"""

import errno
import signal
from typing import IO

from vaelab.grading.isolation.launch import IsolationError

_REFUSED = [
    "add_key", "bpf", "chroot", "fsconfig", "fsmount", "fsopen", "fspick", "io_uring_enter",
    "io_uring_register", "io_uring_setup", "keyctl", "memfd_create", "memfd_secret", "mount",
    "mount_setattr", "move_mount", "msgget", "name_to_handle_at", "open_by_handle_at", "open_tree",
    "perf_event_open", "pidfd_getfd", "pivot_root", "process_vm_readv", "process_vm_writev", "ptrace",
    "request_key", "sched_setattr", "sched_setscheduler", "semget", "setns", "setpriority", "shmget",
    "socket", "socketpair", "umount2", "unshare", "userfaultfd", "vmsplice",
]  # fmt: skip
_NEW_NAMESPACES = 0x7E020080  # every CLONE_NEW... flag
_SHARED_ANONYMOUS = 0x21  # MAP_SHARED | MAP_ANONYMOUS


def write(file: IO[bytes]) -> None:
    """Write the filter for this machine, as bubblewrap's `--seccomp` takes it: a program in classic BPF.

    Calls of another numbering (32-bit, x32) end the process.

    Raises:
        IsolationError: without libseccomp, or where the calls of this machine's processor are not known here.
    """
    try:
        import pyseccomp as seccomp
    except ImportError:
        raise IsolationError(
            "the Python package pyseccomp is not installed: pip install 'vaelab[grading]'."
        ) from None
    except RuntimeError:
        raise IsolationError(
            "the library libseccomp is not installed: sudo apt install libseccomp2."
        ) from None
    if seccomp.system_arch() not in (seccomp.Arch.X86_64, seccomp.Arch.AARCH64):
        raise IsolationError("there is no filter of system calls for this kind of processor.")
    try:
        _rules(seccomp).export_bpf(file)
    except OSError as error:
        raise IsolationError(f"libseccomp is too old (2.5.2 or newer is needed): {error}.") from None


def _rules(seccomp):
    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    rules.set_attr(seccomp.Attr.ACT_BADARCH, seccomp.KILL_PROCESS)

    def refuse(call: str, *conditions: tuple[int, ...], why: int = errno.EPERM) -> None:
        rules.add_rule_exactly(seccomp.ERRNO(why), call, *(seccomp.Arg(*one) for one in conditions))

    for call in _REFUSED:
        refuse(call)
    refuse("clone3", why=errno.ENOSYS)  # its flags are out of sight; clone does
    for flag in (1 << bit for bit in range(32) if _NEW_NAMESPACES >> bit & 1):
        refuse("clone", (0, seccomp.MASKED_EQ, flag, flag))
    refuse("mmap", (3, seccomp.MASKED_EQ, _SHARED_ANONYMOUS, _SHARED_ANONYMOUS))
    refuse("rt_sigaction", (0, seccomp.EQ, signal.SIGCHLD), (1, seccomp.NE, 0))
    return rules
