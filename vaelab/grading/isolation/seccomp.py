"""A filter of system calls, for what namespaces and limits leave open.

Without it, a submission could make namespaces of its own and mount there; keep memory that no limit of a
process counts (`memfd_create`, shared anonymous maps, System V); reach a virtual machine's host (`AF_VSOCK`);
and try the kernel's rarer parts. The filter is classic BPF, as bubblewrap's `--seccomp` takes it.
"""

import errno
import platform
import struct
import sys

# Numbers of calls: (x86-64, ARM64), from the kernel's tables. They are refused whatever the arguments.
_REFUSED = {
    "add_key": (248, 217),
    "bpf": (321, 280),
    "chroot": (161, 51),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "keyctl": (250, 219),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "msgget": (68, 186),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "request_key": (249, 218),
    "semget": (64, 190),
    "setns": (308, 268),
    "shmget": (29, 194),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
    "vmsplice": (278, 75),
}
_CLONE, _CLONE3, _MMAP, _SOCKET = (56, 220), (435, 435), (9, 222), (41, 198)
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column above, AUDIT_ARCH

_NEW_NAMESPACES = 0x7E020080  # every CLONE_NEW... flag
_SHARED_ANONYMOUS = 0x21  # MAP_SHARED | MAP_ANONYMOUS
_FAMILIES = (1, 2, 10)  # AF_UNIX, AF_INET, AF_INET6: they reach nothing in a network namespace of one's own
_X32 = 0x40000000  # the other numbering of x86-64

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_NUMBER, _ARCHITECTURE = 0, 4  # offsets in struct seccomp_data
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000


def program() -> bytes | None:
    """The filter for this machine, or None if its calls are not known here."""
    if platform.machine() not in _MACHINES or sys.maxsize < 2**32:
        return None
    column, architecture = _MACHINES[platform.machine()]
    lines = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        *_unless(_EQUAL, architecture, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        *_when(_AT_LEAST, _X32, _ERROR | errno.ENOSYS),
        *_when(_EQUAL, _CLONE3[column], _ERROR | errno.ENOSYS),  # its flags are out of sight; clone does
    ]
    for numbers in _REFUSED.values():
        lines += _when(_EQUAL, numbers[column], _ERROR | errno.EPERM)
    lines += _of(_CLONE[column], [_argument(0), *_when(_ANY_BIT, _NEW_NAMESPACES, _ERROR | errno.EPERM)])
    shared = [(_AND, 0, 0, _SHARED_ANONYMOUS), *_when(_EQUAL, _SHARED_ANONYMOUS, _ERROR | errno.EPERM)]
    lines += _of(_MMAP[column], [_argument(3), *shared])
    families = [line for family in _FAMILIES for line in _when(_EQUAL, family, _ALLOW)]
    lines += _of(_SOCKET[column], [_argument(0), *families, (_RETURN, 0, 0, _ERROR | errno.EAFNOSUPPORT)])
    lines.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


def _when(test: int, value: int, result: int) -> list[tuple]:
    return [(test, 0, 1, value), (_RETURN, 0, 0, result)]


def _unless(test: int, value: int, result: int) -> list[tuple]:
    return [(test, 1, 0, value), (_RETURN, 0, 0, result)]


def _of(number: int, lines: list[tuple]) -> list[tuple]:
    """Lines for one call only. They end it: what they do not refuse is allowed."""
    body = [*lines, (_RETURN, 0, 0, _ALLOW)]
    return [(_EQUAL, 0, len(body), number), *body]


def _argument(index: int) -> tuple:
    return (_LOAD, 0, 0, 16 + 8 * index)  # the lower half: both machines are little-endian
